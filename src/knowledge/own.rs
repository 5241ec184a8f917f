//! What a person changes here, item by item: a pack of its own, `data/packs/own.zip`, which stands
//! over all others.
//!
//! Promises: a rule is kept only when everything of the pack is right with it, and the one before
//! it is handed back; the pack is gone with its last item.
//!
//! Absent, unreadable, left over from a crash: as for all packs. One that cannot be read is not
//! written to.

use std::fs;

use super::archive;
use super::manifest::{self, Manifest};
use super::mistake::{Mistake, Mistakes};
use super::packs::{self, Pack, cannot, checked, path_of};
use super::rule::{self, RuleText};
use super::{Files, Item, Knowledge, Origin};
use crate::base::{Home, Problem, files};

/// The id of the pack that holds what a person changes in the window.
pub const CHANGED_HERE: &str = "own";

const MANIFEST: &str = "\
# What was changed in the window. Each item here takes the place of the one with its id.
id = \"own\"
title = \"Changed here\"
version = \"1\"
format = 1
";

/// A rule that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRule {
    /// Its id.
    pub id: String,
    /// What was kept under this id before.
    pub before: Option<String>,
}

/// Reads a rule's text by itself. What is wrong beyond its Sigma is told with its line.
pub fn read_rule(text: &str) -> (Item<RuleText>, Vec<Mistake>) {
    let file = file_of(&rule::id_of(text));
    let mut mistakes = Mistakes::default();
    let item = rule::read_one(&file, text, &Origin::User(CHANGED_HERE.to_owned()), &mut mistakes);
    let mut mistakes = mistakes.into_list();
    for mistake in &mut mistakes {
        // What items have in common goes by other words in Sigma.
        let what = match mistake.what.as_str() {
            "it has no id" => "it has no name: the id of the rule, such as many-denied",
            "it has no reason" => "it has no description: why it is worth an alert",
            "it names no sources" => "it has no references: where the facts come from",
            _ => continue,
        };
        what.clone_into(&mut mistake.what);
    }
    (item, mistakes)
}

/// The rule that an own one takes the place of.
pub fn rule_beneath(home: &Home, id: &str) -> Result<Option<Item<RuleText>>, Problem> {
    let known = beneath(home)?;
    Ok(known.rules().iter().find(|item| item.id == id).cloned())
}

/// Keeps a rule under the id that its text says.
pub fn keep_rule(home: &Home, text: &str) -> Result<KeptRule, Problem> {
    let (item, _) = read_rule(text);
    let mut files = read(home)?.map(|pack| pack.files).unwrap_or_default();
    files.insert(manifest::FILE.to_owned(), MANIFEST.to_owned());
    let before = files.get(&item.file).map(str::to_owned);
    files.insert(item.file, text.to_owned());
    write(home, files)?;
    Ok(KeptRule { id: item.id, before })
}

/// Forgets an own rule; the one beneath is in use again. Gives the text it had.
pub fn forget_rule(home: &Home, id: &str) -> Result<String, Problem> {
    let mut files = read(home)?.map(|pack| pack.files).unwrap_or_default();
    let text = files.remove(&file_of(id)).ok_or_else(|| {
        Problem::new(format!("There is no rule of your own called {id}"))
            .next("it may have been removed meanwhile; nothing was changed")
    })?;
    if files.iter().any(|(name, _)| name.contains('/')) {
        write(home, files)?;
    } else {
        let path = path_of(home, CHANGED_HERE);
        fs::remove_file(&path).map_err(|error| cannot("removed", &path, &error))?;
    }
    Ok(text)
}

fn file_of(id: &str) -> String {
    format!("rules/{}.yml", if id.is_empty() { "rule" } else { id })
}

/// The pack, when there is one.
fn read(home: &Home) -> Result<Option<Pack>, Problem> {
    let path = path_of(home, CHANGED_HERE);
    if !path.exists() {
        return Ok(None);
    }
    packs::read(&path, CHANGED_HERE).map(Some)
}

fn write(home: &Home, files: Files) -> Result<(), Problem> {
    let Pack { manifest, files }: Pack = checked(files, CHANGED_HERE)?;
    check(home, &files, &manifest)?;
    let bytes = archive::pack(&files)?;
    let path = path_of(home, CHANGED_HERE);
    let save = || {
        files::create_private_dir(&home.packs_dir())?;
        files::replace(&path, &bytes)
    };
    save().map_err(|error| cannot("kept", &path, &error))
}

fn check(home: &Home, files: &Files, manifest: &Manifest) -> Result<(), Problem> {
    beneath(home)?.with(files, manifest).map(|_| ())
}

/// Everything known without what was changed here.
fn beneath(home: &Home) -> Result<Knowledge, Problem> {
    let mut known = Knowledge::embedded()?;
    for other in packs::packs(home).into_iter().flatten() {
        if other.manifest.id != CHANGED_HERE {
            // What is wrong with another pack is told where knowledge is loaded.
            known = known.with(&other.files, &other.manifest).unwrap_or(known);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        (folder, home)
    }

    fn text_of(id: &str) -> String {
        Knowledge::embedded().unwrap().rule(id).unwrap().body.0.clone()
    }

    fn title_of(home: &Home, id: &str) -> Option<String> {
        let (knowledge, problems) = Knowledge::load(home).unwrap();
        assert_eq!(problems, []);
        knowledge.rule(id).ok().map(|item| item.title.clone())
    }

    #[test]
    fn an_own_copy_stands_over_the_packs_rule_until_it_is_forgotten() {
        let (_folder, home) = home();
        let original = text_of("push-fraud");
        let mine = original.replacen("Fraud user detected", "Mine", 1);
        let kept = keep_rule(&home, &mine).unwrap();
        assert_eq!(kept, KeptRule { id: "push-fraud".to_owned(), before: None });
        assert_eq!(title_of(&home, "push-fraud").unwrap(), "Duo Security: Mine");
        assert_eq!(rule_beneath(&home, "push-fraud").unwrap().unwrap().body.0, original);

        let again = keep_rule(&home, &mine.replacen("Mine", "Still Mine", 1)).unwrap();
        assert_eq!(again.before.as_deref(), Some(mine.as_str()));
        assert_eq!(title_of(&home, "push-fraud").unwrap(), "Duo Security: Still Mine");

        assert!(forget_rule(&home, "push-fraud").unwrap().contains("Still Mine"));
        assert!(!title_of(&home, "push-fraud").unwrap().contains("Mine"));
        assert!(!path_of(&home, CHANGED_HERE).exists(), "gone with its last item");
        assert!(forget_rule(&home, "push-fraud").is_err());
    }

    #[test]
    fn a_rule_of_another_name_stands_beside() {
        let (_folder, home) = home();
        let new = text_of("push-fraud").replace("name: push-fraud", "name: my-fraud");
        assert_eq!(keep_rule(&home, &new).unwrap().id, "my-fraud");
        assert!(title_of(&home, "my-fraud").is_some() && title_of(&home, "push-fraud").is_some());
        assert_eq!(rule_beneath(&home, "my-fraud").unwrap(), None);
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_nothing_is_kept() {
        let (_folder, home) = home();
        let wrong = text_of("push-fraud").replacen("level: ", "level: very ", 1);
        let line = wrong.lines().position(|line| line.starts_with("level: very")).unwrap() + 1;
        let (item, mistakes) = read_rule(&wrong);
        assert_eq!(item.id, "push-fraud");
        assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [line]);
        let problem = keep_rule(&home, &wrong).unwrap_err().to_string();
        assert!(problem.contains(&format!("rules/push-fraud.yml, line {line}")), "{problem}");
        assert!(!path_of(&home, CHANGED_HERE).exists());
    }

    #[test]
    fn a_pack_that_cannot_be_read_is_not_written_over() {
        let (_folder, home) = home();
        files::create_private_dir(&home.packs_dir()).unwrap();
        fs::write(path_of(&home, CHANGED_HERE), b"not a pack").unwrap();
        assert!(keep_rule(&home, &text_of("push-fraud")).is_err());
        assert_eq!(fs::read(path_of(&home, CHANGED_HERE)).unwrap(), b"not a pack");
    }

    #[test]
    fn text_without_a_name_is_a_rule_without_id() {
        let (item, mistakes) = read_rule("title: A\n");
        assert_eq!(item.id, "");
        assert!(mistakes.iter().any(|mistake| mistake.what.contains("no name")), "{mistakes:?}");
    }
}
