//! Texts that repeat, stored once and known by number.

use foldhash::HashMap;

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;

/// Texts remembered at most; beyond that the memory starts over, so it stays flat.
const REMEMBERED: usize = 50_000;

/// Finds or gives numbers; remembers the busy ones.
#[derive(Debug, Default)]
pub struct Words {
    known: HashMap<Box<str>, i64>,
}

impl Words {
    /// The numbers of `texts`, new ones included, in their order.
    pub fn numbers(
        &mut self,
        connection: &Connection,
        texts: &[Box<str>],
    ) -> Result<Vec<i64>, StoreError> {
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        let mut find = connection.prepare_cached("SELECT id FROM word WHERE text = ?1")?;
        let mut add = connection.prepare_cached("INSERT INTO word (text) VALUES (?1)")?;
        let mut numbers = Vec::with_capacity(texts.len());
        for text in texts {
            if let Some(number) = self.known.get(text) {
                numbers.push(*number);
                continue;
            }
            let found: Option<i64> = find.query_row([text], |row| row.get(0)).optional()?;
            let number = match found {
                Some(number) => number,
                None => add.insert([text])?,
            };
            self.known.insert(text.clone(), number);
            numbers.push(number);
        }
        Ok(numbers)
    }

    /// The number of a text, if it has one.
    pub fn find(&mut self, connection: &Connection, text: &str) -> Result<Option<i64>, StoreError> {
        if let Some(number) = self.known.get(text) {
            return Ok(Some(*number));
        }
        let found: Option<i64> = connection
            .prepare_cached("SELECT id FROM word WHERE text = ?1")?
            .query_row([text], |row| row.get(0))
            .optional()?;
        if let Some(number) = found {
            self.known.insert(text.into(), number);
        }
        Ok(found)
    }

    /// Forgets everything: after a transaction that did not happen, or another program's.
    pub fn forget(&mut self) {
        self.known.clear();
    }
}
