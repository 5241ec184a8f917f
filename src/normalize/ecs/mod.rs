//! Elastic Common Schema 8, with the field choices of Elastic's Cisco Duo integration.
//!
//! Promises: every field the integration fills is filled alike, with two exceptions: `@timestamp`
//! has all digits of the record's time, and nothing is looked up in address databases. Everything
//! else of the record stands under `cisco_duo.<data set>`, and the record itself in
//! `event.original`. A value that Elasticsearch could not store in a field's type is left out there:
//! it would refuse the whole document.
//!
//! `data_stream` is not written: where a document goes is the business of whoever sends it.
//! `tags` are the integration's, so that its ingest pipeline, if it should run, keeps the original.
//!
//! Fields, types and choices: <https://github.com/elastic/integrations/tree/main/packages/cisco_duo>,
//! version 2; <https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html>.

mod administration;
mod authentication;
mod others;

use std::borrow::Cow;

use serde_json::Value;

use super::address;
use super::event::Event;
use super::indicators::indicators;
use super::json::Json;
use crate::record::LogType;

/// A record as one line.
pub fn line(event: &Event<'_>) -> Vec<u8> {
    Json::line(event.raw.len() * 3 + 1024, |json| {
        json.maybe("@timestamp", event.time_or_other().map(|time| time.to_string()));
        json.object("ecs", |json| json.text("version", &event.tables.ecs.version));
        if event.is_object() {
            understood(json, event);
        } else {
            not_understood(json, event);
        }
    })
}

fn understood(json: &mut Json, event: &Event<'_>) {
    let dataset = dataset(event);
    let kind = kind(event);
    json.object("event", |json| {
        json.text("kind", "event");
        json.text("module", "cisco_duo");
        json.text("dataset", format!("cisco_duo.{dataset}"));
        json.maybe("id", event.id.as_deref());
        json.maybe("action", raw_action(event));
        json.texts("category", &kind.0);
        json.texts("type", &kind.1);
        json.maybe("outcome", outcome(event));
        json.maybe("reason", reason(event));
        received(json, event);
        json.text("original", event.original());
    });
    json.object("cisco_duo", |json| {
        json.object(dataset, |json| match event.log_type {
            LogType::Authentication => authentication::own_fields(json, event),
            LogType::Activity => administration::activity_fields(json, event),
            LogType::Administrator => administration::administrator_fields(json, event),
            LogType::Telephony => others::telephony_fields(json, event),
            LogType::OfflineEnrollment => others::offline_enrollment_fields(json, event),
            LogType::TrustMonitor => others::trust_monitor_fields(json, event),
        });
    });
    match event.log_type {
        LogType::Authentication => authentication::shared_fields(json, event),
        LogType::Activity => administration::activity_shared(json, event),
        LogType::Administrator => administration::administrator_shared(json, event),
        LogType::Telephony => {}
        LogType::OfflineEnrollment => others::offline_enrollment_shared(json, event),
        LogType::TrustMonitor => others::trust_monitor_shared(json, event),
    }
    related(json, event);
    surroundings(json, event, dataset);
}

/// What is no JSON object, the way the integration marks it.
fn not_understood(json: &mut Json, event: &Event<'_>) {
    let dataset = dataset(event);
    json.object("event", |json| {
        json.text("kind", "pipeline_error");
        json.text("module", "cisco_duo");
        json.text("dataset", format!("cisco_duo.{dataset}"));
        json.maybe("id", event.id.as_deref());
        received(json, event);
        json.text("original", event.original());
    });
    json.object("error", |json| json.text("message", "The record is not a JSON object"));
    surroundings(json, event, dataset);
}

fn received(json: &mut Json, event: &Event<'_>) {
    json.maybe("created", event.context.received.map(|time| time.to_string()));
}

fn surroundings(json: &mut Json, event: &Event<'_>, dataset: &str) {
    json.object("observer", |json| {
        json.text("vendor", "Cisco");
        json.text("product", "Duo");
        json.maybe("hostname", event.context.api_hostname);
    });
    json.object("organization", |json| json.maybe("name", event.context.account));
    let dataset = format!("cisco_duo-{dataset}");
    json.texts("tags", ["preserve_original_event", "forwarded", &dataset]);
}

fn dataset<'a>(event: &'a Event<'_>) -> &'a str {
    let record = event.record();
    let is_old = event.log_type == LogType::Telephony
        && !record.contains_key("telephony_id")
        && !record.contains_key("ts");
    event.tables.ecs.dataset(if is_old { "telephony_v1" } else { event.log_type.name() })
}

/// The action as Duo spelled it.
fn raw_action<'a>(event: &'a Event<'_>) -> Option<Cow<'a, str>> {
    match event.log_type {
        LogType::Activity => event.text("action.name"),
        LogType::Administrator | LogType::OfflineEnrollment => event.text("action"),
        LogType::Authentication => event.text("event_type"),
        LogType::Telephony | LogType::TrustMonitor => event.text("type"),
    }
}

fn kind(event: &Event<'_>) -> (Vec<String>, Vec<String>) {
    let fixed = |category: &str, kind: &str| (vec![category.to_owned()], vec![kind.to_owned()]);
    match event.log_type {
        LogType::Authentication => fixed("authentication", "info"),
        // No category of the schema fits calls and text messages.
        LogType::Telephony => (Vec::new(), vec!["info".to_owned()]),
        LogType::TrustMonitor => match event.text("type").as_deref() {
            Some("auth") => fixed("authentication", "info"),
            _ => fixed("iam", "info"),
        },
        _ => {
            let action = event.text("duo.action").unwrap_or_default();
            let kind = event.tables.ecs.kind(&action);
            (kind.category.clone(), kind.kind.clone())
        }
    }
}

fn outcome<'a>(event: &'a Event<'_>) -> Option<&'a str> {
    let result = event.ended();
    match event.log_type {
        LogType::Telephony | LogType::OfflineEnrollment | LogType::TrustMonitor => None,
        // These logs tell what was done; what failed has a name of its own.
        LogType::Administrator => {
            Some(event.tables.ecs.outcome(result.as_deref().unwrap_or("success")))
        }
        LogType::Activity => result.map(|result| event.tables.ecs.outcome(&result)),
        LogType::Authentication => {
            // Whatever is no success did not let the user in.
            let outcome = event.tables.ecs.outcome(result.as_deref().unwrap_or("denied"));
            Some(if outcome == "unknown" { "failure" } else { outcome })
        }
    }
}

fn reason<'a>(event: &'a Event<'_>) -> Option<Cow<'a, str>> {
    match event.log_type {
        LogType::Authentication => event.text("reason"),
        // A description that is a plain text is what the record says about it.
        LogType::Administrator => match event.view.get("description") {
            Some(Value::String(text)) => Some(Cow::Borrowed(text.as_str())),
            _ => event.text("description.error"),
        },
        _ => None,
    }
}

fn related(json: &mut Json, event: &Event<'_>) {
    let found = indicators(event.log_type, &event.view);
    json.object("related", |json| {
        json.texts(
            "ip",
            found.addresses.iter().filter(|text| text.parse::<std::net::IpAddr>().is_ok()),
        );
        json.texts("user", &found.usernames);
        json.texts("hosts", &found.hostnames);
    });
}

/// `source`: where an access came from, as far as Duo says.
fn source(json: &mut Json, event: &Event<'_>, device: &str, user: impl FnOnce(&mut Json)) {
    let hostname = event.view.get(device).and_then(|device| device.get("hostname"));
    json.object("source", |json| {
        let hostname = hostname.and_then(Value::as_str).filter(|text| !text.is_empty());
        json.maybe("address", hostname.map(Cow::Borrowed).or_else(|| event.source_text()));
        if let Some((address, port)) = event.source() {
            json.text("ip", address.to_string());
            if let Some(port) = port {
                json.number("port", port);
            }
        }
        json.object("geo", |json| {
            if let Some(name) = event.place(device, "country") {
                json.maybe("country_iso_code", event.tables.country_code(&name));
                json.text("country_name", name);
            }
            json.maybe("region_name", event.place(device, "state"));
            json.maybe("city_name", event.place(device, "city"));
        });
        json.object("user", user);
    });
}

/// `user_agent`: browser and operating system of the access device.
fn user_agent(json: &mut Json, event: &Event<'_>, device: &str) {
    let Some(device) = event.view.get(device) else { return };
    let part = |name: &str| device.get(name).and_then(Value::as_str);
    json.object("user_agent", |json| {
        json.maybe("name", part("browser"));
        json.maybe("version", part("browser_version"));
        json.object("os", |json| {
            json.maybe("name", part("os"));
            json.maybe("version", part("os_version"));
        });
    });
}

/// A device: its address taken apart, its states as texts (Duo writes "unknown" among truth
/// values), lists of agents only where they are lists of objects.
fn device(json: &mut Json, name: &str, device: Option<&Value>) {
    let Some(Value::Object(device)) = device else { return };
    json.object(name, |json| {
        for (name, value) in device {
            match (name.as_str(), value) {
                ("ip", Value::String(text)) => {
                    if let Some((address, port)) = address::split(text) {
                        json.text("ip", address.to_string());
                        if let Some(port) = port {
                            json.number("port", port);
                        }
                    }
                }
                ("ip", _) => {}
                // The port is taken from the address; a member of that name may be anything.
                ("port", _) => {}
                ("security_agents" | "management_agents", value) => {
                    if value.get(0).is_some_and(Value::is_object) {
                        json.value(name, value);
                    }
                }
                (_, Value::Bool(flag)) => json.text(name, if *flag { "true" } else { "false" }),
                ("location", Value::String(_)) => {}
                (_, value) => json.value(name, value),
            }
        }
    });
}
