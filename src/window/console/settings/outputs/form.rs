//! What is typed when an output is added or changed.
//!
//! Promises: what is typed is checked as the file would be, by the same code; a mistake shows at its
//! field once something stands there or Save was pressed; a secret that is left empty stays as it is;
//! of an output that is changed only what differs is written, and what the form has no field for stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use toml::{Table, Value};
use zeroize::Zeroizing;

use super::catalog::{self, Field, Secret as SecretField, TASTE, Type, Typed};
use super::preview::Preview;
use super::trying::Trying;
use crate::base::{Secret, UnixMillis};
use crate::pipeline::outputs::{self, Draft};
use crate::record::Level;
use crate::settings::{Filter, Mistake, Output, RecordFormat, Settings, Taste, check_webhook_url};
use crate::window::worker::{Act, Did};

/// Keys with their values, or none, as the file has them.
type Values = Vec<(&'static str, Option<Value>)>;

/// What is typed. Not to be printed: it holds a secret.
pub(super) struct Form {
    pub kind: &'static Type,
    /// The output that is changed; `None` for a new one.
    before: Option<Before>,
    pub name: String,
    pub typed: Typed,
    pub secret: Zeroizing<String>,
    /// Alerts of this level and graver ones are sent; `None`: as `levels` of a hand-edited file says.
    pub least: Option<Level>,
    pub filter: Filter,
    /// `None`: the type's usual one.
    format: Option<RecordFormat>,
    /// Save was pressed: every mistake shows.
    pub pressed: bool,
    /// Rare fields show as well.
    pub more: bool,
    /// Its first field had the keyboard.
    pub is_seen: bool,
    pub preview: Preview,
    /// A test of what is typed.
    pub trying: Option<Trying>,
    /// Its answer has been shown.
    pub is_answered: bool,
    saving: Option<Arc<AtomicU8>>,
}

/// The output that is changed, as it was.
struct Before {
    name: String,
    /// Its section.
    table: Table,
    /// What the form said when it was opened: only what differs is written.
    began: Values,
    /// What its secret is called.
    secret: Option<&'static str>,
    /// Levels that no \u{201c}and graver\u{201d} can say.
    levels: Option<Value>,
}

/// How saving goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saving {
    /// It has not begun, or did not work, which was told.
    No,
    /// It is being done.
    Now,
    /// It worked.
    Done,
}

const DONE: u8 = 1;
const FAILED: u8 = 2;

impl Form {
    /// An empty one.
    pub fn new(kind: &'static Type) -> Self {
        Self {
            kind,
            before: None,
            name: String::new(),
            typed: Typed::default(),
            secret: Zeroizing::default(),
            least: Some(Level::Medium),
            filter: Filter::default(),
            format: None,
            pressed: false,
            more: false,
            is_seen: false,
            preview: Preview::default(),
            trying: None,
            is_answered: false,
            saving: None,
        }
    }

    /// What an output is now, and how that stands in the file; `None` for a type without a form.
    pub fn of(output: &Output, section: Table) -> Option<Self> {
        let mut form = Self::new(catalog::named(output.type_name())?);
        form.name.clone_from(&output.name);
        for field in form.kind.fields.iter().chain(&TASTE) {
            form.typed.read(field, &section);
        }
        let mut levels = None;
        if let Some(records) = output.records() {
            form.filter = records.filter.clone();
            form.format = Some(records.format);
        } else {
            form.least = least(&output.taste);
            levels = section.get("levels").cloned().filter(|_| form.least.is_none());
        }
        form.more = form.fields().any(|field| field.is_rare && form.typed.has(field.key));
        form.before = Some(Before {
            name: output.name.clone(),
            table: section,
            began: Vec::new(),
            secret: form.secret_field().map(|secret| secret.label),
            levels,
        });
        let began = form.values();
        if let Some(before) = &mut form.before {
            before.began = began;
        }
        Some(form)
    }

    /// Whether an output is added, not changed.
    pub const fn is_new(&self) -> bool {
        self.before.is_none()
    }

    /// Its title.
    pub fn title(&self) -> String {
        match &self.before {
            Some(before) => format!("Edit {}", before.name),
            None => format!("Add {}", self.kind.title),
        }
    }

    /// The fields of its type and, for messages, those about when they are sent.
    fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let taste: &[Field] = if self.kind.is_for_records { &[] } else { &TASTE };
        self.kind.fields.iter().chain(taste)
    }

    /// The format that records are handed over in.
    pub fn format(&self) -> RecordFormat {
        let allowed = self.kind.formats(&self.typed);
        let usual = allowed.first().copied().unwrap_or(RecordFormat::Raw);
        self.format.filter(|format| allowed.contains(format)).unwrap_or(usual)
    }

    /// Has records handed over in this format.
    pub const fn set_format(&mut self, format: RecordFormat) {
        self.format = Some(format);
    }

    /// Levels of a hand-edited file that no \u{201c}and graver\u{201d} can say.
    pub fn own_levels(&self) -> Option<String> {
        let levels = self.before.as_ref()?.levels.as_ref()?.as_array()?;
        let titles = levels.iter().filter_map(|one| one.as_str()?.parse::<Level>().ok());
        Some(titles.map(Level::title).collect::<Vec<_>>().join(", "))
    }

    /// What lets one in, where something does.
    pub fn secret_field(&self) -> Option<SecretField> {
        (self.kind.secret)(&self.typed)
    }

    /// Whether that is in the keychain already.
    pub fn has_secret(&self) -> bool {
        let before = self.before.as_ref().and_then(|before| before.secret);
        before.is_some() && before == self.secret_field().map(|secret| secret.label)
    }

    /// The keys it knows, each with its value or none, as the file has them.
    fn values(&self) -> Values {
        let mut values: Values =
            self.fields().map(|field| (field.key, field.value(&self.typed))).collect();
        if self.kind.is_for_records {
            values.extend(self.record_values());
            return values;
        }
        let levels = self.before.as_ref().and_then(|before| before.levels.clone());
        values.push(("levels", levels.filter(|_| self.least.is_none())));
        let least = self.least.filter(|least| *least != Level::Medium);
        values.push(("least", least.map(|least| Value::String(least.name().to_owned()))));
        values
    }

    fn record_values(&self) -> Values {
        let Filter { accounts, log_types, categories, alerts } = &self.filter;
        let texts = |texts: Vec<String>| {
            let texts: Vec<Value> = texts.into_iter().map(Value::String).collect();
            (!texts.is_empty()).then_some(Value::Array(texts))
        };
        let logs = log_types.iter().map(|log_type| log_type.name().to_owned()).collect();
        let usual = self.kind.formats(&self.typed).first() == Some(&self.format());
        let format = (!usual).then(|| Value::String(self.format().name().to_owned()));
        let mut values = vec![
            ("accounts", texts(accounts.clone())),
            ("log_types", texts(logs)),
            ("categories", texts(categories.clone())),
            ("alerts", alerts.then_some(Value::Boolean(true))),
            ("format", format),
        ];
        if self.is_new() {
            values.push(("start", self.start()));
        }
        values
    }

    /// From when on records are handed over, as the file has it.
    fn start(&self) -> Option<Value> {
        let text = match self.typed.get("start") {
            "beginning" => "beginning".to_owned(),
            "at" => {
                let text = self.typed.get("start_at").trim();
                // What goes by the clock would be another time at each start.
                match UnixMillis::parse_when(text, UnixMillis::now()) {
                    Ok(at) if text.starts_with('-') => at.to_string(),
                    _ => text.to_owned(),
                }
            }
            _ => return None,
        };
        Some(Value::String(text))
    }

    /// The section as it would stand in the file.
    fn table(&self) -> Table {
        let mut table = self.before.as_ref().map_or_else(Table::new, |before| before.table.clone());
        table.insert("name".to_owned(), Value::String(self.name.trim().to_owned()));
        table.insert("type".to_owned(), Value::String(self.kind.name.to_owned()));
        for (key, value) in self.values() {
            match value {
                Some(value) => table.insert(key.to_owned(), value),
                None => table.remove(key),
            };
        }
        table
    }

    /// Everything that is wrong.
    pub fn mistakes(&self, settings: &Settings) -> Vec<Mistake> {
        let mut mistakes = Output::check(&self.table()).err().unwrap_or_default();
        let mut wrong =
            |key: &str, what: String| mistakes.push(Mistake { key: key.to_owned(), what });
        if self.is_new() && outputs::same_name(settings, &self.name).is_some() {
            wrong("name", "another output has this name; give each its own".to_owned());
        }
        if let Some(secret) = self.secret_field() {
            let typed = self.secret.trim();
            if typed.is_empty() && !self.has_secret() {
                let label = secret.label;
                let rest = label.get(1..).unwrap_or_default();
                // “API key” keeps its capitals.
                let keeps = rest.starts_with(|c: char| c.is_uppercase());
                let label = if keeps { label.to_owned() } else { label.to_lowercase() };
                wrong("secret", format!("give the {label}"));
            } else if secret.is_address
                && !typed.is_empty()
                && let Err(what) = check_webhook_url(typed)
            {
                wrong("secret", what);
            }
        }
        mistakes
    }

    /// Shows the rare fields when one of them is wrong.
    pub fn show_wrong(&mut self, mistakes: &[Mistake]) {
        let is_wrong = |field: &Field| mistakes.iter().any(|one| one.key == field.key);
        self.more |= self.fields().any(|field| field.is_rare && is_wrong(field));
    }

    /// Tries out what is typed, without writing it down.
    pub fn try_out(&mut self) -> Act {
        let draft = Draft { table: self.table(), secret: self.typed_secret() };
        let trying = Trying::of_draft(self.name.trim(), self.kind.is_for_records, draft);
        let act = trying.act();
        self.trying = Some(trying);
        act
    }

    /// The secret that was typed; `None`: it stays as it is.
    fn typed_secret(&self) -> Option<Secret> {
        let typed = self.secret.trim();
        (self.secret_field().is_some() && !typed.is_empty()).then(|| Secret::new(typed.to_owned()))
    }

    /// Writes it down; the form stays until that has worked.
    pub fn save(&mut self) -> Act {
        let saving = Arc::new(AtomicU8::new(0));
        self.saving = Some(Arc::clone(&saving));
        let work = self.work();
        Act::new("save an output", move |home| {
            let did = work.run(home);
            saving.store(if did.is_ok() { DONE } else { FAILED }, Ordering::Relaxed);
            did
        })
    }

    /// How saving goes.
    pub fn saving(&self) -> Saving {
        match self.saving.as_ref().map(|saving| saving.load(Ordering::Relaxed)) {
            None | Some(FAILED) => Saving::No,
            Some(DONE) => Saving::Done,
            Some(_) => Saving::Now,
        }
    }

    fn work(&self) -> Act {
        let secret = self.typed_secret();
        let Some(before) = &self.before else {
            let table = self.table();
            return Act::new("add an output", move |home| {
                let output = outputs::add(home, table.clone(), secret.as_ref())?;
                Ok(Did::said(format!("{} was added. Press Test to try it", output.name)))
            });
        };
        let name = before.name.clone();
        let changed = self.values().into_iter().filter(|one| !before.began.contains(one));
        let values: Vec<(&'static str, Option<toml_edit::Value>)> =
            changed.map(|(key, value)| (key, value.map(edited))).collect();
        Act::new("change an output", move |home| {
            outputs::change(home, &name, &values, secret.as_ref())?;
            Ok(Did::said(format!("{name} was changed")))
        })
    }
}

/// The level from which on everything is wanted; `None` where a level in between is left out.
pub(super) fn least(taste: &Taste) -> Option<Level> {
    let least = *taste.levels.first()?;
    let all: Vec<Level> = Level::ALL.into_iter().filter(|level| *level >= least).collect();
    (all == taste.levels).then_some(least)
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
    use crate::settings;

    fn new(name: &str) -> Form {
        Form::new(catalog::named(name).unwrap())
    }

    fn keys(form: &Form) -> Vec<String> {
        let mistakes = form.mistakes(&Settings::default());
        mistakes.into_iter().map(|mistake| mistake.key).collect()
    }

    fn set(form: &mut Form, values: &[(&'static str, &str)]) {
        for (key, text) in values {
            *form.typed.at(key) = (*text).to_owned();
        }
    }

    #[test]
    fn an_empty_form_asks_for_what_the_file_would_need() {
        assert_eq!(keys(&new("email")), ["name", "server", "from", "to"]);
        assert_eq!(keys(&new("slack")), ["name", "secret"]);
        assert_eq!(keys(&new("webhook")), ["name", "url"]);
        assert_eq!(keys(&new("file")), ["name", "path"]);
        assert_eq!(keys(&new("syslog")), ["name", "address"]);
    }

    #[test]
    fn a_password_is_asked_for_once_there_is_a_user_and_never_for_nothing() {
        let mut form = new("email");
        form.name = "S".to_owned();
        let to = "\"Doe, Jane\" <jane@example.com>; a@example.com";
        set(&mut form, &[("server", "smtp.example.com"), ("from", "d@example.com"), ("to", to)]);
        assert_eq!(keys(&form), [""; 0]);
        assert_eq!(form.table()["to"].as_array().unwrap().len(), 2);
        set(&mut form, &[("user", "duo")]);
        assert_eq!(keys(&form), ["secret"]);
        assert!(form.mistakes(&Settings::default())[0].what.contains("give the password"));
        form.secret.push_str("hunter2");
        assert_eq!(keys(&form), [""; 0]);
    }

    #[test]
    fn a_start_that_goes_by_the_clock_is_written_as_a_date() {
        let mut form = new("file");
        form.name = "F".to_owned();
        set(&mut form, &[("path", "duo.jsonl"), ("start", "at"), ("start_at", "-7d")]);
        assert_eq!(keys(&form), [""; 0]);
        let start = form.table()["start"].as_str().unwrap().to_owned();
        assert!(start.starts_with("20") && start.ends_with('Z'), "{start}");
        set(&mut form, &[("start_at", "soon")]);
        assert_eq!(keys(&form), ["start"]);
        set(&mut form, &[("start", "beginning")]);
        assert_eq!(form.table()["start"].as_str(), Some("beginning"));
    }

    fn place(text: &str) -> (tempfile::TempDir, Home, Settings) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        std::fs::write(home.settings_file(), text).unwrap();
        let settings = Settings::load(&home).unwrap();
        (folder, home, settings)
    }

    fn form_of(home: &Home, name: &str) -> Form {
        let settings = Settings::load(home).unwrap();
        let section = settings::output_section(home, name).unwrap();
        Form::of(settings.output(name).unwrap(), section).unwrap()
    }

    #[test]
    fn an_output_goes_through_the_form_and_comes_back_the_same() {
        let (_folder, home, before) = place(
            "version = 1\n[[output]]\nname = \"Local\" # ours\ntype = \"email\"\n\
             server = \"relay.example:25\"\nsecurity = \"none\"\nunsafe_allow_no_tls = true # on purpose\n\
             from = \"d@example.com\"\nto = [\"a@example.com\"]\nlevels = [\"low\", \"critical\"]\n\
             quiet_hours = \"22:00-07:00\"\nzone = \"Europe/Paris\"\n",
        );
        let mut form = form_of(&home, "Local");
        assert_eq!(keys(&form), [""; 0]);
        assert_eq!(form.own_levels().as_deref(), Some("Low, Critical"));
        assert!(form.more, "quiet hours are seen");
        form.save().run(&home).unwrap();
        assert_eq!(form.saving(), Saving::Done);
        assert_eq!(Settings::load(&home).unwrap().outputs, before.outputs);
        let text = std::fs::read_to_string(home.settings_file()).unwrap();
        assert!(text.contains("# ours") && text.contains("# on purpose"), "{text}");
        form.least = Some(Level::High);
        form.save().run(&home).unwrap();
        let taste = &Settings::load(&home).unwrap().outputs[0].taste;
        assert_eq!(least(taste), Some(Level::High));
    }

    #[test]
    fn what_the_form_has_no_field_for_stays_and_what_makes_no_sense_any_more_goes() {
        let (_folder, home, _) = place(
            "version = 1\n[[output]]\nname = \"SIEM\"\ntype = \"syslog\"\naddress = \"logs.example.com\"\n\
             port = 7000 # theirs\ntransport = \"tls\"\nca_file = \"root.pem\"\nformat = \"leef\"\n\
             log_types = [\"activity\"]\nstart = \"beginning\"\n",
        );
        let mut form = form_of(&home, "SIEM");
        assert_eq!(form.format(), RecordFormat::Leef);
        set(&mut form, &[("transport", "tcp")]);
        form.set_format(RecordFormat::Raw);
        assert_eq!(keys(&form), [""; 0]);
        form.save().run(&home).unwrap();
        let text = std::fs::read_to_string(home.settings_file()).unwrap();
        for gone in ["transport", "ca_file", "format"] {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        for kept in ["port = 7000 # theirs", "start = \"beginning\"", "log_types = [\"activity\"]"]
        {
            assert!(text.contains(kept), "{kept}: {text}");
        }
    }
}
