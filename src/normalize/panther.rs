//! The record with Panther's standard fields, by which its searches find names across all logs.
//!
//! Source: <https://docs.panther.com/search/panther-fields>, and the indicators of its Duo schemas.

use super::event::Event;
use super::indicators::indicators;
use super::json::Json;
use super::splunk::spliced;
use crate::record::LogType;

/// The name of a log's schema. Panther has four; the others are named in its manner.
pub const fn schema(log_type: LogType) -> &'static str {
    match log_type {
        LogType::Authentication => "Duo.Authentication",
        LogType::Activity => "Duo.Activity",
        LogType::Administrator => "Duo.Administrator",
        LogType::Telephony => "Duo.Telephony",
        LogType::OfflineEnrollment => "Duo.OfflineEnrollment",
        LogType::TrustMonitor => "Duo.TrustMonitor",
    }
}

/// A record as one line.
pub fn line(event: &Event<'_>) -> Vec<u8> {
    let found = indicators(event.log_type, &event.view);
    let added = Json::line(512, |json| {
        json.text("p_log_type", schema(event.log_type));
        json.maybe("p_event_time", event.time_or_other().map(|time| time.to_string()));
        json.maybe("p_source_label", event.context.account);
        json.texts("p_any_usernames", &found.usernames);
        json.texts("p_any_ip_addresses", &found.addresses);
        json.texts("p_any_domain_names", &found.hostnames);
        json.texts("p_any_emails", &found.emails);
        json.texts("p_any_trace_ids", &found.trace_ids);
        // The second generation of the telephony log dropped a field that the schema demands.
        if !event.record().contains_key("isotimestamp") {
            json.maybe("isotimestamp", event.time_or_other().map(|time| time.to_string()));
        }
        if !event.is_object() {
            json.text("raw", event.original());
        }
    });
    spliced(event, added)
}
