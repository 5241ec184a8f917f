//! The types of outputs: what they are, and which fields their forms have.
//!
//! Promises: one row for each type and each field; a field's key is that of the settings file, so what
//! is typed is checked by the code that reads the file. A new type is a row here and nothing else in
//! the window.

mod messages;
mod places;
mod web;

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::settings::{Destination, RecordFormat};

/// A type of output.
#[derive(Debug)]
pub(super) struct Type {
    /// Its name in the file: `syslog`.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Whether it is handed records; otherwise it gets messages about alerts.
    pub is_for_records: bool,
    /// What its form asks for, in this order.
    pub fields: &'static [Field],
    /// What it needs to be let in, when this much is typed.
    pub secret: fn(&Typed) -> Option<Secret>,
}

/// A field of a form.
#[derive(Debug)]
pub(super) struct Field {
    /// Its key in the file.
    pub key: &'static str,
    /// Above it.
    pub label: &'static str,
    /// Below it.
    pub help: &'static str,
    /// In it while it is empty.
    pub example: &'static str,
    /// What it takes.
    pub what: What,
    /// It shows when it is asked for only, or when something stands in it.
    pub is_rare: bool,
    /// It takes the whole line.
    pub is_wide: bool,
    /// Whether it makes sense with what is typed elsewhere; otherwise it has no value.
    pub when: fn(&Typed) -> bool,
}

/// What a field takes.
#[derive(Debug)]
pub(super) enum What {
    /// A text.
    Text,
    /// Texts with commas between them.
    List,
    /// A whole number.
    Number,
    /// One of these values, each with its title; the first is what goes without saying.
    Choice(&'static [(&'static str, &'static str)]),
    /// Yes or no; this goes without saying.
    Flag(bool),
    /// Yes, no or, which goes without saying, as it is usual.
    Perhaps,
}

/// What lets one in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Secret {
    /// Above its field.
    pub label: &'static str,
    /// Below it; that it goes to the keychain is told anyway.
    pub help: &'static str,
    /// It is an address to post to.
    pub is_address: bool,
}

impl Secret {
    const fn new(label: &'static str, help: &'static str) -> Self {
        Self { label, help, is_address: false }
    }
}

impl Field {
    const fn new(key: &'static str, label: &'static str, what: What) -> Self {
        Self {
            key,
            label,
            help: "",
            example: "",
            what,
            is_rare: false,
            is_wide: false,
            when: |_| true,
        }
    }

    const fn text(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, What::Text)
    }

    const fn list(key: &'static str, label: &'static str) -> Self {
        Self::new(key, label, What::List)
    }

    const fn choice(
        key: &'static str,
        label: &'static str,
        all: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::new(key, label, What::Choice(all))
    }

    const fn flag(key: &'static str, label: &'static str, usually: bool) -> Self {
        Self::new(key, label, What::Flag(usually))
    }

    const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    const fn rare(mut self) -> Self {
        self.is_rare = true;
        self
    }

    const fn often(mut self) -> Self {
        self.is_rare = false;
        self
    }

    const fn wide(mut self) -> Self {
        self.is_wide = true;
        self
    }

    const fn when(mut self, when: fn(&Typed) -> bool) -> Self {
        self.when = when;
        self
    }

    /// Its value for the file; none where it stands empty, goes without saying or makes no sense.
    pub fn value(&self, typed: &Typed) -> Option<Value> {
        if !(self.when)(typed) {
            return None;
        }
        let text = typed.get(self.key).trim();
        match &self.what {
            What::Text => (!text.is_empty()).then(|| Value::String(text.to_owned())),
            What::List => {
                let items = split(text).into_iter().map(Value::String).collect::<Vec<_>>();
                (!items.is_empty()).then_some(Value::Array(items))
            }
            // What is no number is told by whoever reads the file.
            What::Number => (!text.is_empty()).then(|| match text.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::String(text.to_owned()),
            }),
            What::Choice(all) => {
                let usual = all.first().map_or("", |(value, _)| value);
                (!text.is_empty() && text != usual).then(|| Value::String(text.to_owned()))
            }
            What::Flag(usually) => {
                let is_set = if text.is_empty() { *usually } else { text == YES };
                (is_set != *usually).then_some(Value::Boolean(is_set))
            }
            What::Perhaps => (!text.is_empty()).then_some(Value::Boolean(text == YES)),
        }
    }
}

/// How yes is noted among what is typed.
pub(super) const YES: &str = "yes";

/// And no.
pub(super) const NO: &str = "no";

/// What is typed, by key; no secret in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Typed(BTreeMap<&'static str, String>);

impl Typed {
    /// What stands at a key.
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// The place of a key.
    pub fn at(&mut self, key: &'static str) -> &mut String {
        self.0.entry(key).or_default()
    }

    /// Whether something stands there.
    pub fn has(&self, key: &str) -> bool {
        !self.get(key).trim().is_empty()
    }

    /// Whether this stands there.
    pub fn is(&self, key: &str, value: &str) -> bool {
        self.get(key) == value
    }

    /// Takes over what a section of the file says.
    pub fn read(&mut self, field: &Field, table: &Table) {
        let text = match table.get(field.key) {
            None => return,
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(items)) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                items.join(", ")
            }
            Some(Value::Boolean(flag)) => (if *flag { YES } else { NO }).to_owned(),
            Some(other) => other.to_string(),
        };
        *self.at(field.key) = text;
    }
}

/// Texts with commas, semicolons or line ends between them; a comma within quotes is none.
fn split(text: &str) -> Vec<String> {
    let mut quoted = false;
    let parts = text.split(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ',' | ';' | '\n')
    });
    parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// All types, as far as this program has them.
pub(super) fn all() -> impl Iterator<Item = &'static Type> {
    let tables = messages::TYPES.iter().chain(&places::TYPES).chain(&web::TYPES);
    tables.filter(|one| !one.is_for_records || Destination::TYPES.contains(&one.name))
}

/// The type of this name in the file.
pub(super) fn named(name: &str) -> Option<&'static Type> {
    all().find(|one| one.name == name)
}

impl Type {
    /// The formats it takes; the first one unless a person wants another.
    pub fn formats(&self, typed: &Typed) -> &'static [RecordFormat] {
        // Parquet has columns of its own, and the record as Duo sent it.
        if self.name == "s3" && !typed.is("objects", "json_lines") {
            return &[RecordFormat::Raw];
        }
        Destination::formats(self.name)
    }
}

impl Type {
    /// What can be made at the far side on request, as the words of a button.
    pub fn makes(&self) -> Option<&'static str> {
        match self.name {
            "clickhouse" => Some("Make its table"),
            "elasticsearch" => Some("Install its index template"),
            _ => None,
        }
    }
}

/// What a format is, for people.
pub(super) const fn format_title(format: RecordFormat) -> &'static str {
    match format {
        RecordFormat::Raw => "JSON as Duo sent it (raw)",
        RecordFormat::Ecs => "Elastic Common Schema (ecs)",
        RecordFormat::Ocsf => "Open Cybersecurity Schema (ocsf)",
        RecordFormat::Cef => "Common Event Format (cef)",
        RecordFormat::Leef => "QRadar\u{2019}s LEEF (leef)",
        RecordFormat::Csv => "Comma-separated values (csv)",
        RecordFormat::Splunk => "Splunk\u{2019}s Duo fields (splunk)",
        RecordFormat::Panther => "Panther\u{2019}s fields (panther)",
    }
}

const CA_FILE: Field = Field::text("ca_file", "Certificate authority")
    .example("corporate-root.pem")
    .help(
        "A file (PEM) that is trusted beside the system\u{2019}s roots; relative paths start at the \
         settings file",
    )
    .rare();

const CLIENT_CERTIFICATE: Field = Field::text("client_certificate", "Own certificate")
    .example("client.pem")
    .help("A file (PEM), for a receiver that asks who is there")
    .rare();

const CLIENT_KEY: Field = Field::text("client_key", "Key of the own certificate")
    .example("client-key.pem")
    .help("A file (PEM) that only its owner should be able to read")
    .rare();

pub(super) use messages::TASTE;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Output;

    /// Every field filled in with its example, or its first choice.
    fn filled(kind: &Type) -> Typed {
        let mut typed = Typed::default();
        for field in kind.fields {
            *typed.at(field.key) = match &field.what {
                What::Choice(all) => all.first().unwrap().0.to_owned(),
                What::Flag(usually) => (if *usually { NO } else { YES }).to_owned(),
                What::Perhaps => YES.to_owned(),
                What::Text | What::List | What::Number => field.example.to_owned(),
            };
        }
        typed
    }

    #[test]
    fn every_type_of_the_file_has_a_form() {
        for name in Destination::TYPES {
            let kind = named(name).unwrap_or_else(|| panic!("no form for {name}"));
            assert!(kind.is_for_records && !kind.formats(&Typed::default()).is_empty());
        }
        assert_eq!(all().filter(|one| !one.is_for_records).count(), 4);
    }

    /// The mistakes at this key when this stands there and everything else is filled in.
    fn told(kind: &Type, key: &str, value: Value) -> Vec<String> {
        let mut table = Table::new();
        let typed = filled(kind);
        for field in kind.fields {
            if let Some(value) = field.value(&typed) {
                table.insert(field.key.to_owned(), value);
            }
        }
        table.insert("name".to_owned(), Value::String("N".to_owned()));
        table.insert("type".to_owned(), Value::String(kind.name.to_owned()));
        table.insert(key.to_owned(), value);
        let mistakes = Output::check(&table).err().unwrap_or_default();
        mistakes.into_iter().filter(|one| one.key == key).map(|one| one.what).collect()
    }

    #[test]
    fn every_key_of_a_form_is_one_that_the_file_knows() {
        for kind in all() {
            for field in kind.fields {
                let mut typed = filled(kind);
                if let What::Choice(choices) = field.what {
                    *typed.at(field.key) = choices.last().unwrap().0.to_owned();
                }
                let Some(value) = field.value(&typed) else { continue };
                for what in told(kind, field.key, value) {
                    assert!(!what.contains("no such key"), "{} {}: {what}", kind.name, field.key);
                }
            }
        }
        let told = told(named("file").unwrap(), "paht", Value::Integer(1));
        assert!(told.concat().contains("no such key"), "{told:?}");
    }

    #[test]
    fn every_choice_of_a_form_is_one_that_the_file_takes() {
        for kind in all() {
            for field in kind.fields {
                let What::Choice(choices) = field.what else { continue };
                for (value, title) in choices.iter().filter(|(value, _)| !value.is_empty()) {
                    for what in told(kind, field.key, Value::String((*value).to_owned())) {
                        assert!(!what.contains("is not one of"), "{} {title}: {what}", kind.name);
                    }
                }
            }
        }
        let told = told(named("syslog").unwrap(), "form", Value::String("x".to_owned()));
        assert!(told.concat().contains("is not one of"), "{told:?}");
    }

    #[test]
    fn lists_are_split_at_commas_but_not_within_quotes() {
        assert_eq!(
            split("\"Doe, Jane\" <j@e.com>; a@e.com,\n"),
            ["\"Doe, Jane\" <j@e.com>", "a@e.com"]
        );
        assert!(split(" , ").is_empty());
    }

    #[test]
    fn what_goes_without_saying_is_not_written() {
        let kind = named("syslog").unwrap();
        let mut typed = Typed::default();
        *typed.at("address") = "logs.example.com".to_owned();
        *typed.at("transport") = "tcp".to_owned();
        *typed.at("ca_file") = "only-for-tls.pem".to_owned();
        let written = |typed: &Typed| -> Vec<&str> {
            let fields = kind.fields.iter().filter(|field| field.value(typed).is_some());
            fields.map(|field| field.key).collect()
        };
        assert_eq!(written(&typed), ["address"]);
        *typed.at("transport") = "tls".to_owned();
        assert_eq!(written(&typed), ["address", "transport", "ca_file"]);
    }
}
