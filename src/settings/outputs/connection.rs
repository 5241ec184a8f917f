//! The keys that several outputs share: addresses, and how TLS is spoken.

use std::path::PathBuf;

use super::email::is_loopback;
use super::webhook::is_header_name;
use crate::base::address::clean_hostname;
use crate::settings::section::Section;

/// How TLS is spoken with a receiver. Relative paths start from the folder of the settings file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Certificates (PEM) trusted beside the system's roots and the one of `[network]`.
    pub ca_file: Option<PathBuf>,
    /// What this program shows of itself.
    pub client: Option<ClientCertificate>,
    /// The name the receiver's certificate has to have; its address's unless given.
    pub server_name: Option<String>,
}

/// What this program shows of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and those above it (PEM).
    pub certificate: PathBuf,
    /// Its private key (PEM), not encrypted; the file should be its owner's only.
    pub key: PathBuf,
}

impl Tls {
    /// Reads `ca_file`, `client_certificate`, `client_key` and `server_name`.
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let ca_file = path(section, "ca_file");
        let certificate = path(section, "client_certificate");
        let key = path(section, "client_key");
        let client = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(ClientCertificate { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                section.wrong("client_key", "name the file of the certificate's private key");
                None
            }
            (None, Some(_)) => {
                section.wrong("client_certificate", "name the file of the key's certificate");
                None
            }
        };
        let server_name = section.text("server_name").map(|name| name.trim().to_owned());
        if let Some(name) = &server_name
            && clean_hostname(name).as_ref() != Ok(&name.to_ascii_lowercase())
        {
            section.wrong("server_name", "write a host name, such as logs.example.com");
        }
        Self { ca_file, client, server_name }
    }

    /// Whether anything is set.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// How TLS is spoken over HTTP, where the name in the address is the one that counts.
pub(super) fn web_tls(section: &mut Section<'_>) -> Tls {
    let tls = Tls::read(section);
    if tls.server_name.is_some() {
        section.wrong("server_name", "the name in the address is the one that counts; remove it");
    }
    tls
}

/// A user to sign in as.
pub(super) fn user(section: &mut Section<'_>) -> Option<String> {
    let user = section.text("user")?.trim().to_owned();
    if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
        section.wrong("user", "write the name of the user, which has no colon in it");
    }
    Some(user)
}

/// A name without spaces.
pub(super) fn word(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let word = section.text(key)?.trim().to_owned();
    if word.is_empty() || word.chars().any(|c| c.is_control() || c.is_whitespace()) {
        section.wrong(key, "write a name without spaces, or remove the line");
        return None;
    }
    Some(word)
}

/// The name of a header.
pub(super) fn header_name(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let name = section.text(key)?.trim().to_owned();
    if !is_header_name(&name) {
        section.wrong(key, "a header's name has letters, digits and - only");
        return None;
    }
    Some(name)
}

/// A path to a file.
pub(super) fn path(section: &mut Section<'_>, key: &'static str) -> Option<PathBuf> {
    let text = section.text(key)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        section.wrong(key, "name a file, or remove the line");
        return None;
    }
    Some(PathBuf::from(text.trim()))
}

/// Reads `address`, as `host` or `host:port`, and `port`; gives both. Notes a mistake when the
/// address is missing.
pub(super) fn address(
    section: &mut Section<'_>,
    usual_port: u16,
    example: &str,
) -> Option<(String, u16)> {
    let text = section.text("address");
    let port = port(section);
    let Some(text) = text else {
        section.wrong("address", format!("say where it is: {example}"));
        return None;
    };
    match clean_hostname(&text) {
        Ok(place) => Some(match place.rsplit_once(':') {
            Some((host, own)) if !own.contains(']') => {
                if port.is_some() {
                    section.wrong("port", "the address names a port already");
                }
                (host.to_owned(), own.parse().unwrap_or(usual_port))
            }
            _ => (place, port.unwrap_or(usual_port)),
        }),
        Err(what) => {
            section.wrong("address", format!("{what}; write it as {example}"));
            None
        }
    }
}

fn port(section: &mut Section<'_>) -> Option<u16> {
    let number = section.number("port")?;
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    if port.is_none() {
        section.wrong("port", "a port is a number from 1 to 65535");
    }
    port
}

/// Checks an address to post records to: `https`, or `http` to this computer; elsewhere only where
/// `unsafe_allow_no_tls = true` says so. A refusal never repeats the address.
pub(super) fn url(section: &mut Section<'_>, example: &str) -> Option<String> {
    let unsafe_none = section.flag("unsafe_allow_no_tls").unwrap_or(false);
    let Some(text) = section.text("url") else {
        section.wrong("url", format!("say where it is: {example}"));
        return None;
    };
    match check_url(text.trim(), unsafe_none) {
        Ok(()) => Some(text.trim().to_owned()),
        Err(what) => {
            section.wrong("url", what);
            None
        }
    }
}

/// The same for an address by itself.
pub fn check_url(url: &str, unsafe_none: bool) -> Result<(), String> {
    let no_tls = "without TLS everybody on the way reads and changes the records; only a receiver on \
                  this computer may be reached so, or with unsafe_allow_no_tls = true";
    post_host(url, unsafe_none, "", no_tls).map(drop)
}

/// The host of an address to post to. Hints are for who wrote a login into it, and for who left out TLS.
pub(super) fn post_host(
    url: &str,
    unsafe_none: bool,
    login_hint: &str,
    no_tls: &str,
) -> Result<String, String> {
    let (scheme, rest) =
        url.split_once("://").ok_or("write it with https:// in front, as one copies it")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(format!("user names and passwords do not belong in the address{login_hint}"));
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("an address holds no spaces and no line breaks".to_owned());
    }
    let host = clean_hostname(authority)?;
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if !port.contains(']') => bare,
        _ => host.as_str(),
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(host),
        "http" if unsafe_none || is_loopback(bare) => Ok(host),
        "http" => Err(no_tls.to_owned()),
        _ => Err("an address begins with https://".to_owned()),
    }
}
