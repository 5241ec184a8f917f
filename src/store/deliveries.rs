//! How far each output has been handed what is stored, and which records it will never take.
//!
//! Promises: the position moves only in [`Writer::handed`], after a batch was taken, together with
//! the single records the far side refused, so a crash repeats one batch at most and loses none; an
//! output that starts in the past is handed what is stored first, log by log in the order of time,
//! and then what arrived since, each record once; what it is still to be handed is not removed from
//! the order of arrival.
//!
//! State on disk: absent means the output has not begun; a crash leaves everything where the last
//! batch put it; unreadable is the store's answer.

mod reading;

use rusqlite::{Connection, OptionalExtension, params};

use super::arrivals;
use super::error::StoreError;
use super::feeds;
use super::query::Reader;
use super::write::Writer;
use crate::base::UnixMillis;
use crate::record::LogType;
use crate::settings::Start;

pub use reading::{Next, Room, StoredRecord, Stretch, Wants};

/// How the consumers of the outputs are named.
const CONSUMER: &str = "output/";

/// How far an output has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// When it was first to be handed records.
    pub began: UnixMillis,
    /// The token of the last batch that was taken.
    pub batch: Option<String>,
    /// Stored records still to be handed over before any arrival, log by log.
    past: Vec<PastLog>,
    /// All arrivals up to here are handed over.
    seq: i64,
    /// And of this one, what lies in slots below.
    within: Option<(i64, i64)>,
    /// All alerts up to here are handed over.
    alert: i64,
}

/// What of a log was stored when an output began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PastLog {
    feed: i64,
    /// This and the next: up to here it is handed over.
    time: i64,
    id: i64,
    /// What lies in later blocks arrived later.
    block: i64,
    /// As does what lies in this block behind so many slots.
    tail: Option<i64>,
    slots: i64,
}

/// What came of a batch.
#[derive(Clone, Debug)]
pub struct Handed<'a> {
    /// Where it began.
    pub from: &'a Reached,
    /// Where it ended; its token in it.
    pub to: &'a Reached,
    /// How many items the far side took.
    pub delivered: u64,
    /// Those it will never take.
    pub refused: Vec<RefusedItem>,
    /// The numbers of refused items that were in it once more.
    pub resent: &'a [i64],
}

/// An item that an output will never take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedItem {
    /// Which record or alert.
    pub key: ItemKey,
    /// Its id in words.
    pub id: String,
    /// Why, in words.
    pub reason: String,
}

/// Where a record or an alert lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemKey {
    /// The log's number; `None` for an alert.
    pub feed: Option<i64>,
    /// When it happened.
    pub time: UnixMillis,
    /// The record's 64 bits, or the alert's number.
    pub number: i64,
}

/// A refused item as a person looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number among those of the output.
    pub number: i64,
    /// The account's name; `None` where that is gone, or for alerts about this computer.
    pub account: Option<String>,
    /// The log; `None` for an alert.
    pub log_type: Option<LogType>,
    /// When it happened.
    pub time: UnixMillis,
    /// The record's id in words.
    pub id: String,
    /// Why it was refused.
    pub reason: String,
    /// When.
    pub at: UnixMillis,
    /// It is to be sent once more.
    pub again: bool,
}

/// What waits for an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Records and alerts; a little too many while stored ones are handed over, or where the output
    /// takes only some categories.
    pub records: u64,
    /// Since when the oldest of them waits.
    pub since: Option<UnixMillis>,
    /// Items it will never take.
    pub refused: u64,
}

impl Writer {
    /// Where an output stands; one that has not begun begins.
    pub fn begin_output(
        &mut self,
        output: &str,
        start: Start,
        now: UnixMillis,
    ) -> Result<Reached, StoreError> {
        self.transaction(|tx, _| {
            if let Some(reached) = read(tx, output)? {
                return Ok(reached);
            }
            begin(tx, output, start, now)?;
            Ok(read(tx, output)?.unwrap_or_else(|| Reached::nowhere(now)))
        })
    }

    /// Notes what came of a batch, and that the output works.
    pub fn handed(
        &mut self,
        output: &str,
        handed: &Handed<'_>,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        let Handed { from, to, .. } = handed;
        self.transaction(|tx, _| {
            if arrivals::position(tx, &consumer(output))?.is_none() {
                // It was removed while a batch was on its way.
                return Ok(());
            }
            arrivals::advance(tx, &consumer(output), to.seq)?;
            for log in &from.past {
                match to.past.iter().find(|other| other.feed == log.feed) {
                    Some(now) if now == log => {}
                    Some(now) => {
                        tx.prepare_cached(
                            "UPDATE past SET time = ?3, id = ?4 WHERE output = ?1 AND feed = ?2",
                        )?
                        .execute(params![output, log.feed, now.time, now.id])?;
                    }
                    None => {
                        tx.prepare_cached("DELETE FROM past WHERE output = ?1 AND feed = ?2")?
                            .execute(params![output, log.feed])?;
                    }
                }
            }
            let (run, slot) = to.within.unzip();
            tx.prepare_cached(
                "UPDATE outlet SET delivered = delivered + ?2, error = NULL, error_at = NULL,
                                   since = NULL, run = ?3, slot = ?4, alert = ?5, batch = ?6
                 WHERE name = ?1",
            )?
            .execute(params![
                output,
                i64::try_from(handed.delivered).unwrap_or(i64::MAX),
                run,
                slot,
                to.alert,
                to.batch
            ])?;
            for number in handed.resent {
                tx.prepare_cached("DELETE FROM refused WHERE output = ?1 AND number = ?2")?
                    .execute(params![output, number])?;
            }
            park(tx, output, &handed.refused, at)
        })
    }

    /// Has refused items sent once more: all, or those of these numbers. Tells how many.
    pub fn resend_refused(&mut self, output: &str, only: &[i64]) -> Result<usize, StoreError> {
        self.transaction(|tx, _| {
            each_of(
                tx,
                "UPDATE refused SET again = 1 WHERE output = ?1 AND again = 0",
                output,
                only,
            )
        })
    }

    /// Forgets refused items: all, or those of these numbers. Tells how many.
    pub fn discard_refused(&mut self, output: &str, only: &[i64]) -> Result<usize, StoreError> {
        self.transaction(|tx, _| each_of(tx, "DELETE FROM refused WHERE output = ?1", output, only))
    }

    /// Forgets how far outputs have come that are no more.
    pub fn forget_outputs_but(&mut self, outputs: &[&str]) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            let known: Vec<String> = tx
                .prepare_cached("SELECT name FROM consumer WHERE name LIKE 'output/%'")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for name in &known {
                let output = name.strip_prefix(CONSUMER).unwrap_or(name);
                if !outputs.contains(&output) {
                    forget(tx, output)?;
                    tx.execute("DELETE FROM outlet WHERE name = ?1", [output])?;
                }
            }
            Ok(())
        })
    }
}

impl Reader {
    /// Where an output stands; `None` before it has begun.
    pub fn output_reached(&self, output: &str) -> Result<Option<Reached>, StoreError> {
        self.noted(read(self.connection(), output))
    }

    /// What changes when there may be something new for any output: the newest arrival, the newest
    /// alert, how many refused items are to be sent once more.
    pub fn newest_for_outputs(&self) -> Result<(i64, i64, u64), StoreError> {
        let connection = self.connection();
        let alert = connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM alert")?
            .query_row([], |row| row.get(0))?;
        let again = connection
            .prepare_cached("SELECT count(*) FROM refused WHERE again = 1")?
            .query_row([], |row| feeds::count(row, 0))?;
        Ok((self.last_arrival()?, alert, again))
    }

    /// Whether something is wrong with an output.
    pub fn is_troubled(&self, output: &str) -> Result<bool, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM outlet WHERE name = ?1 AND error IS NOT NULL)",
        )?;
        Ok(statement.query_row([output], |row| row.get(0))?)
    }

    /// What waits for an output; `None` before it has begun.
    pub fn pending_for(
        &self,
        output: &str,
        wants: &Wants<'_>,
    ) -> Result<Option<Pending>, StoreError> {
        self.noted((|| {
            let Some(reached) = read(self.connection(), output)? else { return Ok(None) };
            pending(self.connection(), output, &reached, wants).map(Some)
        })())
    }

    /// What an output will never take, in the order it was refused.
    pub fn refused_of(&self, output: &str) -> Result<Vec<Refused>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT r.number, r.time, r.id, r.reason, r.at, r.again, f.log_type,
                    coalesce(a.name, b.name)
             FROM refused r
             LEFT JOIN feed f ON f.id = r.feed LEFT JOIN account a ON a.id = f.account
             LEFT JOIN alert l ON r.feed IS NULL AND l.id = r.event
             LEFT JOIN account b ON b.id = l.account
             WHERE r.output = ?1 ORDER BY r.number",
        )?;
        let rows = statement.query_map([output], |row| {
            Ok(Refused {
                number: row.get(0)?,
                time: UnixMillis(row.get(1)?),
                id: row.get(2)?,
                reason: row.get(3)?,
                at: UnixMillis(row.get(4)?),
                again: row.get(5)?,
                log_type: row.get::<_, Option<String>>(6)?.and_then(|name| name.parse().ok()),
                account: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Reached {
    const fn nowhere(now: UnixMillis) -> Self {
        Self { began: now, batch: None, past: Vec::new(), seq: 0, within: None, alert: 0 }
    }

    /// Whether stored records are still to be handed over before what arrives.
    pub fn is_in_the_past(&self) -> bool {
        !self.past.is_empty()
    }
}

/// Forgets how far an output has come, and what it refused.
pub(super) fn forget(tx: &Connection, output: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM refused WHERE output = ?1", [output])?;
    tx.execute("DELETE FROM past WHERE output = ?1", [output])?;
    tx.execute("DELETE FROM consumer WHERE name = ?1", [consumer(output)])?;
    arrivals::trim(tx)
}

fn consumer(output: &str) -> String {
    format!("{CONSUMER}{output}")
}

fn read(connection: &Connection, output: &str) -> Result<Option<Reached>, StoreError> {
    let Some(seq) = arrivals::position(connection, &consumer(output))? else { return Ok(None) };
    let found = connection
        .prepare_cached("SELECT began, run, slot, alert, batch FROM outlet WHERE name = ?1")?
        .query_row([output], |row| {
            let run: Option<i64> = row.get(1)?;
            Ok(Reached {
                began: UnixMillis(row.get::<_, Option<i64>>(0)?.unwrap_or(0)),
                batch: row.get(4)?,
                past: Vec::new(),
                seq,
                within: run.zip(row.get(2)?),
                alert: row.get::<_, Option<i64>>(3)?.unwrap_or(0),
            })
        })
        .optional()?;
    let Some(mut reached) = found else { return Ok(None) };
    reached.past = connection
        .prepare_cached(
            "SELECT feed, time, id, block, tail, slots FROM past WHERE output = ?1 ORDER BY feed",
        )?
        .query_map([output], |row| {
            Ok(PastLog {
                feed: row.get(0)?,
                time: row.get(1)?,
                id: row.get(2)?,
                block: row.get(3)?,
                tail: row.get(4)?,
                slots: row.get(5)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(reached))
}

fn begin(tx: &Connection, output: &str, start: Start, now: UnixMillis) -> Result<(), StoreError> {
    let since = match start {
        Start::Now => None,
        Start::Beginning => Some(i64::MIN),
        Start::At(time) => Some(time.0),
    };
    // One more than the newest alert that is not handed over.
    let alert: i64 = tx.query_row(
        "SELECT coalesce(max(id), 0) FROM alert WHERE ?1 IS NULL OR raised < ?1",
        [since],
        |row| row.get(0),
    )?;
    tx.execute(
        "INSERT INTO outlet (name, began, alert) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET began = excluded.began, alert = excluded.alert,
                                   run = NULL, slot = NULL, batch = NULL",
        params![output, now.0, alert],
    )?;
    tx.execute(
        "INSERT INTO consumer (name, seq) VALUES (?1, ?2)",
        params![consumer(output), arrivals::last(tx)?],
    )?;
    if let Some(since) = since {
        tx.execute(
            "INSERT INTO past (output, feed, time, id, block, tail, slots)
             SELECT ?1, f.id, ?2, ?3,
                    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'block'), 0),
                    f.tail, coalesce((SELECT records FROM block WHERE id = f.tail), 0)
             FROM feed f",
            params![output, since, i64::MIN],
        )?;
    }
    Ok(())
}

fn park(
    tx: &Connection,
    output: &str,
    refused: &[RefusedItem],
    at: UnixMillis,
) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO refused (output, number, feed, time, event, id, reason, at)
         VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM refused WHERE output = ?1),
                 ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for item in refused {
        let ItemKey { feed, time, number } = item.key;
        insert.execute(params![output, feed, time.0, number, item.id, item.reason, at.0])?;
    }
    Ok(())
}

fn each_of(tx: &Connection, sql: &str, output: &str, only: &[i64]) -> Result<usize, StoreError> {
    if only.is_empty() {
        return Ok(tx.execute(sql, [output])?);
    }
    let mut statement = tx.prepare(&format!("{sql} AND number = ?2"))?;
    let mut changed = 0;
    for number in only {
        changed += statement.execute(params![output, number])?;
    }
    Ok(changed)
}

fn pending(
    connection: &Connection,
    output: &str,
    reached: &Reached,
    wants: &Wants<'_>,
) -> Result<Pending, StoreError> {
    let feeds = arrivals::feeds_by_number(connection)?;
    let wanted = |feed: i64| {
        feeds.get(&feed).is_some_and(|whose| (wants.log)(&whose.account, whose.log_type))
    };
    let mut pending = Pending::default();
    let mut arrived: Vec<(i64, u64)> = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT feed, sum(records) - coalesce(sum(iif(seq = ?2, ?3 - first, 0)), 0), min(arrived)
         FROM arrival WHERE seq > ?1 GROUP BY feed",
    )?;
    let (run, slot) = reached.within.unzip();
    let mut rows = statement.query(params![reached.seq, run, slot])?;
    while let Some(row) = rows.next()? {
        let feed = row.get(0)?;
        if !wanted(feed) {
            continue;
        }
        let records = feeds::count(row, 1)?;
        pending.records += records;
        let since = Some(UnixMillis(row.get(2)?)).filter(|_| records > 0);
        pending.since = [pending.since, since].into_iter().flatten().min();
        arrived.push((feed, records));
    }
    for log in reached.past.iter().filter(|log| wanted(log.feed)) {
        let stored: u64 = connection
            .prepare_cached(
                "SELECT coalesce(sum(records), 0) FROM hourly WHERE feed = ?1 AND hour >= ?2",
            )?
            .query_row([log.feed, log.time.div_euclid(3_600_000)], |row| feeds::count(row, 0))?;
        let later = arrived.iter().find(|(feed, _)| *feed == log.feed).map_or(0, |(_, n)| *n);
        pending.records += stored.saturating_sub(later);
        pending.since = Some(pending.since.map_or(reached.began, |at| at.min(reached.began)));
    }
    if wants.alerts {
        let (alerts, raised): (u64, Option<i64>) = connection
            .prepare_cached("SELECT count(*), min(raised) FROM alert WHERE id > ?1")?
            .query_row([reached.alert], |row| Ok((feeds::count(row, 0)?, row.get(1)?)))?;
        pending.records += alerts;
        let raised = raised.map(UnixMillis);
        pending.since = [pending.since, raised].into_iter().flatten().min();
    }
    let (again, refused): (u64, u64) = connection
        .prepare_cached(
            "SELECT coalesce(sum(again), 0), coalesce(sum(1 - again), 0) FROM refused
             WHERE output = ?1",
        )?
        .query_row([output], |row| Ok((feeds::count(row, 0)?, feeds::count(row, 1)?)))?;
    pending.records += again;
    pending.refused = refused;
    Ok(pending)
}

#[cfg(test)]
mod tests;
