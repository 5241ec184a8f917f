//! The knowledge pack: what is known about Duo's records, as data that people can read and review.
//!
//! Promises: the program's own pack is compiled in and complete; everything wrong in a pack is told
//! with file and line; nothing here looks at a store or judges a record beyond its category.
//!
//! A pack is a folder of files: `manifest.toml`, and in `alarms/`, `categories/`, `rules/`, `reports/`,
//! `dashboards/`, `mappings/` and `values/` one file for each item.

mod alarm;
mod archive;
mod categorizer;
mod category;
mod dashboard;
mod files;
mod item;
mod labels;
mod manifest;
mod mistake;
mod own;
mod packs;
mod references;
mod report;
mod rule;
mod samples;
mod switches;

use sha2::{Digest, Sha256};

use crate::base::words::nearest;
use crate::base::{Home, Problem};

pub use alarm::Alarm;
pub use categorizer::Categorizer;
pub use category::{Category, When};
pub use dashboard::{Chart, Dashboard, Filter, GroupBy, Measure, Query};
pub use files::Files;
pub use item::{Item, Origin};
pub use labels::Labels;
pub use manifest::Manifest;
pub use mistake::{Mistake, Mistakes};
pub use own::{CHANGED_HERE, KeptRule, forget_rule, keep_rule, read_rule, rule_beneath};
pub use packs::{
    Exported, Imported, Pack, Stamp, export_pack, import_pack, own_pack, packs, remove_pack,
};
pub use report::{Chart as ReportChart, Column, Report};
pub use rule::RuleText;
pub use samples::{Samples, Scenario};
pub use switches::{Kind, Switches, switch};

use item::read_all;

/// The id of the program's own pack.
pub const OWN: &str = "duo";

/// Everything known, with what a person added and switched.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    categories: Vec<Item<Category>>,
    rules: Vec<Item<RuleText>>,
    alarms: Vec<Item<Alarm>>,
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

    /// What a home knows: the program's own pack, those that a person imported, and what was
    /// switched. What cannot be used of the latter two is told and left out.
    pub fn load(home: &Home) -> Result<(Self, Vec<Problem>), Problem> {
        let mut knowledge = Self::embedded()?;
        let mut problems = Vec::new();
        for pack in packs(home) {
            let added = pack.and_then(|pack| knowledge.with(&pack.files, &pack.manifest));
            match added {
                Ok(more) => knowledge = more,
                Err(problem) => problems.push(problem),
            }
        }
        match Switches::load(home) {
            Ok(switches) => knowledge.switch(&switches, &mut problems),
            Err(problem) => problems.push(problem),
        }
        Ok((knowledge, problems))
    }

    /// Reads a pack's files by themselves.
    pub fn read(files: Files, origin: &Origin) -> Result<Self, Problem> {
        let mut mistakes = Mistakes::default();
        let knowledge = Self::read_noting(files, origin, &mut mistakes);
        references::check(&knowledge.files, &knowledge, &mut mistakes);
        mistakes.or_problem(origin.pack())?;
        Ok(knowledge)
    }

    fn read_noting(files: Files, origin: &Origin, mistakes: &mut Mistakes) -> Self {
        Self {
            categories: read_all(&files, origin, mistakes),
            rules: rule::read_rules(&files, origin, mistakes),
            alarms: read_all(&files, origin, mistakes),
            reports: read_all(&files, origin, mistakes),
            dashboards: read_all(&files, origin, mistakes),
            labels: Labels::read(&files, mistakes),
            files,
        }
    }

    /// This knowledge with a person's pack over it. Nothing of a pack is taken when something in it
    /// is wrong.
    pub fn with(&self, files: &Files, manifest: &Manifest) -> Result<Self, Problem> {
        let mut mistakes = Mistakes::default();
        let origin = Origin::User(manifest.id.clone());
        let more = Self::read_noting(files.clone(), &origin, &mut mistakes);
        let mut all = self.clone();
        put_over(&mut all.categories, more.categories);
        put_over(&mut all.rules, more.rules);
        put_over(&mut all.alarms, more.alarms);
        put_over(&mut all.reports, more.reports);
        put_over(&mut all.dashboards, more.dashboards);
        all.labels.add(more.labels);
        for (name, text) in files.iter() {
            all.files.insert(name.to_owned(), text.to_owned());
        }
        references::check(files, &all, &mut mistakes);
        if all.categories.len() > MOST_CATEGORIES {
            let what = format!("with it there would be more than {MOST_CATEGORIES} categories");
            mistakes.add(manifest::FILE, 1, what);
        }
        mistakes.or_problem(&manifest.id)?;
        Ok(all)
    }

    fn switch(&mut self, switches: &Switches, problems: &mut Vec<Problem>) {
        for kind in Kind::ALL {
            for (id, enabled) in switches.of(kind) {
                let found = match kind {
                    Kind::Categories => set(&mut self.categories, id, enabled),
                    // The collector's own alarms are switched like rules.
                    Kind::Rules => {
                        set(&mut self.rules, id, enabled) || set(&mut self.alarms, id, enabled)
                    }
                    Kind::Reports => set(&mut self.reports, id, enabled),
                    Kind::Dashboards => set(&mut self.dashboards, id, enabled),
                };
                // The item of a pack that was removed is no mistake; a slip of the pen is.
                if !found && let Some(near) = nearest(id, self.ids(kind)) {
                    problems.push(switches::unknown(kind, id, near));
                }
            }
        }
    }

    /// The ids of all items of a kind.
    pub fn ids(&self, kind: Kind) -> Vec<&str> {
        match kind {
            Kind::Categories => ids(&self.categories),
            Kind::Rules => [ids(&self.rules), ids(&self.alarms)].concat(),
            Kind::Reports => ids(&self.reports),
            Kind::Dashboards => ids(&self.dashboards),
        }
    }

    /// What a record can be.
    pub fn categories(&self) -> &[Item<Category>] {
        &self.categories
    }

    /// The ids of the categories in use, in order.
    pub fn category_ids(&self) -> Vec<&str> {
        categorizer::in_use(&self.categories).map(|item| item.id.as_str()).collect()
    }

    /// The category of this id or title, in any letter case; titles also without their beginning,
    /// "Duo Security - ".
    pub fn category(&self, name: &str) -> Result<&Item<Category>, Problem> {
        find(&self.categories, name, "category", "duo-integrator category list")
    }

    /// What is worth an alert.
    pub fn rules(&self) -> &[Item<RuleText>] {
        &self.rules
    }

    /// The rule of an id or a title.
    pub fn rule(&self, name: &str) -> Result<&Item<RuleText>, Problem> {
        find(&self.rules, name, "rule", "duo-integrator rule list")
    }

    /// What the collector tells about itself.
    pub fn alarms(&self) -> &[Item<Alarm>] {
        &self.alarms
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

    /// Changes whenever a record may fall in other categories than before.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new_with_prefix(READING);
        for item in categorizer::in_use(&self.categories) {
            let body = serde_json::to_string(&item.body).unwrap_or_default();
            hash.update(format!("{}\n{body}\n", item.id));
        }
        let digest = hash.finalize();
        data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or_default())
    }
}

/// To be changed when categories are read or compared in another way than before.
const READING: &[u8] = b"1\n";

/// The store keeps a record's categories as the bits of one number.
const MOST_CATEGORIES: usize = 64;

/// Puts items in the place of those with the same id, or beside the others.
fn put_over<T>(all: &mut Vec<Item<T>>, more: Vec<Item<T>>) {
    for item in more {
        match all.iter_mut().find(|known| known.id == item.id) {
            Some(known) => *known = item,
            None => all.push(item),
        }
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
}

/// Switches an item; whether there is one.
fn set<T>(items: &mut [Item<T>], id: &str, enabled: bool) -> bool {
    let found = items.iter_mut().find(|item| item.id == id);
    found.map(|item| item.enabled = enabled).is_some()
}

fn ids<T>(items: &[Item<T>]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

/// The item of this id or title, in any letter case.
pub fn find<'a, T>(
    items: &'a [Item<T>],
    name: &str,
    noun: &str,
    list: &str,
) -> Result<&'a Item<T>, Problem> {
    let wanted = name.trim().to_lowercase();
    let short = |title: &str| -> String {
        let title = title.to_lowercase();
        let rest = title.strip_prefix("duo security").unwrap_or(&title);
        rest.trim_start_matches([' ', '-', ':', '\u{2013}']).to_owned()
    };
    let found = items.iter().find(|item| item.id == wanted).or_else(|| {
        items.iter().find(|item| {
            item.title.to_lowercase() == wanted || short(&item.title) == short(&wanted)
        })
    });
    found.ok_or_else(|| {
        let problem = Problem::new(format!("There is no {noun} \u{201c}{}\u{201d}", name.trim()));
        let ids = items.iter().map(|item| item.id.as_str());
        match nearest(&wanted.replace(' ', "-"), ids) {
            Some(near) => problem.next(format!("did you mean {near}? {list} shows all")),
            None => problem.next(format!("{list} shows all")),
        }
    })
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
