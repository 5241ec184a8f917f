//! QRadar's Log Event Extended Format, version 2.
//!
//! Promises: five header fields and the delimiter, then keys and values, each ended by a tab or the
//! line's end. The format has no escapes, and QRadar takes a backslash for itself; so values keep
//! their backslashes, pipes and equals signs (a key ends at its first `=`), and what would end a
//! value or the line, like every other control character, becomes a blank. In the header a pipe
//! becomes a blank as well. The record itself is `raw`: JSON escapes control characters, so nothing
//! is lost there.
//!
//! The delimiter is a tab, written as `x09`: the one all readers know, and the only one that cannot
//! stand in a name. Source: <https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components>.

use super::cef::{generation, signature};
use super::event::Event;

/// A record as one line.
pub fn line(event: &Event<'_>) -> Vec<u8> {
    let keys = &event.tables.leef;
    let mut out = String::with_capacity(event.raw.len() * 2 + 1024);
    out.push_str("LEEF:2.0|");
    for text in [keys.vendor.as_str(), &keys.product, generation(event), &signature(event)] {
        plain(&mut out, &text.replace('|', " "));
        out.push('|');
    }
    out.push_str("x09|");
    let start = out.len();
    for field in &keys.fields {
        if !field.logs.is_empty() && !field.logs.contains(&event.log_type) {
            continue;
        }
        let Some(text) = event.first(&field.from) else { continue };
        if out.len() > start {
            out.push('\t');
        }
        out.push_str(&field.key);
        out.push('=');
        plain(&mut out, &text);
    }
    out.into_bytes()
}

fn plain(out: &mut String, text: &str) {
    out.extend(text.chars().map(|letter| if letter.is_ascii_control() { ' ' } else { letter }));
}
