//! Ranges that could not be read completely: known, told, and never skipped silently.

use std::fmt;

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::feeds::FeedId;
use crate::base::UnixMillis;
use crate::record::LogType;

/// Why a range could not be read completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// One second holds as many records as Duo gives at once, and Duo offers no way to read on
    /// within it.
    FullSecond,
    /// Duo kept giving the same place to go on from.
    StuckCursor,
    /// The range is older than Duo keeps or gives.
    TooOld,
    /// Duo counts more records than it gave.
    Short,
}

impl GapKind {
    const ALL: [Self; 4] = [Self::FullSecond, Self::StuckCursor, Self::TooOld, Self::Short];

    /// The fixed name: `full_second`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FullSecond => "full_second",
            Self::StuckCursor => "stuck_cursor",
            Self::TooOld => "too_old",
            Self::Short => "short",
        }
    }
}

impl fmt::Display for GapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FullSecond => "one second holds more records than Duo gives at once",
            Self::StuckCursor => "Duo kept giving the same place to go on from",
            Self::TooOld => "Duo no longer gives records this old",
            Self::Short => "Duo counts more records than it gave",
        })
    }
}

/// A range that could not be read completely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first instant, inclusive.
    pub since: UnixMillis,
    /// The last instant, inclusive.
    pub until: UnixMillis,
    /// Why.
    pub kind: GapKind,
    /// How many records are missing, where that is known.
    pub missing: Option<u64>,
}

/// Remembers a gap; the same one again only refreshes its number.
pub(super) fn add(
    connection: &Connection,
    feed: FeedId,
    gap: &Gap,
    now: UnixMillis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO gap (feed, since, until, kind, missing, found)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (feed, since, until, kind) DO UPDATE SET missing = excluded.missing",
        )?
        .execute(params![
            feed.0,
            gap.since.0,
            gap.until.0,
            gap.kind.name(),
            gap.missing.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            now.0
        ])?;
    Ok(())
}

/// Forgets gaps that lie in a range that has been proven complete; of a gap that reaches beyond it,
/// the rest stays. Tells how many are gone.
pub(super) fn close(
    connection: &Connection,
    feed: FeedId,
    since: UnixMillis,
    until: UnixMillis,
) -> Result<usize, StoreError> {
    let range = [feed.0, since.0, until.0];
    let gone = connection
        .prepare_cached("DELETE FROM gap WHERE feed = ?1 AND since >= ?2 AND until <= ?3")?
        .execute(range)?;
    // How many records the rest misses is not known.
    for sql in [
        "UPDATE OR REPLACE gap SET until = ?2 - 1, missing = NULL
         WHERE feed = ?1 AND since < ?2 AND until BETWEEN ?2 AND ?3",
        "UPDATE OR REPLACE gap SET since = ?3 + 1, missing = NULL
         WHERE feed = ?1 AND since BETWEEN ?2 AND ?3 AND until > ?3",
    ] {
        connection.prepare_cached(sql)?.execute(range)?;
    }
    Ok(gone)
}

/// All known gaps, with whose they are.
pub(super) fn list(connection: &Connection) -> Result<Vec<(String, LogType, Gap)>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT a.name, f.log_type, g.since, g.until, g.kind, g.missing
         FROM gap g JOIN feed f ON f.id = g.feed JOIN account a ON a.id = f.account
         ORDER BY a.name, f.id, g.since",
    )?;
    let rows = statement.query_map([], |row| {
        let log_type: String = row.get(1)?;
        let kind: String = row.get(4)?;
        let missing: Option<i64> = row.get(5)?;
        Ok((
            row.get::<_, String>(0)?,
            log_type.parse::<LogType>().ok(),
            UnixMillis(row.get(2)?),
            UnixMillis(row.get(3)?),
            GapKind::ALL.into_iter().find(|known| known.name() == kind),
            missing.and_then(|n| u64::try_from(n).ok()),
        ))
    })?;
    let mut gaps = Vec::new();
    for row in rows {
        if let (account, Some(log_type), since, until, Some(kind), missing) = row? {
            gaps.push((account, log_type, Gap { since, until, kind, missing }));
        }
    }
    Ok(gaps)
}
