//! A far side that does what a test tells it to: takes, refuses, keeps silent, loses its answer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use super::{Batch, Failure, Item, Limits, Probed, Taken};
use crate::base::Problem;

/// What the far side does with a batch.
#[derive(Clone, Debug)]
pub enum Does {
    /// Takes it, and the answer is lost.
    LosesTheAnswer,
    /// Is not there.
    IsAway,
    /// Is busy, and says for how long.
    IsBusy(Duration),
    /// Will not have anybody in.
    LocksOut,
    /// Takes all but these, and says which.
    TakesAllBut(Vec<String>),
}

/// What a far side has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// What it does with the next batches; then it takes them.
    pub script: VecDeque<Does>,
    /// A batch with one of these ids is refused as a whole.
    pub never: Vec<String>,
    /// All batches that came: their tokens and ids.
    pub came: Vec<(String, Vec<String>)>,
    /// The ids it took, in order.
    pub took: Vec<String>,
    /// How often somebody came to it anew.
    pub opened: usize,
}

/// A far side; clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct FarSide(pub Arc<Mutex<Seen>>);

static ALL: LazyLock<Mutex<HashMap<String, FarSide>>> = LazyLock::new(Mutex::default);

impl FarSide {
    /// The far side of an output of this name, from now on.
    pub fn of(name: &str) -> Self {
        let far_side = Self::default();
        ALL.lock().unwrap().insert(name.to_owned(), far_side.clone());
        far_side
    }

    /// The one of this name, if there is one.
    pub fn find(name: &str) -> Option<Self> {
        let found = ALL.lock().unwrap().get(name).cloned();
        if let Some(found) = &found {
            found.0.lock().unwrap().opened += 1;
        }
        found
    }

    /// Does what the script says.
    pub fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let mut seen = self.0.lock().unwrap();
        let ids: Vec<String> = batch.items.iter().map(|item| item.id.to_string()).collect();
        seen.came.push((batch.token.clone(), ids.clone()));
        let problem = Problem::new("The far side did not take it");
        match seen.script.pop_front() {
            Some(Does::LosesTheAnswer) => {
                seen.took.extend(ids);
                return Err(Failure::passing(problem));
            }
            Some(Does::IsAway) => return Err(Failure::passing(problem)),
            Some(Does::IsBusy(after)) => return Err(Failure::passing(problem).after(Some(after))),
            Some(Does::LocksOut) => return Err(Failure::lasting(problem)),
            Some(Does::TakesAllBut(bad)) => {
                let mut taken = Taken::default();
                for (i, id) in ids.into_iter().enumerate() {
                    if bad.contains(&id) {
                        taken.refused.push((i, "not this one".to_owned()));
                    } else {
                        seen.took.push(id);
                    }
                }
                return Ok(taken);
            }
            None => {}
        }
        if ids.iter().any(|id| seen.never.contains(id) || seen.never.iter().any(|one| one == "*")) {
            return Err(Failure::content(problem.because("one of them is odd")));
        }
        seen.took.extend(ids);
        Ok(Taken { said: "fine".to_owned(), refused: Vec::new() })
    }

    /// Takes it.
    pub fn probe(&mut self, _: &Item) -> Result<Probed, Failure> {
        Ok(Probed { said: "fine".to_owned(), certificate: None })
    }

    /// Few together, so that there are several batches.
    pub fn limits(&self) -> Limits {
        Limits { records: 100, bytes: 100_000, gather: Duration::from_millis(10) }
    }
}
