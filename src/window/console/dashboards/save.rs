//! Where pictures and tables of a card are saved: the folder for downloads, under a name that tells
//! what it is and from when.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::base::{Problem, UnixMillis, paths};
use crate::window::say;
use crate::window::worker::Did;

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
pub fn save(name: &str, bytes: &[u8]) -> Result<Did, Problem> {
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
    Ok(Did::said(format!("Saved as {}", path.display())))
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
