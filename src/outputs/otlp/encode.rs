//! Records as OpenTelemetry's log records, in JSON.
//!
//! Promises: the record's id stands in `log.record.uid`, by which receivers may drop repeats; the
//! record is the body, as a text.
//!
//! Sources: the encoding, <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>; the
//! messages, <https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto>;
//! names of attributes, <https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/>.

use crate::base::UnixMillis;
use crate::outputs::json::{self, Object};
use crate::outputs::{Item, What};

/// Severities of OpenTelemetry.
const INFO: (i64, &str) = (9, "INFO");
const WARN: (i64, &str) = (13, "WARN");

/// The body of a request. The order stays: what comes from another account begins a resource of
/// its own.
pub fn body(service_name: &str, items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    let accounts =
        items.chunk_by(|a, b| a.account == b.account && a.api_hostname == b.api_hostname);
    json::object(&mut out, |request| {
        request.value("resourceLogs", |out| {
            json::list(out, accounts, |out, items| resource(service_name, out, items));
        });
    });
    out
}

fn resource(service_name: &str, out: &mut Vec<u8>, items: &[Item]) {
    json::object(out, |resource| {
        resource.object("resource", |resource| {
            let (host, account) =
                items.first().map_or(("", ""), |item| (&*item.api_hostname, &*item.account));
            attributes(
                resource,
                &[("service.name", service_name), ("host.name", host), ("duo.account", account)],
            );
        });
        resource.value("scopeLogs", |out| {
            json::list(out, [items], |out, items| {
                json::object(out, |scope| {
                    scope.object("scope", |scope| {
                        scope.text("name", "duo-integrator");
                        scope.text("version", env!("CARGO_PKG_VERSION"));
                    });
                    scope.value("logRecords", |out| json::list(out, items, record));
                });
            });
        });
    });
}

fn record(out: &mut Vec<u8>, item: &Item) {
    json::object(out, |record| {
        record.text("timeUnixNano", &nanos(item.time));
        record.text("observedTimeUnixNano", &nanos(item.received));
        let (number, text) = if item.what == What::Alert { WARN } else { INFO };
        record.number("severityNumber", number);
        record.text("severityText", text);
        let name = format!("duo.{}", item.what.name());
        record.text("eventName", &name);
        record.object("body", |body| body.line_as_text("stringValue", &item.line));
        attributes(
            record,
            &[
                ("log.record.uid", &item.id),
                ("event.name", &name),
                ("duo.log_type", item.what.name()),
            ],
        );
    });
}

fn attributes(object: &mut Object<'_>, attributes: &[(&str, &str)]) {
    object.value("attributes", |out| {
        json::list(out, attributes, |out, (key, value)| {
            json::object(out, |attribute| {
                attribute.text("key", key);
                attribute.object("value", |inside| inside.text("stringValue", value));
            });
        });
    });
}

/// 64-bit numbers are texts in this encoding. Times before 1970 cannot be said.
fn nanos(time: UnixMillis) -> String {
    (i128::from(time.0.max(0)) * 1_000_000).to_string()
}
