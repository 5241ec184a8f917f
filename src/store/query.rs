//! Reads records and standings, beside a running collector and without holding it up.
//!
//! Rows are fetched a few hundred at a time, each fetch on its own, so a slow reader never keeps
//! the write-ahead log from being folded back.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::arrivals;
use super::block::Unpacked;
use super::error::{StoreError, StoreFault};
use super::feeds::{self, FeedId};
use super::gaps::{self, Gap};
use super::schema;
use super::sums::HOUR;
use super::write::{LATE, NOT_UNDERSTOOD};
use crate::base::UnixMillis;
use crate::record::LogType;
use crate::status::FeedStatus;

/// A log: the account's name and API hostname, and which it is.
type Log = (String, String, LogType);

/// Rows fetched at a time from one log.
const FETCH: usize = 500;

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
        let logs = self.logs(query)?;
        let mut sources = self.sources(query, &logs)?;
        let mut next = BinaryHeap::new();
        for (i, source) in sources.iter_mut().enumerate() {
            if let Some(row) = source.next(&self.connection)? {
                next.push(Reverse((row.time, i, row)));
            }
        }
        let mut blocks = Blocks::default();
        let wanted = query.search.as_deref().map(str::to_lowercase);
        let mut left = query.limit.unwrap_or(u64::MAX);
        while left > 0
            && let Some(Reverse((_, i, row))) = next.pop()
        {
            let Some(source) = sources.get_mut(i) else { break };
            if let Some(following) = source.next(&self.connection)? {
                next.push(Reverse((following.time, i, following)));
            }
            let Some((account, api_hostname, log_type)) = logs.get(&source.feed) else { continue };
            // Retention may have taken the block since the row was read.
            let Some(block) = blocks.get(&self.connection, row.block)? else { continue };
            let raw = block.record(row.slot)?;
            if wanted.as_deref().is_some_and(|wanted| !contains(raw, wanted)) {
                continue;
            }
            left -= 1;
            let event = Event {
                account,
                api_hostname,
                log_type: *log_type,
                time: UnixMillis(row.time),
                late: row.flags & LATE != 0,
                understood: row.flags & NOT_UNDERSTOOD == 0,
                categories: row.categories.cast_unsigned(),
                raw,
                number: row.id,
            };
            if let ControlFlow::Break(value) = each(event) {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// The logs a query may read, by number.
    fn logs(&self, query: &EventQuery) -> Result<HashMap<i64, Log>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT f.id, a.name, a.api_hostname, f.log_type
             FROM feed f JOIN account a ON a.id = f.account",
        )?;
        let mut rows = statement.query([])?;
        let mut logs = HashMap::new();
        while let Some(row) = rows.next()? {
            let account: String = row.get(1)?;
            let Ok(log_type) = row.get::<_, String>(3)?.parse::<LogType>() else { continue };
            let wanted = query.log_types.is_empty() || query.log_types.contains(&log_type);
            if wanted && query.account.as_ref().is_none_or(|name| *name == account) {
                logs.insert(row.get(0)?, (account, row.get(2)?, log_type));
            }
        }
        Ok(logs)
    }

    fn sources(
        &self,
        query: &EventQuery,
        logs: &HashMap<i64, Log>,
    ) -> Result<Vec<Source>, StoreError> {
        let users = query.user.as_deref().map(|user| self.words_like(user)).transpose()?;
        let mut sources = Vec::new();
        for feed in logs.keys().copied() {
            let since = query.since.map_or(i64::MIN, |time| time.0);
            let until = query.until.map_or(i64::MAX, |time| time.0);
            match &users {
                None => sources.push(Source::new(feed, None, query.categories, since, until)),
                Some(users) => sources.extend(
                    users
                        .iter()
                        .map(|user| Source::new(feed, Some(*user), query.categories, since, until)),
                ),
            }
        }
        Ok(sources)
    }

    /// Words equal to a text in any letter case, of any script.
    fn words_like(&self, text: &str) -> Result<Vec<i64>, StoreError> {
        let wanted = text.to_lowercase();
        let mut statement = self.connection.prepare("SELECT id, text FROM word")?;
        let mut rows = statement.query([])?;
        let mut words = Vec::new();
        while let Some(row) = rows.next()? {
            let text = row.get_ref(1)?.as_str().unwrap_or_default();
            if text == wanted || text.to_lowercase() == wanted {
                words.push(row.get(0)?);
            }
        }
        Ok(words)
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    time: i64,
    id: i64,
    block: i64,
    slot: usize,
    flags: i64,
    categories: i64,
}

/// The matching rows of one log, in order, fetched as needed.
struct Source {
    feed: i64,
    user: Option<i64>,
    categories: i64,
    /// The last row fetched; the next fetch starts after it.
    after: (i64, i64),
    until: i64,
    rows: VecDeque<Row>,
    exhausted: bool,
}

impl Source {
    fn new(feed: i64, user: Option<i64>, categories: u64, since: i64, until: i64) -> Self {
        // Before the first id of `since`: after the last of the millisecond before.
        let after = (since.saturating_sub(1), i64::MAX);
        let categories = categories.cast_signed();
        Self { feed, user, categories, after, until, rows: VecDeque::new(), exhausted: false }
    }

    fn next(&mut self, connection: &Connection) -> Result<Option<Row>, StoreError> {
        if self.rows.is_empty() && !self.exhausted {
            self.fetch(connection)?;
        }
        Ok(self.rows.pop_front())
    }

    fn fetch(&mut self, connection: &Connection) -> Result<(), StoreError> {
        while self.rows.is_empty() && !self.exhausted {
            let until = if self.categories == 0 || self.user.is_some() {
                Some(self.until)
            } else {
                self.next_hour(connection)?
            };
            let Some(until) = until else {
                self.exhausted = true;
                break;
            };
            self.fetch_up_to(connection, until)?;
            if self.rows.len() < FETCH {
                self.exhausted = until >= self.until;
                self.after = (until, i64::MAX);
            } else if let Some(last) = self.rows.back() {
                self.after = (last.time, last.id);
            }
        }
        Ok(())
    }

    /// Goes on to the next hour that has records of the categories, by the sums; tells its end.
    /// Records of a rare category are thus found without looking at all others.
    fn next_hour(&mut self, connection: &Connection) -> Result<Option<i64>, StoreError> {
        let (time, id) = self.after;
        let from = if id == i64::MAX { time.saturating_add(1) } else { time };
        let hour: Option<i64> = connection
            .prepare_cached(
                "SELECT hour FROM hourly WHERE feed = ?1 AND hour >= ?2 AND categories & ?3 <> 0
                 ORDER BY hour LIMIT 1",
            )?
            .query_row([self.feed, from.div_euclid(HOUR), self.categories], |row| row.get(0))
            .optional()?;
        let Some(start) = hour.map(|hour| hour * HOUR).filter(|start| *start <= self.until) else {
            return Ok(None);
        };
        if start > time {
            self.after = (start - 1, i64::MAX);
        }
        Ok(Some(self.until.min(start + HOUR - 1)))
    }

    fn fetch_up_to(&mut self, connection: &Connection, until: i64) -> Result<(), StoreError> {
        let sql = if self.user.is_some() {
            "SELECT time, id, block, slot, flags, categories FROM event INDEXED BY event_by_user
             WHERE user = ?5 AND feed = ?1 AND (time, id) > (?2, ?3) AND time <= ?4
               AND (?7 = 0 OR categories & ?7 <> 0)
             ORDER BY time, id LIMIT ?6"
        } else {
            "SELECT time, id, block, slot, flags, categories FROM event
             WHERE feed = ?1 AND (time, id) > (?2, ?3) AND time <= ?4 AND ?5 IS NULL
               AND (?7 = 0 OR categories & ?7 <> 0)
             ORDER BY time, id LIMIT ?6"
        };
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(
            params![
                self.feed,
                self.after.0,
                self.after.1,
                until,
                self.user,
                FETCH as i64,
                self.categories
            ],
            |row| {
                Ok(Row {
                    time: row.get(0)?,
                    id: row.get(1)?,
                    block: row.get(2)?,
                    slot: usize::try_from(row.get::<_, i64>(3)?).unwrap_or(usize::MAX),
                    flags: row.get(4)?,
                    categories: row.get(5)?,
                })
            },
        )?;
        for row in rows {
            self.rows.push_back(row?);
        }
        Ok(())
    }
}

/// The blocks read last, unpacked.
#[derive(Default)]
struct Blocks {
    unpacked: HashMap<i64, Unpacked>,
    order: VecDeque<i64>,
}

impl Blocks {
    fn get(
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

fn contains(raw: &[u8], wanted_lowercase: &str) -> bool {
    String::from_utf8_lossy(raw).to_lowercase().contains(wanted_lowercase)
}

#[cfg(test)]
mod tests;
