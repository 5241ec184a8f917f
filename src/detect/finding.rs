//! What detection finds, and how it names the records it found it in.

use crate::base::UnixMillis;

/// A record, by its place in the store and its id in words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The log's number.
    pub feed: i64,
    /// When it happened.
    pub time: UnixMillis,
    /// The record's 64 bits.
    pub event: i64,
    /// The record's id in words.
    pub name: Name,
}

impl Seen {
    /// Whether two names mean the same record.
    pub const fn is(&self, other: &Self) -> bool {
        self.feed == other.feed && self.event == other.event && self.time.0 == other.time.0
    }
}

/// A record's id in words. Most are UUIDs, which take a third of the room as bytes; windows hold
/// many.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// A UUID in lower case.
    Uuid([u8; 16]),
    /// Anything else.
    Text(Box<str>),
}

const DASHES: [usize; 4] = [8, 13, 18, 23];

impl Name {
    /// A name from its text.
    pub fn new(text: &str) -> Self {
        match uuid(text) {
            Some(bytes) => Self::Uuid(bytes),
            None => Self::Text(text.into()),
        }
    }

    /// The text again.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Uuid(bytes) => {
                let mut text = data_encoding::HEXLOWER.encode(bytes);
                for dash in DASHES {
                    text.insert(dash, '-');
                }
                text
            }
        }
    }
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 || DASHES.iter().any(|dash| bytes.get(*dash) != Some(&b'-')) {
        return None;
    }
    let digits: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'-').collect();
    let mut uuid = [0; 16];
    (digits.len() == 32).then_some(())?;
    data_encoding::HEXLOWER.decode_mut(&digits, &mut uuid).ok()?;
    Some(uuid)
}

/// Something a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: std::sync::Arc<str>,
    /// The account's number.
    pub account: i64,
    /// What it is about.
    pub subject: String,
    /// The records it was found in that no finding named before.
    pub records: Vec<Seen>,
    /// The other log's records of the same acts.
    pub twins: Vec<Seen>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were() {
        for text in [
            "9d7ef19e-3192-475f-ba3d-466e8c54b97d",
            "9D7EF19E-3192-475F-BA3D-466E8C54B97D",
            "9d7ef19e-3192-475f-ba3d-466e8c54b97",
            "9d7ef19e3-192-475f-ba3d-466e8c54b97d",
            "SEDOR9BP00L23C6YUH5",
            "",
        ] {
            assert_eq!(Name::new(text).text(), text);
        }
        let uuid = Name::new("9d7ef19e-3192-475f-ba3d-466e8c54b97d");
        assert!(matches!(uuid, Name::Uuid(_)));
    }
}
