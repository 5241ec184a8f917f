//! What is known of each rule, and of each of the collector's own alarms, in one shape.

use std::collections::HashMap;

use crate::detect::compile::Way;
use crate::detect::{Lists, Remarks, Rules};
use crate::knowledge::{CHANGED_HERE, Knowledge, Origin};
use crate::record::{Level, LogType};
use crate::store::Raised;

/// What is known of a rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Facts {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Why it is worth an alert.
    pub reason: String,
    /// Where the facts come from.
    pub sources: Vec<String>,
    /// When it is raised though nothing is wrong.
    pub false_positives: Vec<String>,
    /// How grave it is; `None` where the rule cannot be read.
    pub level: Option<Level>,
    /// Whether it is in use.
    pub enabled: bool,
    /// The logs it looks at.
    pub log_types: Vec<LogType>,
    /// How it judges, in words.
    pub way: &'static str,
    /// The list it waits for.
    pub waits_for: Option<String>,
    /// Techniques and tactics of ATT&CK, as people write them.
    pub attack: Vec<Attack>,
    /// The pack it comes from.
    pub pack: String,
    /// Whether it was changed or made in this window.
    pub is_own: bool,
    /// Its number in Sigma.
    pub uuid: Option<String>,
    /// The day it was last reviewed.
    pub date: String,
    /// It is an alarm of the collector's own.
    pub is_alarm: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// How often it was raised.
    pub raised: Raised,
}

/// A technique or a tactic of ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attack {
    /// `T1078`, `Initial access`.
    pub name: String,
    /// Where it is described, for techniques.
    pub url: Option<String>,
}

impl Attack {
    /// Reads one of Sigma's tags; other tags say nothing here.
    pub fn of(tag: &str) -> Option<Self> {
        let rest = tag.strip_prefix("attack.")?;
        let is_technique = rest
            .strip_prefix(['t', 'T'])
            .is_some_and(|number| number.starts_with(|letter: char| letter.is_ascii_digit()));
        if is_technique {
            let name = rest.to_uppercase();
            let path = name.replace('.', "/");
            let url = Some(format!("https://attack.mitre.org/techniques/{path}/"));
            return Some(Self { name, url });
        }
        let mut letters = rest.chars();
        let first = letters.next()?.to_uppercase();
        let name = first.chain(letters).collect::<String>().replace(['-', '_'], " ");
        Some(Self { name, url: None })
    }
}

/// All rules and alarms, by title.
pub(super) fn all(
    knowledge: &Knowledge,
    lists: &Lists,
    raised: &HashMap<String, Raised>,
) -> Vec<Facts> {
    let (rules, problems) = Rules::compile(knowledge.rules(), lists);
    let mut all = Vec::new();
    for item in knowledge.rules() {
        let rule = rules.rules.iter().find(|rule| *rule.id == *item.id);
        let remarks = Remarks::of(item);
        let problem = rule.is_none().then(|| {
            let texts = problems.iter().map(ToString::to_string);
            let own = texts.into_iter().find(|text| text.starts_with(&item.file));
            own.unwrap_or_else(|| "it cannot be read".to_owned())
        });
        all.push(Facts {
            id: item.id.clone(),
            title: item.title.clone(),
            reason: item.reason.clone(),
            sources: item.sources.clone(),
            false_positives: remarks.false_positives,
            level: rule.map(|rule| rule.level),
            enabled: item.enabled,
            log_types: rule.map(|rule| rule.log_types.clone()).unwrap_or_default(),
            way: rule.map_or("", |rule| way_words(&rule.way)),
            waits_for: rule.and_then(|rule| rule.waits_for.clone()),
            attack: remarks.tags.iter().filter_map(|tag| Attack::of(tag)).collect(),
            pack: item.origin.pack().to_owned(),
            is_own: item.origin == Origin::User(CHANGED_HERE.to_owned()),
            uuid: rule.and_then(|rule| rule.uuid.clone()),
            date: item.date.clone(),
            is_alarm: false,
            problem,
            raised: raised.get(&item.id).copied().unwrap_or_default(),
        });
    }
    for item in knowledge.alarms() {
        all.push(Facts {
            id: item.id.clone(),
            title: item.title.clone(),
            reason: item.reason.clone(),
            sources: item.sources.clone(),
            false_positives: Vec::new(),
            level: Some(item.body.level),
            enabled: item.enabled,
            log_types: Vec::new(),
            way: "The collector watches itself",
            waits_for: None,
            attack: Vec::new(),
            pack: item.origin.pack().to_owned(),
            is_own: false,
            uuid: None,
            date: item.date.clone(),
            is_alarm: true,
            problem: None,
            raised: raised.get(&item.id).copied().unwrap_or_default(),
        });
    }
    all.sort_by_cached_key(|facts| short_title(&facts.title).to_lowercase());
    all
}

/// A title without what all of the pack's have in front.
pub(super) fn short_title(title: &str) -> &str {
    let rest = title.strip_prefix("Duo Security").unwrap_or(title);
    rest.trim_start_matches([' ', '-', ':', '\u{2013}'])
}

const fn way_words(way: &Way) -> &'static str {
    match way {
        Way::Single => "Each record that is as described",
        Way::Correlated { .. } => "Records that mean something together",
        Way::Usual { .. } => "What was not seen before",
        Way::Journey { .. } => "Places too far apart for the time between",
        Way::Spike { .. } => "More than usual",
    }
}

impl Facts {
    /// Which logs, in words.
    pub fn logs(&self) -> String {
        if self.is_alarm {
            return "The collector itself".to_owned();
        }
        if self.log_types.len() == LogType::ALL.len() {
            return "All logs".to_owned();
        }
        let titles: Vec<&str> = self.log_types.iter().map(|log_type| log_type.title()).collect();
        titles.join(", ")
    }

    /// Whose it is, in words.
    pub fn whose(&self) -> String {
        match self.pack.as_str() {
            crate::knowledge::OWN => "Comes with the program".to_owned(),
            _ if self.is_own => "Your own".to_owned(),
            pack => format!("Pack {pack}"),
        }
    }

    /// Whether it has this text, in lower case, in what people look for.
    pub fn has(&self, wanted: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(wanted);
        has(&self.title)
            || has(&self.id)
            || has(&self.reason)
            || has(&self.pack)
            || self.level.is_some_and(|level| has(level.title()))
            || self.attack.iter().any(|attack| has(&attack.name))
            || self.log_types.iter().any(|log_type| has(log_type.title()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_attack_are_written_as_people_know_them() {
        let of = |tag: &str| Attack::of(tag).map(|attack| (attack.name, attack.url));
        let url = |path: &str| Some(format!("https://attack.mitre.org/techniques/{path}/"));
        assert_eq!(of("attack.t1078.004"), Some(("T1078.004".to_owned(), url("T1078/004"))));
        assert_eq!(of("attack.initial-access"), Some(("Initial access".to_owned(), None)));
        assert_eq!(of("cve.2024-1"), None);
        assert_eq!(of("attack."), None);
    }

    #[test]
    fn every_rule_and_alarm_of_the_pack_is_there_and_says_what_it_is() {
        let knowledge = Knowledge::embedded().unwrap();
        let raised =
            HashMap::from([("push-fraud".to_owned(), Raised { alerts: 7, ..Raised::default() })]);
        let all = all(&knowledge, &Lists::default(), &raised);
        assert_eq!(all.len(), knowledge.rules().len() + knowledge.alarms().len());
        for facts in &all {
            assert!(facts.level.is_some() && facts.problem.is_none(), "{}", facts.id);
            assert!(!facts.reason.is_empty() && !facts.way.is_empty() && !facts.logs().is_empty());
        }
        let push = all.iter().find(|facts| facts.id == "push-fraud").unwrap();
        assert_eq!((push.raised.alerts, push.logs().as_str()), (7, "Authentication"));
        assert!(push.has("t1621") && push.has("fraud") && !push.has("zebra"));
    }
}
