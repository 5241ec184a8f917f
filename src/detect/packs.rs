//! Holds what a knowledge pack brings to its own samples before it is kept, and has its rules and
//! mappings read by what uses them.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{self as detect, Engine, List, Lists, NoPast, Rules, WorkingHours};
use crate::base::Problem;
use crate::duo::logs::understand;
use crate::knowledge::{
    Categorizer, Category, Item, Knowledge, Mistake, Mistakes, Pack, RuleText, Samples, Scenario,
};
use crate::normalize::Normalizer;

/// Everything about a pack's categories, rules and mappings that their files alone do not tell.
pub fn check_pack(known: &Knowledge, pack: &Pack) -> Result<(), Problem> {
    Normalizer::new(known)?;
    let mut mistakes = Mistakes::default();
    let of_pack = |file: &str| pack.files.get(file).is_some();
    for item in known.categories().iter().filter(|item| of_pack(&item.file)) {
        let Ok(Some(samples)) = Samples::of(&pack.files, &item.file) else { continue };
        for what in category_fails(known, item, &samples) {
            mistakes.add(&item.file, 1, what);
        }
    }
    for item in known.rules().iter().filter(|item| of_pack(&item.file)) {
        let (_, problems) = Rules::compile(std::slice::from_ref(item), &Lists::default());
        for problem in &problems {
            let Mistake { line, what, .. } = detect::mistake(&item.file, problem);
            mistakes.add(&item.file, line, what);
        }
        let Ok(Some(samples)) = Samples::of(&pack.files, &item.file) else { continue };
        if problems.is_empty() {
            for what in rule_fails(item, &samples) {
                mistakes.add(&item.file, 1, what);
            }
        }
    }
    mistakes.or_problem(&pack.manifest.id)
}

/// What of a category's samples it does not live up to.
fn category_fails(known: &Knowledge, item: &Item<Category>, samples: &Samples) -> Vec<String> {
    let ids = known.category_ids();
    // A category that comes switched off cannot be tried.
    let Some(place) = ids.iter().position(|id| *id == item.id) else { return Vec::new() };
    let bits: Vec<u8> = (0_u8..).take(ids.len()).collect();
    let categorizer = Categorizer::new(known, &bits);
    let mut wrong = Vec::new();
    for (scenario, falls) in each(samples) {
        for (n, (log_type, raw)) in scenario.records.iter().enumerate() {
            let columns = understand(*log_type, raw.as_bytes()).columns;
            let fell = categorizer.assign(*log_type, &columns) >> place & 1 == 1;
            if fell != falls {
                let (number, why) = (n + 1, &scenario.why);
                let words = if falls { "does not fall in it" } else { "falls in it" };
                wrong.push(format!("record {number} of its sample \u{201c}{why}\u{201d} {words}"));
            }
        }
    }
    wrong
}

/// What of a rule's samples it does not live up to.
fn rule_fails(item: &Item<RuleText>, samples: &Samples) -> Vec<String> {
    let scenarios = each(samples).filter_map(|(scenario, fires)| {
        let fired = fires_at(item, scenario)?;
        let words = if fires { "does not raise it" } else { "raises it" };
        let why = &scenario.why;
        (fired != fires).then(|| format!("its sample \u{201c}{why}\u{201d} {words}"))
    });
    scenarios.collect()
}

/// Whether a rule, by itself and with an empty memory, finds something in these records; `None`
/// when it cannot be tried.
fn fires_at(item: &Item<RuleText>, scenario: &Scenario) -> Option<bool> {
    let mut lists = Lists::default();
    for (name, values) in &scenario.lists {
        lists.insert(name, List::read(&values.join("\n")));
    }
    let (rules, _) = Rules::compile(std::slice::from_ref(item), &lists);
    if rules.rules.first()?.waits_for.is_some() {
        return Some(false);
    }
    let hours = WorkingHours { zone: TimeZone::UTC, ..WorkingHours::default() };
    let mut engine = Engine::new(Arc::new(rules), hours);
    let mut fired = false;
    for (number, (log_type, raw)) in scenario.records.iter().enumerate() {
        let number = i64::try_from(number).ok()?;
        let found = engine.evaluate_raw(*log_type, raw.as_bytes(), number, &mut NoPast).ok()?;
        fired |= found.iter().any(|finding| !finding.records.is_empty());
    }
    Some(fired)
}

/// The scenarios, each with whether the item has to answer to it.
fn each(samples: &Samples) -> impl Iterator<Item = (&Scenario, bool)> {
    let matching = samples.matching.iter().map(|scenario| (scenario, true));
    matching.chain(samples.quiet.iter().map(|scenario| (scenario, false)))
}
