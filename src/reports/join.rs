//! Rows that tell of one act become one row.
//!
//! Promises: an act that both the administrator and the activity log tell is one row, with what
//! each of them knows; a call or message and the sign-in it served are one row where the report
//! says so. Every record takes part in at most one such pair. Rows keep their order, and at most
//! [`MOST`] of them wait.
//!
//! The later row stays and takes over what it lacks: v1 logs count whole seconds and so come first,
//! and a sign-in comes after the call that served it.

use std::collections::{HashMap, VecDeque};

use super::sheet::{Cell, Rows};
use crate::base::UnixMillis;
use crate::record::LogType;

/// So many rows wait for their other half at most.
const MOST: usize = 4_096;

/// The two logs tell of an act within this time.
pub const TWINS_MILLIS: i64 = 5_000;

/// A sign-in follows its call within this time.
pub const SERVED_MILLIS: i64 = 600_000;

/// What ties a row to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Equal for rows of one act.
    pub key: u64,
    /// Whose row it is; only rows of different logs belong together.
    pub log_type: LogType,
    /// How long it waits for its other half; 0 when it only looks for one that waits.
    pub waits_millis: i64,
}

/// A bundle of rows with their times and ties.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The rows.
    pub rows: Rows,
    /// When each happened.
    pub times: Vec<UnixMillis>,
    /// What ties each to others; empty when nothing does.
    pub ties: Vec<Option<Tie>>,
}

impl Bundle {
    /// Without rows, of so many columns.
    pub fn new(columns: usize) -> Self {
        Self { rows: Rows::new(columns), times: Vec::new(), ties: Vec::new() }
    }
}

/// Brings rows together.
pub struct Join {
    columns: usize,
    waiting: VecDeque<Waiting>,
    /// The number of the first that waits.
    first: u64,
    /// Numbers of those that wait, by key.
    by_key: HashMap<u64, Vec<u64>>,
}

struct Waiting {
    row: Rows,
    time: UnixMillis,
    tie: Option<Tie>,
    /// Another row has taken it over.
    taken: bool,
}

impl Join {
    /// For rows of so many columns.
    pub fn new(columns: usize) -> Self {
        Self { columns, waiting: VecDeque::new(), first: 0, by_key: HashMap::new() }
    }

    /// Takes the next bundle and gives back the rows that are whole.
    pub fn add(&mut self, bundle: Bundle) -> Bundle {
        let nothing_waits = self.waiting.is_empty();
        if nothing_waits && bundle.ties.iter().flatten().all(|tie| tie.waits_millis == 0) {
            return bundle;
        }
        let mut whole = Bundle::new(self.columns);
        for (i, row) in bundle.rows.iter().enumerate() {
            let time = bundle.times.get(i).copied().unwrap_or_default();
            let tie = bundle.ties.get(i).copied().flatten();
            self.release(time, &mut whole);
            let other = tie.and_then(|tie| self.take(&tie, time));
            let mut merged = Rows::new(self.columns);
            for (column, cell) in row.cells().enumerate() {
                let earlier = other.as_ref().and_then(|rows| rows.iter().next());
                merged.push(match (cell, earlier) {
                    (Cell::Empty, Some(earlier)) => earlier.get(column),
                    (cell, _) => cell,
                });
            }
            // What has found its other half waits for no third.
            let tie = tie.filter(|tie| other.is_none() && tie.waits_millis > 0);
            if let Some(tie) = tie {
                let number = self.first + self.waiting.len() as u64;
                self.by_key.entry(tie.key).or_default().push(number);
            }
            self.waiting.push_back(Waiting { row: merged, time, tie, taken: false });
        }
        whole
    }

    /// Gives back everything that still waits.
    pub fn finish(&mut self) -> Bundle {
        let mut whole = Bundle::new(self.columns);
        while !self.waiting.is_empty() {
            self.pop(&mut whole);
        }
        whole
    }

    /// The row that waits for this one.
    fn take(&mut self, tie: &Tie, time: UnixMillis) -> Option<Rows> {
        let first = self.first;
        let numbers = self.by_key.get_mut(&tie.key)?;
        let place = numbers.iter().rposition(|number| {
            let at = usize::try_from(number - first).unwrap_or(usize::MAX);
            self.waiting.get(at).is_some_and(|waiting| {
                waiting.tie.is_some_and(|other| {
                    other.log_type != tie.log_type && time.0 - waiting.time.0 <= other.waits_millis
                })
            })
        })?;
        let number = numbers.remove(place);
        if numbers.is_empty() {
            self.by_key.remove(&tie.key);
        }
        let at = usize::try_from(number - first).ok()?;
        let waiting = self.waiting.get_mut(at)?;
        waiting.taken = true;
        Some(std::mem::take(&mut waiting.row))
    }

    /// Lets go of rows that need not wait at this time.
    fn release(&mut self, now: UnixMillis, whole: &mut Bundle) {
        while self.waiting.front().is_some_and(|row| {
            let waits = row.tie.is_some_and(|tie| now.0 - row.time.0 <= tie.waits_millis);
            row.taken || !waits || self.waiting.len() > MOST
        }) {
            self.pop(whole);
        }
    }

    fn pop(&mut self, whole: &mut Bundle) {
        let Some(waiting) = self.waiting.pop_front() else { return };
        let number = self.first;
        self.first += 1;
        if waiting.taken {
            return;
        }
        if let Some(tie) = waiting.tie
            && let Some(numbers) = self.by_key.get_mut(&tie.key)
        {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_key.remove(&tie.key);
            }
        }
        for row in waiting.row.iter() {
            row.cells().for_each(|cell| whole.rows.push(cell));
            whole.times.push(waiting.time);
            whole.ties.push(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows as `(milliseconds, log, key, first value, second value)`; empty stands for nothing.
    fn joined(rows: &[(i64, LogType, u64, &str, &str)], waits: i64) -> Vec<String> {
        let mut join = Join::new(2);
        let mut out = Vec::new();
        let mut note = |bundle: Bundle| {
            for (row, time) in bundle.rows.iter().zip(&bundle.times) {
                let value = |i| match row.get(i) {
                    Cell::Text(text) => text.to_owned(),
                    _ => "-".to_owned(),
                };
                out.push(format!("{} {} {}", time.0, value(0), value(1)));
            }
        };
        for (time, log_type, key, a, b) in rows {
            let mut bundle = Bundle::new(2);
            bundle.rows.push(Cell::Text(a));
            bundle.rows.push(Cell::Text(b));
            bundle.times.push(UnixMillis(*time));
            let waits_millis = if *log_type == LogType::Authentication { 0 } else { waits };
            bundle.ties.push(Some(Tie { key: *key, log_type: *log_type, waits_millis }));
            note(join.add(bundle));
        }
        note(join.finish());
        out
    }

    use LogType::{Activity, Administrator, Authentication, Telephony};

    #[test]
    fn an_act_told_by_two_logs_is_one_row_with_what_both_know() {
        assert_eq!(
            joined(&[(1000, Administrator, 7, "a", ""), (1400, Activity, 7, "", "b")], 5000),
            ["1400 a b"]
        );
    }

    #[test]
    fn two_acts_told_by_one_log_are_two_rows() {
        assert_eq!(
            joined(&[(1000, Activity, 7, "a", ""), (1400, Activity, 7, "a", "")], 5000),
            ["1000 a -", "1400 a -"]
        );
    }

    #[test]
    fn the_same_act_twice_in_both_logs_is_two_rows() {
        let rows = [
            (1000, Administrator, 7, "a", ""),
            (1000, Administrator, 7, "a", ""),
            (1100, Activity, 7, "", "x"),
            (1900, Activity, 7, "", "y"),
        ];
        assert_eq!(joined(&rows, 5000), ["1100 a x", "1900 a y"]);
    }

    #[test]
    fn too_far_apart_is_another_act_and_the_order_stays() {
        let rows = [
            (1000, Administrator, 7, "a", ""),
            (2000, Administrator, 8, "z", ""),
            (9000, Activity, 7, "", "b"),
        ];
        assert_eq!(joined(&rows, 5000), ["1000 a -", "2000 z -", "9000 - b"]);
    }

    #[test]
    fn a_call_goes_into_the_row_of_its_sign_in_and_an_unanswered_one_stays() {
        let rows = [
            (1000, Telephony, 3, "1", ""),
            (1500, Telephony, 3, "2", ""),
            (1700, Telephony, 4, "3", ""),
            (9000, Authentication, 3, "", "ada"),
        ];
        assert_eq!(joined(&rows, 600_000), ["1000 1 -", "1700 3 -", "9000 2 ada"]);
    }

    #[test]
    fn not_everything_waits_for_ever() {
        let rows: Vec<_> = (0..10_000).map(|i| (0, Administrator, i as u64, "a", "")).collect();
        let mut join = Join::new(2);
        for (_, log_type, key, a, _) in &rows {
            let mut bundle = Bundle::new(2);
            bundle.rows.push(Cell::Text(a));
            bundle.rows.push(Cell::Empty);
            bundle.times.push(UnixMillis(0));
            bundle.ties.push(Some(Tie { key: *key, log_type: *log_type, waits_millis: 5000 }));
            join.add(bundle);
            assert!(join.waiting.len() <= MOST + 1 && join.by_key.len() <= MOST + 1);
        }
    }
}
