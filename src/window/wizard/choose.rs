//! The page “Choose”: which logs, how far back, and what happens besides collecting.
//!
//! Promises: it may be skipped, and what it would have said then is sensible; a log that the keys
//! may not read is greyed and says what to tick in Duo's Admin Panel.

use std::time::Duration;

use eframe::egui;

use crate::base::units::format_span;
use crate::duo::ladder::{LogTypeReport, Report};
use crate::record::LogType;
use crate::settings::{Account, HISTORY_LIMIT, NoDataAlarm, Settings};
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;

const DAY: Duration = Duration::from_secs(86_400);

/// How far back the first collection may go, from the farthest.
pub(crate) const HISTORIES: [(Duration, &str); 6] = [
    (HISTORY_LIMIT, "All that Duo keeps (179 days)"),
    (Duration::from_secs(90 * 86_400), "90 days"),
    (Duration::from_secs(30 * 86_400), "30 days"),
    (Duration::from_secs(7 * 86_400), "7 days"),
    (DAY, "24 hours"),
    (Duration::from_secs(3600), "1 hour"),
];

/// What is chosen.
#[derive(Clone, Debug)]
pub(super) struct Choose {
    wanted: Vec<LogType>,
    history: Duration,
    pub alarm: bool,
    alarm_hours: String,
    pub start_at_login: bool,
    pub notifications: bool,
}

impl Choose {
    /// What is sensible, or what the account and the settings say already.
    pub fn new(settings: &Settings, account: Option<&Account>, start_at_login: bool) -> Self {
        let hours = settings.no_data_alarm.after.as_secs().div_ceil(3600).max(1);
        Self {
            wanted: account.map_or(LogType::ALL.to_vec(), |account| account.log_types.clone()),
            history: account.map_or(HISTORY_LIMIT, Account::history),
            alarm: settings.no_data_alarm.enabled,
            alarm_hours: hours.to_string(),
            start_at_login,
            notifications: settings.notifications.desktop,
        }
    }

    /// The logs to collect. Those the keys may not read are left out when a report says so, unless
    /// that left none.
    pub fn log_types(&self, report: Option<&Report>) -> Vec<LogType> {
        let readable: Vec<LogType> = self
            .wanted
            .iter()
            .copied()
            .filter(|log_type| report_of(report, *log_type).is_none_or(|log| log.available))
            .collect();
        if readable.is_empty() { self.wanted.clone() } else { readable }
    }

    /// The history as the settings write it.
    pub fn history(&self) -> String {
        format_span(self.history)
    }

    /// The alarm as chosen; `None` when the hours are no number.
    pub fn alarm(&self) -> Option<NoDataAlarm> {
        let hours: u64 = self.alarm_hours.trim().parse().ok()?;
        let is_fine = (1..=8760).contains(&hours);
        is_fine
            .then(|| NoDataAlarm { enabled: self.alarm, after: Duration::from_secs(hours * 3600) })
    }

    fn history_title(&self) -> String {
        HISTORIES
            .iter()
            .find(|(span, _)| *span == self.history)
            .map_or_else(|| self.history(), |(_, title)| (*title).to_owned())
    }
}

/// Draws the page.
pub(super) fn choose_ui(ui: &mut egui::Ui, page: &mut Choose, report: Option<&Report>) {
    widgets::card_title(ui, "Logs");
    let (left, right) = LogType::ALL.split_at(LogType::ALL.len() / 2);
    ui.columns_const(|columns: &mut [egui::Ui; 2]| {
        for (ui, logs) in columns.iter_mut().zip([left, right]) {
            for log_type in logs {
                log_ui(ui, page, *log_type, report_of(report, *log_type));
            }
        }
    });
    if page.wanted.is_empty() {
        parts::sign_line(ui, widgets::Sign::Warn, "Choose at least one log");
    }
    ui.add_space(8.0);
    let label = ui.label("How far back");
    egui::ComboBox::from_id_salt("history")
        .selected_text(page.history_title())
        .width(280.0)
        .show_ui(ui, |ui| {
            for (span, title) in HISTORIES {
                ui.selectable_value(&mut page.history, span, title);
            }
        })
        .response
        .labelled_by(label.id);
    widgets::small(
        ui,
        "The first collection starts there; after that, everything new is collected",
    );
    ui.add_space(12.0);
    widgets::card_title(ui, "Besides collecting");
    widgets::switch_row(
        ui,
        &mut page.alarm,
        "Tell me when nothing arrives",
        "A log that used to have records and falls silent is worth a look",
    );
    if page.alarm {
        let error = page.alarm().is_none().then_some("Write a number of hours, from 1 to 8760");
        widgets::field(
            ui,
            &mut page.alarm_hours,
            &FieldSpec {
                label: "Hours of silence",
                error,
                width: Some(160.0),
                ..FieldSpec::default()
            },
        );
    }
    widgets::switch_row(
        ui,
        &mut page.start_at_login,
        "Start at login",
        "Collecting goes on after a restart, without a window",
    );
    widgets::switch_row(
        ui,
        &mut page.notifications,
        "Desktop notifications",
        "One message when something needs you, and one when it is well again",
    );
}

fn log_ui(ui: &mut egui::Ui, page: &mut Choose, log_type: LogType, found: Option<&LogTypeReport>) {
    let readable = found.is_none_or(|log| log.available);
    let mut ticked = page.wanted.contains(&log_type) && readable;
    let row = |ui: &mut egui::Ui| widgets::check_row(ui, &mut ticked, log_type.title(), "");
    if ui.add_enabled_ui(readable, row).inner.changed() {
        page.wanted.retain(|wanted| *wanted != log_type);
        if ticked {
            page.wanted.push(log_type);
            page.wanted.sort();
        }
    }
    if let Some(log) = found.filter(|log| !log.available) {
        let advice = if log.denied {
            format!("{} \u{2013} tick Grant read log in the Duo Admin Panel", log.detail)
        } else {
            log.detail.clone()
        };
        // Under the words of the row; columns would stretch the lines to their full width.
        let under =
            egui::Frame::new().inner_margin(egui::Margin { left: 30, ..egui::Margin::ZERO });
        under.show(ui, |ui| {
            let left = egui::Layout::top_down(egui::Align::Min);
            ui.with_layout(left, |ui| widgets::small(ui, &advice));
        });
    }
}

fn report_of(report: Option<&Report>, log_type: LogType) -> Option<&LogTypeReport> {
    report?.log_types.iter().find(|log| log.log_type == log_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(denied: &[LogType]) -> Report {
        let log_types = LogType::ALL
            .into_iter()
            .map(|log_type| LogTypeReport {
                log_type,
                available: !denied.contains(&log_type),
                code: None,
                detail: String::new(),
                denied: denied.contains(&log_type),
            })
            .collect();
        Report { account: String::new(), ok: true, checks: Vec::new(), log_types }
    }

    #[test]
    fn what_the_keys_may_not_read_is_left_out() {
        let page = Choose::new(&Settings::default(), None, true);
        assert_eq!(page.log_types(None).len(), 6);
        let logs = page.log_types(Some(&report(&[LogType::TrustMonitor])));
        assert_eq!(logs.len(), 5);
        assert_eq!(page.log_types(Some(&report(&LogType::ALL))).len(), 6);
        assert_eq!(page.history(), "179d");
        assert_eq!(page.alarm(), Some(NoDataAlarm::default()));
    }

    #[test]
    fn hours_have_to_be_a_number() {
        let mut page = Choose::new(&Settings::default(), None, true);
        for (text, fine) in [("24", true), (" 1 ", true), ("0", false), ("x", false), ("", false)] {
            page.alarm_hours = text.to_owned();
            assert_eq!(page.alarm().is_some(), fine, "{text}");
        }
    }
}
