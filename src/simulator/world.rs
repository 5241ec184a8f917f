//! Everything the look-alike knows: organisations, their records, Duo's clock, and how it
//! misbehaves. Tests and the demo change it while the server runs.
//!
//! Promises: all keys, names and addresses in it are invented; a change is seen by the next
//! request.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::faults::{Faults, Rule};
use super::organisation::{self, Invented};
use super::records::{Log, Published};
use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::record::LogType;

/// The integration key of [`World::single`] and [`World::demo`].
pub const INTEGRATION_KEY: &str = "DIDEMO0EXAMPLE0KEY01";

/// The secret key that belongs to [`INTEGRATION_KEY`]. It opens nothing but the look-alike.
pub const SECRET_KEY: &str = "invented0secret0of0the0lookalike00000001";

/// The account of [`INTEGRATION_KEY`].
const ACCOUNT_ID: &str = "DADEMO0EXAMPLE0ACC01";

/// How many requests are remembered one by one; older ones are only counted.
const REMEMBERED_REQUESTS: usize = 20_000;

/// How far ahead of the clock a living organisation is invented.
const LIVE_AHEAD: Duration = Duration::from_secs(6 * 3600);

/// What an organisation's application in Duo is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Admin API application.
    Admin,
    /// An Accounts API application; names the child accounts it may read.
    Accounts(Vec<String>),
    /// An Auth API application: not what a collector needs.
    AuthApi,
}

/// The boxes ticked for an Admin API application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Grant read log.
    pub read_log: bool,
    /// Grant read information.
    pub read_information: bool,
    /// Grant settings.
    pub settings: bool,
    /// Grant read resource.
    pub read_resource: bool,
    /// Grant write resource.
    pub write_resource: bool,
}

impl Permissions {
    /// What collecting needs, and nothing else.
    pub const COLLECTING: Self = Self {
        read_log: true,
        read_information: true,
        settings: false,
        read_resource: false,
        write_resource: false,
    };
}

/// Whether an organisation has a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// It answers.
    #[default]
    Available,
    /// 403: the plan lacks it.
    Forbidden,
    /// 404: it is no longer served.
    Retired,
}

/// One organisation with its application and its records.
#[derive(Debug)]
pub struct Organisation {
    /// Its name, as an Accounts API parent sees it.
    pub name: String,
    /// The integration key of its application.
    pub integration_key: String,
    /// The secret key of its application.
    pub secret_key: String,
    /// Its account, "DA…".
    pub account_id: String,
    /// What its application is.
    pub kind: Kind,
    /// What its application may do.
    pub permissions: Permissions,
    /// Its users, each one JSON object.
    pub users: Vec<Box<str>>,
    availability: BTreeMap<LogType, Availability>,
    logs: BTreeMap<LogType, Log>,
}

impl Organisation {
    /// An organisation with an Admin API application that may collect and nothing else.
    pub fn new(name: &str, integration_key: &str, secret_key: &str, account_id: &str) -> Self {
        Self {
            name: name.to_owned(),
            integration_key: integration_key.to_owned(),
            secret_key: secret_key.to_owned(),
            account_id: account_id.to_owned(),
            kind: Kind::Admin,
            permissions: Permissions::COLLECTING,
            users: Vec::new(),
            availability: BTreeMap::new(),
            logs: LogType::ALL.into_iter().map(|log_type| (log_type, Log::new(log_type))).collect(),
        }
    }

    /// Opens, forbids or retires a log.
    pub fn set_availability(&mut self, log_type: LogType, availability: Availability) {
        self.availability.insert(log_type, availability);
    }

    /// Whether the organisation has a log.
    pub fn availability(&self, log_type: LogType) -> Availability {
        self.availability.get(&log_type).copied().unwrap_or_default()
    }

    pub(super) fn log(&self, log_type: LogType) -> Option<&Log> {
        self.logs.get(&log_type)
    }

    fn log_mut(&mut self, log_type: LogType) -> &mut Log {
        self.logs.entry(log_type).or_insert_with(|| Log::new(log_type))
    }
}

/// Duo's clock: this computer's, shifted or stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    offset_millis: i64,
    frozen: Option<UnixMillis>,
}

impl Clock {
    /// What Duo thinks the time is.
    pub fn now(&self) -> UnixMillis {
        self.frozen.unwrap_or(UnixMillis(UnixMillis::now().0.saturating_add(self.offset_millis)))
    }

    /// Runs this far ahead of this computer's clock; a negative number is behind it.
    pub const fn run_ahead(&mut self, offset_millis: i64) {
        *self = Self { offset_millis, frozen: None };
    }

    /// Stands still at an instant.
    pub const fn freeze(&mut self, at: UnixMillis) {
        self.frozen = Some(at);
    }

    /// Moves on by a span, running or frozen.
    pub fn advance(&mut self, span: Duration) {
        match &mut self.frozen {
            Some(at) => *at = at.plus(span),
            None => {
                self.offset_millis = UnixMillis(self.offset_millis).plus(span).0;
            }
        }
    }
}

/// How many calls one endpoint takes from one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls within a window.
    pub calls: u32,
    /// The window, by this computer's own clock: Duo's may stand still in a test.
    pub window: Duration,
    /// Whether a refusal says how long to wait.
    pub retry_after: bool,
}

impl RateLimit {
    /// So many calls a minute, without a word about waiting.
    pub const fn per_minute(calls: u32) -> Self {
        Self { calls, window: Duration::from_secs(60), retry_after: false }
    }
}

/// How many records a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSizes {
    /// v2 logs, when the request names no limit.
    pub default: usize,
    /// v2 logs, at most.
    pub max: usize,
    /// Trust Monitor, when the request names no limit.
    pub trust_monitor_default: usize,
    /// Trust Monitor, at most.
    pub trust_monitor_max: usize,
    /// v1 logs, always.
    pub v1: usize,
}

impl Default for PageSizes {
    fn default() -> Self {
        Self {
            default: 100,
            max: 1000,
            trust_monitor_default: 50,
            trust_monitor_max: 200,
            v1: 1000,
        }
    }
}

/// When a last page names a cursor although nothing follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastPage {
    /// Whenever it holds a record.
    Always,
    /// Never.
    Never,
    /// When it is full.
    #[default]
    WhenFull,
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method, in upper case.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The parameters, decoded.
    pub params: Vec<(String, String)>,
    /// The status of the answer; 0 when none was given.
    pub status: u16,
    /// When, by Duo's clock.
    pub at: UnixMillis,
}

impl Seen {
    /// The value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Everything the look-alike knows.
#[derive(Debug)]
pub struct World {
    /// The organisations, found by integration key or account.
    pub organisations: Vec<Organisation>,
    /// Duo's clock.
    pub clock: Clock,
    /// How far the date of a request may be off. Duo does not publish it; ±5 minutes is told.
    pub clock_tolerance: Duration,
    /// How long new records of the v2 logs and of offline enrollment stay hidden.
    pub hide: Duration,
    /// Limits by path; the empty path is the limit of all others. None by default.
    pub rate_limits: BTreeMap<String, RateLimit>,
    /// What goes wrong.
    pub faults: Faults,
    /// How many records a page holds.
    pub page_sizes: PageSizes,
    /// When a last page names a cursor although nothing follows.
    pub last_page: LastPage,
    /// Whether answers are compressed for clients that take it.
    pub gzip: bool,
    /// Whether a signature is good only once.
    pub refuse_reused_signatures: bool,
    pub(super) api_hostname: String,
    pub(super) used_signatures: BTreeSet<String>,
    calls: BTreeMap<(String, String), VecDeque<Instant>>,
    requests: VecDeque<Seen>,
    counts: BTreeMap<String, u64>,
    live: Option<Live>,
}

/// An organisation that goes on living while the server runs.
#[derive(Debug)]
struct Live {
    seed: u64,
    people: usize,
    sign_ins_per_day: usize,
    until: UnixMillis,
}

impl Default for World {
    fn default() -> Self {
        Self {
            organisations: Vec::new(),
            clock: Clock::default(),
            clock_tolerance: Duration::from_secs(300),
            hide: Duration::from_secs(120),
            rate_limits: BTreeMap::new(),
            faults: Faults::default(),
            page_sizes: PageSizes::default(),
            last_page: LastPage::default(),
            gzip: true,
            refuse_reused_signatures: false,
            api_hostname: String::new(),
            used_signatures: BTreeSet::new(),
            calls: BTreeMap::new(),
            requests: VecDeque::new(),
            counts: BTreeMap::new(),
            live: None,
        }
    }
}

impl World {
    /// One organisation without records, ready to be collected from with [`INTEGRATION_KEY`] and
    /// [`SECRET_KEY`].
    pub fn single() -> Self {
        let organisation =
            Organisation::new("Example Industries", INTEGRATION_KEY, SECRET_KEY, ACCOUNT_ID);
        Self { organisations: vec![organisation], ..Self::default() }
    }

    /// One organisation with two weeks of history, some records that appear late, and new ones
    /// for as long as the server runs.
    pub fn demo(now: UnixMillis) -> Self {
        const SEED: u64 = 20_261_122;
        let mut world = Self::single();
        // The live part is busier than the history, so that something happens while one looks.
        let live = Live { seed: SEED, people: 120, sign_ins_per_day: 3000, until: now };
        let from = UnixMillis(now.0 - 14 * DAY_MILLIS);
        let invented = organisation::invent(SEED, from, now, live.people, 470);
        let hour_ago = now.minus(Duration::from_secs(3600));
        let models = invented.last_before(LogType::Authentication, hour_ago, 4);
        world.settle_in(INTEGRATION_KEY, invented);
        for (minutes, model) in [1, 3, 6, 11].into_iter().zip(models) {
            // The same moment told again would be a repeat; a new id makes it a record of its own.
            let body = organisation::with_id(&model.body, &organisation::fresh_id(SEED + minutes));
            let visible_at = now.plus(Duration::from_secs(60 * minutes));
            let log_type = LogType::Authentication;
            world.publish_late(INTEGRATION_KEY, log_type, model.at, body, visible_at);
        }
        world.live = Some(live);
        world.tick(now);
        world
    }

    /// Publishes all that was invented for an organisation.
    ///
    /// # Panics
    /// When no organisation has this key or account.
    pub fn settle_in(&mut self, org: &str, invented: Invented) {
        let (records, users) = invented.into_parts();
        for (log_type, records) in records {
            self.publish_many(org, log_type, records);
        }
        // The same people every time: a later stretch of their lives brings no new ones.
        let known = &mut self.organisation_mut(org).users;
        if known.is_empty() {
            *known = users;
        }
    }

    /// Invents what happens next, where an organisation lives on. Called before every answer.
    pub fn tick(&mut self, now: UnixMillis) {
        let Some(live) = &mut self.live else { return };
        if live.until > now.plus(LIVE_AHEAD / 2) {
            return;
        }
        let (from, until) = (live.until, now.plus(LIVE_AHEAD));
        live.until = until;
        let invented =
            organisation::invent(live.seed, from, until, live.people, live.sign_ins_per_day);
        self.settle_in(INTEGRATION_KEY, invented);
    }

    /// Publishes a record; it shows once it is old enough.
    ///
    /// # Panics
    /// When no organisation has this key or account.
    pub fn publish(
        &mut self,
        org: &str,
        log_type: LogType,
        at: UnixMillis,
        body: impl Into<Box<str>>,
    ) {
        let record = Published { at, body: body.into() };
        self.organisation_mut(org).log_mut(log_type).publish(record);
    }

    /// Publishes a record that shows no earlier than `visible_at`.
    ///
    /// # Panics
    /// When no organisation has this key or account.
    pub fn publish_late(
        &mut self,
        org: &str,
        log_type: LogType,
        at: UnixMillis,
        body: impl Into<Box<str>>,
        visible_at: UnixMillis,
    ) {
        let record = Published { at, body: body.into() };
        self.organisation_mut(org).log_mut(log_type).publish_late(record, visible_at);
    }

    /// Publishes many records at once, in any order.
    ///
    /// # Panics
    /// When no organisation has this key or account.
    pub fn publish_many(
        &mut self,
        org: &str,
        log_type: LogType,
        records: impl IntoIterator<Item = Published>,
    ) {
        self.organisation_mut(org).log_mut(log_type).publish_many(records);
    }

    /// The records of a log that may be seen by now, oldest first.
    pub fn records(&mut self, org: &str, log_type: LogType) -> Vec<String> {
        let now = self.clock.now();
        self.prepare(now);
        let newest = self.newest(log_type, now);
        let window = super::records::Window { since: i64::MIN, until: i64::MAX };
        self.organisation(org)
            .and_then(|organisation| organisation.log(log_type))
            .map(|log| log.window(window, newest))
            .unwrap_or_default()
            .iter()
            .map(|record| String::from(&*record.body))
            .collect()
    }

    /// Everything ever published to a log, seen or not.
    pub fn published(&self, org: &str, log_type: LogType) -> Vec<Published> {
        self.organisation(org)
            .and_then(|organisation| organisation.log(log_type))
            .map(|log| log.all().cloned().collect())
            .unwrap_or_default()
    }

    /// Adds a rule by which something goes wrong.
    pub fn inject(&mut self, rule: Rule) {
        self.faults.add(rule);
    }

    /// An organisation by integration key or account.
    pub fn organisation(&self, org: &str) -> Option<&Organisation> {
        self.organisations
            .iter()
            .find(|known| known.integration_key == org || known.account_id == org)
    }

    /// An organisation by integration key or account.
    ///
    /// # Panics
    /// When there is none.
    pub fn organisation_mut(&mut self, org: &str) -> &mut Organisation {
        self.organisations
            .iter_mut()
            .find(|known| known.integration_key == org || known.account_id == org)
            .unwrap_or_else(|| panic!("no organisation has the key or account {org}"))
    }

    /// The requests answered so far, oldest first; the oldest of very many are forgotten.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &Seen> {
        self.requests.iter()
    }

    /// How many requests a path has had.
    pub fn request_count(&self, path: &str) -> u64 {
        self.counts.get(path).copied().unwrap_or_default()
    }

    /// Forgets the requests so far, and their counts.
    pub fn forget_requests(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }

    pub(super) fn remember(&mut self, seen: Seen) {
        *self.counts.entry(seen.path.clone()).or_default() += 1;
        if self.requests.len() >= REMEMBERED_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(seen);
    }

    /// Brings the records up to an instant.
    pub(super) fn prepare(&mut self, now: UnixMillis) {
        self.tick(now);
        for log in self.organisations.iter_mut().flat_map(|known| known.logs.values_mut()) {
            log.settle(now);
        }
    }

    /// The time of the youngest record of a log that may be seen.
    pub(super) fn newest(&self, log_type: LogType, now: UnixMillis) -> UnixMillis {
        match log_type {
            LogType::Authentication
            | LogType::Activity
            | LogType::Telephony
            | LogType::OfflineEnrollment => now.minus(self.hide),
            LogType::Administrator | LogType::TrustMonitor => now,
        }
    }

    /// Counts a call; the wait in seconds when it is one too many.
    pub(super) fn count_call(&mut self, account: &str, path: &str) -> Result<(), Option<u64>> {
        let Some(limit) = self.rate_limits.get(path).or_else(|| self.rate_limits.get("")) else {
            return Ok(());
        };
        let limit = *limit;
        let now = Instant::now();
        let calls = self.calls.entry((account.to_owned(), path.to_owned())).or_default();
        while calls.front().is_some_and(|first| now.duration_since(*first) >= limit.window) {
            calls.pop_front();
        }
        if calls.len() < limit.calls as usize {
            calls.push_back(now);
            return Ok(());
        }
        let oldest = calls.front().copied().unwrap_or(now);
        let wait = limit.window.saturating_sub(now.duration_since(oldest));
        Err(limit.retry_after.then(|| wait.as_secs() + 1))
    }
}

/// The world as server and test share it.
#[derive(Clone, Debug)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    pub(super) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Looks at the world, or changes it, between two requests.
    pub fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        // A test that panics while it holds the world must not hide its own failure.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_794_800_000_000);

    fn world() -> World {
        let mut world = World::single();
        world.clock.freeze(NOW);
        world
    }

    #[test]
    fn the_keys_have_the_form_of_duos() {
        assert_eq!(INTEGRATION_KEY.len(), 20);
        assert!(INTEGRATION_KEY.starts_with("DI"));
        assert_eq!(SECRET_KEY.len(), 40);
        assert!(SECRET_KEY.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(ACCOUNT_ID.len(), 20);
    }

    #[test]
    fn records_show_when_duos_rules_allow() {
        let mut world = world();
        let seconds_ago = |secs| NOW.minus(Duration::from_secs(secs));
        for log_type in LogType::ALL {
            world.publish(INTEGRATION_KEY, log_type, seconds_ago(120), "{\"n\":1}");
            world.publish(INTEGRATION_KEY, log_type, seconds_ago(119), "{\"n\":2}");
        }
        for log_type in LogType::ALL {
            let at_once = matches!(log_type, LogType::Administrator | LogType::TrustMonitor);
            let expected = if at_once { 2 } else { 1 };
            assert_eq!(world.records(INTEGRATION_KEY, log_type).len(), expected, "{log_type}");
        }
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.records(INTEGRATION_KEY, LogType::Activity).len(), 2);
    }

    #[test]
    fn a_rate_limit_counts_by_account_and_path() {
        let mut world = world();
        let limit = RateLimit { retry_after: true, ..RateLimit::per_minute(2) };
        world.rate_limits.insert("/a".into(), limit);
        assert_eq!(world.count_call("DA1", "/a"), Ok(()));
        assert_eq!(world.count_call("DA1", "/a"), Ok(()));
        assert_eq!(world.count_call("DA2", "/a"), Ok(()));
        assert_eq!(world.count_call("DA1", "/b"), Ok(()));
        assert!(matches!(world.count_call("DA1", "/a"), Err(Some(59..=61))));
    }

    #[test]
    fn the_demo_has_two_weeks_of_history_and_goes_on_living() {
        let mut world = World::demo(NOW);
        world.clock.freeze(NOW);
        let before = world.records(INTEGRATION_KEY, LogType::Authentication).len();
        assert!((4000..8000).contains(&before), "{before}");
        for log_type in LogType::ALL {
            assert!(!world.records(INTEGRATION_KEY, log_type).is_empty(), "{log_type}");
        }
        world.clock.advance(Duration::from_secs(12 * 3600));
        let after = world.records(INTEGRATION_KEY, LogType::Authentication).len();
        assert!(after > before + 200, "{before} then {after}");
    }
}
