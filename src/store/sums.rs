//! Counts kept beside the records, so that a question about half a year reads thousands of rows
//! instead of millions.
//!
//! Promises: the sums change in the transaction that changes the records, by exactly what changes:
//! a record that is stored is added, one that expires or comes back changed is taken out as it was
//! counted. So any range of whole hours can be told without looking at records.
//!
//! `hourly` has a row for each hour and kind of record (its categories, action and result).
//! `ranking` counts one field's values, kind by kind, by the hour, by the day and by 16 days, so
//! that a long range is put together from a few large buckets and some small ones at its ends.
//! What would have nearly as many values as there are records is not ranked: see [`Fields`].

use foldhash::HashMap;

use rusqlite::{CachedStatement, Connection, Row};

use super::batch::{ACTION, APPLICATION, COLUMNS, COUNTRY, FACTOR, REASON, RESULT, TARGET, USER};
use super::error::StoreError;
use super::feeds::FeedId;
use super::words::Words;
use super::write::LATE;
use crate::record::LogType;

/// Milliseconds in an hour.
pub(super) const HOUR: i64 = 3_600_000;

/// How many of the buckets one level below make one bucket: hours, days, 16 days.
pub(super) const LEVELS: [i64; 3] = [1, 24, 16];

/// Each of these is ranked wherever it has a value.
const ALWAYS_RANKED: [usize; 4] = [REASON, FACTOR, APPLICATION, COUNTRY];

/// A record as far as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub time: i64,
    pub columns: [Option<i64>; COLUMNS],
    pub categories: i64,
    pub flags: i64,
    pub amount: Option<i64>,
}

impl Counted {
    /// The columns of `event` that [`Counted::read`] takes, in order.
    pub const COLUMNS: &str = "time, user, action, result, reason, factor, address, application, \
                               target, country, categories, flags, amount";

    /// Reads them from the first columns of a row.
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut columns = [None; COLUMNS];
        for (i, column) in columns.iter_mut().enumerate() {
            *column = row.get(i + 1)?;
        }
        Ok(Self {
            time: row.get(0)?,
            columns,
            categories: row.get(COLUMNS + 1)?,
            flags: row.get(COLUMNS + 2)?,
            amount: row.get(COLUMNS + 3)?,
        })
    }

    pub fn word(&self, column: usize) -> Option<i64> {
        self.columns.get(column).copied().flatten()
    }

    pub fn hour(&self) -> i64 {
        self.time.div_euclid(HOUR)
    }

    pub fn is_late(&self) -> bool {
        self.flags & LATE != 0
    }
}

/// Which fields of a record are ranked. Most records are successful sign-ins: to rank their users
/// and devices would take as much room as the records themselves, and nobody asks for it. Sign-ins
/// to the Admin Panel are few, and asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    authentication: bool,
    success: Option<i64>,
    admin_panel: Option<i64>,
}

impl Fields {
    pub fn of(tx: &Connection, words: &mut Words, log_type: &str) -> Result<Self, StoreError> {
        Ok(Self {
            authentication: log_type == LogType::Authentication.name(),
            success: words.find(tx, "success")?,
            admin_panel: words.find(tx, "Admin Panel")?,
        })
    }

    /// Whether a field of a record is ranked.
    pub fn rank(&self, record: &Counted, column: usize) -> bool {
        match column {
            USER => {
                let of = |column, word: Option<i64>| word.is_some() && record.word(column) == word;
                let plain = self.authentication
                    && of(RESULT, self.success)
                    && !of(APPLICATION, self.admin_panel);
                !plain
            }
            TARGET => !self.authentication,
            column => ALWAYS_RANKED.contains(&column),
        }
    }
}

/// What makes records alike for the sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Kind {
    categories: i64,
    /// Words, 0 for none.
    action: i64,
    result: i64,
}

/// Changes to one log's sums, gathered in memory before they touch the store.
pub(super) struct Sums {
    fields: Fields,
    hourly: HashMap<(i64, Kind), [i64; 3]>,
    ranking: HashMap<(usize, i64, i64, Kind), [i64; 2]>,
}

impl Sums {
    pub fn new(fields: Fields) -> Self {
        Self { fields, hourly: HashMap::default(), ranking: HashMap::default() }
    }

    /// Counts a record.
    pub fn add(&mut self, record: &Counted) {
        self.count(record, 1);
    }

    /// Takes a record out as it was counted.
    pub fn take(&mut self, record: &Counted) {
        self.count(record, -1);
    }

    fn count(&mut self, record: &Counted, sign: i64) {
        let kind = Kind {
            categories: record.categories,
            action: record.word(ACTION).unwrap_or(0),
            result: record.word(RESULT).unwrap_or(0),
        };
        let hour = record.hour();
        let amount = sign * record.amount.unwrap_or(0);
        let sums = self.hourly.entry((hour, kind)).or_default();
        add(sums, [sign, sign * i64::from(record.is_late()), amount]);
        for column in [USER, TARGET].into_iter().chain(ALWAYS_RANKED) {
            if let Some(word) = record.word(column)
                && self.fields.rank(record, column)
            {
                let sums = self.ranking.entry((column, hour, word, kind)).or_default();
                add(sums, [sign, amount]);
            }
        }
    }

    /// Writes the changes down.
    pub fn write(self, tx: &Connection, feed: FeedId) -> Result<(), StoreError> {
        let mut hourly = tx.prepare_cached(
            "INSERT INTO hourly (feed, hour, categories, action, result, records, late, amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT DO UPDATE SET records = records + excluded.records,
                                       late = late + excluded.late,
                                       amount = amount + excluded.amount",
        )?;
        let mut empty = tx.prepare_cached(
            "DELETE FROM hourly WHERE feed = ?1 AND hour = ?2 AND categories = ?3 AND action = ?4
                                  AND result = ?5 AND records = 0",
        )?;
        // In the table's order: neighbors lie on one page.
        for ((hour, kind), [records, late, amount]) in sorted(self.hourly) {
            let Kind { categories, action, result } = kind;
            if [records, late, amount] != [0; 3] {
                hourly
                    .execute([feed.0, hour, categories, action, result, records, late, amount])?;
                if records < 0 {
                    empty.execute([feed.0, hour, categories, action, result])?;
                }
            }
        }
        let mut ranking = Ranking::prepare(tx)?;
        let mut sums = sorted(self.ranking);
        for (level, size) in LEVELS.into_iter().enumerate() {
            if size > 1 {
                let mut larger: HashMap<_, [i64; 2]> = HashMap::default();
                for ((field, bucket, word, kind), change) in sums {
                    let key = (field, bucket.div_euclid(size), word, kind);
                    add(larger.entry(key).or_default(), change);
                }
                sums = sorted(larger);
            }
            for (key, change) in &sums {
                ranking.write(feed, level, *key, *change)?;
            }
        }
        Ok(())
    }
}

struct Ranking<'tx> {
    change: CachedStatement<'tx>,
    empty: CachedStatement<'tx>,
}

impl<'tx> Ranking<'tx> {
    fn prepare(tx: &'tx Connection) -> Result<Self, StoreError> {
        Ok(Self {
            change: tx.prepare_cached(
                "INSERT INTO ranking (feed, field, level, bucket, word, categories, action, result,
                                      records, amount)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT DO UPDATE SET records = records + excluded.records,
                                           amount = amount + excluded.amount",
            )?,
            empty: tx.prepare_cached(
                "DELETE FROM ranking WHERE feed = ?1 AND field = ?2 AND level = ?3 AND bucket = ?4
                     AND word = ?5 AND categories = ?6 AND action = ?7 AND result = ?8
                     AND records = 0",
            )?,
        })
    }

    fn write(
        &mut self,
        feed: FeedId,
        level: usize,
        (field, bucket, word, kind): (usize, i64, i64, Kind),
        [records, amount]: [i64; 2],
    ) -> Result<(), StoreError> {
        if records == 0 && amount == 0 {
            return Ok(());
        }
        let Kind { categories, action, result } = kind;
        let (field, level) = (field as i64, level as i64);
        self.change.execute([
            feed.0, field, level, bucket, word, categories, action, result, records, amount,
        ])?;
        if records < 0 {
            self.empty.execute([feed.0, field, level, bucket, word, categories, action, result])?;
        }
        Ok(())
    }
}

fn sorted<K: Ord, V>(map: HashMap<K, V>) -> Vec<(K, V)> {
    let mut sorted: Vec<(K, V)> = map.into_iter().collect();
    sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    sorted
}

fn add<const N: usize>(sums: &mut [i64; N], change: [i64; N]) {
    for (sum, change) in sums.iter_mut().zip(change) {
        *sum += change;
    }
}
