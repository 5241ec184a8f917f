//! A dashlet as a card: title, range, total, chart, and what one can do with it.
//!
//! Promises: the last picture stays while the next answer arrives; what is drawn can be clicked
//! down to the records behind it; what there is to do is a menu, which the keyboard reaches too.
//!
//! How a page uses it: keep a [`Card`] for each dashlet, and draw it in each frame where it is to
//! be seen. It asks the store by itself, in the view's range and for the view's account.
//! ```ignore
//! struct MyPage { card: Card }
//! let Some(knowledge) = here.knowledge else { return };
//! let Some(item) = knowledge.dashboards().iter().find(|item| item.id == "overview-attempts")
//! else { return };
//! self.card.ui(ui, here, item, &Options::default());
//! ```

use std::collections::BTreeSet;

use eframe::egui::{self, RichText, Ui, Vec2, vec2};

use super::answers::{self, Answered, Collected, Question, unit};
use super::drill;
use super::menu;
use super::picture::{Shot, Then};
use super::save::Saved;
use super::{csv, words};
use crate::knowledge::{Chart, Dashboard, Item};
use crate::window::console::here::{Go, Here};
use crate::window::console::range::Range;
use crate::window::desk::Slot;
use crate::window::look::charts::{
    self, Lines, Pick, Places, Series, Times, Tone, columns_fit, columns_ui, figure_ui, legend_ui,
    lines_ui, map_ui, ranking_ui, table_ui,
};
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;

/// How a card is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How high what is drawn is, in points.
    pub height: f32,
    /// The period before is shown as well, whatever the card's own menu says.
    pub compares: bool,
    /// The menu offers to customize the page it stands on.
    pub can_customize: bool,
}

impl Default for Options {
    fn default() -> Self {
        let height = theme::tokens().chart.height;
        Self { height, compares: false, can_customize: false }
    }
}

/// What a card wants of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// To be arranged differently.
    Customize,
}

/// A dashlet's place on a page.
#[derive(Default)]
pub struct Card {
    slot: Slot<Question, Option<Answered>>,
    asked: Option<Question>,
    /// Series that were switched off, by name.
    hidden: BTreeSet<String>,
    compares: bool,
    shot: Option<Shot>,
    saved: Saved,
}

impl Card {
    /// Draws the card, as wide as there is room.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        item: &Item<Dashboard>,
        options: &Options,
    ) -> Option<Asks> {
        self.want(here, item, options);
        charts::keep_still(ui.ctx(), self.shot.is_some());
        let mut asks = None;
        let shown = widgets::card(ui, |ui| {
            ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
            asks = self.head_ui(ui, here, item, options);
            self.body_ui(ui, here, item, options);
        });
        charts::keep_still(ui.ctx(), false);
        let rect = shown.response.rect;
        let summary = match self.slot.shown_with_key() {
            Some((question, Some(answered))) => {
                words::summary(item, answered, &words::in_range(question.range))
            }
            _ => String::new(),
        };
        ui.ctx().accesskit_node_builder(shown.response.id, |node| {
            node.set_role(egui::Role::Region);
            node.set_label(words::title(item));
            node.set_description(summary);
        });
        if let Some(shot) = self.shot.take() {
            self.shot = shot.go_on(ui, here, rect, words::title(item), &self.saved);
        }
        asks
    }

    fn want(&mut self, here: &Here<'_>, item: &Item<Dashboard>, options: &Options) {
        let Some(knowledge) = here.knowledge else { return };
        let compares = self.compares || options.compares;
        let question = Question::now(self.asked.as_ref(), item, here.view, knowledge, compares);
        let collected = Collected::of(here.standing, item, here.view.account.as_deref());
        self.asked = Some(question.clone());
        let job = question.clone();
        self.slot.want(here.desk, question, move |shelf| answers::ask(shelf, &job, collected));
    }

    fn head_ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        item: &Item<Dashboard>,
        options: &Options,
    ) -> Option<Asks> {
        let size = &theme::tokens().size;
        let mut asks = None;
        ui.horizontal(|ui| {
            let room = (ui.available_width() - size.control - theme::tokens().space.small).max(1.0);
            let line = vec2(room, size.control);
            let middle = egui::Layout::left_to_right(egui::Align::Center);
            ui.allocate_ui_with_layout(line, middle, |ui| {
                ui.set_width(room);
                let title = RichText::new(words::title(item)).text_style(theme::card_title());
                let response = ui.add(egui::Label::new(title).truncate());
                ui.ctx().accesskit_node_builder(response.id, |node| {
                    node.set_role(egui::Role::Heading);
                    node.set_label(words::title(item));
                });
                response.on_hover_text(&item.reason);
            });
            if self.shot.is_none() {
                asks = self.menu_ui(ui, here, item, options);
            }
        });
        self.line_ui(ui, item);
        if self.shot.is_none() {
            self.saved.ui(ui, here);
        }
        asks
    }

    /// Total and range, and what changed.
    fn line_ui(&mut self, ui: &mut Ui, item: &Item<Dashboard>) {
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        let Some((question, Some(answered))) = self.slot.shown_with_key() else {
            ui.add_space(theme::tokens().chart.row);
            return;
        };
        let colors = theme::of(ui);
        // One line, whatever is in it: cards beside each other are equally high.
        let size = vec2(ui.available_width(), theme::tokens().chart.row);
        let middle = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(size, middle, |ui| {
            ui.set_min_size(size);
            ui.spacing_mut().interact_size.y = 0.0;
            ui.spacing_mut().item_spacing.x = theme::tokens().space.small;
            if item.body.chart != Chart::Number {
                let total = words::total(item, answered.dashlet.total);
                ui.label(RichText::new(total).text_style(theme::strong()));
            }
            if is_slow {
                widgets::state_sign(ui, Sign::Running);
            }
            if let Some(problem) = &problem {
                widgets::state_sign(ui, Sign::Warn).on_hover_text(problem.to_string());
            }
            if let Some(before) = &answered.before {
                charts::change_ui(ui, answered.dashlet.total, before.total);
            }
            let (since, until) = question.span;
            let span = format!("{} to {}", say::exact(since), say::exact(until));
            let range = words::range(question.range);
            let range = RichText::new(range).small().color(colors.secondary);
            ui.add(egui::Label::new(range).truncate()).on_hover_text(span);
        });
    }

    fn body_ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        item: &Item<Dashboard>,
        options: &Options,
    ) {
        let size = vec2(ui.available_width(), options.height);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        let builder =
            egui::UiBuilder::new().max_rect(rect).layout(egui::Layout::top_down(egui::Align::Min));
        let mut inside = ui.new_child(builder);
        inside.set_clip_rect(rect.expand(theme::tokens().space.small).intersect(ui.clip_rect()));
        self.contents_ui(&mut inside, here, item);
    }

    fn contents_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>, item: &Item<Dashboard>) {
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        let Self { slot, hidden, .. } = self;
        match slot.shown_with_key() {
            None => {
                if let Some(problem) = problem {
                    egui::ScrollArea::vertical().id_salt("problem").show(ui, |ui| {
                        parts::problem_banner(ui, &problem);
                        if widgets::quiet_button(ui, "Try again").clicked() {
                            slot.ask_again();
                        }
                    });
                } else if is_slow {
                    ui.centered_and_justified(|ui| {
                        widgets::state_sign(ui, Sign::Running);
                    });
                }
            }
            Some((_, None)) => nothing_stored_ui(ui),
            Some((question, Some(answered))) if answered.dashlet.total == 0 => {
                if answered.is_anything_stored {
                    let title = match question.range {
                        Range::Between(..) => "Nothing in this range".to_owned(),
                        range => format!("Nothing in the {}", words::in_range(range)),
                    };
                    nothing_ui(ui, &title, &item.reason);
                } else {
                    nothing_stored_ui(ui);
                }
            }
            Some((question, Some(answered))) => {
                let range = words::in_range(question.range);
                let pick = drawn_ui(ui, item, answered, hidden, &range);
                if let Some(pick) = pick {
                    let filter = drill::filter(item, answered, pick);
                    here.go(ui, Go::Events(Box::new(filter)));
                }
            }
        }
    }

    fn menu_ui(
        &mut self,
        ui: &mut Ui,
        here: &mut Here<'_>,
        item: &Item<Dashboard>,
        options: &Options,
    ) -> Option<Asks> {
        let title = words::title(item);
        let button =
            widgets::icon_button(ui, icons::DOTS, &format!("Menu of \u{201c}{title}\u{201d}"));
        let mut asks = None;
        let Self { slot, compares, shot, saved, .. } = self;
        let answered = slot.shown().and_then(Option::as_ref);
        egui::Popup::menu(&button).show(|ui| {
            menu::width(ui);
            let is_there = answered.is_some();
            if menu::entry(ui, icons::LIST, "Show records", is_there)
                && let Some(answered) = answered
            {
                let filter = drill::filter(item, answered, Pick::default());
                here.go(ui, Go::Events(Box::new(filter)));
            }
            if !options.compares {
                menu::tick(ui, compares, "Compare with the period before");
            }
            menu::line(ui);
            if menu::entry(ui, icons::COPY, "Copy as picture", is_there) {
                *shot = Some(Shot::new(Then::Copy));
            }
            if menu::entry(ui, icons::IMAGE, "Save as PNG", is_there) {
                *shot = Some(Shot::new(Then::Save));
            }
            if menu::entry(ui, icons::FILE_CSV, "Save as CSV", is_there)
                && let Some(answered) = answered
            {
                here.act(csv::save(item, answered, saved));
            }
            if options.can_customize {
                menu::line(ui);
                if menu::entry(ui, icons::SLIDERS, "Customize", true) {
                    asks = Some(Asks::Customize);
                }
            }
        });
        asks
    }
}

/// Draws the numbers; what was clicked.
fn drawn_ui(
    ui: &mut Ui,
    item: &Item<Dashboard>,
    answered: &Answered,
    hidden: &mut BTreeSet<String>,
    range: &str,
) -> Option<Pick> {
    let drawn = &answered.drawn;
    let chart = item.body.chart;
    let has_legend = drawn.series.len() > 1 && !matches!(chart, Chart::Table | Chart::Number);
    if has_legend {
        let all: Vec<(&str, Tone)> =
            drawn.series.iter().map(|one| (one.name.as_str(), one.tone)).collect();
        let is_hidden =
            |index: usize| all.get(index).is_some_and(|(name, _)| hidden.contains(*name));
        if let Some((name, _)) = legend_ui(ui, &all, is_hidden).and_then(|at| all.get(at))
            && !hidden.remove(*name)
        {
            hidden.insert((*name).to_owned());
        }
    }
    let kept: Vec<Series>;
    let series = if has_legend && !hidden.is_empty() {
        kept = drawn.series.iter().filter(|one| !hidden.contains(&one.name)).cloned().collect();
        &kept
    } else {
        &drawn.series
    };
    let size = ui.available_size();
    let unit = unit(item);
    let summary = words::summary(item, answered, range);
    let before = answered.before.as_ref();
    match (&drawn.times, chart) {
        (_, Chart::Number) => figure_ui(ui, size, answered.dashlet.total, unit),
        (Some(times), _) => {
            let before = before.map(|before| before.steps.as_slice()).unwrap_or_default();
            over_time_ui(ui, size, times, series, before, &summary)
        }
        (None, Chart::Map) => places_ui(ui, size, &drawn.names, series, unit, &summary),
        (None, Chart::Table) => {
            table_ui(ui, size, words::heading(item), &drawn.names, series, unit)
        }
        (None, Chart::Bar) if columns_fit(size.x, drawn.names.len()) => {
            columns_ui(ui, size, &drawn.names, series, unit)
        }
        (None, _) => ranking_ui(ui, size, &drawn.names, series, unit),
    }
}

fn over_time_ui(
    ui: &mut Ui,
    size: Vec2,
    times: &Times,
    series: &[Series],
    before: &[Option<i64>],
    summary: &str,
) -> Option<Pick> {
    lines_ui(ui, size, &Lines { times, series, before, summary })
}

/// The map, and beside it, where there is room, the places as a ranking.
fn places_ui(
    ui: &mut Ui,
    size: Vec2,
    names: &[String],
    series: &[Series],
    unit: &str,
    summary: &str,
) -> Option<Pick> {
    let theme::Theme { chart, space, .. } = theme::tokens();
    let places = Places { names, series, unit, summary };
    if size.x < chart.map_width + chart.ranking_width + space.huge {
        return map_ui(ui, size, &places);
    }
    let ranking = (size.x * 0.36).max(chart.ranking_width);
    let mut picked = None;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space.huge;
        let map = vec2(size.x - ranking - space.huge, size.y);
        picked = map_ui(ui, map, &places);
        // The switched-off series may have been all a place had.
        let beside = ranking_ui(ui, vec2(ranking, size.y), names, series, unit);
        picked = beside.or(picked);
    });
    picked
}

/// Says in the middle that there is nothing, and what would be there.
fn nothing_stored_ui(ui: &mut Ui) {
    let text = "They appear here as soon as the first ones are collected.";
    nothing_ui(ui, "No records yet", text);
}

fn nothing_ui(ui: &mut Ui, title: &str, text: &str) {
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space((height / 2.0 - theme::tokens().size.control).max(0.0));
        widgets::strong(ui, title);
        widgets::small(ui, text);
    });
}
