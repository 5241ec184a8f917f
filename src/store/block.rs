//! Raw records, compressed some hundreds together, and taken apart again byte for byte.
//!
//! Records of one log repeat each other's field names and values; together they shrink to a tenth
//! where one alone shrinks to half. A small page is added to the log's last block (the tail) until
//! that is full, so polling every minute compresses as well as a back-fill.

use std::cell::RefCell;
use std::ops::Range;

use zstd::bulk::Compressor;

use super::error::{StoreError, StoreFault};
use crate::base::Problem;

/// Records in a full block: larger ones shrink little further and are slower to look into.
pub const FULL: usize = 250;

/// Bytes after which a block is full whatever it counts, so that huge records stay separate.
pub const FULL_BYTES: usize = 1 << 20;

/// Fastest level: on these records higher ones gain a few percent for several times the work.
const LEVEL: i32 = 1;

/// A block larger than this when unpacked is damaged: an answer of Duo's is capped well below.
const MAX_UNPACKED_BYTES: usize = 256 << 20;

/// Packs records, in order; their slots count from 0. A slot may be empty (an expired record).
pub fn pack<'a>(records: impl Iterator<Item = &'a [u8]> + Clone) -> Result<Vec<u8>, StoreError> {
    let count = records.clone().count();
    let bytes: usize = records.clone().map(<[u8]>::len).sum();
    let mut plain = Vec::with_capacity(4 + 4 * count + bytes);
    plain.extend_from_slice(&le(count));
    for record in records.clone() {
        plain.extend_from_slice(&le(record.len()));
    }
    for record in records {
        plain.extend_from_slice(record);
    }
    compress(&plain).map_err(|error| {
        StoreError::new(
            StoreFault::Other,
            Problem::new("A block of records could not be compressed").because(error),
        )
    })
}

/// Compresses with a context of the thread's own: making one costs as much as a small block.
#[allow(
    clippy::missing_const_for_thread_local,
    reason = "it is const; on some systems the macro hides that from the lint"
)]
fn compress(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|compressor| {
        if compressor.is_none() {
            let mut new = Compressor::new(LEVEL)?;
            new.include_checksum(true)?;
            *compressor = Some(new);
        }
        match compressor {
            Some(compressor) => compressor.compress(plain),
            None => zstd::bulk::compress(plain, LEVEL),
        }
    })
}

/// An unpacked block.
#[derive(Debug)]
pub struct Unpacked {
    plain: Vec<u8>,
    slots: Vec<Range<usize>>,
}

impl Unpacked {
    /// Unpacks a block.
    pub fn read(data: &[u8]) -> Result<Self, StoreError> {
        let size = zstd::zstd_safe::get_frame_content_size(data)
            .ok()
            .flatten()
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size <= MAX_UNPACKED_BYTES)
            .ok_or_else(damaged)?;
        let plain = zstd::bulk::decompress(data, size).map_err(|_| damaged())?;
        let slots = slots_of(&plain).ok_or_else(damaged)?;
        Ok(Self { plain, slots })
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The record in a slot.
    pub fn record(&self, slot: usize) -> Result<&[u8], StoreError> {
        self.slots.get(slot).and_then(|range| self.plain.get(range.clone())).ok_or_else(damaged)
    }

    /// All records, in slot order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        self.slots.iter().filter_map(|range| self.plain.get(range.clone()))
    }
}

fn slots_of(plain: &[u8]) -> Option<Vec<Range<usize>>> {
    let (count, mut rest) = take_u32(plain)?;
    let mut start = 4_usize.checked_add(count.checked_mul(4)?)?;
    let mut slots = Vec::with_capacity(count.min(plain.len()));
    for _ in 0..count {
        let (length, after) = take_u32(rest)?;
        rest = after;
        let end = start.checked_add(length)?;
        plain.get(start..end)?;
        slots.push(start..end);
        start = end;
    }
    Some(slots)
}

fn take_u32(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

fn le(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

fn damaged() -> StoreError {
    StoreError::new(StoreFault::Damaged, Problem::new("A block of stored records is damaged"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_come_back_byte_for_byte(records: Vec<Vec<u8>>) {
            let data = pack(records.iter().map(Vec::as_slice)).unwrap();
            let unpacked = Unpacked::read(&data).unwrap();
            prop_assert_eq!(unpacked.len(), records.len());
            for (slot, record) in records.iter().enumerate() {
                prop_assert_eq!(unpacked.record(slot).unwrap(), record.as_slice());
            }
        }

        #[test]
        fn damaged_blocks_are_refused_without_panic(data: Vec<u8>) {
            let _ = Unpacked::read(&data);
        }
    }
}
