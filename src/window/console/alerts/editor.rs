//! A rule's text with the numbers of its lines: to read, and to write with what is wrong beside it.

use eframe::egui::{
    self, Align2, CornerRadius, Id, Margin, Rect, RichText, TextBuffer, TextEdit, TextStyle, Ui,
    pos2, vec2,
};

use super::sigma;
use crate::knowledge::Mistake;
use crate::window::look::theme;
use crate::window::look::widgets::{self, Sign};

/// As high as the field is while a text is written.
const HEIGHT: f32 = 420.0;

/// Shows a text to be read and copied.
pub(super) fn read_ui(ui: &mut Ui, label: &str, text: &str) {
    let mut text = text;
    area_ui(ui, label, &mut text, &[], None);
}

/// A field to write a rule in; tells whether the text was changed. `mistakes` are those of the text
/// as it stands, or stood a moment ago.
pub(super) fn write_ui(ui: &mut Ui, label: &str, text: &mut String, mistakes: &[Mistake]) -> bool {
    let changed = area_ui(ui, label, text, mistakes, Some(HEIGHT));
    for (number, mistake) in mistakes.iter().enumerate() {
        ui.horizontal_top(|ui| {
            widgets::state_sign(ui, Sign::Fail);
            let line = format!("Line {}", mistake.line);
            let link = widgets::link_button(ui, &line);
            let name = format!("Go to line {}, mistake {}", mistake.line, number + 1);
            link.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Link, true, &name));
            if link.clicked() {
                go_to_line(ui, label, text, mistake.line);
            }
            let what = crate::window::parts::capitalized(&mistake.what);
            let words = ui.add(egui::Label::new(what).wrap());
            crate::window::parts::announce(ui, &words);
        });
    }
    changed
}

fn id_of(label: &str) -> Id {
    Id::unique("the text of a rule").with(label)
}

/// Puts the cursor at the beginning of a line.
fn go_to_line(ui: &Ui, label: &str, text: &str, line: usize) {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let letters: usize = before.map(|line| line.chars().count()).sum();
    let id = id_of(label);
    let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let cursor = egui::text::CCursor::new(letters);
    state.cursor.set_char_range(Some(egui::text::CCursorRange::one(cursor)));
    TextEdit::store_state(ui.ctx(), id, state);
    ui.ctx().memory_mut(|memory| memory.request_focus(id));
}

fn area_ui(
    ui: &mut Ui,
    label: &str,
    text: &mut dyn TextBuffer,
    mistakes: &[Mistake],
    height: Option<f32>,
) -> bool {
    let c = theme::of(ui);
    let is_writable = height.is_some();
    let radius = CornerRadius::same(theme::tokens().radius.control);
    let edge = if !is_writable {
        egui::Stroke::NONE
    } else if mistakes.is_empty() {
        egui::Stroke::new(theme::tokens().size.hairline, c.border_strong)
    } else {
        egui::Stroke::new(1.5, c.bad)
    };
    let ground = if is_writable { c.card } else { c.sunken };
    let frame = egui::Frame::new().fill(ground).stroke(edge).corner_radius(radius);
    let shown = frame.show(ui, |ui| {
        let mut area = egui::ScrollArea::both().id_salt(("text", label)).auto_shrink([false, true]);
        match height {
            Some(height) => area = area.max_height(height),
            // The page scrolls up and down.
            None => area = area.scroll([true, false]).max_height(f32::INFINITY),
        }
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            ui.horizontal_top(|ui| text_ui(ui, label, text, mistakes, is_writable)).inner
        })
        .inner
    });
    shown.inner
}

fn text_ui(
    ui: &mut Ui,
    label: &str,
    text: &mut dyn TextBuffer,
    mistakes: &[Mistake],
    is_writable: bool,
) -> bool {
    let c = theme::of(ui);
    let font = TextStyle::Monospace.resolve(ui.style());
    let lines = text.as_str().split('\n').count();
    let digits = lines.to_string().len().max(2);
    let gutter = digits as f32 * 8.5 + 24.0;
    let (_, numbers) = ui.allocate_space(vec2(gutter, 0.0));
    let mut layouter = |ui: &Ui, text: &dyn TextBuffer, _: f32| {
        let job = sigma::job(ui, text.as_str());
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let behind = ui.painter().add(egui::Shape::Noop);
    let output = TextEdit::multiline(text)
        .id(id_of(label))
        .font(TextStyle::Monospace)
        .frame(egui::Frame::NONE)
        .margin(Margin { left: 4, right: 12, top: 8, bottom: 8 })
        .desired_width(f32::INFINITY)
        .desired_rows(if is_writable { 12 } else { 1 })
        .layouter(&mut layouter)
        .show(ui);
    let response = &output.response.response;
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(label));
    if !mistakes.is_empty() {
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_invalid(egui::accesskit::Invalid::True);
        });
    }
    let mut grounds = Vec::new();
    for (index, row) in output.galley.rows.iter().enumerate() {
        let top = output.galley_pos.y + row.pos.y;
        let height = row.size.y;
        let is_wrong = mistakes.iter().any(|mistake| mistake.line == index + 1);
        let color = if is_wrong { c.bad } else { c.secondary };
        if is_wrong {
            let from = pos2(numbers.left(), top);
            let to = pos2(response.rect.right().max(ui.clip_rect().right()), top + height);
            grounds.push(egui::Shape::rect_filled(Rect::from_min_max(from, to), 0.0, c.bad_soft));
        }
        let at = pos2(numbers.right() - 12.0, top);
        let number = (index + 1).to_string();
        ui.painter().text(at, Align2::RIGHT_TOP, number, font.clone(), color);
    }
    ui.painter().set(behind, egui::Shape::Vec(grounds));
    response.changed()
}

/// How a text differs, in a few words: lines added and taken away.
pub(super) fn difference(before: &str, after: &str) -> String {
    let lines = |text: &str| -> std::collections::BTreeMap<String, i64> {
        let mut lines = std::collections::BTreeMap::new();
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            *lines.entry(line.to_owned()).or_default() += 1;
        }
        lines
    };
    let (old, new) = (lines(before), lines(after));
    let more = |a: &std::collections::BTreeMap<String, i64>,
                b: &std::collections::BTreeMap<String, i64>| {
        let count = a.iter().map(|(line, n)| (n - b.get(line).copied().unwrap_or(0)).max(0));
        count.sum::<i64>()
    };
    match (more(&new, &old), more(&old, &new)) {
        (0, 0) => "the same lines".to_owned(),
        (added, taken) => {
            let lines = |n: i64| crate::window::say::counted(n.unsigned_abs(), "line");
            format!("{} more, {} gone", lines(added), lines(taken))
        }
    }
}

/// Words above the field, in the secondary color.
pub(super) fn note_ui(ui: &mut Ui, words: &str) {
    let color = theme::of(ui).secondary;
    ui.add(egui::Label::new(RichText::new(words).small().color(color)).wrap());
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_difference_counts_lines_that_came_and_went() {
        assert_eq!(difference("a\nb\n", "a\nb"), "the same lines");
        assert_eq!(difference("a\nb\nb\n", "a\nc\nb\nd\n"), "2 lines more, 1 line gone");
    }
}
