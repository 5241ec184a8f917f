//! Alerts for those who look at them: by time, account and rule, with what Duo sent, and who has
//! seen them.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, params};

use super::{Alert, RecordRef, SELECT, alert};
use crate::base::UnixMillis;
use crate::record::LogType;
use crate::store::block::Unpacked;
use crate::store::error::StoreError;
use crate::store::feeds::count;
use crate::store::notices;
use crate::store::page::Place;
use crate::store::query::Reader;
use crate::store::write::Writer;

/// Alerts of a time. What the collector has to tell about itself is of every time up to now, as long
/// as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertsWithin {
    /// Only this account; all, and this computer, when `None`.
    pub account: Option<String>,
    /// From this instant on, inclusive.
    pub since: UnixMillis,
    /// Up to this instant, inclusive.
    pub until: UnixMillis,
    /// Only those neither acknowledged nor cleared, or only the others.
    pub open: Option<bool>,
    /// At most so many, the newest.
    pub limit: usize,
}

/// How often a rule raised something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raised {
    /// Alerts.
    pub alerts: u64,
    /// Those of them that are neither acknowledged nor cleared.
    pub open: u64,
    /// When the newest of their records happened.
    pub last: UnixMillis,
}

/// A record kept for an alert, with its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRecord {
    /// Where it is stored.
    pub place: Place,
    /// Which log.
    pub log_type: LogType,
    /// When it happened.
    pub time: UnixMillis,
    /// The record's id in words.
    pub name: String,
    /// Exactly what Duo sent; `None` when retention took it.
    pub raw: Option<Vec<u8>>,
}

impl Writer {
    /// Acknowledges these alerts; tells which of them nobody had acknowledged before.
    pub fn acknowledge_these(
        &mut self,
        ids: &[i64],
        at: UnixMillis,
    ) -> Result<Vec<i64>, StoreError> {
        self.transaction(|tx, _| {
            let mut acknowledge = tx.prepare_cached(
                "UPDATE alert SET acknowledged = ?2 WHERE acknowledged IS NULL AND id = ?1",
            )?;
            let mut done = Vec::new();
            for id in ids {
                if acknowledge.execute([*id, at.0])? > 0 {
                    done.push(*id);
                }
            }
            Ok(done)
        })
    }

    /// Takes back that these alerts were acknowledged; tells how many that were. Who was not told of
    /// one because of that is told after all.
    pub fn open_again(&mut self, ids: &[i64]) -> Result<usize, StoreError> {
        self.transaction(|tx, _| {
            let mut open = tx.prepare_cached(
                "UPDATE alert SET acknowledged = NULL WHERE acknowledged IS NOT NULL AND id = ?1",
            )?;
            let mut is_to_tell = tx.prepare_cached(
                "SELECT 1 FROM alert WHERE id = ?1 AND historic = 0 AND cleared IS NULL",
            )?;
            let mut opened = 0;
            for id in ids {
                if open.execute([id])? == 0 {
                    continue;
                }
                opened += 1;
                if is_to_tell.exists([id])? {
                    notices::queue(tx, *id, false)?;
                }
            }
            Ok(opened)
        })
    }
}

impl Reader {
    /// Alerts of a time, the newest first.
    pub fn alerts_within(&self, wanted: &AlertsWithin) -> Result<Vec<Alert>, StoreError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "{SELECT}
             WHERE (l.last >= ?1 OR l.words IS NOT NULL AND l.cleared IS NULL) AND l.first <= ?2
               AND (?3 IS NULL OR a.name = ?3)
               AND (?4 IS NULL OR ?4 = (l.acknowledged IS NULL AND l.cleared IS NULL))
             ORDER BY l.last DESC, l.id DESC LIMIT ?5",
        ))?;
        let AlertsWithin { account, since, until, open, limit } = wanted;
        let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
        let rows = statement
            .query_map(params![since.0, until.0, account, open, limit], |row| alert(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How often each rule raised something in a time, both ends inclusive.
    pub fn raised(
        &self,
        account: Option<&str>,
        since: UnixMillis,
        until: UnixMillis,
    ) -> Result<HashMap<String, Raised>, StoreError> {
        let mut statement = self.connection().prepare_cached(
            "SELECT l.rule, count(*), sum(l.acknowledged IS NULL AND l.cleared IS NULL), max(l.last)
             FROM alert l LEFT JOIN account a ON a.id = l.account
             WHERE l.last >= ?1 AND l.first <= ?2 AND (?3 IS NULL OR a.name = ?3)
             GROUP BY l.rule",
        )?;
        let rows = statement.query_map(params![since.0, until.0, account], |row| {
            let (alerts, open) = (count(row, 1)?, count(row, 2)?);
            Ok((row.get(0)?, Raised { alerts, open, last: UnixMillis(row.get(3)?) }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The records kept for an alert, as they were added, at most so many.
    pub fn alert_kept(&self, alert: i64, limit: usize) -> Result<Vec<KeptRecord>, StoreError> {
        let mut log =
            self.connection().prepare_cached("SELECT log_type FROM feed WHERE id = ?1")?;
        let mut kept = Vec::new();
        for record in self.alert_records(alert)?.into_iter().take(limit) {
            let name: Option<String> = log.query_row([record.feed], |row| row.get(0)).optional()?;
            let Some(log_type) = name.and_then(|name| name.parse().ok()) else { continue };
            let raw = self.raw_of(&record)?;
            let place = Place { time: record.time, feed: record.feed, id: record.event };
            kept.push(KeptRecord { place, log_type, time: record.time, name: record.name, raw });
        }
        Ok(kept)
    }

    /// The raw records kept for an alert, as they were added; without those that retention took.
    pub fn alert_raws(&self, alert: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut raws = Vec::new();
        for record in self.alert_records(alert)? {
            raws.extend(self.raw_of(&record)?);
        }
        Ok(raws)
    }

    /// What Duo sent as a record; `None` when retention took it.
    fn raw_of(&self, record: &RecordRef) -> Result<Option<Vec<u8>>, StoreError> {
        let found: Option<(Vec<u8>, i64)> = self
            .connection()
            .prepare_cached(
                "SELECT b.data, e.slot FROM event e JOIN block b ON b.id = e.block
                 WHERE e.feed = ?1 AND e.time = ?2 AND e.id = ?3",
            )?
            .query_row([record.feed, record.time.0, record.event], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((data, slot)) = found else { return Ok(None) };
        let slot = usize::try_from(slot).unwrap_or(usize::MAX);
        Ok(Some(Unpacked::read(&data)?.record(slot)?.to_vec()))
    }
}
