//! Records to Azure Monitor, and so to Microsoft Sentinel: `type = "azure_monitor"`.
//!
//! Sources: <https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview>; the
//! clouds beside the public one,
//! <https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud>.

use super::connection::{self, Tls};
use crate::settings::section::Section;

/// Where an application signs in unless a person wants another cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// A data collection rule; the application's client secret lives in the keychain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzureMonitorOutput {
    /// The address that the rule, or a data collection endpoint, takes logs at.
    pub url: String,
    /// The rule's immutable id: `dcr-…`.
    pub rule: String,
    /// The rule's stream: `Custom-Duo_CL`.
    pub stream: String,
    /// The tenant's id.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
    /// Where the application signs in.
    pub authority: String,
    /// What the token is asked for; follows from the address.
    pub scope: &'static str,
    /// How TLS is spoken.
    pub tls: Tls,
}

impl AzureMonitorOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        format!("{}, stream {} of {}", self.url, self.stream, self.rule)
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = connection::url(section, "https://duo-a1b2.eastus-1.ingest.monitor.azure.com");
        let rule =
            id(section, "rule", "the immutable id of the data collection rule: dcr-\u{2026}");
        if rule.as_deref().is_some_and(|rule| !rule.starts_with("dcr-")) {
            section.wrong("rule", "the immutable id of a data collection rule begins with dcr-");
        }
        let stream = id(section, "stream", "the stream of the rule, such as Custom-Duo_CL");
        let tenant = id(section, "tenant", "the directory (tenant) ID of the application");
        let client_id = id(section, "client_id", "the application (client) ID");
        let authority = match section.text("authority") {
            None => Some(AUTHORITY.to_owned()),
            Some(text) => match connection::check_url(text.trim(), false) {
                Ok(()) => Some(text.trim().trim_end_matches('/').to_owned()),
                Err(what) => {
                    section.wrong("authority", what);
                    None
                }
            },
        };
        let tls = connection::web_tls(section);
        let url = url?.trim_end_matches('/').to_owned();
        let scope = scope(&url);
        Some(Self {
            scope,
            url,
            rule: rule?,
            stream: stream?,
            tenant: tenant?,
            client_id: client_id?,
            authority: authority?,
            tls,
        })
    }
}

/// A text that stands in addresses as it is.
fn id(section: &mut Section<'_>, key: &'static str, what: &str) -> Option<String> {
    let Some(text) = section.text(key) else {
        section.wrong(key, format!("write {what}"));
        return None;
    };
    let text = text.trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || !text.chars().all(allowed) {
        section.wrong(key, format!("write {what}; it has letters, digits, -, _ and . only"));
        return None;
    }
    Some(text.to_owned())
}

fn scope(url: &str) -> &'static str {
    let host = url.split("://").nth(1).and_then(|rest| rest.split(['/', ':']).next());
    match host.unwrap_or_default() {
        host if host.ends_with(".azure.us") => "https://monitor.azure.us/.default",
        host if host.ends_with(".azure.cn") => "https://monitor.azure.cn/.default",
        _ => "https://monitor.azure.com/.default",
    }
}
