//! Reports that are made by themselves: `[[report]]`, one section for each.
//!
//! Promises: as for all settings. Whether a report of that id exists is not asked here: a pack that
//! brings it may come and go.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use toml::{Table, Value};

use super::Mistake;
use super::account::not_allowed;
use super::section::Section;

/// When a report is made, unless a person wants it otherwise: late records have come by then.
const AT: Time = Time::constant(6, 0, 0, 0);

/// One report and when it is made, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledReport {
    /// The report's id.
    pub id: String,
    /// How much time each covers.
    pub every: Every,
    /// The time of day from which on it is made.
    pub at: Time,
    /// How it is written.
    pub format: ReportFormat,
    /// The folder it is put into.
    pub folder: Option<PathBuf>,
    /// Whom it is mailed to.
    pub mail: Vec<Mailbox>,
    /// The e-mail output whose server takes the mail; the first there is, unless named.
    pub through: Option<String>,
    /// The name of the zone of all its times; this computer's when there is none.
    pub zone: Option<String>,
    /// Only this account.
    pub account: Option<String>,
}

/// How much time a report covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// From the first to the last.
    Month,
}

impl Every {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The fixed name: `day`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }
}

/// How a report is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// A document.
    Pdf,
    /// A web page.
    Html,
    /// JSON lines, with codes instead of words.
    Jsonl,
}

impl ReportFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Csv, Self::Xlsx, Self::Pdf, Self::Html, Self::Jsonl];

    /// The name, which is the ending of file names too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Jsonl => "jsonl",
        }
    }

    /// What a mail says it is.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pdf => "application/pdf",
            Self::Html => "text/html; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
        }
    }

    /// The format a file's ending names.
    pub fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_string_lossy().to_lowercase();
        if ending == "htm" { Some(Self::Html) } else { ending.parse().ok() }
    }
}

/// The text names none of the words that may stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAllowed(String);

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAllowed {}

impl FromStr for ReportFormat {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| NotAllowed(not_allowed(text, &Self::ALL.map(Self::name))))
    }
}

impl FromStr for Every {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|every| every.name() == text);
        found.ok_or_else(|| NotAllowed(not_allowed(text, &Self::ALL.map(Self::name))))
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ScheduledReport {
    /// Checks a section as it would stand in the file. Pure; reports every mistake.
    pub fn check(table: &Table, config_dir: &Path) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        match read(table, "", config_dir, &mut mistakes) {
            Some(report) if mistakes.is_empty() => Ok(report),
            _ => Err(mistakes),
        }
    }

    /// The section as it would stand in the file.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new();
        let mut put = |key: &str, text: Option<String>| {
            if let Some(text) = text {
                table.insert(key.to_owned(), Value::String(text));
            }
        };
        put("id", Some(self.id.clone()));
        put("every", Some(self.every.to_string()));
        put("at", Some(self.at.strftime("%H:%M").to_string()));
        put("format", Some(self.format.to_string()));
        put("folder", self.folder.as_ref().map(|folder| folder.display().to_string()));
        put("zone", self.zone.clone());
        put("account", self.account.clone());
        put("through", self.through.clone());
        if !self.mail.is_empty() {
            let mail = self.mail.iter().map(|mailbox| Value::String(mailbox.to_string()));
            table.insert("mail".to_owned(), Value::Array(mail.collect()));
        }
        table
    }

    /// Where its reports go, in words.
    pub fn destination(&self) -> String {
        let folder = self.folder.as_ref().map(|folder| folder.display().to_string());
        let mail = self.mail.iter().map(ToString::to_string);
        folder.into_iter().chain(mail).collect::<Vec<_>>().join(", ")
    }
}

/// Reads the `[[report]]` sections. No two write the same files.
pub(super) fn read_all(
    tables: &[Table],
    config_dir: &Path,
    mistakes: &mut Vec<Mistake>,
) -> Vec<ScheduledReport> {
    let mut reports: Vec<ScheduledReport> = Vec::new();
    for (i, table) in tables.iter().enumerate() {
        let place = format!("report {}, ", i + 1);
        let Some(report) = read(table, &place, config_dir, mistakes) else { continue };
        let same = |other: &ScheduledReport| {
            let what = |report: &ScheduledReport| {
                (report.id.clone(), report.every, report.format, report.account.clone())
            };
            other.folder.is_some() && other.folder == report.folder && what(other) == what(&report)
        };
        if reports.iter().any(same) {
            let what = "another section puts the same report into this folder";
            mistakes.push(Mistake::at(format!("{place}folder"), what));
        }
        reports.push(report);
    }
    reports
}

fn read(
    table: &Table,
    place: &str,
    config_dir: &Path,
    mistakes: &mut Vec<Mistake>,
) -> Option<ScheduledReport> {
    let before = mistakes.len();
    let mut section = Section::new(place, table, mistakes);
    let id = section.text("id").unwrap_or_default().trim().to_owned();
    if id.is_empty() {
        section.wrong("id", "say which report; duo-integrator report list shows all");
    }
    let every = word(&mut section, "every");
    if every.is_none() && !table.contains_key("every") {
        section.wrong("every", "say how often: day, week or month");
    }
    let at = match section.text("at") {
        None => AT,
        Some(text) => time_of_day(&text).unwrap_or_else(|| {
            section.wrong("at", "write a time of the day, such as \"06:00\"");
            AT
        }),
    };
    let format = match table.contains_key("format") {
        true => word(&mut section, "format"),
        false => Some(ReportFormat::Pdf),
    };
    let folder = section.text("folder").map(|folder| config_dir.join(folder));
    let mut mail = Vec::new();
    for text in section.texts("mail").unwrap_or_default() {
        match text.parse() {
            Ok(mailbox) => mail.push(mailbox),
            Err(_) => section.wrong("mail", format!("\u{201c}{text}\u{201d} is no e-mail address")),
        }
    }
    if folder.is_none() && mail.is_empty() && !table.contains_key("mail") {
        section.wrong("folder", "say where it goes: folder, mail, or both");
    }
    let zone = section.text("zone");
    if zone.as_deref().is_some_and(|name| TimeZone::get(name.trim()).is_err()) {
        section.wrong("zone", "there is no such time zone; write a name such as Europe/Paris");
    }
    let through = section.text("through");
    let account = section.text("account");
    section.finish();
    let (every, format) = (every?, format?);
    (mistakes.len() == before).then_some(ScheduledReport {
        id,
        every,
        at,
        format,
        folder,
        mail,
        through,
        zone,
        account,
    })
}

fn word<T: FromStr<Err = NotAllowed>>(section: &mut Section<'_>, key: &'static str) -> Option<T> {
    match section.text(key)?.parse() {
        Ok(word) => Some(word),
        Err(error) => {
            section.wrong(key, error.to_string());
            None
        }
    }
}

/// `06:00`.
pub fn time_of_day(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<ScheduledReport, String> {
        let table: Table = text.parse().unwrap();
        ScheduledReport::check(&table, Path::new("/config")).map_err(|mistakes| {
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        })
    }

    #[test]
    fn what_is_not_said_is_six_in_the_morning_and_pdf() {
        let report = checked("id = \"user-management\"\nevery = \"week\"\nfolder = \"audit\"");
        let report = report.unwrap();
        assert_eq!((report.every, report.format), (Every::Week, ReportFormat::Pdf));
        assert_eq!(report.at.to_string(), "06:00:00");
        assert_eq!(report.folder.as_deref(), Some(Path::new("/config/audit")));
    }

    #[test]
    fn a_section_survives_being_written_and_read() {
        for text in [
            "id = \"a\"\nevery = \"day\"\nfolder = \"/reports\"",
            "id = \"a\"\nevery = \"month\"\nat = \"23:59\"\nformat = \"xlsx\"\nzone = \"Europe/Paris\"\n\
             account = \"Contoso\"\nthrough = \"office\"\nmail = [\"Ada <ada@example.com>\", \"bob@example.com\"]",
        ] {
            let report = checked(text).unwrap();
            let again = ScheduledReport::check(&report.to_table(), Path::new("/config"));
            assert_eq!(again, Ok(report));
        }
    }

    #[test]
    fn every_mistake_is_told() {
        let told = checked(
            "every = \"year\"\nat = \"25:00\"\nformat = \"docx\"\nmail = [\"nobody\"]\nzone = \"Mars\"\nfile = 1",
        );
        let told = told.unwrap_err();
        for key in ["id", "every", "at", "format", "mail", "zone", "file"] {
            assert!(told.contains(key), "{key}: {told}");
        }
        let told = checked("id = \"a\"\nevery = \"day\"").unwrap_err();
        assert!(told.contains("folder, mail, or both"), "{told}");
    }

    #[test]
    fn two_sections_do_not_write_the_same_files() {
        let table: Table = "id = \"a\"\nevery = \"day\"\nfolder = \"f\"".parse().unwrap();
        let mut mistakes = Vec::new();
        read_all(&[table.clone(), table], Path::new("/c"), &mut mistakes);
        assert_eq!(mistakes.len(), 1);
    }
}
