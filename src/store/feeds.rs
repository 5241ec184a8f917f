//! Accounts and their logs, as the store knows them.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::error::StoreError;
use crate::base::UnixMillis;
use crate::record::LogType;
use crate::status::{FeedError, FeedState, FeedStatus, Position, Rhythm, Run};

/// A log that had a record since is not silent.
const SILENT: Duration = Duration::from_secs(3600);

const HOUR_MILLIS: i64 = 3_600_000;

/// One log of one account, by its number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(pub(super) i64);

impl FeedId {
    /// The log's number.
    pub const fn number(self) -> i64 {
        self.0
    }
}

/// Names an account: by its name for people, by its key for Duo.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountRef {
    /// The name people gave it.
    pub name: String,
    /// The integration key its requests are signed with.
    pub integration_key: String,
    /// Where it is reached; tells a rotated key from another organization under an old name.
    pub api_hostname: String,
    /// The child account's own id, when the key is an Accounts API key.
    pub child: Option<String>,
}

/// What the store remembers of a log, for collection to go on from.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Its number.
    pub id: FeedId,
    /// How far it has been read; `None` at first.
    pub position: Option<Position>,
    /// What its collection was doing last.
    pub state: FeedState,
    /// What went wrong last.
    pub error: Option<FeedError>,
    /// When the trailing window was last read again.
    pub late_looked: Option<UnixMillis>,
    /// Where its history begins here.
    pub begins: Option<UnixMillis>,
}

/// Finds or makes the account and its log. An account keeps its records when its key is rotated
/// (same name and hostname) and when it is renamed (same key). A child account is known by its own id alone:
/// another one that comes under the name of an old one begins anew.
pub(super) fn register(
    connection: &Connection,
    account: &AccountRef,
    log_type: LogType,
) -> Result<Feed, StoreError> {
    let child = account.child.as_deref().unwrap_or_default();
    let by_key: Option<i64> = connection
        .query_row(
            "SELECT id FROM account WHERE integration_key = ?1 AND child = ?2",
            [account.integration_key.as_str(), child],
            |row| row.get(0),
        )
        .optional()?;
    let by_name: Option<i64> = connection
        .query_row(
            "SELECT id FROM account WHERE name = ?1 AND child = ?2 AND api_hostname = ?3",
            [account.name.as_str(), child, account.api_hostname.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    let known = by_key.or(by_name);
    // Whoever had the name before keeps it with an addition, so that names stay unique.
    connection.execute(
        "UPDATE account
         SET name = name || ' (' || iif(child = '', integration_key, child) || ')'
         WHERE name = ?1 AND id IS NOT ?2",
        params![account.name, known],
    )?;
    let number = match known {
        Some(number) => {
            connection.execute(
                "UPDATE account SET name = ?2, integration_key = ?3, child = ?4, api_hostname = ?5
                 WHERE id = ?1 AND (name, integration_key, child, api_hostname)
                                   <> (?2, ?3, ?4, ?5)",
                params![number, account.name, account.integration_key, child, account.api_hostname],
            )?;
            number
        }
        None => {
            connection.execute(
                "INSERT INTO account (name, integration_key, child, api_hostname)
                 VALUES (?1, ?2, ?3, ?4)",
                params![account.name, account.integration_key, child, account.api_hostname],
            )?;
            connection.last_insert_rowid()
        }
    };
    connection.execute(
        "INSERT INTO feed (account, log_type, known) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![number, log_type.name(), UnixMillis::now().0],
    )?;
    Ok(connection.query_row(
        "SELECT id, position, state, error, late_looked, begins
         FROM feed WHERE account = ?1 AND log_type = ?2",
        params![number, log_type.name()],
        |row| {
            Ok(Feed {
                id: FeedId(row.get(0)?),
                position: json(row, 1)?,
                state: state(row, 2)?,
                error: json(row, 3)?,
                late_looked: row.get::<_, Option<i64>>(4)?.map(UnixMillis),
                begins: row.get::<_, Option<i64>>(5)?.map(UnixMillis),
            })
        },
    )?)
}

/// How every log stands, accounts by name, logs in their usual order.
pub(super) fn statuses(connection: &Connection) -> Result<Vec<FeedStatus>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT a.name, a.integration_key, f.log_type, f.state, f.records, f.late,
                f.not_understood, f.begins, f.reached, f.until, f.newest, f.last_poll, f.error,
                (SELECT count(*) FROM gap g WHERE g.feed = f.id),
                f.run_began, f.run_from, f.run_pages, f.since, f.id
         FROM feed f JOIN account a ON a.id = f.account ORDER BY a.name, f.id",
    )?;
    let rows = statement.query_map([], |row| {
        let millis = |i| row.get::<_, Option<i64>>(i).map(|time| time.map(UnixMillis));
        let Ok(log_type) = row.get::<_, String>(2)?.parse() else { return Ok(None) };
        let status = FeedStatus {
            account: row.get(0)?,
            integration_key: row.get(1)?,
            log_type,
            state: state(row, 3)?,
            records: count(row, 4)?,
            late: count(row, 5)?,
            not_understood: count(row, 6)?,
            begins: millis(7)?,
            reached: millis(8)?,
            catching_up_until: millis(9)?,
            newest: millis(10)?,
            last_poll: millis(11)?,
            error: json(row, 12)?,
            gaps: count(row, 13)?,
            run: match (millis(14)?, millis(15)?) {
                (Some(began), Some(from)) => Some(Run { began, from, pages: count(row, 16)? }),
                _ => None,
            },
            since: millis(17)?,
            first: None,
            rhythm: None,
        };
        Ok(Some((FeedId(row.get(18)?), status)))
    })?;
    let mut statuses = Vec::new();
    for row in rows {
        let Some((feed, mut status)) = row? else { continue };
        note_rhythm(connection, feed, &mut status)?;
        statuses.push(status);
    }
    statuses.sort_by(|a, b| (&a.account, a.log_type).cmp(&(&b.account, b.log_type)));
    Ok(statuses)
}

/// Finds out when a log that is silent usually has records. One that is not silent needs no rhythm.
fn note_rhythm(
    connection: &Connection,
    feed: FeedId,
    status: &mut FeedStatus,
) -> Result<(), StoreError> {
    let Some(newest) = status.newest.filter(|newest| newest.plus(SILENT) <= UnixMillis::now())
    else {
        return Ok(());
    };
    let Some(first) = first_hour(connection, feed)? else { return Ok(()) };
    status.first = Some(first);
    let Some(hours) = Rhythm::hours(first, newest) else { return Ok(()) };
    let mut statement = connection.prepare_cached(
        "SELECT hour, sum(records) FROM hourly WHERE feed = ?1 AND hour >= ?2 AND hour < ?3
         GROUP BY hour",
    )?;
    let rows = statement
        .query_map([feed.0, hours.0, hours.1], |row| Ok((row.get::<_, i64>(0)?, count(row, 1)?)))?;
    let records: Vec<(i64, u64)> = rows.collect::<Result<_, _>>()?;
    status.rhythm = Some(Box::new(Rhythm::of(hours, records)));
    Ok(())
}

/// The hour of a log's oldest record.
fn first_hour(connection: &Connection, feed: FeedId) -> Result<Option<UnixMillis>, StoreError> {
    let first: Option<i64> = connection
        .prepare_cached("SELECT min(hour) FROM hourly WHERE feed = ?1")?
        .query_row([feed.0], |row| row.get(0))?;
    Ok(first.map(|hour| UnixMillis(hour * HOUR_MILLIS)))
}

/// The hour of the oldest record of each log that has any.
pub(super) fn first_hours(
    connection: &Connection,
) -> Result<HashMap<(String, LogType), UnixMillis>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT a.name, f.log_type, f.id FROM feed f JOIN account a ON a.id = f.account",
    )?;
    let mut rows = statement.query([])?;
    let mut hours = HashMap::new();
    while let Some(row) = rows.next()? {
        let Ok(log_type) = row.get::<_, String>(1)?.parse() else { continue };
        if let Some(first) = first_hour(connection, FeedId(row.get(2)?))? {
            hours.insert((row.get(0)?, log_type), first);
        }
    }
    Ok(hours)
}

/// A count, which SQLite keeps signed.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

/// A column of JSON; what cannot be read counts as absent, which makes reading start over.
fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<FeedState> {
    Ok(row.get::<_, String>(column)?.parse().unwrap_or_default())
}
