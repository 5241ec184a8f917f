//! Duo's own id of a record, read from its raw bytes alone.
//!
//! Promises: never fails; a record that cannot be read has no id, and then its number in the store
//! stands for it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::LogType;

impl LogType {
    /// The field that holds Duo's own id; the first-generation logs have none.
    pub const fn id_field(self) -> Option<&'static str> {
        match self {
            Self::Authentication => Some("txid"),
            Self::Activity => Some("activity_id"),
            Self::Telephony => Some("telephony_id"),
            Self::TrustMonitor => Some("sekey"),
            Self::Administrator | Self::OfflineEnrollment => None,
        }
    }

    /// Duo's own id in a raw record, where there is one.
    pub fn own_id(self, raw: &[u8]) -> Option<Cow<'_, str>> {
        let field = self.id_field()?;
        let mut json = serde_json::Deserializer::from_slice(raw);
        FieldOf(field).deserialize(&mut json).ok().flatten()
    }
}

/// Reads one field of an object and passes over all others.
struct FieldOf(&'static str);

impl<'de> DeserializeSeed<'de> for FieldOf {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldOf {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
            if name == self.0 {
                found = match map.next_value::<Id<'de>>()? {
                    Id::Text(Name(text)) => (!text.is_empty()).then_some(text),
                    Id::Number(number) => Some(Cow::Owned(number.to_string())),
                    Id::Other(_) => None,
                };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// A text, borrowed where it holds no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Id<'a> {
    #[serde(borrow)]
    Text(Name<'a>),
    Number(i64),
    Other(IgnoredAny),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duos_own_id_is_read_from_the_raw_record() {
        for (log_type, raw, id) in [
            (LogType::Authentication, r#"{"a":[{"txid":"x"}],"txid":"9d7e"}"#, Some("9d7e")),
            (LogType::Activity, r#"{"activity_id":"4f\u0031","z":null}"#, Some("4f1")),
            (LogType::Telephony, r#"{"telephony_id":17}"#, Some("17")),
            (LogType::TrustMonitor, r#"{"sekey":""}"#, None),
            (LogType::TrustMonitor, r#"{"sekey":["SE"]}"#, None),
            (LogType::Administrator, r#"{"txid":"9d7e"}"#, None),
            (LogType::Authentication, "not JSON", None),
            (LogType::Authentication, "[]", None),
        ] {
            assert_eq!(log_type.own_id(raw.as_bytes()).as_deref(), id, "{raw}");
        }
    }
}
