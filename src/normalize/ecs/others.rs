//! Telephony, offline enrollment and Trust Monitor.

use serde_json::Value;

use super::{source, user_agent};
use crate::normalize::event::Event;
use crate::normalize::json::Json;

/// `cisco_duo.telephony_v2`, and `cisco_duo.telephony` of the first generation.
pub fn telephony_fields(json: &mut Json, event: &Event<'_>) {
    json.maybe("event_type", event.text("context"));
    whole(json, "credits", event.view.get("credits"));
    json.maybe("id", event.text("telephony_id"));
    json.maybe("phone_number", event.text("phone"));
    json.maybe("txid", event.text("txid"));
    json.maybe("type", event.text("type"));
    let placed = [
        "event_type",
        "id",
        "phone_number",
        "duo",
        "context",
        "credits",
        "telephony_id",
        "phone",
        "txid",
        "type",
        "ts",
        "isotimestamp",
        "timestamp",
    ];
    json.members(event.record(), &placed);
}

/// `cisco_duo.offline_enrollment`
pub fn offline_enrollment_fields(json: &mut Json, event: &Event<'_>) {
    json.maybe("action", event.text("action"));
    match event.view.get("description") {
        Some(value @ Value::Object(_)) => json.value("description", value),
        Some(Value::String(text)) => json.object("description", |json| json.text("value", text)),
        _ => {}
    }
    json.maybe("object", event.text("object"));
    json.object("user", |json| json.maybe("name", event.text("username")));
    let placed =
        ["user", "duo", "action", "description", "object", "username", "isotimestamp", "timestamp"];
    json.members(event.record(), &placed);
}

/// `user`, `host`, `user_agent`
pub fn offline_enrollment_shared(json: &mut Json, event: &Event<'_>) {
    json.object("user", |json| json.maybe("name", event.text("username")));
    json.object("host", |json| json.maybe("hostname", event.text("description.hostname")));
    json.object("user_agent", |json| json.maybe("original", event.text("description.user_agent")));
}

/// `cisco_duo.trust_monitor`
pub fn trust_monitor_fields(json: &mut Json, event: &Event<'_>) {
    for (name, value) in event.record() {
        match name.as_str() {
            "duo" | "surfaced_timestamp" => {}
            "from_common_netblock"
            | "from_new_user"
            | "low_risk_ip"
            | "priority_event"
            | "triaged_as_interesting" => {
                if let Value::Bool(flag) = value {
                    json.flag(name, *flag);
                }
            }
            "bypass_status_enabled" | "state_updated_timestamp" => whole(json, name, Some(value)),
            "surfaced_auth" | "enabled_by" | "enabled_for" if !value.is_object() => {}
            "explanations" | "priority_reasons" if !is_list_of_objects(value) => {}
            _ => json.value(name, value),
        }
    }
}

/// `user`, `source`, `user_agent`, `url`
pub fn trust_monitor_shared(json: &mut Json, event: &Event<'_>) {
    let (by, on) = ("enabled_by", "enabled_for");
    json.object("user", |json| {
        if event.view.get("surfaced_auth").is_some_and(Value::is_object) {
            json.maybe("id", event.text("surfaced_auth.user.key"));
            json.maybe("name", event.text("surfaced_auth.user.name"));
            json.maybe("email", event.text("surfaced_auth.email"));
            return;
        }
        json.maybe("id", event.text(&format!("{by}.key")));
        json.maybe("name", event.text(&format!("{by}.name")));
        json.object("target", |json| {
            json.maybe("id", event.text(&format!("{on}.key")));
            json.maybe("name", event.text(&format!("{on}.name")));
        });
    });
    source(json, event, "surfaced_auth.access_device", |_| ());
    user_agent(json, event, "surfaced_auth.access_device");
    if let Some(Value::String(text)) = event.view.get("triage_event_uri") {
        url(json, text);
    }
}

/// `url`, taken apart.
fn url(json: &mut Json, text: &str) {
    json.object("url", |json| {
        json.text("original", text);
        let Some((scheme, rest)) = text.split_once("://") else { return };
        json.text("scheme", scheme);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at(end);
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        match host.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => {
                json.text("domain", host);
                json.number("port", port.parse::<u16>().unwrap_or_default());
            }
            _ => json.text("domain", host),
        }
        json.text("path", path);
        json.text("query", query);
        json.text("fragment", fragment);
    });
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
}

/// A number, if it is a whole one.
fn whole(json: &mut Json, name: &str, value: Option<&Value>) {
    if let Some(number) = value.and_then(Value::as_i64) {
        json.number(name, number);
    }
}
