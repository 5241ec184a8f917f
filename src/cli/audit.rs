//! `audit` and `recollect`: is anything missing, by Duo's own counts; fetch a range again.

use clap::Args;
use serde::Serialize;

use super::{Done, Failed, block_on, out};
use crate::base::words::{counted, number};
use crate::base::{Home, Problem, UnixMillis};
use crate::pipeline::audit::{Finding, Verdict, audit, recollect};
use crate::pipeline::feed::FeedTask;
use crate::pipeline::{Progress, scope};
use crate::record::LogType;
use crate::settings::Settings;
use crate::status::FeedState;

#[derive(Args)]
pub struct Audit {
    /// From this time on; by default from where collection began
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<String>,
    /// Up to this time; by default now
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: Option<String>,
    #[command(flatten)]
    scope: Scope,
}

#[derive(Args)]
pub struct Recollect {
    /// From this time on
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: String,
    /// Up to this time
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    until: String,
    #[command(flatten)]
    scope: Scope,
}

/// Which logs, and how to tell.
#[derive(Args)]
struct Scope {
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Only this log; may be given several times
    #[arg(long = "log-type", value_name = "T")]
    log_types: Vec<LogType>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of `recollect --json`.
#[derive(Serialize)]
struct Recollected {
    account: String,
    log_type: LogType,
    stored: u64,
    state: FeedState,
    error: Option<String>,
}

pub fn run_audit(audit_args: &Audit, home: &Home) -> Done {
    let now = UnixMillis::now();
    let since = when(audit_args.since.as_deref(), now)?;
    let until = when(audit_args.until.as_deref(), now)?;
    let findings = block_on(async {
        let mut findings = Vec::new();
        for task in tasks(home, &audit_args.scope).await? {
            let result = audit(&task, since, until, |finding| {
                if !audit_args.scope.json {
                    // Output that cannot be written shows again when the sum is.
                    let _ = print_finding(finding);
                }
            });
            match result.await {
                Ok(found) => findings.extend(found),
                Err(trouble) => {
                    let error = trouble.feed_error(task.log_type, now);
                    out::tell(&format!(
                        "{}, {}: {}",
                        task.account.name, task.log_type, error.message
                    ));
                    if trouble.state() == FeedState::Failing {
                        return Err(Failed::Said);
                    }
                }
            }
        }
        Ok::<_, Failed>(findings)
    })??;
    if audit_args.scope.json {
        out::json(&findings)?;
    } else {
        sum_up(&findings)?;
    }
    Ok(())
}

pub fn run_recollect(args: &Recollect, home: &Home) -> Done {
    let now = UnixMillis::now();
    let since = UnixMillis::parse_when(&args.since, now).map_err(Failed::Usage)?;
    let until = UnixMillis::parse_when(&args.until, now).map_err(Failed::Usage)?;
    if until < since {
        return Err(Failed::Usage(
            Problem::new("--until lies before --since").next("swap the two"),
        ));
    }
    let done = block_on(async {
        let mut done = Vec::new();
        for task in tasks(home, &args.scope).await? {
            let (stored, state, error) = match recollect(&task, since, until).await {
                Ok(stored) => (stored, FeedState::Current, None),
                Err(trouble) => {
                    (0, trouble.state(), Some(trouble.feed_error(task.log_type, now).message))
                }
            };
            done.push(Recollected {
                account: task.account.name.clone(),
                log_type: task.log_type,
                stored,
                state,
                error,
            });
        }
        Ok::<_, Failed>(done)
    })??;
    if args.scope.json {
        out::json(&done)?;
    } else {
        for log in &done {
            let outcome = match &log.error {
                None => counted(log.stored, "new record"),
                Some(error) => error.clone(),
            };
            out::line(&format!("{}, {}: {outcome}", log.account, log.log_type))?;
        }
    }
    if done.iter().any(|log| log.state == FeedState::Failing) {
        return Err(Failed::Said);
    }
    Ok(())
}

fn when(text: Option<&str>, now: UnixMillis) -> Result<Option<UnixMillis>, Failed> {
    text.map(|text| UnixMillis::parse_when(text, now)).transpose().map_err(Failed::Usage)
}

/// The logs asked for. Works beside a running collector: the store keeps writers apart.
async fn tasks(home: &Home, asked: &Scope) -> Result<Vec<FeedTask>, Failed> {
    let settings = Settings::load(home)?;
    if settings.accounts.is_empty() {
        return Err(no_account().into());
    }
    let scope = scope::Scope { account: asked.account.clone(), log_types: asked.log_types.clone() };
    let (tasks, told) = scope::tasks(home, &settings, &scope, &Progress::default()).await?;
    told.iter().for_each(out::warn);
    Ok(tasks)
}

/// What to say when nothing is set up yet.
pub fn no_account() -> Problem {
    Problem::new("There is no account yet")
        .next("add one: duo-integrator account add --name N --integration-key K --api-hostname H")
}

fn print_finding(finding: &Finding) -> Result<(), Problem> {
    let day = finding.since.get(..10).unwrap_or(&finding.since);
    let verdict = match finding.state {
        Verdict::Complete => "complete".to_owned(),
        Verdict::Missing => format!(
            "{} missing, {} fetched now",
            number(finding.duo.unwrap_or(0).saturating_sub(finding.local)),
            number(finding.fetched)
        ),
        Verdict::Extra => "more here than at Duo".to_owned(),
        Verdict::Unknown => {
            format!("unknown ({})", finding.note.as_deref().unwrap_or("Duo does not tell"))
        }
    };
    let at_duo = finding.duo.map_or("?".to_owned(), number);
    out::line(&format!(
        "{}  {:<19} {day}  {at_duo:>9} at Duo  {:>9} here  {verdict}",
        finding.account,
        finding.log_type.title(),
        number(finding.local)
    ))
}

fn sum_up(findings: &[Finding]) -> Done {
    let count = |verdict| findings.iter().filter(|finding| finding.state == verdict).count() as u64;
    let (complete, missing) = (count(Verdict::Complete), count(Verdict::Missing));
    let fetched: u64 = findings.iter().map(|finding| finding.fetched).sum();
    out::line(&format!(
        "{} checked: {} complete, {} incomplete ({} fetched now), {} extra, {} unknown",
        counted(findings.len() as u64, "day"),
        number(complete),
        number(missing),
        counted(fetched, "record"),
        number(count(Verdict::Extra)),
        number(count(Verdict::Unknown)),
    ))?;
    Ok(())
}
