//! What several pages share: lines with a sign, problems, rows of buttons, the rail.

use eframe::egui::{self, Align, Layout, Response, Ui, WidgetInfo};

use super::look::widgets::{self, Kind, Sign};
use super::look::{fonts, theme};
use super::say;
use crate::base::Problem;

/// The quiet ground that a page lies on, with this much room around it.
pub(super) fn ground(ui: &Ui, x: i8, y: i8) -> egui::Frame {
    egui::Frame::new().fill(theme::of(ui).ground).inner_margin(egui::Margin::symmetric(x, y))
}

/// A sign and a sentence that may wrap.
pub(super) fn sign_line(ui: &mut Ui, sign: Sign, words: &str) -> Response {
    let line = ui.horizontal_top(|ui| {
        widgets::state_sign(ui, sign);
        widgets::body(ui, words)
    });
    line.inner
}

/// Lets screen readers read out a text as soon as it appears or changes.
pub(super) fn announce(ui: &Ui, text: &Response) {
    ui.ctx().accesskit_node_builder(text.id, |node| {
        node.set_live(egui::accesskit::Live::Polite);
    });
}

/// A title that is cut where it is too long, the whole of it on hover, with a few words at the
/// right end.
pub(super) fn title_and_words(ui: &mut Ui, title: &str, words: &str) {
    text_and_words(ui, title, theme::card_title(), words);
}

/// The same in ordinary size.
pub(super) fn label_and_words(ui: &mut Ui, label: &str, words: &str) {
    text_and_words(ui, label, egui::TextStyle::Body, words);
}

fn text_and_words(ui: &mut Ui, title: &str, style: egui::TextStyle, words: &str) {
    ui.horizontal(|ui| {
        let font = theme::numbers().resolve(ui.style());
        let right = ui.painter().layout_no_wrap(words.to_owned(), font, theme::of(ui).secondary);
        let room = (ui.available_width() - right.size().x - theme::tokens().space.large).max(40.0);
        let height = theme::tokens().size.control;
        let middle = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(egui::vec2(room, height), middle, |ui| {
            ui.set_width(room);
            let title = egui::RichText::new(title).text_style(style);
            ui.add(egui::Label::new(title).truncate());
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(right));
    });
}

/// What happened, why, and what to do next.
pub(super) fn problem_banner(ui: &mut Ui, problem: &Problem) -> Response {
    let mut text = String::new();
    if let Some(because) = &problem.because {
        text.push_str(&capitalized(because));
    }
    if let Some(next) = &problem.next {
        if !text.is_empty() {
            text.push_str(". ");
        }
        text.push_str("Next: ");
        text.push_str(next);
    }
    widgets::banner(ui, Kind::Bad, &problem.what, &text, |ui| {
        widgets::copy_button(ui, &problem.to_string());
    })
    .response
}

/// What a dialog holds above its buttons: scrolls where the window is too low for all of it. It has
/// this height at least, where there is room, so that buttons stay where they are as it fills.
pub(super) fn dialog_body(ui: &mut Ui, at_least: f32, contents: impl FnOnce(&mut Ui)) {
    // The title, the buttons and the room around them take the rest.
    let height = (ui.ctx().content_rect().height() - 206.0).max(200.0);
    egui::ScrollArea::vertical().max_height(height).show(ui, |ui| {
        ui.set_min_height(at_least.min(height));
        contents(ui);
    });
}

/// Buttons from the right, the first one outermost.
pub(super) fn buttons_right<R>(ui: &mut Ui, buttons: impl FnOnce(&mut Ui) -> R) -> R {
    let height = theme::tokens().size.control;
    let size = egui::vec2(ui.available_width(), height);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), buttons).inner
}

/// An entry of the rail.
#[derive(Default)]
pub(super) struct RailItem<'a> {
    pub icon: &'a str,
    pub title: &'a str,
    /// The key that leads there.
    pub key: Option<String>,
    /// How many things wait there; 0 shows nothing.
    pub count: u64,
    /// What is counted, for screen readers: “3 open”.
    pub counted: &'a str,
    pub is_here: bool,
    pub is_narrow: bool,
}

/// Draws an entry of the rail; whether it was clicked.
pub(super) fn rail_item(ui: &mut Ui, item: &RailItem<'_>) -> bool {
    let RailItem { icon, title, count, is_here, is_narrow, .. } = *item;
    let colors = theme::of(ui);
    let size = egui::vec2(ui.available_width(), 36.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    response.widget_info(|| WidgetInfo::selected(egui::Role::Tab, true, is_here, title));
    let fill = if is_here {
        Some(colors.accent_soft)
    } else if response.hovered() {
        Some(colors.sunken)
    } else {
        None
    };
    let radius = f32::from(theme::tokens().radius.control);
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, radius, fill);
    }
    if response.has_focus() {
        let stroke = egui::Stroke::new(theme::tokens().size.focus_ring, colors.accent);
        ui.painter().rect_stroke(rect, radius, stroke, egui::StrokeKind::Inside);
    }
    let color = if is_here { colors.accent } else { colors.text };
    let icon_font = egui::FontId::proportional(theme::tokens().size.icon + 2.0);
    let at = rect.left_center() + egui::vec2(12.0, 0.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, icon, icon_font, color);
    if !is_narrow {
        let style = if is_here { theme::strong() } else { egui::TextStyle::Body };
        let font = style.resolve(ui.style());
        let at = rect.left_center() + egui::vec2(42.0, 0.0);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, title, font, color);
    }
    if count > 0 {
        rail_count(ui, rect, count, is_narrow);
    }
    let (clicked, id) = (response.clicked(), response.id);
    let key = item.key.as_deref().unwrap_or_default();
    if is_narrow {
        response.on_hover_text(format!("{title} \u{00b7} {key}"));
    }
    // Instead of what hovering says, which is the name once more.
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_keyboard_shortcut(key);
        match count {
            0 => node.clear_description(),
            count => node.set_description(format!("{} {}", say::count(count), item.counted)),
        }
    });
    clicked
}

/// A number on a pill at the right end; on the icon's shoulder where there are only icons.
fn rail_count(ui: &Ui, rect: egui::Rect, count: u64, is_narrow: bool) {
    let colors = theme::of(ui);
    let small = theme::tokens().letters.small;
    let words = if count > 99 { "99+".to_owned() } else { count.to_string() };
    let font = egui::FontId::new(small - 1.0, fonts::semibold());
    let galley = ui.painter().layout_no_wrap(words, font, colors.on_sign);
    let pill = egui::vec2((galley.size().x + 10.0).max(18.0), 18.0);
    let center = if is_narrow {
        rect.left_center() + egui::vec2(30.0, -9.0)
    } else {
        rect.right_center() - egui::vec2(8.0 + pill.x / 2.0, 0.0)
    };
    let place = egui::Rect::from_center_size(center, pill);
    ui.painter().rect_filled(place, pill.y / 2.0, colors.bad);
    ui.painter().galley(place.center() - galley.size() / 2.0, galley, colors.on_sign);
}

/// The text with a capital first letter, unless it begins with the name of a setting or a file.
pub(super) fn capitalized(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or_default();
    if first_word.trim_end_matches([':', '.', ',']).contains(['.', '_', '/', '-']) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A field in which one account is chosen, or all of them (`None`).
pub(super) fn account_choice(
    ui: &mut egui::Ui,
    chosen: &mut Option<String>,
    accounts: &[String],
    width: f32,
) {
    let label = ui.label("Account");
    let all = "All accounts";
    egui::ComboBox::from_id_salt("account")
        .selected_text(chosen.as_deref().unwrap_or(all))
        .width(width)
        .truncate()
        .show_ui(ui, |ui| {
            ui.selectable_value(chosen, None, all);
            for name in accounts {
                ui.selectable_value(chosen, Some(name.clone()), name);
            }
        })
        .response
        .labelled_by(label.id);
}
