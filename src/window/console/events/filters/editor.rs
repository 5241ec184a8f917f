//! The values of a field to choose from: those the filter has, and those that occur in records.

use eframe::egui::{self, Key, Margin, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::super::facets::Facet;
use super::{focus_first, line_at};
use crate::record::LogType;
use crate::store::Column;
use crate::window::console::{Filter, Here};
use crate::window::desk::Slot;
use crate::window::look::{icons, theme, widgets};

/// Values that are offered at most.
const OFFERED: usize = 400;

/// How high a line is.
const LINE: f32 = 32.0;

/// A field whose values are chosen.
pub(super) struct Editor {
    facet: Facet,
    /// What is typed to find a value.
    typed: String,
    /// The values the filter had when this opened: they stay on top while they are switched.
    first: Option<Vec<String>>,
    found: Slot<(Facet, String), Vec<String>>,
}

/// A line of the list.
struct Choice {
    value: String,
    words: String,
}

impl Editor {
    /// For a field.
    pub fn new(facet: Facet) -> Self {
        Self { facet, typed: String::new(), first: None, found: Slot::default() }
    }

    /// Which field.
    pub fn facet(&self) -> Facet {
        self.facet
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, here: &Here<'_>, filter: &mut Filter) {
        ui.set_width(296.0);
        ui.spacing_mut().item_spacing.y = 4.0;
        self.want(here);
        let title = self.facet.title();
        let name = format!("Find a value of {}", title.to_lowercase());
        let edit = egui::TextEdit::singleline(&mut self.typed)
            .desired_width(f32::INFINITY)
            .min_size(Vec2::new(0.0, theme::tokens().size.control))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin::symmetric(10, 7))
            .hint_text(format!("{title}\u{2026}"));
        let field = ui.add(edit);
        ui.ctx().accesskit_node_builder(field.id, |node| node.set_label(name));
        focus_first(ui, &field, true);

        let choices = self.choices(here, filter);
        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            self.enter(&choices, filter);
            field.request_focus();
        }
        let chosen = self.facet.values(filter);
        if choices.is_empty() {
            let words = if self.found.is_slow(ui.ctx()) {
                "Looking for values\u{2026}"
            } else if self.found.is_waiting() {
                ""
            } else {
                "No record has such a value"
            };
            widgets::small(ui, words);
        }
        egui::ScrollArea::vertical().max_height(10.0 * LINE).auto_shrink([false, true]).show_rows(
            ui,
            LINE,
            choices.len(),
            |ui, lines| {
                for choice in choices.get(lines).unwrap_or_default() {
                    let is_chosen =
                        chosen.iter().any(|value| value.eq_ignore_ascii_case(&choice.value));
                    if choice_ui(ui, choice, is_chosen).clicked() {
                        self.facet.toggle(filter, &choice.value);
                    }
                }
            },
        );
        if let Some(problem) = self.found.problem() {
            widgets::small(ui, &problem.what);
        }
        if !self.facet.is_short() {
            widgets::small(ui, "An ending * stands for anything: adm*");
        }
    }

    fn want(&mut self, here: &Here<'_>) {
        let Some(column) = column_of(self.facet) else { return };
        // All values of a short list are there at once, and found by their words.
        let prefix =
            if self.facet.is_short() { "" } else { self.typed.trim().trim_end_matches('*') };
        let key = (self.facet, prefix.to_lowercase());
        let prefix = prefix.to_owned();
        self.found.want(here.desk, key, move |shelf| {
            let Some(reader) = shelf.reader()? else { return Ok(Vec::new()) };
            reader.suggestions(column, &prefix, OFFERED).map_err(|error| error.problem)
        });
    }

    /// What is offered: what is chosen first, then what occurs.
    fn choices(&mut self, here: &Here<'_>, filter: &Filter) -> Vec<Choice> {
        let knowledge = here.knowledge.map(|knowledge| &**knowledge);
        let first = self.first.get_or_insert_with(|| self.facet.values(filter)).clone();
        let mut values = first;
        for value in self.facet.values(filter) {
            push_new(&mut values, value);
        }
        match self.facet {
            Facet::Log => {
                for log_type in LogType::ALL {
                    push_new(&mut values, log_type.name().to_owned());
                }
            }
            Facet::Category => {
                for id in knowledge.map(|known| known.category_ids()).unwrap_or_default() {
                    push_new(&mut values, id.to_owned());
                }
            }
            _ => {
                let found = self.found.shown().cloned().unwrap_or_default();
                // Both are sorted by how often they occur; a set would be quicker, but not here.
                let known: std::collections::HashSet<String> =
                    values.iter().map(|value| value.to_lowercase()).collect();
                values.extend(
                    found.into_iter().filter(|value| !known.contains(&value.to_lowercase())),
                );
            }
        }
        let typed = self.typed.trim().to_lowercase();
        let is_typed = |text: &str| text.to_lowercase().contains(typed.trim_end_matches('*'));
        let mut choices: Vec<Choice> = values
            .into_iter()
            .map(|value| Choice { words: self.facet.words(&value, knowledge), value })
            .filter(|choice| typed.is_empty() || is_typed(&choice.words) || is_typed(&choice.value))
            .collect();
        let is_known = choices.iter().any(|choice| choice.value.eq_ignore_ascii_case(&typed));
        let takes_any = !matches!(self.facet, Facet::Log | Facet::Category);
        if takes_any && !typed.is_empty() && !is_known {
            let value = self.typed.trim().to_owned();
            choices.push(Choice { words: value.clone(), value });
        }
        choices
    }

    /// Enter takes what was typed, or the first that it finds.
    fn enter(&mut self, choices: &[Choice], filter: &mut Filter) {
        let typed = self.typed.trim();
        if typed.is_empty() {
            return;
        }
        let same = |choice: &&Choice| {
            choice.value.eq_ignore_ascii_case(typed) || choice.words.eq_ignore_ascii_case(typed)
        };
        let taken = choices
            .iter()
            .find(same)
            .or_else(|| if self.facet.is_short() { choices.first() } else { choices.last() });
        if let Some(choice) = taken {
            let is_chosen = self
                .facet
                .values(filter)
                .iter()
                .any(|value| value.eq_ignore_ascii_case(&choice.value));
            if !is_chosen {
                self.facet.toggle(filter, &choice.value);
            }
            self.typed.clear();
        }
    }
}

fn push_new(values: &mut Vec<String>, value: String) {
    if !values.iter().any(|known| known.eq_ignore_ascii_case(&value)) {
        values.push(value);
    }
}

/// The column that holds a field's values.
pub(super) fn column_of(facet: Facet) -> Option<Column> {
    match facet {
        Facet::Log | Facet::Category => None,
        Facet::User => Some(Column::User),
        Facet::Action => Some(Column::Action),
        Facet::Result => Some(Column::Result),
        Facet::Reason => Some(Column::Reason),
        Facet::Factor => Some(Column::Factor),
        Facet::Application => Some(Column::Application),
        Facet::Target => Some(Column::Target),
        Facet::Address => Some(Column::Address),
        Facet::Country => Some(Column::Country),
    }
}

fn choice_ui(ui: &mut Ui, choice: &Choice, is_chosen: bool) -> egui::Response {
    let colors = theme::of(ui);
    let id = ui.make_persistent_id(("choice", &choice.value));
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), LINE - 4.0));
    let response = ui.interact(rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_chosen, &choice.words));
    super::ground_ui(ui, rect, &response);
    let mark = Rect::from_center_size(pos2(rect.left() + 16.0, rect.center().y), Vec2::splat(16.0));
    if is_chosen {
        ui.painter().rect_filled(mark, 4.0, colors.accent);
        let font = egui::FontId::proportional(12.0);
        let middle = egui::Align2::CENTER_CENTER;
        ui.painter().text(mark.center(), middle, icons::CHECK, font, colors.on_accent);
    } else {
        let edge = egui::Stroke::new(1.25, colors.border_strong);
        ui.painter().rect_stroke(mark, 4.0, edge, egui::StrokeKind::Inside);
    }
    let room = Rect::from_min_max(pos2(rect.left() + 32.0, rect.top()), rect.max);
    let is_cut = line_at(ui, room, &choice.words, colors.text);
    let is_coded = choice.words != choice.value;
    if is_cut || is_coded {
        let told: String = match is_coded {
            true => format!("{}\nDuo: {}", choice.words, choice.value),
            false => choice.words.clone(),
        };
        return response.on_hover_text(told.chars().take(800).collect::<String>());
    }
    response
}
