//! The page “Connect”: a name, the three values from the Duo Admin Panel, and where to find them.
//!
//! Promises: pasting all three at once fills the right fields; a mistake shows beside its field as
//! soon as the field is left, never while it is being typed for the first time; what was typed
//! stays until the wizard ends, and the secret key is wiped then.

use eframe::egui;
use zeroize::Zeroizing;

use super::paste;
use crate::base::Secret;
use crate::duo::credentials::{self, Field};
use crate::settings::{Account, AccountKind, RawAccount, Settings};
use crate::window::Prefill;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::look::{icons, theme};

/// The labels of the fields, which tests and screen readers use as well.
pub mod labels {
    /// What the source is called here.
    pub const NAME: &str = "Name";
    /// The integration key.
    pub const INTEGRATION_KEY: &str = "Integration Key";
    /// The secret key.
    pub const SECRET_KEY: &str = "Secret Key";
    /// The API hostname.
    pub const API_HOSTNAME: &str = "API HostName";
    /// For keys of a managed service provider.
    pub const ACCOUNTS_API: &str = "These keys belong to an Accounts API application (MSP)";
}

/// What is typed, and which fields were left. Not to be printed: it holds the secret key.
#[derive(Default)]
pub(super) struct Connect {
    pub name: String,
    pub integration_key: String,
    pub secret_key: Zeroizing<String>,
    pub api_hostname: String,
    pub accounts_api: bool,
    left: Left,
    /// The integration key whose secret is in the keychain already, while an account is edited.
    kept_for: Option<String>,
    names_taken: Vec<String>,
    keys_taken: Vec<String>,
    /// How many values the last paste filled in.
    pasted: Option<usize>,
    asked_for_focus: bool,
}

/// The fields that were left once, so that their mistakes show.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    name: bool,
    integration_key: bool,
    secret_key: bool,
    api_hostname: bool,
}

/// What is wrong with what was typed; a text for each field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mistakes {
    pub name: Option<String>,
    pub integration_key: Option<String>,
    pub secret_key: Option<String>,
    pub api_hostname: Option<String>,
}

impl Mistakes {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Connect {
    /// An empty page for one more account.
    pub fn new(settings: &Settings) -> Self {
        let names_taken: Vec<String> =
            settings.accounts.iter().map(|account| account.name.clone()).collect();
        Self {
            name: free_name(&names_taken),
            keys_taken: keys_of(settings, None),
            names_taken,
            ..Self::default()
        }
    }

    /// Puts values where a person would type them.
    pub fn fill_in(&mut self, prefill: Prefill) {
        self.name = prefill.name;
        self.integration_key = prefill.integration_key;
        *self.secret_key = prefill.secret_key.expose().to_owned();
        self.api_hostname = prefill.api_hostname;
    }

    /// The page filled with an account that is to be changed.
    pub fn edit(settings: &Settings, account: &Account) -> Self {
        let others = settings.accounts.iter().filter(|other| other.name != account.name);
        Self {
            name: account.name.clone(),
            integration_key: account.integration_key.clone(),
            api_hostname: account.api_hostname.clone(),
            accounts_api: account.kind == AccountKind::Accounts,
            kept_for: Some(account.integration_key.clone()),
            names_taken: others.map(|other| other.name.clone()).collect(),
            keys_taken: keys_of(settings, Some(account)),
            ..Self::default()
        }
    }

    /// Whether the secret key in the keychain is the one to use.
    pub fn keeps_secret(&self) -> bool {
        self.secret_key.trim().is_empty()
            && self.kept_for.as_deref() == Some(self.integration_key.trim())
    }

    /// The secret key as typed; `None` when the stored one stays.
    pub fn typed_secret(&self) -> Option<Secret> {
        (!self.keeps_secret()).then(|| Secret::new(credentials::bare(&self.secret_key).to_owned()))
    }

    /// Everything that is wrong, whether or not it shows yet.
    pub fn mistakes(&self) -> Mistakes {
        let mut found = Mistakes::default();
        let name = self.name.trim();
        if name.is_empty() {
            found.name = Some("Give this source a name, such as the organization\u{2019}s".into());
        } else if self.names_taken.iter().any(|taken| taken.to_lowercase() == name.to_lowercase()) {
            found.name = Some("Another account has this name; choose another one".into());
        }
        let checked =
            credentials::check(&self.integration_key, &self.secret_key, &self.api_hostname);
        let mistakes = match checked {
            Ok(_) => Vec::new(),
            Err(mistakes) => mistakes,
        };
        for mistake in mistakes {
            let text = format!("{}: {}", mistake.what, mistake.next);
            match mistake.field {
                Field::IntegrationKey => found.integration_key = Some(text),
                Field::SecretKey if self.keeps_secret() => {}
                Field::SecretKey => found.secret_key = Some(text),
                Field::ApiHostname => found.api_hostname = Some(text),
            }
        }
        let key = credentials::bare(&self.integration_key).to_owned();
        if self.keys_taken.contains(&key) {
            found.integration_key =
                Some("Another account has this key already; edit that one instead".into());
        }
        found
    }

    /// The account as typed, with these logs and this history; `None` while there are mistakes.
    pub fn account(&self, before: Option<&Account>, choice: Choice<'_>) -> Option<Account> {
        if !self.mistakes().is_empty() {
            return None;
        }
        let raw = RawAccount {
            name: self.name.trim().to_owned(),
            integration_key: credentials::bare(&self.integration_key).to_owned(),
            api_hostname: credentials::bare(&self.api_hostname).to_lowercase(),
            log_types: Some(choice.log_types.to_vec()),
            history: Some(choice.history.to_owned()),
            kind: self.accounts_api.then(|| "accounts".to_owned()),
            ..before.map(Account::to_raw).unwrap_or_default()
        };
        let raw = if self.accounts_api {
            raw
        } else {
            RawAccount { kind: None, include: Vec::new(), exclude: Vec::new(), ..raw }
        };
        raw.check().ok()
    }

    /// From now on every mistake shows.
    pub fn show_all_mistakes(&mut self) {
        self.left =
            Left { name: true, integration_key: true, secret_key: true, api_hostname: true };
    }

    /// Takes a pasted text that holds at least two of the three values.
    pub fn take_paste(&mut self, ctx: &egui::Context) {
        let taken = ctx.input_mut(|input| {
            let mut taken = None;
            input.events.retain(|event| {
                let egui::Event::Paste(text) = event else { return true };
                let found = paste::find(text);
                if found.count() < 2 {
                    return true;
                }
                taken = Some(found);
                false
            });
            taken
        });
        let Some(found) = taken else { return };
        self.pasted = Some(found.count());
        if let Some(key) = found.integration_key {
            self.integration_key = key;
            self.left.integration_key = true;
        }
        if let Some(secret) = found.secret_key {
            *self.secret_key = secret.expose().to_owned();
            self.left.secret_key = true;
        }
        if let Some(hostname) = found.api_hostname {
            self.api_hostname = hostname;
            self.left.api_hostname = true;
        }
    }
}

/// What is collected, as far as an account holds it.
#[derive(Clone, Copy)]
pub(super) struct Choice<'a> {
    pub log_types: &'a [String],
    pub history: &'a str,
}

/// What stands under the title: what to do, or what a paste has done.
pub(super) fn subtitle_ui(ui: &mut egui::Ui, page: &Connect) {
    let Some(count) = page.pasted else {
        widgets::small(ui, "Three values from the Duo Admin Panel are all it takes");
        return;
    };
    let words = match count {
        3 => "All three values were filled in from what you pasted",
        _ => "Two values were filled in from what you pasted; one is still missing",
    };
    let color = theme::of(ui).good;
    ui.label(egui::RichText::new(format!("{} {words}", icons::CHECK)).small().color(color));
}

/// Draws the fields. Tells whether Enter was pressed in one of them.
pub(super) fn fields_ui(ui: &mut egui::Ui, page: &mut Connect) -> bool {
    let shown = page.mistakes();
    let mut entered = false;
    let mut one = |ui: &mut egui::Ui,
                   text: &mut String,
                   left: &mut bool,
                   error: &Option<String>,
                   spec: FieldSpec<'_>| {
        let error = error.as_deref().filter(|_| *left);
        let field = widgets::field(ui, text, &FieldSpec { error, ..spec });
        *left |= field.left;
        entered |= field.entered;
        ui.add_space(2.0);
        field.response
    };
    one(
        ui,
        &mut page.name,
        &mut page.left.name,
        &shown.name,
        FieldSpec { label: labels::NAME, ..FieldSpec::default() },
    );
    let first = one(
        ui,
        &mut page.integration_key,
        &mut page.left.integration_key,
        &shown.integration_key,
        FieldSpec {
            label: labels::INTEGRATION_KEY,
            placeholder: "DIXXXXXXXXXXXXXXXXXX",
            mono: true,
            ..FieldSpec::default()
        },
    );
    if !page.asked_for_focus {
        page.asked_for_focus = true;
        first.request_focus();
    }
    let kept =
        page.kept_for.is_some() && page.kept_for.as_deref() == Some(page.integration_key.trim());
    one(
        ui,
        &mut page.secret_key,
        &mut page.left.secret_key,
        &shown.secret_key,
        FieldSpec {
            label: labels::SECRET_KEY,
            placeholder: if kept { "Unchanged; it stays in the keychain" } else { "40 characters" },
            secret: true,
            mono: true,
            ..FieldSpec::default()
        },
    );
    one(
        ui,
        &mut page.api_hostname,
        &mut page.left.api_hostname,
        &shown.api_hostname,
        FieldSpec {
            label: labels::API_HOSTNAME,
            placeholder: "api-xxxxxxxx.duosecurity.com",
            mono: true,
            ..FieldSpec::default()
        },
    );
    entered
}

fn keys_of(settings: &Settings, except: Option<&Account>) -> Vec<String> {
    settings
        .accounts
        .iter()
        .filter(|other| except.is_none_or(|account| account.name != other.name))
        .map(|other| other.integration_key.clone())
        .collect()
}

/// “Duo”, or “Duo 2” when that is taken.
fn free_name(taken: &[String]) -> String {
    let is_taken = |name: &str| taken.iter().any(|known| known.eq_ignore_ascii_case(name));
    std::iter::once("Duo".to_owned())
        .chain((2..).map(|i| format!("Duo {i}")))
        .find(|name| !is_taken(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "DIABCDEFGH0123456789";
    const SECRET: &str = "abcdefghijABCDEFGHIJ0123456789abcdefghij";

    fn settings(text: &str) -> Settings {
        let home = crate::base::Home::under(std::path::Path::new("/nowhere"));
        Settings::parse(text, &home).unwrap()
    }

    fn one_account() -> Settings {
        settings(&format!(
            "version = 1\n[[account]]\nname = \"Duo\"\nintegration_key = \"{KEY}\"\n\
             api_hostname = \"api-1.duosecurity.com\"\nsignature = \"v2-sha1\"\n"
        ))
    }

    #[test]
    fn the_name_is_filled_in_with_one_that_is_free() {
        assert_eq!(Connect::new(&Settings::default()).name, "Duo");
        assert_eq!(Connect::new(&one_account()).name, "Duo 2");
    }

    #[test]
    fn names_and_keys_of_others_are_refused() {
        let mut page = Connect::new(&one_account());
        page.name = "duo".to_owned();
        page.integration_key = KEY.to_owned();
        let mistakes = page.mistakes();
        assert!(mistakes.name.unwrap().contains("Another account has this name"));
        assert!(mistakes.integration_key.unwrap().contains("Another account has this key"));
        assert!(mistakes.secret_key.unwrap().contains("missing"));
    }

    #[test]
    fn an_edited_account_keeps_its_secret_until_another_is_typed() {
        let settings = one_account();
        let account = &settings.accounts[0];
        let mut page = Connect::edit(&settings, account);
        assert!(page.mistakes().is_empty() && page.keeps_secret());
        assert!(page.typed_secret().is_none());
        let logs = ["telephony".to_owned()];
        let choice = Choice { log_types: &logs, history: "30d" };
        let changed = page.account(Some(account), choice).unwrap();
        assert_eq!(changed.signature, account.signature, "what the page does not show stays");
        *page.secret_key = SECRET.to_owned();
        assert_eq!(page.typed_secret().unwrap().expose(), SECRET);
        *page.secret_key = String::new();
        page.integration_key = "DIZZZZZZZZ0123456789".to_owned();
        assert!(page.mistakes().secret_key.is_some(), "another key needs its own secret");
    }
}
