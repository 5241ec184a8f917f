//! The collector ended at the worst of moments: killed without a warning, or asked to stop.

use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{
    Fault, INTEGRATION_KEY, Published, Rule, World, bulk_authentication,
};

use crate::support::collector::Collector;
use crate::support::lab::{Lab, this_second};
use crate::support::records::record;

const RECORDS: usize = 30_000;

/// How often the collector is killed.
const KILLS: usize = 20;

#[test]
fn a_collector_killed_again_and_again_loses_nothing_and_stores_nothing_twice() {
    let lab = Lab::new(large_world());
    // Pages take their time, so that a kill finds something under way.
    lab.inject(Rule::new(Fault::SlowBody(Duration::from_millis(60))));
    let mut chance = fastrand::Rng::new();
    let seed = chance.get_seed();
    let mut before = 0;
    let mut under_way = 0;
    for kill in 0..KILLS {
        let collector = Collector::start(lab.command(&["collect", "--unsafe-poll-interval"]), &lab);
        if chance.bool() && before < RECORDS as u64 {
            // However slow this computer is, records are on their way now.
            collector.wait_until("more records are stored", || count(&lab) > before);
        }
        std::thread::sleep(Duration::from_millis(chance.u64(0..150)));
        collector.kill();
        let stored = count(&lab);
        assert!(stored >= before, "kill {kill} of seed {seed}: {before} records, then {stored}");
        under_way += usize::from((1..RECORDS as u64).contains(&stored));
        before = stored;
        assert_sound(&lab);
    }
    assert!(under_way >= 2, "only {under_way} kills of seed {seed} struck while records came");
    lab.world(|world| world.faults.clear());
    lab.run_collect();
    lab.assert_complete();
    assert_sound(&lab);
    assert_eq!(lab.status(LogType::Authentication).records, RECORDS as u64);
}

#[test]
fn a_first_start_killed_at_any_moment_does_not_spoil_the_next() {
    let lab = Lab::new(small_world());
    for millis in (0..48).step_by(4) {
        for file in [lab.home.store_file(), lab.home.lock_file()] {
            let _ = std::fs::remove_file(file);
        }
        let collector = Collector::start(lab.command(&["collect"]), &lab);
        std::thread::sleep(Duration::from_millis(millis));
        collector.kill();
        lab.run_collect();
        lab.assert_complete();
    }
}

#[test]
fn asked_to_stop_the_collector_ends_well_wherever_it_is() {
    let lab = Lab::new(large_world());
    lab.inject(Rule::new(Fault::SlowBody(Duration::from_millis(30))).with_probability(0.5));
    for millis in [0, 100, 300] {
        let mut collector = Collector::start(lab.command(&["collect"]), &lab);
        collector.wait_until_running();
        std::thread::sleep(Duration::from_millis(millis));
        let status = collector.terminate();
        assert_eq!(status.code(), Some(0), "after {millis} ms: {}", collector.said());
        assert_sound(&lab);
    }
    // Also while Duo does not answer at all.
    lab.inject(Rule::new(Fault::Hang(Duration::from_secs(60))));
    let mut collector = Collector::start(lab.command(&["collect"]), &lab);
    collector.wait_until_running();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(collector.terminate().code(), Some(0), "{}", collector.said());

    let mut once = Collector::start(lab.command(&["collect", "--once"]), &lab);
    once.wait_until_running();
    assert_eq!(once.terminate().code(), Some(1), "{}", once.said());
    assert!(once.said().contains("the next run goes on from there"), "{}", once.said());

    lab.world(|world| world.faults.clear());
    lab.run_collect();
    lab.assert_complete();
}

#[test]
fn a_running_collector_stores_what_appears() {
    let lab = Lab::new(small_world());
    let mut collector = Collector::start(lab.command(&["collect", "--unsafe-poll-interval"]), &lab);
    collector.wait_until("the history is stored", || count(&lab) == 50);
    let at = UnixMillis(this_second().0 - 130_000);
    lab.world(|world| {
        world.clock.advance(Duration::from_secs(30));
        let body = record(LogType::Authentication, at, 51);
        world.publish(INTEGRATION_KEY, LogType::Authentication, UnixMillis(at.0 + 25_000), body);
    });
    collector.wait_until("the new record is stored", || count(&lab) == 51);
    lab.assert_log_complete(LogType::Authentication);
    assert_eq!(collector.terminate().code(), Some(0));
}

fn large_world() -> World {
    let mut world = World::single();
    let now = this_second();
    let (from, until) = (UnixMillis(now.0 - 20 * DAY_MILLIS), UnixMillis(now.0 - 600_000));
    let records = bulk_authentication(8, RECORDS, from, until);
    world.publish_many(INTEGRATION_KEY, LogType::Authentication, records);
    publish_some(&mut world, LogType::Administrator, 3000);
    world
}

fn small_world() -> World {
    let mut world = World::single();
    publish_some(&mut world, LogType::Authentication, 50);
    world
}

fn publish_some(world: &mut World, log_type: LogType, records: i64) {
    let start = this_second().0 - 5 * DAY_MILLIS;
    let records = (0..records).map(|n| {
        let at = UnixMillis(start + n / 4 * 1000);
        Published { at, body: record(log_type, at, n as u64).into() }
    });
    world.publish_many(INTEGRATION_KEY, log_type, records);
}

/// How many authentication records are stored.
fn count(lab: &Lab) -> u64 {
    let mut statuses = lab.statuses().into_iter();
    let found = statuses.find(|status| status.log_type == LogType::Authentication);
    found.map_or(0, |status| status.records)
}

/// SQLite finds nothing wrong with the store, and its counts are those of its rows.
#[track_caller]
fn assert_sound(lab: &Lab) {
    if !lab.home.store_file().exists() {
        return;
    }
    let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
    store.busy_timeout(Duration::from_secs(5)).unwrap();
    let verdict: String =
        store.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let version: i64 = store.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    if version == 0 {
        return;
    }
    let wrong: i64 = store
        .query_row(
            "SELECT count(*) FROM feed f
             WHERE records <> (SELECT count(*) FROM event e WHERE e.feed = f.id)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(wrong, 0, "logs whose count is not the number of their records");
}
