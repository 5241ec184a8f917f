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

/// The filter of some records.
#[allow(
    clippy::missing_const_for_thread_local,
    reason = "it is const; on some systems the macro hides that from the lint"
)]
pub fn filter<'a>(records: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    thread_local! {
        static SEEN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
    }
    SEEN.with_borrow_mut(|seen| {
        seen.clear();
        seen.resize(BITS / 64, 0);
        let Some(seen) = seen.first_chunk_mut::<{ BITS / 64 }>() else { return Vec::new() };
        for record in records {
            if record.is_ascii() {
                note(seen, record);
            } else {
                note(seen, String::from_utf8_lossy(record).to_lowercase().as_bytes());
            }
        }
        shrunk(seen)
    })
}

/// Marks the runs of a text.
fn note(seen: &mut [u64; BITS / 64], text: &[u8]) {
    let mut run = 0_u32;
    let (first, rest) = text.split_at(text.len().min(RUN - 1));
    for byte in first {
        run = run << 8 | u32::from(byte.to_ascii_lowercase());
    }
    for byte in rest {
        run = run << 8 | u32::from(byte.to_ascii_lowercase());
        let place = place(run);
        if let Some(word) = seen.get_mut(usize::from(place >> 6)) {
            *word |= 1 << (place & 63);
        }
    }
}

/// Where a run of bytes falls.
fn place(run: u32) -> u16 {
    (run.wrapping_mul(0x9e37_79b1) >> 16) as u16
}

/// A third of the bits set: neighbors fall together.
fn shrunk(seen: &[u64; BITS / 64]) -> Vec<u8> {
    let set: usize = seen.iter().map(|word| word.count_ones() as usize).sum();
    let bytes = (set * 9 / 4).clamp(1, BITS).div_ceil(8);
    let mut filter = vec![0_u8; bytes];
    for (i, word) in (0_u32..).zip(seen) {
        let mut left = *word;
        while left != 0 {
            let (byte, bit) = shrunk_place((i * 64 + left.trailing_zeros()) as u16, bytes);
            if let Some(byte) = filter.get_mut(byte) {
                *byte |= bit;
            }
            left &= left - 1;
        }
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
            .map(|run| place(run.iter().fold(0, |run, byte| run << 8 | u32::from(*byte))))
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
