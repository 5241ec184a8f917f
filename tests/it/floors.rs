//! Code uses lower floors, never higher ones: the table in `docs/architecture.md`, held to.
//!
//! Reads every path that starts at the crate's root (`crate::…`, `super::…` as far as it leads
//! there, `duo_integrator::…` in `main.rs`) in every file under `src/`, with comments and text left
//! out. What a module's row does not allow is reported with file and line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One row of the table.
#[derive(Debug, PartialEq)]
struct Row {
    /// `None` stands beside the floors: used only where it is named, and using only what it names.
    floor: Option<u8>,
    /// `store`, or `cli::demo` for a part with rights of its own.
    module: String,
    /// What it may use that lies not on a lower floor.
    also: Vec<String>,
}

/// One path from the crate's root.
#[derive(Debug, PartialEq)]
struct Use {
    line: usize,
    /// `["base", "units", "UnixMillis"]`, as far as it is written out.
    path: Vec<String>,
    /// Inside `mod tests { … }`.
    in_tests: bool,
}

#[test]
fn nothing_uses_a_higher_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = read_table(&fs::read_to_string(root.join("docs/architecture.md")).unwrap());
    assert!(table.len() > 5, "docs/architecture.md has no table of floors");
    let mut wrong = Vec::new();
    for file in rust_files(&root.join("src")) {
        let relative = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        let source = fs::read_to_string(&file).unwrap();
        wrong.extend(check(&table, &relative, &source));
    }
    assert!(wrong.is_empty(), "against docs/architecture.md:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_is_read_by_its_heading() {
    let text = "| What | Why |\n|---|---|\n| `x` | y |\n\n| Floor | Module | Also uses | Holds |\n\
                |---|---|---|---|\n| 1 | `status` | `record`, `settings` | words |\n\
                | beside | `simulator` | `duo` | a look-alike |\n\n| 2 | `not` | | in it |\n";
    let row = |floor, module: &str, also: &[&str]| Row {
        floor,
        module: module.to_owned(),
        also: also.iter().map(|&name| name.to_owned()).collect(),
    };
    assert_eq!(
        read_table(text),
        [row(Some(1), "status", &["record", "settings"]), row(None, "simulator", &["duo"])]
    );
}

#[test]
fn paths_are_found_and_text_is_not() {
    let source = r##"//! [`crate::cli`] in a comment
        use crate::{base::{self, Problem}, record::LogType as Log};
        use super::super::duo::sign;
        /* crate::cli /* crate::cli */ crate::cli */
        const TEXT: &str = "crate::cli \" crate::cli";
        const RAW: &str = r#"crate::cli " crate::cli"#;
        fn f<'a>(x: &'a char) -> bool { *x == '"' || *x == '\'' || crate::store::open() }
        pub(crate) mod inner { use super::sibling; }
        mod tests { use super::*; use crate::simulator::Simulator; }
    "##;
    let found = find_uses(&["net".to_owned(), "proxy".to_owned()], source);
    let found: Vec<(usize, String, bool)> =
        found.iter().map(|u| (u.line, u.path.join("::"), u.in_tests)).collect();
    let expected = [
        (2, "base", false),
        (2, "record::LogType", false),
        (3, "duo::sign", false),
        (7, "store::open", false),
        (8, "net::proxy::sibling", false),
        (9, "net::proxy", true),
        (9, "simulator::Simulator", true),
    ];
    assert_eq!(found, expected.map(|(line, path, tests)| (line, path.to_owned(), tests)));
}

#[test]
fn each_kind_of_trespass_is_reported_with_file_and_line() {
    let table = read_table(
        "| Floor | Module | Also uses | Holds |\n|---|---|---|---|\n| 0 | `base` | | |\n\
         | 2 | `duo` | `net` | |\n| 2 | `net` | | |\n| 5 | `cli` | | |\n\
         | 5 | `cli::demo` | `simulator` | |\n| beside | `simulator` | `base` | |\n",
    );
    for (file, source, complaint) in [
        ("src/duo/sign.rs", "use crate::base::X;\nuse crate::net::Y;\nuse crate::duo::Z;", ""),
        ("src/net/mod.rs", "\nuse crate::duo::Y;", "src/net/mod.rs:2: net may not use duo"),
        ("src/base/x.rs", "use crate::cli;", "src/base/x.rs:1: base may not use cli"),
        ("src/cli/demo.rs", "use crate::{cli::args, simulator};", ""),
        (
            "src/cli/status.rs",
            "use crate::simulator;",
            "src/cli/status.rs:1: cli may not use simulator",
        ),
        ("src/cli/status.rs", "mod tests { use crate::simulator; }", ""),
        ("src/cli/tests/status.rs", "use crate::simulator;", ""),
        ("src/simulator/mod.rs", "use crate::base;", ""),
        ("src/simulator.rs", "use crate::duo;", "src/simulator.rs:1: simulator may not use duo"),
        ("src/main.rs", "fn main() { duo_integrator::cli::main() }", ""),
        (
            "src/main.rs",
            "use duo_integrator::simulator;",
            "src/main.rs:1: main may not use simulator",
        ),
        (
            "src/lost/a.rs",
            "fn f() {}",
            "src/lost/a.rs:1: lost is not in the table of docs/architecture.md",
        ),
        (
            "src/duo/mod.rs",
            "crate::lost::f();",
            "src/duo/mod.rs:1: duo uses lost, which is not in the table of docs/architecture.md",
        ),
    ] {
        assert_eq!(check(&table, file, source).join("\n"), complaint, "{file}: {source}");
    }
}

/// The rows of the table headed `| Floor | Module |`, up to the first line outside it.
fn read_table(text: &str) -> Vec<Row> {
    text.lines()
        .skip_while(|line| !line.starts_with("| Floor | Module |"))
        .skip(2)
        .map_while(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
            Some(Row {
                floor: cells[0].parse().ok(),
                module: cells[1].trim_matches('`').to_owned(),
                also: cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect(),
            })
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files
}

/// What a file does that the table does not allow, one sentence each.
fn check(table: &[Row], file: &str, source: &str) -> Vec<String> {
    let module = module_of(file);
    let mut wrong = BTreeSet::new();
    // The crate's root only lists the modules, and `main` picks among the highest.
    let own = match module.first().map(String::as_str) {
        None | Some("main") => None,
        Some(top) => match row_of(table, &module) {
            Some(row) => Some(row),
            None => {
                return vec![format!(
                    "{file}:1: {top} is not in the table of docs/architecture.md"
                )];
            }
        },
    };
    let own_name = own.map_or("main", |row| row.module.as_str());
    let is_test_file = module.iter().any(|name| name == "tests");
    for found in find_uses(&module, source) {
        let Some(target_top) = found.path.first() else { continue };
        if module.first() == Some(target_top) {
            continue;
        }
        let line = found.line;
        let Some(target) = row_of(table, &found.path) else {
            wrong.insert((
                line,
                format!("uses {target_top}, which is not in the table of docs/architecture.md"),
            ));
            continue;
        };
        let named = own.is_some_and(|row| row.also.contains(&target.module));
        let lower = match (own, target.floor) {
            (None, Some(_)) => true,
            (Some(row), Some(floor)) => row.floor.is_some_and(|own_floor| floor < own_floor),
            (_, None) => found.in_tests || is_test_file,
        };
        if !named && !lower {
            wrong.insert((line, format!("may not use {}", target.module)));
        }
    }
    wrong.into_iter().map(|(line, what)| format!("{file}:{line}: {own_name} {what}")).collect()
}

/// `src/duo/feeds/mod.rs` is `["duo", "feeds"]`; `src/lib.rs` is the root, `[]`.
fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The row with the longest name that leads to `path`.
fn row_of<'a>(table: &'a [Row], path: &[String]) -> Option<&'a Row> {
    table
        .iter()
        .filter(|row| {
            let mut parts = path.iter();
            row.module.split("::").all(|name| parts.next().is_some_and(|part| part == name))
        })
        .max_by_key(|row| row.module.len())
}

/// Every path that starts at the crate's root, or that `super` leads through.
fn find_uses(module: &[String], source: &str) -> Vec<Use> {
    let words = words(source);
    let word = |at: usize| words.get(at).map_or("", |(_, text)| text.as_str());
    let mut uses = Vec::new();
    // The inline modules around the current word, each with the depth of braces it began at.
    let mut inline: Vec<(usize, String)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < words.len() {
        let line = words[at].0;
        match word(at) {
            "mod" if word(at + 2) == "{" => inline.push((depth, word(at + 1).to_owned())),
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inline.pop_if(|(began, _)| *began == depth);
            }
            start @ ("crate" | "super" | "duo_integrator")
                if word(at + 1) == "::" && (at == 0 || word(at - 1) != "::") =>
            {
                let mut prefix: Vec<String> = Vec::new();
                if start == "super" {
                    prefix.extend_from_slice(module);
                    prefix.extend(inline.iter().map(|(_, name)| name.clone()));
                    prefix.pop();
                }
                at += 2;
                while word(at) == "super" && word(at + 1) == "::" {
                    prefix.pop();
                    at += 2;
                }
                let in_tests = inline.iter().any(|(_, name)| name == "tests");
                for path in read_tree(&words, at, &prefix) {
                    uses.push(Use { line, path, in_tests });
                }
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    uses
}

/// The paths that follow `prefix::` at word `at`; of a group in braces, each member's beginning.
fn read_tree(words: &[(usize, String)], mut at: usize, prefix: &[String]) -> Vec<Vec<String>> {
    let word = |at: usize| words.get(at).map_or("", |(_, text)| text.as_str());
    let is_name = |text: &str| text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut paths = Vec::new();
    if word(at) == "{" {
        let mut depth = 0;
        loop {
            match word(at) {
                "" => break,
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if depth == 1 && ["{", ","].contains(&word(at)) && is_name(word(at + 1)) {
                paths.extend(read_tree(words, at + 1, prefix));
            }
            at += 1;
        }
        return paths;
    }
    let mut path = prefix.to_vec();
    while is_name(word(at)) {
        path.push(word(at).to_owned());
        if word(at + 1) != "::" {
            break;
        }
        at += 2;
    }
    vec![path]
}

/// The source as words and signs with their lines; comments, text and characters left out.
fn words(source: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = source.chars().collect();
    let peek = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let mut words = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < chars.len() {
        let begin = at;
        match chars[at] {
            '/' if peek(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if peek(at + 1) == '*' => {
                let mut depth = 0;
                while at < chars.len() {
                    match (chars[at], peek(at + 1)) {
                        ('/', '*') => (depth, at) = (depth + 1, at + 2),
                        ('*', '/') => (depth, at) = (depth - 1, at + 2),
                        _ => at += 1,
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            '"' => at = after_text(&chars, at),
            '\'' if peek(at + 1) == '\\' => {
                at += 3;
                while at < chars.len() && chars[at] != '\'' {
                    at += 1;
                }
                at += 1;
            }
            '\'' if peek(at + 2) == '\'' => at += 3,
            c if c.is_alphanumeric() || c == '_' => {
                while peek(at).is_alphanumeric() || peek(at) == '_' {
                    at += 1;
                }
                let text: String = chars[begin..at].iter().collect();
                let raw = ["r", "br", "cr"].contains(&text.as_str());
                let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
                if raw && peek(at + hashes) == '"' {
                    at = after_raw_text(&chars, at + hashes + 1, hashes);
                } else {
                    words.push((line, text));
                }
            }
            ':' if peek(at + 1) == ':' => {
                words.push((line, "::".to_owned()));
                at += 2;
            }
            c => {
                if !c.is_whitespace() {
                    words.push((line, c.to_string()));
                }
                at += 1;
            }
        }
        let end = at.min(chars.len());
        line += chars[begin..end].iter().filter(|&&c| c == '\n').count();
    }
    words
}

/// The place after the text that opens at `at`.
fn after_text(chars: &[char], mut at: usize) -> usize {
    at += 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The place after the raw text that begins at `at` and ends with a quote and `hashes`.
fn after_raw_text(chars: &[char], mut at: usize, hashes: usize) -> usize {
    while at < chars.len() {
        let closed = chars[at] == '"'
            && chars[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
        at += 1;
        if closed {
            return at + hashes;
        }
    }
    at
}
