//! Searches with a name, kept from one start to the next.

use eframe::egui::{self, Key, Ui};
use serde::{Deserialize, Serialize};

use super::super::facets::sentence;
use super::{focus_first, line_at};
use crate::window::console::{Filter, Here};
use crate::window::look::{icons, theme, widgets};

/// Where they are kept.
const KEY: &str = "events.searches";

/// A search with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// Unique, in any letter case.
    pub name: String,
    /// What it looks for.
    pub filter: Filter,
}

/// What the list remembers between frames.
#[derive(Default)]
pub(super) struct Searches {
    /// The name under which the present search is about to be saved.
    naming: Option<String>,
    /// The last one that was taken away, and where it stood.
    removed: Option<(usize, Saved)>,
    /// The one that was taken up last.
    taken: Option<String>,
}

impl Searches {
    /// It was closed.
    pub fn close(&mut self) {
        self.naming = None;
        self.removed = None;
    }

    /// Draws the list.
    pub fn ui(&mut self, ui: &mut Ui, here: &Here<'_>, filter: &mut Filter) {
        ui.set_width(320.0);
        ui.spacing_mut().item_spacing.y = 4.0;
        let knowledge = here.knowledge.map(|knowledge| &**knowledge);
        let mut all: Vec<Saved> = here.kept.get(KEY).unwrap_or_default();
        let before = all.clone();
        if all.is_empty() && filter.is_empty() {
            widgets::small(
                ui,
                "Filter records first. What you save here can be called up again later.",
            );
        }
        let mut gone = None;
        egui::ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).show(ui, |ui| {
            for (i, saved) in all.iter().enumerate() {
                ui.horizontal(|ui| {
                    let is_here = saved.filter == *filter;
                    let words = sentence(&saved.filter, knowledge);
                    let entry = saved_ui(ui, &saved.name, is_here).on_hover_text(words);
                    focus_first(ui, &entry, i == 0);
                    if entry.clicked() {
                        *filter = saved.filter.clone();
                        self.taken = Some(saved.name.clone());
                        ui.close();
                    }
                    let remove = format!("Remove {}", super::super::words::short(&saved.name));
                    if widgets::icon_button(ui, icons::TRASH, &remove).clicked() {
                        gone = Some(i);
                    }
                });
            }
        });
        if let Some(i) = gone {
            self.removed = Some((i, all.remove(i)));
        }
        let mut is_back = false;
        if let Some((place, saved)) = &self.removed {
            ui.horizontal(|ui| {
                widgets::small(ui, "Removed");
                if widgets::link_button(ui, "Undo").clicked() {
                    all.insert((*place).min(all.len()), saved.clone());
                    is_back = true;
                }
            });
        }
        if is_back {
            self.removed = None;
        }
        if !filter.is_empty() {
            if !all.is_empty() {
                widgets::divider(ui);
            }
            self.save_ui(ui, filter, &mut all, &sentence(filter, knowledge));
        }
        if all != before {
            here.kept.set(KEY, &all);
        }
    }

    /// Gives the present search a name, or a saved one the present search.
    fn save_ui(&mut self, ui: &mut Ui, filter: &Filter, all: &mut Vec<Saved>, words: &str) {
        let taken = self.taken.clone();
        if let Some(name) = taken
            && let Some(saved) = all.iter_mut().find(|saved| saved.name == name)
            && saved.filter != *filter
        {
            let update = format!("Update \u{201c}{name}\u{201d}");
            if super::entry_ui(ui, icons::FLOPPY, &update).clicked() {
                saved.filter = filter.clone();
                ui.close();
            }
        }
        let Some(name) = &mut self.naming else {
            let entry = super::entry_ui(ui, icons::PLUS, "Save this search\u{2026}");
            focus_first(ui, &entry, all.is_empty());
            if entry.clicked() {
                self.naming = Some(words.chars().take(60).collect());
            }
            return;
        };
        let spec =
            widgets::FieldSpec { label: "Name of the search", ..widgets::FieldSpec::default() };
        let field = widgets::field(ui, name, &spec);
        focus_first(ui, &field.response, true);
        let clean = name.trim().to_owned();
        let is_there = all.iter().any(|saved| is_same_name(&saved.name, &clean));
        let words = if is_there { "Replace" } else { "Save" };
        let can = !clean.is_empty();
        let entered = field.entered
            || (field.response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter)));
        let pressed = ui.add_enabled(can, widgets::Press::primary(words)).clicked();
        if can && (pressed || entered) {
            put(all, Saved { name: clean.clone(), filter: filter.clone() });
            self.taken = Some(clean);
            self.naming = None;
            ui.close();
        }
    }
}

fn is_same_name(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Adds a search, in place of the one with its name.
fn put(all: &mut Vec<Saved>, new: Saved) {
    match all.iter_mut().find(|saved| is_same_name(&saved.name, &new.name)) {
        Some(saved) => *saved = new,
        None => all.push(new),
    }
    all.sort_by_key(|saved| saved.name.to_lowercase());
}

fn saved_ui(ui: &mut Ui, name: &str, is_here: bool) -> egui::Response {
    let colors = theme::of(ui);
    let tokens = theme::tokens();
    let width = ui.available_width() - tokens.size.control - 8.0;
    let (rect, response) =
        ui.allocate_exact_size(egui::vec2(width, tokens.size.control), egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_here, name));
    let radius = f32::from(tokens.radius.control);
    let fill = if is_here { Some(colors.accent_soft) } else { None };
    let fill = fill.or((response.hovered() || response.has_focus()).then_some(colors.sunken));
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, radius, fill);
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(tokens.size.focus_ring, colors.accent);
        ui.painter().rect_stroke(rect, radius, ring, egui::StrokeKind::Inside);
    }
    let room = egui::Rect::from_min_max(egui::pos2(rect.left() + 8.0, rect.top()), rect.max);
    line_at(ui, room, name, colors.text);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_of_the_same_name_is_replaced() {
        let of = |name: &str, text: &str| Saved {
            name: name.to_owned(),
            filter: Filter { text: text.to_owned(), ..Filter::default() },
        };
        let mut all = Vec::new();
        for (name, text) in [("Zürich", "a"), ("admins", "b"), ("ZÜRICH", "c")] {
            put(&mut all, of(name, text));
        }
        let names: Vec<&str> = all.iter().map(|saved| saved.name.as_str()).collect();
        assert_eq!(names, ["admins", "ZÜRICH"]);
        assert_eq!(all[1].filter.text, "c");
    }
}
