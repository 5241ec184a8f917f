//! Whether a log is silent for longer than it should be.
//!
//! Promises: pure; a log is silent only when it had records, when it has been silent for longer
//! than a person wants to wait, and when that is unusual for it: a log with a record a week is not
//! silent after a day, and an office's log is not silent on Sunday evening.
//!
//! What is usual is taken from the hours of the week in which the log had records before, and from
//! the mean distance between records until two weeks are known. If records came by chance at these
//! rates, six expected ones would all be missing once in four hundred times.

use std::time::Duration;

use super::FeedStatus;
use crate::base::UnixMillis;
use crate::settings::NoDataAlarm;

/// A log is silent when so many records should have come.
const UNUSUAL: f64 = 6.0;

const HOUR_MILLIS: i64 = 3_600_000;

const HOURS_A_WEEK: i64 = 168;

/// Weeks that a rhythm is made from, at most and at least.
const WEEKS: (i64, i64) = (8, 2);

/// Silence that lasted longer is silence whatever the rhythm says: two years.
const LONGEST_HOURS: i64 = 2 * 366 * 24;

/// How many records a log has in each hour of the week, on average. Weeks begin on Thursday, as
/// 1970 did, in UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct Rhythm(Vec<f64>);

impl Rhythm {
    /// The hours, since 1970, that a rhythm is made from: whole weeks from the first record to the
    /// hour of the newest. `None` while there are too few.
    pub fn hours(first: UnixMillis, newest: UnixMillis) -> Option<(i64, i64)> {
        let end = newest.0.div_euclid(HOUR_MILLIS) + 1;
        let begin = first.0.div_euclid(HOUR_MILLIS);
        let weeks = (end.saturating_sub(begin) / HOURS_A_WEEK).min(WEEKS.0);
        (weeks >= WEEKS.1).then(|| (end - weeks * HOURS_A_WEEK, end))
    }

    /// The rhythm of these [`hours`](Self::hours) and the records in them.
    pub fn of((from, end): (i64, i64), records: impl IntoIterator<Item = (i64, u64)>) -> Self {
        let mut rhythm = vec![0.0; HOURS_A_WEEK as usize];
        let weeks = ((end - from) / HOURS_A_WEEK).max(1) as f64;
        for (hour, records) in records {
            if let Some(mean) = rhythm.get_mut(hour.rem_euclid(HOURS_A_WEEK) as usize) {
                *mean += records as f64 / weeks;
            }
        }
        Self(rhythm)
    }

    fn per_hour(&self, hour: i64) -> f64 {
        self.0.get(hour.rem_euclid(HOURS_A_WEEK) as usize).copied().unwrap_or(0.0)
    }

    /// When so many records should have come after `from`; `None` when that is not before `end`.
    fn expects(&self, records: f64, from: UnixMillis, end: UnixMillis) -> Option<UnixMillis> {
        let (mut at, mut missing) = (from.0, records);
        for hour in (from.0.div_euclid(HOUR_MILLIS)..).take(LONGEST_HOURS as usize) {
            if at >= end.0 {
                return None;
            }
            let next = (hour + 1) * HOUR_MILLIS;
            let here = self.per_hour(hour) * (next - at) as f64 / HOUR_MILLIS as f64;
            if here >= missing && here > 0.0 {
                let reached = at + ((next - at) as f64 * missing / here) as i64;
                return (reached < end.0).then_some(UnixMillis(reached));
            }
            missing -= here;
            at = next;
        }
        Some(UnixMillis(at))
    }
}

/// Since when a log has been silent for too long; `None` when it is not.
pub fn silence(alarm: &NoDataAlarm, status: &FeedStatus, now: UnixMillis) -> Option<UnixMillis> {
    let newest = status.newest.filter(|_| status.records > 0 && alarm.enabled)?;
    let unusual = match &status.rhythm {
        Some(rhythm) => rhythm.expects(UNUSUAL, newest, now)?,
        None => newest.plus(usual_distance(status).mul_f64(UNUSUAL)),
    };
    let since = unusual.max(newest.plus(alarm.after));
    (since <= now).then_some(since)
}

/// The mean time from one record of a log to the next.
fn usual_distance(status: &FeedStatus) -> Duration {
    let (Some(first), Some(newest)) = (status.first.or(status.begins), status.newest) else {
        return Duration::ZERO;
    };
    let span = u64::try_from(newest.0.saturating_sub(first.0)).unwrap_or(0);
    Duration::from_millis(span / status.records.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogType;
    use crate::status::FeedState;

    /// A Monday, 2026-06-01T00:00:00Z.
    const MONDAY: i64 = 1_780_272_000_000;

    fn alarm(hours: u64) -> NoDataAlarm {
        NoDataAlarm { enabled: true, after: Duration::from_secs(hours * 3600) }
    }

    fn at(hours: i64) -> UnixMillis {
        UnixMillis(MONDAY + hours * HOUR_MILLIS)
    }

    fn log(newest: UnixMillis, rhythm: Option<Rhythm>) -> FeedStatus {
        FeedStatus {
            account: "Contoso".to_owned(),
            integration_key: "DI".to_owned(),
            log_type: LogType::Authentication,
            state: FeedState::Current,
            since: None,
            records: 1000,
            late: 0,
            not_understood: 0,
            begins: Some(at(-8 * 168)),
            reached: None,
            catching_up_until: None,
            newest: Some(newest),
            last_poll: Some(newest),
            gaps: 0,
            run: None,
            error: None,
            first: None,
            rhythm: rhythm.map(Box::new),
        }
    }

    /// Twenty records an hour from Monday to Friday, 8:00 to 18:00.
    fn office() -> Rhythm {
        let hours = Rhythm::hours(at(-8 * 168), at(-1)).unwrap();
        let worked = (hours.0..hours.1).filter(|hour| {
            let since_monday = (hour - MONDAY / HOUR_MILLIS).rem_euclid(HOURS_A_WEEK);
            since_monday / 24 < 5 && (8..18).contains(&(since_monday % 24))
        });
        Rhythm::of(hours, worked.map(|hour| (hour, 20)))
    }

    #[test]
    fn an_office_is_not_silent_over_the_weekend() {
        // The last record on Friday at 17:59, the next expected on Monday at 8.
        let friday = UnixMillis(at(4 * 24 + 18).0 - 60_000);
        let quiet = log(friday, Some(office()));
        assert_eq!(silence(&alarm(24), &quiet, at(7 * 24 + 7)), None, "Monday, 7:00");
        let since = silence(&alarm(24), &quiet, at(7 * 24 + 10)).unwrap();
        assert!(since > at(7 * 24 + 8) && since < at(7 * 24 + 9), "six records into Monday");
    }

    #[test]
    fn an_office_is_silent_when_a_working_day_brings_nothing() {
        let tuesday = at(24 + 9);
        let quiet = log(tuesday, Some(office()));
        assert_eq!(silence(&alarm(24), &quiet, at(2 * 24 + 8)), None, "not a whole day yet");
        assert_eq!(silence(&alarm(24), &quiet, at(2 * 24 + 10)), Some(at(2 * 24 + 9)));
        let short = silence(&alarm(1), &quiet, at(24 + 11));
        assert_eq!(short, Some(at(24 + 10)), "who wants to hear after an hour hears then");
    }

    #[test]
    fn without_a_rhythm_the_mean_distance_counts() {
        let mut rare = log(at(0), None);
        rare.begins = Some(at(-100));
        rare.records = 10;
        assert_eq!(silence(&alarm(24), &rare, at(59)), None, "ten hours between two records");
        assert_eq!(silence(&alarm(24), &rare, at(61)), Some(at(60)));
        rare.records = 1000;
        assert_eq!(silence(&alarm(24), &rare, at(25)), Some(at(24)));
        // History was asked for from long before there were any records.
        let young =
            FeedStatus { first: Some(at(-10)), begins: Some(at(-4000)), records: 10, ..rare };
        assert_eq!(silence(&alarm(24), &young, at(25)), Some(at(24)));
    }

    #[test]
    fn a_log_that_never_spoke_is_not_silent_and_neither_is_one_nobody_asks_about() {
        let mut never = log(at(0), None);
        never.records = 0;
        assert_eq!(silence(&alarm(24), &never, at(10_000)), None);
        let off = NoDataAlarm { enabled: false, ..alarm(24) };
        assert_eq!(silence(&off, &log(at(0), None), at(10_000)), None);
    }

    #[test]
    fn a_rhythm_needs_two_weeks_and_takes_eight_at_most() {
        assert_eq!(Rhythm::hours(at(-335), at(-1)), None);
        let (from, end) = Rhythm::hours(at(-336), at(-1)).unwrap();
        assert_eq!((end - from, end), (336, MONDAY / HOUR_MILLIS));
        let (from, end) = Rhythm::hours(at(-10_000), at(-1)).unwrap();
        assert_eq!(end - from, 8 * 168);
    }

    #[test]
    fn a_rhythm_without_any_record_expects_none_and_ends_all_the_same() {
        let empty = Rhythm::of((0, 336), []);
        assert_eq!(empty.expects(6.0, at(0), at(10_000)), None);
    }
}
