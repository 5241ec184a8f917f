//! How many records there are of today, and how many there usually are by now.
//!
//! Promises: what is usual is the middle of the last four same weekdays up to the same time of day;
//! a day on which a log was not collected yet, whose records are removed already, or before which the
//! log has no records at all, does not count; fewer than two such days are no rule. Clocks that are put forward or back change nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use crate::base::UnixMillis;
use crate::record::LogType;
use crate::store::{Reader, Scope, StoreError};

/// So many weeks are looked back.
const WEEKS: i32 = 4;

/// Days that make a rule.
const ENOUGH: usize = 2;

const HOUR: i64 = 3_600_000;

/// A log's records of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Today {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// Records since midnight.
    pub records: i64,
    /// As many as there usually are by now.
    pub usual: Option<i64>,
}

type Counted = BTreeMap<(String, LogType), i64>;

/// Tells it of every log. `keep`: for how long records stay in the store.
pub fn today(
    reader: &Reader,
    now: UnixMillis,
    zone: &TimeZone,
    keep: Duration,
) -> Result<Vec<Today>, StoreError> {
    let Ok(at) = Timestamp::from_millisecond(now.0).map(|at| at.to_zoned(zone.clone())) else {
        return Ok(Vec::new());
    };
    let mut days = Vec::new();
    for week in 0..=WEEKS {
        let Some((midnight, then)) = day_before(&at, week) else { continue };
        if week > 0 && midnight < now.minus(keep) {
            break;
        }
        days.push((midnight, counted(reader, midnight, then, week == 0)?));
    }
    let Some(((_, of_today), before)) = days.split_first() else { return Ok(Vec::new()) };
    let firsts = reader.first_hours()?;
    let tell = |status: crate::status::FeedStatus| {
        let key = (status.account, status.log_type);
        // An organization that came to Duo lately had nothing to record before.
        let from = status.begins.zip(firsts.get(&key)).map(|(begins, first)| begins.max(*first));
        let known =
            before.iter().filter(|(midnight, _)| from.is_some_and(|from| from <= *midnight));
        let mut counts: Vec<i64> =
            known.map(|(_, counted)| counted.get(&key).copied().unwrap_or(0)).collect();
        let records = of_today.get(&key).copied().unwrap_or(0);
        Today { records, usual: middle(&mut counts), account: key.0, log_type: key.1 }
    };
    Ok(reader.statuses()?.into_iter().map(tell).collect())
}

/// The midnight so many weeks before, and the same time of that day.
fn day_before(at: &Zoned, weeks: i32) -> Option<(UnixMillis, UnixMillis)> {
    let then = at.checked_sub(weeks.weeks()).ok()?;
    let midnight = then.start_of_day().ok()?;
    let millis = |at: &Zoned| UnixMillis(at.timestamp().as_millisecond());
    Some((millis(&midnight), millis(&then)))
}

/// Records from one instant up to another. Of a past day's last hour, which the sums tell as a
/// whole, counts the part that was over by then.
fn counted(
    reader: &Reader,
    since: UnixMillis,
    until: UnixMillis,
    is_today: bool,
) -> Result<Counted, StoreError> {
    let last = UnixMillis((until.0.div_euclid(HOUR) * HOUR).max(since.0));
    let end = if is_today { until } else { UnixMillis(last.0 + HOUR - 1) };
    let part = if is_today { 1.0 } else { (until.0 - last.0) as f64 / HOUR as f64 };
    let scope = Scope { account: None, log_types: Vec::new(), since, until: end };
    let series = reader.series(&scope, &[since, last], &|_| true)?;
    let mut sums: BTreeMap<(String, LogType), (i64, i64)> = BTreeMap::new();
    for (step, kind, counts) in &series.cells {
        let Some(kind) = series.kinds.get(*kind) else { continue };
        let (before, of_last) = sums.entry((kind.account.clone(), kind.log_type)).or_default();
        let sum = if *step == 1 { of_last } else { before };
        *sum += counts.records;
    }
    let whole = |(before, of_last): (i64, i64)| before + (of_last as f64 * part).round() as i64;
    Ok(sums.into_iter().map(|(key, sums)| (key, whole(sums))).collect())
}

/// The middle one; between two middle ones the mean of them.
fn middle(counts: &mut [i64]) -> Option<i64> {
    if counts.len() < ENOUGH {
        return None;
    }
    counts.sort_unstable();
    let half = counts.len() / 2;
    let upper = *counts.get(half)?;
    if counts.len() % 2 == 1 {
        return Some(upper);
    }
    Some((upper + *counts.get(half - 1)?) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duo::logs::understand;
    use crate::store::{AccountRef, Batch, Job, Writer};

    /// A store with sign-ins at these instants.
    fn store(times: &[String], begins: &str) -> (tempfile::TempDir, Reader) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let (mut writer, _) = Writer::open(&path).unwrap();
        let account = AccountRef {
            name: "Contoso".to_owned(),
            integration_key: "DITEST".to_owned(),
            api_hostname: "api-test.example.com".to_owned(),
            child: None,
        };
        let (mut body, mut ranges) = (Vec::new(), Vec::new());
        for (i, time) in times.iter().enumerate() {
            let at = UnixMillis::parse_rfc3339(time).unwrap();
            let raw = serde_json::json!({
                "txid": format!("{i}"), "timestamp": at.0 / 1000, "isotimestamp": time,
                "event_type": "authentication", "result": "success", "user": {"name": "ada"},
            });
            let start = body.len();
            body.extend_from_slice(raw.to_string().as_bytes());
            ranges.push(start..body.len());
        }
        let log_type = LogType::Authentication;
        let mut job = Job::new(writer.register(&account, log_type).unwrap().id);
        job.batch = Batch::build(body, &ranges, |raw| understand(log_type, raw), |_| 0).unwrap();
        job.begins = UnixMillis::parse_rfc3339(begins);
        writer.commit(&[job]).unwrap();
        let reader = Reader::open(&path).unwrap().unwrap();
        (folder, reader)
    }

    fn ask(reader: &Reader, now: &str, keep_days: u64) -> (i64, Option<i64>) {
        let now = UnixMillis::parse_rfc3339(now).unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let told = today(reader, now, &zone, Duration::from_secs(keep_days * 86_400)).unwrap();
        assert_eq!(told.len(), 1);
        (told[0].records, told[0].usual)
    }

    fn at(day: &str, times: &[&str]) -> Vec<String> {
        times.iter().map(|time| format!("{day}T{time}Z")).collect()
    }

    #[test]
    fn the_usual_is_the_middle_of_the_same_hours_of_the_same_weekday() {
        // Midnight there is 23:00 of the day before.
        let times = [
            at("2026-03-01", &["01:00:00"]),
            at("2026-03-02", &["01:00:00", "02:00:00"]),
            at("2026-03-09", &["01:00:00", "02:00:00", "03:00:00", "04:00:00"]),
            at("2026-03-16", &["01:00:00"; 9]),
            // Most of it later than now, and some of the day before.
            at("2026-03-23", &["01:00:00", "22:30:00", "12:00:00"]),
            at("2026-03-22", &["22:59:59"]),
            at("2026-03-29", &["23:00:00"]),
            at("2026-03-30", &["00:00:00", "09:59:00"]),
        ]
        .concat();
        let (_folder, reader) = store(&times, "2026-01-01T00:00:00Z");
        let now = "2026-03-30T10:00:00Z";
        assert_eq!(ask(&reader, now, 365), (3, Some(3)), "the middle of 1, 2, 4, 9");
        assert_eq!(ask(&reader, now, 15), (3, Some(5)), "of 1 and 9: the others are removed");
        assert_eq!(ask(&reader, now, 10), (3, None), "one day is no rule");
    }

    #[test]
    fn days_before_a_log_was_collected_do_not_count() {
        let times = [
            at("2026-03-11", &["01:00:00"]),
            at("2026-03-16", &["01:00:00", "02:00:00"]),
            at("2026-03-23", &["01:00:00", "02:00:00", "03:00:00", "04:00:00"]),
        ]
        .concat();
        let (_folder, reader) = store(&times, "2026-03-10T00:00:00Z");
        assert_eq!(ask(&reader, "2026-03-30T10:00:00Z", 365), (0, Some(3)));
        let (_folder, reader) = store(&times, "2026-03-20T00:00:00Z");
        assert_eq!(ask(&reader, "2026-03-30T10:00:00Z", 365), (0, None));
    }

    #[test]
    fn days_up_to_the_first_record_do_not_count() {
        let first = at("2026-03-16", &["09:00:00"]);
        let then = at("2026-03-23", &["01:00:00", "02:00:00", "03:00:00", "04:00:00"]);
        let (_folder, reader) = store(&[first, then].concat(), "2026-01-01T00:00:00Z");
        assert_eq!(ask(&reader, "2026-03-30T10:00:00Z", 365), (0, None));
    }

    #[test]
    fn of_the_hour_that_is_not_over_a_part_counts() {
        let times = [
            at("2026-03-11", &["01:00:00"]),
            at("2026-03-16", &["10:01:00", "10:02:00", "10:58:00", "10:59:00"]),
            at("2026-03-23", &["10:30:00", "10:31:00", "10:32:00", "10:33:00"]),
        ]
        .concat();
        let (_folder, reader) = store(&times, "2026-03-10T00:00:00Z");
        assert_eq!(ask(&reader, "2026-03-30T10:30:00Z", 365), (0, Some(2)));
    }
}
