//! What a batch was about to change: how long each file was before.
//!
//! - Absent: nothing was ever written.
//! - Unreadable: told, and nothing is written until a person removes it.
//! - Left over from a crash: that is what it is for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::{Home, Problem, files};

/// What a batch was about to change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The batch's token.
    pub token: String,
    /// Each file, and how long it was before.
    pub files: Vec<(PathBuf, u64)>,
    /// All paths that were ever written to, `{date}` still in them.
    pub paths: BTreeSet<String>,
}

impl Journal {
    /// Where the journal of an output lies.
    pub fn place(home: &Home, output: &str) -> PathBuf {
        let name =
            percent_encoding::utf8_percent_encode(output, percent_encoding::NON_ALPHANUMERIC);
        home.state.join("outputs").join(format!("{name}.json"))
    }

    /// Reads it; an empty one when there is none.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let unreadable = |reason: &dyn std::fmt::Display| {
            Problem::new("How far the output\u{2019}s files were written is not known")
                .because(reason)
                .next(format!(
                    "remove this file; some lines may be repeated then: {}",
                    path.display()
                ))
        };
        match files::read_if_there(path).map_err(|error| unreadable(&error))? {
            None => Ok(Self::default()),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| unreadable(&error)),
        }
    }

    /// Writes it; on the disk when this returns.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            files::create_private_dir(folder)?;
        }
        files::replace(path, &serde_json::to_vec(self)?)
    }
}
