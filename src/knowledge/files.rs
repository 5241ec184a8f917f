//! A pack's files: names and texts.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The files of the program's own pack, listed when it is built.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pack.rs"));

/// A pack's files by their names inside the pack, with `/` between folders.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<Cow<'static, str>, Cow<'static, str>>);

impl Files {
    /// The program's own pack.
    pub fn embedded() -> Self {
        let entries = EMBEDDED.iter().map(|(name, text)| ((*name).into(), (*text).into()));
        Self(entries.collect())
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, name: String, text: String) {
        self.0.insert(name.into(), text.into());
    }

    /// Removes a file; gives its text.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).map(Cow::into_owned)
    }

    /// The text of a file.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These files without those that the other has just so, and without the samples of items that
    /// are left out. The manifest stays.
    pub(super) fn without_what_is_in(&self, other: &Self) -> Self {
        let same = |name: &str| other.get(name).is_some_and(|text| self.get(name) == Some(text));
        let is_kept = |name: &str| match name.strip_suffix(".json") {
            Some(sample) => {
                let stem = sample.rsplit_once('.').map_or(sample, |(stem, _)| stem);
                let item = [".toml", ".yml"].map(|ending| format!("{stem}{ending}"));
                !item.iter().any(|item| same(item))
            }
            None => !same(name),
        };
        let kept = self.0.iter().filter(|(name, _)| is_kept(name));
        Self(kept.map(|(name, text)| (name.clone(), text.clone())).collect())
    }

    /// Name and text of the files in a folder with an ending, by name: `("rules", ".yml")`.
    pub fn within<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .map(|(name, text)| (name.as_ref(), text.as_ref()))
            .filter(move |(name, _)| in_folder(name, folder) && name.ends_with(ending))
    }

    /// All files by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_ref(), text.as_ref()))
    }
}

fn in_folder(name: &str, folder: &str) -> bool {
    name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
