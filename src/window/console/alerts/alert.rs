//! One alert: what was found, why it matters, what to do, and the records it was found in.

use std::sync::Arc;

use eframe::egui::{self, RichText, Ui};

use super::grouping::is_open;
use super::records::{self, Essential};
use super::{At, Move, acts, list, parts, tick};
use crate::base::{Problem, UnixMillis};
use crate::knowledge::{Alarm, Item, Knowledge, RuleText};
use crate::store::{Alert, AlertQuery, AlertsWithin, KEPT, StoreError};
use crate::window::console::filter::Filter;
use crate::window::console::{Go, Here, Page};
use crate::window::desk::{Shelf, Slot};
use crate::window::look::widgets::{self, Press, Sign};
use crate::window::look::{icons, theme};
use crate::window::worker::{CollectorStanding, Wish};
use crate::window::{parts as shared, say};

/// Records shown here; all of them are on the page of the records.
const SHOWN: usize = 100;

/// What is known of an alert.
struct Known {
    /// `None` when it is gone.
    alert: Option<Alert>,
    records: Vec<Essential>,
    /// Other open alerts about the same.
    others: usize,
}

/// The view's own state.
#[derive(Default)]
pub(super) struct AlertView {
    slot: Slot<(i64, u64, i64), Arc<Known>>,
}

/// What somebody asked for on the view.
enum Step {
    Move(Move),
    Go(Go),
    Wish(Wish),
}

impl AlertView {
    /// Draws the alert of this number.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>, id: i64, back_to: &str) -> Option<Move> {
        let key = (id, here.view.fresh, tick());
        self.slot.want(here.desk, key, move |shelf| known(shelf, id).map(Arc::new));
        if parts::back(ui, back_to) {
            return Some(Move::Back);
        }
        let is_slow = self.slot.is_slow(ui.ctx());
        let problem = self.slot.problem().cloned();
        let shown = self.slot.shown_with_key();
        let shown = shown.filter(|(key, _)| key.0 == id).map(|(_, known)| Arc::clone(known));
        if let Some(problem) = &problem {
            shared::problem_banner(ui, problem);
        }
        let Some(known) = shown else {
            parts::waiting(ui, is_slow);
            return None;
        };
        let Some(alert) = &known.alert else {
            let text = "Its records are older than what is kept, or its account was removed.";
            parts::nothing(ui, icons::BELL_SLASH, "This alert is no longer stored", text);
            return None;
        };
        let mut step = None;
        egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt(("alert", id)).show(
            ui,
            |ui| {
                head_ui(ui, here, alert);
                ui.add_space(theme::tokens().space.small);
                found_ui(ui, here, alert, &known, &mut step);
                ui.add_space(theme::tokens().space.small);
                records_ui(ui, alert, &known, &mut step);
                ui.add_space(theme::tokens().space.huge);
            },
        );
        match step? {
            Step::Move(moved) => return Some(moved),
            Step::Go(go) => here.go(ui, go),
            Step::Wish(wish) => here.wishes.push(wish),
        }
        None
    }
}

fn known(shelf: &mut Shelf, id: i64) -> Result<Known, Problem> {
    let knowledge = shelf.knowledge()?;
    let told = |error: StoreError| error.problem;
    let nothing = Known { alert: None, records: Vec::new(), others: 0 };
    let Some(reader) = shelf.reader()? else { return Ok(nothing) };
    let query = AlertQuery { open: false, id: Some(id) };
    let Some(alert) = reader.alerts(query).map_err(told)?.into_iter().next() else {
        return Ok(nothing);
    };
    let kept = reader.alert_kept(id, SHOWN).map_err(told)?;
    let records = kept.iter().map(|kept| Essential::of(kept, &knowledge)).collect();
    let all = AlertsWithin {
        account: alert.account.clone(),
        since: UnixMillis(i64::MIN),
        until: UnixMillis(i64::MAX),
        open: Some(true),
        limit: 10_000,
    };
    let others = reader.alerts_within(&all).map_err(told)?;
    let same = |other: &&Alert| other.id != id && other.subject == alert.subject;
    let others = others.iter().filter(same).count();
    Ok(Known { records, others, alert: Some(alert) })
}

fn head_ui(ui: &mut Ui, here: &mut Here<'_>, alert: &Alert) {
    let title = RichText::new(&alert.title).heading();
    let heading = ui.add(egui::Label::new(title).wrap());
    ui.ctx().accesskit_node_builder(heading.id, |node| {
        node.set_role(egui::Role::Heading);
        node.clear_value();
        node.set_label(alert.title.as_str());
    });
    ui.horizontal_wrapped(|ui| {
        parts::level_pill(ui, alert.level);
        let sign = if is_open(alert) { Sign::Warn } else { Sign::Pass };
        let state = shared::capitalized(&list::state_words(alert));
        widgets::pill(ui, sign, &state);
        ui.add_space(theme::tokens().space.small);
        if is_open(alert) {
            if ui.add(Press::primary("Acknowledge").icon(icons::CHECK)).clicked() {
                here.act(acts::acknowledge(vec![alert.id]));
            }
        } else if alert.acknowledged.is_some()
            && ui.add(Press::quiet("Open again").icon(icons::UNDO)).clicked()
        {
            here.act(acts::open_again(vec![alert.id]));
        }
    });
}

fn found_ui(ui: &mut Ui, here: &Here<'_>, alert: &Alert, known: &Known, step: &mut Option<Step>) {
    let rule = here.knowledge.and_then(|knowledge| rule_of(knowledge, &alert.rule));
    let alarm = here.knowledge.and_then(|knowledge| alarm_of(knowledge, &alert.rule));
    widgets::card(ui, |ui| {
        widgets::card_title(ui, "What was found");
        let mut words = sentence(alert, &known.records);
        if let Some(found) = &alert.words {
            words = found.clone();
        }
        ui.add(egui::Label::new(words).wrap().selectable(true));
        ui.add_space(theme::tokens().space.tight);
        if !alert.subject.is_empty() {
            parts::fact(ui, "About", &alert.subject);
        }
        parts::fact(ui, "Account", alert.account.as_deref().unwrap_or("This computer"));
        let times = if alert.first == alert.last {
            parts::full_moment(alert.first)
        } else {
            format!("{} to {}", say::exact(alert.first), say::exact(alert.last))
        };
        parts::fact(ui, "When", &times);
        parts::fact(ui, "Raised", &parts::full_moment(alert.raised));
        let reason = rule.map(|item| &item.reason).or(alarm.map(|item| &item.reason));
        if let Some(reason) = reason {
            ui.add_space(theme::tokens().space.small);
            widgets::card_title(ui, "Why it matters");
            ui.add(egui::Label::new(reason).wrap().selectable(true));
        }
        if let Some(alarm) = alarm {
            ui.add_space(theme::tokens().space.small);
            widgets::card_title(ui, "What to do");
            ui.add(egui::Label::new(shared::capitalized(&alarm.body.next)).wrap().selectable(true));
            ui.horizontal_wrapped(|ui| way_out_ui(ui, here, alert, step));
        }
        ui.add_space(theme::tokens().space.small);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = theme::tokens().space.large;
            if rule.is_some() || alarm.is_some() {
                let press = Press::link("See the rule").icon(icons::SLIDERS);
                if ui.add(press).clicked() {
                    *step = Some(Step::Move(Move::To(At::Rule(alert.rule.clone()))));
                }
            } else {
                widgets::small(ui, &format!("The rule {} is no longer there", alert.rule));
            }
            if ui.add(Press::link("All of this rule").icon(icons::ROWS)).clicked() {
                *step = Some(Step::Move(Move::RaisedBy(alert.rule.clone())));
            }
            if known.others > 0 && !alert.subject.is_empty() {
                let others = say::counted(known.others as u64, "other open alert");
                let words = format!("{others} about the same");
                if ui.add(Press::link(&words).icon(icons::BELL)).clicked() {
                    *step = Some(Step::Move(Move::About(alert.subject.clone())));
                }
            }
        });
    });
}

/// What can be done about the collector's own alarms.
fn way_out_ui(ui: &mut Ui, here: &Here<'_>, alert: &Alert, step: &mut Option<Step>) {
    let mut offer = |ui: &mut Ui, words: &str, wanted: Step| {
        if widgets::quiet_button(ui, words).clicked() {
            *step = Some(wanted);
        }
    };
    let account = alert.account.as_deref().filter(|name| {
        here.standing.settings.as_ref().is_ok_and(|settings| settings.account(name).is_some())
    });
    match alert.rule.as_str() {
        "credential-refused" => {
            if let Some(name) = account {
                offer(ui, "Check the keys\u{2026}", Step::Go(Go::EditAccount(name.to_owned())));
            }
        }
        "collector-stalled" => match here.standing.collector {
            CollectorStanding::Stopped => {
                offer(ui, "Start collecting", Step::Wish(Wish::StartCollector));
            }
            _ => offer(ui, "Restart the collector", Step::Wish(Wish::RestartCollector)),
        },
        "gap-found" => offer(ui, "See what is missing", Step::Go(Go::Page(Page::Completeness))),
        _ => offer(ui, "Change the alarm", Step::Go(Go::Page(Page::Settings))),
    }
    offer(ui, "See how collecting goes", Step::Go(Go::Page(Page::Overview)));
}

fn records_ui(ui: &mut Ui, alert: &Alert, known: &Known, step: &mut Option<Step>) {
    let records = &known.records;
    if alert.records == 0 && records.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        let words = say::zone_words();
        shared::title_and_words(ui, &records_title(alert, records), &words);
        ui.horizontal_wrapped(|ui| {
            let events = |change: &dyn Fn(&mut Filter)| {
                let mut filter = Filter::default();
                change(&mut filter);
                Some(Step::Go(Go::Events(Box::new(filter))))
            };
            if ui.add(Press::quiet("Show them all").icon(icons::LIST)).clicked() {
                let span = (alert.first, alert.last);
                *step = events(&|filter| {
                    filter.alert = Some(alert.id);
                    (filter.since, filter.until) = (Some(span.0), Some(span.1));
                });
            }
            let shortcuts = [
                ("user", icons::USER, records::common(records, |one| &one.user)),
                ("address", icons::MAP_PIN, records::common(records, |one| &one.address)),
                ("application", icons::SQUARES, records::common(records, |one| &one.application)),
            ];
            if shortcuts.iter().any(|(.., value)| value.is_some()) {
                ui.add_space(theme::tokens().space.small);
                widgets::secondary(ui, "Everything of");
            }
            for (what, icon, value) in shortcuts {
                let Some(value) = value else { continue };
                let name = format!("Everything of the {what} {value}");
                let button = ui.add(Press::quiet(&parts::shortened(value)).icon(icon));
                button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
                if button.on_hover_text(&name).clicked() {
                    *step = events(&|filter| {
                        let values = match what {
                            "user" => &mut filter.user,
                            "address" => &mut filter.address,
                            _ => &mut filter.application,
                        };
                        values.push(value.to_owned());
                    });
                }
            }
        });
        ui.add_space(theme::tokens().space.tight);
        if let Some(place) = records::table_ui(ui, records)
            && let Some(record) = records.get(place)
        {
            // Among the alert's other records, which the arrow keys lead to.
            let mut filter = Filter { alert: Some(alert.id), ..Filter::default() };
            (filter.since, filter.until) = (Some(alert.first), Some(alert.last));
            let go = match record.place.filter(|_| !record.is_gone) {
                Some(place) => Go::Record(Box::new(filter), place),
                None => Go::Events(Box::new(filter)),
            };
            *step = Some(Step::Go(go));
        }
        if alert.records > records.len() as u64 {
            let more = if alert.records > KEPT {
                format!(
                    "These are the first {}. All {} are counted; the first {KEPT} are kept by name.",
                    records.len(),
                    say::counted(alert.records, "record")
                )
            } else {
                format!("These are the first {}.", records.len())
            };
            widgets::small(ui, &more);
        }
    });
}

fn records_title(alert: &Alert, records: &[Essential]) -> String {
    let logs = records::logs(records);
    let count = say::counted(alert.records.max(records.len() as u64), "record");
    match logs.as_slice() {
        [] => count,
        logs => format!("{count} \u{00b7} {}", logs.join(", ")),
    }
}

/// What was found, in a sentence.
fn sentence(alert: &Alert, records: &[Essential]) -> String {
    let count = say::counted(alert.records, "record");
    let span = u64::try_from(alert.last.0 - alert.first.0).unwrap_or(0);
    let mut words = match span {
        0 => format!("{count}, {}", parts::moment(alert.last)),
        span => {
            let length = crate::base::words::span(std::time::Duration::from_millis(span));
            format!("{count} within {length}, the last {}", parts::moment(alert.last))
        }
    };
    for (what, value) in [
        ("from", records::common(records, |one| &one.address)),
        ("in", records::common(records, |one| &one.country)),
        ("through", records::common(records, |one| &one.application)),
    ] {
        if let Some(value) = value {
            words.push_str(&format!(", {what} {value}"));
        }
    }
    words
}

/// The rule of an id.
pub(super) fn rule_of<'k>(knowledge: &'k Knowledge, id: &str) -> Option<&'k Item<RuleText>> {
    knowledge.rules().iter().find(|item| item.id == id)
}

/// The collector's own alarm of an id.
pub(super) fn alarm_of<'k>(knowledge: &'k Knowledge, id: &str) -> Option<&'k Item<Alarm>> {
    knowledge.alarms().iter().find(|item| item.id == id)
}
