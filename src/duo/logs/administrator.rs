//! What administrators did, in the first-generation log that Duo announced to retire.
//!
//! There are no ids, and two events in one second may even be alike. `description` is JSON inside
//! a text, a plain text, or broken. The action's name tells how it ended. Source:
//! <https://duo.com/docs/adminapi#administrator-logs>.

use std::borrow::Cow;

use super::Endpoint;
use super::fields::{Details, V1Record, understood, without_port};
use crate::record::{Columns, Understood};

pub const ENDPOINT: Endpoint = super::v1("/admin/v1/logs/administrator");

pub fn understand(record: V1Record<'_>) -> Understood<'_> {
    let (time, id) = (record.time(), record.id());
    let details = Details::read(record.description);
    let columns = Columns {
        user: record.username.get(),
        result: record.action.0.as_deref().and_then(result).map(Cow::Borrowed),
        action: record.action.get(),
        reason: details.error.get(),
        factor: details.factor.get(),
        address: details.ip_address.get().map(without_port),
        application: None,
        target: record.object.get(),
        country: None,
        amount: None,
    };
    understood(time, id, columns)
}

/// How it ended, as far as the action's name tells.
fn result(action: &str) -> Option<&'static str> {
    let failed = ["_error", "_fail", "_failed", "_failure"];
    if failed.iter().any(|ending| action.ends_with(ending)) {
        return Some("failure");
    }
    (action == "admin_login").then_some("success")
}
