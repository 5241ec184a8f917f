//! The icon in the tray: how collection stands at a glance, and the menu to steer it.
//!
//! Promises: the state is told by the icon's shape as well as its color, and in words; a desktop
//! without a tray, or a build without one, changes nothing else.

mod menu;

#[cfg(feature = "tray")]
mod icon;
#[cfg_attr(all(feature = "tray", target_os = "linux"), path = "linux.rs")]
#[cfg_attr(all(feature = "tray", not(target_os = "linux")), path = "others.rs")]
#[cfg_attr(not(feature = "tray"), path = "none.rs")]
mod tray_of_system;

pub use menu::{Item, LastAlert, Menu, Wish, menu};
pub use tray_of_system::{hold, is_possible};

use crate::base::UnixMillis;
use crate::status::{Overall, Summary};

/// The program's name, as people know it.
pub const NAME: &str = "Duo Security Integrator";

/// What the icon looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// Logs are being read.
    Collecting,
    /// Everything is stored.
    Current,
    /// Something needs a person.
    Attention,
    /// Nothing is asked of Duo.
    Paused,
}

/// All that is shown in the tray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What the icon looks like.
    pub face: Face,
    /// The state in words, for the pointer and for screen readers.
    pub words: String,
    /// The menu.
    pub menu: Menu,
}

impl View {
    /// What is shown while collection stands like this.
    pub fn of(summary: &Summary, last_alert: Option<&LastAlert>, now: UnixMillis) -> Self {
        let face = match summary.state {
            Overall::Collecting => Face::Collecting,
            Overall::Current => Face::Current,
            Overall::Attention => Face::Attention,
            Overall::NoAccount | Overall::Paused | Overall::Stopped => Face::Paused,
        };
        Self { face, words: summary.words.clone(), menu: menu(summary, last_alert, now) }
    }
}
