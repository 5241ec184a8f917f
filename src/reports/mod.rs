//! Reports: stored records as tables that people are handed.
//!
//! Promises: a report lists every record of its categories in its range of time, once, oldest
//! first; an act that two logs tell is one row; its columns are those of its definition, in order;
//! it names the zone its times are told in; memory does not grow with it.
//!
//! A report is knowledge (`reports/*.toml` in a pack): its columns, where their values stand in a
//! record and which words their codes have. The formats know nothing of Duo: they are given a
//! heading, rows of typed values and a summary ([`sheet`]).

mod chart;
mod columns;
mod csv;
mod fill;
mod html;
mod join;
mod jsonl;
mod pdf;
pub mod schedule;
mod select;
pub mod sheet;
mod summary;
mod xlsx;
mod zone;

use std::fmt;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use crate::base::{Problem, UnixMillis};
use crate::knowledge::{self, Item, Knowledge, Report};
use crate::store::{EventQuery, Reader};

pub use summary::Summary;
pub use zone::Zone;

use columns::{Columns, Wording};
use fill::Filling;
use select::Selection;
use sheet::{ChartHead, Heading, Sheet};
use summary::Tally;

/// How a report is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
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

impl Format {
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
        if ending == "htm" {
            return Some(Self::Html);
        }
        ending.parse().ok()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{201c}{}\u{201d} is not a format; the formats are ", self.0)?;
        f.write_str(&Format::ALL.map(Format::name).join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Which report.
    pub report: &'a Item<Report>,
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// From this instant on, inclusive.
    pub since: Option<UnixMillis>,
    /// Up to this instant, inclusive.
    pub until: UnixMillis,
    /// Whose clock times are told in.
    pub zone: Zone,
    /// How it is written down.
    pub format: Format,
    /// When it is made.
    pub now: UnixMillis,
    /// It becomes a file that people open, not a stream that a program reads.
    pub for_people: bool,
}

/// Writes a report. Formats that are not written from front to back keep unnamed temporary files in
/// `folder` meanwhile.
pub fn run<'a>(
    request: &Request<'_>,
    knowledge: &Knowledge,
    reader: &Reader,
    out: impl Write + Send + 'a,
    folder: &Path,
) -> Result<Summary, Problem> {
    let Item { id, title, reason, body: report, .. } = request.report;
    let wording = if request.format == Format::Jsonl { Wording::Codes } else { Wording::Words };
    let columns = Columns::read(report, knowledge.labels(), wording)?;
    let heads = columns.heads();
    let chart = report.chart.as_ref().map(|chart| ChartHead {
        title: chart.title.clone(),
        column: heads.iter().position(|head| head.title == chart.by),
        top: chart.top.unwrap_or(10).clamp(1, 20),
    });
    let heading = Heading {
        id: id.clone(),
        title: title.clone(),
        reason: reason.clone(),
        accounts: accounts(request, reader)?,
        since: request.since,
        until: request.until,
        zone: request.zone.clone(),
        made: request.now,
        columns: heads,
        chart: chart.clone(),
    };
    let selection = Selection::of(request.report, knowledge)?;
    let query = EventQuery {
        account: request.account.clone(),
        log_types: selection.log_types(),
        since: request.since,
        until: Some(request.until),
        ..EventQuery::default()
    };
    let out = BufWriter::with_capacity(256 * 1024, out);
    let sheet: Box<dyn Sheet + 'a> = match request.format {
        Format::Csv => Box::new(csv::Csv::start(&heading, out, request.for_people)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::start(heading, out, folder)?),
        Format::Pdf => Box::new(pdf::Pdf::start(heading, out)?),
        Format::Html => Box::new(html::Html::start(heading, out, folder)?),
        Format::Jsonl => Box::new(jsonl::JsonLines::start(&heading, out)),
    };
    let filling =
        Filling { selection: &selection, columns: &columns, join: report.join.as_deref() };
    let tally = Tally::new(chart, request.zone.clone());
    fill::run(reader, &query, &filling, tally, sheet)
}

/// The report of an id or a title, in any letter case; the title may leave out what all begin with.
pub fn find<'k>(knowledge: &'k Knowledge, name: &str) -> Result<&'k Item<Report>, Problem> {
    knowledge::find(knowledge.reports(), name, "report", "duo-integrator report list")
}

/// The accounts a report covers, in words.
fn accounts(request: &Request<'_>, reader: &Reader) -> Result<String, Problem> {
    if let Some(account) = &request.account {
        return Ok(account.clone());
    }
    let statuses = reader.statuses().map_err(|error| error.problem)?;
    let mut names: Vec<String> = statuses.into_iter().map(|status| status.account).collect();
    names.sort();
    names.dedup();
    Ok(match names.len() {
        0 => "none".to_owned(),
        1..=4 => names.join(", "),
        count => format!("all {count} accounts"),
    })
}
