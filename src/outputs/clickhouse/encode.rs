//! Records as rows of a ClickHouse table, and the table itself.
//!
//! Promises: the columns that the program fills are the same for every format; all others are
//! worked out by ClickHouse from them, so that a person may add and remove such columns.
//!
//! Source: <https://clickhouse.com/docs/interfaces/formats/JSONEachRow>.

use jiff::Timestamp;

use crate::base::UnixMillis;
use crate::outputs::{Item, json};
use crate::settings::RecordFormat;

/// How many insertions a table that is not replicated remembers.
const WINDOW: u32 = 10_000;

/// The body of a request.
pub fn body(items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        json::object(&mut out, |row| {
            row.text("time", &time(item.time));
            row.text("received", &time(item.received));
            row.text("log_type", item.what.name());
            row.text("account", &item.account);
            row.text("api_hostname", &item.api_hostname);
            row.text("id", &item.id);
            row.line_as_text("record", &item.line);
        });
        out.push(b'\n');
    }
    out
}

/// The statement that makes the table.
///
/// Rows of the same id become one when ClickHouse merges; until then `FINAL` counts them once. Two
/// accounts can have the same id: in logs without ids of Duo's own it follows from what a record says.
pub fn table(database: &str, table: &str, format: RecordFormat) -> String {
    let mut columns = String::from(
        "time DateTime64(3, 'UTC') CODEC(Delta, ZSTD), \
         received DateTime64(3, 'UTC') CODEC(Delta, ZSTD), \
         log_type LowCardinality(String), \
         account LowCardinality(String), \
         api_hostname LowCardinality(String), \
         id String, \
         record String CODEC(ZSTD(3))",
    );
    for (name, kind, value) in worked_out(format) {
        columns.push_str(&format!(", {name} {kind} MATERIALIZED {value}"));
    }
    format!(
        "CREATE TABLE IF NOT EXISTS {database}.{table} ({columns}) \
         ENGINE = ReplacingMergeTree PARTITION BY toYYYYMM(time) ORDER BY (log_type, time, api_hostname, id) \
         SETTINGS non_replicated_deduplication_window = {WINDOW}"
    )
}

/// Columns that dashboards ask for, by the format that `record` has.
fn worked_out(format: RecordFormat) -> &'static [(&'static str, &'static str, &'static str)] {
    const LOW: &str = "LowCardinality(String)";
    match format {
        RecordFormat::Raw | RecordFormat::Splunk | RecordFormat::Panther => &[
            (
                "action",
                LOW,
                "multiIf(log_type = 'activity', JSONExtractString(record, 'action', 'name'), \
                 log_type = 'authentication', JSONExtractString(record, 'event_type'), \
                 log_type IN ('telephony', 'trust_monitor'), JSONExtractString(record, 'type'), \
                 JSONExtractString(record, 'action'))",
            ),
            (
                "user",
                "String",
                "multiIf(log_type = 'activity', JSONExtractString(record, 'actor', 'name'), \
                 log_type = 'authentication', JSONExtractString(record, 'user', 'name'), \
                 JSONExtractString(record, 'username'))",
            ),
            ("result", LOW, "JSONExtractString(record, 'result')"),
            ("reason", LOW, "JSONExtractString(record, 'reason')"),
            ("factor", LOW, "JSONExtractString(record, 'factor')"),
            ("application", LOW, "JSONExtractString(record, 'application', 'name')"),
            (
                "ip",
                "String",
                "if(log_type = 'activity', JSONExtractString(record, 'access_device', 'ip', 'address'), \
                 JSONExtractString(record, 'access_device', 'ip'))",
            ),
            ("country", LOW, "JSONExtractString(record, 'access_device', 'location', 'country')"),
        ],
        RecordFormat::Ecs => &[
            ("action", LOW, "JSONExtractString(record, 'event', 'action')"),
            ("user", "String", "JSONExtractString(record, 'user', 'name')"),
            ("result", LOW, "JSONExtractString(record, 'event', 'outcome')"),
            ("reason", LOW, "JSONExtractString(record, 'event', 'reason')"),
            ("ip", "String", "JSONExtractString(record, 'source', 'ip')"),
            ("country", LOW, "JSONExtractString(record, 'source', 'geo', 'country_name')"),
        ],
        RecordFormat::Ocsf | RecordFormat::Cef | RecordFormat::Leef | RecordFormat::Csv => &[],
    }
}

/// A time as every version of ClickHouse reads it, whatever its settings.
fn time(at: UnixMillis) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        Err(_) => "1970-01-01 00:00:00.000".to_owned(),
    }
}
