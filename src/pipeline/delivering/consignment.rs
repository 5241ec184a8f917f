//! A batch on its way, and what has become of its parts.
//!
//! Promises: what the far side refuses for what is in it is cut in halves until the culprit is
//! found, and everything else is taken; when nothing at all is taken, that is no matter of single
//! records, and nothing is parked.

use std::collections::VecDeque;
use std::ops::Range;

use super::load::{Load, token};
use crate::base::Problem;
use crate::outputs::{Batch, Failure, Taken};

/// So many items refused, and not a single one taken, are no matter of single items.
const ALL_OF_THEM: usize = 10;

/// A batch on its way.
#[derive(Debug)]
pub(super) struct Consignment {
    /// What it consists of.
    pub load: Load,
    /// What of it is still to be taken, in order.
    left: VecDeque<Range<usize>>,
    taken: usize,
    refused: Vec<(usize, String)>,
}

impl Consignment {
    pub fn new(load: Load) -> Self {
        let left = whole(&load);
        Self { load, left, taken: 0, refused: Vec::new() }
    }

    /// What is to go out next.
    pub fn next(&self) -> Option<Range<usize>> {
        self.left.front().cloned()
    }

    /// A part of it as a batch of its own; the same part is the same batch.
    pub fn part(&self, range: &Range<usize>) -> Batch {
        let items = self.load.batch.items.get(range.clone()).unwrap_or_default().to_vec();
        let token = token(&items);
        Batch { items, token }
    }

    /// Whether this is all of it.
    pub fn is_whole(&self, range: &Range<usize>) -> bool {
        *range == (0..self.load.batch.items.len())
    }

    /// Notes what came of what was next. An error means that it is to be tried again.
    pub fn note(&mut self, outcome: Result<Taken, Failure>) -> Result<(), Failure> {
        let Some(range) = self.left.front().cloned() else { return Ok(()) };
        match outcome {
            Ok(taken) => {
                self.left.pop_front();
                self.taken += range.len().saturating_sub(taken.refused.len());
                let at = |(i, reason): (usize, String)| (range.start + i, reason);
                self.refused.extend(taken.refused.into_iter().map(at));
            }
            Err(failure) if failure.content && range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                self.left.pop_front();
                self.left.push_front(middle..range.end);
                self.left.push_front(range.start..middle);
            }
            Err(failure) if failure.content => {
                self.left.pop_front();
                self.refused.push((range.start, reason(&failure.problem)));
            }
            Err(failure) => return Err(failure),
        }
        if self.taken == 0 && self.refused.len() >= ALL_OF_THEM {
            let reason = self.refused.pop().map(|(_, reason)| reason).unwrap_or_default();
            self.refused.clear();
            self.left = whole(&self.load);
            let problem = Problem::new("The far side refuses every record")
                .because(reason)
                .next("see what it expects, and change the output or the far side");
            return Err(Failure::lasting(problem));
        }
        Ok(())
    }

    /// How many items were taken, and which never will be.
    pub fn outcome(self) -> (Load, usize, Vec<(usize, String)>) {
        (self.load, self.taken, self.refused)
    }
}

/// All of it, in one part.
fn whole(load: &Load) -> VecDeque<Range<usize>> {
    std::iter::once(0..load.batch.items.len()).filter(|all| !all.is_empty()).collect()
}

/// Why, without what to do: that is for the whole list.
fn reason(problem: &Problem) -> String {
    match &problem.because {
        Some(because) => format!("{}: {because}", problem.what),
        None => problem.what.clone(),
    }
}
