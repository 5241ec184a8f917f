//! Linux and macOS: their managers of services take a file that comes with the program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::service::{State, Work};
use crate::base::Problem;

pub(super) fn root() -> Result<PathBuf, Problem> {
    Err(instead())
}

pub(super) fn install(_root: &Path) -> Result<(), Problem> {
    Err(instead())
}

pub(super) fn remove() -> Result<bool, Problem> {
    Err(instead())
}

pub(super) fn start(_words: &[OsString]) -> Result<(), Problem> {
    Err(instead())
}

pub(super) fn stop() -> Result<(), Problem> {
    Err(instead())
}

pub(super) fn state() -> Result<State, Problem> {
    Err(instead())
}

pub(super) fn run(_work: Work) -> Result<(), Problem> {
    Err(instead())
}

fn instead() -> Problem {
    let problem = Problem::new("This command is for the services of Windows");
    if cfg!(target_os = "macos") {
        problem.because("on macOS a LaunchDaemon runs the collector without a user").next(
            "install it: sudo \"/Applications/Duo Security \
             Integrator.app/Contents/Resources/daemon.sh\" install",
        )
    } else {
        problem.because("on Linux systemd runs the collector without a user").next(
            "use the unit duo-integrator.service that comes with the packages: sudo systemctl \
             enable --now duo-integrator",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_says_what_to_use_instead() {
        let said = [
            root().err(),
            install(Path::new("/x")).err(),
            remove().err(),
            start(&[]).err(),
            stop().err(),
            state().err(),
            run(Box::new(|_, _| Ok(()))).err(),
        ];
        for problem in said {
            let next = problem.and_then(|problem| problem.next).unwrap();
            assert!(next.contains("systemctl") || next.contains("daemon.sh"), "{next}");
        }
    }
}
