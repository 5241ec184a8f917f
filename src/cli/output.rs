//! `output`: where alerts are sent: added, listed, tried, removed.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use toml::{Table, Value};

use super::proxy::read_secret;
use super::{Done, block_on, out};
use crate::base::words::{ago, number};
use crate::base::{Home, Problem, UnixMillis};
use crate::pipeline::outputs;
use crate::secrets;
use crate::settings::{Output, Settings};
use crate::store::OutletStatus;

#[derive(Subcommand)]
pub enum OutputCommand {
    /// List them, with what was delivered and what waits
    List(List),
    /// Add a mailbox or a webhook
    Add(Box<Add>),
    /// Send a test message, and tell what the other side said
    Test(Named),
    /// Remove one, and its secret from the keychain
    Remove(Named),
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    Email,
    Slack,
    Teams,
    Webhook,
}

#[derive(Args)]
pub struct Add {
    /// What it is
    #[arg(long = "type", value_name = "TYPE")]
    kind: Type,
    /// A name for it
    #[arg(long)]
    name: String,
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
}

/// How an output does, as `status --json` tells it.
#[derive(Serialize)]
pub struct OutputReport {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Alerts it took.
    pub delivered: u64,
    /// Alerts that wait, those it refused included.
    pub pending: u64,
    /// Alerts among them that are not tried again before a person has mended something.
    pub refused: u64,
    /// What went wrong last.
    pub error: Option<String>,
    #[serde(skip)]
    error_at: Option<UnixMillis>,
}

pub fn run(command: OutputCommand, home: &Home) -> Done {
    match command {
        OutputCommand::List(list) => run_list(&list, home),
        OutputCommand::Add(add) => run_add(&add, home),
        OutputCommand::Test(named) => run_test(&named.name, home),
        OutputCommand::Remove(named) => run_remove(&named.name, home),
    }
}

fn run_list(list: &List, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let outlets = outputs::outlets(home)?;
    if list.json {
        let listed: Vec<Listed> = settings
            .outputs
            .iter()
            .map(|output| Listed {
                report: report(output, &outlets),
                destination: output.destination(),
                levels: output.taste.levels.iter().map(|level| level.name()).collect(),
                quiet_hours: output.taste.quiet_hours.as_ref().map(ToString::to_string),
            })
            .collect();
        out::json(&listed)?;
        return Ok(());
    }
    if settings.outputs.is_empty() {
        out::line("No output yet. Add one: duo-integrator output add --help")?;
    }
    for output in &settings.outputs {
        out::line(&format!("{} ({}): {}", output.name, output.type_name(), output.destination()))?;
        let levels: Vec<&str> = output.taste.levels.iter().map(|level| level.name()).collect();
        let quiet = output.taste.quiet_hours.as_ref();
        let quiet = quiet
            .map_or(String::new(), |hours| format!("; {hours} only {}", output.taste.quiet_level));
        out::line(&format!("  {}{quiet}", levels.join(", ")))?;
        print_report(&report(output, &outlets))?;
    }
    Ok(())
}

/// How the outputs of the settings do.
pub fn reports(settings: &Settings, home: &Home) -> Result<Vec<OutputReport>, Problem> {
    let outlets = outputs::outlets(home)?;
    Ok(settings.outputs.iter().map(|output| report(output, &outlets)).collect())
}

/// One output for people, in one line or two.
pub fn print_report(report: &OutputReport) -> Result<(), Problem> {
    let refused = match report.refused {
        0 => String::new(),
        refused => format!(", {} refused", number(refused)),
    };
    let waiting = report.pending - report.refused;
    let (delivered, waiting) = (number(report.delivered), number(waiting));
    out::line(&format!("  {delivered} delivered, {waiting} waiting{refused}"))?;
    if let Some(error) = &report.error {
        let when = report.error_at.map(|at| format!(" ({})", ago(at, UnixMillis::now())));
        out::line(&format!("  {error}{}", when.unwrap_or_default()))?;
    }
    Ok(())
}

fn report(output: &Output, outlets: &[OutletStatus]) -> OutputReport {
    let outlet = outlets.iter().find(|outlet| outlet.name == output.name);
    let outlet = outlet.cloned().unwrap_or_default();
    OutputReport {
        name: output.name.clone(),
        kind: output.type_name(),
        delivered: outlet.delivered,
        pending: outlet.waiting + outlet.refused,
        refused: outlet.refused,
        error_at: outlet.error.as_ref().map(|(_, at)| *at),
        error: outlet.error.map(|(words, _)| words),
    }
}

fn run_add(add: &Add, home: &Home) -> Done {
    let table = table_of(add);
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
        return Err(super::Failed::Usage(
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
fn table_of(add: &Add) -> Table {
    let kind = match add.kind {
        Type::Email => "email",
        Type::Slack => "slack",
        Type::Teams => "teams",
        Type::Webhook => "webhook",
    };
    let mut table = Table::new();
    table.insert("name".to_owned(), Value::String(add.name.trim().to_owned()));
    table.insert("type".to_owned(), Value::String(kind.to_owned()));
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
    ] {
        if let Some(text) = text {
            table.insert(key.to_owned(), Value::String(text.clone()));
        }
    }
    for (key, texts) in [("to", &add.to), ("levels", &add.levels)] {
        if !texts.is_empty() {
            let texts = texts.iter().map(|text| Value::String(text.trim().to_owned()));
            table.insert(key.to_owned(), Value::Array(texts.collect()));
        }
    }
    table
}

fn run_test(name: &str, home: &Home) -> Done {
    let tried = block_on(outputs::test(home, name))??;
    out::line(&format!("{} took the test message. It said: {}", tried.destination, tried.said))?;
    if tried.again > 0 {
        out::tell(&format!(
            "{} that it had not taken go out once more.",
            number(tried.again as u64)
        ));
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
