//! A chip: what is filtered by, and a cross to take it away. Delete and Backspace do as well.

use eframe::egui::{
    self, CornerRadius, Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::super::facets::Piece;
use crate::window::look::{icons, theme};

/// How high a chip is.
const HEIGHT: f32 = 28.0;

/// How wide its words may be.
const WIDEST: f32 = 320.0;

/// A chip that was drawn.
pub(super) struct Chip {
    /// The words, which can be clicked.
    pub body: Response,
    /// It is to be taken away.
    pub removed: bool,
}

/// Draws a chip.
pub(super) fn chip(ui: &mut Ui, piece: Piece, words: &str) -> Chip {
    let colors = theme::of(ui);
    let tokens = theme::tokens();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let shown = super::super::words::short(words);
    let mut job = egui::text::LayoutJob::simple_singleline(shown.to_owned(), font, colors.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(WIDEST);
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided;
    let width = 10.0 + galley.size().x + 4.0 + HEIGHT;
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let (left, right) = rect.split_left_right_at_x(rect.right() - HEIGHT);

    let id = ui.make_persistent_id(("chip", piece));
    let body = ui.interact(left, id, Sense::click());
    let cross = ui.interact(right, id.with("remove"), Sense::click());
    body.widget_info(|| WidgetInfo::labeled(Role::Button, true, words));
    let remove = format!("Remove the filter {words}");
    cross.widget_info(|| WidgetInfo::labeled(Role::Button, true, &remove));

    if ui.is_rect_visible(rect) {
        let radius = CornerRadius::same(tokens.radius.control);
        ui.painter().rect_filled(rect, radius, colors.accent_soft);
        let at = pos2(rect.left() + 10.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, colors.text);
        let color = if cross.hovered() { colors.text } else { colors.secondary };
        let icon = egui::FontId::proportional(12.0);
        let middle = egui::Align2::CENTER_CENTER;
        ui.painter().text(right.center(), middle, icons::X, icon, color);
        for (response, place) in [(&body, left), (&cross, right)] {
            if response.has_focus() {
                ring(ui, place);
            }
        }
    }
    let has_focus = body.has_focus() || cross.has_focus();
    let deleted = has_focus
        && ui.input_mut(|input| {
            input.consume_key(Modifiers::NONE, Key::Delete)
                || input.consume_key(Modifiers::NONE, Key::Backspace)
        });
    let removed = cross.clicked() || deleted;
    let body = if is_cut { body.on_hover_text(words) } else { body };
    Chip { body, removed }
}

fn ring(ui: &Ui, rect: Rect) {
    let tokens = theme::tokens();
    let stroke = egui::Stroke::new(tokens.size.focus_ring, theme::of(ui).accent);
    let radius = CornerRadius::same(tokens.radius.control);
    ui.painter().rect_stroke(rect, radius, stroke, egui::StrokeKind::Inside);
}
