//! Walks through the records of one log, in either direction, and finds those that fit.

use std::collections::VecDeque;

use rusqlite::{Connection, Row};

use super::matching::{Conditions, Search};
use super::text::Texts;
use super::{Direction, Place};
use crate::store::batch::COLUMNS;
use crate::store::error::StoreError;

/// Rows looked at in a first step; each further step looks at twice as many.
const FIRST_STEP: usize = 64;

/// Rows looked at in one step at most.
const LONGEST_STEP: usize = 4_096;

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

/// All records of a log at one instant.
pub(super) fn hits_at(
    connection: &Connection,
    feed: i64,
    time: i64,
) -> Result<Vec<Hit>, StoreError> {
    let sql = format!("SELECT {} FROM event WHERE feed = ?1 AND time = ?2", Hit::COLUMNS);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([feed, time], |row| Hit::read(feed, row))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The records of one log that a page may hold.
pub(super) struct Source {
    feed: i64,
    asked: Conditions,
    direction: Direction,
    /// Between these, both exclusive, lies what is still to be looked at: time and id.
    above: (i64, i64),
    below: (i64, i64),
    /// All records before this instant have been looked at, its own included.
    pub reached: i64,
    /// Instants that are known to be the only ones left.
    only: Option<VecDeque<i64>>,
    step: usize,
    over: bool,
    texts: Texts,
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
            match direction {
                Direction::Older => {
                    below = below.min(match log.feed.cmp(&feed) {
                        std::cmp::Ordering::Less => (time.saturating_add(1), i64::MIN),
                        std::cmp::Ordering::Equal => (time, id),
                        std::cmp::Ordering::Greater => (time, i64::MIN),
                    });
                }
                Direction::Newer => {
                    above = above.max(match log.feed.cmp(&feed) {
                        std::cmp::Ordering::Less => (time, i64::MAX),
                        std::cmp::Ordering::Equal => (time, id),
                        std::cmp::Ordering::Greater => (time.saturating_sub(1), i64::MAX),
                    });
                }
            }
        }
        if above >= below {
            return None;
        }
        let only = search.places.as_ref().map(|places| {
            let places = places.get(&log.feed).map(Vec::as_slice).unwrap_or_default();
            let mut times: Vec<i64> = places.iter().map(|(time, _)| *time).collect();
            times.dedup();
            if direction == Direction::Older {
                times.reverse();
            }
            times.into()
        });
        // Of the instant of a place there may be more.
        let reached = match direction {
            Direction::Older if below.1 == i64::MIN => below.0,
            Direction::Older => below.0.saturating_add(1),
            Direction::Newer if above.1 == i64::MAX => above.0,
            Direction::Newer => above.0.saturating_sub(1),
        };
        Some(Self {
            feed: log.feed,
            asked: search.conditions(log.log_type),
            direction,
            above,
            below,
            reached,
            only,
            step: FIRST_STEP,
            over: false,
            texts: Texts::default(),
        })
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
        if self.only.is_some() {
            self.step_by_instants(connection, search, hits)
        } else {
            self.step_by_rows(connection, search, hits)
        }
    }

    fn step_by_instants(
        &mut self,
        connection: &Connection,
        search: &Search,
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        for _ in 0..self.lengthened() {
            let Some(time) = self.only.as_mut().and_then(VecDeque::pop_front) else {
                self.over = true;
                break;
            };
            if time < self.above.0 || time > self.below.0 {
                continue;
            }
            for hit in hits_at(connection, self.feed, time)? {
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
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        let most = self.lengthened();
        let rows = {
            let order = match self.direction {
                Direction::Older => "ORDER BY time DESC, id DESC",
                Direction::Newer => "ORDER BY time, id",
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM event WHERE feed = ?1 AND (time, id) > (?2, ?3)
                    AND (time, id) < (?4, ?5) {order} LIMIT ?6",
                Hit::COLUMNS
            ))?;
            let (above, below) = (self.above, self.below);
            let range = [self.feed, above.0, above.1, below.0, below.1, most as i64];
            statement
                .query_map(range, |row| Hit::read(self.feed, row))?
                .collect::<Result<Vec<_>, _>>()?
        };
        self.over = rows.len() < most;
        if let Some(last) = rows.last() {
            // Of the last row's instant there may be more.
            match self.direction {
                Direction::Older => {
                    self.below = (last.time, last.id);
                    self.reached = last.time.saturating_add(1);
                }
                Direction::Newer => {
                    self.above = (last.time, last.id);
                    self.reached = last.time.saturating_sub(1);
                }
            }
        }
        for hit in rows {
            self.take(connection, search, hit, hits)?;
        }
        Ok(())
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
