//! What a rule would have raised over the stored records.
//!
//! Promises: writes nothing; what the rule finds is gathered into alerts as what is raised is; a
//! rule that needs earlier records to know what is usual is given them, and only what it finds in
//! the wanted time counts; it can be stopped at any moment.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::base::{Problem, UnixMillis};
use crate::detect::compile::Way;
use crate::detect::{Arrived, Engine, Finding, NoPast, Rule, Rules, WorkingHours};
use crate::store::{EventQuery, Reader};

/// Examples that are told.
const EXAMPLES: usize = 10;

/// Records named for an example.
const NAMED: usize = 20;

/// Records between two questions whether to go on.
const BETWEEN: u64 = 256;

/// Over which records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Only this account's; all when `None`.
    pub account: Option<String>,
    /// From this instant on, inclusive; all that is stored when `None`.
    pub since: Option<UnixMillis>,
    /// Up to this instant, inclusive.
    pub until: Option<UnixMillis>,
}

/// What a rule would have raised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backtest {
    /// Records looked at.
    pub read: u64,
    /// Records it was found in.
    pub records: u64,
    /// When the first record of each alert happened, in the order they would have been raised.
    pub alerts: Vec<UnixMillis>,
    /// The first of the alerts.
    pub examples: Vec<Example>,
}

/// An alert that would have been raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// When the first of its records happened.
    pub at: UnixMillis,
    /// The account's name.
    pub account: String,
    /// What it is about.
    pub subject: String,
    /// How many records it stands for.
    pub count: u64,
    /// The first of them, by their ids.
    pub events: Vec<String>,
}

/// Runs the only rule of `rules` over stored records. `go_on` is told the time of the record it is
/// at, now and then, and says whether anybody still wants to know; `None` when not.
pub fn backtest(
    reader: &Reader,
    rules: Rules,
    hours: WorkingHours,
    over: &Over,
    mut go_on: impl FnMut(UnixMillis) -> bool,
) -> Result<Option<Backtest>, Problem> {
    let rules = Arc::new(rules);
    let Some(rule) = rules.rules.first() else {
        return Err(Problem::new("The rule cannot be used"));
    };
    if let Some(list) = &rule.waits_for {
        return Err(Problem::new(format!("The rule {} waits for a list", rule.id))
            .next(format!("write what it needs into config/lists/{list}.txt, one value a line")));
    }
    let mut told = Told::new(rule, over.since);
    let mut engine = Engine::new(Arc::clone(&rules), hours);
    let query = EventQuery {
        account: over.account.clone(),
        log_types: rule.log_types.clone(),
        since: begin(rule, over.since),
        until: over.until,
        ..EventQuery::default()
    };
    let mut accounts: HashMap<String, i64> = HashMap::new();
    let mut findings = Vec::new();
    let stopped = reader.events(&query, |event| {
        if told.tested.read % BETWEEN == 0 && !go_on(event.time) {
            return ControlFlow::Break(None);
        }
        told.tested.read += 1;
        let next = accounts.len() as i64;
        let account = match accounts.get(event.account) {
            Some(number) => *number,
            None => *accounts.entry(event.account.to_owned()).or_insert(next),
        };
        let name = || event.id();
        let record = Arrived {
            account,
            feed: event.log_type as i64,
            log_type: event.log_type,
            time: event.time,
            event: told.tested.read as i64,
            name: &name,
            raw: event.raw,
        };
        match engine.evaluate(&record, &mut NoPast, &mut findings) {
            Ok(()) => {
                findings.drain(..).for_each(|finding| told.add(finding, event.account));
                ControlFlow::Continue(())
            }
            Err(problem) => ControlFlow::Break(Some(problem)),
        }
    });
    match stopped.map_err(|error| error.problem)? {
        None => Ok(Some(told.tested)),
        Some(None) => Ok(None),
        Some(Some(problem)) => Err(problem),
    }
}

/// From where on records have to be read for a rule to know what it would have known.
fn begin(rule: &Rule, since: Option<UnixMillis>) -> Option<UnixMillis> {
    match &rule.way {
        Way::Single => since,
        Way::Correlated { plan, .. } => {
            let spans = plan.iter().map(|correlation| correlation.span);
            Some(UnixMillis(since?.0.saturating_sub(spans.fold(0, i64::saturating_add))))
        }
        // What is usual is learned from all that is stored.
        Way::Usual { .. } | Way::Journey { .. } | Way::Spike { .. } => None,
    }
}

/// What a rule found so far, grouped as alerts are.
struct Told<'r> {
    rule: &'r Rule,
    since: Option<UnixMillis>,
    /// For account and subject: when the last of an alert's records happened, and which alert.
    last: HashMap<(i64, String), (UnixMillis, usize)>,
    tested: Backtest,
}

impl<'r> Told<'r> {
    fn new(rule: &'r Rule, since: Option<UnixMillis>) -> Self {
        Self { rule, since, last: HashMap::new(), tested: Backtest::default() }
    }

    fn add(&mut self, finding: Finding, account: &str) {
        let times = || finding.records.iter().map(|record| record.time);
        let (Some(first), Some(last)) = (times().min(), times().max()) else { return };
        if self.since.is_some_and(|since| last < since) {
            return;
        }
        let tested = &mut self.tested;
        tested.records += finding.records.len() as u64;
        let key = (finding.account, finding.subject.clone());
        let near = self.last.get(&key).copied();
        let near = near.filter(|(end, _)| first.minus(self.rule.group_for) <= *end);
        let alert = match near {
            Some((_, alert)) => alert,
            None => {
                tested.alerts.push(first);
                if tested.examples.len() < EXAMPLES {
                    tested.examples.push(Example {
                        at: first,
                        account: account.to_owned(),
                        subject: finding.subject.clone(),
                        count: 0,
                        events: Vec::new(),
                    });
                }
                tested.alerts.len() - 1
            }
        };
        let end = near.map_or(last, |(end, _)| end.max(last));
        self.last.insert(key, (end, alert));
        if let Some(example) = tested.examples.get_mut(alert) {
            example.count += finding.records.len() as u64;
            let names = finding.records.iter().map(|record| record.name.text());
            example.events.extend(names);
            example.events.truncate(NAMED);
        }
    }
}
