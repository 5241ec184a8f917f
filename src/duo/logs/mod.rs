//! Duo's six logs: where each is read, how it is paged, and what its records say.
//!
//! Promises: [`understand`] never fails; a field of an unexpected type leaves its own column empty
//! and no other. Most records are read in one pass that borrows from them; only a record with
//! something broken in it is mended in a copy and read again.
//!
//! Paths, units, paging and the two-minute delay: the log sections of
//! <https://duo.com/docs/adminapi>, Duo's `duo_client_python`.

mod activity;
mod administrator;
mod authentication;
mod fields;
mod offline_enrollment;
mod telephony;
mod trust_monitor;

use std::borrow::Cow;
use std::time::Duration;

use super::mend::mended;
use crate::record::{Columns, IdSource, LogType, Understood};

/// New records appear about this late, so that repeated calls agree; a query for the last two
/// minutes comes back empty.
pub const SETTLE: Duration = Duration::from_secs(120);

/// Where a log is read and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The path below the API hostname.
    pub path: &'static str,
    /// The unit of `mintime` and `maxtime`.
    pub unit: Unit,
    /// How one page leads to the next.
    pub paging: Paging,
    /// The most records an answer holds.
    pub max_limit: u32,
    /// Whether the order can be asked for.
    pub sorts: bool,
    /// Whether `total_objects` tells how many records a window has.
    pub counts: bool,
}

/// The unit of a log's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Thirteen digits.
    Millis,
    /// Ten digits.
    Secs,
}

/// How one page leads to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// The answer's cursor goes back in this parameter.
    Cursor {
        /// `next_offset` or `offset`.
        parameter: &'static str,
    },
    /// There is no cursor: the next page starts at the last record's time.
    Since,
}

/// Where a log is read and how.
pub fn endpoint(log_type: LogType) -> &'static Endpoint {
    match log_type {
        LogType::Authentication => &authentication::ENDPOINT,
        LogType::Activity => &activity::ENDPOINT,
        LogType::Administrator => &administrator::ENDPOINT,
        LogType::Telephony => &telephony::ENDPOINT,
        LogType::OfflineEnrollment => &offline_enrollment::ENDPOINT,
        LogType::TrustMonitor => &trust_monitor::ENDPOINT,
    }
}

/// The common shape of the second-generation logs.
const fn v2(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        unit: Unit::Millis,
        paging: Paging::Cursor { parameter: "next_offset" },
        max_limit: 1000,
        sorts: true,
        counts: true,
    }
}

/// The common shape of the first-generation logs: the thousand earliest records, oldest first.
const fn v1(path: &'static str) -> Endpoint {
    Endpoint {
        path,
        unit: Unit::Secs,
        paging: Paging::Since,
        max_limit: 1000,
        sorts: false,
        counts: false,
    }
}

/// Reads what can be read out of one raw record.
pub fn understand(log_type: LogType, raw: &[u8]) -> Understood<'_> {
    if let Ok(text) = std::str::from_utf8(raw)
        && let Ok(understood) = read(log_type, text)
    {
        return understood;
    }
    let Some(copy) = mended(raw) else { return Understood::default() };
    match read(log_type, &copy) {
        Ok(understood) => owned(understood),
        Err(_) => Understood::default(),
    }
}

fn read(log_type: LogType, text: &str) -> serde_json::Result<Understood<'_>> {
    // The derived readers also take a list for an object, field by field in order.
    if !text.trim_ascii_start().starts_with('{') {
        return Ok(Understood::default());
    }
    match log_type {
        LogType::Authentication => serde_json::from_str(text).map(authentication::understand),
        LogType::Activity => serde_json::from_str(text).map(activity::understand),
        LogType::Administrator => serde_json::from_str(text).map(administrator::understand),
        LogType::Telephony => serde_json::from_str(text).map(telephony::understand),
        LogType::OfflineEnrollment => {
            serde_json::from_str(text).map(offline_enrollment::understand)
        }
        LogType::TrustMonitor => serde_json::from_str(text).map(trust_monitor::understand),
    }
}

fn owned(understood: Understood<'_>) -> Understood<'static> {
    let own = |text: Option<Cow<'_, str>>| text.map(|text| Cow::Owned(text.into_owned()));
    let columns = understood.columns;
    Understood {
        time: understood.time,
        id: match understood.id {
            IdSource::Duo(id) => IdSource::Duo(Cow::Owned(id.into_owned())),
            IdSource::Fields(fields) => IdSource::Fields(fields),
            IdSource::Bytes => IdSource::Bytes,
        },
        columns: Columns {
            user: own(columns.user),
            action: own(columns.action),
            result: own(columns.result),
            reason: own(columns.reason),
            factor: own(columns.factor),
            address: own(columns.address),
            application: own(columns.application),
            target: own(columns.target),
            country: own(columns.country),
            amount: columns.amount,
        },
        complete: understood.complete,
    }
}

#[cfg(test)]
mod tests;
