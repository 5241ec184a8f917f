//! A place on a page for one answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eframe::egui;

use super::shelf::{Shelf, Ticket};
use super::{Desk, Lane, lock};
use crate::base::Problem;
use crate::window::desk::Progress;

/// Until then nobody is told that there is a wait.
const SLOW: Duration = Duration::from_millis(300);

/// A place for the answer to one question. `K` tells questions apart.
pub(in crate::window) struct Slot<K, T> {
    asked: Option<Asked<K, T>>,
    shown: Option<(K, T)>,
    problem: Option<Problem>,
}

struct Asked<K, T> {
    key: K,
    since: Instant,
    ticket: Arc<Ticket>,
    answer: Arc<Mutex<Option<Result<T, Problem>>>>,
    is_over: bool,
}

impl<K, T> Default for Slot<K, T> {
    fn default() -> Self {
        Self { asked: None, shown: None, problem: None }
    }
}

impl<K: PartialEq + Clone, T: Send + 'static> Slot<K, T> {
    /// Has the question answered, unless it was asked already. `work` runs on another thread.
    pub fn want(
        &mut self,
        desk: &Desk,
        key: K,
        work: impl FnOnce(&mut Shelf) -> Result<T, Problem> + Send + 'static,
    ) {
        self.ask(desk, Lane::Quick, key, work);
    }

    /// The same for what may take longer than a person likes to wait: it holds up no page.
    pub fn want_long(
        &mut self,
        desk: &Desk,
        key: K,
        work: impl FnOnce(&mut Shelf) -> Result<T, Problem> + Send + 'static,
    ) {
        self.ask(desk, Lane::Long, key, work);
    }

    fn ask(
        &mut self,
        desk: &Desk,
        lane: Lane,
        key: K,
        work: impl FnOnce(&mut Shelf) -> Result<T, Problem> + Send + 'static,
    ) {
        self.take();
        if let Some(asked) = &self.asked {
            if asked.key == key {
                return;
            }
            asked.ticket.give_up();
        }
        let (ticket, answer) = (Arc::<Ticket>::default(), Arc::new(Mutex::new(None)));
        let (theirs, place, wake) = (ticket.clone(), answer.clone(), desk.wake.clone());
        desk.send(
            lane,
            Box::new(move |shelf| {
                if theirs.is_unwanted() {
                    return;
                }
                let result = shelf.work_on(&theirs, work);
                if theirs.is_unwanted() {
                    return;
                }
                if result.is_err() {
                    shelf.put_back();
                }
                *lock(&place) = Some(result);
                wake();
            }),
        );
        self.asked = Some(Asked { key, since: Instant::now(), ticket, answer, is_over: false });
    }

    /// Takes over an answer that has come.
    fn take(&mut self) {
        let Some(asked) = &mut self.asked else { return };
        let Some(result) = lock(&asked.answer).take() else { return };
        asked.is_over = true;
        match result {
            Ok(value) => {
                self.shown = Some((asked.key.clone(), value));
                self.problem = None;
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// The last answer: to this question or, until it is there, to the one before.
    pub fn shown(&mut self) -> Option<&T> {
        self.take();
        self.shown.as_ref().map(|(_, value)| value)
    }

    /// The last answer with the question it belongs to.
    pub fn shown_with_key(&mut self) -> Option<(&K, &T)> {
        self.take();
        self.shown.as_ref().map(|(key, value)| (key, value))
    }

    /// Why there is no newer answer.
    pub fn problem(&mut self) -> Option<&Problem> {
        self.take();
        self.problem.as_ref()
    }

    /// Whether an answer is on its way.
    pub fn is_waiting(&mut self) -> bool {
        self.take();
        self.asked.as_ref().is_some_and(|asked| !asked.is_over)
    }

    /// Whether an answer is on its way for so long that a person should be told; draws again when
    /// that time comes.
    pub fn is_slow(&mut self, ctx: &egui::Context) -> bool {
        if !self.is_waiting() {
            return false;
        }
        let waited = self.asked.as_ref().map_or(SLOW, |asked| asked.since.elapsed());
        if waited < SLOW {
            ctx.request_repaint_after(SLOW - waited);
        }
        waited >= SLOW
    }

    /// How far the answer on its way is.
    pub fn progress(&self) -> Option<&Progress> {
        self.asked.as_ref().filter(|asked| !asked.is_over).map(|asked| &asked.ticket.progress)
    }

    /// Has the next [`Self::want`] ask again, whatever was asked before; what is shown stays.
    pub fn ask_again(&mut self) {
        self.take();
        if let Some(asked) = self.asked.take() {
            asked.ticket.give_up();
        }
        self.problem = None;
    }

    /// Gives up the answer on its way, and forgets the one that is shown.
    pub fn clear(&mut self) {
        self.ask_again();
        self.shown = None;
    }
}

impl<K, T> Drop for Slot<K, T> {
    fn drop(&mut self) {
        if let Some(asked) = &self.asked {
            asked.ticket.give_up();
        }
    }
}
