//! Signs: a state told by shape, then color, then words.

use crate::window::look::theme::{self, Colors};
use eframe::egui::{
    self, Color32, CornerRadius, Pos2, Rect, Response, RichText, Role, Sense, Shape, Stroke, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};
use std::f32::consts::TAU;
use std::time::Duration;

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// At work on it: a ring with a gap, that turns.
    Running,
    /// All well: a tick in a disc.
    Pass,
    /// Wants attention: a triangle.
    Warn,
    /// Does not work: a cross in a disc.
    Fail,
    /// Left out: a dash in a ring.
    Skipped,
    /// Its turn has not come: a clock.
    Waiting,
    /// Nothing is done for now, on purpose.
    Paused,
}

impl Sign {
    /// In a word, for screen readers and tests.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Pass => "Passed",
            Self::Warn => "Warning",
            Self::Fail => "Failed",
            Self::Skipped => "Skipped",
            Self::Waiting => "Waiting",
            Self::Paused => "Paused",
        }
    }

    /// The color of its shape and words.
    pub fn color(self, colors: &Colors) -> Color32 {
        match self {
            Self::Running => colors.info,
            Self::Pass => colors.good,
            Self::Warn => colors.warn,
            Self::Fail => colors.bad,
            Self::Skipped | Self::Waiting | Self::Paused => colors.secondary,
        }
    }

    /// The ground behind words in its color.
    pub fn soft(self, colors: &Colors) -> Color32 {
        match self {
            Self::Running => colors.info_soft,
            Self::Pass => colors.good_soft,
            Self::Warn => colors.warn_soft,
            Self::Fail => colors.bad_soft,
            Self::Skipped | Self::Waiting | Self::Paused => colors.sunken,
        }
    }
}

/// Draws a sign in the line. Its name is [`Sign::word`].
pub fn state_sign(ui: &mut Ui, sign: Sign) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(Vec2::splat(theme::tokens().size.sign), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, ui.is_enabled(), sign.word()));
    sign_at(ui, rect, sign);
    response
}

/// Draws only the shape of a sign, in `rect`: its words stand elsewhere.
pub fn sign_at(ui: &Ui, rect: Rect, sign: Sign) {
    if !ui.is_rect_visible(rect) {
        return;
    }
    let c = theme::of(ui);
    let color = sign.color(c);
    let side = rect.width().min(rect.height());
    let center = rect.center();
    // Shapes are described in a square from -1 to 1.
    let at = |x: f32, y: f32| center + vec2(x, y) * (side / 2.0);
    let mark = |width: f32| Stroke::new((side * width).max(1.0), c.on_sign);
    let ring = Stroke::new((side * 0.11).max(1.25), color);
    let painter = ui.painter();
    match sign {
        Sign::Running => {
            let turned = if theme::reduced_motion(ui) {
                -0.25
            } else {
                ui.ctx().request_repaint_after(Duration::from_millis(40));
                ui.input(|input| (input.time % 1.0) as f32)
            };
            let faint = Stroke::new(ring.width, color.gamma_multiply(0.25));
            painter.circle_stroke(center, side * 0.42, faint);
            painter.add(arc(center, side * 0.42, turned, 0.7, ring));
        }
        Sign::Pass => {
            painter.circle_filled(center, side * 0.48, color);
            let tick = vec![at(-0.42, 0.03), at(-0.12, 0.34), at(0.42, -0.3)];
            painter.add(Shape::line(tick, mark(0.115)));
        }
        Sign::Warn => {
            let corners = vec![at(0.0, -0.78), at(0.84, 0.7), at(-0.84, 0.7)];
            // The stroke in the same color rounds the corners.
            let edge = Stroke::new(side * 0.16, color);
            painter.add(Shape::convex_polygon(corners.clone(), color, Stroke::NONE));
            for corner in &corners {
                painter.circle_filled(*corner, edge.width / 2.0, color);
            }
            painter.add(Shape::closed_line(corners, edge));
            painter.line_segment([at(0.0, -0.26), at(0.0, 0.22)], mark(0.12));
            painter.circle_filled(at(0.0, 0.52), (side * 0.07).max(0.75), c.on_sign);
        }
        Sign::Fail => {
            painter.circle_filled(center, side * 0.48, color);
            let reach = 0.32;
            painter.line_segment([at(-reach, -reach), at(reach, reach)], mark(0.115));
            painter.line_segment([at(-reach, reach), at(reach, -reach)], mark(0.115));
        }
        Sign::Skipped => {
            painter.circle_stroke(center, side * 0.42, ring);
            painter.line_segment([at(-0.4, 0.0), at(0.4, 0.0)], ring);
        }
        Sign::Paused => {
            painter.circle_stroke(center, side * 0.42, ring);
            for x in [-0.2, 0.2] {
                painter.line_segment([at(x, -0.3), at(x, 0.3)], ring);
            }
        }
        Sign::Waiting => {
            painter.circle_stroke(center, side * 0.42, ring);
            painter.add(Shape::line(vec![at(0.0, -0.45), at(0.0, 0.0), at(0.32, 0.2)], ring));
        }
    }
}

/// Part of a circle; `from` and `share` in turns.
fn arc(center: Pos2, radius: f32, from: f32, share: f32, stroke: Stroke) -> Shape {
    let points = (0..=32_u8)
        .map(|step| {
            let angle = (from + share * f32::from(step) / 32.0) * TAU;
            center + radius * vec2(angle.cos(), angle.sin())
        })
        .collect();
    Shape::line(points, stroke)
}

/// A sign and a few words on a soft ground: the state of the whole, a count, a kind.
pub fn pill(ui: &mut Ui, sign: Sign, words: &str) -> Response {
    let c = theme::of(ui);
    let (height, side, padding) = (24.0, 13.0, 8.0);
    let text = RichText::new(words).small().color(sign.color(c));
    let font = egui::FontSelection::Default;
    let galley = egui::WidgetText::from(text).into_galley(
        ui,
        Some(egui::TextWrapMode::Extend),
        f32::INFINITY,
        font,
    );
    let width = padding + side + 6.0 + galley.size().x + padding + 2.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, ui.is_enabled(), words));
    if ui.is_rect_visible(rect) {
        let radius = CornerRadius::same(12);
        ui.painter().rect_filled(rect, radius, sign.soft(c));
        let center = pos2(rect.left() + padding + side / 2.0, rect.center().y);
        sign_at(ui, Rect::from_center_size(center, Vec2::splat(side)), sign);
        let place = pos2(center.x + side / 2.0 + 6.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(place, galley, sign.color(c));
    }
    response
}
