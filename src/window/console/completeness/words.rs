//! How a day stands, in words.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::pipeline::calendar::{Day, DayState, LogCalendar};
use crate::status::FeedState;
use crate::window::say;

/// The first instant of a day.
pub(super) const fn start_of(number: i64) -> UnixMillis {
    UnixMillis(number * DAY_MILLIS)
}

/// The last instant of a day.
pub(super) const fn end_of(number: i64) -> UnixMillis {
    UnixMillis(number * DAY_MILLIS + DAY_MILLIS - 1)
}

/// A day on the calendar.
pub(super) fn date_of(number: i64) -> Date {
    let start = Timestamp::from_millisecond(start_of(number).0).unwrap_or(Timestamp::UNIX_EPOCH);
    start.to_zoned(TimeZone::UTC).date()
}

/// The number of a day on the calendar.
pub(super) fn number_of(date: Date) -> Option<i64> {
    let start = date.to_zoned(TimeZone::UTC).ok()?;
    Some(start.timestamp().as_millisecond().div_euclid(DAY_MILLIS))
}

/// “Mon 2026-11-16”.
pub(super) fn day_words(number: i64) -> String {
    date_of(number).strftime("%a %Y-%m-%d").to_string()
}

/// A state, as short as in the legend.
pub(super) const fn title(state: DayState) -> &'static str {
    match state {
        DayState::Complete => "Complete",
        DayState::Missing(_) => "Records missing",
        DayState::Extra(_) => "More than at Duo",
        DayState::Gap(_) => "Gap",
        DayState::Unknown => "Duo does not tell",
        DayState::Unchecked => "Not checked",
        DayState::Ahead => "Still to come",
        DayState::NotCollected => "Not collected",
        DayState::Future => "In the future",
    }
}

/// How a day of a log stands, with its numbers.
pub(super) fn sentence(log: &LogCalendar, day: &Day) -> String {
    let records = say::counted(day.count.records, "record");
    let duo = day.audited.as_ref().and_then(|audited| audited.duo).unwrap_or_default();
    let at_duo = say::number(i64::try_from(duo).unwrap_or(i64::MAX));
    let asked = match &day.audited {
        Some(audited) => format!("when asked {}", say::when(audited.checked)),
        None => String::new(),
    };
    let mut words = match day.state {
        DayState::Complete => match &day.audited {
            Some(audited) if audited.until < end_of(day.number) => {
                format!("Complete up to {}, {asked}: {records}", say::when(audited.until))
            }
            _ if day.count.records == duo => {
                format!("Complete: {records}, as many as Duo counted {asked}")
            }
            _ => format!("Complete: {records} here, and Duo counted {at_duo} {asked}"),
        },
        DayState::Missing(missing) => format!(
            "{}: Duo counted {at_duo} {asked}, and {records} {} here. Collect this day again",
            is_missing(missing),
            if day.count.records == 1 { "is" } else { "are" },
        ),
        DayState::Extra(extra) => format!(
            "{} more here than Duo counted {asked}. Duo keeps some records for a shorter time; \
             nothing is missing",
            say::counted(extra, "record")
        ),
        DayState::Gap(kind) => {
            format!("A part could not be read, because {kind}: {records} here")
        }
        DayState::Unknown => {
            let why = day.audited.as_ref().and_then(|audited| audited.note.as_deref());
            let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
            format!("{records} here. Duo did not tell how many there are{why}")
        }
        DayState::Unchecked if day.audited.is_some() => {
            format!("{records} here, compared with Duo\u{2019}s count in part only")
        }
        DayState::Unchecked => {
            format!("{records} here, not compared with Duo\u{2019}s count yet")
        }
        DayState::Ahead => "Collection has not come so far yet".to_owned(),
        DayState::NotCollected => match log.state {
            FeedState::NotAvailable => "Not collected: Duo has no such log here".to_owned(),
            FeedState::Denied => "Not collected: the keys may not read this log".to_owned(),
            _ => "Not collected: the history begins later".to_owned(),
        },
        DayState::Future => "This day has not come yet".to_owned(),
    };
    if let Some(late) = late_words(day) {
        words.push_str(". ");
        words.push_str(&late);
    }
    words
}

fn is_missing(missing: u64) -> String {
    let verb = if missing == 1 { "is" } else { "are" };
    format!("{} {verb} missing", say::counted(missing, "record"))
}

fn late_words(day: &Day) -> Option<String> {
    let late = day.count.late;
    (late > 0).then(|| {
        format!(
            "{} appeared late and {} found",
            say::counted(late, "record"),
            if late == 1 { "was" } else { "were" }
        )
    })
}

/// How many days are in which state, the worst first: “3 days miss records, 120 complete, …”.
/// What is not collected and what has not come is left out.
pub(super) fn summary<'a>(days: impl Iterator<Item = &'a Day>) -> String {
    let mut counts = [0_u64; 6];
    let mut missing = 0;
    for day in days {
        let place = match day.state {
            DayState::Missing(records) => {
                missing += records;
                0
            }
            DayState::Gap(_) => 1,
            DayState::Complete => 2,
            DayState::Extra(_) => 3,
            DayState::Unchecked | DayState::Ahead => 4,
            DayState::Unknown => 5,
            DayState::NotCollected | DayState::Future => continue,
        };
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
    }
    let endings = [
        format!("with {} missing", say::counted(missing, "record")),
        "with a gap".to_owned(),
        "complete".to_owned(),
        "with more than at Duo".to_owned(),
        "not checked".to_owned(),
        "unknown".to_owned(),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .zip(endings)
        .filter(|(count, _)| *count > 0)
        .map(|(count, ending)| format!("{} {ending}", say::counted(count, "day")))
        .collect();
    if parts.is_empty() { "No days are collected yet".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogType;
    use crate::store::{Audited, DayCount, GapKind};

    fn told(state: DayState, records: u64, duo: Option<u64>, late: u64) -> String {
        let number = 20_000;
        let audited = duo.map(|duo| Audited {
            since: start_of(number),
            until: end_of(number),
            duo: Some(duo),
            local: records,
            fetched: 0,
            checked: UnixMillis::now(),
            note: None,
        });
        let day = Day { number, state, count: DayCount { records, late }, audited };
        let log = LogCalendar {
            account: "Contoso".to_owned(),
            log_type: LogType::Authentication,
            state: FeedState::Denied,
            days: Vec::new(),
        };
        sentence(&log, &day)
    }

    #[test]
    fn each_state_says_its_numbers() {
        let complete = told(DayState::Complete, 1204, Some(1204), 0);
        assert!(complete.starts_with("Complete: 1,204 records, as many as Duo"), "{complete}");
        let late = told(DayState::Complete, 1206, Some(1204), 2);
        assert!(late.contains("Duo counted 1,204"), "{late}");
        assert!(late.ends_with("2 records appeared late and were found"), "{late}");
        let missing = told(DayState::Missing(1), 3, Some(4), 0);
        assert!(missing.starts_with("1 record is missing: Duo counted 4"), "{missing}");
        assert!(told(DayState::Unchecked, 1, None, 0).starts_with("1 record here, not compared"));
        assert!(told(DayState::Gap(GapKind::TooOld), 1, None, 0).contains("no longer gives"));
        assert!(told(DayState::NotCollected, 0, None, 0).contains("may not read"));
    }

    #[test]
    fn days_and_dates_are_the_same_both_ways() {
        for number in [-1, 0, 20_000, 20_780] {
            assert_eq!(number_of(date_of(number)), Some(number));
        }
        assert_eq!(day_words(20_773), "Mon 2026-11-16");
    }

    #[test]
    fn many_days_are_told_with_the_worst_first() {
        let day = |state| Day { number: 1, state, count: DayCount::default(), audited: None };
        let days = [
            day(DayState::Complete),
            day(DayState::Future),
            day(DayState::Missing(3)),
            day(DayState::Complete),
        ];
        assert_eq!(summary(days.iter()), "1 day with 3 records missing, 2 days complete");
        assert_eq!(summary([].iter()), "No days are collected yet");
    }
}
