//! Which periods of a scheduled report are due: decided without clock or disk.
//!
//! Promises: each period that ends after the schedule was first seen is due exactly once, from its
//! time of day on; periods that were missed, because the computer slept or was off, are due
//! together, oldest first. A period is a day, a week from Monday to Sunday or a month in the
//! report's zone, whatever daylight saving does to its length.

use jiff::civil::{Date, Time};
use jiff::{ToSpan, civil::DateTime};

use super::zone::Zone;
use crate::base::UnixMillis;
use crate::settings::Every;

/// Periods that are caught up with at most.
pub const MOST: usize = 400;

/// A stretch of time that one report covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first instant.
    pub since: UnixMillis,
    /// The first instant after it.
    pub end: UnixMillis,
    /// When its report may be made.
    pub due: UnixMillis,
    /// As file names have it: `2026-11-22`, `2026-W47`, `2026-11`.
    pub name: String,
}

/// The periods that are due at `now` and end after `done`, oldest first.
pub fn due(every: Every, at: Time, zone: &Zone, done: UnixMillis, now: UnixMillis) -> Vec<Period> {
    let mut periods = Vec::new();
    // The period in which `done` lies is the first that ends after it.
    let mut start = start_of(every, zone.civil(done).date());
    while let Some(period) = period(every, at, zone, start) {
        if period.due > now || periods.len() == MOST {
            break;
        }
        if period.end > done {
            periods.push(period);
        }
        let Some(next) = next(every, start) else { break };
        start = next;
    }
    periods
}

/// When the next period is due, after those that ended by `done`.
pub fn next_due(every: Every, at: Time, zone: &Zone, done: UnixMillis) -> Option<UnixMillis> {
    let start = start_of(every, zone.civil(done).date());
    [Some(start), next(every, start)]
        .into_iter()
        .flatten()
        .filter_map(|start| period(every, at, zone, start))
        .find(|period| period.end > done)
        .map(|period| period.due)
}

fn period(every: Every, at: Time, zone: &Zone, start: Date) -> Option<Period> {
    let end = next(every, start)?;
    let name = match every {
        Every::Day => start.to_string(),
        Every::Week => {
            let week = start.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
        Every::Month => format!("{:04}-{:02}", start.year(), start.month()),
    };
    Some(Period {
        since: zone.instant(start.into())?,
        end: zone.instant(end.into())?,
        due: zone.instant(DateTime::from_parts(end, at))?,
        name,
    })
}

fn start_of(every: Every, date: Date) -> Date {
    match every {
        Every::Day => date,
        Every::Week => {
            let back = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(back.days()).unwrap_or(date)
        }
        Every::Month => date.first_of_month(),
    }
}

fn next(every: Every, start: Date) -> Option<Date> {
    let span = match every {
        Every::Day => 1.day(),
        Every::Week => 1.week(),
        Every::Month => 1.month(),
    };
    start.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Every::{Day, Month, Week};

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    fn names(every: Every, zone: &str, done: &str, now: &str) -> Vec<String> {
        let six = Time::constant(6, 0, 0, 0);
        let zone = Zone::find(zone).unwrap();
        due(every, six, &zone, at(done), at(now)).into_iter().map(|period| period.name).collect()
    }

    #[test]
    fn a_day_is_due_on_the_next_morning_and_then_never_again() {
        let seen = "2026-11-21T12:00:00Z";
        assert!(names(Day, "UTC", seen, "2026-11-22T05:59:59Z").is_empty());
        assert_eq!(names(Day, "UTC", seen, "2026-11-22T06:00:00Z"), ["2026-11-21"]);
        // Done: the period's end is what was done last.
        assert!(names(Day, "UTC", "2026-11-22T00:00:00Z", "2026-11-22T23:00:00Z").is_empty());
    }

    #[test]
    fn what_was_missed_is_due_together_oldest_first() {
        let done = "2026-11-20T00:00:00Z";
        assert_eq!(
            names(Day, "UTC", done, "2026-11-23T07:00:00Z"),
            ["2026-11-20", "2026-11-21", "2026-11-22"]
        );
        assert_eq!(names(Week, "UTC", "2026-11-02T00:00:00Z", "2026-11-23T07:00:00Z").len(), 3);
        assert_eq!(
            names(Month, "UTC", "2026-08-01T00:00:00Z", "2026-11-23T07:00:00Z"),
            ["2026-08", "2026-09", "2026-10"]
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_are_named_as_calendars_do() {
        assert_eq!(
            names(Week, "UTC", "2026-12-31T12:00:00Z", "2027-01-04T06:00:00Z"),
            ["2026-W53"]
        );
    }

    #[test]
    fn days_are_those_of_the_zone_also_when_the_clocks_change() {
        let zone = Zone::find("Europe/Berlin").unwrap();
        let six = Time::constant(6, 0, 0, 0);
        let days = due(Day, six, &zone, at("2026-10-24T22:00:00Z"), at("2026-10-26T05:00:00Z"));
        assert_eq!(days.len(), 1);
        assert_eq!(days[0].since, at("2026-10-24T22:00:00Z"));
        assert_eq!(days[0].end, at("2026-10-25T23:00:00Z"), "25 hours");
        assert_eq!(days[0].due, at("2026-10-26T05:00:00Z"));
    }

    #[test]
    fn a_clock_that_is_years_off_does_not_write_thousands_of_files() {
        let all = names(Day, "UTC", "1999-01-01T00:00:00Z", "2026-11-23T07:00:00Z");
        assert_eq!(all.len(), MOST);
    }

    #[test]
    fn the_next_one_is_known() {
        let (six, utc) = (Time::constant(6, 0, 0, 0), Zone::utc());
        let next = |every, done: &str| next_due(every, six, &utc, at(done)).unwrap();
        assert_eq!(next(Day, "2026-11-22T00:00:00Z"), at("2026-11-23T06:00:00Z"));
        assert_eq!(next(Month, "2026-11-22T12:00:00Z"), at("2026-12-01T06:00:00Z"));
    }
}
