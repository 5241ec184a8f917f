//! Where a person wants to be told that something needs them.

use toml::Table;

use super::{Mistake, Section};

/// Where a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notifications {
    /// Messages on the desktop.
    pub desktop: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { desktop: true }
    }
}

impl Notifications {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("notifications.", table, mistakes);
        let desktop = section.flag("desktop").unwrap_or(Self::default().desktop);
        section.finish();
        Self { desktop }
    }
}
