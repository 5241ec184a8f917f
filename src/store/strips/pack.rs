//! How one column of a segment's records is packed: the values that occur, in order, and for each
//! record the number of its value, in as few bits as they need. Times are kept as steps.

use foldhash::HashMap;
use rusqlite::Connection;

use super::{BLOCK, CATEGORIES, FLAGS, TIME};
use crate::store::batch::COLUMNS;
use crate::store::error::StoreError;

/// The columns of records in the order of time and id, before they are packed. No word is 0.
pub struct Strips {
    values: [Vec<i64>; TIME],
    times: Vec<i64>,
}

impl Strips {
    /// Reads a range of a log, its end not included, from its beginning on.
    pub fn read(
        connection: &Connection,
        feed: i64,
        since: i64,
        until: i64,
        most: usize,
    ) -> Result<Self, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT user, action, result, reason, factor, address, application, target, country,
                    categories, flags, block, time
             FROM event WHERE feed = ?1 AND time >= ?2 AND time < ?3 ORDER BY time, id LIMIT ?4",
        )?;
        let mut rows = statement.query([feed, since, until, most as i64])?;
        let mut strips = Self { values: [const { Vec::new() }; TIME], times: Vec::new() };
        while let Some(row) = rows.next()? {
            for (i, values) in strips.values.iter_mut().enumerate() {
                let value = if i < COLUMNS { row.get::<_, Option<i64>>(i)? } else { row.get(i)? };
                values.push(value.unwrap_or(0));
            }
            strips.times.push(row.get(TIME)?);
        }
        Ok(strips)
    }

    /// The same values in each column, and as times.
    #[cfg(test)]
    pub fn of(values: &[i64]) -> Self {
        let mut times = values.to_vec();
        times.sort_unstable();
        Self { values: std::array::from_fn(|_| values.to_vec()), times }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Cuts off what follows about so many records, and tells the first instant that was cut off.
    pub fn cut(&mut self, records: usize) -> Option<i64> {
        let last = self.times.get(records.checked_sub(1)?)?;
        let end = self.times.partition_point(|time| time <= last);
        let next = self.times.get(end).copied()?;
        self.times.truncate(end);
        for values in &mut self.values {
            values.truncate(end);
        }
        Some(next)
    }

    /// The strips, in the order of their numbers.
    pub fn pack(&self) -> impl Iterator<Item = Vec<u8>> {
        let values = self.values.iter().map(|values| pack_values(values));
        values.chain(std::iter::once(pack_steps(&self.times)))
    }
}

const _: () = assert!(CATEGORIES == COLUMNS && FLAGS < BLOCK && BLOCK < TIME);

fn pack_values(values: &[i64]) -> Vec<u8> {
    // Numbered as they come first, then as their order is.
    let mut numbers: HashMap<i64, usize> = HashMap::default();
    let numbered: Vec<usize> = values
        .iter()
        .map(|value| {
            let next = numbers.len();
            *numbers.entry(*value).or_insert(next)
        })
        .collect();
    let mut distinct: Vec<(i64, usize)> = numbers.into_iter().collect();
    distinct.sort_unstable();
    let mut codes = vec![0_u64; distinct.len()];
    for (code, (_, number)) in (0..).zip(&distinct) {
        if let Some(place) = codes.get_mut(*number) {
            *place = code;
        }
    }
    let distinct: Vec<i64> = distinct.into_iter().map(|(value, _)| value).collect();
    let mut packed = Vec::new();
    push_number(&mut packed, distinct.len() as u64);
    packed.extend(pack_steps(&distinct));
    let width = width_of(distinct.len());
    let (mut bits, mut held) = (0_u128, 0);
    for number in numbered {
        bits |= u128::from(codes.get(number).copied().unwrap_or(0)) << held;
        held += width;
        if held >= 64 {
            packed.extend_from_slice(&((bits & u128::from(u64::MAX)) as u64).to_le_bytes());
            bits >>= 64;
            held -= 64;
        }
    }
    let rest = (bits as u64).to_le_bytes();
    packed.extend(rest.iter().take((held as usize).div_ceil(8)));
    packed
}

/// Bits that a number below `values` needs.
fn width_of(values: usize) -> u32 {
    usize::BITS - values.saturating_sub(1).leading_zeros()
}

/// Values that never fall.
fn pack_steps(values: &[i64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(2 * values.len() + 10);
    let mut before = 0;
    for value in values {
        push_number(&mut packed, value.wrapping_sub(before).cast_unsigned());
        before = *value;
    }
    packed
}

fn push_number(packed: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        packed.push(number as u8 | 0x80);
        number >>= 7;
    }
    packed.push(number as u8);
}

fn take_number(packed: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    loop {
        let (byte, rest) = packed.split_first()?;
        *packed = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

/// The steps of a strip of times.
pub fn steps(mut packed: &[u8]) -> impl Iterator<Item = i64> {
    let mut before = 0_i64;
    std::iter::from_fn(move || {
        before = before.wrapping_add(take_number(&mut packed)?.cast_signed());
        Some(before)
    })
}

/// A strip of values, as far as it has been read.
pub struct Values<'p> {
    /// The values that occur, in order.
    pub distinct: Vec<i64>,
    width: u32,
    codes: &'p [u8],
}

impl<'p> Values<'p> {
    /// Reads which values there are; `None` for a damaged strip.
    pub fn read(mut packed: &'p [u8]) -> Option<Self> {
        let count = usize::try_from(take_number(&mut packed)?).ok()?;
        let mut distinct = Vec::with_capacity(count.min(packed.len()));
        let mut before = 0_i64;
        for _ in 0..count {
            before = before.wrapping_add(take_number(&mut packed)?.cast_signed());
            distinct.push(before);
        }
        Some(Self { distinct, width: width_of(count), codes: packed })
    }

    /// The number of a record's value among those that occur.
    pub fn code(&self, record: usize) -> usize {
        let bit = record * self.width as usize;
        let bytes = self.codes.get(bit / 8..).unwrap_or_default();
        let word = match bytes.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => {
                let mut last = [0; 8];
                for (to, from) in last.iter_mut().zip(bytes) {
                    *to = *from;
                }
                u64::from_le_bytes(last)
            }
        };
        let mask = (1_u64 << self.width.min(56)) - 1;
        usize::try_from(word >> (bit % 8) & mask).unwrap_or(usize::MAX)
    }
}

/// Which records of a segment are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    words: Vec<u64>,
    records: usize,
}

impl Chosen {
    /// All of them.
    pub fn all(records: usize) -> Self {
        let mut words = vec![u64::MAX; records.div_ceil(64)];
        if let Some(last) = words.last_mut()
            && !records.is_multiple_of(64)
        {
            *last = (1 << (records % 64)) - 1;
        }
        Self { words, records }
    }

    /// Keeps those whose value fits.
    pub fn keep(&mut self, values: &Values<'_>, fits: impl FnMut(i64) -> bool) {
        let fitting: Vec<bool> = values.distinct.iter().copied().map(fits).collect();
        if fitting.iter().all(|fits| *fits) {
            return;
        }
        if !fitting.contains(&true) {
            self.words.fill(0);
            return;
        }
        for (i, word) in self.words.iter_mut().enumerate() {
            if *word == 0 {
                continue;
            }
            let first = i * 64;
            let count = (self.records - first).min(64);
            let mut kept = 0;
            for bit in 0..count {
                let fits = fitting.get(values.code(first + bit)).copied().unwrap_or(false);
                kept |= u64::from(fits) << bit;
            }
            *word &= kept;
        }
    }

    /// Keeps those in a part of the segment.
    pub fn keep_between(&mut self, first: usize, end: usize) {
        for record in (0..first.min(self.records)).chain(end.min(self.records)..self.records) {
            if let Some(word) = self.words.get_mut(record / 64) {
                *word &= !(1 << (record % 64));
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether a record is among them.
    pub fn has(&self, record: usize) -> bool {
        self.words.get(record / 64).is_some_and(|word| word >> (record % 64) & 1 == 1)
    }

    /// Their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(i, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(i * 64 + bit)
            })
        })
    }
}
