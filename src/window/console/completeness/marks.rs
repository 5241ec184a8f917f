//! What a day looks like: a color, and a mark that says the same without color.

use eframe::egui::{self, Align2, Color32, FontId, Rect, Sense, Shape, Stroke, pos2, vec2};

use super::words;
use crate::pipeline::calendar::DayState;
use crate::store::GapKind;
use crate::window::look::fonts;
use crate::window::look::theme::{self, Colors};

/// The side of a day, in points.
pub(super) const SIDE: f32 = 20.0;

/// The states in the legend, in this order.
const LEGEND: [DayState; 8] = [
    DayState::Complete,
    DayState::Missing(1),
    DayState::Gap(GapKind::Short),
    DayState::Extra(1),
    DayState::Unknown,
    DayState::Unchecked,
    DayState::Ahead,
    DayState::NotCollected,
];

/// The ground of a day and the color of its mark.
fn colors_of(state: DayState, colors: &Colors) -> (Color32, Color32) {
    match state {
        DayState::Complete => (colors.good_soft, colors.good),
        DayState::Missing(_) => (colors.bad, colors.on_sign),
        DayState::Gap(_) => (colors.warn, colors.on_sign),
        DayState::Extra(_) => (colors.info_soft, colors.info),
        DayState::Unknown | DayState::Unchecked => (colors.sunken, colors.secondary),
        DayState::Ahead | DayState::NotCollected | DayState::Future => {
            (Color32::TRANSPARENT, colors.border_strong)
        }
    }
}

/// Draws a day. `late`: some of its records were found late.
pub(super) fn day_at(
    painter: &egui::Painter,
    colors: &Colors,
    rect: Rect,
    state: DayState,
    late: bool,
) {
    let theme::Theme { letters, size, .. } = theme::tokens();
    let (ground, color) = colors_of(state, colors);
    let radius = 4.0;
    painter.rect_filled(rect, radius, ground);
    let at = |x: f32, y: f32| rect.center() + vec2(x, y) * (rect.width() / 2.0);
    let line = Stroke::new(size.focus_ring, color);
    let sign = |text: &str| {
        let font = FontId::new(letters.body, fonts::semibold());
        painter.text(rect.center(), Align2::CENTER_CENTER, text, font, color);
    };
    match state {
        DayState::Complete => {
            let tick = vec![at(-0.4, 0.05), at(-0.1, 0.35), at(0.42, -0.3)];
            painter.add(Shape::line(tick, line));
        }
        DayState::Missing(_) => sign("!"),
        DayState::Gap(_) => {
            painter.line_segment([at(-0.5, 0.0), at(-0.18, 0.0)], line);
            painter.line_segment([at(0.18, 0.0), at(0.5, 0.0)], line);
        }
        DayState::Extra(_) => sign("+"),
        DayState::Unknown => sign("?"),
        DayState::Unchecked => {
            painter.circle_filled(rect.center(), 2.0, color);
        }
        DayState::Ahead => {
            for x in [-0.4, 0.0, 0.4] {
                painter.circle_filled(at(x, 0.0), 1.25, color);
            }
        }
        DayState::NotCollected => {
            let thin = Stroke::new(size.hairline, color);
            painter.line_segment([at(-0.25, 0.0), at(0.25, 0.0)], thin);
        }
        DayState::Future => {}
    }
    if late {
        late_at(painter, colors, rect);
    }
}

/// A corner that says: records were found late.
fn late_at(painter: &egui::Painter, colors: &Colors, rect: Rect) {
    let corner = rect.right_top();
    let side = SIDE * 0.4;
    let points = vec![corner, pos2(corner.x, corner.y + side), pos2(corner.x - side, corner.y)];
    painter.add(Shape::convex_polygon(points, colors.accent, Stroke::NONE));
}

/// Draws what the marks mean.
pub(super) fn legend_ui(ui: &mut egui::Ui) {
    let gap = theme::tokens().space.large;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(theme::tokens().space.small, 0.0);
        ui.spacing_mut().interact_size.y = SIDE;
        for state in LEGEND {
            entry_ui(ui, words::title(state), gap, |ui, rect| {
                day_at(ui.painter(), theme::of(ui), rect, state, false);
            });
        }
        entry_ui(ui, "Records found late", gap, |ui, rect| {
            ui.painter().rect_filled(rect, 4.0, theme::of(ui).sunken);
            late_at(ui.painter(), theme::of(ui), rect);
        });
    });
}

fn entry_ui(ui: &mut egui::Ui, words: &str, gap: f32, paint: impl FnOnce(&egui::Ui, Rect)) {
    // A mark and its words are never on two lines.
    let text = egui::RichText::new(words).small().color(theme::of(ui).secondary);
    let galley = egui::WidgetText::from(text).into_galley(
        ui,
        Some(egui::TextWrapMode::Extend),
        f32::INFINITY,
        egui::FontSelection::Default,
    );
    let width = SIDE + theme::tokens().space.small + galley.size().x + gap;
    let (rect, response) = ui.allocate_exact_size(vec2(width, SIDE + 4.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
    if !ui.is_rect_visible(rect) {
        return;
    }
    let mark = Rect::from_center_size(
        pos2(rect.left() + SIDE / 2.0, rect.center().y),
        egui::Vec2::splat(SIDE),
    );
    paint(ui, mark);
    let left = mark.right() + theme::tokens().space.small;
    let place = pos2(left, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(place, galley, theme::of(ui).secondary);
}
