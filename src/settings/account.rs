//! One Duo account: where it is, what is collected from it, how far back.
//!
//! Source for the limit of history: Duo keeps logs for 180 days,
//! <https://duo.com/docs/adminapi#logs>.

use std::time::Duration;

use toml::Table;

use super::{Mistake, Scheme, Section, same_word};
use crate::base::address::clean_hostname;
use crate::base::units::{format_span, parse_span};
use crate::base::words::nearest;
use crate::record::LogType;

/// The farthest back that is asked for: a day less than Duo keeps, so that a request on its way
/// does not fall off the edge.
pub const HISTORY_LIMIT: Duration = Duration::from_secs(179 * 86_400);

/// Where Duo's own API hostnames end. Others work, with a note.
const DUO_DOMAINS: [&str; 3] = [".duosecurity.com", ".duosecurity.us", ".duofederal.com"];

/// What kind of key an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountKind {
    /// An Admin API application of the account itself.
    #[default]
    Admin,
    /// An MSP's Accounts API key: fans out to its child accounts.
    Accounts,
}

/// One Duo account, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Shown to people; unique.
    pub name: String,
    /// Says whose secret key signs; unique.
    pub integration_key: String,
    /// `host` or `host:port`, lower-case.
    pub api_hostname: String,
    /// What is collected; never empty.
    pub log_types: Vec<LogType>,
    /// What kind of key this is.
    pub kind: AccountKind,
    /// Child accounts to collect from, by name or account id; empty means all.
    pub include: Vec<String>,
    /// Child accounts to leave out, by name or account id.
    pub exclude: Vec<String>,
    /// How requests are signed.
    pub signature: Scheme,
    asked_history: Duration,
}

/// An account as typed: in the file, on the command line, in the wizard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawAccount {
    /// The name, or empty.
    pub name: String,
    /// The integration key, or empty.
    pub integration_key: String,
    /// The API hostname, as pasted.
    pub api_hostname: String,
    /// Names of log types; `None` means all six.
    pub log_types: Option<Vec<String>>,
    /// A span such as `179d`; `None` means as far as Duo goes.
    pub history: Option<String>,
    /// `accounts` for an Accounts API key.
    pub kind: Option<String>,
    /// Child accounts to collect from.
    pub include: Vec<String>,
    /// Child accounts to leave out.
    pub exclude: Vec<String>,
    /// `v5`, `v2-sha512` or `v2-sha1`.
    pub signature: Option<String>,
}

impl Account {
    /// How far back the first collection goes: what was asked for, but never farther than
    /// [`HISTORY_LIMIT`].
    pub fn history(&self) -> Duration {
        self.asked_history.min(HISTORY_LIMIT)
    }

    /// What is allowed but worth telling, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let name = &self.name;
        if self.asked_history > HISTORY_LIMIT {
            notes.push(format!(
                "Account \u{201c}{name}\u{201d}: Duo keeps 180 days, so history {} is taken as {}",
                format_span(self.asked_history),
                format_span(HISTORY_LIMIT)
            ));
        }
        let host = self.api_hostname.split(':').next().unwrap_or_default();
        if !DUO_DOMAINS.iter().any(|domain| host.ends_with(domain)) {
            notes.push(format!(
                "Account \u{201c}{name}\u{201d}: {} is not a host of Duo's; the integration key \
                 and the signatures are sent there all the same",
                self.api_hostname
            ));
        }
        if !(self.integration_key.len() == 20 && self.integration_key.starts_with("DI")) {
            notes.push(format!(
                "Account \u{201c}{name}\u{201d}: an integration key usually has 20 characters and \
                 starts with DI"
            ));
        }
        notes
    }

    /// The words of the file for this account, defaults left out where that says the same.
    pub fn to_raw(&self) -> RawAccount {
        RawAccount {
            name: self.name.clone(),
            integration_key: self.integration_key.clone(),
            api_hostname: self.api_hostname.clone(),
            log_types: Some(self.log_types.iter().map(ToString::to_string).collect()),
            history: Some(format_span(self.asked_history)),
            kind: (self.kind == AccountKind::Accounts).then(|| "accounts".to_owned()),
            include: self.include.clone(),
            exclude: self.exclude.clone(),
            signature: (self.signature != Scheme::default())
                .then(|| scheme_name(self.signature).to_owned()),
        }
    }
}

impl RawAccount {
    /// Pure. Reports every mistake, with the plain key as its place.
    pub fn check(self) -> Result<Account, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let account = self.check_at("", &mut mistakes);
        match account {
            Some(account) if mistakes.is_empty() => Ok(account),
            _ => Err(mistakes),
        }
    }

    fn check_at(self, place: &str, mistakes: &mut Vec<Mistake>) -> Option<Account> {
        let before = mistakes.len();
        let mut wrong = |key: &str, what: String| {
            mistakes.push(Mistake::at(format!("{place}{key}"), what));
        };
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            wrong("name", "give the account a name".to_owned());
        } else if name.chars().any(char::is_control) {
            wrong("name", "a name holds no line breaks or control characters".to_owned());
        }
        let integration_key = self.integration_key.trim().to_owned();
        if let Err(what) = check_integration_key(&integration_key) {
            wrong("integration_key", what);
        }
        let api_hostname = clean_hostname(&self.api_hostname).unwrap_or_else(|what| {
            wrong(
                "api_hostname",
                format!("{what}; it looks like api-xxxxxxxx.duosecurity.com in the Admin Panel"),
            );
            String::new()
        });
        let log_types = check_log_types(self.log_types, |what| wrong("log_types", what));
        let asked_history = match self.history.as_deref().map(parse_span) {
            None => HISTORY_LIMIT,
            Some(Ok(span)) => span,
            Some(Err(problem)) => {
                wrong("history", problem.to_string());
                HISTORY_LIMIT
            }
        };
        let kind = match self.kind.as_deref() {
            None | Some("admin") => AccountKind::Admin,
            Some("accounts") => AccountKind::Accounts,
            Some(other) => {
                wrong("kind", not_allowed(other, &["accounts", "admin"]));
                // Nothing more to say about include and exclude then.
                AccountKind::Accounts
            }
        };
        if kind == AccountKind::Admin {
            for (key, list) in [("include", &self.include), ("exclude", &self.exclude)] {
                if !list.is_empty() {
                    wrong(key, "only an account with kind = \"accounts\" has children".to_owned());
                }
            }
        }
        let signature = match self.signature.as_deref() {
            None => Scheme::default(),
            Some(text) => scheme_named(text).unwrap_or_else(|| {
                wrong("signature", not_allowed(text, &SCHEMES.map(scheme_name)));
                Scheme::default()
            }),
        };
        (mistakes.len() == before).then_some(Account {
            name,
            integration_key,
            api_hostname,
            log_types,
            kind,
            include: self.include,
            exclude: self.exclude,
            signature,
            asked_history,
        })
    }
}

/// Reads the `[[account]]` sections; names and integration keys are unique.
pub(super) fn read_all(tables: &[Table], mistakes: &mut Vec<Mistake>) -> Vec<Account> {
    let mut accounts: Vec<Account> = Vec::new();
    for (i, table) in tables.iter().enumerate() {
        let place = match table.get("name").and_then(toml::Value::as_str) {
            Some(name) if !name.trim().is_empty() => {
                format!("account \u{201c}{}\u{201d}, ", name.trim())
            }
            _ => format!("account {}, ", i + 1),
        };
        let Some(account) = read(table, &place, mistakes) else { continue };
        for other in &accounts {
            if same_word(&other.name, &account.name) {
                mistakes.push(Mistake::at(
                    format!("{place}name"),
                    "another account has this name; give each its own",
                ));
            }
            if other.integration_key == account.integration_key {
                mistakes.push(Mistake::at(
                    format!("{place}integration_key"),
                    format!(
                        "account \u{201c}{}\u{201d} has the same key; remove one of them",
                        other.name
                    ),
                ));
            }
        }
        accounts.push(account);
    }
    accounts
}

fn read(table: &Table, place: &str, mistakes: &mut Vec<Mistake>) -> Option<Account> {
    let before = mistakes.len();
    let mut section = Section::new(place, table, mistakes);
    section.forbidden(
        &["secret_key", "secret", "skey", "password"],
        "a secret is never kept in this file; remove the line, and store the secret key with: \
         duo-integrator account add",
    );
    let raw = RawAccount {
        name: section.text("name").unwrap_or_default(),
        integration_key: section.text("integration_key").unwrap_or_default(),
        api_hostname: section.text("api_hostname").unwrap_or_default(),
        log_types: section.texts("log_types"),
        history: section.text("history"),
        kind: section.text("kind"),
        include: section.texts("include").unwrap_or_default(),
        exclude: section.texts("exclude").unwrap_or_default(),
        signature: section.text("signature"),
    };
    section.finish();
    // A value of the wrong kind was reported; that it then looks empty is not a second mistake.
    let told: Vec<String> =
        mistakes.iter().skip(before).map(|mistake| mistake.key.clone()).collect();
    let mut found = Vec::new();
    let account = raw.check_at(place, &mut found);
    mistakes.extend(found.into_iter().filter(|mistake| !told.contains(&mistake.key)));
    account.filter(|_| told.is_empty())
}

/// Letters and digits only: it also becomes a file name and a keychain entry.
fn check_integration_key(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("give the integration key, 20 characters that start with DI".to_owned());
    }
    if key.len() >= 40 {
        return Err(
            "this is too long for an integration key and may be the secret key; the secret \
                    key is never kept in this file"
                .to_owned(),
        );
    }
    if !key.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err("an integration key has letters and digits only".to_owned());
    }
    Ok(())
}

fn check_log_types(names: Option<Vec<String>>, mut wrong: impl FnMut(String)) -> Vec<LogType> {
    let Some(names) = names else { return LogType::ALL.to_vec() };
    if names.is_empty() {
        wrong("name at least one log type, or remove the line for all six".to_owned());
    }
    let mut log_types = Vec::new();
    for name in names {
        match name.parse::<LogType>() {
            Ok(log_type) if !log_types.contains(&log_type) => log_types.push(log_type),
            Ok(_) => {}
            Err(_) => wrong(not_allowed(&name, &LogType::ALL.map(LogType::name))),
        }
    }
    log_types
}

/// "“x” is not one of a, b (did you mean a?)"
pub(super) fn not_allowed(word: &str, allowed: &[&str]) -> String {
    let meant = match nearest(word, allowed.iter().copied()) {
        Some(near) => format!(" (did you mean {near}?)"),
        None => String::new(),
    };
    format!("\u{201c}{word}\u{201d} is not one of {}{meant}", allowed.join(", "))
}

const SCHEMES: [Scheme; 3] = [Scheme::V5, Scheme::V2Sha512, Scheme::V2Sha1];

const fn scheme_name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::V5 => "v5",
        Scheme::V2Sha512 => "v2-sha512",
        Scheme::V2Sha1 => "v2-sha1",
    }
}

fn scheme_named(text: &str) -> Option<Scheme> {
    SCHEMES.into_iter().find(|scheme| scheme_name(*scheme) == text)
}
