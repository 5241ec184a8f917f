//! What the window remembers from one start to the next: its size, the page it was left on, the
//! range of time, how a person arranged a page.
//!
//! Promises: looking up and remembering never wait for the disk; what was remembered is written
//! within a second, and when the window closes at the latest; nothing in here decides what is
//! collected or sent.
//!
//! It is one file, `state/window.json`: a version, and a value of any form for each key. A page keeps
//! what it likes under a key that begins with its name: `events.columns`.
//!
//! - Absent: nothing is remembered yet; every page has its defaults.
//! - Unreadable, or of a later version: the same, with a line in the log; the next thing remembered
//!   replaces the file. A value a page cannot read is absent for that page.
//! - Left over from a crash: at most the last second is missing.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::{Home, files};

const VERSION: u32 = 1;

/// What changes within this time is written together.
const TOGETHER: Duration = Duration::from_millis(500);

/// What the window remembers.
pub(super) struct Kept {
    path: PathBuf,
    values: RefCell<BTreeMap<String, Value>>,
    writing: RefCell<Option<Writing>>,
}

/// The thread that writes.
struct Writing {
    texts: Sender<Vec<u8>>,
    thread: JoinHandle<()>,
}

#[derive(Deserialize, Serialize)]
struct Contents {
    version: u32,
    values: BTreeMap<String, Value>,
}

impl Kept {
    /// Reads the file. Blocks for a moment: once, before the first frame.
    pub fn read(home: &Home) -> Self {
        let path = home.window_file();
        let values = read(&path).unwrap_or_else(|why| {
            tracing::warn!(%why, "what the window remembers cannot be read, so it begins anew");
            BTreeMap::new()
        });
        Self { path, values: RefCell::new(values), writing: RefCell::default() }
    }

    /// What is remembered under a key; `None` when there is nothing, or nothing of this form.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        T::deserialize(self.values.borrow().get(key)?).ok()
    }

    /// Remembers something, and has it written when it is new.
    pub fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) {
        let Ok(value) = serde_json::to_value(value) else {
            tracing::error!(key, "the window cannot remember this");
            return;
        };
        let before = self.values.borrow_mut().insert(key.to_owned(), value.clone());
        if before != Some(value) {
            self.write();
        }
    }

    /// Remembers it no longer.
    pub fn forget(&self, key: &str) {
        let before = self.values.borrow_mut().remove(key);
        if before.is_some() {
            self.write();
        }
    }

    fn write(&self) {
        let contents = Contents { version: VERSION, values: self.values.borrow().clone() };
        let Ok(text) = serde_json::to_vec_pretty(&contents) else { return };
        let mut writing = self.writing.borrow_mut();
        if writing.is_none() {
            *writing = start(self.path.clone());
        }
        if let Some(writing) = writing.as_ref() {
            let _ = writing.texts.send(text);
        }
    }
}

impl Drop for Kept {
    /// Waits until everything is written.
    fn drop(&mut self) {
        if let Some(Writing { texts, thread }) = self.writing.take() {
            drop(texts);
            let _ = thread.join();
        }
    }
}

fn read(path: &Path) -> Result<BTreeMap<String, Value>, String> {
    let Some(bytes) = files::read_if_there(path).map_err(|error| error.to_string())? else {
        return Ok(BTreeMap::new());
    };
    let contents: Contents = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if contents.version != VERSION {
        return Err(format!("it has version {}", contents.version));
    }
    Ok(contents.values)
}

fn start(path: PathBuf) -> Option<Writing> {
    let (texts, receiver) = channel();
    let write = move || write_all(&path, &receiver);
    match std::thread::Builder::new().name("window-kept".to_owned()).spawn(write) {
        Ok(thread) => Some(Writing { texts, thread }),
        Err(error) => {
            tracing::warn!(%error, "the window could not start a thread to remember things");
            None
        }
    }
}

/// Writes the newest text again and again, until there will be no more.
fn write_all(path: &Path, texts: &Receiver<Vec<u8>>) {
    while let Ok(mut text) = texts.recv() {
        let end = std::time::Instant::now() + TOGETHER;
        let is_over = loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            match texts.recv_timeout(left) {
                Ok(newer) => text = newer,
                Err(RecvTimeoutError::Timeout) => break false,
                Err(RecvTimeoutError::Disconnected) => break true,
            }
        };
        if let Err(error) = files::replace(path, &text) {
            tracing::warn!(%error, path = %path.display(), "what the window remembers was not written");
        }
        if is_over {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        (folder, home)
    }

    #[test]
    fn what_is_remembered_is_there_at_the_next_start() {
        let (_folder, home) = home();
        let kept = Kept::read(&home);
        assert_eq!(kept.get::<Vec<u8>>("events.columns"), None);
        kept.set("events.columns", &[1, 2]);
        kept.set("page", "events");
        kept.set("gone", &true);
        kept.forget("gone");
        assert_eq!(kept.get("events.columns"), Some(vec![1, 2]), "at once");
        drop(kept);
        let kept = Kept::read(&home);
        assert_eq!(kept.get("events.columns"), Some(vec![1, 2]));
        assert_eq!(kept.get::<String>("page").as_deref(), Some("events"));
        assert_eq!(kept.get::<bool>("gone"), None);
    }

    #[test]
    fn it_is_written_while_the_window_is_open() {
        let (_folder, home) = home();
        let kept = Kept::read(&home);
        kept.set("page", "events");
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !home.window_file().exists() {
            assert!(std::time::Instant::now() < end, "nothing was written");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(Kept::read(&home).get::<String>("page").as_deref(), Some("events"));
    }

    #[test]
    fn what_cannot_be_read_is_begun_anew() {
        for text in ["{", "[]", r#"{"version":2,"values":{"page":"events"}}"#] {
            let (_folder, home) = home();
            std::fs::write(home.window_file(), text).unwrap();
            let kept = Kept::read(&home);
            assert_eq!(kept.get::<String>("page"), None, "{text}");
            kept.set("page", "alerts");
            drop(kept);
            assert_eq!(Kept::read(&home).get::<String>("page").as_deref(), Some("alerts"));
        }
    }

    #[test]
    fn a_value_of_another_form_is_absent() {
        let (_folder, home) = home();
        let kept = Kept::read(&home);
        kept.set("page", &7);
        assert_eq!(kept.get::<String>("page"), None);
        assert_eq!(kept.get::<u8>("page"), Some(7));
    }

    #[test]
    fn nothing_new_writes_nothing() {
        let (_folder, home) = home();
        let kept = Kept::read(&home);
        kept.forget("page");
        assert!(kept.writing.borrow().is_none());
        kept.set("page", &7);
        drop(kept);
        let kept = Kept::read(&home);
        kept.set("page", &7);
        assert!(kept.writing.borrow().is_none());
    }
}
