//! Everything the look-alike knows: organizations, their records, Duo's clock, and how it
//! misbehaves. Tests and the demo change it while the server runs.
//!
//! Promises: all keys, names and addresses in it are invented; a change is seen by the next
//! request.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use super::faults::{Faults, Rule};
use super::invention::{self, Invented};
use super::organisation::Organisation;
use super::rate_limit::RateLimits;
use super::records::{Published, Window};
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

/// How far ahead of the clock a living organization is invented.
const LIVE_AHEAD: Duration = Duration::from_secs(6 * 3600);

/// The size of the organization in the demo.
const DEMO_PEOPLE: usize = 120;
const DEMO_SIGN_INS_PER_DAY: usize = 470;

/// In the demo somebody signs in this often while one looks, also on a Sunday night.
const STEADY_EVERY: Duration = Duration::from_secs(20);

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
    /// The organizations, found by integration key or account.
    pub organisations: Vec<Organisation>,
    /// Duo's clock.
    pub clock: Clock,
    /// How far the date of a request may be off. Duo does not publish it; ±5 minutes is told.
    pub clock_tolerance: Duration,
    /// How long new records of the v2 logs and of offline enrollment stay hidden.
    pub hide: Duration,
    /// How many calls are taken; any number by default.
    pub rate_limits: RateLimits,
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
    requests: VecDeque<Seen>,
    counts: BTreeMap<String, u64>,
    live: Option<Live>,
}

/// An organization that goes on living while the server runs.
#[derive(Debug)]
struct Live {
    seed: u64,
    until: UnixMillis,
    steady_until: UnixMillis,
}

impl Default for World {
    fn default() -> Self {
        Self {
            organisations: Vec::new(),
            clock: Clock::default(),
            clock_tolerance: Duration::from_secs(300),
            hide: Duration::from_secs(120),
            rate_limits: RateLimits::default(),
            faults: Faults::default(),
            page_sizes: PageSizes::default(),
            last_page: LastPage::default(),
            gzip: true,
            refuse_reused_signatures: false,
            api_hostname: String::new(),
            used_signatures: BTreeSet::new(),
            requests: VecDeque::new(),
            counts: BTreeMap::new(),
            live: None,
        }
    }
}

impl World {
    /// One organization without records, ready to be collected from with [`INTEGRATION_KEY`] and
    /// [`SECRET_KEY`].
    pub fn single() -> Self {
        let organisation =
            Organisation::new("Example Industries", INTEGRATION_KEY, SECRET_KEY, ACCOUNT_ID);
        Self { organisations: vec![organisation], ..Self::default() }
    }

    /// One organization with two weeks of history, some records that appear late, and new ones
    /// for as long as the server runs.
    pub fn demo(now: UnixMillis) -> Self {
        const SEED: u64 = 20_261_122;
        let mut world = Self::single();
        let from = UnixMillis(now.0 - 14 * DAY_MILLIS);
        let invented = invention::invent(SEED, from, now, DEMO_PEOPLE, DEMO_SIGN_INS_PER_DAY);
        let hour_ago = now.minus(Duration::from_secs(3600));
        let models = invented.last_before(LogType::Authentication, hour_ago, 4);
        world.settle_in(INTEGRATION_KEY, invented);
        for (minutes, model) in [1, 3, 6, 11].into_iter().zip(models) {
            // The same moment told again would be a repeat; a new id makes it a record of its own.
            let body = invention::with_id(&model.body, &invention::fresh_id(SEED + minutes));
            let visible_at = now.plus(Duration::from_secs(60 * minutes));
            let log_type = LogType::Authentication;
            world.publish_late(INTEGRATION_KEY, log_type, model.at, body, visible_at);
        }
        // The steady stream begins a little before, so that the first look finds something new.
        let steady_from = now.minus(Duration::from_secs(600));
        world.live = Some(Live { seed: SEED, until: now, steady_until: steady_from });
        world.tick(now);
        world
    }

    /// Publishes all that was invented for an organization.
    ///
    /// # Panics
    /// When no organization has this key or account.
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

    /// Invents what happens next, where an organization lives on. Called before every answer.
    pub fn tick(&mut self, now: UnixMillis) {
        let Some(live) = &mut self.live else { return };
        if live.until > now.plus(LIVE_AHEAD / 2) {
            return;
        }
        let Live { seed, until: from, steady_until: steady_from } = *live;
        let until = now.plus(LIVE_AHEAD);
        *live = Live { seed, until, steady_until: until };
        let invented = invention::invent(seed, from, until, DEMO_PEOPLE, DEMO_SIGN_INS_PER_DAY);
        self.settle_in(INTEGRATION_KEY, invented);
        let stream = invention::steady(seed, steady_from, until, DEMO_PEOPLE, STEADY_EVERY);
        self.publish_many(INTEGRATION_KEY, LogType::Authentication, stream);
    }

    /// Publishes a record; it shows once it is old enough.
    ///
    /// # Panics
    /// When no organization has this key or account.
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
    /// When no organization has this key or account.
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
    /// When no organization has this key or account.
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
        let window = Window { since: i64::MIN, until: i64::MAX };
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

    /// An organization by integration key or account.
    pub fn organisation(&self, org: &str) -> Option<&Organisation> {
        self.organisations
            .iter()
            .find(|known| known.integration_key == org || known.account_id == org)
    }

    /// An organization by integration key or account.
    ///
    /// # Panics
    /// When there is none.
    pub fn organisation_mut(&mut self, org: &str) -> &mut Organisation {
        self.organisations
            .iter_mut()
            .find(|known| known.integration_key == org || known.account_id == org)
            .unwrap_or_else(|| panic!("no organization has the key or account {org}"))
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
        for organisation in &mut self.organisations {
            organisation.settle(now);
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
        assert!(after > before + 2000, "{before} then {after}");
    }
}
