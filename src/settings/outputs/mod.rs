//! Where records go and alerts are sent: `[[output]]`, one section for each destination.
//!
//! Promises: as for all settings; and nothing secret is ever here. A password, a token and the
//! addresses of Slack's and Teams' webhooks, which are passwords themselves, live in the keychain
//! under `output/<name>`: one secret for each output.

mod azure_monitor;
mod clickhouse;
mod connection;
mod elasticsearch;
mod email;
mod file;
mod http;
mod kafka;
mod otlp;
mod quiet_hours;
mod records;
mod s3;
mod splunk_hec;
mod syslog;
mod webhook;

use std::time::Duration;

use toml::Table;

use super::account::not_allowed;
use super::section::Section;
use super::{Mistake, same_word};
use crate::record::Level;

pub use azure_monitor::AzureMonitorOutput;
pub use clickhouse::ClickhouseOutput;
pub(super) use connection::check_url;
pub use connection::{ClientCertificate, Tls};
pub use elasticsearch::{ElasticsearchOutput, Login};
pub use email::{Email, Security};
pub use file::{Compress, FileOutput};
pub use http::{Body, HttpOutput, HttpSecret, Template, check_secret_url};
pub use kafka::{KafkaCompression, KafkaLogin, KafkaOutput, Mechanism, topic_for};
pub use otlp::OtlpOutput;
pub use quiet_hours::QuietHours;
pub use records::{Destination, Filter, RecordFormat, Records, Start};
pub use s3::{Objects, S3Output};
pub use splunk_hec::SplunkHecOutput;
pub use syslog::{Framing, SyslogForm, SyslogOutput, Transport};
pub use webhook::{Flavor, Webhook, check_webhook_url};

/// What begins within this time is told together, unless a person wants it otherwise.
const GROUP_FOR: Duration = Duration::from_secs(300);

/// What is sent, unless a person wants it otherwise.
const LEAST: Level = Level::Medium;

/// The names of the types that get messages about alerts, as in `type = "email"`.
const MESSAGES: [&str; 4] = ["email", "slack", "teams", "webhook"];

/// The names of all types of outputs: those that get messages about alerts, and those that are
/// handed records.
pub fn output_types() -> Vec<&'static str> {
    MESSAGES.into_iter().chain(Destination::TYPES).collect()
}

/// One destination, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Shown to people; unique.
    pub name: String,
    /// What is sent there, and when.
    pub taste: Taste,
    /// Where it leads.
    pub target: Target,
}

/// What a destination wants to hear of, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taste {
    /// Alerts of these levels are sent; the least grave first.
    pub levels: Vec<Level>,
    /// When only what is grave is sent.
    pub quiet_hours: Option<QuietHours>,
    /// What is sent in quiet hours too.
    pub quiet_level: Level,
    /// What begins within this time is one message.
    pub group_for: Duration,
}

/// Where an output leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Messages by e-mail.
    Email(Email),
    /// Messages by HTTP.
    Webhook(Webhook),
    /// Records, and alerts as records.
    Records(Records),
}

impl Output {
    /// Checks a section as it would stand in the file. Pure; reports every mistake.
    pub fn check(table: &Table) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        match read(table, "", &mut mistakes) {
            Some(output) if mistakes.is_empty() => Ok(output),
            _ => Err(mistakes),
        }
    }

    /// The name of its type: `slack`.
    pub const fn type_name(&self) -> &'static str {
        match &self.target {
            Target::Email(_) => "email",
            Target::Webhook(webhook) => webhook.flavor.name(),
            Target::Records(records) => records.to.type_name(),
        }
    }

    /// What it is handed, when it is handed records.
    pub const fn records(&self) -> Option<&Records> {
        match &self.target {
            Target::Records(records) => Some(records),
            Target::Email(_) | Target::Webhook(_) => None,
        }
    }

    /// Where it leads, for people; never a secret.
    pub fn destination(&self) -> String {
        match &self.target {
            Target::Email(email) => {
                let to: Vec<String> = email.to.iter().map(ToString::to_string).collect();
                format!("{} by {}", to.join(", "), email.server())
            }
            Target::Webhook(webhook) => webhook.url.clone().unwrap_or_else(|| webhook.host.clone()),
            Target::Records(records) => records.to.destination(),
        }
    }

    /// Whether it works only with something from the keychain, and what that is in words.
    pub fn secret_words(&self) -> Option<&'static str> {
        match &self.target {
            Target::Email(email) => email.user.as_ref().map(|_| "the password of the mail account"),
            Target::Webhook(webhook) => match webhook.flavor {
                Flavor::Slack | Flavor::Teams => Some("the address of the webhook"),
                Flavor::Json => webhook.header_name.as_ref().map(|_| "the value of the header"),
            },
            Target::Records(records) => records.to.secret_words(),
        }
    }
}

impl Taste {
    /// That of an output for records: no messages at all.
    const fn silent() -> Self {
        Self {
            levels: Vec::new(),
            quiet_hours: None,
            quiet_level: Level::Critical,
            group_for: GROUP_FOR,
        }
    }

    /// Reads the keys that every kind of destination has.
    fn read(section: &mut Section<'_>) -> Self {
        let levels = section.texts("levels");
        let least = section.text("least");
        if levels.is_some() && least.is_some() {
            section.wrong("least", "write either levels or least, not both");
        }
        let mut wanted = Vec::new();
        for name in levels.iter().flatten() {
            match name.parse() {
                Ok(level) => wanted.push(level),
                Err(_) => section.wrong("levels", not_allowed(name, &Level::ALL.map(Level::name))),
            }
        }
        if levels.as_ref().is_some_and(Vec::is_empty) {
            section.wrong("levels", "name at least one level, or remove the line");
        }
        if levels.is_none() {
            let least = least.map_or(LEAST, |name| level(section, "least", &name));
            wanted = Level::ALL.into_iter().filter(|level| *level >= least).collect();
        }
        wanted.sort_unstable();
        wanted.dedup();
        let quiet_level = match section.text("quiet_level") {
            Some(name) => level(section, "quiet_level", &name),
            None => Level::Critical,
        };
        Self {
            levels: wanted,
            quiet_hours: QuietHours::read(section),
            quiet_level,
            group_for: section.span("group_for", Duration::ZERO).unwrap_or(GROUP_FOR),
        }
    }
}

/// Reads the `[[output]]` sections; names are unique.
pub(super) fn read_all(tables: &[Table], mistakes: &mut Vec<Mistake>) -> Vec<Output> {
    let mut outputs: Vec<Output> = Vec::new();
    for (i, table) in tables.iter().enumerate() {
        let place = match table.get("name").and_then(toml::Value::as_str) {
            Some(name) if !name.trim().is_empty() => {
                format!("output \u{201c}{}\u{201d}, ", name.trim())
            }
            _ => format!("output {}, ", i + 1),
        };
        let Some(output) = read(table, &place, mistakes) else { continue };
        if outputs.iter().any(|other| same_word(&other.name, &output.name)) {
            let what = "another output has this name; give each its own";
            mistakes.push(Mistake::at(format!("{place}name"), what));
        }
        outputs.push(output);
    }
    outputs
}

fn read(table: &Table, place: &str, mistakes: &mut Vec<Mistake>) -> Option<Output> {
    let before = mistakes.len();
    let mut section = Section::new(place, table, mistakes);
    section.forbidden(
        &["password", "secret", "token", "header_value", "api_key", "secret_key", "client_secret"],
        "a secret is never kept in this file; remove the line, and store it with: \
         duo-integrator output add",
    );
    let name = section.text("name").unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        section.wrong("name", "give the output a name");
    } else if name.chars().any(char::is_control) || name.chars().count() > 100 {
        section.wrong("name", "a name has at most 100 characters and no line breaks");
    } else if same_word(&name, "desktop") {
        section.wrong("name", "this name is taken: messages on the desktop go by it");
    }
    let kind = section.text("type").unwrap_or_default();
    let target = match kind.as_str() {
        "email" => Email::read(&mut section).map(Target::Email),
        "slack" => Webhook::read(&mut section, Flavor::Slack).map(Target::Webhook),
        "teams" => Webhook::read(&mut section, Flavor::Teams).map(Target::Webhook),
        "webhook" => Webhook::read(&mut section, Flavor::Json).map(Target::Webhook),
        kind if Destination::TYPES.contains(&kind) => {
            Records::read(&mut section, kind).map(Target::Records)
        }
        _ => {
            let types = output_types();
            let what = match kind.as_str() {
                "" => format!("say what it is: {}", types.join(", ")),
                other => not_allowed(other, &types),
            };
            section.wrong("type", what);
            // What else is wrong depends on what it is.
            return None;
        }
    };
    let taste = if Destination::TYPES.contains(&kind.as_str()) {
        Taste::silent()
    } else {
        Taste::read(&mut section)
    };
    section.finish();
    let target = target.filter(|_| mistakes.len() == before)?;
    Some(Output { name, taste, target })
}

fn level(section: &mut Section<'_>, key: &str, name: &str) -> Level {
    name.parse().unwrap_or_else(|_| {
        section.wrong(key, not_allowed(name, &Level::ALL.map(Level::name)));
        LEAST
    })
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod web_tests;
