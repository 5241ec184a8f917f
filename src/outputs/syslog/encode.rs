//! A record as a syslog message.
//!
//! Promises: pure; a message is never longer than the receiver takes: what is too long has its
//! longest texts shortened, and says so; no message is cut in the middle of a record, of a letter
//! or of an escape.
//!
//! RFC 5424 has times with year and zone and structured data, in which the record's id, account and
//! log stand; their name ends in the number that RFC 5612 keeps for examples, because this program
//! has no number of its own. RFC 3164 has neither; there the record tells them itself.
//! Sources: <https://www.rfc-editor.org/rfc/rfc5424>, <https://www.rfc-editor.org/rfc/rfc3164>.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::shorten;
use crate::outputs::{Item, What};
use crate::settings::{Framing, SyslogForm, SyslogOutput, Transport};

/// The severity of records: informational; that of alerts: warning.
const RECORD: u8 = 6;
const ALERT: u8 = 4;

/// The longest name that RFC 3164 allows.
const TAG: usize = 32;

/// A message, with what says over TCP where it ends.
pub fn framed(item: &Item, to: &SyslogOutput, out: &mut Vec<u8>) {
    let message = message(item, to);
    match (to.transport, to.framing) {
        (Transport::Udp, _) => out.extend_from_slice(&message),
        (_, Framing::OctetCounting) => {
            out.extend_from_slice(message.len().to_string().as_bytes());
            out.push(b' ');
            out.extend_from_slice(&message);
        }
        (_, Framing::LineFeed) => {
            // Lines of all formats are one line; this keeps it so whatever is handed in.
            out.extend(message.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
            out.push(b'\n');
        }
    }
}

/// A message.
pub fn message(item: &Item, to: &SyslogOutput) -> Vec<u8> {
    let mut out = header(item, to).into_bytes();
    let room = to.max_bytes.saturating_sub(out.len());
    let line: Cow<'_, [u8]> = match item.line.len() > room {
        true => Cow::Owned(shorten::line(&item.line, room, &item.id)),
        false => Cow::Borrowed(&item.line),
    };
    out.extend_from_slice(&line);
    out
}

fn header(item: &Item, to: &SyslogOutput) -> String {
    let severity = match item.what {
        What::Record(_) => RECORD,
        What::Alert => ALERT,
    };
    let priority = u32::from(to.facility) * 8 + u32::from(severity);
    let host = to.hostname.as_deref().unwrap_or_else(|| without_port(&item.api_hostname));
    let host = name(host, 255);
    let time = Timestamp::from_millisecond(item.time.0).unwrap_or(Timestamp::UNIX_EPOCH);
    match to.form {
        SyslogForm::Rfc5424 => format!(
            "<{priority}>1 {time:.3} {host} {} - {} [duo@32473 id=\"{}\" account=\"{}\" log=\"{}\"] ",
            name(&to.app_name, 48),
            item.what.name(),
            value(&item.id),
            value(&item.account),
            item.what.name(),
        ),
        SyslogForm::Rfc3164 => {
            let time = time.to_zoned(TimeZone::system()).strftime("%b %e %H:%M:%S").to_string();
            let tag: String =
                to.app_name.chars().filter(char::is_ascii_alphanumeric).take(TAG).collect();
            format!("<{priority}>{time} {host} {tag}: ")
        }
    }
}

/// A name of a computer alone: a colon in it is more than syslog-ng reads.
fn without_port(host: &str) -> &str {
    host.rsplit_once(':').filter(|(host, _)| !host.contains(':')).map_or(host, |(host, _)| host)
}

/// What may stand in a header: printable ASCII without spaces; `-` for nothing.
fn name(text: &str, most: usize) -> String {
    let name: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if name.is_empty() { "-".to_owned() } else { name }
}

/// A value of structured data.
fn value(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' | '\\' | ']' => {
                value.push('\\');
                value.push(letter);
            }
            control if control.is_control() => value.push(' '),
            other => value.push(other),
        }
    }
    value
}
