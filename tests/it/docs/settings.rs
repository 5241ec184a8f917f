//! `docs/settings.md` has every key that the program reads, and no other; its defaults are what counts
//! when a key is left out; what it calls required is. And each piece of a settings file on any page is
//! one that the program takes.
//!
//! Which keys there are is asked of the reader of the settings itself: a key that nobody could mean is
//! answered with the list of those there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use duo_integrator::settings::{Mistake, Settings, output_types};
use toml::{Table, Value};

use super::{page, pages};

/// The least that each section needs to be taken; a line that a default refers to is there as well.
const ACCOUNT: &str = "name = \"A\"\nintegration_key = \"DIXXXXXXXXXXXXXXXXXX\"\n\
                       api_hostname = \"api-xxxxxxxx.duosecurity.com\"\n";
const REPORT: &str =
    "id = \"login-failed\"\nevery = \"week\"\nfolder = \"/srv\"\nformat = \"pdf\"\n";
const OUTPUTS: [(&str, &str); 14] = [
    ("email", "server = \"s.example\"\nfrom = \"a@example.com\"\nto = [\"b@example.com\"]\n"),
    ("slack", ""),
    ("teams", ""),
    ("webhook", "url = \"https://s.example\"\n"),
    ("file", "path = \"a.jsonl\"\n"),
    ("syslog", "address = \"s.example\"\n"),
    ("kafka", "brokers = [\"s.example\"]\ntopic = \"duo\"\nuser = \"u\"\n"),
    ("s3", "url = \"https://s.example\"\nbucket = \"logs\"\naccess_key_id = \"K\"\n"),
    ("splunk_hec", "url = \"https://s.example\"\n"),
    ("elasticsearch", "url = \"https://s.example\"\n"),
    ("clickhouse", "url = \"https://s.example\"\n"),
    (
        "azure_monitor",
        "url = \"https://s.example\"\nrule = \"dcr-1\"\nstream = \"s\"\ntenant = \"t\"\nclient_id = \"c\"\n",
    ),
    ("http", "url = \"https://s.example\"\n"),
    ("otlp", "url = \"https://s.example\"\n"),
];
const MESSAGES: [&str; 4] = ["email", "slack", "teams", "webhook"];

/// A key that is like no other.
const NOBODYS: &str = "qqqqqqqqqqqqqqqqqqqqqqqq";

/// A row of the page.
#[derive(Debug)]
struct Row {
    key: String,
    default: String,
}

/// The rows below each heading of the page, and whether it refers to the keys of certificates.
type Sections = BTreeMap<String, (Vec<Row>, bool)>;

#[test]
fn each_key_is_on_the_page_and_none_is_invented() {
    let sections = sections();
    let rows = |heading: &str| -> BTreeSet<String> {
        let (rows, _) = sections.get(heading).unwrap_or_else(|| panic!("no heading {heading}"));
        rows.iter().map(|row| row.key.clone()).collect()
    };
    let mut wrong = Vec::new();
    let mut compare = |place: &str, told: BTreeSet<String>, read: BTreeSet<String>| {
        wrong.extend(read.difference(&told).map(|key| format!("{place}: {key} is missing")));
        wrong.extend(told.difference(&read).map(|key| format!("{place}: there is no {key}")));
    };

    let mut top: BTreeSet<String> =
        sections.keys().filter_map(|heading| section_of(heading)).map(str::to_owned).collect();
    top.extend(rows("The top of the file"));
    compare("the file", top, keys(&Table::new(), &[]));
    for section in ["network", "collection", "no_data_alarm", "alerts", "notifications"] {
        let read = keys(&single(section, ""), &[section]);
        compare(section, rows(&format!("`[{section}]`")), read);
    }
    for (section, least) in [("account", ACCOUNT), ("report", REPORT)] {
        let read = keys(&listed(section, least), &[section]);
        compare(section, rows(&format!("`[[{section}]]`")), read);
    }
    let types: BTreeSet<&str> = OUTPUTS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(types, output_types().into_iter().collect());
    for (kind, least) in OUTPUTS {
        let heading = heading_of(&sections, kind);
        let mut told = rows(&heading);
        told.extend(rows("Every output"));
        told.extend(rows(if MESSAGES.contains(&kind) {
            "Messages about alerts"
        } else {
            "Records"
        }));
        if sections.get(&heading).unwrap().1 {
            told.extend(rows("Certificates"));
        }
        compare(kind, told, keys(&output(kind, least), &["output"]));
    }
    assert!(wrong.is_empty(), "docs/settings.md:\n{}", wrong.join("\n"));
}

#[test]
fn what_counts_when_a_key_is_left_out_is_what_the_page_says() {
    let sections = sections();
    let mut checked = 0;
    let mut wrong = Vec::new();
    let mut check = |place: &str, rows: &[Row], section: &[&str], base: &Table| {
        let taken = Settings::check(base, Path::new("/"));
        taken.unwrap_or_else(|mistakes| panic!("{place}: {mistakes:?}"));
        for row in rows {
            let mut changed = base.clone();
            let had = inside(&mut changed, section).remove(&row.key);
            let without = Settings::check(&changed, Path::new("/"));
            let told = if row.default == "required" {
                let missed = had.is_some() && without.is_err();
                (!missed).then(|| "is not required".to_owned())
            } else if let Some(default) = literal(&row.default) {
                inside(&mut changed, section).insert(row.key.clone(), default);
                match (without, Settings::check(&changed, Path::new("/"))) {
                    (Ok(without), Ok(with)) if without == with => None,
                    (Ok(_), Ok(_)) => Some(format!("{} is not what counts", row.default)),
                    (Err(_), _) => Some("is required".to_owned()),
                    (_, Err(mistakes)) => Some(format!("{}: {mistakes:?}", row.default)),
                }
            } else {
                continue;
            };
            checked += 1;
            wrong.extend(told.map(|what| format!("{place}, {}: {what}", row.key)));
        }
    };
    for (heading, (rows, _)) in &sections {
        match section_of(heading) {
            Some("account") => check(heading, rows, &["account"], &listed("account", ACCOUNT)),
            Some("report") => check(heading, rows, &["report"], &listed("report", REPORT)),
            Some("output") => {}
            Some(section) => check(heading, rows, &[section], &single(section, "")),
            None => {}
        }
    }
    check("the file", &sections["The top of the file"].0, &[], &Table::new());
    for (kind, least) in OUTPUTS {
        let base = output(kind, least);
        let common = if MESSAGES.contains(&kind) { "Messages about alerts" } else { "Records" };
        for heading in ["Every output", common, &heading_of(&sections, kind)] {
            check(kind, &sections[heading].0, &["output"], &base);
        }
    }
    assert!(wrong.is_empty(), "docs/settings.md:\n{}", wrong.join("\n"));
    assert!(checked > 100, "only {checked} defaults were looked at");
}

#[test]
fn pieces_of_settings_on_all_pages_are_accepted() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "toml") {
            if !is_settings(&block.text) {
                assert_eq!(page.name, "docs/knowledge-pack.md", "line {}", block.line);
                continue;
            }
            checked += 1;
            let place = format!("{}:{}", page.name, block.line);
            match accepted(&block.text) {
                Ok(()) => {}
                Err(what) => wrong.push(format!("{place}: {what}")),
            }
            // Lines that are there to be switched on are known as well.
            for line in block.text.lines().filter(|line| line.starts_with("# ")) {
                let switched = block.text.replace(line, line.trim_start_matches("# "));
                let is_line =
                    line.split_once(" = ").is_some_and(|(key, _)| !key[2..].contains(' '));
                if is_line && let Err(what) = accepted(&switched) {
                    let other_trouble = !what.contains("there is no such key");
                    if !other_trouble {
                        wrong.push(format!("{place}: {line}: {what}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 15, "only {checked} pieces were found");
}

/// Whether a piece is of the settings file, and not of a pack.
fn is_settings(text: &str) -> bool {
    let headers = text.lines().filter(|line| line.starts_with('['));
    let mut names = headers.filter_map(|line| line.trim_matches(['[', ']']).split(']').next());
    let known = keys(&Table::new(), &[]);
    names.next().is_some_and(|name| known.contains(name))
}

fn accepted(text: &str) -> Result<(), String> {
    let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
    Settings::check(&table, Path::new("/"))
        .map(|_| ())
        .map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>().join("; "))
}

/// The keys that are read where `section` leads, by the reader's own words.
fn keys(base: &Table, section: &[&str]) -> BTreeSet<String> {
    let mut table = base.clone();
    inside(&mut table, section).insert(NOBODYS.to_owned(), Value::Boolean(true));
    let mistakes = Settings::check(&table, Path::new("/")).unwrap_err();
    let [mistake] = mistakes.as_slice() else { panic!("{section:?}: {mistakes:?}") };
    let (_, list) = mistake.what.split_once("the keys here are ").unwrap();
    list.split(", ").map(str::to_owned).collect()
}

fn inside<'a>(table: &'a mut Table, section: &[&str]) -> &'a mut Table {
    let mut table = table;
    for name in section {
        table = match table.get_mut(*name).unwrap() {
            Value::Array(list) => list.last_mut().unwrap().as_table_mut().unwrap(),
            value => value.as_table_mut().unwrap(),
        };
    }
    table
}

fn single(section: &str, text: &str) -> Table {
    toml::from_str(&format!("[{section}]\n{text}")).unwrap()
}

fn listed(section: &str, text: &str) -> Table {
    toml::from_str(&format!("[[{section}]]\n{text}")).unwrap()
}

fn output(kind: &str, least: &str) -> Table {
    listed("output", &format!("name = \"O\"\ntype = \"{kind}\"\n{least}"))
}

/// The tables of the page, by the headings they stand below.
fn sections() -> Sections {
    let text = page("docs/settings.md").prose();
    let mut sections = Sections::new();
    let mut heading = String::new();
    for line in text.lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().to_owned();
        }
        let (rows, has_certificates) = sections.entry(heading.clone()).or_default();
        *has_certificates |= line.contains("(#certificates)");
        let Some(row) = line.strip_prefix("| `") else { continue };
        let Some((key, rest)) = row.split_once("` | ") else { continue };
        let default = rest.split(" | ").next().unwrap_or_default().trim().to_owned();
        rows.push(Row { key: key.to_owned(), default });
    }
    sections
}

/// `account` of the heading that stands for its section.
fn section_of(heading: &str) -> Option<&str> {
    let inner = heading.strip_prefix("`[")?.strip_suffix("]`")?;
    Some(inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(inner))
}

/// The heading that names a type of output.
fn heading_of(sections: &Sections, kind: &str) -> String {
    let name = format!("`{kind}`");
    let found = sections.keys().find(|heading| heading.split(", ").any(|one| one == name));
    found.unwrap_or_else(|| panic!("docs/settings.md has no heading {name}")).clone()
}

/// A default that is written as it would stand in the file.
fn literal(default: &str) -> Option<Value> {
    let text = default.strip_prefix('`')?.strip_suffix('`').filter(|text| !text.contains('`'))?;
    let table: Table = toml::from_str(&format!("x = {text}")).ok()?;
    table.get("x").cloned()
}
