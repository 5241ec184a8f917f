//! Reads one table of the settings file key by key and notes what is wrong with it.
//!
//! Promises: a key nobody asked for is a mistake that names the nearest known key; a value of the
//! wrong kind is a mistake that says what is allowed; a mistake never hides the next one.

use std::time::Duration;

use toml::{Table, Value};

use super::Mistake;
use crate::base::units::{parse_bytes, parse_span};
use crate::base::words::nearest;

/// One table being read.
pub(super) struct Section<'a> {
    place: String,
    table: &'a Table,
    known: Vec<&'static str>,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Section<'a> {
    /// `place` is put in front of the key: `collection.` or `account "Contoso", `.
    pub fn new(place: impl Into<String>, table: &'a Table, mistakes: &'a mut Vec<Mistake>) -> Self {
        Self { place: place.into(), table, known: Vec::new(), mistakes }
    }

    pub fn text(&mut self, key: &'static str) -> Option<String> {
        self.typed(key, "text in quotes", |value| value.as_str().map(str::to_owned))
    }

    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub fn number(&mut self, key: &'static str) -> Option<i64> {
        self.typed(key, "a whole number", Value::as_integer)
    }

    pub fn texts(&mut self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a list of texts, such as [\"one\", \"two\"]", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A span such as `24h`, of at least `shortest`.
    pub fn span(&mut self, key: &'static str, shortest: Duration) -> Option<Duration> {
        let text = self.typed(
            key,
            "a number and a unit in quotes, such as \"60s\", \"24h\" or \"365d\"",
            |v| v.as_str().map(str::to_owned),
        )?;
        match parse_span(&text) {
            Ok(span) if span >= shortest => Some(span),
            Ok(_) => {
                let shortest = crate::base::units::format_span(shortest);
                self.wrong(
                    key,
                    format!("\u{201c}{text}\u{201d} is too short; at least {shortest}"),
                );
                None
            }
            Err(problem) => {
                self.wrong(key, problem.to_string());
                None
            }
        }
    }

    /// A size such as `100MB`, of at least `least` bytes.
    pub fn bytes(&mut self, key: &'static str, least: u64) -> Option<u64> {
        let read = |value: &Value| parse_bytes(value.as_str()?);
        let bytes = self.typed(key, "a number and a unit in quotes, such as \"100MB\"", read)?;
        if bytes < least {
            self.wrong(key, format!("this is too small; at least {least} bytes"));
            return None;
        }
        Some(bytes)
    }

    /// A table; empty when it is absent.
    pub fn table(&mut self, key: &'static str) -> Table {
        self.typed(key, "a section, such as [network]", |value| value.as_table().cloned())
            .unwrap_or_default()
    }

    /// A list of tables; empty when it is absent.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table> {
        self.typed(key, "sections with two brackets each, such as [[account]]", |value| {
            value.as_array()?.iter().map(|item| item.as_table().cloned()).collect()
        })
        .unwrap_or_default()
    }

    /// Whether a key is there at all.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Takes a key out of the unknown ones; `advice` is the mistake when it is there.
    pub fn forbidden(&mut self, keys: &[&'static str], advice: &str) {
        for key in keys {
            if self.table.contains_key(*key) {
                self.known.push(key);
                self.wrong(key, advice);
            }
        }
    }

    /// Notes a mistake at a key.
    pub fn wrong(&mut self, key: &str, what: impl Into<String>) {
        self.mistakes.push(Mistake::at(format!("{}{key}", self.place), what));
    }

    /// Every key that nobody asked for is a mistake.
    pub fn finish(mut self) {
        let table = self.table;
        for key in
            table.keys().filter(|key| !self.known.contains(&key.as_str())).collect::<Vec<_>>()
        {
            let what = match nearest(key, self.known.iter().copied()) {
                Some(known) => format!("there is no such key (did you mean {known}?)"),
                None => {
                    format!("there is no such key; the keys here are {}", self.known.join(", "))
                }
            };
            self.wrong(key, what);
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        allowed: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        self.known.push(key);
        let read = read(self.table.get(key)?);
        if read.is_none() {
            self.wrong(key, format!("write {allowed}"));
        }
        read
    }
}
