//! Entries of a menu.

use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Response, Role, Sense, Stroke, TextStyle, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::window::look::{icons, theme};

/// Gives a menu its width.
pub fn width(ui: &mut Ui) {
    ui.set_min_width(theme::tokens().size.tooltip * 0.75);
    ui.spacing_mut().item_spacing.y = 0.0;
}

/// Something to do; whether it was chosen.
pub fn entry(ui: &mut Ui, icon: &str, text: &str, is_enabled: bool) -> bool {
    ui.add_enabled_ui(is_enabled, |ui| row(ui, icon, text, None).clicked()).inner
}

/// Something to switch; whether it was.
pub fn tick(ui: &mut Ui, on: &mut bool, text: &str) -> bool {
    let clicked = row(ui, if *on { icons::CHECK } else { "" }, text, Some(*on)).clicked();
    *on ^= clicked;
    clicked
}

/// A hairline between entries.
pub fn line(ui: &mut Ui) {
    let theme::Theme { space, size, .. } = theme::tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), space.small), Sense::hover());
    let stroke = Stroke::new(size.hairline, theme::of(ui).border);
    ui.painter().hline(rect.x_range(), rect.center().y, stroke);
}

fn row(ui: &mut Ui, icon: &str, text: &str, on: Option<bool>) -> Response {
    let theme::Theme { size, space, radius, .. } = theme::tokens();
    let font = TextStyle::Body.resolve(ui.style());
    let words = ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER);
    let icon_width = size.icon + space.small;
    let wanted = words.size().x + icon_width + 2.0 * space.small;
    let width = wanted.max(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(vec2(width, size.control), Sense::click());
    response.widget_info(|| match on {
        None => WidgetInfo::labeled(Role::MenuItem, ui.is_enabled(), text),
        Some(on) => WidgetInfo::selected(Role::MenuItemCheckBox, ui.is_enabled(), on, text),
    });
    let colors = theme::of(ui);
    if (response.hovered() || response.has_focus()) && ui.is_enabled() {
        ui.painter().rect_filled(rect, CornerRadius::same(radius.control), colors.sunken);
    }
    if response.has_focus() {
        let stroke = Stroke::new(size.focus_ring, colors.accent);
        let corner = CornerRadius::same(radius.control);
        ui.painter().rect_stroke(rect, corner, stroke, eframe::egui::StrokeKind::Inside);
    }
    let at = rect.left_center() + vec2(space.small, 0.0);
    let font = FontId::proportional(size.icon);
    ui.painter().text(at, Align2::LEFT_CENTER, icon, font, colors.secondary);
    let at = pos2(at.x + icon_width, rect.center().y - words.size().y / 2.0);
    ui.painter().galley(at, words, colors.text);
    response
}
