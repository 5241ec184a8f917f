//! Whether a person wants to be told that a newer version of this program exists.

use toml::Table;

use super::outputs::check_url;
use super::{Mistake, Section};

/// Where it stands which version is the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updates {
    /// An address that answers with the newest version; `None`: nobody is asked.
    pub url: Option<String>,
}

impl Updates {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("updates.", table, mistakes);
        let url = section.text("url").map(|text| text.trim().to_owned());
        if let Some(Err(what)) = url.as_deref().map(|url| check_url(url, false)) {
            section.wrong("url", what);
        }
        section.finish();
        Self { url }
    }
}
