//! “Overview”: is it working, and is anything wrong?
//!
//! Promises: what needs a person stands at the top, and above the fold; it stays readable with fifty
//! accounts; everything on it leads to more.

mod health;
mod newest;
mod open_alerts;
mod row;
mod welcome;

use std::time::Duration;

use eframe::egui;

use super::dashboards::Grid;
use super::{Go, Here, names_of};
use crate::base::{Problem, UnixMillis};
use crate::dashboards::today;
use crate::status::Overall;
use crate::window::desk::{Shelf, Slot};
use crate::window::kept::Kept;
use crate::window::look::widgets::{self, Kind, Sign};
use crate::window::look::{icons, theme};
use crate::window::worker::{CollectorStanding, Standing, Wish};
use crate::window::{parts, say};
use health::{Health, OfToday};
use newest::Newest;
use open_alerts::OpenAlerts;

const HOUR: Duration = Duration::from_secs(3600);

/// How the whole is shown.
pub(super) fn sign_of_all(state: Overall) -> Sign {
    match state {
        Overall::Current => Sign::Pass,
        Overall::Collecting => Sign::Running,
        Overall::Attention => Sign::Warn,
        Overall::Stopped => Sign::Fail,
        Overall::Paused => Sign::Paused,
        Overall::NoAccount => Sign::Waiting,
    }
}

/// What needs a person has a banner, as far as these go; the rest is told below.
const BANNERS: usize = 3;

/// Below this width what stands side by side stands one below the other.
const TWO_COLUMNS: f32 = 720.0;

/// How often what is usual by now is asked again.
const QUARTER: i64 = 15 * 60_000;

/// The page's own state.
#[derive(Default)]
pub(super) struct OverviewPage {
    health: Health,
    /// By how fresh, and the quarter of an hour.
    today: Slot<(u64, i64), OfToday>,
    alerts: OpenAlerts,
    newest: Newest,
    dashboard: Grid,
}

impl OverviewPage {
    /// Shows the first steps again.
    pub fn show_first_steps(&mut self, kept: &Kept) {
        kept.forget(welcome::KEY);
    }

    /// Draws the page.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let standing = here.standing;
        if let Err(problem) = &standing.settings {
            parts::problem_banner(ui, problem);
            ui.add_space(16.0);
        }
        collector_ui(ui, standing, here.wishes);
        attention_ui(ui, standing);
        let Ok(settings) = &standing.settings else { return };
        if settings.accounts.is_empty() {
            let text = "Connect a Duo account, and its logs appear here";
            widgets::banner(ui, Kind::Info, "No account yet", text, |ui| {
                if widgets::primary_button(ui, "Add account").clicked() {
                    here.go(ui, Go::AddAccount);
                }
            });
            return;
        }
        welcome::ui(ui, here);
        let keep = settings.collection.keep;
        let key = (here.view.fresh, UnixMillis::now().0.div_euclid(QUARTER));
        self.today.want(here.desk, key, move |shelf| of_today(shelf, keep));
        let names: Vec<String> = match &here.view.account {
            Some(account) => vec![account.clone()],
            None => names_of(standing),
        };
        self.health.ui(ui, standing, &names, self.today.shown());
        self.lists_ui(ui, here);
        self.dashboard.overview_ui(ui, here);
    }

    /// Open alerts and newest records, side by side where there is room.
    fn lists_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let gap = theme::tokens().space.large;
        if ui.available_width() < TWO_COLUMNS {
            self.alerts.ui(ui, here);
            ui.add_space(gap);
            self.newest.ui(ui, here);
        } else {
            let width = (ui.available_width() - gap) / 2.0;
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                ui.vertical(|ui| {
                    ui.set_width(width);
                    self.alerts.ui(ui, here);
                });
                ui.vertical(|ui| {
                    ui.set_width(width);
                    self.newest.ui(ui, here);
                });
            });
        }
        ui.add_space(gap);
    }
}

fn of_today(shelf: &mut Shelf, keep: Duration) -> Result<OfToday, Problem> {
    let Some(reader) = shelf.reader()? else { return Ok(OfToday::new()) };
    let told = today(reader, UnixMillis::now(), &say::zone(), keep);
    let told = told.map_err(|error| error.problem)?;
    Ok(told.into_iter().map(|one| ((one.account.clone(), one.log_type), one)).collect())
}

/// What needs a person: the first few in full.
fn attention_ui(ui: &mut egui::Ui, standing: &Standing) {
    let all = &standing.summary.attention;
    let shown = if all.len() == BANNERS + 1 { all.len() } else { BANNERS };
    for attention in all.iter().take(shown) {
        let whose = match attention.log_type {
            Some(log_type) => format!("{}, {}", attention.account, log_type.title()),
            None => attention.account.clone(),
        };
        widgets::banner(ui, Kind::Warn, &whose, &attention.words, |_| {});
        ui.add_space(8.0);
    }
    let left = all.len().saturating_sub(shown);
    if left > 0 {
        let words = format!("{} more, told below", say::count(left as u64));
        widgets::secondary(ui, &words);
    }
    if !all.is_empty() {
        ui.add_space(8.0);
    }
}

fn collector_ui(ui: &mut egui::Ui, standing: &Standing, wishes: &mut Vec<Wish>) {
    match &standing.collector {
        CollectorStanding::Stopped => {
            let text = "Nothing is collected until the collector runs. What was missed meanwhile \
                        is fetched then, as far back as Duo keeps it.";
            widgets::banner(ui, Kind::Bad, "The collector does not run", text, |ui| {
                if widgets::primary_button(ui, "Start collecting").clicked() {
                    wishes.push(Wish::StartCollector);
                }
            });
            ui.add_space(16.0);
            return;
        }
        CollectorStanding::OtherVersion(version) => {
            let text = format!(
                "The collector that runs is version {version}, this window is version {}. \
                 Restarting it takes a moment and loses nothing.",
                env!("CARGO_PKG_VERSION")
            );
            widgets::banner(ui, Kind::Info, "The collector is of another version", &text, |ui| {
                if widgets::primary_button(ui, "Restart the collector").clicked() {
                    wishes.push(Wish::RestartCollector);
                }
            });
            ui.add_space(16.0);
        }
        CollectorStanding::Running => {}
    }
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            steering_ui(ui, standing, wishes);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let words = match standing.summary.attention.len() {
                    0 => standing.summary.words.clone(),
                    1 => "One thing needs you".to_owned(),
                    count => format!("{count} things need you"),
                };
                let words = egui::RichText::new(words).text_style(theme::card_title());
                ui.add(egui::Label::new(words).truncate());
            });
        });
    });
    ui.add_space(16.0);
}

/// Pause, resume, collect now; from the right.
fn steering_ui(ui: &mut egui::Ui, standing: &Standing, wishes: &mut Vec<Wish>) {
    if standing.summary.state == Overall::Paused {
        let resume = widgets::Press::primary("Resume").icon(icons::PLAY);
        if ui.add(resume).clicked() {
            wishes.push(Wish::Resume);
        }
        return;
    }
    let pause = ui.add(widgets::Press::quiet("Pause").icon(icons::PAUSE));
    egui::Popup::menu(&pause).show(|ui| {
        if ui.button("For an hour").clicked() {
            wishes.push(Wish::Pause(Some(UnixMillis::now().plus(HOUR))));
        }
        if ui.button("Until resumed").clicked() {
            wishes.push(Wish::Pause(None));
        }
    });
    let now = widgets::Press::quiet("Collect now").icon(icons::ARROWS_CLOCKWISE);
    if ui.add(now).on_hover_text("Ctrl+R").clicked() {
        wishes.push(Wish::CollectNow);
    }
}
