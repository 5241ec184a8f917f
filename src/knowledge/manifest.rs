//! What a pack says about itself: `manifest.toml`.

use serde::{Deserialize, Serialize};

use super::Files;
use super::item::{check_date, wrong_id};
use super::mistake::Mistakes;

/// The file's name.
pub(super) const FILE: &str = "manifest.toml";

/// The format of packs that this program knows.
pub const FORMAT: i64 = 1;

/// What a pack says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name in commands, and of its file.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Which edition it is, in its maker's words.
    #[serde(default)]
    pub version: String,
    /// The day it was made.
    #[serde(default)]
    pub date: String,
    /// The format it is written in.
    pub format: i64,
}

impl Manifest {
    /// Reads a pack's manifest; what is wrong is told.
    pub(super) fn read(files: &Files, mistakes: &mut Mistakes) -> Option<Self> {
        let Some(text) = files.get(FILE) else {
            let what = "there is no such file; it says which pack this is: id, title, format = 1";
            mistakes.add(FILE, 1, what);
            return None;
        };
        let told = &mut mistakes.of(FILE, text);
        let manifest: Self = match toml::from_str(text) {
            Ok(manifest) => manifest,
            Err(error) => {
                let what = error.message().replace('\n', ", ");
                told.at_byte(error.span().map_or(0, |span| span.start), what);
                return None;
            }
        };
        if manifest.format != FORMAT {
            let what = format!(
                "this program knows format {FORMAT}, and the pack has {}; a newer program may know it",
                manifest.format
            );
            told.at("format", what);
        }
        if let Some(what) = wrong_id(&manifest.id) {
            told.at_value(&manifest.id, what);
        }
        if !manifest.date.is_empty() {
            check_date(&manifest.date, told);
        }
        Some(manifest)
    }
}
