//! The settings as they were when they could last be read: a way back from a slip in an editor.
//!
//! Promises: only settings without a mistake are kept; restoring them loses nothing of what is there,
//! because that is put beside the file.
//!
//! - Absent: there is no way back, and none is offered.
//! - Unreadable, or wrong by now: the same.
//! - Left over from a crash: the copy is replaced as a whole.

use std::fs;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::{Settings, read_text};
use crate::base::{Home, Problem, UnixMillis, files};

/// Settings that can be gone back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastGood {
    /// When they were kept.
    pub at: UnixMillis,
    /// How many accounts they hold.
    pub accounts: usize,
}

/// Keeps the settings of a home as they are, if there is no mistake in them.
pub fn keep_good(home: &Home) -> Result<(), Problem> {
    let Some(text) = read_text(home)? else { return Ok(()) };
    Settings::parse(&text, home)?;
    let path = home.last_good_settings_file();
    if files::read_if_there(&path).is_ok_and(|kept| kept.as_deref() == Some(text.as_bytes())) {
        return Ok(());
    }
    files::replace(&path, text.as_bytes()).map_err(|error| {
        Problem::new("The settings cannot be kept for going back to them")
            .because(error)
            .next(format!("make this file and its folder writable: {}", path.display()))
    })
}

/// What can be gone back to; `None` when there is nothing.
pub fn last_good(home: &Home) -> Option<LastGood> {
    let settings = Settings::parse(&kept(home)?, home).ok()?;
    let changed = fs::metadata(home.last_good_settings_file()).ok()?.modified().ok()?;
    let at = changed.duration_since(UNIX_EPOCH).ok()?.as_millis();
    let at = UnixMillis(i64::try_from(at).ok()?);
    Some(LastGood { at, accounts: settings.accounts.len() })
}

/// Puts the kept settings in the place of the file, and what was there beside it. Tells where.
pub fn restore_good(home: &Home) -> Result<PathBuf, Problem> {
    let text = kept(home).ok_or_else(|| {
        Problem::new("There are no settings to go back to")
            .next(format!("correct this file: {}", home.settings_file().display()))
    })?;
    let path = home.settings_file();
    let aside = path.with_file_name("settings-broken.toml");
    let swap = || {
        if let Some(broken) = files::read_if_there(&path)? {
            files::replace(&aside, &broken)?;
        }
        files::replace(&path, text.as_bytes())
    };
    swap().map_err(|error| {
        Problem::new("The settings cannot be restored")
            .because(error)
            .next(format!("make this folder writable: {}", home.config.display()))
    })?;
    Ok(aside)
}

fn kept(home: &Home) -> Option<String> {
    let bytes = files::read_if_there(&home.last_good_settings_file()).ok()??;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_can_be_gone_back_from_and_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        keep_good(&home).unwrap();
        assert_eq!(last_good(&home), None);
        restore_good(&home).unwrap_err();

        let good = "version = 1\n# mine\n[collection]\nkeep = \"9d\"\n";
        fs::write(home.settings_file(), good).unwrap();
        keep_good(&home).unwrap();
        let broken = "version = 1\n[collection]\nkeep = \"9 moons\"\n";
        fs::write(home.settings_file(), broken).unwrap();
        keep_good(&home).unwrap_err();
        assert_eq!(last_good(&home).map(|kept| kept.accounts), Some(0));

        let aside = restore_good(&home).unwrap();
        assert_eq!(fs::read_to_string(home.settings_file()).unwrap(), good);
        assert_eq!(fs::read_to_string(aside).unwrap(), broken);
    }

    #[test]
    fn what_is_kept_and_wrong_by_now_is_not_offered() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        fs::write(home.last_good_settings_file(), "version = 99\n").unwrap();
        assert_eq!(last_good(&home), None);
    }
}
