//! Lists that a person keeps for the rules: `config/lists/<name>.txt`, one value a line.
//!
//! Promises: a `#` begins a comment; ranges of addresses are written `192.0.2.0/24`; a rule that
//! needs a list which is absent or empty waits and finds nothing.
//!
//! Absent means empty. Unreadable is told, and the list counts as empty: a rule that waits is
//! better than a collector that does. Left over from a crash: only people write here.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::base::{Home, Problem};

/// One list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Values to be equal to.
    pub values: Vec<String>,
    /// Ranges of addresses.
    pub ranges: Vec<IpNet>,
}

impl List {
    /// Reads a list's text.
    pub fn read(text: &str) -> Self {
        let mut list = Self::default();
        for line in text.lines() {
            let value = line.split('#').next().unwrap_or_default().trim();
            if value.is_empty() {
                continue;
            }
            match value.parse() {
                Ok(range) if value.contains('/') => list.ranges.push(range),
                _ => list.values.push(value.to_owned()),
            }
        }
        list
    }

    /// Whether nothing is on it.
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty() && self.ranges.is_empty()
    }
}

/// All lists by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists(BTreeMap<String, List>);

impl Lists {
    /// Where the lists of a home lie.
    pub fn folder(home: &Home) -> PathBuf {
        home.config.join("lists")
    }

    /// Reads all lists of a home; tells what could not be read.
    pub fn load(home: &Home) -> (Self, Vec<Problem>) {
        let (mut lists, mut problems) = (Self::default(), Vec::new());
        let Ok(entries) = fs::read_dir(Self::folder(home)) else { return (lists, problems) };
        for entry in entries.flatten() {
            let path = entry.path();
            let Some(name) = list_name(&path) else { continue };
            match fs::read_to_string(&path) {
                Ok(text) => lists.insert(&name, List::read(&text)),
                Err(error) => problems.push(
                    Problem::new(format!("The list {name} cannot be read"))
                        .because(error)
                        .next(format!("make this a text file: {}", path.display())),
                ),
            }
        }
        (lists, problems)
    }

    /// Adds or replaces a list.
    pub fn insert(&mut self, name: &str, list: List) {
        self.0.insert(name.to_owned(), list);
    }

    /// A list, if something is on it.
    pub fn get(&self, name: &str) -> Option<&List> {
        self.0.get(name).filter(|list| !list.is_empty())
    }
}

fn list_name(path: &Path) -> Option<String> {
    let is_list = path.extension().is_some_and(|ending| ending == "txt");
    let name = path.file_stem()?.to_str()?;
    is_list.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_ranges_are_told_apart_and_comments_left_out() {
        let list = List::read(
            "# known bad\n192.0.2.7\n198.51.100.0/24 # the whole net\n\n  duo_push  \n2001:db8::/32\n",
        );
        assert_eq!(list.values, ["192.0.2.7", "duo_push"]);
        let ranges: Vec<String> = list.ranges.iter().map(ToString::to_string).collect();
        assert_eq!(ranges, ["198.51.100.0/24", "2001:db8::/32"]);
    }

    #[test]
    fn an_empty_list_is_none() {
        let mut lists = Lists::default();
        lists.insert("allowed_factors", List::read("# nothing yet\n"));
        assert_eq!(lists.get("allowed_factors"), None);
        assert_eq!(lists.get("watched_addresses"), None);
    }

    #[test]
    fn a_list_that_cannot_be_read_is_told_and_the_others_stand() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::under(root.path());
        let folder = Lists::folder(&home);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("good.txt"), "a\n").unwrap();
        fs::write(folder.join("bad.txt"), b"\xff\xfe").unwrap();
        fs::write(folder.join("notes.md"), "no list").unwrap();
        let (lists, problems) = Lists::load(&home);
        assert!(lists.get("good").is_some() && lists.get("notes").is_none());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].to_string().contains("bad"));
    }
}
