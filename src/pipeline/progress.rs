//! Numbers of a running collection, for progress bars and for the outcome of `collect --once`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::base::UnixMillis;
use crate::record::LogType;
use crate::status::{FeedError, FeedState};

/// What one log's collection has done since the program started.
#[derive(Clone, Debug)]
pub struct FeedProgress {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// Records received.
    pub fetched: u64,
    /// Records that were new.
    pub stored: u64,
    /// Records that were known already.
    pub duplicates: u64,
    /// New records whose time had been read before.
    pub late: u64,
    /// Requests sent.
    pub requests: u64,
    /// The range being caught up with: from, reached, until.
    pub range: Option<(UnixMillis, UnixMillis, UnixMillis)>,
    /// When the first page was here, and its newest record: what lies before it took no time.
    pub first_page: Option<(Instant, UnixMillis)>,
    /// What it is doing now.
    pub state: FeedState,
    /// What went wrong last.
    pub error: Option<FeedError>,
    /// When this log's collection began.
    pub started: Instant,
    /// How long it has been at work, in seconds, once it has finished.
    pub seconds: Option<f64>,
}

impl FeedProgress {
    /// How much of the range is done, 0 to 1, by time.
    pub fn share(&self) -> Option<f64> {
        let (from, reached, until) = self.range?;
        let whole = until.0.saturating_sub(from.0);
        (whole > 0)
            .then(|| (reached.0.saturating_sub(from.0) as f64 / whole as f64).clamp(0.0, 1.0))
    }
}

impl FeedProgress {
    /// How long catching up will take, if it goes on as it has.
    pub fn left(&self) -> Option<Duration> {
        let ((_, reached, until), (since, first)) = (self.range?, self.first_page?);
        let done = reached.0.saturating_sub(first.0);
        let left = until.0.saturating_sub(reached.0).max(0);
        (done > 0).then(|| since.elapsed().mul_f64(left as f64 / done as f64))
    }
}

/// Shared by everything that collects and everything that shows it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    feeds: Arc<Mutex<Vec<FeedProgress>>>,
}

/// One log's place in [`Progress`].
#[derive(Clone, Debug)]
pub struct Tracker {
    progress: Progress,
    place: usize,
}

impl Progress {
    /// Makes a place for a log, or finds the one it had.
    pub fn track(&self, account: &str, log_type: LogType) -> Tracker {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            feeds.iter().position(|feed| feed.account == account && feed.log_type == log_type);
        let place = known.unwrap_or_else(|| {
            feeds.push(FeedProgress {
                account: account.to_owned(),
                log_type,
                fetched: 0,
                stored: 0,
                duplicates: 0,
                late: 0,
                requests: 0,
                range: None,
                first_page: None,
                state: FeedState::Waiting,
                error: None,
                started: Instant::now(),
                seconds: None,
            });
            feeds.len() - 1
        });
        Tracker { progress: self.clone(), place }
    }

    /// The numbers of all logs now.
    pub fn snapshot(&self) -> Vec<FeedProgress> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tracker {
    /// Changes the numbers.
    pub fn update(&self, change: impl FnOnce(&mut FeedProgress)) {
        let mut feeds = self.progress.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get_mut(self.place) {
            change(feed);
        }
    }
}
