//! How outputs do, in the same figures for commands, window and monitoring.
//!
//! Records wait in the store and messages in the outlet's own list; here both are one. Reads the store.

use super::delivering;
use crate::base::{Problem, UnixMillis};
use crate::settings::{Output, Settings};
use crate::store::{OutletStatus, Reader};

/// How an output does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doing {
    /// Its name.
    pub name: String,
    /// Whether it is handed records, or sent messages.
    pub takes_records: bool,
    /// Whether it has a place among the records; outputs for messages need none.
    pub has_begun: bool,
    /// Records or messages it took, ever.
    pub delivered: u64,
    /// Records or messages that wait.
    pub waiting: u64,
    /// Since when the oldest record waits; messages do not tell.
    pub since: Option<UnixMillis>,
    /// Records or messages it will not take; they wait for a person.
    pub refused: u64,
    /// What went wrong last, and when; `None` when the last attempt was fine.
    pub error: Option<(String, UnixMillis)>,
}

/// How the outputs do, in their order. `None`: there is no store yet.
pub fn doings(reader: Option<&Reader>, outputs: &[Output]) -> Result<Vec<Doing>, Problem> {
    let outlets = match reader {
        Some(reader) => reader.outlets().map_err(|error| error.problem)?,
        None => Vec::new(),
    };
    let doing = |output: &Output| {
        let outlet = outlets.iter().find(|outlet| outlet.name == output.name);
        let outlet = outlet.cloned().unwrap_or_default();
        let (takes_records, pending) = match (output.records(), reader) {
            (None, _) => (false, None),
            (Some(_), None) => (true, None),
            (Some(records), Some(reader)) => {
                (true, delivering::pending(reader, &output.name, records)?)
            }
        };
        let has_begun = !takes_records || pending.is_some();
        let pending = pending.unwrap_or_default();
        Ok(Doing {
            name: output.name.clone(),
            takes_records,
            has_begun,
            delivered: outlet.delivered,
            waiting: outlet.waiting + pending.records,
            since: pending.since,
            refused: outlet.refused + pending.refused,
            error: outlet.error,
        })
    };
    outputs.iter().map(doing).collect()
}

/// Name, words and since when: the outputs of the settings of which every attempt fails.
pub fn failing<'a>(
    settings: &Settings,
    outlets: &'a [OutletStatus],
) -> impl Iterator<Item = (&'a str, &'a str, UnixMillis)> {
    outlets
        .iter()
        .filter(|outlet| settings.output(&outlet.name).is_some())
        .filter_map(OutletStatus::failing)
}
