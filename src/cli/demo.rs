//! `demo`: the real program at work on an embedded look-alike of Duo's API.
//!
//! Nothing is staged: the same collection, store and audit run as against Duo, over TLS, in a home
//! of their own that is removed at the end. The keychain is not touched: the look-alike's invented
//! secret key stays in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;

use super::account::check_line;
use super::progress::ProgressBars;
use super::{Done, Failed, block_on, out};
use crate::base::log::{self, Verbosity};
use crate::base::words::{counted, number};
use crate::base::{Home, Problem, Secret, UnixMillis, files};
use crate::duo::ladder::{self, Kind, LadderInput};
use crate::duo::logs::understand;
use crate::pipeline::audit::{Verdict, audit};
use crate::pipeline::engine::collect_once;
use crate::pipeline::{Progress, sources};
use crate::platform::signals::listen_for_stop;
use crate::record::LogType;
use crate::secrets::{self, Keychain, KeychainError};
use crate::settings::{Scheme, Settings};
use crate::simulator::{Fault, INTEGRATION_KEY, Look, Rule, SECRET_KEY, Simulator, World};
use crate::store::{AlertQuery, EventQuery, Reader};

#[cfg(feature = "window")]
use crate::collector::{self, Options};
#[cfg(feature = "window")]
use crate::control::{self, Request, Role};
#[cfg(feature = "window")]
use crate::platform::runtime;
#[cfg(feature = "window")]
use crate::window::{self, Prefill};

#[derive(Args)]
pub struct Demo {
    /// Tell in the terminal what happens, without a window
    #[arg(long)]
    headless: bool,
    /// Only run the look-alike on this address of this computer, until stopped, for other programs
    /// to talk to
    #[arg(long, value_name = "ADDRESS:PORT")]
    serve: Option<std::net::SocketAddr>,
}

/// The name of the invented organization.
const NAME: &str = "Demo organization";

/// Alerts shown of all.
const SHOWN: usize = 8;

/// The look-alike's certificate.
const CA_FILE: &str = "look-alike-ca.pem";

pub fn run(demo: &Demo, verbose: u8, started: Instant) -> Done {
    let folder = Folder::make()?;
    let home = Home::under(&folder.0);
    home.prepare()?;
    let _log = log::start(&home.log_dir(), Verbosity::from_count(verbose))?;
    if let Some(address) = demo.serve {
        return block_on(serve(address, &folder))?;
    }
    secrets::use_keychain(InMemory::default());
    #[cfg(feature = "window")]
    if !demo.headless {
        match in_a_window(&home, started) {
            Err(Failed::NoDisplay(problem)) => out::warn(&problem),
            done => return done,
        }
    }
    #[cfg(not(feature = "window"))]
    let _ = (demo.headless, started);
    block_on(show(&home))?
}

/// The wizard, filled in with the look-alike's keys, and a collector that waits for its Finish. All
/// in this one process, so that no keychain is needed.
#[cfg(feature = "window")]
fn in_a_window(home: &Home, started: Instant) -> Done {
    let runtime = runtime::start()?;
    let simulator = runtime
        .block_on(Simulator::start(World::demo(UnixMillis::now())))
        .map_err(|error| Problem::new("The look-alike could not start").because(error))?;
    write_ca(&home.config.join(CA_FILE), &simulator)?;
    let text = format!(
        "version = 1\n\n[network]\nca_file = \"{CA_FILE}\"\n\n[collection]\npoll_interval = \"5s\"\n"
    );
    write_settings(home, &text)?;
    let collector = {
        let home = home.clone();
        std::thread::spawn(move || {
            let options = Options { tray: false, allow_fast: true };
            collector::run(&home, options, &Progress::default(), || (), |_| {})
        })
    };
    let prefill = Prefill {
        name: NAME.to_owned(),
        integration_key: INTEGRATION_KEY.to_owned(),
        secret_key: Secret::new(SECRET_KEY.to_owned()),
        api_hostname: simulator.api_hostname(),
    };
    let shown = window::open_with(home, started, Some(prefill)).map_err(Failed::from);
    // It ended by itself when nobody answers.
    let _ = control::ask_blocking(home, Role::Collector, &Request::Quit);
    let _ = collector.join();
    drop(simulator);
    runtime::end(runtime);
    shown
}

async fn serve(address: std::net::SocketAddr, folder: &Folder) -> Done {
    let stop_asked = listen_for_stop();
    let simulator = Simulator::start_on(World::demo(UnixMillis::now()), address)
        .await
        .map_err(|error| Problem::new("The look-alike could not start").because(error))?;
    let ca_file = folder.0.join(CA_FILE);
    write_ca(&ca_file, &simulator)?;
    out::line(&format!("API hostname     {}", simulator.api_hostname()))?;
    out::line(&format!("Integration key  {INTEGRATION_KEY}"))?;
    out::line(&format!("Secret key       {SECRET_KEY}"))?;
    out::line(&format!("CA file          {}", ca_file.display()))?;
    out::tell("Serving until stopped (Ctrl-C).");
    stop_asked.await;
    Ok(())
}

async fn show(home: &Home) -> Done {
    let began = Instant::now();
    let step =
        |text: &str| out::line(&format!("\n[{:>5.1} s] {text}", began.elapsed().as_secs_f64()));
    let simulator = Simulator::start(World::demo(UnixMillis::now()))
        .await
        .map_err(|error| Problem::new("The look-alike could not start").because(error))?;
    step(&format!(
        "A look-alike of Duo's API answers on {}: TLS, signatures, permissions, limits and the \
         two-minute delay are as Duo's. Its organization is invented.",
        simulator.api_hostname()
    ))?;
    let settings = settings_for(home, &simulator)?;

    step("Validate Credential: what duo-integrator account validate does")?;
    validate(home, &settings).await?;

    step("Collect two weeks of every log: duo-integrator collect --once")?;
    collect(home, &settings).await?;
    newest(home)?;

    step("What do the records tell? duo-integrator alert list")?;
    alerts(home)?;

    step(
        "Now Duo misbehaves (errors, a cut connection, too many requests), and publishes records late. Collect again",
    )?;
    let late = misbehave(&simulator);
    collect(home, &settings).await?;
    let found = late_records(home)?;
    out::line(&format!("  {} published late, {} found", number(late), number(found)))?;

    step("Is anything missing, by Duo's own counts? duo-integrator audit")?;
    prove_by_counts(home, &settings).await?;

    step("Compare every stored record with every record the look-alike published, byte for byte")?;
    let same = prove_byte_for_byte(home, &simulator)?;
    step(if same {
        "Done. With your own keys: duo-integrator account add, then duo-integrator collect (see README.md)"
    } else {
        "The store and the look-alike differ, which should not happen"
    })?;
    if same { Ok(()) } else { Err(Failed::Said) }
}

/// Settings as `account add` writes them, for the look-alike.
fn settings_for(home: &Home, simulator: &Simulator) -> Result<Settings, Problem> {
    write_ca(&home.config.join(CA_FILE), simulator)?;
    let text = format!(
        "version = 1\n\n[[account]]\nname = \"{NAME}\"\nintegration_key = \"{INTEGRATION_KEY}\"\n\
         api_hostname = \"{}\"\n\n[network]\nca_file = \"{CA_FILE}\"\n\n\
         [collection]\npace = \"unlimited\"\n",
        simulator.api_hostname()
    );
    write_settings(home, &text)?;
    Settings::load(home)
}

fn write_settings(home: &Home, text: &str) -> Result<(), Problem> {
    files::replace(&home.settings_file(), text.as_bytes())
        .map_err(|error| Problem::new("The demo's settings could not be written").because(error))
}

fn write_ca(path: &std::path::Path, simulator: &Simulator) -> Result<(), Problem> {
    files::replace(path, simulator.ca_pem().as_bytes()).map_err(|error| {
        Problem::new("The look-alike's certificate could not be written").because(error)
    })
}

async fn validate(home: &Home, settings: &Settings) -> Result<(), Problem> {
    let Some(account) = settings.account(NAME) else { return Ok(()) };
    let http = sources::http_client(&settings.network).await?;
    let pace = sources::pace(settings, Some(home.pace_file()))?;
    let input = LadderInput {
        account: account.name.clone(),
        integration_key: account.integration_key.clone(),
        secret_key: Secret::new(SECRET_KEY.to_owned()),
        api_hostname: account.api_hostname.clone(),
        scheme: Scheme::default(),
        log_types: account.log_types.clone(),
        kind: Kind::AdminApi,
    };
    ladder::validate(&input, http, pace, |check| {
        let _ = out::line(&check_line(check));
    })
    .await;
    Ok(())
}

async fn collect(home: &Home, settings: &Settings) -> Result<(), Problem> {
    let progress = Progress::default();
    let bars = ProgressBars::start(&progress);
    let feeds = collect_once(home, settings, &progress, true, out::warn).await?;
    drop(bars);
    for feed in &feeds {
        out::line(&format!(
            "  {:<19} {:<10} {:>8} new {:>6} known already {:>6} requests  {:>5.2} s{}",
            feed.log_type.title(),
            feed.state.title(),
            number(feed.stored),
            number(feed.duplicates),
            number(feed.requests),
            feed.seconds.unwrap_or(0.0),
            feed.error.as_ref().map_or(String::new(), |error| format!("  {}", error.message)),
        ))?;
    }
    Ok(())
}

/// Shows the gravest alerts that the rules raised over the records.
fn alerts(home: &Home) -> Result<(), Problem> {
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        return Ok(());
    };
    let all = AlertQuery { open: true, ..AlertQuery::default() };
    let mut alerts = reader.alerts(all).map_err(|error| error.problem)?;
    alerts.sort_by_key(|alert| (Reverse(alert.level), Reverse(alert.last)));
    for alert in alerts.iter().take(SHOWN) {
        out::line(&format!(
            "  {:<9} {} \u{b7} {} \u{b7} {}",
            alert.level.title(),
            alert.title,
            alert.subject,
            counted(alert.records, "record"),
        ))?;
    }
    let more = alerts.len().saturating_sub(SHOWN) as u64;
    if more > 0 {
        out::line(&format!("  {:<9} {} less grave or older", "", counted(more, "alert")))?;
    }
    Ok(())
}

/// Shows the newest records, as a person would skim them.
fn newest(home: &Home) -> Result<(), Problem> {
    let mut lines = Vec::new();
    let since = Some(UnixMillis::now().minus(Duration::from_secs(86_400)));
    read(home, &EventQuery { since, ..EventQuery::default() }, |log_type, raw, _| {
        let columns = understand(log_type, raw).columns;
        let text = |column: &Option<std::borrow::Cow<'_, str>>| {
            column.as_deref().unwrap_or("-").to_owned()
        };
        lines.push(format!(
            "  {:<19} {} · {} · {} · {}",
            log_type.title(),
            text(&columns.user),
            text(&columns.action),
            columns.result.as_deref().or(columns.reason.as_deref()).unwrap_or("-"),
            text(&columns.address),
        ));
    })?;
    out::line(&format!(
        "  The newest of {} in the last day:",
        counted(lines.len() as u64, "record")
    ))?;
    for line in lines.iter().rev().take(4).rev() {
        out::line(line)?;
    }
    Ok(())
}

/// Makes the look-alike fail for a while, and publishes some records hours late.
fn misbehave(simulator: &Simulator) -> u64 {
    simulator.world().with(|world| {
        let now = UnixMillis::now();
        for rule in [
            Rule::new(Fault::Status(503, Look::Html)).times(2),
            Rule::new(Fault::TooManyRequests(None)).times(2),
            Rule::new(Fault::TruncatedBody).times(1),
        ] {
            world.inject(rule.on("/admin/v2/logs/authentication"));
        }
        let records: Vec<String> =
            world.records(INTEGRATION_KEY, LogType::Telephony).into_iter().rev().take(3).collect();
        let mut late = 0;
        for (i, record) in records.iter().enumerate() {
            let hours = Duration::from_secs(3600 * (3 + i as u64));
            let at = now.minus(hours);
            if let Some(body) = renewed(record, at, i) {
                world.publish_late(INTEGRATION_KEY, LogType::Telephony, at, body, now);
                late += 1;
            }
        }
        late
    })
}

/// A telephony record like another, with an id and a time of its own.
fn renewed(record: &str, at: UnixMillis, i: usize) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_str(record).ok()?;
    let fields = value.as_object_mut()?;
    fields
        .insert("telephony_id".to_owned(), format!("00000000-0000-4000-8000-{:012}", i + 1).into());
    fields.insert("ts".to_owned(), at.to_string().into());
    Some(value.to_string())
}

fn late_records(home: &Home) -> Result<u64, Problem> {
    let mut late = 0;
    read(home, &EventQuery::default(), |_, _, is_late| late += u64::from(is_late))?;
    Ok(late)
}

async fn prove_by_counts(home: &Home, settings: &Settings) -> Result<(), Failed> {
    let (shared, _) = sources::open(home, settings, &Progress::default(), true).await?;
    for account in &settings.accounts {
        let tasks = sources::feeds_of(account, settings, &shared)
            .await
            .map_err(|why| Failed::Told(why.problem()))?;
        for task in tasks {
            let findings = audit(&task, None, None, |_| {}).await.map_err(|trouble| {
                Problem::new(trouble.feed_error(task.log_type, UnixMillis::now()).message)
            })?;
            let complete =
                findings.iter().filter(|finding| finding.state == Verdict::Complete).count();
            let duo: u64 = findings.iter().filter_map(|finding| finding.duo).sum();
            let local: u64 = findings.iter().map(|finding| finding.local).sum();
            out::line(&format!(
                "  {:<19} {complete} of {} days complete: {} at Duo, {} here",
                task.log_type.title(),
                findings.len(),
                number(duo),
                number(local)
            ))?;
        }
    }
    Ok(())
}

/// Compares stored records with published ones, each log as a multiset of exact bytes.
fn prove_byte_for_byte(home: &Home, simulator: &Simulator) -> Result<bool, Problem> {
    let mut stored: BTreeMap<LogType, BTreeMap<Vec<u8>, i64>> = BTreeMap::new();
    let mut total = 0;
    read(home, &EventQuery::default(), |log_type, raw, _| {
        *stored.entry(log_type).or_default().entry(raw.to_vec()).or_default() += 1;
        total += 1;
    })?;
    let mut differing = 0;
    for log_type in LogType::ALL {
        let mut counts = stored.remove(&log_type).unwrap_or_default();
        let published = simulator.world().with(|world| world.records(INTEGRATION_KEY, log_type));
        for record in published {
            *counts.entry(record.into_bytes()).or_default() -= 1;
        }
        // Records of the last minutes may not have been shown yet; those are published, not stored.
        differing += counts.values().filter(|count| **count > 0).count();
        let unseen: i64 = counts.values().filter(|count| **count < 0).sum();
        if unseen < 0 {
            out::line(&format!(
                "  {:<19} {} published in the last minutes, not shown by Duo yet",
                log_type.title(),
                number(unseen.unsigned_abs())
            ))?;
        }
    }
    out::line(&format!(
        "  {} stored, {} of them not as published",
        counted(total, "record"),
        number(differing as u64)
    ))?;
    Ok(differing == 0)
}

fn read(
    home: &Home,
    query: &EventQuery,
    mut each: impl FnMut(LogType, &[u8], bool),
) -> Result<(), Problem> {
    let Some(reader) = Reader::open(&home.store_file()).map_err(|error| error.problem)? else {
        return Ok(());
    };
    reader
        .events(query, |event| {
            each(event.log_type, event.raw, event.late);
            ControlFlow::<()>::Continue(())
        })
        .map_err(|error| error.problem)?;
    Ok(())
}

/// The demo's own folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Problem> {
        let name = format!("duo-integrator-demo-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let folder = std::env::temp_dir().join(name);
        files::create_private_dir(&folder).map_err(|error| {
            Problem::new(format!("The demo's folder could not be made: {}", folder.display()))
                .because(error)
        })?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A keychain in memory, with the look-alike's secret key in it.
#[derive(Default)]
struct InMemory(Mutex<BTreeMap<String, Secret>>);

impl InMemory {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keychain for InMemory {
    fn get(&self, user: &str) -> Result<Option<Secret>, KeychainError> {
        let known = || (user == INTEGRATION_KEY).then(|| Secret::new(SECRET_KEY.to_owned()));
        Ok(self.entries().get(user).cloned().or_else(known))
    }

    fn set(&self, user: &str, secret: &Secret) -> Result<(), KeychainError> {
        self.entries().insert(user.to_owned(), secret.clone());
        Ok(())
    }

    fn delete(&self, user: &str) -> Result<(), KeychainError> {
        self.entries().remove(user);
        Ok(())
    }
}
