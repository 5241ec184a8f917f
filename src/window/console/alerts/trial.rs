//! Tries a rule on stored records before it is switched on: what it would have raised.

use std::sync::Arc;

use eframe::egui::{self, Rect, RichText, Ui, pos2, vec2};

use super::bars::{self, Bar};
use super::parts::{self, At};
use crate::base::{Problem, UnixMillis};
use crate::detect::{Lists, Rules, WorkingHours, review};
use crate::pipeline::backtest::{Backtest, Example, Over, backtest};
use crate::settings::Settings;
use crate::store::Reader;
use crate::window::console::Here;
use crate::window::console::range::Range;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Kind, Press};
use crate::window::look::{icons, theme};
use crate::window::{parts as shared, say};

/// What is tried.
#[derive(Clone, Debug, PartialEq)]
struct Tried {
    text: Arc<str>,
    account: Option<String>,
    range: Range,
    /// Grows with each try.
    run: u64,
}

/// What came of it.
struct Outcome {
    tested: Backtest,
    since: UnixMillis,
    until: UnixMillis,
    bars: Vec<Bar>,
    /// Whether there are records at all.
    has_store: bool,
}

/// The card's own state.
pub(super) struct Trial {
    range: Range,
    tried: Option<Tried>,
    runs: u64,
    slot: Slot<Tried, Arc<Outcome>>,
}

impl Default for Trial {
    fn default() -> Self {
        Self { range: Range::Month, tried: None, runs: 0, slot: Slot::default() }
    }
}

impl Trial {
    /// Draws the card; `text` is the rule as it stands, `is_right` whether it can be tried.
    pub fn ui(&mut self, ui: &mut Ui, here: &Here<'_>, text: &str, is_right: bool) {
        if let Some(tried) = &self.tried {
            let (work, key) = (tried.clone(), tried.clone());
            self.slot.want_long(here.desk, key, move |shelf| run(shelf, &work).map(Arc::new));
        }
        let is_running = self.tried.is_some() && self.slot.is_waiting();
        widgets::card(ui, |ui| {
            widgets::card_title(ui, "Try it on stored records");
            widgets::small(
                ui,
                "Tells what the rule would have raised. Nothing is raised, sent or written.",
            );
            ui.add_space(theme::tokens().space.tight);
            self.controls_ui(ui, here, text, is_right, is_running);
            if is_running {
                self.progress_ui(ui);
            } else if let Some(problem) = self.slot.problem().cloned() {
                shared::problem_banner(ui, &problem);
            } else if let Some((tried, outcome)) = self.slot.shown_with_key() {
                outcome_ui(ui, tried, outcome, text);
            }
        });
    }

    fn controls_ui(
        &mut self,
        ui: &mut Ui,
        here: &Here<'_>,
        text: &str,
        is_right: bool,
        is_running: bool,
    ) {
        ui.horizontal_wrapped(|ui| {
            let mut ranges: Vec<(Range, String)> =
                Range::LAST.into_iter().map(|range| (range, range.title().to_owned())).collect();
            if let Range::Between(..) = here.view.range {
                ranges.push((here.view.range, "The chosen time".to_owned()));
            }
            ui.add_enabled_ui(!is_running, |ui| {
                parts::choice(ui, "Time to try", 160.0, &mut self.range, &ranges);
            });
            if is_running {
                if ui.add(Press::quiet("Cancel").icon(icons::X)).clicked() {
                    self.tried = None;
                    self.slot.clear();
                }
                return;
            }
            let press = Press::quiet("Try the rule").icon(icons::PLAY);
            let response = ui.add_enabled(is_right, press);
            if response.on_disabled_hover_text("Mend the mistakes first").clicked() {
                self.runs += 1;
                self.slot.clear();
                self.tried = Some(Tried {
                    text: text.into(),
                    account: here.view.account.clone(),
                    range: self.range,
                    run: self.runs,
                });
                ui.ctx().request_repaint();
            }
        });
    }

    fn progress_ui(&self, ui: &mut Ui) {
        let (share, done) =
            self.slot.progress().map_or((None, 0), |progress| (progress.share(), progress.done()));
        let words = match share {
            Some(share) => format!("{:.0} % of the time looked through", share * 100.0),
            None if done > 0 => "Learning what is usual from earlier records\u{2026}".to_owned(),
            None => "Waiting for its turn\u{2026}".to_owned(),
        };
        widgets::progress(ui, share, &words);
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(200));
    }
}

/// Looks through the records. Runs beside the drawing.
fn run(shelf: &mut Shelf, tried: &Tried) -> Result<Outcome, Problem> {
    let (since, until) = tried.range.since_until(UnixMillis::now());
    let (lists, _) = Lists::load(shelf.home());
    let (item, mistakes) = review(&tried.text, &lists);
    if let Some(mistake) = mistakes.first() {
        return Err(Problem::new(format!("There is a mistake in line {}", mistake.line))
            .because(&mistake.what));
    }
    let (rules, _) = Rules::compile(std::slice::from_ref(&item), &lists);
    let hours = WorkingHours::of(&Settings::load(shelf.home())?.alerts);
    // A connection of its own: the shelf's is not lent while its progress is told.
    let reader = Reader::open(&shelf.home().store_file()).map_err(|error| error.problem)?;
    let nothing =
        Outcome { tested: Backtest::default(), since, until, bars: Vec::new(), has_store: false };
    let Some(reader) = reader else { return Ok(nothing) };
    let over = Over { account: tried.account.clone(), since: Some(since), until: Some(until) };
    let all = u64::try_from(until.0 - since.0).unwrap_or(0).max(1);
    let go_on = |at: UnixMillis| {
        match u64::try_from(at.0 - since.0) {
            Ok(done) => shelf.progress().tell(done, all),
            Err(_) => shelf.progress().tell(1, 0),
        }
        !shelf.is_unwanted()
    };
    let tested = backtest(&reader, rules, hours, &over, go_on)?;
    let tested = tested.ok_or_else(|| Problem::new("The try was given up"))?;
    let bars = bars::bars(&tested.alerts, since, until, &say::zone());
    Ok(Outcome { tested, since, until, bars, has_store: true })
}

fn outcome_ui(ui: &mut Ui, tried: &Tried, outcome: &Outcome, text: &str) {
    let tested = &outcome.tested;
    ui.add_space(theme::tokens().space.small);
    if !outcome.has_store {
        let text = "Once records are collected, a rule can be tried on them.";
        widgets::banner(ui, Kind::Info, "Nothing is stored yet", text, |_| {});
        return;
    }
    if *tried.text != *text {
        let words = "This is of the text as it was; try it again to see what it does now.";
        widgets::banner(ui, Kind::Info, "The text has changed since", words, |_| {});
        ui.add_space(theme::tokens().space.small);
    }
    let alerts = tested.alerts.len() as u64;
    let whose = match &tried.account {
        Some(account) => format!(" of {account}"),
        None => String::new(),
    };
    let title = match alerts {
        0 => "It would have raised nothing".to_owned(),
        n => format!(
            "It would have raised {}{}",
            say::counted(n, "alert"),
            per_day(n, outcome.until.0 - outcome.since.0)
        ),
    };
    widgets::strong(ui, &title);
    let words = format!(
        "{} in {} looked at{whose}, in {}",
        match tested.records {
            0 => "No record".to_owned(),
            n => say::counted(n, "record"),
        },
        say::number(i64::try_from(tested.read).unwrap_or(i64::MAX)),
        parts::range_words(tried.range),
    );
    widgets::secondary(ui, &words);
    if alerts == 0 {
        return;
    }
    ui.add_space(theme::tokens().space.small);
    bars::chart_ui(ui, &outcome.bars, "alert");
    ui.add_space(theme::tokens().space.small);
    let first = if alerts > tested.examples.len() as u64 {
        format!("The first {} of them", tested.examples.len())
    } else {
        "All of them".to_owned()
    };
    widgets::strong(ui, &first);
    for example in &tested.examples {
        example_ui(ui, example);
    }
}

/// “, about 3 a day” where that says more than the count.
fn per_day(alerts: u64, millis: i64) -> String {
    let days = millis as f64 / 86_400_000.0;
    if days < 1.5 {
        return String::new();
    }
    let each = alerts as f64 / days;
    if each >= 1.5 {
        format!(", about {each:.0} a day")
    } else if each * 7.0 >= 1.5 && days >= 10.0 {
        format!(", about {:.0} a week", each * 7.0)
    } else {
        String::new()
    }
}

fn example_ui(ui: &mut Ui, example: &Example) {
    let c = theme::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), 28.0), egui::Sense::hover());
    let count = say::counted(example.count, "record");
    let words =
        format!("{}, {}, {}, {count}", say::when(example.at), example.subject, example.account);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &words));
    let gap = theme::tokens().space.medium;
    let part = |from: f32, width: f32| {
        Rect::from_min_max(pos2(from, rect.top()), pos2(from + width, rect.bottom()))
    };
    let (time, number) = (132.0, 96.0);
    let free = (rect.width() - time - number - 3.0 * gap).max(80.0);
    let subject = part(rect.left() + time + gap, free * 0.6);
    let account = part(subject.right() + gap, free * 0.4);
    let quiet = |text: &str| RichText::new(text).color(c.secondary);
    parts::cell(ui, part(rect.left(), time), quiet(&say::when(example.at)), At::Left);
    parts::cell(ui, subject, RichText::new(&example.subject).color(c.text), At::Left);
    parts::cell(ui, account, quiet(&example.account), At::Left);
    let count = quiet(&count).text_style(theme::numbers());
    parts::cell(ui, part(rect.right() - number, number), count, At::Right);
    response.on_hover_ui(|ui| {
        widgets::body(ui, example.subject.as_str());
        widgets::small(ui, &say::exact(example.at));
    });
}

#[cfg(test)]
mod tests {
    use super::per_day;

    #[test]
    fn how_many_a_day_is_told_where_it_says_more_than_the_count() {
        const DAY: i64 = 86_400_000;
        assert_eq!(per_day(90, 30 * DAY), ", about 3 a day");
        assert_eq!(per_day(9, 30 * DAY), ", about 2 a week");
        assert_eq!(per_day(2, 30 * DAY), "");
        assert_eq!(per_day(50, DAY), "");
    }
}
