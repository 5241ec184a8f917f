//! What every page is given, and where it can lead.

use std::sync::Arc;

use eframe::egui;

use super::Page;
use super::filter::Filter;
use super::range::Range;
use super::settings::Section;
use crate::base::UnixMillis;
use crate::knowledge::Knowledge;
use crate::store::Place;
use crate::window::desk::Desk;
use crate::window::kept::Kept;
use crate::window::worker::{Act, Standing, Wish};

/// What lies around a page.
pub(super) struct Here<'a> {
    /// How everything stands.
    pub standing: &'a Standing,
    /// Whose records of what time are looked at; the same on all pages.
    pub view: &'a mut View,
    /// Where questions go.
    pub desk: &'a Desk,
    /// What the window remembers from one start to the next. A page's keys begin with its name:
    /// `events.columns`.
    pub kept: &'a Kept,
    /// The knowledge packs, once they are read.
    pub knowledge: Option<&'a Arc<Knowledge>>,
    /// What the person wants done.
    pub wishes: &'a mut Vec<Wish>,
    /// Where the person wants to go.
    pub go: &'a mut Option<Go>,
}

impl Here<'_> {
    /// Has something done beside the drawing.
    pub fn act(&mut self, act: Act) {
        self.wishes.push(Wish::Act(act));
    }

    /// Leads somewhere else when this frame is over.
    pub fn go(&mut self, ui: &egui::Ui, go: Go) {
        *self.go = Some(go);
        ui.ctx().request_repaint();
    }
}

/// Whose records of what time are looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct View {
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// Which time.
    pub range: Range,
    /// Grows when there is something new in the store: part of the key of questions whose answers
    /// grow old.
    pub fresh: u64,
}

impl View {
    /// The range as it is now, both ends inclusive.
    pub fn since_until(&self) -> (UnixMillis, UnixMillis) {
        self.range.since_until(UnixMillis::now())
    }
}

/// Where a page can lead.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Go {
    /// The wizard, for one more account.
    AddAccount,
    /// The wizard, for this account.
    EditAccount(String),
    /// A page, as it was left.
    Page(Page),
    /// The records that a filter lets through, in the range of the view or of the filter.
    Events(Box<Filter>),
    /// The same, with one of them open.
    Record(Box<Filter>, Place),
    /// An alert, by its number.
    Alert(i64),
    /// A rule, by its id.
    Rule(String),
    /// A dashboard with this dashlet, by its id.
    Dashlet(String),
    /// A report, by its id.
    Report(String),
    /// A section of the settings.
    Settings(Section),
}
