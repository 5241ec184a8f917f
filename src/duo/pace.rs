//! How fast Duo is asked.
//!
//! Promises: no lane (one account's one path) is asked faster than its pace; after "too many" the
//! whole lane rests, also requests already waiting; what was learned survives a restart, and two
//! processes on one computer take each other's last request into account.
//!
//! Duo counts per account and kind of request and does not publish today's numbers, so the pace is
//! found by trying: it rises by a tenth with each good answer, and after a refusal it halves and
//! stays below the rate that was refused, coming closer only slowly. Sources:
//! <https://duo.com/docs/adminapi#rate-limits>, <https://duo.com/docs/rate-limits>, and the issues
//! of `duo_client_python` (number 101: 2 to 300 calls a minute, by kind).
//!
//! The memory file: absent or unreadable means starting politely from nothing, since only speed is
//! lost; a temporary file left by a crash is removed by a later save.

mod lane;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{Problem, UnixMillis, files};

use lane::Lane;

/// Saving more often than this would only wear the disk.
const SAVE_EVERY: Duration = Duration::from_secs(5);

/// The pace a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum PaceSetting {
    /// Found by trying.
    #[default]
    Adaptive,
    /// So many requests a minute for each log.
    PerMinute(f64),
    /// No pause between requests.
    Unlimited,
}

/// How a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Duo answered.
    Fine,
    /// Duo refused for being asked too often, and perhaps said how long to wait.
    TooMany(Option<Duration>),
    /// Anything else.
    Other,
}

/// The pace of everything in this process; clones share it.
#[derive(Clone)]
pub struct Pace(Arc<Shared>);

struct Shared {
    setting: PaceSetting,
    memory: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lanes: BTreeMap<String, Lane>,
    saved_at: UnixMillis,
    dirty: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Memory {
    version: u32,
    lanes: BTreeMap<String, Lane>,
}

impl Pace {
    /// Starts with what the memory file holds, if it can be read.
    pub fn open(setting: PaceSetting, memory: Option<PathBuf>) -> Self {
        let lanes = memory.as_deref().map(remembered).unwrap_or_default();
        let state = State { lanes, ..State::default() };
        Self(Arc::new(Shared { setting, memory, state: Mutex::new(state) }))
    }

    /// Whether there is no pause between requests.
    pub fn is_unlimited(&self) -> bool {
        self.0.setting == PaceSetting::Unlimited
    }

    /// Waits for this lane's turn.
    pub async fn before(&self, key: &str) {
        let reserved = {
            let now = UnixMillis::now();
            let mut state = self.state();
            let lane = state.lanes.entry(key.to_owned()).or_default();
            lane.reserve(self.0.setting, now, fastrand::f64())
        };
        tokio::time::sleep(reserved).await;
        // The lane may have been told to rest while this request waited.
        loop {
            let now = UnixMillis::now();
            let rest = self.state().lanes.get(key).map(|lane| lane.rest(now)).unwrap_or_default();
            if rest.is_zero() {
                break;
            }
            tokio::time::sleep(rest.mul_f64(1.0 + 0.1 * fastrand::f64())).await;
        }
    }

    /// Learns from how a request went.
    pub fn heard(&self, key: &str, verdict: Verdict) {
        let now = UnixMillis::now();
        let due = {
            let mut state = self.state();
            let lane = state.lanes.entry(key.to_owned()).or_default();
            lane.learn(self.0.setting, verdict, now);
            state.dirty = true;
            state.saved_at.plus(SAVE_EVERY) <= now || state.saved_at > now
        };
        if due {
            self.save();
        }
    }

    /// Writes the memory file, if there is one and something changed. What another
    /// process has learned meanwhile is kept.
    pub fn save(&self) {
        let Some(file) = &self.0.memory else { return };
        let lanes = {
            let mut state = self.state();
            if !std::mem::take(&mut state.dirty) {
                return;
            }
            state.saved_at = UnixMillis::now();
            state.lanes.clone()
        };
        let memory = Memory { version: 1, lanes: merged(remembered(file), lanes) };
        if let Err(error) = write(file, &memory) {
            tracing::warn!(%error, file = %file.display(), "the pace could not be remembered");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pace").field(&self.0.setting).finish()
    }
}

impl FromStr for PaceSetting {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
        let per_minute = text.strip_suffix("/min").and_then(|number| number.trim().parse().ok());
        match (text, per_minute) {
            ("adaptive", _) => Ok(Self::Adaptive),
            ("unlimited", _) => Ok(Self::Unlimited),
            (_, Some(number)) if (0.1..=6000.0).contains(&number) => Ok(Self::PerMinute(number)),
            _ => Err(Problem::new(format!("\u{201c}{text}\u{201d} is not a pace"))
                .next("write adaptive, unlimited, or a number from 0.1 to 6000 such as 30/min")),
        }
    }
}

impl fmt::Display for PaceSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Adaptive => f.write_str("adaptive"),
            Self::PerMinute(number) => write!(f, "{number}/min"),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

fn remembered(file: &Path) -> BTreeMap<String, Lane> {
    let Ok(text) = std::fs::read(file) else { return BTreeMap::new() };
    let memory: Memory = serde_json::from_slice(&text).unwrap_or_default();
    if memory.version == 1 { memory.lanes } else { BTreeMap::new() }
}

fn merged(theirs: BTreeMap<String, Lane>, ours: BTreeMap<String, Lane>) -> BTreeMap<String, Lane> {
    let mut lanes = theirs;
    for (key, lane) in ours {
        let together = match lanes.remove(&key) {
            Some(other) => lane.merged(other),
            None => lane,
        };
        lanes.insert(key, together);
    }
    lanes
}

fn write(file: &Path, memory: &Memory) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        files::create_private_dir(folder)?;
    }
    files::replace(file, &serde_json::to_vec_pretty(memory)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_written_as_it_is_read() {
        for text in ["adaptive", "30/min", "0.5/min", "unlimited"] {
            assert_eq!(text.parse::<PaceSetting>().unwrap().to_string(), text);
        }
        for text in ["", "fast", "0/min", "-1/min", "30", "30/sec", "NaN/min", "inf/min"] {
            assert!(text.parse::<PaceSetting>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_was_learned_survives_a_restart_and_merges_by_lane() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state").join("pace.json");
        let ours = Pace::open(PaceSetting::Adaptive, Some(file.clone()));
        let theirs = Pace::open(PaceSetting::Adaptive, Some(file.clone()));
        ours.heard("a", Verdict::TooMany(None));
        theirs.heard("b", Verdict::TooMany(None));
        ours.save();
        theirs.save();
        let again = Pace::open(PaceSetting::Adaptive, Some(file.clone()));
        let state = again.state();
        for key in ["a", "b"] {
            assert!(state.lanes[key].rest(UnixMillis::now()) > Duration::from_secs(50), "{key}");
        }
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_unreadable_memory_is_an_empty_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{\"version\":1,\"lanes\":").unwrap();
        assert!(remembered(file.path()).is_empty());
    }

    #[tokio::test]
    async fn a_request_already_waiting_also_rests() {
        let pace = Pace::open(PaceSetting::Unlimited, None);
        for _ in 0..3 {
            pace.heard("a", Verdict::TooMany(None));
        }
        let started = std::time::Instant::now();
        pace.before("a").await;
        assert!(started.elapsed() >= Duration::from_millis(150));
    }
}
