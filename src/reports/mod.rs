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
mod naming;
mod pdf;
mod preview;
pub mod schedule;
mod select;
pub mod sheet;
mod summary;
mod xlsx;
mod zone;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};

use crate::base::files::NewFile;
use crate::base::{Problem, UnixMillis};
use crate::knowledge::{self, Item, Knowledge, Report};
use crate::record::LogType;
use crate::store::{EventQuery, Reader};

pub use crate::settings::ReportFormat as Format;
pub use naming::{days, file_name, free_path};
pub use preview::{Preview, preview};
pub use summary::Summary;
pub use zone::Zone;

use columns::{Columns, Wording};
use fill::Filling;
use select::Selection;
use sheet::{ChartHead, Heading, Sheet};
use summary::Tally;

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
    /// How many threads may turn records into rows; as many as help when `None`.
    pub threads: Option<usize>,
    /// Turns true when nobody wants it any more: the program ends, or a person cancels it.
    pub stop: Option<&'a AtomicBool>,
    /// Counts the records that were read.
    pub read: Option<&'a AtomicU64>,
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
    let prepared = Prepared::new(request, knowledge, reader)?;
    let heading = prepared.heading.clone();
    let out = BufWriter::with_capacity(256 * 1024, out);
    let sheet: Box<dyn Sheet + 'a> = match request.format {
        Format::Csv => Box::new(csv::Csv::start(&heading, out, request.for_people)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::start(heading, out, folder)?),
        Format::Pdf => Box::new(pdf::Pdf::start(heading, out)?),
        Format::Html => Box::new(html::Html::start(heading, out, folder)?),
        Format::Jsonl => Box::new(jsonl::JsonLines::start(&heading, out)),
    };
    let tally = Tally::new(prepared.heading.chart.clone(), request.zone.clone());
    fill::run(reader, &prepared.query, &prepared.filling(request), tally, sheet)
}

/// How many records a report is made of, by the sums beside them; `None` while the store sorts its
/// records anew.
pub fn records(
    request: &Request<'_>,
    knowledge: &Knowledge,
    reader: &Reader,
) -> Result<Option<u64>, Problem> {
    let prepared = Prepared::new(request, knowledge, reader)?;
    prepared.records(request, reader).map_err(|error| error.problem)
}

/// A report that is about to be read.
struct Prepared<'a> {
    columns: Columns<'a>,
    heading: Heading,
    selection: Selection,
    /// The bits of its records, where the store has marked them.
    marks: Option<u64>,
    query: EventQuery,
}

impl<'a> Prepared<'a> {
    fn new(
        request: &Request<'a>,
        knowledge: &'a Knowledge,
        reader: &Reader,
    ) -> Result<Self, Problem> {
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
            chart,
        };
        let selection = Selection::of(request.report, knowledge)?;
        let marks = selection.marks(report, knowledge, reader).map_err(|error| error.problem)?;
        let query = EventQuery {
            categories: marks.unwrap_or(0),
            account: request.account.clone(),
            log_types: selection.log_types(),
            since: request.since,
            until: Some(request.until),
            ..EventQuery::default()
        };
        Ok(Self { columns, heading, selection, marks, query })
    }

    fn filling<'f>(&'f self, request: &Request<'f>) -> Filling<'f> {
        Filling {
            selection: self.marks.is_none().then_some(&self.selection),
            columns: &self.columns,
            join: request.report.body.join.as_deref(),
            threads: request.threads,
            stop: request.stop,
            read: request.read,
        }
    }
}

/// The report of an id or a title, in any letter case; the title may leave out what all begin with.
pub fn find<'k>(knowledge: &'k Knowledge, name: &str) -> Result<&'k Item<Report>, Problem> {
    knowledge::find(knowledge.reports(), name, "report", "duo-integrator report list")
}

/// Writes a report into a file that is whole or not there.
pub fn run_to_file(
    request: &Request<'_>,
    knowledge: &Knowledge,
    reader: &Reader,
    path: &Path,
) -> Result<Summary, Problem> {
    let failed = |error: std::io::Error| {
        Problem::new("The report\u{2019}s file cannot be written")
            .because(error)
            .next(format!("check the folder and the room on the disk: {}", path.display()))
    };
    let mut file = NewFile::for_others(path).map_err(failed)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let summary = run(request, knowledge, reader, &mut file, folder)?;
    file.put_in_place().map_err(failed)?;
    Ok(summary)
}

/// The logs whose records a report lists.
pub fn log_types(report: &Item<Report>, knowledge: &Knowledge) -> Result<Vec<LogType>, Problem> {
    let types = Selection::of(report, knowledge)?.log_types();
    Ok(if types.is_empty() { LogType::ALL.to_vec() } else { types })
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
