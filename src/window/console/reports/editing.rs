//! The dialog in which a schedule is made or changed.
//!
//! Promises: what is typed is checked by the code that reads the settings file; a mistake stands
//! beside its field once the field was left or Save was pressed, and not before.

use std::collections::BTreeSet;
use std::path::Path;

use eframe::egui;
use toml::{Table, Value};

use super::saving::{folder_mistake, format_ui};
use super::schedules::{every_words, title_of};
use crate::knowledge::Knowledge;
use crate::reports::Zone;
use crate::settings::{Every, ReportFormat, ScheduledReport, Settings, Target};
use crate::window::look::theme;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;

/// A schedule being typed.
pub(super) struct Editing {
    /// Its place in the settings; `None` for a new one.
    place: Option<usize>,
    id: String,
    every: Every,
    at: String,
    format: ReportFormat,
    folder: String,
    mail: String,
    through: Option<String>,
    zone: String,
    account: Option<String>,
    /// The keys of fields that were left.
    left: BTreeSet<&'static str>,
    /// Save was pressed.
    is_tried: bool,
    /// Enter was pressed in a field just now.
    is_entered: bool,
}

/// What became of the dialog.
pub(super) enum Outcome {
    /// It is open.
    Open,
    /// It was closed without a change.
    Closed,
    /// Write it down, in this place or as a new one.
    Save(Option<usize>, Box<ScheduledReport>),
}

impl Editing {
    /// A new schedule.
    pub fn new(id: &str, account: Option<String>) -> Self {
        Self {
            place: None,
            id: id.to_owned(),
            every: Every::Week,
            at: "06:00".to_owned(),
            format: ReportFormat::Pdf,
            folder: String::new(),
            mail: String::new(),
            through: None,
            zone: String::new(),
            account,
            left: BTreeSet::new(),
            is_tried: false,
            is_entered: false,
        }
    }

    /// One that is there.
    pub fn of(place: usize, report: &ScheduledReport) -> Self {
        let mail: Vec<String> = report.mail.iter().map(ToString::to_string).collect();
        let folder = report.folder.as_ref().map(|folder| folder.display().to_string());
        Self {
            place: Some(place),
            every: report.every,
            at: report.at.strftime("%H:%M").to_string(),
            format: report.format,
            folder: folder.unwrap_or_default(),
            mail: mail.join("; "),
            through: report.through.clone(),
            zone: report.zone.clone().unwrap_or_default(),
            ..Self::new(&report.id, report.account.clone())
        }
    }

    /// The dialog's title.
    pub fn title(&self) -> &'static str {
        if self.place.is_some() { "Change the schedule" } else { "Schedule a report" }
    }

    /// The section as it would stand in the settings.
    fn table(&self) -> Table {
        let mut table = Table::new();
        let mut put = |key: &str, text: &str| {
            if !text.trim().is_empty() {
                table.insert(key.to_owned(), Value::String(text.trim().to_owned()));
            }
        };
        put("id", &self.id);
        put("every", self.every.name());
        put("at", &self.at);
        put("format", self.format.name());
        put("folder", &self.folder);
        put("zone", &self.zone);
        put("account", self.account.as_deref().unwrap_or_default());
        put("through", self.through.as_deref().unwrap_or_default());
        // A name may hold a comma; addresses are parted by semicolons or line breaks, and by
        // commas where that is not possible.
        let addresses: Vec<Value> = split_addresses(&self.mail)
            .into_iter()
            .map(|address| Value::String(address.to_owned()))
            .collect();
        if !addresses.is_empty() {
            table.insert("mail".to_owned(), Value::Array(addresses));
        }
        // Left out, it would be six in the morning.
        if self.at.trim().is_empty() {
            table.insert("at".to_owned(), Value::String(String::new()));
        }
        table
    }

    /// The schedule, or what is wrong with which key.
    fn check(&self) -> Result<ScheduledReport, Vec<(String, String)>> {
        let folder = folder_mistake(&self.folder);
        let checked = ScheduledReport::check(&self.table(), Path::new(""));
        let mut mistakes = match checked {
            Ok(report) if folder.is_none() => return Ok(report),
            Ok(_) => Vec::new(),
            Err(mistakes) => mistakes
                .into_iter()
                .map(|mistake| (mistake.key, parts::capitalized(&mistake.what)))
                .collect(),
        };
        mistakes.extend(folder.map(|what| ("folder".to_owned(), what.to_owned())));
        Err(mistakes)
    }

    /// Draws the dialog. `accounts`: the names of all, in order.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        knowledge: &Knowledge,
        settings: &Settings,
        accounts: &[String],
    ) -> Outcome {
        let checked = self.check();
        let mistakes = checked.as_ref().err().cloned().unwrap_or_default();
        let (mut open, mut save, mut cancel) = (true, false, false);
        self.is_entered = false;
        widgets::dialog(ctx, self.title(), &mut open, |ui| {
            parts::dialog_body(ui, 0.0, |ui| {
                self.choices_ui(ui, knowledge, accounts);
                self.fields_ui(ui, &mistakes);
                self.mail_ui(ui, settings, &mistakes);
                // What has no field of its own.
                let named = ["at", "folder", "mail", "zone"];
                for (_, what) in mistakes.iter().filter(|(key, _)| !named.contains(&key.as_str())) {
                    parts::sign_line(ui, widgets::Sign::Fail, what);
                }
            });
            ui.add_space(8.0);
            parts::buttons_right(ui, |ui| {
                save |= widgets::primary_button(ui, "Save").clicked();
                cancel |= widgets::quiet_button(ui, "Cancel").clicked();
            });
        });
        if save || self.is_entered {
            self.is_tried = true;
            if let Ok(report) = checked {
                return Outcome::Save(self.place, Box::new(report));
            }
            ctx.request_repaint();
        }
        if cancel || !open { Outcome::Closed } else { Outcome::Open }
    }

    fn choices_ui(&mut self, ui: &mut egui::Ui, knowledge: &Knowledge, accounts: &[String]) {
        let width = ui.available_width();
        let label = ui.label("Report");
        let report = egui::ComboBox::from_id_salt("report")
            .selected_text(title_of(knowledge, &self.id))
            .width(width)
            .truncate()
            .show_ui(ui, |ui| {
                for report in knowledge.reports().iter().filter(|report| report.enabled) {
                    ui.selectable_value(&mut self.id, report.id.clone(), report.short_title());
                }
            })
            .response
            .labelled_by(label.id);
        if ui.memory(|memory| memory.focused().is_none()) {
            report.request_focus();
        }
        side_by_side(ui, |ui, is_first| {
            let width = ui.available_width();
            if is_first {
                self.every_ui(ui, width);
            } else {
                format_ui(ui, &mut self.format, width);
            }
        });
        if accounts.len() > 1 || self.account.is_some() {
            parts::account_choice(ui, &mut self.account, accounts, width);
        }
        ui.add_space(4.0);
    }

    fn every_ui(&mut self, ui: &mut egui::Ui, width: f32) {
        let label = ui.label("How often");
        egui::ComboBox::from_id_salt("every")
            .selected_text(parts::capitalized(every_words(self.every)))
            .width(width)
            .show_ui(ui, |ui| {
                for every in Every::ALL {
                    let words = parts::capitalized(every_words(every));
                    ui.selectable_value(&mut self.every, every, words);
                }
            })
            .response
            .labelled_by(label.id);
    }

    fn fields_ui(&mut self, ui: &mut egui::Ui, mistakes: &[(String, String)]) {
        side_by_side(ui, |ui, is_first| {
            if is_first {
                self.at_ui(ui, mistakes);
            } else {
                self.zone_ui(ui, mistakes);
            }
        });
        let error = self.mistake("folder", mistakes);
        let spec = FieldSpec {
            label: "Put it into this folder",
            help: "Made when it is not there; one file for each day, week or month",
            error: error.as_deref(),
            ..FieldSpec::default()
        };
        let folder = widgets::field(ui, &mut self.folder, &spec);
        self.note_left("folder", &folder);
    }

    fn at_ui(&mut self, ui: &mut egui::Ui, mistakes: &[(String, String)]) {
        let error = self.mistake("at", mistakes);
        let spec = FieldSpec {
            label: "From this time of day on",
            help: "Records that arrive late have come by early morning",
            error: error.as_deref(),
            ..FieldSpec::default()
        };
        let at = widgets::field(ui, &mut self.at, &spec);
        self.note_left("at", &at);
    }

    fn zone_ui(&mut self, ui: &mut egui::Ui, mistakes: &[(String, String)]) {
        let system = Zone::system();
        let error = self.mistake("zone", mistakes);
        let spec = FieldSpec {
            label: "Time zone",
            placeholder: system.name(),
            help: "Days begin, and times are told, in this zone",
            error: error.as_deref(),
            ..FieldSpec::default()
        };
        let zone = widgets::field(ui, &mut self.zone, &spec);
        self.note_left("zone", &zone);
    }

    fn mail_ui(&mut self, ui: &mut egui::Ui, settings: &Settings, mistakes: &[(String, String)]) {
        let servers: Vec<&str> = settings
            .outputs
            .iter()
            .filter(|output| matches!(output.target, Target::Email(_)))
            .map(|output| output.name.as_str())
            .collect();
        let help = if servers.is_empty() {
            "There is no mail server yet: add an e-mail output in Settings first"
        } else {
            "Several addresses with semicolons between them"
        };
        let error = self.mistake("mail", mistakes);
        let spec = FieldSpec {
            label: "Mail it to",
            placeholder: "audit@example.com",
            help,
            error: error.as_deref(),
            ..FieldSpec::default()
        };
        let mail = widgets::field(ui, &mut self.mail, &spec);
        self.note_left("mail", &mail);
        if servers.len() > 1 && !self.mail.trim().is_empty() {
            let label = ui.label("Through");
            let first = servers.first().copied().unwrap_or_default();
            egui::ComboBox::from_id_salt("through")
                .selected_text(self.through.as_deref().unwrap_or(first))
                .show_ui(ui, |ui| {
                    for server in &servers {
                        let value = Some((*server).to_owned());
                        ui.selectable_value(&mut self.through, value, *server);
                    }
                })
                .response
                .labelled_by(label.id);
        }
    }

    /// What is wrong with a field, once its time has come.
    fn mistake(&self, key: &'static str, mistakes: &[(String, String)]) -> Option<String> {
        let is_shown = self.is_tried || self.left.contains(key);
        let found = mistakes.iter().find(|(known, _)| known == key).filter(|_| is_shown);
        found.map(|(_, what)| what.clone())
    }

    fn note_left(&mut self, key: &'static str, field: &widgets::FieldResponse) {
        self.is_entered |= field.entered;
        // That nothing is told of where it goes is no mistake of this field alone.
        if field.left && !(key == "folder" && self.folder.trim().is_empty()) {
            self.left.insert(key);
        }
    }
}

/// Two columns; `contents` is told whether it draws the first.
fn side_by_side(ui: &mut egui::Ui, mut contents: impl FnMut(&mut egui::Ui, bool)) {
    let gap = theme::tokens().space.large;
    let width = ((ui.available_width() - gap) / 2.0).max(120.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        for is_first in [true, false] {
            let layout = egui::Layout::top_down(egui::Align::Min);
            ui.allocate_ui_with_layout(egui::vec2(width, 0.0), layout, |ui| {
                ui.set_width(width);
                contents(ui, is_first);
            });
        }
    });
}

/// Addresses with semicolons or, without any semicolon, commas between them.
fn split_addresses(text: &str) -> Vec<&str> {
    let separator = if text.contains(';') { ';' } else { ',' };
    text.split(separator).map(str::trim).filter(|address| !address.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editing(folder: &str, mail: &str) -> Editing {
        let (folder, mail) = (folder.to_owned(), mail.to_owned());
        Editing { folder, mail, ..Editing::new("login-failed", None) }
    }

    fn told(editing: &Editing) -> Vec<String> {
        editing.check().err().unwrap_or_default().into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn what_is_typed_is_checked_as_the_settings_are() {
        let here = std::env::temp_dir().display().to_string();
        assert!(editing(&here, "").check().is_ok());
        assert!(editing("", "ada@example.com; Bob <bob@example.com>").check().is_ok());
        assert_eq!(told(&editing("", "")), ["folder"]);
        assert_eq!(told(&editing("reports", "")), ["folder"]);
        assert_eq!(told(&editing("", "nobody")), ["mail"]);
        let wrong = Editing { at: String::new(), zone: "Mars".to_owned(), ..editing(&here, "") };
        assert_eq!(told(&wrong), ["at", "zone"]);
    }

    #[test]
    fn a_schedule_that_is_opened_and_saved_is_the_same() {
        let table: Table = "id = \"a\"\nevery = \"month\"\nat = \"23:30\"\nformat = \"csv\"\n\
                            zone = \"UTC\"\naccount = \"C\"\nthrough = \"office\"\n\
                            mail = [\"Ada <ada@example.com>\", \"bob@example.com\"]"
            .parse()
            .unwrap();
        let report = ScheduledReport::check(&table, Path::new("")).unwrap();
        assert_eq!(Editing::of(3, &report).check(), Ok(report));
    }

    #[test]
    fn a_mistake_is_not_told_before_its_time() {
        let mut editing = editing("", "nobody");
        let mistakes = editing.check().unwrap_err();
        assert_eq!(editing.mistake("mail", &mistakes), None);
        editing.is_tried = true;
        assert!(editing.mistake("mail", &mistakes).is_some());
    }
}
