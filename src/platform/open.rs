//! Opens a file or a folder with what the desktop has for it.
//!
//! Promises: nothing is waited for; what is opened outlives this program and is handed no secret.
//!
//! Sources: <https://www.freedesktop.org/wiki/Software/xdg-utils/>, `man open` on macOS,
//! <https://learn.microsoft.com/windows-server/administration/windows-commands/explorer>.

use std::path::Path;
use std::process::Command;

use super::start;
use crate::base::Problem;
use crate::secrets;

/// What a desktop opens things with.
const OPENER: &str = if cfg!(windows) {
    "explorer"
} else if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Opens a file or a folder.
pub fn path(path: &Path) -> Result<(), Problem> {
    let mut command = Command::new(OPENER);
    command.arg(path);
    secrets::scrub(&mut command);
    start::detached(command).map(|_| ()).map_err(|error| {
        Problem::new("It cannot be opened from here")
            .because(format!("{OPENER}: {error}"))
            .next(format!("open it by hand: {}", path.display()))
    })
}
