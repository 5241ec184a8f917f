//! Makes a line fit that is too long: its longest texts are shortened first, each says so, and the
//! line stays what it was, JSON or CEF or LEEF.

use serde_json::{Map, Value, json};

/// What stands where something was cut off.
const MARK: &str = "\u{2026}[cut]";

/// The key that tells that something was cut off.
const KEY: &str = "duo_integrator_shortened";

/// A line of at most so many bytes, as far as its form allows.
pub fn line(line: &[u8], room: usize, id: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    if text.starts_with("CEF:") {
        return fields(&text, &cef_values(&text), room);
    }
    if text.starts_with("LEEF:") {
        return fields(&text, &leef_values(&text), room);
    }
    match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => object_within(object, room, id),
        _ => stand_in(id),
    }
}

fn object_within(mut object: Map<String, Value>, room: usize, id: &str) -> Vec<u8> {
    object.insert(KEY.to_owned(), Value::Bool(true));
    let mut value = Value::Object(object);
    let bytes = |value: &Value| serde_json::to_vec(value).unwrap_or_default();
    // The longest length of a text with which all of it fits: found by halving.
    let (mut fits, mut too_long) = (0, longest(&value));
    while too_long - fits > 1 {
        let middle = fits + (too_long - fits) / 2;
        if bytes(&shortened(&value, middle)).len() <= room {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    value = shortened(&value, fits);
    // Texts alone were not it: whole members go, the largest first.
    while bytes(&value).len() > room {
        let Some(object) = value.as_object_mut() else { break };
        let largest = object
            .iter()
            .filter(|(key, _)| *key != KEY)
            .max_by_key(|(_, member)| bytes(member).len())
            .map(|(key, _)| key.clone());
        match largest {
            Some(key) if object.len() > 1 => _ = object.remove(&key),
            _ => return stand_in(id),
        }
    }
    bytes(&value)
}

/// What is left of a record that nothing of fits.
fn stand_in(id: &str) -> Vec<u8> {
    let id: String = id.chars().take(100).collect();
    json!({KEY: true, "id": id}).to_string().into_bytes()
}

fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(longest).max().unwrap_or(0),
        Value::Object(members) => members.values().map(longest).max().unwrap_or(0),
        _ => 0,
    }
}

fn shortened(value: &Value, most: usize) -> Value {
    match value {
        Value::String(text) if text.len() > most => Value::String(cut(text, most)),
        Value::Array(items) => items.iter().map(|item| shortened(item, most)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), shortened(member, most)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

fn cut(text: &str, most: usize) -> String {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{MARK}", text.get(..end).unwrap_or_default())
}

/// Shortens values of a line, the longest first, until it fits. `values` are in order.
fn fields(line: &str, values: &[std::ops::Range<usize>], room: usize) -> Vec<u8> {
    let mut over = line.len().saturating_sub(room);
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    let mut by_length: Vec<&std::ops::Range<usize>> = values.iter().collect();
    by_length.sort_by_key(|value| std::cmp::Reverse(value.len()));
    for value in by_length {
        if over == 0 || value.len() <= MARK.len() {
            break;
        }
        let taken = (over + MARK.len()).min(value.len());
        let mut end = value.end - taken;
        let text = line.get(value.start..value.end).unwrap_or_default();
        while end > value.start && !text.is_char_boundary(end - value.start) {
            end -= 1;
        }
        // An escape is not cut in two.
        let kept = line.get(value.start..end).unwrap_or_default();
        end -= (kept.len() - kept.trim_end_matches('\\').len()) % 2;
        over = over.saturating_sub((value.end - end).saturating_sub(MARK.len()));
        cuts.push((end, value.end));
    }
    cuts.sort_unstable();
    let mut out = String::with_capacity(room);
    let mut at = 0;
    for (from, until) in cuts {
        out.push_str(line.get(at..from).unwrap_or_default());
        out.push_str(MARK);
        at = until;
    }
    out.push_str(line.get(at..).unwrap_or_default());
    out.into_bytes()
}

/// Where the values of a CEF line lie: a key follows a blank and ends at an `=` without a `\`.
fn cef_values(line: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = line.as_bytes();
    let at = |i: usize| bytes.get(i).copied().unwrap_or_default();
    let mut keys: Vec<(usize, usize)> = Vec::new();
    for (i, byte) in bytes.iter().enumerate() {
        if *byte != b'=' {
            continue;
        }
        let mut start = i;
        while start > 0 && at(start - 1).is_ascii_alphanumeric() {
            start -= 1;
        }
        if start < i && start > 0 && matches!(at(start - 1), b' ' | b'|') {
            keys.push((start, i + 1));
        }
    }
    let ends = keys.iter().skip(1).map(|(start, _)| start - 1).chain([line.len()]);
    keys.iter().zip(ends).map(|((_, start), end)| *start..end.max(*start)).collect()
}

/// Where the values of a LEEF line lie: fields are ended by tabs.
fn leef_values(line: &str) -> Vec<std::ops::Range<usize>> {
    let begins = line.match_indices('|').nth(5).map_or(line.len(), |(at, _)| at + 1);
    let mut values = Vec::new();
    let mut at = begins;
    for field in line.get(begins..).unwrap_or_default().split('\t') {
        if let Some(equals) = field.find('=') {
            values.push(at + equals + 1..at + field.len());
        }
        at += field.len() + 1;
    }
    values
}
