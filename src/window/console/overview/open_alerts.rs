//! The gravest of the alerts that nobody has acknowledged; those about the present come first.

use eframe::egui::Ui;

use super::row::{self, Entry};
use crate::base::Problem;
use crate::record::Level;
use crate::store::{Alert, AlertQuery};
use crate::window::console::{Go, Here, Page};
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Sign};
use crate::window::{parts, say};

/// So many have a line.
const SHOWN: usize = 6;

/// What was asked: how fresh, and of which account.
type Key = (u64, u64, Option<String>);

/// The card's own state.
#[derive(Default)]
pub(super) struct OpenAlerts {
    slot: Slot<Key, Found>,
}

struct Found {
    count: usize,
    /// So many of them were about the past when they were raised.
    past: usize,
    gravest: Vec<Alert>,
}

impl OpenAlerts {
    /// Draws the card.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) {
        let account = here.view.account.clone();
        let key = (here.view.fresh, here.standing.open_alerts, account.clone());
        self.slot.want(here.desk, key, move |shelf| find(shelf, account.as_deref()));
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        let has_accounts = here.view.account.is_none() && here.standing.has_several();
        let mut go = None;
        widgets::card(ui, |ui| {
            let Some(found) = self.slot.shown() else {
                widgets::card_title(ui, "Open alerts");
                row::arriving_ui(ui, is_slow, problem.as_ref());
                return;
            };
            let title = match found.count {
                0 => "Open alerts".to_owned(),
                1 => "1 open alert".to_owned(),
                count => format!("{} open alerts", say::count(count as u64)),
            };
            widgets::card_title(ui, &title);
            if found.past > 0 {
                let what = match found.past == found.count {
                    true => "all about the time before collecting began".to_owned(),
                    false => format!(
                        "{} about the time before collecting began",
                        say::count(found.past as u64)
                    ),
                };
                widgets::small(ui, &what);
            }
            ui.add_space(4.0);
            if found.count == 0 {
                parts::sign_line(ui, Sign::Pass, "None. What rules find appears here at once.");
            }
            for alert in &found.gravest {
                if row::ui(ui, &entry(alert, has_accounts)).clicked() {
                    go = Some(Go::Alert(alert.id));
                }
            }
            if found.count > found.gravest.len() {
                ui.add_space(4.0);
                if widgets::link_button(ui, "Show all alerts").clicked() {
                    go = Some(Go::Page(Page::Alerts));
                }
            }
            if let Some(problem) = &problem {
                parts::problem_banner(ui, problem);
            }
        });
        if let Some(go) = go {
            here.go(ui, go);
        }
    }
}

fn find(shelf: &mut Shelf, account: Option<&str>) -> Result<Found, Problem> {
    let Some(reader) = shelf.reader()? else {
        return Ok(Found { count: 0, past: 0, gravest: Vec::new() });
    };
    let query = AlertQuery { open: true, ..AlertQuery::default() };
    let mut alerts = reader.alerts(query).map_err(|error| error.problem)?;
    // What is about this computer concerns every account.
    alerts.retain(|alert| {
        account.is_none() || alert.account.is_none() || alert.account.as_deref() == account
    });
    alerts.sort_by_key(|alert| std::cmp::Reverse((!alert.historic, alert.level, alert.last)));
    let count = alerts.len();
    let past = alerts.iter().filter(|alert| alert.historic).count();
    alerts.truncate(SHOWN);
    Ok(Found { count, past, gravest: alerts })
}

fn entry(alert: &Alert, has_accounts: bool) -> Entry {
    let mut about = vec![alert.subject.clone()];
    if has_accounts {
        about.extend(alert.account.clone());
    }
    if alert.records > 1 {
        about.push(say::counted(alert.records, "record"));
    }
    Entry {
        sign: match alert.level {
            Level::Critical | Level::High => Some(Sign::Fail),
            Level::Medium => Some(Sign::Warn),
            Level::Low | Level::Informational => Some(Sign::Skipped),
        },
        kind: alert.level.title().to_owned(),
        title: alert.title.clone(),
        about: about.join(" \u{00b7} "),
        at: alert.last,
    }
}

impl crate::window::worker::Standing {
    /// Whether there are several accounts, child accounts included.
    pub(in crate::window::console) fn has_several(&self) -> bool {
        let mut names = self.statuses.iter().map(|status| status.account.as_str());
        let first = names.next();
        names.any(|name| Some(name) != first)
    }
}
