//! The tree as rows: a name, its share as a bar, its number, and how that changed.

use std::collections::BTreeSet;

use eframe::egui::{self, Align, Layout, Sense, WidgetInfo};

use crate::dashboards::{Count, Group, Leaf, Tree};
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use crate::window::say;

/// Longer lines are hard to read.
const TEXT_WIDTH: f32 = 640.0;

/// What a person did with a row.
pub(super) enum Wanted {
    /// Unfold it, or fold it again.
    Fold(String),
    /// See the records of these categories.
    Events(Vec<String>),
    /// Use a category, or do without.
    Switch { id: String, title: String, enabled: bool },
}

/// Draws all headings and categories.
pub(super) fn tree_ui(ui: &mut egui::Ui, tree: &Tree, open: &BTreeSet<String>) -> Option<Wanted> {
    let mut wanted = None;
    for group in &tree.groups {
        widgets::divider(ui);
        ui.add_space(4.0);
        wanted = group_ui(ui, tree, group).or(wanted);
        for leaf in &group.leaves {
            // What stands alone under its own name is not said twice.
            if group.leaves.len() > 1 || leaf.title != group.title {
                wanted = leaf_ui(ui, tree, leaf, open.contains(&leaf.id)).or(wanted);
            }
        }
        ui.add_space(8.0);
    }
    wanted
}

fn group_ui(ui: &mut egui::Ui, tree: &Tree, group: &Group) -> Option<Wanted> {
    let mut wanted = None;
    row_ui(ui, tree.count.now, group.count, true, |ui| {
        let used: Vec<String> =
            group.leaves.iter().filter(|leaf| leaf.enabled).map(|leaf| leaf.id.clone()).collect();
        let title = egui::RichText::new(&group.title).text_style(theme::strong());
        ui.add(egui::Label::new(title).truncate());
        if group.count.now > 0
            && widgets::icon_button(ui, icons::LIST, &format!("Show all of {}", group.title))
                .clicked()
        {
            wanted = Some(Wanted::Events(used));
        }
    });
    wanted
}

fn leaf_ui(ui: &mut egui::Ui, tree: &Tree, leaf: &Leaf, is_open: bool) -> Option<Wanted> {
    let mut wanted = None;
    row_ui(ui, tree.count.now, leaf.count, leaf.enabled, |ui| {
        let (icon, name) = if is_open {
            (icons::CARET_DOWN, format!("Hide what {} is", leaf.title))
        } else {
            (icons::CARET_RIGHT, format!("What {} is", leaf.title))
        };
        if widgets::icon_button(ui, icon, &name).clicked() {
            wanted = Some(Wanted::Fold(leaf.id.clone()));
        }
        if leaf.enabled && leaf.count.now > 0 {
            if widgets::name_link(ui, &leaf.title).clicked() {
                wanted = Some(Wanted::Events(vec![leaf.id.clone()]));
            }
        } else {
            let color = theme::of(ui).secondary;
            let words =
                if leaf.enabled { leaf.title.clone() } else { format!("{} (off)", leaf.title) };
            ui.add(egui::Label::new(egui::RichText::new(words).color(color)).truncate());
        }
    });
    if is_open {
        wanted = about_ui(ui, leaf).or(wanted);
    }
    wanted
}

/// What a category is, and its switch.
fn about_ui(ui: &mut egui::Ui, leaf: &Leaf) -> Option<Wanted> {
    let mut wanted = None;
    let theme::Theme { space, size, .. } = theme::tokens();
    let inset = egui::Margin { left: (size.control + space.small) as i8, ..egui::Margin::ZERO };
    egui::Frame::new().inner_margin(inset).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(TEXT_WIDTH));
        widgets::body(ui, &leaf.reason);
        widgets::small(ui, "A record is in it when any of these fits:");
        for way in &leaf.ways {
            widgets::small(ui, &format!("\u{2022} {way}"));
        }
        if let Some(pack) = &leaf.pack {
            widgets::small(ui, &format!("From your pack \u{201c}{pack}\u{201d}"));
        }
        let mut enabled = leaf.enabled;
        let title = format!("Use \u{201c}{}\u{201d}", leaf.title);
        let help = "Switched off, it is left out of filters, dashboards and reports";
        if widgets::switch_row(ui, &mut enabled, &title, help).changed() {
            let (id, title) = (leaf.id.clone(), leaf.title.clone());
            wanted = Some(Wanted::Switch { id, title, enabled });
        }
        ui.add_space(space.small);
    });
    wanted
}

/// A row: what `name` draws, the bar, the number, the change.
fn row_ui(
    ui: &mut egui::Ui,
    all: i64,
    count: Count,
    is_counted: bool,
    name: impl FnOnce(&mut egui::Ui),
) {
    let theme::Theme { space, size, .. } = theme::tokens();
    let room = ui.available_width();
    let (number, change) = (96.0, 104.0);
    let rest = (room - number - change - 3.0 * space.large).max(120.0);
    let bar = rest * 0.4;
    let widths = [rest - bar, bar, number, change];
    let (rect, _) = ui.allocate_exact_size(egui::vec2(room, size.control), Sense::hover());
    let mut left = rect.left();
    let mut name = Some(name);
    for (i, width) in widths.into_iter().enumerate() {
        let place = egui::Rect::from_min_size(
            egui::pos2(left, rect.top()),
            egui::vec2(width, size.control),
        );
        left += width + space.large;
        let layout = match i {
            2 => Layout::right_to_left(Align::Center),
            _ => Layout::left_to_right(Align::Center),
        };
        let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout));
        inside.spacing_mut().item_spacing.x = space.tight;
        match i {
            0 => {
                if let Some(name) = name.take() {
                    name(&mut inside);
                }
            }
            _ if !is_counted => {}
            1 => bar_ui(&inside, place, all, count.now),
            2 => {
                let words = egui::RichText::new(say::number(count.now));
                inside.label(words.text_style(theme::numbers()));
            }
            _ => change_ui(&mut inside, count),
        }
    }
}

fn bar_ui(ui: &egui::Ui, place: egui::Rect, all: i64, part: i64) {
    if all <= 0 || !ui.is_rect_visible(place) {
        return;
    }
    let colors = theme::of(ui);
    let height = theme::tokens().space.small;
    let track = egui::Rect::from_center_size(place.center(), egui::vec2(place.width(), height));
    let radius = height / 2.0;
    ui.painter().rect_filled(track, radius, colors.sunken);
    if part > 0 {
        let share = (part as f32 / all as f32).min(1.0);
        // Never so short that its round ends overlap.
        let width = (track.width() * share).max(height);
        let bar = egui::Rect::from_min_size(track.min, egui::vec2(width, height));
        ui.painter().rect_filled(bar, radius, colors.accent);
    }
}

fn change_ui(ui: &mut egui::Ui, count: Count) {
    let (icon, short, long) = change_words(count);
    if short.is_empty() {
        return;
    }
    let color = theme::of(ui).secondary;
    ui.label(egui::RichText::new(icon).color(color));
    let label = ui.label(egui::RichText::new(short).small().color(color)).on_hover_text(&long);
    label.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, &long));
}

/// How a number changed: a sign, a few words, and a sentence.
fn change_words(count: Count) -> (&'static str, String, String) {
    let before = say::number(count.before);
    match count.change_percent() {
        _ if count.now == 0 && count.before == 0 => ("", String::new(), String::new()),
        None => {
            (icons::TREND_UP, "new".to_owned(), "There were none in the time before".to_owned())
        }
        Some(0) => (icons::MINUS, "same".to_owned(), format!("{before} in the time before")),
        Some(percent) => {
            let (icon, sign) =
                if percent > 0 { (icons::TREND_UP, "+") } else { (icons::TREND_DOWN, "") };
            let short = format!("{sign}{} %", say::number(percent));
            let long = format!("{short}: {before} in the time before");
            (icon, short, long)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_words() {
        let words = |now, before| change_words(Count { now, before }).1;
        assert_eq!(words(112, 100), "+12 %");
        assert_eq!(words(50, 100), "\u{2212}50 %");
        assert_eq!(words(4, 0), "new");
        assert_eq!(words(100, 100), "same");
        assert_eq!(words(0, 0), "");
    }
}
