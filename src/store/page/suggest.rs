//! The values of a column, for who is about to type one.

use foldhash::HashMap;
use rusqlite::Connection;

use super::Column;
use crate::store::error::StoreError;

/// Records of each log that are looked at, from the newest on.
const LOOKED_AT: i64 = 20_000;

pub(super) fn values(
    connection: &Connection,
    column: Column,
    prefix: &str,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let prefix = prefix.to_lowercase();
    let feeds: Vec<i64> = connection
        .prepare_cached("SELECT id FROM feed")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut counts: HashMap<String, i64> = HashMap::default();
    for feed in feeds {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT w.text, count(*) FROM
                 (SELECT {0} AS id FROM event WHERE feed = ?1 ORDER BY time DESC LIMIT ?2) e
             JOIN word w ON w.id = e.id GROUP BY e.id",
            column.name()
        ))?;
        let mut rows = statement.query([feed, LOOKED_AT])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            if text.to_lowercase().starts_with(&prefix) {
                *counts.entry(text).or_default() += row.get::<_, i64>(1)?;
            }
        }
    }
    let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    Ok(counts.into_iter().map(|(text, _)| text).take(limit).collect())
}
