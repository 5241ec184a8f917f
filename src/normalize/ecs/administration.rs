//! The administrator log, data set `admin`, and the activity log, data set `activity`.

use serde_json::Value;

use super::{source, user_agent};
use crate::normalize::address;
use crate::normalize::event::Event;
use crate::normalize::json::Json;

/// `cisco_duo.admin`
pub fn administrator_fields(json: &mut Json, event: &Event<'_>) {
    json.maybe("action", event.text("action"));
    json.maybe("action_performed_on", event.text("object"));
    json.object("user", |json| json.maybe("name", event.text("username")));
    if let Some(Value::Object(_)) = event.view.get("description") {
        json.maybe("errors", event.text("description.Errors"));
        json.maybe("status", event.text("description.status"));
    }
    flattened(json, "flattened", event.view.get("description"), false);
    // Names of the data set's own fields are left out as well: nothing may stand there twice.
    let placed = [
        "user",
        "errors",
        "status",
        "flattened",
        "action_performed_on",
        "duo",
        "action",
        "object",
        "username",
        "description",
        "isotimestamp",
        "timestamp",
    ];
    json.members(event.record(), &placed);
}

/// `user`, `source`, `message`
pub fn administrator_shared(json: &mut Json, event: &Event<'_>) {
    if let Some(Value::String(text)) = event.view.get("description") {
        json.text("message", text);
    }
    let action = event.text("duo.action").unwrap_or_default();
    json.object("user", |json| {
        json.maybe("name", event.text("username"));
        // Whoever signs in or activates an account is described; of others the object is.
        let is_own = matches!(
            action.as_ref(),
            "admin_self_activate" | "admin_login" | "admin_login_error" | "admin_2fa_error"
        );
        if is_own {
            json.maybe("email", event.text("description.email"));
        }
        json.texts("roles", event.view.texts("description.role"));
        json.object("target", |json| {
            json.maybe("name", event.text("object"));
            if !is_own {
                json.maybe("email", event.text("description.email"));
            }
        });
        if action == "user_update" {
            json.object("changes", |json| {
                json.maybe("name", event.text("description.realname"));
                json.maybe("email", event.text("description.email"));
            });
        }
    });
    source(json, event, "description", |_| ());
}

/// `cisco_duo.activity`
pub fn activity_fields(json: &mut Json, event: &Event<'_>) {
    for (name, value) in event.record() {
        match name.as_str() {
            "duo" | "id" | "ts" => {}
            "activity_id" => json.maybe("id", event.text(name)),
            "outcome" => {
                json.maybe(
                    "outcome",
                    event.text("outcome.result").or_else(|| match value {
                        Value::String(text) => Some(text.into()),
                        _ => None,
                    }),
                );
            }
            "access_device" => access_device(json, value),
            "action" => json.object("action", |json| {
                json.maybe("name", event.text("action.name"));
                json.maybe("details", event.text("action.details"));
            }),
            "actor" | "target" | "old_target" | "application" => part(json, name, value),
            _ => json.value(name, value),
        }
    }
}

/// `user`, `source`, `user_agent`
pub fn activity_shared(json: &mut Json, event: &Event<'_>) {
    json.object("user", |json| {
        json.maybe("id", event.text("actor.key"));
        json.maybe("name", event.text("duo.user"));
        json.maybe("email", event.text("actor.details.email"));
        json.texts("roles", event.view.texts("action.details.role"));
        let target = event.text("target.type");
        if matches!(target.as_deref(), Some("user" | "admin" | "user_bypass")) {
            json.object("target", |json| {
                json.maybe("id", event.text("target.key"));
                json.maybe("name", event.text("target.name"));
                json.maybe("email", event.text("target.details.email"));
            });
            json.object("changes", |json| {
                for (field, detail) in [("name", "realname"), ("email", "email")] {
                    let new = event.text(&format!("target.details.{detail}"));
                    let old = event.text(&format!("old_target.details.{detail}"));
                    if old.is_some() && new != old {
                        json.maybe(field, new);
                    }
                }
            });
        }
    });
    source(json, event, "access_device", |_| ());
    user_agent(json, event, "access_device");
}

fn access_device(json: &mut Json, device: &Value) {
    let Value::Object(device) = device else { return };
    json.object("access_device", |json| {
        for (name, value) in device {
            if name == "ip" {
                let text = value.as_str().or_else(|| value.get("address")?.as_str());
                if let Some((address, _)) = text.and_then(address::split) {
                    json.object("ip", |json| json.text("address", address.to_string()));
                }
            } else if name != "location" || value.is_object() {
                json.value(name, value);
            }
        }
    });
}

/// Somebody or something: a name with details, which are an object in the index.
fn part(json: &mut Json, name: &str, value: &Value) {
    match value {
        Value::Object(map) => json.object(name, |json| {
            json.members(map, &["details"]);
            flattened(json, "details", map.get("details"), true);
        }),
        Value::String(text) => json.object(name, |json| json.text("name", text)),
        _ => {}
    }
}

/// A field that must be an object, even when Duo sent a text or a list in its place.
fn flattened(json: &mut Json, name: &str, value: Option<&Value>, keep_text: bool) {
    match value {
        Some(value @ Value::Object(_)) => json.value(name, value),
        Some(value) if keep_text || !value.is_string() => {
            json.object(name, |json| json.value("value", value));
        }
        _ => {}
    }
}
