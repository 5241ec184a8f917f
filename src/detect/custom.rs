//! What our rules say beside Sigma, under the key `custom` of the document that alerts.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::base::units::parse_span;
use crate::base::words::nearest;

/// What stands under `custom`, as written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Custom {
    /// What an alert is about.
    pub subject: Vec<String>,
    /// Alerts about the same closer together than this are one.
    pub group_for: Option<Duration>,
    /// The list the rule needs.
    pub needs: Option<String>,
    /// Makes it a baseline rule.
    pub baseline: Option<BaselineText>,
}

/// What stands under `custom.baseline`.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineText {
    /// What is out of the ordinary.
    pub kind: BaselineKind,
    /// Whose normal; nobody's means the whole account's.
    pub by: Vec<String>,
    /// What is new.
    pub value: Vec<String>,
    /// Silent until so long known.
    pub warm_up: Duration,
    /// Silent until known by so many records.
    pub warm_up_records: u32,
    /// What was not seen for so long is new again.
    pub forget: Duration,
    /// Faster than this.
    pub km_per_hour: f64,
    /// Farther than this.
    pub km: f64,
    /// So many times the average.
    pub factor: f64,
    /// And at least so many.
    pub at_least: u32,
    /// Counted by spans of this length.
    pub per: Duration,
    /// The average of so long.
    pub history: Duration,
}

/// What is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaselineKind {
    /// A value seen for the first time.
    NewValue,
    /// Two values seen together for the first time.
    NewPair,
    /// Two places too far apart for the time between.
    Travel,
    /// More than usual.
    Spike,
}

const DAY: Duration = Duration::from_secs(86_400);

/// A mistake under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The key to look for in the file.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub next: Option<String>,
}

impl Wrong {
    /// A mistake under a key.
    pub fn new(key: &str, what: impl Into<String>) -> Self {
        Self { key: key.to_owned(), what: what.into(), next: None }
    }

    fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

/// Reads what stands under `custom`. What is wrong is told under its key.
pub fn read(value: &Value) -> Result<Custom, Wrong> {
    let map = object("custom", value)?;
    known(map, &["baseline", "enabled", "group_for", "needs", "subject"])?;
    if let Some(enabled) = map.get("enabled")
        && !enabled.is_boolean()
    {
        return Err(Wrong::new("enabled", "\u{201c}enabled\u{201d} is true or false"));
    }
    Ok(Custom {
        subject: texts(map, "subject")?,
        group_for: span(map, "group_for")?,
        needs: needs(map)?,
        baseline: map.get("baseline").map(baseline).transpose()?,
    })
}

/// Tells a key that is not known, and the nearest that is.
pub fn known(map: &Map<String, Value>, keys: &[&str]) -> Result<(), Wrong> {
    let Some(key) = map.keys().find(|key| !keys.contains(&key.as_str())) else { return Ok(()) };
    let wrong = Wrong::new(key, format!("\u{201c}{key}\u{201d} is not known here"));
    Err(match nearest(key, keys.iter().copied()) {
        Some(meant) => wrong.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
        None => wrong.next(format!("what is known here: {}", keys.join(", "))),
    })
}

fn needs(map: &Map<String, Value>) -> Result<Option<String>, Wrong> {
    let Some(text) = text(map, "needs")? else { return Ok(None) };
    match text.strip_prefix("list:") {
        Some(name) if !name.is_empty() => Ok(Some(name.to_owned())),
        _ => Err(Wrong::new("needs", format!("\u{201c}{text}\u{201d} is nothing a rule can need"))
            .next("write list: and the name of a list, such as list:watched_addresses")),
    }
}

fn baseline(value: &Value) -> Result<BaselineText, Wrong> {
    let map = object("baseline", value)?;
    let kind = text(map, "kind")?.unwrap_or_default();
    let (kind, keys): (_, &[&str]) = match kind.as_str() {
        "new_value" => (BaselineKind::NewValue, &["forget", "value", "warm_up", "warm_up_records"]),
        "new_pair" => (BaselineKind::NewPair, &["forget", "value", "warm_up", "warm_up_records"]),
        "travel" => (BaselineKind::Travel, &["km", "km_per_hour"]),
        "spike" => (BaselineKind::Spike, &["at_least", "factor", "history", "per", "warm_up"]),
        other => {
            let kinds = ["new_value", "new_pair", "travel", "spike"];
            let wrong =
                Wrong::new("kind", format!("\u{201c}{other}\u{201d} is no kind of baseline"));
            return Err(match nearest(other, kinds) {
                Some(meant) => wrong.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
                None => wrong.next("the kinds are new_value, new_pair, travel and spike"),
            });
        }
    };
    let all: Vec<&str> = ["by", "kind"].iter().chain(keys).copied().collect();
    known(map, &all)?;
    let value = texts(map, "value")?;
    match kind {
        BaselineKind::NewValue if value.is_empty() => {
            return Err(Wrong::new("baseline", "\u{201c}value\u{201d} is missing")
                .next("name the field whose new values count, such as value: duo.country"));
        }
        BaselineKind::NewPair if value.len() < 2 => {
            return Err(Wrong::new("baseline", "a pair has two fields")
                .next("write value: [duo.application, duo.country]"));
        }
        _ => {}
    }
    let span = |key: &str, otherwise: Duration| Ok(span(map, key)?.unwrap_or(otherwise));
    let text = BaselineText {
        kind,
        by: texts(map, "by")?,
        value,
        warm_up: span("warm_up", if kind == BaselineKind::Spike { 3 * DAY } else { 14 * DAY })?,
        warm_up_records: whole(map, "warm_up_records", 5)?,
        forget: span("forget", 180 * DAY)?,
        km_per_hour: number(map, "km_per_hour", 900.0)?,
        km: number(map, "km", 500.0)?,
        factor: number(map, "factor", 3.0)?,
        at_least: whole(map, "at_least", 10)?,
        per: span("per", DAY)?,
        history: span("history", 14 * DAY)?,
    };
    if text.per.is_zero() || text.history < text.per {
        return Err(Wrong::new(
            "per",
            "\u{201c}history\u{201d} holds no whole \u{201c}per\u{201d}",
        ));
    }
    Ok(text)
}

fn object<'v>(key: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Wrong> {
    value
        .as_object()
        .ok_or_else(|| Wrong::new(key, format!("\u{201c}{key}\u{201d} holds keys with values")))
}

fn text(map: &Map<String, Value>, key: &str) -> Result<Option<String>, Wrong> {
    match map.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Wrong::new(key, format!("\u{201c}{key}\u{201d} is a text"))),
    }
}

fn texts(map: &Map<String, Value>, key: &str) -> Result<Vec<String>, Wrong> {
    let wrong = || Wrong::new(key, format!("\u{201c}{key}\u{201d} is a field or a list of fields"));
    match map.get(key) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(list)) => list
            .iter()
            .map(|element| element.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        Some(_) => Err(wrong()),
    }
}

fn span(map: &Map<String, Value>, key: &str) -> Result<Option<Duration>, Wrong> {
    let Some(text) = text(map, key)? else { return Ok(None) };
    let span = parse_span(&text).map_err(|problem| {
        let wrong = Wrong::new(key, problem.what);
        Wrong { next: problem.next, ..wrong }
    })?;
    Ok(Some(span))
}

fn number(map: &Map<String, Value>, key: &str, otherwise: f64) -> Result<f64, Wrong> {
    let Some(value) = map.get(key) else { return Ok(otherwise) };
    value
        .as_f64()
        .filter(|number| *number > 0.0)
        .ok_or_else(|| Wrong::new(key, format!("\u{201c}{key}\u{201d} is a number above 0")))
}

fn whole(map: &Map<String, Value>, key: &str, otherwise: u32) -> Result<u32, Wrong> {
    let Some(value) = map.get(key) else { return Ok(otherwise) };
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Wrong::new(key, format!("\u{201c}{key}\u{201d} is a whole number")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_said_has_its_usual_value() {
        let custom = read(&json!({
            "baseline": {"kind": "new_value", "by": "duo.user", "value": "duo.country"}
        }))
        .unwrap();
        let baseline = custom.baseline.unwrap();
        assert_eq!((baseline.warm_up, baseline.warm_up_records), (14 * DAY, 5));
        assert_eq!(baseline.forget, 180 * DAY);
        assert_eq!(custom.group_for, None);
    }

    #[test]
    fn mistakes_name_their_key_and_what_was_meant() {
        for (value, key, words) in [
            (json!({"subjekt": "duo.user"}), "subjekt", "did you mean \u{201c}subject\u{201d}?"),
            (json!({"group_for": "soon"}), "group_for", "write a number and a unit"),
            (json!({"needs": "watched"}), "needs", "list:"),
            (json!({"baseline": {"kind": "new_valu"}}), "kind", "new_value"),
            (json!({"baseline": {"kind": "travel", "warm_up": "1d"}}), "warm_up", "km_per_hour"),
            (json!({"baseline": {"kind": "new_pair", "value": "duo.user"}}), "baseline", "value:"),
            (json!({"enabled": "no"}), "enabled", ""),
        ] {
            let wrong = read(&value).unwrap_err();
            assert_eq!(wrong.key, key, "{wrong:?}");
            assert!(wrong.next.clone().unwrap_or_default().contains(words), "{wrong:?}");
        }
    }
}
