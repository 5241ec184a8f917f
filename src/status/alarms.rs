//! What the collector has to tell about itself: no data, a refused credential, a standstill, gaps.
//!
//! Promises: pure; a quiet tenant (Duo answers, nothing new) is told from a broken collector (Duo
//! was not asked, or does not answer), and a refused credential from a Duo that cannot be reached;
//! what all logs of an account have in common is one alarm; a short disturbance is none.

use std::time::Duration;

use super::silence::silence;
use super::summary::{Selected, is_refused_to_most, logs_of};
use super::{FeedState, FeedStatus};
use crate::base::UnixMillis;
use crate::base::words::{counted, local_time, span};
use crate::settings::Settings;

/// What can be told, under the ids of the knowledge pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmKind {
    /// Duo answers, and shows nothing new for longer than is usual.
    NoData,
    /// Nothing is fetched: Duo does not answer, or was not asked.
    CollectorStalled,
    /// Duo refuses the key.
    CredentialRefused,
    /// A range could not be read.
    GapFound,
}

impl AlarmKind {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::NoData, Self::CollectorStalled, Self::CredentialRefused, Self::GapFound];

    /// The id in the knowledge pack and in commands.
    pub const fn id(self) -> &'static str {
        match self {
            Self::NoData => "no-data",
            Self::CollectorStalled => "collector-stalled",
            Self::CredentialRefused => "credential-refused",
            Self::GapFound => "gap-found",
        }
    }
}

/// Something the collector has to tell about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it is.
    pub kind: AlarmKind,
    /// The account's name; `None` when it is about this computer.
    pub account: Option<String>,
    /// Which log, in words; the same as long as it is the same trouble.
    pub subject: String,
    /// What exactly was found; changes from look to look.
    pub words: String,
    /// Since when.
    pub since: UnixMillis,
}

/// A time in which no collector ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The last sign of life before it.
    pub from: UnixMillis,
    /// When a collector ran again.
    pub until: UnixMillis,
}

/// How long a log may fail, or not be asked, before that is an alarm.
pub const STALLED: Duration = Duration::from_secs(3600);

/// How long Duo has to refuse a key: logs notice it one after the other.
pub const REFUSED: Duration = Duration::from_secs(180);

/// How long a hole is told after its end.
const HOLE_STANDS: Duration = Duration::from_secs(3600);

/// Stands for all logs of an account.
const ALL_LOGS: &str = "All logs";

/// What stands now. `awake_since` is when the collector began or the computer woke up; `hole` is a
/// time before that in which none ran.
pub fn alarms(
    settings: &Settings,
    feeds: &[FeedStatus],
    awake_since: UnixMillis,
    hole: Option<Hole>,
    now: UnixMillis,
) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    if let Some(hole) = hole.filter(|hole| hole.until.plus(HOLE_STANDS) > now) {
        alarms.push(Alarm {
            kind: AlarmKind::CollectorStalled,
            account: None,
            subject: "The collector was not running".to_owned(),
            words: format!(
                "The collector did not run for {}, from {} to {}; what Duo still has of that time \
                 is being fetched",
                length(hole.from, hole.until),
                local_time(hole.from, now),
                local_time(hole.until, now)
            ),
            since: hole.from,
        });
    }
    for account in &settings.accounts {
        let selected = logs_of(account, feeds);
        let mut names: Vec<&str> = selected.iter().map(|log| log.account).collect();
        names.dedup();
        for name in names {
            let logs: Vec<&Selected<'_>> = selected
                .iter()
                .filter(|log| log.account == name && log.state() != FeedState::NotAvailable)
                .filter(|log| !is_refused_to_most(log, &selected))
                .collect();
            for kind in AlarmKind::ALL {
                let found = logs.iter().filter_map(|log| {
                    let found = of_log(kind, settings, log.status?, awake_since, now)?;
                    Some((log.log_type.title(), found))
                });
                alarms.extend(gathered(kind, name, found.collect(), logs.len()));
            }
        }
    }
    alarms
}

/// The time in which no collector ran, if it was longer than a person wants to hear nothing.
pub fn hole(settings: &Settings, feeds: &[FeedStatus], started: UnixMillis) -> Option<Hole> {
    let from = feeds.iter().filter_map(|feed| feed.last_poll).max()?;
    let long = settings.no_data_alarm.enabled && from.plus(settings.no_data_alarm.after) < started;
    long.then_some(Hole { from, until: started })
}

fn of_log(
    kind: AlarmKind,
    settings: &Settings,
    status: &FeedStatus,
    awake_since: UnixMillis,
    now: UnixMillis,
) -> Option<(String, UnixMillis)> {
    let lasted = |patience: Duration| {
        let since = status.since.or(status.last_poll).unwrap_or(awake_since);
        (since.plus(patience) <= now).then_some(since)
    };
    let why = || match &status.error {
        Some(error) => error.message.clone(),
        None => "no reason is known".to_owned(),
    };
    match (kind, status.state) {
        (AlarmKind::CredentialRefused, FeedState::Denied) => Some((why(), lasted(REFUSED)?)),
        (AlarmKind::CollectorStalled, FeedState::Failing) => Some((why(), lasted(STALLED)?)),
        (AlarmKind::CollectorStalled, FeedState::Denied | FeedState::NotAvailable) => None,
        (AlarmKind::CollectorStalled, _) => {
            let patience = STALLED.max(settings.collection.poll_interval(true) * 10);
            let asked = status.last_poll.map_or(awake_since, |asked| asked.max(awake_since));
            let since = asked.plus(patience);
            (since <= now).then(|| {
                let words = format!(
                    "Duo has not been asked for {}, though the collector runs; restart it, and see \
                     its log",
                    length(asked, now)
                );
                (words, since)
            })
        }
        (AlarmKind::NoData, FeedState::Current) => {
            let since = silence(&settings.no_data_alarm, status, now)?;
            Some((silence_words(status, now), since))
        }
        (AlarmKind::GapFound, _) if status.gaps > 0 => {
            let words = format!(
                "{} could not be read completely; see which with: duo-integrator status; and fetch \
                 again with: duo-integrator recollect",
                counted(status.gaps, "range")
            );
            Some((words, status.last_poll.unwrap_or(now)))
        }
        _ => None,
    }
}

/// What is said of a log that is silent.
pub fn silence_words(status: &FeedStatus, now: UnixMillis) -> String {
    format!(
        "No new record for {}: Duo answers, but shows nothing newer. See whether people still sign \
         in through Duo, or lengthen the alarm in the settings",
        length(status.newest.unwrap_or(now), now)
    )
}

/// The same trouble with every log of an account is one alarm.
fn gathered(
    kind: AlarmKind,
    account: &str,
    found: Vec<(&'static str, (String, UnixMillis))>,
    logs: usize,
) -> Vec<Alarm> {
    let alarm = |subject: &str, words: String, since| Alarm {
        kind,
        account: Some(account.to_owned()),
        subject: subject.to_owned(),
        words,
        since,
    };
    if logs > 1 && found.len() == logs && kind != AlarmKind::GapFound {
        let since = found.iter().map(|(_, (_, since))| *since).min();
        let first = found.into_iter().next();
        return first
            .zip(since)
            .map(|((_, (words, _)), since)| alarm(ALL_LOGS, words, since))
            .into_iter()
            .collect();
    }
    found.into_iter().map(|(log, (words, since))| alarm(log, words, since)).collect()
}

fn length(from: UnixMillis, until: UnixMillis) -> String {
    let millis = u64::try_from(until.0.saturating_sub(from.0)).unwrap_or(0);
    span(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests;
