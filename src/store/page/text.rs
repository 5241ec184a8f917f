//! Looks for a text in raw records.

use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use foldhash::{HashMap, HashSet};
use memchr::memmem::Finder;
use rusqlite::{Connection, OptionalExtension};

use super::source::Hit;
use crate::store::block::Unpacked;
use crate::store::error::StoreError;
use crate::store::grams::Runs;

/// Blocks of which is remembered where they hold the text.
const REMEMBERED: usize = 4_096;

/// Threads that look into blocks at once: not more than leave room for the others' work.
static THREADS: LazyLock<usize> =
    LazyLock::new(|| available_parallelism().map_or(1, |threads| threads.get().min(4)));

/// Blocks for which another thread is worth starting.
const WORTH_A_THREAD: usize = 3;

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
        let is_in = |raw: &[u8]| {
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
        block.iter().map(is_in).collect()
    }
}

/// In which slots of a block the text is.
type Looked = Vec<(i64, Vec<bool>)>;

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

    /// Which of some blocks have a record that holds the text.
    pub fn among(
        &mut self,
        connection: &Connection,
        needle: &Needle,
        blocks: &[i64],
    ) -> Result<HashSet<i64>, StoreError> {
        if self.slots.len() + blocks.len() > REMEMBERED {
            self.slots.clear();
        }
        let mut packed = Vec::new();
        for block in blocks.iter().filter(|block| !self.slots.contains_key(block)) {
            if let Some(data) = data_of(connection, needle, *block)? {
                packed.push((*block, data));
            }
        }
        self.slots.extend(look_side_by_side(needle, &packed)?);
        let holds = |block: &i64| self.slots.get(block).is_some_and(|slots| slots.contains(&true));
        Ok(blocks.iter().copied().filter(holds).collect())
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
            let slots = match data_of(connection, needle, block)? {
                Some(data) => needle.slots(&Unpacked::read(&data)?),
                None => Vec::new(),
            };
            self.slots.insert(block, slots);
        }
        Ok(self.slots.get(&block).map(Vec::as_slice).unwrap_or_default())
    }
}

/// A block's records, packed; `None` when the text cannot be among them.
fn data_of(
    connection: &Connection,
    needle: &Needle,
    block: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    if !needle.runs.may_be_in_block(connection, block)? {
        return Ok(None);
    }
    Ok(connection
        .prepare_cached("SELECT data FROM block WHERE id = ?1")?
        .query_row([block], |row| row.get(0))
        .optional()?)
}

/// Unpacks blocks and looks into them, on several threads when they are many.
fn look_side_by_side(needle: &Needle, packed: &[(i64, Vec<u8>)]) -> Result<Looked, StoreError> {
    let look = |packed: &[(i64, Vec<u8>)]| -> Result<Looked, StoreError> {
        packed
            .iter()
            .map(|(block, data)| Ok((*block, needle.slots(&Unpacked::read(data)?))))
            .collect()
    };
    let share = packed.len().div_ceil(*THREADS).max(WORTH_A_THREAD);
    let mut shares = packed.chunks(share);
    let Some(own) = shares.next() else { return Ok(Vec::new()) };
    std::thread::scope(|scope| {
        let others: Vec<_> = shares.map(|share| scope.spawn(move || look(share))).collect();
        let mut looked = look(own)?;
        for other in others {
            looked.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic))?);
        }
        Ok(looked)
    })
}
