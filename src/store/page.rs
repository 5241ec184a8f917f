//! A table's questions about records: those of a page, how many there are, one as a whole, and
//! which values a field has.
//!
//! Promises: a page holds exactly the matching records next to its place, in the order of
//! [`Place`], whichever way it is read; the next page goes on where it ended, whatever arrives
//! meanwhile. A page that would take too long ends early and says how far it has looked.
//!
//! Which records match is known from the columns beside them; only a text is looked for in the
//! records themselves. How that is quick in millions of records: see `strips.rs` and `grams.rs`.

mod count;
mod matching;
mod source;
mod suggest;
mod text;

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::alerts::{self, Alert};
use super::arrivals;
use super::batch::{
    ACTION, ADDRESS, APPLICATION, COLUMNS, COUNTRY, FACTOR, REASON, RESULT, TARGET, USER,
};
use super::block::Unpacked;
use super::error::StoreError;
use super::query::Reader;
use super::write::{LATE, NOT_UNDERSTOOD};
use crate::base::UnixMillis;
use crate::record::LogType;
use matching::Search;
use source::{Hit, Source};

/// How long a page may look before it tells how far it has got.
const PATIENCE: Duration = Duration::from_millis(400);

/// Which records.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// From this instant on, inclusive.
    pub since: UnixMillis,
    /// Up to this instant, inclusive.
    pub until: UnixMillis,
    /// Only these logs; all when empty.
    pub log_types: Vec<LogType>,
    /// Only records with at least one of these categories' bits; all when 0.
    pub categories: u64,
    /// Only records that have, in each of these columns, one of the values: in any letter case and
    /// in each of Duo's spellings. An ending `*` stands for anything, an empty value for none.
    pub fields: Vec<(Column, Vec<String>)>,
    /// Only records that appeared at Duo after their time had been read.
    pub late: bool,
    /// Only the records that are kept for this alert.
    pub alert: Option<i64>,
    /// Only records whose raw text contains this, in any letter case; all when empty.
    pub text: String,
}

impl Default for Wanted {
    /// All records.
    fn default() -> Self {
        Self {
            account: None,
            since: UnixMillis(i64::MIN),
            until: UnixMillis(i64::MAX),
            log_types: Vec::new(),
            categories: 0,
            fields: Vec::new(),
            late: false,
            alert: None,
            text: String::new(),
        }
    }
}

/// A text that is kept beside each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Who it was about.
    User,
    /// What was done.
    Action,
    /// How it ended.
    Result,
    /// Why it ended so.
    Reason,
    /// The second factor.
    Factor,
    /// The address it came from.
    Address,
    /// The protected application.
    Application,
    /// What was acted on.
    Target,
    /// The country of the address.
    Country,
}

impl Column {
    /// All of them, in the order of the table.
    pub const ALL: [Self; COLUMNS] = [
        Self::User,
        Self::Action,
        Self::Result,
        Self::Reason,
        Self::Factor,
        Self::Address,
        Self::Application,
        Self::Target,
        Self::Country,
    ];

    /// Where it stands in the table.
    pub(super) const fn index(self) -> usize {
        match self {
            Self::User => USER,
            Self::Action => ACTION,
            Self::Result => RESULT,
            Self::Reason => REASON,
            Self::Factor => FACTOR,
            Self::Address => ADDRESS,
            Self::Application => APPLICATION,
            Self::Target => TARGET,
            Self::Country => COUNTRY,
        }
    }

    /// The name of the table's column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Action => "action",
            Self::Result => "result",
            Self::Reason => "reason",
            Self::Factor => "factor",
            Self::Address => "address",
            Self::Application => "application",
            Self::Target => "target",
            Self::Country => "country",
        }
    }
}

/// Where a record lies. Records are in the order of their places: by time, log and id. A place
/// stays of use for going on when its record is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// When the record happened.
    pub time: UnixMillis,
    /// The number of its log, see [`super::FeedId::number`].
    pub feed: i64,
    /// The record's 64 bits.
    pub id: i64,
}

impl Place {
    /// Before all records of an instant. From here, [`Direction::Older`] reads those before it, and
    /// [`Direction::Newer`] the instant's own and all later ones.
    pub const fn before(time: UnixMillis) -> Self {
        Self { time, feed: i64::MIN, id: i64::MIN }
    }

    /// After all records of an instant.
    pub const fn after(time: UnixMillis) -> Self {
        Self { time, feed: i64::MAX, id: i64::MAX }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.time.0, self.feed, self.id)
    }
}

/// The text names no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlace;

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this does not name a record")
    }
}

impl std::error::Error for NoPlace {}

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('.').map(|part| part.parse::<i64>().map_err(|_| NoPlace));
        let mut next = || parts.next().unwrap_or(Err(NoPlace));
        let place = Self { time: UnixMillis(next()?), feed: next()?, id: next()? };
        if parts.next().is_some() { Err(NoPlace) } else { Ok(place) }
    }
}

/// Which way pages follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Towards the past: a page's first record is its newest.
    Older,
    /// Towards the present: a page's first record is its oldest.
    Newer,
}

/// A record as a row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it lies.
    pub place: Place,
    /// The account's name.
    pub account: Arc<str>,
    /// Which log.
    pub log_type: LogType,
    /// When it happened.
    pub time: UnixMillis,
    /// Who it was about.
    pub user: Option<Arc<str>>,
    /// What was done.
    pub action: Option<Arc<str>>,
    /// How it ended.
    pub result: Option<Arc<str>>,
    /// Why it ended so.
    pub reason: Option<Arc<str>>,
    /// The second factor.
    pub factor: Option<Arc<str>>,
    /// The address it came from.
    pub address: Option<Arc<str>>,
    /// The protected application.
    pub application: Option<Arc<str>>,
    /// What was acted on.
    pub target: Option<Arc<str>>,
    /// The country of the address.
    pub country: Option<Arc<str>>,
    /// The bits of its categories.
    pub categories: u64,
    /// It appeared at Duo after its time had been read.
    pub late: bool,
    /// False when it could not be understood.
    pub understood: bool,
}

impl Row {
    /// The text in a column.
    pub fn text(&self, column: Column) -> Option<&Arc<str>> {
        match column {
            Column::User => self.user.as_ref(),
            Column::Action => self.action.as_ref(),
            Column::Result => self.result.as_ref(),
            Column::Reason => self.reason.as_ref(),
            Column::Factor => self.factor.as_ref(),
            Column::Address => self.address.as_ref(),
            Column::Application => self.application.as_ref(),
            Column::Target => self.target.as_ref(),
            Column::Country => self.country.as_ref(),
        }
    }
}

/// Some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The rows, in the direction that was asked for.
    pub rows: Vec<Row>,
    /// Whether there may be further ones that way.
    pub more: bool,
    /// How far was looked: all matching records from the start up to here are in `rows`.
    pub searched_to: UnixMillis,
    /// From where the next page is to be asked for; `None` when there is none. A page that ended
    /// early has one even without rows.
    pub next: Option<Place>,
}

/// A record with everything that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The record as a row.
    pub row: Row,
    /// The account's API hostname.
    pub api_hostname: Arc<str>,
    /// Duo's own id; where there is none, the record's number in the store, in hexadecimal digits.
    pub id: String,
    /// Exactly what Duo sent.
    pub raw: Vec<u8>,
}

/// How many records there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// So many.
    pub records: u64,
    /// False when it is an estimate.
    pub exact: bool,
}

impl Reader {
    /// The matching records next to a place, the place's own not included; from the newest or the
    /// oldest on without a place.
    pub fn page(
        &self,
        wanted: &Wanted,
        from: Option<Place>,
        direction: Direction,
        rows: usize,
    ) -> Result<Page, StoreError> {
        self.page_within(wanted, from, direction, rows, PATIENCE)
    }

    /// The same with another patience than usual.
    pub fn page_within(
        &self,
        wanted: &Wanted,
        from: Option<Place>,
        direction: Direction,
        rows: usize,
        patience: Duration,
    ) -> Result<Page, StoreError> {
        let deadline = Instant::now().checked_add(patience);
        self.noted(self.at_once(|connection| {
            let search = Search::new(connection, wanted)?;
            let mut walk = Walk::new(&search, from, direction);
            let mut hits = Vec::new();
            let searched_to = loop {
                walk.take_sure(&mut hits, rows);
                if hits.len() >= rows {
                    break walk.bound_after(hits.last());
                }
                if walk.is_over() {
                    break None;
                }
                if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                    // Never back to before where it began.
                    let (bound, from) = (walk.bound(), from.unwrap_or_else(|| walk.bound()));
                    break Some(match direction {
                        Direction::Older => bound.min(from),
                        Direction::Newer => bound.max(from),
                    });
                }
                walk.step(connection)?;
            };
            let more = searched_to.is_some() && !(walk.is_over() && walk.found.is_empty());
            let end = match direction {
                Direction::Older => wanted.since,
                Direction::Newer => wanted.until,
            };
            Ok(Page {
                rows: search.rows(connection, &hits)?,
                more,
                searched_to: searched_to.filter(|_| more).map_or(end, |place| place.time),
                next: searched_to.filter(|_| more),
            })
        }))
    }

    /// How many records match.
    pub fn count(&self, wanted: &Wanted) -> Result<Counted, StoreError> {
        count::count(self, wanted)
    }

    /// A record as a whole; `None` when it is not stored any more.
    pub fn record(&self, place: &Place) -> Result<Option<Whole>, StoreError> {
        self.noted(self.at_once(|connection| {
            let search = Search::new(connection, &Wanted::default())?;
            let Some(log) = search.logs.iter().find(|log| log.feed == place.feed) else {
                return Ok(None);
            };
            let hit = source::hits_at(connection, place.feed, place.time.0)?
                .into_iter()
                .find(|hit| hit.id == place.id);
            let Some(hit) = hit else { return Ok(None) };
            let data: Option<Vec<u8>> = connection
                .prepare_cached("SELECT data FROM block WHERE id = ?1")?
                .query_row([hit.block], |row| row.get(0))
                .optional()?;
            let Some(data) = data else { return Ok(None) };
            let raw = Unpacked::read(&data)?.record(hit.slot)?.to_vec();
            let id = arrivals::id_text(log.log_type, &raw, hit.id).into_owned();
            let api_hostname = Arc::clone(&log.api_hostname);
            let row = search.rows(connection, &[hit])?.pop();
            Ok(row.map(|row| Whole { row, api_hostname, id, raw }))
        }))
    }

    /// The alerts a record is part of, oldest first, as far as they kept it.
    pub fn alerts_of(&self, place: &Place) -> Result<Vec<Alert>, StoreError> {
        self.noted((|| {
            let mut statement = self.connection.prepare_cached(&format!(
                "{} WHERE l.id IN (SELECT alert FROM alert_event
                                   WHERE feed = ?1 AND time = ?2 AND event = ?3)
                 ORDER BY l.id",
                alerts::SELECT
            ))?;
            let key = [place.feed, place.time.0, place.id];
            let rows = statement.query_map(key, |row| alerts::alert(row, 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })())
    }

    /// Values that a column has in stored records and that begin with a text, in any letter case;
    /// the most frequent ones of late first.
    pub fn suggestions(
        &self,
        column: Column,
        prefix: &str,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.noted(self.at_once(|connection| suggest::values(connection, column, prefix, limit)))
    }
}

/// Reads all logs side by side. Each is read as far as the others before any goes further, so what
/// lies before the furthest bound is complete.
struct Walk<'s> {
    search: &'s Search,
    direction: Direction,
    sources: Vec<Source>,
    /// What was found beyond what all logs have been read to.
    found: BinaryHeap<Found>,
}

/// A hit that has to wait its turn; the next one is the greatest.
struct Found {
    key: (i64, i64, i64),
    hit: Hit,
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Found {}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl<'s> Walk<'s> {
    fn new(search: &'s Search, from: Option<Place>, direction: Direction) -> Self {
        let sources = search
            .logs
            .iter()
            .enumerate()
            .filter_map(|(i, _)| Source::new(search, i, from, direction))
            .collect();
        Self { search, direction, sources, found: BinaryHeap::new() }
    }

    /// Turns the order around for [`Direction::Newer`].
    fn turned(&self, number: i64) -> i64 {
        match self.direction {
            Direction::Older => number,
            Direction::Newer => !number,
        }
    }

    fn is_over(&self) -> bool {
        self.sources.iter().all(Source::is_over)
    }

    /// The log that has been read least far.
    fn hindmost(&mut self) -> Option<&mut Source> {
        let direction = self.direction;
        let turned = move |time: i64| match direction {
            Direction::Older => time,
            Direction::Newer => !time,
        };
        self.sources
            .iter_mut()
            .filter(|source| !source.is_over())
            .max_by_key(|source| turned(source.reached))
    }

    fn step(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let search = self.search;
        let mut hits = Vec::new();
        if let Some(source) = self.hindmost() {
            source.step(connection, search, &mut hits)?;
        }
        for hit in hits {
            let key = (self.turned(hit.time), self.turned(hit.feed), self.turned(hit.id));
            self.found.push(Found { key, hit });
        }
        Ok(())
    }

    /// Takes the hits, in order, that lie before what any log has still to be read for.
    fn take_sure(&mut self, hits: &mut Vec<Hit>, most: usize) {
        let bound = self.hindmost().map(|source| source.reached).map(|time| self.turned(time));
        while hits.len() < most
            && let Some(first) = self.found.peek()
            && bound.is_none_or(|bound| first.key.0 >= bound)
            && let Some(first) = self.found.pop()
        {
            hits.push(first.hit);
        }
    }

    /// All records before this place have been looked at.
    fn bound(&mut self) -> Place {
        let time = UnixMillis(self.hindmost().map_or(0, |source| source.reached));
        match self.direction {
            Direction::Older => Place::before(time),
            Direction::Newer => Place::after(time),
        }
    }

    fn bound_after(&mut self, last: Option<&Hit>) -> Option<Place> {
        match last {
            Some(hit) => Some(Place { time: UnixMillis(hit.time), feed: hit.feed, id: hit.id }),
            None => Some(self.bound()),
        }
    }
}

impl Search {
    /// The hits with their words.
    fn rows(&self, connection: &Connection, hits: &[Hit]) -> Result<Vec<Row>, StoreError> {
        let mut words: HashMap<i64, Option<Arc<str>>> = HashMap::default();
        let mut read = connection.prepare_cached("SELECT text FROM word WHERE id = ?1")?;
        let mut rows = Vec::with_capacity(hits.len());
        for hit in hits {
            let Some(log) = self.logs.iter().find(|log| log.feed == hit.feed) else { continue };
            let mut texts: [Option<Arc<str>>; COLUMNS] = [const { None }; COLUMNS];
            for (text, word) in texts.iter_mut().zip(hit.columns) {
                let Some(word) = word else { continue };
                *text = match words.get(&word) {
                    Some(known) => known.clone(),
                    None => {
                        let found: Option<String> =
                            read.query_row([word], |row| row.get(0)).optional()?;
                        let found = found.map(Arc::from);
                        words.insert(word, found.clone());
                        found
                    }
                };
            }
            let [user, action, result, reason, factor, address, application, target, country] =
                texts;
            rows.push(Row {
                place: Place { time: UnixMillis(hit.time), feed: hit.feed, id: hit.id },
                account: Arc::clone(&log.account),
                log_type: log.log_type,
                time: UnixMillis(hit.time),
                user,
                action,
                result,
                reason,
                factor,
                address,
                application,
                target,
                country,
                categories: hit.categories.cast_unsigned(),
                late: hit.flags & LATE != 0,
                understood: hit.flags & NOT_UNDERSTOOD == 0,
            });
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests;
