//! What can go wrong with the store, told apart where a person or the program acts differently.

use std::fmt;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::base::Problem;

/// The kinds of fault that call for different acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// The disk is full.
    Full,
    /// The folder or file cannot be written.
    ReadOnly,
    /// The file is damaged or not a store at all.
    Damaged,
    /// A newer program wrote the store.
    Newer,
    /// Another process held the store for too long.
    Busy,
    /// Whoever asked does not want to know any more.
    Interrupted,
    /// Anything else.
    Other,
}

/// A fault of the store, and the words for it.
#[derive(Clone, Debug)]
pub struct StoreError {
    /// Which kind.
    pub fault: StoreFault,
    /// The words for a person.
    pub problem: Problem,
}

impl StoreError {
    /// An error with its own words.
    pub fn new(fault: StoreFault, problem: Problem) -> Self {
        Self { fault, problem }
    }

    /// Adds where the store lies.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.problem.what = format!("{} ({})", self.problem.what, path.display());
        self
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let fault = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreFault::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreFault::ReadOnly
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreFault::Damaged,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreFault::Busy,
            Some(ErrorCode::OperationInterrupted) => StoreFault::Interrupted,
            // Writing past the free space of some file systems is told as an input/output error.
            Some(ErrorCode::SystemIoFailure) if error.to_string().contains("full") => {
                StoreFault::Full
            }
            _ => StoreFault::Other,
        };
        let problem = match fault {
            StoreFault::Full => Problem::new("The disk is full, so nothing more can be stored")
                .next("free some space; collection goes on by itself and nothing is lost"),
            StoreFault::ReadOnly => Problem::new("The store cannot be written")
                .because(&error)
                .next("make the data folder writable for this user"),
            StoreFault::Damaged => Problem::new("The store is damaged").because(&error).next(
                "nothing needs doing: it is set aside and the history is fetched from Duo again",
            ),
            StoreFault::Busy => Problem::new("The store is in use by another program")
                .because(&error)
                .next("close programs that have events.db open"),
            StoreFault::Interrupted => Problem::new("The question was taken back"),
            StoreFault::Newer | StoreFault::Other => {
                Problem::new("The store did not do what was asked").because(&error)
            }
        };
        Self { fault, problem }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for StoreError {}
