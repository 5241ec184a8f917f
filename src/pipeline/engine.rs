//! Runs the collection of all accounts side by side.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::feed::FeedTask;
use super::progress::{FeedProgress, Progress};
use super::reading::Patience;
use super::sources::{self, NoSource, Shared};
use crate::base::{Home, Problem, UnixMillis};
use crate::settings::{Account, AccountKind, Settings};
use crate::status::{FeedError, FeedState};
use crate::store::{self, AccountRef};

/// Failed attempts in a row before `--once` gives a log up: about a minute at an ordinary pace.
const ATTEMPTS: u32 = 7;

/// How often the settings file is looked at.
const LOOK_AT_SETTINGS: Duration = Duration::from_secs(3);

/// How often new child accounts are looked for.
const LOOK_FOR_CHILDREN: Duration = Duration::from_secs(3600);

/// How often an account without a secret key is tried again.
const SECRET_AGAIN: Duration = Duration::from_secs(60);

/// How often records that are too old are removed.
const EXPIRE_EVERY: Duration = Duration::from_secs(6 * 3600);

/// The wall clock moving this much more than the steady one means the computer slept.
const SLEPT: Duration = Duration::from_secs(30);

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
    if let Some(told) = &told {
        tell(told);
    }
    let mut tasks = JoinSet::new();
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
    let keep = settings.collection.keep;
    let expired = shared.storing.call(move |writer| writer.expire(keep)).await;
    if let Err(error) = expired {
        tracing::warn!(%error, "old records were not removed");
    }
    shared.pace.save();
    Ok(progress.snapshot())
}

/// Collects until `stop` turns true. Settings are read again when their file changes.
pub async fn collect_forever(
    home: &Home,
    progress: &Progress,
    allow_fast: bool,
    mut stop: watch::Receiver<bool>,
    tell: impl Fn(&Problem),
) -> Result<(), Problem> {
    let mut settings = Settings::load(home)?;
    loop {
        let seen = settings_stamp(home);
        let opened = sources::open(home, &settings, progress, allow_fast).await;
        let mut tasks = JoinSet::new();
        let shared = match opened {
            Ok((shared, told)) => {
                if let Some(told) = &told {
                    tell(told);
                }
                let (ring, bell) = watch::channel(0);
                for account in settings.accounts.clone() {
                    let (settings, shared, bell) = (settings.clone(), shared.clone(), bell.clone());
                    tasks.spawn(keep_account(account, settings, shared, bell));
                }
                tasks.spawn(ring_after_sleep(ring));
                tasks.spawn(expire_regularly(shared.clone(), settings.collection.keep));
                Some(shared)
            }
            Err(problem) => {
                // A full disk or a missing certificate file may be mended while we run.
                tracing::error!(%problem, "collection could not start; trying again");
                tell(&problem);
                None
            }
        };
        let patience = if shared.is_some() { None } else { Some(Instant::now() + SECRET_AGAIN) };
        let stopped = loop {
            tokio::select! {
                changed = stop.changed() => {
                    if changed.is_err() || *stop.borrow() { break true; }
                }
                () = tokio::time::sleep(LOOK_AT_SETTINGS) => {
                    if patience.is_some_and(|until| Instant::now() >= until)
                        || store::is_suspect(&home.store_file())
                    {
                        break false;
                    }
                    if settings_stamp(home) != seen {
                        match Settings::load(home) {
                            Ok(changed) => {
                                tracing::info!("settings changed");
                                settings = changed;
                            }
                            Err(problem) => {
                                tracing::error!(%problem, "the settings are not usable; going on with the old ones");
                                tell(&problem);
                            }
                        }
                        break false;
                    }
                }
            }
        };
        tasks.shutdown().await;
        if let Some(shared) = shared {
            shared.pace.save();
        }
        if stopped {
            return Ok(());
        }
    }
}

/// Keeps one account collected: its logs, and for an Accounts API key its children as they come.
async fn keep_account(
    account: Account,
    settings: Settings,
    shared: Shared,
    bell: watch::Receiver<u64>,
) {
    let mut running: Vec<(AccountRef, JoinSet<()>)> = Vec::new();
    loop {
        let wait = match sources::feeds_of(&account, &settings, &shared).await {
            Ok(feeds) => {
                let wanted: Vec<AccountRef> =
                    feeds.iter().map(|feed| feed.account.clone()).collect();
                running.retain(|(whose, _)| wanted.contains(whose));
                let known: Vec<AccountRef> =
                    running.iter().map(|(whose, _)| whose.clone()).collect();
                for feed in feeds.into_iter().filter(|feed| !known.contains(&feed.account)) {
                    let whose = feed.account.clone();
                    let task = restarting(feed, bell.clone());
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
        tokio::time::sleep(wait).await;
    }
}

/// Runs a log's collection, again if it breaks in a way nobody foresaw.
async fn restarting(feed: FeedTask, bell: watch::Receiver<u64>) {
    loop {
        let (task, bell) = (feed.clone(), bell.clone());
        let mut running = AbortOnDrop(tokio::spawn(async move { task.forever(bell).await }));
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

/// After sleep, everything is tried at once.
async fn ring_after_sleep(ring: watch::Sender<u64>) {
    const TICK: Duration = Duration::from_secs(15);
    loop {
        let (steady, wall) = (Instant::now(), SystemTime::now());
        tokio::time::sleep(TICK).await;
        let passed = SystemTime::now().duration_since(wall).unwrap_or_default();
        if passed > steady.elapsed() + SLEPT || steady.elapsed() > TICK + SLEPT {
            tracing::info!("the computer was asleep; collecting now");
            ring.send_modify(|count| *count += 1);
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
