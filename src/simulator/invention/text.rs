//! Text as Duo writes it: times, ids, and JSON inside JSON. Written for speed where a million
//! records pass through.

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CharEscape, Formatter};

use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;

/// Appends a time as Duo writes it: microseconds, and `+00:00`.
pub fn push_iso(out: &mut String, at: UnixMillis, micros: u32) {
    push_seconds(out, at);
    out.push('.');
    push_digits(out, at.0.rem_euclid(1000) as u32, 3);
    push_digits(out, micros % 1000, 3);
    out.push_str("+00:00");
}

/// A time as Duo writes it in the v2 logs.
pub fn iso(at: UnixMillis) -> String {
    let mut out = String::with_capacity(32);
    // Digits below a millisecond that look real and are the same each time.
    push_iso(&mut out, at, (at.0.rem_euclid(997)) as u32);
    out
}

/// A time as Duo writes it in the v1 logs: whole seconds.
pub fn iso_seconds(at: UnixMillis) -> String {
    let mut out = String::with_capacity(32);
    push_seconds(&mut out, at);
    out.push_str("+00:00");
    out
}

fn push_seconds(out: &mut String, at: UnixMillis) {
    let (year, month, day) = date(at.0.div_euclid(DAY_MILLIS));
    let second = at.0.rem_euclid(DAY_MILLIS) as u32 / 1000;
    push_digits(out, year, 4);
    out.push('-');
    push_digits(out, month, 2);
    out.push('-');
    push_digits(out, day, 2);
    out.push('T');
    push_digits(out, second / 3600, 2);
    out.push(':');
    push_digits(out, second / 60 % 60, 2);
    out.push(':');
    push_digits(out, second % 60, 2);
}

/// Year, month and day of a day since 1970, by the method of
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn date(day: i64) -> (u32, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as u32, month as u32, day as u32)
}

fn push_digits(out: &mut String, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

/// Appends a number of seconds.
pub fn push_number(out: &mut String, number: i64) {
    // Ten digits reach from 2001 to 2286.
    if (1_000_000_000..10_000_000_000).contains(&number) {
        push_digits(out, (number / 100_000) as u32, 5);
        push_digits(out, (number % 100_000) as u32, 5);
    } else {
        out.push_str(&number.to_string());
    }
}

/// Appends a random UUID.
pub fn push_uuid(out: &mut String, chance: &mut fastrand::Rng) {
    let (high, low) = (chance.u64(..), chance.u64(..));
    let high = (high & 0xffff_ffff_ffff_0fff) | 0x4000;
    let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    push_hex(out, high >> 32, 8);
    out.push('-');
    push_hex(out, high >> 16, 4);
    out.push('-');
    push_hex(out, high, 4);
    out.push('-');
    push_hex(out, low >> 48, 4);
    out.push('-');
    push_hex(out, low, 12);
}

fn push_hex(out: &mut String, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = (number >> (4 * place)) as u8 & 0xf;
        out.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
    }
}

/// A random UUID.
pub fn uuid(chance: &mut fastrand::Rng) -> String {
    let mut out = String::with_capacity(36);
    push_uuid(&mut out, chance);
    out
}

/// A key as Duo makes them: two letters that name the kind, then letters and digits, 20 in all.
pub fn key(kind: &str, chance: &mut fastrand::Rng) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let letters = (kind.len()..20).filter_map(|_| LETTERS.get(chance.usize(..LETTERS.len())));
    kind.chars().chain(letters.map(|letter| char::from(*letter))).collect()
}

/// An id that belongs to no invented record.
pub fn fresh_id(seed: u64) -> String {
    uuid(&mut fastrand::Rng::with_seed(seed))
}

/// An authentication record with another id.
pub fn with_id(body: &str, id: &str) -> String {
    let Some((before, rest)) = body.split_once("\"txid\":\"") else { return body.to_owned() };
    let after = rest.split_once('"').map(|(_, after)| after).unwrap_or_default();
    format!("{before}\"txid\":\"{id}\"{after}")
}

/// Text as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// JSON as text inside JSON, with the blanks Duo leaves in it.
pub fn nested(value: &Value) -> String {
    write_with(value, Spaced { ascii: false })
}

/// The same with everything beyond ASCII escaped, as often seen in the v1 logs.
pub fn nested_ascii(value: &Value) -> String {
    write_with(value, Spaced { ascii: true })
}

fn write_with(value: &Value, formatter: Spaced) -> String {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Writing to memory does not fail.
    let _ = value.serialize(&mut serializer);
    String::from_utf8(out).unwrap_or_default()
}

struct Spaced {
    ascii: bool,
}

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        if !self.ascii {
            return out.write_all(text.as_bytes());
        }
        let mut units = [0; 2];
        for letter in text.chars() {
            if letter.is_ascii() {
                out.write_all(&[letter as u8])?;
            } else {
                for unit in letter.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => out.write_all(b"\\\""),
            CharEscape::ReverseSolidus => out.write_all(b"\\\\"),
            _ => out.write_all(b" "),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_read_as_duo_writes_them() {
        let mut out = String::new();
        push_iso(&mut out, UnixMillis(1_794_816_131_104), 233);
        assert_eq!(out, "2026-11-16T08:02:11.104233+00:00");
        assert_eq!(iso_seconds(UnixMillis(951_782_400_000)), "2000-02-29T00:00:00+00:00");
    }

    #[test]
    fn dates_agree_with_the_calendar() {
        for day in (-1000..60_000).step_by(17) {
            let at = UnixMillis(day * DAY_MILLIS);
            let expected = at.to_string();
            assert_eq!(iso_seconds(at)[..10], expected[..10]);
        }
    }

    #[test]
    fn nested_json_has_blanks() {
        let value = json!({"a": ["x", "\"y\""], "b": "Núñez"});
        assert_eq!(nested(&value), r#"{"a": ["x", "\"y\""], "b": "Núñez"}"#);
        assert_eq!(nested_ascii(&value), r#"{"a": ["x", "\"y\""], "b": "N\u00fa\u00f1ez"}"#);
    }

    #[test]
    fn ids_have_their_form() {
        let mut chance = fastrand::Rng::with_seed(1);
        let id = uuid(&mut chance);
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert_eq!(key("DI", &mut chance).len(), 20);
        assert_eq!(with_id(r#"{"txid":"a","x":1}"#, "b"), r#"{"txid":"b","x":1}"#);
    }
}
