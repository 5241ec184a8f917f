//! A line of a list that leads somewhere: a sign, two lines of words, when.

use eframe::egui::{self, Align2, Response, Role, Sense, Ui, WidgetInfo, WidgetText};

use crate::base::{Problem, UnixMillis};
use crate::window::look::theme;
use crate::window::look::widgets::{self, Sign};
use crate::window::{parts, say};

const HEIGHT: f32 = 44.0;

/// What the line says.
pub(super) struct Entry {
    pub sign: Option<Sign>,
    /// What the sign means, for screen readers.
    pub kind: String,
    pub title: String,
    pub about: String,
    pub at: UnixMillis,
}

/// Draws it.
pub(super) fn ui(ui: &mut Ui, entry: &Entry) -> Response {
    let colors = theme::of(ui);
    let theme::Theme { size, space, radius, letters, .. } = theme::tokens();
    let wanted = egui::vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    let ago = say::ago(entry.at);
    response.widget_info(|| {
        let name = format!("{}: {}, {}, {ago}", entry.kind, entry.title, entry.about);
        WidgetInfo::labeled(Role::Link, true, name)
    });
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let ground = rect.expand2(egui::vec2(space.small, 0.0));
    let round = egui::CornerRadius::same(radius.control);
    if response.hovered() {
        ui.painter().rect_filled(ground, round, colors.sunken);
    }
    if response.has_focus() {
        let stroke = egui::Stroke::new(size.focus_ring, colors.accent);
        ui.painter().rect_stroke(ground, round, stroke, egui::StrokeKind::Inside);
    }
    let sign = egui::Rect::from_min_size(
        rect.left_top() + egui::vec2(0.0, space.small - 1.0),
        egui::Vec2::splat(size.sign),
    );
    match entry.sign {
        Some(found) => widgets::sign_at(ui, sign, found),
        None => {
            ui.painter().circle_filled(sign.center(), 2.5, colors.secondary);
        }
    }
    let small = egui::FontId::proportional(letters.small);
    let when = ui.painter().layout_no_wrap(ago, small, colors.secondary);
    let at = egui::pos2(rect.right() - when.size().x, sign.center().y - when.size().y / 2.0);
    let end = at.x - space.small;
    ui.painter().galley(at, when, colors.secondary);
    let left = sign.right() + space.small;
    let (title, is_cut) = line(ui, &entry.title, theme::strong(), end - left);
    let at = egui::pos2(left, sign.center().y - title.size().y / 2.0);
    ui.painter().galley(at, title, colors.text);
    let (about, is_cut_too) = line(ui, &entry.about, egui::TextStyle::Small, rect.right() - left);
    let at = egui::pos2(left, rect.bottom() - space.tight - about.size().y);
    ui.painter().galley(at, about, colors.secondary);
    let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
    let exact = say::exact(entry.at);
    if is_cut || is_cut_too {
        response.on_hover_text(format!("{}\n{}\n{exact}", entry.title, entry.about))
    } else {
        response.on_hover_text(exact)
    }
}

fn line(
    ui: &Ui,
    words: &str,
    style: egui::TextStyle,
    room: f32,
) -> (std::sync::Arc<egui::Galley>, bool) {
    let text = egui::RichText::new(words).text_style(style);
    let wrap = Some(egui::TextWrapMode::Truncate);
    let galley = WidgetText::from(text).into_galley(ui, wrap, room, egui::TextStyle::Body);
    let is_cut = galley.elided;
    (galley, is_cut)
}

/// Until there is a first answer: nothing at first, then that it takes long, or what is wrong.
pub(super) fn arriving_ui(ui: &mut Ui, is_slow: bool, problem: Option<&Problem>) {
    let size = egui::vec2(ui.available_width(), HEIGHT);
    match problem {
        Some(problem) => {
            parts::problem_banner(ui, problem);
        }
        None => {
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            if is_slow {
                let side = egui::Vec2::splat(theme::tokens().size.sign);
                let place = Align2::LEFT_CENTER.align_size_within_rect(side, rect);
                widgets::sign_at(ui, place, Sign::Running);
            }
        }
    }
}
