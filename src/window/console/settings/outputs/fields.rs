//! The form as it is drawn: what the output is, what it is handed and in which form, from when on.

use std::collections::BTreeSet;

use eframe::egui;

use super::super::rows::{self, FIELD};
use super::catalog::{Field, NO, What, YES, format_title};
use super::form::{Form, Saving};
use super::pick;
use super::trying::what_is_sent;
use crate::record::{Level, LogType};
use crate::settings::{Mistake, Settings};
use crate::window::console::here::Here;
use crate::window::look::widgets::{self, FieldSpec, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;

/// Below this width fields stand under each other.
const TWO_COLUMNS: f32 = 560.0;

/// What is to be done about the form.
pub(super) enum Ended {
    /// It is open.
    No,
    /// Nothing is to be done any more.
    Over,
}

impl Form {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) -> Ended {
        if self.saving() == Saving::Done {
            return Ended::Over;
        }
        let mistakes = self.mistakes(settings);
        let mut is_over = back_ui(ui);
        widgets::page_title(ui, &self.title());
        ui.add_space(theme::tokens().space.small);
        let about = if self.kind.is_for_records { "Where records go" } else { "Where alerts go" };
        rows::card(ui, about, "", |ui| self.place_ui(ui, &mistakes));
        rows::gap(ui);
        if self.kind.is_for_records {
            rows::card(ui, "What goes there", "", |ui| self.filter_ui(ui, here));
            rows::gap(ui);
            rows::card(ui, "In which form", "", |ui| self.format_ui(ui, here, &mistakes));
            rows::gap(ui);
            if self.is_new() {
                rows::card(ui, "From when on", "", |ui| self.start_ui(ui, &mistakes));
                rows::gap(ui);
            }
        }
        is_over |= self.end_ui(ui, here, &mistakes);
        if is_over { Ended::Over } else { Ended::No }
    }

    fn end_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, mistakes: &[Mistake]) -> bool {
        if self.pressed && !mistakes.is_empty() {
            let keys: BTreeSet<&str> =
                mistakes.iter().map(|mistake| mistake.key.as_str()).collect();
            let words = match keys.len() {
                1 => "One field needs a look".to_owned(),
                count => format!("{count} fields need a look"),
            };
            let line = parts::sign_line(ui, Sign::Warn, &words);
            parts::announce(ui, &line);
            for mistake in self.without_field(mistakes) {
                parts::sign_line(ui, Sign::Fail, &mistake.to_string());
            }
        }
        let top = ui.cursor().min;
        if self.trying.as_ref().is_some_and(|trying| trying.ui(ui)) {
            self.trying = None;
        }
        let is_saving = self.saving() == Saving::Now;
        let can_try = !is_saving && self.trying.as_ref().is_none_or(|one| !one.is_on_its_way());
        let (mut save, mut cancel, mut try_out) = (false, false, false);
        parts::buttons_right(ui, |ui| {
            save = ui.add_enabled(!is_saving, widgets::Press::primary("Save")).clicked();
            cancel = widgets::quiet_button(ui, "Cancel").clicked();
            let words = format!("Send a test {}", what_is_sent(self.kind.is_for_records));
            try_out = ui.add_enabled(can_try, widgets::Press::quiet(&words)).clicked();
        });
        // The answer comes where the button was, and the buttons stay in sight.
        let is_answered = self.trying.as_ref().is_some_and(|one| !one.is_on_its_way());
        if is_answered != self.is_answered {
            self.is_answered = is_answered;
            let end = egui::pos2(top.x, ui.cursor().min.y);
            ui.scroll_to_rect(egui::Rect::from_min_max(top, end), Some(egui::Align::BOTTOM));
        }
        if mistakes.is_empty() {
            if save {
                here.act(self.save());
            } else if try_out {
                here.act(self.try_out());
            }
        } else if save || try_out {
            self.pressed = true;
            self.show_wrong(mistakes);
        }
        cancel
    }

    /// Mistakes about what only a hand-edited file has.
    fn without_field<'m>(&self, mistakes: &'m [Mistake]) -> impl Iterator<Item = &'m Mistake> {
        const OTHERS: [&str; 9] = [
            "name",
            "secret",
            "format",
            "start",
            "quiet_hours",
            "zone",
            "quiet_level",
            "group_for",
            "least",
        ];
        let known: BTreeSet<&str> =
            self.kind.fields.iter().map(|field| field.key).chain(OTHERS).collect();
        mistakes.iter().filter(move |mistake| !known.contains(mistake.key.as_str()))
    }

    /// What is wrong at a key, once its time has come.
    fn mistake_at(&self, mistakes: &[Mistake], key: &str, typed: bool) -> Option<String> {
        let found = mistakes.iter().find(|mistake| mistake.key == key);
        found.filter(|_| self.pressed || typed).map(|found| parts::capitalized(&found.what))
    }

    fn place_ui(&mut self, ui: &mut egui::Ui, mistakes: &[Mistake]) {
        if self.is_new() {
            let error = self.mistake_at(mistakes, "name", !self.name.trim().is_empty());
            let spec = FieldSpec {
                label: "Name",
                placeholder: if self.kind.is_for_records { "SIEM" } else { "Security team" },
                error: error.as_deref(),
                width: Some(FIELD),
                ..FieldSpec::default()
            };
            let name = widgets::field(ui, &mut self.name, &spec);
            if !self.is_seen {
                self.is_seen = true;
                name.response.request_focus();
            }
        }
        let rare: Vec<&Field> = self.kind.fields.iter().filter(|field| field.is_rare).collect();
        let often: Vec<&Field> = self.kind.fields.iter().filter(|field| !field.is_rare).collect();
        self.fields_ui(ui, &often, mistakes);
        self.secret_ui(ui, mistakes);
        if !self.kind.is_for_records {
            self.levels_ui(ui);
        }
        let taste: Vec<&Field> = match self.kind.is_for_records {
            true => Vec::new(),
            false => super::catalog::TASTE.iter().collect(),
        };
        let rare: Vec<&Field> = rare.into_iter().chain(taste).collect();
        if !rare.iter().any(|field| (field.when)(&self.typed)) {
            return;
        }
        if self.more {
            self.fields_ui(ui, &rare, mistakes);
        } else {
            let words = match self.kind.is_for_records {
                true => "More settings\u{2026}",
                false => "Quiet hours and grouping\u{2026}",
            };
            self.more = widgets::link_button(ui, words).clicked();
        }
    }

    /// Fields in two columns; wide ones take a line of their own.
    fn fields_ui(&mut self, ui: &mut egui::Ui, fields: &[&'static Field], mistakes: &[Mistake]) {
        let shown: Vec<&Field> =
            fields.iter().copied().filter(|field| (field.when)(&self.typed)).collect();
        let mut rest = shown.as_slice();
        while let Some((first, others)) = rest.split_first() {
            rest = others;
            let second = others.first().filter(|field| !field.is_wide && !first.is_wide);
            let Some(second) = second.filter(|_| ui.available_width() >= TWO_COLUMNS) else {
                self.field_ui(ui, first, mistakes);
                continue;
            };
            rest = others.get(1..).unwrap_or_default();
            let gap = theme::tokens().space.huge;
            let width = ((ui.available_width() - gap) / 2.0).max(120.0);
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                for field in [first, second] {
                    let layout = egui::Layout::top_down(egui::Align::Min);
                    ui.allocate_ui_with_layout(egui::vec2(width, 0.0), layout, |ui| {
                        ui.set_width(width);
                        self.field_ui(ui, field, mistakes);
                    });
                }
            });
        }
    }

    fn field_ui(&mut self, ui: &mut egui::Ui, field: &'static Field, mistakes: &[Mistake]) {
        let error = self.mistake_at(mistakes, field.key, self.typed.has(field.key));
        match &field.what {
            What::Text | What::List | What::Number => {
                let spec = FieldSpec {
                    label: field.label,
                    placeholder: field.example,
                    help: field.help,
                    error: error.as_deref(),
                    width: (!field.is_wide).then_some(FIELD),
                    ..FieldSpec::default()
                };
                widgets::field(ui, self.typed.at(field.key), &spec);
                return;
            }
            What::Choice(all) => self.choice_ui(ui, field, all),
            What::Perhaps => {
                let all = [("", "As it is usual"), (YES, "Yes"), (NO, "No")];
                self.choice_ui(ui, field, &all);
            }
            What::Flag(usually) => {
                let now = self.typed.get(field.key);
                let mut is_set = if now.is_empty() { *usually } else { now == YES };
                if widgets::check_row(ui, &mut is_set, field.label, field.help).changed() {
                    *self.typed.at(field.key) = (if is_set { YES } else { NO }).to_owned();
                }
            }
        }
        if let Some(error) = error {
            let line = parts::sign_line(ui, Sign::Fail, &error);
            parts::announce(ui, &line);
        }
    }

    fn choice_ui(
        &mut self,
        ui: &mut egui::Ui,
        field: &'static Field,
        all: &[(&'static str, &'static str)],
    ) {
        let usual = all.first().map_or("", |(value, _)| value);
        let typed = self.typed.get(field.key);
        let now = all.iter().map(|(value, _)| *value).find(|value| *value == typed);
        let now = now.unwrap_or(usual);
        if let Some(value) = rows::choice(ui, field.label, now, all, field.help) {
            *self.typed.at(field.key) = value.to_owned();
        }
    }

    fn secret_ui(&mut self, ui: &mut egui::Ui, mistakes: &[Mistake]) {
        let Some(secret) = self.secret_field() else { return };
        let error = self.mistake_at(mistakes, "secret", !self.secret.trim().is_empty());
        let help = format!("{}Kept in the keychain, never in a file", secret.help);
        let spec = FieldSpec {
            label: secret.label,
            help: &help,
            error: error.as_deref(),
            placeholder: if self.has_secret() { "Unchanged" } else { "" },
            secret: true,
            width: (!secret.is_address).then_some(FIELD),
            ..FieldSpec::default()
        };
        widgets::field(ui, &mut self.secret, &spec);
    }

    fn levels_ui(&mut self, ui: &mut egui::Ui) {
        let own = self.own_levels().map(|levels| format!("As the file says: {levels}"));
        let titles = Level::ALL.map(|level| format!("{} and graver", level.title()));
        let mut all: Vec<(Option<Level>, &str)> = Level::ALL
            .into_iter()
            .zip(&titles)
            .map(|(level, title)| (Some(level), title.as_str()))
            .collect();
        if let Some(own) = &own {
            all.push((None, own));
        }
        if let Some(least) = rows::choice(ui, "Alerts that are sent", self.least, &all, "") {
            self.least = least;
        }
    }

    fn filter_ui(&mut self, ui: &mut egui::Ui, here: &Here<'_>) {
        let filter = &mut self.filter;
        let mut accounts: BTreeSet<String> =
            here.standing.statuses.iter().map(|status| status.account.clone()).collect();
        if let Ok(settings) = &here.standing.settings {
            accounts.extend(settings.accounts.iter().map(|account| account.name.clone()));
        }
        accounts.extend(filter.accounts.iter().cloned());
        let accounts: Vec<(String, String)> =
            accounts.into_iter().map(|name| (name.clone(), name)).collect();
        let logs = LogType::ALL.map(|log_type| (log_type, log_type.title().to_owned()));
        let categories: Vec<(String, String)> = here.knowledge.map_or_else(Vec::new, |knowledge| {
            let known = knowledge.categories().iter();
            known.map(|category| (category.id.clone(), category.title.clone())).collect()
        });
        rows::pair(
            ui,
            |ui| {
                pick::several(ui, "From accounts", "All accounts", &accounts, &mut filter.accounts)
            },
            |ui| pick::several(ui, "Logs", "All logs", &logs, &mut filter.log_types),
        );
        pick::several(ui, "In categories", "All categories", &categories, &mut filter.categories);
        let help = "Each alert of a rule goes there as well, as an item of its own";
        widgets::check_row(ui, &mut filter.alerts, "Alerts, too", help);
    }

    fn format_ui(&mut self, ui: &mut egui::Ui, here: &Here<'_>, mistakes: &[Mistake]) {
        let formats = self.kind.formats(&self.typed);
        let format = self.format();
        let all: Vec<_> = formats.iter().map(|format| (*format, format_title(*format))).collect();
        if all.len() > 1 {
            if let Some(format) = rows::choice(ui, "Format", format, &all, "") {
                self.set_format(format);
            }
        } else {
            widgets::body(ui, format_title(format));
        }
        if let Some(error) = self.mistake_at(mistakes, "format", true) {
            parts::sign_line(ui, Sign::Fail, &error);
        }
        let (filter, format) = (self.filter.clone(), self.format());
        self.preview.ui(ui, here, &filter, format);
    }

    fn start_ui(&mut self, ui: &mut egui::Ui, mistakes: &[Mistake]) {
        let all = [
            ("", "From now on"),
            ("beginning", "From the oldest stored record on"),
            ("at", "From a date on"),
        ];
        let typed = self.typed.get("start");
        let now = all.iter().map(|(value, _)| *value).find(|value| *value == typed);
        let help = match now {
            Some("beginning") => "All that is stored goes there first, then what arrives",
            Some("at") => "What is stored since then goes there first, then what arrives",
            _ => "What arrives after it was added",
        };
        if let Some(value) = rows::choice(ui, "Begin", now.unwrap_or(""), &all, help) {
            *self.typed.at("start") = value.to_owned();
        }
        if self.typed.is("start", "at") {
            let error = self.mistake_at(mistakes, "start", self.typed.has("start_at"));
            let spec = FieldSpec {
                label: "Date",
                placeholder: "2026-03-01",
                help: "Or so long ago: -7d",
                error: error.as_deref(),
                width: Some(FIELD),
                ..FieldSpec::default()
            };
            widgets::field(ui, self.typed.at("start_at"), &spec);
        }
    }
}

/// The way back to the list; whether it was taken.
pub(super) fn back_ui(ui: &mut egui::Ui) -> bool {
    let back = widgets::Press::link("Back to the outputs").icon(icons::ARROW_LEFT);
    let back = ui.add(back).clicked();
    ui.add_space(theme::tokens().space.tight);
    back
}
