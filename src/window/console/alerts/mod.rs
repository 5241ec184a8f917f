//! “Alerts”: what the rules and the collector raised, and the rules themselves.
//!
//! Promises: open alerts come first; whatever is done here can be undone for a while; a rule can be
//! tried on stored records before it is switched on, and its text before it is saved.

mod acts;
mod alert;
mod bars;
mod editor;
mod facts;
mod grouping;
mod list;
mod parts;
mod records;
mod rule;
mod rules;
mod sigma;
mod trial;

use eframe::egui;

use super::{Here, is_narrow};
use crate::window::look::theme;

/// What of the page is in sight.
#[derive(Clone, Debug, Default, PartialEq)]
enum At {
    /// The list of alerts.
    #[default]
    Alerts,
    /// One alert, by its number.
    Alert(i64),
    /// The list of rules.
    Rules,
    /// One rule, by its id; empty for a new one.
    Rule(String),
}

impl At {
    /// As the way back names it.
    const fn title(&self) -> &'static str {
        match self {
            Self::Alerts => "all alerts",
            Self::Alert(_) => "the alert",
            Self::Rules => "all rules",
            Self::Rule(_) => "the rule",
        }
    }
}

/// Where a view leads within the page.
enum Move {
    /// Further in.
    To(At),
    /// To another list; what lies between is forgotten.
    Switch(At),
    /// Further in, and not back to where one is.
    Instead(At),
    /// To the alerts about this.
    About(String),
    /// To the alerts that this rule raised.
    RaisedBy(String),
    /// To where one came from.
    Back,
}

/// The page's own state.
#[derive(Default)]
pub(super) struct AlertsPage {
    at: At,
    /// How one came there.
    way: Vec<At>,
    list: list::ListView,
    alert: alert::AlertView,
    rules: rules::RulesView,
    rule: rule::RuleView,
}

impl AlertsPage {
    /// Shows an alert.
    pub fn show_alert(&mut self, alert: i64) {
        self.way = vec![At::Alerts];
        self.at = At::Alert(alert);
    }

    /// Shows a rule.
    pub fn show_rule(&mut self, id: &str) {
        self.way = vec![At::Rules];
        self.at = At::Rule(id.to_owned());
    }

    /// Draws the page.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let side = if is_narrow(ui.ctx()) { 16 } else { 24 };
        let is_list = matches!(self.at, At::Alerts | At::Rules);
        let bottom = if is_list { 16 } else { 0 };
        let margin = egui::Margin { left: side, right: side, top: 16, bottom };
        egui::Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            ui.spacing_mut().item_spacing.y = theme::tokens().space.small;
            let back_to = self.way.last().unwrap_or(&At::Alerts).title();
            let moved = match &self.at {
                At::Alerts => self.list.ui(ui, here),
                At::Alert(id) => self.alert.ui(ui, here, *id, back_to),
                At::Rules => self.rules.ui(ui, here),
                At::Rule(id) => self.rule.ui(ui, here, id, back_to),
            };
            if let Some(moved) = moved {
                self.follow(moved);
                ui.ctx().request_repaint();
            }
        });
    }

    fn follow(&mut self, moved: Move) {
        match moved {
            Move::About(subject) => {
                self.list.show_about(&subject);
                self.follow(Move::To(At::Alerts));
            }
            Move::RaisedBy(rule) => {
                self.list.show_rule(&rule);
                self.follow(Move::To(At::Alerts));
            }
            Move::To(at) => {
                self.way.push(std::mem::replace(&mut self.at, at));
            }
            Move::Switch(at) => {
                self.way.clear();
                self.at = at;
            }
            Move::Instead(at) => self.at = at,
            Move::Back => self.at = self.way.pop().unwrap_or_default(),
        }
    }
}

/// Changes every fifteen seconds. Alerts are raised a moment after their records are stored, and
/// alarms without any: what shows them asks again now and then.
fn tick() -> i64 {
    crate::base::UnixMillis::now().0.div_euclid(15_000)
}

/// The two lists of the page.
fn lists_ui(ui: &mut egui::Ui, is_rules: bool) -> Option<Move> {
    let mut rules = is_rules;
    let choices = [(false, "Alerts"), (true, "Rules")];
    let changed = parts::segments(ui, "What to look at", &mut rules, &choices);
    changed.then_some(Move::Switch(if rules { At::Rules } else { At::Alerts }))
}

#[cfg(test)]
impl super::Console {
    /// Looks at alerts of this time, of all accounts.
    pub fn alerts_between(
        &mut self,
        since: crate::base::UnixMillis,
        until: crate::base::UnixMillis,
    ) {
        self.view.range = super::Range::Between(since, until);
        self.page = super::Page::Alerts;
    }

    /// Where a link from elsewhere leads.
    pub fn show_alert(&mut self, alert: i64) {
        self.alerts.show_alert(alert);
        self.page = super::Page::Alerts;
    }

    /// Where a link from elsewhere leads.
    pub fn show_rule(&mut self, id: &str) {
        self.alerts.show_rule(id);
        self.page = super::Page::Alerts;
    }

    /// The page in sight.
    pub fn is_at_events(&self) -> bool {
        self.page == super::Page::Events
    }
}
