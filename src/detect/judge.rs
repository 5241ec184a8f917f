//! What a rule makes of a record that matches one of its detections.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use super::baseline::{Counts, Journey, Usual};
use super::compile::{Rule, Way};
use super::correlation::Group;
use super::engine::Arrived;
use super::fields::{FieldId, Looked};
use super::finding::{Finding, Name, Seen};
use super::memory::{Past, Reached, Shelf, Since};
use super::places::Places;
use super::twins::Acts;
use crate::base::Problem;
use crate::record::LogType;

/// Between the parts of a key.
const AND: char = '\u{1f}';

/// A record that is judged.
pub struct Judging<'j, 'r> {
    /// The record.
    pub record: &'j Arrived<'r>,
    /// What rules see of it.
    pub looked: &'j Looked<'j>,
    /// Its id in words.
    pub name: &'j dyn Fn() -> Name,
    /// How far the account's logs have got.
    pub reached: Reached,
}

impl Judging<'_, '_> {
    /// What a rule makes of the record, which matches one of its detections.
    pub fn by(
        &self,
        rule: &Rule,
        part: usize,
        keys: &mut Keys<'_>,
        shelf: &mut Shelf,
        past: &mut dyn Past,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Problem> {
        let looked = self.looked;
        let (log_type, time) = (self.record.log_type, self.record.time.0);
        let settled = self.reached.settled(&rule.log_types);
        let in_two_logs = is_in_two_logs(log_type, rule);
        let correlated = matches!(rule.way, Way::Correlated { .. });
        if in_two_logs && !correlated {
            let key = keys.of_act(looked, part);
            let twin = shelf.work(&rule.print, key, past, |acts: &mut Acts| {
                (acts.is_twin(log_type, time, settled), true)
            })?;
            if twin {
                findings.push(self.finding(rule, Vec::new(), vec![self.seen()]));
                return Ok(());
            }
        }
        let found = match &rule.way {
            Way::Single => true,
            Way::Correlated { plan, group_by, values } => {
                let by = group_by.get(part).map_or(&[][..], Vec::as_slice);
                let Some(key) = keys.of('g', looked, by) else { return Ok(()) };
                let value = |number: usize| print_of(looked, values.get(number)?);
                let seen = self.seen();
                let found = shelf.work(&rule.print, key, past, |group: &mut Group| {
                    (group.add(plan, part, value, &seen, in_two_logs, settled), true)
                })?;
                if !found.records.is_empty() || !found.twins.is_empty() {
                    findings.push(self.finding(rule, found.records, found.twins));
                }
                false
            }
            Way::Usual { by, value, warm_up } => {
                let Some(key) = keys.of('u', looked, by) else { return Ok(()) };
                let Some(value) = print_of(looked, value) else { return Ok(()) };
                shelf.work(&rule.print, key, past, |usual: &mut Usual| {
                    usual.note(*warm_up, value, time)
                })?
            }
            Way::Journey { by, place: (country, state), speed } => {
                let Some(key) = keys.of('j', looked, by) else { return Ok(()) };
                let Some(country) = looked.text(*country) else { return Ok(()) };
                let state = looked.text(*state);
                let place = Places::embedded().find(&country, state.as_deref());
                let Some(place) = place else { return Ok(()) };
                let seen = self.seen();
                let told = shelf.work(&rule.print, key, past, |journey: &mut Journey| {
                    (journey.note(*speed, place, &seen), true)
                })?;
                if !told.is_empty() {
                    findings.push(self.finding(rule, told, Vec::new()));
                }
                false
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
                shelf.work(&rule.print, key, past, |counts: &mut Counts| {
                    (counts.note(*spike, since, time, settled), true)
                })?
            }
        };
        if found {
            findings.push(self.finding(rule, vec![self.seen()], Vec::new()));
        }
        Ok(())
    }

    fn seen(&self) -> Seen {
        let Arrived { feed, time, event, .. } = *self.record;
        Seen { feed, time, event, name: (self.name)() }
    }

    fn finding(&self, rule: &Rule, records: Vec<Seen>, twins: Vec<Seen>) -> Finding {
        let texts: Vec<Cow<'_, str>> =
            rule.subject.iter().filter_map(|field| self.looked.text(*field)).collect();
        let subject = if texts.is_empty() {
            let (user, target) = self.looked.who();
            user.or(target).unwrap_or_default().to_owned()
        } else {
            texts.join(", ")
        };
        let account = self.record.account;
        Finding { rule: Arc::clone(&rule.id), account, subject, records, twins }
    }
}

/// Whether the other of the two logs that tell what administrators do may tell the same act.
fn is_in_two_logs(log_type: LogType, rule: &Rule) -> bool {
    let both = [LogType::Activity, LogType::Administrator];
    both.contains(&log_type) && both.iter().all(|log_type| rule.log_types.contains(log_type))
}

/// Makes the keys under which things are remembered.
pub struct Keys<'k> {
    /// The account's number.
    pub account: i64,
    /// Where keys are put together.
    pub key: &'k mut String,
}

impl Keys<'_> {
    /// A key of the whole account.
    pub fn of_account(&mut self, kind: char) -> &str {
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
