//! How each account and log stands, and its records of today against the usual.
//!
//! Promises: what needs a person comes first; with many accounts those that are well take one line
//! together until somebody wants to see them.

use std::collections::BTreeMap;

use eframe::egui::{self, Ui};

use crate::base::UnixMillis;
use crate::base::words::span;
use crate::dashboards::Today;
use crate::record::LogType;
use crate::status::{FeedState, FeedStatus, Overall};
use crate::window::look::widgets::{self, Sign};
use crate::window::look::{icons, theme};
use crate::window::wizard::sign_of;
use crate::window::worker::Standing;
use crate::window::{parts, say};

/// Up to so many accounts are shown with all their logs.
const IN_FULL: usize = 2;

/// Up to so many accounts have a line each.
const IN_LINES: usize = 8;

const HEAD: f32 = 24.0;
const ROW: f32 = 32.0;

/// What a person opened.
#[derive(Default)]
pub(super) struct Health {
    /// Those that are well are shown too.
    all: bool,
    /// This account's logs are shown.
    open: Option<String>,
}

/// An account as it stands.
struct Account<'a> {
    name: &'a str,
    logs: Vec<&'a FeedStatus>,
    condition: Condition,
}

/// How an account stands; what needs a person is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    Attention,
    CatchingUp,
    Waiting,
    Well,
}

impl Condition {
    fn of(name: &str, logs: &[&FeedStatus], standing: &Standing) -> Self {
        let is = |state| logs.iter().any(|log| log.state == state);
        let needs = |attention: &crate::status::Attention| attention.account == name;
        if standing.summary.attention.iter().any(needs) {
            Self::Attention
        } else if is(FeedState::CatchingUp) {
            Self::CatchingUp
        } else if logs.is_empty() || is(FeedState::Waiting) {
            Self::Waiting
        } else {
            Self::Well
        }
    }

    const fn sign(self) -> Sign {
        match self {
            Self::Attention => Sign::Warn,
            Self::CatchingUp => Sign::Running,
            Self::Waiting => Sign::Waiting,
            Self::Well => Sign::Pass,
        }
    }
}

/// Records of today by account and log.
pub(super) type OfToday = BTreeMap<(String, LogType), Today>;

impl Health {
    /// Draws the cards of these accounts.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        standing: &Standing,
        names: &[String],
        today: Option<&OfToday>,
    ) {
        let mut accounts: Vec<Account<'_>> = names
            .iter()
            .map(|name| {
                let of = |log: &&FeedStatus| log.account == *name;
                let logs: Vec<&FeedStatus> = standing.statuses.iter().filter(of).collect();
                let condition = Condition::of(name, &logs, standing);
                Account { name, logs, condition }
            })
            .collect();
        let is_running = is_running(standing);
        if accounts.len() <= IN_FULL {
            for account in &accounts {
                full_ui(ui, account, today, is_running);
                ui.add_space(16.0);
            }
            return;
        }
        accounts.sort_by_key(|account| account.condition);
        widgets::card(ui, |ui| {
            let logs = accounts.iter().flat_map(|account| &account.logs);
            let total: u64 = logs.map(|log| log.records).sum();
            let title = format!("{} accounts", say::count(accounts.len() as u64));
            parts::title_and_words(ui, &title, &say::counted(total, "record"));
            ui.add_space(4.0);
            self.lines_ui(ui, &accounts, today, is_running);
        });
        ui.add_space(16.0);
    }

    fn lines_ui(
        &mut self,
        ui: &mut Ui,
        accounts: &[Account<'_>],
        today: Option<&OfToday>,
        is_running: bool,
    ) {
        let unwell = accounts.iter().filter(|account| account.condition != Condition::Well).count();
        let shown = if self.all || accounts.len() <= IN_LINES + 1 {
            accounts.len()
        } else {
            unwell.clamp(IN_LINES / 2, IN_LINES)
        };
        let columns = Columns::within(ui.available_width());
        columns.head_ui(ui, ["Account", "State", "Today", "Newest"]);
        let (first, rest) = accounts.split_at(shown.min(accounts.len()));
        for account in first {
            let is_open = self.open.as_deref() == Some(account.name);
            if line_ui(ui, &columns, account, today, is_running, is_open) {
                self.open = (!is_open).then(|| account.name.to_owned());
            }
            if is_open {
                ui.indent(account.name, |ui| {
                    logs_ui(ui, &account.logs, today, is_running);
                    ui.add_space(8.0);
                });
            }
        }
        if !rest.is_empty() {
            let rest = rest_words(rest, today);
            ui.horizontal(|ui| {
                widgets::secondary(ui, &rest);
                if widgets::link_button(ui, "Show all").clicked() {
                    self.all = true;
                }
            });
        } else if self.all && widgets::link_button(ui, "Show fewer").clicked() {
            self.all = false;
        }
    }
}

/// Whether records are collected at all for now.
fn is_running(standing: &Standing) -> bool {
    !matches!(standing.summary.state, Overall::Stopped | Overall::Paused | Overall::NoAccount)
}

/// What is said of accounts that have no line.
fn rest_words(rest: &[Account<'_>], today: Option<&OfToday>) -> String {
    let unwell = rest.iter().filter(|account| account.condition != Condition::Well).count();
    let count = say::count(rest.len() as u64);
    let accounts = if rest.len() == 1 { "account" } else { "accounts" };
    let mut words = match unwell {
        0 => format!("{count} more {accounts}, all current"),
        unwell => format!("{count} more {accounts}, {} not current", say::count(unwell as u64)),
    };
    if let Some(today) = today {
        let (records, _) = sum(rest.iter().flat_map(|account| &account.logs), today);
        words.push_str(&format!(" \u{00b7} {} today", say::number(records)));
    }
    words
}

/// An account with all its logs, in a card of its own.
fn full_ui(ui: &mut Ui, account: &Account<'_>, today: Option<&OfToday>, is_running: bool) {
    let total: u64 = account.logs.iter().map(|log| log.records).sum();
    widgets::card(ui, |ui| {
        parts::title_and_words(ui, account.name, &say::counted(total, "record"));
        ui.add_space(4.0);
        if account.logs.is_empty() {
            widgets::small(ui, "Its logs appear here as soon as the collector has asked Duo");
            return;
        }
        logs_ui(ui, &account.logs, today, is_running);
    });
}

fn logs_ui(ui: &mut Ui, logs: &[&FeedStatus], today: Option<&OfToday>, is_running: bool) {
    let columns = Columns::within(ui.available_width());
    columns.head_ui(ui, ["Log", "State", "Today", "Newest"]);
    let now = UnixMillis::now();
    for log in logs {
        let of_today = today.map(|today| of(log, today));
        columns.row_ui(ui, ROW, |ui, column| match column {
            Column::Name => {
                let stored = say::counted(log.records, "record");
                ui.label(log.log_type.title()).on_hover_text(format!("{stored} stored"));
            }
            Column::State => state_ui(ui, log, is_running, now),
            Column::Today => today_ui(ui, of_today, log.state),
            Column::Newest => newest_ui(ui, log.newest),
        });
    }
}

/// An account in a line; whether it was clicked.
fn line_ui(
    ui: &mut Ui,
    columns: &Columns,
    account: &Account<'_>,
    today: Option<&OfToday>,
    is_running: bool,
    is_open: bool,
) -> bool {
    let size = egui::vec2(ui.available_width(), ROW);
    let place = egui::Rect::from_min_size(ui.next_widget_position(), size);
    let id = ui.make_persistent_id(("account", account.name));
    let response = ui.interact(place, id, egui::Sense::click());
    let words = state_words_of(account, is_running);
    response.widget_info(|| {
        let name = format!("{}, {words}", account.name);
        egui::WidgetInfo::labeled(egui::Role::DisclosureTriangle, true, name)
    });
    ui.ctx().accesskit_node_builder(id, |node| node.set_expanded(is_open));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let colors = theme::of(ui);
    let theme::Theme { radius, size, space, .. } = theme::tokens();
    let ground = place.expand2(egui::vec2(space.small, 0.0));
    if response.hovered() {
        ui.painter().rect_filled(ground, f32::from(radius.control), colors.sunken);
    }
    if response.has_focus() {
        let stroke = egui::Stroke::new(size.focus_ring, colors.accent);
        let round = egui::CornerRadius::same(radius.control);
        ui.painter().rect_stroke(ground, round, stroke, egui::StrokeKind::Inside);
    }
    let newest = account.logs.iter().filter_map(|log| log.newest).max();
    let of_today = today.map(|today| sum(&account.logs, today));
    let matters: Vec<String> = account
        .logs
        .iter()
        .filter(|log| log.state != FeedState::Current)
        .filter_map(|log| {
            let error = log.error.as_ref()?;
            Some(format!("{}: {}", log.log_type.title(), error.message))
        })
        .collect();
    columns.row_ui(ui, ROW, |ui, column| match column {
        Column::Name => {
            let caret = if is_open { icons::CARET_DOWN } else { icons::CARET_RIGHT };
            let small = theme::tokens().letters.small;
            ui.label(egui::RichText::new(caret).size(small).color(colors.secondary));
            ui.label(account.name);
        }
        Column::State => {
            let condition = account.condition;
            let resting = condition == Condition::CatchingUp && !is_running;
            let sign = if resting { Sign::Waiting } else { condition.sign() };
            widgets::state_sign(ui, sign);
            let label = ui.label(&words);
            if !matters.is_empty() {
                label.on_hover_text(matters.join("\n"));
            }
        }
        Column::Today => match of_today {
            Some((records, usual)) => today_words_ui(ui, records, usual),
            None => {
                ui.label("\u{2013}");
            }
        },
        Column::Newest => newest_ui(ui, newest),
    });
    response.clicked()
}

fn state_words_of(account: &Account<'_>, is_running: bool) -> String {
    let logs = |state: FeedState| -> Vec<&str> {
        let of = account.logs.iter().filter(|log| log.state == state);
        of.map(|log| log.log_type.title()).collect()
    };
    match account.condition {
        Condition::Attention => {
            let failing = [logs(FeedState::Failing), logs(FeedState::Denied)].concat();
            match failing.as_slice() {
                [] => "Needs you".to_owned(),
                failing => format!("Needs you: {}", failing.join(", ")),
            }
        }
        Condition::CatchingUp if !is_running => "Not caught up yet".to_owned(),
        Condition::CatchingUp => {
            let slowest = account.logs.iter().filter_map(|log| log.share()).reduce(f64::min);
            let share = slowest.map(|share| format!(", {:.0} %", share * 100.0));
            format!("Catching up{}", share.unwrap_or_default())
        }
        Condition::Waiting => "Waiting".to_owned(),
        Condition::Well => "Current".to_owned(),
    }
}

fn of(log: &FeedStatus, today: &OfToday) -> (i64, Option<i64>) {
    let found = today.get(&(log.account.clone(), log.log_type));
    found.map_or((0, None), |today| (today.records, today.usual))
}

/// All of these together; usual is what is known of all that are known.
fn sum<'a>(
    logs: impl IntoIterator<Item = &'a &'a FeedStatus>,
    today: &OfToday,
) -> (i64, Option<i64>) {
    logs.into_iter().map(|log| of(log, today)).fold((0, None), |(records, usual), one| {
        let usual = match (usual, one.1) {
            (Some(all), Some(one)) => Some(all + one),
            (all, one) => all.or(one),
        };
        (records + one.0, usual)
    })
}

fn state_ui(ui: &mut Ui, log: &FeedStatus, is_running: bool, now: UnixMillis) {
    let resting = log.state == FeedState::CatchingUp && !is_running;
    widgets::state_sign(ui, if resting { Sign::Waiting } else { sign_of(log.state) });
    let words = if resting { "Not caught up yet".to_owned() } else { state_words(log, now) };
    let label = ui.label(words);
    if let Some(error) = &log.error
        && log.state != FeedState::Current
    {
        label.on_hover_text(&error.message);
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

fn today_ui(ui: &mut Ui, of_today: Option<(i64, Option<i64>)>, state: FeedState) {
    let has_none = matches!(state, FeedState::NotAvailable | FeedState::Denied);
    match of_today {
        Some((records, usual)) if records > 0 || !has_none => {
            // What is not fetched yet is not missing.
            let is_here = state == FeedState::Current;
            today_words_ui(ui, records, usual.filter(|_| is_here));
        }
        _ => {
            ui.label("\u{2013}");
        }
    }
}

fn today_words_ui(ui: &mut Ui, records: i64, usual: Option<i64>) {
    let colors = theme::of(ui);
    let (much, of_usual) = today_words(records, usual);
    let color = if records == 0 { colors.secondary } else { colors.text };
    ui.label(egui::RichText::new(much).text_style(theme::numbers()).color(color));
    let Some(of_usual) = of_usual else { return };
    let strange = strange(records, usual.unwrap_or(0));
    if let Some(icon) = strange {
        let size = theme::tokens().size.icon;
        ui.label(egui::RichText::new(icon).size(size).color(colors.warn));
    }
    let color = if strange.is_some() { colors.warn } else { colors.secondary };
    ui.label(egui::RichText::new(of_usual).color(color)).on_hover_text(
        "Usual is the middle of the last four same weekdays, up to this time of day",
    );
}

/// Records of today in words: how many, and how many there usually are.
fn today_words(records: i64, usual: Option<i64>) -> (String, Option<String>) {
    let much = if records == 0 { "None".to_owned() } else { say::number(records) };
    let usual = usual.map(|usual| match usual {
        0 => "usually none by now".to_owned(),
        usual => format!("usually {} by now", say::number(usual)),
    });
    (much, usual)
}

/// The sign of a day unlike others: less than half or more than twice the usual, and not by a few.
fn strange(records: i64, usual: i64) -> Option<&'static str> {
    const A_FEW: i64 = 30;
    if (records - usual).abs() <= A_FEW {
        None
    } else if records * 2 < usual {
        Some(icons::TREND_DOWN)
    } else if records > usual * 2 {
        Some(icons::TREND_UP)
    } else {
        None
    }
}

fn newest_ui(ui: &mut Ui, newest: Option<UnixMillis>) {
    match newest {
        Some(newest) => {
            ui.label(say::ago(newest)).on_hover_text(say::exact(newest));
        }
        None => {
            ui.label("\u{2013}");
        }
    }
}

#[derive(Clone, Copy)]
enum Column {
    Name,
    State,
    Today,
    Newest,
}

/// A table's columns.
struct Columns {
    widths: [f32; 4],
    gap: f32,
}

impl Columns {
    const ALL: [Column; 4] = [Column::Name, Column::State, Column::Today, Column::Newest];

    /// As wide as there is room; what is said of today gets what the others leave.
    fn within(room: f32) -> Self {
        let is_narrow = room < 600.0;
        let gap = if is_narrow { 8.0 } else { 16.0 };
        let newest = if is_narrow { 76.0 } else { 104.0 };
        let left = room - newest - 3.0 * gap;
        let (name, state) = if is_narrow { (0.31, 0.33) } else { (0.27, 0.33) };
        let (name, state) = ((left * name).min(260.0), (left * state).min(320.0));
        Self { widths: [name, state, (left - name - state).max(60.0), newest], gap }
    }

    fn head_ui(&self, ui: &mut Ui, titles: [&str; 4]) {
        let mut titles = titles.into_iter();
        self.row_ui(ui, HEAD, |ui, _| {
            let color = theme::of(ui).secondary;
            ui.label(egui::RichText::new(titles.next().unwrap_or_default()).small().color(color));
        });
    }

    fn row_ui(&self, ui: &mut Ui, height: f32, mut cell: impl FnMut(&mut Ui, Column)) {
        let size = egui::vec2(ui.available_width(), height);
        let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
        if !ui.is_rect_visible(rect) {
            return;
        }
        let mut left = rect.left();
        for (column, width) in Self::ALL.into_iter().zip(self.widths) {
            let place = egui::pos2(left, rect.top());
            let room = egui::Rect::from_min_size(place, egui::vec2(width, height));
            let layout = egui::Layout::left_to_right(egui::Align::Center);
            let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(room).layout(layout));
            inside.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
            cell(&mut inside, column);
            left += width + self.gap;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn today_is_told_against_the_usual() {
        let words = |records, usual| {
            let (much, usual) = today_words(records, usual);
            format!("{much} {}", usual.unwrap_or_default())
        };
        assert_eq!(words(1_204, Some(1_150)), "1,204 usually 1,150 by now");
        assert_eq!(words(0, Some(3)), "None usually 3 by now");
        assert_eq!(words(5, None), "5 ");
        assert_eq!(words(0, Some(0)), "None usually none by now");
    }

    #[test]
    fn a_few_records_more_or_less_are_nothing_strange() {
        assert_eq!(strange(0, 30), None);
        assert_eq!(strange(0, 31), Some(icons::TREND_DOWN));
        assert_eq!(strange(600, 1_150), None);
        assert_eq!(strange(500, 1_150), Some(icons::TREND_DOWN));
        assert_eq!(strange(2_400, 1_150), Some(icons::TREND_UP));
    }
}
