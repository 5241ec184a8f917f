//! The columns of a log's records once more, packed column by column, so that a question about
//! millions of records reads a few bits of each.
//!
//! Promises: what is packed agrees with the records at every commit: a range of time in which a
//! record is added, changed or removed is unpacked in the same transaction, and read row by row
//! until it is packed again. So nothing is ever found or counted wrongly, at worst slowly.
//!
//! `segment` names ranges of time, up to [`FULL`] records each; `strip` has a row for each column
//! of a packed one. The newest records are packed when enough of them have come. While a log
//! catches up, that is when a segment is full; otherwise a small segment grows with what follows.
//!
//! The columns of 13 million records take a sixth of the room that an index over the users alone
//! takes, and answer for all columns and any of their combinations.

pub(super) mod pack;

use rusqlite::{Connection, OptionalExtension, params};

use self::pack::Strips;
use super::batch::COLUMNS;
use super::error::StoreError;

/// Records of a full segment.
pub(super) const FULL: usize = if cfg!(test) { 150 } else { 16_384 };

/// A log's newest records are packed when there are so many.
const FEW: usize = if cfg!(test) { 20 } else { 1_024 };

/// Ranges packed in one transaction, so that collection never waits long.
const AT_ONCE: usize = 4;

/// Which strip holds what, beside the columns of text, which come first.
pub(super) const CATEGORIES: usize = COLUMNS;
/// See [`CATEGORIES`].
pub(super) const FLAGS: usize = COLUMNS + 1;
/// See [`CATEGORIES`].
pub(super) const BLOCK: usize = COLUMNS + 2;
/// See [`CATEGORIES`].
pub(super) const TIME: usize = COLUMNS + 3;

/// Numbers set aside for the strips of one segment.
const NUMBERS: i64 = 16;

/// A range of a log's records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// From this instant on.
    pub since: i64,
    /// Up to this instant, not included.
    pub until: i64,
    /// How many records it has, when packed.
    pub records: usize,
    /// The first of its strips; `None` while it is not packed.
    pub strips: Option<i64>,
}

impl Segment {
    /// The first of a log's segments that a condition on an instant, `?2`, and an order name.
    fn first(
        connection: &Connection,
        feed: i64,
        time: i64,
        which: &str,
    ) -> Result<Option<Self>, StoreError> {
        Ok(connection
            .prepare_cached(&format!(
                "SELECT since, until, records, strips FROM segment
                 WHERE feed = ?1 AND {which} LIMIT 1"
            ))?
            .query_row([feed, time], Self::read)
            .optional()?)
    }

    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            since: row.get(0)?,
            until: row.get(1)?,
            records: usize::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
            strips: row.get(3)?,
        })
    }

    /// One of its strips, for [`pack`] to read; empty when it is not packed.
    pub fn strip(&self, connection: &Connection, number: usize) -> Result<Vec<u8>, StoreError> {
        let Some(first) = self.strips else { return Ok(Vec::new()) };
        let data: Option<Vec<u8>> = connection
            .prepare_cached("SELECT data FROM strip WHERE id = ?1")?
            .query_row([first + number as i64], |row| row.get(0))
            .optional()?;
        Ok(data.unwrap_or_default())
    }
}

/// The segment in which an instant lies, or else the nearest one before it.
pub(super) fn at_or_before(
    connection: &Connection,
    feed: i64,
    time: i64,
) -> Result<Option<Segment>, StoreError> {
    Segment::first(connection, feed, time, "since <= ?2 ORDER BY since DESC")
}

/// The nearest segment that begins after an instant.
pub(super) fn after(
    connection: &Connection,
    feed: i64,
    time: i64,
) -> Result<Option<Segment>, StoreError> {
    Segment::first(connection, feed, time, "since > ?2 ORDER BY since")
}

/// Unpacks the segments that records of these times lie in: these records are new or changed, or
/// are gone.
pub(super) fn unpack(
    tx: &Connection,
    feed: i64,
    times: impl IntoIterator<Item = i64>,
) -> Result<(), StoreError> {
    let mut times: Vec<i64> = times.into_iter().collect();
    times.sort_unstable();
    let (Some(oldest), Some(newest)) = (times.first().copied(), times.last().copied()) else {
        return Ok(());
    };
    let mut first = None;
    let mut next = at_or_before(tx, feed, newest)?;
    while let Some(segment) = next {
        first = Some(segment.since);
        if segment.until <= oldest {
            break;
        }
        let from = times.partition_point(|time| *time < segment.since);
        if times.get(from).is_some_and(|time| *time < segment.until) {
            forget(tx, &segment)?;
            tx.prepare_cached("UPDATE segment SET strips = NULL WHERE feed = ?1 AND since = ?2")?
                .execute([feed, segment.since])?;
        }
        next = match segment.since.checked_sub(1) {
            Some(before) => at_or_before(tx, feed, before)?,
            None => None,
        };
    }
    // Records from before the oldest segment, after older ones had been removed.
    let first = match first {
        Some(first) => Some(first),
        None => after(tx, feed, newest)?.map(|segment| segment.since),
    };
    if let Some(first) = first.filter(|first| oldest < *first) {
        add(tx, feed, i64::MIN, first)?;
    }
    Ok(())
}

/// Packs what has been waiting for it, after records of a log were added. `more_follows` tells
/// that the log is catching up.
pub(super) fn tend(tx: &Connection, feed: i64, more_follows: bool) -> Result<(), StoreError> {
    let last = at_or_before(tx, feed, i64::MAX)?;
    let growing = last.filter(|last| last.records < FULL);
    let enough = match growing {
        _ if more_follows => FULL,
        Some(last) => (last.records / 2).max(FEW),
        None => FEW,
    };
    let from = last.map_or(i64::MIN, |last| last.until);
    let waiting: i64 = tx
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM event WHERE feed = ?1 AND time >= ?2 LIMIT ?3)",
        )?
        .query_row([feed, from, enough as i64], |row| row.get(0))?;
    if waiting >= enough as i64 {
        let newest: i64 = tx
            .prepare_cached("SELECT max(time) FROM event WHERE feed = ?1")?
            .query_row([feed], |row| row.get(0))?;
        let since = match growing {
            Some(last) => {
                forget(tx, &last)?;
                tx.prepare_cached("DELETE FROM segment WHERE feed = ?1 AND since = ?2")?
                    .execute([feed, last.since])?;
                last.since
            }
            None => from,
        };
        add(tx, feed, since, newest.saturating_add(1))?;
    }
    pack_from(tx, feed, i64::MIN, AT_ONCE)
}

/// Packs segments that are not, and that begin at an instant or later; so many at most.
pub(super) fn pack_from(
    tx: &Connection,
    feed: i64,
    from: i64,
    at_most: usize,
) -> Result<(), StoreError> {
    for _ in 0..at_most {
        let next: Option<(i64, i64)> = tx
            .prepare_cached(
                "SELECT since, until FROM segment
                 WHERE feed = ?1 AND since >= ?2 AND strips IS NULL
                 ORDER BY since DESC LIMIT 1",
            )?
            .query_row([feed, from], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((since, until)) = next else { break };
        pack_range(tx, feed, since, until)?;
    }
    Ok(())
}

/// Forgets everything of a log.
pub(super) fn remove(tx: &Connection, feed: i64) -> Result<(), StoreError> {
    let mut next = at_or_before(tx, feed, i64::MAX)?;
    while let Some(segment) = next {
        forget(tx, &segment)?;
        tx.prepare_cached("DELETE FROM segment WHERE feed = ?1 AND since = ?2")?
            .execute([feed, segment.since])?;
        next = at_or_before(tx, feed, segment.since)?;
    }
    Ok(())
}

fn add(tx: &Connection, feed: i64, since: i64, until: i64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO segment (feed, since, until, records) VALUES (?1, ?2, ?3, 0)")?
        .execute([feed, since, until])?;
    Ok(())
}

fn forget(tx: &Connection, segment: &Segment) -> Result<(), StoreError> {
    if let Some(first) = segment.strips {
        tx.prepare_cached("DELETE FROM strip WHERE id >= ?1 AND id < ?2")?
            .execute([first, first + NUMBERS])?;
    }
    Ok(())
}

/// Packs a range that is not packed, or its beginning when it is too long; the rest stays a
/// segment of its own. All records of an instant are in one segment.
fn pack_range(tx: &Connection, feed: i64, since: i64, until: i64) -> Result<(), StoreError> {
    let mut most = 2 * FULL;
    let (strips, end) = loop {
        let mut strips = Strips::read(tx, feed, since, until, most)?;
        if strips.len() < most && strips.len() <= FULL + FULL / 2 {
            break (strips, until);
        }
        if let Some(end) = strips.cut(FULL) {
            break (strips, end);
        }
        if strips.len() < most {
            break (strips, until);
        }
        most *= 2;
    };
    if strips.len() == 0 {
        tx.prepare_cached("DELETE FROM segment WHERE feed = ?1 AND since = ?2")?
            .execute([feed, since])?;
        return Ok(());
    }
    let last: Option<i64> =
        tx.prepare_cached("SELECT max(id) FROM strip")?.query_row([], |row| row.get(0))?;
    let first = last.map_or(0, |last| (last / NUMBERS + 1) * NUMBERS);
    let mut insert = tx.prepare_cached("INSERT INTO strip (id, data) VALUES (?1, ?2)")?;
    for (number, data) in (first..).zip(strips.pack()) {
        insert.execute(params![number, data])?;
    }
    tx.prepare_cached(
        "UPDATE segment SET until = ?3, records = ?4, strips = ?5
         WHERE feed = ?1 AND since = ?2",
    )?
    .execute(params![feed, since, end, strips.len() as i64, first])?;
    if end < until {
        add(tx, feed, end, until)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
