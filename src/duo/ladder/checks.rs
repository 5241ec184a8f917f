//! What each rung's finding is called, and what to do about it. Pure.

use std::time::Duration;

use serde::de::IgnoredAny;

use super::{Check, CheckId, LadderInput, LogTypeReport};
use crate::base::words::span;
use crate::duo::credentials::{self, Cleaned, Mistake};
use crate::duo::failure::{Failure, FailureKind};
use crate::record::LogType;

/// A clock this far off is told, though collection works all the same.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

pub fn format_check(input: &LadderInput) -> (Check, Option<Cleaned>) {
    let id = CheckId::Format;
    let checked =
        credentials::check(&input.integration_key, input.secret_key.expose(), &input.api_hostname);
    match checked {
        Ok(cleaned) if cleaned.warnings.is_empty() => {
            let detail = "The keys and the API hostname have the right form";
            (Check::pass(id, None, detail), Some(cleaned))
        }
        Ok(cleaned) => {
            let (what, next) = told(&cleaned.warnings);
            (Check::warn(id, None, what, next), Some(cleaned))
        }
        Err(mistakes) => {
            let (what, next) = told(&mistakes);
            (Check::fail(id, None, what, next), None)
        }
    }
}

fn told(mistakes: &[Mistake]) -> (String, String) {
    let join = |text: fn(&Mistake) -> &str| {
        let parts: Vec<String> = mistakes
            .iter()
            .map(|mistake| format!("{}: {}", mistake.field.title(), text(mistake)))
            .collect();
        parts.join("; ")
    };
    (join(|mistake| &mistake.what), join(|mistake| &mistake.next))
}

/// `reach` and, if something answered there, `tls`.
pub fn connection_checks(api_hostname: &str, failure: Option<&Failure>) -> (Check, Option<Check>) {
    let reached = || Check::pass(CheckId::Reach, None, format!("{api_hostname} answers"));
    let secure = || {
        Check::pass(
            CheckId::Tls,
            None,
            "The connection is encrypted and the certificate is trusted",
        )
    };
    match failure {
        None => (reached(), Some(secure())),
        // Duo answered, whatever it said; the next checks say more.
        Some(failure) if failure.code.is_some() => (reached(), Some(secure())),
        Some(failure)
            if matches!(failure.kind, FailureKind::TlsUntrusted | FailureKind::TlsFailed) =>
        {
            (reached(), Some(Check::failed(CheckId::Tls, failure)))
        }
        Some(failure) if failure.kind == FailureKind::NotFound => {
            let failure = Failure { kind: FailureKind::NotDuo, ..failure.clone() };
            (Check::failed(CheckId::Reach, &failure), None)
        }
        Some(failure) => (Check::failed(CheckId::Reach, failure), None),
    }
}

pub fn clock_check(difference_ms: Option<i64>) -> Check {
    let id = CheckId::Clock;
    let Some(difference_ms) = difference_ms else {
        let detail = "Duo's time could not be read from its answer";
        let next = "check this computer's clock yourself";
        return Check::warn(id, None, detail, next);
    };
    let detail = clock_detail(difference_ms);
    if u128::from(difference_ms.unsigned_abs()) <= CLOCK_TOLERANCE.as_millis() {
        return Check::pass(id, None, detail);
    }
    let detail = format!("{detail}; requests are signed with Duo's time, so collection works");
    Check::warn(id, None, detail, CLOCK_ADVICE)
}

const CLOCK_ADVICE: &str = "set this computer's clock and turn on setting it automatically \
                            (Windows: Settings, Time & language; Linux: timedatectl set-ntp true; \
                            macOS: System Settings, General, Date & Time)";

fn clock_detail(difference_ms: i64) -> String {
    let secs = difference_ms.unsigned_abs().saturating_add(500) / 1000;
    if secs == 0 {
        return "This computer's clock agrees with Duo's".to_owned();
    }
    let side = if difference_ms < 0 { "ahead of" } else { "behind" };
    format!("This computer's clock is {} {side} Duo's", span(Duration::from_secs(secs)))
}

pub fn read_information_check(failure: Option<&Failure>) -> Check {
    let id = CheckId::ReadInformation;
    match failure {
        None => Check::pass(id, None, "Account information can be read"),
        Some(failure)
            if matches!(failure.kind, FailureKind::Forbidden | FailureKind::WrongApplication) =>
        {
            let detail = "The permission \u{201c}Grant read information\u{201d} is missing; \
                          collection works without it";
            let next = "tick \u{201c}Grant read information\u{201d} on the application's page in \
                        the Duo Admin Panel to see the account's edition and counts";
            Check::warn(id, failure.code, detail, next)
        }
        Some(failure) => {
            let problem = failure.problem();
            let detail = format!("It could not be told: {}", problem.what);
            Check::warn(id, failure.code, detail, problem.next.unwrap_or_default())
        }
    }
}

pub fn log_report(log_type: LogType, failure: Option<&Failure>) -> LogTypeReport {
    let title = log_type.title();
    let Some(failure) = failure else {
        let detail = format!("The {title} log can be read");
        return LogTypeReport { log_type, available: true, code: None, detail, denied: false };
    };
    let denied = matches!(failure.kind, FailureKind::Forbidden | FailureKind::WrongApplication);
    let detail = match failure.kind {
        _ if denied && log_type == LogType::TrustMonitor => {
            "Trust Monitor is not part of this account's plan, or the permission \u{201c}Grant \
             read log\u{201d} is missing; most plans do not have it, so this is normal"
                .to_owned()
        }
        _ if denied => format!(
            "The {title} log may not be read: the permission \u{201c}Grant read log\u{201d} is \
             missing, or the plan lacks this log"
        ),
        FailureKind::NotFound => {
            format!("Duo does not offer the {title} log to this account; it may be retired")
        }
        _ => failure.problem().to_string(),
    };
    LogTypeReport { log_type, available: false, code: failure.code, detail, denied }
}

pub fn read_log_check(logs: &[LogTypeReport]) -> Check {
    const TICK: &str = "tick \u{201c}Grant read log\u{201d} on the application's page in the Duo \
                        Admin Panel and save; it can take a minute to work";
    let id = CheckId::ReadLog;
    let titles = |chosen: &dyn Fn(&LogTypeReport) -> bool| -> String {
        let titles: Vec<&str> =
            logs.iter().filter(|log| chosen(log)).map(|log| log.log_type.title()).collect();
        titles.join(", ")
    };
    let readable = titles(&|log| log.available);
    // A missing Trust Monitor says nothing about the permission.
    let expected_denied = |log: &LogTypeReport| log.denied && log.log_type != LogType::TrustMonitor;
    let missing = titles(&|log| !log.available);
    let code = logs.iter().find_map(|log| log.code);
    if logs.is_empty() {
        let next = "choose at least one log type";
        return Check::fail(id, None, "No log is selected", next);
    }
    if missing.is_empty() {
        return Check::pass(id, None, format!("All selected logs can be read: {readable}"));
    }
    if !readable.is_empty() {
        let detail = format!("Can be read: {readable}. Not available: {missing}");
        return match logs.iter().find(|log| expected_denied(log)) {
            Some(denied) => Check::warn(id, denied.code, detail, TICK),
            None => Check::pass(id, code, detail),
        };
    }
    if logs.iter().any(|log| log.denied) {
        let detail = "No selected log can be read: the permission \u{201c}Grant read log\u{201d} \
                      is missing";
        let denied = logs.iter().find(|log| log.denied).and_then(|log| log.code);
        return Check::fail(id, denied, detail, TICK);
    }
    let details: Vec<&str> = logs.iter().map(|log| log.detail.as_str()).collect();
    let detail = format!("No selected log can be read. {}", details.join(". "));
    Check::fail(id, code, detail, "select other logs, or validate again later")
}

/// Whether a permission is granted; `None` when it could not be told.
pub fn granted(answer: Result<IgnoredAny, Failure>) -> Option<bool> {
    match answer {
        Ok(_) => Some(true),
        Err(failure) => match failure.kind {
            FailureKind::BadRequest if failure.http_status == Some(400) => Some(true),
            FailureKind::Forbidden => Some(false),
            _ => None,
        },
    }
}

pub fn excess_check(settings: Option<bool>, write: Option<bool>) -> Check {
    let id = CheckId::Excess;
    let boxes = [(settings, "Grant settings"), (write, "Grant write resource")];
    let named = |wanted: Option<bool>| -> String {
        let names: Vec<String> = boxes
            .iter()
            .filter(|(granted, _)| *granted == wanted)
            .map(|(_, name)| format!("\u{201c}{name}\u{201d}"))
            .collect();
        names.join(" and ")
    };
    let (excess, unknown) = (named(Some(true)), named(None));
    if !excess.is_empty() {
        let detail = format!("The keys may do more than collecting needs: {excess}");
        let next = format!("untick {excess} on the application's page in the Duo Admin Panel");
        return Check::warn(id, None, detail, next);
    }
    if !unknown.is_empty() {
        let detail = format!("It could not be told whether the keys have {unknown}");
        return Check::skipped(id, detail);
    }
    Check::pass(id, None, "The keys can neither change users nor read settings, as it should be")
}
