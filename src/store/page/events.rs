//! The records behind rows, many at once: for handing them on.

use std::ops::ControlFlow;

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension};

use super::Row;
use super::source::hits_at;
use crate::store::block::Unpacked;
use crate::store::error::StoreError;
use crate::store::query::{Event, Reader};

impl Reader {
    /// Hands over the records behind rows, in the rows' order, until `each` breaks. Records that
    /// were removed meanwhile are passed over. A block of records is unpacked once for all rows.
    pub fn events_of<B>(
        &self,
        rows: &[Row],
        mut each: impl FnMut(Event<'_>) -> ControlFlow<B>,
    ) -> Result<Option<B>, StoreError> {
        self.noted(self.at_once(|connection| {
            let hosts = hosts(connection)?;
            let mut blocks: HashMap<i64, Option<Unpacked>> = HashMap::default();
            for row in rows {
                let place = row.place;
                let hits = hits_at(connection, place.feed, place.time.0)?;
                let Some(hit) = hits.into_iter().find(|hit| hit.id == place.id) else { continue };
                let block = match blocks.entry(hit.block) {
                    std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                    std::collections::hash_map::Entry::Vacant(new) => {
                        new.insert(unpacked(connection, hit.block)?)
                    }
                };
                let Some(block) = block else { continue };
                let event = Event {
                    account: &row.account,
                    api_hostname: hosts.get(&place.feed).map_or("", String::as_str),
                    log_type: row.log_type,
                    time: row.time,
                    late: row.late,
                    understood: row.understood,
                    categories: row.categories,
                    raw: block.record(hit.slot)?,
                    number: hit.id,
                };
                if let ControlFlow::Break(value) = each(event) {
                    return Ok(Some(value));
                }
            }
            Ok(None)
        }))
    }
}

fn hosts(connection: &Connection) -> Result<HashMap<i64, String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT f.id, a.api_hostname FROM feed f JOIN account a ON a.id = f.account",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn unpacked(connection: &Connection, block: i64) -> Result<Option<Unpacked>, StoreError> {
    let data: Option<Vec<u8>> = connection
        .prepare_cached("SELECT data FROM block WHERE id = ?1")?
        .query_row([block], |row| row.get(0))
        .optional()?;
    data.map(|data| Unpacked::read(&data)).transpose()
}
