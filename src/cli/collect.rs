//! `collect`: the background collector, or one round of it.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::audit::no_account;
use super::progress::ProgressBars;
use super::{Done, Failed, block_on, out};
use crate::base::lock::{self, Busy, HomeLock};
use crate::base::words::{counted, number, span};
use crate::base::{Home, Problem, UnixMillis};
use crate::collector::{self, Ended, Options};
use crate::control::{self, ControlError, Request, Role};
use crate::pipeline::alarming::Alarming;
use crate::pipeline::delivering::{Waiting, deliver_once};
use crate::pipeline::engine::collect_once;
use crate::pipeline::notifying::tell_once;
use crate::pipeline::reporting::make_due;
use crate::pipeline::{FeedProgress, Progress};
use crate::platform::console;
use crate::platform::signals::listen_for_stop;
use crate::record::LogType;
use crate::settings::Settings;
use crate::status::FeedState;
use crate::store::{Reader, StoreFault};

/// How long a collector that was asked to end may take.
const END_LIMIT: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct Collect {
    /// Fetch all there is now and exit
    #[arg(long)]
    once: bool,
    /// Run without an icon in the tray
    #[arg(long)]
    no_tray: bool,
    /// Allow a poll interval below 60 s; Duo asks its customers not to
    #[arg(long)]
    unsafe_poll_interval: bool,
    /// Ask the collector that runs to end, and take its place
    #[arg(long, conflicts_with = "once")]
    replace: bool,
    /// Print JSON (with --once)
    #[arg(long, requires = "once")]
    json: bool,
}

/// The JSON of `collect --once --json`.
#[derive(Serialize)]
struct Outcome {
    log_types: Vec<LogOutcome>,
    /// Outputs that did not take everything.
    waiting: Vec<WaitingOutcome>,
}

#[derive(Serialize)]
struct WaitingOutcome {
    output: String,
    records: u64,
    error: String,
}

#[derive(Serialize)]
struct LogOutcome {
    account: String,
    log_type: LogType,
    fetched: u64,
    stored: u64,
    duplicates: u64,
    late: u64,
    requests: u64,
    seconds: f64,
    state: FeedState,
    error: Option<String>,
    code: Option<u32>,
}

pub fn run(collect: &Collect, home: &Home) -> Done {
    let tray = !collect.once && !collect.no_tray && collector::tray_is_possible();
    if tray {
        // Started at login there is nobody at a terminal, and the icon tells how it stands.
        console::leave_own();
    }
    let settings = match Settings::load(home) {
        Ok(settings) if settings.accounts.is_empty() && !tray => return Err(no_account().into()),
        Ok(settings) => settings,
        // With an icon to tell it by, the collector waits for an account, and for a mistake to be
        // mended: nobody may be looking at a terminal.
        Err(_) if tray => Settings::default(),
        Err(problem) => return Err(problem.into()),
    };
    for note in settings.notes() {
        out::tell(&format!("note: {note}"));
    }
    let progress = Progress::default();
    // Trying again mends no store of a newer version. With an icon, that is where it is told.
    if !tray
        && let Err(error) = Reader::open(&home.store_file())
        && error.fault == StoreFault::Newer
    {
        return Err(error.problem.into());
    }
    if !collect.once {
        let options = Options { tray, allow_fast: collect.unsafe_poll_interval };
        let bars = || ProgressBars::start(&progress);
        if collect.replace {
            end_the_one_that_runs(home)?;
        }
        return collector::run(home, options, &progress, bars, out::warn).map_err(
            |ended| match ended {
                Ended::NotBegun(busy) => not_begun(busy),
                Ended::Problem(problem) => Failed::Told(problem),
            },
        );
    }
    let (_lock, feeds) = block_on(async {
        let stop_asked = listen_for_stop();
        let lock = HomeLock::take(home).map_err(not_begun)?;
        let _bars = (!collect.json).then(|| ProgressBars::start(&progress));
        let alarming = Alarming::begin(home, &settings, UnixMillis::now());
        let round = async {
            let done =
                collect_once(home, &settings, &progress, collect.unsafe_poll_interval, out::warn)
                    .await;
            let waiting = deliver_once(home, &settings).await;
            waiting.iter().for_each(tell_waiting);
            tell_once(home, &settings, alarming).await;
            if let Err(problem) = make_due(home, &Arc::default()).await {
                out::warn(&problem);
            }
            done.map(|feeds| (feeds, waiting))
        };
        let feeds = tokio::select! {
            done = round => done.map(Some),
            () = stop_asked => Ok(None),
        };
        Ok::<_, Failed>((lock, feeds))
    })??;
    let Some((feeds, waiting)) = feeds? else {
        out::tell("Stopped. What was fetched is stored; the next run goes on from there.");
        return Err(Failed::Said);
    };
    report(collect.json, &feeds, waiting)
}

/// Records that an output did not take, for people.
fn tell_waiting(waiting: &Waiting) {
    let Waiting { output, records, problem } = waiting;
    let wait = Problem::new(format!(
        "{} for the output \u{201c}{output}\u{201d}",
        match records {
            1 => "1 record waits".to_owned(),
            n => format!("{} records wait", number(*n)),
        }
    ));
    out::warn(&wait.because(problem));
}

/// Asks the collector of this home to end, and waits until its place is free. One that fetches once is
/// waited for.
fn end_the_one_that_runs(home: &Home) -> Result<(), Problem> {
    match control::ask_blocking(home, Role::Collector, &Request::Quit) {
        Ok(_) | Err(ControlError::NotThere) => {}
        Err(error) => return Err(error.into()),
    }
    let asked = Instant::now();
    while lock::is_held(home) {
        if asked.elapsed() > END_LIMIT {
            return Err(Problem::new("The collector that runs has not ended")
                .because(format!("it was asked to {} ago", span(END_LIMIT)))
                .next("end it by hand and start again; what it fetched is stored"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn not_begun(busy: Busy) -> Failed {
    match busy {
        Busy::Unusable(problem) => Failed::Told(problem),
        taken @ Busy::Taken { .. } => Failed::Running(taken.into()),
    }
}

fn report(json: bool, feeds: &[FeedProgress], waiting: Vec<Waiting>) -> Done {
    let outcome = Outcome {
        log_types: feeds.iter().map(log_outcome).collect(),
        waiting: waiting
            .into_iter()
            .map(|Waiting { output, records, problem }| WaitingOutcome {
                output,
                records,
                error: problem.to_string(),
            })
            .collect(),
    };
    if json {
        out::json(&outcome)?;
    } else {
        for log in &outcome.log_types {
            let words = match &log.error {
                Some(error) => format!("{}: {error}", log.state),
                None => format!(
                    "{}: {}, {}, {:.1} s",
                    log.state,
                    counted(log.stored, "new record"),
                    counted(log.requests, "request"),
                    log.seconds
                ),
            };
            out::line(&format!("{}, {:<19} {words}", log.account, log.log_type.title()))?;
        }
    }
    let failing = feeds.iter().any(|feed| feed.state == FeedState::Failing);
    let readable =
        feeds.iter().any(|feed| matches!(feed.state, FeedState::Current | FeedState::NotAvailable));
    // One log that Duo does not allow is normal; all of them mean the key is of no use.
    let undelivered = !outcome.waiting.is_empty();
    if failing || !readable || undelivered { Err(Failed::Said) } else { Ok(()) }
}

fn log_outcome(feed: &FeedProgress) -> LogOutcome {
    LogOutcome {
        account: feed.account.clone(),
        log_type: feed.log_type,
        fetched: feed.fetched,
        stored: feed.stored,
        duplicates: feed.duplicates,
        late: feed.late,
        requests: feed.requests,
        seconds: feed.seconds.unwrap_or_else(|| feed.started.elapsed().as_secs_f64()),
        state: feed.state,
        error: feed.error.as_ref().map(|error| error.message.clone()),
        code: feed.error.as_ref().and_then(|error| error.code),
    }
}
