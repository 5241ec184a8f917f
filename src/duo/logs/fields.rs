//! The pieces that several logs share.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::base::{UnixMillis, UnixSecs};
use crate::duo::lenient::{FromText, Object, Text, Whole};
use crate::record::{Columns, IdSource, Understood};

/// Something with a name: a user, an application, a device.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Named<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
}

impl<'de: 'a, 'a> FromText<'de> for Named<'a> {
    fn from_text(text: Text<'de>) -> Self {
        Self { name: text }
    }
}

/// Where an address is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Location<'a> {
    #[serde(borrow)]
    country: Text<'a>,
}

impl<'de: 'a, 'a> FromText<'de> for Location<'a> {
    fn from_text(_: Text<'de>) -> Self {
        Self::default()
    }
}

/// An address: a text in some logs, an object in others.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Address<'a> {
    #[serde(borrow)]
    address: Text<'a>,
}

impl<'de: 'a, 'a> FromText<'de> for Address<'a> {
    fn from_text(text: Text<'de>) -> Self {
        Self { address: text }
    }
}

/// The device an access came from.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AccessDevice<'a> {
    #[serde(borrow)]
    ip: Object<Address<'a>>,
    #[serde(borrow)]
    location: Object<Location<'a>>,
}

impl<'de: 'a, 'a> FromText<'de> for AccessDevice<'a> {
    fn from_text(_: Text<'de>) -> Self {
        Self::default()
    }
}

impl<'a> AccessDevice<'a> {
    /// Address and country.
    pub fn place(self) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let address = self.ip.0.address.get().map(without_port);
        // Duo writes a dash for a place it does not know.
        let country = self.location.0.country.get().filter(|country| country != "-");
        (address, country)
    }
}

/// The parts of `details` and `description` that have a column. Both are JSON inside a text, or
/// an object, or a text that is no JSON at all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Details<'a> {
    #[serde(borrow)]
    pub ip_address: Text<'a>,
    #[serde(borrow)]
    pub factor: Text<'a>,
    #[serde(borrow)]
    pub error: Text<'a>,
    #[serde(borrow)]
    pub hostname: Text<'a>,
}

impl<'a> Details<'a> {
    /// Reads a `details` or `description` value; what cannot be read is empty.
    pub fn read(raw: Option<&'a RawValue>) -> Details<'a> {
        let Some(raw) = raw else { return Details::default() };
        if raw.get().starts_with('{') {
            return serde_json::from_str(raw.get()).unwrap_or_default();
        }
        let Ok(Text(Some(text))) = serde_json::from_str::<Text<'_>>(raw.get()) else {
            return Details::default();
        };
        if !text.starts_with('{') {
            return Details::default();
        }
        let inside: Details<'_> = serde_json::from_str(&text).unwrap_or_default();
        inside.owned()
    }

    fn owned<'b>(self) -> Details<'b> {
        let own = |text: Text<'_>| Text(text.0.map(|text| Cow::Owned(text.into_owned())));
        Details {
            ip_address: own(self.ip_address),
            factor: own(self.factor),
            error: own(self.error),
            hostname: own(self.hostname),
        }
    }
}

/// A record of a first-generation log.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct V1Record<'a> {
    pub timestamp: Whole,
    #[serde(borrow)]
    pub isotimestamp: Text<'a>,
    #[serde(borrow)]
    pub action: Text<'a>,
    #[serde(borrow)]
    pub username: Text<'a>,
    #[serde(borrow)]
    pub object: Text<'a>,
    #[serde(borrow)]
    pub description: Option<&'a RawValue>,
}

impl<'a> V1Record<'a> {
    /// When it happened: `timestamp`, else `isotimestamp`.
    pub fn time(&self) -> Option<UnixMillis> {
        let secs = self.timestamp.0.map(|secs| UnixSecs(secs).to_millis());
        secs.or_else(|| self.isotimestamp.0.as_deref().and_then(when))
    }

    /// What tells it from others: these logs have no ids.
    pub fn id(&self) -> IdSource<'a> {
        if self.action.0.is_none() {
            return IdSource::Bytes;
        }
        let time = self.time().map(|time| time.0.to_string());
        let description = self.description.map(RawValue::get);
        joined(&[
            time.as_deref(),
            self.action.0.as_deref(),
            self.username.0.as_deref(),
            self.object.0.as_deref(),
            description,
        ])
    }
}

/// Joins fields so that no two different lists give the same text: each part is preceded by its
/// length, and a missing part differs from an empty one.
pub fn joined<'a>(parts: &[Option<&str>]) -> IdSource<'a> {
    let mut text = String::new();
    for part in parts {
        match part {
            Some(part) => text.push_str(&format!("{}:{part}", part.len())),
            None => text.push('-'),
        }
    }
    IdSource::Fields(text)
}

/// Puts a record's parts together.
pub fn understood<'a>(
    time: Option<UnixMillis>,
    id: IdSource<'a>,
    columns: Columns<'a>,
) -> Understood<'a> {
    let complete = time.is_some() && id != IdSource::Bytes;
    Understood { time, id, columns, complete }
}

/// Duo's own id, if there is one.
pub fn duo_id(id: Text<'_>) -> IdSource<'_> {
    id.get().map_or(IdSource::Bytes, IdSource::Duo)
}

/// Reads a time as the logs write it: RFC 3339, also without an offset (then UTC), or a number of
/// seconds or milliseconds.
pub fn when(text: &str) -> Option<UnixMillis> {
    if let Some(at) = UnixMillis::parse_rfc3339(text) {
        return Some(at);
    }
    match text.trim().parse::<i64>() {
        // Ten digits reach the year 2286 in seconds; milliseconds have had twelve since 1973.
        Ok(number) if number.abs() >= 100_000_000_000 => Some(UnixMillis(number)),
        Ok(number) => Some(UnixSecs(number).to_millis()),
        Err(_) => UnixMillis::parse_rfc3339(&format!("{}Z", text.trim())),
    }
}

/// The text in lower case; borrowed when it already is.
pub fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { Cow::Owned(text.to_lowercase()) } else { text }
}

/// The address without the port: `192.0.2.1:443`, `[2001:db8::1]:443`.
pub fn without_port(address: Cow<'_, str>) -> Cow<'_, str> {
    let text = address.as_ref();
    let bare = if let Some(inside) = text.strip_prefix('[') {
        inside.split_once(']').map(|(bare, _)| bare)
    } else {
        text.split_once(':')
            .filter(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|(bare, _)| bare)
            .filter(|bare| !bare.is_empty())
    };
    match (bare.map(str::len), address) {
        (None, address) => address,
        (Some(length), Cow::Borrowed(text)) => {
            let start = usize::from(text.starts_with('['));
            Cow::Borrowed(text.get(start..start + length).unwrap_or(text))
        }
        (Some(length), Cow::Owned(text)) => {
            let start = usize::from(text.starts_with('['));
            Cow::Owned(text.get(start..start + length).unwrap_or(&text).to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_cut_from_addresses() {
        for (text, bare) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:443", "192.0.2.1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::1", "::1"),
            ("0.0.0.0", "0.0.0.0"),
            ("host:", "host:"),
            ("[", "["),
        ] {
            assert_eq!(without_port(Cow::Borrowed(text)), bare);
            assert_eq!(without_port(Cow::Owned(text.to_owned())), bare);
        }
    }

    #[test]
    fn joined_fields_are_unambiguous() {
        let join = |parts: &[Option<&str>]| joined(parts);
        assert_ne!(join(&[Some("a"), Some("bc")]), join(&[Some("ab"), Some("c")]));
        assert_ne!(join(&[Some("1:a")]), join(&[Some(""), Some("a")]));
        assert_ne!(join(&[None]), join(&[Some("")]));
    }

    #[test]
    fn times_are_read_in_all_their_shapes() {
        for text in ["1970-01-02T00:00:00.5", "1970-01-02T00:00:00.500001+00:00", "86400500"] {
            let seconds = when(text).unwrap();
            assert!(seconds.0 == 86_400_500 || text == "86400500", "{text}");
        }
        assert_eq!(when("1794816131"), Some(UnixMillis(1_794_816_131_000)));
        assert_eq!(when("1794816131104"), Some(UnixMillis(1_794_816_131_104)));
        assert_eq!(when("soon"), None);
    }
}
