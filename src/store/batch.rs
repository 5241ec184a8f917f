//! A page of records made ready for storing, away from the store's own thread.
//!
//! Everything that can be done without the store is done here: ids, the distinct texts, the sums
//! for the rollups, the compression. The writer then only looks up, inserts and commits.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use std::fmt;
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::block::{self, FULL, FULL_BYTES};
use super::error::StoreError;
use crate::base::UnixMillis;
use crate::record::{Columns, IdSource, Understood};

/// Columns of text beside each record, in the order of the table.
pub const COLUMNS: usize = 9;

/// Positions in the columns. The sums in the store name fields by them: they never change.
pub const USER: usize = 0;
/// See [`USER`].
pub const ACTION: usize = 1;
/// See [`USER`].
pub const RESULT: usize = 2;
/// See [`USER`].
pub const REASON: usize = 3;
/// See [`USER`].
pub const FACTOR: usize = 4;
/// See [`USER`].
pub const ADDRESS: usize = 5;
/// See [`USER`].
pub const APPLICATION: usize = 6;
/// See [`USER`].
pub const TARGET: usize = 7;
/// See [`USER`].
pub const COUNTRY: usize = 8;

/// A page of records, ready for storing.
#[derive(Default)]
pub struct Batch {
    /// The distinct texts of all columns; a column holds an index into them, plus one; 0 is none.
    pub(super) texts: Vec<Box<str>>,
    pub(super) records: Vec<Prepared>,
    pub(super) blocks: Vec<Packed>,
    /// Records that were in the page twice.
    pub(super) repeated: usize,
    /// What the records lie in; absent when there are none.
    body: Option<Box<dyn AsRef<[u8]> + Send>>,
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("records", &self.records.len()).finish_non_exhaustive()
    }
}

/// One record of a batch.
#[derive(Debug)]
pub(super) struct Prepared {
    /// None when the record's own time cannot be read.
    pub time: Option<UnixMillis>,
    pub id: i64,
    pub columns: [u32; COLUMNS],
    pub amount: Option<i64>,
    pub categories: u64,
    pub understood: bool,
    pub raw: Range<usize>,
}

/// Consecutive records of a batch, compressed.
#[derive(Debug)]
pub(super) struct Packed {
    pub first: usize,
    pub records: usize,
    pub data: Vec<u8>,
}

impl Batch {
    /// Makes a page ready. `records` are ranges of `body`; `understand` reads one record, and
    /// `categories` tells the bits of the categories it falls in.
    pub fn build(
        body: impl AsRef<[u8]> + Send + 'static,
        records: &[Range<usize>],
        understand: impl for<'r> Fn(&'r [u8]) -> Understood<'r>,
        categories: impl Fn(&Columns<'_>) -> u64,
    ) -> Result<Self, StoreError> {
        let mut batch = Self { records: Vec::with_capacity(records.len()), ..Self::default() };
        let mut texts = Texts::default();
        let mut known = HashSet::with_capacity(records.len());
        let mut counted: HashMap<[u8; 32], u32> = HashMap::new();
        for range in records {
            let raw = body.as_ref().get(range.clone()).unwrap_or_default();
            let understood = understand(raw);
            let id = record_id(&understood, raw, &mut counted);
            if !known.insert((understood.time, id)) {
                batch.repeated += 1;
                continue;
            }
            batch.records.push(Prepared {
                time: understood.time,
                id,
                columns: texts.columns(&understood.columns),
                amount: understood.columns.amount,
                categories: categories(&understood.columns),
                understood: understood.complete,
                raw: range.clone(),
            });
        }
        batch.texts = texts.list;
        batch.body = Some(Box::new(body));
        batch.pack_full_blocks()?;
        Ok(batch)
    }

    /// How many different records the page holds.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether the page holds no record.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The newest time among the records.
    pub fn newest(&self) -> Option<UnixMillis> {
        self.records.iter().filter_map(|record| record.time).max()
    }

    pub(super) fn raw(&self, record: &Prepared) -> &[u8] {
        let body = self.body.as_ref().map(|body| (**body).as_ref());
        body.and_then(|body| body.get(record.raw.clone())).unwrap_or_default()
    }

    /// Pages large enough for blocks of their own are compressed here; small ones go into the
    /// log's tail block, which only the writer knows.
    fn pack_full_blocks(&mut self) -> Result<(), StoreError> {
        if self.records.len() < FULL / 2 {
            return Ok(());
        }
        let mut first = 0;
        for chunk in chunks(self.records.iter().map(|record| record.raw.len())) {
            let Some(records) = self.records.get(chunk.clone()) else { break };
            let data = block::pack(records.iter().map(|record| self.raw(record)))?;
            self.blocks.push(Packed { first, records: chunk.len(), data });
            first = chunk.end;
        }
        Ok(())
    }
}

/// Cuts consecutive records, given by their sizes, into nearly equal blocks that are not too full.
pub(super) fn chunks(sizes: impl ExactSizeIterator<Item = usize>) -> Vec<Range<usize>> {
    let total = sizes.len();
    let even = total.div_ceil(total.div_ceil(FULL).max(1)).max(1);
    let (mut chunks, mut start, mut bytes) = (Vec::new(), 0, 0);
    for (i, size) in sizes.enumerate() {
        if i > start && (i - start >= even || bytes + size > FULL_BYTES) {
            chunks.push(start..i);
            (start, bytes) = (i, 0);
        }
        bytes += size;
    }
    if start < total {
        chunks.push(start..total);
    }
    chunks
}

/// 64 bits that stand for a record within one millisecond of one log. Two different records there
/// share them with a chance of one in 10^19.
fn record_id(understood: &Understood<'_>, raw: &[u8], counted: &mut HashMap<[u8; 32], u32>) -> i64 {
    let digest: [u8; 32] = match &understood.id {
        IdSource::Duo(id) => Sha256::digest(id.as_bytes()).into(),
        IdSource::Fields(fields) => occurrence(fields.as_bytes(), counted),
        IdSource::Bytes => occurrence(raw, counted),
    };
    digest.first_chunk::<8>().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}

/// Without ids, equal records are different events: the first, the second, and so on. A page
/// starts at the beginning of a second, so counting within it gives the same numbers each time.
fn occurrence(bytes: &[u8], counted: &mut HashMap<[u8; 32], u32>) -> [u8; 32] {
    let content: [u8; 32] = Sha256::digest(bytes).into();
    let number = counted.entry(content).or_insert(0);
    let mut hash = Sha256::new_with_prefix(content);
    hash.update(number.to_le_bytes());
    *number += 1;
    hash.finalize().into()
}

#[derive(Default)]
struct Texts {
    list: Vec<Box<str>>,
    index: HashMap<Box<str>, u32>,
}

impl Texts {
    fn columns(&mut self, columns: &Columns<'_>) -> [u32; COLUMNS] {
        [
            &columns.user,
            &columns.action,
            &columns.result,
            &columns.reason,
            &columns.factor,
            &columns.address,
            &columns.application,
            &columns.target,
            &columns.country,
        ]
        .map(|text| text.as_deref().map_or(0, |text| self.number(text)))
    }

    fn number(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(number) = self.index.get(text) {
            return *number;
        }
        self.list.push(text.into());
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.index.insert(text.into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_even_and_bounded() {
        assert_eq!(chunks(std::iter::repeat_n(1, 0)), Vec::<Range<usize>>::new());
        assert_eq!(chunks(std::iter::repeat_n(1, 3)), vec![0..3]);
        let sizes: Vec<usize> = chunks(vec![1; 1000].into_iter()).iter().map(Range::len).collect();
        assert_eq!(sizes, [250; 4]);
        let huge: Vec<usize> =
            chunks(vec![FULL_BYTES; 3].into_iter()).iter().map(Range::len).collect();
        assert_eq!(huge, [1; 3]);
    }
}
