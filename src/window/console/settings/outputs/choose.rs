//! “Add output”: what there is to choose from, each with a sentence.

use eframe::egui;

use super::catalog::{self, Type};
use super::fields::back_ui;
use crate::window::look::theme;
use crate::window::look::widgets;

/// A tile is at least so wide, in points.
const TILE: f32 = 250.0;

/// What was chosen.
pub(super) enum Chosen {
    /// Nothing yet.
    No,
    /// To go back.
    Back,
    /// This type.
    Type(&'static Type),
}

/// Draws the page of types.
pub(super) fn ui(ui: &mut egui::Ui) -> Chosen {
    let mut chosen = if back_ui(ui) { Chosen::Back } else { Chosen::No };
    widgets::page_title(ui, "Add output");
    for (title, about, is_for_records) in [
        ("Records", "Hand over what is collected to a SIEM, a pipeline or a store", true),
        ("Messages about alerts", "Tell people when a rule raises an alert", false),
    ] {
        ui.add_space(theme::tokens().space.large);
        widgets::card_title(ui, title);
        widgets::small(ui, about);
        ui.add_space(theme::tokens().space.small);
        let types: Vec<&Type> =
            catalog::all().filter(|one| one.is_for_records == is_for_records).collect();
        if let Some(kind) = tiles_ui(ui, &types) {
            chosen = Chosen::Type(kind);
        }
    }
    chosen
}

fn tiles_ui(ui: &mut egui::Ui, types: &[&'static Type]) -> Option<&'static Type> {
    let gap = theme::tokens().space.medium;
    let columns = (((ui.available_width() + gap) / (TILE + gap)) as usize).clamp(1, 3);
    let width = (ui.available_width() - gap * (columns as f32 - 1.0)) / columns as f32;
    let mut chosen = None;
    for row in types.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for kind in row {
                if widgets::tile(ui, width, kind.icon, kind.title, kind.about).clicked() {
                    chosen = Some(*kind);
                }
            }
        });
        ui.add_space(gap - ui.spacing().item_spacing.y.min(gap));
    }
    chosen
}
