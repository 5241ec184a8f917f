//! What comes next for an output: refused items that are to be sent once more, what was stored when
//! it began, what arrived since, alerts.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{ItemKey, PastLog, Reached};
use crate::base::UnixMillis;
use crate::record::LogType;
use crate::store::alerts::{self, Alert};
use crate::store::arrivals::{self, Whose, id_text};
use crate::store::block::Unpacked;
use crate::store::error::StoreError;
use crate::store::query::{Blocks, Reader};

/// Records looked at in one go; then whoever asked hears how far it has got, even when none of them
/// was wanted.
const AT_ONCE: usize = 20_000;

/// Rows fetched at a time.
const FETCHED: usize = 1_000;

/// What an output wants.
pub struct Wants<'a> {
    /// Whether it wants the records of an account and log.
    pub log: &'a dyn Fn(&str, LogType) -> bool,
    /// Only records with at least one of these categories' bits; all when 0.
    pub categories: u64,
    /// Only records that happened at this time or later.
    pub since: Option<UnixMillis>,
    /// Whether it wants alerts, too.
    pub alerts: bool,
}

/// What comes next.
#[derive(Debug)]
pub enum Next<'a> {
    /// A record.
    Record(StoredRecord<'a>),
    /// An alert, with the ids of the first records it stands for.
    Alert(&'a Alert, Vec<String>),
}

/// A record that is to be handed over.
#[derive(Debug)]
pub struct StoredRecord<'a> {
    /// Where it lies.
    pub key: ItemKey,
    /// The account's name.
    pub account: &'a Arc<str>,
    /// The account's API hostname.
    pub api_hostname: &'a Arc<str>,
    /// Which log.
    pub log_type: LogType,
    /// When it was collected, where that is still known.
    pub received: Option<UnixMillis>,
    /// Exactly what Duo sent.
    pub raw: &'a [u8],
}

impl<'a> StoredRecord<'a> {
    /// Duo's own id; where there is none, the record's number in the store, in hexadecimal digits.
    pub fn id(&self) -> Cow<'a, str> {
        id_text(self.log_type, self.raw, self.key.number)
    }
}

/// Whether there was room for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// It was taken.
    Took,
    /// It was not, and nothing else is.
    Full,
}

/// What was handed out in one go.
#[derive(Debug)]
pub struct Stretch {
    /// Where it ended.
    pub to: Reached,
    /// The numbers of refused items in it.
    pub resent: Vec<i64>,
    /// Whether there may be more at once.
    pub more: bool,
}

/// What reading hands over to.
type Take<'t> = dyn FnMut(Next<'_>) -> Room + 't;

impl Reader {
    /// Hands out what comes next for an output, until there is no room or no more.
    pub fn next_for(
        &self,
        output: &str,
        from: &Reached,
        wants: &Wants<'_>,
        take: &mut Take<'_>,
    ) -> Result<Stretch, StoreError> {
        self.noted((|| {
            let mut walk = Walk {
                connection: self.connection(),
                wants,
                take,
                to: from.clone(),
                resent: Vec::new(),
                looked: 0,
                full: false,
            };
            let more = walk.again(output)? || walk.past()? || walk.arrivals()? || walk.alerts()?;
            Ok(Stretch { to: walk.to, resent: walk.resent, more })
        })())
    }
}

struct Walk<'w, 't> {
    connection: &'w Connection,
    wants: &'w Wants<'w>,
    take: &'w mut Take<'t>,
    to: Reached,
    resent: Vec<i64>,
    looked: usize,
    full: bool,
}

impl Walk<'_, '_> {
    /// Hands an item on; tells whether there was room.
    fn hand(&mut self, next: Next<'_>) -> bool {
        self.full = (self.take)(next) == Room::Full;
        !self.full
    }

    fn is_enough(&self) -> bool {
        self.full || self.looked >= AT_ONCE
    }

    fn wants_record(&self, time: i64, categories: i64) -> bool {
        let Wants { categories: wanted, since, .. } = self.wants;
        (*wanted == 0 || categories.cast_unsigned() & wanted != 0)
            && since.is_none_or(|since| time >= since.0)
    }

    /// Refused items that a person wants sent once more. Tells whether it is enough.
    fn again(&mut self, output: &str) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, feed, time, event FROM refused WHERE output = ?1 AND again = 1
             ORDER BY number",
        )?;
        let found: Vec<(i64, ItemKey)> = statement
            .query_map([output], |row| {
                let time = UnixMillis(row.get(2)?);
                Ok((row.get(0)?, ItemKey { feed: row.get(1)?, time, number: row.get(3)? }))
            })?
            .collect::<Result<_, _>>()?;
        if found.is_empty() {
            return Ok(false);
        }
        let feeds = arrivals::feeds_by_number(self.connection)?;
        for (number, key) in found {
            match key.feed {
                Some(feed) => {
                    let raw = raw_of(self.connection, feed, key)?;
                    // What is gone by now is not parked any longer, either.
                    if let (Some(raw), Some(whose)) = (raw, feeds.get(&feed))
                        && !self.hand(record(whose, key, None, &raw))
                    {
                        return Ok(true);
                    }
                }
                None => {
                    if let Some(alert) = alert_after(self.connection, key.number - 1)?
                        .filter(|alert| alert.id == key.number)
                        && !self.hand_alert(&alert)?
                    {
                        return Ok(true);
                    }
                }
            }
            self.resent.push(number);
        }
        // Whoever is handed these commits before asking for more.
        Ok(true)
    }

    /// What was stored when the output began. Tells whether it is enough.
    fn past(&mut self) -> Result<bool, StoreError> {
        if self.to.past.is_empty() {
            return Ok(false);
        }
        let feeds = arrivals::feeds_by_number(self.connection)?;
        let mut blocks = Blocks::default();
        while let Some(log) = self.to.past.first().copied() {
            let whose = feeds
                .get(&log.feed)
                .filter(|whose| (self.wants.log)(&whose.account, whose.log_type));
            let Some(whose) = whose else {
                self.to.past.remove(0);
                continue;
            };
            let rows = stored_after(self.connection, &log)?;
            let is_last = rows.len() < FETCHED;
            for row in rows {
                if self.is_enough() {
                    return Ok(true);
                }
                self.looked += 1;
                // Retention may have taken the block since the row was read.
                if self.wants_record(row.time, row.categories)
                    && let Some(block) = blocks.get(self.connection, row.block)?
                {
                    let slot = usize::try_from(row.slot).unwrap_or(usize::MAX);
                    let number = row.id;
                    let key = ItemKey { feed: Some(log.feed), time: UnixMillis(row.time), number };
                    if !self.hand(record(whose, key, None, block.record(slot)?)) {
                        return Ok(true);
                    }
                }
                if let Some(log) = self.to.past.first_mut() {
                    (log.time, log.id) = (row.time, row.id);
                }
            }
            if is_last {
                self.to.past.remove(0);
            }
        }
        Ok(false)
    }

    /// What arrived. Tells whether it is enough.
    fn arrivals(&mut self) -> Result<bool, StoreError> {
        loop {
            if self.is_enough() {
                return Ok(true);
            }
            let page = arrivals::read(self.connection, self.to.seq, FETCHED, self.wants.log)?;
            if page.upto == self.to.seq {
                return Ok(false);
            }
            for run in &page.runs {
                let begins = match self.to.within {
                    Some((seq, slot)) if seq == run.seq => slot,
                    _ => i64::MIN,
                };
                for arrived in run.iter().filter(|arrived| arrived.slot() >= begins) {
                    self.looked += 1;
                    if self.wants_record(arrived.time.0, arrived.categories.cast_signed()) {
                        let item = Next::Record(StoredRecord {
                            key: ItemKey {
                                feed: Some(run.feed.number()),
                                time: arrived.time,
                                number: arrived.number(),
                            },
                            account: &run.account,
                            api_hostname: &run.api_hostname,
                            log_type: run.log_type,
                            received: Some(run.arrived),
                            raw: arrived.raw,
                        });
                        if !self.hand(item) {
                            return Ok(true);
                        }
                    }
                    self.to.within = Some((run.seq, arrived.slot() + 1));
                }
                (self.to.seq, self.to.within) = (run.seq, None);
            }
            (self.to.seq, self.to.within) = (page.upto, None);
        }
    }

    /// Alerts. Tells whether it is enough.
    fn alerts(&mut self) -> Result<bool, StoreError> {
        if !self.wants.alerts {
            return Ok(false);
        }
        while let Some(alert) = alert_after(self.connection, self.to.alert)? {
            if self.is_enough() || !self.hand_alert(&alert)? {
                return Ok(true);
            }
            self.looked += 1;
            self.to.alert = alert.id;
        }
        Ok(false)
    }

    fn hand_alert(&mut self, alert: &Alert) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name FROM alert_event WHERE alert = ?1 ORDER BY number LIMIT 50",
        )?;
        let names = statement.query_map([alert.id], |row| row.get(0))?;
        let names = names.collect::<Result<Vec<String>, _>>()?;
        Ok(self.hand(Next::Alert(alert, names)))
    }
}

fn record<'a>(
    whose: &'a Whose,
    key: ItemKey,
    received: Option<UnixMillis>,
    raw: &'a [u8],
) -> Next<'a> {
    Next::Record(StoredRecord {
        key,
        account: &whose.account,
        api_hostname: &whose.api_hostname,
        log_type: whose.log_type,
        received,
        raw,
    })
}

/// A row of a log's past.
struct Row {
    time: i64,
    id: i64,
    block: i64,
    slot: i64,
    categories: i64,
}

fn stored_after(connection: &Connection, log: &PastLog) -> Result<Vec<Row>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT time, id, block, slot, categories FROM event
         WHERE feed = ?1 AND (time, id) > (?2, ?3)
           AND block <= ?4 AND NOT (block IS ?5 AND slot >= ?6)
         ORDER BY time, id LIMIT ?7",
    )?;
    let values =
        params![log.feed, log.time, log.id, log.block, log.tail, log.slots, FETCHED as i64];
    let rows = statement.query_map(values, |row| {
        Ok(Row {
            time: row.get(0)?,
            id: row.get(1)?,
            block: row.get(2)?,
            slot: row.get(3)?,
            categories: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn raw_of(connection: &Connection, feed: i64, key: ItemKey) -> Result<Option<Vec<u8>>, StoreError> {
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT e.slot, b.data FROM event e JOIN block b ON b.id = e.block
             WHERE e.feed = ?1 AND e.time = ?2 AND e.id = ?3",
        )?
        .query_row([feed, key.time.0, key.number], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((slot, data)) = found else { return Ok(None) };
    let slot = usize::try_from(slot).unwrap_or(usize::MAX);
    Ok(Some(Unpacked::read(&data)?.record(slot)?.to_vec()))
}

/// The first alert after a number.
fn alert_after(connection: &Connection, after: i64) -> Result<Option<Alert>, StoreError> {
    let sql = format!("{} WHERE l.id > ?1 ORDER BY l.id LIMIT 1", alerts::SELECT);
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([after], |row| alerts::alert(row, 0))
        .optional()?)
}
