//! Judges records, one after the other, by all rules.
//!
//! Promises: no clock, no disk; what it remembers it fetches from where the caller keeps it, and
//! hands out what changed; the same records in the same order give the same findings.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use super::asked::Answer;
use super::candidates::{Candidates, Chosen};
use super::compile::{Rule, Rules, Way};
use super::fields::Looked;
use super::finding::{Finding, Name};
use super::hours::WorkingHours;
use super::judge::{Judging, Keys};
use super::memory::{Change, Form, Past, Reached, Shelf};
use crate::base::{Problem, UnixMillis};
use crate::duo::logs::understand;
use crate::record::{IdSource, LogType, Understood};

/// Bytes of memory at hand, roughly; beyond that it is fetched again when needed.
const AT_HAND: usize = 16 << 20;

/// Under this name stands what all rules remember together.
const ALL_RULES: &str = "@";

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

/// What can be told of a record without knowing any other.
pub struct Prepared<'a> {
    understood: Understood<'a>,
    chosen: Arc<Chosen>,
    answers: OnceCell<Option<Vec<Answer>>>,
}

/// Prepares records, on another thread than the one that judges them if need be.
#[derive(Debug, Default)]
pub struct Preparing {
    rules: Arc<Rules>,
    candidates: Candidates,
}

impl Preparing {
    /// For judging by these rules.
    pub fn new(rules: Arc<Rules>) -> Self {
        Self { rules, candidates: Candidates::default() }
    }

    /// Prepares a record as far as it costs little.
    fn begin<'a>(&mut self, log_type: LogType, raw: &'a [u8]) -> Prepared<'a> {
        let understood = understand(log_type, raw);
        let chosen = self.candidates.of(&self.rules, log_type, &understood.columns);
        Prepared { understood, chosen, answers: OnceCell::new() }
    }

    /// Prepares a record as far as that can be done.
    pub fn prepare<'a>(&mut self, log_type: LogType, raw: &'a [u8]) -> Prepared<'a> {
        let prepared = self.begin(log_type, raw);
        if !prepared.chosen.candidates.is_empty() {
            let read = || self.rules.fields.read(log_type, raw);
            prepared.answers.get_or_init(read);
        }
        prepared
    }
}

/// Judges records by rules.
#[derive(Debug)]
pub struct Engine {
    rules: Arc<Rules>,
    hours: Arc<WorkingHours>,
    preparing: Preparing,
    shelves: Vec<Shelf>,
    /// How far the logs have got, for all rules.
    reached: Shelf,
    /// Under which name that is remembered.
    all_rules: Arc<str>,
    key: String,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(Arc::default(), WorkingHours::default())
    }
}

impl Engine {
    /// An engine that remembers nothing yet.
    pub fn new(rules: Arc<Rules>, hours: WorkingHours) -> Self {
        let mut shelves = Vec::new();
        shelves.resize_with(rules.rules.len(), Shelf::default);
        Self {
            preparing: Preparing::new(Arc::clone(&rules)),
            rules,
            hours: Arc::new(hours),
            shelves,
            reached: Shelf::default(),
            all_rules: ALL_RULES.into(),
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
        let prepared = self.preparing.begin(record.log_type, record.raw);
        self.judge(record, prepared, past, findings)
    }

    /// The same for a record that is prepared already.
    pub fn judge(
        &mut self,
        record: &Arrived<'_>,
        prepared: Prepared<'_>,
        past: &mut dyn Past,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Problem> {
        let mut keys = Keys { account: record.account, key: &mut self.key };
        let (log_type, time) = (record.log_type, record.time.0);
        let key = keys.of_account('r');
        let reached = self.reached.work(&self.all_rules, key, past, |reached: &mut Reached| {
            let farther = reached.note(log_type, time);
            (*reached, farther)
        })?;
        let Prepared { understood: Understood { id, columns, .. }, chosen, answers } = prepared;
        let rules = Arc::clone(&self.rules);
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
            answers,
        );
        // Duo's own id is at hand already.
        let name = || match &id {
            IdSource::Duo(id) => Name::new(id),
            _ => Name::new(&(record.name)()),
        };
        let judging = Judging { record, looked: &looked, name: &name, reached };
        for candidate in &chosen.candidates {
            let Some(rule) = rules.rules.get(candidate.rule) else { continue };
            let Some(part) = rule.parts.get(candidate.part) else { continue };
            if candidate.certain || part.condition.matches(&looked) {
                let Some(shelf) = self.shelves.get_mut(candidate.rule) else { continue };
                judging.by(rule, candidate.part, &mut keys, shelf, past, findings)?;
            }
        }
        Ok(())
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

    /// Takes what changed since the last time, to be written down.
    pub fn take_changes(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (rule, shelf) in self.rules.rules.iter().zip(&mut self.shelves) {
            shelf.take_changes(&rule.print, form(rule), &mut changes);
        }
        self.reached.take_changes(&self.all_rules, Form::Own, &mut changes);
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
        self.reached.forget();
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

#[cfg(test)]
mod tests;
