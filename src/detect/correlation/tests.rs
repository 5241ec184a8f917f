use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::base::UnixMillis;
use crate::detect::finding::Name;

const MINUTE: i64 = 60_000;

fn seen(feed: i64, time: i64) -> Seen {
    Seen { feed, time: UnixMillis(time), event: time, name: Name::new("x") }
}

fn count(at_least: usize) -> Correlation {
    Correlation {
        condition: Together::Count(at_least),
        inputs: vec![Input::Part(0)],
        span: 10 * MINUTE,
    }
}

/// Failures many within ten minutes, then a success within half an hour.
fn failures_then_success() -> Vec<Correlation> {
    let then = Correlation {
        condition: Together::Ordered,
        inputs: vec![Input::Correlation(0), Input::Part(1)],
        span: 30 * MINUTE,
    };
    vec![count(3), then]
}

/// Adds records (part, time, value) in the order given; tells the times of those that were named.
fn told(plan: &[Correlation], records: &[(usize, i64, u64)]) -> Vec<i64> {
    let mut group = Group::default();
    let mut told = Vec::new();
    for (part, time, value) in records {
        let found = group.add(plan, *part, |_| Some(*value), &seen(1, *time), false, i64::MIN);
        told.extend(found.records.iter().map(|seen| seen.time.0));
        assert_eq!(Group::read(&group.write()).as_ref(), Some(&group), "it is kept as it is");
    }
    told.sort_unstable();
    told
}

fn at_minutes(part: usize, minutes: &[i64]) -> Vec<(usize, i64, u64)> {
    minutes.iter().map(|minute| (part, minute * MINUTE, 0)).collect()
}

fn minutes(told: &[i64]) -> Vec<i64> {
    told.iter().map(|time| time / MINUTE).collect()
}

#[test]
fn so_many_within_the_span_are_told_and_those_that_follow() {
    let plan = [count(3)];
    assert_eq!(minutes(&told(&plan, &at_minutes(0, &[0, 5, 10]))), [0, 5, 10], "to the very end");
    assert_eq!(minutes(&told(&plan, &at_minutes(0, &[0, 5, 11]))), [0; 0]);
    assert_eq!(minutes(&told(&plan, &at_minutes(0, &[0, 5, 9, 14, 30]))), [0, 5, 9, 14]);
}

#[test]
fn a_late_record_completes_the_windows_it_belongs_to() {
    let plan = [count(3)];
    assert_eq!(minutes(&told(&plan, &at_minutes(0, &[0, 9, 20, 4]))), [0, 4, 9]);
    let much_later = [0, 9, 20 * 60, 4];
    assert_eq!(minutes(&told(&plan, &at_minutes(0, &much_later))), [0, 4, 9], "the same day");
}

#[test]
fn different_values_are_counted_once_each() {
    let plan = [Correlation { condition: Together::Values(2), ..count(0) }];
    assert_eq!(told(&plan, &[(0, 0, 7), (0, 1, 7), (0, 2, 7)]), [0; 0]);
    assert_eq!(told(&plan, &[(0, 0, 7), (0, 1, 7), (0, 2, 8)]), [0, 1, 2]);
}

#[test]
fn kinds_come_in_any_order_and_only_those_that_are_needed() {
    let kinds = |condition| {
        vec![Correlation {
            condition: Together::Kinds(condition),
            inputs: vec![Input::Part(0), Input::Part(1), Input::Part(2)],
            span: 10 * MINUTE,
        }]
    };
    let one = Kinds::One;
    let all = kinds(Kinds::All(vec![one(0), one(1), one(2)]));
    assert_eq!(told(&all, &[(2, 0, 0), (0, 1, 0)]), [0; 0]);
    assert_eq!(told(&all, &[(2, 0, 0), (0, 1, 0), (1, 2, 0)]), [0, 1, 2]);
    let either = kinds(Kinds::All(vec![one(0), Kinds::Any(vec![one(1), one(2)])]));
    assert_eq!(told(&either, &[(2, 0, 0), (0, 1, 0)]), [0, 1]);
}

#[test]
fn an_order_is_kept_and_a_correlation_can_be_part_of_it() {
    let plan = failures_then_success();
    let after = [&at_minutes(0, &[0, 1, 2])[..], &at_minutes(1, &[5])[..]].concat();
    assert_eq!(minutes(&told(&plan, &after)), [0, 1, 2, 5]);
    let before = [&at_minutes(0, &[3, 4, 6])[..], &at_minutes(1, &[5])[..]].concat();
    assert_eq!(minutes(&told(&plan, &before)), [0; 0], "the third failure came after the success");
    let few = [&at_minutes(0, &[0, 1])[..], &at_minutes(1, &[5])[..]].concat();
    assert_eq!(minutes(&told(&plan, &few)), [0; 0]);
    let late = [&at_minutes(0, &[0, 1, 2])[..], &at_minutes(1, &[40])[..]].concat();
    assert_eq!(minutes(&told(&plan, &late)), [0; 0], "too long after");
    let success_first = [&at_minutes(1, &[5])[..], &at_minutes(0, &[2, 1, 0])[..]].concat();
    assert_eq!(minutes(&told(&plan, &success_first)), [0, 1, 2, 5], "whatever arrives first");
}

#[test]
fn an_earlier_success_is_not_named_with_the_failures() {
    let plan = failures_then_success();
    let records =
        [&at_minutes(1, &[-3])[..], &at_minutes(0, &[0, 1, 2])[..], &at_minutes(1, &[5])[..]]
            .concat();
    assert_eq!(minutes(&told(&plan, &records)), [0, 1, 2, 5]);
}

#[test]
fn two_logs_records_of_one_act_count_once() {
    let plan = [count(3)];
    let mut group = Group::default();
    let mut add = |feed, time| group.add(&plan, 0, |_| Some(0), &seen(feed, time), true, i64::MIN);
    for time in [0, 1_000] {
        assert_eq!(add(1, time), Found::default());
        assert_eq!(add(2, time + 300), Found::default(), "the same act again");
    }
    let found = add(2, 20_300);
    assert_eq!(found.records.len(), 3);
    assert_eq!(found.twins.len(), 2, "told along with the records");
    let twin = add(1, 20_000);
    assert_eq!((twin.records.len(), twin.twins.len()), (0, 1), "told later");
}

#[test]
fn what_is_remembered_stays_small() {
    let plan = [count(3)];
    let mut group = Group::default();
    for time in 0..3_000 {
        group.add(&plan, 0, |_| Some(0), &seen(1, time), false, time - LATE);
    }
    assert!((HITS..=HITS + HITS / 3).contains(&group.windows[0].len()));
    group.add(&plan, 0, |_| Some(0), &seen(1, 10 * LATE), false, 9 * LATE);
    assert_eq!(group.windows[0].len(), 1, "a day is over");
}

/// Which records must be named, worked out from the whole set without any memory.
fn expected(plan: &[Correlation], records: &[(usize, i64, u64)]) -> BTreeSet<i64> {
    let within = |part: usize, from: i64, to: i64| {
        records.iter().filter(move |(p, t, _)| *p == part && (from..=to).contains(t))
    };
    let count = |end: i64| within(0, end - plan[0].span, end);
    let closes = |end: i64| match plan[0].condition {
        Together::Count(wanted) => count(end).count() >= wanted,
        Together::Values(wanted) => {
            count(end).map(|(_, _, value)| value).collect::<BTreeSet<_>>().len() >= wanted
        }
        _ => unreachable!(),
    };
    let ends = || records.iter().filter(|(part, time, _)| *part == 0 && closes(*time));
    let mut named = BTreeSet::new();
    if plan.len() == 1 {
        for (_, end, _) in ends() {
            named.extend(count(*end).map(|(_, time, _)| *time));
        }
    } else {
        for (_, success, _) in records.iter().filter(|(part, ..)| *part == 1) {
            let mut before = ends()
                .filter(|(_, end, _)| (success - plan[1].span..=*success).contains(end))
                .peekable();
            if before.peek().is_some() {
                named.insert(*success);
            }
            for (_, end, _) in before {
                named.extend(count(*end).map(|(_, time, _)| *time));
            }
        }
    }
    named
}

/// Records in a random order, each at a time of its own.
fn records() -> impl Strategy<Value = Vec<(usize, i64, u64)>> {
    prop::collection::btree_map(0_i64..90, (0_usize..2, 0_u64..4), 0..40)
        .prop_map(|records| {
            records
                .into_iter()
                .map(|(t, (part, value))| (part, t * MINUTE, value))
                .collect::<Vec<_>>()
        })
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_arrival_changes_nothing(records in records(), plan in 0..3) {
        let plan = match plan {
            0 => vec![count(3)],
            1 => vec![Correlation { condition: Together::Values(3), ..count(0) }],
            _ => failures_then_success(),
        };
        let told = told(&plan, &records);
        let once: BTreeSet<i64> = told.iter().copied().collect();
        prop_assert_eq!(once.len(), told.len(), "each record is named once");
        prop_assert_eq!(once, expected(&plan, &records));
    }
}

#[test]
fn the_first_hit_after_a_time_is_found_wherever_it_lies() {
    for length in 0..70_i64 {
        let mut group = Group { windows: vec![Vec::new()] };
        (0..length).for_each(|time| group.insert(0, 0, 0, &seen(1, time / 3)));
        let hits = &group.windows[0];
        for time in [i64::MIN, i64::MAX].into_iter().chain(-2..26) {
            let expected = hits.iter().filter(|hit| hit.seen.time.0 <= time).count();
            assert_eq!(first_after(hits, time), expected, "{time} among {length}");
        }
    }
}
