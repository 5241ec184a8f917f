//! Starts this same program again, as a process that lives on by itself.
//!
//! Promises: what is started survives the end of whoever started it and the closing of its
//! terminal; it reads and writes no terminal; once it ends, nothing of it stays behind. A window is
//! never handed the secret key; a collector may need it.

use std::io;
use std::process::{Command, Stdio};
use std::thread;

use super::program;
use crate::base::{Home, Problem};
use crate::secrets;

/// Starts the collector of a home.
pub fn collector(home: &Home) -> Result<(), Problem> {
    start("The collector could not be started", &["collect"], home, |_| {})
}

/// Starts the window of a home; one that is there already comes to the front.
pub fn window(home: &Home) -> Result<(), Problem> {
    start("The window could not be opened", &[], home, |command| {
        secrets::scrub(command);
    })
}

fn start(
    failure: &str,
    words: &[&str],
    home: &Home,
    prepare: impl FnOnce(&mut Command),
) -> Result<(), Problem> {
    let told = |error| {
        let problem = Problem::new(failure).because(error);
        problem.next("see whether the program is still where it was, and start it by hand")
    };
    let mut command = Command::new(program::path().map_err(told)?);
    command.args(words).args(home.arguments());
    prepare(&mut command);
    let pid = detached(command).map_err(told)?;
    tracing::debug!(pid, "started {words:?}");
    Ok(())
}

/// Starts any program so; gives its process id.
pub fn detached(mut command: Command) -> io::Result<u32> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    detach(&mut command);
    let mut child = command.spawn()?;
    let pid = child.id();
    // Somebody has to take note of its end, or it stays as a zombie. Without the thread it stays
    // until this program ends, which does no harm either.
    let _ = thread::Builder::new().name("started".to_owned()).spawn(move || child.wait());
    Ok(pid)
}

/// A process group of its own: the terminal's signals go to another one.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    command.current_dir("/");
}

/// No console, and no Ctrl-C from one.
/// Source: <https://learn.microsoft.com/windows/win32/procthread/process-creation-flags>.
#[cfg(windows)]
fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt;
    const DETACHED_PROCESS: u32 = 0x0000_0008;
    const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
    command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
}
