//! Runs the collection of all accounts side by side.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::afresh::{Look, Watch};
use super::delivering;
use super::feed::FeedTask;
use super::progress::{FeedProgress, Progress};
use super::reading::Patience;
use super::sources::{self, NoSource, Shared};
use super::steering::Steering;
use super::watch::Watch as Watching;
use crate::base::{Home, Problem, UnixMillis};
use crate::knowledge::Stamp;
use crate::settings::{Account, AccountKind, Settings};
use crate::status::{FeedError, FeedState, Pause};
use crate::store::{self, AccountRef};

/// Failed attempts in a row before `--once` gives a log up: about a minute at an ordinary pace.
const ATTEMPTS: u32 = 7;

/// How often the settings file and the computer are looked at.
const LOOK: Duration = Duration::from_secs(3);

/// How often new child accounts are looked for.
const LOOK_FOR_CHILDREN: Duration = Duration::from_secs(3600);

/// How often an account without a secret key is tried again.
const SECRET_AGAIN: Duration = Duration::from_secs(60);

/// How often records that are too old are removed.
const EXPIRE_EVERY: Duration = Duration::from_secs(6 * 3600);

/// A log that failed in a way nobody foresaw starts again after this long.
const AFTER_PANIC: Duration = Duration::from_secs(30);

/// Fetches all there is now from every account, and tells how it went.
pub async fn collect_once(
    home: &Home,
    settings: &Settings,
    progress: &Progress,
    allow_fast: bool,
    tell: impl Fn(&Problem),
) -> Result<Vec<FeedProgress>, Problem> {
    let (shared, told) = sources::open(home, settings, progress, allow_fast).await?;
    told.iter().for_each(&tell);
    let mut tasks = JoinSet::new();
    tasks.spawn(Arc::clone(&shared.known).sort_stored(shared.storing.clone()));
    begin_outputs(settings, &shared, &tell).await;
    let watch = watching(home, settings, &shared, &tell);
    for account in &settings.accounts {
        match sources::feeds_of(account, settings, &shared).await {
            Ok(feeds) => {
                for feed in feeds {
                    tasks.spawn(async move {
                        // How it went is in the progress.
                        let _ = feed.once(Patience::Attempts(ATTEMPTS)).await;
                    });
                }
            }
            Err(why) => note_no_source(account, &shared, &why).await,
        }
    }
    while let Some(done) = tasks.join_next().await {
        if let Err(error) = done {
            tracing::error!(%error, "a log's collection broke off");
        }
    }
    // What is stored is also judged before this ends.
    if let Err(problem) = watch.catch_up().await {
        tracing::error!(%problem, "not all records were judged by the rules");
        tell(&problem);
    }
    let keep = settings.collection.keep;
    let expired = shared.storing.call(move |writer| writer.expire(keep)).await;
    if let Err(error) = expired {
        tracing::warn!(%error, "old records were not removed");
    }
    shared.pace.save();
    Ok(progress.snapshot())
}

/// Collects until `stop` turns true. Settings are read again when their file changes; while
/// collection is paused, or there is no account, nothing is asked of Duo and the store is closed.
/// Settings that cannot be used at the start are waited for like a first account.
pub async fn collect_forever(
    home: &Home,
    progress: &Progress,
    allow_fast: bool,
    steering: &Steering,
    mut stop: watch::Receiver<bool>,
    tell: impl Fn(&Problem),
) {
    let mut seen = settings_stamp(home);
    let mut settings = Settings::load(home).unwrap_or_else(|problem| {
        tracing::error!(%problem, "the settings are not usable; waiting for others");
        tell(&problem);
        Settings::default()
    });
    let mut known = Stamp::of(home);
    let mut computer = Watch::from(Look::now());
    while !*stop.borrow() {
        let pause = steering.paused();
        let mut tasks = JoinSet::new();
        let mut again_at = None;
        let mut shared = None;
        if pause.is_none() && !settings.accounts.is_empty() {
            match sources::open(home, &settings, progress, allow_fast).await {
                Ok((opened, told)) => {
                    told.iter().for_each(&tell);
                    let opened = Shared { bell: steering.bell(), ..opened };
                    begin_outputs(&settings, &opened, &tell).await;
                    start(&settings, &opened, &mut tasks);
                    tasks.spawn(watching(home, &settings, &opened, &tell).forever());
                    shared = Some(opened);
                }
                Err(problem) => {
                    // A full disk or a missing certificate file may be mended while we run.
                    tracing::error!(%problem, "collection could not start; trying again");
                    tell(&problem);
                    again_at = Some(Instant::now() + SECRET_AGAIN);
                }
            }
        }
        loop {
            tokio::select! {
                changed = stop.changed() => {
                    if changed.is_err() || *stop.borrow() { break; }
                }
                () = steering.turned(pause) => break,
                () = tokio::time::sleep(until_next_look(pause)) => {
                    if steering.paused() != pause
                        || again_at.is_some_and(|at| Instant::now() >= at)
                        || store::is_suspect(&home.store_file())
                    {
                        break;
                    }
                    if let Some(why) = computer.look(Look::now(), LOOK) {
                        tracing::info!("collecting now: {why}");
                        break;
                    }
                    let stamp = Stamp::of(home);
                    if stamp != known {
                        known = stamp;
                        tracing::info!("the knowledge packs or their switches changed");
                        break;
                    }
                    let stamp = settings_stamp(home);
                    if stamp == seen {
                        continue;
                    }
                    seen = stamp;
                    match Settings::load(home) {
                        Ok(changed) => {
                            tracing::info!("settings changed");
                            settings = changed;
                            break;
                        }
                        Err(problem) => {
                            tracing::error!(%problem, "the settings are not usable; going on with the old ones");
                            tell(&problem);
                        }
                    }
                }
            }
        }
        tasks.shutdown().await;
        if let Some(shared) = shared {
            shared.pace.save();
        }
        if stop.has_changed().is_err() {
            break;
        }
    }
}

/// Has outputs begin before anything is stored that they are to be handed.
async fn begin_outputs(settings: &Settings, shared: &Shared, tell: impl Fn(&Problem)) {
    let settings = settings.clone();
    let begun = shared.storing.call(move |writer| delivering::begin_all(writer, &settings)).await;
    if let Err(error) = begun {
        tracing::error!(%error, "outputs could not begin");
        tell(&error.problem);
    }
}

/// What judges the records that arrive.
fn watching(
    home: &Home,
    settings: &Settings,
    shared: &Shared,
    tell: impl Fn(&Problem),
) -> Watching {
    let known = &shared.known.knowledge;
    let (watching, told) = Watching::of(home, known, &shared.storing, &settings.alerts);
    told.iter().for_each(tell);
    watching
}

/// Starts everything that collection with these settings consists of.
fn start(settings: &Settings, shared: &Shared, tasks: &mut JoinSet<()>) {
    for account in settings.accounts.clone() {
        tasks.spawn(keep_account(account, settings.clone(), shared.clone()));
    }
    tasks.spawn(Arc::clone(&shared.known).sort_stored(shared.storing.clone()));
    tasks.spawn(expire_regularly(shared.clone(), settings.collection.keep));
}

/// The end of a pause is not slept through.
fn until_next_look(pause: Option<Pause>) -> Duration {
    let Some(until) = pause.and_then(|pause| pause.until) else { return LOOK };
    let left = u64::try_from(until.0.saturating_sub(UnixMillis::now().0)).unwrap_or(0);
    Duration::from_millis(left.saturating_add(1)).min(LOOK)
}

/// Keeps one account collected: its logs, and for an Accounts API key its children as they come.
async fn keep_account(account: Account, settings: Settings, shared: Shared) {
    let mut running: Vec<(AccountRef, JoinSet<()>)> = Vec::new();
    loop {
        let rung = shared.bell.rung();
        let wait = match sources::feeds_of(&account, &settings, &shared).await {
            Ok(feeds) => {
                let wanted: Vec<AccountRef> =
                    feeds.iter().map(|feed| feed.account.clone()).collect();
                running.retain(|(whose, _)| wanted.contains(whose));
                let known: Vec<AccountRef> =
                    running.iter().map(|(whose, _)| whose.clone()).collect();
                for feed in feeds.into_iter().filter(|feed| !known.contains(&feed.account)) {
                    let whose = feed.account.clone();
                    let task = restarting(feed);
                    match running.iter_mut().find(|(known, _)| *known == whose) {
                        Some((_, tasks)) => _ = tasks.spawn(task),
                        None => {
                            let mut tasks = JoinSet::new();
                            tasks.spawn(task);
                            running.push((whose, tasks));
                        }
                    }
                }
                if account.kind == AccountKind::Admin {
                    return std::future::pending().await;
                }
                LOOK_FOR_CHILDREN
            }
            Err(why) => {
                note_no_source(&account, &shared, &why).await;
                if shared.pace.is_unlimited() { Duration::from_secs(1) } else { SECRET_AGAIN }
            }
        };
        shared.bell.wait(rung, wait).await;
    }
}

/// Runs a log's collection, again if it breaks in a way nobody foresaw.
async fn restarting(feed: FeedTask) {
    loop {
        let task = feed.clone();
        let mut running = AbortOnDrop(tokio::spawn(async move { task.forever().await }));
        match (&mut running.0).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(account = feed.account.name, log = %feed.log_type, %error, "a log's collection broke off; starting it again");
                tokio::time::sleep(AFTER_PANIC).await;
            }
        }
    }
}

/// A task that ends with its owner.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Writes down for each of an account's logs why it cannot be collected.
async fn note_no_source(account: &Account, shared: &Shared, why: &NoSource) {
    let problem = why.problem();
    tracing::error!(account = account.name, %problem, "account not collected");
    let (code, state) = match why {
        NoSource::Duo(failure) => {
            (failure.code, super::reading::Trouble::Duo(failure.clone()).state())
        }
        NoSource::Problem(_) => (None, FeedState::Failing),
    };
    let error = FeedError { code, message: problem.to_string(), at: UnixMillis::now() };
    let whose = sources::account_ref(account);
    for log_type in account.log_types.iter().copied() {
        shared.progress.track(&account.name, log_type).update(|numbers| {
            numbers.state = state;
            numbers.error = Some(error.clone());
        });
        let noted = shared.storing.note_standing(&whose, log_type, state, Some(error.clone()));
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the standing could not be written down");
        }
    }
}

async fn expire_regularly(shared: Shared, keep: Duration) {
    loop {
        match shared.storing.call(move |writer| writer.expire(keep)).await {
            Ok(0) => {}
            Ok(records) => tracing::info!(records, "removed records that were kept long enough"),
            Err(error) => tracing::warn!(%error, "old records were not removed"),
        }
        tokio::time::sleep(EXPIRE_EVERY).await;
    }
}

/// What changes when the settings file is edited.
fn settings_stamp(home: &Home) -> Option<(SystemTime, u64)> {
    let meta = fs::metadata(home.settings_file()).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}
