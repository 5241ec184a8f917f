//! Shows a file or a folder with the program that the desktop has for it.
//!
//! Promises: what is started outlives this program, and is handed no secret; a path is never taken for
//! an option. It may block for a moment.

use std::path::Path;
use std::process::Command;

use super::start;
use crate::base::Problem;
use crate::secrets;

/// Opens a file, or a folder in the file manager.
pub fn open(path: &Path) -> Result<(), Problem> {
    let told = |reason: &dyn std::fmt::Display| {
        Problem::new("This cannot be opened from here")
            .because(reason)
            .next(format!("open it by hand: {}", path.display()))
    };
    if !path.exists() {
        return Err(told(&"it is not there"));
    }
    let path = std::path::absolute(path).map_err(|error| told(&error))?;
    let mut command = Command::new(OPENER);
    secrets::scrub(&mut command).arg(path);
    start::detached(command).map(|_| ()).map_err(|error| told(&error))
}

/// The program that knows which program opens what.
const OPENER: &str = if cfg!(windows) {
    "explorer"
} else if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let problem = open(&folder.path().join("gone.toml")).unwrap_err();
        assert!(problem.next.unwrap().ends_with("gone.toml"));
    }
}
