//! What all items of a pack have in common, and how an item's file is read.
//!
//! Promises: everything wrong in a head is told, each with its line; a key nobody knows is a
//! mistake that names the nearest known one.

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::Files;
use super::mistake::{Mistakes, Told};
use crate::base::words::nearest;

/// One item of a pack: who says so, why, and whether it is in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<T> {
    /// The name in commands and settings: lower case, digits, dashes.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Why it is worth having.
    pub reason: String,
    /// Where the facts come from.
    pub sources: Vec<String>,
    /// The day it was last reviewed, `2026-11-23`.
    pub date: String,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whose it is.
    pub origin: Origin,
    /// The file it stands in, inside its pack.
    pub file: String,
    /// What the item itself says.
    pub body: T,
}

/// What stands before the titles of the program's own items.
const PREFIX: &str = "Duo Security - ";

impl<T> Item<T> {
    /// The title without what all titles begin with: for lists under a heading.
    pub fn short_title(&self) -> &str {
        self.title.strip_prefix(PREFIX).filter(|rest| !rest.is_empty()).unwrap_or(&self.title)
    }
}

/// Whose an item is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program's own.
    #[default]
    Pack,
    /// A pack that somebody imported, by its id.
    User(String),
}

impl Origin {
    /// `pack` or `user`, as scripts read it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::User(_) => "user",
        }
    }

    /// The pack's id.
    pub fn pack(&self) -> &str {
        match self {
            Self::Pack => super::OWN,
            Self::User(id) => id,
        }
    }
}

/// What kind of item a file holds.
pub(super) trait Body: DeserializeOwned {
    /// The folder such items stand in.
    const FOLDER: &'static str;

    /// Tells what no type can say about it.
    fn check(&self, told: &mut Told<'_>);
}

/// What every item says about itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Head {
    pub id: String,
    pub title: String,
    pub reason: String,
    pub sources: Vec<String>,
    pub date: String,
    pub enabled: Option<bool>,
}

/// The keys of a head.
const HEAD: [&str; 6] = ["id", "title", "reason", "sources", "date", "enabled"];

/// Reads all TOML items of a folder.
pub(super) fn read_all<T: Body>(
    files: &Files,
    origin: &Origin,
    mistakes: &mut Mistakes,
) -> Vec<Item<T>> {
    let in_folder = files.within(T::FOLDER, ".toml");
    in_folder.filter_map(|(file, text)| read(text, origin, &mut mistakes.of(file, text))).collect()
}

/// Reads an item; `None` when something is wrong, which was told.
fn read<T: Body>(text: &str, origin: &Origin, told: &mut Told<'_>) -> Option<Item<T>> {
    let (head, body) = read_with_head::<T>(text, told)?;
    body.check(told);
    let file = told.file();
    check_head(&head, stem(file, T::FOLDER, ".toml"), told);
    Some(Item {
        id: head.id,
        title: head.title,
        reason: head.reason,
        sources: head.sources,
        date: head.date,
        enabled: head.enabled.unwrap_or(true),
        origin: origin.clone(),
        file: file.to_owned(),
        body,
    })
}

/// Reads a TOML file that begins with a head.
pub(super) fn read_with_head<T: DeserializeOwned>(
    text: &str,
    told: &mut Told<'_>,
) -> Option<(Head, T)> {
    let root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let what = format!("this is not TOML: {}", error.message().replace('\n', ", "));
            told.at_byte(error.span().map_or(0, |span| span.start), what);
            return None;
        }
    };
    let span = root.span();
    let mut table = root.into_inner();
    let head = take_head(&mut table, told);
    let unknown = |error: &toml::de::Error| reworded(error.message());
    match T::deserialize(Deserializer::from(Spanned::new(span, table))) {
        Ok(body) => Some((head, body)),
        Err(error) => {
            told.at_byte(error.span().map_or(0, |span| span.start), unknown(&error));
            None
        }
    }
}

fn take_head(table: &mut DeTable<'_>, told: &mut Told<'_>) -> Head {
    let mut head = Head::default();
    for key in HEAD {
        let Some(value) = table.remove(key) else { continue };
        let byte = value.span().start;
        let value = value.into_inner();
        let text = value.as_str().map(str::to_owned);
        let taken = match key {
            "id" => text.map(|text| head.id = text),
            "title" => text.map(|text| head.title = text),
            "reason" => text.map(|text| head.reason = text),
            // Dates may be written with and without quotes.
            "date" => {
                let date = text.or_else(|| value.as_datetime().map(ToString::to_string));
                date.map(|text| head.date = text)
            }
            "sources" => texts(&value).map(|texts| head.sources = texts),
            _ => value.as_bool().map(|enabled| head.enabled = Some(enabled)),
        };
        if taken.is_none() {
            let wanted = match key {
                "sources" => "a list of texts, such as [\"https://duo.com/docs/adminapi\"]",
                "enabled" => "true or false",
                _ => "text in quotes",
            };
            told.at_byte(byte, format!("{key}: write {wanted}"));
        }
    }
    head
}

fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

/// Tells what is missing or wrong in a head.
pub(super) fn check_head(head: &Head, stem: &str, told: &mut Told<'_>) {
    if head.id.is_empty() {
        told.at_start("it has no id");
    } else if let Some(what) = wrong_id(&head.id) {
        told.at_value(&head.id, what);
    } else if head.id != stem {
        told.at_value(&head.id, format!("the id and the file's name ({stem}) must be the same"));
    }
    for (key, text) in [("title", &head.title), ("reason", &head.reason)] {
        if text.trim().is_empty() {
            told.at_start(format!("it has no {key}"));
        }
    }
    if head.sources.is_empty() {
        told.at_start("it names no sources");
    }
    check_date(&head.date, told);
}

/// Tells when a date is missing or none.
pub(super) fn check_date(date: &str, told: &mut Told<'_>) {
    if date.is_empty() {
        told.at_start("it has no date");
    } else if date.len() != 10 || date.parse::<Date>().is_err() {
        told.at_value(date, "write a day such as 2026-11-23");
    }
}

/// What is wrong with an id, if anything is.
pub(super) fn wrong_id(id: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let good = id.chars().all(allowed) && !id.starts_with('-') && !id.ends_with('-');
    (!good || id.is_empty() || id.len() > 80)
        .then_some("an id is made of lower-case letters, digits and dashes, 80 at most")
}

/// The file's name without folder and ending.
pub(super) fn stem<'a>(file: &'a str, folder: &str, ending: &str) -> &'a str {
    let name = file.strip_prefix(folder).map_or(file, |rest| rest.trim_start_matches('/'));
    name.strip_suffix(ending).unwrap_or(name)
}

/// A reader's complaint in our words: an unknown key names the nearest known one.
fn reworded(message: &str) -> String {
    let message = message.replace('\n', ", ");
    let Some(rest) = message.strip_prefix("unknown field ") else { return message };
    let mut words = rest.split('`').skip(1).step_by(2);
    let key = words.next().unwrap_or_default();
    let known: Vec<&str> = words.chain(HEAD).collect();
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("there is no key \u{201c}{key}\u{201d} (did you mean {near}?)"),
        None => {
            format!("there is no key \u{201c}{key}\u{201d}; the keys here are {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Category;
    use super::*;

    const GOOD: &str = "id = \"x\"\ntitle = \"X\"\nreason = \"Because\"\nsources = [\"s\"]\n\
                        date = \"2026-11-23\"\n\n[[when]]\naction = [\"a\"]\n";

    fn wrong(text: &str) -> Vec<String> {
        let mut mistakes = Mistakes::default();
        let mut files = Files::default();
        files.insert("categories/x.toml".to_owned(), text.to_owned());
        let _ = read_all::<Category>(&files, &Origin::Pack, &mut mistakes);
        match mistakes.or_problem("p") {
            Ok(()) => Vec::new(),
            Err(problem) => problem.because.unwrap().split("; (").map(ToOwned::to_owned).collect(),
        }
    }

    #[test]
    fn each_mistake_is_told_with_file_and_line() {
        assert!(wrong(GOOD).is_empty());
        for (from, to, told) in [
            (
                "title",
                "titel",
                "categories/x.toml, line 2: there is no key \u{201c}titel\u{201d} (did you mean title?)",
            ),
            (
                "action",
                "acton",
                "categories/x.toml, line 8: there is no key \u{201c}acton\u{201d} (did you mean action?)",
            ),
            (
                "2026-11-23",
                "2026-02-30",
                "line 5: \u{201c}2026-02-30\u{201d}: write a day such as 2026-11-23",
            ),
            ("\"x\"", "\"X y\"", "line 1: \u{201c}X y\u{201d}: an id is made of"),
            (
                "\"x\"",
                "\"y\"",
                "line 1: \u{201c}y\u{201d}: the id and the file's name (x) must be the same",
            ),
            ("[\"s\"]", "\"s\"", "line 4: sources: write a list of texts"),
            ("[\"a\"]", "[\"a*b\"]", "line 8: \u{201c}a*b\u{201d}: a * can only stand at the end"),
            ("[\"a\"]", "3", "line 8: invalid type: integer `3`"),
            ("action = [\"a\"]", "", "line 7: a section [[when]] without a condition"),
            (
                "action = [\"a\"]",
                "log_type = [\"telefony\"]",
                "line 8: \u{201c}telefony\u{201d}: there is no such log type (did you mean telephony?)",
            ),
            ("reason = \"Because\"", "", "line 1: it has no reason"),
            ("[[when]]", "[[when]", "line 7: this is not TOML"),
        ] {
            let mistakes = wrong(&GOOD.replace(from, to));
            assert!(mistakes.iter().any(|mistake| mistake.contains(told)), "{to}: {mistakes:?}");
        }
    }

    #[test]
    fn all_mistakes_of_a_head_are_told_at_once() {
        let mistakes = wrong("[[when]]\naction = [\"a\"]\n");
        assert_eq!(mistakes.len(), 5, "{mistakes:?}");
    }
}
