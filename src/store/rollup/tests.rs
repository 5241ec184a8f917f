use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{self, Lab, record};
use super::super::{Event, EventQuery};
use super::*;
use crate::base::units::DAY_MILLIS;
use crate::status::Position;

/// How often a hundred records are stored, and how many days they lie apart at most.
const PAGES: u64 = 12;
const DAYS: i64 = 50;

struct History {
    lab: Lab,
    chance: fastrand::Rng,
    start: UnixMillis,
    next: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let start = UnixMillis::now().minus(Duration::from_secs(DAYS as u64 * 86_400));
        Self { lab: Lab::new(), chance: fastrand::Rng::with_seed(seed), start, next: 0 }
    }

    fn time(&mut self) -> i64 {
        self.start.0 + self.chance.i64(0..DAYS * DAY_MILLIS)
    }

    fn one_of(&mut self, texts: &[&str]) -> Option<String> {
        self.chance.choice(texts).filter(|text| !text.is_empty()).map(|text| (*text).to_owned())
    }

    fn record(&mut self, id: u64) -> Value {
        let time = self.time();
        let columns = json!({
            "user": self.one_of(&["zoë", "ana", "bo", "", "Admin Panel"]),
            "action": self.one_of(&["authentication", "user_create", ""]),
            "result": self.one_of(&["success", "success", "denied", "fraud", ""]),
            "reason": self.one_of(&["user_approved", "no_response", ""]),
            "factor": self.one_of(&["duo_push", "passcode", ""]),
            "application": self.one_of(&["VPN", "Admin Panel", ""]),
            "target": self.one_of(&["+17345550100", ""]),
            "country": self.one_of(&["Canada", "Poland", ""]),
            "amount": self.chance.bool().then(|| self.chance.i64(0..5)),
        });
        record(id, time, columns)
    }

    fn store_pages(&mut self) {
        for _ in 0..PAGES {
            let log_type = self.chance.choice(LogType::ALL).unwrap();
            let first = self.next;
            self.next += 100;
            let page: Vec<Value> = (first..self.next).map(|id| self.record(id)).collect();
            let late = self.chance.bool().then(|| UnixMillis(self.time()));
            let reached = UnixMillis::now();
            self.lab.store(log_type, &page, |job| {
                job.late_before = late;
                job.replaces = true;
                job.position = Some(Position::Since { from: reached.floor_secs() });
            });
            // Some of them come back, changed in everything but id and time.
            let changed: Vec<Value> = page
                .iter()
                .filter(|_| self.chance.u8(..10) == 0)
                .cloned()
                .collect::<Vec<_>>()
                .into_iter()
                .map(|old| {
                    let mut new = self.record(0);
                    new["txid"] = old["txid"].clone();
                    new["time"] = old["time"].clone();
                    new
                })
                .collect();
            let before = self.lab.reader().pending(0).unwrap();
            let stored = self.lab.store(log_type, &changed, |job| job.replaces = true);
            assert_eq!(stored.stored, 0);
            assert_eq!(self.lab.reader().pending(0).unwrap(), before + stored.changed);
        }
    }

    fn check(&mut self) {
        for _ in 0..6 {
            let (mut since, mut until) = (self.time(), self.time());
            match self.chance.u8(..4) {
                0 => until = since + self.chance.i64(0..2 * HOUR),
                1 => (since, until) = (i64::MIN, i64::MAX),
                2 => since = since.div_euclid(HOUR) * HOUR,
                _ => {}
            }
            let mut scope = Scope {
                account: None,
                log_types: Vec::new(),
                since: UnixMillis(since.min(until)),
                until: UnixMillis(until.max(since)),
            };
            if self.chance.bool() {
                scope.log_types = vec![self.chance.choice(LogType::ALL).unwrap()];
            }
            check(&self.lab.reader(), &scope);
        }
    }
}

/// Counts by day and by value and kind.
type Told = BTreeMap<(i64, String), Counts>;

/// Tells where two countings first differ, not all of them.
#[track_caller]
fn same(told: &Told, counted: &Told) {
    let first = |a: &Told, b: &Told| {
        a.iter().find(|(key, counts)| b.get(key) != Some(counts)).map(|(k, c)| (k.clone(), *c))
    };
    assert_eq!(first(told, counted), first(counted, told));
}

/// The sums are what counting the records one by one gives.
#[track_caller]
fn check(reader: &Reader, scope: &Scope) {
    let mut over_time = Told::new();
    let mut ranked: BTreeMap<&str, Told> = BTreeMap::new();
    let fields = [
        ("user", Field::User),
        ("reason", Field::Reason),
        ("factor", Field::Factor),
        ("application", Field::Application),
        ("target", Field::Target),
        ("country", Field::Country),
    ];
    let day = |time: i64| time.div_euclid(DAY_MILLIS);
    let name = |value: &str, kind: &Kind| format!("{value} {kind:?}");
    let each = |event: Event<'_>| {
        let value: Value = serde_json::from_slice(event.raw).unwrap();
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let kind = Kind {
            account: event.account.to_owned(),
            log_type: event.log_type,
            categories: event.categories,
            action: text("action"),
            result: text("result"),
        };
        let amount = value["amount"].as_i64().unwrap_or(0);
        let counts = Counts { records: 1, late: i64::from(event.late), amount };
        over_time.entry((day(event.time.0), name("", &kind))).or_default().add(counts);
        let plain = event.log_type == LogType::Authentication;
        for (field, _) in fields {
            let counted = match field {
                "user" => {
                    !plain || kind.result != "success" || text("application") == "Admin Panel"
                }
                "target" => !plain,
                _ => true,
            };
            if counted && !text(field).is_empty() {
                let told = ranked.entry(field).or_default();
                let counts = Counts { late: 0, ..counts };
                told.entry((0, name(&text(field), &kind))).or_default().add(counts);
            }
        }
        ControlFlow::<()>::Continue(())
    };
    let query = EventQuery {
        log_types: scope.log_types.clone(),
        since: Some(scope.since),
        until: Some(scope.until),
        ..EventQuery::default()
    };
    reader.events(&query, each).unwrap();

    let first = day(UnixMillis::now().0) - 2 * DAYS;
    let starts: Vec<UnixMillis> =
        (first..first + 3 * DAYS).map(|day| UnixMillis(day * DAY_MILLIS)).collect();
    let series = reader.series(scope, &starts, &|_| true).unwrap();
    let told: Told = series
        .cells
        .iter()
        .map(|(step, kind, counts)| {
            ((day(starts[*step].0), name("", &series.kinds[*kind])), *counts)
        })
        .collect();
    same(&told, &over_time);

    for (field, as_field) in fields {
        let ranking = reader.ranking(scope, as_field, Measure::Records, None, &|_| true).unwrap();
        let mut told = Told::new();
        let mut total = Counts::default();
        for one in &ranking.values {
            let mut sum = Counts::default();
            for (kind, counts) in &one.parts {
                told.insert((0, name(&one.value, &ranking.kinds[*kind])), *counts);
                sum.add(*counts);
            }
            assert_eq!(sum, one.counts);
            total.add(sum);
        }
        same(&told, &ranked.remove(field).unwrap_or_default());
        assert_eq!(total, ranking.total);
        assert!(ranking.values.is_sorted_by_key(|one| -one.counts.records));
        let top = reader.ranking(scope, as_field, Measure::Amount, Some(2), &|_| true).unwrap();
        assert_eq!((top.total, top.distinct), (ranking.total, ranking.distinct));
        let largest = ranking.values.iter().map(|one| one.counts.amount).max();
        assert_eq!(top.values.first().map(|one| one.counts.amount), largest);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn sums_are_what_counting_one_by_one_gives(seed: u64) {
        let mut history = History::new(seed);
        history.store_pages();
        history.check();
        let turned = |log_type: LogType, columns: &crate::record::Columns<'_>| {
            tests::categories(log_type, columns).reverse_bits()
        };
        while !history.lab.writer.recategorize("turned", turned).unwrap().done {}
        history.check();
        let keep = Duration::from_secs(history.chance.u64(1..DAYS as u64 * 86_400));
        history.lab.writer.expire(keep).unwrap();
        history.check();
        // Sums of nothing do not stay.
        history.lab.writer.expire(Duration::ZERO).unwrap();
        let connection = &history.lab.writer.connection;
        for table in ["hourly", "ranking"] {
            let sql = format!("SELECT count(*) FROM {table}
                               WHERE feed NOT IN (SELECT feed FROM event)");
            let left: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
            prop_assert_eq!(left, 0, "{}", table);
        }
    }

    #[test]
    fn a_range_is_cut_into_pieces_without_gap_or_overlap(
        since in -40 * DAY_MILLIS..40 * DAY_MILLIS,
        span in 0..1000 * DAY_MILLIS,
    ) {
        let until = since + span;
        let scope = Scope {
            account: None,
            log_types: Vec::new(),
            since: UnixMillis(since),
            until: UnixMillis(until),
        };
        let pieces = Pieces::of(&scope);
        let mut ranges = pieces.rest.clone();
        for (level, from, to) in pieces.buckets() {
            let size: i64 = LEVELS.iter().take(level as usize + 1).product::<i64>() * HOUR;
            ranges.push((from * size, to * size - 1));
        }
        ranges.sort_unstable();
        let mut next = since;
        for (from, to) in ranges {
            prop_assert_eq!(from, next);
            prop_assert!(to >= from);
            next = to + 1;
        }
        prop_assert_eq!(next, until + 1);
    }
}
