//! Runs every rule of the program's own pack over its samples.
//!
//! A scenario is judged by its rule alone, switched on, from an empty memory: in `<id>.match.json`
//! the rule has to find something, in `<id>.quiet.json` nothing. To run it for one rule:
//! `SAMPLES=push-fraud cargo test --lib detect::samples -- --nocapture`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Engine, List, Lists, NoPast, Rules, WorkingHours};
use crate::knowledge::{Item, Knowledge, RuleText};
use crate::record::LogType;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    why: String,
    log_type: Option<LogType>,
    #[serde(default)]
    records: Vec<Box<RawValue>>,
    #[serde(default)]
    mixed: Vec<Mixed>,
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mixed {
    log_type: LogType,
    record: Box<RawValue>,
}

impl Scenario {
    fn records(&self) -> Vec<(LogType, &[u8])> {
        let mut records: Vec<(LogType, &[u8])> = self
            .records
            .iter()
            .map(|record| (self.log_type.unwrap(), record.get().as_bytes()))
            .collect();
        records
            .extend(self.mixed.iter().map(|mixed| (mixed.log_type, mixed.record.get().as_bytes())));
        records
    }

    /// How often the rule finds something.
    fn findings(&self, rule: &Item<RuleText>) -> usize {
        let mut lists = Lists::default();
        for (name, values) in &self.lists {
            lists.insert(name, List::read(&values.join("\n")));
        }
        let (rules, problems) = Rules::compile(std::slice::from_ref(rule), &lists);
        assert_eq!(problems, []);
        if rules.rules[0].waits_for.is_some() {
            return 0;
        }
        let hours = WorkingHours { zone: TimeZone::UTC, ..WorkingHours::default() };
        let mut engine = Engine::new(Arc::new(rules), hours);
        let mut findings = 0;
        for (number, (log_type, raw)) in self.records().into_iter().enumerate() {
            let found = engine.evaluate_raw(log_type, raw, number as i64, &mut NoPast).unwrap();
            findings += found.iter().filter(|finding| !finding.records.is_empty()).count();
        }
        findings
    }
}

fn scenarios(id: &str, kind: &str) -> Vec<Scenario> {
    let name = format!("assets/knowledge/duo/rules/{id}.{kind}.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&name);
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_rule_of_the_pack_can_be_read() {
    let knowledge = Knowledge::embedded().unwrap();
    let (rules, problems) = Rules::compile(knowledge.rules(), &Lists::default());
    assert_eq!(problems, []);
    assert_eq!(rules.rules.len(), knowledge.rules().len());
}

#[test]
fn rules_find_what_they_must_and_nothing_else() {
    let knowledge = Knowledge::embedded().unwrap();
    let only = std::env::var("SAMPLES").ok();
    let mut wrong = Vec::new();
    for rule in knowledge.rules() {
        if only.as_ref().is_some_and(|only| *only != rule.id) {
            continue;
        }
        for (kind, must) in [("match", true), ("quiet", false)] {
            let scenarios = scenarios(&rule.id, kind);
            assert!(!scenarios.is_empty(), "{}.{kind}.json is empty", rule.id);
            for scenario in scenarios {
                let findings = scenario.findings(rule);
                if (findings > 0) != must {
                    wrong.push(format!(
                        "{}.{kind}.json: {}: {findings} findings",
                        rule.id, scenario.why
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
