//! Whom and what a record is about: the names by which other systems find their way from it.
//!
//! Promises: no name twice; in the order of the record. The fields are those of Panther's Duo
//! schemas, and the same facts where other logs have them. Source:
//! <https://docs.panther.com/data-onboarding/supported-logs/duo>.

use crate::duo::View;
use crate::record::LogType;

/// The names in a record that other records may hold as well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indicators {
    /// Users and administrators.
    pub usernames: Vec<String>,
    /// Addresses, without ports.
    pub addresses: Vec<String>,
    /// Computers.
    pub hostnames: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Ids that connect records of one transaction.
    pub trace_ids: Vec<String>,
}

/// Finds them in a record.
pub fn indicators(log_type: LogType, view: &View) -> Indicators {
    let mut found = Indicators::default();
    let add = |list: &mut Vec<String>, paths: &[&str]| {
        for path in paths {
            let Some(text) = view.get(path).and_then(|value| value.as_str()) else { continue };
            if !matches!(text, "" | "-" | "unknown") && !list.iter().any(|known| known == text) {
                list.push(text.to_owned());
            }
        }
    };
    let addresses: &[&str] = match log_type {
        LogType::Authentication => {
            add(&mut found.usernames, &["username", "user.name", "alias"]);
            add(&mut found.hostnames, &["access_device.hostname"]);
            add(&mut found.emails, &["email"]);
            add(&mut found.trace_ids, &["txid"]);
            &["access_device.ip", "auth_device.ip"]
        }
        LogType::Activity => {
            add(&mut found.usernames, &["actor.name"]);
            if matches!(view.text("target.type").as_deref(), Some("user" | "admin" | "user_bypass"))
            {
                add(&mut found.usernames, &["target.name"]);
            }
            add(&mut found.emails, &["actor.details.email", "target.details.email"]);
            &["access_device.ip", "access_device.ip.address"]
        }
        LogType::Administrator => {
            add(&mut found.usernames, &["username"]);
            add(&mut found.emails, &["description.email", "description.admin_email"]);
            &["description.ip_address"]
        }
        LogType::OfflineEnrollment => {
            add(&mut found.usernames, &["username"]);
            add(&mut found.hostnames, &["description.hostname"]);
            &[]
        }
        LogType::Telephony => {
            add(&mut found.trace_ids, &["txid"]);
            &[]
        }
        LogType::TrustMonitor => {
            let users = ["surfaced_auth.user.name", "enabled_by.name", "enabled_for.name"];
            add(&mut found.usernames, &users);
            add(&mut found.hostnames, &["surfaced_auth.access_device.hostname"]);
            add(&mut found.emails, &["surfaced_auth.email"]);
            add(&mut found.trace_ids, &["surfaced_auth.txid"]);
            &["surfaced_auth.access_device.ip", "surfaced_auth.auth_device.ip"]
        }
    };
    let mut written = Vec::new();
    add(&mut written, addresses);
    for text in written {
        let address = super::address::split(&text).map_or(text, |(address, _)| address.to_string());
        if !found.addresses.contains(&address) {
            found.addresses.push(address);
        }
    }
    found
}
