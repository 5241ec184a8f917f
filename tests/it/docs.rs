//! The documents, held to the code: what they name is there, what is there they name, and what can be
//! written by the code is.
//!
//! `DOCS=update cargo test --test it docs` writes what is written by the code.

mod alerts;
mod commands;
mod links;
mod messages;
mod settings;

use std::fs;
use std::path::{Path, PathBuf};

use duo_integrator::knowledge::Knowledge;

/// A document.
struct Page {
    /// From the repository's root: `docs/settings.md`.
    name: String,
    text: String,
}

/// What stands between two fences.
struct Block<'a> {
    /// What stands behind the first fence: `sh`, `toml`, or nothing.
    language: &'a str,
    /// The line of the first fence, from 1.
    line: usize,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All documents: those at the root and those in `docs`.
fn pages() -> Vec<Page> {
    let mut files = Vec::new();
    for folder in [root().to_owned(), root().join("docs")] {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    files.sort();
    assert!(files.len() > 15, "{files:?}");
    files.iter().map(page_of).collect()
}

fn page(name: &str) -> Page {
    page_of(&root().join(name))
}

fn page_of(path: &PathBuf) -> Page {
    let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    Page { name, text: text.replace('\r', "") }
}

impl Page {
    /// Its blocks, without the indent of the lists they stand in.
    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks: Vec<Block<'_>> = Vec::new();
        let mut open: Option<usize> = None;
        for (i, line) in self.text.lines().enumerate() {
            let bare = line.trim_start();
            match (open, bare.strip_prefix("```")) {
                (None, Some(language)) => {
                    open = Some(line.len() - bare.len());
                    blocks.push(Block {
                        language: language.trim(),
                        line: i + 1,
                        text: String::new(),
                    });
                }
                (Some(_), Some(_)) => open = None,
                (Some(indent), None) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line.get(indent..).unwrap_or_default());
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a fence is not closed", self.name);
        blocks
    }

    /// What is read as text: without blocks.
    fn prose(&self) -> String {
        let mut inside = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                inside = !inside;
            } else if !inside {
                prose.push_str(line);
            }
            prose.push('\n');
        }
        prose
    }

    /// Texts between single backticks.
    fn code(&self) -> Vec<String> {
        let prose = self.prose();
        let spans = prose.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        spans.map(str::to_owned).collect()
    }
}

#[test]
fn numbers_on_the_first_page_are_those_of_the_pack() {
    let knowledge = Knowledge::embedded().unwrap();
    let (categories, rules) = (knowledge.categories().len(), knowledge.rules().len());
    let readme = page("README.md").text;
    let told = format!("{categories} categories, {rules} detection rules");
    assert!(readme.contains(&told), "README.md should say: {told}");
    assert_eq!(knowledge.reports().len(), 10, "README.md and docs/console.md say ten reports");
    assert_eq!(knowledge.dashboards().len(), 17, "docs/console.md says eight and nine dashlets");
    let log = page("CHANGELOG.md").text;
    assert!(log.contains(&format!("## [{}]", env!("CARGO_PKG_VERSION"))), "CHANGELOG.md");
}
