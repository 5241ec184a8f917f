//! What is known of each day of a log: how many records it has here, and what Duo's own count said.
//!
//! Promises: a check that could not tell takes no earlier answer away; what is known of a log goes
//! with the log, and what is known of a day with its records.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::feeds::{self, FeedId};
use super::query::Reader;
use super::write::Writer;
use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::record::LogType;

const HOURS_A_DAY: i64 = 24;

/// What Duo's own count said of a day, in UTC, when it was asked last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// What of the day was looked at: from this instant on.
    pub since: UnixMillis,
    /// Up to this instant, inclusive.
    pub until: UnixMillis,
    /// Records at Duo; `None` when Duo did not tell.
    pub duo: Option<u64>,
    /// Records here then, before anything was fetched.
    pub local: u64,
    /// Records that were missing and came then.
    pub fetched: u64,
    /// When Duo was asked.
    pub checked: UnixMillis,
    /// Why Duo did not tell.
    pub note: Option<String>,
}

/// How many records a day has here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCount {
    /// Records.
    pub records: u64,
    /// Of these, those that appeared at Duo after their time had been read.
    pub late: u64,
}

/// What is known of the days of a log, by the number of the day since 1970 in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDays {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// Days that have records.
    pub counts: BTreeMap<i64, DayCount>,
    /// Days that were compared with Duo's count.
    pub audits: BTreeMap<i64, Audited>,
}

/// The number of the UTC day an instant lies in.
pub const fn day_of(time: UnixMillis) -> i64 {
    time.0.div_euclid(DAY_MILLIS)
}

impl Writer {
    /// Keeps what Duo's count said of a day, or of the part of it that was looked at.
    pub fn note_audit(&mut self, feed: FeedId, audited: &Audited) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            tx.prepare_cached(
                "INSERT INTO audit (feed, day, since, until, duo, local, fetched, checked, note)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (feed, day) DO UPDATE SET
                     since = excluded.since, until = excluded.until, duo = excluded.duo,
                     local = excluded.local, fetched = excluded.fetched,
                     checked = excluded.checked, note = excluded.note
                 WHERE excluded.duo IS NOT NULL OR audit.duo IS NULL",
            )?
            .execute(params![
                feed.0,
                day_of(audited.since),
                audited.since.0,
                audited.until.0,
                audited.duo.map(signed),
                signed(audited.local),
                signed(audited.fetched),
                audited.checked.0,
                audited.note,
            ])?;
            Ok(())
        })
    }
}

impl Reader {
    /// What is known of each day of each log from this day on, accounts by name, logs in their
    /// usual order.
    pub fn days(&self, first: i64) -> Result<Vec<LogDays>, StoreError> {
        self.noted(days(&self.connection, first))
    }
}

fn days(connection: &Connection, first: i64) -> Result<Vec<LogDays>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT f.id, a.name, f.log_type FROM feed f JOIN account a ON a.id = f.account",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut logs = Vec::new();
    for row in rows {
        let (feed, account, log_type) = row?;
        let Ok(log_type) = log_type.parse() else { continue };
        let counts = counts(connection, feed, first)?;
        let audits = audits(connection, feed, first)?;
        logs.push(LogDays { account, log_type, counts, audits });
    }
    logs.sort_by(|a, b| (&a.account, a.log_type).cmp(&(&b.account, b.log_type)));
    Ok(logs)
}

fn counts(
    connection: &Connection,
    feed: i64,
    first: i64,
) -> Result<BTreeMap<i64, DayCount>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT hour, sum(records), sum(late) FROM hourly WHERE feed = ?1 AND hour >= ?2
         GROUP BY hour",
    )?;
    let mut rows = statement.query([feed, first * HOURS_A_DAY])?;
    let mut counts: BTreeMap<i64, DayCount> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let day = row.get::<_, i64>(0)?.div_euclid(HOURS_A_DAY);
        let count = counts.entry(day).or_default();
        count.records += feeds::count(row, 1)?;
        count.late += feeds::count(row, 2)?;
    }
    Ok(counts)
}

fn audits(
    connection: &Connection,
    feed: i64,
    first: i64,
) -> Result<BTreeMap<i64, Audited>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT day, since, until, duo, local, fetched, checked, note FROM audit
         WHERE feed = ?1 AND day >= ?2",
    )?;
    let rows = statement.query_map([feed, first], |row| {
        let audited = Audited {
            since: UnixMillis(row.get(1)?),
            until: UnixMillis(row.get(2)?),
            duo: row.get::<_, Option<i64>>(3)?.and_then(|duo| u64::try_from(duo).ok()),
            local: feeds::count(row, 4)?,
            fetched: feeds::count(row, 5)?,
            checked: UnixMillis(row.get(6)?),
            note: row.get(7)?,
        };
        Ok((row.get(0)?, audited))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::tests::Lab;

    fn audited(day: i64, duo: Option<u64>) -> Audited {
        let since = UnixMillis(day * DAY_MILLIS);
        let until = UnixMillis(since.0 + DAY_MILLIS - 1);
        let checked = UnixMillis(until.0 + 5);
        let note = duo.is_none().then(|| "Duo does not tell".to_owned());
        Audited { since, until, duo, local: 7, fetched: 0, checked, note }
    }

    #[test]
    fn what_duo_counted_is_kept_by_day_and_the_last_answer_counts() {
        let mut lab = Lab::new();
        let feed = lab.feed(LogType::Authentication);
        for audit in [audited(20_000, Some(7)), audited(20_001, None), audited(20_001, Some(9))] {
            lab.writer.note_audit(feed, &audit).unwrap();
        }
        // A failure later takes nothing away.
        lab.writer.note_audit(feed, &audited(20_001, None)).unwrap();
        let days = lab.reader().days(20_000).unwrap();
        assert_eq!(days.len(), 1);
        let known: Vec<_> = days[0].audits.iter().map(|(day, one)| (*day, one.duo)).collect();
        assert_eq!(known, [(20_000, Some(7)), (20_001, Some(9))]);
        assert!(lab.reader().days(20_002).unwrap()[0].audits.is_empty());
    }

    #[test]
    fn what_is_known_goes_with_the_records() {
        let mut lab = Lab::new();
        let feed = lab.feed(LogType::Authentication);
        let today = day_of(UnixMillis::now());
        for day in [today - 40, today - 1] {
            lab.writer.note_audit(feed, &audited(day, Some(1))).unwrap();
        }
        let mut job = crate::store::Job::new(feed);
        job.position = Some(crate::status::Position::window(UnixMillis::now()));
        lab.writer.commit(&[job]).unwrap();
        lab.writer.expire(Duration::from_secs(30 * 86_400)).unwrap();
        let days = lab.reader().days(0).unwrap();
        assert_eq!(days[0].audits.keys().copied().collect::<Vec<_>>(), [today - 1]);
        lab.writer.remove_accounts_of("DITEST").unwrap();
        let left: i64 = lab
            .writer
            .connection
            .query_row("SELECT count(*) FROM audit", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 0);
    }
}
