//! How collection stands as a whole: one state and one sentence, for the tray, the window's pill
//! and whoever asks over the socket.
//!
//! Promises: pure; what needs a person's attention is told even while something else goes well; a
//! log that Duo refuses to nearly everybody is no reason to alarm anyone.
//!
//! Trust Monitor comes with few of Duo's plans, so its refusal counts only where it is all that is
//! collected. Source: <https://duo.com/pricing>.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alarms::silence_words;
use super::silence::silence;
use super::{FeedState, FeedStatus, Pause};
use crate::base::UnixMillis;
use crate::base::words::{local_time, span};
use crate::record::LogType;
use crate::settings::{Account, AccountKind, Settings};

/// A failing output needs a person only after this long: what passes by itself is tried again.
const OUTPUT_PATIENCE: Duration = Duration::from_secs(600);

/// The state of collection as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// There is nothing to collect from yet.
    NoAccount,
    /// No collector runs.
    Stopped,
    /// A person paused it.
    Paused,
    /// Something needs a person.
    Attention,
    /// Logs are being read.
    Collecting,
    /// Everything Duo shows is stored.
    Current,
}

impl Overall {
    /// The fixed name: `no_account`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAccount => "no_account",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
            Self::Attention => "attention",
            Self::Collecting => "collecting",
            Self::Current => "current",
        }
    }

    /// The state in words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NoAccount => "No account",
            Self::Stopped => "Stopped",
            Self::Paused => "Paused",
            Self::Attention => "Attention needed",
            Self::Collecting => "Collecting",
            Self::Current => "Current",
        }
    }
}

/// One thing that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// The account's name, or what else it is about: `Output SIEM`.
    pub account: String,
    /// Which log; `None` when it is about all of the account's logs.
    pub log_type: Option<LogType>,
    /// What is the matter, why, and what to do.
    pub words: String,
    /// Since when.
    pub since: UnixMillis,
}

/// How many of the selected logs are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Selected logs, of all accounts.
    pub logs: u64,
    /// Those whose every record is stored.
    pub current: u64,
    /// Those being caught up with.
    pub catching_up: u64,
    /// Those not read yet.
    pub waiting: u64,
    /// Those Duo does not have.
    pub not_available: u64,
    /// Those Duo refuses.
    pub denied: u64,
    /// Those that fail for now.
    pub failing: u64,
    /// Records stored, of all of them.
    pub records: u64,
}

/// How collection stands as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The state.
    pub state: Overall,
    /// The state as a sentence: "All 6 logs are current".
    pub words: String,
    /// What needs a person, in the order of the settings.
    pub attention: Vec<Attention>,
    /// When a pause ends by itself.
    pub paused_until: Option<UnixMillis>,
    /// How much of what is being caught up with is done, by time, 0 to 1.
    pub share: Option<f64>,
    /// When the catching up will end, if it goes on as it has.
    pub estimated_end: Option<UnixMillis>,
    /// How many logs are in which state.
    pub counts: Counts,
}

/// A selected log, and how it stands once it has been registered.
pub(super) struct Selected<'a> {
    pub account: &'a str,
    pub log_type: LogType,
    pub status: Option<&'a FeedStatus>,
}

impl Selected<'_> {
    pub fn state(&self) -> FeedState {
        self.status.map_or(FeedState::Waiting, |status| status.state)
    }
}

impl Summary {
    /// What the settings, the standings and the clock add up to.
    pub fn of(
        settings: &Settings,
        feeds: &[FeedStatus],
        pause: Option<Pause>,
        collector_running: bool,
        now: UnixMillis,
    ) -> Self {
        let selected: Vec<Selected<'_>> =
            settings.accounts.iter().flat_map(|account| logs_of(account, feeds)).collect();
        let counts = count(&selected);
        let attention = attention(settings, &selected, now);
        let pause = pause.filter(|pause| !pause.is_over(now));
        let state = if settings.accounts.is_empty() {
            Overall::NoAccount
        } else if !collector_running {
            Overall::Stopped
        } else if pause.is_some() {
            Overall::Paused
        } else if !attention.is_empty() {
            Overall::Attention
        } else if counts.catching_up > 0 || counts.waiting > 0 {
            Overall::Collecting
        } else {
            Overall::Current
        };
        let running = || {
            let statuses = selected.iter().filter_map(|log| log.status);
            statuses.filter(|status| status.state == FeedState::CatchingUp)
        };
        // The slowest log is the one a person waits for.
        let share = running().filter_map(FeedStatus::share).reduce(f64::min);
        let estimated_end = running().filter_map(FeedStatus::estimated_end).max();
        let paused_until = pause.and_then(|pause| pause.until);
        let words = match state {
            Overall::NoAccount => "No Duo account yet".to_owned(),
            Overall::Stopped => "The collector is not running".to_owned(),
            Overall::Paused => match paused_until {
                Some(until) => format!("Paused until {}", local_time(until, now)),
                None => "Paused until resumed".to_owned(),
            },
            Overall::Attention => attention_words(&attention),
            Overall::Collecting => collecting_words(&counts, share, estimated_end, now),
            Overall::Current => current_words(&counts),
        };
        Self { state, words, attention, paused_until, share, estimated_end, counts }
    }

    /// Adds the outputs that have failed for a while, after everything else: their names, what they
    /// said, and since when.
    pub fn add_outputs<'a>(
        &mut self,
        failing: impl IntoIterator<Item = (&'a str, &'a str, UnixMillis)>,
        now: UnixMillis,
    ) {
        let before = self.attention.len();
        for (name, words, since) in failing {
            if since.plus(OUTPUT_PATIENCE) <= now {
                let account = format!("Output {name}");
                let words = words.to_owned();
                self.attention.push(Attention { account, log_type: None, words, since });
            }
        }
        if self.attention.len() > before
            && matches!(self.state, Overall::Attention | Overall::Collecting | Overall::Current)
        {
            self.state = Overall::Attention;
            self.words = attention_words(&self.attention);
        }
    }

    /// Adds something that needs a person, before everything else.
    pub fn add(&mut self, attention: Attention) {
        self.attention.insert(0, attention);
        if !matches!(self.state, Overall::Paused | Overall::Stopped) {
            self.state = Overall::Attention;
            self.words = attention_words(&self.attention);
        }
    }
}

/// An account's selected logs; those of each child account for an Accounts API key.
pub(super) fn logs_of<'a>(account: &'a Account, feeds: &'a [FeedStatus]) -> Vec<Selected<'a>> {
    let ours = |status: &&FeedStatus| {
        status.integration_key == account.integration_key
            && (account.kind == AccountKind::Accounts || status.account == account.name)
    };
    let mut names: Vec<&str> =
        feeds.iter().filter(ours).map(|status| status.account.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        names.push(&account.name);
    }
    let mut selected = Vec::new();
    for name in names {
        selected.extend(account.log_types.iter().map(|log_type| {
            Selected {
                account: name,
                log_type: *log_type,
                status: feeds
                    .iter()
                    .filter(ours)
                    .find(|status| status.account == name && status.log_type == *log_type),
            }
        }));
    }
    selected
}

fn count(selected: &[Selected<'_>]) -> Counts {
    let mut counts = Counts::default();
    for log in selected {
        counts.logs += 1;
        counts.records += log.status.map_or(0, |status| status.records);
        *match log.state() {
            FeedState::Waiting => &mut counts.waiting,
            FeedState::CatchingUp => &mut counts.catching_up,
            FeedState::Current => &mut counts.current,
            FeedState::NotAvailable => &mut counts.not_available,
            FeedState::Denied => &mut counts.denied,
            FeedState::Failing => &mut counts.failing,
        } += 1;
    }
    counts
}

fn attention(settings: &Settings, selected: &[Selected<'_>], now: UnixMillis) -> Vec<Attention> {
    let mut found = Vec::new();
    for log in selected {
        let Some(status) = log.status else { continue };
        let notice = match status.state {
            FeedState::Denied if is_refused_to_most(log, selected) => None,
            FeedState::Denied | FeedState::Failing => Some(match &status.error {
                Some(error) => (error.message.clone(), status.since.unwrap_or(error.at)),
                None => (status.state.title().to_owned(), status.last_poll.unwrap_or(now)),
            }),
            FeedState::Current => silence(&settings.no_data_alarm, status, now)
                .map(|since| (silence_words(status, now), since)),
            _ => None,
        };
        if let Some((words, since)) = notice {
            let (account, log_type) = (log.account.to_owned(), Some(log.log_type));
            found.push(Attention { account, log_type, words, since });
        }
    }
    gather(found, selected)
}

/// Trust Monitor refused, beside other logs.
pub(super) fn is_refused_to_most(log: &Selected<'_>, selected: &[Selected<'_>]) -> bool {
    log.log_type == LogType::TrustMonitor
        && log.state() == FeedState::Denied
        && selected
            .iter()
            .any(|other| other.account == log.account && other.log_type != LogType::TrustMonitor)
}

/// The same trouble with every log of an account is one trouble.
fn gather(found: Vec<Attention>, selected: &[Selected<'_>]) -> Vec<Attention> {
    let mut gathered: Vec<Attention> = Vec::new();
    for one in &found {
        let logs = selected
            .iter()
            .filter(|log| log.account == one.account && !is_refused_to_most(log, selected))
            .count();
        let same = || {
            found.iter().filter(|other| other.account == one.account && other.words == one.words)
        };
        if logs < 2 || same().count() < logs {
            gathered.push(one.clone());
        } else if !gathered.iter().any(|known| known.account == one.account) {
            let since = same().map(|other| other.since).min().unwrap_or(one.since);
            gathered.push(Attention { log_type: None, since, ..one.clone() });
        }
    }
    gathered
}

fn attention_words(attention: &[Attention]) -> String {
    let Some(first) = attention.first() else { return String::new() };
    let whose = match first.log_type {
        Some(log_type) => format!("{}, {}", first.account, log_type.title()),
        None => first.account.clone(),
    };
    let more = match attention.len() {
        1 => String::new(),
        all => format!(" (and {} more)", all - 1),
    };
    format!("{whose}: {}{more}", first.short())
}

impl Attention {
    /// What is the matter, without why and what to do.
    pub fn short(&self) -> &str {
        self.words.split(": ").next().unwrap_or(&self.words)
    }
}

fn collecting_words(
    counts: &Counts,
    share: Option<f64>,
    end: Option<UnixMillis>,
    now: UnixMillis,
) -> String {
    let Some(share) = share else {
        return match counts.current {
            0 => "Collecting for the first time".to_owned(),
            current => format!("Collecting: {current} of {} logs are current", counts.logs),
        };
    };
    let left = end
        .map(|end| u64::try_from(end.0.saturating_sub(now.0)).unwrap_or(0))
        .map_or(String::new(), |left| {
            format!(", about {} left", span(Duration::from_millis(left)))
        });
    // All of it is what the state "current" says.
    format!("Catching up: {:.0} %{left}", (share * 100.0).floor().min(99.0))
}

fn current_words(counts: &Counts) -> String {
    match counts.current {
        // Duo has none of the selected logs.
        0 => "Nothing to collect".to_owned(),
        1 => "1 log is current".to_owned(),
        current if current == counts.logs => format!("All {current} logs are current"),
        current => format!("{current} logs are current"),
    }
}

#[cfg(test)]
mod tests;
