//! Which rules can match a record at all, told before the record is taken apart.
//!
//! Promises: no rule that would match is left out (a test compares with asking every rule); what is
//! remembered stays small.
//!
//! Log type, action, result, reason and factor of a record are known from its columns, and few
//! combinations of them occur. For each combination it is worked out once which detections match
//! all such records, which match none, and which have to be asked.

use std::sync::Arc;

use foldhash::HashMap;

use super::compile::Rules;
use super::fields::Choosing;
use crate::record::{Columns, LogType};

/// Combinations remembered at most; records with invented reasons must not fill the memory.
const REMEMBERED: usize = 4_096;

/// What is known of records with the same five fields.
#[derive(Debug)]
pub struct Chosen {
    /// The five fields.
    pub choosing: Arc<Choosing>,
    /// The detections that can match.
    pub candidates: Vec<Candidate>,
}

/// A detection that can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which rule.
    pub rule: usize,
    /// Which of its detections.
    pub part: usize,
    /// It matches for certain.
    pub certain: bool,
}

/// Remembers what was worked out.
#[derive(Debug, Default)]
pub struct Candidates {
    known: HashMap<Box<[u8]>, Arc<Chosen>>,
    key: Vec<u8>,
}

impl Candidates {
    /// The candidates for a record.
    pub fn of(&mut self, rules: &Rules, log_type: LogType, columns: &Columns<'_>) -> Arc<Chosen> {
        self.key.clear();
        self.key.push(log_type as u8);
        for text in [&columns.action, &columns.result, &columns.reason, &columns.factor] {
            // A text never holds this byte; none differs from an empty one.
            self.key.push(0xff);
            if let Some(text) = text {
                self.key.push(0xfe);
                self.key.extend_from_slice(text.as_bytes());
            }
        }
        if let Some(chosen) = self.known.get(self.key.as_slice()) {
            return Arc::clone(chosen);
        }
        let chosen = Arc::new(choose(rules, Choosing::of(log_type, columns)));
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(self.key.as_slice().into(), Arc::clone(&chosen));
        chosen
    }
}

fn choose(rules: &Rules, choosing: Choosing) -> Chosen {
    let mut candidates = Vec::new();
    for (rule, of) in rules.rules.iter().enumerate() {
        for (part, detection) in of.parts.iter().enumerate() {
            if !detection.log_types.contains(&choosing.log_type) {
                continue;
            }
            match detection.condition.decide(&rules.fields, &choosing) {
                Some(false) => {}
                decided => {
                    candidates.push(Candidate { rule, part, certain: decided == Some(true) });
                }
            }
        }
    }
    Chosen { choosing: Arc::new(choosing), candidates }
}
