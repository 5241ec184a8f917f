//! “Columns”: which are shown, in what order and how wide, with the keyboard as well.

use eframe::egui::{self, Ui};

use super::columns::{Column, Columns};
use super::filters::below;
use crate::window::look::{icons, widgets};

/// Draws the button and what opens below it.
pub(super) fn columns_ui(ui: &mut Ui, columns: &mut Columns, has_accounts: bool) {
    let button = super::tool(ui, icons::COLUMNS, "Columns");
    let id = button.id.with("is open");
    let mut is_open = ui.data(|data| data.get_temp(id).unwrap_or(false));
    let was_open = is_open;
    if button.clicked() {
        is_open = !is_open;
    }
    if is_open {
        below(&button, "Columns", &mut is_open, |ui| {
            ui.set_width(332.0);
            ui.spacing_mut().item_spacing = egui::vec2(0.0, 0.0);
            let all = columns.all().to_vec();
            let last = all.len().saturating_sub(1);
            let height = ui.ctx().content_rect().height() - 260.0;
            egui::ScrollArea::vertical().max_height(height.max(160.0)).show(ui, |ui| {
                for (i, laid) in all.iter().enumerate() {
                    if laid.column == Column::Account && !has_accounts {
                        continue;
                    }
                    line_ui(ui, columns, laid.column, laid.shown, (i > 0, i < last));
                }
            });
            ui.add_space(4.0);
            if *columns != Columns::default() && widgets::link_button(ui, "As at first").clicked() {
                *columns = Columns::default();
            }
        });
        if !is_open {
            button.request_focus();
        }
    }
    if is_open != was_open {
        ui.data_mut(|data| data.insert_temp(id, is_open));
    }
}

fn line_ui(
    ui: &mut Ui,
    columns: &mut Columns,
    column: Column,
    shown: bool,
    (up, down): (bool, bool),
) {
    ui.horizontal(|ui| {
        let title = column.title();
        let buttons = 4.0 * 32.0;
        let width = ui.available_width() - buttons;
        ui.allocate_ui(egui::vec2(width, 32.0), |ui| {
            ui.set_width(width);
            let mut chosen = shown;
            let row = widgets::check_row(ui, &mut chosen, title, "");
            super::filters::focus_first(ui, &row, !up);
            if row.changed() {
                columns.show(column, chosen);
            }
        });
        let button = |ui: &mut Ui, enabled: bool, icon: &str, words: String| {
            ui.add_enabled_ui(enabled, |ui| widgets::icon_button(ui, icon, &words).clicked()).inner
        };
        if button(ui, shown, icons::MINUS, format!("Make {title} narrower")) {
            columns.widen(column, -16.0);
        }
        if button(ui, shown, icons::PLUS, format!("Make {title} wider")) {
            columns.widen(column, 16.0);
        }
        if button(ui, up, icons::CARET_UP, format!("Move {title} to the left")) {
            columns.shift(column, -1);
        }
        if button(ui, down, icons::CARET_DOWN, format!("Move {title} to the right")) {
            columns.shift(column, 1);
        }
    });
}
