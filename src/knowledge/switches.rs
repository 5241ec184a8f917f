//! What a person switched on and off: `config/knowledge.toml`. An update of the program never
//! touches it.
//!
//! Promises: a change leaves a person's comments where they are, and a file with a mistake is not
//! written to.
//!
//! - Absent: everything is as it comes.
//! - Unreadable or wrong: told with the line; everything is as it comes until it is mended, because
//!   collecting must not wait for that.
//! - Left over from a crash: the file is replaced as a whole, so there is no half file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::mistake::line_of;
use crate::base::{Home, Problem, files};

const FIRST_FILE: &str = "\
# What is switched on and off in the knowledge packs. The program's own defaults hold for all else.
version = 1
";

/// A kind of items that can be switched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a record can be.
    Categories,
    /// What is worth an alert.
    Rules,
    /// What can be handed to somebody.
    Reports,
    /// What can be looked at.
    Dashboards,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Categories, Self::Rules, Self::Reports, Self::Dashboards];

    /// The section in the file, and the folder in a pack.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Categories => "categories",
            Self::Rules => "rules",
            Self::Reports => "reports",
            Self::Dashboards => "dashboards",
        }
    }

    /// One of them, in words.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Categories => "category",
            Self::Rules => "rule",
            Self::Reports => "report",
            Self::Dashboards => "dashboard",
        }
    }
}

/// What a person switched on and off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches(BTreeMap<Kind, BTreeMap<String, bool>>);

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    version: Option<i64>,
    categories: Lists,
    rules: Lists,
    reports: Lists,
    dashboards: Lists,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Lists {
    on: BTreeSet<String>,
    off: BTreeSet<String>,
}

impl Switches {
    /// Reads the file.
    pub fn load(home: &Home) -> Result<Self, Problem> {
        read_text(home)?.map_or_else(|| Ok(Self::default()), |text| parse(&text, home))
    }

    /// The items of a kind that were switched, and how.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = (&str, bool)> {
        let items = self.0.get(&kind).into_iter().flatten();
        items.map(|(id, enabled)| (id.as_str(), *enabled))
    }
}

/// Switches an item on or off and saves. Whether there is such an item is the caller's business.
pub fn switch(home: &Home, kind: Kind, id: &str, enabled: bool) -> Result<(), Problem> {
    let text = read_text(home)?.unwrap_or_else(|| FIRST_FILE.to_owned());
    parse(&text, home)?;
    let mut document: DocumentMut = text.parse().map_err(|error| unusable(home, &error))?;
    let section = document.entry(kind.section()).or_insert(Item::Table(Table::new()));
    if let Some(section) = section.as_table_like_mut() {
        let (to, from) = if enabled { ("on", "off") } else { ("off", "on") };
        if let Some(list) = section.get_mut(from).and_then(Item::as_array_mut) {
            list.retain(|item| item.as_str() != Some(id));
        }
        if section.get(to).is_none() {
            section.insert(to, value(Array::new()));
        }
        if let Some(list) = section.get_mut(to).and_then(Item::as_array_mut)
            && !list.iter().any(|item| item.as_str() == Some(id))
        {
            list.push(id);
        }
    }
    let text = document.to_string();
    parse(&text, home)?;
    let save = || {
        files::create_private_dir(&home.config)?;
        files::replace(&home.knowledge_file(), text.as_bytes())
    };
    save().map_err(|error| {
        Problem::new("The switch cannot be saved").because(error).next(format!(
            "make this file and its folder writable: {}",
            home.knowledge_file().display()
        ))
    })
}

/// A switch for an item that does not exist.
pub(super) fn unknown(kind: Kind, id: &str, near: &str) -> Problem {
    Problem::new(format!("There is no {} \u{201c}{id}\u{201d} to be switched", kind.noun())).next(
        format!(
            "did you mean {near}? It stands in config/knowledge.toml, under [{}]",
            kind.section()
        ),
    )
}

fn parse(text: &str, home: &Home) -> Result<Switches, Problem> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        unusable(home, &format!("line {line}: {}", error.message().replace('\n', ", ")))
    })?;
    if written.version.is_some_and(|version| version != 1) {
        let what = "it is of another version than this program knows, which is 1";
        return Err(unusable(home, &what));
    }
    let kinds = [
        (Kind::Categories, written.categories),
        (Kind::Rules, written.rules),
        (Kind::Reports, written.reports),
        (Kind::Dashboards, written.dashboards),
    ];
    let items = |lists: Lists| {
        let on = lists.on.into_iter().map(|id| (id, true));
        // In both lists: a person who switches something off means it.
        on.chain(lists.off.into_iter().map(|id| (id, false))).collect()
    };
    Ok(Switches(kinds.into_iter().map(|(kind, lists)| (kind, items(lists))).collect()))
}

fn read_text(home: &Home) -> Result<Option<String>, Problem> {
    let bytes =
        files::read_if_there(&home.knowledge_file()).map_err(|error| unusable(home, &error))?;
    let Some(bytes) = bytes else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(|_| unusable(home, &"it is not UTF-8 text"))?;
    Ok(Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}

fn unusable(home: &Home, because: &dyn std::fmt::Display) -> Problem {
    Problem::new("What was switched on and off in the knowledge packs cannot be read")
        .because(because)
        .next(format!(
            "correct this file; until then everything is as it comes: {}",
            home.knowledge_file().display()
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        (folder, home)
    }

    fn text(home: &Home) -> String {
        std::fs::read_to_string(home.knowledge_file()).unwrap()
    }

    #[test]
    fn the_last_switch_counts_and_comments_stay() {
        let (_folder, home) = home();
        std::fs::create_dir_all(&home.config).unwrap();
        std::fs::write(
            home.knowledge_file(),
            "# ours\nversion = 1\n[rules]\n# too loud\noff = [\"a\", \"b\"] # for now\n",
        )
        .unwrap();
        switch(&home, Kind::Rules, "a", true).unwrap();
        switch(&home, Kind::Rules, "c", false).unwrap();
        switch(&home, Kind::Rules, "c", false).unwrap();
        switch(&home, Kind::Reports, "a", false).unwrap();
        let switches = Switches::load(&home).unwrap();
        let of = |kind| switches.of(kind).collect::<Vec<_>>();
        assert_eq!(of(Kind::Rules), [("a", true), ("b", false), ("c", false)]);
        assert_eq!(of(Kind::Reports), [("a", false)]);
        let text = text(&home);
        for comment in ["# ours", "# too loud", "# for now"] {
            assert!(text.contains(comment), "{text}");
        }
    }

    #[test]
    fn without_a_file_everything_is_as_it_comes_and_the_first_switch_makes_one() {
        let (_folder, home) = home();
        assert_eq!(Switches::load(&home).unwrap(), Switches::default());
        switch(&home, Kind::Categories, "other", false).unwrap();
        assert_eq!(text(&home), format!("{FIRST_FILE}\n[categories]\noff = [\"other\"]\n"));
    }

    #[test]
    fn a_wrong_file_is_told_with_its_line_and_not_written_to() {
        let (_folder, home) = home();
        std::fs::create_dir_all(&home.config).unwrap();
        for (wrong, line) in [
            ("version = 1\n[rules]\nof = [\"a\"]\n", "line 3"),
            ("version = 1\n[rules\n", "line 2"),
            ("version = 2\n", "another version"),
        ] {
            std::fs::write(home.knowledge_file(), wrong).unwrap();
            let problem = Switches::load(&home).unwrap_err().to_string();
            assert!(problem.contains(line), "{problem}");
            assert!(switch(&home, Kind::Rules, "a", false).is_err());
            assert_eq!(text(&home), wrong);
        }
    }
}
