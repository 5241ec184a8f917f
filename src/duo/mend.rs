//! Makes broken JSON readable, so that one odd byte never hides a whole record or page.
//!
//! Promises: only copies are mended, never the record itself. [`sanitized`] keeps every byte at its
//! place; [`mended`] keeps every field that can be read.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::lenient::Text;

/// Deeper than this nothing is understood anyway.
const DEPTH: u32 = 16;

/// A copy of the same length that is UTF-8 without control characters: each byte that is not
/// UTF-8 becomes `?`, each control character a space.
pub fn sanitized(bytes: &[u8]) -> String {
    let mut copy = String::with_capacity(bytes.len());
    let space = |c: char| if c.is_ascii_control() { ' ' } else { c };
    for chunk in bytes.utf8_chunks() {
        copy.extend(chunk.valid().chars().map(space));
        copy.extend(chunk.invalid().iter().map(|_| '?'));
    }
    copy
}

/// A copy with what can be read: values that cannot (half a surrogate pair is mended, a number out
/// of all bounds becomes `null`); of a repeated key the last counts. `None` when it is no JSON.
pub fn mended(raw: &[u8]) -> Option<String> {
    let text = paired(sanitized(raw));
    let raw: &RawValue = serde_json::from_str(&text).ok()?;
    let mut copy = String::with_capacity(text.len());
    copy_value(raw, &mut copy, DEPTH);
    Some(copy)
}

fn copy_value(raw: &RawValue, copy: &mut String, depth: u32) {
    let text = raw.get();
    let is_readable = || serde_json::from_str::<Text<'_>>(text).is_ok();
    match text.as_bytes().first() {
        Some(b'{') if depth > 0 => {
            let fields: BTreeMap<Cow<'_, str>, &RawValue> =
                serde_json::from_str(text).unwrap_or_default();
            copy.push('{');
            for (i, (name, value)) in fields.into_iter().enumerate() {
                if i > 0 {
                    copy.push(',');
                }
                copy.push_str(&serde_json::Value::from(name).to_string());
                copy.push(':');
                copy_value(value, copy, depth - 1);
            }
            copy.push('}');
        }
        Some(b'[') if depth > 0 => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            copy.push('[');
            for (i, value) in elements.into_iter().enumerate() {
                if i > 0 {
                    copy.push(',');
                }
                copy_value(value, copy, depth - 1);
            }
            copy.push(']');
        }
        Some(b'{' | b'[') => copy.push_str("null"),
        _ if is_readable() => copy.push_str(text),
        _ => copy.push_str("null"),
    }
}

/// Replaces each half of a surrogate pair that stands alone, such as `\ud800`, by `\ufffd`.
fn paired(mut text: String) -> String {
    let mut alone: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        match unit_at(&text, at) {
            Some(0xd800..0xdc00) if matches!(unit_at(&text, at + 6), Some(0xdc00..0xe000)) => {
                at += 12;
            }
            Some(0xd800..0xe000) => {
                alone.push(at);
                at += 6;
            }
            Some(_) => at += 6,
            None => at += 2,
        }
    }
    for at in alone {
        text.replace_range(at..at + 6, "\\ufffd");
    }
    text
}

fn unit_at(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_can_be_read_survives() {
        for (raw, copy) in [
            (&br#"{"b":1e999,"a":"x"}"#[..], r#"{"a":"x","b":null}"#),
            (br#"{"a":"1","a":"2"}"#, r#"{"a":"2"}"#),
            (
                br#"{"a":"\ud800","b":"\ud83d\ude00","c":"\\ud800"}"#,
                r#"{"a":"\ufffd","b":"\ud83d\ude00","c":"\\ud800"}"#,
            ),
            (b"[{\"a\":\"\xff\n\"}]", r#"[{"a":"? "}]"#),
        ] {
            assert_eq!(mended(raw).as_deref(), Some(copy));
        }
        assert_eq!(mended(b"{\"a\":"), None);
    }

    proptest! {
        #[test]
        fn a_sanitized_copy_keeps_places(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let copy = sanitized(&bytes);
            prop_assert_eq!(copy.len(), bytes.len());
            for (old, new) in bytes.iter().zip(copy.bytes()) {
                prop_assert!(*old == new || new == b'?' || new == b' ');
            }
        }

        #[test]
        fn mending_never_panics(text in "\\PC{0,60}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = mended(text.as_bytes());
            let _ = mended(&bytes);
        }
    }
}
