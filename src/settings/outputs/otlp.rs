//! Records to an OpenTelemetry collector: `type = "otlp"`.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/>.

use super::connection::{self, Tls};
use crate::settings::section::Section;

/// A receiver of OTLP over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtlpOutput {
    /// The receiver's address; the path of logs when it names none.
    pub url: String,
    /// A header whose value lives in the keychain.
    pub header_name: Option<String>,
    /// What `service.name` says.
    pub service_name: String,
    /// How TLS is spoken.
    pub tls: Tls,
}

impl OtlpOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        self.url.clone()
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = connection::url(section, "https://otel.example.com:4318");
        let header_name = connection::header_name(section, "header_name");
        let service_name =
            connection::word(section, "service_name").unwrap_or_else(|| "cisco-duo".to_owned());
        let tls = connection::web_tls(section);
        Some(Self { url: url?, header_name, service_name, tls })
    }
}
