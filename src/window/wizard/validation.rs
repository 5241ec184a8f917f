//! The dialog “Validation”: every check as it is made, what was found, and what to do next.
//!
//! Promises: it never holds up the window; Cancel works at any moment, and what a cancelled run
//! still tells is not listened to; how a check stands is told by shape and word as well as color.

use eframe::egui;

use crate::base::Problem;
use crate::duo::ladder::{Check, CheckId, Report, State};
use crate::window::look::theme;
use crate::window::look::widgets::{self, Sign};
use crate::window::parts;

/// The width of the column with what is checked, in points.
const TITLES: f32 = 142.0;

/// The height of the list of checks, unless what was found needs more.
const LINES: f32 = 340.0;

/// The run of a validation, finished or not.
#[derive(Clone, Debug, Default)]
pub(super) struct Validation {
    /// Counts the runs, so that the news of an old one is told apart.
    run: u64,
    /// Whether the dialog is open.
    pub open: bool,
    checks: Vec<Check>,
    outcome: Option<Result<Report, Problem>>,
}

/// What a person wants of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Stop the checks and close.
    Cancel,
    /// Close; the checks are made.
    Close,
    /// Make the checks again.
    Again,
}

impl Validation {
    /// Opens the dialog for a new run, and gives its number.
    pub fn begin(&mut self) -> u64 {
        *self = Self { run: self.run + 1, open: true, ..Self::default() };
        self.run
    }

    /// Takes a check as it was made.
    pub fn take_check(&mut self, run: u64, check: Check) {
        if run != self.run || self.outcome.is_some() {
            return;
        }
        match self.checks.iter_mut().find(|before| before.id == check.id) {
            Some(before) => *before = check,
            None => self.checks.push(check),
        }
    }

    /// Takes the end of a run.
    pub fn take_outcome(&mut self, run: u64, outcome: Result<Report, Problem>) {
        if run != self.run || !self.open {
            return;
        }
        if let Ok(report) = &outcome {
            self.checks.clone_from(&report.checks);
        }
        self.outcome = Some(outcome);
    }

    /// Closes the dialog; a run that is under way is forgotten.
    pub fn close(&mut self) {
        self.open = false;
        if self.outcome.is_none() {
            self.run += 1;
        }
    }

    /// The report of the last run that came to its end.
    pub fn report(&self) -> Option<&Report> {
        self.outcome.as_ref()?.as_ref().ok()
    }

    fn is_running(&self) -> bool {
        self.outcome.is_none()
    }

    /// The check that is being made: the first that was not told yet.
    fn current(&self) -> Option<CheckId> {
        if !self.is_running() {
            return None;
        }
        CheckId::ALL.into_iter().find(|id| !self.checks.iter().any(|check| check.id == *id))
    }

    /// All that was found, as text for a colleague. Holds no secret: checks never do.
    pub fn as_text(&self) -> String {
        let mut text = String::new();
        for check in &self.checks {
            let code = check.untold_code().map_or(String::new(), |code| format!(" ({code})"));
            text.push_str(&format!(
                "{}: {} \u{2013} {}{code}\n",
                check.id.title(),
                state_word(check.state),
                check.detail
            ));
            if let Some(next) = &check.next {
                text.push_str(&format!("  Next: {next}\n"));
            }
        }
        if let Some(Err(problem)) = &self.outcome {
            text.push_str(&format!("{problem}\n"));
        }
        text
    }

    /// The sentence at the end.
    fn verdict(&self) -> Option<(Sign, String)> {
        Some(match self.outcome.as_ref()? {
            Ok(report) if report.ok => {
                let readable = report.log_types.iter().filter(|log| log.available).count();
                let all = report.log_types.len();
                let warned = report.checks.iter().any(|check| check.state == State::Warn);
                let sign = if warned { Sign::Warn } else { Sign::Pass };
                let logs = if readable == all {
                    format!("all {all} logs can be read")
                } else {
                    format!("{readable} of {all} logs can be read")
                };
                (sign, format!("Collection can work: {logs}"))
            }
            Ok(_) => (Sign::Fail, "Collection cannot work yet; see what to do above".to_owned()),
            Err(problem) => (Sign::Fail, problem.to_string()),
        })
    }
}

/// Draws the dialog while it is open; to be called when it is closed as well.
pub(super) fn dialog_ui(ctx: &egui::Context, validation: &Validation) -> Option<Answer> {
    let mut answer = None;
    let mut open = validation.open;
    widgets::dialog(ctx, "Validation", &mut open, |ui| {
        let current = validation.current();
        parts::dialog_body(ui, LINES, |ui| {
            for id in CheckId::ALL {
                let made = validation.checks.iter().find(|check| check.id == id);
                check_ui(ui, id, made, current == Some(id));
            }
        });
        ui.add_space(4.0);
        ui.separator();
        match validation.verdict() {
            Some((sign, words)) => {
                let words = parts::sign_line(ui, sign, &words);
                parts::announce(ui, &words);
            }
            None => {
                parts::sign_line(ui, Sign::Running, "Trying the keys");
            }
        }
        ui.add_space(8.0);
        parts::buttons_right(ui, |ui| {
            if validation.is_running() {
                let cancel = widgets::quiet_button(ui, "Cancel");
                if ui.memory(|memory| memory.focused().is_none()) {
                    cancel.request_focus();
                }
                if cancel.clicked() {
                    answer = Some(Answer::Cancel);
                }
                return;
            }
            let ok = widgets::primary_button(ui, "OK");
            // Once, when it has taken the place of Cancel.
            let offered = ui.scope_id().with("offered");
            let before = ui.data_mut(|data| {
                std::mem::replace(data.get_temp_mut_or_default::<u64>(offered), validation.run)
            });
            if before != validation.run || ui.memory(|memory| memory.focused().is_none()) {
                ok.request_focus();
            }
            if ok.clicked() {
                answer = Some(Answer::Close);
            }
            let is_good = validation.report().is_some_and(|report| report.ok);
            if !is_good && widgets::quiet_button(ui, "Try again").clicked() {
                answer = Some(Answer::Again);
            }
            widgets::copy_button(ui, &validation.as_text());
        });
    });
    if validation.open && !open {
        let answer_of_escape = if validation.is_running() { Answer::Cancel } else { Answer::Close };
        answer = answer.or(Some(answer_of_escape));
    }
    answer
}

fn check_ui(ui: &mut egui::Ui, id: CheckId, made: Option<&Check>, is_current: bool) {
    let colors = theme::of(ui);
    let sign = match made.map(|check| check.state) {
        Some(State::Pass) => Sign::Pass,
        Some(State::Warn) => Sign::Warn,
        Some(State::Fail) => Sign::Fail,
        Some(State::Skipped) => Sign::Skipped,
        None if is_current => Sign::Running,
        None => Sign::Waiting,
    };
    ui.horizontal_top(|ui| {
        widgets::state_sign(ui, sign);
        let title = egui::RichText::new(id.title()).text_style(theme::strong());
        let title =
            if made.is_some() || is_current { title } else { title.color(colors.secondary) };
        let size = egui::vec2(TITLES, ui.spacing().interact_size.y.min(20.0));
        let left = egui::Layout::left_to_right(egui::Align::Min);
        ui.allocate_ui_with_layout(size, left, |ui| {
            ui.set_width(TITLES);
            ui.label(title);
        });
        ui.vertical(|ui| {
            let Some(check) = made else { return };
            let mut detail = check.detail.clone();
            if let Some(code) = check.untold_code() {
                detail.push_str(&format!(" (code {code})"));
            }
            widgets::secondary(ui, &detail);
            if let Some(next) = &check.next {
                widgets::body(ui, format!("Next: {next}"));
            }
        });
    });
    ui.add_space(4.0);
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Pass => "pass",
        State::Warn => "warning",
        State::Fail => "failed",
        State::Skipped => "skipped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: CheckId) -> Check {
        Check { id, state: State::Pass, code: None, detail: "fine".to_owned(), next: None }
    }

    #[test]
    fn the_first_check_not_told_yet_is_the_one_being_made() {
        let mut validation = Validation::default();
        let run = validation.begin();
        assert_eq!(validation.current(), Some(CheckId::Format));
        validation.take_check(run, check(CheckId::Format));
        assert_eq!(validation.current(), Some(CheckId::Reach));
    }

    #[test]
    fn a_cancelled_run_is_not_listened_to() {
        let mut validation = Validation::default();
        let old = validation.begin();
        validation.close();
        validation.take_check(old, check(CheckId::Format));
        validation.take_outcome(old, Err(Problem::new("late")));
        assert!(validation.checks.is_empty() && validation.outcome.is_none());
        let new = validation.begin();
        assert_ne!(old, new);
        validation.take_check(old, check(CheckId::Format));
        assert!(validation.checks.is_empty());
    }

    #[test]
    fn the_text_for_a_colleague_says_what_to_do() {
        let mut validation = Validation::default();
        let run = validation.begin();
        let failed = Check {
            state: State::Fail,
            code: Some(40103),
            next: Some("copy the secret key again".to_owned()),
            ..check(CheckId::Credentials)
        };
        validation.take_check(run, failed);
        assert_eq!(
            validation.as_text(),
            "Credentials: failed \u{2013} fine (40103)\n  Next: copy the secret key again\n"
        );
    }
}
