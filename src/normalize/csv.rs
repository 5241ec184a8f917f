//! Comma-separated values, RFC 4180, with a header line.
//!
//! Promises: each log has columns of its own, in a fixed order; what is not there is an empty field;
//! a field that holds a comma, a quote or a blank at an end is quoted. Line breaks inside a field
//! become blanks, so that a record stays one line; the last column, the record itself, has them
//! escaped. Values are exact: what spreadsheets might take for a formula is not changed here.

use super::event::Event;
use super::tables::{Column, Csv};
use crate::record::LogType;

/// The header line.
pub fn header(csv: &Csv, log_type: Option<LogType>) -> Vec<u8> {
    let mut out = Vec::new();
    for column in columns(csv, log_type) {
        field(&mut out, &column.name);
    }
    ended(out)
}

/// A record as one line; without a log, only the columns that all logs share.
pub fn line(event: &Event<'_>, log_type: Option<LogType>) -> Vec<u8> {
    let mut out = Vec::with_capacity(event.raw.len() * 2 + 512);
    for column in columns(&event.tables.csv, log_type) {
        field(&mut out, &event.first(&column.from).unwrap_or_default());
    }
    ended(out)
}

fn columns(csv: &Csv, log_type: Option<LogType>) -> impl Iterator<Item = &Column> {
    csv.columns.iter().filter(move |column| {
        column.logs.is_empty() || log_type.is_some_and(|log_type| column.logs.contains(&log_type))
    })
}

/// Without the comma after the last field.
fn ended(mut out: Vec<u8>) -> Vec<u8> {
    out.pop();
    out
}

/// A field and the comma after it.
fn field(out: &mut Vec<u8>, text: &str) {
    let special = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    let at_an_end = text.starts_with(' ') || text.ends_with(' ');
    if !at_an_end && !text.bytes().any(special) {
        out.extend_from_slice(text.as_bytes());
        out.push(b',');
        return;
    }
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\"\""),
            b'\n' | b'\r' => out.push(b' '),
            byte => out.push(byte),
        }
    }
    out.extend_from_slice(b"\",");
}
