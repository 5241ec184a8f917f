//! In what order records arrived, and how far each consumer has worked through them.
//!
//! Promises: every new record, and every known one that came back changed, is noted once, in the
//! transaction that stores it; a consumer that commits its position together with what it writes
//! sees each of them exactly once, whatever the time they tell. Records that retention has removed
//! meanwhile are passed over.
//!
//! A row stands for a run of neighbors in one block, so the log costs next to nothing. Rows that
//! all consumers have passed are removed; a consumer that comes later begins at "now".
//!
//! State on disk: no row of a consumer means it has not begun; a crash leaves its position where
//! its last transaction put it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::block::Unpacked;
use super::error::StoreError;
use super::feeds::{self, FeedId};
use super::query::Reader;
use super::write::{Entry, Job, NOT_UNDERSTOOD, Writer};
use crate::base::UnixMillis;
use crate::record::LogType;

const LATE: i64 = 1;
const CHANGED: i64 = 2;

/// Late records lie far apart in time. A run of them ends at a step longer than this, because its
/// rows are found again by their range of time.
const STEP_MILLIS: i64 = 60_000;

/// Where a new consumer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// At the first record whose arrival is still noted.
    First,
    /// With what arrives from now on.
    Now,
}

/// Some arrivals, in order.
#[derive(Debug, Default)]
pub struct ArrivalPage {
    /// The position after them; unchanged when nothing has arrived.
    pub upto: i64,
    /// What arrived.
    pub runs: Vec<Arrivals>,
}

/// Records of one log that arrived together.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// The position of a consumer that is done with them.
    pub seq: i64,
    /// The account's name.
    pub account: Arc<str>,
    /// The account's number.
    pub account_number: i64,
    /// The account's API hostname.
    pub api_hostname: Arc<str>,
    /// Which log of which account, as a number.
    pub feed: FeedId,
    /// Which log.
    pub log_type: LogType,
    /// When they were stored.
    pub arrived: UnixMillis,
    /// They appeared at Duo after their time had been read.
    pub late: bool,
    /// They were known before and came back changed.
    pub changed: bool,
    /// When their log was first to be collected.
    pub known: UnixMillis,
    rows: Vec<Row>,
    block: Arc<Unpacked>,
}

/// One record that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// Which log.
    pub log_type: LogType,
    /// When it happened.
    pub time: UnixMillis,
    /// The bits of its categories.
    pub categories: u64,
    /// False when it could not be understood.
    pub understood: bool,
    /// Exactly what Duo sent.
    pub raw: &'a [u8],
    number: i64,
    slot: i64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    time: i64,
    id: i64,
    slot: i64,
    flags: i64,
    categories: i64,
}

impl Arrivals {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none: retention took them.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The records, in the order they arrived.
    pub fn iter(&self) -> impl Iterator<Item = Arrived<'_>> {
        self.rows.iter().filter_map(|row| {
            let slot = usize::try_from(row.slot).ok()?;
            Some(Arrived {
                log_type: self.log_type,
                time: UnixMillis(row.time),
                categories: row.categories.cast_unsigned(),
                understood: row.flags & NOT_UNDERSTOOD == 0,
                raw: self.block.record(slot).ok()?,
                number: row.id,
                slot: row.slot,
            })
        })
    }
}

impl<'a> Arrived<'a> {
    /// Its slot in the block.
    pub(super) const fn slot(&self) -> i64 {
        self.slot
    }

    /// The record's 64 bits in the store.
    pub const fn number(&self) -> i64 {
        self.number
    }

    /// Duo's own id; where there is none, the record's number in the store, in hexadecimal digits.
    pub fn id(&self) -> Cow<'a, str> {
        id_text(self.log_type, self.raw, self.number)
    }
}

/// See [`Arrived::id`].
pub(super) fn id_text(log_type: LogType, raw: &[u8], number: i64) -> Cow<'_, str> {
    log_type.own_id(raw).unwrap_or_else(|| Cow::Owned(format!("{:016x}", number.cast_unsigned())))
}

impl Writer {
    /// Finds or makes a consumer; tells its position.
    pub fn consumer(&mut self, name: &str, start: StartAt) -> Result<i64, StoreError> {
        self.transaction(|tx, _| {
            if let Some(seq) = position(tx, name)? {
                return Ok(seq);
            }
            let seq = match start {
                StartAt::First => 0,
                StartAt::Now => last(tx)?,
            };
            tx.execute("INSERT INTO consumer (name, seq) VALUES (?1, ?2)", params![name, seq])?;
            Ok(seq)
        })
    }

    /// Moves a consumer on. What it writes itself belongs into the same transaction.
    pub fn set_consumer(&mut self, name: &str, seq: i64) -> Result<(), StoreError> {
        self.transaction(|tx, _| advance(tx, name, seq))
    }

    /// Forgets a consumer, so that nothing is kept for it any more.
    pub fn remove_consumer(&mut self, name: &str) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            tx.execute("DELETE FROM consumer WHERE name = ?1", [name])?;
            trim(tx)
        })
    }
}

impl Reader {
    /// What arrived after a position: whole runs, so a few more than `max_records` may come.
    pub fn arrivals(&self, after: i64, max_records: usize) -> Result<ArrivalPage, StoreError> {
        self.noted(read(&self.connection, after, max_records, &|_, _| true))
    }

    /// The position of the newest arrival.
    pub fn last_arrival(&self) -> Result<i64, StoreError> {
        self.noted(last(&self.connection))
    }

    /// A consumer's position; `None` when there is no such consumer.
    pub fn consumer(&self, name: &str) -> Result<Option<i64>, StoreError> {
        self.noted(position(&self.connection, name))
    }

    /// How many records arrived after a position.
    pub fn pending(&self, after: i64) -> Result<u64, StoreError> {
        self.noted((|| {
            let mut statement = self
                .connection
                .prepare_cached("SELECT coalesce(sum(records), 0) FROM arrival WHERE seq > ?1")?;
            Ok(statement.query_row([after], |row| feeds::count(row, 0))?)
        })())
    }
}

/// Moves a consumer on, inside its transaction.
pub(super) fn advance(tx: &Connection, name: &str, seq: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO consumer (name, seq) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)",
    )?
    .execute(params![name, seq])?;
    trim(tx)
}

/// Removes what all consumers have passed; without consumers nothing.
pub(super) fn trim(tx: &Connection) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM arrival WHERE seq <= (SELECT min(seq) FROM consumer)")?
        .execute([])?;
    Ok(())
}

pub(super) fn position(connection: &Connection, name: &str) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT seq FROM consumer WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(super) fn last(connection: &Connection) -> Result<i64, StoreError> {
    // Rows come and go; this number only grows.
    let seq: Option<i64> = connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'arrival'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(seq.unwrap_or(0))
}

/// Notes what a job stores; `places` tells block and slot of each entry.
pub(super) fn note(
    tx: &Connection,
    job: &Job,
    entries: &[Entry<'_>],
    places: &[(i64, i64)],
) -> Result<(), StoreError> {
    struct Run {
        block: i64,
        first: i64,
        records: i64,
        oldest: i64,
        newest: i64,
        flags: i64,
    }
    let arrived = job.polled.unwrap_or_else(UnixMillis::now);
    let mut insert = tx.prepare_cached(
        "INSERT INTO arrival (feed, block, first, records, oldest, newest, arrived, flags)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut write = |run: &Run| {
        insert.execute([
            job.feed.0,
            run.block,
            run.first,
            run.records,
            run.oldest,
            run.newest,
            arrived.0,
            run.flags,
        ])
    };
    let mut open: Option<Run> = None;
    for (entry, (block, slot)) in entries.iter().zip(places) {
        let time = entry.time.0;
        let mut flags = 0;
        if entry.changed {
            flags |= CHANGED;
        } else if job.is_late(entry.time) {
            flags |= LATE;
        }
        if let Some(run) = &mut open
            && run.block == *block
            && run.first + run.records == *slot
            && run.flags == flags
            && (flags & (LATE | CHANGED) == 0
                || (run.oldest - STEP_MILLIS..=run.newest + STEP_MILLIS).contains(&time))
        {
            run.records += 1;
            run.oldest = run.oldest.min(time);
            run.newest = run.newest.max(time);
            continue;
        }
        let next =
            Run { block: *block, first: *slot, records: 1, oldest: time, newest: time, flags };
        if let Some(run) = open.replace(next) {
            write(&run)?;
        }
    }
    if let Some(run) = open {
        write(&run)?;
    }
    Ok(())
}

/// Reads on after a position; passes over logs that `wants`, given account and log, does not name.
pub(super) fn read(
    connection: &Connection,
    after: i64,
    max_records: usize,
    wants: &dyn Fn(&str, LogType) -> bool,
) -> Result<ArrivalPage, StoreError> {
    let feeds = feeds_by_number(connection)?;
    let mut page = ArrivalPage { upto: after, runs: Vec::new() };
    let mut unpacked: Option<(i64, Arc<Unpacked>)> = None;
    let mut found = 0;
    let mut runs = connection.prepare_cached(
        "SELECT seq, feed, block, first, records, oldest, newest, arrived, flags
         FROM arrival WHERE seq > ?1 ORDER BY seq",
    )?;
    let mut runs = runs.query([after])?;
    while found < max_records
        && let Some(run) = runs.next()?
    {
        page.upto = run.get(0)?;
        let (feed, block, first): (i64, i64, i64) = (run.get(1)?, run.get(2)?, run.get(3)?);
        let Some(whose) = feeds.get(&feed) else { continue };
        if !wants(&whose.account, whose.log_type) {
            continue;
        }
        let slots = first..first.saturating_add(run.get(4)?);
        let rows = rows_of(connection, feed, block, (run.get(5)?, run.get(6)?), &slots)?;
        if rows.is_empty() {
            continue;
        }
        // Small pages share their block with those before and after them.
        let data = match &unpacked {
            Some((number, data))
                if *number == block && slots.end <= i64::try_from(data.len()).unwrap_or(0) =>
            {
                Some(data.clone())
            }
            _ => unpack(connection, block)?,
        };
        let Some(data) = data else { continue };
        unpacked = Some((block, data.clone()));
        found += rows.len();
        let flags: i64 = run.get(8)?;
        page.runs.push(Arrivals {
            seq: page.upto,
            account: whose.account.clone(),
            account_number: whose.number,
            api_hostname: whose.api_hostname.clone(),
            feed: FeedId(feed),
            log_type: whose.log_type,
            arrived: UnixMillis(run.get(7)?),
            late: flags & LATE != 0,
            changed: flags & CHANGED != 0,
            known: whose.known,
            rows,
            block: data,
        });
    }
    Ok(page)
}

/// The rows of a run that are still there, in slot order. A record that came back changed since
/// has another place by now, and an arrival of its own.
fn rows_of(
    connection: &Connection,
    feed: i64,
    block: i64,
    (oldest, newest): (i64, i64),
    slots: &std::ops::Range<i64>,
) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT time, id, slot, flags, categories FROM event
         WHERE feed = ?1 AND time BETWEEN ?2 AND ?3 AND block = ?4 AND slot >= ?5 AND slot < ?6",
    )?;
    let found =
        statement.query_map([feed, oldest, newest, block, slots.start, slots.end], |row| {
            Ok(Row {
                time: row.get(0)?,
                id: row.get(1)?,
                slot: row.get(2)?,
                flags: row.get(3)?,
                categories: row.get(4)?,
            })
        })?;
    let mut rows = found.collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| row.slot);
    Ok(rows)
}

fn unpack(connection: &Connection, block: i64) -> Result<Option<Arc<Unpacked>>, StoreError> {
    let data: Option<Vec<u8>> = connection
        .prepare_cached("SELECT data FROM block WHERE id = ?1")?
        .query_row([block], |row| row.get(0))
        .optional()?;
    data.map(|data| Ok(Arc::new(Unpacked::read(&data)?))).transpose()
}

/// Whose a log is.
pub(super) struct Whose {
    number: i64,
    pub(super) account: Arc<str>,
    pub(super) api_hostname: Arc<str>,
    pub(super) log_type: LogType,
    known: UnixMillis,
}

pub(super) fn feeds_by_number(connection: &Connection) -> Result<HashMap<i64, Whose>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT f.id, a.name, a.api_hostname, f.log_type, a.id, f.known
         FROM feed f JOIN account a ON a.id = f.account",
    )?;
    let mut rows = statement.query([])?;
    let mut feeds = HashMap::new();
    while let Some(row) = rows.next()? {
        let Ok(log_type) = row.get::<_, String>(3)?.parse::<LogType>() else { continue };
        let whose = Whose {
            number: row.get(4)?,
            account: row.get::<_, String>(1)?.into(),
            api_hostname: row.get::<_, String>(2)?.into(),
            log_type,
            known: UnixMillis(row.get(5)?),
        };
        feeds.insert(row.get(0)?, whose);
    }
    Ok(feeds)
}

#[cfg(test)]
mod tests;
