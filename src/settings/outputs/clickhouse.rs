//! Records to ClickHouse over HTTP: `type = "clickhouse"`.
//!
//! Source: <https://clickhouse.com/docs/interfaces/http>.

use super::connection::{self, Tls};
use crate::settings::section::Section;

/// A table in ClickHouse; the user's password lives in the keychain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickhouseOutput {
    /// The server's address.
    pub url: String,
    /// The database.
    pub database: String,
    /// The table.
    pub table: String,
    /// The user; without one nobody is asked for a password.
    pub user: Option<String>,
    /// How TLS is spoken.
    pub tls: Tls,
}

impl ClickhouseOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        format!("{}, table {}.{}", self.url, self.database, self.table)
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let url = connection::url(section, "https://clickhouse.example.com:8443");
        let database = name(section, "database", "default");
        let table = name(section, "table", "duo_records");
        let user = connection::user(section);
        let tls = connection::web_tls(section);
        Some(Self { url: url?, database, table, user, tls })
    }
}

/// A name that needs no quoting.
fn name(section: &mut Section<'_>, key: &'static str, usual: &str) -> String {
    let name = section.text(key).map_or_else(|| usual.to_owned(), |name| name.trim().to_owned());
    let is_name = !name.is_empty()
        && name.len() <= 200
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        section.wrong(key, "a name has letters, digits and _ only, and begins with no digit");
    }
    name
}
