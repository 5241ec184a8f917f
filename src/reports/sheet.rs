//! What every format is given: a heading, rows of typed values, and a summary at the end.
//!
//! Rows travel in bundles, their texts in one string each, so that a million of them cost a handful
//! of allocations a bundle and no more memory than the bundles under way.

use super::summary::Summary;
use super::zone::Zone;
use crate::base::{Problem, UnixMillis};

/// What stands above the rows.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The report's id.
    pub id: String,
    /// The report's title.
    pub title: String,
    /// Why one reads it.
    pub reason: String,
    /// The accounts it covers, in words.
    pub accounts: String,
    /// From this instant on, when it was limited.
    pub since: Option<UnixMillis>,
    /// Up to this instant, exclusive or now.
    pub until: UnixMillis,
    /// Whose clock times are told in.
    pub zone: Zone,
    /// When it was made.
    pub made: UnixMillis,
    /// The columns, in order.
    pub columns: Vec<Head>,
    /// The chart's title, and what its bars stand for.
    pub chart: Option<ChartHead>,
}

/// A column's heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The title.
    pub title: String,
    /// What its values are.
    pub kind: Kind,
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Numbers.
    Number,
    /// Instants.
    Time,
}

/// What a chart counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartHead {
    /// Its title.
    pub title: String,
    /// The column whose values get a bar each; `None` for time.
    pub column: Option<usize>,
    /// At most so many bars of values.
    pub top: usize,
}

impl Heading {
    /// The range of time in words.
    pub fn range(&self) -> String {
        let until = self.zone.written(self.until);
        match self.since {
            Some(since) => format!("{} to {until}", self.zone.written(since)),
            None => format!("Everything stored up to {until}"),
        }
    }

    /// Which program made it, and when.
    pub fn made_by(&self) -> String {
        format!("{} by {}", self.zone.written(self.made), program())
    }

    /// What a report without rows says.
    pub fn nothing(&self) -> String {
        match self.since {
            Some(_) => format!("There are no records for this report from {}.", self.range()),
            None => "There are no records for this report.".to_owned(),
        }
    }
}

/// This program and its version.
pub fn program() -> String {
    format!("Duo Security Integrator {}", env!("CARGO_PKG_VERSION"))
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// The record does not tell.
    Empty,
    /// Words.
    Text(&'a str),
    /// A whole number.
    Number(i64),
    /// An instant.
    Time(UnixMillis),
}

/// Some rows, in order.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    columns: usize,
    texts: String,
    cells: Vec<Packed>,
}

#[derive(Clone, Copy, Debug)]
enum Packed {
    Empty,
    Text { start: u32, end: u32 },
    Number(i64),
    Time(UnixMillis),
}

impl Rows {
    /// No rows yet, of so many columns.
    pub fn new(columns: usize) -> Self {
        Self { columns, texts: String::new(), cells: Vec::new() }
    }

    /// Adds the next value.
    pub fn push(&mut self, cell: Cell<'_>) {
        let packed = match cell {
            Cell::Empty | Cell::Text("") => Packed::Empty,
            Cell::Text(text) => {
                let start = self.texts.len();
                self.texts.push_str(text);
                self.text_since(start)
            }
            Cell::Number(number) => Packed::Number(number),
            Cell::Time(time) => Packed::Time(time),
        };
        self.cells.push(packed);
    }

    /// Adds the next value, a text that is written piece by piece.
    pub fn push_written(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.texts.len();
        write(&mut self.texts);
        let packed = if self.texts.len() == start { Packed::Empty } else { self.text_since(start) };
        self.cells.push(packed);
    }

    fn text_since(&self, start: usize) -> Packed {
        match (u32::try_from(start), u32::try_from(self.texts.len())) {
            (Ok(start), Ok(end)) => Packed::Text { start, end },
            // A bundle of four gigabytes does not come about.
            _ => Packed::Empty,
        }
    }

    /// How many bytes the texts take.
    pub const fn bytes(&self) -> usize {
        self.texts.len()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The rows, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.cells.chunks_exact(self.columns.max(1)).map(|cells| Row { texts: &self.texts, cells })
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    texts: &'a str,
    cells: &'a [Packed],
}

impl<'a> Row<'a> {
    /// The values, in the order of the columns.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'a>> + use<'a> {
        let (texts, cells) = (self.texts, self.cells);
        cells.iter().map(move |cell| cell.open(texts))
    }

    /// The value of a column.
    pub fn get(&self, column: usize) -> Cell<'a> {
        self.cells.get(column).map_or(Cell::Empty, |cell| cell.open(self.texts))
    }
}

impl Packed {
    fn open(self, texts: &str) -> Cell<'_> {
        match self {
            Self::Empty => Cell::Empty,
            Self::Number(number) => Cell::Number(number),
            Self::Time(time) => Cell::Time(time),
            Self::Text { start, end } => {
                texts.get(start as usize..end as usize).map_or(Cell::Empty, Cell::Text)
            }
        }
    }
}

/// A way to write a report down.
pub trait Sheet: Send {
    /// Writes the next rows.
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem>;

    /// Writes what is left; no rows come after it.
    fn finish(self: Box<Self>, summary: &Summary) -> Result<(), Problem>;
}

/// A problem with what a report is written to.
pub fn not_written(error: impl std::fmt::Display) -> Problem {
    Problem::new("The report could not be written")
        .because(error)
        .next("check that there is room on the disk and that the folder can be written to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut rows = Rows::new(3);
        for cell in [Cell::Text("a"), Cell::Number(-2), Cell::Empty] {
            rows.push(cell);
        }
        rows.push(Cell::Time(UnixMillis(5)));
        rows.push_written(|text| text.push_str("bé"));
        rows.push_written(|_| ());
        assert_eq!(rows.len(), 2);
        let all: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| row.cells().collect()).collect();
        assert_eq!(all[0], [Cell::Text("a"), Cell::Number(-2), Cell::Empty]);
        assert_eq!(all[1], [Cell::Time(UnixMillis(5)), Cell::Text("bé"), Cell::Empty]);
        assert_eq!(rows.iter().nth(1).unwrap().get(1), Cell::Text("bé"));
    }
}
