//! The hands of the window: everything that may take time happens here, on a thread of its own.
//!
//! Promises: the window hands over a [`Wish`] and goes on drawing; [`News`] wakes it when there is
//! something to show, and nothing wakes it otherwise; a wish that fails comes back as a
//! [`Problem`], never as silence.

mod act;
mod finish;
mod standing;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};

use crate::base::{Home, Problem, UnixMillis};
use crate::control::{self, Answer, Request, Role};
use crate::duo::ladder::{Check, Report};
use crate::net;
use crate::pipeline::{accounts, sources};
use crate::platform::appearance::{self, Appearance};
use crate::secrets::ProxyLogin;
use crate::settings::{Account, Network, NoDataAlarm, Settings};

pub use act::{Act, Did};
pub use finish::Finished;
pub use standing::{CollectorStanding, Standing};

/// Wishes and news that may wait; more than anyone can click.
const WAITING: usize = 256;

/// How often the standing is looked at while records come in, and otherwise.
const LOOK_OFTEN: Duration = Duration::from_millis(500);
const LOOK_RARELY: Duration = Duration::from_secs(3);

/// Keys as typed and checked, and the network to try them on.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The account as it will be.
    pub account: Account,
    /// The secret key; `None` means the stored one.
    pub secret: Option<crate::base::Secret>,
    /// How Duo is reached.
    pub network: Network,
    /// The proxy's login, when one was typed.
    pub login: Option<ProxyLogin>,
}

/// All that Finish writes down.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The account and its keys.
    pub keys: Keys,
    /// The name of the account that is changed; `None` for a new one.
    pub before: Option<String>,
    /// The alarm about silence.
    pub alarm: NoDataAlarm,
    /// Whether the desktop tells when something needs a person.
    pub notifications: bool,
    /// Whether collecting starts at login.
    pub start_at_login: bool,
}

/// What a person wants.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Try keys against Duo, under this number.
    Validate(u64, Box<Keys>),
    /// Stop trying.
    CancelValidation,
    /// Write everything down and start collecting.
    Finish(Box<Decision>),
    /// Ask all logs at once.
    CollectNow,
    /// Ask nothing until then; `None` means until resumed.
    Pause(Option<UnixMillis>),
    /// Go on.
    Resume,
    /// Start the collector.
    StartCollector,
    /// End the collector that runs and start this version's.
    RestartCollector,
    /// Remove an account.
    Remove {
        /// Its name.
        name: String,
        /// Whether its stored records stay.
        keep_records: bool,
    },
    /// See whether a file holds certificates.
    LookAtCertificates(PathBuf),
    /// Anything else a page has to be done.
    Act(Act),
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum News {
    /// A check was made, in the validation of this number.
    Check(u64, Check),
    /// A validation came to its end.
    Validated(u64, Result<Report, Problem>),
    /// How many certificates a file holds, or what is wrong with it.
    Certificates(PathBuf, Result<usize, Problem>),
    /// Finish came to its end.
    Finished(Result<Finished, Problem>),
    /// How everything stands, as far as it changed.
    Standing(Box<Standing>),
    /// A wish was fulfilled, in a sentence.
    Done(String),
    /// An act was done: pages look again at what they show.
    Did(Did),
    /// A wish was not fulfilled.
    Failed(Problem),
    /// Another start of the program asks for the window.
    Show,
    /// How the desktop wants programs to look.
    Appearance(Appearance),
}

/// The thread's other end.
pub struct Worker {
    wishes: mpsc::Sender<Wish>,
    news: Receiver<News>,
}

/// Tells the window; and wakes it.
#[derive(Clone)]
pub(super) struct Teller {
    news: SyncSender<News>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Teller {
    pub fn tell(&self, news: News) {
        // A window that is gone hears nothing; one that is busy is not waited for, because the next
        // news say the same or more.
        let _ = self.news.try_send(news);
        (self.wake)();
    }
}

impl Worker {
    /// Starts the thread. `wake` makes the window draw.
    pub fn start(home: Home, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, Problem> {
        let (wishes, receiver) = mpsc::channel(WAITING);
        let (sender, news) = sync_channel(WAITING);
        let teller = Teller { news: sender, wake: Arc::new(wake) };
        let failed = |error: std::io::Error| {
            Problem::new("The window could not start its threads").because(error)
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("window-net")
            .enable_all()
            .build()
            .map_err(failed)?;
        std::thread::Builder::new()
            .name("window-worker".to_owned())
            .spawn(move || {
                runtime.block_on(work(home, receiver, teller));
                // A keychain that never answers must not keep the program from ending.
                runtime.shutdown_timeout(Duration::from_millis(200));
            })
            .map_err(failed)?;
        Ok(Self { wishes, news })
    }

    /// Hands over a wish.
    pub fn wish(&self, wish: Wish) {
        if self.wishes.try_send(wish).is_err() {
            tracing::error!("the window's worker takes no more wishes");
        }
    }

    /// What is new; never waits.
    pub fn news(&self) -> Option<News> {
        self.news.try_recv().ok()
    }

    /// The next news, if there are any within this time.
    pub fn news_within(&self, time: Duration) -> Option<News> {
        self.news.recv_timeout(time).ok()
    }
}

async fn work(home: Home, mut wishes: mpsc::Receiver<Wish>, teller: Teller) {
    let mut validation: Option<AbortHandle> = None;
    let mut tasks = JoinSet::new();
    let (look, looks) = mpsc::channel(1);
    tasks.spawn(standing::watch(home.clone(), teller.clone(), looks, LOOK_OFTEN, LOOK_RARELY));
    tasks.spawn(answer_other_starts(home.clone(), teller.clone()));
    let told = teller.clone();
    tasks.spawn(appearance::follow(move |wanted| told.tell(News::Appearance(wanted))));
    while let Some(wish) = wishes.recv().await {
        match wish {
            Wish::Validate(run, keys) => {
                if let Some(old) = validation.take() {
                    old.abort();
                }
                let (home, teller) = (home.clone(), teller.clone());
                validation = Some(tasks.spawn(async move {
                    let told = teller.clone();
                    let report = validate(&home, &keys, |check| {
                        told.tell(News::Check(run, check.clone()));
                    });
                    let report = report.await;
                    teller.tell(News::Validated(run, report));
                }));
            }
            Wish::CancelValidation => {
                if let Some(old) = validation.take() {
                    old.abort();
                }
            }
            wish => {
                let (home, teller, look) = (home.clone(), teller.clone(), look.clone());
                tasks.spawn_blocking(move || {
                    if let Some(news) = fulfil(&home, wish) {
                        teller.tell(news);
                    }
                    // What changed shows at once.
                    let _ = look.try_send(());
                });
            }
        }
        while tasks.try_join_next().is_some() {}
    }
    tasks.shutdown().await;
}

async fn validate(
    home: &Home,
    keys: &Keys,
    observe: impl FnMut(&Check),
) -> Result<Report, Problem> {
    let settings = Settings::load(home)?;
    let secret = match keys.secret.clone() {
        Some(secret) => secret,
        None => sources::secret_of(&keys.account.integration_key).await?,
    };
    let http = sources::http_client_with(&keys.network, keys.login.clone()).await?;
    let mut input = accounts::ladder_input(&keys.account, secret);
    // What may be read is found out for all logs: the next page offers all of them.
    input.log_types = crate::record::LogType::ALL.to_vec();
    accounts::validate(home, &settings, http, &input, observe).await
}

/// Does what may block: the keychain, files, the collector.
fn fulfil(home: &Home, wish: Wish) -> Option<News> {
    let done = |result: Result<String, Problem>| {
        Some(match result {
            Ok(words) => News::Done(words),
            Err(problem) => News::Failed(problem),
        })
    };
    let ask = |request: Request, words: &str| {
        done(ask_collector(home, &request).map(|()| words.to_owned()))
    };
    match wish {
        Wish::Finish(decision) => Some(News::Finished(finish::finish(home, &decision))),
        Wish::CollectNow => ask(Request::CollectNow, "Asking Duo now"),
        Wish::Pause(until) => ask(Request::Pause { until }, "Collecting is paused"),
        Wish::Resume => ask(Request::Resume, "Collecting goes on"),
        Wish::StartCollector => {
            done(finish::start_collector(home).map(|()| "The collector runs".to_owned()))
        }
        Wish::RestartCollector => {
            done(finish::restart_collector(home).map(|()| "The collector was restarted".to_owned()))
        }
        Wish::Remove { name, keep_records } => done(remove(home, &name, keep_records)),
        Wish::LookAtCertificates(file) => {
            let found = net::check_ca_file(&file);
            Some(News::Certificates(file, found))
        }
        Wish::Act(act) => Some(match act.run(home) {
            Ok(did) => News::Did(did),
            Err(problem) => News::Failed(problem),
        }),
        Wish::Validate(..) | Wish::CancelValidation => None,
    }
}

fn remove(home: &Home, name: &str, keep_records: bool) -> Result<String, Problem> {
    let removed = accounts::remove(home, name, keep_records)?;
    removed.secret?;
    let records = match removed.records {
        Some(records) => format!(" and {records} stored records"),
        None => String::new(),
    };
    Ok(format!("{name} was removed: its settings, its secret key{records}"))
}

/// Asks the collector for something; a refusal is a problem.
pub(super) fn ask_collector(home: &Home, request: &Request) -> Result<(), Problem> {
    match control::ask_blocking(home, Role::Collector, request)? {
        Answer::Refused { what, because, next } => Err(Problem { what, because, next }),
        Answer::Ok | Answer::Status { .. } => Ok(()),
    }
}

/// A second start of the program finds this window and asks it to come to the front.
async fn answer_other_starts(home: Home, teller: Teller) {
    let answer = move |request: Request| {
        let teller = teller.clone();
        async move {
            match request {
                Request::Show => {
                    teller.tell(News::Show);
                    Answer::Ok
                }
                _ => Answer::from(Problem::new("A window can only be shown")),
            }
        }
    };
    // It ends with the task.
    let (_never, stop) = watch::channel(false);
    if let Err(problem) = control::serve(&home, Role::Window, answer, stop).await {
        tracing::warn!(%problem, "another start of the program will not find this window");
    }
}
