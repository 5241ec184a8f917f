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

mod checks;
mod report;

use std::future::Future;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::{Access, Ask, Duo};
use super::failure::{Failure, FailureKind};
use super::logs::{Endpoint, Paging, SETTLE, endpoint};
use super::pace::Pace;
use super::sign::Scheme;
use crate::base::{Secret, retry};
use crate::net::HttpClient;
use crate::record::LogType;

use checks::{
    clock_check, connection_checks, excess_check, format_check, granted, log_report,
    read_information_check, read_log_check,
};
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
        Err(failure) => return credentials_refused(failure, report, observe),
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
        Err(failure) => return credentials_refused(failure, report, observe),
    };
    let goes_on = check.state == State::Pass;
    report.add(check, observe);
    goes_on
}

/// Anything that does not prove the keys stops the climb.
fn credentials_refused(
    failure: &Failure,
    report: &mut Report,
    observe: &mut impl FnMut(&Check),
) -> bool {
    if failure.kind == FailureKind::ClockWrong {
        return clock_refused(failure, report, observe);
    }
    report.add(Check::failed(CheckId::Credentials, failure), observe);
    false
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

/// One record of a short stretch in which no more records appear.
fn short_ask(endpoint: &Endpoint, duo: &Duo) -> Ask {
    let now = duo.clock().now();
    match endpoint.paging {
        Paging::Cursor { .. } => {
            let until = now.minus(SETTLE);
            Ask::Window { from: until.minus(LOOK_BACK), until, cursor: None, limit: 1 }
        }
        Paging::Since => Ask::Since { from: now.minus(LOOK_BACK).floor_secs() },
    }
}

#[cfg(test)]
mod tests;
