//! A test on its way, what the far side answered, and the certificate it presented.

use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui;

use crate::base::{Home, Problem, UnixMillis};
use crate::outputs::Certificate;
use crate::pipeline::delivering;
use crate::pipeline::outputs::{self, Draft, Tried};
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
    /// What is sent: a record or a message.
    what: &'static str,
    /// The output as it is typed, where that is not written down yet.
    draft: Option<Arc<Draft>>,
    answer: Arc<Mutex<Option<Answer>>>,
}

/// What became of a test.
#[derive(Clone)]
struct Answer {
    result: Result<Tried, Problem>,
    /// What the far side presented, where TLS is spoken.
    certificate: Option<Certificate>,
}

impl Trying {
    /// Of this output.
    pub fn new(output: &Output) -> Self {
        let what = what_is_sent(output.records().is_some());
        Self { name: output.name.clone(), what, draft: None, answer: Arc::default() }
    }

    /// Of an output as it is typed.
    pub fn of_draft(name: &str, is_for_records: bool, draft: Draft) -> Self {
        let what = what_is_sent(is_for_records);
        let draft = Some(Arc::new(draft));
        Self { name: name.to_owned(), what, draft, answer: Arc::default() }
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
        let (name, draft, place) =
            (self.name.clone(), self.draft.clone(), Arc::clone(&self.answer));
        Act::new("test an output", move |home| {
            let answer = block_on(ask(home, &name, draft.as_deref()));
            let answer =
                answer.unwrap_or_else(|problem| Answer { result: Err(problem), certificate: None });
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            Ok(Did::quietly())
        })
    }

    /// Draws what became of it; whether it is not to be shown any longer.
    pub fn ui(&self, ui: &mut egui::Ui) -> bool {
        ui.add_space(theme::tokens().space.small);
        let Self { name, what, .. } = self;
        let Some(Answer { result, certificate }) = self.answer() else {
            let words = format!("Sending the test {what}\u{2026}");
            let line = parts::sign_line(ui, Sign::Running, &words);
            parts::announce(ui, &line);
            return false;
        };
        match &result {
            Ok(tried) => {
                let title = format!("{name} took the test {what}");
                widgets::banner(ui, Kind::Good, &title, &said(tried), |_| {});
            }
            Err(problem) => {
                parts::problem_banner(ui, problem);
            }
        }
        if let Some(certificate) = &certificate {
            ui.add_space(theme::tokens().space.small);
            certificate_ui(ui, certificate);
        }
        ui.add_space(theme::tokens().space.tight);
        widgets::quiet_button(ui, "Close").clicked()
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

/// What a test of an output is.
pub(super) const fn what_is_sent(is_for_records: bool) -> &'static str {
    if is_for_records { "record" } else { "message" }
}

async fn ask(home: &Home, name: &str, draft: Option<&Draft>) -> Answer {
    let result = match draft {
        Some(draft) => outputs::test_draft(home, draft).await,
        None => outputs::test(home, name).await,
    };
    let shown = result.as_ref().ok().and_then(|tried| tried.certificate.clone());
    let certificate = match shown {
        Some(certificate) => Some(certificate),
        None => look(home, name, draft).await,
    };
    Answer { result, certificate }
}

/// Looks at the certificate by itself, when the test did not come so far or does not tell.
async fn look(home: &Home, name: &str, draft: Option<&Draft>) -> Option<Certificate> {
    let settings = Settings::load(home).ok()?;
    let output = match draft {
        Some(draft) => draft.output().ok()?,
        None => settings.output(name)?.clone(),
    };
    delivering::presented(home, &settings.network, output.records()?).await
}

/// Waits for what is to be done at the far side.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Problem> {
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
