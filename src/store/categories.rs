//! Which bit of a record's categories stands for which category.
//!
//! Promises: a category keeps its bit as long as it is known, so the bits of stored records mean
//! the same from one start to the next.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::error::{StoreError, StoreFault};
use super::query::Reader;
use super::write::Writer;
use crate::base::Problem;

/// A record's categories are bits of one number.
const MOST: u8 = 64;

impl Writer {
    /// The bit of each category, in order; new ones are given.
    pub fn category_bits(&mut self, ids: &[&str]) -> Result<Vec<u8>, StoreError> {
        self.transaction(|tx, _| {
            let mut known = read(tx)?;
            let mut bits = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(bit) = known.get(*id) {
                    bits.push(*bit);
                    continue;
                }
                let free = (0..MOST).find(|bit| !known.values().any(|taken| taken == bit));
                let bit = free.ok_or_else(too_many)?;
                tx.execute("INSERT INTO category (bit, id) VALUES (?1, ?2)", (bit, *id))?;
                known.insert((*id).to_owned(), bit);
                bits.push(bit);
            }
            Ok(bits)
        })
    }
}

impl Reader {
    /// All categories that stored records may have, with their bits.
    pub fn category_bits(&self) -> Result<BTreeMap<String, u8>, StoreError> {
        self.noted(read(&self.connection))
    }
}

fn read(connection: &Connection) -> Result<BTreeMap<String, u8>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, bit FROM category")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn too_many() -> StoreError {
    StoreError::new(
        StoreFault::Other,
        Problem::new("There are too many categories")
            .because(format!("a record can be told apart by {MOST} at most"))
            .next("remove categories from your own knowledge packs"),
    )
}
