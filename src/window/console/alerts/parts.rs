//! What the views of the page share: how grave something is, switches between views, cells of a
//! row, the way back.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, CornerRadius, Key, Modifiers, Rect, Response, RichText, Role, Sense,
    TextStyle, Ui, UiBuilder, Vec2, WidgetInfo, WidgetText, pos2, vec2,
};

use crate::base::UnixMillis;
use crate::record::Level;
use crate::window::console::range::Range;
use crate::window::look::theme::{self, Colors};
use crate::window::look::{icons, widgets};
use crate::window::say;

/// How wide the sign of a level is, so that what stands behind it is in line.
pub(super) const LEVEL_WIDTH: f32 = 116.0;

/// How high a row of a list is.
pub(super) const ROW: f32 = 40.0;

/// The color of a level's shape and word, and the ground below.
pub(super) fn level_colors(level: Level, c: &Colors) -> (Color32, Color32) {
    match level {
        Level::Critical => (c.on_sign, c.bad),
        Level::High => (c.bad, c.bad_soft),
        Level::Medium => (c.warn, c.warn_soft),
        Level::Low => (c.info, c.info_soft),
        Level::Informational => (c.secondary, c.sunken),
    }
}

/// How grave something is: as many bars of five as it is grave, and the word.
pub(super) fn level_pill(ui: &mut Ui, level: Level) -> Response {
    let width = pill_width(&word_of(ui, level));
    let (rect, response) = ui.allocate_exact_size(vec2(width, 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, level.title()));
    level_at(ui, rect, level);
    response
}

fn word_of(ui: &Ui, level: Level) -> Arc<egui::Galley> {
    let (color, _) = level_colors(level, theme::of(ui));
    let text = RichText::new(level.title()).small().color(color);
    let extend = Some(egui::TextWrapMode::Extend);
    WidgetText::from(text).into_galley(ui, extend, f32::INFINITY, TextStyle::Small)
}

/// Room for the bars, and around and between things in the sign of a level.
const BARS: f32 = 18.0;
const PILL_PADDING: f32 = 8.0;
const PILL_GAP: f32 = 6.0;

fn pill_width(word: &egui::Galley) -> f32 {
    PILL_PADDING + BARS + PILL_GAP + word.size().x + PILL_PADDING
}

/// The same in `rect`, for rows that say the word themselves.
pub(super) fn level_at(ui: &Ui, rect: Rect, level: Level) {
    if !ui.is_rect_visible(rect) {
        return;
    }
    let (color, soft) = level_colors(level, theme::of(ui));
    let galley = word_of(ui, level);
    let width = pill_width(&galley).min(rect.width());
    let ground = Rect::from_center_size(
        pos2(rect.left() + width / 2.0, rect.center().y),
        vec2(width, rect.height().min(24.0)),
    );
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect));
    painter.rect_filled(ground, CornerRadius::same(12), soft);
    let filled = level as u8;
    for bar in 0..5_u8 {
        let height = 4.0 + 2.0 * f32::from(bar);
        let left = ground.left() + PILL_PADDING + f32::from(bar) * 3.75;
        let bottom = ground.center().y + 6.0;
        let bar_rect = Rect::from_min_max(pos2(left, bottom - height), pos2(left + 2.5, bottom));
        let strength = if bar <= filled { 1.0 } else { 0.28 };
        painter.rect_filled(bar_rect, CornerRadius::same(1), color.gamma_multiply(strength));
    }
    let at = pos2(
        ground.left() + PILL_PADDING + BARS + PILL_GAP,
        ground.center().y - galley.size().y / 2.0,
    );
    painter.galley(at, galley, color);
}

/// One of a few, all of them in sight. `label` says what is chosen.
pub(super) fn segments<T: Copy + PartialEq>(
    ui: &mut Ui,
    label: &str,
    chosen: &mut T,
    choices: &[(T, &str)],
) -> bool {
    let c = theme::of(ui);
    let tokens = theme::tokens();
    let (inset, padding) = (2.0, tokens.size.control_padding);
    let galleys: Vec<_> = choices
        .iter()
        .map(|(value, title)| {
            let is_chosen = value == chosen;
            let style = if is_chosen { theme::strong() } else { TextStyle::Body };
            let color = if is_chosen { c.text } else { c.secondary };
            let text = RichText::new(*title).text_style(style).color(color);
            let extend = Some(egui::TextWrapMode::Extend);
            WidgetText::from(text).into_galley(ui, extend, f32::INFINITY, TextStyle::Body)
        })
        .collect();
    let width: f32 = galleys.iter().map(|galley| galley.size().x + 2.0 * padding).sum();
    let size = vec2(width + 2.0 * inset, tokens.size.control);
    let (whole, group) = ui.allocate_exact_size(size, Sense::hover());
    group.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, label));
    let radius = CornerRadius::same(tokens.radius.control);
    ui.painter().rect_filled(whole, radius, c.sunken);
    let mut left = whole.left() + inset;
    let mut changed = false;
    for ((value, title), galley) in choices.iter().zip(galleys) {
        let place = Rect::from_min_size(
            pos2(left, whole.top() + inset),
            vec2(galley.size().x + 2.0 * padding, whole.height() - 2.0 * inset),
        );
        left = place.right();
        let id = ui.scope_id().with((label, *title));
        let response = ui.interact(place, id, Sense::click());
        let is_chosen = value == chosen;
        response.widget_info(|| {
            WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, *title)
        });
        if is_chosen {
            let edge = egui::Stroke::new(tokens.size.hairline, c.button_edge);
            let inner = CornerRadius::same(tokens.radius.control.saturating_sub(1));
            ui.painter().rect(place, inner, c.card, edge, egui::StrokeKind::Inside);
        }
        let at = place.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, c.text);
        focus_ring(ui, &response);
        if response.clicked() && !is_chosen {
            *chosen = *value;
            changed = true;
        }
        response.on_hover_cursor(egui::CursorIcon::PointingHand);
    }
    changed
}

/// A field to look for something, with a cross to empty it.
pub(super) fn search(ui: &mut Ui, text: &mut String, label: &str, width: f32) -> Response {
    let tokens = theme::tokens();
    let side = tokens.size.control;
    let response = ui.add(
        egui::TextEdit::singleline(text)
            .desired_width(width)
            .min_size(vec2(width, side))
            .align(Align2::LEFT_CENTER)
            .margin(egui::Margin { left: 32, right: 32, top: 7, bottom: 7 })
            .hint_text(label),
    );
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    let font = egui::FontId::proportional(tokens.size.icon);
    let at = response.rect.left_center() + vec2(10.0, 0.0);
    let color = theme::of(ui).secondary;
    ui.painter().text(at, Align2::LEFT_CENTER, icons::MAGNIFIER, font, color);
    if !text.is_empty() {
        let center = response.rect.right_center() - vec2(side / 2.0, 0.0);
        let rect = Rect::from_center_size(center, Vec2::splat(side - 6.0));
        let mut inside = ui.new_child(UiBuilder::new().max_rect(rect));
        inside.spacing_mut().interact_size = Vec2::ZERO;
        let name = format!("Empty \u{201c}{label}\u{201d}");
        if small_icon(&mut inside, rect, icons::X, &name).clicked() {
            text.clear();
            response.request_focus();
        }
    }
    response
}

/// A small button with only an icon, in `rect`.
pub(super) fn small_icon(ui: &mut Ui, rect: Rect, icon: &str, label: &str) -> Response {
    let c = theme::of(ui);
    let response = ui.interact(rect, ui.scope_id().with((icon, label)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let strong = response.hovered() || response.has_focus();
    if response.hovered() {
        ui.painter().rect_filled(
            rect,
            CornerRadius::same(theme::tokens().radius.control),
            c.sunken,
        );
    }
    let color = if strong { c.text } else { c.secondary };
    let font = egui::FontId::proportional(theme::tokens().size.icon);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, icon, font, color);
    focus_ring(ui, &response);
    response.on_hover_text(label).on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// One of several, behind a button that shows which.
pub(super) fn choice<T: Clone + PartialEq>(
    ui: &mut Ui,
    label: &str,
    width: f32,
    chosen: &mut T,
    choices: &[(T, String)],
) -> bool {
    let shown = choices.iter().find(|(value, _)| value == chosen);
    let shown = shown.map_or("", |(_, title)| title.as_str());
    let mut changed = false;
    let combo = egui::ComboBox::from_id_salt(label)
        .width(width)
        .truncate()
        .selected_text(shown)
        .show_ui(ui, |ui| {
            ui.set_min_width(width);
            for (value, title) in choices {
                changed |= ui.selectable_value(chosen, value.clone(), title.as_str()).changed();
            }
        });
    let name = format!("{label}: {shown}");
    ui.ctx().accesskit_node_builder(combo.response.id, |node| node.set_label(name));
    changed
}

/// A switch by itself, in `rect`; whether it was turned.
pub(super) fn toggle(ui: &mut Ui, rect: Rect, on: &mut bool, label: &str) -> bool {
    let c = theme::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(("toggle", label)), Sense::click());
    if response.clicked() {
        *on = !*on;
    }
    let is_on = *on;
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), is_on, label));
    let how_on = ui.animate_bool(response.id, is_on);
    let mark = Rect::from_center_size(rect.center(), vec2(34.0, 20.0));
    let inset = mark.height() / 2.0;
    let x = egui::lerp(mark.left() + inset..=mark.right() - inset, how_on);
    let knob = pos2(x, mark.center().y);
    let radius = CornerRadius::same(10);
    if is_on {
        let fill = if response.hovered() { c.accent_hover } else { c.accent };
        ui.painter().rect_filled(mark, radius, fill);
        ui.painter().circle_filled(knob, inset - 3.0, c.on_accent);
    } else {
        let edge = if response.hovered() { c.secondary } else { c.border_strong };
        let stroke = egui::Stroke::new(1.25, edge);
        ui.painter().rect(mark, radius, c.card, stroke, egui::StrokeKind::Inside);
        ui.painter().circle_filled(knob, inset - 4.5, edge);
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(theme::tokens().size.focus_ring, c.accent);
        let radius = CornerRadius::same(12);
        ui.painter().rect_stroke(mark.expand(2.0), radius, ring, egui::StrokeKind::Outside);
    }
    let clicked = response.clicked();
    let help = if is_on { "Active" } else { "Off" };
    response.on_hover_text(help).on_hover_cursor(egui::CursorIcon::PointingHand);
    clicked
}

/// A row of a list that leads somewhere; what is on it is drawn by the caller.
pub(super) fn row(ui: &mut Ui, id: egui::Id, rect: Rect, name: &str) -> Response {
    let c = theme::of(ui);
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    if response.hovered() {
        let radius = CornerRadius::same(theme::tokens().radius.control);
        ui.painter().rect_filled(rect, radius, c.sunken);
    }
    focus_ring(ui, &response);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// Where a cell's text stands in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    Left,
    Right,
}

/// A cell of a row: one line, cut where it is too long; whether it was.
pub(super) fn cell(ui: &Ui, rect: Rect, text: RichText, at: At) -> bool {
    if rect.width() < 4.0 || !ui.is_rect_visible(rect) {
        return false;
    }
    let galley = WidgetText::from(text).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        rect.width(),
        TextStyle::Body,
    );
    let left = match at {
        At::Left => rect.left(),
        At::Right => rect.right() - galley.size().x,
    };
    let place = pos2(left, rect.center().y - galley.size().y / 2.0);
    let elided = galley.elided;
    ui.painter().galley(place, galley, theme::of(ui).text);
    elided
}

/// The ring around what has the keyboard's focus, which comes into sight as well.
pub(super) fn focus_ring(ui: &Ui, response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.has_focus() {
        let tokens = theme::tokens();
        let stroke = egui::Stroke::new(tokens.size.focus_ring, theme::of(ui).accent);
        let radius = CornerRadius::same(tokens.radius.control);
        ui.painter().rect_stroke(response.rect, radius, stroke, egui::StrokeKind::Inside);
    }
}

/// The way back, by a click, Escape or Alt and the left arrow.
pub(super) fn back(ui: &mut Ui, to: &str) -> bool {
    let name = format!("Back to {to}");
    let clicked = ui.add(widgets::Press::link(&name).icon(icons::ARROW_LEFT)).clicked();
    let is_free =
        !ui.ctx().text_edit_focused() && ui.ctx().memory(|m| m.top_modal_layer().is_none());
    let pressed = is_free
        && ui.input_mut(|input| {
            input.consume_key(Modifiers::ALT, Key::ArrowLeft)
                || input.consume_key(Modifiers::NONE, Key::Escape)
        });
    clicked || pressed
}

/// A fact: what it is, in the secondary color, and the fact itself.
pub(super) fn fact(ui: &mut Ui, what: &str, words: &str) -> Response {
    fact_ui(ui, what, |ui| ui.add(egui::Label::new(words).wrap().selectable(true)))
}

/// The same with something drawn as the fact.
pub(super) fn fact_ui<R>(ui: &mut Ui, what: &str, draw: impl FnOnce(&mut Ui) -> R) -> R {
    let width = 128.0_f32.min(ui.available_width() * 0.4);
    ui.horizontal_top(|ui| {
        let color = theme::of(ui).secondary;
        let size = vec2(width, theme::tokens().letters.body + 6.0);
        ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.set_width(width);
            ui.add(egui::Label::new(RichText::new(what).color(color)).wrap());
        });
        ui.vertical(|ui| {
            ui.set_width(ui.available_width());
            draw(ui)
        })
        .inner
    })
    .inner
}

/// Something small that belongs to something: a tag.
pub(super) fn chip(ui: &mut Ui, text: &str) -> Response {
    let c = theme::of(ui);
    let galley = WidgetText::from(RichText::new(text).small().color(c.secondary)).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        ui.available_width().max(40.0),
        TextStyle::Small,
    );
    let size = galley.size() + vec2(16.0, 6.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter().rect_filled(rect, CornerRadius::same(10), c.sunken);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, c.secondary);
    response
}

/// A value short enough for a button.
pub(super) fn shortened(value: &str) -> String {
    const MOST: usize = 28;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    value.chars().take(MOST - 1).chain(['\u{2026}']).collect()
}

/// What stands where there is nothing to show.
pub(super) fn nothing(ui: &mut Ui, icon: &str, title: &str, text: &str) {
    ui.add_space(theme::tokens().space.huge);
    ui.vertical_centered(|ui| {
        let color = theme::of(ui).secondary;
        ui.label(RichText::new(icon).size(theme::tokens().letters.figure).color(color));
        ui.add_space(theme::tokens().space.small);
        widgets::card_title(ui, title);
        ui.set_max_width(480.0);
        widgets::secondary(ui, text);
    });
    ui.add_space(theme::tokens().space.huge);
}

/// A moment: how long ago while that says more than the time itself.
pub(super) fn moment(at: UnixMillis) -> String {
    if is_recent(at) { say::ago(at) } else { say::when(at) }
}

/// A moment to the second, and how long ago while that says something.
pub(super) fn full_moment(at: UnixMillis) -> String {
    if is_recent(at) { format!("{} ({})", say::exact(at), say::ago(at)) } else { say::exact(at) }
}

fn is_recent(at: UnixMillis) -> bool {
    UnixMillis::now().0 - at.0 < 86_400_000
}

/// A time as a part of a sentence: “the last 7 days”, “the chosen time”.
pub(super) fn range_words(range: Range) -> String {
    match range {
        Range::Between(..) => "the chosen time".to_owned(),
        range => format!("the {}", range.title().to_lowercase()),
    }
}

/// A small ring that turns, where an answer takes its time.
pub(super) fn waiting(ui: &mut Ui, is_slow: bool) {
    if is_slow {
        ui.horizontal(|ui| {
            widgets::state_sign(ui, widgets::Sign::Running);
            widgets::secondary(ui, "Looking\u{2026}");
        });
    }
}
