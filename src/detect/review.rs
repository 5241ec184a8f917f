//! A rule as people read and write it: what it says beside what it detects, and what is wrong with
//! its text.
//!
//! Promises: pure; everything wrong is told with its line, one mistake a line.

use super::compile::Rules;
use super::lists::Lists;
use super::sigma::documents;
use crate::base::Problem;
use crate::knowledge::{self, Item, Mistake, RuleText};

/// What a rule says beside what it detects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// When it is raised though nothing is wrong.
    pub false_positives: Vec<String>,
    /// Sigma's tags: `attack.t1078`.
    pub tags: Vec<String>,
}

impl Remarks {
    /// Reads them; nothing where the rule cannot be read.
    pub fn of(item: &Item<RuleText>) -> Self {
        let Ok(documents) = documents(&item.file, &item.body.0) else { return Self::default() };
        let Some(last) = documents.last() else { return Self::default() };
        let rules = last.parsed.rules.iter().map(|rule| (&rule.falsepositives, &rule.tags));
        let correlations =
            last.parsed.correlations.iter().map(|rule| (&rule.falsepositives, &rule.tags));
        let found = rules.chain(correlations).next();
        found.map_or_else(Self::default, |(false_positives, tags)| Self {
            false_positives: false_positives.clone(),
            tags: tags.clone(),
        })
    }
}

/// Reads a text as a rule and tells all that is wrong with it.
pub fn review(text: &str, lists: &Lists) -> (Item<RuleText>, Vec<Mistake>) {
    let (item, mut mistakes) = knowledge::read_rule(text);
    let (_, problems) = Rules::compile(std::slice::from_ref(&item), lists);
    for problem in &problems {
        let mistake = mistake(&item.file, problem);
        if mistakes.iter().all(|known| known.line != mistake.line) {
            mistakes.push(mistake);
        }
    }
    mistakes.sort_by_key(|mistake| mistake.line);
    (item, mistakes)
}

/// A problem that names file and line, as a mistake.
pub fn mistake(file: &str, problem: &Problem) -> Mistake {
    let text = problem.to_string();
    let rest = text.strip_prefix(file).and_then(|rest| rest.strip_prefix(", line "));
    let (line, what) = match rest.and_then(|rest| rest.split_once(": ")) {
        Some((line, what)) => (line.parse().unwrap_or(1), what.to_owned()),
        None => (1, text),
    };
    Mistake { file: file.to_owned(), line, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;

    fn text_of(id: &str) -> String {
        Knowledge::embedded().unwrap().rule(id).unwrap().body.0.clone()
    }

    fn lines(text: &str) -> Vec<usize> {
        let (_, mistakes) = review(text, &Lists::default());
        mistakes.iter().map(|mistake| mistake.line).collect()
    }

    #[test]
    fn all_rules_of_the_pack_are_without_mistakes_and_say_what_they_are() {
        let knowledge = Knowledge::embedded().unwrap();
        for item in knowledge.rules() {
            let (read, mistakes) = review(&item.body.0, &Lists::default());
            assert_eq!(mistakes, [], "{}", item.id);
            assert_eq!((&read.id, &read.title), (&item.id, &item.title));
            assert!(!Remarks::of(item).tags.is_empty(), "{} has no tags", item.id);
        }
    }

    #[test]
    fn each_mistake_is_told_once_with_its_line() {
        let good = text_of("push-fraud");
        let line = |start: &str| {
            1 + good.lines().position(|line| line.trim_start().starts_with(start)).unwrap()
        };
        assert_eq!(lines(&good), [0_usize; 0]);
        assert_eq!(lines(&good.replacen("\nlevel: ", "\nlevel: very ", 1)), [line("level")]);
        assert_eq!(lines(&good.replace("duo.result", "duo.resutl")), [line("duo.result")]);
        let both = good.replace("duo.result", "duo.resutl").replace("date: 2026", "date: x2026");
        assert_eq!(lines(&both), [line("date"), line("duo.result")]);
        let unclosed = good.replace("    duo.result: fraud", "    duo.result: [fraud");
        assert!(lines(&unclosed)[0] >= line("duo.result"), "{:?}", lines(&unclosed));
        assert!(!lines("").is_empty());
    }
}
