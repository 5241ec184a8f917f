//! How each day of each log stands: complete by Duo's own count, missing something, not checked.
//!
//! Promises: a day counts as complete only when Duo was asked how many records all of it has, and
//! no fewer are stored now; what is not known is told as not known. Days are those of UTC, because
//! that is how Duo is asked.

use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::record::LogType;
use crate::status::{FeedState, FeedStatus};
use crate::store::{Audited, DayCount, Gap, GapKind, LogDays, Reader, StoreError, day_of};

/// How a day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayState {
    /// As many records here as Duo counted.
    Complete,
    /// Duo counted so many more than are here.
    Missing(u64),
    /// So many more are here than Duo counted, as when Duo keeps records for a shorter time.
    Extra(u64),
    /// A part of it could not be read.
    Gap(GapKind),
    /// Duo was asked and did not tell.
    Unknown,
    /// Collected, and not compared with Duo's count, or only in part.
    Unchecked,
    /// Collection has not come so far yet.
    Ahead,
    /// It is not collected: before the history begins, or a log that cannot be read.
    NotCollected,
    /// It has not come yet.
    Future,
}

/// A day of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The number of the day since 1970, in UTC.
    pub number: i64,
    /// How it stands.
    pub state: DayState,
    /// What is stored of it.
    pub count: DayCount,
    /// What Duo said, if it was asked.
    pub audited: Option<Audited>,
}

/// The days of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCalendar {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// What its collection is doing.
    pub state: FeedState,
    /// The days, the first one first.
    pub days: Vec<Day>,
}

/// What is known of a log when its days are judged.
struct Known<'a> {
    status: &'a FeedStatus,
    gaps: Vec<&'a Gap>,
    now: UnixMillis,
}

/// The days of all logs of an account (of all accounts when `None`), from the one with number
/// `first` to that with number `last`.
pub fn calendar(
    reader: &Reader,
    account: Option<&str>,
    (first, last): (i64, i64),
    now: UnixMillis,
) -> Result<Vec<LogCalendar>, StoreError> {
    let statuses = reader.statuses()?;
    let gaps = reader.gaps()?;
    let mut calendars = Vec::new();
    for log in reader.days(first)? {
        let is_it =
            |status: &&FeedStatus| status.account == log.account && status.log_type == log.log_type;
        let Some(status) = statuses.iter().find(is_it) else { continue };
        if account.is_some_and(|account| account != log.account) {
            continue;
        }
        let of_log = gaps
            .iter()
            .filter(|(account, log_type, _)| *account == log.account && *log_type == log.log_type);
        let known = Known { status, gaps: of_log.map(|(_, _, gap)| gap).collect(), now };
        let days = (first..=last).map(|number| day(number, &log, &known)).collect();
        let LogDays { account, log_type, .. } = log;
        calendars.push(LogCalendar { account, log_type, state: status.state, days });
    }
    Ok(calendars)
}

fn day(number: i64, log: &LogDays, known: &Known<'_>) -> Day {
    let count = log.counts.get(&number).copied().unwrap_or_default();
    let audited = log.audits.get(&number);
    let state = state(number, count, audited, known);
    Day { number, state, count, audited: audited.cloned() }
}

fn state(number: i64, count: DayCount, audited: Option<&Audited>, known: &Known<'_>) -> DayState {
    let start = UnixMillis(number * DAY_MILLIS);
    let end = UnixMillis(start.0 + DAY_MILLIS - 1);
    let Some(begins) = known.status.begins else {
        return if start > known.now { DayState::Future } else { DayState::NotCollected };
    };
    if start > known.now {
        return DayState::Future;
    }
    if end < begins {
        return DayState::NotCollected;
    }
    if known.status.reached.is_none_or(|reached| reached < start) {
        return DayState::Ahead;
    }
    let from = begins.max(start);
    let counted = audited.map(|audited| compare(audited, from, end, count.records, known.now));
    let gap = known.gaps.iter().find(|gap| gap.since <= end && gap.until >= from);
    match (counted, gap) {
        (Some(missing @ DayState::Missing(_)), _) => missing,
        (_, Some(gap)) => DayState::Gap(gap.kind),
        (Some(counted), None) => counted,
        (None, None) => DayState::Unchecked,
    }
}

/// What Duo's count means for what is stored now.
fn compare(
    audited: &Audited,
    from: UnixMillis,
    end: UnixMillis,
    records: u64,
    now: UnixMillis,
) -> DayState {
    let Some(duo) = audited.duo else { return DayState::Unknown };
    let then = audited.local + audited.fetched;
    let is_whole = audited.since <= from && audited.until >= end;
    // What came since the check counts as well, where the check was about all of the day.
    let here = if is_whole { records } else { then };
    if duo > here {
        return DayState::Missing(duo - here);
    }
    if duo < then {
        return DayState::Extra(then - duo);
    }
    let is_over = end < now;
    if is_whole || !is_over { DayState::Complete } else { DayState::Unchecked }
}

/// The numbers of the days that a range touches.
pub const fn days_of(since: UnixMillis, until: UnixMillis) -> (i64, i64) {
    (day_of(since), day_of(until))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: i64 = 20_000;

    fn at(day: i64, millis: i64) -> UnixMillis {
        UnixMillis(day * DAY_MILLIS + millis)
    }

    fn status() -> FeedStatus {
        FeedStatus {
            account: "Contoso".to_owned(),
            integration_key: "DI".to_owned(),
            log_type: LogType::Authentication,
            state: FeedState::Current,
            records: 0,
            late: 0,
            not_understood: 0,
            begins: Some(at(TODAY - 100, 5)),
            reached: Some(at(TODAY, 3_600_000)),
            catching_up_until: None,
            newest: None,
            last_poll: None,
            gaps: 0,
            run: None,
            since: None,
            first: None,
            rhythm: None,
            error: None,
        }
    }

    fn audited(day: i64, duo: Option<u64>, local: u64, fetched: u64) -> Audited {
        let (since, until) = (at(day, 0), at(day + 1, -1));
        Audited { since, until, duo, local, fetched, checked: until, note: None }
    }

    fn judged(day: i64, records: u64, audited: Option<&Audited>, gaps: &[Gap]) -> DayState {
        let status = status();
        let known =
            Known { status: &status, gaps: gaps.iter().collect(), now: at(TODAY, 3_700_000) };
        state(day, DayCount { records, late: 0 }, audited, &known)
    }

    #[test]
    fn days_outside_of_what_is_collected_are_told_apart() {
        assert_eq!(judged(TODAY + 1, 0, None, &[]), DayState::Future);
        assert_eq!(judged(TODAY - 101, 0, None, &[]), DayState::NotCollected);
        assert_eq!(judged(TODAY - 100, 0, None, &[]), DayState::Unchecked);
        let behind = FeedStatus { reached: Some(at(TODAY - 9, 0)), ..status() };
        let known = Known { status: &behind, gaps: Vec::new(), now: at(TODAY, 1) };
        assert_eq!(state(TODAY - 8, DayCount::default(), None, &known), DayState::Ahead);
        let never = FeedStatus { begins: None, reached: None, ..status() };
        let known = Known { status: &never, gaps: Vec::new(), now: at(TODAY, 1) };
        assert_eq!(state(TODAY - 8, DayCount::default(), None, &known), DayState::NotCollected);
    }

    #[test]
    fn a_day_is_complete_when_no_fewer_are_here_than_duo_counted() {
        let day = TODAY - 3;
        for (duo, local, fetched, now, wanted) in [
            (Some(10), 10, 0, 10, DayState::Complete),
            (Some(10), 7, 3, 10, DayState::Complete),
            // They came late, after the check.
            (Some(10), 7, 0, 10, DayState::Complete),
            (Some(10), 10, 0, 12, DayState::Complete),
            (Some(10), 7, 1, 8, DayState::Missing(2)),
            // Somebody took records out of the store.
            (Some(10), 10, 0, 4, DayState::Missing(6)),
            (Some(10), 14, 0, 14, DayState::Extra(4)),
            (None, 10, 0, 10, DayState::Unknown),
        ] {
            let audit = audited(day, duo, local, fetched);
            assert_eq!(judged(day, now, Some(&audit), &[]), wanted, "{audit:?}, {now} now");
        }
    }

    #[test]
    fn a_check_of_a_part_of_a_day_proves_that_part_only() {
        let half = |day| Audited { until: at(day, 999), ..audited(day, Some(5), 5, 0) };
        assert_eq!(judged(TODAY - 3, 9, Some(&half(TODAY - 3)), &[]), DayState::Unchecked);
        // Today has no more than a part.
        assert_eq!(judged(TODAY, 9, Some(&half(TODAY)), &[]), DayState::Complete);
        // The day in which the history begins is whole from there on.
        let first = Audited { since: at(TODAY - 100, 5), ..audited(TODAY - 100, Some(5), 5, 0) };
        assert_eq!(judged(TODAY - 100, 5, Some(&first), &[]), DayState::Complete);
    }

    #[test]
    fn a_gap_shows_unless_more_is_known() {
        let day = TODAY - 3;
        let gap = Gap {
            since: at(day, 10),
            until: at(day, 20),
            kind: GapKind::FullSecond,
            missing: None,
        };
        let gaps = [gap];
        assert_eq!(judged(day, 1, None, &gaps), DayState::Gap(GapKind::FullSecond));
        assert_eq!(judged(day - 1, 1, None, &gaps), DayState::Unchecked);
        let missing = audited(day, Some(5), 1, 0);
        assert_eq!(judged(day, 1, Some(&missing), &gaps), DayState::Missing(4));
    }
}
