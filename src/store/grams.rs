//! Which texts a block of raw records may hold, told without unpacking it.
//!
//! Promises: a text that is in a record of the block, in any letter case, is never denied; every
//! block has its filter, written and removed with it.
//!
//! A filter has a bit for each run of four bytes, in lower case, that occurs in the block, spread
//! by a hash: about a third of the bits are set. A text of seven letters has four such runs, and
//! finds all four set by chance in one block of sixty. Texts of fewer than four bytes may be
//! anywhere.
//! Words of their own would need less room, but people look for parts of addresses and keys.

use std::cell::RefCell;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;

/// Bytes of a run.
const RUN: usize = 4;

/// Bits a run may fall on before a filter is made as small as its block allows.
const BITS: usize = 1 << 16;

/// What a filter is made of, kept for the next one.
struct Bench {
    /// A byte for each place: written, never read in between, which is twice as quick as bits.
    seen: Box<[u8; BITS]>,
    /// A record in lower case.
    lowercase: Vec<u8>,
}

/// The filter of some records.
#[allow(
    clippy::missing_const_for_thread_local,
    reason = "it is const; on some systems the macro hides that from the lint"
)]
pub fn filter<'a>(records: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    thread_local! {
        static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
    }
    BENCH.with_borrow_mut(|bench| {
        let fresh = || Bench { seen: Box::new([0; BITS]), lowercase: Vec::new() };
        let Bench { seen, lowercase } = bench.get_or_insert_with(fresh);
        seen.fill(0);
        for record in records {
            lower(record, lowercase);
            note(seen, lowercase);
        }
        shrunk(seen)
    })
}

/// A record in lower case, as [`str::to_lowercase`] has it.
fn lower(record: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let Ok(text) = str::from_utf8(record) else {
        into.extend_from_slice(String::from_utf8_lossy(record).to_lowercase().as_bytes());
        return;
    };
    let mut rest = text;
    while let Some(from) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (ascii, beyond) = rest.split_at(from);
        into.extend_from_slice(ascii.as_bytes());
        let Some(c) = beyond.chars().next() else { break };
        // The one letter whose lower case depends on what is around it.
        if c == '\u{3a3}' {
            into.clear();
            into.extend_from_slice(text.to_lowercase().as_bytes());
            return;
        }
        for c in c.to_lowercase() {
            into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        rest = beyond.get(c.len_utf8()..).unwrap_or_default();
    }
    into.extend_from_slice(rest.as_bytes());
    into.make_ascii_lowercase();
}

/// Marks the runs of a text.
fn note(seen: &mut [u8; BITS], text: &[u8]) {
    for run in text.windows(RUN) {
        if let Some(run) = run.first_chunk()
            && let Some(seen) = seen.get_mut(usize::from(place(*run)))
        {
            *seen = 1;
        }
    }
}

/// Where a run of bytes falls.
fn place(run: [u8; RUN]) -> u16 {
    (u32::from_le_bytes(run).wrapping_mul(0x9e37_79b1) >> 16) as u16
}

/// A third of the bits set: neighbors fall together.
fn shrunk(seen: &[u8; BITS]) -> Vec<u8> {
    let set: usize = seen.iter().map(|place| usize::from(*place)).sum();
    let bytes = (set * 9 / 4).clamp(1, BITS).div_ceil(8);
    let mut filter = vec![0_u8; bytes];
    // Places in order fall on bits in order: a bit is added up until the next one comes.
    let step = bytes * 8;
    let (mut sum, mut bit, mut held) = (0, 0, 0_u8);
    for place in seen {
        if sum >= BITS {
            sum -= BITS;
            bit += 1;
            if bit % 8 == 0 {
                if let Some(byte) = filter.get_mut(bit / 8 - 1) {
                    *byte = held;
                }
                held = 0;
            }
        }
        held |= place << (bit % 8);
        sum += step;
    }
    if let Some(byte) = filter.last_mut() {
        *byte = held;
    }
    filter
}

fn shrunk_place(place: u16, bytes: usize) -> (usize, u8) {
    let bit = usize::from(place) * bytes * 8 / BITS;
    (bit / 8, 1 << (bit % 8))
}

/// The runs of a text that is looked for.
#[derive(Clone, Debug, Default)]
pub struct Runs(Vec<u16>);

impl Runs {
    /// Those of a text in lower case.
    pub fn of(lowercase: &str) -> Self {
        let mut places: Vec<u16> = lowercase
            .as_bytes()
            .windows(RUN)
            .filter_map(|run| run.first_chunk())
            .map(|run| place(*run))
            .collect();
        places.sort_unstable();
        places.dedup();
        Self(places)
    }

    /// Whether a block with this filter may hold the text.
    pub fn may_be_in(&self, filter: &[u8]) -> bool {
        self.0.iter().all(|place| {
            let (byte, bit) = shrunk_place(*place, filter.len());
            filter.get(byte).is_some_and(|byte| byte & bit != 0)
        })
    }

    /// Whether a block may hold the text.
    pub fn may_be_in_block(&self, connection: &Connection, block: i64) -> Result<bool, StoreError> {
        if self.0.is_empty() {
            return Ok(true);
        }
        let told: Option<bool> = connection
            .prepare_cached("SELECT filter FROM gram WHERE block = ?1")?
            .query_row([block], |row| {
                Ok(self.may_be_in(row.get_ref(0)?.as_blob().unwrap_or_default()))
            })
            .optional()?;
        Ok(told.unwrap_or(true))
    }
}

/// Writes a block's filter down, instead of the one it had.
pub fn write(tx: &Connection, block: i64, filter: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO gram (block, filter) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET filter = excluded.filter",
    )?
    .execute(params![block, filter])?;
    Ok(())
}

/// Removes a block's filter.
pub fn remove(tx: &Connection, block: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM gram WHERE block = ?1")?.execute([block])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_there_is_never_denied(
            records in proptest::collection::vec("[a-zA-ZäÖß\u{212a}İσΣ0-9 ]{0,60}", 1..20),
            from in 0..60_usize,
            length in 1..20_usize,
        ) {
            let filter = filter(records.iter().map(|record| record.as_bytes()));
            for record in &records {
                let part: String = record.chars().skip(from).take(length).collect();
                let part = part.to_lowercase();
                if record.to_lowercase().contains(&part) {
                    prop_assert!(Runs::of(&part).may_be_in(&filter), "{}", part);
                }
            }
        }
    }

    #[test]
    fn what_is_not_there_is_denied_nearly_always() {
        let mut chance = fastrand::Rng::with_seed(7);
        let mut word = |length| -> String { (0..length).map(|_| chance.alphanumeric()).collect() };
        let records: Vec<String> = (0..250).map(|_| word(40)).collect();
        let filter = filter(records.iter().map(|record| record.as_bytes()));
        assert!((1_500..4_000).contains(&filter.len()), "{}", filter.len());
        let told = |length: usize, word: &mut dyn FnMut(usize) -> String| {
            let words = (0..1_000).map(|_| word(length).to_lowercase());
            words.filter(|word| Runs::of(word).may_be_in(&filter)).count()
        };
        assert!(told(7, &mut word) < 40);
        assert!(told(12, &mut word) < 5);
        assert_eq!(told(3, &mut word), 1_000);
    }
}
