//! The console: what the window shows when there are accounts.
//!
//! Promises: it holds no business rule; it draws the [`Standing`] and what its pages asked the
//! [`Desk`], and collects wishes.

mod alerts;
mod categories;
mod completeness;
mod dashboards;
mod deed;
mod events;
mod filter;
mod here;
mod overview;
mod palette;
mod range;
mod reports;
mod settings;
mod shortcuts;
mod top;

use std::time::{Duration, Instant};

use eframe::egui;
use serde::{Deserialize, Serialize};

use super::desk::Desk;
use super::kept::Kept;
use super::look::looks::Looks;
use super::look::{icons, theme};
use super::worker::{News, Standing, Wish};
use crate::base::Home;
use crate::window::parts;
use deed::Deed;
use filter::Filter;
use here::{Go, Here, View};
use palette::Palette;
use range::Range;
use top::Top;

/// Below this width the rail shows icons only.
const NARROW: f32 = 1100.0;

/// What is new in the store shows after this long at the latest.
const FRESH: Duration = Duration::from_secs(5);

/// What of the console is remembered from one start to the next.
const PAGE: &str = "page";
const ACCOUNT: &str = "account";
const RANGE: &str = "range";

/// What leads away from the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// The wizard, for one more account.
    AddAccount,
    /// The wizard, for this account.
    EditAccount(String),
}

/// A page of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Page {
    #[default]
    Overview,
    Dashboards,
    Events,
    Categories,
    Alerts,
    Reports,
    Completeness,
    Settings,
}

impl Page {
    const ALL: [Self; 8] = [
        Self::Overview,
        Self::Dashboards,
        Self::Events,
        Self::Categories,
        Self::Alerts,
        Self::Reports,
        Self::Completeness,
        Self::Settings,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Dashboards => "Dashboards",
            Self::Events => "Events",
            Self::Categories => "Categories",
            Self::Alerts => "Alerts",
            Self::Reports => "Reports",
            Self::Completeness => "Completeness",
            Self::Settings => "Settings",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Overview => icons::GAUGE,
            Self::Dashboards => icons::CHART_LINE,
            Self::Events => icons::LIST,
            Self::Categories => icons::CHART_PIE,
            Self::Alerts => icons::BELL,
            Self::Reports => icons::FILE_TEXT,
            Self::Completeness => icons::CALENDAR,
            Self::Settings => icons::GEAR,
        }
    }

    /// Whether it shows the records of a range of time that is chosen above it.
    const fn has_range(self) -> bool {
        !matches!(self, Self::Completeness | Self::Settings)
    }

    /// Whether it can show one account only.
    const fn has_account(self) -> bool {
        !matches!(self, Self::Settings)
    }
}

/// The console's own state.
pub(super) struct Console {
    page: Page,
    view: View,
    desk: Desk,
    kept: Kept,
    /// When pages were last told to look again.
    looked: Option<Instant>,
    /// Something new came since.
    is_stale: bool,
    top: Top,
    palette: Palette,
    /// Whether the dialog with all keys is open.
    keys: bool,
    alerts: alerts::AlertsPage,
    categories: categories::CategoriesPage,
    completeness: completeness::CompletenessPage,
    dashboards: dashboards::DashboardsPage,
    events: events::EventsPage,
    overview: overview::OverviewPage,
    reports: reports::ReportsPage,
    settings: settings::SettingsPage,
}

impl Console {
    /// As it was left the last time. Reads one small file.
    pub fn new(home: Home, desk: Desk) -> Self {
        let kept = Kept::read(&home);
        Self {
            page: kept.get(PAGE).unwrap_or_default(),
            view: View {
                account: kept.get(ACCOUNT).unwrap_or_default(),
                range: kept.get(RANGE).unwrap_or(Range::Week),
                fresh: 0,
            },
            desk,
            kept,
            looked: None,
            is_stale: false,
            top: Top::default(),
            palette: Palette::default(),
            keys: false,
            alerts: alerts::AlertsPage::default(),
            categories: categories::CategoriesPage::default(),
            completeness: completeness::CompletenessPage::default(),
            dashboards: dashboards::DashboardsPage::default(),
            events: events::EventsPage::default(),
            overview: overview::OverviewPage::default(),
            reports: reports::ReportsPage::default(),
            settings: settings::SettingsPage::new(home),
        }
    }

    /// Looks at another range of time.
    #[cfg(test)]
    pub fn look_between(&mut self, since: crate::base::UnixMillis, until: crate::base::UnixMillis) {
        self.view.range = Range::Between(since, until);
    }

    /// Has the calendar end at this moment.
    #[cfg(test)]
    pub const fn pretend_now(&mut self, now: crate::base::UnixMillis) {
        self.completeness.now = Some(now);
    }

    /// The title of the page that is shown.
    #[cfg(test)]
    pub const fn title(&self) -> &'static str {
        self.page.title()
    }

    /// How things stand has changed.
    pub fn notice(&mut self, before: Option<&Standing>, now: &Standing) {
        let stored = |standing: &Standing| -> Vec<(u64, u64)> {
            standing.statuses.iter().map(|log| (log.records, log.late)).collect()
        };
        let is_news = |before: &Standing| {
            before.open_alerts != now.open_alerts || stored(before) != stored(now)
        };
        if before.is_none_or(is_news) {
            self.is_stale = true;
        }
        // An account that was removed or renamed.
        if let Some(account) = &self.view.account
            && now.settings.is_ok()
            && !names_of(now).contains(account)
        {
            self.view.account = None;
        }
        self.desk.look_again();
    }

    /// Takes news that are a page's.
    pub fn take(&mut self, news: &News) {
        self.settings.take(news);
    }

    /// Has pages ask again for what they show.
    pub fn look_again(&mut self) {
        self.view.fresh += 1;
        self.looked = Some(Instant::now());
        self.is_stale = false;
        self.desk.look_again();
    }

    fn grow_fresh(&mut self, ctx: &egui::Context) {
        if !self.is_stale {
            return;
        }
        let waited = self.looked.map_or(FRESH, |looked| looked.elapsed());
        if waited >= FRESH {
            self.look_again();
        } else {
            ctx.request_repaint_after(FRESH - waited);
        }
    }

    /// Draws the console.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        standing: Option<&Standing>,
        wishes: &mut Vec<Wish>,
    ) -> Option<Ask> {
        self.grow_fresh(ui.ctx());
        let before = (self.page, self.view.clone());
        let names = standing.map(names_of).unwrap_or_default();
        let mut go = None;
        self.commands_ui(ui.ctx(), standing, &names, wishes, &mut go);
        self.rail_ui(ui, standing);
        self.top.ui(ui, self.page, &mut self.view, &names, standing);
        egui::CentralPanel::default().frame(parts::ground(ui, 0, 0)).show(ui, |ui| {
            let Some(standing) = standing else { return };
            let knowledge = self.desk.knowledge();
            let mut here = Here {
                standing,
                view: &mut self.view,
                desk: &self.desk,
                kept: &self.kept,
                knowledge: knowledge.as_ref(),
                wishes,
                go: &mut go,
            };
            match self.page {
                Page::Events => self.events.ui(ui, &mut here),
                Page::Overview => scrolling(ui, |ui| self.overview.ui(ui, &mut here)),
                Page::Dashboards => scrolling(ui, |ui| self.dashboards.ui(ui, &mut here)),
                Page::Categories => scrolling(ui, |ui| self.categories.ui(ui, &mut here)),
                Page::Alerts => self.alerts.ui(ui, &mut here),
                Page::Reports => scrolling(ui, |ui| self.reports.ui(ui, &mut here)),
                Page::Completeness => scrolling(ui, |ui| self.completeness.ui(ui, &mut here)),
                Page::Settings => self.settings.ui(ui, &mut here),
            }
        });
        let ask = go.and_then(|go| self.follow(go));
        self.remember(&before);
        ask
    }

    /// Remembers what changed in this frame.
    fn remember(&self, (page, view): &(Page, View)) {
        if *page != self.page {
            self.kept.set(PAGE, &self.page);
        }
        if view.account != self.view.account {
            self.kept.set(ACCOUNT, &self.view.account);
        }
        if view.range != self.view.range {
            self.kept.set(RANGE, &self.view.range);
        }
    }

    /// What the window remembers from one start to the next.
    pub const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Leads where a page wants to.
    fn follow(&mut self, go: Go) -> Option<Ask> {
        match go {
            Go::AddAccount => return Some(Ask::AddAccount),
            Go::EditAccount(name) => return Some(Ask::EditAccount(name)),
            Go::Page(page) => self.page = page,
            Go::Events(filter) => {
                self.events.show(*filter);
                self.page = Page::Events;
            }
            Go::Record(filter, place) => {
                self.events.show_record(*filter, place);
                self.page = Page::Events;
            }
            Go::Alert(alert) => {
                self.alerts.show_alert(alert);
                self.page = Page::Alerts;
            }
            Go::Rule(id) => {
                self.alerts.show_rule(&id);
                self.page = Page::Alerts;
            }
            Go::Dashlet(id) => {
                self.dashboards.show(&id);
                self.page = Page::Dashboards;
            }
            Go::Report(id) => {
                self.reports.show(&id);
                self.page = Page::Reports;
            }
            Go::Settings(section) => {
                self.settings.show(section);
                self.page = Page::Settings;
            }
        }
        None
    }

    /// Keys, the command palette, and the dialog with all keys.
    fn commands_ui(
        &mut self,
        ctx: &egui::Context,
        standing: Option<&Standing>,
        names: &[String],
        wishes: &mut Vec<Wish>,
        go: &mut Option<Go>,
    ) {
        let knowledge = self.desk.knowledge();
        let mut deeds = shortcuts::pressed(ctx);
        deeds.extend(self.palette.ui(ctx, &self.kept, standing, names, knowledge.as_ref()));
        for deed in deeds {
            wishes.extend(deed.wish());
            match deed {
                Deed::Go(to) => *go = Some(to),
                Deed::Account(account) => self.view.account = account,
                Deed::Range(range) => self.view.range = range,
                Deed::CustomRange => self.top.ask_range(self.view.range),
                Deed::Palette => {
                    self.palette.toggle(ctx, &self.kept, standing, names, knowledge.as_ref());
                }
                Deed::Look(mode) => {
                    let looks: Looks = self.kept.get(Looks::KEY).unwrap_or_default();
                    self.kept.set(Looks::KEY, &Looks { mode, ..looks });
                }
                Deed::Keys => self.keys = true,
                Deed::FirstSteps => {
                    self.overview.show_first_steps(&self.kept);
                    *go = Some(Go::Page(Page::Overview));
                }
                // The worker's.
                _ => {}
            }
            ctx.request_repaint();
        }
        shortcuts::dialog_ui(ctx, &mut self.keys);
    }

    fn rail_ui(&mut self, ui: &mut egui::Ui, standing: Option<&Standing>) {
        let is_narrow = is_narrow(ui.ctx());
        let width = if is_narrow { 64.0 } else { 200.0 };
        let new_alerts = standing.map_or(0, |standing| standing.new_alerts);
        egui::Panel::left("rail")
            .exact_size(width)
            .resizable(false)
            .frame(
                egui::Frame::new()
                    .fill(theme::of(ui).card)
                    .inner_margin(egui::Margin::symmetric(12, 16)),
            )
            .show(ui, |ui| {
                for page in Page::ALL {
                    let item = parts::RailItem {
                        icon: page.icon(),
                        title: page.title(),
                        key: shortcuts::key_of(ui.ctx(), &Deed::page(page)),
                        count: if page == Page::Alerts { new_alerts } else { 0 },
                        counted: "open",
                        is_here: self.page == page,
                        is_narrow,
                    };
                    if parts::rail_item(ui, &item) {
                        self.page = page;
                    }
                }
            });
    }
}

/// The names of all accounts, children after their parents.
fn names_of(standing: &Standing) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let Ok(settings) = &standing.settings else { return names };
    for account in &settings.accounts {
        let before = names.len();
        for status in standing.of(&account.name) {
            if !names.contains(&status.account) {
                names.push(status.account.clone());
            }
        }
        if names.len() == before {
            names.push(account.name.clone());
        }
    }
    names
}

/// A page that scrolls as a whole.
fn scrolling(ui: &mut egui::Ui, contents: impl FnOnce(&mut egui::Ui)) {
    let side = if is_narrow(ui.ctx()) { 16 } else { 24 };
    egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(side, 20)).show(ui, contents);
    });
}

fn is_narrow(ctx: &egui::Context) -> bool {
    ctx.content_rect().width() < NARROW
}
