//! “Completeness”: is anything missing? A calendar with a cell for each day of each log.
//!
//! Promises: a day is green only when Duo itself was asked; what is not known looks like it; what is
//! started here shows how far it is, can be cancelled, and says what came of it.

mod asking;
mod grid;
mod marks;
mod running;
mod words;

use eframe::egui;

use super::{Filter, Go, Here};
use crate::base::{Problem, UnixMillis};
use crate::pipeline::calendar::{self, LogCalendar};
use crate::pipeline::scope::Scope;
use crate::store::day_of;
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Kind};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::say;
use asking::Asking;
use grid::Chosen;
use running::{Order, Outcome, Work};

/// As far back as Duo keeps its logs.
const DAYS: i64 = 180;

/// A check begins so many days back unless somebody says otherwise.
const USUAL: i64 = 30;

/// What the calendar depends on: the account, what is stored, the last day.
type Key = (Option<String>, u64, i64);

/// The page's own state.
#[derive(Default)]
pub(super) struct CompletenessPage {
    calendar: Slot<Key, Vec<LogCalendar>>,
    chosen: Option<Chosen>,
    asking: Option<Asking>,
    /// The dialog that was answered just now.
    answered: Option<&'static str>,
    running: Slot<u64, Outcome>,
    /// What runs, or ran last.
    work: Option<Work>,
    /// Counts what was started.
    started: u64,
    /// The last of them whose end was noticed.
    noticed: u64,
    /// The moment the calendar ends with; now, except in pictures.
    #[cfg(test)]
    pub(super) now: Option<UnixMillis>,
}

impl CompletenessPage {
    /// Draws the page and its dialog.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let now = self.now();
        let today = day_of(now);
        self.notice_end(ui.ctx(), here);
        let account = here.view.account.clone();
        let key = (account.clone(), here.view.fresh, today);
        self.calendar.want(here.desk, key, move |shelf| look(shelf, account.as_deref(), now));
        self.running_ui(ui);
        if let Some(problem) = self.calendar.problem() {
            parts::problem_banner(ui, problem);
            ui.add_space(16.0);
        }
        if self.calendar.is_slow(ui.ctx()) {
            widgets::progress(ui, None, "Reading\u{2026}");
            ui.add_space(8.0);
        }
        let is_busy = self.running.is_waiting();
        let Some(logs) = self.calendar.shown() else { return };
        if logs.is_empty() {
            widgets::banner(
                ui,
                Kind::Info,
                "Nothing was collected yet",
                "A calendar appears here as soon as the first log has been read: a row for each \
                 log, a cell for each day",
                |_| {},
            );
            return;
        }
        let mut wanted = None;
        let mut chosen = self.chosen.filter(|at| at.log < logs.len());
        widgets::card(ui, |ui| {
            let summary = words::summary(logs.iter().flat_map(|log| &log.days));
            wanted = heading_ui(ui, &summary, is_busy);
            ui.add_space(8.0);
            marks::legend_ui(ui);
            ui.add_space(8.0);
            grid::grid_ui(ui, logs, &mut chosen, &summary);
            ui.add_space(8.0);
            widgets::divider(ui);
            ui.add_space(8.0);
            match chosen {
                None => {
                    widgets::secondary(
                        ui,
                        "Choose a day to see its numbers. Days are those of UTC, as Duo is asked \
                         for them.",
                    );
                }
                Some(at) => wanted = chosen_ui(ui, logs, at, is_busy).or(wanted.take()),
            }
        });
        let accounts = accounts(logs);
        self.chosen = chosen;
        self.follow(ui, here, wanted, today);
        self.dialog_ui(ui.ctx(), here, &accounts, today);
    }

    #[cfg(not(test))]
    fn now(&self) -> UnixMillis {
        UnixMillis::now()
    }

    #[cfg(test)]
    fn now(&self) -> UnixMillis {
        self.now.unwrap_or_else(UnixMillis::now)
    }

    /// When something has ended, the calendar is looked at again.
    fn notice_end(&mut self, ctx: &egui::Context, here: &mut Here<'_>) {
        if self.noticed < self.started && !self.running.is_waiting() {
            self.noticed = self.started;
            here.view.fresh += 1;
            ctx.request_repaint();
        }
    }

    fn follow(&mut self, ui: &egui::Ui, here: &mut Here<'_>, wanted: Option<Wanted>, today: i64) {
        match wanted {
            None => {}
            Some(Wanted::Ask(work)) => {
                let days = (today - USUAL + 1, today);
                self.asking = Some(Asking::new(work, days, here.view.account.clone()));
                ui.ctx().request_repaint();
            }
            Some(Wanted::Start(order)) => self.start(here, order),
            Some(Wanted::Events { account, filter }) => {
                here.view.account = Some(account);
                here.go(ui, Go::Events(filter));
            }
        }
    }

    fn start(&mut self, here: &Here<'_>, order: Order) {
        self.started += 1;
        self.work = Some(order.work);
        self.running.clear();
        self.running.want_long(here.desk, self.started, move |shelf| running::run(shelf, &order));
    }

    fn dialog_ui(&mut self, ctx: &egui::Context, here: &Here<'_>, accounts: &[String], today: i64) {
        let Some(asking) = &mut self.asking else {
            // The focus goes back to where it was.
            if let Some(title) = self.answered.take() {
                widgets::dialog(ctx, title, &mut false, |_| {});
            }
            return;
        };
        let outcome = asking.ui(ctx, accounts, today);
        let title = asking.title();
        match outcome {
            asking::Outcome::Open => return,
            asking::Outcome::Closed => {}
            asking::Outcome::Start(order) => self.start(here, order),
        }
        self.answered = Some(title);
        self.asking = None;
        ctx.request_repaint();
    }

    /// How far what was started is, or what came of it.
    fn running_ui(&mut self, ui: &mut egui::Ui) {
        let Some(work) = self.work else { return };
        if self.running.is_waiting() {
            // What is counted elsewhere wakes nobody.
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(150));
            let (share, words) = progress_words(work, self.running.progress());
            let mut is_cancelled = false;
            widgets::card(ui, |ui| {
                widgets::progress(ui, share, &words);
                ui.add_space(4.0);
                is_cancelled = widgets::quiet_button(ui, "Cancel").clicked();
            });
            ui.add_space(16.0);
            if is_cancelled {
                self.running.clear();
            }
            return;
        }
        let mut is_read = false;
        if let Some(problem) = self.running.problem() {
            parts::problem_banner(ui, problem);
            ui.add_space(16.0);
        } else if let Some(outcome) = self.running.shown() {
            let kind = if outcome.is_well { Kind::Good } else { Kind::Warn };
            widgets::banner(ui, kind, &outcome.title, &outcome.words, |ui| {
                is_read = widgets::quiet_button(ui, "Dismiss").clicked();
            });
            ui.add_space(16.0);
        }
        if is_read {
            self.running.clear();
            self.work = None;
        }
    }
}

fn look(
    shelf: &mut Shelf,
    account: Option<&str>,
    now: UnixMillis,
) -> Result<Vec<LogCalendar>, Problem> {
    let today = day_of(now);
    let Some(reader) = shelf.reader()? else { return Ok(Vec::new()) };
    calendar::calendar(reader, account, (today - DAYS + 1, today), now)
        .map_err(|error| error.problem)
}

fn progress_words(
    work: Work,
    progress: Option<&crate::window::desk::Progress>,
) -> (Option<f32>, String) {
    let number = |count: u64| say::number(i64::try_from(count).unwrap_or(i64::MAX));
    match (work, progress) {
        (Work::Check, Some(progress)) if progress.all() > 0 => {
            let words = format!(
                "Asking Duo: {} of {} compared",
                number(progress.done()),
                say::counted(progress.all(), "day")
            );
            (progress.share(), words)
        }
        (Work::Again, Some(progress)) if progress.done() > 0 => {
            (None, format!("Collecting again: {} read", say::counted(progress.done(), "record")))
        }
        _ => (None, "Asking Duo\u{2026}".to_owned()),
    }
}

fn accounts(logs: &[LogCalendar]) -> Vec<String> {
    let mut names: Vec<String> = logs.iter().map(|log| log.account.clone()).collect();
    names.dedup();
    names
}

/// What a person wants.
enum Wanted {
    /// Be asked for days and logs.
    Ask(Work),
    /// Have it done.
    Start(Order),
    /// See the records.
    Events { account: String, filter: Box<Filter> },
}

fn heading_ui(ui: &mut egui::Ui, summary: &str, is_busy: bool) -> Option<Wanted> {
    let mut wanted = None;
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.add_enabled_ui(!is_busy, |ui| {
                let check = widgets::Press::primary("Check against Duo\u{2026}");
                if ui.add(check.icon(icons::SHIELD_CHECK)).clicked() {
                    wanted = Some(Wanted::Ask(Work::Check));
                }
                let again = widgets::Press::quiet("Collect again\u{2026}");
                if ui.add(again.icon(icons::ARROWS_CLOCKWISE)).clicked() {
                    wanted = Some(Wanted::Ask(Work::Again));
                }
            });
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let title = egui::RichText::new("The last 180 days");
                ui.add(egui::Label::new(title.text_style(theme::card_title())).truncate());
            });
        });
    });
    widgets::secondary(ui, summary);
    wanted
}

/// The numbers of what is chosen, and what can be done with it.
fn chosen_ui(ui: &mut egui::Ui, logs: &[LogCalendar], at: Chosen, is_busy: bool) -> Option<Wanted> {
    let log = logs.get(at.log)?;
    let (from, to) = at.days();
    let mut wanted = None;
    let (title, text) = if from == to {
        let day = log.days.iter().find(|day| day.number == from)?;
        (words::day_words(from), words::sentence(log, day))
    } else {
        let days = log.days.iter().filter(|day| (from..=to).contains(&day.number));
        let title = format!("{} to {}", words::day_words(from), words::day_words(to));
        (title, words::summary(days))
    };
    let title = format!("{}, {}: {title}", log.account, log.log_type.title());
    let strong = egui::RichText::new(title).text_style(theme::strong());
    ui.add(egui::Label::new(strong).truncate());
    let label = widgets::body(ui, text);
    parts::announce(ui, &label);
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        let order = |work| {
            let scope = Scope { account: Some(log.account.clone()), log_types: vec![log.log_type] };
            Some(Wanted::Start(Order { work, scope, from, to }))
        };
        ui.add_enabled_ui(!is_busy, |ui| {
            if widgets::quiet_button(ui, "Check these days").clicked() {
                wanted = order(Work::Check);
            }
            if widgets::quiet_button(ui, "Collect these days again").clicked() {
                wanted = order(Work::Again);
            }
        });
        if ui.add(widgets::Press::quiet("Show records").icon(icons::LIST)).clicked() {
            let filter = Filter {
                log_types: vec![log.log_type],
                since: Some(words::start_of(from)),
                until: Some(words::end_of(to)),
                ..Filter::default()
            };
            let (account, filter) = (log.account.clone(), Box::new(filter));
            wanted = Some(Wanted::Events { account, filter });
        }
    });
    wanted
}
