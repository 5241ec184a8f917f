//! The rules of the knowledge pack, as far as their files go: what each must have, and that the page
//! about the pack lists them as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use duo_integrator::detect::{List, Lists, Rules};
use duo_integrator::knowledge::{Files, Knowledge, Manifest};
use serde_json::Value;

#[test]
fn each_rule_has_records_that_must_and_that_must_not_match() {
    for (id, _) in rules() {
        for kind in ["match", "quiet"] {
            let file = folder().join(format!("{id}.{kind}.json"));
            let text =
                fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
            assert!(text.len() < 60_000, "{file:?} is hard to review");
            let scenarios: Vec<Value> = serde_json::from_str(&text).unwrap();
            assert!(!scenarios.is_empty(), "{file:?}");
            for scenario in &scenarios {
                let records = scenario.get("records").or_else(|| scenario.get("mixed"));
                let count = records.and_then(Value::as_array).map_or(0, Vec::len);
                let why = scenario.get("why").and_then(Value::as_str).unwrap_or_default();
                assert!(count > 0 && !why.is_empty(), "{file:?}: {why}");
            }
        }
    }
}

#[test]
fn samples_hold_nobodys_addresses_numbers_or_names() {
    for (id, _) in rules() {
        for kind in ["match", "quiet"] {
            let file = folder().join(format!("{id}.{kind}.json"));
            let text = fs::read_to_string(&file).unwrap();
            for address in addresses(&text) {
                // `0.0.0.0`, and versions of browsers.
                if address.ends_with(".0.0.0") {
                    continue;
                }
                let documented = ["192.0.2.", "198.51.100.", "203.0.113."];
                assert!(
                    documented.iter().any(|net| address.starts_with(net)),
                    "{file:?}: {address}"
                );
            }
            for domain in text.split('@').skip(1) {
                let end = domain.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-');
                let domain = &domain[..end.unwrap_or(domain.len())];
                assert!(domain.starts_with("example."), "{file:?}: {domain}");
            }
        }
    }
}

#[test]
fn the_page_about_the_pack_lists_the_rules_as_they_are() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/knowledge-pack.md");
    let page = fs::read_to_string(page).unwrap();
    let listed: BTreeMap<&str, (&str, &str)> = page
        .lines()
        .skip_while(|line| *line != "## All rules")
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"))
        .filter_map(|(_, row)| {
            let (id, row) = row.split_once("` | ")?;
            let mut columns = row.split(" | ");
            Some((id, (columns.next()?.split(" (").next()?, columns.next()?)))
        })
        .collect();
    let rules = rules();
    for (id, (title, level)) in &rules {
        let title = title.split(" (").next().unwrap();
        assert_eq!(listed.get(id.as_str()), Some(&(title, level.as_str())), "{id}");
    }
    let gone: Vec<_> = listed.keys().filter(|id| !rules.contains_key(**id)).collect();
    assert!(gone.is_empty(), "no longer rules: {gone:?}");
    assert!(page.contains(&format!("\n{} rules.", rules.len())), "their number is {}", rules.len());
}

#[test]
fn the_examples_on_the_page_are_a_pack_that_is_accepted() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/knowledge-pack.md");
    let page = fs::read_to_string(page).unwrap().replace('\r', "");
    let mut files = Files::default();
    for (_, rest) in page.match_indices("\n```").map(|(at, _)| page.split_at(at + 4)) {
        let Some((language, rest)) = rest.split_once('\n') else { continue };
        let example = rest.split("\n```").next().unwrap();
        let id = |key: &str| {
            let line = example.lines().filter_map(|line| line.strip_prefix(key)).next_back();
            line.map(|value| value.split(['#', ' ']).next().unwrap().trim_matches('"'))
        };
        let name = match language {
            "yaml" if example.starts_with("title: ") => {
                format!("rules/{}.yml", id("name: ").unwrap())
            }
            "toml" if example.contains("format = 1") => "manifest.toml".to_owned(),
            "toml" => {
                let folder = [
                    ("[[when]]", "categories"),
                    ("[[column]]", "reports"),
                    ("[query]", "dashboards"),
                    ("[labels]", "values"),
                ];
                let found = folder.iter().find(|(mark, _)| example.contains(mark));
                let Some((_, folder)) = found else { continue };
                format!("{folder}/{}.toml", id("id = ").unwrap())
            }
            _ => continue,
        };
        files.insert(name, example.to_owned());
    }
    assert_eq!(files.len(), 7, "{:?}", files.iter().map(|(name, _)| name).collect::<Vec<_>>());

    let manifest: Manifest = toml::from_str(files.get("manifest.toml").unwrap()).unwrap();
    let knowledge = Knowledge::embedded().unwrap().with(&files, &manifest).unwrap();
    let mut lists = Lists::default();
    for name in ["allowed_factors", "watched_addresses"] {
        lists.insert(name, List::read("x"));
    }
    let (rules, problems) = Rules::compile(knowledge.rules(), &lists);
    assert_eq!(problems, []);
    assert_eq!(rules.rules.iter().filter(|rule| rule.own).count(), 2);
    assert!(rules.rules.iter().all(|rule| rule.waits_for.is_none()), "a list the page leaves out");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/knowledge/duo/rules")
}

/// The rules by their ids, with title and level as the last document says.
fn rules() -> BTreeMap<String, (String, String)> {
    let mut rules = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "yml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().replace('\r', "");
        let last = text.rsplit("\n---\n").next().unwrap();
        let value = |key: &str| {
            let line = last.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.unwrap_or_else(|| panic!("{path:?}: {key}")).trim_matches('\'').to_owned()
        };
        let id = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert_eq!(value("name"), id);
        rules.insert(id, (value("title"), value("level")));
    }
    assert!(rules.len() > 60);
    rules
}

/// What looks like an IPv4 address.
fn addresses(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let words = text.split(|c: char| !is_part(c));
    let is_address = |word: &&str| {
        word.split('.').count() == 4 && word.split('.').all(|part| part.parse::<u8>().is_ok())
    };
    words.filter(is_address).collect()
}
