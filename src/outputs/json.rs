//! Writes JSON around lines that are JSON already.
//!
//! Promises: what comes out is valid JSON and has no line breaks, whatever a line holds; a line
//! that is JSON is not read into a tree and keeps its text, so that no number loses digits.

use serde::de::IgnoredAny;

use crate::base::UnixMillis;

/// One object, member by member.
#[derive(Debug)]
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

/// Writes one object; `fill` adds its members.
pub fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    let mut object = Object { out, empty: true };
    fill(&mut object);
    out.push(b'}');
}

impl Object<'_> {
    /// A text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        quoted(self.out, text);
    }

    /// A line as it is when it is JSON, else as a text.
    pub fn line(&mut self, name: &str, line: &[u8]) {
        self.name(name);
        embed(self.out, line);
    }

    /// A line as a text, be it JSON or not.
    pub fn line_as_text(&mut self, name: &str, line: &[u8]) {
        self.text(name, &String::from_utf8_lossy(line));
    }

    /// A whole number.
    pub fn number(&mut self, name: &str, number: i64) {
        self.name(name);
        self.out.extend_from_slice(number.to_string().as_bytes());
    }

    /// A time as seconds with three decimals: `1700000000.123`.
    pub fn seconds(&mut self, name: &str, time: UnixMillis) {
        self.name(name);
        self.out.extend_from_slice(seconds(time).as_bytes());
    }

    /// An object inside.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        object(self.out, fill);
    }

    /// Anything else; `fill` writes one JSON value.
    pub fn value(&mut self, name: &str, fill: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        fill(self.out);
    }

    fn name(&mut self, name: &str) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        quoted(self.out, name);
        self.out.push(b':');
    }
}

/// A list of values with commas between; `write` writes one.
pub fn list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// A text in quotes.
pub fn quoted(out: &mut Vec<u8>, text: &str) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// A line as it is when it is JSON, else as a text.
pub fn embed(out: &mut Vec<u8>, line: &[u8]) {
    match as_json(line) {
        Some(text) => out.extend(text.bytes().map(flat)),
        None => quoted(out, &String::from_utf8_lossy(line)),
    }
}

/// A line that is an object, with members in front of its own; a line that is none becomes the
/// member `message`.
pub fn splice(out: &mut Vec<u8>, line: &[u8], fill: impl FnOnce(&mut Object<'_>)) {
    let inside = as_json(line)
        .map(str::trim)
        .and_then(|text| text.strip_prefix('{')?.strip_suffix('}'))
        .map(str::trim);
    object(out, |object| {
        fill(object);
        match inside {
            Some("") => {}
            Some(inside) => {
                if !object.empty {
                    object.out.push(b',');
                }
                object.out.extend(inside.bytes().map(flat));
            }
            None => object.line_as_text("message", line),
        }
    });
}

/// A time as seconds with three decimals.
pub fn seconds(time: UnixMillis) -> String {
    let (secs, millis) = (time.0.div_euclid(1000), time.0.rem_euclid(1000));
    if secs < 0 && millis > 0 {
        // The nearest that can be said without arithmetic on the sign; nobody had Duo before 1970.
        return format!("{}.000", secs + 1);
    }
    format!("{secs}.{millis:03}")
}

fn as_json(line: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(line).ok()?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    Some(text)
}

/// Between members JSON allows line breaks; receivers of lines do not. Inside of texts there are
/// none, because JSON has them escaped there.
const fn flat(byte: u8) -> u8 {
    if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn written(fill: impl FnOnce(&mut Vec<u8>)) -> Value {
        let mut out = Vec::new();
        fill(&mut out);
        assert!(!out.contains(&b'\n'));
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_line_that_is_json_keeps_its_text() {
        let mut out = Vec::new();
        embed(&mut out, b"{\"n\": 12345678901234567890.10,\n\"m\": 1}");
        assert_eq!(out, b"{\"n\": 12345678901234567890.10, \"m\": 1}");
    }

    #[test]
    fn members_stand_before_those_of_the_line() {
        let add = |object: &mut Object<'_>| object.text("@timestamp", "t");
        assert_eq!(
            written(|out| splice(out, b" { \"a\": 1\n} ", add)),
            json!({"@timestamp": "t", "a": 1})
        );
        assert_eq!(written(|out| splice(out, b"{ }", add)), json!({"@timestamp": "t"}));
        assert_eq!(written(|out| splice(out, b"{ }", |_| ())), json!({}));
        assert_eq!(written(|out| splice(out, b"{\"a\":1}", |_| ())), json!({"a": 1}));
        assert_eq!(
            written(|out| splice(out, b"[1]", add)),
            json!({"@timestamp": "t", "message": "[1]"})
        );
    }

    #[test]
    fn seconds_have_three_decimals() {
        assert_eq!(seconds(UnixMillis(1_700_000_000_007)), "1700000000.007");
        assert_eq!(seconds(UnixMillis(0)), "0.000");
        assert_eq!(seconds(UnixMillis(-1)), "0.000");
        assert_eq!(seconds(UnixMillis(-1500)), "-1.000");
    }

    proptest! {
        #[test]
        fn whatever_a_line_holds_the_result_is_json(line in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut out = Vec::new();
            object(&mut out, |object| {
                object.line("a", &line);
                object.line_as_text("b", &line);
                object.value("c", |out| splice(out, &line, |object| object.number("n", 1)));
            });
            let read: Value = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(read.get("b").and_then(Value::as_str), Some(&*String::from_utf8_lossy(&line)));
            prop_assert!(!out.contains(&b'\n'));
        }
    }
}
