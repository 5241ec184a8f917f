//! A destination reached by e-mail: `type = "email"`.
//!
//! Source of the usual ports: RFC 8314, <https://www.rfc-editor.org/rfc/rfc8314>.

use std::net::IpAddr;

use lettre::message::Mailbox;

use crate::base::address::clean_hostname;
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte; usually port 465.
    Tls,
    /// Plain greetings, then TLS before anything is told; usually port 587.
    StartTls,
    /// None at all.
    None,
}

impl Security {
    const NAMES: [&str; 3] = ["starttls", "tls", "none"];

    /// The fixed name: `starttls`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::StartTls => "starttls",
            Self::None => "none",
        }
    }

    const fn usual_port(self) -> u16 {
        match self {
            Self::Tls => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

/// A mail server and whom to write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is protected.
    pub security: Security,
    /// Who the messages are from.
    pub from: Mailbox,
    /// Who gets them; never empty.
    pub to: Vec<Mailbox>,
    /// The account at the server; its password lives in the keychain.
    pub user: Option<String>,
}

impl Email {
    /// `host:port`.
    pub fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let security = match section.text("security") {
            None => Some(Security::StartTls),
            Some(name) => {
                let known = [Security::StartTls, Security::Tls, Security::None]
                    .into_iter()
                    .find(|security| security.name() == name);
                if known.is_none() {
                    section.wrong("security", not_allowed(&name, &Security::NAMES));
                }
                known
            }
        };
        let unsafe_none = section.flag("unsafe_allow_no_tls").unwrap_or(false);
        let server = section.text("server").unwrap_or_default();
        let usual_port = security.unwrap_or(Security::StartTls).usual_port();
        let place = match clean_hostname(&server).map(|server| split(&server, usual_port)) {
            Ok(place) => Some(place),
            Err(what) => {
                section.wrong("server", format!("{what}; write it as smtp.example.com:587"));
                None
            }
        };
        if let (Some((host, _)), Some(Security::None)) = (&place, security)
            && !is_loopback(host)
            && !unsafe_none
        {
            let what = "without TLS everybody on the way reads and changes the messages; only a \
                        server on this computer may be reached so, or with \
                        unsafe_allow_no_tls = true";
            section.wrong("security", what);
        }
        let from = section.text("from");
        let from = match from.as_deref().map(mailbox) {
            Some(Some(from)) => Some(from),
            Some(None) => {
                section.wrong("from", NOT_AN_ADDRESS);
                None
            }
            None => {
                section.wrong("from", "say who the messages are from: duo@example.com");
                None
            }
        };
        let mut to = Vec::new();
        for text in section.texts("to").unwrap_or_default() {
            match mailbox(&text) {
                Some(one) => to.push(one),
                None => section.wrong("to", NOT_AN_ADDRESS),
            }
        }
        if to.is_empty() {
            section.wrong("to", "say who gets the messages: [\"security@example.com\"]");
        }
        let user = section.text("user").filter(|user| !user.trim().is_empty());
        let (host, port) = place?;
        Some(Self { host, port, security: security?, from: from?, to, user })
    }
}

const NOT_AN_ADDRESS: &str =
    "write an e-mail address, such as duo@example.com or \"Duo <duo@example.com>\"";

/// An address without anything that could become a line of its own.
fn mailbox(text: &str) -> Option<Mailbox> {
    if text.chars().any(char::is_control) {
        return None;
    }
    text.trim().parse().ok()
}

fn split(server: &str, usual_port: u16) -> (String, u16) {
    match server.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (host.to_owned(), port.parse().unwrap_or(usual_port))
        }
        _ => (server.to_owned(), usual_port),
    }
}

/// Whether a host is this computer.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
