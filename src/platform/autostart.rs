//! Starting the collector when its user logs in: on, off, and which of both.
//!
//! Promises: only this user's own registration is touched, and only that of one home; a program
//! that has moved since counts as not registered, so that registering again mends it; paths with
//! spaces, quotes and other surprises arrive as they are.
//!
//! - Absent: not registered.
//! - Unreadable: not registered; registering tells why it cannot.
//! - Left over from a crash: each system takes an entry as a whole.

use std::ffi::OsString;
#[cfg(not(windows))]
use std::path::Path;
use std::path::PathBuf;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::autostart_of_system as system;
use super::program;
#[cfg(not(windows))]
use crate::base::files;
use crate::base::{Home, Problem};

#[cfg(target_os = "linux")]
pub use system::desktop_entry;

/// Whether the collector of a home starts at login.
pub fn is_registered(home: &Home) -> bool {
    Entry::of(home).is_ok_and(|entry| system::is_registered(&entry))
}

/// Lets the collector of a home start at login.
pub fn register(home: &Home) -> Result<(), Problem> {
    let advice = "start the collector by hand: duo-integrator collect";
    let entry = Entry::of(home)
        .map_err(|error| Problem::new(NOT_REGISTERED).because(error).next(advice))?;
    system::register(&entry).map_err(|reason| {
        Problem::new(NOT_REGISTERED).because(reason).next(format!("mend that, or {advice}"))
    })
}

/// Takes that back; what is not registered is as good as removed.
pub fn remove(home: &Home) -> Result<(), Problem> {
    let told = |reason: String| {
        Problem::new("The start at login cannot be removed")
            .because(reason)
            .next("remove it in the settings of the desktop")
    };
    let entry = Entry::of(home).map_err(|error| told(error.to_string()))?;
    system::remove(&entry).map_err(told)
}

const NOT_REGISTERED: &str = "The collector cannot be started at login";

/// What is started at login, and under what name.
pub(super) struct Entry {
    /// The program.
    pub program: PathBuf,
    /// Its words.
    pub arguments: Vec<OsString>,
    /// Tells the entry of one home from that of another; `None` is the user's usual home.
    pub suffix: Option<String>,
}

impl Entry {
    fn of(home: &Home) -> std::io::Result<Self> {
        let own = home.arguments();
        let suffix = own.last().map(|root| {
            let digest = Sha256::digest(root.as_encoded_bytes());
            HEXLOWER.encode(digest.get(..4).unwrap_or_default())
        });
        let mut arguments = vec![OsString::from("collect")];
        arguments.extend(own);
        Ok(Self { program: program::path()?, arguments, suffix })
    }

    /// `base`, or `base-1a2b3c4d` for a home of its own.
    pub fn name(&self, base: &str) -> String {
        match &self.suffix {
            Some(suffix) => format!("{base}-{suffix}"),
            None => base.to_owned(),
        }
    }

    /// The program and its words as text, which is all that entries can hold.
    pub fn words(&self) -> Result<Vec<&str>, String> {
        let all = std::iter::once(self.program.as_os_str())
            .chain(self.arguments.iter().map(OsString::as_os_str));
        all.map(|word| {
            word.to_str().ok_or_else(|| {
                format!("a path is not text and cannot be written down: {}", word.display())
            })
        })
        .collect()
    }
}

/// Writes an entry where entries are files.
#[cfg(not(windows))]
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), String> {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    written
        .and_then(|()| files::replace(path, text.as_bytes()))
        .map_err(|error| format!("{error}: {}", path.display()))
}

/// Removes such a file; one that is not there is as good as removed.
#[cfg(not(windows))]
pub(super) fn remove_file(path: &Path) -> Result<(), String> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{error}: {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_home_has_an_entry_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"]
            .map(|name| Entry::of(&Home::under(&folder.path().join(name))).unwrap());
        assert_ne!(one.name("x"), other.name("x"));
        let root = folder.path().join("one");
        assert_eq!(one.words().unwrap()[1..], ["collect", "--home", root.to_str().unwrap()]);
        if let Ok(usual) = Home::find(None) {
            let usual = Entry::of(&usual).unwrap();
            assert_eq!((usual.name("x"), usual.arguments.len()), ("x".to_owned(), 1));
        }
    }
}
