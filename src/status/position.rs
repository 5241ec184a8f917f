//! How far a log has been read.
//!
//! Promises: a position never points past a record that is not stored, because the store commits
//! both together; reading again from a position repeats at most what the store already knows.
//!
//! State on disk (a column of the store): absent means never read; unreadable means a newer or
//! damaged program wrote it, and reading starts over from the history's beginning, which repeats
//! nothing; left over from a crash is the normal case.

use serde::{Deserialize, Serialize};

use crate::base::{UnixMillis, UnixSecs};

/// How far a log has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Position {
    /// A log read in windows of time, page after page (v2 logs and Trust Monitor).
    Window {
        /// Where the window being read starts; everything before it is stored.
        from: UnixMillis,
        /// Where the window being read ends; `None` between windows.
        until: Option<UnixMillis>,
        /// What Duo gave us to ask for the next page of this window.
        cursor: Option<String>,
        /// The newest time received in this window so far.
        #[serde(default)]
        last: Option<UnixMillis>,
        /// Records received in this window so far.
        seen: u64,
        /// Records in this window by Duo's own count.
        total: Option<u64>,
    },
    /// A log read from a second onward (v1 logs).
    Since {
        /// The second to read from, inclusive; everything before it is stored.
        from: UnixSecs,
    },
}

impl Position {
    /// A window log, about to read from `from`.
    pub const fn window(from: UnixMillis) -> Self {
        Self::Window { from, until: None, cursor: None, last: None, seen: 0, total: None }
    }

    /// The instant before which everything Duo showed is stored.
    pub const fn reached(&self) -> UnixMillis {
        match self {
            Self::Window { from, .. } => *from,
            Self::Since { from } => from.to_millis(),
        }
    }
}
