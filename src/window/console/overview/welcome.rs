//! What a person is told once, when the console is new to them.
//!
//! Promises: “Got it” dismisses it for good; the command palette shows it again.

use eframe::egui;

use crate::window::console::Here;
use crate::window::look::{icons, theme, widgets};

/// Where it is remembered that it was read.
pub(super) const KEY: &str = "overview.first_steps_read";

/// What is told: an icon, a few words, a sentence or two.
const STEPS: [(&str, &str, &str); 3] = [
    (
        icons::GAUGE,
        "What you see here",
        "Whether every log is being collected, how much came in today, and what needs you. A green \
         tick on all of it means there is nothing to do.",
    ),
    (
        icons::DATABASE,
        "Where records are",
        "On this computer, each exactly as Duo sent it. Events shows and searches them, Dashboards \
         and Reports sum them up. Closing the window stops nothing.",
    ),
    (
        icons::BELL,
        "Where alerts go",
        "Rules look at each new record. What they find stands under Alerts and comes as a message \
         on the desktop; in Settings you add e-mail, Slack or Teams.",
    ),
];

/// Draws the card unless it was read.
pub(super) fn ui(ui: &mut egui::Ui, here: &Here<'_>) {
    if here.kept.get(KEY).unwrap_or(false) {
        return;
    }
    widgets::card(ui, |ui| {
        widgets::card_title(ui, "First steps");
        ui.add_space(8.0);
        let gap = theme::tokens().space.huge;
        let is_narrow = ui.available_width() < 640.0;
        if is_narrow {
            for step in STEPS {
                step_ui(ui, step);
                ui.add_space(8.0);
            }
        } else {
            let width = (ui.available_width() - 2.0 * gap) / 3.0;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                for step in STEPS {
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        step_ui(ui, step);
                    });
                }
            });
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if widgets::quiet_button(ui, "Got it").clicked() {
                here.kept.set(KEY, &true);
            }
            let key = crate::window::console::shortcuts::key_of(
                ui.ctx(),
                &crate::window::console::deed::Deed::Palette,
            );
            let key = key.unwrap_or_default();
            widgets::small(ui, &format!("{key} leads to everything from the keyboard"));
        });
    });
    ui.add_space(16.0);
}

fn step_ui(ui: &mut egui::Ui, (icon, title, words): (&str, &str, &str)) {
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.horizontal(|ui| {
        let color = theme::of(ui).accent;
        ui.label(egui::RichText::new(icon).color(color).size(theme::tokens().size.icon + 2.0));
        widgets::strong(ui, title);
    });
    widgets::secondary(ui, words);
}
