//! Judges records, one after the other, by all rules.
//!
//! Promises: no clock, no disk; what it remembers it fetches from where the caller keeps it, and
//! hands out what changed; the same records in the same order give the same findings.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use super::baseline::{Counts, Journey, Usual};
use super::candidates::{Candidate, Candidates};
use super::compile::{Rule, Rules, Way};
use super::correlation::Group;
use super::fields::{FieldId, Looked};
use super::finding::{Finding, Name, Seen};
use super::hours::WorkingHours;
use super::memory::{Change, Form, Past, Shelf, Since};
use super::places::Places;
use super::twins::Acts;
use crate::base::{Problem, UnixMillis};
use crate::duo::logs::understand;
use crate::record::LogType;

/// Bytes of memory at hand, roughly; beyond that it is fetched again when needed.
const AT_HAND: usize = 16 << 20;

/// Between the parts of a key.
const AND: char = '\u{1f}';

/// A record that arrived.
#[derive(Clone, Copy)]
pub struct Arrived<'a> {
    /// The account's number.
    pub account: i64,
    /// The log's number.
    pub feed: i64,
    /// Which log.
    pub log_type: LogType,
    /// When it happened.
    pub time: UnixMillis,
    /// The record's 64 bits.
    pub event: i64,
    /// The record's id in words, when somebody asks.
    pub name: &'a dyn Fn() -> Cow<'a, str>,
    /// Exactly what Duo sent.
    pub raw: &'a [u8],
}

/// Judges records by rules.
#[derive(Debug, Default)]
pub struct Engine {
    rules: Arc<Rules>,
    hours: Arc<WorkingHours>,
    candidates: Candidates,
    shelves: Vec<Shelf>,
    key: String,
}

impl Engine {
    /// An engine that remembers nothing yet.
    pub fn new(rules: Arc<Rules>, hours: WorkingHours) -> Self {
        let mut shelves = Vec::new();
        shelves.resize_with(rules.rules.len(), Shelf::default);
        Self {
            rules,
            hours: Arc::new(hours),
            candidates: Candidates::default(),
            shelves,
            key: String::new(),
        }
    }

    /// The rules it judges by.
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Judges a record; adds what it found. After an error nothing is certain: [`Self::forget`], and
    /// begin again where the last changes were taken.
    pub fn evaluate(
        &mut self,
        record: &Arrived<'_>,
        past: &mut dyn Past,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Problem> {
        let columns = understand(record.log_type, record.raw).columns;
        let rules = Arc::clone(&self.rules);
        let chosen = self.candidates.of(&rules, record.log_type, &columns);
        if chosen.candidates.is_empty() {
            return Ok(());
        }
        let hours = Arc::clone(&self.hours);
        let looked = Looked::new(
            &rules.fields,
            &hours,
            record.time,
            record.raw,
            &columns,
            Arc::clone(&chosen.choosing),
        );
        let mut done = Ok(());
        for candidate in &chosen.candidates {
            let Some(rule) = rules.rules.get(candidate.rule) else { continue };
            let Some(part) = rule.parts.get(candidate.part) else { continue };
            if candidate.certain || part.condition.matches(&looked) {
                done = self.matched(record, &looked, rule, *candidate, past, findings);
                if done.is_err() {
                    break;
                }
            }
        }
        done
    }

    /// Judges a record that lies in no store, as if it had just arrived. `number` tells it from
    /// others.
    pub fn evaluate_raw(
        &mut self,
        log_type: LogType,
        raw: &[u8],
        number: i64,
        past: &mut dyn Past,
    ) -> Result<Vec<Finding>, Problem> {
        let time = understand(log_type, raw).time.unwrap_or_default();
        let name = || log_type.own_id(raw).unwrap_or_else(|| Cow::Owned(number.to_string()));
        let (feed, event) = (log_type as i64, number);
        let record = Arrived { account: 0, feed, log_type, time, event, name: &name, raw };
        let mut findings = Vec::new();
        self.evaluate(&record, past, &mut findings)?;
        Ok(findings)
    }

    /// A record matched one of a rule's detections.
    fn matched(
        &mut self,
        record: &Arrived<'_>,
        looked: &Looked<'_>,
        rule: &Rule,
        candidate: Candidate,
        past: &mut dyn Past,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Problem> {
        let Some(shelf) = self.shelves.get_mut(candidate.rule) else { return Ok(()) };
        let mut keys = Keys { account: record.account, key: &mut self.key };
        let seen = || Seen {
            feed: record.feed,
            time: record.time,
            event: record.event,
            name: Name::new(&(record.name)()),
        };
        let in_two_logs = matches!(record.log_type, LogType::Activity | LogType::Administrator)
            && rule.log_types.contains(&LogType::Activity)
            && rule.log_types.contains(&LogType::Administrator);
        let time = record.time.0;
        let correlated = matches!(rule.way, Way::Correlated { .. });
        if in_two_logs && !correlated {
            let key = keys.of_act(looked, candidate.part);
            let twin = shelf.work(&rule.print, key, past, |acts: &mut Acts| {
                (acts.is_twin(record.log_type, time), true)
            })?;
            if twin {
                findings.push(finding(rule, record, looked, Vec::new(), vec![seen()]));
                return Ok(());
            }
        }
        match &rule.way {
            Way::Single => {
                findings.push(finding(rule, record, looked, vec![seen()], Vec::new()));
            }
            Way::Correlated { plan, group_by, values } => {
                let by = group_by.get(candidate.part).map_or(&[][..], Vec::as_slice);
                let Some(key) = keys.of('g', looked, by) else { return Ok(()) };
                let value = |number: usize| {
                    let fields = values.get(number)?;
                    print_of(looked, fields)
                };
                let seen = seen();
                let found = shelf.work(&rule.print, key, past, |group: &mut Group| {
                    (group.add(plan, candidate.part, value, &seen, in_two_logs), true)
                })?;
                if !found.records.is_empty() || !found.twins.is_empty() {
                    findings.push(finding(rule, record, looked, found.records, found.twins));
                }
            }
            Way::Usual { by, value, warm_up } => {
                let Some(key) = keys.of('u', looked, by) else { return Ok(()) };
                let Some(value) = print_of(looked, value) else { return Ok(()) };
                let new = shelf.work(&rule.print, key, past, |usual: &mut Usual| {
                    usual.note(*warm_up, value, time)
                })?;
                if new {
                    findings.push(finding(rule, record, looked, vec![seen()], Vec::new()));
                }
            }
            Way::Journey { by, place: (country, state), speed } => {
                let Some(key) = keys.of('j', looked, by) else { return Ok(()) };
                let Some(country) = looked.text(*country) else { return Ok(()) };
                let state = looked.text(*state);
                let Some(place) = Places::embedded().find(&country, state.as_deref()) else {
                    return Ok(());
                };
                let seen = seen();
                let told = shelf.work(&rule.print, key, past, |journey: &mut Journey| {
                    (journey.note(*speed, place, &seen), true)
                })?;
                if !told.is_empty() {
                    findings.push(finding(rule, record, looked, told, Vec::new()));
                }
            }
            Way::Spike { by, spike } => {
                let key = keys.of_account('s');
                let since = shelf.work(&rule.print, key, past, |since: &mut Since| {
                    let first = since.0.map_or(time, |known| known.min(time));
                    let changed = since.0 != Some(first);
                    since.0 = Some(first);
                    (first, changed)
                })?;
                let Some(key) = keys.of('c', looked, by) else { return Ok(()) };
                let many = shelf.work(&rule.print, key, past, |counts: &mut Counts| {
                    (counts.note(*spike, since, time), true)
                })?;
                if many {
                    findings.push(finding(rule, record, looked, vec![seen()], Vec::new()));
                }
            }
        }
        Ok(())
    }

    /// Takes what changed since the last time, to be written down.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (rule, shelf) in self.rules.rules.iter().zip(&mut self.shelves) {
            shelf.take_changes(&rule.print, form(rule), &mut changes);
        }
        changes
    }

    /// Puts away what is at hand if it has grown large. Only after all changes are written down.
    pub fn tidy(&mut self) {
        if self.shelves.iter().map(Shelf::size).sum::<usize>() > AT_HAND {
            self.forget();
        }
    }

    /// Puts away all that is at hand; it is fetched again when needed.
    pub fn forget(&mut self) {
        self.shelves.iter_mut().for_each(Shelf::forget);
    }
}

fn form(rule: &Rule) -> Form<'_> {
    match &rule.way {
        Way::Single | Way::Journey { .. } => Form::Own,
        Way::Correlated { plan, .. } => Form::Plan(plan),
        Way::Usual { warm_up, .. } => Form::WarmUp(*warm_up),
        Way::Spike { spike, .. } => Form::Spike(*spike),
    }
}

/// Makes the keys under which things are remembered.
struct Keys<'k> {
    account: i64,
    key: &'k mut String,
}

impl Keys<'_> {
    /// A key of the whole account.
    fn of_account(&mut self, kind: char) -> &str {
        self.key.clear();
        // Writing to a text does not fail.
        let _ = write!(self.key, "{}{AND}{kind}", self.account);
        self.key
    }

    /// A key of some fields' texts in lower case; none when one of them is missing.
    fn of(&mut self, kind: char, looked: &Looked<'_>, fields: &[FieldId]) -> Option<&str> {
        self.of_account(kind);
        for field in fields {
            let text = looked.text(*field)?;
            self.push(&text);
        }
        Some(self.key)
    }

    /// A key of an act: what was done, by whom, to whom.
    fn of_act(&mut self, looked: &Looked<'_>, part: usize) -> &str {
        self.of_account('t');
        let _ = write!(self.key, "{AND}{part}");
        let (user, target) = looked.who();
        let action = looked.choosing().action.as_deref();
        for text in [action, user, target] {
            self.push(text.unwrap_or_default());
        }
        self.key
    }

    fn push(&mut self, text: &str) {
        self.key.push(AND);
        if text.is_ascii() {
            self.key.extend(text.chars().map(|letter| letter.to_ascii_lowercase()));
        } else {
            self.key.push_str(&text.to_lowercase());
        }
    }
}

/// 64 bits that stand for some fields' texts in any letter case; none when one of them is missing.
fn print_of(looked: &Looked<'_>, fields: &[FieldId]) -> Option<u64> {
    // FNV-1a: the same in every version of the program, because it is written down.
    let mut print = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |byte: u8| print = (print ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for field in fields {
        let text = looked.text(*field)?;
        if text.is_ascii() {
            text.bytes().for_each(|byte| add(byte.to_ascii_lowercase()));
        } else {
            text.to_lowercase().bytes().for_each(&mut add);
        }
        add(0xff);
    }
    Some(print)
}

fn finding(
    rule: &Rule,
    record: &Arrived<'_>,
    looked: &Looked<'_>,
    records: Vec<Seen>,
    twins: Vec<Seen>,
) -> Finding {
    let texts: Vec<Cow<'_, str>> =
        rule.subject.iter().filter_map(|field| looked.text(*field)).collect();
    let subject = if texts.is_empty() {
        let (user, target) = looked.who();
        user.or(target).unwrap_or_default().to_owned()
    } else {
        texts.join(", ")
    };
    Finding { rule: Arc::clone(&rule.id), account: record.account, subject, records, twins }
}
