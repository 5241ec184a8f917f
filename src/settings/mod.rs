//! What a person decides: accounts, network, collection. One file, `config/settings.toml`.
//!
//! Promises: what is in a [`Settings`] was checked, so nothing downstream asks again; every mistake
//! in the file is told at once, with the key it stands at; the file is edited in place, so
//! comments and order of a hand-edited file stay.
//!
//! - Absent: the defaults, with no accounts.
//! - Unreadable or wrong: a [`Problem`]; never an empty start.
//! - Left over from a crash: the file is replaced as a whole, so there is no half file.
//!
//! Secrets are never here; they are the business of [`crate::secrets`].

mod account;
mod alerts;
mod collection;
mod edit;
mod last_good;
mod metrics;
mod migrate;
mod mistake;
mod network;
mod notifications;
mod outputs;
mod reports;
mod section;
mod signature;
mod updates;

use std::path::Path;

use toml::Table;

use crate::base::{Home, Problem, files};

pub use account::{Account, AccountKind, HISTORY_LIMIT, RawAccount};
pub use alerts::Alerts;
pub use collection::{Collection, NoDataAlarm, SHORTEST_POLL_INTERVAL};
pub use edit::{
    add_account, add_output, add_report, change_account, change_output, change_report,
    output_section, put_back, remove_account, remove_output, remove_report, set_in_section, text,
    update,
};
pub use last_good::{LastGood, keep_good, last_good, restore_good};
pub use metrics::Metrics;
pub use migrate::VERSION;
pub use mistake::Mistake;
pub use network::Network;
pub use notifications::Notifications;
pub use outputs::{
    AzureMonitorOutput, Body, ClickhouseOutput, ClientCertificate, Compress, Destination,
    ElasticsearchOutput, Email, FileOutput, Filter, Flavor, Framing, HttpOutput, HttpSecret,
    KafkaCompression, KafkaLogin, KafkaOutput, Login, Mechanism, Objects, OtlpOutput, Output,
    QuietHours, RecordFormat, Records, S3Output, Security, SplunkHecOutput, Start, SyslogForm,
    SyslogOutput, Target, Taste, Template, Tls, Transport, Webhook, topic_for,
};
pub use outputs::{check_secret_url, check_webhook_url, output_types};
pub use reports::{Every, ReportFormat, ScheduledReport, time_of_day};
pub use signature::Scheme;
pub use updates::Updates;

use section::Section;

/// Everything a person decided, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The Duo accounts to collect from, in the order of the file.
    pub accounts: Vec<Account>,
    /// How Duo is reached.
    pub network: Network,
    /// How, and how long, records are collected and kept.
    pub collection: Collection,
    /// When silence is worth an alarm.
    pub no_data_alarm: NoDataAlarm,
    /// What is made of what the rules find.
    pub alerts: Alerts,
    /// Where a person is told that something needs them.
    pub notifications: Notifications,
    /// Where alerts are sent, in the order of the file.
    pub outputs: Vec<Output>,
    /// Reports that are made by themselves.
    pub reports: Vec<ScheduledReport>,
    /// Whether a monitoring system is told figures.
    pub metrics: Metrics,
    /// Whether a person wants to know of newer versions.
    pub updates: Updates,
}

impl Settings {
    /// Reads the settings of a home.
    pub fn load(home: &Home) -> Result<Self, Problem> {
        match read_text(home)? {
            Some(text) => Self::parse(&text, home),
            None => Ok(Self::default()),
        }
    }

    /// Checks the text of a settings file as [`load`](Self::load) does.
    pub fn parse(text: &str, home: &Home) -> Result<Self, Problem> {
        let document = migrate::open(text, &home.settings_file())?;
        let wrong = |mistakes: Vec<Mistake>| mistake::problem(&mistakes, &home.settings_file());
        let table = toml::from_str(&document.to_string())
            .map_err(|error| wrong(vec![Mistake::at("the whole file", error.message())]))?;
        Self::check(&table, &home.config).map_err(wrong)
    }

    /// Pure: no disk, no network, no keychain. Reports every mistake, not just the first.
    /// `config_dir` is what relative paths start from.
    pub fn check(table: &Table, config_dir: &Path) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut top = Section::new("", table, &mut mistakes);
        top.number("version");
        let accounts = top.tables("account");
        let network = top.table("network");
        let collection = top.table("collection");
        let no_data_alarm = top.table("no_data_alarm");
        let alerts = top.table("alerts");
        let notifications = top.table("notifications");
        let outputs = top.tables("output");
        let reports = top.tables("report");
        let metrics = top.table("metrics");
        let updates = top.table("updates");
        top.finish();

        let settings = Self {
            accounts: account::read_all(&accounts, &mut mistakes),
            network: Network::read(&network, config_dir, &mut mistakes),
            collection: Collection::read(&collection, &mut mistakes),
            no_data_alarm: NoDataAlarm::read(&no_data_alarm, &mut mistakes),
            alerts: Alerts::read(&alerts, &mut mistakes),
            notifications: Notifications::read(&notifications, &mut mistakes),
            outputs: outputs::read_all(&outputs, &mut mistakes),
            reports: reports::read_all(&reports, config_dir, &mut mistakes),
            metrics: Metrics::read(&metrics, &mut mistakes),
            updates: Updates::read(&updates, &mut mistakes),
        };
        if mistakes.is_empty() { Ok(settings) } else { Err(mistakes) }
    }

    /// Checks one section by itself, as it would stand in the file: for what is being typed.
    pub fn check_section(name: &str, section: Table) -> Result<Self, Vec<Mistake>> {
        let whole = Table::from_iter([(name.to_owned(), toml::Value::Table(section))]);
        Self::check(&whole, Path::new(""))
    }

    /// The account of this name.
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name == name)
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|output| output.name == name)
    }

    /// What is allowed but worth telling, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self.accounts.iter().flat_map(Account::notes).collect();
        notes.extend(self.collection.notes());
        notes
    }
}

fn same_word(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// The text of the settings file, or `None` when there is none.
fn read_text(home: &Home) -> Result<Option<String>, Problem> {
    let path = home.settings_file();
    let unreadable = |reason: &dyn std::fmt::Display| {
        Problem::new("The settings file cannot be read")
            .because(reason)
            .next(format!("correct or restore it: {}", path.display()))
    };
    let Some(bytes) = files::read_if_there(&path).map_err(|error| unreadable(&error))? else {
        return Ok(None);
    };
    // Windows Notepad of old puts a byte order mark in front.
    let text = String::from_utf8(bytes).map_err(|_| unreadable(&"it is not UTF-8 text"))?;
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

#[cfg(test)]
mod tests;
