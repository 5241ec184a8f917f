//! Words for codes: `duo_push` is "Duo Push".
//!
//! Promises: a code is found in any of the spellings Duo has used for it (see [`canonical`]).

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::Files;
use super::item::{check_head, read_with_head, stem};
use super::mistake::Mistakes;
use crate::record::canonical;

const FOLDER: &str = "values";

/// Tables of words, by the kind of code: `factor`, `reason`, `action`, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(HashMap<String, BTreeMap<String, String>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    labels: BTreeMap<String, String>,
}

impl Labels {
    /// Reads the tables in `values/`.
    pub(super) fn read(files: &Files, mistakes: &mut Mistakes) -> Self {
        let mut tables = HashMap::new();
        for (file, text) in files.within(FOLDER, ".toml") {
            let told = &mut mistakes.of(file, text);
            let name = stem(file, FOLDER, ".toml");
            let Some((head, table)) = read_with_head::<Table>(text, told) else { continue };
            check_head(&head, name, told);
            for (code, words) in &table.labels {
                if canonical::code(code) != code.as_str() {
                    let one = canonical::code(code);
                    told.at(code, format!("write codes in lower case, with underscores: {one}"));
                }
                if words.trim().is_empty() {
                    told.at(code, format!("there are no words for {code}"));
                }
            }
            tables.insert(name.to_owned(), table.labels);
        }
        Self(tables)
    }

    /// Takes the words of another pack over these.
    pub(super) fn add(&mut self, more: Self) {
        for (name, table) in more.0 {
            self.0.entry(name).or_default().extend(table);
        }
    }

    /// The words for a code, if there are any.
    pub fn get(&self, table: &str, code: &str) -> Option<&str> {
        let words = self.0.get(table)?;
        let found = words.get(code).or_else(|| {
            let code = match table {
                "action" => canonical::action(code),
                "reason" => canonical::reason(code),
                "factor" => canonical::factor(code),
                _ => canonical::code(code),
            };
            words.get(code.as_ref())
        });
        found.map(String::as_str)
    }

    /// The words for a code, or the code itself.
    pub fn or_code<'a>(&'a self, table: &str, code: &'a str) -> &'a str {
        self.get(table, code).unwrap_or(code)
    }

    /// Whether there is a table of this name.
    pub fn has_table(&self, table: &str) -> bool {
        self.0.contains_key(table)
    }
}
