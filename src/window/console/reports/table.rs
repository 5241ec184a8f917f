//! The first rows of a report as a table.

use eframe::egui::{self, Align, Layout, Sense};

use crate::reports::Preview;
use crate::window::look::theme;

/// Columns are as wide as their longest value, within these, in points.
const NARROWEST: f32 = 72.0;
const WIDEST: f32 = 240.0;

const ROW: f32 = 28.0;

/// Draws the rows; the table scrolls sideways by itself where it is wider than the page.
pub(super) fn table_ui(ui: &mut egui::Ui, preview: &Preview) {
    let widths = widths(ui, preview);
    egui::ScrollArea::horizontal().id_salt("rows").auto_shrink([false, true]).show(ui, |ui| {
        let color = theme::of(ui).secondary;
        let heads = preview.heads.iter().map(|head| (head.title.as_str(), head.kind.is_number()));
        row_ui(ui, &widths, heads, |ui, title| {
            let text = egui::RichText::new(title).small().color(color);
            ui.add(egui::Label::new(text).truncate());
        });
        for row in &preview.rows {
            line_ui(ui, &widths);
            let cells = row.iter().zip(&preview.heads);
            let cells = cells.map(|(cell, head)| (cell.as_str(), head.kind.is_number()));
            row_ui(ui, &widths, cells, |ui, text| {
                let text = egui::RichText::new(text).text_style(theme::numbers());
                ui.add(egui::Label::new(text).truncate());
            });
        }
    });
}

fn widths(ui: &egui::Ui, preview: &Preview) -> Vec<f32> {
    let font = theme::numbers().resolve(ui.style());
    let measure = |text: &str| {
        let galley =
            ui.painter().layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::GRAY);
        galley.size().x.ceil()
    };
    let of = |column: usize, title: &str| {
        // A few rows tell what the others are like.
        let cells = preview.rows.iter().take(12).filter_map(|row| row.get(column));
        let longest = cells.map(|cell| cell.chars().take(60).collect::<String>());
        longest.map(|cell| measure(&cell)).fold(measure(title), f32::max)
    };
    let heads = preview.heads.iter().enumerate();
    heads.map(|(i, head)| of(i, &head.title).clamp(NARROWEST, WIDEST)).collect()
}

fn whole_width(widths: &[f32]) -> f32 {
    let gaps = theme::tokens().space.large * widths.len() as f32;
    widths.iter().sum::<f32>() + gaps
}

fn line_ui(ui: &mut egui::Ui, widths: &[f32]) {
    let hairline = theme::tokens().size.hairline;
    let width = whole_width(widths).max(ui.available_width());
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width, hairline), Sense::hover());
    let stroke = egui::Stroke::new(hairline, theme::of(ui).border);
    ui.painter().hline(rect.x_range(), rect.center().y, stroke);
}

fn row_ui<'t>(
    ui: &mut egui::Ui,
    widths: &[f32],
    cells: impl Iterator<Item = (&'t str, bool)>,
    mut cell: impl FnMut(&mut egui::Ui, &str),
) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let size = egui::vec2(whole_width(widths), ROW);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let mut left = rect.left();
    for (width, (text, is_number)) in widths.iter().zip(cells) {
        let place =
            egui::Rect::from_min_size(egui::pos2(left, rect.top()), egui::vec2(*width, ROW));
        left += width + theme::tokens().space.large;
        if text.is_empty() {
            continue;
        }
        let layout = if is_number {
            Layout::right_to_left(Align::Center)
        } else {
            Layout::left_to_right(Align::Center)
        };
        cell(&mut ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout)), text);
    }
}
