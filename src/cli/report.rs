//! `report`: what can be handed to somebody, made now or on a schedule.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Stdout};
use super::{Done, Failed};
use crate::base::files::NewFile;
use crate::base::words::counted;
use crate::base::{Home, Problem, UnixMillis};
use crate::knowledge::{Knowledge, Origin};
use crate::reports::{self, Format, Request, Summary, Zone};
use crate::store::Reader;

#[derive(Subcommand)]
pub enum Report {
    /// List the reports there are
    List(List),
    /// Write a report
    Run(Run),
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Run {
    /// The report's id or title
    #[arg(value_name = "ID")]
    report: String,
    /// From this time on: RFC 3339, a date in the report's zone, -7d, -24h, now
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this time; now unless given
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<String>,
    /// How it is written: csv, xlsx, pdf, html or jsonl; unless given, what the file's ending says, else csv
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write to this file instead of standard output
    #[arg(long, short, value_name = "F")]
    output: Option<PathBuf>,
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Tell times in this zone, such as Europe/Berlin or UTC; this computer's unless given
    #[arg(long, value_name = "Z")]
    zone: Option<String>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    title: &'a str,
    reason: &'a str,
    columns: Vec<&'a str>,
    categories: &'a [String],
    enabled: bool,
    source: &'static str,
}

pub fn run(report: Report, home: &Home) -> Done {
    match report {
        Report::List(list) => list_all(&list, home),
        Report::Run(run) => run_one(&run, home),
    }
}

fn list_all(list: &List, home: &Home) -> Done {
    let knowledge = known(home)?;
    let reports = knowledge.reports().iter().map(|item| Listed {
        id: &item.id,
        title: &item.title,
        reason: &item.reason,
        columns: item.body.columns.iter().map(|column| column.title.as_str()).collect(),
        categories: &item.body.categories,
        enabled: item.enabled,
        source: if item.origin == Origin::Pack { "pack" } else { "user" },
    });
    let reports: Vec<_> = reports.collect();
    if list.json {
        return Ok(out::json(&reports)?);
    }
    let widest = reports.iter().map(|report| report.id.len()).max().unwrap_or(0);
    for report in &reports {
        let off = if report.enabled { "" } else { " (off)" };
        out::line(&format!("{:<widest$}  {}{off}", report.id, report.title))?;
    }
    Ok(())
}

fn run_one(run: &Run, home: &Home) -> Done {
    let knowledge = known(home)?;
    let report = reports::find(&knowledge, &run.report).map_err(Failed::Usage)?;
    let zone = match &run.zone {
        Some(name) => Zone::find(name).map_err(Failed::Usage)?,
        None => Zone::system(),
    };
    let now = UnixMillis::now();
    let when = |text: &String| zone.parse_when(text, now).map_err(Failed::Usage);
    let since = run.since.as_ref().map(when).transpose()?;
    let until = run.until.as_ref().map_or(Ok(now), when)?;
    if since.is_some_and(|since| since > until) {
        return Err(Failed::Usage(
            Problem::new("The range ends before it begins").next("swap --since and --until"),
        ));
    }
    let format =
        run.format.or_else(|| Format::of_file(run.output.as_ref()?)).unwrap_or(Format::Csv);
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        return Err(Problem::new("Nothing is stored yet")
            .next("collect first: duo-integrator collect --once")
            .into());
    };
    if let Some(account) = &run.account {
        check_account(account, &reader)?;
    }
    let request = Request {
        report,
        account: run.account.clone(),
        since,
        until,
        zone,
        format,
        now,
        for_people: run.output.is_some(),
    };
    let Some(output) = &run.output else {
        return match reports::run(&request, &knowledge, &reader, Stdout, &std::env::temp_dir()) {
            // A reader that stops reading is no error.
            Err(_) if out::is_closed() => Ok(()),
            done => done.map(|_| ()).map_err(Failed::from),
        };
    };
    let summary = to_file(&request, &knowledge, &reader, output)?;
    out::tell(&format!("{}: {}", counted(summary.rows, "row"), output.display()));
    Ok(())
}

/// What this home knows; what cannot be used of it is told.
fn known(home: &Home) -> Result<Knowledge, Problem> {
    let (knowledge, problems) = Knowledge::load(home)?;
    problems.iter().for_each(out::warn);
    Ok(knowledge)
}

/// Writes a report into a file that is whole or not there.
fn to_file(
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
    let summary =
        reports::run(request, knowledge, reader, &mut file as &mut (dyn Write + Send), folder)?;
    file.put_in_place().map_err(failed)?;
    Ok(summary)
}

fn check_account(name: &str, reader: &Reader) -> Done {
    let statuses = reader.statuses().map_err(|error| error.problem)?;
    if statuses.iter().any(|status| status.account == name) {
        return Ok(());
    }
    let mut names: Vec<String> = statuses.into_iter().map(|status| status.account).collect();
    names.sort();
    names.dedup();
    Err(Failed::Usage(
        Problem::new(format!("Nothing is stored of an account named \u{201c}{name}\u{201d}"))
            .next(format!("the accounts are: {}", names.join(", "))),
    ))
}
