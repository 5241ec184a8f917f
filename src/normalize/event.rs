//! A record as all formats need it: read once, with what the program knows beside it.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::address;
use super::tables::{Codified, Level, Numbers, Tables};
use crate::base::UnixMillis;
use crate::duo::View;
use crate::duo::logs::understand;
use crate::knowledge::Labels;
use crate::record::{IdSource, LogType};

/// What is known about a record beside itself. Everything may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The account's API hostname.
    pub api_hostname: Option<&'a str>,
    /// The account's name.
    pub account: Option<&'a str>,
    /// The record's id, for logs in which Duo gives none.
    pub id: Option<&'a str>,
    /// When it was collected.
    pub received: Option<UnixMillis>,
    /// Stands in for a record's own time where that cannot be read.
    pub otherwise_at: Option<UnixMillis>,
}

/// A record that is being converted.
#[derive(Debug)]
pub struct Event<'a> {
    pub log_type: LogType,
    /// The record's own bytes.
    pub raw: &'a [u8],
    pub context: &'a Context<'a>,
    pub tables: &'a Tables,
    pub labels: &'a Labels,
    pub view: View,
    /// When it happened, as finely as the record says.
    pub time: Option<Timestamp>,
    /// Duo's id, else the one given.
    pub id: Option<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    /// Reads a record.
    pub fn read(
        log_type: LogType,
        raw: &'a [u8],
        context: &'a Context<'a>,
        tables: &'a Tables,
        labels: &'a Labels,
    ) -> Self {
        let understood = understand(log_type, raw);
        let view = View::with_columns(log_type, raw, &understood.columns);
        let time = finest(&view, understood.time);
        let id = match understood.id {
            IdSource::Duo(id) => Some(id),
            _ => context.id.map(Cow::Borrowed),
        };
        Self { log_type, raw, context, tables, labels, view, time, id }
    }

    /// Whether there is a JSON object at all.
    pub fn is_object(&self) -> bool {
        self.record().len() > 1
    }

    /// The record's fields, with `duo` among them.
    pub fn record(&self) -> &Map<String, Value> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.view.tree().as_object().unwrap_or(&EMPTY)
    }

    /// The record's own text; what is not UTF-8 in it is marked.
    pub fn original(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.raw)
    }

    /// When it happened, or what stands in for that.
    pub fn time_or_other(&self) -> Option<Timestamp> {
        let other = self.context.otherwise_at.or(self.context.received);
        self.time.or_else(|| Timestamp::from_millisecond(other?.0).ok())
    }

    /// A text of the record.
    pub fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        self.view.text(path)
    }

    /// The canonical codes.
    pub fn codes(&self) -> Codified<'_> {
        Codified {
            action: self.text("duo.action"),
            result: self.text("duo.result"),
            reason: self.text("duo.reason"),
            factor: self.text("duo.factor"),
        }
    }

    /// How grave it is by itself.
    pub fn severity(&self) -> (Level, Numbers) {
        let is_priority = self.view.get("priority_event") == Some(&Value::Bool(true));
        self.tables.severity.of(self.log_type, &self.codes(), is_priority)
    }

    /// Where it came from: the address as Duo wrote it.
    pub fn source_text(&self) -> Option<Cow<'_, str>> {
        let device = match self.log_type {
            LogType::Administrator | LogType::OfflineEnrollment => {
                return self.text("description.ip_address");
            }
            LogType::Telephony => return None,
            LogType::TrustMonitor => self.view.get("surfaced_auth.access_device")?,
            LogType::Authentication | LogType::Activity => self.view.get("access_device")?,
        };
        match device.get("ip")? {
            Value::String(text) => Some(Cow::Borrowed(text.as_str())),
            ip => ip.get("address")?.as_str().map(Cow::Borrowed),
        }
        .filter(|text| !text.is_empty())
    }

    /// Where it came from: address and port.
    pub fn source(&self) -> Option<(IpAddr, Option<u16>)> {
        address::split(&self.source_text()?)
    }

    /// Duo's place name at a path; a dash is none.
    pub fn place(&self, device: &str, part: &str) -> Option<Cow<'_, str>> {
        let location = self.view.get(device)?.get("location")?;
        let text = location.get(part)?.as_str()?;
        (!text.is_empty() && text != "-").then_some(Cow::Borrowed(text))
    }

    /// The words for what was done: "User created", or the code made readable.
    pub fn action_words(&self) -> Cow<'_, str> {
        let Some(action) = self.text("duo.action") else {
            return self.log_type.title().into();
        };
        match self.labels.get(self.action_table(), &action) {
            Some(words) => Cow::Borrowed(words),
            None => Cow::Owned(readable(&action)),
        }
    }

    /// Which words its actions have.
    const fn action_table(&self) -> &'static str {
        match self.log_type {
            LogType::Authentication => "event_type",
            LogType::Telephony => "telephony_type",
            LogType::TrustMonitor => "trust_monitor_type",
            _ => "action",
        }
    }

    /// Which words its reasons have.
    const fn reason_table(&self) -> &'static str {
        match self.log_type {
            LogType::Telephony => "telephony_context",
            LogType::TrustMonitor => "trust_monitor_explanation",
            _ => "reason",
        }
    }

    /// How it ended, as a canonical code: as the record says, else as the action's name does.
    pub fn ended(&self) -> Option<Cow<'_, str>> {
        self.text("duo.result").or_else(|| {
            let action = self.text("duo.action")?;
            let failed = ["_error", "_fail", "_failed", "_failure"];
            failed.iter().any(|ending| action.ends_with(ending)).then_some("failure".into())
        })
    }

    /// Why it ended so: in the record's own words where it has some, else as a canonical code.
    pub fn reason(&self) -> Option<Cow<'_, str>> {
        self.text("description.error").or_else(|| self.text("duo.reason"))
    }

    /// What happened, in one line: "Authentication: Denied (No response), by ada".
    pub fn message(&self) -> String {
        let words = |table: &str, code: &str| match self.labels.get(table, code) {
            Some(words) => words.to_owned(),
            None => readable(code),
        };
        let is_act = matches!(self.log_type, LogType::Activity | LogType::Administrator);
        let mut message = self.action_words().into_owned();
        // What was made with a device has it as its target; only acts are done to somebody.
        if is_act && let Some(target) = self.text("duo.target") {
            message.push_str(": ");
            message.push_str(&target);
        } else if !is_act && let Some(result) = self.text("duo.result") {
            message.push_str(": ");
            message.push_str(&words("result", &result));
        }
        if let Some(reason) = self.reason() {
            message.push_str(" (");
            message.push_str(&words(self.reason_table(), &reason));
            message.push(')');
        }
        if let Some(user) = self.text("duo.user") {
            message.push_str(", by ");
            message.push_str(&user);
        }
        message
    }

    /// A field of the record, or with @ what is known beside it; as the mappings name them.
    pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let Some(special) = name.strip_prefix('@') else { return self.text(name) };
        match special {
            "time" => self.time_or_other().map(|time| time.to_string().into()),
            "time_millis" => {
                self.time_or_other().map(|time| time.as_millisecond().to_string().into())
            }
            "id" => self.id.as_deref().map(Cow::Borrowed),
            "account" => self.context.account.map(Cow::Borrowed),
            "api_hostname" => self.context.api_hostname.map(Cow::Borrowed),
            "address" => self.source().map(|(address, _)| address.to_string().into()),
            "ipv4" => self
                .source()
                .filter(|(address, _)| address.is_ipv4())
                .map(|(address, _)| address.to_string().into()),
            "ipv6" => self
                .source()
                .filter(|(address, _)| address.is_ipv6())
                .map(|(address, _)| address.to_string().into()),
            "port" => self.source()?.1.map(|port| port.to_string().into()),
            "browser" => self.browser(),
            "severity" => Some(self.severity().1.leef.to_string().into()),
            "message" => Some(self.message().into()),
            "reason" => self.reason(),
            "result" => self.ended(),
            "raw" => Some(self.original()),
            _ => None,
        }
    }

    /// The first of several fields that is there.
    pub fn first(&self, names: &[String]) -> Option<Cow<'_, str>> {
        names.iter().find_map(|name| self.field(name)).filter(|text| !text.is_empty())
    }

    fn browser(&self) -> Option<Cow<'_, str>> {
        let device = if self.log_type == LogType::TrustMonitor {
            "surfaced_auth.access_device"
        } else {
            "access_device"
        };
        let device = self.view.get(device)?;
        let browser = device.get("browser")?.as_str().filter(|text| !text.is_empty())?;
        match device.get("browser_version").and_then(Value::as_str) {
            Some(version) if !version.is_empty() => Some(format!("{browser} {version}").into()),
            _ => Some(browser.into()),
        }
    }
}

/// The time with all the digits the record has, if a text in it says the same as `time`.
fn finest(view: &View, time: Option<UnixMillis>) -> Option<Timestamp> {
    let time = time?;
    let text = ["ts", "isotimestamp"].iter().find_map(|name| view.get(name)?.as_str());
    let fine: Option<Timestamp> = text.and_then(|text| text.trim().parse().ok());
    fine.filter(|fine| fine.as_nanosecond().div_euclid(1_000_000) == i128::from(time.0))
        .or_else(|| Timestamp::from_millisecond(time.0).ok())
}

/// `admin_2fa_error` becomes "Admin 2fa error".
pub fn readable(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => words,
    }
}
