//! Reads records and standings, beside a running collector and without holding it up.
//!
//! Rows are fetched some at a time, each fetch on its own, so a slow reader never keeps
//! the write-ahead log from being folded back.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::arrivals;
use super::block::Unpacked;
use super::error::{StoreError, StoreFault};
use super::feeds::{self, FeedId};
use super::gaps::{self, Gap};
use super::page::{Direction, Search, Walk};
use super::schema;
use super::write::{LATE, NOT_UNDERSTOOD};
use crate::base::UnixMillis;
use crate::record::LogType;
use crate::status::FeedStatus;

/// Blocks kept unpacked at most.
const UNPACKED: usize = 48;

/// Which records, oldest first.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// Only these logs; all when empty.
    pub log_types: Vec<LogType>,
    /// From this instant on, inclusive.
    pub since: Option<UnixMillis>,
    /// Up to this instant, inclusive.
    pub until: Option<UnixMillis>,
    /// Only records about this user, in any letter case.
    pub user: Option<String>,
    /// Only records with at least one of these categories' bits; all when 0.
    pub categories: u64,
    /// Only records whose raw text contains this, in any letter case.
    pub search: Option<String>,
    /// At most so many records.
    pub limit: Option<u64>,
}

/// A stored record.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// The account's name.
    pub account: &'a str,
    /// The account's API hostname.
    pub api_hostname: &'a str,
    /// Which log.
    pub log_type: LogType,
    /// When it happened.
    pub time: UnixMillis,
    /// It appeared at Duo after its time had been read.
    pub late: bool,
    /// False when it could not be understood.
    pub understood: bool,
    /// The bits of its categories.
    pub categories: u64,
    /// Exactly what Duo sent.
    pub raw: &'a [u8],
    pub(super) number: i64,
}

impl<'a> Event<'a> {
    /// Duo's own id; where there is none, the record's number in the store, in hexadecimal digits.
    pub fn id(&self) -> Cow<'a, str> {
        arrivals::id_text(self.log_type, self.raw, self.number)
    }
}

/// The store, open for reading.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    path: PathBuf,
}

/// Stops the query that a [`Reader`] is at; the reader stays of use.
pub struct Interrupt(rusqlite::InterruptHandle);

impl Interrupt {
    /// Stops it; nothing happens when none runs.
    pub fn now(&self) {
        self.0.interrupt();
    }
}

impl Reader {
    /// Opens the store; `None` when there is none yet.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        if !path.exists() {
            return Ok(None);
        }
        let Some(connection) = schema::open_for_reading(path)? else { return Ok(None) };
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Some(Self { connection, path: path.to_owned() }))
    }

    /// The same for one who reads on and on: it keeps little of the store in memory.
    pub fn open_small(path: &Path) -> Result<Option<Self>, StoreError> {
        let reader = Self::open(path)?;
        if let Some(reader) = &reader {
            reader.connection.execute_batch(schema::SMALL)?;
        }
        Ok(reader)
    }

    /// What stops this reader's query from another thread.
    pub fn interrupt(&self) -> Interrupt {
        Interrupt(self.connection.get_interrupt_handle())
    }

    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// How every log stands.
    pub fn statuses(&self) -> Result<Vec<FeedStatus>, StoreError> {
        self.noted(feeds::statuses(&self.connection))
    }

    /// The hour of the oldest record of each log that has any.
    pub fn first_hours(&self) -> Result<HashMap<(String, LogType), UnixMillis>, StoreError> {
        self.noted(feeds::first_hours(&self.connection))
    }

    /// All known gaps, with whose they are.
    pub fn gaps(&self) -> Result<Vec<(String, LogType, Gap)>, StoreError> {
        self.noted(gaps::list(&self.connection))
    }

    /// Hands over the matching records, oldest first, until there are no more or `each` breaks.
    pub fn events<B>(
        &self,
        query: &EventQuery,
        each: impl FnMut(Event<'_>) -> ControlFlow<B>,
    ) -> Result<Option<B>, StoreError> {
        self.noted(self.hand_over(query, each))
    }

    /// Damage that reading meets is left for the next collection to mend.
    pub(super) fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result
            && error.fault == StoreFault::Damaged
        {
            schema::mark_suspect(&self.path);
        }
        result
    }

    fn hand_over<B>(
        &self,
        query: &EventQuery,
        mut each: impl FnMut(Event<'_>) -> ControlFlow<B>,
    ) -> Result<Option<B>, StoreError> {
        let search = Search::listing(&self.connection, query)?;
        let mut walk = Walk::new(&search, None, Direction::Newer);
        let mut blocks = Blocks::default();
        let mut left = query.limit.unwrap_or(u64::MAX);
        let mut hits = Vec::new();
        while left > 0 && !(walk.is_over() && hits.is_empty()) {
            for hit in hits.drain(..) {
                let Some(log) = search.log(&hit) else { continue };
                // Retention may have taken the block since the row was read.
                let Some(block) = blocks.get(&self.connection, hit.block)? else { continue };
                let event = Event {
                    account: &log.account,
                    api_hostname: &log.api_hostname,
                    log_type: log.log_type,
                    time: UnixMillis(hit.time),
                    late: hit.flags & LATE != 0,
                    understood: hit.flags & NOT_UNDERSTOOD == 0,
                    categories: hit.categories.cast_unsigned(),
                    raw: block.record(hit.slot)?,
                    number: hit.id,
                };
                left -= 1;
                if let ControlFlow::Break(value) = each(event) {
                    return Ok(Some(value));
                }
                if left == 0 {
                    return Ok(None);
                }
            }
            if !walk.is_over() {
                self.at_once(|connection| walk.step(connection))?;
            }
            walk.take_sure(&mut hits, usize::MAX);
        }
        Ok(None)
    }
}

/// Records of a log in a range of time, both ends inclusive.
pub(super) fn count(
    connection: &Connection,
    feed: FeedId,
    since: UnixMillis,
    until: UnixMillis,
) -> Result<u64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT count(*) FROM event WHERE feed = ?1 AND time BETWEEN ?2 AND ?3")?
        .query_row(params![feed.0, since.0, until.0], |row| feeds::count(row, 0))?)
}

/// The blocks read last, unpacked.
#[derive(Default)]
pub(super) struct Blocks {
    unpacked: HashMap<i64, Unpacked>,
    order: VecDeque<i64>,
}

impl Blocks {
    pub(super) fn get(
        &mut self,
        connection: &Connection,
        block: i64,
    ) -> Result<Option<&Unpacked>, StoreError> {
        if !self.unpacked.contains_key(&block) {
            let data: Option<Vec<u8>> = connection
                .prepare_cached("SELECT data FROM block WHERE id = ?1")?
                .query_row([block], |row| row.get(0))
                .optional()?;
            let Some(data) = data else { return Ok(None) };
            if self.order.len() >= UNPACKED
                && let Some(oldest) = self.order.pop_front()
            {
                self.unpacked.remove(&oldest);
            }
            self.unpacked.insert(block, Unpacked::read(&data)?);
            self.order.push_back(block);
        }
        Ok(self.unpacked.get(&block))
    }
}

#[cfg(test)]
mod tests;
