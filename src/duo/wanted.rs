//! The part of a record that somebody asks for, read without the rest.
//!
//! Promises: a path that is wanted finds in the part what it finds in the whole record. Most of a
//! record's fields are passed over without being copied, which makes reading several times faster.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Where an e-mail address may stand: what `duo.email` is made of.
const EMAIL: [&str; 4] =
    ["email", "description.email", "surfaced_auth.email", "actor.details.email"];

/// Paths that are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    root: Node,
    /// The names wanted under `duo.`.
    duo: Vec<String>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Everything below is wanted.
    whole: bool,
    below: Vec<(String, Node)>,
}

impl Wanted {
    /// Wants these paths.
    pub fn new<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut wanted = Self::default();
        for path in paths {
            match path.strip_prefix("duo.") {
                Some("email") => {
                    wanted.duo.push("email".to_owned());
                    EMAIL.iter().for_each(|path| wanted.root.want(path));
                }
                Some(name) => wanted.duo.push(name.to_owned()),
                None => wanted.root.want(path),
            }
        }
        wanted
    }

    /// Whether `duo.<name>` is wanted.
    pub(super) fn has_duo(&self, name: &str) -> bool {
        self.duo.iter().any(|wanted| wanted == name)
    }

    /// Reads the wanted part of an object.
    pub(super) fn read(&self, raw: &[u8]) -> Option<Map<String, Value>> {
        let mut json = serde_json::Deserializer::from_slice(raw);
        let value = Part(&self.root).deserialize(&mut json).ok()?;
        json.end().ok()?;
        match value {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }
}

impl Node {
    fn want(&mut self, path: &str) {
        // A name may itself hold a dot.
        self.child(path).whole = true;
        if let Some((first, rest)) = path.split_once('.') {
            let child = self.child(first);
            // These are texts that hold JSON, or lead to such: what is inside shows only later.
            if matches!(first, "description" | "details") {
                child.whole = true;
            } else {
                child.want(rest);
            }
        }
    }

    fn child(&mut self, name: &str) -> &mut Self {
        let place = self.below.iter().position(|(known, _)| known == name);
        let place = place.unwrap_or_else(|| {
            self.below.push((name.to_owned(), Self::default()));
            self.below.len() - 1
        });
        // It was found or pushed a moment ago.
        #[expect(clippy::indexing_slicing, reason = "the place was found or made just now")]
        &mut self.below[place].1
    }
}

/// Reads the wanted part of whatever comes.
struct Part<'w>(&'w Node);

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.0.whole {
            return Value::deserialize(deserializer);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut part = Map::new();
        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
            match self.0.below.iter().find(|(known, _)| *known == *name) {
                Some((known, node)) => {
                    part.insert(known.clone(), map.next_value_seed(Part(node))?);
                }
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(Value::Object(part))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element_seed(Part(self.0))? {
            parts.push(part);
        }
        Ok(Value::Array(parts))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// A name, borrowed where it holds no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duo::View;
    use crate::duo::logs::understand;
    use crate::record::LogType;

    const PATHS: [&str; 9] = [
        "duo.user",
        "duo.email",
        "duo.action",
        "description.auth_status",
        "target.details.status",
        "action.name",
        "access_device.location.country",
        "rbfs_triggered_attacks.detector",
        "a.b",
    ];

    #[test]
    fn what_is_wanted_is_as_in_the_whole_record() {
        let wanted = Wanted::new(PATHS);
        for (log_type, raw) in [
            (
                LogType::Administrator,
                r#"{"action":"policy_update","username":"Ada","description":"{\"auth_status\": \"Deny access\", \"email\": \"a@example.com\"}","timestamp":1}"#,
            ),
            (
                LogType::Activity,
                r#"{"action":"user_update","actor":{"name":"Ada","details":"{\"email\": \"a@example.com\"}"},"target":{"details":"{\"status\": \"Bypass\"}","name":"x"}}"#,
            ),
            (
                LogType::Authentication,
                r#"{"access_device":{"location":{"country":"France","city":1},"os":"x"},"rbfs_triggered_attacks":[{"a":1},{"detector":"N"}],"user":{"name":"b"},"email":null,"a.b":7,"access\u005fdevice2":{}}"#,
            ),
            (
                LogType::Authentication,
                r#"{"access_device":"none","user":[],"email":"a@example.com"}"#,
            ),
            (LogType::Telephony, "no JSON"),
            (LogType::Telephony, r#"{"a":{"b":1.5e3}} and more"#),
        ] {
            let columns = understand(log_type, raw.as_bytes()).columns;
            let whole = View::with_columns(log_type, raw.as_bytes(), &columns);
            let part = View::of_wanted(log_type, raw.as_bytes(), &columns, &wanted);
            for path in PATHS {
                assert_eq!(part.get(path), whole.get(path), "{path} in {raw}");
            }
        }
    }

    #[test]
    fn what_is_not_wanted_is_not_kept() {
        let wanted = Wanted::new(["user.name"]);
        let raw = br#"{"user":{"name":"a","key":"b"},"factor":"c"}"#;
        let columns = understand(LogType::Authentication, raw).columns;
        let part = View::of_wanted(LogType::Authentication, raw, &columns, &wanted);
        assert_eq!(part.tree().to_string(), r#"{"duo":{},"user":{"name":"a"}}"#);
    }
}
