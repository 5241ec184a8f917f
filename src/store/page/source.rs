//! Walks through the records of one log, in either direction, and finds those that fit.
//!
//! Where the columns are packed, the instants of what may fit come from there, and the records of
//! these instants are looked at; everywhere else every record is.

use std::cmp::Ordering;
use std::collections::VecDeque;

use rusqlite::{CachedStatement, Connection, Row};

use super::matching::{Conditions, Search};
use super::text::Texts;
use super::{Direction, Place};
use crate::store::batch::COLUMNS;
use crate::store::error::StoreError;
use crate::store::strips::pack::{Chosen, Values, steps};
use crate::store::strips::{self, BLOCK, CATEGORIES, FLAGS, Segment, TIME};
use crate::store::write::LATE;

/// Rows looked at in a first step; each further step looks at twice as many.
const FIRST_STEP: usize = 64;

/// Rows looked at in one step at most.
const LONGEST_STEP: usize = 1_024;

/// Where at least one record of so many may fit, all are read in a row: that is quicker than going
/// to each instant of those.
const DENSE: usize = 6;

/// A record that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Hit {
    pub feed: i64,
    pub time: i64,
    pub id: i64,
    /// Words.
    pub columns: [Option<i64>; COLUMNS],
    pub flags: i64,
    pub categories: i64,
    pub block: i64,
    pub slot: usize,
}

impl Hit {
    const COLUMNS: &str = "time, id, user, action, result, reason, factor, address, application, \
                           target, country, flags, categories, block, slot";

    fn read(feed: i64, row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut columns = [None; COLUMNS];
        for (i, column) in columns.iter_mut().enumerate() {
            *column = row.get(i + 2)?;
        }
        Ok(Self {
            feed,
            time: row.get(0)?,
            id: row.get(1)?,
            columns,
            flags: row.get(COLUMNS + 2)?,
            categories: row.get(COLUMNS + 3)?,
            block: row.get(COLUMNS + 4)?,
            slot: usize::try_from(row.get::<_, i64>(COLUMNS + 5)?).unwrap_or(usize::MAX),
        })
    }
}

/// All records of a log at one instant, in order.
pub(super) fn hits_at(
    connection: &Connection,
    feed: i64,
    time: i64,
) -> Result<Vec<Hit>, StoreError> {
    read_instant(&mut instant(connection)?, feed, time)
}

fn instant(connection: &Connection) -> Result<CachedStatement<'_>, StoreError> {
    let sql =
        format!("SELECT {} FROM event WHERE feed = ?1 AND time = ?2 ORDER BY id", Hit::COLUMNS);
    Ok(connection.prepare_cached(&sql)?)
}

fn read_instant(
    statement: &mut CachedStatement<'_>,
    feed: i64,
    time: i64,
) -> Result<Vec<Hit>, StoreError> {
    let rows = statement.query_map([feed, time], |row| Hit::read(feed, row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The records of one log that are still to be looked at.
pub(in crate::store) struct Source {
    feed: i64,
    asked: Conditions,
    direction: Direction,
    /// Between these, both exclusive: time and id.
    above: (i64, i64),
    below: (i64, i64),
    /// All records before this instant have been looked at, its own included.
    pub reached: i64,
    leg: Leg,
    step: usize,
    over: bool,
    texts: Texts,
}

/// How the next records are looked at.
enum Leg {
    /// That is to be found out.
    Unknown,
    /// One by one, up to the last of this instant.
    Rows(i64),
    /// Those of these instants only; then all up to the last of the other instant are done.
    Instants(VecDeque<i64>, i64),
}

impl Source {
    /// The part of a log beyond a place; `None` when there cannot be any.
    pub fn new(
        search: &Search,
        log: usize,
        from: Option<Place>,
        direction: Direction,
    ) -> Option<Self> {
        let log = search.logs.get(log)?;
        let mut above = (search.since.saturating_sub(1), i64::MAX);
        let mut below = (search.until.saturating_add(1), i64::MIN);
        if let Some(Place { time, feed, id }) = from {
            let time = time.0;
            let by_log = log.feed.cmp(&feed);
            match direction {
                Direction::Older => {
                    below = below.min(match by_log {
                        Ordering::Less => (time.saturating_add(1), i64::MIN),
                        Ordering::Equal => (time, id),
                        Ordering::Greater => (time, i64::MIN),
                    });
                }
                Direction::Newer => {
                    above = above.max(match by_log {
                        Ordering::Less => (time, i64::MAX),
                        Ordering::Equal => (time, id),
                        Ordering::Greater => (time.saturating_sub(1), i64::MAX),
                    });
                }
            }
        }
        if above >= below {
            return None;
        }
        let asked = search.conditions(log.log_type);
        let leg = match (&search.places, direction) {
            (Some(places), _) => {
                let places = places.get(&log.feed).map(Vec::as_slice).unwrap_or_default();
                let mut times: Vec<i64> = places.iter().map(|(time, _)| *time).collect();
                times.dedup();
                instants(times, direction, last(direction))
            }
            (None, _) if search.is_about_all(&asked) => Leg::Rows(last(direction)),
            _ => Leg::Unknown,
        };
        let mut source = Self {
            feed: log.feed,
            asked,
            direction,
            above,
            below,
            reached: 0,
            leg,
            step: FIRST_STEP,
            over: false,
            texts: Texts::default(),
        };
        source.reached = source.begun();
        Some(source)
    }

    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Looks a bit further.
    pub fn step(
        &mut self,
        connection: &Connection,
        search: &Search,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        if matches!(self.leg, Leg::Unknown)
            && let Some((segment, edge)) = self.next_leg(connection)?
        {
            let chosen = self.chosen(connection, search, &segment)?;
            let count = usize::try_from(chosen.count()).unwrap_or(usize::MAX);
            self.leg = if count >= segment.records.div_ceil(DENSE) {
                Leg::Rows(edge)
            } else if count == 0 {
                instants(Vec::new(), self.direction, edge)
            } else {
                let strip = segment.strip(connection, TIME)?;
                let mut times: Vec<i64> = steps(&strip)
                    .enumerate()
                    .filter(|(record, time)| {
                        chosen.has(*record) && self.above.0 <= *time && *time <= self.below.0
                    })
                    .map(|(_, time)| time)
                    .collect();
                times.dedup();
                instants(times, self.direction, edge)
            };
        }
        match &self.leg {
            Leg::Rows(edge) => {
                let edge = *edge;
                self.step_by_rows(connection, search, edge, hits)
            }
            _ => self.step_by_instants(connection, search, hits),
        }
    }

    /// Counts what fits a bit further on, without looking at each record where that is not needed.
    pub fn count(&mut self, connection: &Connection, search: &Search) -> Result<u64, StoreError> {
        if matches!(self.leg, Leg::Unknown)
            && search.needle.is_none()
            && let Some((segment, edge)) = self.next_leg(connection)?
        {
            let mut chosen = self.chosen(connection, search, &segment)?;
            let cut = segment.since <= self.above.0 || self.below.0 < segment.until;
            if cut && !chosen.is_empty() {
                let strip = segment.strip(connection, TIME)?;
                let (mut first, mut end) = (0, 0);
                for time in steps(&strip) {
                    first += usize::from(time <= self.above.0);
                    end += usize::from(time < self.below.0);
                }
                chosen.keep_between(first, end);
            }
            self.finish_leg(edge);
            return Ok(chosen.count());
        }
        let mut hits = Vec::new();
        self.step(connection, search, &mut hits)?;
        Ok(hits.len() as u64)
    }

    /// Finds out how to go on: a packed segment, to be read up to an instant, or else the leg is
    /// known afterwards.
    fn next_leg(&mut self, connection: &Connection) -> Result<Option<(Segment, i64)>, StoreError> {
        let next = self.next_instant();
        let near = strips::at_or_before(connection, self.feed, next)?;
        if let Some(segment) = near.filter(|segment| next < segment.until) {
            let edge = match self.direction {
                Direction::Older => segment.since,
                Direction::Newer => segment.until.saturating_sub(1),
            };
            if segment.strips.is_some() {
                return Ok(Some((segment, edge)));
            }
            self.leg = Leg::Rows(edge);
            return Ok(None);
        }
        let edge = match self.direction {
            Direction::Older => near.map(|segment| segment.until),
            Direction::Newer => strips::after(connection, self.feed, next)?
                .map(|segment| segment.since.saturating_sub(1)),
        };
        self.leg = Leg::Rows(edge.unwrap_or_else(|| last(self.direction)));
        Ok(None)
    }

    /// The records of a segment that may fit.
    fn chosen(
        &mut self,
        connection: &Connection,
        search: &Search,
        segment: &Segment,
    ) -> Result<Chosen, StoreError> {
        let mut chosen = Chosen::all(segment.records);
        for (column, words) in self.asked.iter() {
            let strip = segment.strip(connection, column)?;
            if let Some(values) = Values::read(&strip) {
                chosen.keep(&values, |word| words.fit((word != 0).then_some(word)));
            }
            if chosen.is_empty() {
                return Ok(chosen);
            }
        }
        if search.categories != 0 {
            let strip = segment.strip(connection, CATEGORIES)?;
            if let Some(values) = Values::read(&strip) {
                chosen.keep(&values, |bits| bits & search.categories != 0);
            }
        }
        if search.late {
            let strip = segment.strip(connection, FLAGS)?;
            if let Some(values) = Values::read(&strip) {
                chosen.keep(&values, |flags| flags & LATE != 0);
            }
        }
        if let Some(needle) = search.needle.as_ref().filter(|_| !chosen.is_empty()) {
            let strip = segment.strip(connection, BLOCK)?;
            if let Some(values) = Values::read(&strip) {
                // Only blocks of records that fit otherwise are worth a look.
                let mut worth = vec![false; values.distinct.len()];
                for record in chosen.iter() {
                    if let Some(worth) = worth.get_mut(values.code(record)) {
                        *worth = true;
                    }
                }
                let worth: Vec<i64> = values
                    .distinct
                    .iter()
                    .zip(worth)
                    .filter_map(|(block, worth)| worth.then_some(*block))
                    .collect();
                let with_text = self.texts.among(connection, needle, &worth)?;
                chosen.keep(&values, |block| with_text.contains(&block));
            }
        }
        Ok(chosen)
    }

    fn step_by_instants(
        &mut self,
        connection: &Connection,
        search: &Search,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        let mut statement = instant(connection)?;
        for _ in 0..self.lengthened() {
            let Leg::Instants(times, edge) = &mut self.leg else { break };
            let Some(time) = times.pop_front() else {
                let edge = *edge;
                self.finish_leg(edge);
                break;
            };
            if time < self.above.0 || time > self.below.0 {
                continue;
            }
            for hit in read_instant(&mut statement, self.feed, time)? {
                let place = (hit.time, hit.id);
                if self.above < place && place < self.below {
                    self.take(connection, search, hit, hits)?;
                }
            }
            self.reached = time;
        }
        Ok(())
    }

    fn step_by_rows(
        &mut self,
        connection: &Connection,
        search: &Search,
        edge: i64,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        let most = self.lengthened();
        let (mut above, mut below) = (self.above, self.below);
        let order = match self.direction {
            Direction::Older => {
                above = above.max((edge.saturating_sub(1), i64::MAX));
                "ORDER BY time DESC, id DESC"
            }
            Direction::Newer => {
                below = below.min((edge.saturating_add(1), i64::MIN));
                "ORDER BY time, id"
            }
        };
        let rows = {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM event WHERE feed = ?1 AND (time, id) > (?2, ?3)
                    AND (time, id) < (?4, ?5) {order} LIMIT ?6",
                Hit::COLUMNS
            ))?;
            let range = [self.feed, above.0, above.1, below.0, below.1, most as i64];
            statement
                .query_map(range, |row| Hit::read(self.feed, row))?
                .collect::<Result<Vec<_>, _>>()?
        };
        if rows.len() < most {
            self.finish_leg(edge);
        } else if let Some(last) = rows.last() {
            match self.direction {
                Direction::Older => self.below = (last.time, last.id),
                Direction::Newer => self.above = (last.time, last.id),
            }
            self.reached = self.begun();
        }
        for hit in rows {
            self.take(connection, search, hit, hits)?;
        }
        Ok(())
    }

    /// All up to the last of an instant has been looked at.
    fn finish_leg(&mut self, edge: i64) {
        match self.direction {
            Direction::Older => self.below = (edge, i64::MIN),
            Direction::Newer => self.above = (edge, i64::MAX),
        }
        self.reached = edge;
        self.over = self.above >= self.below || edge == last(self.direction);
        self.leg = Leg::Unknown;
    }

    /// What has been looked at, by the bounds. Of the instant of a bound there may be more.
    fn begun(&self) -> i64 {
        match self.direction {
            Direction::Older if self.below.1 == i64::MIN => self.below.0,
            Direction::Older => self.below.0.saturating_add(1),
            Direction::Newer if self.above.1 == i64::MAX => self.above.0,
            Direction::Newer => self.above.0.saturating_sub(1),
        }
    }

    /// The first instant at which there may be more.
    fn next_instant(&self) -> i64 {
        match self.direction {
            Direction::Older if self.below.1 == i64::MIN => self.below.0.saturating_sub(1),
            Direction::Older => self.below.0,
            Direction::Newer if self.above.1 == i64::MAX => self.above.0.saturating_add(1),
            Direction::Newer => self.above.0,
        }
    }

    fn lengthened(&mut self) -> usize {
        let step = self.step;
        self.step = (step * 2).min(LONGEST_STEP);
        step
    }

    /// Keeps a row that fits.
    fn take(
        &mut self,
        connection: &Connection,
        search: &Search,
        hit: Hit,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        if search.fits(&self.asked, &hit)
            && (search.needle.as_ref())
                .map_or(Ok(true), |needle| self.texts.holds(connection, needle, &hit))?
        {
            hits.push(hit);
        }
        Ok(())
    }
}

/// The last instant of all.
fn last(direction: Direction) -> i64 {
    match direction {
        Direction::Older => i64::MIN,
        Direction::Newer => i64::MAX,
    }
}

fn instants(mut times: Vec<i64>, direction: Direction, edge: i64) -> Leg {
    if direction == Direction::Older {
        times.reverse();
    }
    Leg::Instants(times.into(), edge)
}
