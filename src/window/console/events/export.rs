//! “Export”: what is filtered becomes a file, in one of six formats.
//!
//! Promises: the file is whole or not there, and never takes the place of another; the window goes
//! on meanwhile; an export can be canceled, and leaves nothing behind then.

use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use eframe::egui::{self, Ui};

use super::facets::sentence;
use super::question::Question;
use crate::base::files::NewFile;
use crate::base::{Problem, UnixMillis, paths};
use crate::normalize::{self, Context, Lines};
use crate::platform::open;
use crate::record::LogType;
use crate::reports::free_path;
use crate::store::{Counted, Direction};
use crate::window::console::Here;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, FieldSpec, Kind};
use crate::window::look::{icons, theme};
use crate::window::worker::{Act, Did};
use crate::window::{parts, say};

/// Records read at a time.
const AT_A_TIME: usize = 2_000;

/// How long one reading may look for records before it is asked whether anybody still waits.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// A table.
    #[default]
    Csv,
    /// As Duo sent them.
    Raw,
    /// Another tool's language.
    Of(normalize::Format),
}

/// The formats with what each is good for, and how its files are named.
const FORMS: [(Form, &str, &str); 6] = [
    (Form::Csv, "CSV, for spreadsheets", "csv"),
    (Form::Raw, "JSON lines, exactly as Duo sent them", "jsonl"),
    (Form::Of(normalize::Format::Ecs), "ECS, for Elastic", "ecs.jsonl"),
    (Form::Of(normalize::Format::Ocsf), "OCSF, for security lakes", "ocsf.jsonl"),
    (Form::Of(normalize::Format::Cef), "CEF, for ArcSight and others", "cef"),
    (Form::Of(normalize::Format::Leef), "LEEF, for QRadar", "leef"),
];

/// An export: what was chosen, and how far it is.
#[derive(Default)]
pub(super) struct Export {
    is_open: bool,
    form: Form,
    folder: String,
    /// Where files go unless somebody says otherwise.
    usual: Slot<(), Option<PathBuf>>,
    /// Counts the attempts.
    number: u64,
    done: Slot<u64, Exported>,
}

/// What was written.
struct Exported {
    path: PathBuf,
    records: u64,
}

impl Export {
    /// Draws the button.
    pub fn button_ui(&mut self, ui: &mut Ui) {
        if super::tool(ui, icons::EXPORT, "Export\u{2026}").clicked() {
            self.is_open = true;
        }
    }

    /// Tells how far an export is that goes on without its dialog.
    pub fn line_ui(&mut self, ui: &mut Ui) {
        if self.is_open || !self.done.is_waiting() {
            return;
        }
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(500));
        let done = self.done.progress().map_or(0, crate::window::desk::Progress::done);
        let words = format!("Exporting, {} written", say::counted(done, "record"));
        if widgets::link_button(ui, &words).clicked() {
            self.is_open = true;
        }
    }

    /// Draws the dialog.
    pub fn dialog_ui(
        &mut self,
        ui: &Ui,
        here: &mut Here<'_>,
        question: &Question,
        counted: Option<Counted>,
    ) {
        let was_open = self.is_open;
        let mut is_open = self.is_open;
        widgets::dialog(ui.ctx(), "Export records", &mut is_open, |ui| {
            if self.done.is_waiting() {
                self.progress_ui(ui);
            } else if self.done.shown().is_some() {
                self.done_ui(ui, here);
            } else {
                self.choose_ui(ui, here, question, counted);
            }
        });
        self.is_open &= is_open;
        // What was done is told once.
        if was_open && !self.is_open && !self.done.is_waiting() {
            self.done.clear();
        }
    }

    fn choose_ui(
        &mut self,
        ui: &mut Ui,
        here: &Here<'_>,
        question: &Question,
        counted: Option<Counted>,
    ) {
        self.usual.want(here.desk, (), |_| Ok(paths::downloads()));
        let knowledge = here.knowledge.map(|knowledge| &**knowledge);
        let what = sentence(&question.filter, knowledge);
        let how_many = counted.map(|counted| format!("{}. ", super::counted_words(counted)));
        let words = format!(
            "{}{what}; {}",
            how_many.unwrap_or_default(),
            super::lower(question.range_words())
        );
        widgets::secondary(ui, super::words::short(&words));
        ui.add_space(12.0);
        let label = ui.label("Format");
        let title = FORMS.iter().find(|(form, ..)| *form == self.form).map_or("", |form| form.1);
        egui::ComboBox::from_id_salt("export format")
            .selected_text(title)
            .width(ui.available_width())
            .show_ui(ui, |ui| {
                for (form, title, _) in FORMS {
                    ui.selectable_value(&mut self.form, form, title);
                }
            })
            .response
            .labelled_by(label.id);
        ui.add_space(8.0);
        let usual = self.usual.shown().cloned().flatten();
        let placeholder =
            usual.as_ref().map(|folder| folder.display().to_string()).unwrap_or_default();
        let typed = self.folder.trim();
        let error = match (typed.is_empty(), usual.is_some()) {
            (true, false) => Some("Write the folder that the file is put into"),
            (false, _) if !Path::new(typed).is_absolute() => {
                Some("Write the whole path, from the root or the drive on")
            }
            _ => None,
        };
        let spec =
            FieldSpec { label: "Folder", placeholder: &placeholder, error, ..FieldSpec::default() };
        widgets::field(ui, &mut self.folder, &spec);
        if let Some(problem) = self.done.problem() {
            ui.add_space(8.0);
            parts::problem_banner(ui, problem);
        }
        ui.add_space(16.0);
        parts::buttons_right(ui, |ui| {
            ui.add_enabled_ui(error.is_none(), |ui| {
                if widgets::primary_button(ui, "Export").clicked() {
                    self.start(here, question);
                }
            });
            if widgets::quiet_button(ui, "Cancel").clicked() {
                self.is_open = false;
            }
        });
    }

    fn start(&mut self, here: &Here<'_>, question: &Question) {
        self.number += 1;
        self.done.clear();
        let typed = self.folder.trim();
        let usual = self.usual.shown().cloned().flatten().unwrap_or_default();
        let folder = if typed.is_empty() { usual } else { PathBuf::from(typed) };
        let order = Order { question: question.clone(), form: self.form, folder };
        self.done.want_long(here.desk, self.number, move |shelf| export(shelf, &order));
    }

    fn progress_ui(&mut self, ui: &mut Ui) {
        // What is counted elsewhere wakes nobody.
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
        let (share, words) = match self.done.progress() {
            Some(progress) if progress.done() > 0 => {
                let written = say::counted(progress.done(), "record");
                (progress.share(), format!("{written} written"))
            }
            _ => (None, "Starting\u{2026}".to_owned()),
        };
        widgets::progress(ui, share, &words);
        ui.add_space(16.0);
        parts::buttons_right(ui, |ui| {
            if widgets::quiet_button(ui, "Go on in the background").clicked() {
                self.is_open = false;
            }
            if widgets::quiet_button(ui, "Cancel export").clicked() {
                self.done.clear();
            }
        });
    }

    fn done_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) {
        let Some(exported) = self.done.shown() else { return };
        let title = format!("{} exported", say::counted(exported.records, "record"));
        let path = exported.path.clone();
        widgets::banner(ui, Kind::Good, &title, &path.display().to_string(), |ui| {
            if widgets::quiet_button(ui, "Open folder").clicked()
                && let Some(folder) = path.parent()
            {
                let folder = folder.to_owned();
                here.act(Act::new("open a folder", move |_| {
                    open::path(&folder).map(|()| Did::quietly())
                }));
            }
        });
        ui.add_space(theme::tokens().space.large);
        parts::buttons_right(ui, |ui| {
            if widgets::quiet_button(ui, "Close").clicked() {
                self.is_open = false;
            }
        });
    }
}

/// What is to be exported.
struct Order {
    question: Question,
    form: Form,
    folder: PathBuf,
}

fn export(shelf: &mut Shelf, order: &Order) -> Result<Exported, Problem> {
    let lines = lines(shelf, order)?;
    let ticket = shelf.ticket();
    let now = UnixMillis::now();
    let ending = FORMS.iter().find(|(form, ..)| *form == order.form).map_or("txt", |form| form.2);
    let name = format!("duo-events {}.{ending}", say::stamp(now).replace(':', "."));
    let path = free_path(&order.folder, &name);
    let failed = |error: std::io::Error| {
        Problem::new("The records could not be exported").because(error).next(format!(
            "see whether there is room and leave to write in {}",
            order.folder.display()
        ))
    };
    let Some(reader) = shelf.reader()? else {
        return Err(Problem::new("Nothing is stored yet")
            .next("connect an account and wait until its first records have come"));
    };
    let mut file =
        BufWriter::with_capacity(256 * 1024, NewFile::for_others(&path).map_err(failed)?);
    let mut write = |line: &[u8]| {
        file.write_all(line)?;
        file.write_all(b"\n")
    };
    if let Some(header) = lines.header() {
        write(&header).map_err(failed)?;
    }
    let bits = reader.category_bits().map_err(|error| error.problem)?;
    let mut written = 0;
    if let Some(wanted) = order.question.wanted(&bits, now) {
        let all = reader.count(&wanted).map_or(0, |counted| counted.records);
        let mut from = None;
        loop {
            if ticket.unwanted().load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Problem::new("The export was canceled"));
            }
            let found = reader
                .page_within(&wanted, from, Direction::Newer, AT_A_TIME, PATIENCE)
                .map_err(|error| error.problem)?;
            let stopped = reader.events_of(&found.rows, |event| {
                let id = event.id();
                let context = Context {
                    api_hostname: Some(event.api_hostname),
                    account: Some(event.account),
                    id: Some(&id),
                    otherwise_at: Some(event.time),
                    ..Context::default()
                };
                match write(&lines.line(event.log_type, event.raw, &context)) {
                    Ok(()) => {
                        written += 1;
                        ControlFlow::Continue(())
                    }
                    Err(error) => ControlFlow::Break(error),
                }
            });
            if let Some(error) = stopped.map_err(|error| error.problem)? {
                return Err(failed(error));
            }
            ticket.progress.tell(written, all.max(written));
            match found.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
    }
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.put_in_place().map_err(failed)?;
    Ok(Exported { path, records: written })
}

fn lines(shelf: &mut Shelf, order: &Order) -> Result<Lines, Problem> {
    // Columns of one log where only one is wanted; what all logs share otherwise.
    let only: Option<LogType> = match order.question.filter.log_types.as_slice() {
        [log_type] => Some(*log_type),
        _ => None,
    };
    let format = match order.form {
        Form::Raw => return Ok(Lines::raw()),
        Form::Csv => normalize::Format::Csv,
        Form::Of(format) => format,
    };
    Lines::of(format, only, &*shelf.knowledge()?)
}
