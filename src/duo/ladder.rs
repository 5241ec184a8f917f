//! Validates an account rung by rung, from the form of its keys to its permissions.
//!
//! Promises: a failed rung makes the later ones "skipped", never "failed"; each check says what was
//! found and, where something is to be done, what; nothing is changed at Duo; dropping the future
//! stops it. `ok` means that collection can work: the credentials are accepted and at least one
//! log can be read.
//!
//! The unsigned `/auth/v2/ping` proves the host and measures the clock. Duo checks the signature
//! before the permissions, so "forbidden" proves the keys. Whether the keys may write is found out
//! by asking to create a user without the name that is required: 400 means allowed to ask, and
//! nothing was created. Sources: <https://duo.com/docs/adminapi>, <https://duo.com/docs/authapi>,
//! `check_credentials.py` in Duo's `duo_hmac_python`.

mod report;

use std::future::Future;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::{Access, Ask, Duo};
use super::credentials::{self, Cleaned, Mistake};
use super::failure::{Failure, FailureKind};
use super::logs::{Endpoint, Paging, endpoint};
use super::pace::Pace;
use super::sign::Scheme;
use crate::base::{Secret, retry};
use crate::net::HttpClient;
use crate::record::LogType;

pub use report::{Check, CheckId, LogTypeReport, Report, State};

/// What is validated.
#[derive(Clone, Debug)]
pub struct LadderInput {
    /// The account's name, for the report.
    pub account: String,
    /// As typed.
    pub integration_key: String,
    /// As typed or found.
    pub secret_key: Secret,
    /// As typed.
    pub api_hostname: String,
    /// How requests are signed.
    pub scheme: Scheme,
    /// The logs that are to be collected.
    pub log_types: Vec<LogType>,
    /// What kind of application the keys belong to.
    pub kind: Kind,
}

/// What kind of application the keys belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// "Admin API": one account.
    #[default]
    AdminApi,
    /// "Accounts API": a managed service provider's, for its child accounts.
    AccountsApi,
}

/// A clock this far off is told, though collection works all the same.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// The stretch of time that one record is read from.
const LOOK_BACK: Duration = Duration::from_secs(3600);

/// Climbs the ladder; `observe` hears of each check as it is made, and of the clock's a second
/// time should Duo refuse our time after all.
pub async fn validate(
    input: &LadderInput,
    http: HttpClient,
    pace: Pace,
    mut observe: impl FnMut(&Check),
) -> Report {
    let mut report = Report::new(&input.account);
    climb(input, http, pace, &mut report, &mut observe).await;
    for id in CheckId::ALL {
        if report.check(id).is_none() {
            report.add(Check::skipped(id, "An earlier check failed"), &mut observe);
        }
    }
    report.conclude();
    report
}

/// Makes checks until one stops the climb.
async fn climb(
    input: &LadderInput,
    http: HttpClient,
    pace: Pace,
    report: &mut Report,
    observe: &mut impl FnMut(&Check),
) {
    let (check, cleaned) = format_check(input);
    report.add(check, observe);
    let Some(cleaned) = cleaned else { return };
    let access = Access {
        integration_key: cleaned.integration_key,
        secret_key: cleaned.secret_key,
        api_hostname: cleaned.api_hostname,
        scheme: input.scheme,
        child: None,
    };
    let duo = Duo::new(http.clone(), access.clone(), pace.clone());

    let ping = patiently(&pace, || duo.ping()).await;
    let (reach, tls) = connection_checks(&access.api_hostname, ping.err().as_ref());
    report.add(reach, observe);
    let Some(tls) = tls else { return };
    let is_secure = tls.state == State::Pass;
    report.add(tls, observe);
    if !is_secure {
        return;
    }
    report.add(clock_check(duo.clock().difference()), observe);

    let duo = match input.kind {
        Kind::AdminApi => {
            let summary = patiently(&pace, || duo.get::<Summary>("/admin/v1/info/summary")).await;
            if !admin_credentials(&summary, report, observe) {
                return;
            }
            report.add(read_information_check(summary.err().as_ref()), observe);
            duo
        }
        Kind::AccountsApi => {
            let children = patiently(&pace, || duo.children()).await;
            if !accounts_credentials(children.as_ref().map(Vec::len), report, observe) {
                return;
            }
            let Some(child) = children.unwrap_or_default().into_iter().next() else {
                let detail = "The parent account has no child account to read from";
                let next = "create or link a child account at Duo, or use an Admin API application";
                report.add(Check::fail(CheckId::ReadLog, None, detail, next), observe);
                return;
            };
            let access = Access {
                api_hostname: child.api_hostname,
                child: Some(child.account_id),
                ..access
            };
            let duo = Duo::new(http, access, pace.clone());
            let summary = patiently(&pace, || duo.get::<Summary>("/admin/v1/info/summary")).await;
            report.add(read_information_check(summary.err().as_ref()), observe);
            duo
        }
    };

    for log_type in &input.log_types {
        let ask = short_ask(endpoint(*log_type), &duo);
        let page = patiently(&pace, || duo.read_log(*log_type, &ask)).await;
        report.log_types.push(log_report(*log_type, page.err().as_ref()));
    }
    report.add(read_log_check(&report.log_types), observe);

    if input.kind == Kind::AccountsApi {
        let why = "An Accounts API application has no permissions to choose from";
        report.add(Check::skipped(CheckId::Excess, why), observe);
        return;
    }
    let settings = patiently(&pace, || duo.get::<IgnoredAny>("/admin/v1/settings")).await;
    let write = patiently(&pace, || duo.post::<IgnoredAny>("/admin/v1/users")).await;
    report.add(excess_check(granted(settings), granted(write)), observe);
}

/// Asks again a few times when the trouble is likely to pass soon.
async fn patiently<T, F, A>(pace: &Pace, ask: A) -> Result<T, Failure>
where
    A: Fn() -> F,
    F: Future<Output = Result<T, Failure>>,
{
    let attempts = if pace.is_unlimited() { 6 } else { 2 };
    let mut attempt = 0;
    loop {
        let result = ask().await;
        attempt += 1;
        let is_passing = matches!(
            &result,
            Err(failure) if matches!(
                failure.kind,
                FailureKind::RateLimited | FailureKind::ServerError | FailureKind::Interrupted
            )
        );
        if !is_passing || attempt >= attempts {
            return result;
        }
        tokio::time::sleep(retry::backoff(attempt - 1, pace.is_unlimited(), fastrand::f64())).await;
    }
}

#[derive(Deserialize)]
struct Summary {
    #[serde(default)]
    edition: Option<serde_json::Value>,
}

fn format_check(input: &LadderInput) -> (Check, Option<Cleaned>) {
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
fn connection_checks(api_hostname: &str, failure: Option<&Failure>) -> (Check, Option<Check>) {
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

fn clock_check(difference_ms: Option<i64>) -> Check {
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
    let side = if difference_ms < 0 { "ahead of" } else { "behind" };
    format!("This computer's clock is {secs} s {side} Duo's")
}

/// Adds `credentials`; whether the climb goes on.
fn admin_credentials(
    summary: &Result<Summary, Failure>,
    report: &mut Report,
    observe: &mut impl FnMut(&Check),
) -> bool {
    let id = CheckId::Credentials;
    let check = match summary {
        Ok(summary) => {
            let edition = summary.edition.as_ref().and_then(serde_json::Value::as_str);
            let detail = match edition {
                Some(edition) => format!("Duo accepts the keys (edition: {edition})"),
                None => "Duo accepts the keys".to_owned(),
            };
            Check::pass(id, None, detail)
        }
        Err(failure) if failure.kind == FailureKind::Forbidden => {
            Check::pass(id, failure.code, "Duo accepts the keys")
        }
        Err(failure) if failure.kind == FailureKind::ClockWrong => {
            return clock_refused(failure, report, observe);
        }
        Err(failure) => Check::failed(id, failure),
    };
    let goes_on = check.state == State::Pass;
    report.add(check, observe);
    goes_on
}

/// The same for an Accounts API application.
fn accounts_credentials(
    children: Result<usize, &Failure>,
    report: &mut Report,
    observe: &mut impl FnMut(&Check),
) -> bool {
    let id = CheckId::Credentials;
    let check = match children {
        Ok(1) => Check::pass(id, None, "Duo accepts the keys; there is 1 child account"),
        Ok(count) => {
            Check::pass(id, None, format!("Duo accepts the keys; there are {count} child accounts"))
        }
        Err(failure)
            if matches!(failure.kind, FailureKind::Forbidden | FailureKind::WrongApplication) =>
        {
            let detail = "The keys do not belong to an Accounts API application";
            let next = "use the keys of an application of the type \u{201c}Accounts API\u{201d}, \
                        or remove kind = \"accounts\" if this is an Admin API application";
            Check::fail(id, failure.code, detail, next)
        }
        Err(failure) if failure.kind == FailureKind::ClockWrong => {
            return clock_refused(failure, report, observe);
        }
        Err(failure) => Check::failed(id, failure),
    };
    let goes_on = check.state == State::Pass;
    report.add(check, observe);
    goes_on
}

/// Duo refused even its own time: what the clock check said before was too friendly.
fn clock_refused(failure: &Failure, report: &mut Report, observe: &mut impl FnMut(&Check)) -> bool {
    let mut check = Check::failed(CheckId::Clock, failure);
    if let Some(before) = report.check(CheckId::Clock) {
        check.detail = format!("{}; {}", before.detail, check.detail);
    }
    report.add(check, observe);
    false
}

fn read_information_check(failure: Option<&Failure>) -> Check {
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

/// One record of a short stretch in which no more records appear.
fn short_ask(endpoint: &Endpoint, duo: &Duo) -> Ask {
    let now = duo.clock().now();
    match endpoint.paging {
        Paging::Cursor { .. } => {
            let until = now.minus(endpoint.settles);
            Ask::Window { from: until.minus(LOOK_BACK), until, cursor: None, limit: 1 }
        }
        Paging::Since => Ask::Since { from: now.minus(LOOK_BACK).floor_secs() },
    }
}

fn log_report(log_type: LogType, failure: Option<&Failure>) -> LogTypeReport {
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

fn read_log_check(logs: &[LogTypeReport]) -> Check {
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
fn granted(answer: Result<IgnoredAny, Failure>) -> Option<bool> {
    match answer {
        Ok(_) => Some(true),
        Err(failure) => match failure.kind {
            FailureKind::BadRequest if failure.http_status == Some(400) => Some(true),
            FailureKind::Forbidden => Some(false),
            _ => None,
        },
    }
}

fn excess_check(settings: Option<bool>, write: Option<bool>) -> Check {
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

#[cfg(test)]
mod tests;
