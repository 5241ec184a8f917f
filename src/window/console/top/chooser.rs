//! A control that shows what is chosen and opens a list to choose from.
//!
//! Promises: its name and what is chosen are told apart for screen readers; a long choice is cut,
//! and whole on hover; arrow keys and Enter choose, Escape closes.

use eframe::egui::{self, Align2, Response, Role, Sense, Ui, WidgetInfo};

use crate::window::look::{icons, theme};

/// Draws the closed control: `name` for screen readers, `value` in it.
pub(super) fn chooser(ui: &mut Ui, icon: &str, name: &str, value: &str, width: f32) -> Response {
    let colors = theme::of(ui);
    let theme::Theme { size, space, radius, .. } = theme::tokens();
    let (rect, response) = ui.allocate_exact_size(egui::vec2(width, size.control), Sense::click());
    let is_open = egui::Popup::is_id_open(ui.ctx(), egui::Popup::default_response_id(&response));
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), name);
        info.current_text_value = Some(value.to_owned());
        info
    });
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_has_popup(egui::accesskit::HasPopup::Menu);
        node.set_expanded(is_open);
    });
    let fill = if response.hovered() || is_open { colors.sunken } else { colors.card };
    let edge = if is_open { colors.accent } else { colors.button_edge };
    let stroke = egui::Stroke::new(size.hairline, edge);
    let round = egui::CornerRadius::same(radius.control);
    ui.painter().rect(rect, round, fill, stroke, egui::StrokeKind::Inside);
    let sign = egui::FontId::proportional(size.icon);
    let small = egui::FontId::proportional(size.icon - 4.0);
    let at = rect.left_center() + egui::vec2(10.0, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, icon, sign, colors.secondary);
    let end = rect.right_center() - egui::vec2(10.0, 0.0);
    ui.painter().text(end, Align2::RIGHT_CENTER, icons::CARET_DOWN, small, colors.secondary);
    let left = at.x + size.icon + space.small;
    let room = (end.x - size.icon - left).max(0.0);
    let words = egui::WidgetText::from(value).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        room,
        egui::TextStyle::Body,
    );
    let is_cut = words.elided;
    let at = egui::pos2(left, rect.center().y - words.size().y / 2.0);
    ui.painter().galley(at, words, colors.text);
    focus_ring(ui, &response);
    if is_cut && !is_open { response.on_hover_text(value) } else { response }
}

/// One choice of an open list, with a tick where it is the chosen one.
pub(super) fn choice(ui: &mut Ui, title: &str, is_chosen: bool) -> Response {
    let colors = theme::of(ui);
    let theme::Theme { size, space, radius, .. } = theme::tokens();
    let tick = size.icon + space.small;
    let wanted = egui::vec2(ui.available_width(), size.control);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::MenuItemRadio, true, is_chosen, title));
    let is_here = response.hovered() || response.has_focus();
    if is_here {
        ui.painter().rect_filled(rect, f32::from(radius.control), colors.sunken);
    }
    if is_chosen {
        let font = egui::FontId::proportional(size.icon);
        let at = rect.left_center() + egui::vec2(space.small, 0.0);
        ui.painter().text(at, Align2::LEFT_CENTER, icons::CHECK, font, colors.accent);
    }
    let left = rect.left() + space.small + tick;
    let words = egui::WidgetText::from(title).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        (rect.right() - space.small - left).max(0.0),
        egui::TextStyle::Body,
    );
    let is_cut = words.elided;
    let at = egui::pos2(left, rect.center().y - words.size().y / 2.0);
    ui.painter().galley(at, words, colors.text);
    focus_ring(ui, &response);
    if is_cut { response.on_hover_text(title) } else { response }
}

fn focus_ring(ui: &Ui, response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.has_focus() {
        let theme::Theme { size, radius, .. } = theme::tokens();
        let stroke = egui::Stroke::new(size.focus_ring, theme::of(ui).accent);
        let round = egui::CornerRadius::same(radius.control);
        ui.painter().rect_stroke(response.rect, round, stroke, egui::StrokeKind::Inside);
    }
}
