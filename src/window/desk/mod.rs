//! Questions to the store, answered beside the drawing.
//!
//! Promises: drawing never waits; the last answer stays on the screen until the next one is there;
//! a question nobody wants any more is given up, in the middle of a query too; an answer wakes the
//! window, and nothing wakes it otherwise.
//!
//! A page keeps a [`Slot`] for each thing it shows and says in every frame what it
//! [wants](Slot::want) there. Quick questions have two threads, long work (an export, a backtest)
//! two of its own, so that it never holds up a page.

mod shelf;
mod slot;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Home, Problem};
use crate::knowledge::Knowledge;

pub(super) use shelf::{Progress, Shelf};
pub(super) use slot::Slot;

/// Threads for quick questions.
const QUICK: usize = 2;

/// Threads for long work: a file is written while Duo is asked about half a year.
const LONG: usize = 2;

/// Which threads a question goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    /// What a page shows.
    Quick,
    /// What may take minutes.
    Long,
}

type Job = Box<dyn FnOnce(&mut Shelf) + Send>;

/// Where questions go. All of the console has one.
pub(super) struct Desk {
    quick: Sender<Job>,
    long: Sender<Job>,
    wake: Arc<dyn Fn() + Send + Sync>,
    known: Arc<Mutex<Known>>,
}

/// What is known about records, as it was read last.
#[derive(Default)]
struct Known {
    /// What the files it came from looked like then.
    seen: Option<shelf::Seen>,
    knowledge: Option<Arc<Knowledge>>,
    problems: Vec<Problem>,
}

impl Desk {
    /// Starts the threads; they end with the desk. `wake` makes the window draw.
    pub fn new(home: Home, wake: impl Fn() + Send + Sync + 'static) -> Self {
        let known = Arc::<Mutex<Known>>::default();
        let (quick, quick_jobs) = channel();
        let (long, long_jobs) = channel();
        let quick_jobs = Arc::new(Mutex::new(quick_jobs));
        for _ in 0..QUICK {
            start("window-quick", Shelf::new(home.clone(), known.clone()), quick_jobs.clone());
        }
        let long_jobs = Arc::new(Mutex::new(long_jobs));
        for _ in 0..LONG {
            start("window-long", Shelf::new(home.clone(), known.clone()), long_jobs.clone());
        }
        let desk = Self { quick, long, wake: Arc::new(wake), known };
        desk.look_again();
        desk
    }

    /// One whose answers are on their way for ever.
    #[cfg(test)]
    pub fn that_never_answers() -> Self {
        let (quick, quick_jobs) = channel();
        let (long, long_jobs) = channel();
        // Kept until the end of the tests: what nobody takes out is never answered.
        std::mem::forget((quick_jobs, long_jobs));
        Self { quick, long, wake: Arc::new(|| ()), known: Arc::default() }
    }

    /// The knowledge packs with what was switched, as far as they were read already.
    pub fn knowledge(&self) -> Option<Arc<Knowledge>> {
        lock(&self.known).knowledge.clone()
    }

    /// What is wrong with packs or switches.
    pub fn pack_problems(&self) -> Vec<Problem> {
        lock(&self.known).problems.clone()
    }

    /// Reads packs and switches again where they changed.
    pub fn look_again(&self) {
        let wake = Arc::clone(&self.wake);
        let _ = self.quick.send(Box::new(move |shelf| {
            if shelf.knowledge_changed() {
                wake();
            }
        }));
    }

    fn send(&self, lane: Lane, job: Job) {
        let to = match lane {
            Lane::Quick => &self.quick,
            Lane::Long => &self.long,
        };
        if to.send(job).is_err() {
            tracing::error!("the window's threads for questions are gone");
        }
    }
}

fn start(name: &str, mut shelf: Shelf, jobs: Arc<Mutex<Receiver<Job>>>) {
    let run = move || {
        loop {
            // Held while waiting: the other thread waits for the lock instead of for a job.
            let job = lock(&jobs).recv();
            let Ok(job) = job else { return };
            job(&mut shelf);
        }
    };
    if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(run) {
        tracing::error!(%error, "the window could not start a thread for questions");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
