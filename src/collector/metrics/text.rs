//! The figures as text.

use std::fmt::Write as _;

use super::super::Overview;
use crate::base::{Home, Problem, UnixMillis};
use crate::pipeline::doing::{Doing, doings};
use crate::status::{FeedState, FeedStatus};
use crate::store::{Reader, StoreError};

const STATES: [FeedState; 6] = [
    FeedState::Waiting,
    FeedState::CatchingUp,
    FeedState::Current,
    FeedState::NotAvailable,
    FeedState::Denied,
    FeedState::Failing,
];

/// Everything there is to tell. Reads the store.
pub(super) fn told(home: &Home, overview: &Overview) -> Result<String, Problem> {
    let told = |error: StoreError| error.problem;
    let settings = overview.settings();
    let mut text = Text::default();
    let version = env!("CARGO_PKG_VERSION");
    text.about("build_info", "gauge", "The version that runs");
    text.figure("build_info", &[("version", version)], 1);
    text.about("paused", "gauge", "1 while a person has paused collecting");
    text.figure("paused", &[], u8::from(overview.is_paused()));
    let (summary, logs) = overview.read();
    text.about("attention", "gauge", "Things that need a person, as the overview shows them");
    text.figure("attention", &[], summary.attention.len());
    let Some(reader) = Reader::open(&home.store_file()).map_err(told)? else {
        return Ok(text.0);
    };
    text.logs(&logs);
    text.about("alerts_open", "gauge", "Open alerts");
    text.figure("alerts_open", &[], reader.open_alerts().map_err(told)?);
    let doings = doings(Some(&reader), &settings.outputs)?;
    text.about("output_delivered_total", "counter", "Records or messages that an output took");
    for (doing, output) in doings.iter().zip(&settings.outputs) {
        let labels = [("output", output.name.as_str()), ("type", output.type_name())];
        text.figure("output_delivered_total", &labels, doing.delivered);
    }
    type Figure = (&'static str, &'static str, fn(&Doing) -> u64);
    let figures: [Figure; 3] = [
        ("output_failing", "1 while every attempt of an output fails", |doing| {
            u64::from(doing.error.is_some())
        }),
        ("output_pending", "Records or messages that wait for an output", |doing| doing.waiting),
        ("output_refused", "Records or messages an output will never take", |doing| doing.refused),
    ];
    for (name, help, figure) in figures {
        text.about(name, "gauge", help);
        for doing in &doings {
            text.figure(name, &[("output", &doing.name)], figure(doing));
        }
    }
    Ok(text.0)
}

/// Figures in Prometheus' text form.
#[derive(Default)]
struct Text(String);

impl Text {
    fn about(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# HELP duo_integrator_{name} {help}");
        let _ = writeln!(self.0, "# TYPE duo_integrator_{name} {kind}");
    }

    fn figure(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
        let labels = match labels.as_slice() {
            [] => String::new(),
            labels => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.0, "duo_integrator_{name}{labels} {value}");
    }

    fn logs(&mut self, logs: &[FeedStatus]) {
        let of = |log: &FeedStatus| (log.account.clone(), log.log_type.name());
        type Figure<T> = (&'static str, &'static str, fn(&FeedStatus) -> T);
        let numbers: [Figure<u64>; 3] = [
            ("records", "Records that are stored", |log| log.records),
            ("records_late", "Stored records that Duo published late", |log| log.late),
            ("gaps", "Known gaps", |log| log.gaps),
        ];
        for (name, help, number) in numbers {
            self.about(name, "gauge", help);
            for log in logs {
                let (account, log_type) = of(log);
                let labels = [("account", account.as_str()), ("log_type", log_type)];
                self.figure(name, &labels, number(log));
            }
        }
        self.about("log_state", "gauge", "1 for the state a log is in");
        for log in logs {
            let (account, log_type) = of(log);
            for state in STATES {
                let labels =
                    [("account", &*account), ("log_type", log_type), ("state", state.name())];
                self.figure("log_state", &labels, u8::from(log.state == state));
            }
        }
        let times: [Figure<Option<UnixMillis>>; 3] = [
            ("reached_timestamp_seconds", "Until when everything is stored", |log| log.reached),
            ("last_poll_timestamp_seconds", "When Duo was asked last", |log| log.last_poll),
            ("newest_timestamp_seconds", "When the newest record happened", |log| log.newest),
        ];
        for (name, help, time) in times {
            self.about(name, "gauge", help);
            for log in logs {
                let (account, log_type) = of(log);
                if let Some(at) = time(log) {
                    let labels = [("account", account.as_str()), ("log_type", log_type)];
                    self.figure(name, &labels, at.0 as f64 / 1000.0);
                }
            }
        }
    }
}

/// A label's text with what has a meaning there escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_on_a_line_of_its_own_whatever_its_label_holds() {
        let mut text = Text::default();
        text.about("gaps", "gauge", "Known gaps");
        text.figure("gaps", &[("account", "A \"B\"\\\n")], 3);
        assert_eq!(
            text.0,
            "# HELP duo_integrator_gaps Known gaps\n# TYPE duo_integrator_gaps gauge\n\
             duo_integrator_gaps{account=\"A \\\"B\\\"\\\\\\n\"} 3\n"
        );
    }
}
