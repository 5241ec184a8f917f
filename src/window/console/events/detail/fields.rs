//! The fields of a record as a tree: found by a word, copied by path or value.

use std::collections::HashSet;

use eframe::egui::{self, Margin, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use serde_json::Value;

use super::super::words::short;
use crate::window::look::{icons, theme, widgets};

/// How high a line is.
const LINE: f32 = 26.0;

/// What the tree remembers between frames.
#[derive(Default)]
pub(super) struct FieldsView {
    /// What is looked for.
    typed: String,
    /// Paths of what is folded.
    folded: HashSet<String>,
    lines: Vec<Field>,
    /// Grows whenever something is folded or unfolded.
    folds: u64,
    /// What the lines were made for: which record, what was looked for, the number of foldings.
    made_for: Option<(u64, String, u64)>,
    /// The line that the pointer or the keyboard chose last.
    chosen: Option<String>,
}

/// A line of the tree.
#[derive(Clone, Debug, PartialEq)]
struct Field {
    depth: usize,
    name: String,
    path: String,
    /// What it says; `None` for what holds others.
    value: Option<String>,
    is_folded: bool,
}

impl FieldsView {
    /// Draws it in all the room there is. `number` tells records apart.
    pub fn ui(&mut self, ui: &mut Ui, number: u64, tree: &Value) {
        let edit = egui::TextEdit::singleline(&mut self.typed)
            .desired_width(f32::INFINITY)
            .min_size(Vec2::new(0.0, theme::tokens().size.control))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin::symmetric(10, 7))
            .hint_text("Find a field or value");
        let field = ui.add(edit);
        ui.ctx().accesskit_node_builder(field.id, |node| node.set_label("Find a field or value"));
        let made_for = Some((number, self.typed.trim().to_lowercase(), self.folds));
        if self.made_for != made_for {
            self.lines = lines_of(tree, self.typed.trim(), &self.folded);
            self.made_for = made_for;
        }
        if self.lines.is_empty() {
            let words = if self.typed.trim().is_empty() {
                "This record is no JSON object, so it has no fields. See \u{201c}Raw\u{201d}."
            } else {
                "No field has such a name or value"
            };
            widgets::small(ui, words);
            return;
        }
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut fold = None;
        egui::ScrollArea::vertical().auto_shrink([false, false]).show_rows(
            ui,
            LINE,
            self.lines.len(),
            |ui, range| {
                for field in self.lines.get(range).unwrap_or_default() {
                    let is_chosen = self.chosen.as_deref() == Some(&field.path);
                    let response = line_ui(ui, field, is_chosen);
                    if response.clicked() || response.gained_focus() {
                        self.chosen = Some(field.path.clone());
                    }
                    if response.clicked() && field.value.is_none() {
                        fold = Some(field.path.clone());
                    }
                }
            },
        );
        if let Some(path) = fold {
            self.folds += 1;
            if !self.folded.remove(&path) {
                self.folded.insert(path);
            }
        }
    }
}

/// The lines of a tree: all that is not folded, or what a search finds.
fn lines_of(tree: &Value, typed: &str, folded: &HashSet<String>) -> Vec<Field> {
    let mut lines = Vec::new();
    let Value::Object(map) = tree else { return lines };
    let typed = typed.to_lowercase();
    // What the program adds comes last.
    let own = |name: &&String| *name == "duo";
    let names = map.keys().filter(|name| !own(name)).chain(map.keys().filter(own));
    for name in names {
        if let Some(value) = map.get(name) {
            walk(name, name, value, 0, &typed, folded, &mut lines);
        }
    }
    // An object with nothing but what the program adds is no record.
    if map.len() <= 1 && typed.is_empty() { Vec::new() } else { lines }
}

fn walk(
    name: &str,
    path: &str,
    value: &Value,
    depth: usize,
    typed: &str,
    folded: &HashSet<String>,
    lines: &mut Vec<Field>,
) {
    let children: Vec<(String, String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(child, value)| (child.clone(), format!("{path}.{child}"), value))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(i, value)| (format!("{}", i + 1), format!("{path}[{i}]"), value))
            .collect(),
        _ => Vec::new(),
    };
    let said = match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(map) if map.is_empty() => Some("{}".to_owned()),
        Value::Array(list) if list.is_empty() => Some("[]".to_owned()),
        Value::Object(_) | Value::Array(_) => None,
        other => Some(other.to_string()),
    };
    let is_folded = folded.contains(path);
    if typed.is_empty() {
        let name = name.to_owned();
        lines.push(Field { depth, name, path: path.to_owned(), value: said, is_folded });
        if is_folded {
            return;
        }
    } else if let Some(said) = said
        && (path.to_lowercase().contains(typed) || said.to_lowercase().contains(typed))
    {
        let name = path.to_owned();
        lines.push(Field { depth: 0, name, path: path.to_owned(), value: Some(said), is_folded });
    }
    for (child, path, value) in children {
        walk(&child, &path, value, depth + 1, typed, folded, lines);
    }
}

fn line_ui(ui: &mut Ui, field: &Field, is_chosen: bool) -> egui::Response {
    let colors = theme::of(ui);
    let tokens = theme::tokens();
    let id = ui.make_persistent_id(("field", &field.path));
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), LINE));
    let response = ui.interact(rect, id, Sense::click());
    let told = match &field.value {
        Some(value) => format!("{}: {}", field.name, short(value)),
        None => field.name.clone(),
    };
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, is_chosen, &told));
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_level(field.depth + 1);
        if field.value.is_none() {
            node.set_expanded(!field.is_folded);
        }
    });
    let radius = f32::from(tokens.radius.control);
    if is_chosen || response.hovered() {
        ui.painter().rect_filled(rect, radius, colors.sunken);
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(tokens.size.focus_ring, colors.accent);
        ui.painter().rect_stroke(rect, radius, ring, egui::StrokeKind::Inside);
    }
    let left = rect.left() + 4.0 + 14.0 * field.depth.min(8) as f32;
    if field.value.is_none() {
        let icon = if field.is_folded { icons::CARET_RIGHT } else { icons::CARET_DOWN };
        let font = egui::FontId::proportional(12.0);
        let at = pos2(left, rect.center().y);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, icon, font, colors.secondary);
    }
    let buttons = if is_chosen && field.value.is_some() { 60.0 } else { 0.0 };
    let font = egui::TextStyle::Monospace.resolve(ui.style());
    let room = rect.right() - buttons - left - 16.0;
    let put = |text: &str, x: f32, width: f32, color: egui::Color32| {
        let mut job =
            egui::text::LayoutJob::simple_singleline(short(text).to_owned(), font.clone(), color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(8.0));
        let galley = ui.painter().layout_job(job);
        let size = galley.size();
        ui.painter().galley(pos2(x, rect.center().y - size.y / 2.0), galley, color);
        size.x
    };
    let name_room = if field.value.is_some() { room * 0.6 } else { room };
    let used = put(&field.name, left + 16.0, name_room, colors.accent);
    if let Some(value) = &field.value {
        put(value, left + 16.0 + used + 12.0, room - used - 12.0, colors.text);
        if is_chosen {
            copies_ui(ui, rect, field, value);
        }
        let whole: String = value.chars().take(1_000).collect();
        return response.on_hover_text(format!("{}\n{whole}", field.path));
    }
    response
}

/// The buttons at the right end of the chosen line.
fn copies_ui(ui: &mut Ui, rect: Rect, field: &Field, value: &str) {
    let side = LINE;
    for (i, (icon, name, text)) in [
        (icons::COPY, "Copy the value", value),
        (icons::HASH, "Copy the path", field.path.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        let right = rect.right() - side * i as f32 - 2.0;
        let place = Rect::from_min_max(pos2(right - side, rect.top()), pos2(right, rect.bottom()));
        let id = ui.make_persistent_id(("copy", &field.path, i));
        let response = ui.interact(place, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
        let colors = theme::of(ui);
        let color = if response.hovered() || response.has_focus() {
            colors.accent
        } else {
            colors.secondary
        };
        let font = egui::FontId::proportional(theme::tokens().size.icon);
        ui.painter().text(place.center(), egui::Align2::CENTER_CENTER, icon, font, color);
        if response.clicked() {
            ui.ctx().copy_text(text.to_owned());
        }
        response.on_hover_text(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tree_folds_and_finds() {
        let tree = json!({"duo": {"user": "ada"}, "user": {"groups": ["x", "Admins"], "name": "Ada"}, "n": null});
        let all = lines_of(&tree, "", &HashSet::new());
        let paths: Vec<&str> = all.iter().map(|line| line.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "n",
                "user",
                "user.groups",
                "user.groups[0]",
                "user.groups[1]",
                "user.name",
                "duo",
                "duo.user"
            ]
        );
        let folded = HashSet::from(["user".to_owned()]);
        assert_eq!(lines_of(&tree, "", &folded).len(), 4);
        let found = lines_of(&tree, "ADMIN", &folded);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].name.as_str(), found[0].value.as_deref()),
            ("user.groups[1]", Some("Admins"))
        );
        assert!(lines_of(&json!({"duo": {}}), "", &HashSet::new()).is_empty());
    }
}
