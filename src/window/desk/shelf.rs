//! What those who answer questions have at hand: the store, the knowledge packs, how far they are,
//! and whether anybody still wants to know.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use super::{Known, lock};
use crate::base::{Home, Problem};
use crate::knowledge::Knowledge;
use crate::store::{Interrupt, Reader};

/// The files that knowledge comes from, with when they were written and how large they are.
pub(super) type Seen = Vec<(PathBuf, Option<SystemTime>, u64)>;

/// What is at hand for an answer.
pub(in crate::window) struct Shelf {
    home: Home,
    reader: Option<Reader>,
    known: Arc<Mutex<Known>>,
    ticket: Arc<Ticket>,
}

/// How far an answer is, seen from both sides.
#[derive(Debug, Default)]
pub(in crate::window) struct Progress {
    done: AtomicU64,
    all: AtomicU64,
}

impl Progress {
    /// Tells how much is done of how much; `all` 0 where nobody knows.
    pub fn tell(&self, done: u64, all: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
    }

    /// Where what is done can be counted by others.
    pub fn counter(&self) -> &AtomicU64 {
        &self.done
    }

    /// How much of it all there is; 0 where nobody knows.
    pub fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }

    /// How much is done.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How far it is, from 0 to 1; `None` where nobody knows.
    pub fn share(&self) -> Option<f32> {
        let all = self.all();
        (all > 0).then(|| (self.done() as f32 / all as f32).min(1.0))
    }
}

/// A question on its way.
#[derive(Default)]
pub(in crate::window) struct Ticket {
    unwanted: AtomicBool,
    /// Stops the query that runs for it.
    running: Mutex<Option<Interrupt>>,
    pub progress: Progress,
}

impl Ticket {
    /// Nobody wants to know any more.
    pub fn give_up(&self) {
        self.unwanted.store(true, Ordering::Relaxed);
        if let Some(interrupt) = lock(&self.running).as_ref() {
            interrupt.now();
        }
    }

    pub fn is_unwanted(&self) -> bool {
        self.unwanted.load(Ordering::Relaxed)
    }

    /// Turns true when nobody wants to know any more.
    pub fn unwanted(&self) -> &AtomicBool {
        &self.unwanted
    }
}

impl Shelf {
    pub(super) fn new(home: Home, known: Arc<Mutex<Known>>) -> Self {
        Self { home, reader: None, known, ticket: Arc::default() }
    }

    /// Works on a question; what `work` does is stopped when the ticket is given up.
    pub(super) fn work_on<T>(
        &mut self,
        ticket: &Arc<Ticket>,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.ticket = Arc::clone(ticket);
        if let Some(reader) = &self.reader {
            *lock(&ticket.running) = Some(reader.interrupt());
        }
        let done = work(self);
        *lock(&ticket.running) = None;
        done
    }

    /// The home whose window this is.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The store; `None` when nothing was stored yet.
    pub fn reader(&mut self) -> Result<Option<&Reader>, Problem> {
        if self.reader.is_none() {
            self.reader = Reader::open(&self.home.store_file()).map_err(|error| error.problem)?;
            if let Some(reader) = &self.reader {
                *lock(&self.ticket.running) = Some(reader.interrupt());
            }
        }
        Ok(self.reader.as_ref())
    }

    /// Opens the store anew for the next question: it was set aside, or is being made.
    pub(super) fn put_back(&mut self) {
        self.reader = None;
    }

    /// Whether the answer is not wanted any more. Long work asks this now and then and ends.
    pub fn is_unwanted(&self) -> bool {
        self.ticket.is_unwanted()
    }

    /// The question itself, to be held beside the reader.
    pub fn ticket(&self) -> Arc<Ticket> {
        Arc::clone(&self.ticket)
    }

    /// Where long work tells how far it is.
    pub fn progress(&self) -> &Progress {
        &self.ticket.progress
    }

    /// The knowledge packs with what was switched, as they are now.
    pub fn knowledge(&mut self) -> Result<Arc<Knowledge>, Problem> {
        self.knowledge_changed();
        let known = lock(&self.known);
        match &known.knowledge {
            Some(knowledge) => Ok(Arc::clone(knowledge)),
            None => Err(known
                .problems
                .first()
                .cloned()
                .unwrap_or_else(|| Problem::new("The knowledge packs could not be read"))),
        }
    }

    /// Reads packs and switches where their files changed; whether they did.
    pub(super) fn knowledge_changed(&self) -> bool {
        let seen = seen(&self.home);
        let mut known = lock(&self.known);
        if known.seen.as_ref() == Some(&seen) {
            return false;
        }
        known.seen = Some(seen);
        match Knowledge::load(&self.home) {
            Ok((knowledge, problems)) => {
                known.knowledge = Some(Arc::new(knowledge));
                known.problems = problems;
            }
            Err(problem) => known.problems = vec![problem],
        }
        true
    }
}

/// Packs and switches as their files look now.
fn seen(home: &Home) -> Seen {
    let switches = home.knowledge_file();
    let packs = fs::read_dir(home.packs_dir());
    let packs = packs.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut seen: Seen = std::iter::once(switches)
        .chain(packs)
        .map(|path| match fs::metadata(&path) {
            Ok(found) => (path, found.modified().ok(), found.len()),
            Err(_) => (path, None, 0),
        })
        .collect();
    seen.sort();
    seen
}
