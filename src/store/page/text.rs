//! Looks for a text in raw records.

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension};

use super::source::Hit;
use crate::store::block::Unpacked;
use crate::store::error::StoreError;

/// Blocks of which is remembered where they hold the text.
const REMEMBERED: usize = 4_096;

/// What is looked for, in any letter case.
#[derive(Clone, Debug)]
pub(in crate::store) struct Needle {
    lowercase: String,
}

impl Needle {
    /// `None` for an empty text, which is everywhere.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self { lowercase: text.to_lowercase() })
    }

    /// Whether a raw record holds it.
    pub fn is_in(&self, raw: &[u8]) -> bool {
        String::from_utf8_lossy(raw).to_lowercase().contains(&self.lowercase)
    }
}

/// In which slots of which blocks the text is.
#[derive(Debug, Default)]
pub(super) struct Texts {
    slots: HashMap<i64, Vec<bool>>,
}

impl Texts {
    /// Whether a record holds the text.
    pub fn holds(
        &mut self,
        connection: &Connection,
        needle: &Needle,
        hit: &Hit,
    ) -> Result<bool, StoreError> {
        let slots = self.of(connection, needle, hit.block)?;
        Ok(slots.get(hit.slot).copied().unwrap_or(false))
    }

    /// Whether any record of a block holds the text.
    pub fn is_in(
        &mut self,
        connection: &Connection,
        needle: &Needle,
        block: i64,
    ) -> Result<bool, StoreError> {
        Ok(self.of(connection, needle, block)?.contains(&true))
    }

    fn of(
        &mut self,
        connection: &Connection,
        needle: &Needle,
        block: i64,
    ) -> Result<&[bool], StoreError> {
        if !self.slots.contains_key(&block) {
            if self.slots.len() >= REMEMBERED {
                self.slots.clear();
            }
            self.slots.insert(block, look(connection, needle, block)?);
        }
        Ok(self.slots.get(&block).map(Vec::as_slice).unwrap_or_default())
    }
}

fn look(connection: &Connection, needle: &Needle, block: i64) -> Result<Vec<bool>, StoreError> {
    let data: Option<Vec<u8>> = connection
        .prepare_cached("SELECT data FROM block WHERE id = ?1")?
        .query_row([block], |row| row.get(0))
        .optional()?;
    let Some(data) = data else { return Ok(Vec::new()) };
    Ok(Unpacked::read(&data)?.iter().map(|raw| needle.is_in(raw)).collect())
}
