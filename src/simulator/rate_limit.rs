//! How many calls Duo takes: counted by account and by path, as its documentation words it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// How many calls one endpoint takes from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls within a window.
    pub calls: u32,
    /// The window, by this computer's own clock: Duo's may stand still in a test.
    pub window: Duration,
    /// Whether a refusal says how long to wait.
    pub retry_after: bool,
}

impl RateLimit {
    /// So many calls a minute, without a word about waiting.
    pub const fn per_minute(calls: u32) -> Self {
        Self { calls, window: Duration::from_secs(60), retry_after: false }
    }
}

/// The calls of late, and the limits they count against.
#[derive(Debug, Default)]
pub struct RateLimits {
    by_path: BTreeMap<String, RateLimit>,
    others: Option<RateLimit>,
    calls: BTreeMap<(String, String), VecDeque<Instant>>,
}

impl RateLimits {
    /// Limits one path.
    pub fn set(&mut self, path: impl Into<String>, limit: RateLimit) {
        self.by_path.insert(path.into(), limit);
    }

    /// Limits every path that has no limit of its own, each by itself.
    pub const fn set_others(&mut self, limit: RateLimit) {
        self.others = Some(limit);
    }

    /// Takes any number of calls again.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts a call; refuses it when it is one too many, perhaps with the wait in seconds.
    pub(super) fn count(&mut self, account: &str, path: &str) -> Result<(), Option<u64>> {
        let Some(limit) = self.by_path.get(path).copied().or(self.others) else { return Ok(()) };
        let now = Instant::now();
        let calls = self.calls.entry((account.to_owned(), path.to_owned())).or_default();
        while calls.front().is_some_and(|first| now.duration_since(*first) >= limit.window) {
            calls.pop_front();
        }
        if calls.len() < limit.calls as usize {
            calls.push_back(now);
            return Ok(());
        }
        let oldest = calls.front().copied().unwrap_or(now);
        let wait = limit.window.saturating_sub(now.duration_since(oldest));
        Err(limit.retry_after.then(|| wait.as_secs() + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_count_by_account_and_path() {
        let mut limits = RateLimits::default();
        limits.set("/a", RateLimit { retry_after: true, ..RateLimit::per_minute(2) });
        assert_eq!(limits.count("DA1", "/a"), Ok(()));
        assert_eq!(limits.count("DA1", "/a"), Ok(()));
        assert_eq!(limits.count("DA2", "/a"), Ok(()));
        assert_eq!(limits.count("DA1", "/b"), Ok(()));
        assert!(matches!(limits.count("DA1", "/a"), Err(Some(59..=61))));
        limits.set_others(RateLimit::per_minute(0));
        assert_eq!(limits.count("DA1", "/b"), Err(None));
    }
}
