//! What is drawn, and how one series is told from another.

use eframe::egui::{
    self, Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, vec2,
};

use super::tip;
use crate::window::look::theme;

/// Numbers that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its place among all series, hidden ones included: what [`Pick`] tells.
    pub index: usize,
    /// What people read beside it.
    pub name: String,
    /// How it looks.
    pub tone: Tone,
    /// A number for each step or group; `None` where nobody knows.
    pub values: Vec<Option<i64>>,
}

impl Series {
    /// All that is known of it.
    pub fn sum(&self) -> i64 {
        self.values.iter().flatten().sum()
    }

    /// What all of them together have in each of so many steps or groups.
    pub fn sums(all: &[Self], count: usize) -> Vec<i64> {
        (0..count).map(|place| all.iter().map(|one| one.at(place)).sum()).collect()
    }

    /// The number of a step or group, 0 where nobody knows.
    pub fn at(&self, index: usize) -> i64 {
        self.values.get(index).copied().flatten().unwrap_or(0)
    }
}

/// How a series looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// One of several, by its place.
    Nth(usize),
    /// Success.
    Good,
    /// Denied.
    Warn,
    /// Fraud.
    Bad,
    /// The rest, or what was before.
    Quiet,
}

/// The shape a series is told by, besides its color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// ●
    Disc,
    /// ■
    Square,
    /// ◆
    Diamond,
    /// ▲
    Triangle,
    /// ✕
    Cross,
    /// ○
    Ring,
}

impl Tone {
    /// Its color in the mode that is drawn.
    pub fn color(self, ui: &Ui) -> Color32 {
        let colors = theme::of(ui);
        let chart = &theme::tokens().chart;
        let series = if ui.visuals().dark_mode { &chart.series_dark } else { &chart.series };
        match self {
            Self::Nth(nth) => {
                series.get(nth % series.len().max(1)).copied().unwrap_or(colors.accent)
            }
            Self::Good => colors.good,
            Self::Warn => colors.warn,
            Self::Bad => colors.bad,
            Self::Quiet => colors.border_strong,
        }
    }

    /// Its shape.
    pub const fn mark(self) -> Mark {
        match self {
            Self::Good => Mark::Disc,
            Self::Warn => Mark::Triangle,
            Self::Bad => Mark::Cross,
            Self::Quiet => Mark::Ring,
            Self::Nth(nth) => match nth % 4 {
                0 => Mark::Square,
                1 => Mark::Disc,
                2 => Mark::Diamond,
                _ => Mark::Triangle,
            },
        }
    }

    /// How its line is broken: lengths of dashes and of what lies between, in the theme's units.
    pub(super) const fn dashes(self) -> Option<(f32, f32)> {
        match self {
            Self::Good | Self::Nth(_) => None,
            Self::Warn => Some((1.0, 0.5)),
            Self::Bad => Some((0.3, 0.75)),
            Self::Quiet => Some((0.6, 1.0)),
        }
    }
}

/// What was clicked; `None` for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pick {
    /// Which step or group.
    pub at: Option<usize>,
    /// Which series, by [`Series::index`].
    pub series: Option<usize>,
}

/// Draws a mark around `center`.
pub fn mark_ui(painter: &Painter, center: Pos2, size: f32, mark: Mark, color: Color32) {
    let half = size / 2.0;
    let at = |x: f32, y: f32| center + vec2(x * half, y * half);
    let stroke = Stroke::new(theme::tokens().chart.line, color);
    match mark {
        Mark::Disc => _ = painter.circle_filled(center, half, color),
        Mark::Ring => _ = painter.circle_stroke(center, half - stroke.width / 2.0, stroke),
        Mark::Square => {
            let rect = Rect::from_center_size(center, vec2(size, size) * 0.88);
            painter.rect_filled(rect, 1.0, color);
        }
        Mark::Diamond => {
            let points = vec![at(0.0, -1.1), at(1.1, 0.0), at(0.0, 1.1), at(-1.1, 0.0)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Mark::Triangle => {
            let points = vec![at(0.0, -1.0), at(1.1, 0.9), at(-1.1, 0.9)];
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        }
        Mark::Cross => {
            painter.line_segment([at(-0.8, -0.8), at(0.8, 0.8)], stroke);
            painter.line_segment([at(0.8, -0.8), at(-0.8, 0.8)], stroke);
        }
    }
}

/// Names and marks of the series, each to switch on and off: which one was switched, by its place
/// in the list. `is_hidden` tells which are off.
pub fn legend_ui(
    ui: &mut Ui,
    series: &[(&str, Tone)],
    is_hidden: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut switched = None;
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 0.0;
        ui.spacing_mut().item_spacing = vec2(theme::tokens().space.medium, 0.0);
        ui.horizontal_wrapped(|ui| {
            for (index, (name, tone)) in series.iter().enumerate() {
                if entry_ui(ui, name, *tone, !is_hidden(index)).clicked() {
                    switched = Some(index);
                }
            }
        });
    });
    switched
}

fn entry_ui(ui: &mut Ui, name: &str, tone: Tone, is_on: bool) -> Response {
    let theme::Theme { chart, space, .. } = theme::tokens();
    let colors = theme::of(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let most = (ui.available_width() * 0.6).max(chart.name_width);
    let words = tip::fitting(ui, name, font, most);
    let size = vec2(chart.mark + space.tight + words.size().x, chart.row);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), is_on, name));
    if ui.is_rect_visible(rect) {
        let center = egui::pos2(rect.left() + chart.mark / 2.0, rect.center().y);
        let text_at = egui::pos2(
            rect.left() + chart.mark + space.tight,
            rect.center().y - words.size().y / 2.0,
        );
        let (mark, color, text) = if is_on {
            (tone.mark(), tone.color(ui), colors.secondary)
        } else {
            (Mark::Ring, colors.border_strong, colors.secondary.gamma_multiply(colors.disabled))
        };
        mark_ui(ui.painter(), center, chart.mark, mark, color);
        let text = if response.hovered() { colors.text } else { text };
        let width = words.size().x;
        ui.painter().galley(text_at, words, text);
        if !is_on {
            let line = Stroke::new(theme::tokens().size.hairline, text);
            ui.painter().hline(text_at.x..=text_at.x + width, rect.center().y, line);
        }
    }
    tip::focus_ring(ui, &response);
    let what = if is_on { "Hide" } else { "Show" };
    response.on_hover_text(format!("{what} \u{201c}{name}\u{201d}"))
}
