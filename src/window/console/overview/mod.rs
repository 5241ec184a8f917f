//! “Overview”: is it working, and is anything wrong?

mod welcome;

use std::time::Duration;

use eframe::egui;

use super::{Go, Here};
use crate::base::UnixMillis;
use crate::base::words::{ago, counted, number, span};
use crate::status::{FeedState, FeedStatus, Overall};
use crate::window::kept::Kept;
use crate::window::look::widgets::{self, Kind, Sign};
use crate::window::look::{icons, theme};
use crate::window::parts;
use crate::window::wizard::sign_of;
use crate::window::worker::{CollectorStanding, Standing, Wish};

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

/// The page's own state.
#[derive(Default)]
pub(super) struct OverviewPage {}

impl OverviewPage {
    /// Shows the first steps again.
    pub fn show_first_steps(&mut self, kept: &Kept) {
        kept.forget(welcome::KEY);
    }

    /// Draws the page.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        overview_ui(ui, here);
    }
}

fn overview_ui(ui: &mut egui::Ui, here: &mut Here<'_>) {
    let standing = here.standing;
    if let Err(problem) = &standing.settings {
        parts::problem_banner(ui, problem);
        ui.add_space(16.0);
    }
    collector_ui(ui, standing, here.wishes);
    welcome::ui(ui, here);
    for attention in &standing.summary.attention {
        let whose = match attention.log_type {
            Some(log_type) => format!("{}, {}", attention.account, log_type.title()),
            None => attention.account.clone(),
        };
        widgets::banner(ui, Kind::Warn, &whose, &attention.words, |_| {});
        ui.add_space(8.0);
    }
    let Ok(settings) = &standing.settings else { return };
    if settings.accounts.is_empty() {
        widgets::banner(
            ui,
            Kind::Info,
            "No account yet",
            "Connect a Duo account, and its logs appear here",
            |ui| {
                if widgets::primary_button(ui, "Add account").clicked() {
                    here.go(ui, Go::AddAccount);
                }
            },
        );
        return;
    }
    for name in super::names_of(standing) {
        account_ui(ui, standing, &name);
        ui.add_space(16.0);
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

fn account_ui(ui: &mut egui::Ui, standing: &Standing, name: &str) {
    let logs: Vec<&FeedStatus> =
        standing.statuses.iter().filter(|status| status.account == name).collect();
    let is_running =
        !matches!(standing.summary.state, Overall::Stopped | Overall::Paused | Overall::NoAccount);
    let total: u64 = logs.iter().map(|log| log.records).sum();
    widgets::card(ui, |ui| {
        parts::title_and_words(ui, name, &counted(total, "record"));
        ui.add_space(4.0);
        if logs.is_empty() {
            widgets::small(ui, "Its logs appear here as soon as the collector has asked Duo");
            return;
        }
        let now = UnixMillis::now();
        let columns = Columns::within(ui.available_width());
        columns.row_ui(ui, 24.0, |ui, i| {
            let color = theme::of(ui).secondary;
            let title = ["Log", "State", "Records", "Newest"].get(i).copied().unwrap_or_default();
            ui.label(egui::RichText::new(title).small().color(color));
        });
        for log in logs {
            columns.row_ui(ui, 32.0, |ui, i| cell_ui(ui, i, log, is_running, now));
        }
    });
}

/// The table's columns: log, state, records (at the right end), newest.
struct Columns {
    widths: [f32; 4],
    gap: f32,
}

impl Columns {
    /// As wide as there is room; the state gets what the others leave.
    fn within(room: f32) -> Self {
        let is_narrow = room < 600.0;
        let (log, records, newest) =
            if is_narrow { (124.0, 72.0, 84.0) } else { (room * 0.24, 88.0, room * 0.2) };
        let gap = if is_narrow { 12.0 } else { 24.0 };
        let state = (room - log - records - newest - 3.0 * gap).max(60.0);
        Self { widths: [log, state, records, newest], gap }
    }

    fn row_ui(&self, ui: &mut egui::Ui, height: f32, mut cell: impl FnMut(&mut egui::Ui, usize)) {
        let size = egui::vec2(ui.available_width(), height);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        let mut left = rect.left();
        for (i, width) in self.widths.into_iter().enumerate() {
            let place = egui::pos2(left, rect.top());
            let room = egui::Rect::from_min_size(place, egui::vec2(width, height));
            let layout = if i == 2 {
                egui::Layout::right_to_left(egui::Align::Center)
            } else {
                egui::Layout::left_to_right(egui::Align::Center)
            };
            let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(room).layout(layout));
            inside.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
            cell(&mut inside, i);
            left += width + self.gap;
        }
    }
}

fn cell_ui(ui: &mut egui::Ui, i: usize, log: &FeedStatus, is_running: bool, now: UnixMillis) {
    match i {
        0 => {
            ui.label(log.log_type.title());
        }
        1 => {
            let resting = log.state == FeedState::CatchingUp && !is_running;
            let sign = if resting { Sign::Waiting } else { sign_of(log.state) };
            widgets::state_sign(ui, sign);
            let words =
                if resting { "Not caught up yet".to_owned() } else { state_words(log, now) };
            let label = ui.label(words);
            if let Some(error) = &log.error
                && log.state != FeedState::Current
            {
                label.on_hover_text(&error.message);
            }
        }
        2 => {
            ui.label(egui::RichText::new(number(log.records)).text_style(theme::numbers()));
        }
        _ => match log.newest {
            Some(newest) => {
                ui.label(ago(newest, now)).on_hover_text(newest.to_string());
            }
            None => {
                ui.label("\u{2013}");
            }
        },
    }
}

fn state_words(log: &FeedStatus, now: UnixMillis) -> String {
    let mut words = parts::capitalized(log.state.title());
    if log.state == FeedState::CatchingUp {
        if let Some(share) = log.share() {
            words.push_str(&format!(", {:.0} %", share * 100.0));
        }
        if let Some(left) = log.left(now) {
            words.push_str(&format!(", about {} left", span(left)));
        }
    }
    words
}
