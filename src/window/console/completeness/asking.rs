//! The dialog that asks which days of which logs are compared with Duo's count or collected again.

use std::collections::BTreeSet;

use eframe::egui;
use jiff::civil::Date;

use super::running::{Order, Work};
use super::words;
use crate::pipeline::scope::Scope;
use crate::record::LogType;
use crate::window::look::theme;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;

/// What is being chosen.
pub(super) struct Asking {
    work: Work,
    from: String,
    to: String,
    account: Option<String>,
    log_types: BTreeSet<LogType>,
}

/// What became of the dialog.
pub(super) enum Outcome {
    /// It is open.
    Open,
    /// It was closed without a decision.
    Closed,
    /// Do this.
    Start(Order),
}

impl Asking {
    /// From one day to another, of all logs.
    pub fn new(work: Work, (from, to): (i64, i64), account: Option<String>) -> Self {
        Self {
            work,
            from: words::date_of(from).to_string(),
            to: words::date_of(to).to_string(),
            account,
            log_types: LogType::ALL.into_iter().collect(),
        }
    }

    /// The dialog's title.
    pub fn title(&self) -> &'static str {
        match self.work {
            Work::Check => "Check against Duo",
            Work::Again => "Collect again",
        }
    }

    /// The days as typed, or what is wrong with the first and with the second field.
    fn days(&self, today: i64) -> Result<(i64, i64), [Option<&'static str>; 2]> {
        let read = |text: &str| text.trim().parse::<Date>().ok().and_then(words::number_of);
        const HOW: &str = "Write a day such as 2026-11-16";
        match (read(&self.from), read(&self.to)) {
            (None, to) => Err([Some(HOW), to.is_none().then_some(HOW)]),
            (Some(_), None) => Err([None, Some(HOW)]),
            (Some(from), Some(_)) if from > today => Err([Some("This day has not come yet"), None]),
            (Some(from), Some(to)) if to < from => {
                Err([None, Some("The last day lies before the first")])
            }
            (Some(from), Some(to)) => Ok((from, to.min(today))),
        }
    }

    /// Draws the dialog. `accounts`: the names of all, in order; `today`: the last day.
    pub fn ui(&mut self, ctx: &egui::Context, accounts: &[String], today: i64) -> Outcome {
        let days = self.days(today);
        let [from_mistake, to_mistake] = days.err().unwrap_or_default();
        let (mut open, mut start, mut cancel) = (true, false, false);
        widgets::dialog(ctx, self.title(), &mut open, |ui| {
            parts::dialog_body(ui, 0.0, |ui| {
                widgets::secondary(ui, explanation(self.work));
                ui.add_space(8.0);
                ui.horizontal_top(|ui| {
                    let gap = theme::tokens().space.large;
                    let width = ((ui.available_width() - gap) / 2.0).max(120.0);
                    ui.spacing_mut().item_spacing.x = gap;
                    for (text, label, error) in [
                        (&mut self.from, "First day", from_mistake),
                        (&mut self.to, "Last day", to_mistake),
                    ] {
                        let layout = egui::Layout::top_down(egui::Align::Min);
                        ui.allocate_ui_with_layout(egui::vec2(width, 0.0), layout, |ui| {
                            let width = Some(width);
                            let spec = FieldSpec { label, error, width, ..FieldSpec::default() };
                            start |= widgets::field(ui, text, &spec).entered;
                        });
                    }
                });
                widgets::small(ui, "Days are those of UTC, as Duo is asked for them");
                ui.add_space(8.0);
                if accounts.len() > 1 {
                    self.account_ui(ui, accounts);
                }
                self.logs_ui(ui);
            });
            ui.add_space(8.0);
            parts::buttons_right(ui, |ui| {
                let is_fine = days.is_ok() && !self.log_types.is_empty();
                ui.add_enabled_ui(is_fine, |ui| {
                    let button = widgets::primary_button(ui, self.title());
                    start |= button.clicked();
                    // What is offered can be had with Enter.
                    if ui.memory(|memory| memory.focused().is_none()) {
                        button.request_focus();
                    }
                });
                cancel |= widgets::quiet_button(ui, "Cancel").clicked();
            });
        });
        match days {
            Ok(days) if start && !self.log_types.is_empty() => Outcome::Start(self.order(days)),
            _ if cancel || !open => Outcome::Closed,
            _ => Outcome::Open,
        }
    }

    fn account_ui(&mut self, ui: &mut egui::Ui, accounts: &[String]) {
        parts::account_choice(ui, &mut self.account, accounts, ui.available_width());
        ui.add_space(4.0);
    }

    fn logs_ui(&mut self, ui: &mut egui::Ui) {
        ui.label("Logs");
        let (left, right) = LogType::ALL.split_at(LogType::ALL.len() / 2);
        ui.columns_const(|columns: &mut [egui::Ui; 2]| {
            for (ui, logs) in columns.iter_mut().zip([left, right]) {
                for log_type in logs {
                    let mut is_wanted = self.log_types.contains(log_type);
                    widgets::check_row(ui, &mut is_wanted, log_type.title(), "");
                    if is_wanted {
                        self.log_types.insert(*log_type);
                    } else {
                        self.log_types.remove(log_type);
                    }
                }
            }
        });
        if self.log_types.is_empty() {
            parts::sign_line(ui, widgets::Sign::Warn, "Choose at least one log");
        }
    }

    fn order(&self, (from, to): (i64, i64)) -> Order {
        let log_types: Vec<LogType> = self.log_types.iter().copied().collect();
        // All of them are also those that a child account may have and others not.
        let is_all = log_types.len() == LogType::ALL.len();
        let log_types = if is_all { Vec::new() } else { log_types };
        let scope = Scope { account: self.account.clone(), log_types };
        Order { work: self.work, scope, from, to }
    }
}

const fn explanation(work: Work) -> &'static str {
    match work {
        Work::Check => {
            "Duo is asked how many records each day has, and what is missing here is fetched at \
             once. Collecting goes on meanwhile."
        }
        Work::Again => {
            "All records of these days are asked for once more, and what is not here yet is \
             stored. Records that are here already stay as they are. Collecting goes on meanwhile."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(from: &str, to: &str) -> Asking {
        let asking = Asking::new(Work::Check, (20_000, 20_003), None);
        Asking { from: from.to_owned(), to: to.to_owned(), ..asking }
    }

    #[test]
    fn days_are_checked_as_they_are_typed() {
        let today = words::number_of("2026-11-23".parse().unwrap()).unwrap();
        assert_eq!(asking("2026-11-20", "2026-11-22").days(today), Ok((today - 3, today - 1)));
        // What has not come yet holds nothing.
        assert_eq!(asking("2026-11-20", "2027-01-01").days(today), Ok((today - 3, today)));
        for (from, to, wrong) in [
            ("yesterday", "2026-11-22", [true, false]),
            ("", "", [true, true]),
            ("2026-11-20", "2026-02-30", [false, true]),
            ("2026-11-22", "2026-11-20", [false, true]),
            ("2026-11-24", "2026-11-25", [true, false]),
        ] {
            let told = asking(from, to).days(today).unwrap_err();
            assert_eq!(told.map(|what| what.is_some()), wrong, "{from} {to}");
        }
    }

    #[test]
    fn what_is_offered_first_can_be_started() {
        let asking = Asking::new(Work::Again, (20_000, 20_003), Some("Contoso".to_owned()));
        let order = asking.order(asking.days(20_010).unwrap());
        assert_eq!((order.from, order.to), (20_000, 20_003));
        assert!(order.scope.log_types.is_empty());
        assert_eq!(order.scope.account.as_deref(), Some("Contoso"));
    }
}
