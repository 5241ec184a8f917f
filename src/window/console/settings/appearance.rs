//! “Appearance”: light or dark, how large, how much moves. Kept beside the window, not in the settings
//! file: it is about this screen.

use eframe::egui;

use super::rows;
use crate::window::console::here::Here;
use crate::window::look::looks::{Looks, Mode};
use crate::window::look::{theme, widgets};

/// Draws the section.
pub(super) fn ui(ui: &mut egui::Ui, here: &mut Here<'_>) {
    let before: Looks = here.kept.get(Looks::KEY).unwrap_or_default();
    let mut looks = before;
    let about = "For this window on this computer; it applies at once";
    rows::card(ui, "Appearance", about, |ui| {
        let all = [
            (Mode::System, "As the system has it"),
            (Mode::Light, "Always light"),
            (Mode::Dark, "Always dark"),
        ];
        if let Some(mode) = rows::choice(ui, "Light or dark", looks.mode, &all, "") {
            looks.mode = mode;
        }
        let titles: Vec<(u16, String)> = sizes(looks.percent);
        let all: Vec<(u16, &str)> =
            titles.iter().map(|(percent, title)| (*percent, title.as_str())).collect();
        let help = "Ctrl and plus or minus do the same";
        if let Some(percent) = rows::choice(ui, "Size of everything", looks.percent, &all, help) {
            looks.percent = percent;
        }
        let help = "Nothing slides or turns. Off, the window does as the system says";
        widgets::switch_row(ui, &mut looks.reduced_motion, "Reduce motion", help);
        ui.add_space(theme::tokens().space.small);
        let is_usual = looks == Looks::default();
        let back = widgets::Press::quiet("Back to the usual");
        if ui.add_enabled(!is_usual, back).clicked() {
            looks = Looks::default();
        }
    });
    if looks != before {
        here.kept.set(Looks::KEY, &looks);
        ui.ctx().request_repaint();
    }
}

/// What is offered, with what is set now.
fn sizes(now: u16) -> Vec<(u16, String)> {
    let mut all = Looks::PERCENTS.to_vec();
    all.push(now);
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|percent| (percent, format!("{percent} %"))).collect()
}
