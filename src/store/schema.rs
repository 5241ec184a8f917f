//! The store's tables, their versions, and how the file is opened.
//!
//! `event` is clustered by log, time and id: re-reading finds duplicates where they must lie, a
//! log's newest records sit together at the end of its range, and removing an account or an old
//! month removes neighbors. Repeated texts live once in `word`. Raw records lie in compressed
//! blocks of up to [`super::block::FULL`] records.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::block::Unpacked;
use super::error::{StoreError, StoreFault};
use crate::base::{Problem, UnixMillis};

/// The version this program writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Each entry lifts a store by one version; entries are never changed once released.
const MIGRATIONS: [&str; 1] = [include_str!("schema_v1.sql")];

/// Keeps little of the store in memory.
pub const SMALL: &str = "PRAGMA cache_size = -1000;";

/// How long a writer waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(30);

/// Opens the store for writing, making or migrating it; a damaged one is set aside first, and the
/// words for that are returned beside the connection.
pub fn open_for_writing(path: &Path) -> Result<(Connection, Option<Problem>), StoreError> {
    let suspect = suspect_mark(path);
    let opened = open_and_migrate(path).and_then(|connection| {
        if suspect.exists() {
            check_whole(&connection)?;
        }
        Ok(connection)
    });
    match opened {
        Ok(connection) => {
            let _ = fs::remove_file(&suspect);
            Ok((connection, None))
        }
        Err(error) if error.fault == StoreFault::Damaged => {
            let aside = set_aside(path)?;
            let _ = fs::remove_file(&suspect);
            let told = Problem::new("The store was damaged and has been set aside")
                .because(&error.problem)
                .next(format!(
                    "a new store is being filled from Duo; the damaged one is kept as {}",
                    aside.display()
                ));
            Ok((open_and_migrate(path)?, Some(told)))
        }
        Err(error) => Err(error),
    }
}

/// Opens a store for writing beside its owner: nothing is set aside.
pub fn open_beside(path: &Path) -> Result<Connection, StoreError> {
    open_and_migrate(path)
}

/// Opens the store for reading only; `None` while it is still being made.
pub fn open_for_reading(path: &Path) -> Result<Option<Connection>, StoreError> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| StoreError::from(error).at(path))?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("PRAGMA cache_size = -16000; PRAGMA query_only = 1;")?;
    let version = version_of(&connection).map_err(|error| error.at(path))?;
    if version > SCHEMA_VERSION {
        return Err(newer(version).at(path));
    }
    Ok((version > 0).then_some(connection))
}

/// Remembers that the store gave a sign of damage, so that the next start checks all of it.
pub fn mark_suspect(path: &Path) {
    if let Err(error) = fs::write(suspect_mark(path), b"") {
        tracing::warn!(%error, "could not leave the mark that asks for a check of the store");
    }
}

/// Whether the store gave a sign of damage since it was opened.
pub fn is_suspect(path: &Path) -> bool {
    suspect_mark(path).exists()
}

fn open_and_migrate(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|error| StoreError::from(error).at(path))?;
    owner_only(path);
    connection.busy_timeout(BUSY)?;
    // Full durability: a commit is on the disk when it returns. The write-ahead log is folded back
    // less often than SQLite's default, which alone doubles the speed of storing.
    connection
        .execute_batch(
            "PRAGMA page_size = 8192;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 4000;
             PRAGMA journal_size_limit = 67108864;
             PRAGMA cache_size = -24000;
             PRAGMA temp_store = MEMORY;",
        )
        .map_err(|error| StoreError::from(error).at(path))?;
    let version = version_of(&connection).map_err(|error| error.at(path))?;
    if version > SCHEMA_VERSION {
        return Err(newer(version).at(path));
    }
    let start = usize::try_from(version).unwrap_or(0);
    for (done, sql) in MIGRATIONS.iter().enumerate().skip(start) {
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have migrated while we waited for the lock.
        if version_of(&tx)? == done as i64 {
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "user_version", done as i64 + 1)?;
        }
        tx.commit()?;
    }
    Ok(connection)
}

fn version_of(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn check_whole(connection: &Connection) -> Result<(), StoreError> {
    let verdict: String =
        connection.pragma_query_value(None, "integrity_check", |row| row.get(0))?;
    if verdict != "ok" {
        let problem = Problem::new("The store is damaged").because(verdict);
        return Err(StoreError::new(StoreFault::Damaged, problem));
    }
    // SQLite does not look into the blocks.
    let mut statement = connection.prepare("SELECT data FROM block")?;
    let mut blocks = statement.query([])?;
    while let Some(block) = blocks.next()? {
        Unpacked::read(block.get_ref(0)?.as_blob().unwrap_or_default())?;
    }
    Ok(())
}

fn newer(version: i64) -> StoreError {
    StoreError::new(
        StoreFault::Newer,
        Problem::new("This store was written by a newer version of the program")
            .because(format!("it has format {version}, and this program knows {SCHEMA_VERSION}"))
            .next("install the newer version again; nothing was changed"),
    )
}

/// Renames the store and its companions; returns the new name.
fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let stamp = UnixMillis::now().to_string().replace([':', '-', '.'], "");
    let aside = with_suffix(path, &format!(".damaged-{stamp}"));
    for companion in ["", "-wal", "-shm"] {
        let (from, to) = (with_suffix(path, companion), with_suffix(&aside, companion));
        match fs::rename(&from, &to) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(StoreError::new(
                    StoreFault::ReadOnly,
                    Problem::new("The damaged store could not be set aside")
                        .because(error)
                        .next(format!("move {} away by hand and start again", from.display())),
                ));
            }
        }
    }
    Ok(aside)
}

fn suspect_mark(path: &Path) -> PathBuf {
    with_suffix(path, ".suspect")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(unix)]
fn owner_only(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // SQLite gives its companions the permissions of the store itself.
    if let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(0o600)) {
        tracing::warn!(%error, "could not make the store readable by its owner only");
    }
}

#[cfg(not(unix))]
fn owner_only(_: &Path) {
    // On Windows the per-user folder's access list already keeps others out.
}
