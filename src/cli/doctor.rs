//! `doctor`: is this installation as it should be?
//!
//! Promises: everything is looked at, whatever is wrong before it; nothing is changed. The bundle for
//! whoever helps holds states, counts and Duo's codes, and no text that a person or a far side wrote:
//! accounts and outputs have numbers in it, and no key, hostname, address, path or record is told.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use super::account::{state_words, validate};
use super::output::{self, OutputReport};
use super::{Done, Failed, block_on, out};
use crate::base::lock;
use crate::base::words::{ago, counted};
use crate::base::{Home, Problem, UnixMillis, files};
use crate::duo::ladder::{CheckId, State};
use crate::knowledge::Knowledge;
use crate::platform::{autostart, room};
use crate::secrets;
use crate::settings::Settings;
use crate::status::{FeedStatus, Newer, Pause};
use crate::store::Reader;

const DAY: Duration = Duration::from_secs(86_400);

/// Less room on the disk than this is worth a word, in bytes.
const LITTLE_ROOM: u64 = 2_000_000_000;

#[derive(Args)]
pub struct Doctor {
    /// Write what was found to a file for whoever helps, without names, keys and addresses
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Do not ask Duo whether it accepts the keys
    #[arg(long)]
    offline: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at: a fixed name.
    id: &'static str,
    /// The account's or output's name, where it is about one.
    about: Option<String>,
    state: State,
    /// Duo's code, if it gave one.
    code: Option<u32>,
    detail: String,
    next: Option<String>,
}

impl Finding {
    fn new(id: &'static str, state: State, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { id, about: None, state, code: None, detail, next: None }
    }

    fn of(id: &'static str, problem: &Problem) -> Self {
        let because = problem.because.as_ref().map_or(String::new(), |why| format!(": {why}"));
        let found = Self::new(id, State::Fail, format!("{}{because}", problem.what));
        Self { next: problem.next.clone(), ..found }
    }

    fn about(self, name: &str) -> Self {
        Self { about: Some(name.to_owned()), ..self }
    }

    fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }
}

pub fn run(doctor: &Doctor, home: &Home) -> Done {
    let mut found = vec![program(home)];
    found.extend(folders(home));
    let settings = match Settings::load(home) {
        Ok(settings) => {
            found.push(of_settings(&settings));
            settings
        }
        Err(problem) => {
            found.push(Finding::of("settings", &problem));
            Settings::default()
        }
    };
    found.extend(of_secrets(&settings));
    if !doctor.offline {
        found.extend(of_keys(home, &settings));
    }
    found.push(of_knowledge(home));
    let logs = match of_store(home) {
        Ok((finding, logs)) => {
            found.push(finding);
            logs
        }
        Err(problem) => {
            found.push(Finding::of("store", &problem));
            Vec::new()
        }
    };
    found.push(of_room(home));
    found.push(of_collector(home, &settings, &logs));
    let outputs = output::reports(&settings, home).unwrap_or_default();
    found.extend(of_outputs(&outputs));
    let ok = found.iter().all(|finding| finding.state != State::Fail);
    if doctor.json {
        out::json(&json!({ "ok": ok, "checks": found }))?;
    } else {
        for finding in &found {
            out::line(&line(finding))?;
        }
        out::line(if ok { "\nNothing is broken." } else { "\nSomething needs you." })?;
    }
    if let Some(file) = &doctor.bundle {
        write_bundle(file, &bundle(home, &settings, &found, &logs, &outputs))?;
    }
    if ok { Ok(()) } else { Err(Failed::Said) }
}

fn line(finding: &Finding) -> String {
    let state = state_words(finding.state);
    let about = finding.about.as_ref().map_or(String::new(), |name| format!("{name}: "));
    let next = finding.next.as_ref();
    let next = next.map_or(String::new(), |next| format!("\n{:23}\u{2192} {next}", ""));
    format!("{state:<10} {:<11} {about}{}{next}", finding.id, finding.detail)
}

fn program(home: &Home) -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    let detail = format!("{version}, {} {}", std::env::consts::OS, std::env::consts::ARCH);
    let finding = Finding::new("program", State::Pass, detail);
    match Newer::read(home) {
        Some(newer) => finding.next(newer.words()),
        None => finding,
    }
}

/// Whether settings, records and state can be written, and by nobody else.
fn folders(home: &Home) -> Vec<Finding> {
    let all = [&home.config, &home.data, &home.state];
    all.into_iter()
        .map(|folder| {
            let place = folder.display();
            if !folder.exists() {
                return Finding::new("folder", State::Skipped, format!("{place} is not there yet"));
            }
            match files::check_writable(folder) {
                Err(error) => Finding::new("folder", State::Fail, format!("{place}: {error}"))
                    .next("let the user this program runs as write there"),
                Ok(()) if is_open_to_others(folder) => {
                    Finding::new("folder", State::Warn, format!("others can read {place}"))
                        .next("take that right away: chmod 700")
                }
                Ok(()) => Finding::new("folder", State::Pass, place.to_string()),
            }
        })
        .collect()
}

#[cfg(unix)]
fn is_open_to_others(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    folder.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

/// On Windows a user's folders are the user's own.
#[cfg(not(unix))]
const fn is_open_to_others(_: &Path) -> bool {
    false
}

fn of_settings(settings: &Settings) -> Finding {
    let words = format!(
        "{}, {}",
        counted(settings.accounts.len() as u64, "account"),
        counted(settings.outputs.len() as u64, "output")
    );
    let notes = settings.notes();
    if settings.accounts.is_empty() {
        return Finding::new("settings", State::Warn, words)
            .next("add an account: duo-integrator account add");
    }
    match notes.is_empty() {
        true => Finding::new("settings", State::Pass, words),
        false => Finding::new("settings", State::Warn, notes.join("; ")),
    }
}

/// Whether each secret is where it is looked for.
fn of_secrets(settings: &Settings) -> Vec<Finding> {
    let told = |name: &str, found: Result<secrets::Found, Problem>| {
        match found {
            Ok(found) => Finding::new("secret", State::Pass, format!("in {}", found.source)),
            Err(problem) => Finding::of("secret", &problem),
        }
        .about(name)
    };
    let keys = settings.accounts.iter();
    let keys = keys.map(|account| told(&account.name, secrets::find(&account.integration_key)));
    let outputs = settings.outputs.iter().filter(|output| output.secret_words().is_some());
    let outputs = outputs.map(|one| told(&one.name, secrets::find_output_secret(&one.name)));
    keys.chain(outputs).collect()
}

/// Whether Duo accepts the keys.
fn of_keys(home: &Home, settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    for account in &settings.accounts {
        let Ok(secret) = secrets::find(&account.integration_key) else { continue };
        let report = block_on(validate(home, settings, account, secret.secret, |_| {}));
        let finding = match report.flatten() {
            Err(problem) => Finding::of("duo", &problem),
            Ok(report) if report.ok => {
                let readable = report.log_types.iter().filter(|log| log.available).count();
                let logs = counted(readable as u64, "log");
                let excess = report.check(CheckId::Excess);
                match excess.filter(|check| check.state == State::Warn) {
                    Some(check) => Finding {
                        next: check.next.clone(),
                        ..Finding::new("duo", State::Warn, check.detail.clone())
                    },
                    None => Finding::new("duo", State::Pass, format!("{logs} can be read")),
                }
            }
            Ok(report) => {
                let failed = report.checks.iter().find(|check| check.state == State::Fail);
                failed.map_or_else(
                    || Finding::new("duo", State::Fail, "collection cannot work"),
                    |check| Finding {
                        code: check.code,
                        next: check.next.clone(),
                        ..Finding::new("duo", State::Fail, check.detail.clone())
                    },
                )
            }
        };
        found.push(finding.about(&account.name));
    }
    found
}

fn of_knowledge(home: &Home) -> Finding {
    match Knowledge::load(home) {
        Ok((_, problems)) => match problems.first() {
            None => Finding::new("knowledge", State::Pass, "the packs can be used"),
            Some(problem) => Finding { state: State::Warn, ..Finding::of("knowledge", problem) },
        },
        Err(problem) => Finding::of("knowledge", &problem),
    }
}

fn of_store(home: &Home) -> Result<(Finding, Vec<FeedStatus>), Problem> {
    let told = |error: crate::store::StoreError| error.problem;
    let Some(reader) = Reader::open(&home.store_file()).map_err(told)? else {
        let finding = Finding::new("store", State::Skipped, "nothing is stored yet");
        return Ok((finding, Vec::new()));
    };
    let logs = reader.statuses().map_err(told)?;
    let (records, gaps) =
        logs.iter().fold((0, 0), |(all, gaps), log| (all + log.records, gaps + log.gaps));
    let words = counted(records, "record");
    let finding = match gaps {
        0 => Finding::new("store", State::Pass, words),
        gaps => {
            let words = format!("{words}, {}", counted(gaps, "known gap"));
            Finding::new("store", State::Warn, words).next("see which: duo-integrator status")
        }
    };
    Ok((finding, logs))
}

fn of_room(home: &Home) -> Finding {
    match room::left(&home.data) {
        None => Finding::new("disk", State::Skipped, "how much room is left cannot be told"),
        Some(left) => {
            let words = format!("{} GB are free", left / 1_000_000_000);
            match left < LITTLE_ROOM {
                false => Finding::new("disk", State::Pass, words),
                true => Finding::new("disk", State::Warn, words)
                    .next("make room, or keep records for a shorter time: keep in [collection]"),
            }
        }
    }
}

fn of_collector(home: &Home, settings: &Settings, logs: &[FeedStatus]) -> Finding {
    let login = match autostart::is_registered(home) {
        true => "starts at login",
        false => "does not start at login",
    };
    if let Some(pause) = Pause::read(home) {
        let until = pause.until.map_or(String::new(), |until| format!(" until {until}"));
        return Finding::new("collector", State::Warn, format!("paused{until}; {login}"))
            .next("resume it in the window or with the icon in the tray");
    }
    if lock::is_held(home) {
        return Finding::new("collector", State::Pass, format!("runs; {login}"));
    }
    if settings.accounts.is_empty() {
        return Finding::new("collector", State::Skipped, "there is nothing to collect yet");
    }
    let (asked, now) = (logs.iter().filter_map(|log| log.last_poll).max(), UnixMillis::now());
    let start = "start the program, or on a server: duo-integrator collect --no-tray";
    match asked {
        // Somebody may have a timer run single rounds.
        Some(at) if at.plus(DAY) > now => {
            let words = format!("does not run, but Duo was asked {}; {login}", ago(at, now));
            Finding::new("collector", State::Warn, words).next(start)
        }
        _ => Finding::new("collector", State::Fail, format!("does not run; {login}")).next(start),
    }
}

fn of_outputs(outputs: &[OutputReport]) -> Vec<Finding> {
    let told = |output: &OutputReport| {
        let words = format!(
            "{} delivered, {} waiting, {} refused",
            output.delivered, output.pending, output.refused
        );
        let finding = match &output.error {
            Some(error) => Finding::new("output", State::Fail, format!("{words}; {error}"))
                .next("try it: duo-integrator output test"),
            None if output.refused > 0 => Finding::new("output", State::Warn, words)
                .next("see which and why: duo-integrator output refused"),
            None => Finding::new("output", State::Pass, words),
        };
        finding.about(&output.name)
    };
    outputs.iter().map(told).collect()
}

/// What somebody who helps may see.
fn bundle(
    home: &Home,
    settings: &Settings,
    found: &[Finding],
    logs: &[FeedStatus],
    outputs: &[OutputReport],
) -> Value {
    let mut names: Vec<String> = Vec::new();
    let mut numbered = |name: &str| match names.iter().position(|known| known == name) {
        Some(at) => at + 1,
        None => {
            names.push(name.to_owned());
            names.len()
        }
    };
    let mut numbers = |finding: &Finding| finding.about.as_deref().map(&mut numbered);
    let checks: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({ "id": one.id, "about": numbers(one), "state": one.state, "code": one.code })
        })
        .collect();
    let now = UnixMillis::now();
    let logs: Vec<Value> = logs
        .iter()
        .map(|log| {
            json!({
                "account": numbered(&log.account), "log_type": log.log_type, "state": log.state,
                "records": log.records, "late": log.late, "not_understood": log.not_understood,
                "gaps": log.gaps,
                "lag_seconds": log.reached.map(|reached| (now.0 - reached.0).max(0) / 1000),
                "code": log.error.as_ref().and_then(|error| error.code),
            })
        })
        .collect();
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|output| {
            json!({
                "number": numbered(&output.name), "type": output.kind,
                "delivered": output.delivered, "pending": output.pending,
                "refused": output.refused, "failing": output.error.is_some(),
            })
        })
        .collect();
    let collection = &settings.collection;
    json!({
        "program": "duo-integrator",
        "version": env!("CARGO_PKG_VERSION"),
        "system": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "at": now.to_string(),
        "checks": checks,
        "logs": logs,
        "outputs": outputs,
        "store_bytes": std::fs::metadata(home.store_file()).ok().map(|meta| meta.len()),
        "free_bytes": room::left(&home.data),
        "settings": {
            "accounts": settings.accounts.len(),
            "poll_interval_seconds": collection.poll_interval(false).as_secs(),
            "keep_days": collection.keep.as_secs() / 86_400,
            "proxy": settings.network.proxy.is_some(),
            "own_certificate": settings.network.ca_file.is_some(),
        },
    })
}

fn write_bundle(file: &Path, bundle: &Value) -> Result<(), Problem> {
    let failed = |error: &dyn std::fmt::Display| {
        Problem::new("The bundle was not written")
            .because(format!("{error}: {}", file.display()))
            .next("name a file in a folder that can be written")
    };
    let text = serde_json::to_vec_pretty(bundle).map_err(|error| failed(&error))?;
    files::replace(file, &text).map_err(|error| failed(&error))?;
    out::tell(&format!("Written for whoever helps: {}", file.display()));
    Ok(())
}
