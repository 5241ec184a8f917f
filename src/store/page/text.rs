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
        if !self.slots.contains_key(&hit.block) {
            if self.slots.len() >= REMEMBERED {
                self.slots.clear();
            }
            self.slots.insert(hit.block, look(connection, needle, hit.block)?);
        }
        let slots = self.slots.get(&hit.block);
        Ok(slots.and_then(|slots| slots.get(hit.slot)).copied().unwrap_or(false))
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
