//! “Categories”: what the records of the range are about, and how much of it there is.
//!
//! Promises: the numbers are those of the view's range and account; a click on a name leads to the
//! very records that were counted; a category is switched with a way back.

mod rows;

use std::collections::BTreeSet;

use eframe::egui;
use jiff::tz::TimeZone;

use super::here::View;
use super::range::Range;
use super::{Filter, Go, Here};
use crate::base::{Problem, UnixMillis};
use crate::dashboards::{Ask, Tree, tree};
use crate::knowledge::{self, Kind as Item};
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Kind};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, CollectorStanding, Did};
use rows::Wanted;

/// The page's own state.
#[derive(Default)]
pub(super) struct CategoriesPage {
    counts: Slot<View, Tree>,
    /// The ids of what is unfolded.
    open: BTreeSet<String>,
}

impl CategoriesPage {
    /// Draws the page.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let view = here.view.clone();
        self.counts.want(here.desk, view.clone(), move |shelf| count(shelf, &view));
        if let Some(problem) = self.counts.problem() {
            parts::problem_banner(ui, problem);
            ui.add_space(16.0);
        }
        if self.counts.is_slow(ui.ctx()) {
            widgets::progress(ui, None, "Counting\u{2026}");
            ui.add_space(8.0);
        }
        let range = match here.view.range {
            Range::Between(since, until) => format!("{} to {}", say::day(since), say::day(until)),
            range => range.title().to_owned(),
        };
        let Some(tree) = self.counts.shown() else { return };
        if !tree.is_sorted {
            unsorted_ui(ui, here.standing.collector == CollectorStanding::Stopped);
            ui.add_space(16.0);
        }
        let mut wanted = None;
        widgets::card(ui, |ui| {
            let total = say::counted(tree.count.now.unsigned_abs(), "record");
            parts::title_and_words(ui, &range, &total);
            if tree.count.now == 0 {
                widgets::small(
                    ui,
                    "No records in this range. Each new record is counted here as soon as it is \
                     stored; choose a longer range to see older ones.",
                );
            } else {
                widgets::small(
                    ui,
                    "A record can be in several categories. Changes are against the same time \
                     just before.",
                );
            }
            ui.add_space(8.0);
            wanted = rows::tree_ui(ui, tree, &self.open);
        });
        match wanted {
            None => {}
            Some(Wanted::Fold(id)) => {
                if !self.open.remove(&id) {
                    self.open.insert(id);
                }
                ui.ctx().request_repaint();
            }
            Some(Wanted::Events(categories)) => {
                let filter = Filter { categories, ..Filter::default() };
                here.go(ui, Go::Events(Box::new(filter)));
            }
            Some(Wanted::Switch { id, title, enabled }) => here.act(switch(id, title, enabled)),
        }
    }
}

fn count(shelf: &mut Shelf, view: &View) -> Result<Tree, Problem> {
    let knowledge = shelf.knowledge()?;
    let now = UnixMillis::now();
    let ask =
        |(since, until)| Ask { account: view.account.clone(), since, until, zone: TimeZone::UTC };
    let (range, before) = (view.range.since_until(now), view.range.before(now));
    tree(shelf.reader()?, &knowledge, &ask(range), &ask(before)).map_err(|error| error.problem)
}

/// Stored records follow a changed pack or switch in the background.
fn unsorted_ui(ui: &mut egui::Ui, is_stopped: bool) {
    let text = if is_stopped {
        "Records that are stored already are sorted anew while the collector runs, and it does not \
         run. Until then older records are counted as before."
    } else {
        "Records that are stored already are being sorted anew, the newest first. Until that is \
         done older records are counted as before."
    };
    widgets::banner(ui, Kind::Info, "The categories changed", text, |_| {});
}

fn switch(id: String, title: String, enabled: bool) -> Act {
    Act::new("switch a category", move |home| {
        knowledge::switch(home, Item::Categories, &id, enabled)?;
        let words = if enabled { "in use" } else { "off" };
        let back = switch(id.clone(), title.clone(), !enabled);
        Ok(Did::said(format!("{title} is {words}")).with_undo(back))
    })
}
