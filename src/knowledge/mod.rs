//! The knowledge pack: what is known about Duo's records, as data that people can read and review.
//!
//! Promises: the program's own pack is compiled in and complete; everything wrong in a pack is told
//! with file and line; nothing here looks at a store or judges a record beyond its category.
//!
//! A pack is a folder of files: `manifest.toml`, and in `categories/`, `rules/`, `reports/`,
//! `dashboards/`, `mappings/` and `values/` one file for each item.

mod category;
mod dashboard;
mod files;
mod item;
mod labels;
mod report;

use crate::base::Problem;

pub use category::{Category, When};
pub use dashboard::{Chart, Dashboard, Filter, GroupBy, Measure, Query};
pub use files::Files;
pub use item::{Item, Origin, RuleText};
pub use labels::Labels;
pub use report::Report;

/// Everything known, with what a person added and switched.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    categories: Vec<Item<Category>>,
    rules: Vec<Item<RuleText>>,
    reports: Vec<Item<Report>>,
    dashboards: Vec<Item<Dashboard>>,
    labels: Labels,
    files: Files,
}

impl Knowledge {
    /// The program's own pack, everything as it comes.
    pub fn embedded() -> Result<Self, Problem> {
        Self::read(Files::embedded(), &Origin::Pack)
    }

    /// Reads a pack's files.
    pub fn read(files: Files, origin: &Origin) -> Result<Self, Problem> {
        Ok(Self {
            categories: item::read_all(&files, "categories", origin)?,
            rules: item::read_rules(&files, origin)?,
            reports: item::read_all(&files, "reports", origin)?,
            dashboards: item::read_all(&files, "dashboards", origin)?,
            labels: Labels::read(&files)?,
            files,
        })
    }

    /// What a record can be.
    pub fn categories(&self) -> &[Item<Category>] {
        &self.categories
    }

    /// What is worth an alert.
    pub fn rules(&self) -> &[Item<RuleText>] {
        &self.rules
    }

    /// What can be handed to somebody.
    pub fn reports(&self) -> &[Item<Report>] {
        &self.reports
    }

    /// What can be looked at.
    pub fn dashboards(&self) -> &[Item<Dashboard>] {
        &self.dashboards
    }

    /// Words for codes.
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Another file of the pack: `mappings/ecs.toml`.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_pack_is_read() {
        let knowledge = Knowledge::embedded().unwrap();
        assert!(knowledge.categories().iter().any(|item| item.id == "other" && item.enabled));
        assert_eq!(knowledge.labels().get("result", "denied"), Some("Denied"));
        assert!(knowledge.file("manifest.toml").is_some());
    }
}
