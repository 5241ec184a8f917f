//! Gives the records that are stored already the categories of a changed knowledge pack.
//!
//! Promises: done in steps of some thousand records, so collection never waits long; each step
//! moves the sums along in its own transaction, so counts by category always agree with the
//! records; the newest records come first. Records that arrive meanwhile have the new categories
//! already.
//!
//! State on disk (in `meta`): `categories` is what the stored records agree with, absent in a new
//! store; `recategorizing` is how far a pass has got. A pass that was cut off goes on where it was,
//! unless the pack has changed again; one that cannot be read begins anew.

use std::borrow::Cow;

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::batch::{ACTION, APPLICATION, FACTOR, REASON, RESULT};
use super::error::StoreError;
use super::feeds::FeedId;
use super::query::Reader;
use super::strips;
use super::sums::{Counted, Fields, Sums};
use super::words::Words;
use super::write::{Writer, to_json};
use crate::record::{Columns, LogType};

/// Records looked at in one transaction.
const AT_ONCE: usize = 4_000;

const FINISHED: &str = "categories";
const UNDER_WAY: &str = "recategorizing";

/// What a step did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recategorized {
    /// Records looked at.
    pub looked: usize,
    /// Records that fall in other categories now.
    pub changed: usize,
    /// Nothing is left to do.
    pub done: bool,
}

/// How far a pass has got: everything of earlier logs, and of this one from this record on.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Under {
    fingerprint: String,
    feed: i64,
    time: i64,
    id: i64,
}

impl Writer {
    /// Does the next step towards categories with this fingerprint. `assign` tells the bits; it is
    /// given the log, action, result, reason, factor and application of a record, nothing else.
    pub fn recategorize(
        &mut self,
        fingerprint: &str,
        assign: impl Fn(LogType, &Columns<'_>) -> u64,
    ) -> Result<Recategorized, StoreError> {
        self.transaction(|tx, words| step(tx, words, fingerprint, &assign))
    }

    /// What the categories of all stored records agree with.
    pub fn categories_fingerprint(&self) -> Result<Option<String>, StoreError> {
        meta(&self.connection, FINISHED)
    }

    /// Forgets categories that no pack has any more, which frees their bits. Only for when no
    /// stored record has them: after a finished pass.
    pub fn forget_categories_but(&mut self, ids: &[&str]) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            let known: Vec<String> = tx
                .prepare_cached("SELECT id FROM category")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in known.iter().filter(|id| !ids.contains(&id.as_str())) {
                tx.execute("DELETE FROM category WHERE id = ?1", [id])?;
            }
            Ok(())
        })
    }
}

impl Reader {
    /// What the categories of all stored records agree with; `None` before the first pass.
    pub fn categories_fingerprint(&self) -> Result<Option<String>, StoreError> {
        self.noted(meta(&self.connection, FINISHED))
    }
}

fn step(
    tx: &Connection,
    words: &mut Words,
    fingerprint: &str,
    assign: &dyn Fn(LogType, &Columns<'_>) -> u64,
) -> Result<Recategorized, StoreError> {
    if meta(tx, FINISHED)?.as_deref() == Some(fingerprint) {
        return Ok(Recategorized { done: true, ..Recategorized::default() });
    }
    let mut under = meta(tx, UNDER_WAY)?
        .and_then(|text| serde_json::from_str::<Under>(&text).ok())
        .filter(|under| under.fingerprint == fingerprint)
        .unwrap_or_else(|| start_of(fingerprint, 0));
    let mut done = Recategorized::default();
    while done.looked < AT_ONCE {
        let log: Option<(i64, String)> = tx
            .prepare_cached("SELECT id, log_type FROM feed WHERE id >= ?1 ORDER BY id LIMIT 1")?
            .query_row([under.feed], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((feed, log_type)) = log else {
            done.done = true;
            break;
        };
        if feed != under.feed {
            under = start_of(fingerprint, feed);
        }
        let most = AT_ONCE - done.looked;
        let (looked, changed) = rows(tx, words, &mut under, &log_type, most, assign)?;
        done.looked += looked;
        done.changed += changed;
        if looked < most {
            under = start_of(fingerprint, feed + 1);
        }
    }
    if done.done {
        set_meta(tx, FINISHED, fingerprint)?;
        tx.execute("DELETE FROM meta WHERE name = ?1", [UNDER_WAY])?;
    } else {
        set_meta(tx, UNDER_WAY, &to_json(&under)?)?;
    }
    Ok(done)
}

fn start_of(fingerprint: &str, feed: i64) -> Under {
    Under { fingerprint: fingerprint.to_owned(), feed, time: i64::MAX, id: i64::MAX }
}

/// Looks at the next rows of a log, the newest first; tells how many, and how many changed.
fn rows(
    tx: &Connection,
    words: &mut Words,
    under: &mut Under,
    log_type: &str,
    most: usize,
    assign: &dyn Fn(LogType, &Columns<'_>) -> u64,
) -> Result<(usize, usize), StoreError> {
    let Ok(of) = log_type.parse::<LogType>() else { return Ok((0, 0)) };
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {}, id FROM event WHERE feed = ?1 AND (time, id) < (?2, ?3)
         ORDER BY time DESC, id DESC LIMIT ?4",
        Counted::COLUMNS
    ))?;
    let rows = statement
        .query_map([under.feed, under.time, under.id, most as i64], |row| {
            Ok((Counted::read(row)?, row.get::<_, i64>("id")?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut update = tx.prepare_cached(
        "UPDATE event SET categories = ?4 WHERE feed = ?1 AND time = ?2 AND id = ?3",
    )?;
    let mut sums = Sums::new(Fields::of(tx, words, log_type)?);
    let mut known: HashMap<[i64; 5], i64> = HashMap::default();
    let mut changed = Vec::new();
    for (record, id) in &rows {
        // Most records are alike in what categories look at.
        let key = [ACTION, RESULT, REASON, FACTOR, APPLICATION]
            .map(|column| record.word(column).unwrap_or(0));
        let categories = match known.get(&key) {
            Some(categories) => *categories,
            None => {
                let categories = assign(of, &columns(tx, key)?).cast_signed();
                known.insert(key, categories);
                categories
            }
        };
        if categories != record.categories {
            update.execute([under.feed, record.time, *id, categories])?;
            sums.take(record);
            sums.add(&Counted { categories, ..*record });
            changed.push(record.time);
        }
    }
    sums.write(tx, FeedId(under.feed))?;
    let count = changed.len();
    strips::unpack(tx, under.feed, changed)?;
    if let Some((last, id)) = rows.last() {
        (under.time, under.id) = (last.time, *id);
    }
    // What the pass is done with is packed again.
    let passed = if rows.len() < most { i64::MIN } else { under.time.saturating_add(1) };
    strips::pack_from(tx, under.feed, passed, usize::MAX)?;
    Ok((rows.len(), count))
}

fn columns(tx: &Connection, key: [i64; 5]) -> Result<Columns<'static>, StoreError> {
    let mut texts = key
        .into_iter()
        .map(|word| {
            let text: Option<String> = tx
                .prepare_cached("SELECT text FROM word WHERE id = ?1")?
                .query_row([word], |row| row.get(0))
                .optional()?;
            Ok(text.map(Cow::Owned))
        })
        .collect::<Result<Vec<_>, StoreError>>()?
        .into_iter();
    let mut next = || texts.next().flatten();
    Ok(Columns {
        action: next(),
        result: next(),
        reason: next(),
        factor: next(),
        application: next(),
        ..Columns::default()
    })
}

fn meta(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

fn set_meta(tx: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute([name, value])?;
    Ok(())
}

#[cfg(test)]
mod tests;
