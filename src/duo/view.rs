//! A record as a tree that rules, reports and other formats ask by path.
//!
//! Promises: reading never fails: what is no JSON object is an empty tree; nothing of the record is
//! left out; texts that hold JSON (`description` of the v1 logs, the `details` of the activity log)
//! are opened, so that `description.error` is a path like any other, and stay texts where they
//! hold none.
//!
//! Beside the record's own fields there is `duo`, alike for all logs and versions: `duo.log_type`,
//! `duo.action`, `duo.result`, `duo.reason`, `duo.factor` (codes as
//! [`canonical`] spells them), `duo.user`, `duo.target`, `duo.address`,
//! `duo.country`, `duo.application`, `duo.email`, and for the telephony log `duo.calling_code`, the
//! country code of the number. Each is absent when the record does not tell.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::logs::understand;
use super::mend::mended;
use super::wanted::Wanted;
use crate::record::{Columns, LogType, calling_code, canonical};

/// A record as a tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    tree: Value,
}

impl View {
    /// Reads a raw record.
    pub fn read(log_type: LogType, raw: &[u8]) -> Self {
        Self::with_columns(log_type, raw, &understand(log_type, raw).columns)
    }

    /// Reads a raw record whose columns are known already.
    pub fn with_columns(log_type: LogType, raw: &[u8], columns: &Columns<'_>) -> Self {
        Self::of(log_type, object(raw, whole), columns, |_| true)
    }

    /// Reads only the wanted part of a raw record: what is wanted is there as in the whole.
    pub fn of_wanted(
        log_type: LogType,
        raw: &[u8],
        columns: &Columns<'_>,
        wanted: &Wanted,
    ) -> Self {
        let record = object(raw, |bytes| wanted.read(bytes));
        Self::of(log_type, record, columns, |name| wanted.has_duo(name))
    }

    fn of(
        log_type: LogType,
        mut record: Map<String, Value>,
        columns: &Columns<'_>,
        keep: impl Fn(&str) -> bool,
    ) -> Self {
        if log_type == LogType::Activity
            && let Some(Value::String(name)) = record.get("action")
        {
            let action = Map::from_iter([("name".to_owned(), Value::String(name.clone()))]);
            record.insert("action".to_owned(), Value::Object(action));
        }
        if let Some(description) = record.get_mut("description") {
            open(description);
        }
        for part in ["action", "actor", "target", "old_target"] {
            if let Some(details) = record.get_mut(part).and_then(|part| part.get_mut("details")) {
                open(details);
            }
        }
        let email = if keep("email") { email(&record) } else { None };
        let mut duo = Map::new();
        let mut put = |name: &str, text: Option<Cow<'_, str>>| {
            if let Some(text) = text.filter(|_| keep(name)) {
                duo.insert(name.to_owned(), Value::String(text.into_owned()));
            }
        };
        put("log_type", Some(log_type.name().into()));
        put("action", columns.action.as_deref().map(canonical::action));
        put("result", columns.result.as_deref().map(|text| canonical::result(log_type, text)));
        put("reason", columns.reason.as_deref().map(canonical::reason));
        put("factor", columns.factor.as_deref().map(canonical::factor));
        put("user", columns.user.as_deref().map(Cow::Borrowed));
        put("target", columns.target.as_deref().map(Cow::Borrowed));
        put("address", columns.address.as_deref().map(Cow::Borrowed));
        put("country", columns.country.as_deref().map(Cow::Borrowed));
        put("application", columns.application.as_deref().map(Cow::Borrowed));
        put("email", email.map(Cow::Owned));
        if log_type == LogType::Telephony {
            put(
                "calling_code",
                columns.target.as_deref().and_then(calling_code).map(Cow::Borrowed),
            );
        }
        record.insert("duo".to_owned(), Value::Object(duo));
        Self { tree: Value::Object(record) }
    }

    /// The whole tree, an object with `duo` in it.
    pub const fn tree(&self) -> &Value {
        &self.tree
    }

    /// What stands at a path: `access_device.location.country`. In a list, the first element that
    /// has the rest of the path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        find(&self.tree, path)
    }

    /// The text at a path; numbers and truth values as Duo would write them. `None` for nothing,
    /// null, and an empty text.
    pub fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        match self.get(path)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Value::Null => None,
            tree => Some(Cow::Owned(tree.to_string())),
        }
    }

    /// The texts at a path that leads to a list, or to one text.
    pub fn texts(&self, path: &str) -> Vec<&str> {
        match self.get(path) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) if !text.is_empty() => vec![text],
            _ => Vec::new(),
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes).ok()
}

fn object(raw: &[u8], read: impl Fn(&[u8]) -> Option<Map<String, Value>>) -> Map<String, Value> {
    read(raw).or_else(|| mended(raw).and_then(|copy| read(copy.as_bytes()))).unwrap_or_default()
}

/// Opens a text that holds a JSON object or list.
fn open(value: &mut Value) {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(inside) = serde_json::from_str(text)
    {
        *value = inside;
    }
}

fn email(record: &Map<String, Value>) -> Option<String> {
    let inside = |part: &str| {
        let details = record.get(part)?.get("details")?;
        details.get("email")?.as_str()
    };
    let direct = record.get("email").and_then(Value::as_str);
    let described = || record.get("description")?.get("email")?.as_str();
    let surfaced = || record.get("surfaced_auth")?.get("email")?.as_str();
    direct
        .or_else(described)
        .or_else(surfaced)
        .or_else(|| inside("actor"))
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn find<'a>(tree: &'a Value, path: &str) -> Option<&'a Value> {
    match tree {
        Value::Object(map) => {
            // A name may itself hold a dot.
            if let Some(value) = map.get(path) {
                return Some(value);
            }
            let (first, rest) = path.split_once('.')?;
            find(map.get(first)?, rest)
        }
        Value::Array(list) => list.iter().find_map(|element| find(element, path)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_texts_are_opened_and_old_names_made_new() {
        let raw = br#"{"action":"admin_login_error","description":"{\"error\": \"SAML login is disabled\", \"email\": \"a@example.com\"}","isotimestamp":"2026-09-14T08:03:40+00:00","object":null,"timestamp":1789373020,"username":"Ada"}"#;
        let view = View::read(LogType::Administrator, raw);
        assert_eq!(view.text("description.error").as_deref(), Some("SAML login is disabled"));
        assert_eq!(view.text("duo.email").as_deref(), Some("a@example.com"));
        assert_eq!(view.text("duo.user").as_deref(), Some("Ada"));
        assert_eq!(view.text("duo.action").as_deref(), Some("admin_login_error"));
        assert_eq!(view.text("object"), None);
    }

    #[test]
    fn an_action_that_is_a_text_is_found_under_its_name() {
        let raw = br#"{"activity_id":"a","ts":"2026-11-16T08:41:17Z","action":"user_delete","actor":{"name":"Ada","details":"no JSON"},"target":{"name":"o.idowu","details":"{\"status\": \"Bypass\"}"}}"#;
        let view = View::read(LogType::Activity, raw);
        assert_eq!(view.text("action.name").as_deref(), Some("user_delete"));
        assert_eq!(view.text("duo.action").as_deref(), Some("user_delete"));
        assert_eq!(view.text("actor.details").as_deref(), Some("no JSON"));
        assert_eq!(view.text("target.details.status").as_deref(), Some("Bypass"));
    }

    #[test]
    fn lists_are_walked_through() {
        let raw = br#"{"txid":"t","rbfs_triggered_attacks":[{"a":1},{"detector":"NOVEL_ASN"}],"user":{"groups":["x","y"]}}"#;
        let view = View::read(LogType::Authentication, raw);
        assert_eq!(view.text("rbfs_triggered_attacks.detector").as_deref(), Some("NOVEL_ASN"));
        assert_eq!(view.texts("user.groups"), ["x", "y"]);
    }

    #[test]
    fn a_number_tells_its_country_code() {
        let raw = br#"{"telephony_id":"t","ts":"2026-11-16T08:41:17Z","type":"sms","phone":"+4570100000","credits":1}"#;
        let view = View::read(LogType::Telephony, raw);
        assert_eq!(view.text("duo.calling_code").as_deref(), Some("+45"));
        assert_eq!(View::read(LogType::Telephony, b"{}").get("duo.calling_code"), None);
    }

    #[test]
    fn what_is_no_object_is_an_empty_tree() {
        for raw in [&b"[1]"[..], b"nonsense", b"", b"\xff"] {
            let view = View::read(LogType::Telephony, raw);
            assert_eq!(view.text("duo.log_type").as_deref(), Some("telephony"));
            assert_eq!(view.get("txid"), None);
        }
    }
}
