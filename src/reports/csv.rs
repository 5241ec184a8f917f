//! Reports as comma-separated values.
//!
//! Promises: as RFC 4180 has it, in UTF-8: a reader of the format gets every value back as it was,
//! with line breaks, quotes and commas. A file begins with a byte order mark, without which Excel on
//! Windows takes it for another encoding; a stream to another program does not. Times carry their
//! offset, since no line of the file can name the zone.
//!
//! The one change to a value: a spreadsheet would run a text that begins like a formula, so such a
//! text gets an apostrophe in front. Numbers and telephone numbers (`+1 734-555-0123`) are left
//! alone. Source: <https://owasp.org/www-community/attacks/CSV_Injection>.

use std::io::Write;

use csv::{Terminator, Writer, WriterBuilder};

use super::sheet::{Cell, Heading, Rows, Sheet, not_written};
use super::summary::Summary;
use super::zone::Zone;
use crate::base::Problem;

/// A report being written as CSV.
pub struct Csv<W: Write> {
    out: Writer<W>,
    zone: Zone,
    text: String,
}

impl<W: Write + Send> Csv<W> {
    /// Writes the header. `for_excel`: with the byte order mark.
    pub fn start(heading: &Heading, mut out: W, for_excel: bool) -> Result<Self, Problem> {
        if for_excel {
            out.write_all("\u{feff}".as_bytes()).map_err(not_written)?;
        }
        let mut out = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .buffer_capacity(256 * 1024)
            .from_writer(out);
        let titles = heading.columns.iter().map(|column| column.title.as_bytes());
        out.write_record(titles).map_err(not_written)?;
        Ok(Self { out, zone: heading.zone.clone(), text: String::new() })
    }
}

impl<W: Write + Send> Sheet for Csv<W> {
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        for row in rows.iter() {
            for cell in row.cells() {
                self.text.clear();
                let value = match cell {
                    Cell::Empty => "",
                    Cell::Text(text) if runs_as_formula(text) => {
                        self.text.push('\'');
                        self.text.push_str(text);
                        &self.text
                    }
                    Cell::Text(text) => text,
                    Cell::Number(number) => {
                        self.text.push_str(&number.to_string());
                        &self.text
                    }
                    Cell::Time(time) => {
                        self.zone.write_with_offset(time, &mut self.text);
                        &self.text
                    }
                };
                self.out.write_field(value).map_err(not_written)?;
            }
            self.out.write_record(None::<&[u8]>).map_err(not_written)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &Summary) -> Result<(), Problem> {
        self.out.flush().map_err(not_written)
    }
}

/// Whether a spreadsheet would take a text for a formula that can do something.
pub fn runs_as_formula(text: &str) -> bool {
    let mut letters = text.chars();
    match letters.next() {
        Some(
            '=' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}',
        ) => true,
        Some('+' | '-') => !letters.all(|c| c.is_ascii_digit() || " .-()".contains(c)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_told_from_what_only_looks_like_it() {
        for text in ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1", "\u{ff1d}1"] {
            assert!(runs_as_formula(text), "{text}");
        }
        for text in ["", "a=b", "+17345550131", "+1 734-555-0123", "+1 (734) 555.0123", "-5", "x@y"]
        {
            assert!(!runs_as_formula(text), "{text}");
        }
    }
}
