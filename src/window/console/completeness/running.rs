//! Asking Duo about days: on a thread of its own, with progress, given up at any moment.
//!
//! Promises: what was fetched until it is given up is stored; what came of it is told in words, log
//! by log where something went wrong.

use std::time::Duration;

use super::words;
use crate::base::{Home, Problem, UnixMillis};
use crate::pipeline::Progress;
use crate::pipeline::audit::{Finding, Verdict, audit, recollect};
use crate::pipeline::scope::{self, Scope};
use crate::platform::runtime;
use crate::settings::Settings;
use crate::window::desk::Shelf;
use crate::window::say;

/// How often it is looked whether anybody still wants it, and how far it is.
const LOOK: Duration = Duration::from_millis(150);

/// What is done with days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// They are compared with Duo's count.
    Check,
    /// They are asked for once more.
    Again,
}

/// What a person wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub work: Work,
    pub scope: Scope,
    /// The numbers of the first and of the last day.
    pub from: i64,
    pub to: i64,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Nothing is missing any more, as far as Duo tells.
    pub is_well: bool,
    /// In a few words.
    pub title: String,
    /// In sentences.
    pub words: String,
}

/// Does it. Takes minutes.
pub(super) fn run(shelf: &Shelf, order: &Order) -> Result<Outcome, Problem> {
    let (home, ticket) = (shelf.home().clone(), shelf.ticket());
    let settings = Settings::load(&home)?;
    let runtime = runtime::start()?;
    let progress = Progress::default();
    let done = runtime.block_on(async {
        let work = work(&home, &settings, order, &progress, |done, all| {
            ticket.progress.tell(done, all);
        });
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(LOOK) => {
                    if ticket.is_unwanted() {
                        return Err(Problem::new("It was cancelled"));
                    }
                    if order.work == Work::Again {
                        let read = progress.snapshot().iter().map(|log| log.fetched).sum();
                        ticket.progress.tell(read, 0);
                    }
                }
            }
        }
    });
    runtime::end(runtime);
    done
}

async fn work(
    home: &Home,
    settings: &Settings,
    order: &Order,
    progress: &Progress,
    tell: impl Fn(u64, u64),
) -> Result<Outcome, Problem> {
    if settings.accounts.is_empty() {
        return Err(Problem::new("There is no account yet").next("add one in Settings"));
    }
    let (since, until) = (words::start_of(order.from), words::end_of(order.to));
    let (tasks, _) = scope::tasks(home, settings, &order.scope, progress).await?;
    let mut failed = Vec::new();
    let (mut findings, mut stored) = (Vec::new(), 0);
    let days = u64::try_from(order.to - order.from + 1).unwrap_or(1);
    let all = days * tasks.len() as u64;
    for (i, task) in tasks.iter().enumerate() {
        let before = i as u64 * days;
        let outcome = match order.work {
            Work::Check => {
                tell(before, all);
                let mut seen = 0;
                let found = |_: &Finding| {
                    seen += 1;
                    tell(before + seen, all);
                };
                let checked = audit(task, Some(since), Some(until), found).await;
                checked.map(|found| findings.extend(found))
            }
            Work::Again => recollect(task, since, until).await.map(|new| stored += new),
        };
        if let Err(trouble) = outcome {
            let error = trouble.feed_error(task.log_type, UnixMillis::now());
            let whose = format!("{}, {}", task.account.name, task.log_type.title());
            failed.push(format!("{whose}: {}", error.message));
        }
    }
    Ok(match order.work {
        Work::Check => checked(&findings, &failed),
        Work::Again => collected(stored, order, &failed),
    })
}

/// What a check found, in words.
fn checked(findings: &[Finding], failed: &[String]) -> Outcome {
    let count = |state| findings.iter().filter(|found| found.state == state).count() as u64;
    let fetched: u64 = findings.iter().map(|found| found.fetched).sum();
    let left: u64 = findings
        .iter()
        .filter_map(|found| Some(found.duo?.saturating_sub(found.local + found.fetched)))
        .sum();
    let title = match (left, fetched) {
        _ if findings.is_empty() && failed.is_empty() => {
            "There was nothing to check yet".to_owned()
        }
        _ if findings.is_empty() => "Duo could not be asked".to_owned(),
        (0, 0) if count(Verdict::Unknown) == 0 => "Nothing is missing".to_owned(),
        (0, 0) => "Nothing is missing as far as Duo tells".to_owned(),
        (0, _) => format!("{} had been missing and came now", say::counted(fetched, "record")),
        (left, _) => format!("{} could not be fetched", say::counted(left, "record")),
    };
    let mut parts = vec![format!("{} compared", say::counted(findings.len() as u64, "day"))];
    for (state, words) in [
        (Verdict::Complete, "complete"),
        (Verdict::Missing, "missed something"),
        (Verdict::Extra, "with more here than at Duo"),
        (Verdict::Unknown, "of which Duo does not tell"),
    ] {
        if count(state) > 0 {
            let number = i64::try_from(count(state)).unwrap_or(i64::MAX);
            parts.push(format!("{} {words}", say::number(number)));
        }
    }
    let is_well = left == 0 && failed.is_empty();
    Outcome { is_well, title, words: with_failures(parts.join(", "), failed) }
}

/// What collecting again brought, in words.
fn collected(stored: u64, order: &Order, failed: &[String]) -> Outcome {
    let title = match stored {
        0 if !failed.is_empty() => "Not everything could be collected".to_owned(),
        0 => "Nothing new came: all of it was here already".to_owned(),
        stored => format!("{} came that were not here", say::counted(stored, "record")),
    };
    let (from, to) = (words::date_of(order.from), words::date_of(order.to));
    let range = if from == to { from.to_string() } else { format!("{from} to {to}") };
    Outcome { is_well: failed.is_empty(), title, words: with_failures(range, failed) }
}

fn with_failures(words: String, failed: &[String]) -> String {
    std::iter::once(words).chain(failed.iter().cloned()).collect::<Vec<_>>().join(". ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::LogType;

    fn finding(state: Verdict, duo: Option<u64>, local: u64, fetched: u64) -> Finding {
        Finding {
            account: "Contoso".to_owned(),
            log_type: LogType::Activity,
            since: String::new(),
            until: String::new(),
            duo,
            local,
            state,
            fetched,
            note: None,
        }
    }

    #[test]
    fn a_check_is_told_by_what_is_left_to_do() {
        let complete = finding(Verdict::Complete, Some(5), 5, 0);
        let mended = finding(Verdict::Missing, Some(5), 3, 2);
        let missing = finding(Verdict::Missing, Some(5), 3, 1);
        let title = |findings: &[Finding]| checked(findings, &[]).title;
        assert_eq!(title(std::slice::from_ref(&complete)), "Nothing is missing");
        assert_eq!(title(&[complete.clone(), mended]), "2 records had been missing and came now");
        let told = checked(&[complete.clone(), missing], &[]);
        assert_eq!(told.title, "1 record could not be fetched");
        assert_eq!(told.words, "2 days compared, 1 complete, 1 missed something");
        assert!(!told.is_well);
        let unknown = finding(Verdict::Unknown, None, 5, 0);
        assert_eq!(title(&[unknown]), "Nothing is missing as far as Duo tells");
        let told = checked(&[complete], &["Contoso, Telephony: no".to_owned()]);
        assert!(!told.is_well && told.words.ends_with(". Contoso, Telephony: no"));
        assert_eq!(checked(&[], &["a".to_owned()]).title, "Duo could not be asked");
    }

    #[test]
    fn collecting_again_tells_what_was_new() {
        let order = Order { work: Work::Again, scope: Scope::default(), from: 20_773, to: 20_774 };
        let told = collected(3, &order, &[]);
        assert_eq!(told.title, "3 records came that were not here");
        assert_eq!(told.words, "2026-11-16 to 2026-11-17");
        assert!(collected(0, &order, &[]).title.starts_with("Nothing new"));
        assert!(!collected(0, &order, &["x".to_owned()]).is_well);
    }
}
