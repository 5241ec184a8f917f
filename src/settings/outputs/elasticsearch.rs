//! Records to Elasticsearch or OpenSearch: `type = "elasticsearch"`.
//!
//! Sources: what a data stream may be called,
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-create-data-stream>;
//! the scheme of names, <https://www.elastic.co/docs/reference/fleet/data-streams>.

use super::connection::{self, Tls};
use crate::settings::section::Section;

/// A data stream unless a person wants another: kind, data set and name space, as Elastic has them.
const DATA_STREAM: &str = "logs-duo-default";

/// A cluster; its password or API key lives in the keychain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElasticsearchOutput {
    /// The cluster's address.
    pub url: String,
    /// Where documents go; `{log_type}` in it stands for the record's log.
    pub data_stream: String,
    /// How one is let in.
    pub login: Login,
    /// How TLS is spoken.
    pub tls: Tls,
}

/// How one is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// By an API key from the keychain.
    ApiKey,
    /// By this user and a password from the keychain.
    User(String),
    /// Nobody is asked: `anonymous = true`.
    Anonymous,
}

impl ElasticsearchOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        format!("{}, data stream {}", self.url, self.data_stream)
    }

    /// What its secret is, in words.
    pub const fn secret_words(&self) -> Option<&'static str> {
        match self.login {
            Login::ApiKey => Some("the API key, in its encoded form"),
            Login::User(_) => Some("the user's password"),
            Login::Anonymous => None,
        }
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = connection::url(section, "https://elastic.example.com:9200");
        let data_stream = section.text("data_stream").unwrap_or_else(|| DATA_STREAM.to_owned());
        let data_stream = data_stream.trim().to_owned();
        if let Err(what) = check_name(&data_stream) {
            section.wrong("data_stream", what);
        }
        let user = connection::user(section);
        let anonymous = section.flag("anonymous").unwrap_or(false);
        if anonymous && user.is_some() {
            section.wrong("anonymous", "there is a user; remove one of the two lines");
        }
        let login = match user {
            Some(user) => Login::User(user),
            None if anonymous => Login::Anonymous,
            None => Login::ApiKey,
        };
        let tls = connection::web_tls(section);
        Some(Self { url: url?, data_stream, login, tls })
    }
}

/// The rules for names of data streams, with a log type in place of its sign.
fn check_name(name: &str) -> Result<(), &'static str> {
    let name = name.replace("{log_type}", "authentication");
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 255 || !name.chars().all(allowed) {
        return Err("write small letters, digits, -, _ and . only, such as \"logs-duo-default\"; \
                    {log_type} stands for the record's log");
    }
    if name.starts_with(['-', '_', '.']) {
        return Err("the name of a data stream begins with a letter or a digit");
    }
    Ok(())
}
