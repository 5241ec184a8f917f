//! Detection Finding (2004): what Trust Monitor brought up.

use serde_json::Value;

use super::parts::{self, User};
use crate::normalize::event::Event;
use crate::normalize::json::Json;

/// The class's own attributes.
pub fn fields(json: &mut Json, event: &Event<'_>) {
    let kinds = each(event, "explanations", "type");
    let summaries = each(event, "explanations", "summary").join(" ");
    let auth = "surfaced_auth";
    json.flag("is_alert", true);
    json.object("finding_info", |json| {
        match &event.id {
            Some(id) => json.text("uid", id),
            None => json.text("uid", "unknown"),
        }
        json.text("title", format!("Trust Monitor: {}", event.message()));
        json.text("desc", summaries);
        json.texts("types", &kinds);
        json.texts("data_sources", ["Duo Trust Monitor"]);
        json.maybe(
            "src_url",
            event.text("triage_event_uri").filter(|text| text.starts_with("https://")),
        );
        if let Some(created) = event.view.get("surfaced_timestamp").and_then(Value::as_i64) {
            json.number("created_time", created);
        }
        if let Some(changed) = event.view.get("state_updated_timestamp").and_then(Value::as_i64) {
            json.number("modified_time", changed);
        }
        json.object("analytic", |json| {
            json.text("name", "Duo Trust Monitor");
            json.number("type_id", 2);
            json.text("type", "Behavioral");
        });
    });
    json.list("evidences", |json| {
        json.element(|json| {
            let user = User {
                name: event.text("duo.user"),
                id: event
                    .text(&format!("{auth}.user.key"))
                    .or_else(|| event.text("enabled_for.key")),
                email: event.text("duo.email"),
                kind: 1,
                groups: Vec::new(),
            };
            if user.name.is_some() || user.id.is_some() {
                parts::user(json, "user", &user);
            }
            let by = User {
                name: event.text("enabled_by.name"),
                id: event.text("enabled_by.key"),
                kind: 2,
                ..User::default()
            };
            if by.name.is_some() || by.id.is_some() {
                json.object("actor", |json| parts::user(json, "user", &by));
            }
            parts::src_endpoint(json, event, "surfaced_auth.access_device");
            if let Some(value @ Value::Object(_)) = event.view.get(auth) {
                json.value("data", value);
            }
        });
    });
}

fn each(event: &Event<'_>, list: &str, name: &str) -> Vec<String> {
    let Some(Value::Array(list)) = event.view.get(list) else { return Vec::new() };
    let texts = list.iter().filter_map(|element| element.get(name)?.as_str());
    texts.map(str::to_owned).collect()
}
