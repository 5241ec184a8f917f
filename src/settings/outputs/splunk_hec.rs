//! Records to Splunk's HTTP Event Collector: `type = "splunk_hec"`.
//!
//! Source: <https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/http-event-collector-rest-api-endpoints>.

use super::connection::{self, Tls};
use crate::settings::section::Section;

/// An HTTP Event Collector; its token lives in the keychain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplunkHecOutput {
    /// The collector's address; the path of its events when it names none.
    pub url: String,
    /// The index; the token's own without it.
    pub index: Option<String>,
    /// Splunk's field `source`.
    pub source: String,
    /// Wait until Splunk says that events are indexed.
    pub acknowledgment: bool,
    /// How TLS is spoken.
    pub tls: Tls,
}

impl SplunkHecOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        match &self.index {
            Some(index) => format!("{}, index {index}", self.url),
            None => self.url.clone(),
        }
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = connection::url(section, "https://splunk.example.com:8088");
        let index = connection::word(section, "index");
        let source =
            connection::word(section, "source").unwrap_or_else(|| "duo-integrator".to_owned());
        let acknowledgment = section.flag("acknowledgment").unwrap_or(false);
        let tls = connection::web_tls(section);
        Some(Self { url: url?, index, source, acknowledgment, tls })
    }
}
