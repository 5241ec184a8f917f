//! Where pictures and tables of a card are saved: the folder for downloads, under a name that tells
//! what it is and from when.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui;

use crate::base::{Problem, UnixMillis, paths};
use crate::platform::open;
use crate::window::console::here::Here;
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use crate::window::say;
use crate::window::worker::{Act, Did};

/// Where the last file of a card is, once it is there.
#[derive(Clone, Default)]
pub struct Saved(Arc<Mutex<Option<PathBuf>>>);

impl Saved {
    fn put(&self, path: Option<PathBuf>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = path;
    }

    fn path(&self) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells where the file is, in a line, until it is dismissed.
    pub fn ui(&self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let Some(path) = self.path() else { return };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ui.horizontal(|ui| {
            let room = ui.available_width() * 0.5;
            ui.scope(|ui| {
                ui.set_max_width(room);
                let text = egui::RichText::new(format!("Saved: {name}")).small();
                let text = text.color(theme::of(ui).secondary);
                ui.add(egui::Label::new(text).truncate()).on_hover_text(path.display().to_string());
            });
            if widgets::link_button(ui, "Open folder").clicked()
                && let Some(folder) = path.parent().map(Path::to_path_buf)
            {
                let opened = move |_: &_| open::path(&folder).map(|()| Did::quietly());
                here.act(Act::new("open a folder", opened));
            }
            if widgets::icon_button(ui, icons::X, "Dismiss").clicked() {
                self.put(None);
            }
        });
    }
}

/// A file's name: the title, the moment, the kind of file.
pub fn file_name(title: &str, ending: &str) -> String {
    let title: String = title
        .chars()
        .map(|c| if c.is_alphanumeric() || " -_.".contains(c) { c } else { '_' })
        .take(80)
        .collect();
    let moment = say::stamp(UnixMillis::now()).replace(':', ".");
    format!("{} {moment}.{ending}", title.trim().trim_matches('.'))
}

/// Saves a file among the downloads, beside what is there already. Blocks.
pub fn save(saved: &Saved, name: &str, bytes: &[u8]) -> Result<Did, Problem> {
    let folder = paths::downloads().ok_or_else(|| {
        Problem::new("The file could not be saved")
            .because("there is no folder for downloads")
            .next("make a folder \u{201c}Downloads\u{201d} in your home folder")
    })?;
    let path = write_new(&folder, name, bytes).map_err(|error| {
        Problem::new("The file could not be saved")
            .because(error.to_string())
            .next(format!("see whether there is room and leave to write in {}", folder.display()))
    })?;
    let words = format!("Saved as {}", path.display());
    saved.put(Some(path));
    Ok(Did::said(words))
}

/// Writes a file that was not there; where one is, with a number behind its name.
fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    for number in 1..1_000 {
        let name = match number {
            1 => name.to_owned(),
            number => format!("{stem} ({number}).{ending}"),
        };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_every_system_and_nothing_is_overwritten() {
        let name = file_name("Who / what: \"all\"? <CON>", "csv");
        assert!(!name.contains(['/', '\\', ':', '?', '"', '<', '>', '|', '*']), "{name}");
        assert!(name.ends_with(".csv"));
        let folder = tempfile::tempdir().unwrap();
        let first = write_new(folder.path(), "a.csv", b"1").unwrap();
        let second = write_new(folder.path(), "a.csv", b"2").unwrap();
        assert_eq!(std::fs::read(first).unwrap(), b"1");
        assert!(second.ends_with("a (2).csv"));
    }
}
