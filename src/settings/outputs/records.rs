//! An output that is handed records: what it gets, in which form, from when on, and where it leads.
//!
//! Promises: as for all settings. Paths are kept as they were written; relative ones start from the
//! folder of the settings file, which whoever opens them knows.

use std::fmt;

use super::{
    AzureMonitorOutput, ClickhouseOutput, ElasticsearchOutput, FileOutput, HttpOutput, KafkaOutput,
    OtlpOutput, S3Output, SplunkHecOutput, SyslogOutput,
};
use crate::base::UnixMillis;
use crate::base::words::nearest;
use crate::record::LogType;
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// An output that is handed records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Records {
    /// Which records.
    pub filter: Filter,
    /// In which form.
    pub format: RecordFormat,
    /// From when on.
    pub start: Start,
    /// Where they go.
    pub to: Destination,
}

/// Which records an output gets. Empty lists mean all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of these accounts, by name.
    pub accounts: Vec<String>,
    /// Only those of these logs.
    pub log_types: Vec<LogType>,
    /// Only those with at least one of these categories, by id.
    pub categories: Vec<String>,
    /// The rules' alerts as well.
    pub alerts: bool,
}

/// The form in which records are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFormat {
    /// As Duo sent them.
    Raw,
    /// Elastic Common Schema.
    Ecs,
    /// Open Cybersecurity Schema Framework.
    Ocsf,
    /// ArcSight's Common Event Format.
    Cef,
    /// QRadar's Log Event Extended Format.
    Leef,
    /// Comma-separated values.
    Csv,
    /// With the fields that Splunk's Duo content looks for.
    Splunk,
    /// With Panther's standard fields.
    Panther,
}

/// From when on an output gets records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Those that arrive after it was added.
    #[default]
    Now,
    /// All that are stored, too.
    Beginning,
    /// Those that happened at this time or later.
    At(UnixMillis),
}

/// Where records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Files, for whatever reads files.
    File(FileOutput),
    /// A topic of a Kafka-compatible broker.
    Kafka(KafkaOutput),
    /// A bucket of an object store.
    S3(S3Output),
    /// A syslog receiver.
    Syslog(SyslogOutput),
    /// Splunk's HTTP Event Collector.
    SplunkHec(SplunkHecOutput),
    /// Elasticsearch or OpenSearch.
    Elasticsearch(ElasticsearchOutput),
    /// A table in ClickHouse.
    Clickhouse(ClickhouseOutput),
    /// Azure Monitor, and so Microsoft Sentinel.
    AzureMonitor(Box<AzureMonitorOutput>),
    /// Any receiver over HTTP.
    Http(HttpOutput),
    /// An OpenTelemetry collector.
    Otlp(OtlpOutput),
}

impl RecordFormat {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Raw,
        Self::Ecs,
        Self::Ocsf,
        Self::Cef,
        Self::Leef,
        Self::Csv,
        Self::Splunk,
        Self::Panther,
    ];

    /// Those that are one JSON object a record.
    pub const JSON: [Self; 5] = [Self::Raw, Self::Ecs, Self::Ocsf, Self::Splunk, Self::Panther];

    /// The fixed name: `ecs`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Ecs => "ecs",
            Self::Ocsf => "ocsf",
            Self::Cef => "cef",
            Self::Leef => "leef",
            Self::Csv => "csv",
            Self::Splunk => "splunk",
            Self::Panther => "panther",
        }
    }
}

impl fmt::Display for RecordFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Destination {
    /// The names of the types, as in `type = "file"`.
    pub const TYPES: [&str; 10] = [
        "file",
        "syslog",
        "kafka",
        "s3",
        "splunk_hec",
        "elasticsearch",
        "clickhouse",
        "azure_monitor",
        "http",
        "otlp",
    ];

    /// Reads the keys of a type; `None` when there is no such type, or a mistake.
    fn read(section: &mut Section<'_>, kind: &str) -> Option<Self> {
        match kind {
            "file" => FileOutput::read(section).map(Self::File),
            "kafka" => KafkaOutput::read(section).map(Self::Kafka),
            "s3" => S3Output::read(section).map(Self::S3),
            "syslog" => SyslogOutput::read(section).map(Self::Syslog),
            "splunk_hec" => SplunkHecOutput::read(section).map(Self::SplunkHec),
            "elasticsearch" => ElasticsearchOutput::read(section).map(Self::Elasticsearch),
            "clickhouse" => ClickhouseOutput::read(section).map(Self::Clickhouse),
            "azure_monitor" => {
                AzureMonitorOutput::read(section).map(Box::new).map(Self::AzureMonitor)
            }
            "http" => HttpOutput::read(section).map(Self::Http),
            "otlp" => OtlpOutput::read(section).map(Self::Otlp),
            _ => None,
        }
    }

    /// The formats a type takes; the first one unless a person wants another.
    pub fn formats(kind: &str) -> &'static [RecordFormat] {
        const SYSLOG: [RecordFormat; 7] = [
            RecordFormat::Raw,
            RecordFormat::Ecs,
            RecordFormat::Ocsf,
            RecordFormat::Cef,
            RecordFormat::Leef,
            RecordFormat::Splunk,
            RecordFormat::Panther,
        ];
        const SPLUNK: [RecordFormat; 7] = [
            RecordFormat::Splunk,
            RecordFormat::Raw,
            RecordFormat::Ecs,
            RecordFormat::Ocsf,
            RecordFormat::Panther,
            RecordFormat::Cef,
            RecordFormat::Leef,
        ];
        const ELASTIC: [RecordFormat; 3] =
            [RecordFormat::Ecs, RecordFormat::Raw, RecordFormat::Ocsf];
        const LINES: [RecordFormat; 7] = SYSLOG;
        match kind {
            "file" | "kafka" => &RecordFormat::ALL,
            "syslog" => &SYSLOG,
            "splunk_hec" => &SPLUNK,
            "elasticsearch" => &ELASTIC,
            "http" | "otlp" => &LINES,
            _ => &RecordFormat::JSON,
        }
    }

    /// The name of its type: `file`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Kafka(_) => "kafka",
            Self::S3(_) => "s3",
            Self::Syslog(_) => "syslog",
            Self::SplunkHec(_) => "splunk_hec",
            Self::Elasticsearch(_) => "elasticsearch",
            Self::Clickhouse(_) => "clickhouse",
            Self::AzureMonitor(_) => "azure_monitor",
            Self::Http(_) => "http",
            Self::Otlp(_) => "otlp",
        }
    }

    /// What it is, for people.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::File(_) => "File",
            Self::Kafka(_) => "Kafka",
            Self::S3(_) => "S3 object storage",
            Self::Syslog(_) => "Syslog",
            Self::SplunkHec(_) => "Splunk",
            Self::Elasticsearch(_) => "Elasticsearch",
            Self::Clickhouse(_) => "ClickHouse",
            Self::AzureMonitor(_) => "Azure Monitor",
            Self::Http(_) => "HTTP",
            Self::Otlp(_) => "OpenTelemetry",
        }
    }

    /// Where it leads, for people; never a secret.
    pub fn destination(&self) -> String {
        match self {
            Self::File(file) => file.destination(),
            Self::Kafka(kafka) => kafka.destination(),
            Self::S3(s3) => s3.destination(),
            Self::Syslog(syslog) => syslog.destination(),
            Self::SplunkHec(hec) => hec.destination(),
            Self::Elasticsearch(elastic) => elastic.destination(),
            Self::Clickhouse(clickhouse) => clickhouse.destination(),
            Self::AzureMonitor(azure) => azure.destination(),
            Self::Http(http) => http.destination(),
            Self::Otlp(otlp) => otlp.destination(),
        }
    }

    /// Whether it works only with something from the keychain, and what that is in words.
    pub const fn secret_words(&self) -> Option<&'static str> {
        match self {
            Self::Kafka(kafka) => kafka.secret_words(),
            Self::S3(_) => Some("the secret access key"),
            Self::File(_) | Self::Syslog(_) => None,
            Self::SplunkHec(_) => Some("the token"),
            Self::Elasticsearch(elastic) => elastic.secret_words(),
            Self::Clickhouse(ClickhouseOutput { user: Some(_), .. }) => Some("the user's password"),
            Self::Clickhouse(_) => None,
            Self::AzureMonitor(_) => Some("the application's client secret"),
            Self::Http(http) => http.secret_words(),
            Self::Otlp(OtlpOutput { header_name: Some(_), .. }) => Some("the value of the header"),
            Self::Otlp(_) => None,
        }
    }
}

impl Records {
    /// Reads what every output for records has, and what this type has.
    pub(super) fn read(section: &mut Section<'_>, kind: &str) -> Option<Self> {
        let to = Destination::read(section, kind);
        let format = format(section, Destination::formats(kind));
        let start = start(section);
        let filter = Filter::read(section);
        Some(Self { filter, format: format?, start, to: to? })
    }
}

impl Records {
    /// What it gets, for people: `authentication, activity as ecs, and alerts`.
    pub fn words(&self) -> String {
        let Filter { accounts, log_types, categories, alerts } = &self.filter;
        let logs: Vec<&str> = log_types.iter().map(|log_type| log_type.name()).collect();
        let mut words = match logs.as_slice() {
            [] => "all records".to_owned(),
            logs => logs.join(", "),
        };
        if !accounts.is_empty() {
            words.push_str(&format!(" of {}", accounts.join(", ")));
        }
        if !categories.is_empty() {
            words.push_str(&format!(" in {}", categories.join(", ")));
        }
        words.push_str(&format!(" as {}", self.format));
        if *alerts {
            words.push_str(", and alerts");
        }
        words
    }
}

impl Filter {
    fn read(section: &mut Section<'_>) -> Self {
        let clean = |texts: Option<Vec<String>>| -> Vec<String> {
            texts.into_iter().flatten().map(|text| text.trim().to_owned()).collect()
        };
        let accounts = clean(section.texts("accounts"));
        let mut log_types = Vec::new();
        for name in clean(section.texts("log_types")) {
            match name.parse() {
                Ok(log_type) => log_types.push(log_type),
                Err(_) => {
                    section
                        .wrong("log_types", not_allowed(&name, &LogType::ALL.map(LogType::name)));
                }
            }
        }
        let categories = clean(section.texts("categories"));
        Self { accounts, log_types, categories, alerts: section.flag("alerts").unwrap_or(false) }
    }

    /// Whether records of this account and log are wanted; which categories they have is another
    /// question.
    pub fn wants(&self, account: &str, log_type: LogType) -> bool {
        (self.accounts.is_empty() || self.accounts.iter().any(|name| name == account))
            && (self.log_types.is_empty() || self.log_types.contains(&log_type))
    }
}

fn format(section: &mut Section<'_>, allowed: &[RecordFormat]) -> Option<RecordFormat> {
    let Some(name) = section.text("format") else { return allowed.first().copied() };
    let found = allowed.iter().copied().find(|format| format.name() == name.trim());
    if found.is_none() {
        let names: Vec<&str> = allowed.iter().map(|format| format.name()).collect();
        section.wrong("format", not_allowed(&name, &names));
    }
    found
}

fn start(section: &mut Section<'_>) -> Start {
    let Some(text) = section.text("start") else { return Start::Now };
    match text.trim() {
        "now" => Start::Now,
        "beginning" => Start::Beginning,
        // What goes by the clock would be another time at each start.
        text if text.starts_with('-') => {
            section.wrong("start", "write a date, such as 2026-03-01, \"now\" or \"beginning\"");
            Start::Now
        }
        text => match UnixMillis::parse_when(text, UnixMillis(0)) {
            Ok(at) => Start::At(at),
            Err(_) => {
                let near = nearest(text, ["now", "beginning"]);
                let near = near.map_or(String::new(), |word| format!(" (did you mean {word}?)"));
                let what = format!(
                    "write \"now\", \"beginning\" or a date, such as 2026-03-01T00:00:00Z{near}"
                );
                section.wrong("start", what);
                Start::Now
            }
        },
    }
}
