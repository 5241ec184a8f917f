//! The page after Finish: counts the first records as they arrive.

use eframe::egui;

use crate::base::UnixMillis;
use crate::base::words::{counted, number, span};
use crate::status::{FeedState, FeedStatus};
use crate::window::look::theme;
use crate::window::look::widgets::{self, Sign};
use crate::window::parts;
use crate::window::worker::{Finished, Standing};

/// Draws the page.
pub(super) fn success_ui(ui: &mut egui::Ui, finished: &Finished, standing: Option<&Standing>) {
    let account = finished.account.as_str();
    let records = standing.map_or(0, |standing| standing.records_of(account));
    let is_settled = standing.is_some_and(|standing| standing.is_settled(account));
    let colors = theme::of(ui);
    ui.horizontal(|ui| {
        widgets::state_sign(ui, if is_settled { Sign::Pass } else { Sign::Running });
        let words = if is_settled { "Everything Duo has is stored" } else { "Collecting" };
        ui.label(egui::RichText::new(words).text_style(theme::card_title()));
    });
    ui.add_space(8.0);
    widgets::figure(ui, &number(records), if records == 1 { "record" } else { "records" }, account);
    ui.add_space(8.0);
    let logs: Vec<&FeedStatus> =
        standing.map_or(Vec::new(), |standing| standing.of(account).collect());
    let running: Vec<&&FeedStatus> =
        logs.iter().filter(|log| log.state == FeedState::CatchingUp).collect();
    if !is_settled {
        widgets::progress(ui, share_of(&logs), &left_words(&running));
    }
    ui.add_space(8.0);
    egui::Grid::new("first records").num_columns(3).spacing([16.0, 4.0]).show(ui, |ui| {
        for log in &logs {
            let sign = sign_of(log.state);
            ui.horizontal(|ui| {
                widgets::state_sign(ui, sign);
                ui.label(log.log_type.title());
            });
            ui.label(counted(log.records, "record"));
            let words = match &log.error {
                Some(error) if log.state != FeedState::Current => error.message.clone(),
                _ => parts::capitalized(log.state.title()),
            };
            ui.add(egui::Label::new(egui::RichText::new(words).color(colors.secondary)).wrap());
            ui.end_row();
        }
    });
    for note in &finished.notes {
        ui.add_space(8.0);
        parts::sign_line(ui, Sign::Warn, &note.to_string());
    }
    ui.add_space(8.0);
    widgets::small(
        ui,
        "Collecting goes on in the background when this window is closed. The icon in the tray \
         shows how it stands.",
    );
}

/// How a log's state is shown.
pub(crate) fn sign_of(state: FeedState) -> Sign {
    match state {
        FeedState::Waiting => Sign::Waiting,
        FeedState::CatchingUp => Sign::Running,
        FeedState::Current => Sign::Pass,
        FeedState::NotAvailable => Sign::Skipped,
        FeedState::Denied | FeedState::Failing => Sign::Warn,
    }
}

/// The mean of the logs that are read: each as far as it is.
fn share_of(logs: &[&FeedStatus]) -> Option<f32> {
    let shares: Vec<f64> = logs
        .iter()
        .filter_map(|log| match log.state {
            FeedState::Current => Some(1.0),
            FeedState::CatchingUp => Some(log.share().unwrap_or(0.0)),
            FeedState::Waiting => Some(0.0),
            _ => None,
        })
        .collect();
    let count = shares.len();
    (count > 0).then(|| (shares.iter().sum::<f64>() / count as f64) as f32)
}

fn left_words(running: &[&&FeedStatus]) -> String {
    let now = UnixMillis::now();
    let end = running.iter().filter_map(|log| log.estimated_end()).max();
    match end.and_then(|end| u64::try_from(end.0.saturating_sub(now.0)).ok()) {
        Some(left) => {
            format!("About {} left", span(std::time::Duration::from_millis(left)))
        }
        None => "Reading the first pages".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogType;

    fn log(state: FeedState) -> FeedStatus {
        FeedStatus {
            account: "A".to_owned(),
            integration_key: "DI".to_owned(),
            log_type: LogType::Telephony,
            state,
            records: 0,
            late: 0,
            not_understood: 0,
            begins: None,
            reached: None,
            catching_up_until: None,
            newest: None,
            last_poll: None,
            gaps: 0,
            run: None,
            since: None,
            first: None,
            rhythm: None,
            error: None,
        }
    }

    #[test]
    fn progress_counts_only_logs_that_can_be_read() {
        let logs = [log(FeedState::Current), log(FeedState::Denied), log(FeedState::Waiting)];
        let logs: Vec<&FeedStatus> = logs.iter().collect();
        assert_eq!(share_of(&logs), Some(0.5));
        assert_eq!(share_of(&[]), None);
    }
}
