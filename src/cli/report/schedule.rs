//! `report schedule`: which reports are made by themselves, when, and where they go.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use toml::{Table, Value};

use crate::base::{Home, Problem, UnixMillis};
use crate::cli::{Done, Failed, out};
use crate::knowledge::Knowledge;
use crate::pipeline::reporting::{self, zone_of};
use crate::reports::{self, Format, schedule};
use crate::settings::{Every, Mistake, ScheduledReport, Settings, add_report, remove_report};

#[derive(Subcommand)]
pub enum Schedule {
    /// Have a report made every day, week or month, as long as the collector runs
    Add(Add),
    /// List the reports that are made by themselves
    List(List),
    /// Make a report no longer; files that were made stay
    Remove(Remove),
}

#[derive(Args)]
pub struct Add {
    /// The report's id or title
    #[arg(value_name = "ID")]
    report: String,
    /// How much time each covers: day, week or month
    #[arg(long, value_name = "SPAN")]
    every: Every,
    /// The time of day from which on it is made
    #[arg(long, value_name = "HH:MM", default_value = "06:00")]
    at: String,
    /// How it is written: csv, xlsx, pdf, html or jsonl
    #[arg(long, value_name = "FORMAT", default_value = "pdf")]
    format: Format,
    /// Put it into this folder
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Mail it to this address; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    mail: Vec<String>,
    /// The e-mail output whose server takes the mail; the first there is, unless given
    #[arg(long, value_name = "OUTPUT")]
    through: Option<String>,
    /// Days begin, and times are told, in this zone; this computer's unless given
    #[arg(long, value_name = "Z")]
    zone: Option<String>,
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Remove {
    /// The number in the list; the report's id where it stands there once
    #[arg(value_name = "NUMBER|ID")]
    which: String,
}

#[derive(Serialize)]
struct Listed<'a> {
    number: usize,
    id: &'a str,
    every: &'static str,
    at: String,
    format: &'static str,
    folder: Option<String>,
    mail: Vec<String>,
    zone: Option<&'a str>,
    account: Option<&'a str>,
    next: Option<String>,
    last: Option<String>,
    error: Option<&'a str>,
}

pub fn run(schedule: Schedule, home: &Home) -> Done {
    match schedule {
        Schedule::Add(add) => add_one(&add, home),
        Schedule::List(list) => list_all(&list, home),
        Schedule::Remove(remove) => remove_one(&remove, home),
    }
}

fn add_one(add: &Add, home: &Home) -> Done {
    let (knowledge, _) = Knowledge::load(home)?;
    let report = reports::find(&knowledge, &add.report).map_err(Failed::Usage)?;
    let mut table = Table::new();
    let mut put = |key: &str, text: Option<String>| {
        if let Some(text) = text {
            table.insert(key.to_owned(), Value::String(text));
        }
    };
    put("id", Some(report.id.clone()));
    put("every", Some(add.every.to_string()));
    put("at", Some(add.at.clone()));
    put("format", Some(add.format.to_string()));
    if let Some(folder) = &add.folder {
        // Typed from where one is; the settings are read from somewhere else.
        let folder = std::path::absolute(folder).map_err(|error| {
            Problem::new("The folder cannot be used").because(error).next("name it as a whole path")
        })?;
        put("folder", Some(folder.to_string_lossy().into_owned()));
    }
    put("zone", add.zone.clone());
    put("account", add.account.clone());
    put("through", add.through.clone());
    if !add.mail.is_empty() {
        let mail = add.mail.iter().cloned().map(Value::String).collect();
        table.insert("mail".to_owned(), Value::Array(mail));
    }
    let checked = ScheduledReport::check(&table, &home.config).map_err(wrong)?;
    add_report(home, &table)?;
    let seen = UnixMillis::now();
    let zone = zone_of(&checked)?;
    if let Some(next) = schedule::next_due(checked.every, checked.at, &zone, seen) {
        out::tell(&format!(
            "{} will be made from {} {} on, while the collector runs",
            report.title,
            zone.written(next),
            zone.name()
        ));
    }
    Ok(())
}

/// Mistakes in what was typed.
fn wrong(mistakes: Vec<Mistake>) -> Failed {
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    Failed::Usage(Problem::new("The report cannot be scheduled").because(told.join("; ")))
}

fn list_all(list: &List, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let done = reporting::Done::load(home)?;
    let now = UnixMillis::now();
    let listed = settings.reports.iter().enumerate().map(|(i, report)| {
        let progress = done.of(report);
        let next = done.next(report, now);
        Listed {
            number: i + 1,
            id: &report.id,
            every: report.every.name(),
            at: report.at.strftime("%H:%M").to_string(),
            format: report.format.name(),
            folder: report.folder.as_ref().map(|folder| folder.display().to_string()),
            mail: report.mail.iter().map(ToString::to_string).collect(),
            zone: report.zone.as_deref(),
            account: report.account.as_deref(),
            next: next.map(|time| time.to_string()),
            last: progress.and_then(|progress| progress.made).map(|time| time.to_string()),
            error: progress.and_then(|progress| progress.error.as_deref()),
        }
    });
    let listed: Vec<Listed<'_>> = listed.collect();
    if list.json {
        return Ok(out::json(&listed)?);
    }
    if listed.is_empty() {
        out::tell("No report is made by itself. Add one with: duo-integrator report schedule add");
    }
    for (item, report) in listed.iter().zip(&settings.reports) {
        let Listed { number, id, every, at, format, .. } = item;
        let to = report.destination();
        out::line(&format!("{number}  {id}, every {every} from {at} on, {format} to {to}"))?;
        if let Some(last) = &item.last {
            out::line(&format!("   last made {last}"))?;
        }
        if let Some(error) = item.error {
            out::line(&format!("   not made: {error}"))?;
        }
    }
    Ok(())
}

fn remove_one(remove: &Remove, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let wanted = remove.which.trim();
    let by_number = wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let places: Vec<usize> = match by_number {
        Some(place) => vec![place],
        None => (settings.reports.iter().enumerate())
            .filter(|(_, report)| report.id == wanted)
            .map(|(place, _)| place)
            .collect(),
    };
    let list = "see duo-integrator report schedule list";
    match places.as_slice() {
        [place] if *place < settings.reports.len() => Ok(remove_report(home, *place)?),
        [_, _, ..] => Err(Failed::Usage(
            Problem::new(format!("{wanted} is scheduled several times"))
                .next(format!("give its number; {list}")),
        )),
        _ => Err(Failed::Usage(
            Problem::new(format!("No report \u{201c}{wanted}\u{201d} is scheduled")).next(list),
        )),
    }
}
