//! Finds the three values in whatever a person copied from the Duo Admin Panel.
//!
//! Promises: pure; the order does not matter and labels around the values may stay; what is not
//! clearly one of the three is left alone.
//!
//! What the values look like: see [`crate::duo::credentials`].

use crate::base::Secret;

/// What was found in a pasted text.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub integration_key: Option<String>,
    pub secret_key: Option<Secret>,
    pub api_hostname: Option<String>,
}

impl Found {
    /// How many of the three were found.
    pub fn count(&self) -> usize {
        usize::from(self.integration_key.is_some())
            + usize::from(self.secret_key.is_some())
            + usize::from(self.api_hostname.is_some())
    }
}

/// Looks for the three values.
pub(super) fn find(text: &str) -> Found {
    let mut found = Found::default();
    let mut before = String::new();
    for word in
        text.split(|c: char| c.is_whitespace() || "\"'`<>(),;|=\u{201c}\u{201d}".contains(c))
    {
        // “Label:value” without a space; a host's port is kept.
        let word = match word.split_once(':') {
            Some((label, value)) if is_label(label) && value.parse::<u16>().is_err() => {
                before = label.to_lowercase();
                value
            }
            _ => word,
        };
        let word = word.trim_end_matches([':', '.']);
        if word.is_empty() {
            continue;
        }
        if is_integration_key(word) {
            found.integration_key.get_or_insert_with(|| word.to_owned());
        } else if is_secret_key(word) {
            found.secret_key.get_or_insert_with(|| Secret::new(word.to_owned()));
        } else if is_hostname(word) || (before.ends_with("hostname") && looks_like_host(word)) {
            found.api_hostname.get_or_insert_with(|| word.to_owned());
        }
        before = word.to_lowercase();
    }
    found
}

fn is_label(word: &str) -> bool {
    let word = word.to_lowercase();
    word.ends_with("key") || word.ends_with("hostname") || word.ends_with("host")
}

fn is_integration_key(word: &str) -> bool {
    word.len() == 20
        && word.starts_with("DI")
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_secret_key(word: &str) -> bool {
    word.len() == 40
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

fn is_hostname(word: &str) -> bool {
    let bare = word.to_lowercase();
    let bare = bare.strip_prefix("https://").unwrap_or(&bare);
    bare.starts_with("api-") && bare.contains('.')
}

fn looks_like_host(word: &str) -> bool {
    word.contains('.') || word.starts_with("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "DIABCDEFGH0123456789";
    const SECRET: &str = "abcdefghijABCDEFGHIJ0123456789abcdefghij";
    const HOST: &str = "api-1a2b3c4d.duosecurity.com";

    #[track_caller]
    fn finds_all(text: &str) {
        let found = find(text);
        assert_eq!(found.integration_key.as_deref(), Some(KEY), "{text}");
        assert_eq!(found.secret_key.as_ref().map(Secret::expose), Some(SECRET), "{text}");
        let host = found.api_hostname.unwrap();
        assert!(host.trim_start_matches("https://").starts_with(HOST), "{text}: {host}");
    }

    #[test]
    fn three_values_are_found_in_any_order_and_with_any_labels() {
        finds_all(&format!("{KEY}\n{SECRET}\n{HOST}"));
        finds_all(&format!("{HOST} {SECRET} {KEY}"));
        finds_all(&format!(
            "Integration key\n{KEY}\nCopy\nSecret key\n{SECRET}\nCopy\nAPI hostname\n{HOST}\nCopy"
        ));
        finds_all(&format!("Integration key: {KEY}, Secret key: {SECRET}, API hostname: {HOST}."));
        finds_all(&format!("ikey=\"{KEY}\"\nskey=\"{SECRET}\"\nhost=\"{HOST}\""));
        finds_all(&format!("ikey:{KEY};skey:{SECRET};API hostname:https://{HOST}/"));
    }

    #[test]
    fn a_host_of_another_domain_is_found_behind_its_label() {
        let found = find(&format!("API hostname: localhost:8443\n{KEY}"));
        assert_eq!(found.api_hostname.as_deref(), Some("localhost:8443"));
        assert_eq!(found.count(), 2);
    }

    #[test]
    fn ordinary_text_holds_nothing() {
        for text in ["", "hello world", "see https://duo.com/docs/adminapi", "DIFFERENT"] {
            assert_eq!(find(text).count(), 0, "{text}");
        }
        let lower = "a".repeat(40);
        assert_eq!(find(&lower).count(), 0, "a word of forty letters is no key");
    }
}
