//! Detection rules, as far as they are items of a pack. What they detect is written in Sigma and
//! read where it is evaluated; here the lines are read that every item has.
//!
//! A rule's file may hold several documents; the last one is the one that alerts, and its `name`
//! is the rule's id. Source: <https://sigmahq.io/sigma-specification/>.

use super::Files;
use super::item::{Head, Item, Origin, check_head, stem};
use super::mistake::{Mistakes, Told};

/// A rule in its own language, Sigma.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText(pub String);

const FOLDER: &str = "rules";
const ENDING: &str = ".yml";

/// Sigma's levels.
const LEVELS: [&str; 5] = ["informational", "low", "medium", "high", "critical"];

/// Reads all rules.
pub(super) fn read_rules(
    files: &Files,
    origin: &Origin,
    mistakes: &mut Mistakes,
) -> Vec<Item<RuleText>> {
    let rules = files.within(FOLDER, ENDING);
    rules.map(|(file, text)| read(text, origin, &mut mistakes.of(file, text))).collect()
}

/// Reads the rule of one file.
pub(super) fn read_one(
    file: &str,
    text: &str,
    origin: &Origin,
    mistakes: &mut Mistakes,
) -> Item<RuleText> {
    read(text, origin, &mut mistakes.of(file, text))
}

/// The id that a rule's text says; empty when it says none.
pub(super) fn id_of(text: &str) -> String {
    Document::last_of(text).text("name").unwrap_or_default()
}

fn read(text: &str, origin: &Origin, told: &mut Told<'_>) -> Item<RuleText> {
    let document = Document::last_of(text);
    let head = Head {
        id: document.text("name").unwrap_or_default(),
        title: document.text("title").unwrap_or_default(),
        reason: document.text("description").unwrap_or_default(),
        sources: document.list("references"),
        date: document.text("date").unwrap_or_default(),
        enabled: document.inside("custom", "enabled").map(|value| value == "true"),
    };
    let file = told.file();
    check_head(&head, stem(file, FOLDER, ENDING), told);
    match document.value("level") {
        None => told.at_line(document.first_line, "it has no level"),
        Some((line, level)) if !LEVELS.contains(&level) => {
            let levels = LEVELS.join(", ");
            told.at_line(line, format!("\u{201c}{level}\u{201d}: the levels are {levels}"));
        }
        Some(_) => {}
    }
    Item {
        id: head.id,
        title: head.title,
        reason: head.reason,
        sources: head.sources,
        date: head.date,
        enabled: head.enabled.unwrap_or(true),
        origin: origin.clone(),
        file: file.to_owned(),
        body: RuleText(text.to_owned()),
    }
}

/// The lines of one YAML document.
struct Document<'a> {
    /// The line it begins at, counted from 1.
    first_line: usize,
    lines: Vec<&'a str>,
}

impl<'a> Document<'a> {
    fn last_of(text: &'a str) -> Self {
        let mut document = Self { first_line: 1, lines: Vec::new() };
        for (i, line) in text.lines().enumerate() {
            if line.trim_end() == "---" {
                document = Self { first_line: i + 2, lines: Vec::new() };
            } else {
                document.lines.push(line);
            }
        }
        document
    }

    /// The rest of the line that begins with this key, and its number.
    fn value(&self, key: &str) -> Option<(usize, &'a str)> {
        self.lines.iter().enumerate().find_map(|(i, line)| {
            let value = line.strip_prefix(key)?.strip_prefix(':')?;
            Some((self.first_line + i, bare(value)))
        })
    }

    /// The lines below a key, up to the next key of its rank.
    fn below(&self, key: &str) -> impl Iterator<Item = &'a str> {
        let after = self.lines.iter().skip_while(move |line| {
            line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')).is_none()
        });
        let inside = |line: &&&str| {
            line.trim().is_empty() || line.starts_with([' ', '\t', '#']) || line.starts_with("- ")
        };
        after.skip(1).take_while(inside).copied()
    }

    /// A text on the key's own line or on the lines below.
    fn text(&self, key: &str) -> Option<String> {
        let (_, own) = self.value(key)?;
        let own = if own.starts_with(['|', '>']) { "" } else { own };
        let mut text = own.to_owned();
        for line in self.below(key).map(bare).filter(|line| !line.is_empty()) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(line);
        }
        Some(text)
    }

    fn list(&self, key: &str) -> Vec<String> {
        if let Some((_, own)) = self.value(key)
            && let Some(inner) = own.strip_prefix('[').and_then(|own| own.strip_suffix(']'))
        {
            return inner.split(',').map(|item| bare(item).to_owned()).collect();
        }
        let items = self.below(key).filter_map(|line| line.trim().strip_prefix("- "));
        items.map(|item| bare(item).to_owned()).collect()
    }

    fn inside(&self, section: &str, key: &str) -> Option<&'a str> {
        self.below(section)
            .find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(':'))
            .map(bare)
    }
}

/// Without blanks, quotes, and a comment behind.
fn bare(value: &str) -> &str {
    let value = value.trim();
    for quote in ['\'', '"'] {
        if let Some((inside, _)) =
            value.strip_prefix(quote).and_then(|rest| rest.rsplit_once(quote))
        {
            return inside;
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "\
title: Denied once
name: many-denied-denied
---
title: 'Many denied: one user'
id: 5f0c1d2e-0000-4000-8000-000000000001
name: many-denied
description: >
    Ten denials in ten minutes
    of one user.
references:
    - https://duo.com/docs/adminapi
    - https://example.com/other # why
date: 2026-11-23
level: high
correlation:
    type: event_count
custom:
    enabled: false
";

    fn one(text: &str) -> (Vec<Item<RuleText>>, Mistakes) {
        let mut files = Files::default();
        files.insert("rules/many-denied.yml".to_owned(), text.to_owned());
        let mut mistakes = Mistakes::default();
        let rules = read_rules(&files, &Origin::Pack, &mut mistakes);
        (rules, mistakes)
    }

    #[test]
    fn the_last_document_tells_who_the_rule_is() {
        let (rules, mistakes) = one(RULE);
        assert_eq!(mistakes, Mistakes::default());
        let rule = &rules[0];
        assert_eq!((rule.id.as_str(), rule.enabled), ("many-denied", false));
        assert_eq!(rule.title, "Many denied: one user");
        assert_eq!(rule.reason, "Ten denials in ten minutes of one user.");
        assert_eq!(rule.sources, ["https://duo.com/docs/adminapi", "https://example.com/other"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (from, to, told) in [
            (
                "level: high",
                "level: urgent",
                "rules/many-denied.yml, line 14: \u{201c}urgent\u{201d}",
            ),
            ("level: high\n", "", "rules/many-denied.yml, line 4: it has no level"),
            ("2026-11-23", "yesterday", "line 13: \u{201c}yesterday\u{201d}: write a day"),
            ("name: many-denied\n", "name: other\n", "the id and the file's name (many-denied)"),
        ] {
            let (_, mistakes) = one(&RULE.replace(from, to));
            let problem = mistakes.or_problem("p").unwrap_err().to_string();
            assert!(problem.contains(told), "{problem}");
        }
    }
}
