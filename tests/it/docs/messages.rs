//! Every message that the program has for a person stands in `docs/troubleshooting.md`.
//!
//! What a message begins with is taken from the sources: texts that are written out where a problem is
//! made. Those that are put together elsewhere are for reviewers to see.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{page, root};

#[test]
fn each_message_is_on_the_page_about_trouble() {
    let page = flat(&page("docs/troubleshooting.md").text);
    let messages = messages();
    assert!(messages.len() > 200, "only {} messages were found", messages.len());
    let missing: Vec<String> = messages
        .iter()
        .filter(|(message, _)| !page.contains(message.as_str()))
        .map(|(message, file)| format!("{message}   ({file})"))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/troubleshooting.md does not say what to do about:\n{}",
        missing.join("\n")
    );
}

/// What messages begin with, `…` for what is filled in, and a file each stands in.
fn messages() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![root().join("src")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if is_product(&path) {
            let text = fs::read_to_string(&path).unwrap().replace('\r', "");
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            for message in in_source(without_tests(&text)) {
                found.insert(message, name.clone());
            }
        }
    }
    // Two names put together say nothing to look for.
    found.remove("… …");
    found
}

fn is_product(path: &Path) -> bool {
    let rest: PathBuf = path.strip_prefix(root()).unwrap().to_owned();
    let for_tests = ["simulator", "tests", "tests.rs", "fake.rs", "far_side.rs"];
    path.extension().is_some_and(|ending| ending == "rs")
        && !rest.components().any(|part| for_tests.contains(&part.as_os_str().to_str().unwrap()))
}

fn without_tests(text: &str) -> &str {
    let mut at = 0;
    while let Some(found) = text[at..].find("#[cfg(test)]\n") {
        let rest = &text[at + found + "#[cfg(test)]\n".len()..];
        let line = rest.lines().next().unwrap_or_default();
        if line.contains("mod ") && line.ends_with('{') {
            return &text[..at + found];
        }
        at += found + 1;
    }
    text
}

fn in_source(text: &str) -> Vec<String> {
    let mut marks = vec!["Problem::new(", "said(", "told(", "what: "];
    // A problem made of something else; and the table of what Duo's failures are called.
    if text.contains(" for Problem {") {
        marks.push("Self::new(");
    }
    if text.contains("fn words(kind: FailureKind)") {
        marks.push("=> (");
    }
    let mut messages = Vec::new();
    for mark in marks {
        for (at, _) in text.match_indices(mark) {
            // Good news are made in much the same way.
            if mark.starts_with(char::is_lowercase) && text[..at].ends_with([':', '.', '_']) {
                continue;
            }
            let rest = text[at + mark.len()..].trim_start();
            let (rest, is_form) = match rest.strip_prefix("format!(") {
                Some(rest) => (rest.trim_start(), true),
                None => (rest, false),
            };
            let Some(literal) = rest.strip_prefix('"').map(literal) else { continue };
            let message = if is_form { filled_in(&literal) } else { literal };
            // Anything shorter than a sentence's beginning is something else.
            if message.chars().any(|c| c == ' ') {
                messages.push(flat(&message));
            }
        }
    }
    messages
}

/// A text of Rust's, up to the quote that ends it.
fn literal(source: &str) -> String {
    let mut text = String::new();
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('u') => {
                    let digits: String =
                        chars.by_ref().take_while(|c| *c != '}').filter(|c| *c != '{').collect();
                    text.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                Some('\n') => {
                    let rest = chars.as_str().trim_start();
                    chars = rest.chars();
                }
                Some(c) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    text
}

/// `{name} hangs` is “… hangs”.
fn filled_in(form: &str) -> String {
    let mut text = String::new();
    let mut rest = form;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        text.push('…');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    text + rest
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn messages_are_found_in_sources() {
    let source = "Problem::new(\"One\\u{2019}s \\\n    own\")\nProblem::new(\n  format!(\"{host} hangs {}\", x))\n\
                  #[cfg(test)]\nmod tests {\n Problem::new(\"not this\") }";
    assert_eq!(in_source(without_tests(source)), ["One’s own", "… hangs …"]);
}
