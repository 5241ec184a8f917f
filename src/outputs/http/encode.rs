//! Records in the bodies that known receivers take.
//!
//! Promises: each record has its id beside it or in it, unless a person asked for the records alone.
//!
//! Sources: Cribl, <https://docs.cribl.io/stream/sources-https/>; Datadog,
//! <https://docs.datadoghq.com/api/latest/logs/#send-logs>; Graylog,
//! <https://go2docs.graylog.org/current/getting_in_log_data/gelf.html> (newlines between messages need
//! "Enable Bulk Receiving"); Panther, <https://docs.panther.com/data-onboarding/data-transports/http>;
//! Sumo Logic, <https://help.sumologic.com/docs/send-data/hosted-collectors/http-source/logs-metrics/>.

use crate::outputs::splunk_hec::source_type;
use crate::outputs::{Item, What, json};
use crate::settings::{Body, HttpOutput, Template};

/// Graylog's level for what is worth knowing, and for alerts: those of syslog.
const INFORMATIONAL: i64 = 6;
const WARNING: i64 = 4;

/// The body of a request.
pub fn body(to: &HttpOutput, items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    match to.body {
        Body::Array => json::list(&mut out, items, |out, item| one(to, out, item)),
        Body::Lines => {
            for item in items {
                one(to, &mut out, item);
                out.push(b'\n');
            }
        }
    }
    out
}

/// What a body is.
pub const fn content_type(to: &HttpOutput) -> &'static str {
    match (to.body, to.template) {
        (Body::Array, _) | (Body::Lines, Template::Cribl | Template::Graylog) => "application/json",
        (Body::Lines, Template::SumoLogic) => "text/plain",
        (Body::Lines, _) => "application/x-ndjson",
    }
}

fn one(to: &HttpOutput, out: &mut Vec<u8>, item: &Item) {
    match to.template {
        Template::Cribl => json::object(out, |event| {
            event.seconds("_time", item.time);
            event.text("host", &item.api_hostname);
            event.text("source", "duo-integrator");
            event.text("sourcetype", source_type(item.what));
            about(event, item);
            event.line_as_text("_raw", &item.line);
        }),
        Template::Datadog => json::object(out, |log| {
            log.text("ddsource", "cisco-duo");
            log.text("ddtags", &format!("log_type:{}", item.what.name()));
            log.text("hostname", &item.api_hostname);
            log.text("service", "duo");
            about(log, item);
            log.number("timestamp", item.time.0);
            log.line_as_text("message", &item.line);
        }),
        Template::Graylog => json::object(out, |message| {
            message.text("version", "1.1");
            message.text("host", &item.api_hostname);
            message.text("short_message", &format!("Duo: {}", item.what.name()));
            message.seconds("timestamp", item.time);
            let level = if item.what == What::Alert { WARNING } else { INFORMATIONAL };
            message.number("level", level);
            message.text("_record_id", &item.id);
            message.text("_log_type", item.what.name());
            message.text("_account", &item.account);
            message.line_as_text("full_message", &item.line);
        }),
        Template::Plain | Template::Panther | Template::SumoLogic if to.envelope => {
            json::object(out, |envelope| {
                envelope.text("id", &item.id);
                envelope.text("log_type", item.what.name());
                envelope.text("account", &item.account);
                envelope.text("api_hostname", &item.api_hostname);
                envelope.text("time", &item.time.to_string());
                envelope.text("received", &item.received.to_string());
                envelope.line("record", &item.line);
            });
        }
        Template::Plain | Template::Panther | Template::SumoLogic => match to.body {
            Body::Array => json::embed(out, &item.line),
            // A line in CEF or LEEF is none of JSON and stays what it is.
            Body::Lines => {
                out.extend(
                    item.line.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }),
                );
            }
        },
    }
}

fn about(object: &mut json::Object<'_>, item: &Item) {
    object.text("record_id", &item.id);
    object.text("log_type", item.what.name());
    object.text("account", &item.account);
}
