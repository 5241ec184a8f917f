//! How often, how fast and how long: collection, retention, and the alarm about silence.
//!
//! Duo asks for no more than one request a minute per log, <https://duo.com/docs/adminapi#logs>,
//! hence [`SHORTEST_POLL_INTERVAL`].

use std::time::Duration;

use toml::Table;

use super::{Mistake, Section};
use crate::base::units::format_span;

/// Each log type is asked at most this often.
pub const SHORTEST_POLL_INTERVAL: Duration = Duration::from_secs(60);

/// Even where tests and look-alikes are asked faster, there is a pause.
const SHORTEST_OF_ALL: Duration = Duration::from_secs(1);

const DAY: Duration = Duration::from_secs(86_400);

/// How, and how long, records are collected and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    asked_poll_interval: Duration,
    /// `adaptive`, `N/min` or `unlimited`.
    pub pace: String,
    /// How far back late-arriving records are looked for.
    pub late_window: Duration,
    /// How long records stay in the store.
    pub keep: Duration,
}

/// When silence is worth an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDataAlarm {
    /// Whether there is an alarm at all.
    pub enabled: bool,
    /// How long a log type has to be silent.
    pub after: Duration,
}

impl Default for Collection {
    fn default() -> Self {
        Self {
            asked_poll_interval: SHORTEST_POLL_INTERVAL,
            pace: "adaptive".to_owned(),
            late_window: DAY,
            keep: 365 * DAY,
        }
    }
}

impl Default for NoDataAlarm {
    fn default() -> Self {
        Self { enabled: true, after: DAY }
    }
}

impl Collection {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("collection.", table, mistakes);
        let default = Self::default();
        let asked_poll_interval =
            section.span("poll_interval", Duration::ZERO).unwrap_or(default.asked_poll_interval);
        let pace = section.text("pace").unwrap_or(default.pace);
        if !is_pace(&pace) {
            let what = format!(
                "\u{201c}{pace}\u{201d} is not a pace; write adaptive, or a number of requests \
                 such as 30/min, or unlimited"
            );
            section.wrong("pace", what);
        }
        let late_window =
            section.span("late_window", Duration::ZERO).unwrap_or(default.late_window);
        let keep = section.span("keep", Duration::from_secs(1)).unwrap_or(default.keep);
        section.finish();
        Self { asked_poll_interval, pace, late_window, keep }
    }

    /// How often each log type is asked. `allow_fast` is for tests and look-alikes of Duo only.
    pub fn poll_interval(&self, allow_fast: bool) -> Duration {
        let shortest = if allow_fast { SHORTEST_OF_ALL } else { SHORTEST_POLL_INTERVAL };
        self.asked_poll_interval.max(shortest)
    }

    /// What is allowed but worth telling, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.asked_poll_interval < SHORTEST_POLL_INTERVAL {
            notes.push(format!(
                "collection.poll_interval: Duo asks for at most one request a minute, so {} is \
                 taken as 60s",
                format_span(self.asked_poll_interval)
            ));
        }
        if self.keep < self.late_window {
            notes.push(
                "collection.keep is shorter than late_window: records removed from the store may \
                 be fetched again"
                    .to_owned(),
            );
        }
        notes
    }
}

impl NoDataAlarm {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("no_data_alarm.", table, mistakes);
        let default = Self::default();
        let enabled = section.flag("enabled").unwrap_or(default.enabled);
        let after = section.span("after", Duration::from_secs(60)).unwrap_or(default.after);
        section.finish();
        Self { enabled, after }
    }
}

fn is_pace(text: &str) -> bool {
    let per_minute =
        |number: &str| number.parse::<u32>().is_ok_and(|number| (1..=6000).contains(&number));
    matches!(text, "adaptive" | "unlimited") || text.strip_suffix("/min").is_some_and(per_minute)
}
