//! Where everything lives: one home with a config, a data and a state folder.
//!
//! Promises: finding a home touches no disk; [`Home::prepare`] creates the folders for their owner
//! only and tells at once when nothing can be written there.
//!
//! - Absent: the folders are created.
//! - Unreadable or read-only: a [`Problem`] names the folder. A read-only config folder is fine:
//!   containers mount it that way.
//! - Left over from a crash: nothing here changes, so there is nothing to repair.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use directories::{ProjectDirs, UserDirs};

use super::{Problem, files};

/// Where a person's own files go unless they say otherwise: the folder for downloads, else the one
/// for documents, else the user's own.
pub fn downloads() -> Option<PathBuf> {
    let dirs = UserDirs::new()?;
    let there = |folder: &&Path| folder.is_dir();
    let folder = dirs.download_dir().filter(there).or(dirs.document_dir().filter(there));
    Some(folder.unwrap_or(dirs.home_dir()).to_owned())
}

/// Moves everything under one folder, like `--home`.
pub const HOME_VARIABLE: &str = "DUO_INTEGRATOR_HOME";

/// The name of the folders below the operating system's per-user folders.
const FOLDER: &str = "duo-integrator";

/// The three folders everything lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// What a person edits.
    pub config: PathBuf,
    /// The records.
    pub data: PathBuf,
    /// What the program needs to go on where it stopped, and its own log.
    pub state: PathBuf,
}

impl Home {
    /// The home given on the command line, else the one in the environment, else the operating
    /// system's folders for this user.
    pub fn find(given: Option<&Path>) -> Result<Self, Problem> {
        let from_environment =
            std::env::var_os(HOME_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        match given.map(Path::to_owned).or(from_environment) {
            Some(root) => {
                let root = std::path::absolute(&root).map_err(|error| {
                    Problem::new("The home folder cannot be used")
                        .because(error)
                        .next(format!("give --home another folder than {}", root.display()))
                })?;
                Ok(Self::under(&root))
            }
            None => Self::of_this_user(),
        }
    }

    /// Everything under one folder.
    pub fn under(root: &Path) -> Self {
        Self { config: root.join("config"), data: root.join("data"), state: root.join("state") }
    }

    fn of_this_user() -> Result<Self, Problem> {
        let dirs = ProjectDirs::from("", "", FOLDER).ok_or_else(|| {
            Problem::new("This user has no home folder")
                .next(format!("name a folder with --home DIR or {HOME_VARIABLE}"))
        })?;
        if let Some(state) = dirs.state_dir() {
            return Ok(Self {
                config: dirs.config_dir().to_owned(),
                data: dirs.data_dir().to_owned(),
                state: state.to_owned(),
            });
        }
        // Windows and macOS know no state folder. The records of one machine are no use on
        // another, so nothing goes to the part of the profile that roams.
        let local = dirs.data_local_dir();
        let root = if cfg!(windows) { local.parent().unwrap_or(local) } else { local };
        Ok(Self::under(root))
    }

    /// What a person edits: `config/settings.toml`.
    pub fn settings_file(&self) -> PathBuf {
        self.config.join("settings.toml")
    }

    /// The settings as they were when they could last be read: `state/settings-last-good.toml`.
    pub fn last_good_settings_file(&self) -> PathBuf {
        self.state.join("settings-last-good.toml")
    }

    /// What a person switched on and off in the knowledge packs: `config/knowledge.toml`.
    pub fn knowledge_file(&self) -> PathBuf {
        self.config.join("knowledge.toml")
    }

    /// Knowledge packs that a person imported: `data/packs`.
    pub fn packs_dir(&self) -> PathBuf {
        self.data.join("packs")
    }

    /// The store: `data/events.db`.
    pub fn store_file(&self) -> PathBuf {
        self.data.join("events.db")
    }

    /// The program's own log: `state/logs`.
    pub fn log_dir(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// What was learned about Duo's limits: `state/pace.json`.
    pub fn pace_file(&self) -> PathBuf {
        self.state.join("pace.json")
    }

    /// Which reports were made by themselves: `state/reports.json`.
    pub fn reports_file(&self) -> PathBuf {
        self.state.join("reports.json")
    }

    /// What the window remembers from one start to the next: `state/window.json`.
    pub fn window_file(&self) -> PathBuf {
        self.state.join("window.json")
    }

    /// Held by the one collector of this home: `state/collector.lock`.
    pub fn lock_file(&self) -> PathBuf {
        self.state.join("collector.lock")
    }

    /// Whether a person paused collection, and until when: `state/pause.json`.
    pub fn pause_file(&self) -> PathBuf {
        self.state.join("pause.json")
    }

    /// That a newer version of this program exists: `state/newer-version.json`.
    pub fn newer_file(&self) -> PathBuf {
        self.state.join("newer-version.json")
    }

    /// What a program of ours has to be started with to work in this home: nothing where it is the
    /// user's own, else `--home DIR`.
    pub fn arguments(&self) -> Vec<OsString> {
        if Self::of_this_user().is_ok_and(|usual| usual == *self) {
            return Vec::new();
        }
        match self.config.parent() {
            Some(root) if Self::under(root) == *self => vec!["--home".into(), root.into()],
            _ => Vec::new(),
        }
    }

    /// Held by the one window of this home: `state/window.lock`.
    pub fn window_lock_file(&self) -> PathBuf {
        self.state.join("window.lock")
    }

    /// Creates the folders for their owner only, and finds out whether they can be used.
    pub fn prepare(&self) -> Result<(), Problem> {
        for (name, folder, must_be_writable) in [
            ("config", &self.config, false),
            ("data", &self.data, true),
            ("state", &self.state, true),
        ] {
            let there = folder.is_dir();
            match files::create_private_dir(folder) {
                Ok(()) => {}
                // A mounted folder may belong to someone else; whether it can be used shows below.
                Err(error) if there => tracing::debug!(
                    "the {name} folder cannot be closed to others ({error}): {}",
                    folder.display()
                ),
                Err(error) => return Err(unusable(name, folder, "created", &error)),
            }
            if must_be_writable {
                files::check_writable(folder)
                    .map_err(|error| unusable(name, folder, "written to", &error))?;
            }
        }
        Ok(())
    }
}

fn unusable(name: &str, folder: &Path, what: &str, error: &io::Error) -> Problem {
    Problem::new(format!("The {name} folder cannot be {what}")).because(error).next(format!(
        "choose another place with --home DIR or {HOME_VARIABLE}, or make this folder writable for \
         the user who runs the program: {}",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_home_holds_everything() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::find(Some(root.path())).unwrap();
        assert_eq!(home, Home::under(root.path()));
        assert_eq!(home.settings_file(), root.path().join("config/settings.toml"));
        assert_eq!(home.store_file(), root.path().join("data/events.db"));
        assert_eq!(home.log_dir(), root.path().join("state/logs"));
        home.prepare().unwrap();
        home.prepare().unwrap();
        assert!(home.config.is_dir() && home.data.is_dir() && home.state.is_dir());
        assert_eq!(std::fs::read_dir(&home.data).unwrap().count(), 0, "the probe is gone");
    }

    #[test]
    fn a_relative_home_becomes_absolute() {
        let home = Home::find(Some(Path::new("somewhere"))).unwrap();
        assert!(home.data.is_absolute() && home.data.ends_with("somewhere/data"));
    }

    #[test]
    fn a_home_of_its_own_has_to_be_named_and_the_usual_one_need_not_be() {
        let root = tempfile::tempdir().unwrap();
        let named: [OsString; 2] = ["--home".into(), root.path().into()];
        assert_eq!(Home::under(root.path()).arguments(), named);
        if let Ok(usual) = Home::of_this_user() {
            assert!(usual.arguments().is_empty());
        }
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_named() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("data"), "a file in the way").unwrap();
        let problem = Home::under(root.path()).prepare().unwrap_err();
        assert_eq!(problem.what, "The data folder cannot be created");
        assert!(problem.next.unwrap().contains("--home DIR"));
    }
}
