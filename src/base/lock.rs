//! One collector and one window per home, even when two are started in the same instant.
//!
//! Promises: the operating system holds the lock, so it ends with its process however that ends;
//! asking whether it is held never makes a starting collector fail.
//!
//! - Absent: nobody ever collected here; the file is created.
//! - Unreadable: [`Busy::Unusable`], because two collectors at once are worse than none.
//! - Left over from a crash: the file stays, the lock does not; the process id inside is old and
//!   only ever told to people while the lock is held.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use super::{Home, Problem, files};

/// [`is_held`] holds a shared lock for an instant, so one refusal is not yet an answer.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The right to collect into a home, or to be its window, until dropped.
#[derive(Debug)]
pub struct HomeLock {
    // Closing the file releases the lock.
    _file: File,
}

/// Why the lock was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Another one works here; its process id where it can be read (not on Windows).
    Taken {
        /// The process id of the holder.
        pid: Option<u32>,
    },
    /// The lock itself cannot be used: a read-only folder, a file system without locks.
    Unusable(Problem),
}

impl HomeLock {
    /// Takes the lock of this home; the folders must be [prepared](Home::prepare).
    pub fn take(home: &Home) -> Result<Self, Busy> {
        Self::take_file(&home.lock_file(), "collector")
    }

    /// Takes the right to be the window of this home.
    pub fn take_for_window(home: &Home) -> Result<Self, Busy> {
        Self::take_file(&home.window_lock_file(), "window")
    }

    fn take_file(path: &Path, whose: &str) -> Result<Self, Busy> {
        let unusable = |error: io::Error| {
            Busy::Unusable(
                Problem::new(format!("The lock of the {whose} cannot be used"))
                    .because(error)
                    .next(format!("make this file writable: {}", path.display())),
            )
        };
        let mut file = files::open_private(path).map_err(unusable)?;
        for attempt in 1..=TRIES {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(unusable(error)),
                Err(TryLockError::WouldBlock) if attempt == TRIES => {
                    return Err(Busy::Taken { pid: read_pid(&mut file) });
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            }
        }
        file.set_len(0).map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { _file: file })
    }
}

/// Whether a collector works in this home right now. A lock that cannot be read is not held: no
/// collector could have taken it either.
pub fn is_held(home: &Home) -> bool {
    let Ok(file) = File::open(home.lock_file()) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl From<Busy> for Problem {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Unusable(problem) => problem,
            Busy::Taken { pid } => {
                let problem = Self::new("A collector is already running for this home")
                    .next("use the one that runs, stop it first, or give --home another folder");
                match pid {
                    Some(pid) => problem.because(format!("process {pid} holds its lock")),
                    None => problem,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        (folder, home)
    }

    #[test]
    fn a_second_collector_is_told_who_holds_the_home() {
        let (_folder, home) = prepared();
        assert!(!is_held(&home));
        let lock = HomeLock::take(&home).unwrap();
        assert!(is_held(&home));
        let busy = HomeLock::take(&home).unwrap_err();
        let pid = (!cfg!(windows)).then(std::process::id);
        assert_eq!(busy, Busy::Taken { pid });
        drop(lock);
        assert!(!is_held(&home));
        HomeLock::take(&home).unwrap();
    }

    #[test]
    fn a_window_and_a_collector_do_not_hinder_each_other() {
        let (_folder, home) = prepared();
        let window = HomeLock::take_for_window(&home).unwrap();
        assert!(!is_held(&home));
        let _collector = HomeLock::take(&home).unwrap();
        assert!(matches!(HomeLock::take_for_window(&home), Err(Busy::Taken { .. })));
        drop(window);
        HomeLock::take_for_window(&home).unwrap();
    }

    #[test]
    fn a_lock_file_left_by_a_crash_locks_nothing() {
        let (_folder, home) = prepared();
        std::fs::write(home.lock_file(), "4000000\nand more").unwrap();
        assert!(!is_held(&home));
        let _lock = HomeLock::take(&home).unwrap();
        let text = std::fs::read_to_string(home.lock_file()).unwrap_or_default();
        assert!(cfg!(windows) || text == format!("{}\n", std::process::id()));
    }

    #[test]
    fn asking_does_not_disturb_a_start() {
        let (_folder, home) = prepared();
        drop(HomeLock::take(&home).unwrap());
        let asking = File::open(home.lock_file()).unwrap();
        asking.try_lock_shared().unwrap();
        let release = std::thread::spawn(move || {
            std::thread::sleep(BETWEEN_TRIES);
            drop(asking);
        });
        HomeLock::take(&home).unwrap();
        release.join().unwrap();
    }

    #[test]
    fn a_folder_that_is_missing_is_a_problem_not_a_second_collector() {
        let folder = tempfile::tempdir().unwrap();
        let busy = HomeLock::take(&Home::under(folder.path())).unwrap_err();
        assert!(matches!(busy, Busy::Unusable(_)));
    }

    /// Holds the lock in a process of its own until its standard input ends.
    #[test]
    #[ignore = "the other half of the_lock_holds_across_processes"]
    fn hold_in_a_child() {
        let Some(root) = std::env::var_os("TEST_LOCK_HOME") else { return };
        let _lock = HomeLock::take(&Home::under(root.as_ref())).unwrap();
        println!("held");
        let _ = io::stdin().read_to_string(&mut String::new());
    }

    #[test]
    fn the_lock_holds_across_processes_and_ends_with_a_killed_one() {
        let (folder, home) = prepared();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "base::lock::tests::hold_in_a_child"])
            .env("TEST_LOCK_HOME", folder.path())
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let lines = io::BufRead::lines(io::BufReader::new(child.stdout.take().unwrap()));
        assert!(lines.map_while(Result::ok).any(|line| line.contains("held")));
        assert!(is_held(&home));
        let pid = (!cfg!(windows)).then(|| child.id());
        assert_eq!(HomeLock::take(&home).unwrap_err(), Busy::Taken { pid });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_held(&home));
        HomeLock::take(&home).unwrap();
    }
}
