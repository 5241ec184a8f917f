//! Codes as people read them, and which spellings mean the same.

use std::borrow::Cow;

use crate::knowledge::{GroupBy, Knowledge};
use crate::record::{LogType, canonical};
use crate::store::Kind;

/// A code that records are told apart by, with the table of its words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// As all versions of a log would have it; empty when the record does not tell.
    pub code: String,
    /// The table of words; empty for what Duo already says in words.
    table: &'static str,
}

impl Code {
    /// Of a value with no words but its own.
    pub fn plain(text: &str) -> Self {
        Self { table: "", code: text.to_owned() }
    }

    /// The words for it.
    pub fn words(&self, knowledge: &Knowledge) -> String {
        let code = self.code.as_str();
        let text = match self.table {
            _ if code.is_empty() => "(none)",
            "" => code,
            "category" => {
                let found = knowledge.categories().iter().find(|item| item.id == code);
                found.map_or(code, |item| item.short_title())
            }
            "log_type" => code.parse::<LogType>().map_or(code, |log_type| log_type.title()),
            table => knowledge.labels().or_code(table, code),
        };
        text.to_owned()
    }
}

/// The code of a field's value.
pub fn of_field(by: GroupBy, log_type: LogType, value: &str) -> Code {
    let (table, code) = match (by, log_type) {
        (GroupBy::Reason, LogType::Telephony) => ("telephony_context", Cow::Borrowed(value)),
        (GroupBy::Reason, LogType::TrustMonitor) => {
            ("trust_monitor_explanation", Cow::Borrowed(value))
        }
        // What the administrator log gives as a reason is a sentence.
        (GroupBy::Reason, LogType::Administrator) => ("", Cow::Borrowed(value)),
        (GroupBy::Reason, _) => ("reason", canonical::reason(value)),
        (GroupBy::Factor, LogType::Administrator | LogType::Activity) => {
            let code = canonical::factor(value);
            (if code == "push" || code == "sms" { "admin_factor" } else { "factor" }, code)
        }
        (GroupBy::Factor, _) => ("factor", canonical::factor(value)),
        _ => ("", Cow::Borrowed(value)),
    };
    Code { table, code: code.into_owned() }
}

/// The code of what was done.
pub fn action(kind: &Kind) -> Code {
    let table = match kind.log_type {
        LogType::Authentication => "event_type",
        LogType::Telephony => "telephony_type",
        LogType::TrustMonitor => "trust_monitor_type",
        LogType::Activity | LogType::Administrator | LogType::OfflineEnrollment => "action",
    };
    Code { table, code: canonical::action(&kind.action).into_owned() }
}

/// The code of how it ended.
pub fn result(kind: &Kind) -> Code {
    let code = canonical::result(kind.log_type, &kind.result).into_owned();
    Code { table: "result", code }
}

/// The code of a log.
pub fn log_type(kind: &Kind) -> Code {
    Code { table: "log_type", code: kind.log_type.name().to_owned() }
}

/// The code of a category.
pub fn category(id: &str) -> Code {
    Code { table: "category", code: id.to_owned() }
}

/// Whether a code is one of these; an ending `*` stands for anything, an empty list for all.
pub fn is_among(code: &str, wanted: &[String]) -> bool {
    wanted.is_empty()
        || wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(start) => {
                code.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
            }
            None => code.eq_ignore_ascii_case(wanted),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_among_patterns() {
        let wanted = ["phone_*".to_owned(), "SMS".to_owned()];
        for (code, found) in
            [("phone_create", true), ("sms", true), ("phone", false), ("é", false), ("", false)]
        {
            assert_eq!(is_among(code, &wanted), found, "{code}");
        }
        assert!(is_among("anything", &[]));
    }
}
