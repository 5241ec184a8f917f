//! Records as Splunk's HTTP Event Collector takes them: one object after the other.
//!
//! Promises: each event has its own time, host and source type, and the record's id as the indexed
//! field `record_id`, so that a repeat can be found: `| dedup record_id`.
//!
//! Source: <https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/format-events-for-http-event-collector>.

use crate::normalize::splunk_source_type;
use crate::outputs::{Item, What, json};
use crate::settings::SplunkHecOutput;

/// The source type of alerts.
const ALERT: &str = "duo_integrator:alert";

/// The body of a request.
pub fn body<'a>(to: &SplunkHecOutput, items: impl IntoIterator<Item = &'a Item>) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        json::object(&mut out, |event| {
            event.seconds("time", item.time);
            event.text("host", &item.api_hostname);
            event.text("source", &to.source);
            event.text("sourcetype", source_type(item.what));
            if let Some(index) = &to.index {
                event.text("index", index);
            }
            event.object("fields", |fields| {
                fields.text("record_id", &item.id);
                fields.text("account", &item.account);
            });
            event.line("event", &item.line);
        });
        out.push(b'\n');
    }
    out
}

/// The source type that Splunk's Duo content looks for.
pub const fn source_type(what: What) -> &'static str {
    match what {
        What::Record(log_type) => splunk_source_type(log_type),
        What::Alert => ALERT,
    }
}
