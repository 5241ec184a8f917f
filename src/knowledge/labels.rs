//! Words for codes: `duo_push` is "Duo Push".

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::Files;
use crate::base::Problem;

/// Tables of words, by the kind of code: `factor`, `reason`, `action`, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(HashMap<String, BTreeMap<String, String>>);

#[derive(Deserialize)]
struct Table {
    labels: BTreeMap<String, String>,
}

impl Labels {
    /// Reads the tables in `values/`.
    pub(super) fn read(files: &Files) -> Result<Self, Problem> {
        let mut tables = HashMap::new();
        for (file, text) in files.within("values", ".toml") {
            let table: Table = toml::from_str(text).map_err(|error| {
                Problem::new(format!("{file} cannot be read")).because(error.message())
            })?;
            let name = file.trim_start_matches("values/").trim_end_matches(".toml");
            tables.insert(name.to_owned(), table.labels);
        }
        Ok(Self(tables))
    }

    /// The words for a code, if there are any.
    pub fn get(&self, table: &str, code: &str) -> Option<&str> {
        self.0.get(table)?.get(code).map(String::as_str)
    }

    /// The words for a code, or the code itself.
    pub fn or_code<'a>(&'a self, table: &str, code: &'a str) -> &'a str {
        self.get(table, code).unwrap_or(code)
    }
}
