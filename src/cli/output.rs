//! `output`: where records go and alerts are sent: added, listed, tried, removed.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde::Serialize;
use toml::{Table, Value};

use super::proxy::read_secret;
use super::{Done, Failed, block_on, out};
use crate::base::words::{ago, counted, number, span};
use crate::base::{Home, Problem, UnixMillis};
use crate::outputs::Certificate;
use crate::pipeline::doing::{Doing, doings};
use crate::pipeline::outputs;
use crate::record::LogType;
use crate::secrets;
use crate::settings::{Output, Records, Settings, output_types};
use crate::store::Reader;

#[derive(Subcommand)]
pub enum OutputCommand {
    /// List them, with what was delivered and what waits
    List(List),
    /// Add one: for records (file, syslog, …) or for messages about alerts (email, slack, …)
    Add(Box<Add>),
    /// Send a test, and tell what the other side said
    Test(Named),
    /// Make at the other side what records are kept in: a table, an index template
    Prepare(Named),
    /// Remove one, and its secret from the keychain
    Remove(Named),
    /// List the records that the other side will never take, and why
    Refused(RefusedList),
    /// Send refused records once more
    Resend(SomeOfThem),
    /// Forget refused records; they stay in the store
    Discard(SomeOfThem),
}

#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Named {
    /// The output's name
    name: String,
}

#[derive(Args)]
pub struct RefusedList {
    /// The output's name
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct SomeOfThem {
    /// The output's name
    name: String,
    /// Only this one, by its number in the list; may be given more than once
    #[arg(long = "number", value_name = "N")]
    numbers: Vec<i64>,
}

#[derive(Args)]
pub struct Add {
    /// What it is
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(output_types()))]
    kind: String,
    /// A name for it
    #[arg(long)]
    name: String,
    /// Records: the form they are handed over in: raw, ecs, ocsf, cef, leef, csv, splunk, panther
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Records: from when on: now (unless given), beginning, a date, -7d
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    start: Option<String>,
    /// Records: only those of these accounts
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    accounts: Vec<String>,
    /// Records: only those of these logs
    #[arg(long, value_name = "T,…", value_delimiter = ',')]
    log_types: Vec<String>,
    /// Records: only those in these categories, by id
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    categories: Vec<String>,
    /// Records: hand the rules' alerts over as well
    #[arg(long)]
    alerts: bool,
    /// Any key of the type, as docs/outputs.md lists them: --set path=/var/log/duo/{log_type}.jsonl
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Send alerts of these levels: informational, low, medium, high, critical
    #[arg(long, value_name = "LEVEL,…", value_delimiter = ',', conflicts_with = "least")]
    levels: Vec<String>,
    /// Send alerts of this level and graver ones; medium unless given
    #[arg(long, value_name = "LEVEL")]
    least: Option<String>,
    /// Between these times of the day send only what is grave: 22:00-07:00
    #[arg(long, value_name = "FROM-UNTIL")]
    quiet_hours: Option<String>,
    /// Whose clock tells the quiet hours: Europe/Paris; the computer's unless given
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// What is sent in quiet hours too; critical unless given
    #[arg(long, value_name = "LEVEL")]
    quiet_level: Option<String>,
    /// What begins within this time is one message; 5m unless given
    #[arg(long, value_name = "SPAN")]
    group_for: Option<String>,
    /// E-mail: the mail server, host or host:port
    #[arg(long, value_name = "HOST")]
    server: Option<String>,
    /// E-mail: starttls (unless given), tls, or none for a server on this computer
    #[arg(long, value_name = "HOW")]
    security: Option<String>,
    /// E-mail: who the messages are from
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// E-mail: who gets them; may be given more than once
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// E-mail: the account at the mail server; its password is the secret
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Webhook: the address to post to. Slack's and Teams' addresses are secrets and not given here
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Webhook: a header whose value is the secret, such as Authorization
    #[arg(long, value_name = "NAME")]
    header_name: Option<String>,
    /// Read the secret (a password, a Slack or Teams address, a header's value) from standard input
    #[arg(long)]
    secret_stdin: bool,
}

/// The JSON of `output list --json`.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    report: OutputReport,
    destination: String,
    levels: Vec<&'static str>,
    quiet_hours: Option<String>,
    /// What it is handed, in words; for records only.
    records: Option<String>,
}

/// How an output does, as `status --json` tells it.
#[derive(Serialize)]
pub struct OutputReport {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Records or alerts it took.
    pub delivered: u64,
    /// Records that wait; or alerts, those it refused included.
    pub pending: u64,
    /// Those that are not tried again before a person has decided.
    pub refused: u64,
    /// How long the oldest of them waits; for records only.
    pub lag_seconds: Option<i64>,
    /// What went wrong last.
    pub error: Option<String>,
    #[serde(skip)]
    error_at: Option<UnixMillis>,
    #[serde(skip)]
    waiting: u64,
}

/// One line of `output refused --json`.
#[derive(Serialize)]
struct RefusedReport {
    number: i64,
    id: String,
    account: Option<String>,
    log_type: Option<&'static str>,
    time: String,
    reason: String,
    at: String,
    again: bool,
}

pub fn run(command: OutputCommand, home: &Home) -> Done {
    match command {
        OutputCommand::List(list) => run_list(&list, home),
        OutputCommand::Add(add) => run_add(&add, home),
        OutputCommand::Test(named) => run_test(&named.name, home),
        OutputCommand::Prepare(named) => run_prepare(&named.name, home),
        OutputCommand::Remove(named) => run_remove(&named.name, home),
        OutputCommand::Refused(list) => run_refused(&list, home),
        OutputCommand::Resend(some) => run_settle(&some, true, home),
        OutputCommand::Discard(some) => run_settle(&some, false, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let reports = reports(&settings, home)?.into_iter().zip(&settings.outputs);
    if list.json {
        let listed = reports.map(|(report, output)| Listed {
            report,
            destination: output.destination(),
            levels: output.taste.levels.iter().map(|level| level.name()).collect(),
            quiet_hours: output.taste.quiet_hours.as_ref().map(ToString::to_string),
            records: output.records().map(Records::words),
        });
        out::json(&listed.collect::<Vec<_>>())?;
        return Ok(());
    }
    if settings.outputs.is_empty() {
        out::line("No output yet. Add one: duo-integrator output add --help")?;
    }
    for (report, output) in reports {
        out::line(&format!("{} ({}): {}", output.name, output.type_name(), output.destination()))?;
        if let Some(records) = output.records() {
            out::line(&format!("  {}", records.words()))?;
            print_report(&report)?;
            continue;
        }
        let levels: Vec<&str> = output.taste.levels.iter().map(|level| level.name()).collect();
        let quiet = output.taste.quiet_hours.as_ref();
        let quiet = quiet
            .map_or(String::new(), |hours| format!("; {hours} only {}", output.taste.quiet_level));
        out::line(&format!("  {}{quiet}", levels.join(", ")))?;
        print_report(&report)?;
    }
    Ok(())
}

/// How the outputs of the settings do.
pub fn reports(settings: &Settings, home: &Home) -> Result<Vec<OutputReport>, Problem> {
    let reader = Reader::open(&home.store_file()).map_err(|error| error.problem)?;
    let doings = doings(reader.as_ref(), &settings.outputs)?;
    Ok(doings.into_iter().zip(&settings.outputs).map(report).collect())
}

/// One output for people, in one line or two.
pub fn print_report(report: &OutputReport) -> Result<(), Problem> {
    let refused = match report.refused {
        0 => String::new(),
        refused => format!(", {} refused", number(refused)),
    };
    let (delivered, waiting) = (number(report.delivered), number(report.waiting));
    let lag = match report.lag_seconds {
        Some(secs) if secs > 0 => {
            format!(" for {}", span(Duration::from_secs(secs.unsigned_abs())))
        }
        _ => String::new(),
    };
    out::line(&format!("  {delivered} delivered, {waiting} waiting{lag}{refused}"))?;
    if let Some(error) = &report.error {
        let when = report.error_at.map(|at| format!(" ({})", ago(at, UnixMillis::now())));
        out::line(&format!("  {error}{}", when.unwrap_or_default()))?;
    }
    Ok(())
}

fn report((doing, output): (Doing, &Output)) -> OutputReport {
    let now = UnixMillis::now();
    let lag = doing.since.map_or(0, |since| now.0.saturating_sub(since.0).max(0) / 1000);
    OutputReport {
        kind: output.type_name(),
        delivered: doing.delivered,
        pending: doing.waiting + if doing.takes_records { 0 } else { doing.refused },
        refused: doing.refused,
        lag_seconds: doing.takes_records.then_some(lag),
        waiting: doing.waiting,
        error_at: doing.error.as_ref().map(|(_, at)| *at),
        error: doing.error.map(|(words, _)| words),
        name: doing.name,
    }
}

fn run_add(add: &Add, home: &Home) -> Done {
    let table = table_of(add)?;
    let output = outputs::check(&table)?;
    if let Some(other) = outputs::same_name(&Settings::load(home)?, &output.name) {
        return Err(outputs::taken(other).into());
    }
    let mut words = String::new();
    let mut typed = None;
    if let Some(what) = output.secret_words() {
        let found =
            if add.secret_stdin { None } else { secrets::find_output_secret(&output.name).ok() };
        match found {
            Some(found) => {
                words = format!(" Its secret stays where it was found: {}.", found.source);
            }
            None => {
                let mut what = what.to_owned();
                if let Some(first) = what.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                typed = Some(read_secret(&what)?);
                " Its secret is in the keychain.".clone_into(&mut words);
            }
        }
    } else if add.secret_stdin {
        return Err(Failed::Usage(
            Problem::new("This output needs no secret")
                .next("leave out --secret-stdin, or give --user or --header-name"),
        ));
    }
    outputs::add(home, table, typed.as_ref())?;
    out::tell(&format!(
        "Added the output \u{201c}{name}\u{201d}.{words} Try it: duo-integrator output test \u{201c}{name}\u{201d}",
        name = output.name
    ));
    Ok(())
}

/// The section as it will stand in the settings.
fn table_of(add: &Add) -> Result<Table, Failed> {
    let mut table = Table::new();
    table.insert("name".to_owned(), Value::String(add.name.trim().to_owned()));
    table.insert("type".to_owned(), Value::String(add.kind.clone()));
    if let Some(start) = &add.start {
        // A span back means from today on, not from whenever the file is read.
        let start = match start.trim() {
            back if back.starts_with('-') => {
                UnixMillis::parse_when(back, UnixMillis::now()).map_err(Failed::Usage)?.to_string()
            }
            other => other.to_owned(),
        };
        table.insert("start".to_owned(), Value::String(start));
    }
    if add.alerts {
        table.insert("alerts".to_owned(), Value::Boolean(true));
    }
    for (key, text) in [
        ("server", &add.server),
        ("security", &add.security),
        ("from", &add.from),
        ("user", &add.user),
        ("url", &add.url),
        ("header_name", &add.header_name),
        ("least", &add.least),
        ("quiet_hours", &add.quiet_hours),
        ("zone", &add.zone),
        ("quiet_level", &add.quiet_level),
        ("group_for", &add.group_for),
        ("format", &add.format),
    ] {
        if let Some(text) = text {
            table.insert(key.to_owned(), Value::String(text.clone()));
        }
    }
    for (key, texts) in [
        ("to", &add.to),
        ("levels", &add.levels),
        ("accounts", &add.accounts),
        ("log_types", &add.log_types),
        ("categories", &add.categories),
    ] {
        if !texts.is_empty() {
            let texts = texts.iter().map(|text| Value::String(text.trim().to_owned()));
            table.insert(key.to_owned(), Value::Array(texts.collect()));
        }
    }
    for pair in &add.set {
        let Some((key, value)) = pair.split_once('=') else {
            let problem = Problem::new(format!("\u{201c}{pair}\u{201d} has no value"));
            return Err(Failed::Usage(problem.next("write it as --set KEY=VALUE")));
        };
        table.insert(key.trim().to_owned(), value_of(value.trim()));
    }
    Ok(table)
}

/// A value as it would stand in the file; what is no number, yes, no or list is text.
fn value_of(text: &str) -> Value {
    let read: Result<Table, _> = format!("value = {text}").parse();
    match read.ok().and_then(|mut table| table.remove("value")) {
        Some(
            value @ (Value::Boolean(_)
            | Value::Integer(_)
            | Value::Array(_)
            | Value::Table(_)
            | Value::String(_)),
        ) => value,
        _ => Value::String(text.to_owned()),
    }
}

fn run_prepare(name: &str, home: &Home) -> Done {
    out::line(&block_on(outputs::prepare(home, name))??)?;
    Ok(())
}

fn run_test(name: &str, home: &Home) -> Done {
    let tried = block_on(outputs::test(home, name))??;
    if let Some(certificate) = &tried.certificate {
        print_certificate(certificate)?;
    }
    out::line(&format!("{} took the test. It said: {}", tried.destination, tried.said))?;
    if tried.again > 0 {
        out::tell(&format!(
            "{} that it had not taken go out once more.",
            number(tried.again as u64)
        ));
    }
    Ok(())
}

fn print_certificate(certificate: &Certificate) -> Result<(), Problem> {
    let Certificate { subject, issuer, until, trusted, why_not } = certificate;
    let trust = match (trusted, why_not) {
        (true, _) => "trusted".to_owned(),
        (false, None) => "not trusted".to_owned(),
        (false, Some(why)) => format!("not trusted: {why}"),
    };
    out::line(&format!("Certificate: {subject}, issued by {issuer}, valid until {until}, {trust}"))
}

fn run_refused(list: &RefusedList, home: &Home) -> Done {
    let refused = outputs::refused(home, &list.name)?;
    if list.json {
        let reports: Vec<RefusedReport> = refused
            .into_iter()
            .map(|one| RefusedReport {
                number: one.number,
                id: one.id,
                account: one.account,
                log_type: one.log_type.map(LogType::name),
                time: one.time.to_string(),
                reason: one.reason,
                at: one.at.to_string(),
                again: one.again,
            })
            .collect();
        out::json(&reports)?;
        return Ok(());
    }
    if refused.is_empty() {
        out::line("Nothing was refused.")?;
    }
    for one in refused {
        let what = one.log_type.map_or("alert", LogType::name);
        let again = if one.again { " (goes out once more)" } else { "" };
        out::line(&format!(
            "{}. {what} {} of {}{}: {}{again}",
            one.number,
            one.id,
            one.time,
            one.account.map_or(String::new(), |name| format!(", {name}")),
            one.reason,
        ))?;
    }
    Ok(())
}

fn run_settle(some: &SomeOfThem, once_more: bool, home: &Home) -> Done {
    let done = outputs::settle_refused(home, &some.name, &some.numbers, once_more)?;
    let records = counted(done as u64, "refused record");
    if once_more {
        out::tell(&format!("{records} sent once more, as soon as the collector runs."));
    } else {
        out::tell(&format!("{records} forgotten. They are still in the store."));
    }
    Ok(())
}

fn run_remove(name: &str, home: &Home) -> Done {
    let (output, secret) = outputs::remove(home, name)?;
    if let Err(problem) = secret {
        out::warn(&problem);
    }
    out::tell(&format!("Removed the output \u{201c}{}\u{201d}.", output.name));
    Ok(())
}
