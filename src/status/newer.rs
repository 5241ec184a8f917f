//! That a newer version of this program exists, where somebody wants to know it.
//!
//! Promises: it is a line in `status` and in the window, and nothing else; nothing is downloaded. Only
//! the collector writes the file, everything else reads it.
//!
//! - Absent, unreadable, or about a version that is not newer than this one: there is nothing to tell.
//! - Left over from a crash: the file is replaced as a whole.

use std::io;

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::base::{Home, files};

/// The longest answer that is read, in bytes.
const LONGEST: usize = 1 << 20;

/// A version of this program that is newer than this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newer {
    /// `0.2.0`.
    pub version: Version,
    /// Where one can read about it.
    pub page: Option<String>,
}

impl Newer {
    /// What was found last, if it is newer than this program.
    pub fn read(home: &Home) -> Option<Self> {
        let bytes = files::read_if_there(&home.newer_file()).ok()??;
        serde_json::from_slice(&bytes).ok().filter(Self::is_newer)
    }

    /// Keeps it.
    pub fn write(&self, home: &Home) -> io::Result<()> {
        files::replace(&home.newer_file(), &serde_json::to_vec(self)?)
    }

    /// Forgets what was found.
    pub fn forget(home: &Home) -> io::Result<()> {
        match std::fs::remove_file(home.newer_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    /// What an answer says: the JSON of a release as GitHub tells it (`tag_name`, `html_url`), JSON
    /// with `version` and `page`, or a line of text with nothing but the version. `None` when it says
    /// none.
    ///
    /// Source: <https://docs.github.com/en/rest/releases/releases#get-the-latest-release>.
    pub fn told(answer: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Release {
            #[serde(alias = "tag_name")]
            version: String,
            #[serde(alias = "html_url")]
            page: Option<String>,
        }
        let text = std::str::from_utf8(answer.get(..LONGEST).unwrap_or(answer)).ok()?.trim();
        let release = serde_json::from_str(text)
            .unwrap_or_else(|_| Release { version: text.to_owned(), page: None });
        let version = Version::parse(release.version.trim().trim_start_matches('v')).ok()?;
        let page = release.page.filter(|page| page.starts_with("https://"));
        Some(Self { version, page })
    }

    /// Whether it is newer than this program.
    pub fn is_newer(&self) -> bool {
        Version::parse(env!("CARGO_PKG_VERSION")).is_ok_and(|own| self.version > own)
    }

    /// “A newer version exists: 0.2.0”.
    pub fn words(&self) -> String {
        let page = self.page.as_ref().map_or(String::new(), |page| format!(" ({page})"));
        format!("A newer version exists: {}{page}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_three_kinds_are_understood() {
        let page = "https://example.com/releases/v9.1.0";
        let github = format!(r#"{{"tag_name":"v9.1.0","html_url":"{page}","draft":false}}"#);
        let own = format!(r#"{{"version":"9.1.0","page":"{page}"}}"#);
        for answer in [github.as_str(), &own] {
            let newer = Newer::told(answer.as_bytes()).unwrap();
            assert_eq!(newer.words(), format!("A newer version exists: 9.1.0 ({page})"));
            assert!(newer.is_newer());
        }
        assert_eq!(Newer::told(b"9.1.0\n").unwrap().words(), "A newer version exists: 9.1.0");
        assert!(!Newer::told(b"0.0.1").unwrap().is_newer());
        assert!(!Newer::told(env!("CARGO_PKG_VERSION").as_bytes()).unwrap().is_newer());
        for answer in ["<html>", "", "{}", "{\"version\":\"soon\"}"] {
            assert_eq!(Newer::told(answer.as_bytes()), None, "{answer}");
        }
        let odd = Newer::told(br#"{"version":"9.0.0","page":"javascript:alert(1)"}"#).unwrap();
        assert_eq!(odd.page, None);
    }

    #[test]
    fn what_was_found_is_kept_until_this_program_is_that_new() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        assert_eq!(Newer::read(&home), None);
        let newer = Newer::told(b"9.1.0").unwrap();
        newer.write(&home).unwrap();
        assert_eq!(Newer::read(&home), Some(newer));
        Newer::told(b"0.0.1").unwrap().write(&home).unwrap();
        assert_eq!(Newer::read(&home), None);
        Newer::forget(&home).unwrap();
        Newer::forget(&home).unwrap();
    }
}
