//! How everything stands: settings, logs, collector. Looked at again and again, told when it changed.

use std::time::Duration;

use tokio::sync::mpsc;

use super::{News, Teller};
use crate::base::lock;
use crate::base::{Home, Problem, UnixMillis};
use crate::control::{self, Role};
use crate::pipeline::doing;
use crate::platform::autostart;
use crate::settings::{self, Settings};
use crate::status::{FeedState, FeedStatus, Overall, Pause, Summary};
use crate::store::{Reader, StoreError};

/// Looks between two questions to the collector what version it is.
const LOOKS_BETWEEN_HELLOS: u32 = 20;

/// Whether a collector works for this home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CollectorStanding {
    /// None.
    Stopped,
    /// One of this version.
    Running,
    /// One of another version, as it calls itself.
    OtherVersion(String),
}

/// How everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The settings, or what is wrong with them.
    pub settings: Result<Settings, Problem>,
    /// Every log the store knows.
    pub statuses: Vec<FeedStatus>,
    /// The same in one sentence.
    pub summary: Summary,
    /// Alerts nobody has acknowledged.
    pub open_alerts: u64,
    /// Those of them that were about the present when they were raised.
    pub new_alerts: u64,
    /// The collector.
    pub collector: CollectorStanding,
    /// Whether collecting starts at login.
    pub start_at_login: bool,
}

/// Looks until the window is gone.
pub(super) async fn watch(
    home: Home,
    teller: Teller,
    mut looks: mpsc::Receiver<()>,
    often: Duration,
    rarely: Duration,
) {
    let mut told: Option<Standing> = None;
    let mut reader = None;
    let mut version = None;
    let mut was_running = false;
    let mut count: u32 = 0;
    loop {
        let is_running = lock::is_held(&home);
        let is_due = count.is_multiple_of(LOOKS_BETWEEN_HELLOS) || version.is_some();
        if is_due || is_running != was_running {
            version = other_version(&home).await;
        }
        was_running = is_running;
        count = count.wrapping_add(1);
        let now = look(&home, is_running, &mut reader, version.as_ref());
        let wait = match now.summary.state {
            Overall::Collecting => often,
            _ => rarely,
        };
        let changed = told.as_ref().is_none_or(|told| told.settings != now.settings);
        if changed
            && now.settings.is_ok()
            && let Err(problem) = settings::keep_good(&home)
        {
            tracing::warn!(%problem, "there will be no way back from a slip in the settings");
        }
        if told.as_ref() != Some(&now) {
            teller.tell(News::Standing(Box::new(now.clone())));
            told = Some(now);
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            asked = looks.recv() => if asked.is_none() { return },
        }
    }
}

fn look(
    home: &Home,
    is_running: bool,
    reader: &mut Option<Reader>,
    other: Option<&String>,
) -> Standing {
    let settings = Settings::load(home);
    if reader.is_none() {
        *reader = Reader::open(&home.store_file()).ok().flatten();
    }
    let statuses = match reader.as_ref().map(Reader::statuses) {
        Some(Ok(statuses)) => statuses,
        // A store that was set aside or is being made is opened anew the next time.
        Some(Err(_)) => {
            *reader = None;
            Vec::new()
        }
        None => Vec::new(),
    };
    let count = |count: fn(&Reader) -> Result<u64, StoreError>| {
        reader.as_ref().and_then(|reader| count(reader).ok()).unwrap_or_default()
    };
    let (open_alerts, new_alerts) = (count(Reader::open_alerts), count(Reader::new_alerts));
    let collector = match other {
        _ if !is_running => CollectorStanding::Stopped,
        Some(version) => CollectorStanding::OtherVersion(version.clone()),
        None => CollectorStanding::Running,
    };
    let defaults = Settings::default();
    let known = settings.as_ref().unwrap_or(&defaults);
    let mut summary =
        Summary::of(known, &statuses, Pause::read(home), is_running, UnixMillis::now());
    let outlets = reader.as_ref().and_then(|reader| reader.outlets().ok()).unwrap_or_default();
    summary.add_outputs(doing::failing(known, &outlets), UnixMillis::now());
    let start_at_login = autostart::is_registered(home);
    Standing { settings, statuses, summary, open_alerts, new_alerts, collector, start_at_login }
}

/// The version of a collector that is not ours; `None` when it is, or there is none.
async fn other_version(home: &Home) -> Option<String> {
    let connection = control::connect(home, Role::Collector).await.ok()?;
    let theirs = &connection.theirs().version;
    (theirs != env!("CARGO_PKG_VERSION")).then(|| theirs.clone())
}

impl Standing {
    /// Records stored of an account.
    pub fn records_of(&self, account: &str) -> u64 {
        self.of(account).map(|status| status.records).sum()
    }

    /// The logs of an account, child accounts included.
    pub fn of<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a FeedStatus> {
        let key = self
            .settings
            .as_ref()
            .ok()
            .and_then(|settings| settings.account(account))
            .map(|account| account.integration_key.as_str());
        self.statuses.iter().filter(move |status| Some(status.integration_key.as_str()) == key)
    }

    /// Whether every log of an account has reached the present, or cannot.
    pub fn is_settled(&self, account: &str) -> bool {
        let mut states = self.of(account).map(|status| status.state).peekable();
        states.peek().is_some()
            && states.all(|state| {
                matches!(state, FeedState::Current | FeedState::NotAvailable | FeedState::Denied)
            })
    }
}
