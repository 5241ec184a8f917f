//! Objects that several classes share. Each is left out unless it can be valid.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::Value;

use crate::normalize::address;
use crate::normalize::event::Event;
use crate::normalize::json::Json;

/// Whether it is an address.
pub fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Whether the schema takes it for an e-mail address.
pub fn is_email(text: &str) -> bool {
    let Some((user, domain)) = text.split_once('@') else { return false };
    let plain = |text: &str, also: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
            && !text.starts_with('.')
            && !text.ends_with('.')
    };
    plain(user, "!#$%&'*+-/=?^_`{|}~.") && plain(domain, "-.") && domain.contains('.')
}

/// Whether the schema takes it for a hostname.
pub fn is_hostname(text: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() < 254 && text.split('.').all(part)
}

/// A user; never empty.
pub fn user(json: &mut Json, name: &str, user: &User<'_>) {
    json.object(name, |json| {
        match (&user.name, &user.id) {
            (None, None) => json.text("name", "Unknown"),
            (name, id) => {
                json.maybe("name", name.as_deref());
                json.maybe("uid", id.as_deref());
            }
        }
        json.maybe("email_addr", user.email.as_deref().filter(|text| is_email(text)));
        json.number("type_id", user.kind);
        json.text(
            "type",
            match user.kind {
                1 => "User",
                2 => "Admin",
                3 => "System",
                4 => "Service",
                _ => "Unknown",
            },
        );
        json.list("groups", |json| {
            for group in &user.groups {
                json.element(|json| json.text("name", group));
            }
        });
    });
}

/// Somebody, as far as known. Kinds: 0 unknown, 1 user, 2 administrator, 3 system, 4 service.
#[derive(Debug, Default)]
pub struct User<'a> {
    pub name: Option<Cow<'a, str>>,
    pub id: Option<Cow<'a, str>>,
    pub email: Option<Cow<'a, str>>,
    pub kind: i64,
    pub groups: Vec<&'a str>,
}

/// Who acted, in the administrator and the activity log.
pub fn acting<'a>(event: &'a Event<'_>) -> User<'a> {
    let kind = match event.text("actor.type").as_deref() {
        Some("user") => 1,
        Some("admin") => 2,
        Some("system") => 3,
        Some(_) => 4,
        None => match event.text("duo.user").as_deref() {
            None => 0,
            Some("System") => 3,
            Some(name) if name == "API" || name.starts_with("API (") => 4,
            Some(name) if name.contains("Sync: ") => 4,
            Some(_) => 2,
        },
    };
    User {
        name: event.text("duo.user"),
        id: event.text("actor.key"),
        email: event.text("actor.details.email"),
        kind,
        groups: Vec::new(),
    }
}

/// The actor object.
pub fn actor(json: &mut Json, event: &Event<'_>) {
    let acting = acting(event);
    if acting.name.is_some() || acting.id.is_some() {
        json.object("actor", |json| {
            user(json, "user", &acting);
            json.maybe("app_name", event.text("application.name"));
            json.maybe("app_uid", event.text("application.key"));
        });
    }
}

/// Where an access came from. The schema wants an address or a name beside place and system.
pub fn src_endpoint(json: &mut Json, event: &Event<'_>, device_path: &str) {
    let part = |name: &str| {
        let text = event.view.get(device_path)?.get(name)?.as_str()?;
        (!text.is_empty()).then_some(text)
    };
    let source = event.source();
    let (hostname, id) = (part("hostname"), part("epkey"));
    if source.is_none() && hostname.is_none() && id.is_none() {
        return;
    }
    json.object("src_endpoint", |json| {
        if let Some((address, port)) = source {
            json.text("ip", address.to_string());
            if let Some(port) = port {
                json.number("port", port);
            }
        }
        if let Some(hostname) = hostname {
            json.text(if is_hostname(hostname) { "hostname" } else { "name" }, hostname);
        }
        json.maybe("uid", id);
        location(json, event, device_path);
        if let Some(name) = part("os") {
            json.object("os", |json| {
                let (id, caption) = system(name);
                json.text("name", name);
                json.number("type_id", id);
                json.text("type", caption);
                json.maybe("version", part("os_version"));
            });
        }
    });
}

fn location(json: &mut Json, event: &Event<'_>, device_path: &str) {
    json.object("location", |json| {
        json.maybe("city", event.place(device_path, "city"));
        json.maybe("region", event.place(device_path, "state"));
        if let Some(name) = event.place(device_path, "country") {
            json.text("country", event.tables.country_code(&name).unwrap_or(&name));
            json.text("desc", name);
        }
    });
}

fn system(name: &str) -> (i64, &str) {
    match name.to_lowercase().as_str() {
        "windows" => (100, "Windows"),
        "linux" => (200, "Linux"),
        "android" => (201, "Android"),
        "mac os x" | "macos" => (300, "macOS"),
        "ios" => (301, "iOS"),
        "ipados" => (302, "iPadOS"),
        _ => (99, name),
    }
}

/// The second factor, with the device it came from.
pub fn auth_factors(json: &mut Json, event: &Event<'_>, device_path: &str) {
    let Some(code) = event.text("duo.factor") else { return };
    if event.tables.ocsf.is_no_factor(&code) {
        return;
    }
    let known = event.tables.ocsf.factor(&code);
    json.list("auth_factors", |json| {
        json.element(|json| {
            json.number("factor_type_id", known.map_or(99, |factor| factor.id));
            json.text("factor_type", known.map_or(code.as_ref(), |factor| &factor.caption));
            json.text("provider", "Duo Security");
            let Some(device) = event.view.get(device_path) else { return };
            let part =
                |name: &str| device.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
            let address = part("ip").and_then(address::split);
            if part("key").is_none() && part("name").is_none() && address.is_none() {
                return;
            }
            json.object("device", |json| {
                json.number("type_id", 0);
                json.text("type", "Unknown");
                json.maybe("uid", part("key"));
                json.maybe("name", part("name"));
                json.maybe("ip", address.map(|(address, _)| address.to_string()));
                location(json, event, device_path);
            });
        });
    });
}

/// The protected application.
pub fn service(json: &mut Json, event: &Event<'_>, fallback: &str) {
    json.object("service", |json| {
        match event.text("duo.application") {
            Some(name) => json.text("name", name),
            None => json.text("name", fallback),
        }
        json.maybe("uid", event.text("application.key"));
    });
}
