//! Ends what a test started, and what that started in turn: also those that left their process
//! group, lost their parent or turned themselves into daemons.
//!
//! Each program of a session carries the session's folder in its environment, and so do its
//! children. A process that carries another folder, or none, is never touched.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The variable that says to which session a process belongs.
pub const MARK: &str = "TEST_SESSION";

/// How long killed processes may take to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends all processes of a session, and waits until they are gone.
pub fn end_all_marked(folder: &Path) {
    let start = Instant::now();
    loop {
        let left = marked(folder);
        if left.is_empty() || start.elapsed() > PATIENCE {
            return;
        }
        let mut kill = Command::new("kill");
        kill.arg("-KILL").args(left.iter().map(u32::to_string));
        // One that has gone by itself meanwhile is no reason to complain.
        let _ = kill.stderr(Stdio::null()).status();
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes of a session that are still alive.
pub fn marked(folder: &Path) -> Vec<u32> {
    let mark = [MARK.as_bytes(), b"=", folder.as_os_str().as_bytes()].concat();
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    let ids = all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| *id != std::process::id() && carries(*id, &mark)).collect()
}

/// Whether a process has this in its environment. A dead one that nobody has waited for has none.
fn carries(id: u32, mark: &[u8]) -> bool {
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == mark)
}
