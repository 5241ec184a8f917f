//! What all items of a pack have in common.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Files;
use crate::base::Problem;

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

/// Whose an item is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The program's own.
    #[default]
    Pack,
    /// A pack that somebody imported, by its id.
    User(String),
}

/// A rule in its own language, Sigma.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText(pub String);

#[derive(Deserialize)]
struct Head {
    id: String,
    title: String,
    reason: String,
    sources: Vec<String>,
    date: String,
    #[serde(default = "yes")]
    enabled: bool,
}

const fn yes() -> bool {
    true
}

/// Reads all TOML items of a folder.
pub(super) fn read_all<T: DeserializeOwned>(
    files: &Files,
    folder: &str,
    origin: &Origin,
) -> Result<Vec<Item<T>>, Problem> {
    files.within(folder, ".toml").map(|(file, text)| read(file, text, origin)).collect()
}

fn read<T: DeserializeOwned>(file: &str, text: &str, origin: &Origin) -> Result<Item<T>, Problem> {
    let wrong = |error: toml::de::Error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        Problem::new(format!("{file}, line {line}: {}", error.message()))
    };
    let head: Head = toml::from_str(text).map_err(wrong)?;
    let body = toml::from_str(text).map_err(wrong)?;
    Ok(Item {
        id: head.id,
        title: head.title,
        reason: head.reason,
        sources: head.sources,
        date: head.date,
        enabled: head.enabled,
        origin: origin.clone(),
        file: file.to_owned(),
        body,
    })
}

/// Reads all rules. Their texts are taken as they are; what `detect` needs of them it reads itself.
pub(super) fn read_rules(files: &Files, origin: &Origin) -> Result<Vec<Item<RuleText>>, Problem> {
    files.within("rules", ".yml").map(|(file, text)| read_rule(file, text, origin)).collect()
}

fn read_rule(file: &str, text: &str, origin: &Origin) -> Result<Item<RuleText>, Problem> {
    let id = file.trim_start_matches("rules/").trim_end_matches(".yml").to_owned();
    // The document that alerts comes last.
    let document = text.rsplit("\n---\n").next().unwrap_or(text);
    let value = |key: &str| {
        let found = document.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        found.map(|value| value.trim().trim_matches(['\'', '"']).to_owned())
    };
    let title = value("title").ok_or_else(|| {
        Problem::new(format!("{file}, line 1: the rule has no title"))
            .next("give its last document a line such as: title: Push reported as fraud")
    })?;
    Ok(Item {
        id,
        title,
        reason: value("description").unwrap_or_default(),
        sources: Vec::new(),
        date: value("date").unwrap_or_default(),
        enabled: !document.lines().any(|line| line.trim() == "enabled: false"),
        origin: origin.clone(),
        file: file.to_owned(),
        body: RuleText(text.to_owned()),
    })
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}
