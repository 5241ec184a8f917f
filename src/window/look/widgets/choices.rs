//! Yes or no: a box to tick, a switch. The whole row can be clicked.

use super::buttons::focus_ring;
use crate::window::look::theme;
use eframe::egui::{
    self, CornerRadius, Rect, Response, RichText, Role, Sense, Shape, Stroke, StrokeKind,
    TextStyle, Ui, Vec2, WidgetInfo, WidgetText, pos2, vec2,
};

/// A box to tick, for choosing several of many: title, and help underneath (may be empty).
pub fn check_row(ui: &mut Ui, chosen: &mut bool, title: &str, help: &str) -> Response {
    row(ui, chosen, title, help, Role::CheckBox, vec2(18.0, 18.0), paint_box)
}

/// A switch, for what takes effect by itself: title, and help underneath (may be empty).
pub fn switch_row(ui: &mut Ui, on: &mut bool, title: &str, help: &str) -> Response {
    row(ui, on, title, help, Role::Switch, vec2(34.0, 20.0), paint_switch)
}

fn row(
    ui: &mut Ui,
    value: &mut bool,
    title: &str,
    help: &str,
    role: Role,
    mark: Vec2,
    paint: fn(&Ui, Rect, bool, bool, f32),
) -> Response {
    let c = theme::of(ui);
    let theme::Theme { space, size, .. } = theme::tokens();
    let enabled = ui.is_enabled();
    let width = (ui.available_width() - mark.x - space.medium).max(40.0);
    let lay = |ui: &Ui, text: RichText| {
        let wrap = Some(egui::TextWrapMode::Wrap);
        WidgetText::from(text).into_galley(ui, wrap, width, TextStyle::Body)
    };
    let title_galley = lay(ui, RichText::new(title).color(c.text));
    let help_galley =
        (!help.is_empty()).then(|| lay(ui, RichText::new(help).small().color(c.secondary)));

    let words = title_galley.size().y + help_galley.as_ref().map_or(0.0, |g| g.size().y + 2.0);
    let longest =
        title_galley.size().x.max(help_galley.as_ref().map_or(0.0, |galley| galley.size().x));
    let height = (words + space.small).max(size.control);
    let wanted = vec2(mark.x + space.medium + longest, height);
    let (rect, mut response) = ui.allocate_exact_size(wanted, Sense::click());
    if response.clicked() {
        *value = !*value;
        response.mark_changed();
    }
    response.widget_info(|| WidgetInfo::selected(role, enabled, *value, title));
    if !help.is_empty() {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(help));
    }

    if ui.is_rect_visible(rect) {
        let top = rect.center().y - words / 2.0;
        let line = title_galley.size().y.min(20.0);
        let center = pos2(rect.left() + mark.x / 2.0, top + line / 2.0);
        let how_on = ui.animate_bool(response.id, *value);
        paint(ui, Rect::from_center_size(center, mark), *value, response.hovered(), how_on);
        let left = rect.left() + mark.x + space.medium;
        let below = top + title_galley.size().y + 2.0;
        ui.painter().galley(pos2(left, top), title_galley, c.text);
        if let Some(help_galley) = help_galley {
            ui.painter().galley(pos2(left, below), help_galley, c.secondary);
        }
    }
    focus_ring(ui, &response);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

fn paint_box(ui: &Ui, rect: Rect, chosen: bool, hovered: bool, _how_on: f32) {
    let c = theme::of(ui);
    let radius = CornerRadius::same(4);
    if chosen {
        ui.painter().rect_filled(rect, radius, if hovered { c.accent_hover } else { c.accent });
        let at = |x: f32, y: f32| rect.center() + vec2(x, y) * (rect.width() / 2.0);
        let tick = vec![at(-0.48, 0.02), at(-0.14, 0.36), at(0.5, -0.36)];
        ui.painter().add(Shape::line(tick, Stroke::new(2.0, c.on_accent)));
    } else {
        let edge = if hovered { c.secondary } else { c.border_strong };
        let stroke = Stroke::new(1.25, edge);
        ui.painter().rect(rect, radius, c.card, stroke, StrokeKind::Inside);
    }
}

fn paint_switch(ui: &Ui, rect: Rect, on: bool, hovered: bool, how_on: f32) {
    let c = theme::of(ui);
    let radius = CornerRadius::same(10);
    let inset = rect.height() / 2.0;
    let knob =
        pos2(egui::lerp(rect.left() + inset..=rect.right() - inset, how_on), rect.center().y);
    if on {
        ui.painter().rect_filled(rect, radius, if hovered { c.accent_hover } else { c.accent });
        ui.painter().circle_filled(knob, inset - 3.0, c.on_accent);
    } else {
        let edge = if hovered { c.secondary } else { c.border_strong };
        let stroke = Stroke::new(1.25, edge);
        ui.painter().rect(rect, radius, c.card, stroke, StrokeKind::Inside);
        ui.painter().circle_filled(knob, inset - 4.5, edge);
    }
}
