//! The record with the fields that Splunk's own Duo content looks for.
//!
//! Promises: the record stands in the line as Duo sent it; fields are only added, and never one that
//! the record has already. Splunk's Duo detections group by `actionlabel` and lose events without
//! it. What is no JSON object stands in a field called `raw`.
//!
//! Fields and source types: Splunk's data sources "Cisco Duo Administrator" and "Cisco Duo
//! Activity", <https://research.splunk.com/sources/>, made for its app Cisco Security Cloud.

use jiff::tz::TimeZone;
use serde::de::IgnoredAny;

use super::event::Event;
use super::json::Json;
use crate::record::LogType;

/// The source type of a log.
pub const fn source_type(log_type: LogType) -> &'static str {
    match log_type {
        LogType::Authentication => "cisco:duo:authentication",
        LogType::Activity => "cisco:duo:activity",
        LogType::Administrator => "cisco:duo:administrator",
        LogType::Telephony => "cisco:duo:telephony",
        LogType::OfflineEnrollment => "cisco:duo:offline_enrollment",
        LogType::TrustMonitor => "cisco:duo:trust_monitor",
    }
}

/// A record as one line.
pub fn line(event: &Event<'_>) -> Vec<u8> {
    let has = |name: &str| event.record().contains_key(name);
    let added = Json::line(512, |json| {
        let time = event.time_or_other();
        if !has("ctime") {
            let shown = time.map(|time| time.to_zoned(TimeZone::UTC));
            json.maybe(
                "ctime",
                shown.map(|time| time.strftime("%a %b %e %H:%M:%S %Y").to_string()),
            );
        }
        if !has("timestamp")
            && let Some(time) = time
        {
            json.number("timestamp", time.as_second());
        }
        if !has("host") {
            json.maybe("host", event.context.api_hostname);
        }
        for name in ["extracted_eventtype", "eventtype"] {
            if !has(name) {
                json.text(name, event.log_type.name());
            }
        }
        if !has("actionlabel") {
            json.text("actionlabel", event.action_words());
        }
        if !event.is_object() {
            json.text("raw", event.original());
        }
    });
    spliced(event, added)
}

/// The record's own text with more members at its end.
pub fn spliced(event: &Event<'_>, added: Vec<u8>) -> Vec<u8> {
    let text = event.original();
    let text = text.trim();
    if !event.is_object() {
        return added;
    }
    // A record that could be read only after mending is written as it was read, and its own bytes
    // beside it.
    let mended;
    let text = if serde_json::from_str::<IgnoredAny>(text).is_ok() {
        text
    } else {
        mended = Json::line(text.len() * 2, |json| {
            json.members(event.record(), &["duo"]);
            json.text("raw", text);
        });
        std::str::from_utf8(&mended).unwrap_or("{}")
    };
    let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return added;
    };
    let mut out = Vec::with_capacity(inside.len() + added.len() + 1);
    out.push(b'{');
    // Between members JSON allows line breaks; a line must not have them.
    out.extend(
        inside.trim().bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
    );
    out.push(b',');
    out.extend_from_slice(added.get(1..).unwrap_or_default());
    out
}
