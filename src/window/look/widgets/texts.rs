//! Words, in the few sizes there are.

use super::buttons::focus_ring;
use crate::window::look::{icons, theme};
use eframe::egui::{
    self, Label, Response, RichText, Role, Sense, Ui, Vec2, WidgetInfo, WidgetText,
};

/// The title of a page: 22, semibold, a heading to screen readers.
pub fn page_title(ui: &mut Ui, text: &str) -> Response {
    title(ui, RichText::new(text).heading(), text)
}

/// The title of a card: 15, semibold, a heading to screen readers.
pub fn card_title(ui: &mut Ui, text: &str) -> Response {
    title(ui, RichText::new(text).text_style(theme::card_title()), text)
}

fn title(ui: &mut Ui, rich: RichText, text: &str) -> Response {
    let response = ui.add(Label::new(rich).wrap());
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Heading);
        node.clear_value();
        node.set_label(text);
    });
    response
}

/// Ordinary words.
pub fn body(ui: &mut Ui, text: impl Into<WidgetText>) -> Response {
    ui.add(Label::new(text).wrap())
}

/// Ordinary size, semibold.
pub fn strong(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).text_style(theme::strong())).wrap())
}

/// Ordinary size, in the secondary color.
pub fn secondary(ui: &mut Ui, text: &str) -> Response {
    let color = theme::of(ui).secondary;
    ui.add(Label::new(RichText::new(text).color(color)).wrap())
}

/// Small, in the secondary color: help, notes, times.
pub fn small(ui: &mut Ui, text: &str) -> Response {
    let color = theme::of(ui).secondary;
    ui.add(Label::new(RichText::new(text).small().color(color)).wrap())
}

/// Keys, ids and raw records; can be selected and copied.
pub fn mono(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(RichText::new(text).monospace()).wrap().selectable(true))
}

/// A question mark that explains when the pointer rests on it or the focus comes to it.
pub fn hint(ui: &mut Ui, text: &str) -> Response {
    let side = theme::tokens().size.icon;
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    let c = theme::of(ui);
    let color = if response.hovered() || response.has_focus() { c.accent } else { c.secondary };
    let font = egui::FontId::proportional(side);
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icons::QUESTION, font, color);
    focus_ring(ui, &response);
    if response.has_focus() {
        response.show_tooltip_text(text);
    }
    response.on_hover_text(text)
}

/// The label above a field.
pub(super) fn label(ui: &mut Ui, text: &str) -> Response {
    ui.add(Label::new(text))
}
