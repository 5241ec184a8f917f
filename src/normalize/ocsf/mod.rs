//! Open Cybersecurity Schema Framework 1.7.
//!
//! Promises: each event is valid in its class; ids and captions agree; what the class has no place
//! for stands in `unmapped`, and the record itself in `raw_data`.
//!
//! Sign-ins are Authentication; what is done to users, administrators and their factors is Account
//! Change; everything else that is managed is Entity Management; Trust Monitor's events are
//! Detection Findings. User Access Management is not used: it wants the privileges by name, and no
//! record of Duo tells them. A record without a user gets one called "Unknown": the classes demand
//! a user.
//!
//! Classes and attributes: <https://schema.ocsf.io/1.7.0>.

mod account;
mod finding;
mod parts;
mod sign_in;

use serde_json::Value;

use super::event::Event;
use super::indicators::indicators;
use super::json::Json;
use super::tables::OcsfKind;
use crate::record::LogType;

/// A record as one line.
pub fn line(event: &Event<'_>) -> Vec<u8> {
    let action = event.text("duo.action");
    let understood = event.is_object();
    let tables = &event.tables.ocsf;
    // What is no record at all has no class either.
    let log_type = if understood { event.log_type } else { LogType::Telephony };
    let Some(kind) = tables.kind(log_type, action.as_deref()) else { return Vec::new() };
    Json::line(event.raw.len() * 3 + 1024, |json| {
        head(json, event, &kind);
        metadata(json, event);
        if understood {
            match kind.class.uid {
                3002 => sign_in::fields(json, event),
                3001 => account::change(json, event, &kind),
                3004 => account::entity(json, event, &kind),
                2004 => finding::fields(json, event),
                _ => {}
            }
            observables(json, event);
            unmapped(json, event);
        }
        json.text("raw_data", event.original());
    })
}

fn head(json: &mut Json, event: &Event<'_>, kind: &OcsfKind<'_>) {
    let activity = activity(event, kind);
    json.number("class_uid", kind.class.uid);
    json.text("class_name", &kind.class.name);
    json.number("category_uid", kind.class.category);
    json.text("category_name", &kind.class.category_name);
    json.number("activity_id", activity);
    // "Other" is told in the source's own words.
    let caption = kind.class.activity(activity);
    let own = event.text("duo.action");
    json.text(
        "activity_name",
        if activity == 99 { own.as_deref().unwrap_or(caption) } else { caption },
    );
    json.number("type_uid", kind.class.uid * 100 + activity);
    json.text("type_name", format!("{}: {caption}", kind.class.name));
    let (level, numbers) = event.severity();
    json.number("severity_id", numbers.ocsf);
    json.text("severity", level.caption());
    json.number("time", event.time_or_other().map_or(0, |time| time.as_millisecond()));
    json.text("message", event.message());
    status(json, event, kind);
}

fn activity(event: &Event<'_>, kind: &OcsfKind<'_>) -> i64 {
    if kind.class.uid != 2004 {
        return kind.activity;
    }
    if event.text("state").as_deref() == Some("processed") { 3 } else { 1 }
}

fn status(json: &mut Json, event: &Event<'_>, kind: &OcsfKind<'_>) {
    if kind.class.uid == 2004 {
        let state = event.text("state");
        let (id, caption) = match state.as_deref() {
            Some("new") => (1, "New"),
            Some("processed") => (4, "Resolved"),
            Some(other) => (99, other),
            // The schema and its readers disagree whether a finding's status may be unknown.
            None => return,
        };
        json.number("status_id", id);
        json.text("status", caption);
        return;
    }
    let result = event.ended();
    let (id, caption) = match result.as_deref() {
        Some("success") => (1, "Success"),
        Some(_) => (2, "Failure"),
        // These logs tell what was done; what failed says so.
        None if matches!(event.log_type, LogType::Activity | LogType::Administrator) => {
            (1, "Success")
        }
        None => (0, "Unknown"),
    };
    json.number("status_id", id);
    json.text("status", caption);
    json.maybe("status_code", result);
    json.maybe(
        "status_detail",
        event.reason().or_else(|| match event.view.get("description") {
            Some(Value::String(text)) if !text.is_empty() => Some(text.as_str().into()),
            _ => None,
        }),
    );
}

fn metadata(json: &mut Json, event: &Event<'_>) {
    json.object("metadata", |json| {
        json.text("version", &event.tables.ocsf.version);
        json.object("product", |json| {
            json.text("vendor_name", "Cisco");
            json.text("name", "Duo Security");
        });
        json.maybe("uid", event.id.as_deref());
        json.maybe(
            "correlation_uid",
            event.text("txid").or_else(|| event.text("surfaced_auth.txid")),
        );
        json.text("log_name", event.log_type.name());
        json.maybe("log_provider", event.context.api_hostname);
        json.maybe("event_code", event.text("duo.action"));
        let original = ["isotimestamp", "ts", "surfaced_timestamp", "timestamp"];
        json.maybe("original_time", original.iter().find_map(|name| event.text(name)));
        if let Some(received) = event.context.received {
            json.number("logged_time", received.0);
        }
        json.maybe("tenant_uid", event.text("akey").or(event.context.account.map(Into::into)));
        if let Some(account) = event.context.account {
            json.texts("labels", [format!("account:{account}")]);
        }
    });
}

/// What other records may be found by; numbers and captions of the schema.
fn observables(json: &mut Json, event: &Event<'_>) {
    let found = indicators(event.log_type, &event.view);
    let hostnames = found.hostnames.iter().filter(|name| parts::is_hostname(name));
    let emails = found.emails.iter().filter(|text| parts::is_email(text));
    json.list("observables", |json| {
        let mut add = |name: &str, id: i64, caption: &str, value: &str| {
            json.element(|json| {
                json.text("name", name);
                json.number("type_id", id);
                json.text("type", caption);
                json.text("value", value);
            });
        };
        for name in &found.usernames {
            add("username", 4, "User Name", name);
        }
        for address in found.addresses.iter().filter(|text| parts::is_address(text)) {
            add("address", 2, "IP Address", address);
        }
        for name in hostnames {
            add("hostname", 1, "Hostname", name);
        }
        for email in emails {
            add("email", 5, "Email Address", email);
        }
        for id in &found.trace_ids {
            add("trace_id", 99, "Transaction ID", id);
        }
        if let Some(phone) = event.text("phone") {
            add("phone", 99, "Phone Number", &phone);
        }
    });
}

/// Everything that has no place of its own above.
fn unmapped(json: &mut Json, event: &Event<'_>) {
    let placed: &[&str] = match event.log_type {
        LogType::Authentication => &[
            "duo",
            "txid",
            "timestamp",
            "isotimestamp",
            "event_type",
            "result",
            "reason",
            "email",
            "user",
            "application",
        ],
        LogType::Activity => &["duo", "activity_id", "akey", "ts", "outcome"],
        LogType::Administrator | LogType::OfflineEnrollment => {
            &["duo", "timestamp", "isotimestamp", "action", "username", "object"]
        }
        LogType::Telephony => &["duo", "telephony_id", "txid", "ts", "timestamp", "isotimestamp"],
        LogType::TrustMonitor => &["duo", "sekey", "surfaced_timestamp", "state"],
    };
    json.object("unmapped", |json| json.members(event.record(), placed));
}
