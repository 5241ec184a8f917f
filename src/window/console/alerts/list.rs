//! The list of alerts: what to see of them, groups of rows, acknowledging one or all.

use std::collections::HashSet;
use std::sync::Arc;

use eframe::egui::{self, Align2, Key, Modifiers, Rect, RichText, Ui, pos2, vec2};

use super::grouping::{self, Group, Line, Wanted, is_open};
use super::parts::{self, ROW};
use super::{At, Move, acts, lists_ui, tick};
use crate::base::UnixMillis;
use crate::record::Level;
use crate::store::{Alert, AlertsWithin};
use crate::window::console::range::Range;
use crate::window::console::{Go, Here, Page};
use crate::window::desk::Slot;
use crate::window::look::{icons, theme, widgets};
use crate::window::{parts as shared, say};

/// Alerts shown at most.
const MOST: usize = 10_000;

/// Which of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Which {
    #[default]
    Open,
    Seen,
    All,
}

/// What was found in the store.
struct Found {
    /// The newest first.
    alerts: Vec<Alert>,
    /// There are more than these.
    cut: bool,
    /// Open alerts outside of the range, and when the oldest of them began.
    outside: (u64, Option<UnixMillis>),
    /// Whether anything was ever raised or stored.
    has_store: bool,
}

/// What the question was.
#[derive(Clone, PartialEq)]
struct Asked {
    account: Option<String>,
    range: Range,
    which: Which,
    fresh: u64,
    tick: i64,
}

/// The list's own state.
#[derive(Default)]
pub(super) struct ListView {
    which: Which,
    wanted: Wanted,
    turned: HashSet<String>,
    slot: Slot<Asked, Arc<Found>>,
    drawn: Option<Drawn>,
}

/// The lines on the screen, and what they were made of.
struct Drawn {
    found: Arc<Found>,
    wanted: Wanted,
    turned: HashSet<String>,
    groups: Vec<Group>,
    lines: Vec<Line>,
    /// Every rule that has alerts here, with its title.
    rules: Vec<(String, String)>,
    /// They are of several accounts.
    several: bool,
}

impl ListView {
    /// Shows only what this rule raised.
    pub fn show_rule(&mut self, rule: &str) {
        self.which = Which::All;
        self.wanted = Wanted { rule: Some(rule.to_owned()), ..Wanted::default() };
    }

    /// Shows only what is about this.
    pub fn show_about(&mut self, subject: &str) {
        self.which = Which::All;
        self.wanted = Wanted { text: subject.to_owned(), ..Wanted::default() };
    }

    /// Draws the list.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) -> Option<Move> {
        self.ask(here);
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        if let Some(found) = self.slot.shown().cloned() {
            self.make_lines(found);
        }
        let mut moved = None;
        ui.horizontal(|ui| {
            moved = lists_ui(ui, false);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.acknowledge_all_ui(ui, here);
            });
        });
        self.tools_ui(ui);
        if let Some(problem) = &problem {
            shared::problem_banner(ui, problem);
        }
        let Some(drawn) = &self.drawn else {
            parts::waiting(ui, is_slow);
            return moved;
        };
        outside_ui(ui, here, self.which, drawn);
        if drawn.lines.is_empty() {
            nothing_ui(ui, here, self.which, drawn, &mut self.wanted);
            return moved;
        }
        let turn = widgets::card(ui, |ui| rows_ui(ui, here, drawn, &mut moved)).inner;
        if let Some(rule) = turn
            && !self.turned.remove(&rule)
        {
            self.turned.insert(rule);
        }
        moved
    }

    fn ask(&mut self, here: &Here<'_>) {
        let view = &here.view;
        let asked = Asked {
            account: view.account.clone(),
            range: view.range,
            which: self.which,
            fresh: view.fresh,
            tick: tick(),
        };
        let (since, until) = view.since_until();
        let account = view.account.clone();
        let open = match self.which {
            Which::Open => Some(true),
            Which::Seen => Some(false),
            Which::All => None,
        };
        self.slot.want(here.desk, asked, move |shelf| {
            let Some(reader) = shelf.reader()? else {
                let outside = (0, None);
                return Ok(Arc::new(Found {
                    alerts: Vec::new(),
                    cut: false,
                    outside,
                    has_store: false,
                }));
            };
            let told = |error: crate::store::StoreError| error.problem;
            let wanted = AlertsWithin { account, since, until, open, limit: MOST + 1 };
            let mut alerts = reader.alerts_within(&wanted).map_err(told)?;
            let cut = alerts.len() > MOST;
            alerts.truncate(MOST);
            let ever = AlertsWithin {
                since: UnixMillis(i64::MIN),
                until: UnixMillis(i64::MAX),
                open: Some(true),
                ..wanted
            };
            let ever = reader.alerts_within(&ever).map_err(told)?;
            let is_outside = |alert: &&Alert| {
                let stands = alert.words.is_some() && alert.first <= until;
                !(stands || alert.last >= since && alert.first <= until)
            };
            let outside: Vec<&Alert> = ever.iter().filter(is_outside).collect();
            let first = outside.iter().map(|alert| alert.first).min();
            let outside = (outside.len() as u64, first);
            Ok(Arc::new(Found { alerts, cut, outside, has_store: true }))
        });
    }

    fn make_lines(&mut self, found: Arc<Found>) {
        let is_same = self.drawn.as_ref().is_some_and(|drawn| {
            Arc::ptr_eq(&drawn.found, &found)
                && drawn.wanted == self.wanted
                && drawn.turned == self.turned
        });
        if is_same {
            return;
        }
        let groups = grouping::grouped(&found.alerts, &self.wanted);
        let lines = grouping::lines(&groups, &self.turned);
        let of_all = grouping::grouped(&found.alerts, &Wanted::default());
        let mut rules: Vec<(String, String)> =
            of_all.into_iter().map(|group| (group.rule, group.title)).collect();
        rules.sort_by(|a, b| a.1.cmp(&b.1));
        let (wanted, turned) = (self.wanted.clone(), self.turned.clone());
        let mut accounts = found.alerts.iter().filter_map(|alert| alert.account.as_deref());
        let first = accounts.next();
        let several = accounts.any(|account| Some(account) != first);
        self.drawn = Some(Drawn { found, wanted, turned, groups, lines, rules, several });
    }

    fn acknowledge_all_ui(&self, ui: &mut Ui, here: &mut Here<'_>) {
        let Some(drawn) = &self.drawn else { return };
        let open: Vec<i64> =
            drawn.groups.iter().flat_map(|group| group.open.iter().copied()).collect();
        if open.is_empty() {
            return;
        }
        let words = match open.len() {
            1 => "Acknowledge it".to_owned(),
            n => format!("Acknowledge all {}", say::number(n as i64)),
        };
        let press = widgets::Press::quiet(&words).icon(icons::LIST_CHECKS);
        let help = "Notes that the open alerts shown here were seen; can be undone";
        if ui.add(press).on_hover_text(help).clicked() {
            here.act(acts::acknowledge(open));
        }
    }

    fn tools_ui(&mut self, ui: &mut Ui) {
        let rules = self.drawn.as_ref().map_or(&[][..], |drawn| drawn.rules.as_slice());
        ui.horizontal_wrapped(|ui| {
            let which = [(Which::Open, "Open"), (Which::Seen, "Acknowledged"), (Which::All, "All")];
            parts::segments(ui, "Which alerts", &mut self.which, &which);
            let room = (ui.available_size_before_wrap().x - 380.0).clamp(160.0, 320.0);
            parts::search(ui, &mut self.wanted.text, "Search alerts", room);
            let mut levels = vec![(None, "Any severity".to_owned())];
            levels.extend(Level::ALL.into_iter().skip(1).rev().map(|level| {
                let words = match level {
                    Level::Critical => "Critical".to_owned(),
                    level => format!("{} and above", level.title()),
                };
                (Some(level), words)
            }));
            parts::choice(ui, "Severity", 148.0, &mut self.wanted.least, &levels);
            let mut choices = vec![(None, "Any rule".to_owned())];
            choices.extend(rules.iter().map(|(id, title)| (Some(id.clone()), title.clone())));
            if let Some(rule) = &self.wanted.rule
                && !rules.iter().any(|(id, _)| id == rule)
            {
                choices.push((Some(rule.clone()), rule.clone()));
            }
            parts::choice(ui, "Rule", 200.0, &mut self.wanted.rule, &choices);
        });
    }
}

/// Tells of open alerts that the range leaves out: nothing open is to be overlooked.
fn outside_ui(ui: &mut Ui, here: &mut Here<'_>, which: Which, drawn: &Drawn) {
    if drawn.found.cut {
        let words = format!(
            "These are the newest {}; choose a shorter time to see all of it",
            say::number(MOST as i64)
        );
        widgets::small(ui, &words);
    }
    let (count, first) = drawn.found.outside;
    let Some(first) = first.filter(|_| count > 0 && which != Which::Seen) else { return };
    ui.horizontal(|ui| {
        widgets::state_sign(ui, widgets::Sign::Warn);
        let words = match count {
            1 => "1 open alert lies outside of this time".to_owned(),
            n => format!("{} open alerts lie outside of this time", say::number(n as i64)),
        };
        ui.label(words);
        let show = if count == 1 { "Show it" } else { "Show them" };
        if widgets::link_button(ui, show).clicked() {
            let now = UnixMillis::now();
            let half_year = Range::HalfYear.since_until(now);
            here.view.range = if first >= half_year.0 {
                Range::HalfYear
            } else {
                Range::Between(first, half_year.1)
            };
        }
    });
}

fn nothing_ui(ui: &mut Ui, here: &mut Here<'_>, which: Which, drawn: &Drawn, wanted: &mut Wanted) {
    if *wanted != Wanted::default() {
        let text =
            "No alert of this time is as you look for it. Look for less, or in a longer time.";
        parts::nothing(ui, icons::FUNNEL_X, "Nothing found", text);
        ui.vertical_centered(|ui| {
            if widgets::quiet_button(ui, "Show all").clicked() {
                *wanted = Wanted::default();
            }
        });
        return;
    }
    if !drawn.found.has_store {
        let text = "Alerts appear here once records are collected: the rules look at each record as \
                    it arrives, and the collector tells when something needs you.";
        parts::nothing(ui, icons::BELL, "No alerts yet", text);
        return;
    }
    match which {
        Which::Open => {
            let text = "The rules look at each record as it arrives, and the collector watches \
                        itself. What needs you appears here, and goes to whom the settings name.";
            parts::nothing(ui, icons::SHIELD_CHECK, "Nothing needs you", text);
        }
        Which::Seen => {
            let text = "What somebody acknowledged, and alarms that are over, appear here.";
            parts::nothing(ui, icons::LIST_CHECKS, "Nothing acknowledged in this time", text);
        }
        Which::All => {
            let text = "No rule found anything in this time.";
            parts::nothing(ui, icons::SHIELD_CHECK, "No alerts in this time", text);
        }
    }
    if matches!(which, Which::Open | Which::All) {
        ui.vertical_centered(|ui| {
            if widgets::quiet_button(ui, "See how collecting goes").clicked() {
                here.go(ui, Go::Page(Page::Overview));
            }
        });
    }
}

/// Draws the rows; gives the rule whose group is to be opened or closed.
fn rows_ui(
    ui: &mut Ui,
    here: &mut Here<'_>,
    drawn: &Drawn,
    moved: &mut Option<Move>,
) -> Option<String> {
    let settings = here.standing.settings.as_ref();
    let several = drawn.several || settings.is_ok_and(|settings| settings.accounts.len() > 1);
    let mut turn = None;
    let mut area = egui::ScrollArea::vertical().auto_shrink([false, true]).id_salt("alerts");
    let page = (ui.available_height() - ROW).max(ROW);
    if let Some(to) = wanted_offset(ui, page, drawn.lines.len()) {
        area = area.vertical_scroll_offset(to);
    }
    let old = ui.spacing().item_spacing;
    ui.spacing_mut().item_spacing.y = 0.0;
    let last = drawn.lines.len();
    let shown = area.show_rows(ui, ROW, last, |ui, range| {
        let columns = Columns::within(ui.available_width(), several);
        let places = range.clone();
        for (place, line) in places.zip(drawn.lines.get(range).unwrap_or_default()) {
            let size = vec2(ui.available_width(), ROW);
            let (_, rect) = ui.allocate_space(size);
            match line {
                Line::Head(place) => {
                    let Some(group) = drawn.groups.get(*place) else { continue };
                    if head_ui(ui, here, rect, &columns, group, drawn) {
                        turn = Some(group.rule.clone());
                    }
                }
                Line::Below(place) | Line::Alone(place) => {
                    let Some(alert) = drawn.found.alerts.get(*place) else { continue };
                    let is_below = matches!(line, Line::Below(_));
                    if alert_ui(ui, here, rect, &columns, alert, is_below) {
                        *moved = Some(Move::To(At::Alert(alert.id)));
                    }
                }
            }
            if place + 1 < last {
                let color = theme::of(ui).border;
                let hairline = egui::Stroke::new(theme::tokens().size.hairline, color);
                ui.painter().hline(rect.x_range(), rect.bottom(), hairline);
            }
        }
    });
    ui.spacing_mut().item_spacing = old;
    ui.data_mut(|data| data.insert_temp(offset_id(), shown.state.clamped_offset().y));
    turn
}

fn offset_id() -> egui::Id {
    egui::Id::unique("where the list of alerts is")
}

/// Page keys, Home and End lead through the list.
fn wanted_offset(ui: &Ui, page: f32, lines: usize) -> Option<f32> {
    if ui.ctx().text_edit_focused() {
        return None;
    }
    let now: f32 = ui.data(|data| data.get_temp(offset_id())).unwrap_or(0.0);
    let end = (ROW * lines as f32 - page).max(0.0);
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let to = if pressed(Key::PageDown) {
        now + page
    } else if pressed(Key::PageUp) {
        now - page
    } else if pressed(Key::Home) {
        0.0
    } else if pressed(Key::End) {
        end + ROW
    } else {
        return None;
    };
    Some(to.clamp(0.0, end + ROW))
}

/// Where the cells of a row lie.
struct Columns {
    account: f32,
    records: f32,
    time: f32,
}

/// Room for the fold sign, and for the button at the end.
const FOLD: f32 = 28.0;
const BUTTON: f32 = 40.0;

/// The cells of a row.
struct Cells {
    fold: Rect,
    level: Rect,
    main: Rect,
    account: Rect,
    records: Rect,
    time: Rect,
    button: Rect,
}

impl Columns {
    fn within(room: f32, several: bool) -> Self {
        let is_narrow = room < 880.0;
        let account = if !several {
            0.0
        } else if is_narrow {
            96.0
        } else {
            150.0
        };
        Self { account, records: 88.0, time: if is_narrow { 128.0 } else { 192.0 } }
    }

    fn cells(&self, row: Rect) -> Cells {
        let gap = theme::tokens().space.medium;
        let part = |from: f32, width: f32| {
            Rect::from_min_max(pos2(from, row.top()), pos2(from + width.max(0.0), row.bottom()))
        };
        let button = row.right() - BUTTON;
        let time = button - gap - self.time;
        let records = time - gap - self.records;
        let account = if self.account > 0.0 { records - gap - self.account } else { records };
        let level = row.left() + FOLD;
        let main = level + parts::LEVEL_WIDTH + gap;
        Cells {
            fold: part(row.left(), FOLD),
            level: part(level, parts::LEVEL_WIDTH),
            main: part(main, account - gap - main),
            account: part(account, self.account),
            records: part(records, self.records),
            time: part(time, self.time),
            button: part(button, BUTTON),
        }
    }
}

fn head_ui(
    ui: &mut Ui,
    here: &mut Here<'_>,
    rect: Rect,
    columns: &Columns,
    group: &Group,
    drawn: &Drawn,
) -> bool {
    let is_unfolded = grouping::is_unfolded(group, &drawn.turned);
    let alerts = say::counted(group.alerts.len() as u64, "alert");
    let state = if is_unfolded { "open" } else { "closed" };
    let name = format!(
        "{}: {}, {alerts}, the last {}, group {state}",
        group.level.title(),
        group.title,
        parts::moment(group.last)
    );
    let id = ui.scope_id().with(("group", &group.rule));
    let response = parts::row(ui, id, rect, &name);
    let cells = columns.cells(rect);
    let c = theme::of(ui);
    let icon = if is_unfolded { icons::CARET_DOWN } else { icons::CARET_RIGHT };
    let font = egui::FontId::proportional(theme::tokens().size.icon);
    ui.painter().text(cells.fold.center(), Align2::CENTER_CENTER, icon, font, c.secondary);
    parts::level_at(ui, cells.level, group.level);
    let title = RichText::new(&group.title).text_style(theme::strong()).color(c.text);
    let cut = parts::cell(ui, cells.main, title, parts::At::Left);
    let alerts = RichText::new(alerts).text_style(theme::numbers()).color(c.text);
    parts::cell(ui, cells.records, alerts, parts::At::Right);
    let last = RichText::new(parts::moment(group.last)).color(c.secondary);
    parts::cell(ui, cells.time, last, parts::At::Right);
    if !group.open.is_empty() {
        let name = format!("Acknowledge all of \u{201c}{}\u{201d}", group.title);
        if parts::small_icon(ui, button_in(cells.button), icons::LIST_CHECKS, &name).clicked() {
            here.act(acts::acknowledge(group.open.clone()));
        }
    }
    let clicked = response.clicked();
    if cut {
        response.on_hover_text(&group.title);
    }
    clicked
}

fn alert_ui(
    ui: &mut Ui,
    here: &mut Here<'_>,
    rect: Rect,
    columns: &Columns,
    alert: &Alert,
    is_below: bool,
) -> bool {
    let open = is_open(alert);
    let whose = alert.account.as_deref().unwrap_or("this computer");
    let records = match alert.records {
        0 => String::new(),
        n => say::counted(n, "record"),
    };
    let state = state_words(alert);
    let name = format!(
        "{}: {}, {}, {whose}, {records}, the last {}, {state}",
        alert.level.title(),
        alert.title,
        alert.subject,
        parts::moment(alert.last)
    );
    let id = ui.scope_id().with(("alert", alert.id));
    let response = parts::row(ui, id, rect, &name);
    let cells = columns.cells(rect);
    let c = theme::of(ui);
    let ink = if open { c.text } else { c.secondary };
    if !open {
        let side = theme::tokens().size.sign;
        let sign = Rect::from_center_size(cells.fold.center(), egui::Vec2::splat(side));
        widgets::sign_at(ui, sign, widgets::Sign::Pass);
    }
    let mut cut = false;
    if is_below {
        let line = cells.level.center().x;
        let stroke = egui::Stroke::new(theme::tokens().size.hairline, c.border);
        ui.painter().vline(line.min(cells.fold.center().x), rect.y_range(), stroke);
        let mut main = cells.main;
        main.min.x = cells.level.left();
        cut |= parts::cell(ui, main, RichText::new(subject(alert)).color(ink), parts::At::Left);
    } else {
        parts::level_at(ui, cells.level, alert.level);
        let title = RichText::new(&alert.title).text_style(theme::strong()).color(ink);
        let wide = egui::WidgetText::from(title.clone()).into_galley(
            ui,
            Some(egui::TextWrapMode::Extend),
            f32::INFINITY,
            egui::TextStyle::Body,
        );
        let (mut left, mut right) = (cells.main, cells.main);
        let share = if alert.subject.is_empty() { 1.0 } else { 0.64 };
        left.max.x = left.left() + wide.size().x.min(cells.main.width() * share);
        right.min.x = left.right() + theme::tokens().space.medium;
        cut |= parts::cell(ui, left, title, parts::At::Left);
        let subject = RichText::new(&alert.subject).color(c.secondary);
        cut |= parts::cell(ui, right, subject, parts::At::Left);
    }
    let account = RichText::new(whose).color(c.secondary);
    cut |= parts::cell(ui, cells.account, account, parts::At::Left);
    let records = RichText::new(records).text_style(theme::numbers()).color(ink);
    parts::cell(ui, cells.records, records, parts::At::Right);
    let times = times(alert, cells.time.width() > 150.0);
    parts::cell(ui, cells.time, RichText::new(times).color(c.secondary), parts::At::Right);
    let (icon, act) = if open {
        (icons::CHECK, acts::acknowledge as fn(Vec<i64>) -> _)
    } else {
        (icons::UNDO, acts::open_again as fn(Vec<i64>) -> _)
    };
    if alert.acknowledged.is_some() || open {
        let verb = if open { "Acknowledge" } else { "Open again" };
        let what = [alert.title.as_str(), alert.subject.as_str()].join(" ");
        let name = format!("{verb} \u{201c}{}\u{201d} {}", what.trim_end(), alert.id);
        if parts::small_icon(ui, button_in(cells.button), icon, &name).clicked() {
            here.act(act(vec![alert.id]));
        }
    }
    let clicked = response.clicked();
    if response.has_focus()
        && open
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::A))
    {
        here.act(acts::acknowledge(vec![alert.id]));
    }
    response.on_hover_ui(|ui| {
        if cut {
            widgets::body(ui, [alert.title.as_str(), alert.subject.as_str()].join("\n"));
        }
        let words = format!("{} to {}, {state}", say::exact(alert.first), say::exact(alert.last));
        widgets::small(ui, &words);
    });
    clicked
}

fn button_in(cell: Rect) -> Rect {
    Rect::from_center_size(cell.center(), egui::Vec2::splat(theme::tokens().size.control))
}

fn subject(alert: &Alert) -> &str {
    if alert.subject.is_empty() { &alert.title } else { &alert.subject }
}

/// How an alert stands, in words.
pub(super) fn state_words(alert: &Alert) -> String {
    let mut words = match (alert.acknowledged, alert.cleared) {
        (_, Some(at)) => format!("over since {}", say::when(at)),
        (Some(at), None) => format!("acknowledged {}", say::when(at)),
        (None, None) => "open".to_owned(),
    };
    if alert.historic {
        words.push_str(", about the past when it was raised");
    }
    words
}

/// When it began and ended, where there is room for both and they differ.
fn times(alert: &Alert, is_wide: bool) -> String {
    let (first, last) = (say::when(alert.first), say::when(alert.last));
    if !is_wide || first == last {
        return parts::moment(alert.last);
    }
    // The same day is said once.
    let last = match (first.split_once(' '), last.split_once(' ')) {
        (Some((day, _)), Some((same, time))) if day == same => time.to_owned(),
        _ => last,
    };
    format!("{first} \u{2013} {last}")
}
