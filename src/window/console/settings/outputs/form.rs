//! The dialog in which an output is added or changed.
//!
//! Promises: what is typed is checked as the file would be, by the same code; a mistake shows at its
//! field once something stands there or Save was pressed; a secret that is left empty stays as it is.

use eframe::egui;
use toml::{Table, Value};
use zeroize::Zeroizing;

use super::super::notices::zone_name;
use super::super::rows;
use crate::base::Secret;
use crate::pipeline::outputs;
use crate::record::Level;
use crate::settings::{
    Flavor, Mistake, Output, Security, Settings, Target, Taste, check_webhook_url,
};
use crate::window::look::theme;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did};

/// A type of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Email,
    Slack,
    Teams,
    Webhook,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Email, Self::Slack, Self::Teams, Self::Webhook];

    /// The type of this target; `None` where it takes records and no messages.
    pub const fn of(target: &Target) -> Option<Self> {
        Some(match target {
            Target::Email(_) => Self::Email,
            Target::Webhook(webhook) => match webhook.flavor {
                Flavor::Slack => Self::Slack,
                Flavor::Teams => Self::Teams,
                Flavor::Json => Self::Webhook,
            },
            Target::Records(_) => return None,
        })
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Email => "E-mail",
            Self::Slack => "Slack",
            Self::Teams => "Microsoft Teams",
            Self::Webhook => "Webhook",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Webhook => "webhook",
        }
    }
}

/// What became of the dialog.
pub(super) enum Ended {
    /// It is open.
    No,
    /// Nothing is to be done.
    Cancelled,
    /// This is.
    Saved(Box<Act>),
}

/// What is typed. Not to be printed: it holds a secret.
pub(super) struct Form {
    kind: Kind,
    /// The name of the output that is changed; `None` for a new one.
    before: Option<String>,
    /// What the form said when it was opened: only what differs is written.
    began: Vec<(&'static str, Option<Value>)>,
    name: String,
    server: String,
    security: Security,
    from: String,
    to: String,
    user: String,
    url: String,
    header_name: String,
    secret: Zeroizing<String>,
    /// Levels of a hand-edited file that no “and graver” can say.
    picked: Option<Vec<Level>>,
    least: Level,
    quiet_hours: String,
    zone: String,
    quiet_level: Level,
    group_for: String,
    /// The file allows a mail server without TLS.
    unsafe_allow_no_tls: bool,
    /// Whether it had a secret before.
    has_secret: bool,
    /// Save was pressed: every mistake shows.
    pressed: bool,
    more: bool,
}

impl Form {
    /// An empty one.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            before: None,
            began: Vec::new(),
            name: String::new(),
            server: String::new(),
            security: Security::StartTls,
            from: String::new(),
            to: String::new(),
            user: String::new(),
            url: String::new(),
            header_name: String::new(),
            secret: Zeroizing::default(),
            picked: None,
            least: Level::Medium,
            quiet_hours: String::new(),
            zone: String::new(),
            quiet_level: Level::Critical,
            group_for: "5 min".to_owned(),
            unsafe_allow_no_tls: false,
            has_secret: false,
            pressed: false,
            more: false,
        }
    }

    /// What an output is now; `None` where it takes records and no messages.
    pub fn of(output: &Output) -> Option<Self> {
        let kind = Kind::of(&output.target)?;
        let taste = &output.taste;
        let mut form = Self {
            before: Some(output.name.clone()),
            name: output.name.clone(),
            least: least(taste).unwrap_or(Level::Medium),
            picked: least(taste).is_none().then(|| taste.levels.clone()),
            quiet_hours: taste.quiet_hours.as_ref().map(ToString::to_string).unwrap_or_default(),
            zone: zone_name(taste.quiet_hours.as_ref()),
            quiet_level: taste.quiet_level,
            group_for: rows::span_words(taste.group_for),
            has_secret: output.secret_words().is_some(),
            more: taste.quiet_hours.is_some(),
            ..Self::new(kind)
        };
        match &output.target {
            Target::Email(email) => {
                form.server = email.server();
                form.security = email.security;
                form.from = email.from.to_string();
                let to: Vec<String> = email.to.iter().map(ToString::to_string).collect();
                form.to = to.join(", ");
                form.user = email.user.clone().unwrap_or_default();
                form.unsafe_allow_no_tls = email.security == Security::None;
            }
            Target::Webhook(webhook) => {
                form.url = webhook.url.clone().unwrap_or_default();
                form.header_name = webhook.header_name.clone().unwrap_or_default();
            }
            Target::Records(_) => return None,
        }
        form.began = form.values();
        Some(form)
    }

    /// The title of the dialog.
    pub fn title(&self) -> String {
        match &self.before {
            Some(name) => format!("Edit {name}"),
            None => format!("Add {}", self.kind.title()),
        }
    }

    /// The keys it knows, each with its value or none, as the file has them.
    fn values(&self) -> Vec<(&'static str, Option<Value>)> {
        let text = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| Value::String(text.to_owned()))
        };
        let level = |level: Level| Some(Value::String(level.name().to_owned()));
        let mut values = match self.kind {
            Kind::Email => vec![
                ("server", text(&self.server)),
                ("security", text(self.security.name())),
                ("from", text(&self.from)),
                ("to", Some(Value::Array(self.mailboxes().map(Value::String).collect()))),
                ("user", text(&self.user)),
            ],
            Kind::Slack | Kind::Teams => Vec::new(),
            Kind::Webhook => {
                vec![("url", text(&self.url)), ("header_name", text(&self.header_name))]
            }
        };
        let picked = self.picked.as_ref().map(|levels| {
            Value::Array(levels.iter().map(|one| Value::String(one.name().to_owned())).collect())
        });
        let least = self.picked.is_none().then(|| level(self.least)).flatten();
        values.extend([
            ("levels", picked),
            ("least", least),
            ("quiet_hours", text(&self.quiet_hours)),
            ("zone", text(&self.zone)),
            ("quiet_level", level(self.quiet_level)),
            ("group_for", text(&self.group_for)),
        ]);
        values
    }

    fn mailboxes(&self) -> impl Iterator<Item = String> {
        split_mailboxes(&self.to).into_iter()
    }

    /// The section as it would stand in the file.
    fn table(&self) -> Table {
        let mut table = Table::new();
        table.insert("name".to_owned(), Value::String(self.name.trim().to_owned()));
        table.insert("type".to_owned(), Value::String(self.kind.name().to_owned()));
        for (key, value) in self.values() {
            if let Some(value) = value {
                table.insert(key.to_owned(), value);
            }
        }
        table
    }

    /// Everything that is wrong.
    fn mistakes(&self, settings: &Settings) -> Vec<Mistake> {
        let mut table = self.table();
        if self.unsafe_allow_no_tls && self.security == Security::None {
            table.insert("unsafe_allow_no_tls".to_owned(), Value::Boolean(true));
        }
        let mut mistakes = Output::check(&table).err().unwrap_or_default();
        let mut wrong =
            |key: &str, what: String| mistakes.push(Mistake { key: key.to_owned(), what });
        if self.before.is_none() && outputs::same_name(settings, &self.name).is_some() {
            wrong("name", "another output has this name; give each its own".to_owned());
        }
        let typed = self.secret.trim();
        let is_address = matches!(self.kind, Kind::Slack | Kind::Teams);
        if let Some(what) = self.secret_label() {
            if typed.is_empty() && !self.has_secret {
                wrong("secret", format!("give {}", what.to_lowercase()));
            } else if is_address
                && !typed.is_empty()
                && let Err(what) = check_webhook_url(typed)
            {
                wrong("secret", what);
            }
        }
        mistakes
    }

    /// What the secret is, where there is one.
    fn secret_label(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Email => (!self.user.trim().is_empty()).then_some("Password"),
            Kind::Slack | Kind::Teams => Some("Webhook address"),
            Kind::Webhook => (!self.header_name.trim().is_empty()).then_some("Header value"),
        }
    }

    fn act(&self) -> Act {
        let typed = self.secret.trim();
        let secret = (self.secret_label().is_some() && !typed.is_empty())
            .then(|| Secret::new(typed.to_owned()));
        let table = self.table();
        match self.before.clone() {
            None => Act::new("add an output", move |home| {
                let output = outputs::add(home, table.clone(), secret.as_ref())?;
                Ok(Did::said(format!("{} was added. Press Test to try it", output.name)))
            }),
            Some(name) => {
                let changed = self.values().into_iter().filter(|one| !self.began.contains(one));
                let values: Vec<(&'static str, Option<toml_edit::Value>)> =
                    changed.map(|(key, value)| (key, value.map(edited))).collect();
                Act::new("change an output", move |home| {
                    outputs::change(home, &name, &values, secret.as_ref())?;
                    Ok(Did::said(format!("{name} was changed")))
                })
            }
        }
    }

    /// Draws the dialog.
    pub fn dialog_ui(&mut self, ctx: &egui::Context, settings: &Settings) -> Ended {
        let mistakes = self.mistakes(settings);
        let (mut open, mut save, mut cancel) = (true, false, false);
        widgets::dialog(ctx, &self.title(), &mut open, |ui| {
            parts::dialog_body(ui, 0.0, |ui| self.fields_ui(ui, &mistakes));
            ui.add_space(theme::tokens().space.small);
            if self.pressed && !mistakes.is_empty() {
                let words = match mistakes.len() {
                    1 => "One field needs a look".to_owned(),
                    count => format!("{count} fields need a look"),
                };
                let line = parts::sign_line(ui, widgets::Sign::Warn, &words);
                parts::announce(ui, &line);
            }
            parts::buttons_right(ui, |ui| {
                save = widgets::primary_button(ui, "Save").clicked();
                cancel = widgets::quiet_button(ui, "Cancel").clicked();
            });
        });
        if save && mistakes.is_empty() {
            return Ended::Saved(Box::new(self.act()));
        }
        self.pressed |= save;
        if cancel || !open { Ended::Cancelled } else { Ended::No }
    }

    fn fields_ui(&mut self, ui: &mut egui::Ui, mistakes: &[Mistake]) {
        let told = self.pressed;
        let field = |ui: &mut egui::Ui, text: &mut String, key: &str, spec: FieldSpec<'_>| {
            let error = mistake_at(mistakes, key).filter(|_| told || !text.trim().is_empty());
            let spec = FieldSpec { error: error.as_deref(), ..spec };
            widgets::field(ui, text, &spec)
        };
        if self.before.is_none() {
            let spec =
                FieldSpec { label: "Name", placeholder: "Security team", ..FieldSpec::default() };
            let name = field(ui, &mut self.name, "name", spec);
            if ui.memory(|memory| memory.focused().is_none()) {
                name.response.request_focus();
            }
        }
        match self.kind {
            Kind::Email => {
                let spec = FieldSpec {
                    label: "Mail server",
                    placeholder: "smtp.example.com:587",
                    help: "Without a port, the usual one of the protection below",
                    ..FieldSpec::default()
                };
                field(ui, &mut self.server, "server", spec);
                let all = [
                    (Security::StartTls, "STARTTLS, usually port 587"),
                    (Security::Tls, "TLS from the start, usually port 465"),
                    (Security::None, "None, for a server on this computer"),
                ];
                if let Some(security) = rows::choice(ui, "Protection", self.security, &all, "") {
                    self.security = security;
                }
                if let Some(error) = mistake_at(mistakes, "security") {
                    parts::sign_line(ui, widgets::Sign::Fail, &error);
                }
                let spec = FieldSpec {
                    label: "From",
                    placeholder: "duo@example.com",
                    ..FieldSpec::default()
                };
                field(ui, &mut self.from, "from", spec);
                let spec = FieldSpec {
                    label: "To",
                    placeholder: "security@example.com, it@example.com",
                    help: "Several addresses with commas between them",
                    ..FieldSpec::default()
                };
                field(ui, &mut self.to, "to", spec);
                let spec = FieldSpec {
                    label: "User at the mail server",
                    help: "Empty where it asks for none",
                    ..FieldSpec::default()
                };
                field(ui, &mut self.user, "user", spec);
            }
            Kind::Slack | Kind::Teams => {}
            Kind::Webhook => {
                let spec = FieldSpec {
                    label: "Address",
                    placeholder: "https://example.com/alerts",
                    help: "Alerts are posted there as JSON",
                    ..FieldSpec::default()
                };
                field(ui, &mut self.url, "url", spec);
                let spec = FieldSpec {
                    label: "Header",
                    placeholder: "Authorization",
                    help: "For an address that asks who is there; empty where it does not",
                    ..FieldSpec::default()
                };
                field(ui, &mut self.header_name, "header_name", spec);
            }
        }
        if let Some(label) = self.secret_label() {
            let help = match self.kind {
                Kind::Slack => {
                    "From \u{201c}Incoming webhooks\u{201d} of your Slack app. Whoever has it can \
                     write there, so it is kept in the keychain, never in a file"
                }
                Kind::Teams => {
                    "From the workflow \u{201c}Send webhook alerts to a channel\u{201d}. Whoever has \
                     it can write there, so it is kept in the keychain, never in a file"
                }
                Kind::Email | Kind::Webhook => "Kept in the keychain, never in a file",
            };
            let spec = FieldSpec {
                label,
                help,
                placeholder: if self.has_secret { "Unchanged" } else { "" },
                secret: true,
                ..FieldSpec::default()
            };
            field(ui, &mut self.secret, "secret", spec);
        }
        self.levels_ui(ui);
        if !self.more {
            self.more = widgets::link_button(ui, "Quiet hours and grouping\u{2026}").clicked();
            return;
        }
        let spec = FieldSpec {
            label: "Quiet hours",
            placeholder: "22:00-07:00",
            help: "Between these times only what is grave is sent; empty for none",
            ..FieldSpec::default()
        };
        field(ui, &mut self.quiet_hours, "quiet_hours", spec);
        if !self.quiet_hours.trim().is_empty() {
            let help = format!("Empty for this computer\u{2019}s: {}", say::zone_words());
            let spec = FieldSpec {
                label: "Zone",
                placeholder: "Europe/Paris",
                help: &help,
                ..FieldSpec::default()
            };
            field(ui, &mut self.zone, "zone", spec);
            let all = Level::ALL.map(|level| (level, level.title()));
            let label = "Sent in quiet hours too, from";
            if let Some(level) = rows::choice(ui, label, self.quiet_level, &all, "") {
                self.quiet_level = level;
            }
        }
        let spec = FieldSpec {
            label: "One message for what begins within",
            help: "Such as 5 min; 0 s sends each alert by itself",
            ..FieldSpec::default()
        };
        field(ui, &mut self.group_for, "group_for", spec);
    }

    fn levels_ui(&mut self, ui: &mut egui::Ui) {
        let own = self.picked.as_ref().map(|levels| {
            let titles: Vec<&str> = levels.iter().map(|level| level.title()).collect();
            format!("As the file says: {}", titles.join(", "))
        });
        let titles = Level::ALL.map(|level| format!("{} and graver", level.title()));
        let mut all: Vec<(Option<Level>, &str)> = Level::ALL
            .into_iter()
            .zip(&titles)
            .map(|(level, title)| (Some(level), title.as_str()))
            .collect();
        if let Some(own) = &own {
            all.push((None, own));
        }
        let now = self.picked.is_none().then_some(self.least);
        if let Some(Some(level)) = rows::choice(ui, "Alerts that are sent", now, &all, "") {
            self.least = level;
            self.picked = None;
        }
    }
}

/// The level from which on everything is wanted; `None` where a level in between is left out.
pub(super) fn least(taste: &Taste) -> Option<Level> {
    let least = *taste.levels.first()?;
    let all: Vec<Level> = Level::ALL.into_iter().filter(|level| *level >= least).collect();
    (all == taste.levels).then_some(least)
}

/// Addresses with commas, semicolons or line ends between them; a comma within quotes is none.
fn split_mailboxes(text: &str) -> Vec<String> {
    let mut quoted = false;
    let parts = text.split(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ',' | ';' | '\n')
    });
    parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn mistake_at(mistakes: &[Mistake], key: &str) -> Option<String> {
    let found = mistakes.iter().find(|mistake| mistake.key == key)?;
    Some(parts::capitalized(&found.what))
}

/// The same value for the file.
fn edited(value: Value) -> toml_edit::Value {
    match value {
        Value::Array(items) => items.into_iter().map(edited).collect(),
        Value::Boolean(flag) => flag.into(),
        Value::Integer(number) => number.into(),
        Value::Float(number) => number.into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Home;

    fn keys(form: &Form) -> Vec<String> {
        let mistakes = form.mistakes(&Settings::default());
        mistakes.into_iter().map(|mistake| mistake.key).collect()
    }

    #[test]
    fn an_empty_form_asks_for_what_the_file_would_need() {
        assert_eq!(keys(&Form::new(Kind::Email)), ["name", "server", "from", "to"]);
        assert_eq!(keys(&Form::new(Kind::Slack)), ["name", "secret"]);
        assert_eq!(keys(&Form::new(Kind::Webhook)), ["name", "url"]);
    }

    #[test]
    fn a_password_is_asked_for_once_there_is_a_user_and_never_for_nothing() {
        let mut form = Form::new(Kind::Email);
        form.name = "S".to_owned();
        form.server = "smtp.example.com".to_owned();
        form.from = "d@example.com".to_owned();
        form.to = "\"Doe, Jane\" <jane@example.com>; a@example.com".to_owned();
        assert_eq!(keys(&form), [""; 0]);
        assert_eq!(form.mailboxes().count(), 2);
        form.user = "duo".to_owned();
        assert_eq!(keys(&form), ["secret"]);
        form.has_secret = true;
        assert_eq!(keys(&form), [""; 0]);
    }

    #[test]
    fn an_output_goes_through_the_form_and_comes_back_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let by_hand = "version = 1\n[[output]]\nname = \"Local\" # ours\ntype = \"email\"\n\
                       server = \"relay.example:25\"\nsecurity = \"none\"\nunsafe_allow_no_tls = true # on purpose\n\
                       from = \"d@example.com\"\nto = [\"a@example.com\"]\nlevels = [\"low\", \"critical\"]\n\
                       quiet_hours = \"22:00-07:00\"\nzone = \"Europe/Paris\"\n";
        std::fs::write(home.settings_file(), by_hand).unwrap();
        let before = Settings::load(&home).unwrap();
        let mut form = Form::of(&before.outputs[0]).unwrap();
        assert_eq!(keys(&form), [""; 0]);
        form.act().run(&home).unwrap();
        let after = Settings::load(&home).unwrap();
        assert_eq!(after.outputs, before.outputs);
        let text = std::fs::read_to_string(home.settings_file()).unwrap();
        assert!(text.contains("# ours") && text.contains("# on purpose"), "{text}");
        form.picked = None;
        form.least = Level::High;
        form.act().run(&home).unwrap();
        let taste = &Settings::load(&home).unwrap().outputs[0].taste;
        assert_eq!(least(taste), Some(Level::High));
    }
}
