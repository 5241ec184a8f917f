//! A test on its way, what the far side answered, and the certificate it presented.

use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui;

use crate::base::{Home, Problem, UnixMillis};
use crate::outputs::Certificate;
use crate::pipeline::delivering::{self, Tested};
use crate::pipeline::outputs::{self, Tried};
use crate::settings::{Output, Settings};
use crate::window::look::theme;
use crate::window::look::widgets::{self, Kind, Sign};
use crate::window::parts;
use crate::window::say;
use crate::window::worker::{Act, Did};

/// How wide the names of what a certificate says are, in points.
const NAMES: f32 = 96.0;

/// A test on its way, and what became of it.
pub(super) struct Trying {
    pub name: String,
    takes_records: bool,
    answer: Arc<Mutex<Option<Answer>>>,
}

/// What became of a test.
#[derive(Clone)]
enum Answer {
    /// A message was sent.
    Message(Result<Tried, Problem>),
    /// A record was.
    Record(Tested),
}

impl Trying {
    /// Of this output.
    pub fn new(output: &Output) -> Self {
        let takes_records = output.records().is_some();
        Self { name: output.name.clone(), takes_records, answer: Arc::default() }
    }

    /// Whether nobody has answered yet.
    pub fn is_on_its_way(&self) -> bool {
        self.answer().is_none()
    }

    fn answer(&self) -> Option<Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends it; the answer shows where it was asked for.
    pub fn act(&self) -> Act {
        let (name, takes_records) = (self.name.clone(), self.takes_records);
        let place = Arc::clone(&self.answer);
        Act::new("test an output", move |home| {
            let answer = if takes_records {
                Answer::Record(record(home, &name).unwrap_or_else(Tested::failed))
            } else {
                Answer::Message(block_on(outputs::test(home, &name)).flatten())
            };
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            Ok(Did::quietly())
        })
    }

    /// Draws what became of it; whether it is not to be shown any longer.
    pub fn ui(&self, ui: &mut egui::Ui) -> bool {
        ui.add_space(theme::tokens().space.small);
        let Some(answer) = self.answer() else {
            let what = if self.takes_records { "record" } else { "message" };
            let words = format!("Sending the test {what}\u{2026}");
            let line = parts::sign_line(ui, Sign::Running, &words);
            parts::announce(ui, &line);
            return false;
        };
        match answer {
            Answer::Message(Ok(tried)) => self.took_ui(ui, "message", &said(&tried)),
            Answer::Message(Err(problem)) => problem_ui(ui, &problem, None),
            Answer::Record(Tested { result: Ok(probed), certificate }) => {
                let mut is_over = false;
                let text = format!("It said: {}", probed.said);
                let title = format!("{} took the test record", self.name);
                widgets::banner(ui, Kind::Good, &title, &text, |ui| {
                    is_over = widgets::quiet_button(ui, "Close").clicked();
                });
                if let Some(certificate) = certificate {
                    ui.add_space(theme::tokens().space.small);
                    certificate_ui(ui, &certificate);
                }
                is_over
            }
            Answer::Record(Tested { result: Err(failure), certificate }) => {
                problem_ui(ui, &failure.problem, certificate.as_ref())
            }
        }
    }

    fn took_ui(&self, ui: &mut egui::Ui, what: &str, text: &str) -> bool {
        let mut is_over = false;
        let title = format!("{} took the test {what}", self.name);
        widgets::banner(ui, Kind::Good, &title, text, |ui| {
            is_over = widgets::quiet_button(ui, "Close").clicked();
        });
        is_over
    }
}

fn said(tried: &Tried) -> String {
    let again = match tried.again {
        0 => String::new(),
        again => {
            let messages = say::counted(again as u64, "message");
            format!(". {messages} that it had not taken go out once more")
        }
    };
    format!("It said: {}{again}", tried.said)
}

fn problem_ui(ui: &mut egui::Ui, problem: &Problem, certificate: Option<&Certificate>) -> bool {
    parts::problem_banner(ui, problem);
    if let Some(certificate) = certificate {
        ui.add_space(theme::tokens().space.small);
        certificate_ui(ui, certificate);
    }
    ui.add_space(theme::tokens().space.tight);
    widgets::quiet_button(ui, "Close").clicked()
}

/// Whom the far side says it is, and whether that is believed.
fn certificate_ui(ui: &mut egui::Ui, certificate: &Certificate) {
    let (sign, words) = verdict(certificate, UnixMillis::now());
    parts::sign_line(ui, sign, &words);
    for (name, what) in [
        ("For", certificate.subject.as_str()),
        ("Issued by", &certificate.issuer),
        ("Valid until", &say::exact(certificate.until)),
    ] {
        ui.horizontal_top(|ui| {
            let size = egui::vec2(NAMES, 0.0);
            let left = egui::Layout::left_to_right(egui::Align::Min);
            ui.allocate_ui_with_layout(size, left, |ui| {
                ui.set_width(NAMES);
                widgets::small(ui, name);
            });
            ui.add(egui::Label::new(what).wrap().selectable(true));
        });
    }
    if !certificate.trusted {
        widgets::small(
            ui,
            "If this is your receiver: have whoever runs it give you the certificate of the authority \
             that issued this one, and name that file under Edit, \u{201c}Certificate authority\u{201d}. \
             A name that differs goes under \u{201c}Name in the certificate\u{201d}.",
        );
    }
}

/// A certificate that ends within this time is worth a word.
const SOON: i64 = 21 * 86_400_000;

fn verdict(certificate: &Certificate, now: UnixMillis) -> (Sign, String) {
    match &certificate.why_not {
        _ if certificate.trusted && certificate.until.0 - now.0 < SOON => {
            (Sign::Warn, "The certificate it presented is trusted, but not for long".to_owned())
        }
        _ if certificate.trusted => {
            (Sign::Pass, "The certificate it presented is trusted".to_owned())
        }
        Some(why) => (Sign::Fail, format!("The certificate it presented is not trusted: {why}")),
        None => (Sign::Fail, "The certificate it presented is not trusted".to_owned()),
    }
}

fn record(home: &Home, name: &str) -> Result<Tested, Problem> {
    let settings = Settings::load(home)?;
    let records = settings.output(name).and_then(Output::records);
    let Some(records) = records else { return Err(Problem::new("The output is gone already")) };
    block_on(delivering::try_out(home, &settings.network, name, records))
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Problem::new("The test could not begin").because(error));
    Ok(runtime?.block_on(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_ends_soon_or_is_not_trusted_is_told() {
        let now = UnixMillis::now();
        let certificate = |days: i64, why_not: Option<&str>| Certificate {
            subject: "CN=a".to_owned(),
            issuer: "CN=b".to_owned(),
            until: UnixMillis(now.0 + days * 86_400_000),
            trusted: why_not.is_none(),
            why_not: why_not.map(str::to_owned),
        };
        assert_eq!(verdict(&certificate(100, None), now).0, Sign::Pass);
        assert_eq!(verdict(&certificate(7, None), now).0, Sign::Warn);
        let (sign, words) = verdict(&certificate(100, Some("nobody knows the issuer")), now);
        assert!(sign == Sign::Fail && words.ends_with("nobody knows the issuer"), "{words}");
    }
}
