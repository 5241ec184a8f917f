//! Tiles: large buttons with a title and a sentence, for choosing what comes next.

use super::buttons::focus_ring;
use crate::window::look::theme;
use eframe::egui::{
    self, Align2, CornerRadius, FontId, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, WidgetText, vec2,
};

/// The height of a tile, in points: a title and a sentence of three lines.
const HEIGHT: f32 = 104.0;

/// A tile of this width: icon, title, and below it in a sentence what it is about.
pub fn tile(ui: &mut Ui, width: f32, icon: &str, title: &str, about: &str) -> Response {
    let c = theme::of(ui);
    let theme::Theme { space, size, radius, .. } = theme::tokens();
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), title));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(about));
    if ui.is_rect_visible(rect) {
        let edge = if response.hovered() { c.accent } else { c.border };
        let fill = if response.is_pointer_button_down_on() { c.sunken } else { c.card };
        let stroke = Stroke::new(size.hairline, edge);
        let corner = CornerRadius::same(radius.card);
        ui.painter().rect(rect, corner, fill, stroke, StrokeKind::Inside);
        let inside = rect.shrink(f32::from(space.card_padding));
        let font = FontId::proportional(size.icon);
        let at = inside.left_top() + vec2(0.0, 2.0);
        ui.painter().text(at, Align2::LEFT_TOP, icon, font, c.accent);
        let left = size.icon + space.small;
        let wrap = Some(egui::TextWrapMode::Wrap);
        let words = RichText::new(title).text_style(theme::strong()).color(c.text);
        let style = egui::TextStyle::Body;
        let title = WidgetText::from(words).into_galley(ui, wrap, inside.width() - left, style);
        let below = inside.left_top() + vec2(0.0, title.size().y + space.tight);
        ui.painter().galley(inside.left_top() + vec2(left, 0.0), title, c.text);
        let words = RichText::new(about).small().color(c.secondary);
        let style = egui::TextStyle::Small;
        let about = WidgetText::from(words).into_galley(ui, wrap, inside.width(), style);
        ui.painter().galley(below, about, c.secondary);
    }
    focus_ring(ui, &response);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}
