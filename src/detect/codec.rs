//! How what detection remembers is written down: numbers of varying length, one after the other.
//!
//! Promises: what was written is read back; anything else is refused as a whole, never half read.

use super::finding::{Name, Seen};
use crate::base::UnixMillis;

/// Raised when the form changes; what was written in another form is forgotten.
pub const FORM: u8 = 1;

/// Writes.
#[derive(Debug)]
pub struct Put(Vec<u8>);

impl Put {
    /// Starts with the form and what it is.
    pub fn new(kind: u8) -> Self {
        Self(vec![FORM, kind])
    }

    /// A number that is not negative.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A number of either sign.
    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    /// Eight bytes.
    pub fn fixed(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A record's name. Times are kept as distances from `base`.
    pub fn seen(&mut self, seen: &Seen, base: i64) {
        self.signed(seen.time.0.wrapping_sub(base));
        self.signed(seen.feed);
        self.fixed(seen.event.cast_unsigned());
        match &seen.name {
            Name::Uuid(bytes) => {
                self.number(0);
                self.0.extend_from_slice(bytes);
            }
            Name::Text(text) => {
                self.number(text.len() as u64 + 1);
                self.0.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// What was written.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads what [`Put`] wrote.
#[derive(Debug)]
pub struct Take<'a>(&'a [u8]);

impl<'a> Take<'a> {
    /// Starts; `None` when it is of another form or something else.
    pub fn new(kind: u8, bytes: &'a [u8]) -> Option<Self> {
        match bytes.split_first_chunk::<2>()? {
            ([FORM, found], rest) if *found == kind => Some(Self(rest)),
            _ => None,
        }
    }

    /// A number that is not negative.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number of either sign.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    /// Eight bytes.
    pub fn fixed(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    /// A record's name.
    pub fn seen(&mut self, base: i64) -> Option<Seen> {
        let time = UnixMillis(self.signed()?.wrapping_add(base));
        let feed = self.signed()?;
        let event = self.fixed()?.cast_signed();
        let name = match usize::try_from(self.number()?).ok()?.checked_sub(1) {
            None => {
                let (bytes, rest) = self.0.split_first_chunk::<16>()?;
                self.0 = rest;
                Name::Uuid(*bytes)
            }
            Some(length) => {
                let (text, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Name::Text(std::str::from_utf8(text).ok()?.into())
            }
        };
        Some(Seen { feed, time, event, name })
    }

    /// A list's length, no longer than what is left could hold.
    pub fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length <= self.0.len()).then_some(length)
    }

    /// Whether everything was read.
    pub const fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_and_names_come_back(
            a: u64, b: i64, c: u64, time: i64, feed: i64, event: i64, text in "\\PC{0,40}", base: i64
        ) {
            let seen = Seen { feed, time: UnixMillis(time), event, name: Name::new(&text) };
            let mut put = Put::new(7);
            put.number(a);
            put.signed(b);
            put.fixed(c);
            put.seen(&seen, base);
            let bytes = put.done();
            let mut take = Take::new(7, &bytes).unwrap();
            prop_assert_eq!(take.number(), Some(a));
            prop_assert_eq!(take.signed(), Some(b));
            prop_assert_eq!(take.fixed(), Some(c));
            prop_assert_eq!(take.seen(base), Some(seen));
            prop_assert!(take.is_done());
            prop_assert!(Take::new(8, &bytes).is_none());
        }

        #[test]
        fn nonsense_is_refused_without_panic(bytes: Vec<u8>) {
            if let Some(mut take) = Take::new(7, &bytes) {
                let _ = (take.length(), take.seen(0), take.signed(), take.fixed());
            }
        }
    }
}
