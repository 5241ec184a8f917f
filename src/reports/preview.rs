//! The first rows of a report, to look at before it is written.
//!
//! Promises: the rows are those that the report would begin with, in the same words; no more
//! records are read than a few hundred beyond them.

use super::sheet::{Cell, Head, Kind, Rows, Sheet};
use super::summary::{Summary, Tally};
use super::zone::Zone;
use super::{Prepared, Request, fill};
use crate::base::Problem;
use crate::base::words::number;
use crate::knowledge::Knowledge;
use crate::store::{Reader, Scope, StoreError};

/// The first rows of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The columns, in order.
    pub heads: Vec<Head>,
    /// The first rows, in words.
    pub rows: Vec<Vec<String>>,
    /// There are no more rows than these.
    pub is_all: bool,
    /// How many records the report is made of; `None` while the store sorts its records anew.
    pub records: Option<u64>,
}

/// The first rows of a report, at most so many.
pub fn preview(
    request: &Request<'_>,
    knowledge: &Knowledge,
    reader: &Reader,
    most: usize,
) -> Result<Preview, Problem> {
    let prepared = Prepared::new(request, knowledge, reader)?;
    let mut found = Found { most, rows: Vec::new(), is_full: false };
    let peek = Peek { zone: request.zone.clone(), found: &mut found };
    let tally = Tally::new(None, request.zone.clone());
    let filling = fill::Filling { threads: Some(1), ..prepared.filling(request) };
    let read = fill::run(reader, &prepared.query, &filling, tally, Box::new(peek));
    let Found { mut rows, is_full, .. } = found;
    if !is_full {
        read?;
    }
    rows.truncate(most);
    let records = prepared.records(request, reader).map_err(|error| error.problem)?;
    Ok(Preview { heads: prepared.heading.columns, rows, is_all: !is_full, records })
}

impl Prepared<'_> {
    /// How many records there are, by the sums beside them; `None` while they are sorted anew.
    pub(super) fn records(
        &self,
        request: &Request<'_>,
        reader: &Reader,
    ) -> Result<Option<u64>, StoreError> {
        let Some(marks) = self.marks else { return Ok(None) };
        let since = request.since.unwrap_or(crate::base::UnixMillis(i64::MIN));
        let scope = Scope {
            account: request.account.clone(),
            log_types: self.query.log_types.clone(),
            since,
            until: request.until,
        };
        let series = reader.series(&scope, &[since], &|kind| kind.categories & marks != 0)?;
        let records: i64 = series.cells.iter().map(|(_, _, counts)| counts.records).sum();
        Ok(Some(records.unsigned_abs()))
    }
}

/// What was seen.
struct Found {
    most: usize,
    rows: Vec<Vec<String>>,
    is_full: bool,
}

/// A report that nobody writes down.
struct Peek<'a> {
    zone: Zone,
    found: &'a mut Found,
}

impl Sheet for Peek<'_> {
    fn rows(&mut self, rows: &Rows) -> Result<(), Problem> {
        for row in rows.iter() {
            if self.found.rows.len() == self.found.most {
                self.found.is_full = true;
                // Whoever reads stops at the first problem.
                return Err(Problem::new("More rows than anybody wants to see"));
            }
            self.found.rows.push(row.cells().map(|cell| self.words(cell)).collect());
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Summary) -> Result<(), Problem> {
        Ok(())
    }
}

impl Peek<'_> {
    fn words(&self, cell: Cell<'_>) -> String {
        match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.to_owned(),
            Cell::Number(value) if value >= 0 => number(value.unsigned_abs()),
            Cell::Number(value) => value.to_string(),
            Cell::Time(time) => self.zone.written(time),
        }
    }
}

impl Kind {
    /// Whether its values stand at the right end of their cells.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Number)
    }
}
