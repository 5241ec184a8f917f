//! Where pictures and tables of a card are saved: the folder for downloads, under a name that tells
//! what it is and from when.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::base::{Home, Problem, UnixMillis};
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
pub fn save(home: &Home, name: &str, bytes: &[u8]) -> Result<Did, Problem> {
    let folder = downloads(home);
    let path = write_new(&folder, name, bytes).map_err(|error| {
        Problem::new("The file could not be saved")
            .because(error.to_string())
            .next(format!("see whether there is room and leave to write in {}", folder.display()))
    })?;
    Ok(Did::said(format!("Saved as {}", path.display())))
}

fn downloads(home: &Home) -> PathBuf {
    let folders = directories::UserDirs::new();
    let found = folders.as_ref().and_then(|folders| {
        let downloads = folders.download_dir().filter(|folder| folder.is_dir());
        downloads.or_else(|| Some(folders.home_dir())).map(Path::to_path_buf)
    });
    found.unwrap_or_else(|| {
        home.store_file().parent().map_or_else(PathBuf::new, Path::to_path_buf)
    })
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
