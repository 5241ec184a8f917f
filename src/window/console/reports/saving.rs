//! A report becomes a file: which format, where, in whose time; how far it is; where it is then.

use std::path::{Path, PathBuf};

use eframe::egui;

use super::Here;
use crate::base::{Problem, UnixMillis, paths};
use crate::platform::open;
use crate::reports::{self, Format, Request, Zone};
use crate::window::console::here::View;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, FieldSpec, Kind};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did};

/// The formats with what each is good for.
const FORMATS: [(Format, &str); 5] = [
    (Format::Pdf, "PDF, to read and to file"),
    (Format::Xlsx, "Excel workbook"),
    (Format::Csv, "CSV, for other spreadsheets"),
    (Format::Html, "Web page"),
    (Format::Jsonl, "JSON lines, with codes, for programs"),
];

/// A format as people know it.
pub(super) fn title_of(format: Format) -> &'static str {
    FORMATS.iter().find(|(known, _)| *known == format).map_or(format.name(), |(_, title)| title)
}

/// Where one of the formats is chosen.
pub(super) fn format_ui(ui: &mut egui::Ui, format: &mut Format, width: f32) {
    let label = ui.label("Format");
    egui::ComboBox::from_id_salt("format")
        .selected_text(title_of(*format))
        .width(width)
        .show_ui(ui, |ui| {
            for (one, title) in FORMATS {
                ui.selectable_value(format, one, title);
            }
        })
        .response
        .labelled_by(label.id);
}

/// What is wrong with a folder as it is typed.
pub(super) fn folder_mistake(folder: &str) -> Option<&'static str> {
    let folder = folder.trim();
    (!folder.is_empty() && !Path::new(folder).is_absolute())
        .then_some("Write the whole path, from the root or the drive on")
}

/// Saving a report.
pub(super) struct Saving {
    format: Format,
    folder: String,
    zone: String,
    /// Where files go unless somebody says otherwise.
    usual: Slot<(), Option<PathBuf>>,
    /// Counts the attempts.
    number: u64,
    saved: Slot<u64, Saved>,
}

/// What was saved.
struct Saved {
    path: PathBuf,
    rows: u64,
}

impl Default for Saving {
    fn default() -> Self {
        Self {
            format: Format::Pdf,
            folder: String::new(),
            zone: String::new(),
            usual: Slot::default(),
            number: 0,
            saved: Slot::default(),
        }
    }
}

impl Saving {
    /// The zone that was typed; this computer's when there is none of that name.
    pub fn zone(&self) -> Zone {
        let typed = self.zone.trim();
        let found = (!typed.is_empty()).then(|| Zone::find(typed).ok()).flatten();
        found.unwrap_or_else(Zone::system)
    }

    /// Draws the card.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, id: &str) {
        self.usual.want(here.desk, (), |_| Ok(paths::downloads()));
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "Save as a file");
            ui.add_space(4.0);
            let is_fine = self.fields_ui(ui);
            ui.add_space(8.0);
            if self.saved.is_waiting() {
                self.progress_ui(ui);
            } else {
                ui.add_enabled_ui(is_fine, |ui| {
                    let press = widgets::Press::primary("Save report").icon(icons::DOWNLOAD);
                    if ui.add(press).clicked() {
                        self.start(here, id);
                    }
                });
            }
            self.outcome_ui(ui, here);
        });
    }

    /// Draws the fields; whether they can be used.
    fn fields_ui(&mut self, ui: &mut egui::Ui) -> bool {
        let gap = theme::tokens().space.large;
        let usual = self.usual.shown().and_then(Option::as_deref);
        let placeholder = usual.map(|folder| folder.display().to_string()).unwrap_or_default();
        let no_folder = (self.folder.trim().is_empty() && placeholder.is_empty())
            .then_some("Write the folder that the file is put into");
        let folder_mistake = folder_mistake(&self.folder).or(no_folder);
        let typed = self.zone.trim();
        let no_zone = (!typed.is_empty() && Zone::find(typed).is_err())
            .then_some("There is no such time zone; write a name such as Europe/Paris");
        let column = ((ui.available_width() - 2.0 * gap) / 3.0).max(160.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            let layout = egui::Layout::top_down(egui::Align::Min);
            let size = egui::vec2(column, 0.0);
            ui.allocate_ui_with_layout(size, layout, |ui| {
                ui.set_width(column);
                ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
                format_ui(ui, &mut self.format, column);
            });
            ui.allocate_ui_with_layout(size, layout, |ui| {
                let spec = FieldSpec {
                    label: "Folder",
                    placeholder: &placeholder,
                    error: folder_mistake,
                    width: Some(column),
                    ..FieldSpec::default()
                };
                widgets::field(ui, &mut self.folder, &spec);
            });
            ui.allocate_ui_with_layout(size, layout, |ui| {
                let system = Zone::system();
                let spec = FieldSpec {
                    label: "Time zone",
                    placeholder: system.name(),
                    error: no_zone,
                    width: Some(column),
                    ..FieldSpec::default()
                };
                widgets::field(ui, &mut self.zone, &spec);
            });
        });
        folder_mistake.is_none() && no_zone.is_none()
    }

    fn start(&mut self, here: &Here<'_>, id: &str) {
        self.number += 1;
        self.saved.clear();
        let typed = self.folder.trim();
        let usual = self.usual.shown().cloned().flatten();
        let folder = if typed.is_empty() { usual } else { Some(PathBuf::from(typed)) };
        let wanted = Order {
            id: id.to_owned(),
            view: here.view.clone(),
            zone: self.zone(),
            format: self.format,
            folder: folder.unwrap_or_default(),
        };
        self.saved.want_long(here.desk, self.number, move |shelf| save(shelf, &wanted));
    }

    fn progress_ui(&mut self, ui: &mut egui::Ui) {
        // What is counted elsewhere wakes nobody.
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
        let (share, words) = match self.saved.progress() {
            Some(progress) if progress.done() > 0 => {
                let done = say::number(i64::try_from(progress.done()).unwrap_or(i64::MAX));
                let words = match progress.all() {
                    0 => format!("{done} records read"),
                    all => format!("{done} of {} read", say::counted(all, "record")),
                };
                (progress.share(), words)
            }
            _ => (None, "Starting\u{2026}".to_owned()),
        };
        widgets::progress(ui, share, &words);
        ui.add_space(4.0);
        if widgets::quiet_button(ui, "Cancel").clicked() {
            self.saved.clear();
        }
    }

    fn outcome_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        if let Some(problem) = self.saved.problem() {
            ui.add_space(8.0);
            parts::problem_banner(ui, problem);
        }
        let Some(saved) = self.saved.shown() else { return };
        ui.add_space(8.0);
        let title = format!("{} saved", say::counted(saved.rows, "row"));
        let path = saved.path.clone();
        widgets::banner(ui, Kind::Good, &title, &path.display().to_string(), |ui| {
            if widgets::quiet_button(ui, "Open").clicked() {
                here.act(opening(path.clone()));
            }
            if widgets::quiet_button(ui, "Open folder").clicked()
                && let Some(folder) = path.parent()
            {
                here.act(opening(folder.to_owned()));
            }
        });
    }
}

fn opening(path: PathBuf) -> Act {
    Act::new("open a report", move |_| open::path(&path).map(|()| Did::quietly()))
}

/// What is to be saved.
struct Order {
    id: String,
    view: View,
    zone: Zone,
    format: Format,
    folder: PathBuf,
}

fn save(shelf: &mut Shelf, order: &Order) -> Result<Saved, Problem> {
    let Order { id, view, zone, format, folder } = order;
    let knowledge = shelf.knowledge()?;
    let report = reports::find(&knowledge, id)?;
    let ticket = shelf.ticket();
    let Some(reader) = shelf.reader()? else {
        return Err(Problem::new("Nothing is stored yet")
            .next("connect an account and wait until its first records have come"));
    };
    let now = UnixMillis::now();
    let (since, until) = view.range.since_until(now);
    let request = Request {
        report,
        account: view.account.clone(),
        since: Some(since),
        until,
        zone: zone.clone(),
        format: *format,
        now,
        for_people: true,
        threads: None,
        stop: Some(ticket.unwanted()),
        read: Some(ticket.progress.counter()),
    };
    let all = reports::records(&request, &knowledge, reader)?;
    ticket.progress.tell(0, all.unwrap_or(0));
    let days = reports::days(since, until.min(now), zone);
    let name = reports::file_name(id, view.account.as_deref(), &days, *format);
    let path = reports::free_path(folder, &name);
    let summary = reports::run_to_file(&request, &knowledge, reader, &path)?;
    Ok(Saved { path, rows: summary.rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_can_be_chosen() {
        for format in Format::ALL {
            assert_ne!(title_of(format), format.name());
        }
    }

    #[test]
    fn a_folder_is_named_from_its_root() {
        assert!(folder_mistake("reports").is_some());
        let root = std::env::temp_dir();
        assert_eq!(folder_mistake(&format!(" {} ", root.display())), None);
        assert_eq!(folder_mistake(""), None);
    }
}
