//! Hands records to whatever else a company runs: files, syslog receivers, SIEMs, pipelines.
//!
//! Promises: a batch counts as taken only after the far side has said so, in whatever way it can;
//! each copy has the record's own id, and a repeat has the same; what the far side says is told
//! without a secret in it; every wait has an end. What goes out when is decided one floor up, in
//! `pipeline::delivering`; nothing here knows the store.
//!
//! A new output is a folder with the channel (`mod.rs`), its pure part (`encode.rs`) and its tests,
//! a variant of [`Channel`] and one of `settings::Destination`.

mod azure_monitor;
mod clickhouse;
mod elasticsearch;
#[cfg(test)]
pub mod far_side;
mod file;
mod http;
mod json;
mod kafka;
mod otlp;
mod presented;
mod s3;
mod splunk_hec;
mod syslog;
pub mod tls;
mod web;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::base::{Home, Problem, Secret, UnixMillis};
use crate::net::NetSettings;
use crate::record::LogType;
use crate::settings::{Destination, Records};

pub use presented::certificate_of;
#[cfg(test)]
pub(crate) use web::tests::{Far, Reply, Seen as Request, say};

/// One record or alert, ready to be handed over.
#[derive(Clone, Debug)]
pub struct Item {
    /// The record's id; a repeat has the same.
    pub id: Arc<str>,
    /// What it is.
    pub what: What,
    /// The account's name.
    pub account: Arc<str>,
    /// The account's API hostname.
    pub api_hostname: Arc<str>,
    /// When it happened.
    pub time: UnixMillis,
    /// When it was collected.
    pub received: UnixMillis,
    /// Exactly what Duo sent; an alert as JSON.
    pub raw: Vec<u8>,
    /// The same in the output's format, without a line feed.
    pub line: Vec<u8>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A record of this log.
    Record(LogType),
    /// An alert that the rules raised.
    Alert,
}

impl What {
    /// The fixed name: that of the log, or `alert`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record(log_type) => log_type.name(),
            Self::Alert => "alert",
        }
    }
}

/// Items that go out together; a retry has the same items and the same token.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The items; those of one log in the order of their arrival.
    pub items: Vec<Item>,
    /// Tells this batch from all others: a print of its ids and lines, in hexadecimal digits.
    pub token: String,
}

/// What came of a batch that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The far side's words.
    pub said: String,
    /// Single items that it will never take: their index, and why.
    pub refused: Vec<(usize, String)>,
}

/// Why a batch was not taken: nothing of it arrived, or it is not known how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, why, and what to do.
    pub problem: Problem,
    /// Whether trying again may help. Otherwise a person has to mend something; it is still tried
    /// again, slowly.
    pub again: bool,
    /// How long the far side asks to be left alone.
    pub after: Option<Duration>,
    /// It is about what the batch holds, or its size: smaller ones are tried until the culprit is
    /// found and parked.
    pub content: bool,
}

impl Failure {
    /// Trying again may help.
    pub const fn passing(problem: Problem) -> Self {
        Self { problem, again: true, after: None, content: false }
    }

    /// A person has to mend something.
    pub const fn lasting(problem: Problem) -> Self {
        Self { problem, again: false, after: None, content: false }
    }

    /// The far side will not take this batch as it is.
    pub const fn content(problem: Problem) -> Self {
        Self { problem, again: false, after: None, content: true }
    }

    /// Adds how long the far side asks to be left alone.
    #[must_use]
    pub const fn after(mut self, after: Option<Duration>) -> Self {
        self.after = after;
        self
    }
}

/// What a channel may use.
#[derive(Clone, Debug)]
pub struct Tools {
    /// How this computer reaches the outside.
    pub net: NetSettings,
    /// What the output needs to be let in.
    pub secret: Option<Secret>,
    /// Where this program lives; what a channel keeps goes below `state/outputs`.
    pub home: Home,
    /// The line that comes first in a file of the output's format (CSV).
    pub header: Option<Vec<u8>>,
    /// The token of the last batch that was committed as taken.
    pub committed: Option<String>,
    /// Nothing but a test is sent, beside whoever hands records over: what that one keeps stays as
    /// it is.
    pub only_test: bool,
}

impl Tools {
    /// A path of the settings, from the folder of the settings file on when it is relative.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.home.config.join(path)
    }
}

/// How much goes out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most so many items.
    pub records: usize,
    /// At most so many bytes of lines; a single longer item still makes a batch.
    pub bytes: usize,
    /// A batch that is not full waits so long for more.
    pub gather: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { records: 2_000, bytes: 2_000_000, gather: Duration::from_millis(250) }
    }
}

/// What the far side showed when it was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probed {
    /// Its words, or what is known of the test record's fate.
    pub said: String,
    /// The certificate it presented, where TLS is spoken.
    pub certificate: Option<Certificate>,
}

/// The certificate a far side presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
    /// Until when it is valid.
    pub until: UnixMillis,
    /// Whether it is trusted here.
    pub trusted: bool,
    /// Why not.
    pub why_not: Option<String>,
}

/// What a channel leaves to the next one of the same output: what it wrote and nobody may have read.
#[derive(Debug, Default)]
pub struct Rest(VecDeque<Arc<Vec<u8>>>);

/// The way to one output.
#[derive(Debug)]
pub enum Channel {
    /// To files.
    File(file::Channel),
    /// To a Kafka-compatible broker.
    Kafka(Box<kafka::Channel>),
    /// To a bucket.
    S3(Box<s3::Channel>),
    /// To a syslog receiver.
    Syslog(syslog::Channel),
    /// To Splunk.
    SplunkHec(splunk_hec::Channel),
    /// To Elasticsearch or OpenSearch.
    Elasticsearch(elasticsearch::Channel),
    /// To ClickHouse.
    Clickhouse(clickhouse::Channel),
    /// To Azure Monitor.
    AzureMonitor(Box<azure_monitor::Channel>),
    /// To any receiver over HTTP.
    Http(http::Channel),
    /// To an OpenTelemetry collector.
    Otlp(otlp::Channel),
    /// To one that does what a test wants.
    #[cfg(test)]
    Test(far_side::FarSide),
}

impl Channel {
    /// Makes the way ready. `name` is the output's.
    pub async fn open(name: &str, records: &Records, tools: Tools) -> Result<Self, Failure> {
        #[cfg(test)]
        if let Some(far_side) = far_side::FarSide::find(name) {
            return Ok(Self::Test(far_side));
        }
        Ok(match &records.to {
            Destination::File(to) => Self::File(file::Channel::open(name, to, tools).await?),
            Destination::Kafka(to) => Self::Kafka(Box::new(kafka::Channel::open(to, tools).await?)),
            Destination::S3(to) => Self::S3(Box::new(s3::Channel::open(to, tools)?)),
            Destination::Syslog(to) => Self::Syslog(syslog::Channel::open(to, tools).await?),
            Destination::SplunkHec(to) => {
                Self::SplunkHec(splunk_hec::Channel::open(to, &tools).await?)
            }
            Destination::Elasticsearch(to) => {
                Self::Elasticsearch(elasticsearch::Channel::open(to, &tools).await?)
            }
            Destination::Clickhouse(to) => {
                Self::Clickhouse(clickhouse::Channel::open(to, records.format, &tools).await?)
            }
            Destination::AzureMonitor(to) => {
                Self::AzureMonitor(Box::new(azure_monitor::Channel::open(to, &tools).await?))
            }
            Destination::Http(to) => Self::Http(http::Channel::open(to, &tools).await?),
            Destination::Otlp(to) => Self::Otlp(otlp::Channel::open(to, &tools).await?),
        })
    }

    /// Hands a batch over. After a failure the same batch comes again, or smaller ones.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        match self {
            Self::File(channel) => channel.deliver(batch).await,
            Self::Kafka(channel) => channel.deliver(batch).await,
            Self::S3(channel) => channel.deliver(batch).await,
            Self::Syslog(channel) => channel.deliver(batch).await,
            Self::SplunkHec(channel) => channel.deliver(batch).await,
            Self::Elasticsearch(channel) => channel.deliver(batch).await,
            Self::Clickhouse(channel) => channel.deliver(batch).await,
            Self::AzureMonitor(channel) => channel.deliver(batch).await,
            Self::Http(channel) => channel.deliver(batch).await,
            Self::Otlp(channel) => channel.deliver(batch).await,
            #[cfg(test)]
            Self::Test(channel) => channel.deliver(batch),
        }
    }

    /// Hands over an item that is marked as a test, and tells what the far side showed.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        match self {
            Self::File(channel) => channel.probe(item).await,
            Self::Kafka(channel) => channel.probe(item).await,
            Self::S3(channel) => channel.probe(item).await,
            Self::Syslog(channel) => channel.probe(item).await,
            Self::SplunkHec(channel) => channel.probe(item).await,
            Self::Elasticsearch(channel) => channel.probe(item).await,
            Self::Clickhouse(channel) => channel.probe(item).await,
            Self::AzureMonitor(channel) => channel.probe(item).await,
            Self::Http(channel) => channel.probe(item).await,
            Self::Otlp(channel) => channel.probe(item).await,
            #[cfg(test)]
            Self::Test(channel) => channel.probe(item),
        }
    }

    /// Makes at the far side what records are kept in there; tells what was made. `None`: there is
    /// nothing to make.
    pub async fn prepare(&mut self) -> Option<Result<String, Failure>> {
        match self {
            Self::Elasticsearch(channel) => Some(channel.prepare().await),
            Self::Clickhouse(channel) => Some(channel.prepare().await),
            _ => None,
        }
    }

    /// Gives it up, in the middle of something or because it does not work; the next one takes over
    /// what it leaves.
    pub fn give_up(self) -> Rest {
        match self {
            Self::Syslog(channel) => Rest(channel.give_up()),
            _ => Rest::default(),
        }
    }

    /// Takes over what the one before it has left.
    pub fn take_over(&mut self, rest: Rest) {
        if let Self::Syslog(channel) = self {
            channel.take_over(rest.0);
        }
    }

    /// Ends it in order.
    pub async fn close(self) {
        match self {
            Self::File(channel) => channel.close().await,
            Self::Kafka(channel) => channel.close().await,
            // Nothing of it is open between batches.
            Self::S3(_) => {}
            Self::Syslog(channel) => channel.close().await,
            Self::SplunkHec(channel) => channel.close().await,
            Self::Elasticsearch(channel) => channel.close().await,
            Self::Clickhouse(channel) => channel.close().await,
            Self::AzureMonitor(channel) => channel.close().await,
            Self::Http(channel) => channel.close().await,
            Self::Otlp(channel) => channel.close().await,
            #[cfg(test)]
            Self::Test(_) => {}
        }
    }

    /// How much goes out together.
    pub fn limits(&self) -> Limits {
        match self {
            Self::File(channel) => channel.limits(),
            Self::Kafka(channel) => channel.limits(),
            Self::S3(channel) => channel.limits(),
            Self::Syslog(channel) => channel.limits(),
            Self::SplunkHec(channel) => channel.limits(),
            Self::Elasticsearch(channel) => channel.limits(),
            Self::Clickhouse(channel) => channel.limits(),
            Self::AzureMonitor(channel) => channel.limits(),
            Self::Http(channel) => channel.limits(),
            Self::Otlp(channel) => channel.limits(),
            #[cfg(test)]
            Self::Test(channel) => channel.limits(),
        }
    }
}
