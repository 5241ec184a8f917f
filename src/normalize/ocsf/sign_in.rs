//! Authentication (3002): users at applications, administrators at Duo's own panel.

use super::parts::{self, User};
use crate::normalize::event::Event;
use crate::normalize::json::Json;
use crate::record::LogType;

/// The class's own attributes.
pub fn fields(json: &mut Json, event: &Event<'_>) {
    if event.log_type == LogType::Authentication {
        let user = User {
            name: event.text("duo.user"),
            id: event.text("user.key"),
            email: event.text("duo.email"),
            kind: 1,
            groups: event.view.texts("user.groups"),
        };
        parts::user(json, "user", &user);
        parts::service(json, event, "Duo Security");
        parts::src_endpoint(json, event, "access_device");
        parts::auth_factors(json, event, "auth_device");
        if let Some(factor) = event.text("duo.factor") {
            json.flag("is_mfa", !event.tables.ocsf.is_no_factor(&factor));
        }
        return;
    }
    let mut user = parts::acting(event);
    if user.email.is_none() {
        user.email = event.text("description.email");
    }
    // Who failed at the password is told by e-mail address only.
    if user.name.is_none() {
        user.name = user.email.clone();
    }
    parts::user(json, "user", &user);
    parts::service(json, event, "Duo Admin Panel");
    parts::src_endpoint(json, event, "access_device");
    parts::auth_factors(json, event, "no device");
    json.flag("is_mfa", event.text("duo.factor").is_some());
}
