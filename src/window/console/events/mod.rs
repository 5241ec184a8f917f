//! “Events”: every record there is, found, read and handed on.
//!
//! Promises: a table over millions of records that never waits; what it is filtered by is always in
//! sight; a record opens beside it without losing the place.
//!
//! What is asked is a [`Question`]; a [`Listing`] has its rows fetched, the [`Table`] draws them.

mod arrange;
mod columns;
mod detail;
mod export;
mod facets;
mod filters;
mod go_to;
mod listing;
mod question;
mod rows;
mod table;
mod words;

use std::sync::Arc;

use eframe::egui::{self, Margin, Ui};

use super::here::Here;
use super::{Filter, is_narrow};
use crate::knowledge::Knowledge;
use crate::store::Place;
use crate::window::desk::Slot;
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::{parts, say};
use columns::Columns;
use detail::{Detail, Turn};
use export::Export;
use filters::FilterBar;
use go_to::GoTo;
use listing::{Listing, Standing};
use question::Question;
use table::{Done, Shown, Table};
use words::Words;

/// Where the columns are kept.
const COLUMNS: &str = "events.columns";

/// Below this width a record takes the place of the table.
const BESIDE: f32 = 800.0;

/// Below this width the bar's buttons are icons.
const TIGHT: f32 = 940.0;

/// The page's own state.
#[derive(Default)]
pub(super) struct EventsPage {
    filter: Filter,
    columns: Option<Columns>,
    bar: FilterBar,
    go_to: GoTo,
    listing: Listing,
    table: Table,
    detail: Option<Detail>,
    export: Export,
    categories: Slot<(usize, bool), Vec<(u64, String)>>,
}

impl EventsPage {
    /// Shows the records that a filter lets through.
    pub fn show(&mut self, filter: Filter) {
        self.bar.take(&filter);
        self.filter = filter;
        self.detail = None;
        self.table.selected = None;
    }

    /// Shows the records that a filter lets through, and opens one of them.
    pub fn show_record(&mut self, filter: Filter, place: Place) {
        self.show(filter);
        self.table.selected = Some(place);
        self.detail = Some(Detail::new(place));
    }

    /// Draws the page.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) {
        if self.columns.is_none() {
            self.columns = Some(here.kept.get(COLUMNS).unwrap_or_default());
        }
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, egui::Key::F)) {
            FilterBar::focus(ui);
        }
        let side = if is_narrow(ui.ctx()) { 16 } else { 24 };
        egui::Frame::new()
            .inner_margin(Margin { left: side, right: side, top: 12, bottom: 16 })
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                self.bar_ui(ui, here);
                let question = Question::new(&self.filter, here.view);
                self.listing.want(here, &question, self.table.visible());
                ui.add_space(8.0);
                self.status_ui(ui, &question);
                ui.add_space(8.0);
                self.body_ui(ui, here, &question);
                let counted = self.listing.counted();
                self.export.dialog_ui(ui, here, &question, counted);
            });
    }

    fn bar_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) {
        let mut filter = self.filter.clone();
        let columns = self.columns.get_or_insert_default();
        let (go_to, listing, export) = (&mut self.go_to, &mut self.listing, &mut self.export);
        self.bar.ui(ui, here, &mut filter, |ui| {
            export.button_ui(ui);
            let before = columns.clone();
            arrange::columns_ui(ui, columns, has_accounts(here));
            if *columns != before {
                here.kept.set(COLUMNS, columns);
            }
            if let Some(time) = go_to.ui(ui) {
                listing.jump(time);
            }
        });
        if filter != self.filter {
            self.filter = filter;
            self.table.selected = None;
        }
    }

    /// How many there are, and how far a search has come.
    fn status_ui(&mut self, ui: &mut Ui, question: &Question) {
        ui.horizontal(|ui| {
            ui.set_min_height(24.0);
            let secondary = theme::of(ui).secondary;
            if let Some(problem) = self.listing.problem().cloned() {
                let line = parts::sign_line(ui, Sign::Fail, &problem.what);
                parts::announce(ui, &line.on_hover_text(problem.to_string()));
                if widgets::link_button(ui, "Try again").clicked() {
                    self.listing.try_again();
                }
                return;
            }
            match self.listing.search() {
                Some((searched_to, is_stopped)) => {
                    let back = say::stamp(searched_to);
                    let count = say::counted(self.listing.rows.len() as u64, "record");
                    let (sign, words, button) = match is_stopped {
                        true => {
                            (Sign::Paused, format!("{count} found back to {back}"), "Search on")
                        }
                        false => (
                            Sign::Running,
                            format!("{count} found, searching before {back}"),
                            "Stop",
                        ),
                    };
                    widgets::state_sign(ui, sign);
                    ui.label(words);
                    if widgets::link_button(ui, button).clicked() {
                        self.listing.stop(!is_stopped);
                    }
                }
                None => {
                    let words = match self.listing.standing() {
                        Standing::Rows | Standing::Nothing => {
                            self.listing.counted().map(|counted| {
                                format!(
                                    "{}, {}",
                                    counted_words(counted),
                                    lower(question.range_words())
                                )
                            })
                        }
                        Standing::Loading | Standing::NothingStored => None,
                    };
                    let label = ui.label(words.unwrap_or_default());
                    parts::announce(ui, &label);
                    if self.listing.is_slow(ui.ctx()) {
                        widgets::state_sign(ui, Sign::Running);
                    }
                }
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.export.line_ui(ui);
                let zone = format!("Times in {}", say::zone_words());
                ui.label(egui::RichText::new(zone).small().color(secondary));
            });
        });
    }

    fn body_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>, question: &Question) {
        self.want_categories(here);
        let categories = self.categories.shown().cloned().unwrap_or_default();
        let knowledge = here.knowledge.map(Arc::clone);
        let words = Words { knowledge: knowledge.as_deref(), categories: &categories };
        let room = ui.available_size();
        let is_beside = room.x >= BESIDE;
        let mut turn = None;
        if let Some(detail) = &mut self.detail {
            let around =
                (self.table.can_step(&self.listing, -1), self.table.can_step(&self.listing, 1));
            if !is_beside {
                card(ui).inner_margin(Margin::same(16)).show(ui, |ui| {
                    ui.take_available_space();
                    turn = detail.ui(ui, here, &words, around);
                });
                self.turn(turn);
                return;
            }
            egui::Panel::right("record")
                .resizable(true)
                .default_size(404.0)
                .size_range(320.0..=(room.x - 400.0).max(321.0))
                .show_separator_line(false)
                .frame(egui::Frame::new().inner_margin(Margin { left: 12, ..Margin::ZERO }))
                .show(ui, |ui| {
                    card(ui).inner_margin(Margin::same(16)).show(ui, |ui| {
                        ui.take_available_space();
                        turn = detail.ui(ui, here, &words, around);
                    });
                });
        }
        card(ui).show(ui, |ui| {
            ui.take_available_space();
            self.table_ui(ui, here, question, words);
        });
        self.turn(turn);
    }

    fn table_ui(&mut self, ui: &mut Ui, here: &Here<'_>, question: &Question, words: Words<'_>) {
        let rect = ui.available_rect_before_wrap();
        match self.listing.standing() {
            Standing::Rows => {}
            Standing::Loading => {
                // The line above has its beginning; here is room for all of it.
                if let Some(problem) = self.listing.problem().cloned() {
                    egui::Frame::new().inner_margin(Margin::same(16)).show(ui, |ui| {
                        parts::problem_banner(ui, &problem);
                    });
                    return;
                }
                if self.listing.is_slow(ui.ctx()) || self.listing.search().is_some() {
                    middle(ui, rect, |ui| {
                        widgets::state_sign(ui, Sign::Running);
                        ui.label("Looking for records\u{2026}");
                    });
                }
                return;
            }
            Standing::NothingStored => {
                let text = "Records appear here as soon as the collector has fetched the first ones \
                            from Duo. That takes a few minutes at most.";
                empty_ui(ui, rect, icons::DATABASE, "Nothing is stored yet", text);
                return;
            }
            Standing::Nothing => {
                self.nothing_ui(ui, rect, question);
                return;
            }
        }
        let has_accounts = has_accounts(here);
        let columns = self.columns.get_or_insert_default();
        let before = columns.clone();
        let is_open = self.detail.is_some();
        let mut shown = Shown { listing: &mut self.listing, columns, words, has_accounts, is_open };
        let done = self.table.ui(ui, &mut shown);
        if *columns != before {
            here.kept.set(COLUMNS, columns);
        }
        match done {
            Some(Done::Open(place) | Done::Follow(place)) => match &mut self.detail {
                Some(detail) => detail.open(place),
                None => self.detail = Some(Detail::new(place)),
            },
            Some(Done::Close) => self.detail = None,
            None => {}
        }
        if let Some((count, is_more)) = self.listing.new_records()
            && table::new_records_ui(ui, rect, count, is_more)
        {
            self.listing.begin(here);
        }
    }

    /// Nothing matches: what to loosen.
    fn nothing_ui(&mut self, ui: &mut Ui, rect: egui::Rect, question: &Question) {
        let range = lower(question.range_words());
        let is_all = self.filter.is_empty();
        let text = match (is_all, question.account.is_some()) {
            (true, false) => format!(
                "There are no records in this range of time ({range}). Choose a longer one at the top."
            ),
            (true, true) => format!(
                "This account has no records in this range of time ({range}). Choose a longer one, or all accounts, at the top."
            ),
            (false, _) => format!(
                "No record fits all filters in this range of time ({range}). Take a filter away, or choose a longer range at the top."
            ),
        };
        empty_ui(ui, rect, icons::FUNNEL_X, "Nothing found", &text);
        if !is_all {
            let place = egui::Rect::from_center_size(
                rect.center() + egui::vec2(0.0, 72.0),
                egui::vec2(160.0, 32.0),
            );
            let press = widgets::Press::quiet("Clear all filters");
            if ui.put(place, press).clicked() {
                self.show(Filter::default());
            }
        }
    }

    /// Does what was wanted in the record's panel.
    fn turn(&mut self, turn: Option<Turn>) {
        let by = match turn {
            None => return,
            Some(Turn::Close) => {
                self.detail = None;
                self.table.focus();
                return;
            }
            Some(Turn::Above) => -1,
            Some(Turn::Below) => 1,
        };
        if let (Some(place), Some(detail)) =
            (self.table.step(&mut self.listing, by), &mut self.detail)
        {
            detail.open(place);
        }
    }

    /// Titles of the categories by their bits, as soon as the packs are read and when they change.
    fn want_categories(&mut self, here: &Here<'_>) {
        let Some(knowledge) = here.knowledge else { return };
        let key = (Arc::as_ptr(knowledge) as usize, self.listing.is_stored());
        let knowledge = Arc::clone(knowledge);
        self.categories.want(here.desk, key, move |shelf| {
            let Some(reader) = shelf.reader()? else { return Ok(Vec::new()) };
            let bits = reader.category_bits().map_err(|error| error.problem)?;
            Ok(titles(&knowledge, &bits))
        });
    }
}

fn titles(
    knowledge: &Knowledge,
    bits: &std::collections::BTreeMap<String, u8>,
) -> Vec<(u64, String)> {
    let of = |(id, bit): (&String, &u8)| {
        (1_u64 << bit, crate::dashboards::names::category(id).words(knowledge))
    };
    bits.iter().map(of).collect()
}

/// Whether there are several accounts to tell apart.
fn has_accounts(here: &Here<'_>) -> bool {
    let mut names: Vec<&str> =
        here.standing.statuses.iter().map(|status| status.account.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.len() > 1 && here.view.account.is_none()
}

fn counted_words(counted: crate::store::Counted) -> String {
    match counted.exact {
        true => say::counted(counted.records, "record"),
        false => format!("about {}", say::counted(rounded(counted.records), "record")),
    }
}

/// With two digits that count: an estimate must not look like a count.
fn rounded(number: u64) -> u64 {
    let digits = number.checked_ilog10().unwrap_or(0);
    let step = 10_u64.pow(digits.saturating_sub(1));
    (number + step / 2) / step * step
}

fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn card(ui: &Ui) -> egui::Frame {
    let tokens = theme::tokens();
    egui::Frame::new()
        .fill(theme::of(ui).card)
        .stroke(egui::Stroke::new(tokens.size.hairline, theme::of(ui).border))
        .corner_radius(egui::CornerRadius::same(tokens.radius.card))
}

/// A button of the bar; only its icon where there is little room.
fn tool(ui: &mut Ui, icon: &str, words: &str) -> egui::Response {
    if ui.ctx().content_rect().width() < TIGHT {
        widgets::icon_button(ui, icon, words)
    } else {
        ui.add(widgets::Press::quiet(words).icon(icon))
    }
}

/// A few things in the middle of a place.
fn middle(ui: &mut Ui, rect: egui::Rect, contents: impl FnOnce(&mut Ui)) {
    let place = egui::Rect::from_center_size(rect.center(), egui::vec2(240.0, 32.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout));
    contents(&mut inside);
}

fn empty_ui(ui: &mut Ui, rect: egui::Rect, icon: &str, title: &str, text: &str) {
    let width = 420.0_f32.min(rect.width() - 32.0);
    let place = egui::Rect::from_center_size(rect.center(), egui::vec2(width, 160.0));
    let layout = egui::Layout::top_down(egui::Align::Center);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(layout));
    let color = theme::of(ui).secondary;
    inside.label(egui::RichText::new(icon).size(32.0).color(color));
    inside.add_space(8.0);
    widgets::strong(&mut inside, title);
    inside.add_space(4.0);
    let label = inside.add(egui::Label::new(egui::RichText::new(text).color(color)).wrap());
    parts::announce(&inside, &label);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_two_digits_that_count() {
        for (number, words) in [(0, 0), (7, 7), (99, 99), (123, 120), (13_497_001, 13_000_000)] {
            assert_eq!(rounded(number), words);
        }
    }
}
