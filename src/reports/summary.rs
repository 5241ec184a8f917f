//! What is counted while the rows pass: how many, from when to when, and the bars of the chart.
//!
//! Promises: memory stays small whatever passes. Times are counted by the hour, and hours become
//! days, weeks or months in the end so that the bars fit; of other values at most [`DISTINCT`] are
//! told apart, the rest is counted together.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan};

use super::sheet::{Cell, ChartHead, Rows};
use super::zone::Zone;
use crate::base::UnixMillis;

/// So many values are told apart.
const DISTINCT: usize = 10_000;

/// More bars of time than these are hard to read.
const MOST_BARS: usize = 62;

const HOUR_MILLIS: i64 = 3_600_000;

/// What is known once all rows have passed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many rows.
    pub rows: u64,
    /// The first row's time.
    pub first: Option<UnixMillis>,
    /// The last row's time.
    pub last: Option<UnixMillis>,
    /// The chart, when the report has one and there were rows.
    pub chart: Option<Chart>,
}

/// A chart, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// Its title.
    pub title: String,
    /// Whether bars follow each other in time (upright) or are ranked (lying).
    pub over_time: bool,
    /// Names and counts, in order.
    pub bars: Vec<(String, u64)>,
    /// How many rows have other values than these.
    pub others: u64,
}

/// Counts rows.
#[derive(Debug)]
pub struct Tally {
    head: Option<ChartHead>,
    zone: Zone,
    summary: Summary,
    hours: BTreeMap<i64, u64>,
    values: HashMap<String, u64>,
    beyond: u64,
}

impl Tally {
    /// Nothing counted yet.
    pub fn new(head: Option<ChartHead>, zone: Zone) -> Self {
        Self {
            head,
            zone,
            summary: Summary::default(),
            hours: BTreeMap::new(),
            values: HashMap::new(),
            beyond: 0,
        }
    }

    /// Counts some rows; `times` are theirs.
    pub fn count(&mut self, rows: &Rows, times: &[UnixMillis]) {
        self.summary.rows += rows.len() as u64;
        let first = times.iter().min().copied();
        let last = times.iter().max().copied();
        self.summary.first = self.summary.first.into_iter().chain(first).min();
        self.summary.last = self.summary.last.max(last);
        match self.head.as_ref().map(|head| head.column) {
            None => {}
            Some(None) => {
                for time in times {
                    *self.hours.entry(time.0.div_euclid(HOUR_MILLIS)).or_default() += 1;
                }
            }
            Some(Some(column)) => rows.iter().for_each(|row| self.value(row.get(column))),
        }
    }

    fn value(&mut self, cell: Cell<'_>) {
        let number;
        let text = match cell {
            Cell::Text(text) => text,
            Cell::Number(value) => {
                number = value.to_string();
                &number
            }
            Cell::Empty | Cell::Time(_) => "(not told)",
        };
        if let Some(count) = self.values.get_mut(text) {
            *count += 1;
        } else if self.values.len() < DISTINCT {
            self.values.insert(text.to_owned(), 1);
        } else {
            self.beyond += 1;
        }
    }

    /// What came out.
    pub fn finish(mut self) -> Summary {
        if self.summary.rows > 0
            && let Some(head) = self.head.take()
        {
            let (over_time, (bars, others)) = match head.column {
                None => (true, (over_time(&self.hours, &self.zone), 0)),
                Some(_) => (false, self.ranked(head.top)),
            };
            self.summary.chart = Some(Chart { title: head.title, over_time, bars, others });
        }
        self.summary
    }

    fn ranked(&mut self, top: usize) -> (Vec<(String, u64)>, u64) {
        let mut bars: Vec<(String, u64)> = self.values.drain().collect();
        bars.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let rest: u64 = bars.iter().skip(top).map(|bar| bar.1).sum::<u64>() + self.beyond;
        bars.truncate(top);
        (bars, rest)
    }
}

/// How much time a bar stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

const STEPS: [Step; 5] = [Step::Hour, Step::Day, Step::Week, Step::Month, Step::Year];

impl Step {
    /// The start of the bar in which a time lies.
    fn start(self, time: DateTime) -> DateTime {
        let date = time.date();
        match self {
            Self::Hour => date.at(time.hour(), 0, 0, 0),
            Self::Day => date.into(),
            Self::Week => {
                let back = i64::from(date.weekday().to_monday_zero_offset());
                date.checked_sub(back.days()).unwrap_or(date).into()
            }
            Self::Month => date.first_of_month().into(),
            Self::Year => date.first_of_year().into(),
        }
    }

    fn span(self) -> Span {
        match self {
            Self::Hour => 1.hour(),
            Self::Day => 1.day(),
            Self::Week => 1.week(),
            Self::Month => 1.month(),
            Self::Year => 1.year(),
        }
    }

    fn name(self, start: DateTime) -> String {
        let date: Date = start.date();
        match self {
            Self::Hour => format!("{date} {:02}:00", start.hour()),
            Self::Day | Self::Week => date.to_string(),
            Self::Month => format!("{:04}-{:02}", date.year(), date.month()),
            Self::Year => format!("{:04}", date.year()),
        }
    }
}

/// Bars without gaps, as fine as they fit.
fn over_time(hours: &BTreeMap<i64, u64>, zone: &Zone) -> Vec<(String, u64)> {
    let civil = |hour: i64| zone.civil(UnixMillis(hour * HOUR_MILLIS));
    let (Some(first), Some(last)) = (hours.keys().next(), hours.keys().next_back()) else {
        return Vec::new();
    };
    let (first, last) = (civil(*first), civil(*last));
    let starts = STEPS.iter().find_map(|step| {
        let starts = between(*step, first, last, MOST_BARS)?;
        Some((*step, starts))
    });
    let Some((step, starts)) = starts else { return Vec::new() };
    let mut counts: BTreeMap<DateTime, u64> = starts.into_iter().map(|start| (start, 0)).collect();
    for (hour, count) in hours {
        *counts.entry(step.start(civil(*hour))).or_default() += count;
    }
    counts.into_iter().map(|(start, count)| (step.name(start), count)).collect()
}

/// The starts of all bars from the first to the last, if they are not too many.
fn between(step: Step, first: DateTime, last: DateTime, most: usize) -> Option<Vec<DateTime>> {
    let (mut start, end) = (step.start(first), step.start(last));
    let mut starts = Vec::new();
    while start <= end {
        if starts.len() == most {
            return None;
        }
        starts.push(start);
        start = start.checked_add(step.span()).ok()?;
    }
    Some(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[&str]) -> (Rows, Vec<UnixMillis>) {
        let mut rows = Rows::new(1);
        values.iter().for_each(|value| rows.push(Cell::Text(value)));
        (rows, vec![UnixMillis(0); values.len()])
    }

    fn by_value(top: usize) -> Option<ChartHead> {
        Some(ChartHead { title: "By reason".to_owned(), column: Some(0), top })
    }

    #[test]
    fn the_commonest_values_come_first_and_the_rest_together() {
        let mut tally = Tally::new(by_value(2), Zone::utc());
        let (rows, times) = rows(&["b", "a", "c", "a", "b", "a", "d", ""]);
        tally.count(&rows, &times);
        let chart = tally.finish().chart.unwrap();
        let bars: Vec<(&str, u64)> = chart.bars.iter().map(|(name, n)| (&**name, *n)).collect();
        assert_eq!(bars, [("a", 3), ("b", 2)]);
        assert_eq!(chart.others, 3);
        assert!(!chart.over_time);
    }

    #[test]
    fn bars_of_time_have_no_gaps_and_grow_until_they_fit() {
        let head = Some(ChartHead { title: "Over time".to_owned(), column: None, top: 10 });
        let bars = |times: &[&str]| {
            let mut tally = Tally::new(head.clone(), Zone::find("Europe/Berlin").unwrap());
            let times: Vec<UnixMillis> =
                times.iter().map(|time| UnixMillis::parse_rfc3339(time).unwrap()).collect();
            tally.count(&rows(&vec!["x"; times.len()]).0, &times);
            tally.finish().chart.unwrap().bars
        };
        let named = |bars: &[(String, u64)]| -> Vec<String> {
            bars.iter().map(|(name, count)| format!("{name}={count}")).collect()
        };
        assert_eq!(
            named(&bars(&["2026-11-22T23:10:00Z", "2026-11-23T01:00:00Z"])),
            ["2026-11-23 00:00=1", "2026-11-23 01:00=0", "2026-11-23 02:00=1"]
        );
        let days = bars(&["2026-11-01T12:00:00Z", "2026-11-22T12:00:00Z"]);
        assert_eq!((days.len(), days[21].0.as_str()), (22, "2026-11-22"));
        let months = bars(&["2024-11-01T12:00:00Z", "2026-11-22T12:00:00Z"]);
        assert_eq!((months.len(), months[24].0.as_str()), (25, "2026-11"));
        let years = bars(&["1990-11-01T12:00:00Z", "2026-11-22T12:00:00Z"]);
        assert_eq!(years.len(), 37);
    }

    #[test]
    fn endless_different_values_do_not_take_endless_memory() {
        let mut tally = Tally::new(by_value(1), Zone::utc());
        for i in 0..DISTINCT + 50 {
            let text = format!("value {i}");
            let (rows, times) = rows(&[&text]);
            tally.count(&rows, &times);
        }
        assert_eq!(tally.values.len(), DISTINCT);
        let summary = tally.finish();
        let chart = summary.chart.unwrap();
        assert_eq!(chart.bars.iter().map(|bar| bar.1).sum::<u64>() + chart.others, summary.rows);
    }
}
