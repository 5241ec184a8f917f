//! One big number, and what changed against the period before.

use eframe::egui::{Align2, FontId, Response, RichText, Role, Sense, Ui, Vec2, WidgetInfo, vec2};

use super::series::Pick;
use super::tip;
use crate::window::look::{icons, theme};
use crate::window::say;

/// Draws a number; a click is on all of it.
pub fn figure_ui(ui: &mut Ui, size: Vec2, value: i64, unit: &str) -> Option<Pick> {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let said = format!("{} {unit}", say::number(value));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &said));
    if ui.is_rect_visible(rect) {
        let colors = theme::of(ui);
        let font = theme::figure().resolve(ui.style());
        let number = tip::fitting(ui, &say::number(value), font, size.x);
        let body = eframe::egui::TextStyle::Body.resolve(ui.style());
        let unit = tip::fitting(ui, unit, body, size.x);
        let height = number.size().y + unit.size().y;
        let at = rect.left_center() - vec2(0.0, height / 2.0);
        let below = at + vec2(0.0, number.size().y);
        let color = if response.hovered() { colors.accent } else { colors.text };
        ui.painter().galley(at, number, color);
        ui.painter().galley(below, unit, colors.secondary);
        tip::focus_ring(ui, &response);
    }
    response.clicked().then_some(Pick::default())
}

/// What changed, with an arrow: “12 % more than in the 7 days before”. Whether more is good nobody
/// knows here, so it has no color.
pub fn change_ui(ui: &mut Ui, now: i64, before: i64) -> Response {
    let secondary = theme::of(ui).secondary;
    let icon = match now.cmp(&before) {
        std::cmp::Ordering::Greater => icons::TREND_UP,
        std::cmp::Ordering::Less => icons::TREND_DOWN,
        std::cmp::Ordering::Equal => icons::MINUS,
    };
    // The arrow is only drawn: the words tell it as well.
    let theme::Theme { chart, letters, .. } = theme::tokens();
    let (rect, _) = ui.allocate_exact_size(vec2(chart.swatch, chart.row), Sense::hover());
    let font = FontId::proportional(letters.body);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, font, secondary);
    ui.label(RichText::new(change(now, before)).small().color(secondary))
        .on_hover_text(format!("{} in the period before", say::number(before)))
}

/// What changed, in words.
pub(super) fn change(now: i64, before: i64) -> String {
    if now == before {
        return "as many as before".to_owned();
    }
    if before <= 0 {
        return "none before".to_owned();
    }
    let percent = (now - before) as f64 / before as f64 * 100.0;
    let more = if percent > 0.0 { "more" } else { "fewer" };
    match percent.abs() {
        percent if percent < 1.0 => format!("less than 1 % {more} than before"),
        percent if percent >= 1_000.0 => {
            format!("{:.0} times as many as before", now as f64 / before as f64)
        }
        percent => format!("{percent:.0} % {more} than before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_so_that_it_can_be_pictured() {
        for (now, before, words) in [
            (100, 100, "as many as before"),
            (112, 100, "12 % more than before"),
            (50, 100, "50 % fewer than before"),
            (1_001, 1_000, "less than 1 % more than before"),
            (5, 0, "none before"),
            (0, 5, "100 % fewer than before"),
            (5_000, 10, "500 times as many as before"),
        ] {
            assert_eq!(change(now, before), words);
        }
    }
}
