//! A range of time as it is typed: two days with a time each.
//!
//! Promises: pure; what is wrong is told in words, for each end by itself, while it is typed; what is
//! right becomes two instants of the reader's zone, the last minute included.
//!
//! A time that the clocks skip in spring is the one an hour later; one they show twice in autumn
//! begins with its first showing and ends with its second.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::base::UnixMillis;

const MINUTE: i64 = 60_000;

/// What stands in the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub from_day: String,
    pub from_time: String,
    pub to_day: String,
    pub to_time: String,
}

/// What is wrong with each end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mistakes {
    pub from: Option<String>,
    pub to: Option<String>,
}

impl Typed {
    /// A range as it would be typed.
    pub fn of(since: UnixMillis, until: UnixMillis, zone: &TimeZone) -> Self {
        let local = |at: UnixMillis| {
            Timestamp::from_millisecond(at.0).map(|at| at.to_zoned(zone.clone())).ok()
        };
        let day = |at| local(at).map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
        let time = |at| local(at).map(|at| at.strftime("%H:%M").to_string()).unwrap_or_default();
        Self {
            from_day: day(since),
            from_time: time(since),
            to_day: day(until),
            to_time: time(until),
        }
    }

    /// Whole days, both inclusive.
    pub fn days(from: Date, to: Date) -> Self {
        let (from, to) = (from.min(to), from.max(to));
        let text = |day: Date| day.strftime("%Y-%m-%d").to_string();
        Self {
            from_day: text(from),
            from_time: "00:00".to_owned(),
            to_day: text(to),
            to_time: "23:59".to_owned(),
        }
    }

    /// The days, as far as they can be read.
    pub fn read_days(&self) -> (Option<Date>, Option<Date>) {
        (read_day(&self.from_day).ok(), read_day(&self.to_day).ok())
    }

    /// The range, both ends inclusive, or what is wrong with it.
    pub fn check(
        &self,
        zone: &TimeZone,
        now: UnixMillis,
    ) -> Result<(UnixMillis, UnixMillis), Mistakes> {
        let from = read(&self.from_day, &self.from_time, "00:00")
            .and_then(|at| instant(at, zone, false))
            .and_then(|from| {
                if from.0 > now.0 {
                    Err("The beginning lies in the future".to_owned())
                } else {
                    Ok(from)
                }
            });
        let to = read(&self.to_day, &self.to_time, "23:59")
            .and_then(|at| instant(at, zone, true))
            .map(|to| UnixMillis(to.0.saturating_add(MINUTE - 1)));
        match (from, to) {
            (Ok(from), Ok(to)) if to < from => Err(Mistakes {
                from: None,
                to: Some("The end lies before the beginning".to_owned()),
            }),
            (Ok(from), Ok(to)) => Ok((from, to)),
            (from, to) => Err(Mistakes { from: from.err(), to: to.err() }),
        }
    }
}

fn read(day: &str, time: &str, without: &str) -> Result<DateTime, String> {
    let day = read_day(day)?;
    let time = if time.trim().is_empty() { without } else { time };
    Ok(day.to_datetime(read_time(time)?))
}

/// `2026-03-01`, and `2026-3-1`.
fn read_day(text: &str) -> Result<Date, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("A day is missing, such as 2026-03-01".to_owned());
    }
    let form = || format!("\u{201c}{text}\u{201d} is not a day such as 2026-03-01");
    let mut parts = text.split('-');
    let mut next = || parts.next().and_then(|part| part.trim().parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (next(), next(), next()) else { return Err(form()) };
    if parts.next().is_some() || !(1970..=2999).contains(&year) {
        return Err(form());
    }
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return Err(form()) };
    Date::new(year, month, day).map_err(|_| match (month, day) {
        (1..=12, 1..=31) => format!("This month has no day {day}"),
        _ => form(),
    })
}

/// `08:30`, and `8:30`.
fn read_time(text: &str) -> Result<Time, String> {
    let text = text.trim();
    let form = || format!("\u{201c}{text}\u{201d} is not a time such as 08:30");
    let (hours, minutes) = text.split_once(':').ok_or_else(form)?;
    let number = |part: &str| part.trim().parse::<i8>().map_err(|_| form());
    Time::new(number(hours)?, number(minutes)?, 0, 0).map_err(|_| form())
}

fn instant(at: DateTime, zone: &TimeZone, later: bool) -> Result<UnixMillis, String> {
    let ambiguous = zone.to_ambiguous_zoned(at);
    let found = if later && ambiguous.is_ambiguous() && !is_skipped(&ambiguous) {
        ambiguous.later()
    } else {
        ambiguous.compatible()
    };
    found
        .map(|at| UnixMillis(at.timestamp().as_millisecond()))
        .map_err(|_| "There is no such moment".to_owned())
}

fn is_skipped(at: &jiff::tz::AmbiguousZoned) -> bool {
    matches!(at.offset(), jiff::tz::AmbiguousOffset::Gap { .. })
}

/// A range in words, as short as it is clear: whole days without their times.
pub(super) fn words(since: UnixMillis, until: UnixMillis, zone: &TimeZone) -> String {
    let Typed { from_day, from_time, to_day, to_time } = Typed::of(since, until, zone);
    let to = |to: &str| format!(" \u{2013} {to}");
    match (from_time.as_str(), to_time.as_str()) {
        ("00:00", "23:59") if from_day == to_day => from_day,
        ("00:00", "23:59") => format!("{from_day}{}", to(&to_day)),
        _ if from_day == to_day => format!("{from_day} {from_time}{}", to(&to_time)),
        _ => format!("{from_day} {from_time}{}", to(&format!("{to_day} {to_time}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn typed(from: &str, to: &str) -> Typed {
        let part = |text: &str, i: usize| text.split(' ').nth(i).unwrap_or_default().to_owned();
        Typed {
            from_day: part(from, 0),
            from_time: part(from, 1),
            to_day: part(to, 0),
            to_time: part(to, 1),
        }
    }

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    fn check(from: &str, to: &str) -> Result<(UnixMillis, UnixMillis), Mistakes> {
        typed(from, to).check(&zone(), at("2026-11-20T12:00:00Z"))
    }

    #[test]
    fn what_is_typed_becomes_two_instants_of_the_readers_zone() {
        let expected = Ok((at("2026-03-01T07:30:00Z"), at("2026-03-02T16:15:59.999Z")));
        assert_eq!(check("2026-03-01 08:30", "2026-03-02 17:15"), expected);
        assert_eq!(check("2026-3-1 8:30", "2026-3-2 17:15"), expected);
        // Without times: whole days.
        assert_eq!(
            check("2026-03-01", "2026-03-01"),
            Ok((at("2026-02-28T23:00:00Z"), at("2026-03-01T22:59:59.999Z")))
        );
    }

    #[test]
    fn the_hour_that_comes_twice_is_whole() {
        assert_eq!(
            check("2026-10-25 02:00", "2026-10-25 02:59"),
            Ok((at("2026-10-25T00:00:00Z"), at("2026-10-25T01:59:59.999Z")))
        );
        assert!(check("2026-03-29 02:30", "2026-03-29 02:31").is_ok(), "the hour that is skipped");
    }

    #[test]
    fn each_mistake_is_told_in_words_at_its_end() {
        let said = |from: &str, to: &str| {
            let mistakes = check(from, to).unwrap_err();
            format!("{}|{}", mistakes.from.unwrap_or_default(), mistakes.to.unwrap_or_default())
        };
        let day = "2026-03-01";
        assert_eq!(said("", day), "A day is missing, such as 2026-03-01|");
        assert_eq!(
            said("1.3.2026", "2026-02-30"),
            "\u{201c}1.3.2026\u{201d} is not a day such as 2026-03-01|This month has no day 30"
        );
        assert_eq!(
            said("2026-03-01 25:00", "2026-03-01 8"),
            "\u{201c}25:00\u{201d} is not a time such as 08:30|\u{201c}8\u{201d} is not a time such \
             as 08:30"
        );
        assert_eq!(said("2026-03-02", day), "|The end lies before the beginning");
        assert_eq!(said("2026-12-01", "2026-12-02"), "The beginning lies in the future|");
        assert!(check("99999-01-01", day).is_err() && check("-1-1-1", day).is_err());
    }

    #[test]
    fn a_range_is_typed_as_it_was_meant() {
        let first = typed("2026-03-01 08:30", "2026-03-02 17:15");
        let (since, until) = check("2026-03-01 08:30", "2026-03-02 17:15").unwrap();
        assert_eq!(Typed::of(since, until, &zone()), first);
        let said = |from: &str, to: &str| {
            let (since, until) = check(from, to).unwrap();
            words(since, until, &zone())
        };
        assert_eq!(said("2026-03-01", "2026-03-01"), "2026-03-01");
        assert_eq!(said("2026-03-01", "2026-03-04"), "2026-03-01 \u{2013} 2026-03-04");
        assert_eq!(said("2026-03-01 08:00", "2026-03-01 09:00"), "2026-03-01 08:00 \u{2013} 09:00");
        assert_eq!(
            said("2026-03-01 08:00", "2026-03-02 09:00"),
            "2026-03-01 08:00 \u{2013} 2026-03-02 09:00"
        );
    }
}
