//! `report`: what can be handed to somebody, made now or on a schedule.

mod schedule;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Stdout};
use super::{Done, Failed, known};
use crate::base::words::counted;
use crate::base::{Home, Problem, UnixMillis};
use crate::knowledge::Origin;
use crate::reports::{self, Format, Request, Zone};
use crate::store::Reader;

#[derive(Subcommand)]
pub enum Report {
    /// List the reports there are
    List(List),
    /// Write a report
    Run(Run),
    /// Have reports made every day, week or month
    #[command(subcommand)]
    Schedule(schedule::Schedule),
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
        Report::Schedule(schedule) => schedule::run(schedule, home),
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
        threads: None,
        stop: None,
        read: None,
    };
    let Some(output) = &run.output else {
        return match reports::run(&request, &knowledge, &reader, Stdout, &std::env::temp_dir()) {
            // A reader that stops reading is no error.
            Err(_) if out::is_closed() => Ok(()),
            done => done.map(|_| ()).map_err(Failed::from),
        };
    };
    let summary = reports::run_to_file(&request, &knowledge, &reader, output)?;
    out::tell(&format!("{}: {}", counted(summary.rows, "row"), output.display()));
    Ok(())
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
