//! A destination reached by HTTP: `type = "webhook"`, `"slack"` or `"teams"`.
//!
//! The address of a Slack or Teams webhook is all one needs to write there, so it is a secret.
//! Sources: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
//! <https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498>.

use super::connection::post_host;
use crate::settings::section::Section;

/// What the other side understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// Our own JSON, as `docs/notifications.md` tells it.
    Json,
    /// Slack's incoming webhooks.
    Slack,
    /// Adaptive Cards for a Teams workflow.
    Teams,
}

impl Flavor {
    /// The name as a type of output: `slack`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "webhook",
            Self::Slack => "slack",
            Self::Teams => "teams",
        }
    }
}

/// An address that messages are posted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// What the other side understands.
    pub flavor: Flavor,
    /// The address; `None` where it is a secret and lives in the keychain.
    pub url: Option<String>,
    /// The host of the address, for showing; empty while nobody has said it.
    pub host: String,
    /// A header whose value lives in the keychain.
    pub header_name: Option<String>,
}

impl Webhook {
    pub(super) fn read(section: &mut Section<'_>, flavor: Flavor) -> Option<Self> {
        if flavor != Flavor::Json {
            section.forbidden(
                &["url"],
                "the address of this webhook is a secret and never kept in this file; remove the \
                 line, and store it with: duo-integrator output add",
            );
            let host = section.text("host").unwrap_or_default();
            return Some(Self { flavor, url: None, host, header_name: None });
        }
        let url = section.text("url");
        let checked = match url.as_deref() {
            None => Err("say where messages are posted to: https://example.com/alerts".to_owned()),
            Some(url) => check_webhook_url(url),
        };
        let header_name = section.text("header_name").map(|name| name.trim().to_owned());
        if header_name.as_deref().is_some_and(|name| !is_header_name(name)) {
            section.wrong("header_name", "a header's name has letters, digits and - only");
        }
        match checked {
            Ok(host) => {
                let url = url.map(|url| url.trim().to_owned());
                Some(Self { flavor, url, host, header_name })
            }
            Err(what) => {
                section.wrong("url", what);
                None
            }
        }
    }
}

/// Checks an address to post to and gives its host. A refusal never repeats the address.
pub fn check_webhook_url(url: &str) -> Result<String, String> {
    let no_tls = "http is for this computer only; use https";
    post_host(url.trim(), false, "; use header_name", no_tls)
}

/// Those that say how long the message is or where it goes are not for people to set.
pub(super) fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !["content-length", "content-type", "host", "transfer-encoding"]
            .contains(&name.to_ascii_lowercase().as_str())
}
