//! Alerts: what rules raised over records and the collector over itself, and who has seen it.
//!
//! Promises: what detection found in some records, what it remembers of them and how far it has
//! read are committed in one transaction, so a record is judged once whatever breaks off; an
//! alert's count is exact, while of its records only the first [`KEPT`] are kept; what a person
//! acknowledged is never added to, unless they open it again.
//!
//! Alerts of one rule about one subject that follow each other closely are one alert. They are told
//! apart by the time their records happened, not by the time those arrived: history that is
//! fetched later is grouped like what is watched as it happens.
//!
//! Absent means nothing was raised; unreadable and left over from a crash are the store's answers.

mod looking;

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::arrivals;
use super::error::StoreError;
use super::notices;
use super::query::Reader;
use super::write::Writer;
use crate::base::UnixMillis;
use crate::record::Level;

pub use looking::{AlertsWithin, KeptRecord, Raised};

/// Records kept by name for each alert; beyond that they are only counted.
pub const KEPT: u64 = 500;

/// Something the collector itself has to tell: no data, a refused credential, a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm<'a> {
    /// The alarm's id, like a rule's.
    pub rule: &'a str,
    /// What people read.
    pub title: &'a str,
    /// How much it matters.
    pub level: Level,
    /// The account's name; `None` when it is about this computer.
    pub account: Option<&'a str>,
    /// What it is about: a log type, a range of time.
    pub subject: &'a str,
    /// Since when.
    pub time: UnixMillis,
    /// What exactly was found, in words; they may change while the alarm stands.
    pub words: &'a str,
}

/// An alert that was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its number.
    pub id: i64,
    /// Whether it came to be just now.
    pub new: bool,
    /// Whether somebody is to be told: it is new and not about the past, or an alert about the past
    /// got news.
    pub tell: bool,
}

/// A record an alert stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRef {
    /// The log's number.
    pub feed: i64,
    /// When it happened.
    pub time: UnixMillis,
    /// The record's 64 bits.
    pub event: i64,
    /// The record's id in words.
    pub name: String,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raise {
    /// The rule's id.
    pub rule: String,
    /// What people read.
    pub title: String,
    /// How much it matters.
    pub level: Level,
    /// The account's number.
    pub account: i64,
    /// What it is about.
    pub subject: String,
    /// Alerts about the same closer together than this are one.
    pub group_for: Duration,
    /// It is about the past; nobody is to be told.
    pub historic: bool,
    /// The records, each counted.
    pub records: Vec<RecordRef>,
    /// Further records of the same acts, kept and not counted.
    pub twins: Vec<RecordRef>,
}

/// Something detection remembers; without data it is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The rule's id and a print of its definition.
    pub rule: String,
    /// The account's number and what it is about.
    pub key: String,
    /// Of no use for records after this time.
    pub until: UnixMillis,
    /// What is remembered.
    pub data: Option<Vec<u8>>,
}

/// Which alerts.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertQuery {
    /// Only those neither acknowledged nor cleared.
    pub open: bool,
    /// Only this one.
    pub id: Option<i64>,
}

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// The rule's id.
    pub rule: String,
    /// What people read.
    pub title: String,
    /// How much it matters.
    pub level: Level,
    /// The account's name; `None` when it is about this computer.
    pub account: Option<String>,
    /// What it is about.
    pub subject: String,
    /// When the oldest of its records happened.
    pub first: UnixMillis,
    /// When the newest of its records happened.
    pub last: UnixMillis,
    /// When it was raised here.
    pub raised: UnixMillis,
    /// All records it stands for.
    pub records: u64,
    /// It was about the past when it was raised.
    pub historic: bool,
    /// When a person acknowledged it.
    pub acknowledged: Option<UnixMillis>,
    /// When what it told was over.
    pub cleared: Option<UnixMillis>,
    /// What exactly was found, for the collector's own.
    pub words: Option<String>,
}

/// An alert with its account's name; [`alert`] reads the row.
pub(super) const SELECT: &str =
    "SELECT l.id, l.rule, l.title, l.level, a.name, l.subject, l.first, l.last, l.raised,
            l.records, l.historic, l.acknowledged, l.cleared, l.words
     FROM alert l LEFT JOIN account a ON a.id = l.account";

impl Writer {
    /// Raises an alarm of the collector's own. One that stands already stays as it is.
    pub fn raise(&mut self, alarm: &Alarm<'_>) -> Result<Touched, StoreError> {
        self.transaction(|tx, _| {
            let standing = standing(tx, alarm.rule, alarm.account, alarm.subject)?;
            if let Some(id) = standing {
                tx.prepare_cached("UPDATE alert SET words = ?2 WHERE id = ?1 AND words <> ?2")?
                    .execute(params![id, alarm.words])?;
                return Ok(Touched { id, new: false, tell: false });
            }
            let account = account_number(tx, alarm.account)?;
            let id = insert(
                tx,
                &New {
                    rule: alarm.rule,
                    title: alarm.title,
                    level: alarm.level,
                    account,
                    subject: alarm.subject,
                    first: alarm.time,
                    last: alarm.time,
                    historic: false,
                    words: Some(alarm.words),
                },
            )?;
            notices::queue(tx, id, false)?;
            Ok(Touched { id, new: true, tell: true })
        })
    }

    /// Notes that what an alarm told is over; tells the alarm, if one stood.
    pub fn clear(
        &mut self,
        rule: &str,
        account: Option<&str>,
        subject: &str,
        at: UnixMillis,
    ) -> Result<Option<i64>, StoreError> {
        self.transaction(|tx, _| {
            let standing = standing(tx, rule, account, subject)?;
            if let Some(id) = standing {
                tx.prepare_cached(
                    "UPDATE alert SET cleared = ?2, last = max(last, ?2) WHERE id = ?1",
                )?
                .execute([id, at.0])?;
                notices::queue(tx, id, true)?;
            }
            Ok(standing)
        })
    }

    /// Commits what a consumer that judges records made of those up to a position: alerts, what is
    /// remembered, and the position. Tells the alerts that were touched.
    pub fn evaluated(
        &mut self,
        consumer: &str,
        upto: i64,
        raises: &[Raise],
        memory: &[Remembered],
    ) -> Result<Vec<Touched>, StoreError> {
        self.transaction(|tx, _| {
            remember(tx, memory)?;
            let mut touched = Vec::new();
            for raise in raises {
                touched.extend(note(tx, raise)?);
            }
            arrivals::advance(tx, consumer, upto)?;
            Ok(touched)
        })
    }

    /// Forgets what rules remember under another print than the one they have now. A print is the
    /// rule's id, an `@`, and what stands for the definition.
    pub fn forget_memory_but(&mut self, prints: &[String]) -> Result<usize, StoreError> {
        self.transaction(|tx, _| {
            let mut forget = tx.prepare_cached(
                "DELETE FROM memory WHERE rule >= ?1 || '@' AND rule < ?1 || 'A' AND rule <> ?2",
            )?;
            let mut forgotten = 0;
            for print in prints {
                let id = print.split('@').next().unwrap_or_default();
                forgotten += forget.execute([id, print])?;
            }
            Ok(forgotten)
        })
    }

    /// Acknowledges one alert, or all open ones; tells how many that were.
    pub fn acknowledge(&mut self, id: Option<i64>, at: UnixMillis) -> Result<usize, StoreError> {
        self.transaction(|tx, _| {
            Ok(tx.execute(
                "UPDATE alert SET acknowledged = ?2
                 WHERE acknowledged IS NULL AND (?1 IS NULL AND cleared IS NULL OR id = ?1)",
                params![id, at.0],
            )?)
        })
    }
}

impl Reader {
    /// Hands over the matching alerts, oldest first.
    pub fn alerts(&self, query: AlertQuery) -> Result<Vec<Alert>, StoreError> {
        let mut statement = self.connection().prepare(&format!(
            "{SELECT}
             WHERE (NOT ?1 OR l.acknowledged IS NULL AND l.cleared IS NULL)
               AND (?2 IS NULL OR l.id = ?2)
             ORDER BY l.id",
        ))?;
        let rows = statement.query_map(params![query.open, query.id], |row| alert(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The alarms of the collector's own that stand, acknowledged or not.
    pub fn standing(&self, rules: &[&str]) -> Result<Vec<Alert>, StoreError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "{SELECT} WHERE l.cleared IS NULL AND l.rule = ?1 ORDER BY l.id"
        ))?;
        let mut found = Vec::new();
        for rule in rules {
            for one in statement.query_map([rule], |row| alert(row, 0))? {
                found.push(one?);
            }
        }
        Ok(found)
    }

    /// How many alerts nobody has acknowledged that were about the present when they were raised.
    pub fn new_alerts(&self) -> Result<u64, StoreError> {
        self.open_alerts_with(" AND historic = 0")
    }

    /// How many alerts nobody has acknowledged.
    pub fn open_alerts(&self) -> Result<u64, StoreError> {
        self.open_alerts_with("")
    }

    fn open_alerts_with(&self, condition: &str) -> Result<u64, StoreError> {
        let count: i64 = self.connection().query_row(
            &format!(
                "SELECT count(*) FROM alert
                 WHERE acknowledged IS NULL AND cleared IS NULL{condition}"
            ),
            [],
            |row| row.get(0),
        )?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What detection remembers under a rule's name and a key.
    pub fn memory(&self, rule: &str, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT data FROM memory WHERE rule = ?1 AND key = ?2")?
            .query_row([rule, key], |row| row.get(0))
            .optional()?)
    }

    /// The records kept for an alert, as they were added.
    pub fn alert_records(&self, alert: i64) -> Result<Vec<RecordRef>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT feed, time, event, name FROM alert_event WHERE alert = ?1 ORDER BY number",
        )?;
        let rows = statement.query_map([alert], |row| {
            Ok(RecordRef {
                feed: row.get(0)?,
                time: UnixMillis(row.get(1)?),
                event: row.get(2)?,
                name: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Writes down what a rule found: into an alert about the same that is near, or a new one.
fn note(tx: &Connection, raise: &Raise) -> Result<Option<Touched>, StoreError> {
    // The account may have been removed while its records were judged.
    let mut account = tx.prepare_cached("SELECT 1 FROM account WHERE id = ?1")?;
    if !account.exists([raise.account])? {
        return Ok(None);
    }
    let times = || raise.records.iter().map(|record| record.time);
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        return note_twins(tx, raise);
    };
    let near = near(tx, raise, first, last)?;
    let touched = match near {
        Some((id, historic)) => Touched { id, new: false, tell: historic && !raise.historic },
        None => {
            let new = New {
                rule: &raise.rule,
                title: &raise.title,
                level: raise.level,
                account: Some(raise.account),
                subject: &raise.subject,
                first,
                last,
                historic: raise.historic,
                words: None,
            };
            Touched { id: insert(tx, &new)?, new: true, tell: !raise.historic }
        }
    };
    tx.prepare_cached(
        "UPDATE alert SET records = records + ?2, first = min(first, ?3), last = max(last, ?4),
                          historic = min(historic, ?5)
         WHERE id = ?1",
    )?
    .execute(params![
        touched.id,
        i64::try_from(raise.records.len()).unwrap_or(i64::MAX),
        first.0,
        last.0,
        raise.historic,
    ])?;
    keep(tx, touched.id, raise.records.iter().chain(&raise.twins))?;
    if touched.tell {
        notices::queue(tx, touched.id, false)?;
    }
    Ok(Some(touched))
}

fn remember(tx: &Connection, memory: &[Remembered]) -> Result<(), StoreError> {
    let mut set = tx.prepare_cached(
        "INSERT INTO memory (rule, key, until, data) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET until = excluded.until, data = excluded.data",
    )?;
    let mut forget = tx.prepare_cached("DELETE FROM memory WHERE rule = ?1 AND key = ?2")?;
    for item in memory {
        match &item.data {
            Some(data) => set.execute(params![item.rule, item.key, item.until.0, data])?,
            None => forget.execute([&item.rule, &item.key])?,
        };
    }
    Ok(())
}

/// The other log's record of an act that was told already.
fn note_twins(tx: &Connection, raise: &Raise) -> Result<Option<Touched>, StoreError> {
    let times = || raise.twins.iter().map(|record| record.time);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Ok(None) };
    let Some((id, _)) = near(tx, raise, first, last)? else { return Ok(None) };
    keep(tx, id, raise.twins.iter())?;
    Ok(Some(Touched { id, new: false, tell: false }))
}

/// The alert about the same whose records are near in time, and whether it is history so far.
fn near(
    tx: &Connection,
    raise: &Raise,
    first: UnixMillis,
    last: UnixMillis,
) -> Result<Option<(i64, bool)>, StoreError> {
    Ok(tx
        .prepare_cached(
            "SELECT id, historic FROM alert
             WHERE rule = ?1 AND subject = ?2 AND account = ?3 AND last >= ?4 AND first <= ?5
               AND acknowledged IS NULL AND cleared IS NULL
             ORDER BY last DESC, id DESC LIMIT 1",
        )?
        .query_row(
            params![
                raise.rule,
                raise.subject,
                raise.account,
                first.minus(raise.group_for).0,
                last.plus(raise.group_for).0
            ],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?)
}

/// Keeps records by name, as many as fit.
fn keep<'a>(
    tx: &Connection,
    alert: i64,
    records: impl Iterator<Item = &'a RecordRef>,
) -> Result<(), StoreError> {
    let mut kept: i64 = tx
        .prepare_cached("SELECT coalesce(max(number), 0) FROM alert_event WHERE alert = ?1")?
        .query_row([alert], |row| row.get(0))?;
    let mut add = tx.prepare_cached(
        "INSERT INTO alert_event (alert, number, feed, time, event, name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for record in records {
        if kept >= KEPT as i64 {
            break;
        }
        kept += 1;
        add.execute(params![alert, kept, record.feed, record.time.0, record.event, record.name])?;
    }
    Ok(())
}

struct New<'a> {
    rule: &'a str,
    title: &'a str,
    level: Level,
    account: Option<i64>,
    subject: &'a str,
    first: UnixMillis,
    last: UnixMillis,
    historic: bool,
    words: Option<&'a str>,
}

/// The one place where an alert comes to be.
fn insert(tx: &Connection, new: &New<'_>) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached(
            "INSERT INTO alert (rule, title, level, account, subject, first, last, raised,
                                records, historic, words)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?10)",
        )?
        .insert(params![
            new.rule,
            new.title,
            new.level as i64,
            new.account,
            new.subject,
            new.first.0,
            new.last.0,
            UnixMillis::now().0,
            new.historic,
            new.words,
        ])?)
}

/// The alarm of the collector's own that stands.
fn standing(
    tx: &Connection,
    rule: &str,
    account: Option<&str>,
    subject: &str,
) -> Result<Option<i64>, StoreError> {
    let account = account_number(tx, account)?;
    Ok(tx
        .prepare_cached(
            "SELECT id FROM alert
             WHERE rule = ?1 AND subject = ?2 AND account IS ?3 AND cleared IS NULL
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![rule, subject, account], |row| row.get(0))
        .optional()?)
}

fn account_number(tx: &Connection, name: Option<&str>) -> Result<Option<i64>, StoreError> {
    let Some(name) = name else { return Ok(None) };
    Ok(tx
        .prepare_cached("SELECT id FROM account WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

/// Forgets alerts whose records are gone, and what detection remembers to no use.
pub(super) fn expire(tx: &Connection, before: UnixMillis) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM alert_event WHERE alert IN
         (SELECT id FROM alert WHERE last < ?1 AND (acknowledged IS NOT NULL
                                                    OR cleared IS NOT NULL OR records > 0))",
        [before.0],
    )?;
    tx.execute(
        "DELETE FROM alert WHERE last < ?1 AND (acknowledged IS NOT NULL
                                                OR cleared IS NOT NULL OR records > 0)",
        [before.0],
    )?;
    // Records of that time may still come: from a log that is behind or has not begun, and from the
    // arrivals that are not judged yet.
    tx.execute(
        "DELETE FROM memory
         WHERE until < (SELECT min(coalesce(reached, iif(state IN ('denied', 'not_available'),
                                                         9223372036854775807, 0)))
                        FROM feed)
           AND NOT EXISTS (SELECT 1 FROM arrival WHERE seq > (SELECT min(seq) FROM consumer))",
        [],
    )?;
    Ok(())
}

/// Forgets an account's alerts and what detection remembers of it.
pub(super) fn remove_account(tx: &Connection, account: i64) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM alert_event WHERE alert IN (SELECT id FROM alert WHERE account = ?1)",
        [account],
    )?;
    tx.execute("DELETE FROM alert WHERE account = ?1", [account])?;
    let (from, to) = (format!("{account}\u{1f}"), format!("{account}\u{20}"));
    tx.execute("DELETE FROM memory WHERE key >= ?1 AND key < ?2", [from, to])?;
    Ok(())
}

/// Reads an alert from the columns of [`SELECT`], which begin at `from`.
pub(super) fn alert(row: &Row<'_>, from: usize) -> rusqlite::Result<Alert> {
    let millis = |i| row.get::<_, Option<i64>>(from + i).map(|time| time.map(UnixMillis));
    let level = usize::try_from(row.get::<_, i64>(from + 3)?).unwrap_or(0);
    Ok(Alert {
        id: row.get(from)?,
        rule: row.get(from + 1)?,
        title: row.get(from + 2)?,
        level: Level::ALL.get(level).copied().unwrap_or_default(),
        account: row.get(from + 4)?,
        subject: row.get(from + 5)?,
        first: UnixMillis(row.get(from + 6)?),
        last: UnixMillis(row.get(from + 7)?),
        raised: UnixMillis(row.get(from + 8)?),
        records: super::feeds::count(row, from + 9)?,
        historic: row.get(from + 10)?,
        acknowledged: millis(11)?,
        cleared: millis(12)?,
        words: row.get(from + 13)?,
    })
}

#[cfg(test)]
mod tests;
