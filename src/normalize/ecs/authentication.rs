//! The authentication log: data set `auth`.

use serde_json::Value;

use super::{device, source, user_agent};
use crate::normalize::event::Event;
use crate::normalize::json::Json;

/// `cisco_duo.auth`
pub fn own_fields(json: &mut Json, event: &Event<'_>) {
    for (name, value) in event.record() {
        match (name.as_str(), value) {
            ("duo", _) => {}
            ("access_device" | "auth_device", value) => device(json, name, Some(value)),
            ("isotimestamp", _) => json.maybe(name, event.time.map(|time| time.to_string())),
            // Told with a text in place of an object, or in place of a truth value inside one.
            ("application" | "user", Value::String(text)) => {
                json.object(name, |json| json.text("name", text));
            }
            (_, value) => json.value(name, value),
        }
    }
}

/// `source`, `user`, `user_agent`
pub fn shared_fields(json: &mut Json, event: &Event<'_>) {
    let user = |json: &mut Json| {
        json.maybe("id", event.text("user.key"));
        json.maybe("name", event.text("duo.user"));
        json.maybe("email", event.text("duo.email"));
    };
    source(json, event, "access_device", |json| {
        user(json);
        json.object("group", |json| json.texts("name", event.view.texts("user.groups")));
    });
    json.object("user", user);
    user_agent(json, event, "access_device");
}
