//! Takes records out: those older than they are kept, and those of an account that is removed.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::alerts;
use super::block::{self, Unpacked};
use super::error::StoreError;
use super::feeds::FeedId;
use super::grams;
use super::notices;
use super::strips;
use super::sums::{Counted, Fields, Sums};
use super::words::Words;
use super::write::Writer;
use crate::base::UnixMillis;

/// Rows taken out in one transaction, so that collection never waits long.
const AT_ONCE: usize = 5_000;

impl Writer {
    /// Removes records that have been kept for `keep`; tells how many. Time is counted to where
    /// collection has got to, which goes by Duo's clock: a wrong clock here removes nothing early.
    pub fn expire(&mut self, keep: Duration) -> Result<u64, StoreError> {
        let reached: Option<i64> =
            self.connection.query_row("SELECT max(reached) FROM feed", [], |row| row.get(0))?;
        let Some(reached) = reached else { return Ok(0) };
        let before = UnixMillis::now().min(UnixMillis(reached)).minus(keep);
        let mut removed = 0;
        for feed in self.feeds(None)? {
            loop {
                let taken = self.transaction(|tx, words| take_oldest(tx, words, feed, before))?;
                removed += taken as u64;
                if taken < AT_ONCE {
                    break;
                }
            }
            self.transaction(|tx, _| strips::pack_from(tx, feed, i64::MIN, usize::MAX))?;
        }
        self.transaction(|tx, _| {
            tx.execute("DELETE FROM unplaced WHERE time < ?1", [before.0])?;
            tx.execute("DELETE FROM gap WHERE until < ?1", [before.0])?;
            tx.execute("DELETE FROM audit WHERE until < ?1", [before.0])?;
            tx.execute("DELETE FROM arrival WHERE block NOT IN (SELECT id FROM block)", [])?;
            alerts::expire(tx, before)?;
            notices::expire(tx)?;
            // What was removed on purpose is not missing.
            tx.execute("UPDATE feed SET begins = ?1 WHERE begins < ?1", [before.0])?;
            Ok(())
        })?;
        Ok(removed)
    }

    /// Removes the account of a key, child accounts included, with all records; tells how many
    /// records went.
    pub fn remove_accounts_of(&mut self, integration_key: &str) -> Result<u64, StoreError> {
        let mut removed = 0;
        for feed in self.feeds(Some(integration_key))? {
            self.transaction(|tx, _| strips::remove(tx, feed))?;
            loop {
                let taken = self.transaction(|tx, _| {
                    Ok(tx.execute(
                        "DELETE FROM event WHERE (feed, time, id) IN
                         (SELECT feed, time, id FROM event WHERE feed = ?1 LIMIT ?2)",
                        params![feed, AT_ONCE as i64],
                    )?)
                })?;
                removed += taken as u64;
                if taken < AT_ONCE {
                    break;
                }
            }
            self.transaction(|tx, _| {
                strips::remove(tx, feed)?;
                tx.execute(
                    "DELETE FROM gram WHERE block IN (SELECT id FROM block WHERE feed = ?1)",
                    [feed],
                )?;
                for table in [
                    "arrival", "audit", "block", "unplaced", "gap", "hourly", "past", "ranking",
                    "refused",
                ] {
                    tx.execute(&format!("DELETE FROM {table} WHERE feed = ?1"), [feed])?;
                }
                tx.execute("DELETE FROM feed WHERE id = ?1", [feed])?;
                Ok(())
            })?;
        }
        self.transaction(|tx, words| {
            let accounts: Vec<i64> = tx
                .prepare("SELECT id FROM account WHERE integration_key = ?1")?
                .query_map([integration_key], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for account in accounts {
                alerts::remove_account(tx, account)?;
                notices::expire(tx)?;
            }
            tx.execute("DELETE FROM account WHERE integration_key = ?1", [integration_key])?;
            words.forget();
            forget_unused_words(tx)
        })?;
        Ok(removed)
    }

    fn feeds(&self, integration_key: Option<&str>) -> Result<Vec<i64>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT f.id FROM feed f JOIN account a ON a.id = f.account
             WHERE ?1 IS NULL OR a.integration_key = ?1",
        )?;
        let rows = statement.query_map([integration_key], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Removes some of the oldest rows and their raw records; tells how many.
fn take_oldest(
    tx: &Connection,
    words: &mut Words,
    feed: i64,
    before: UnixMillis,
) -> Result<usize, StoreError> {
    let log_type: String = tx
        .prepare_cached("SELECT log_type FROM feed WHERE id = ?1")?
        .query_row([feed], |row| row.get(0))?;
    let mut sums = Sums::new(Fields::of(tx, words, &log_type)?);
    let mut blocks = BTreeSet::new();
    let mut times = Vec::new();
    {
        let mut statement = tx.prepare_cached(&format!(
            "DELETE FROM event WHERE (feed, time, id) IN
             (SELECT feed, time, id FROM event WHERE feed = ?1 AND time < ?2
              ORDER BY time, id LIMIT ?3)
             RETURNING {}, block",
            Counted::COLUMNS
        ))?;
        let rows = statement.query_map([feed, before.0, AT_ONCE as i64], |row| {
            Ok((Counted::read(row)?, row.get::<_, i64>("block")?))
        })?;
        for row in rows {
            let (counted, block) = row?;
            sums.take(&counted);
            blocks.insert(block);
            times.push(counted.time);
        }
    }
    sums.write(tx, FeedId(feed))?;
    let taken = times.len();
    strips::unpack(tx, feed, times)?;
    for block in blocks {
        empty_slots(tx, feed, block)?;
    }
    tx.execute(
        "UPDATE feed SET records = max(0, records - ?2) WHERE id = ?1",
        params![feed, taken as i64],
    )?;
    Ok(taken)
}

/// Removes the raw records of a block that no row points at any more. Slots keep their numbers.
fn empty_slots(tx: &Connection, feed: i64, block: i64) -> Result<(), StoreError> {
    let found: Option<(Vec<u8>, i64)> = tx
        .prepare_cached("SELECT data, newest FROM block WHERE id = ?1")?
        .query_row([block], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((data, newest)) = found else { return Ok(()) };
    let used: BTreeSet<usize> = tx
        .prepare_cached("SELECT slot FROM event WHERE feed = ?1 AND time <= ?2 AND block = ?3")?
        .query_map([feed, newest, block], |row| row.get::<_, i64>(0))?
        .map(|slot| slot.map(|slot| usize::try_from(slot).unwrap_or(usize::MAX)))
        .collect::<Result<_, _>>()?;
    if used.is_empty() {
        tx.prepare_cached("DELETE FROM block WHERE id = ?1")?.execute([block])?;
        grams::remove(tx, block)?;
        tx.prepare_cached("UPDATE feed SET tail = NULL WHERE tail = ?1")?.execute([block])?;
        return Ok(());
    }
    let unpacked = Unpacked::read(&data)?;
    let kept: Vec<&[u8]> = unpacked
        .iter()
        .enumerate()
        .map(|(slot, raw)| if used.contains(&slot) { raw } else { &[][..] })
        .collect();
    tx.prepare_cached("UPDATE block SET data = ?2 WHERE id = ?1")?
        .execute(params![block, block::pack(kept.into_iter())?])?;
    Ok(())
}

fn forget_unused_words(tx: &Connection) -> Result<(), StoreError> {
    tx.execute_batch(
        "DELETE FROM word WHERE id NOT IN (
             SELECT user FROM event WHERE user IS NOT NULL
             UNION SELECT action FROM event WHERE action IS NOT NULL
             UNION SELECT result FROM event WHERE result IS NOT NULL
             UNION SELECT reason FROM event WHERE reason IS NOT NULL
             UNION SELECT factor FROM event WHERE factor IS NOT NULL
             UNION SELECT address FROM event WHERE address IS NOT NULL
             UNION SELECT application FROM event WHERE application IS NOT NULL
             UNION SELECT target FROM event WHERE target IS NOT NULL
             UNION SELECT country FROM event WHERE country IS NOT NULL
             UNION SELECT action FROM hourly UNION SELECT result FROM hourly
             UNION SELECT word FROM ranking)",
    )?;
    Ok(())
}
