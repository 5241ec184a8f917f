//! The real collector as a process that runs until it is told to stop, or killed.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use duo_integrator::base::lock;
use duo_integrator::record::LogType;
use duo_integrator::status::FeedState;

use super::lab::Lab;
use super::waiting::wait_for;

/// A running collector, killed when dropped.
pub struct Collector {
    child: Child,
    home: duo_integrator::base::Home,
    out: PathBuf,
    err: PathBuf,
}

impl Collector {
    /// Starts it; what it says goes to files beside the home.
    pub fn start(mut command: Command, lab: &Lab) -> Self {
        let (out, err) = (lab.folder().join("said.out"), lab.folder().join("said.err"));
        command.stdout(fs::File::create(&out).unwrap()).stderr(fs::File::create(&err).unwrap());
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        Self { child, home: lab.home.clone(), out, err }
    }

    #[cfg(unix)]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it holds the lock of its home.
    pub fn wait_until_running(&self) {
        self.wait_until("holds the lock", || lock::is_held(&self.home));
    }

    /// Waits until something is so; tells what the collector said when it never is.
    pub fn wait_until(&self, what: &str, so: impl Fn() -> bool) {
        let came = wait_for(|| so().then_some(())).is_some();
        assert!(came, "not in time: {what}\n{}", self.said());
    }

    /// Waits until everything that Duo shows in the lab is stored.
    pub fn wait_until_current(&self, lab: &Lab) {
        self.wait_until("all is current", || {
            let statuses = lab.statuses();
            let current = statuses.iter().filter(|status| status.state == FeedState::Current);
            current.count() == LogType::ALL.len()
        });
    }

    /// All it has said so far.
    pub fn said(&self) -> String {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        format!("{}{}", read(&self.out), read(&self.err))
    }

    /// Kills it without a warning.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    #[cfg(unix)]
    pub fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.wait_for_end()
    }

    /// Waits until it has ended.
    #[cfg(unix)]
    pub fn wait_for_end(&mut self) -> std::process::ExitStatus {
        let status = wait_for(|| self.child.try_wait().unwrap());
        status.unwrap_or_else(|| panic!("it does not end\n{}", self.said()))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
