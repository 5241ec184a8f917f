//! Random histories: whatever happens between the first round of collection and the last, the
//! store ends up with exactly what Duo shows, and never believes to be further than it is.
//!
//! A history is made from a seed, so a failing one can be told again:
//! `HISTORY_SEED=7 cargo test --test it random_histories`.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::pipeline::audit::audit;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{
    Fault, INTEGRATION_KEY, LastPage, Look, PageSizes, Published, Rule, World,
};

use crate::support::lab::{ACCOUNT, Lab, differences};
use crate::support::records::record;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// How many histories are told by each of the two tests.
const HISTORIES: u64 = 12;

/// More records than this never share a second of a log without cursors: what does not fit on a
/// page cannot be read from it by anybody.
const SAME_SECOND: usize = 7;

#[test]
fn whatever_happens_the_store_ends_up_with_what_duo_shows() {
    tell(0);
}

#[test]
fn whatever_happens_the_store_ends_up_with_what_duo_shows_again() {
    tell(1_000_000);
}

fn tell(first: u64) {
    if let Ok(seed) = std::env::var("HISTORY_SEED") {
        return History::new(seed.parse().unwrap()).unfold();
    }
    let start = first + UnixMillis::now().0.unsigned_abs() % 1_000_000;
    for seed in start..start + HISTORIES {
        History::new(seed).unfold();
    }
}

struct History {
    seed: u64,
    chance: fastrand::Rng,
    lab: Lab,
    /// When the last round ended, by Duo's clock.
    before: UnixMillis,
    now: UnixMillis,
    numbers: u64,
    /// Records that were published when their time had perhaps been read already.
    late: HashSet<String>,
    /// What happened, to be told when it ends badly.
    diary: Vec<String>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let ahead = chance.i64(-2 * HOUR..2 * HOUR);
        let now = UnixMillis(UnixMillis::now().0 + ahead);
        let mut world = World::single();
        world.clock.run_ahead(ahead);
        world.faults.seed(seed);
        world.gzip = chance.bool();
        world.last_page =
            [LastPage::Always, LastPage::Never, LastPage::WhenFull][chance.usize(..3)];
        if chance.u8(..4) > 0 {
            let max = chance.usize(1..30);
            world.page_sizes = PageSizes {
                default: max,
                max,
                trust_monitor_default: max,
                trust_monitor_max: max,
                v1: chance.usize(SAME_SECOND + 2..40),
            };
        }
        let diary = vec![format!("{:?} {:?}", world.page_sizes, world.last_page)];
        let lab = Lab::new(world);
        if chance.bool() {
            lab.change_settings("[network]", "history = \"20d\"\n\n[network]");
        }
        let before = UnixMillis(0);
        Self {
            seed,
            chance,
            lab,
            before,
            now,
            numbers: seed * 100_000,
            late: HashSet::new(),
            diary,
        }
    }

    fn unfold(mut self) {
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.live()));
        if let Err(panic) = told {
            eprintln!("history {}:\n  {}", self.seed, self.diary.join("\n  "));
            std::panic::resume_unwind(panic);
        }
    }

    fn live(&mut self) {
        self.publish_history();
        for _ in 0..self.chance.usize(1..5) {
            self.misbehave();
            self.collect_as_it_comes();
            self.lab.world(|world| world.faults.clear());
            self.nothing_before_the_positions_is_missing();
            self.time_passes();
        }
        self.diary.push("the last, clean round".to_owned());
        self.settle_down();
        self.lab.collect();
        self.everything_is_there();
    }

    /// What was there before the first round.
    fn publish_history(&mut self) {
        for log_type in LogType::ALL {
            let span = [10 * 60_000, HOUR, 10 * DAY][self.chance.usize(..3)];
            let from = UnixMillis(self.now.0 - span);
            let count = self.chance.usize(0..90);
            self.publish(log_type, count, from, self.now);
        }
    }

    /// Publishes records with many ties: the same millisecond, the same second, and the instants
    /// at which a window or the settled present may begin or end.
    fn publish(&mut self, log_type: LogType, count: usize, from: UnixMillis, until: UnixMillis) {
        let borders: Vec<i64> = self
            .lab
            .statuses()
            .iter()
            .filter_map(|status| Some(status.reached?.0))
            .chain([self.now.0 - 120_000])
            .flat_map(|border| [border - 1, border, border + 1])
            .filter(|border| (from.0..=until.0).contains(border))
            .collect();
        let mut at = from.0;
        let mut in_second = self.seconds_of(log_type);
        let mut records = Vec::new();
        for _ in 0..count {
            at = match self.chance.u8(..10) {
                0..4 => self.chance.i64(from.0..=until.0),
                4..6 => at,
                6 => (at / 1000 * 1000 + self.chance.i64(..1000)).clamp(from.0, until.0),
                7..9 if !borders.is_empty() => borders[self.chance.usize(..borders.len())],
                _ => (at + 1).min(until.0),
            };
            let is_v1 = matches!(log_type, LogType::Administrator | LogType::OfflineEnrollment);
            if is_v1 {
                at = at / 1000 * 1000;
                let second = in_second.iter().filter(|known| **known == at).count();
                if second >= SAME_SECOND {
                    continue;
                }
                in_second.push(at);
            }
            self.numbers += self.chance.u64(1..4);
            let body = record(log_type, UnixMillis(at), self.numbers);
            if at <= self.before.0 {
                self.late.insert(body.clone());
            }
            records.push(Published { at: UnixMillis(at), body: body.into() });
        }
        self.diary.push(format!("{} in {log_type}", records.len()));
        self.lab.world(|world| world.publish_many(INTEGRATION_KEY, log_type, records));
    }

    fn seconds_of(&self, log_type: LogType) -> Vec<i64> {
        let published = self.lab.world(|world| world.published(INTEGRATION_KEY, log_type));
        published.iter().map(|record| record.at.0 / 1000 * 1000).collect()
    }

    fn misbehave(&mut self) {
        let chance = &mut self.chance;
        for _ in 0..chance.usize(0..4) {
            let span = Duration::from_millis(chance.u64(1..60));
            let (fault, path) = match chance.u8(..18) {
                0 => (Fault::Status(500, Look::Json), "/"),
                1 => (Fault::Status(503, Look::Html), "/"),
                2 => (Fault::TooManyRequests(None), "/"),
                3 => (Fault::TooManyRequests(Some(1)), "/admin/v2/logs/telephony"),
                4 => (Fault::ResetBefore, "/"),
                5 => (Fault::ResetMidBody, "/"),
                6 => (Fault::TruncatedBody, "/"),
                7 => (Fault::HtmlInstead, "/"),
                8 => (Fault::EmptyBody, "/"),
                9 => (Fault::InvalidJson, "/"),
                10 => (Fault::SlowBody(span), "/"),
                11 => (Fault::Hang(span), "/"),
                12 => (Fault::TlsRefused, "/"),
                13 => (Fault::RepeatedCursor, "/"),
                // Where Duo does not count, an empty page is the end.
                14 => (Fault::EmptyPageWithOffset, "/admin/v2/"),
                15 => (Fault::CursorRefused, "/"),
                16 => (Fault::OversizedBody(chance.u64(..300_000)), "/"),
                _ => (Fault::NoTotal, "/admin/v2/logs/activity"),
            };
            let rule = Rule::new(fault).on(path).after(chance.u32(..6));
            let rule = if chance.bool() {
                rule.times(chance.u32(1..4))
            } else {
                rule.with_probability(0.02 + 0.2 * chance.f64())
            };
            self.diary.push(format!("{rule:?}"));
            self.lab.inject(rule);
        }
    }

    fn collect_as_it_comes(&mut self) {
        if self.chance.u8(..3) > 0 {
            let span = Duration::from_millis(self.chance.u64(5..250));
            let ended = self.lab.collect_for(span);
            self.diary.push(format!("a round of {span:?}, ended by itself: {ended}"));
        } else {
            self.lab.collect();
            self.diary.push("a whole round".to_owned());
        }
    }

    fn time_passes(&mut self) {
        let passed = [1, 500, 1000, 60_000, 119_999, 120_000, 120_001, HOUR.unsigned_abs()];
        let span = Duration::from_millis(passed[self.chance.usize(..passed.len())]);
        let (before, now) = self.lab.world(|world| {
            let before = world.clock.now();
            world.clock.advance(span);
            (before, world.clock.now())
        });
        (self.before, self.now) = (before, now);
        self.diary.push(format!("{span:?} pass"));
        for log_type in LogType::ALL {
            let count = self.chance.usize(0..25);
            self.publish(log_type, count, UnixMillis(before.0 + 1), now);
            if self.chance.u8(..3) == 0 {
                // Late, but not later than late records are looked for.
                let from = UnixMillis(now.0 - 16 * HOUR);
                let count = self.chance.usize(1..6);
                self.publish(log_type, count, from, before);
            }
        }
    }

    /// Everything published shows, and nobody has to wait for the clock any more.
    fn settle_down(&mut self) {
        self.lab.world(|world| world.clock.advance(Duration::from_secs(600)));
    }

    /// A position may be behind what is stored, never ahead of it.
    fn nothing_before_the_positions_is_missing(&self) {
        for status in self.lab.statuses() {
            let Some(reached) = status.reached else { continue };
            let log_type = status.log_type;
            let begins = status.begins.unwrap();
            let gaps = self.lab.gaps(log_type);
            let shown = self.shown(log_type, begins);
            let passed: Vec<String> = shown
                .into_iter()
                .filter(|record| record.at < reached)
                .filter(|record| {
                    !gaps.iter().any(|gap| (gap.since..=gap.until).contains(&record.at))
                })
                .map(|record| String::from(record.body))
                .filter(|body| !self.late.contains(body))
                .collect();
            let (missing, _) = differences(&self.lab.stored(log_type), &passed);
            assert!(missing.is_empty(), "{log_type} is not at {reached}: {missing:?}");
        }
    }

    /// What Duo shows of a log by now, from where its history begins here.
    fn shown(&self, log_type: LogType, begins: UnixMillis) -> Vec<Published> {
        let visible: BTreeSet<String> = self.lab.served(log_type).into_iter().collect();
        let published = self.lab.world(|world| world.published(INTEGRATION_KEY, log_type));
        published
            .into_iter()
            .filter(|record| record.at >= begins && visible.contains(&*record.body))
            .collect()
    }

    fn everything_is_there(&self) {
        let mut with_gaps = Vec::new();
        for log_type in LogType::ALL {
            if self.lab.gaps(log_type).is_empty() {
                self.lab.assert_log_complete(log_type);
            } else {
                with_gaps.push(log_type);
            }
            let status = self.lab.status(log_type);
            assert_eq!(status.records, self.lab.stored(log_type).len() as u64, "{log_type}");
        }
        if !with_gaps.is_empty() {
            // What could not be read is known, and found again by Duo's own counts.
            self.lab.with_tasks(async |task| audit(task, None, None, |_| {}).await.unwrap());
            for log_type in with_gaps {
                self.lab.assert_log_complete(log_type);
                // What is older than Duo can be asked for stays unproven.
                let oldest = UnixMillis(self.lab.world(|world| world.clock.now()).0 - 179 * DAY);
                let gaps = self.lab.gaps(log_type);
                assert!(gaps.iter().all(|gap| gap.until < oldest), "{log_type}: {gaps:?}");
            }
        }
        assert!(self.lab.statuses().iter().all(|status| status.account == ACCOUNT));
    }
}
