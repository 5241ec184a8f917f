//! “Storage”: where everything lies, how large it is, and which log takes the room.

use std::path::{Path, PathBuf};

use eframe::egui;

use super::rows;
use crate::base::Home;
use crate::platform::{room, show};
use crate::store::LogSize;
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::{theme, widgets};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did};

/// Logs told one by one; the others take little.
const TOLD: usize = 60;

/// The section's own state.
#[derive(Default)]
pub(super) struct Storage {
    places: Slot<u64, Places>,
    logs: Slot<u64, Vec<LogSize>>,
}

/// Where everything lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// What it is, where, and how large; `None` while it is not there.
    pub all: Vec<(&'static str, PathBuf, Option<u64>)>,
    /// The room that is left where the records lie.
    pub left: Option<u64>,
}

impl Places {
    /// Looks at the disk.
    pub fn of(home: &Home) -> Self {
        let store = home.store_file();
        let with_log = [&store, &store.with_extension("db-wal")];
        let of_store = store.exists().then(|| with_log.iter().map(|path| size(path)).sum());
        let there = |path: PathBuf| path.exists().then(|| size(&path));
        Self {
            all: vec![
                ("Settings", home.settings_file(), there(home.settings_file())),
                ("Records", store, of_store),
                ("Knowledge packs", home.packs_dir(), there(home.packs_dir())),
                ("Log of the program", home.log_dir(), there(home.log_dir())),
            ],
            left: room::left(&home.data),
        }
    }
}

/// The bytes of a file, or of all files in a folder.
fn size(path: &Path) -> u64 {
    let Ok(found) = std::fs::metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|found| found.len())
        .sum()
}

impl Storage {
    /// Draws the section.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, home: &Home) {
        let fresh = here.view.fresh;
        self.places.want(here.desk, fresh, |shelf| Ok(Places::of(shelf.home())));
        // Sizes change slowly, and every block is looked at: once a visit is enough.
        self.logs.want_long(here.desk, 0, |shelf| match shelf.reader()? {
            Some(reader) => reader.log_sizes().map_err(|error| error.problem),
            None => Ok(Vec::new()),
        });
        let places = self.places.shown().cloned().unwrap_or_default();
        let about = match places.left {
            Some(left) => format!("{} are free where the records lie", rows::bytes(left)),
            None => String::new(),
        };
        rows::card(ui, "Places", &about, |ui| {
            if places.all.is_empty() {
                for (what, path) in
                    [("Settings", home.settings_file()), ("Records", home.store_file())]
                {
                    place_ui(ui, here, what, &path, None);
                }
            }
            for (what, path, size) in &places.all {
                place_ui(ui, here, what, path, *size);
            }
        });
        rows::gap(ui);
        let about = "The records themselves, compressed. What finds and counts them takes about as much \
                     again";
        rows::card(ui, "What takes the room", about, |ui| self.logs_ui(ui));
    }

    fn logs_ui(&mut self, ui: &mut egui::Ui) {
        if let Some(problem) = self.logs.problem() {
            parts::problem_banner(ui, problem);
        }
        let is_slow = self.logs.is_slow(ui.ctx());
        let Some(logs) = self.logs.shown() else {
            if is_slow {
                parts::sign_line(ui, widgets::Sign::Running, "Adding up\u{2026}");
            }
            return;
        };
        if logs.is_empty() {
            widgets::secondary(ui, "No records yet");
            return;
        }
        let several =
            logs.first().is_some_and(|one| logs.iter().any(|log| log.account != one.account));
        let all: u64 = logs.iter().map(|log| log.bytes).sum::<u64>().max(1);
        for log in logs.iter().take(TOLD) {
            let title = match several {
                true => format!("{} \u{00b7} {}", log.account, log.log_type.title()),
                false => log.log_type.title().to_owned(),
            };
            let words = format!(
                "{} \u{00b7} {}",
                say::counted(log.records, "record"),
                rows::bytes(log.bytes)
            );
            line_ui(ui, &title, &words, log.bytes as f32 / all as f32);
        }
        if logs.len() > TOLD {
            let words = format!("and {} smaller logs", say::number((logs.len() - TOLD) as i64));
            widgets::small(ui, &words);
        }
    }
}

/// A title, words at the right end, and below them how large a share it is.
fn line_ui(ui: &mut egui::Ui, title: &str, words: &str, share: f32) {
    let (colors, tokens) = (theme::of(ui), theme::tokens());
    parts::label_and_words(ui, title, words);
    let size = egui::vec2(ui.available_width(), tokens.space.tight);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().rect_filled(rect, tokens.space.tight / 2.0, colors.sunken);
    let mut bar = rect;
    bar.set_width((rect.width() * share).max(tokens.space.tight));
    if share > 0.0 {
        ui.painter().rect_filled(bar, tokens.space.tight / 2.0, colors.accent);
    }
}

fn place_ui(ui: &mut egui::Ui, here: &mut Here<'_>, what: &str, path: &Path, size: Option<u64>) {
    const NAME: f32 = 140.0;
    const BUTTONS: f32 = 220.0;
    ui.horizontal(|ui| {
        let height = ui.spacing().interact_size.y;
        let left = egui::Layout::left_to_right(egui::Align::Center);
        let room = ui.available_width();
        ui.allocate_ui_with_layout(egui::vec2(NAME.min(room), height), left, |ui| {
            ui.set_width(NAME.min(room));
            ui.label(what);
        });
        let room = (ui.available_width() - BUTTONS).max(80.0);
        ui.allocate_ui_with_layout(egui::vec2(room, height), left, |ui| {
            ui.set_width(room);
            let path = egui::RichText::new(path.display().to_string()).monospace();
            ui.add(egui::Label::new(path).truncate().selectable(true));
        });
        let right = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(right, |ui| {
            let button = widgets::quiet_button(ui, "Open folder");
            super::accounts::name_for_readers(&button, &format!("Open the folder of: {what}"));
            if button.clicked() {
                here.act(open_act(path));
            }
            let words = size.map_or_else(|| "\u{2013}".to_owned(), rows::bytes);
            let color = theme::of(ui).secondary;
            ui.label(egui::RichText::new(words).text_style(theme::numbers()).color(color));
        });
    });
}

/// Opens the folder, or the one a file lies in.
fn open_act(path: &Path) -> Act {
    let path = path.to_owned();
    Act::new("open a folder", move |_| {
        let folder = match path.is_dir() {
            true => path.as_path(),
            false => path.parent().unwrap_or(&path),
        };
        // The folder for packs is made with the first pack.
        let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder);
        show::open(there).map(|()| Did::quietly())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_told_with_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        std::fs::write(home.settings_file(), "version = 1\n").unwrap();
        std::fs::write(home.store_file(), [0; 100]).unwrap();
        std::fs::write(home.store_file().with_extension("db-wal"), [0; 20]).unwrap();
        let places = Places::of(&home);
        let sizes: Vec<_> = places.all.iter().map(|(what, _, size)| (*what, *size)).collect();
        assert_eq!(sizes[0], ("Settings", Some(12)));
        assert_eq!(sizes[1], ("Records", Some(120)));
        assert_eq!(sizes[2], ("Knowledge packs", None));
        assert!(places.left.is_some());
    }
}
