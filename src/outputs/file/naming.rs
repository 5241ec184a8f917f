//! How files are named: a path with words in braces, the name of a file that is not written to any
//! more, and how such names are found again.
//!
//! Promises: pure; a finished file's name is told apart from every other one, so that only files of
//! this output are ever compressed or removed; names of accounts never lead out of their folder.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::UnixMillis;

/// The word that stays in a path until a day is known.
const DATE: &str = "{date}";

/// The day of an instant, in UTC: files are told apart by the same days everywhere.
pub fn day(at: UnixMillis) -> Date {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::UTC).date()
}

/// The path for an account and a log, `{date}` still in it.
pub fn expand(path: &str, account: &str, log: &str) -> String {
    path.replace("{account}", &plain(account)).replace("{log_type}", log)
}

/// The path of a day.
pub fn on_day(path: &str, day: Date) -> PathBuf {
    PathBuf::from(path.replace(DATE, &day.to_string()))
}

/// Whether a path tells the day by itself.
pub fn tells_day(path: &str) -> bool {
    path.contains(DATE)
}

/// What is put between a file's name and its ending when it is finished.
pub fn finished(path: &Path, day: Option<Date>, number: u32) -> PathBuf {
    let mut middle = day.map(|day| format!(".{day}")).unwrap_or_default();
    if number > 0 {
        middle.push_str(&format!(".{number}"));
    }
    let (stem, ending) = split(path);
    path.with_file_name(format!("{stem}{middle}{ending}"))
}

/// Of a file's name: day and number, and whether it is compressed; `None` when it is no finished
/// file of this path. `current` is the name the path has on that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its day.
    pub day: Date,
    /// Its number among those of the day.
    pub number: u32,
    /// Whether it is compressed.
    pub compressed: bool,
    /// Where it lies.
    pub path: PathBuf,
}

/// Reads a name in the folder of `path`, which is the one of `day` when it tells the day by itself.
pub fn read(path: &Path, own_day: Option<Date>, name: &str) -> Option<Finished> {
    let (stem, ending) = split(path);
    let bare = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
    let compressed = bare.is_some();
    let middle = bare.unwrap_or(name).strip_prefix(&*stem)?.strip_suffix(&*ending)?;
    let (day, number) = match own_day {
        Some(day) => (day, middle),
        None => {
            let rest = middle.strip_prefix('.')?;
            let (day, number) = (rest.get(..10)?, rest.get(10..)?);
            (exact_date(day)?, number)
        }
    };
    let number = match number {
        "" => 0,
        number => exact_number(number.strip_prefix('.')?)?,
    };
    Some(Finished { day, number, compressed, path: path.with_file_name(name) })
}

/// The day that a part of a path tells, where the pattern has `{date}`.
pub fn day_of_part(pattern: &str, part: &str) -> Option<Date> {
    let (before, _) = pattern.split_once(DATE)?;
    let day = exact_date(part.strip_prefix(before)?.get(..10)?)?;
    // It may stand there twice; both are the same day.
    (pattern.replace(DATE, &day.to_string()) == part).then_some(day)
}

fn exact_date(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.to_string() == text).then_some(day)
}

fn exact_number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

/// `duo.jsonl` is `duo` and `.jsonl`; a name without an ending is all stem.
fn split(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match name.rfind('.') {
        Some(at) if at > 0 => {
            let (stem, ending) = name.split_at(at);
            (stem.to_owned(), ending.to_owned())
        }
        _ => (name, String::new()),
    }
}

/// A name as a part of a path: without what leads elsewhere, or what Windows takes for something
/// else.
fn plain(name: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '{' | '}')
    };
    let plain: String = name.chars().map(|c| if odd(c) { '_' } else { c }).collect();
    match plain.trim_matches(['.', ' ']) {
        "" => "_".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn finished_files_are_told_from_all_others() {
        let day = date(2026, 3, 9);
        let path = Path::new("/logs/duo.jsonl");
        let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        for number in [0, 1, 12] {
            let finished = name(finished(path, Some(day), number));
            let found = read(path, None, &finished).unwrap();
            assert_eq!((found.day, found.number, found.compressed), (day, number, false));
            assert!(read(path, None, &format!("{finished}.zst")).unwrap().compressed);
        }
        for other in [
            "duo.jsonl",
            "duo.2026-03-9.jsonl",
            "duo.2026-03-09.01.jsonl",
            "duo.2026-03-09.jsonl.bak",
            "duo2.2026-03-09.jsonl",
            "duo.2026-03-09x.jsonl",
            "duo.\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}.jsonl",
        ] {
            assert_eq!(read(path, None, other), None, "{other}");
        }
        let path = Path::new("/logs/duo-2026-03-09.jsonl");
        assert_eq!(read(path, Some(day), "duo-2026-03-09.2.jsonl.gz").unwrap().number, 2);
        assert_eq!(read(path, Some(day), "duo-2026-03-10.jsonl"), None);
    }

    #[test]
    fn an_account_never_leads_out_of_its_folder() {
        assert_eq!(
            expand("/l/{account}/{log_type}", "../../etc", "activity"),
            "/l/_.._etc/activity"
        );
        assert_eq!(expand("/l/{account}", "..", "activity"), "/l/_");
        assert_eq!(expand("/l/{account}", "A/B: {date}", "x"), "/l/A_B_ _date_");
    }

    #[test]
    fn days_are_found_in_parts_of_a_path() {
        assert_eq!(day_of_part("{date}", "2026-03-09"), Some(date(2026, 3, 9)));
        assert_eq!(day_of_part("duo-{date}.jsonl", "duo-2026-03-09.jsonl"), Some(date(2026, 3, 9)));
        assert_eq!(day_of_part("duo-{date}", "duo-2026-3-9"), None);
        assert_eq!(day_of_part("duo", "duo"), None);
    }
}
