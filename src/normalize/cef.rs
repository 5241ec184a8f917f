//! ArcSight's Common Event Format, version 0.
//!
//! Promises: seven header fields, then keys and values that any reader of the format takes apart
//! again. In the header `\` and `|` are escaped; in values `\` and `=`, a line feed is `\n` and a
//! carriage return `\r`. Other control characters become blanks, and blanks at a value's ends are
//! cut: the format cannot tell them from the ones between keys. The record itself is `rawEvent`.
//!
//! Keys: `mappings/cef.toml`. Escapes: Micro Focus, "ArcSight Common Event Format (CEF)
//! Implementation Standard", chapter 1, "Character encoding".

use super::event::Event;
use crate::record::LogType;

/// A record as one line.
pub fn line(event: &Event<'_>) -> Vec<u8> {
    let keys = &event.tables.cef;
    let mut out = String::with_capacity(event.raw.len() * 2 + 1024);
    out.push_str("CEF:0|");
    for text in [keys.vendor.as_str(), &keys.product, generation(event), &signature(event)] {
        header(&mut out, text);
        out.push('|');
    }
    header(&mut out, &name(event));
    out.push('|');
    out.push_str(&event.severity().1.cef.to_string());
    out.push('|');
    let start = out.len();
    for field in &keys.fields {
        if !field.logs.is_empty() && !field.logs.contains(&event.log_type) {
            continue;
        }
        let Some(text) = event.first(&field.from) else { continue };
        if trimmed(&text).is_empty() {
            continue;
        }
        if out.len() > start {
            out.push(' ');
        }
        out.push_str(&field.key);
        out.push('=');
        value(&mut out, &text);
        if let Some(label) = &field.label {
            out.push(' ');
            out.push_str(&field.key);
            out.push_str("Label=");
            value(&mut out, label);
        }
    }
    out.into_bytes()
}

/// The generation of the log's interface, in place of a device's version.
pub fn generation(event: &Event<'_>) -> &'static str {
    match event.log_type {
        LogType::Authentication | LogType::Activity | LogType::Telephony => "v2",
        LogType::Administrator | LogType::OfflineEnrollment | LogType::TrustMonitor => "v1",
    }
}

/// What tells one kind of event from another: the action, and of authentications the result.
pub fn signature(event: &Event<'_>) -> String {
    let action = event.text("duo.action");
    let action = action.as_deref().unwrap_or("unknown");
    match event.log_type {
        LogType::Authentication => match event.text("duo.result") {
            Some(result) => format!("{action}_{result}"),
            None => action.to_owned(),
        },
        LogType::Telephony | LogType::TrustMonitor => {
            format!("{}_{action}", event.log_type.name())
        }
        _ => action.to_owned(),
    }
}

fn name(event: &Event<'_>) -> String {
    let words = event.action_words();
    match (event.log_type, event.text("duo.result")) {
        (LogType::Authentication, Some(result)) => {
            let result = event.labels.or_code("result", &result).to_lowercase();
            format!("{words} {result}")
        }
        (LogType::Telephony | LogType::TrustMonitor, _) => {
            format!("{}: {words}", event.log_type.title())
        }
        _ => words.into_owned(),
    }
}

fn header(out: &mut String, text: &str) {
    for letter in trimmed(text).chars() {
        match letter {
            '\\' | '|' => out.extend(['\\', letter]),
            letter if letter.is_ascii_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter.is_ascii_control())
}

fn value(out: &mut String, text: &str) {
    for letter in trimmed(text).chars() {
        match letter {
            '\\' | '=' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            letter if letter.is_ascii_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
}
