//! Where a person wants to be told that something needs them.

use toml::Table;

use super::account::not_allowed;
use super::outputs::QuietHours;
use super::{Mistake, Section};
use crate::record::Level;

/// Where a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notifications {
    /// Messages on the desktop.
    pub desktop: bool,
    /// The least grave alert that the desktop tells.
    pub desktop_least: Level,
    /// When the desktop tells only of critical alerts.
    pub quiet_hours: Option<QuietHours>,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { desktop: true, desktop_least: Level::High, quiet_hours: None }
    }
}

impl Notifications {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("notifications.", table, mistakes);
        let default = Self::default();
        let desktop = section.flag("desktop").unwrap_or(default.desktop);
        let least = section.text("desktop_least").map(|name| (name.parse(), name));
        let desktop_least = match least {
            None => default.desktop_least,
            Some((Ok(level), _)) => level,
            Some((Err(_), name)) => {
                section.wrong("desktop_least", not_allowed(&name, &Level::ALL.map(Level::name)));
                default.desktop_least
            }
        };
        let quiet_hours = QuietHours::read(&mut section);
        section.finish();
        Self { desktop, desktop_least, quiet_hours }
    }
}
