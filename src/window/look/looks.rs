//! How a person wants the window to look, over what the system says.
//!
//! Promises: what the person did not choose follows the system, also while the window is open; the size
//! of letters is the same whether it was chosen in the settings or with Ctrl and plus or minus.

use eframe::egui;
use serde::{Deserialize, Serialize};

use super::theme;

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// How a person wants the window to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Looks {
    /// Light or dark.
    pub mode: Mode,
    /// The size of everything, in percent of the system's.
    pub percent: u16,
    /// Nothing moves that need not, whatever the system says.
    pub reduced_motion: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { mode: Mode::System, percent: 100, reduced_motion: false }
    }
}

impl Looks {
    /// The key under which it is kept.
    pub const KEY: &str = "looks";

    /// The sizes that are offered.
    pub const PERCENTS: [u16; 6] = [100, 110, 125, 150, 175, 200];

    /// Puts it over what the system wants.
    pub fn over(self, dark: Option<bool>, reduced_motion: bool) -> (Option<bool>, bool) {
        let dark = match self.mode {
            Mode::System => dark,
            Mode::Light => Some(false),
            Mode::Dark => Some(true),
        };
        (dark, reduced_motion || self.reduced_motion)
    }

    /// Has the window look so.
    pub fn apply(self, ctx: &egui::Context, dark: Option<bool>, reduced_motion: bool) {
        let (dark, reduced_motion) = self.over(dark, reduced_motion);
        theme::follow(ctx, dark, reduced_motion);
        ctx.set_zoom_factor(f32::from(self.percent.clamp(50, 300)) / 100.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_chosen_follows_the_system() {
        let looks = Looks::default();
        assert_eq!(looks.over(Some(true), true), (Some(true), true));
        assert_eq!(looks.over(None, false), (None, false));
        let chosen = Looks { mode: Mode::Light, reduced_motion: true, ..looks };
        assert_eq!(chosen.over(Some(true), false), (Some(false), true));
    }

    #[test]
    fn what_is_kept_of_another_version_is_read_as_far_as_it_goes() {
        let looks: Looks = serde_json::from_str("{\"mode\":\"dark\",\"later\":1}").unwrap();
        assert_eq!(looks, Looks { mode: Mode::Dark, ..Looks::default() });
    }
}
