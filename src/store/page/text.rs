//! Looks for a text in raw records.

use foldhash::HashMap;
use memchr::memmem::Finder;
use rusqlite::{Connection, OptionalExtension};

use super::source::Hit;
use crate::store::block::Unpacked;
use crate::store::error::StoreError;
use crate::store::grams::Runs;

/// Blocks of which is remembered where they hold the text.
const REMEMBERED: usize = 4_096;

/// What is looked for, in any letter case.
#[derive(Clone, Debug)]
pub(in crate::store) struct Needle {
    find: Finder<'static>,
    runs: Runs,
}

impl Needle {
    /// `None` for an empty text, which is everywhere.
    pub fn new(text: &str) -> Option<Self> {
        let lowercase = text.to_lowercase();
        let find = Finder::new(&lowercase).into_owned();
        (!text.is_empty()).then(|| Self { find, runs: Runs::of(&lowercase) })
    }

    /// Which of a block's records hold it.
    fn slots(&self, block: &Unpacked) -> Vec<bool> {
        let mut lowercase = Vec::new();
        let mut is_in = |raw: &[u8]| {
            if raw.is_ascii() {
                lowercase.clear();
                lowercase.extend_from_slice(raw);
                lowercase.make_ascii_lowercase();
                self.find.find(&lowercase).is_some()
            } else {
                let text = String::from_utf8_lossy(raw).to_lowercase();
                self.find.find(text.as_bytes()).is_some()
            }
        };
        block.iter().map(|raw| is_in(raw)).collect()
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
    if !needle.runs.may_be_in_block(connection, block)? {
        return Ok(Vec::new());
    }
    let data: Option<Vec<u8>> = connection
        .prepare_cached("SELECT data FROM block WHERE id = ?1")?
        .query_row([block], |row| row.get(0))
        .optional()?;
    let Some(data) = data else { return Ok(Vec::new()) };
    Ok(needle.slots(&Unpacked::read(&data)?))
}
