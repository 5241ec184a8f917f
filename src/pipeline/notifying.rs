//! Hands alerts to those who are to be told: the desktop, mailboxes, webhooks.
//!
//! Promises: works beside collecting with a connection of its own to the store, so no message ever
//! delays a record, and a pause of collecting delays no message; each output is told of an alert
//! once; what could not be delivered is tried again with growing pauses, over restarts, until it is
//! taken or refused for good, and then waits for a person (`output test`); outputs do not wait for
//! each other.
//!
//! What goes out when is decided in [`crate::notify::grouping`]; what waits is in the store.

use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::{sleep, timeout};

use super::alarming::{self, Alarming};
use super::sources::{http_client, unblock};
use crate::base::retry::backoff;
use crate::base::{Home, Problem, Secret, UnixMillis};
use crate::knowledge::{Knowledge, Stamp};
use crate::notify::desktop::Desktop;
use crate::notify::grouping::{self, Plan, Waiting};
use crate::notify::{Letter, Refusal, Sender, Told, quiet};
use crate::record::Level;
use crate::secrets;
use crate::settings::{Network, Output, Settings, Taste};
use crate::status::AlarmKind;
use crate::store::{Alert, Notice, NoticeKey, Reader, StoreError, Writer};

/// The name under which the desktop has its notices.
const DESKTOP: &str = "desktop";

/// How often it is looked whether there is something to tell.
const LOOK: Duration = Duration::from_secs(5);

/// How long messages on their way may still take when the collector ends.
const LAST_MESSAGES: Duration = Duration::from_secs(10);

/// What begins within this time is one message on the desktop.
const DESKTOP_TOGETHER: Duration = Duration::from_secs(30);

/// What a person decided, as it stands now.
pub trait Wishes: Send + 'static {
    /// The settings collection goes by.
    fn settings(&self) -> Settings;
    /// Whether collection is paused.
    fn paused(&self) -> bool;
}

/// Tells until `stop` turns true. `fast` looks more often, for tests.
pub async fn tell_forever(
    home: Home,
    wishes: impl Wishes,
    desktop: Desktop,
    fast: bool,
    mut stop: watch::Receiver<bool>,
) {
    let look = if fast { LOOK / 10 } else { LOOK };
    let alarms_every = if fast { look } else { alarming::LOOK };
    let mut telling = Telling::new(&home, Some(desktop), fast);
    let begun = {
        let (home, settings) = (home.clone(), wishes.settings());
        unblock(move || Alarming::begin(&home, &settings, UnixMillis::now())).await
    };
    let Ok(mut alarming) = begun else { return };
    let mut alarms_due = UnixMillis(0);
    while !*stop.borrow() {
        let (settings, paused, now) = (wishes.settings(), wishes.paused(), UnixMillis::now());
        if alarms_due <= now || alarms_due > now.plus(alarms_every) {
            alarms_due = now.plus(alarms_every);
            let (wanted, knowledge) = (settings.clone(), telling.known().await);
            let looked = unblock(move || {
                let result = alarming.look(&wanted, &knowledge, paused, now);
                (alarming, result)
            });
            match looked.await {
                Ok((back, result)) => {
                    alarming = back;
                    telling.note("the collector's alarms", result);
                }
                Err(_) => return,
            }
        }
        let told = telling.round(&settings, false).await;
        telling.note("alerts", told);
        tokio::select! {
            () = sleep(look) => {}
            _ = stop.changed() => {}
        }
    }
    telling.finish(LAST_MESSAGES).await;
}

/// Raises and tells what there is after a single round of collecting, without waiting for more to
/// come; messages that are not taken wait for the next time.
pub async fn tell_once(home: &Home, settings: &Settings, mut alarming: Alarming) {
    let mut telling = Telling::new(home, None, false);
    let (wanted, knowledge) = (settings.clone(), telling.known().await);
    let looked =
        unblock(move || alarming.look(&wanted, &knowledge, false, UnixMillis::now())).await;
    telling.note("the collector's alarms", looked.and_then(|result| result));
    let told = telling.round(settings, true).await;
    telling.note("alerts", told);
    telling.finish(Duration::from_secs(600)).await;
}

/// Who is told of what a rule raises: the outputs, and the desktop as `None`.
pub fn told_of(settings: &Settings, rule: &str, level: Level) -> Vec<Option<Output>> {
    let all = Listener::all(settings).into_iter();
    all.filter(|listener| listener.wants(rule, level)).map(|listener| listener.output).collect()
}

/// Somebody to be told.
#[derive(Clone, Debug)]
struct Listener {
    name: String,
    taste: Taste,
    /// Where it is; `None` is the desktop.
    output: Option<Output>,
}

impl Listener {
    /// Everybody the settings name.
    fn all(settings: &Settings) -> Vec<Self> {
        let desktop = settings.notifications.desktop.then(|| {
            let least = settings.notifications.desktop_least;
            Self {
                name: DESKTOP.to_owned(),
                taste: Taste {
                    levels: Level::ALL.into_iter().filter(|level| *level >= least).collect(),
                    quiet_hours: settings.notifications.quiet_hours.clone(),
                    quiet_level: Level::Critical,
                    group_for: DESKTOP_TOGETHER,
                },
                output: None,
            }
        });
        // What takes records takes alerts as records, or not at all.
        let told = settings.outputs.iter().filter(|output| output.records().is_none());
        let outputs = told.map(|output| Self {
            name: output.name.clone(),
            taste: output.taste.clone(),
            output: Some(output.clone()),
        });
        desktop.into_iter().chain(outputs).collect()
    }

    /// The desktop hears of the collector's own troubles from [`crate::notify::News`].
    fn wants(&self, rule: &str, level: Level) -> bool {
        self.taste.levels.contains(&level) && (self.output.is_some() || alarm_kind(rule).is_none())
    }

    /// What of this is due now.
    fn due(&self, notices: Vec<Notice>, hurry: bool, now: UnixMillis) -> Vec<Notice> {
        let mut taste = self.taste.clone();
        if hurry {
            taste.group_for = Duration::ZERO;
        }
        let quiet_until =
            taste.quiet_hours.as_ref().and_then(|hours| quiet::until(hours, &hours.zone(), now));
        let waiting: Vec<Waiting> = notices
            .iter()
            .map(|notice| Waiting {
                alert: notice.alert.id,
                level: notice.alert.level,
                since: notice.since,
                next_try: notice.next_try,
            })
            .collect();
        let Plan::Send(alerts) = grouping::plan(&waiting, &taste, quiet_until, now) else {
            return Vec::new();
        };
        notices.into_iter().filter(|notice| alerts.contains(&notice.alert.id)).collect()
    }
}

/// What is being told.
struct Telling {
    home: Home,
    desktop: Option<Desktop>,
    fast: bool,
    knowledge: Arc<Knowledge>,
    /// Of the knowledge as it was read.
    stamp: Option<Stamp>,
    /// Messages on their way, and whose they are.
    going: JoinSet<()>,
    busy: HashMap<Id, String>,
    /// Troubles that were logged, so that each is logged once.
    logged: HashMap<&'static str, String>,
}

impl Telling {
    fn new(home: &Home, desktop: Option<Desktop>, fast: bool) -> Self {
        Self {
            home: home.clone(),
            desktop,
            fast,
            knowledge: Arc::default(),
            stamp: None,
            going: JoinSet::new(),
            busy: HashMap::default(),
            logged: HashMap::default(),
        }
    }

    /// What is known about alerts, as it stands now. What of it cannot be used is told elsewhere.
    async fn known(&mut self) -> Arc<Knowledge> {
        let (home, before) = (self.home.clone(), self.stamp.clone());
        let read = unblock(move || {
            let stamp = Stamp::of(&home);
            (before.as_ref() != Some(&stamp)).then(|| (Knowledge::load(&home), stamp))
        });
        match read.await {
            Ok(Some((Ok((knowledge, _)), stamp))) => {
                self.knowledge = Arc::new(knowledge);
                self.stamp = Some(stamp);
            }
            Ok(Some((Err(problem), stamp))) => {
                tracing::error!(%problem, "alerts are told without what is known about them");
                self.stamp = Some(stamp);
            }
            Ok(None) | Err(_) => {}
        }
        Arc::clone(&self.knowledge)
    }

    /// Sends what is due. `hurry` does not wait for more that may begin.
    async fn round(&mut self, settings: &Settings, hurry: bool) -> Result<(), Problem> {
        while let Some(done) = self.going.try_join_next_with_id() {
            let id = done.map_or_else(|error| error.id(), |(id, ())| id);
            self.busy.remove(&id);
        }
        let listeners = Listener::all(settings);
        let home = self.home.clone();
        let waiting = unblock(move || waiting(&home, listeners)).await?;
        for (listener, notices) in waiting.map_err(|error| error.problem)? {
            if self.busy.values().any(|busy| *busy == listener.name) {
                continue;
            }
            let due = listener.due(notices, hurry, UnixMillis::now());
            if !due.is_empty() {
                self.send(listener, &due, settings);
            }
        }
        Ok(())
    }

    /// Sets a message on its way.
    fn send(&mut self, listener: Listener, notices: &[Notice], settings: &Settings) {
        let told: Vec<Told> = notices.iter().map(|notice| self.told(notice)).collect();
        let zone = listener.taste.quiet_hours.as_ref().and_then(|hours| hours.zone.clone());
        let letter = Letter::of(&told, &zone.unwrap_or_else(TimeZone::system), UnixMillis::now());
        let keys: Vec<NoticeKey> = notices.iter().map(Notice::key).collect();
        let attempts = notices.iter().map(|notice| notice.attempts).max().unwrap_or(0);
        let (home, name, fast) = (self.home.clone(), listener.name.clone(), self.fast);
        let network = settings.network.clone();
        let going = match (listener.output, &self.desktop) {
            (Some(output), _) => self.going.spawn(async move {
                let outcome = deliver(&output, &network, None, &letter).await;
                note(home, name, keys, outcome, attempts, fast).await;
            }),
            (None, Some(desktop)) => {
                desktop.show(letter.short());
                self.going.spawn(note(home, name, keys, Ok(String::new()), attempts, fast))
            }
            // Without a desktop nobody is there to be told.
            (None, None) => return,
        };
        self.busy.insert(going.id(), listener.name);
    }

    /// An alert in the words of messages.
    fn told(&self, notice: &Notice) -> Told {
        let alert = &notice.alert;
        let alarm = self.knowledge.alarms().iter().find(|item| item.id == alert.rule);
        let rule = self.knowledge.rules().iter().find(|item| item.id == alert.rule);
        let reason = rule.map(|item| item.reason.clone()).filter(|reason| !reason.is_empty());
        let (title, words, next) = if notice.over {
            (format!("Over: {}", alert.title), None, Some("nothing needs to be done".to_owned()))
        } else {
            let next = alarm.map(|item| item.body.next.clone());
            (alert.title.clone(), alert.words.clone().or(reason), next)
        };
        Told {
            id: alert.id.to_string(),
            rule: alert.rule.clone(),
            title,
            level: alert.level,
            account: alert.account.clone().unwrap_or_else(|| "This computer".to_owned()),
            subject: Some(alert.subject.clone()),
            count: alert.records,
            first: alert.first,
            last: alert.last,
            over: notice.over,
            words,
            next,
        }
    }

    /// Logs a trouble once, until it is another one or over.
    fn note(&mut self, what: &'static str, result: Result<(), Problem>) {
        match result {
            Ok(()) => _ = self.logged.remove(what),
            Err(problem) => {
                let words = problem.to_string();
                if self.logged.get(what) != Some(&words) {
                    tracing::warn!(%problem, "{what} cannot be told; trying again");
                    self.logged.insert(what, words);
                }
            }
        }
    }

    /// Waits for what is on its way, but not for ever.
    async fn finish(mut self, longest: Duration) {
        let all = async { while self.going.join_next().await.is_some() {} };
        if timeout(longest, all).await.is_err() {
            tracing::warn!("a message was cut off; it is sent again at the next start");
        }
    }
}

/// What each listener is still to be told. Reads and writes the store.
fn waiting(
    home: &Home,
    listeners: Vec<Listener>,
) -> Result<Vec<(Listener, Vec<Notice>)>, StoreError> {
    let path = home.store_file();
    let Some(reader) = Reader::open(&path)? else { return Ok(Vec::new()) };
    if reader.has_untold()?
        && let Some(mut writer) = Writer::beside(&path)?
    {
        let names: Vec<&str> = listeners.iter().map(|listener| listener.name.as_str()).collect();
        let wants = |name: &str, alert: &Alert| {
            let wants = |listener: &Listener| listener.wants(&alert.rule, alert.level);
            listeners.iter().any(|listener| listener.name == name && wants(listener))
        };
        writer.distribute(&names, wants, UnixMillis::now())?;
    }
    let with_notices = |listener: Listener| Ok((reader.waiting(&listener.name)?, listener));
    let found: Result<Vec<_>, StoreError> = listeners.into_iter().map(with_notices).collect();
    Ok(found?.into_iter().map(|(notices, listener)| (listener, notices)).collect())
}

/// Sends a message to an output, with this secret, or its own from wherever that is kept.
pub async fn deliver(
    output: &Output,
    network: &Network,
    secret: Option<Secret>,
    letter: &Letter,
) -> Result<String, Refusal> {
    let for_now = |problem| Refusal { problem, again: true, after: None };
    let secret = match output.secret_words() {
        None => None,
        Some(_) if secret.is_some() => secret,
        Some(_) => {
            let name = output.name.clone();
            let found = unblock(move || secrets::find_output_secret(&name)).await;
            Some(found.and_then(|found| found).map_err(for_now)?.secret)
        }
    };
    let http = http_client(network).await.map_err(for_now)?;
    let sender = Sender { http, ca_file: network.ca_file.clone() };
    sender.send(output, secret.as_ref(), letter).await
}

/// Writes down what came of a message.
async fn note(
    home: Home,
    name: String,
    keys: Vec<NoticeKey>,
    outcome: Result<String, Refusal>,
    attempts: u32,
    fast: bool,
) {
    let now = UnixMillis::now();
    match &outcome {
        Ok(said) => tracing::info!(output = name, alerts = keys.len(), said, "told"),
        Err(refusal) => {
            tracing::warn!(output = name, alerts = keys.len(), problem = %refusal.problem, again = refusal.again, "not told");
        }
    }
    let written = unblock(move || -> Result<(), StoreError> {
        let Some(mut writer) = Writer::beside(&home.store_file())? else { return Ok(()) };
        match outcome {
            Ok(_) => writer.note_delivered(&name, &keys),
            Err(refusal) => {
                let wait = backoff(attempts, fast, fastrand::f64());
                let wait = wait.max(refusal.after.unwrap_or_default()).min(grouping::LONGEST);
                let next_try = refusal.again.then(|| now.plus(wait));
                let then = match next_try {
                    Some(_) => "It is tried again by itself".to_owned(),
                    None => format!(
                        "What waits goes out after: duo-integrator output test \u{201c}{name}\u{201d}"
                    ),
                };
                let words = format!("{}. {then}", refusal.problem);
                writer.note_failed(&name, &keys, &words, next_try, now)
            }
        }
    });
    match written.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "what became of a message was not written down; it may be sent again");
        }
        Err(problem) => tracing::warn!(%problem, "what became of a message was not written down"),
    }
}

fn alarm_kind(rule: &str) -> Option<AlarmKind> {
    AlarmKind::ALL.into_iter().find(|kind| kind.id() == rule)
}
