//! Reports for other programs: one JSON object a line, keyed by the columns' titles.
//!
//! Promises: codes stand as Duo's codes instead of words, times are RFC 3339 with milliseconds and
//! the zone's offset, numbers are numbers, and what a record does not tell is `null`.

use std::io::Write;

use serde::Serializer;
use serde::ser::SerializeMap;

use super::sheet::{Cell, Heading, Rows, Sheet, not_written};
use super::summary::Summary;
use super::zone::Zone;
use crate::base::Problem;

/// A report being written as JSON lines.
pub struct JsonLines<W: Write> {
    out: W,
    titles: Vec<String>,
    zone: Zone,
}

impl<W: Write + Send> JsonLines<W> {
    /// Starts writing; there is no header.
    pub fn start(heading: &Heading, out: W) -> Self {
        let titles = heading.columns.iter().map(|column| column.title.clone()).collect();
        Self { out, titles, zone: heading.zone.clone() }
    }
}

impl<W: Write + Send> Sheet for JsonLines<W> {
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        for row in rows.iter() {
            // Written pair by pair: a map would sort the columns.
            let mut line = serde_json::Serializer::new(&mut self.out);
            let mut object = line.serialize_map(Some(self.titles.len())).map_err(not_written)?;
            for (title, cell) in self.titles.iter().zip(row.cells()) {
                let written = match cell {
                    Cell::Empty => object.serialize_entry(title, &()),
                    Cell::Text(text) => object.serialize_entry(title, text),
                    Cell::Number(number) => object.serialize_entry(title, &number),
                    Cell::Time(time) => object.serialize_entry(title, &self.zone.rfc3339(time)),
                };
                written.map_err(not_written)?;
            }
            object.end().map_err(not_written)?;
            self.out.write_all(b"\n").map_err(not_written)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &Summary) -> Result<(), Problem> {
        self.out.flush().map_err(not_written)
    }
}
