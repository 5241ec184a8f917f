//! The one way into the store: pages of records and the positions after them, together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{CachedStatement, Connection, OptionalExtension, TransactionBehavior, params};

use super::arrivals;
use super::batch::{Batch, COLUMNS, Prepared, chunks};
use super::block::{self, FULL, FULL_BYTES, Unpacked};
use super::error::{StoreError, StoreFault};
use super::feeds::{self, AccountRef, Feed, FeedId};
use super::gaps::{self, Gap};
use super::grams;
use super::query;
use super::schema;
use super::strips;
use super::sums::{Counted, Fields, Sums};
use super::words::Words;
use crate::base::{Problem, UnixMillis};
use crate::record::LogType;
use crate::status::{FeedError, FeedState, Position};

/// The record appeared at Duo after its time had been read.
pub(super) const LATE: i64 = 1;
/// The record could not be understood.
pub(super) const NOT_UNDERSTOOD: i64 = 2;

/// What is committed together for one log.
#[derive(Debug)]
pub struct Job {
    /// Which log.
    pub feed: FeedId,
    /// The records of a page; empty when only the standing changes.
    pub batch: Batch,
    /// The position after them; `None` leaves it.
    pub position: Option<Position>,
    /// New records older than this appeared late: their time had been read before.
    pub late_before: Option<UnixMillis>,
    /// Known records that come back changed replace what is stored (Trust Monitor events).
    pub replaces: bool,
    /// Where records without a readable time are put.
    pub otherwise: UnixMillis,
    /// What the log's collection is doing now, and what went wrong.
    pub standing: Option<(FeedState, Option<FeedError>)>,
    /// When Duo answered.
    pub polled: Option<UnixMillis>,
    /// The trailing window has been read again at this instant.
    pub late_looked: Option<UnixMillis>,
    /// The history of this log begins here, unless that is known already.
    pub begins: Option<UnixMillis>,
    /// Ranges found that could not be read.
    pub gaps: Vec<Gap>,
}

impl Job {
    /// A job that changes nothing yet.
    pub fn new(feed: FeedId) -> Self {
        Self {
            feed,
            batch: Batch::default(),
            position: None,
            late_before: None,
            replaces: false,
            otherwise: UnixMillis(0),
            standing: None,
            polled: None,
            late_looked: None,
            begins: None,
            gaps: Vec::new(),
        }
    }
}

impl Job {
    /// Whether the log is catching up, so that its next page is on the way.
    pub fn more_follows(&self) -> bool {
        matches!(self.standing, Some((FeedState::CatchingUp, _)))
    }

    /// Whether a new record of this time appeared after its time had been read.
    pub(super) fn is_late(&self, time: UnixMillis) -> bool {
        self.late_before.is_some_and(|before| time < before)
    }
}

/// What became of a job's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Records that were new.
    pub stored: u64,
    /// Records that were known already.
    pub duplicates: u64,
    /// Known records that came back changed.
    pub changed: u64,
    /// New records whose time had been read before.
    pub late: u64,
}

/// The store, open for writing. Several processes may have one; transactions keep them apart.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    path: PathBuf,
    pub(super) words: Words,
    data_version: i64,
}

impl Writer {
    /// Opens or makes the store; tells when a damaged one had to be set aside.
    pub fn open(path: &Path) -> Result<(Self, Option<Problem>), StoreError> {
        let (connection, told) = schema::open_for_writing(path)?;
        connection.set_prepared_statement_cache_capacity(64);
        let data_version = data_version(&connection)?;
        let writer =
            Self { connection, path: path.to_owned(), words: Words::default(), data_version };
        Ok((writer, told))
    }

    /// Opens a store that is there beside whoever else writes it; `None` when there is none. A
    /// damaged one is left to its owner.
    pub fn beside(path: &Path) -> Result<Option<Self>, StoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = schema::open_beside(path)?;
        let data_version = data_version(&connection)?;
        Ok(Some(Self { connection, path: path.to_owned(), words: Words::default(), data_version }))
    }

    /// The same for one who writes little: it keeps little of the store in memory.
    pub fn beside_small(path: &Path) -> Result<Option<Self>, StoreError> {
        let writer = Self::beside(path)?;
        if let Some(writer) = &writer {
            writer.connection.execute_batch(schema::SMALL)?;
        }
        Ok(writer)
    }

    /// Finds or makes an account's log.
    pub fn register(
        &mut self,
        account: &AccountRef,
        log_type: LogType,
    ) -> Result<Feed, StoreError> {
        self.transaction(|tx, _| feeds::register(tx, account, log_type))
    }

    /// Commits jobs together: all of them or, on an error, none.
    pub fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Stored>, StoreError> {
        self.transaction(|tx, words| {
            let mut done = Vec::with_capacity(jobs.len());
            // The logs that have new records, and whether more follow at once.
            let mut grown: BTreeMap<FeedId, bool> = BTreeMap::new();
            for job in jobs {
                let stored = apply(tx, words, job)?;
                if stored.stored + stored.changed > 0 {
                    grown.insert(job.feed, job.more_follows());
                }
                done.push(stored);
            }
            for (feed, more_follows) in grown {
                strips::tend(tx, feed.0, more_follows)?;
            }
            Ok(done)
        })
    }

    /// Records of a log in a range of time, both ends inclusive.
    pub fn count(
        &self,
        feed: FeedId,
        since: UnixMillis,
        until: UnixMillis,
    ) -> Result<u64, StoreError> {
        query::count(&self.connection, feed, since, until)
    }

    /// Forgets gaps inside a range that has been proven complete, and their parts inside it.
    pub fn close_gaps(
        &mut self,
        feed: FeedId,
        since: UnixMillis,
        until: UnixMillis,
    ) -> Result<usize, StoreError> {
        self.transaction(|tx, _| gaps::close(tx, feed, since, until))
    }

    /// Gives memory back that a busy time needed.
    pub fn rest(&mut self) {
        self.words.forget();
        let _ = self.connection.execute_batch("PRAGMA shrink_memory");
    }

    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Words) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let result = self.try_transaction(work);
        if let Err(error) = &result {
            // Numbers given inside a transaction that did not happen are not to be remembered.
            self.words.forget();
            if error.fault == StoreFault::Damaged {
                schema::mark_suspect(&self.path);
            }
        }
        result
    }

    fn try_transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Words) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = data_version(&tx)?;
        if now != self.data_version {
            // Another process wrote meanwhile; it may have cleaned up words.
            self.words.forget();
            self.data_version = now;
        }
        let done = work(&tx, &mut self.words)?;
        tx.commit()?;
        Ok(done)
    }
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}

/// One record on its way in: where it goes and whether it replaces a known one.
pub(super) struct Entry<'a> {
    pub(super) record: &'a Prepared,
    pub(super) time: UnixMillis,
    pub(super) changed: bool,
}

fn apply(tx: &Connection, words: &mut Words, job: &Job) -> Result<Stored, StoreError> {
    let batch = &job.batch;
    let (newest, tail, log_type): (Option<i64>, Option<i64>, String) = tx
        .prepare_cached("SELECT newest, tail, log_type FROM feed WHERE id = ?1")?
        .query_row([job.feed.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (entries, duplicates) = sort_out(tx, job, newest)?;
    let mut done = Stored { duplicates: duplicates + batch.repeated as u64, ..Stored::default() };
    let mut tail = tail;
    let mut not_understood = 0;
    if !entries.is_empty() {
        let numbers = words.numbers(tx, &batch.texts)?;
        let places = place(tx, job, &entries, &mut tail)?;
        arrivals::note(tx, job, &entries, &places)?;
        let mut sums = Sums::new(Fields::of(tx, words, &log_type)?);
        let mut insert = Insert::prepare(tx)?;
        for (entry, (block, slot)) in entries.iter().zip(places) {
            let mut columns = [None; COLUMNS];
            for (column, text) in columns.iter_mut().zip(entry.record.columns) {
                *column = (text as usize).checked_sub(1).and_then(|i| numbers.get(i)).copied();
            }
            let mut counted = Counted {
                time: entry.time.0,
                columns,
                categories: entry.record.categories.cast_signed(),
                flags: if entry.record.understood { 0 } else { NOT_UNDERSTOOD },
                amount: entry.record.amount,
            };
            if entry.changed {
                let before = take_out(tx, job.feed, entry)?;
                // It is late or not by when it first appeared.
                counted.flags |= before.flags & LATE;
                sums.take(&before);
                done.changed += 1;
            } else {
                if job.is_late(entry.time) {
                    counted.flags |= LATE;
                    done.late += 1;
                }
                done.stored += 1;
                not_understood += i64::from(!entry.record.understood);
            }
            insert.run(job.feed, entry.record.id, &counted, block, slot)?;
            sums.add(&counted);
        }
        sums.write(tx, job.feed)?;
        strips::unpack(tx, job.feed.0, entries.iter().map(|entry| entry.time.0))?;
    }
    update_feed(tx, job, &entries, tail, done, not_understood)?;
    for gap in &job.gaps {
        gaps::add(tx, job.feed, gap, job.polled.unwrap_or_else(UnixMillis::now))?;
    }
    Ok(done)
}

/// Tells new records and changed ones from known ones.
fn sort_out<'a>(
    tx: &Connection,
    job: &'a Job,
    newest: Option<i64>,
) -> Result<(Vec<Entry<'a>>, u64), StoreError> {
    let mut probe = tx.prepare_cached(
        "SELECT block, slot FROM event WHERE feed = ?1 AND time = ?2 AND id = ?3",
    )?;
    let mut unplaced =
        tx.prepare_cached("SELECT time FROM unplaced WHERE feed = ?1 AND id = ?2")?;
    let mut entries = Vec::with_capacity(job.batch.records.len());
    let mut duplicates = 0;
    let mut before = job.otherwise;
    for record in &job.batch.records {
        let time = match record.time {
            Some(time) => time,
            None => {
                // A record that does not tell its time stays where it was first put.
                let known: Option<i64> =
                    unplaced.query_row([job.feed.0, record.id], |row| row.get(0)).optional()?;
                if known.is_none() {
                    tx.prepare_cached("INSERT INTO unplaced (feed, id, time) VALUES (?1, ?2, ?3)")?
                        .execute([job.feed.0, record.id, before.0])?;
                }
                UnixMillis(known.unwrap_or(before.0))
            }
        };
        before = time;
        // Beyond the newest record nothing can be known yet.
        let known = if newest.is_some_and(|newest| time.0 <= newest) {
            probe
                .query_row([job.feed.0, time.0, record.id], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
                })
                .optional()?
        } else {
            None
        };
        match known {
            None => entries.push(Entry { record, time, changed: false }),
            Some(place) if job.replaces && differs(tx, place, job.batch.raw(record))? => {
                entries.push(Entry { record, time, changed: true });
            }
            Some(_) => duplicates += 1,
        }
    }
    Ok((entries, duplicates))
}

fn differs(tx: &Connection, (block, slot): (i64, i64), raw: &[u8]) -> Result<bool, StoreError> {
    let data: Vec<u8> = tx
        .prepare_cached("SELECT data FROM block WHERE id = ?1")?
        .query_row([block], |row| row.get(0))?;
    let unpacked = Unpacked::read(&data)?;
    Ok(unpacked.record(usize::try_from(slot).unwrap_or(usize::MAX))? != raw)
}

/// Stores the raw records and tells where each lies.
fn place(
    tx: &Connection,
    job: &Job,
    entries: &[Entry<'_>],
    tail: &mut Option<i64>,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let mut places = Vec::with_capacity(entries.len());
    let newest_of = |entries: &[Entry<'_>]| entries.iter().map(|entry| entry.time.0).max();
    if entries.len() == job.batch.records.len() && !job.batch.blocks.is_empty() {
        for packed in &job.batch.blocks {
            let part = entries.get(packed.first..packed.first + packed.records).unwrap_or_default();
            let block =
                add_block(tx, job.feed, part.len(), newest_of(part).unwrap_or(0), &packed.data)?;
            grams::write(tx, block, &packed.filter)?;
            places.extend((0..part.len()).map(|slot| (block, slot as i64)));
        }
        return Ok(places);
    }
    let raws: Vec<&[u8]> = entries.iter().map(|entry| job.batch.raw(entry.record)).collect();
    if raws.len() < FULL / 2 {
        let (block, first) =
            add_to_tail(tx, job.feed, &raws, newest_of(entries).unwrap_or(0), tail)?;
        places.extend((0..raws.len()).map(|slot| (block, (first + slot) as i64)));
        return Ok(places);
    }
    for chunk in chunks(raws.iter().map(|raw| raw.len())) {
        let part = raws.get(chunk.clone()).unwrap_or_default();
        let newest = newest_of(entries.get(chunk).unwrap_or_default()).unwrap_or(0);
        let block =
            add_block(tx, job.feed, part.len(), newest, &block::pack(part.iter().copied())?)?;
        grams::write(tx, block, &grams::filter(part.iter().copied()))?;
        places.extend((0..part.len()).map(|slot| (block, slot as i64)));
    }
    Ok(places)
}

fn add_block(
    tx: &Connection,
    feed: FeedId,
    records: usize,
    newest: i64,
    data: &[u8],
) -> Result<i64, StoreError> {
    Ok(tx
        .prepare_cached("INSERT INTO block (feed, records, newest, data) VALUES (?1, ?2, ?3, ?4)")?
        .insert(params![feed.0, records as i64, newest, data])?)
}

/// Adds records to the log's tail block, or starts a new one; tells the block and the first slot.
fn add_to_tail(
    tx: &Connection,
    feed: FeedId,
    raws: &[&[u8]],
    newest: i64,
    tail: &mut Option<i64>,
) -> Result<(i64, usize), StoreError> {
    if let Some(block) = *tail {
        let found: Option<(Vec<u8>, i64)> = tx
            .prepare_cached("SELECT data, newest FROM block WHERE id = ?1")?
            .query_row([block], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((data, old_newest)) = found {
            let unpacked = Unpacked::read(&data)?;
            let bytes: usize = unpacked.iter().chain(raws.iter().copied()).map(<[u8]>::len).sum();
            if unpacked.len() + raws.len() <= FULL && bytes <= FULL_BYTES {
                let first = unpacked.len();
                let data = block::pack(unpacked.iter().chain(raws.iter().copied()))?;
                tx.prepare_cached(
                    "UPDATE block SET records = ?2, newest = ?3, data = ?4 WHERE id = ?1",
                )?
                .execute(params![
                    block,
                    (first + raws.len()) as i64,
                    newest.max(old_newest),
                    data
                ])?;
                let all = unpacked.iter().chain(raws.iter().copied());
                grams::write(tx, block, &grams::filter(all))?;
                return Ok((block, first));
            }
        }
    }
    let block = add_block(tx, feed, raws.len(), newest, &block::pack(raws.iter().copied())?)?;
    grams::write(tx, block, &grams::filter(raws.iter().copied()))?;
    *tail = Some(block);
    Ok((block, 0))
}

/// Takes out the row of a record that came back changed.
fn take_out(tx: &Connection, feed: FeedId, entry: &Entry<'_>) -> Result<Counted, StoreError> {
    let sql = format!(
        "DELETE FROM event WHERE feed = ?1 AND time = ?2 AND id = ?3 RETURNING {}",
        Counted::COLUMNS
    );
    let key = [feed.0, entry.time.0, entry.record.id];
    Ok(tx.prepare_cached(&sql)?.query_row(key, Counted::read)?)
}

/// Inserts event rows.
struct Insert<'tx>(CachedStatement<'tx>);

impl<'tx> Insert<'tx> {
    fn prepare(tx: &'tx Connection) -> Result<Self, StoreError> {
        Ok(Self(tx.prepare_cached(
            "INSERT INTO event (feed, time, id, user, action, result, reason, factor, address,
                                application, target, country, block, slot, flags, categories,
                                amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?))
    }

    fn run(
        &mut self,
        feed: FeedId,
        id: i64,
        counted: &Counted,
        block: i64,
        slot: i64,
    ) -> Result<(), StoreError> {
        let statement = &mut self.0;
        for (i, number) in [feed.0, counted.time, id].into_iter().enumerate() {
            statement.raw_bind_parameter(i + 1, number)?;
        }
        for (i, number) in counted.columns.iter().enumerate() {
            statement.raw_bind_parameter(i + 4, number)?;
        }
        let rest = [block, slot, counted.flags, counted.categories];
        for (i, number) in rest.into_iter().enumerate() {
            statement.raw_bind_parameter(i + 4 + COLUMNS, number)?;
        }
        statement.raw_bind_parameter(8 + COLUMNS, counted.amount)?;
        statement.raw_execute()?;
        Ok(())
    }
}

fn update_feed(
    tx: &Connection,
    job: &Job,
    entries: &[Entry<'_>],
    tail: Option<i64>,
    done: Stored,
    not_understood: i64,
) -> Result<(), StoreError> {
    let stored = i64::try_from(done.stored).unwrap_or(i64::MAX);
    let newest = entries.iter().map(|entry| entry.time.0).max();
    tx.prepare_cached(
        "UPDATE feed SET records = records + ?2, late = late + ?3,
                not_understood = not_understood + ?4, tail = ?5,
                newest = max(coalesce(newest, ?6), coalesce(?6, newest)),
                last_poll = coalesce(?7, last_poll), late_looked = coalesce(?8, late_looked),
                begins = coalesce(begins, ?9)
         WHERE id = ?1",
    )?
    .execute(params![
        job.feed.0,
        stored,
        i64::try_from(done.late).unwrap_or(i64::MAX),
        not_understood,
        tail,
        newest,
        job.polled.map(|time| time.0),
        job.late_looked.map(|time| time.0),
        job.begins.map(|time| time.0),
    ])?;
    if let Some(position) = &job.position {
        let until = match position {
            Position::Window { until, .. } => until.map(|time| time.0),
            Position::Since { .. } => None,
        };
        tx.prepare_cached("UPDATE feed SET position = ?2, reached = ?3, until = ?4 WHERE id = ?1")?
            .execute(params![job.feed.0, to_json(position)?, position.reached().0, until])?;
    }
    if let Some((state, error)) = &job.standing {
        note_run(tx, job, *state)?;
        let now = error.as_ref().map_or_else(UnixMillis::now, |error| error.at);
        let error = error.as_ref().map(to_json).transpose()?;
        tx.prepare_cached(
            "UPDATE feed SET state = ?2, error = ?3,
                    since = iif(state = ?2, coalesce(since, ?4), ?4)
             WHERE id = ?1",
        )?
        .execute(params![job.feed.0, state.name(), error, now.0])?;
    }
    Ok(())
}

/// Keeps count of a log's catching up, so that its rate and end can be told.
fn note_run(tx: &Connection, job: &Job, state: FeedState) -> Result<(), StoreError> {
    match (state, &job.position, job.polled) {
        (FeedState::CatchingUp, Some(position), Some(polled)) => {
            tx.prepare_cached(
                "UPDATE feed SET run_began = coalesce(run_began, ?2),
                                 run_from = coalesce(run_from, ?3), run_pages = run_pages + 1
                 WHERE id = ?1",
            )?
            .execute([
                job.feed.0,
                polled.0,
                job.batch.newest().unwrap_or(position.reached()).0,
            ])?;
        }
        (FeedState::Current, ..) => {
            tx.prepare_cached(
                "UPDATE feed SET run_began = NULL, run_from = NULL, run_pages = 0
                 WHERE id = ?1 AND run_began IS NOT NULL",
            )?
            .execute([job.feed.0])?;
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| {
        StoreError::new(
            StoreFault::Other,
            Problem::new("A position could not be written down").because(error),
        )
    })
}
