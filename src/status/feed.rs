//! How one log of one account stands.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Rhythm;
use crate::base::UnixMillis;
use crate::record::LogType;

/// What a log's collection is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Not read yet, or between attempts with nothing wrong.
    #[default]
    Waiting,
    /// Pages follow each other until the present is reached.
    CatchingUp,
    /// Everything Duo shows is stored.
    Current,
    /// Duo has no such log (any more); not an error.
    NotAvailable,
    /// Duo refuses this log to this key; tried again rarely and after a change of settings.
    Denied,
    /// Something is wrong for now; tried again by itself.
    Failing,
}

impl FeedState {
    /// The fixed name: `catching_up`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::CatchingUp => "catching_up",
            Self::Current => "current",
            Self::NotAvailable => "not_available",
            Self::Denied => "denied",
            Self::Failing => "failing",
        }
    }

    /// The state in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::CatchingUp => "catching up",
            Self::Current => "current",
            Self::NotAvailable => "not available",
            Self::Denied => "denied",
            Self::Failing => "failing",
        }
    }
}

impl fmt::Display for FeedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.title())
    }
}

impl FromStr for FeedState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [
            Self::Waiting,
            Self::CatchingUp,
            Self::Current,
            Self::NotAvailable,
            Self::Denied,
            Self::Failing,
        ]
        .into_iter()
        .find(|state| state.name() == text)
        .ok_or(())
    }
}

/// What went wrong last, in words and with Duo's own code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedError {
    /// Duo's code, such as 40301; none when Duo did not answer.
    pub code: Option<u32>,
    /// What happened, why, and what to do next.
    pub message: String,
    /// When it happened.
    pub at: UnixMillis,
}

/// How one log of one account stands.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedStatus {
    /// The account's name.
    pub account: String,
    /// The account's integration key.
    pub integration_key: String,
    /// Which log.
    pub log_type: LogType,
    /// What its collection is doing.
    pub state: FeedState,
    /// Since when it has been doing that.
    pub since: Option<UnixMillis>,
    /// Records stored.
    pub records: u64,
    /// Records among them that appeared at Duo after their time had been read.
    pub late: u64,
    /// Records among them that could not be understood, stored whole all the same.
    pub not_understood: u64,
    /// Where the history of this log begins here.
    pub begins: Option<UnixMillis>,
    /// The instant before which everything Duo showed is stored.
    pub reached: Option<UnixMillis>,
    /// The end of the range being caught up with.
    pub catching_up_until: Option<UnixMillis>,
    /// The time of the newest record stored.
    pub newest: Option<UnixMillis>,
    /// When Duo last answered.
    pub last_poll: Option<UnixMillis>,
    /// Ranges that could not be read completely.
    pub gaps: u64,
    /// The catching up that is under way.
    pub run: Option<Run>,
    /// What went wrong last; `None` when the last attempt was fine.
    pub error: Option<FeedError>,
    /// The hour of its oldest record stored; known while it is silent.
    pub first: Option<UnixMillis>,
    /// When it usually has records; known while it is silent.
    pub rhythm: Option<Box<Rhythm>>,
}

/// A log's catching up, from when and where it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub began: UnixMillis,
    /// The newest record of its first page: what lies before it took no time to read.
    pub from: UnixMillis,
    /// Pages read since.
    pub pages: u64,
}

impl FeedStatus {
    /// How much of the range being caught up with is done, by time, 0 to 1.
    pub fn share(&self) -> Option<f64> {
        let (from, until) = (self.reached?, self.catching_up_until?);
        let newest = self.newest?.max(from);
        let whole = until.0.saturating_sub(from.0);
        let done = newest.0.saturating_sub(from.0);
        (whole > 0).then(|| (done as f64 / whole as f64).clamp(0.0, 1.0))
    }

    /// Pages a minute since the catching up began.
    pub fn pages_per_minute(&self) -> Option<f64> {
        let run = self.run?;
        let millis = self.last_poll?.0.saturating_sub(run.began.0);
        // The first page marks the beginning.
        (millis > 0 && run.pages > 1).then(|| (run.pages - 1) as f64 * 60_000.0 / millis as f64)
    }

    /// How long the catching up will still take, if it goes on as it has; nothing once that is over.
    pub fn left(&self, now: UnixMillis) -> Option<Duration> {
        let left = self.estimated_end()?.0.saturating_sub(now.0);
        Some(Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }

    /// When the catching up will end, if it goes on as it has.
    pub fn estimated_end(&self) -> Option<UnixMillis> {
        let (run, newest, until) = (self.run?, self.newest?, self.catching_up_until?);
        let last = self.last_poll?;
        let spent = last.0.saturating_sub(run.began.0) as f64;
        let done = newest.0.saturating_sub(run.from.0) as f64;
        let left = until.0.saturating_sub(newest.0).max(0) as f64;
        (done > 0.0 && spent > 0.0)
            .then(|| UnixMillis(last.0.saturating_add((spent / done * left) as i64)))
    }
}
