//! A record's row in words: what each cell says, with the code behind it.

use std::borrow::Cow;

use crate::dashboards::names::{self, Code};
use crate::knowledge::{GroupBy, Knowledge};
use crate::store::Row;
use crate::window::look::widgets::Sign;
use crate::window::say;

use super::columns::Column;

/// What a cell says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell<'a> {
    /// In words.
    pub text: Cow<'a, str>,
    /// What Duo wrote, where that is something else.
    pub code: Option<&'a str>,
    /// The shape before it.
    pub sign: Option<Sign>,
}

/// What is needed for words.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    /// The packs, once they are read.
    pub knowledge: Option<&'a Knowledge>,
    /// Titles of the categories, by their bits.
    pub categories: &'a [(u64, String)],
}

impl Words<'_> {
    /// What a cell says.
    pub fn cell<'r>(&self, column: Column, row: &'r Row) -> Cell<'r> {
        let plain = |text: &'r Option<std::sync::Arc<str>>| Cell {
            text: Cow::Borrowed(text.as_deref().unwrap_or_default()),
            ..Cell::default()
        };
        match column {
            Column::Time => Cell { text: say::stamp(row.time).into(), ..Cell::default() },
            Column::Log => Cell { text: row.log_type.title().into(), ..Cell::default() },
            Column::Account => Cell { text: Cow::Borrowed(&row.account), ..Cell::default() },
            Column::User => plain(&row.user),
            Column::Application => plain(&row.application),
            Column::Target => plain(&row.target),
            Column::Address => plain(&row.address),
            Column::Country => plain(&row.country),
            Column::Action => match row.action.as_deref() {
                None if !row.understood => {
                    Cell { text: "Not understood".into(), sign: Some(Sign::Warn), code: None }
                }
                action => self.coded(action, |text| names::of_action(row.log_type, text)),
            },
            Column::Result => Cell {
                sign: row.result.as_deref().and_then(sign_of),
                ..self.coded(row.result.as_deref(), |text| names::of_result(row.log_type, text))
            },
            Column::Reason => self.coded(row.reason.as_deref(), |text| {
                names::of_field(GroupBy::Reason, row.log_type, text)
            }),
            Column::Factor => self.coded(row.factor.as_deref(), |text| {
                names::of_field(GroupBy::Factor, row.log_type, text)
            }),
            Column::Late => {
                Cell { text: if row.late { "Late" } else { "" }.into(), ..Cell::default() }
            }
            Column::Category => {
                Cell { text: self.categories_of(row.categories).into(), ..Cell::default() }
            }
        }
    }

    fn coded<'r>(&self, text: Option<&'r str>, code: impl Fn(&'r str) -> Code) -> Cell<'r> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Cell::default() };
        if let Some(knowledge) = self.knowledge {
            let code = code(text);
            let words = code.words(knowledge);
            // A code nobody has words for stays as Duo wrote it.
            if words != code.code && words != text {
                return Cell { text: words.into(), code: Some(text), sign: None };
            }
        }
        Cell { text: text.into(), ..Cell::default() }
    }

    /// The titles of categories, from their bits.
    pub fn categories_of(&self, bits: u64) -> String {
        let mut text = String::new();
        for (_, title) in self.categories.iter().filter(|(bit, _)| bits & bit != 0) {
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(title);
        }
        text
    }

    /// The whole row, for screen readers: only what it tells.
    pub fn row(&self, columns: impl Iterator<Item = Column>, row: &Row) -> String {
        let mut text = String::new();
        for column in columns {
            let cell = self.cell(column, row);
            if cell.text.is_empty() {
                continue;
            }
            if !text.is_empty() {
                text.push_str(", ");
            }
            text.push_str(short(&cell.text));
        }
        text
    }
}

/// The shape of a result.
pub(super) fn sign_of(result: &str) -> Option<Sign> {
    match result.to_ascii_lowercase().as_str() {
        "success" => Some(Sign::Pass),
        "denied" | "failure" | "error" => Some(Sign::Warn),
        "fraud" => Some(Sign::Fail),
        _ => None,
    }
}

/// As much of a text as fits into any cell: laying out 64 KB would hold up the window.
pub(super) fn short(text: &str) -> &str {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    match line.char_indices().nth(240) {
        Some((end, _)) => line.get(..end).unwrap_or(line),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_letters() {
        let long = "\u{05d0}\u{1f980}".repeat(40_000);
        assert_eq!(short(&long).chars().count(), 240);
        assert_eq!(short("one\ntwo"), "one");
        assert_eq!(short(""), "");
    }

    #[test]
    fn success_denial_and_fraud_have_different_shapes() {
        let signs = ["success", "Denied", "FRAUD"].map(sign_of);
        assert_eq!(signs, [Some(Sign::Pass), Some(Sign::Warn), Some(Sign::Fail)]);
        assert_eq!(sign_of("processed"), None);
    }
}
