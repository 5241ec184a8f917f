//! The collector as a service of Windows, for servers where nobody is logged in.
//!
//! Promises: one service on a computer, under a fixed name, with a home of its own that only it and
//! administrators can read; it starts with the computer and again after a failure; asked to stop, it
//! ends as a collector does, with everything stored. Linux and macOS have managers of their own that
//! take a file: there each call says which.
//!
//! The account is `LocalService`, which has the fewest rights and no password to look after. Other
//! services of Windows use it too, so the home is opened to this one service by its own identity
//! (its SID), not to the account.
//!
//! - Absent: [`State::NotInstalled`].
//! - Unreadable: a [`Problem`]; mostly the caller is no administrator.
//! - Left over from a crash: Windows registers a service as a whole; installing again mends the rest.

use std::ffi::OsString;
use std::path::PathBuf;

use super::service_of_system as system;
use crate::base::Problem;

/// What the system calls the service.
pub const NAME: &str = "duo-integrator";

/// How the service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There is no such service.
    NotInstalled,
    /// It does not run.
    Stopped,
    /// It is about to run.
    Starting,
    /// It runs.
    Running,
    /// It is about to end.
    Stopping,
}

impl State {
    /// The fixed word: `not_installed`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotInstalled => "not_installed",
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
        }
    }
}

/// The root of the service's home: `%PROGRAMDATA%\duo-integrator`.
pub fn root() -> Result<PathBuf, Problem> {
    system::root()
}

/// Registers this program as the service, and opens `root` to it and to administrators alone.
/// One that is there already is brought up to date.
pub fn install(root: &std::path::Path) -> Result<(), Problem> {
    system::install(root)
}

/// Ends the service and takes its registration back. Whether there was one. Its home stays.
pub fn remove() -> Result<bool, Problem> {
    system::remove()
}

/// Starts the service, and waits until it runs. `words` reach [`run`] in memory and are written
/// nowhere.
pub fn start(words: &[OsString]) -> Result<(), Problem> {
    system::start(words)
}

/// Asks the service to end, and waits until it has.
pub fn stop() -> Result<(), Problem> {
    system::stop()
}

/// How the service stands.
pub fn state() -> Result<State, Problem> {
    system::state()
}

/// Is the service, from now until it is asked to end: only for a process that the system's manager
/// of services has started. `work` gets the words of the start, calls what it is given besides once
/// it is at work, and returns when [`listen_for_stop`](super::signals::listen_for_stop) says so.
pub fn run(
    work: impl FnOnce(Vec<OsString>, &dyn Fn()) -> Result<(), Problem> + Send + 'static,
) -> Result<(), Problem> {
    system::run(Box::new(work))
}

/// What a service does.
pub(super) type Work = Box<dyn FnOnce(Vec<OsString>, &dyn Fn()) -> Result<(), Problem> + Send>;
