//! What the collector tells about itself: words and gravity of an alarm, beside the rules over records.
//!
//! When one stands is decided by `status`; an item here gives it a title, a level, a reason and a way
//! out, and can be switched off like a rule.

use serde::Deserialize;

use super::item::Body;
use super::mistake::Told;
use crate::record::Level;
use crate::status::AlarmKind;

/// An alarm of the collector's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// How much it matters.
    pub level: Level,
    /// What to do.
    pub next: String,
}

impl Body for Alarm {
    const FOLDER: &'static str = "alarms";

    fn check(&self, told: &mut Told<'_>) {
        if !AlarmKind::ALL.iter().any(|kind| told.file().ends_with(&format!("/{}.toml", kind.id())))
        {
            told.at_start("the collector has no such alarm; alarms can be changed, not added");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::Knowledge;
    use crate::status::AlarmKind;

    #[test]
    fn everything_the_collector_can_tell_is_in_the_pack_and_nothing_else() {
        let knowledge = Knowledge::embedded().unwrap();
        let mut ids: Vec<&str> = knowledge.alarms().iter().map(|item| item.id.as_str()).collect();
        let mut known = AlarmKind::ALL.map(AlarmKind::id).to_vec();
        ids.sort_unstable();
        known.sort_unstable();
        assert_eq!(ids, known);
    }
}
