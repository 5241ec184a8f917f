//! What a question means in the store's own numbers: logs, words, bits.

use foldhash::HashMap;
use rusqlite::Connection;

use std::sync::Arc;

use super::source::Hit;
use super::text::Needle;
use super::{Column, Wanted};
use crate::record::{LogType, canonical};
use crate::store::batch::COLUMNS;
use crate::store::error::StoreError;
use crate::store::write::LATE;

/// A question, looked up once.
pub(in crate::store) struct Search {
    /// The logs it may concern.
    pub logs: Vec<Log>,
    /// What is asked of the columns of each kind of log.
    conditions: HashMap<LogType, Conditions>,
    /// From this instant on, inclusive.
    pub since: i64,
    /// Up to this instant, inclusive.
    pub until: i64,
    /// At least one of these bits; 0 for all.
    pub categories: i64,
    pub late: bool,
    /// The records of an alert, by log and time.
    pub places: Option<HashMap<i64, Vec<(i64, i64)>>>,
    pub needle: Option<Needle>,
}

/// A log that is looked into.
pub(in crate::store) struct Log {
    pub feed: i64,
    pub account: Arc<str>,
    pub api_hostname: Arc<str>,
    pub log_type: LogType,
}

/// What is asked of a record's columns: all of these.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Conditions(Vec<(usize, Words)>);

/// What a column may hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::store) struct Words {
    /// One of these words, sorted.
    ids: Vec<i64>,
    /// Nothing.
    none: bool,
    /// Any word.
    any: bool,
}

impl Words {
    pub fn fit(&self, word: Option<i64>) -> bool {
        match word {
            None => self.none,
            Some(word) => self.any || self.ids.binary_search(&word).is_ok(),
        }
    }

    fn is_empty(&self) -> bool {
        self.ids.is_empty() && !self.none && !self.any
    }
}

impl Conditions {
    /// The columns something is asked of.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Words)> {
        self.0.iter().map(|(column, words)| (*column, words))
    }

    pub fn is_trivial(&self) -> bool {
        self.0.is_empty()
    }

    fn fit(&self, columns: &[Option<i64>; COLUMNS]) -> bool {
        self.0.iter().all(|(column, words)| words.fit(columns.get(*column).copied().flatten()))
    }

    fn is_impossible(&self) -> bool {
        self.0.iter().any(|(_, words)| words.is_empty())
    }
}

impl Search {
    pub fn new(connection: &Connection, wanted: &Wanted) -> Result<Self, StoreError> {
        let mut logs = logs(connection, wanted)?;
        let mut conditions = HashMap::default();
        let patterns = Patterns::new(&wanted.fields);
        if !patterns.0.is_empty() {
            for log in &logs {
                conditions.entry(log.log_type).or_insert_with(|| patterns.no_words());
            }
            patterns.look_up(connection, &mut conditions)?;
            logs.retain(|log| {
                conditions.get(&log.log_type).is_none_or(|asked| !asked.is_impossible())
            });
        }
        let places = wanted.alert.map(|alert| places_of(connection, alert)).transpose()?;
        if let Some(places) = &places {
            logs.retain(|log| places.contains_key(&log.feed));
        }
        Ok(Self {
            logs,
            conditions,
            since: wanted.since.0,
            until: wanted.until.0,
            categories: wanted.categories.cast_signed(),
            late: wanted.late,
            places,
            needle: Needle::new(&wanted.text),
        })
    }

    /// What is asked of the columns of a log.
    pub fn conditions(&self, log_type: LogType) -> Conditions {
        self.conditions.get(&log_type).cloned().unwrap_or_default()
    }

    /// Whether a record fits, as far as the columns beside it tell.
    pub fn fits(&self, asked: &Conditions, hit: &Hit) -> bool {
        (self.categories == 0 || hit.categories & self.categories != 0)
            && (!self.late || hit.flags & LATE != 0)
            && asked.fit(&hit.columns)
            && self.places.as_ref().is_none_or(|places| {
                places
                    .get(&hit.feed)
                    .is_some_and(|places| places.binary_search(&(hit.time, hit.id)).is_ok())
            })
    }
}

fn logs(connection: &Connection, wanted: &Wanted) -> Result<Vec<Log>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT f.id, a.name, a.api_hostname, f.log_type
         FROM feed f JOIN account a ON a.id = f.account ORDER BY f.id",
    )?;
    let mut rows = statement.query([])?;
    let mut logs = Vec::new();
    while let Some(row) = rows.next()? {
        let account: String = row.get(1)?;
        let Ok(log_type) = row.get::<_, String>(3)?.parse::<LogType>() else { continue };
        let fits = wanted.log_types.is_empty() || wanted.log_types.contains(&log_type);
        if fits && wanted.account.as_ref().is_none_or(|name| *name == account) {
            logs.push(Log {
                feed: row.get(0)?,
                account: account.into(),
                api_hostname: row.get::<_, String>(2)?.into(),
                log_type,
            });
        }
    }
    Ok(logs)
}

/// The records kept for an alert, by log, in order.
fn places_of(
    connection: &Connection,
    alert: i64,
) -> Result<HashMap<i64, Vec<(i64, i64)>>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT feed, time, event FROM alert_event WHERE alert = ?1")?;
    let mut rows = statement.query([alert])?;
    let mut places: HashMap<i64, Vec<(i64, i64)>> = HashMap::default();
    while let Some(row) = rows.next()? {
        places.entry(row.get(0)?).or_default().push((row.get(1)?, row.get(2)?));
    }
    for places in places.values_mut() {
        places.sort_unstable();
        places.dedup();
    }
    Ok(places)
}

/// The values asked for, column by column, in lower case.
struct Patterns(Vec<(Column, Vec<Pattern>)>);

enum Pattern {
    Whole(String),
    Beginning(String),
}

impl Pattern {
    fn fits(&self, lowercase: &str) -> bool {
        match self {
            Self::Whole(text) => lowercase == text,
            Self::Beginning(text) => lowercase.starts_with(text.as_str()),
        }
    }
}

impl Patterns {
    fn new(fields: &[(Column, Vec<String>)]) -> Self {
        let pattern = |value: &String| match value.strip_suffix('*') {
            Some(beginning) => Pattern::Beginning(beginning.to_lowercase()),
            None => Pattern::Whole(value.to_lowercase()),
        };
        Self(
            fields
                .iter()
                .filter(|(_, values)| !values.is_empty())
                .map(|(column, values)| (*column, values.iter().map(pattern).collect()))
                .collect(),
        )
    }

    /// What can be said without looking at words.
    fn no_words(&self) -> Conditions {
        let words = |patterns: &[Pattern]| Words {
            ids: Vec::new(),
            none: patterns.iter().any(|one| matches!(one, Pattern::Whole(text) if text.is_empty())),
            any: patterns
                .iter()
                .any(|one| matches!(one, Pattern::Beginning(text) if text.is_empty())),
        };
        Conditions(
            self.0.iter().map(|(column, patterns)| (column.index(), words(patterns))).collect(),
        )
    }

    /// Finds the words that fit. They are few beside the records, and all are looked at: so letter
    /// case does not matter in any script.
    fn look_up(
        &self,
        connection: &Connection,
        conditions: &mut HashMap<LogType, Conditions>,
    ) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached("SELECT id, text FROM word ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut lowercase = String::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let text = row.get_ref(1)?.as_str().unwrap_or_default();
            if text.is_ascii() {
                lowercase.clear();
                lowercase.push_str(text);
                lowercase.make_ascii_lowercase();
            } else {
                lowercase = text.to_lowercase();
            }
            for (i, (column, patterns)) in self.0.iter().enumerate() {
                let fits = |text: &str| patterns.iter().any(|pattern| pattern.fits(text));
                let as_written = fits(&lowercase);
                for (log_type, asked) in conditions.iter_mut() {
                    let fits = as_written
                        || spelling(*column, *log_type, text).is_some_and(|text| fits(&text));
                    if fits && let Some((_, words)) = asked.0.get_mut(i) {
                        words.ids.push(id);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The one spelling for what Duo spells in several ways.
fn spelling(column: Column, log_type: LogType, text: &str) -> Option<std::borrow::Cow<'_, str>> {
    match column {
        Column::Action => Some(canonical::action(text)),
        Column::Result => Some(canonical::result(log_type, text)),
        Column::Reason => Some(canonical::reason(text)),
        Column::Factor => Some(canonical::factor(text)),
        _ => None,
    }
}
