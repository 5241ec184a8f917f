//! What a report's file is called, and where there is room for it.

use std::path::{Path, PathBuf};

use super::{Format, Zone};
use crate::base::UnixMillis;

/// `authentication-failed Contoso 2026-11-22.pdf`: the report, the account when it is about one
/// only, and the time it covers.
pub fn file_name(id: &str, account: Option<&str>, when: &str, format: Format) -> String {
    let account = account.map(|name| {
        let allowed = |letter: char| !letter.is_control() && !"<>:\"/\\|?*".contains(letter);
        let name: String = name.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
        format!(" {}", name.trim())
    });
    format!("{id}{} {when}.{format}", account.unwrap_or_default())
}

/// The days that a range touches: `2026-11-16 to 2026-11-22`, or one of them.
pub fn days(since: UnixMillis, until: UnixMillis, zone: &Zone) -> String {
    let (first, last) = (zone.civil(since).date(), zone.civil(until).date());
    if first == last { first.to_string() } else { format!("{first} to {last}") }
}

/// The path of a new file: a number goes behind the name where there is one of that name already.
pub fn free_path(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    if !path.exists() {
        return path;
    }
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    (2_u32..)
        .map(|number| folder.join(format!("{stem} ({number}).{ending}")))
        .find(|path| !path.exists())
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_hold_no_letters_that_a_system_forbids() {
        let name = file_name("login-failed", Some("A/B: C"), "2026-10", Format::Csv);
        assert_eq!(name, "login-failed A-B- C 2026-10.csv");
        assert_eq!(file_name("a", None, "2026-10", Format::Pdf), "a 2026-10.pdf");
    }

    #[test]
    fn the_days_are_those_of_the_zone() {
        let at = |text| UnixMillis::parse_rfc3339(text).unwrap();
        let (since, until) = (at("2026-11-21T23:30:00Z"), at("2026-11-22T22:00:00Z"));
        assert_eq!(days(since, until, &Zone::utc()), "2026-11-21 to 2026-11-22");
        assert_eq!(days(since, until, &Zone::find("Europe/Berlin").unwrap()), "2026-11-22");
    }

    #[test]
    fn a_file_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for wanted in ["a 1.pdf", "a 1 (2).pdf", "a 1 (3).pdf"] {
            let path = free_path(folder.path(), "a 1.pdf");
            assert_eq!(path, folder.path().join(wanted));
            std::fs::write(path, "").unwrap();
        }
    }
}
