//! Account Change (3001) and Entity Management (3004): what was done to whom and to what.

use serde_json::Value;

use super::parts::{self, User};
use crate::normalize::event::Event;
use crate::normalize::json::Json;
use crate::normalize::tables::OcsfKind;
use crate::record::LogType;

/// Account Change: somebody's account or factor.
pub fn change(json: &mut Json, event: &Event<'_>, kind: &OcsfKind<'_>) {
    let is_factor = matches!(kind.activity, 10 | 11);
    let own_log = matches!(event.log_type, LogType::Authentication | LogType::OfflineEnrollment);
    if own_log {
        // Users enroll themselves.
        let user = User {
            name: event.text("duo.user"),
            id: event.text("user.key"),
            email: event.text("duo.email"),
            kind: 1,
            groups: event.view.texts("user.groups"),
        };
        parts::user(json, "user", &user);
    } else {
        let affected = affected(event);
        parts::user(json, "user", &affected);
        parts::actor(json, event);
    }
    if is_factor && own_log {
        parts::auth_factors(json, event, "auth_device");
    }
    parts::src_endpoint(json, event, "access_device");
}

/// Who it was done to. An activation or a sign-in names nobody but the one who acted.
fn affected<'a>(event: &'a Event<'_>) -> User<'a> {
    let name = event.text("duo.target").or_else(|| event.text("description.name"));
    let action = event.text("duo.action").unwrap_or_default();
    let is_admin = event.text("target.type").as_deref() == Some("admin")
        || action.starts_with("admin_")
        || action.starts_with("activation_");
    let email = event.text("target.details.email").or_else(|| event.text("description.email"));
    if name.is_none() && event.text("target.key").is_none() && email.is_none() {
        return parts::acting(event);
    }
    User {
        name: name.or_else(|| email.clone()),
        id: event.text("target.key"),
        email,
        kind: if is_admin { 2 } else { 1 },
        groups: Vec::new(),
    }
}

/// Entity Management: everything else that can be changed.
pub fn entity(json: &mut Json, event: &Event<'_>, kind: &OcsfKind<'_>) {
    let own_kind = event.text("target.type");
    json.object("entity", |json| {
        let name = event.text("duo.target");
        let id = event.text("target.key");
        if name.is_none() && id.is_none() {
            let title = kind.entity.filter(|kind| *kind != "Other");
            json.text("name", title.unwrap_or("Duo Security"));
        }
        json.maybe("name", name);
        json.maybe("uid", id);
        let number = event.tables.ocsf.entity(kind.entity.unwrap_or("Other"));
        json.number("type_id", number);
        let caption = kind.entity.filter(|kind| number != 99 || *kind != "Other");
        json.text("type", caption.or(own_kind.as_deref()).unwrap_or("Other"));
        data(json, event, "target");
    });
    if event.view.get("old_target").is_some_and(Value::is_object) {
        json.object("entity_result", |json| {
            json.maybe("name", event.text("duo.target"));
            json.maybe("uid", event.text("target.key"));
            data(json, event, "target");
        });
    }
    parts::actor(json, event);
    parts::src_endpoint(json, event, "access_device");
}

fn data(json: &mut Json, event: &Event<'_>, part: &str) {
    let path = format!("{part}.details");
    let details = event.view.get(&path).or_else(|| event.view.get("description"));
    if let Some(details @ Value::Object(_)) = details {
        json.value("data", details);
    }
}
