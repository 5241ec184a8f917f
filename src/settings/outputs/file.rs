//! Records in files: `type = "file"`.
//!
//! Promises: a path names its files so that no two of them are the same by accident; what stands in
//! braces is known.

use std::path::PathBuf;
use std::time::Duration;

use super::connection;
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// Files that records are appended to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOutput {
    /// Their path, with `{account}`, `{log_type}` and `{date}` in it or not. A relative one starts
    /// from the folder of the settings file.
    pub path: PathBuf,
    /// A new file each day.
    pub daily: bool,
    /// A new file before one would be larger than this.
    pub rotate_bytes: Option<u64>,
    /// What becomes of a file that is not written to any more.
    pub compress: Compress,
    /// How long files that are not written to any more are kept; for ever without it.
    pub keep: Option<Duration>,
    /// How many of them are kept for each path; all without it.
    pub keep_files: Option<u32>,
}

/// What becomes of a file that is not written to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compress {
    /// It stays as it is.
    None,
    /// `.gz`.
    Gzip,
    /// `.zst`.
    Zstd,
}

impl Compress {
    const ALL: [Self; 3] = [Self::None, Self::Gzip, Self::Zstd];

    /// The fixed name: `gzip`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What is put behind the name of a compressed file.
    pub const fn ending(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Gzip => Some("gz"),
            Self::Zstd => Some("zst"),
        }
    }
}

/// What may stand in braces.
const WORDS: [&str; 3] = ["account", "log_type", "date"];

/// A file smaller than that would make more names than records.
const SMALLEST: u64 = 100_000;

impl FileOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        self.path.display().to_string()
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let path = connection::path(section, "path");
        match path.as_ref().map(|path| unknown_words(&path.to_string_lossy())) {
            None => section.wrong("path", "name a file: /var/log/duo/{log_type}.jsonl"),
            Some(Ok(())) => {}
            Some(Err(what)) => section.wrong("path", what),
        }
        let daily = match section.text("rotate").as_deref().map(str::trim) {
            None | Some("daily") => true,
            Some("never") => false,
            Some(other) => {
                section.wrong("rotate", not_allowed(other, &["daily", "never"]));
                true
            }
        };
        let rotate_bytes = section.bytes("rotate_size", SMALLEST);
        let compress = match section.text("compress") {
            None => Compress::None,
            Some(name) => {
                let found = Compress::ALL.into_iter().find(|one| one.name() == name.trim());
                found.unwrap_or_else(|| {
                    section
                        .wrong("compress", not_allowed(&name, &Compress::ALL.map(Compress::name)));
                    Compress::None
                })
            }
        };
        let keep = section.span("keep", Duration::from_secs(86_400));
        let keep_files = match section.number("keep_files") {
            None => None,
            Some(number) => {
                let number = u32::try_from(number).ok().filter(|number| *number > 0);
                if number.is_none() {
                    section.wrong("keep_files", "write at least 1, or remove the line");
                }
                number
            }
        };
        Some(Self { path: path?, daily, rotate_bytes, compress, keep, keep_files })
    }
}

fn unknown_words(path: &str) -> Result<(), String> {
    let mut rest = path;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((word, behind)) = after.split_once('}') else {
            return Err("a { without its } stands in it".to_owned());
        };
        if !WORDS.contains(&word) {
            return Err(not_allowed(word, &WORDS));
        }
        rest = behind;
    }
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        return Err("this is a folder; name a file in it, such as duo.jsonl".to_owned());
    }
    Ok(())
}
