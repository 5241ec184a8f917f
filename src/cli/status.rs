//! `status`: how collection stands, for people and for scripts.

use clap::Args;
use serde::Serialize;

use super::output::{self, OutputReport};
use super::{Done, Failed, out};
use crate::base::lock;
use crate::base::words::{ago, counted, number, span};
use crate::base::{Home, UnixMillis};
use crate::record::LogType;
use crate::settings::{AccountKind, Settings};
use crate::status::{FeedState, FeedStatus, Newer, Pause};
use crate::store::Reader;

#[derive(Args)]
pub struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print nothing when all is well; otherwise say what is not, and exit with 1: the collector does not
    /// run, or a log cannot be read
    #[arg(long, conflicts_with = "json")]
    check: bool,
}

/// The JSON of `status --json`.
#[derive(Serialize)]
struct Report {
    collector: &'static str,
    accounts: Vec<AccountReport>,
    /// Where alerts are sent.
    outputs: Vec<OutputReport>,
    alerts: Alerts,
}

#[derive(Serialize)]
struct Alerts {
    open: u64,
}

#[derive(Serialize)]
struct AccountReport {
    name: String,
    integration_key: String,
    log_types: Vec<LogReport>,
}

#[derive(Serialize)]
struct LogReport {
    log_type: LogType,
    state: FeedState,
    records: u64,
    late: u64,
    not_understood: u64,
    gaps: u64,
    begins: Option<String>,
    position: Option<String>,
    newest: Option<String>,
    lag_seconds: Option<i64>,
    /// While catching up: how much of the range is done, by time.
    percent: Option<f64>,
    pages_per_minute: Option<f64>,
    estimated_end: Option<String>,
    last_poll: Option<String>,
    error: Option<String>,
    code: Option<u32>,
}

pub fn run(status: &Status, home: &Home) -> Done {
    let settings = Settings::load(home)?;
    let reader = Reader::open(&home.store_file()).map_err(|error| error.problem)?;
    let known = match &reader {
        Some(reader) => reader.statuses().map_err(|error| error.problem)?,
        None => Vec::new(),
    };
    let collector = match (lock::is_held(home), Pause::read(home)) {
        (false, _) => "stopped",
        (true, Some(_)) => "paused",
        (true, None) => "running",
    };
    let now = UnixMillis::now();
    let open = reader.as_ref().map_or(Ok(0), Reader::open_alerts).map_err(|error| error.problem)?;
    let report = Report {
        collector,
        accounts: accounts(&settings, &known, now),
        outputs: output::reports(&settings, home)?,
        alerts: Alerts { open },
    };
    if status.check {
        let trouble = trouble(&report);
        trouble.iter().for_each(|words| out::tell(words));
        return if trouble.is_empty() { Ok(()) } else { Err(Failed::Said) };
    }
    if status.json {
        out::json(&report)?;
        return Ok(());
    }
    print_for_people(&report, &known, now)?;
    for output in &report.outputs {
        out::line(&format!("\n{} ({})", output.name, output.kind))?;
        output::print_report(output)?;
    }
    if report.alerts.open > 0 {
        out::line(&format!(
            "\n{}; see them with: duo-integrator alert list --open",
            counted(report.alerts.open, "open alert")
        ))?;
    }
    if let Some(newer) = Newer::read(home) {
        out::line(&format!("\n{}", newer.words()))?;
    }
    if let Some(reader) = &reader {
        for (account, log_type, gap) in reader.gaps().map_err(|error| error.problem)? {
            out::line(&format!(
                "gap: {account}, {log_type}, {} to {}: {}{}",
                gap.since,
                gap.until,
                gap.kind,
                gap.missing.map_or(String::new(), |n| format!(" ({} missing)", number(n)))
            ))?;
        }
    }
    Ok(())
}

/// What keeps records from being collected. A log that the plan or the permissions leave out is no trouble
/// as long as others can be read; neither is a receiver that is away, because restarting mends none.
fn trouble(report: &Report) -> Vec<String> {
    let mut trouble = Vec::new();
    if report.collector == "stopped" {
        trouble.push("The collector is not running".to_owned());
    }
    for account in &report.accounts {
        let state_is = |state| move |log: &&LogReport| log.state == state;
        for log in account.log_types.iter().filter(state_is(FeedState::Failing)) {
            let why = log.error.as_deref().unwrap_or("it is failing");
            trouble.push(format!("{}, {}: {why}", account.name, log.log_type.title()));
        }
        if !account.log_types.is_empty()
            && account.log_types.iter().all(|log| log.state == FeedState::Denied)
        {
            let why = account.log_types.iter().find_map(|log| log.error.as_deref());
            let why = why.unwrap_or("Duo refuses every log");
            trouble.push(format!("{}: {why}", account.name));
        }
    }
    trouble
}

/// The accounts of the settings, and the child accounts that came with them.
fn accounts(settings: &Settings, known: &[FeedStatus], now: UnixMillis) -> Vec<AccountReport> {
    let mut reports = Vec::new();
    for account in &settings.accounts {
        let mut names: Vec<&str> = known
            .iter()
            .filter(|status| {
                status.integration_key == account.integration_key
                    && (account.kind == AccountKind::Accounts || status.account == account.name)
            })
            .map(|status| status.account.as_str())
            .collect();
        names.dedup();
        if names.is_empty() {
            names.push(&account.name);
        }
        for name in names {
            let log_types = account
                .log_types
                .iter()
                .map(|log_type| {
                    let status = known
                        .iter()
                        .find(|status| status.account == name && status.log_type == *log_type);
                    log_report(*log_type, status, now)
                })
                .collect();
            reports.push(AccountReport {
                name: name.to_owned(),
                integration_key: account.integration_key.clone(),
                log_types,
            });
        }
    }
    reports
}

fn log_report(log_type: LogType, status: Option<&FeedStatus>, now: UnixMillis) -> LogReport {
    let text = |at: Option<UnixMillis>| at.map(|at| at.to_string());
    let reached = status.and_then(|status| status.reached);
    let running = status.filter(|status| status.state == FeedState::CatchingUp);
    LogReport {
        log_type,
        state: status.map_or(FeedState::Waiting, |status| status.state),
        records: status.map_or(0, |status| status.records),
        late: status.map_or(0, |status| status.late),
        not_understood: status.map_or(0, |status| status.not_understood),
        gaps: status.map_or(0, |status| status.gaps),
        begins: text(status.and_then(|status| status.begins)),
        position: text(reached),
        newest: text(status.and_then(|status| status.newest)),
        lag_seconds: reached.map(|reached| now.0.saturating_sub(reached.0).max(0) / 1000),
        percent: running.and_then(FeedStatus::share).map(|share| rounded(share * 100.0)),
        pages_per_minute: running.and_then(FeedStatus::pages_per_minute).map(rounded),
        estimated_end: text(running.and_then(FeedStatus::estimated_end)),
        last_poll: text(status.and_then(|status| status.last_poll)),
        error: status.and_then(|status| status.error.as_ref()).map(|error| error.message.clone()),
        code: status.and_then(|status| status.error.as_ref()).and_then(|error| error.code),
    }
}

fn print_for_people(report: &Report, known: &[FeedStatus], now: UnixMillis) -> Done {
    out::line(&format!("Collector: {}", report.collector))?;
    if report.accounts.is_empty() {
        out::line("No account yet. Add one: duo-integrator account add")?;
    }
    for account in &report.accounts {
        out::line(&format!("\n{} ({})", account.name, account.integration_key))?;
        for log in &account.log_types {
            let status = known
                .iter()
                .find(|status| status.account == account.name && status.log_type == log.log_type);
            let newest = status
                .and_then(|status| status.newest)
                .map_or(String::new(), |newest| format!(", newest {}", ago(newest, now)));
            let run = running_words(log, status, now);
            let late = match log.late {
                0 => String::new(),
                late => format!(", {} late", number(late)),
            };
            let odd = match log.not_understood {
                0 => String::new(),
                odd => format!(", {} not understood", number(odd)),
            };
            out::line(&format!(
                "  {:<19} {:<14} {}{late}{odd}{newest}{run}",
                log.log_type.title(),
                log.state.title(),
                counted(log.records, "record"),
            ))?;
            if let Some(error) = &log.error {
                out::line(&format!("  {:<19} {error}", ""))?;
            }
        }
    }
    Ok(())
}

/// Percent, pages a minute and the estimated end of a catching up, as the progress bar shows them.
fn running_words(log: &LogReport, status: Option<&FeedStatus>, now: UnixMillis) -> String {
    let Some(percent) = log.percent else { return String::new() };
    let pages = log
        .pages_per_minute
        .map_or(String::new(), |pages| format!(", {} pages/min", number(pages as u64)));
    let left = status
        .and_then(|status| status.left(now))
        .map_or(String::new(), |left| format!(", about {} left", span(left)));
    format!(", {percent:.0} %{pages}{left}")
}

fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
