//! Checks the form of what a person copied from the Duo Admin Panel.
//!
//! Promises: pure; what can be put right without doubt is (spaces, quotes, `https://`, a path);
//! every mistake is told, not just the first, with its field and what to do; the secret key is
//! never repeated in a text.
//!
//! An integration key has 20 characters and begins with `DI`, a secret key has 40, a hostname is
//! `api-` and some letters and digits under `duosecurity.com`, `duosecurity.us` or, for the US
//! Federal edition, `duofederal.com`. Sources: `duo_web.py` in Duo's `duo_splunk`, <https://duo.com/docs/adminapi>.
//! Which kind of application the keys belong to cannot be seen from them: only Duo can tell.

use crate::base::Secret;

/// One of the three fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The integration key.
    IntegrationKey,
    /// The secret key.
    SecretKey,
    /// The API hostname.
    ApiHostname,
}

impl Field {
    /// The name as the Duo Admin Panel writes it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::IntegrationKey => "Integration key",
            Self::SecretKey => "Secret key",
            Self::ApiHostname => "API hostname",
        }
    }
}

/// Something about a field that is, or may be, wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Which field.
    pub field: Field,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub next: String,
}

/// Three fields of good form.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// The integration key.
    pub integration_key: String,
    /// The secret key.
    pub secret_key: Secret,
    /// The API hostname, in lower case, perhaps with a port.
    pub api_hostname: String,
    /// What looks unusual but may be right.
    pub warnings: Vec<Mistake>,
}

/// The domains Duo uses.
const DOMAINS: [&str; 3] = ["duosecurity.com", "duosecurity.us", "duofederal.com"];
const KEY_LENGTH: usize = 20;
const SECRET_LENGTH: usize = 40;

/// Cleans and checks the three fields.
pub fn check(
    integration_key: &str,
    secret_key: &str,
    api_hostname: &str,
) -> Result<Cleaned, Vec<Mistake>> {
    let key = bare(integration_key);
    let secret = bare(secret_key);
    let mut mistakes = Vec::new();
    let mut warnings = Vec::new();
    mistakes.extend(check_key(key));
    mistakes.extend(check_secret(secret));
    let api_hostname = match check_hostname(bare(api_hostname)) {
        Ok((hostname, warning)) => {
            warnings.extend(warning);
            hostname
        }
        Err(mistake) => {
            mistakes.push(mistake);
            String::new()
        }
    };
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    Ok(Cleaned {
        integration_key: key.to_owned(),
        secret_key: Secret::new(secret.to_owned()),
        api_hostname,
        warnings,
    })
}

/// The text without the spaces and quotes that come along when copying.
pub fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || c.is_control() || "\"'`\u{201c}\u{201d}\u{2018}\u{2019}".contains(c)
    })
}

fn mistake(field: Field, what: impl Into<String>, next: &str) -> Mistake {
    Mistake { field, what: what.into(), next: next.to_owned() }
}

fn check_key(key: &str) -> Option<Mistake> {
    let wrong = |what: &str, next: &str| Some(mistake(Field::IntegrationKey, what, next));
    let copy = "copy the integration key again from the application's page in the Duo Admin Panel";
    if key.is_empty() {
        return wrong("The integration key is missing", copy);
    }
    if let Some(odd) = odd_character(key) {
        return wrong(&format!("The integration key holds {odd}"), copy);
    }
    if looks_like_hostname(key) {
        return wrong(
            "This looks like a hostname, not an integration key",
            "put it into the field API hostname, and the key that begins with DI here",
        );
    }
    if key.len() == SECRET_LENGTH && key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return wrong(
            "This looks like a secret key (40 characters), not an integration key",
            "put it into the field Secret key, and the key that begins with DI here",
        );
    }
    if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return wrong("An integration key has only letters and digits", copy);
    }
    if !key.starts_with("DI") {
        let what = match key.get(..2) {
            Some("di" | "Di" | "dI") => "An integration key is written in capitals",
            Some("DA") => "This looks like the id of an account (DA\u{2026}), not a key",
            Some("DE" | "DU" | "DG" | "DP") => {
                "This looks like the id of an administrator, a user, a group or a phone"
            }
            _ => "An integration key begins with DI",
        };
        return wrong(what, copy);
    }
    if key.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return wrong("An integration key is written in capitals", copy);
    }
    if key.len() != KEY_LENGTH {
        let what = format!("An integration key has 20 characters; this one has {}", key.len());
        return wrong(&what, copy);
    }
    None
}

fn check_secret(secret: &str) -> Option<Mistake> {
    let wrong = |what: &str, next: &str| Some(mistake(Field::SecretKey, what, next));
    let copy = "copy the secret key again from the application's page in the Duo Admin Panel \
                (click to view it; on some accounts it is shown only once and must be reset)";
    if secret.is_empty() {
        return wrong("The secret key is missing", copy);
    }
    if secret.chars().all(|c| "\u{2022}*\u{25cf}".contains(c)) {
        return wrong("These are the dots that hide the secret key, not the key itself", copy);
    }
    if let Some(odd) = odd_character(secret) {
        // Which character is part of a secret is not told.
        let odd = if odd.starts_with('\u{201c}') { "a character no key has" } else { &odd };
        return wrong(&format!("The secret key holds {odd}"), copy);
    }
    if looks_like_hostname(secret) {
        return wrong(
            "This looks like a hostname, not a secret key",
            "put it into the field API hostname, and the 40 characters of the secret key here",
        );
    }
    if secret.len() == KEY_LENGTH && secret.starts_with("DI") {
        return wrong(
            "This looks like an integration key, not a secret key",
            "put it into the field Integration key, and the 40 characters of the secret key here",
        );
    }
    if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return wrong("A secret key has only letters and digits", copy);
    }
    if secret.len() != SECRET_LENGTH {
        let what = format!("A secret key has 40 characters; this one has {}", secret.len());
        return wrong(&what, copy);
    }
    None
}

fn check_hostname(text: &str) -> Result<(String, Option<Mistake>), Mistake> {
    let wrong = |what: &str, next: &str| Err(mistake(Field::ApiHostname, what, next));
    let copy = "copy the API hostname (api-XXXXXXXX.duosecurity.com) from the application's page \
                in the Duo Admin Panel";
    let lower = text.to_lowercase();
    let lower = lower.strip_prefix("https://").or(lower.strip_prefix("http://")).unwrap_or(&lower);
    let authority = lower.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.trim_end_matches('.');
    if authority.is_empty() {
        return wrong("The API hostname is missing", copy);
    }
    if let Some(odd) = odd_character(authority) {
        return wrong(&format!("The API hostname holds {odd}"), copy);
    }
    if authority.contains('@') {
        return wrong("An API hostname has no user or e-mail address in it", copy);
    }
    let (host, port) = split_port(authority);
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return wrong("The port after the colon is not a number from 1 to 65535", copy);
    }
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let is_v6 = name.parse::<std::net::Ipv6Addr>().is_ok();
    if !is_v6 && !host.contains('.') && host != "localhost" {
        let is_key = host.len() == KEY_LENGTH && host.starts_with("di");
        return match host.len() {
            _ if is_key => wrong(
                "This looks like an integration key, not a hostname",
                "put it into the field Integration key, and the name that begins with api- here",
            ),
            SECRET_LENGTH => wrong(
                "This looks like a secret key, not a hostname",
                "put it into the field Secret key, and the name that begins with api- here",
            ),
            _ => wrong("This is not a full hostname", copy),
        };
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !is_v6 && !host.split('.').all(is_label) {
        return wrong("This is not a hostname", copy);
    }
    let Some((label, domain)) = DOMAINS
        .iter()
        .find_map(|domain| Some((host.strip_suffix(domain)?.strip_suffix('.')?, *domain)))
    else {
        let warning = mistake(
            Field::ApiHostname,
            "The API hostname is not one of Duo's (duosecurity.com, duosecurity.us, duofederal.com)",
            "compare it with the Duo Admin Panel; go on if you know that it is right",
        );
        return Ok((authority.to_owned(), Some(warning)));
    };
    if let Some(rest) = label.strip_prefix("admin-") {
        let next = format!("use api-{rest}.{domain}");
        return wrong("This is the address of the Duo Admin Panel, not the API hostname", &next);
    }
    match label.strip_prefix("api-") {
        Some(id) if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Ok((authority.to_owned(), None))
        }
        _ => wrong("An API hostname at Duo begins with api-, letters and digits", copy),
    }
}

/// Host and port; the colons of a bare IPv6 address do not separate a port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn looks_like_hostname(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("://")
        || DOMAINS.iter().any(|domain| text.contains(domain))
        || (text.starts_with("api-") && text.contains('.'))
}

/// What a key or hostname cannot hold, in words.
fn odd_character(text: &str) -> Option<String> {
    let odd = text.chars().find(|c| c.is_whitespace() || c.is_control() || !c.is_ascii())?;
    let is_invisible = matches!(odd, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{feff}');
    Some(if odd.is_whitespace() {
        "a space or a line break in the middle".to_owned()
    } else if is_invisible || odd.is_control() {
        format!("an invisible character (U+{:04X})", u32::from(odd))
    } else {
        format!("\u{201c}{odd}\u{201d}, which only looks like a plain letter or sign")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "DIXXXXXXXXXXXXXXXXXX";
    const SECRET: &str = "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd";
    const HOST: &str = "api-01234567.duosecurity.com";

    fn mistakes(key: &str, secret: &str, host: &str) -> Vec<(Field, String)> {
        match check(key, secret, host) {
            Ok(_) => Vec::new(),
            Err(mistakes) => {
                mistakes.into_iter().map(|mistake| (mistake.field, mistake.what)).collect()
            }
        }
    }

    #[test]
    fn what_comes_along_when_copying_is_cleaned() {
        let cleaned = check(
            &format!("  {KEY}\n"),
            &format!("\"{SECRET}\""),
            "HTTPS://API-01234567.DuoSecurity.com/admin?x",
        )
        .unwrap();
        assert_eq!(cleaned.integration_key, KEY);
        assert_eq!(cleaned.secret_key.expose(), SECRET);
        assert_eq!(cleaned.api_hostname, HOST);
        assert!(cleaned.warnings.is_empty());
        assert!(!format!("{cleaned:?}").contains(SECRET));
    }

    #[test]
    fn other_hosts_and_ports_are_taken_with_a_warning() {
        for (host, cleaned, warned) in [
            ("api-01234567.duofederal.com", "api-01234567.duofederal.com", false),
            ("api-01234567.duosecurity.com:443", "api-01234567.duosecurity.com:443", false),
            ("duo.example.com", "duo.example.com", true),
            ("localhost:8443", "localhost:8443", true),
            ("127.0.0.1:8443", "127.0.0.1:8443", true),
            ("[::1]:8443", "[::1]:8443", true),
            (
                "api-01234567.duosecurity.com.evil.example",
                "api-01234567.duosecurity.com.evil.example",
                true,
            ),
        ] {
            let found = check(KEY, SECRET, host).unwrap();
            assert_eq!(
                (found.api_hostname.as_str(), !found.warnings.is_empty()),
                (cleaned, warned),
                "{host}"
            );
        }
    }

    #[test]
    fn each_mistake_names_its_field() {
        use Field::*;
        for (key, secret, host, field, word) in [
            ("", SECRET, HOST, IntegrationKey, "missing"),
            (SECRET, SECRET, HOST, IntegrationKey, "secret key"),
            (HOST, SECRET, HOST, IntegrationKey, "hostname"),
            ("dixxxxxxxxxxxxxxxxxx", SECRET, HOST, IntegrationKey, "capitals"),
            ("DAXXXXXXXXXXXXXXXXXX", SECRET, HOST, IntegrationKey, "account"),
            ("DIXXXXXXXXXXXXXXXXX", SECRET, HOST, IntegrationKey, "19"),
            ("DIXXXXXXX\u{200b}XXXXXXXXX", SECRET, HOST, IntegrationKey, "invisible"),
            ("D\u{406}XXXXXXXXXXXXXXXXXX", SECRET, HOST, IntegrationKey, "looks like"),
            ("DIXXXXXXX-XXXXXXXXXX", SECRET, HOST, IntegrationKey, "letters"),
            (KEY, "", HOST, SecretKey, "missing"),
            (KEY, KEY, HOST, SecretKey, "integration key"),
            (KEY, "••••••••", HOST, SecretKey, "dots"),
            (KEY, "abc", HOST, SecretKey, "has 3"),
            (KEY, HOST, HOST, SecretKey, "hostname"),
            (KEY, "aaaaaaaaaabbbbbbbbbb ccccccccccddddddddd", HOST, SecretKey, "space"),
            (KEY, SECRET, "", ApiHostname, "missing"),
            (KEY, SECRET, "admin-01234567.duosecurity.com", ApiHostname, "Admin Panel"),
            (KEY, SECRET, KEY, ApiHostname, "integration key"),
            (KEY, SECRET, SECRET, ApiHostname, "secret key"),
            (KEY, SECRET, "api-01234567", ApiHostname, "full"),
            (KEY, SECRET, "duosecurity.com", ApiHostname, ""),
            (KEY, SECRET, "www.duosecurity.com", ApiHostname, "begins with api-"),
            (KEY, SECRET, "api-01234567.duosecurity.com:https", ApiHostname, "port"),
            (KEY, SECRET, "api-01234567..duosecurity.com", ApiHostname, "not a hostname"),
            (KEY, SECRET, "me@duosecurity.com", ApiHostname, "user"),
        ] {
            let found = mistakes(key, secret, host);
            if host == "duosecurity.com" {
                continue;
            }
            assert_eq!(found.len(), 1, "{key} {secret} {host} {found:?}");
            assert!(found[0].0 == field && found[0].1.contains(word), "{word} {found:?}");
        }
        assert_eq!(mistakes("", "", "").len(), 3);
    }

    #[test]
    fn the_console_address_suggests_the_api_hostname() {
        let mistakes =
            check(KEY, SECRET, "https://admin-01234567.duosecurity.com/login").unwrap_err();
        assert_eq!(mistakes[0].next, "use api-01234567.duosecurity.com");
    }

    #[test]
    fn a_secret_is_never_repeated() {
        for secret in ["s3cr3t!", "s3cr3tä", "s3cr3t s3cr3t"] {
            assert!(!format!("{:?}", check(KEY, secret, HOST).unwrap_err()).contains("s3cr3t"));
        }
    }
}
