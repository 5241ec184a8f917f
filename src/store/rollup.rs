//! Answers about many records: how many over time, and of what most.
//!
//! Promises: the counts are exactly those of the records in the range, both ends inclusive: whole
//! hours come from the sums beside the records (see `sums.rs`), the pieces of hours at the ends
//! from the records' rows. Half a year of a large organization is told in tens of milliseconds.
//!
//! What is counted is told apart by [`Kind`]; which kinds are wanted, and under which name they are
//! added up, is for the asker to say.

use foldhash::HashMap;
use rusqlite::{Connection, Row};

use super::batch::{ACTION, APPLICATION, COUNTRY, FACTOR, REASON, RESULT, TARGET, USER};
use super::error::StoreError;
use super::query::Reader;
use super::sums::{Counted, Fields, HOUR, LEVELS};
use super::words::Words;
use crate::base::UnixMillis;
use crate::record::LogType;

/// Which records are asked about.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// Only these logs; all when empty.
    pub log_types: Vec<LogType>,
    /// From this instant on, inclusive.
    pub since: UnixMillis,
    /// Up to this instant, inclusive.
    pub until: UnixMillis,
}

/// What records that are counted together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// The bits of their categories.
    pub categories: u64,
    /// What was done, as Duo wrote it; empty for none.
    pub action: String,
    /// How it ended; empty for none.
    pub result: String,
}

/// How much of something there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Records.
    pub records: i64,
    /// Records that appeared at Duo after their time had been read; rankings do not tell.
    pub late: i64,
    /// Telephony credits used.
    pub amount: i64,
}

/// Counts over time.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// The kinds that occur.
    pub kinds: Vec<Kind>,
    /// For each step and kind: the number of the step, the number of the kind, and how much.
    pub cells: Vec<(usize, usize, Counts)>,
}

/// A field whose values can be ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Who; plain successful sign-ins outside the Admin Panel are not counted.
    User,
    /// Why it ended so.
    Reason,
    /// The second factor.
    Factor,
    /// The protected application.
    Application,
    /// What was acted on; not told of authentications.
    Target,
    /// The country of the source address.
    Country,
}

/// What makes a value large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Records.
    #[default]
    Records,
    /// Telephony credits.
    Amount,
}

/// The values of a field, the largest first.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// The kinds that occur.
    pub kinds: Vec<Kind>,
    /// The values that were asked for.
    pub values: Vec<Ranked>,
    /// How much there is of all values, told or not.
    pub total: Counts,
    /// How many values there are, told or not.
    pub distinct: usize,
}

/// One value of a field.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The value, as Duo wrote it.
    pub value: String,
    /// How much there is of it.
    pub counts: Counts,
    /// The same, for each kind: the number of the kind, and how much.
    pub parts: Vec<(usize, Counts)>,
}

impl Field {
    const fn column(self) -> usize {
        match self {
            Self::User => USER,
            Self::Reason => REASON,
            Self::Factor => FACTOR,
            Self::Application => APPLICATION,
            Self::Target => TARGET,
            Self::Country => COUNTRY,
        }
    }
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, others: Self) {
        self.records += others.records;
        self.late += others.late;
        self.amount += others.amount;
    }

    fn measured(&self, measure: Measure) -> i64 {
        match measure {
            Measure::Records => self.records,
            Measure::Amount => self.amount,
        }
    }
}

impl Reader {
    /// Counts over time. `starts` are the beginnings of the steps, in order; each lasts until the
    /// next, the last until the end of the scope. A step that does not begin with an hour begins,
    /// for whole hours, with the next one: in zones that are half an hour off, an hour counts for
    /// the day in which it begins.
    pub fn series(
        &self,
        scope: &Scope,
        starts: &[UnixMillis],
        wanted: &dyn Fn(&Kind) -> bool,
    ) -> Result<Series, StoreError> {
        self.noted(self.at_once(|connection| series(connection, scope, starts, wanted)))
    }

    /// The values of a field, the largest first; at most `top` of them are told.
    pub fn ranking(
        &self,
        scope: &Scope,
        field: Field,
        measure: Measure,
        top: Option<usize>,
        wanted: &dyn Fn(&Kind) -> bool,
    ) -> Result<Ranking, StoreError> {
        self.noted(self.at_once(|connection| {
            ranking(connection, scope, field, measure, top.unwrap_or(usize::MAX), wanted)
        }))
    }

    /// How many stored records have each of the 64 bits of categories.
    pub fn category_counts(&self) -> Result<[u64; 64], StoreError> {
        self.noted((|| {
            let mut statement = self
                .connection
                .prepare_cached("SELECT categories, sum(records) FROM hourly GROUP BY 1")?;
            let mut rows = statement.query([])?;
            let mut counts = [0; 64];
            while let Some(row) = rows.next()? {
                let (bits, records): (i64, i64) = (row.get(0)?, row.get(1)?);
                for (bit, count) in counts.iter_mut().enumerate() {
                    if bits.cast_unsigned() >> bit & 1 == 1 {
                        *count += records.unsigned_abs();
                    }
                }
            }
            Ok(counts)
        })())
    }

    /// Sums and rows must be of one moment.
    pub(super) fn at_once<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let tx = self.connection.unchecked_transaction()?;
        let answer = ask(&tx)?;
        drop(tx);
        Ok(answer)
    }
}

fn series(
    connection: &Connection,
    scope: &Scope,
    starts: &[UnixMillis],
    wanted: &dyn Fn(&Kind) -> bool,
) -> Result<Series, StoreError> {
    let mut kinds = Kinds::new(wanted);
    let mut cells: HashMap<(usize, usize), Counts> = HashMap::default();
    let step = |time: i64| starts.partition_point(|start| start.0 <= time).checked_sub(1);
    for log in logs(connection, scope)? {
        let pieces = Pieces::of(scope);
        let mut statement = connection.prepare_cached(
            "SELECT hour, categories, action, result, records, late, amount FROM hourly
             WHERE feed = ?1 AND hour >= ?2 AND hour < ?3",
        )?;
        let mut rows = statement.query([log.feed, pieces.hours.0, pieces.hours.1])?;
        let mut last = (i64::MIN, None);
        while let Some(row) = rows.next()? {
            let hour = row.get(0)?;
            if last.0 != hour {
                last = (hour, step(hour * HOUR));
            }
            let Some(step) = last.1 else { continue };
            let key = (row.get(1)?, row.get(2)?, row.get(3)?);
            if let Some(kind) = kinds.number(connection, &log, key)? {
                let counts =
                    Counts { records: row.get(4)?, late: row.get(5)?, amount: row.get(6)? };
                cells.entry((step, kind)).or_default().add(counts);
            }
        }
        pieces.each_record(connection, log.feed, |record| {
            if let Some(step) = step(record.time)
                && let Some(kind) = kinds.number(connection, &log, kind_of(record))?
            {
                cells.entry((step, kind)).or_default().add(counts_of(record));
            }
            Ok(())
        })?;
    }
    let mut cells: Vec<_> =
        cells.into_iter().map(|((step, kind), counts)| (step, kind, counts)).collect();
    cells.sort_unstable_by_key(|(step, kind, _)| (*step, *kind));
    Ok(Series { kinds: kinds.list, cells })
}

fn ranking(
    connection: &Connection,
    scope: &Scope,
    field: Field,
    measure: Measure,
    top: usize,
    wanted: &dyn Fn(&Kind) -> bool,
) -> Result<Ranking, StoreError> {
    let mut kinds = Kinds::new(wanted);
    let mut found: HashMap<i64, Vec<(usize, Counts)>> = HashMap::default();
    let mut count = |word: i64, kind: usize, counts: Counts| {
        let parts = found.entry(word).or_default();
        match parts.iter_mut().find(|part| part.0 == kind) {
            Some(part) => part.1.add(counts),
            None => parts.push((kind, counts)),
        }
    };
    let column = field.column();
    for log in logs(connection, scope)? {
        let fields = Fields::of(connection, &mut Words::default(), log.log_type.name())?;
        let pieces = Pieces::of(scope);
        let mut statement = connection.prepare_cached(
            "SELECT word, categories, action, result, records, amount FROM ranking
             WHERE feed = ?1 AND field = ?2 AND level = ?3 AND bucket >= ?4 AND bucket < ?5",
        )?;
        for (level, from, to) in pieces.buckets() {
            let mut rows = statement.query([log.feed, column as i64, level, from, to])?;
            while let Some(row) = rows.next()? {
                let key = (row.get(1)?, row.get(2)?, row.get(3)?);
                if let Some(kind) = kinds.number(connection, &log, key)? {
                    let counts = Counts { records: row.get(4)?, late: 0, amount: row.get(5)? };
                    count(row.get(0)?, kind, counts);
                }
            }
        }
        pieces.each_record(connection, log.feed, |record| {
            if let Some(word) = record.word(column)
                && fields.rank(record, column)
                && let Some(kind) = kinds.number(connection, &log, kind_of(record))?
            {
                count(word, kind, Counts { late: 0, ..counts_of(record) });
            }
            Ok(())
        })?;
    }
    let mut total = Counts::default();
    let mut sums = Vec::with_capacity(found.len());
    for (word, parts) in found {
        let mut counts = Counts::default();
        parts.iter().for_each(|part| counts.add(part.1));
        total.add(counts);
        sums.push((word, counts, parts));
    }
    sums.sort_unstable_by_key(|(word, counts, _)| (-counts.measured(measure), *word));
    let distinct = sums.len();
    sums.truncate(top);
    let mut values = Vec::with_capacity(sums.len());
    for (word, counts, mut parts) in sums {
        parts.sort_unstable_by_key(|part| part.0);
        values.push(Ranked { value: text(connection, word)?, counts, parts });
    }
    Ok(Ranking { kinds: kinds.list, values, total, distinct })
}

fn kind_of(record: &Counted) -> (i64, i64, i64) {
    (record.categories, record.word(ACTION).unwrap_or(0), record.word(RESULT).unwrap_or(0))
}

fn counts_of(record: &Counted) -> Counts {
    let amount = record.amount.unwrap_or(0);
    Counts { records: 1, late: i64::from(record.is_late()), amount }
}

/// A range of time, cut into whole hours and the pieces of hours before and after them.
#[derive(Debug, PartialEq)]
struct Pieces {
    /// The first whole hour, and the one after the last.
    hours: (i64, i64),
    /// Ranges of milliseconds, both ends inclusive.
    rest: Vec<(i64, i64)>,
}

impl Pieces {
    fn of(scope: &Scope) -> Self {
        // Times beyond these lie outside all calendars; arithmetic stays within bounds.
        let within = |time: i64| time.clamp(i64::MIN / 4, i64::MAX / 4);
        let (since, until) = (within(scope.since.0), within(scope.until.0));
        let first = (since + HOUR - 1).div_euclid(HOUR);
        let end = (until + 1).div_euclid(HOUR);
        if since > until {
            return Self { hours: (0, 0), rest: Vec::new() };
        }
        if first >= end {
            return Self { hours: (0, 0), rest: vec![(since, until)] };
        }
        let rest = [(since, first * HOUR - 1), (end * HOUR, until)];
        Self { hours: (first, end), rest: rest.into_iter().filter(|(a, b)| a <= b).collect() }
    }

    /// Buckets that together are the whole hours: level, first, the one after the last.
    fn buckets(&self) -> Vec<(i64, i64, i64)> {
        let mut buckets = Vec::new();
        // Small buckets at both ends, ever larger ones inside.
        let (mut from, mut to) = self.hours;
        for (level, size) in (0_i64..).zip(LEVELS.into_iter().skip(1)) {
            let first = (from + size - 1).div_euclid(size);
            let end = to.div_euclid(size);
            if first >= end {
                buckets.push((level, from, to));
                return buckets.into_iter().filter(|(_, from, to)| from < to).collect();
            }
            buckets.push((level, from, first * size));
            buckets.push((level, end * size, to));
            (from, to) = (first, end);
        }
        buckets.push((LEVELS.len() as i64 - 1, from, to));
        buckets.into_iter().filter(|(_, from, to)| from < to).collect()
    }

    /// Hands over the records in the pieces of hours.
    fn each_record(
        &self,
        connection: &Connection,
        feed: i64,
        mut each: impl FnMut(&Counted) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {} FROM event WHERE feed = ?1 AND time BETWEEN ?2 AND ?3",
            Counted::COLUMNS
        );
        let mut statement = connection.prepare_cached(&sql)?;
        for (since, until) in &self.rest {
            let mut rows = statement.query([feed, *since, *until])?;
            while let Some(row) = rows.next()? {
                each(&Counted::read(row)?)?;
            }
        }
        Ok(())
    }
}

struct Log {
    feed: i64,
    account: String,
    log_type: LogType,
}

fn logs(connection: &Connection, scope: &Scope) -> Result<Vec<Log>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT f.id, a.name, f.log_type FROM feed f JOIN account a ON a.id = f.account
         ORDER BY a.name, f.id",
    )?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?));
    let mut logs = Vec::new();
    for row in statement.query_map([], read)? {
        let (feed, account, log_type) = row?;
        let Ok(log_type) = log_type.parse() else { continue };
        let wanted = scope.log_types.is_empty() || scope.log_types.contains(&log_type);
        if wanted && scope.account.as_ref().is_none_or(|name| *name == account) {
            logs.push(Log { feed, account, log_type });
        }
    }
    Ok(logs)
}

/// The kinds met so far, and whether they are wanted: asked once for each.
struct Kinds<'a> {
    wanted: &'a dyn Fn(&Kind) -> bool,
    list: Vec<Kind>,
    numbers: HashMap<(i64, i64, i64, i64), Option<usize>>,
}

impl<'a> Kinds<'a> {
    fn new(wanted: &'a dyn Fn(&Kind) -> bool) -> Self {
        Self { wanted, list: Vec::new(), numbers: HashMap::default() }
    }

    fn number(
        &mut self,
        connection: &Connection,
        log: &Log,
        (categories, action, result): (i64, i64, i64),
    ) -> Result<Option<usize>, StoreError> {
        let key = (log.feed, categories, action, result);
        if let Some(number) = self.numbers.get(&key) {
            return Ok(*number);
        }
        let kind = Kind {
            account: log.account.clone(),
            log_type: log.log_type,
            categories: categories.cast_unsigned(),
            action: text(connection, action)?,
            result: text(connection, result)?,
        };
        let number = (self.wanted)(&kind).then_some(self.list.len());
        if number.is_some() {
            self.list.push(kind);
        }
        self.numbers.insert(key, number);
        Ok(number)
    }
}

fn text(connection: &Connection, word: i64) -> Result<String, StoreError> {
    if word == 0 {
        return Ok(String::new());
    }
    Ok(connection
        .prepare_cached("SELECT text FROM word WHERE id = ?1")?
        .query_row([word], |row| row.get(0))?)
}

#[cfg(test)]
mod tests;
