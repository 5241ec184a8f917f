//! The values of a column, for who is about to type one.
//!
//! The newest records decide what is frequent. Older ones are only asked whether a value occurs
//! among them, and only when the newest have too few.

use foldhash::{HashMap, HashSet};
use rusqlite::{Connection, OptionalExtension};

use super::Column;
use crate::store::error::StoreError;
use crate::store::strips::pack::Values;
use crate::store::strips::{self, Segment};

/// Packed segments of each log whose records are counted, from the newest on.
const COUNTED: usize = 6;

/// Records that are looked at one by one at most where they are not packed.
const LOOKED_AT: i64 = 20_000;

/// Values at most whose letters are compared.
const COMPARED: usize = 20_000;

pub(super) fn values(
    connection: &Connection,
    column: Column,
    prefix: &str,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let feeds: Vec<i64> = connection
        .prepare_cached("SELECT id FROM feed")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let beginning = beginning(connection, prefix)?;
    let mut found = Found { connection, column, beginning, counts: HashMap::default() };
    let mut older = Vec::new();
    for feed in feeds {
        let newest = strips::at_or_before(connection, feed, i64::MAX)?;
        found.count_rows(feed, newest.map_or(i64::MIN, |newest| newest.until), i64::MAX)?;
        let mut next = newest;
        for _ in 0..COUNTED {
            let Some(segment) = next else { break };
            found.count_segment(feed, &segment)?;
            next = before(connection, feed, &segment)?;
        }
        older.extend(next.map(|next| (feed, next)));
    }
    // Far back, what is frequent does not matter any more.
    while found.counts.len() < limit
        && let Some((feed, segment)) = older.pop()
    {
        found.note_segment(&segment)?;
        older.extend(before(connection, feed, &segment)?.map(|next| (feed, next)));
    }
    found.texts(limit)
}

fn before(
    connection: &Connection,
    feed: i64,
    segment: &Segment,
) -> Result<Option<Segment>, StoreError> {
    match segment.since.checked_sub(1) {
        Some(time) => strips::at_or_before(connection, feed, time),
        None => Ok(None),
    }
}

/// The words that begin with a text; `None` when all do.
fn beginning(connection: &Connection, prefix: &str) -> Result<Option<HashSet<i64>>, StoreError> {
    if prefix.is_empty() {
        return Ok(None);
    }
    let prefix = prefix.to_lowercase();
    let mut statement = connection.prepare_cached("SELECT id, text FROM word")?;
    let mut rows = statement.query([])?;
    let mut words = HashSet::default();
    while let Some(row) = rows.next()? {
        let text = row.get_ref(1)?.as_str().unwrap_or_default();
        if text.to_lowercase().starts_with(&prefix) {
            words.insert(row.get(0)?);
        }
    }
    Ok(Some(words))
}

/// What was found so far: how often each word.
struct Found<'c> {
    connection: &'c Connection,
    column: Column,
    beginning: Option<HashSet<i64>>,
    counts: HashMap<i64, i64>,
}

impl Found<'_> {
    fn add(&mut self, word: i64, count: i64) {
        if word != 0 && self.beginning.as_ref().is_none_or(|words| words.contains(&word)) {
            *self.counts.entry(word).or_default() += count;
        }
    }

    fn count_rows(&mut self, feed: i64, since: i64, until: i64) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT word, count(*) FROM
                 (SELECT {} AS word FROM event WHERE feed = ?1 AND time >= ?2 AND time < ?3
                  ORDER BY time DESC LIMIT ?4)
             WHERE word IS NOT NULL GROUP BY word",
            self.column.name()
        ))?;
        let mut rows = statement.query([feed, since, until, LOOKED_AT])?;
        while let Some(row) = rows.next()? {
            self.add(row.get(0)?, row.get(1)?);
        }
        Ok(())
    }

    fn count_segment(&mut self, feed: i64, segment: &Segment) -> Result<(), StoreError> {
        if segment.strips.is_none() {
            return self.count_rows(feed, segment.since, segment.until);
        }
        let strip = segment.strip(self.connection, self.column.index())?;
        let Some(values) = Values::read(&strip) else { return Ok(()) };
        let mut counts = vec![0; values.distinct.len()];
        for record in 0..segment.records {
            if let Some(count) = counts.get_mut(values.code(record)) {
                *count += 1;
            }
        }
        for (word, count) in values.distinct.iter().zip(counts) {
            self.add(*word, count);
        }
        Ok(())
    }

    /// Notes the values of a segment, however often they occur.
    fn note_segment(&mut self, segment: &Segment) -> Result<(), StoreError> {
        let strip = segment.strip(self.connection, self.column.index())?;
        for word in Values::read(&strip).map(|values| values.distinct).unwrap_or_default() {
            self.add(word, 1);
        }
        Ok(())
    }

    /// The most frequent ones; equally frequent ones in the order of their letters.
    fn texts(self, limit: usize) -> Result<Vec<String>, StoreError> {
        let mut counts: Vec<(i64, i64)> = self.counts.into_iter().collect();
        counts.sort_unstable_by_key(|(word, count)| (-count, *word));
        let least = limit.checked_sub(1).and_then(|last| counts.get(last));
        let least = least.map_or(i64::MIN, |(_, count)| *count);
        let mut read = self.connection.prepare_cached("SELECT text FROM word WHERE id = ?1")?;
        let mut texts = Vec::new();
        for (word, count) in counts.into_iter().take(COMPARED) {
            if count < least {
                break;
            }
            let text = read.query_row([word], |row| row.get::<_, String>(0)).optional()?;
            texts.extend(text.map(|text| (-count, text)));
        }
        texts.sort_unstable();
        Ok(texts.into_iter().take(limit).map(|(_, text)| text).collect())
    }
}
