//! The rows of the table, fetched beside the drawing as they come near.
//!
//! Promises: rows on the screen stay until others are there; a search that takes long is told, goes
//! on by itself while its results do not fill the screen, and can be stopped; new records are
//! counted and never push away what is being read.

use eframe::egui;

use crate::base::{Problem, UnixMillis};
use crate::store::{Counted, Direction, Place, Row};
use crate::window::desk::{Shelf, Slot};

use super::super::Here;
use super::question::Question;
use super::rows::{Ahead, FETCH, Rows, Target};

/// New records are counted as far as this.
const COUNTED_NEW: usize = 500;

/// Where the rows come from and what is known about them.
#[derive(Default)]
pub(super) struct Listing {
    /// The rows that are here.
    pub rows: Rows,
    question: Option<Question>,
    /// What the rows that are here belong to.
    answered: Option<Question>,
    is_stored: bool,
    page: Slot<u64, Answer>,
    asked: Option<Asked>,
    /// Grows with everything that is asked.
    serial: u64,
    /// How far a search has come that is not at its end.
    searched_to: Option<UnixMillis>,
    is_stopped: bool,
    /// Grows when the rows are begun anew at the newest.
    begun: u64,
    /// When that was, and how fresh the view was then.
    now: UnixMillis,
    fresh: u64,
    /// The newest record then.
    newest: Option<Place>,
    counted: Slot<(Question, u64), Option<Counted>>,
    oldest: Slot<(Question, u64), Option<UnixMillis>>,
    newer: Slot<(Place, u64), usize>,
}

/// What was asked last.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    /// The rows at and before a place; the newest without one.
    Start(Option<Place>),
    /// Rows behind those that are here.
    More(Place, Direction),
}

/// What came back.
enum Answer {
    /// Nothing has ever been stored.
    NothingStored,
    /// Rows, the newest first.
    Rows {
        rows: Vec<Row>,
        /// Where those behind them go on.
        next: Option<Place>,
        /// How far a search has come that gave up for now.
        searched_to: Option<UnixMillis>,
    },
}

/// What there is to say about the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The first rows are on their way.
    Loading,
    /// Nothing has ever been stored.
    NothingStored,
    /// Nothing matches.
    Nothing,
    /// There are rows.
    Rows,
}

impl Listing {
    /// Has what is near the visible rows fetched. `visible`: how many rows fit on the screen.
    pub fn want(&mut self, here: &Here<'_>, question: &Question, visible: f64) {
        if self.question.as_ref() != Some(question) {
            self.question = Some(question.clone());
            self.begin(here);
        }
        self.take(visible);
        // An empty table fills by itself when something new comes.
        if self.rows.len() == 0 && self.is_at_rest() && self.fresh != here.view.fresh {
            self.begin(here);
        }
        if self.is_at_rest() && !self.is_stopped {
            // What is rare is searched for only as far as the screen shows it.
            let is_quick = self.searched_to.is_none();
            let ahead = if is_quick { Ahead::Plenty } else { Ahead::Scarce };
            if let Some((place, direction)) = self.rows.wants(visible, ahead) {
                self.ask(Asked::More(place, direction));
            }
        }
        if let Some(asked) = self.asked {
            let (question, now) = (question.clone(), self.now);
            self.page
                .want(here.desk, self.serial, move |shelf| fetch(shelf, &question, asked, now));
        }
        self.want_numbers(here, question);
    }

    /// Begins anew at the newest record.
    pub fn begin(&mut self, here: &Here<'_>) {
        self.now = UnixMillis::now();
        self.fresh = here.view.fresh;
        self.begun += 1;
        self.start(None);
    }

    /// Begins anew at an instant.
    pub fn jump(&mut self, time: UnixMillis) {
        self.start(Some(Place::after(time)));
    }

    /// Goes where the handle of the scroll bar was dragged to.
    pub fn go_to(&mut self, target: Target, visible: f64) {
        match target {
            Target::Row(top) => self.rows.scroll_to(top, visible),
            Target::Time(time) => self.jump(time),
            Target::Newest if self.rows.has_newer() => self.start(None),
            Target::Newest => self.rows.scroll_to(0.0, visible),
        }
    }

    /// Begins anew at the oldest record.
    pub fn go_to_oldest(&mut self, visible: f64) {
        if self.rows.has_older() {
            // A screen of records before the end: the place after the oldest finds only itself.
            if let Some(oldest) = self.oldest_time() {
                self.jump(oldest);
            }
        } else {
            self.rows.scroll_to(f64::MAX, visible);
        }
    }

    /// Stops a search that goes on, or has it go on.
    pub fn stop(&mut self, stopped: bool) {
        self.is_stopped = stopped;
        if stopped && matches!(self.asked, Some(Asked::More(..))) {
            self.asked = None;
            self.page.ask_again();
        }
    }

    /// Asks again for what failed.
    pub fn try_again(&mut self) {
        self.page.ask_again();
    }

    fn start(&mut self, at: Option<Place>) {
        self.is_stopped = false;
        self.searched_to = None;
        self.ask(Asked::Start(at));
    }

    fn ask(&mut self, what: Asked) {
        self.serial += 1;
        self.asked = Some(what);
    }

    /// Nothing is asked, and the rows that are here are those that are wanted.
    fn is_at_rest(&self) -> bool {
        self.asked.is_none() && self.answered == self.question
    }

    /// Takes over rows that have come.
    fn take(&mut self, visible: f64) {
        let Some(asked) = self.asked else { return };
        let Some((serial, answer)) = self.page.shown_with_key() else { return };
        if *serial != self.serial {
            return;
        }
        let (rows, next) = match answer {
            Answer::NothingStored => {
                self.is_stored = false;
                (Vec::new(), None)
            }
            Answer::Rows { rows, next, searched_to } => {
                self.is_stored = true;
                self.searched_to = *searched_to;
                (rows.clone(), *next)
            }
        };
        self.asked = None;
        match asked {
            Asked::Start(at) => {
                if at.is_none() {
                    self.newest = rows.first().map(|row| row.place);
                }
                let newer = at.map(|at| rows.first().map_or(at, |row| row.place));
                self.rows.start(rows, newer, next);
                self.answered.clone_from(&self.question);
            }
            Asked::More(_, Direction::Older) => self.rows.add_older(rows, next),
            Asked::More(_, Direction::Newer) => self.rows.add_newer(rows, next, visible),
        }
    }

    /// Has the numbers around the rows asked for.
    fn want_numbers(&mut self, here: &Here<'_>, question: &Question) {
        // The rows come first.
        if matches!(self.asked, Some(Asked::Start(_))) {
            return;
        }
        let (key, now) = ((question.clone(), self.begun), self.now);
        let of = question.clone();
        self.counted.want(here.desk, key.clone(), move |shelf| {
            ask(shelf, &of, now, |reader, wanted| {
                Ok(Some(reader.count(wanted).map_err(|error| error.problem)?))
            })
        });
        if question.filter.text.trim().is_empty() {
            let of = question.clone();
            self.oldest.want(here.desk, key, move |shelf| {
                ask(shelf, &of, now, |reader, wanted| {
                    let found = reader.page(wanted, None, Direction::Newer, 1);
                    let rows = found.map_err(|error| error.problem)?.rows;
                    Ok(rows.first().map(|row| row.time))
                })
            });
        }
        if let Some(newest) = self.newest.filter(|_| question.goes_on()) {
            let of = question.clone();
            self.newer.want(here.desk, (newest, here.view.fresh), move |shelf| {
                ask(shelf, &of, UnixMillis::now(), |reader, wanted| {
                    let found = reader.page(wanted, Some(newest), Direction::Newer, COUNTED_NEW);
                    Ok(found.map_err(|error| error.problem)?.rows.len())
                })
            });
        }
    }

    /// Whether there is a store at all.
    pub fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// What there is to say about the rows.
    pub fn standing(&self) -> Standing {
        let is_asked = self.asked.is_some() || self.answered != self.question;
        match self.rows.len() {
            0 if is_asked || (self.rows.has_older() && !self.is_stopped) => Standing::Loading,
            0 if !self.is_stored => Standing::NothingStored,
            0 => Standing::Nothing,
            _ => Standing::Rows,
        }
    }

    /// Why there are no newer rows.
    pub fn problem(&mut self) -> Option<&Problem> {
        self.page.problem()
    }

    /// Whether rows are on their way for so long that a person should be told.
    pub fn is_slow(&mut self, ctx: &egui::Context) -> bool {
        self.page.is_slow(ctx)
    }

    /// How far a search has come that is not at its end, and whether it was stopped.
    pub fn search(&self) -> Option<(UnixMillis, bool)> {
        let searched_to = self.searched_to.filter(|_| self.rows.has_older())?;
        let is_on = self.asked.is_some() || self.is_stopped;
        is_on.then_some((searched_to, self.is_stopped))
    }

    /// How many records there are; `None` while nobody knows.
    pub fn counted(&mut self) -> Option<Counted> {
        match self.counted.shown_with_key() {
            Some(((question, _), counted)) if Some(question) == self.question.as_ref() => *counted,
            _ => None,
        }
    }

    /// How many new records there are, and whether there may be more than that.
    pub fn new_records(&mut self) -> Option<(usize, bool)> {
        match self.newer.shown_with_key() {
            Some(((newest, _), count)) if Some(*newest) == self.newest && *count > 0 => {
                Some((*count, *count >= COUNTED_NEW))
            }
            _ => None,
        }
    }

    /// The time of the newest and of the oldest record there is.
    pub fn span(&mut self) -> Option<(UnixMillis, UnixMillis)> {
        let newest = self.newest?.time;
        Some((newest, self.oldest_time()?))
    }

    fn oldest_time(&mut self) -> Option<UnixMillis> {
        let question = self.question.as_ref()?;
        if !question.filter.text.trim().is_empty() {
            return Some(question.since_until(self.now).0);
        }
        match self.oldest.shown_with_key() {
            Some(((asked, _), oldest)) if asked == question => *oldest,
            _ => None,
        }
    }
}

fn fetch(
    shelf: &mut Shelf,
    question: &Question,
    asked: Asked,
    now: UnixMillis,
) -> Result<Answer, Problem> {
    let Some(reader) = shelf.reader()? else { return Ok(Answer::NothingStored) };
    let (from, direction) = match asked {
        Asked::Start(at) => (at, Direction::Older),
        Asked::More(place, direction) => (Some(place), direction),
    };
    let bits = reader.category_bits().map_err(|error| error.problem)?;
    let Some(wanted) = question.wanted(&bits, now) else {
        return Ok(Answer::Rows { rows: Vec::new(), next: None, searched_to: None });
    };
    let found = reader.page(&wanted, from, direction, FETCH).map_err(|error| error.problem)?;
    let gave_up = found.next.is_some() && found.rows.len() < FETCH;
    let mut rows = found.rows;
    if direction == Direction::Newer {
        rows.reverse();
    }
    let searched_to = gave_up.then_some(found.searched_to);
    Ok(Answer::Rows { rows, next: found.next, searched_to })
}

/// Asks something else about the same records; what there is none of gives the default.
fn ask<T: Default>(
    shelf: &mut Shelf,
    question: &Question,
    now: UnixMillis,
    work: impl FnOnce(&crate::store::Reader, &crate::store::Wanted) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let Some(reader) = shelf.reader()? else { return Ok(T::default()) };
    let bits = reader.category_bits().map_err(|error| error.problem)?;
    match question.wanted(&bits, now) {
        Some(wanted) => work(reader, &wanted),
        None => Ok(T::default()),
    }
}
