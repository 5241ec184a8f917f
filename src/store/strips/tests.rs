use proptest::prelude::*;

use super::pack::{Chosen, Strips, Values, steps};
use super::*;
use crate::record::LogType;
use crate::store::tests::{Lab, record};

fn segments(lab: &Lab) -> Vec<Segment> {
    let mut statement = lab
        .writer
        .connection
        .prepare("SELECT since, until, records, strips FROM segment ORDER BY feed, since")
        .unwrap();
    statement.query_map([], Segment::read).unwrap().collect::<Result<_, _>>().unwrap()
}

fn strips(lab: &Lab) -> i64 {
    let connection = &lab.writer.connection;
    connection.query_row("SELECT count(*) FROM strip", [], |row| row.get(0)).unwrap()
}

fn store(lab: &mut Lab, ids: std::ops::Range<u64>) {
    for chunk in ids.collect::<Vec<_>>().chunks(10) {
        let page: Vec<_> = chunk
            .iter()
            .map(|id| record(*id, *id as i64 / 4, serde_json::json!({"user": "ana"})))
            .collect();
        lab.store(LogType::Authentication, &page, |_| ());
    }
}

#[test]
fn small_pages_grow_into_full_segments_without_gap() {
    let mut lab = Lab::new();
    store(&mut lab, 0..15);
    assert_eq!(segments(&lab), []);
    store(&mut lab, 15..2_000);
    let found = segments(&lab);
    assert!(found.iter().all(|one| one.strips.is_some()), "{found:?}");
    assert!(found.windows(2).all(|pair| pair[0].until == pair[1].since), "{found:?}");
    assert_eq!(found[0].since, i64::MIN);
    let (last, full) = found.split_last().unwrap();
    assert!(full.iter().all(|one| (FULL..=2 * FULL).contains(&one.records)), "{found:?}");
    let packed: usize = found.iter().map(|one| one.records).sum();
    assert!(2_000 - packed <= (last.records / 2).max(FEW), "{found:?}");
    assert_eq!(strips(&lab), found.len() as i64 * (TIME as i64 + 1));
}

#[test]
fn more_records_of_one_instant_than_fit_stay_together() {
    let mut lab = Lab::new();
    let page: Vec<_> =
        (0..5 * FULL as u64).map(|id| record(id, 7, serde_json::json!({}))).collect();
    lab.store(LogType::Authentication, &page, |_| ());
    assert_eq!(segments(&lab).iter().map(|one| one.records).collect::<Vec<_>>(), [5 * FULL]);
}

#[test]
fn nothing_stays_of_what_is_gone() {
    let mut lab = Lab::new();
    store(&mut lab, 0..500);
    lab.store(LogType::Authentication, &[], |job| {
        let now = crate::base::UnixMillis::now().floor_secs();
        job.position = Some(crate::status::Position::Since { from: now });
    });
    lab.writer.expire(std::time::Duration::ZERO).unwrap();
    assert_eq!((segments(&lab), strips(&lab)), (Vec::new(), 0));
    store(&mut lab, 0..500);
    lab.writer.remove_accounts_of("DITEST").unwrap();
    assert_eq!((segments(&lab), strips(&lab)), (Vec::new(), 0));
}

proptest! {
    #[test]
    fn packed_columns_come_back(
        values in proptest::collection::vec(prop_oneof![Just(0), -3..9_i64, any::<i64>()], 1..300),
        chosen in any::<u64>(),
    ) {
        let strips = Strips::of(&values);
        let packed: Vec<Vec<u8>> = strips.pack().collect();
        let read = Values::read(&packed[0]).unwrap();
        let back: Vec<i64> = (0..values.len()).map(|i| read.distinct[read.code(i)]).collect();
        prop_assert_eq!(&back, &values);
        let mut sorted = values.clone();
        sorted.sort_unstable();
        prop_assert_eq!(steps(packed.last().unwrap()).collect::<Vec<_>>(), sorted);

        let fits = |value: i64| value.wrapping_mul(chosen as i64) & 1 == 0;
        let mut some = Chosen::all(values.len());
        some.keep(&read, fits);
        some.keep_between(3, 200);
        let wanted: Vec<usize> = (0..values.len())
            .filter(|i| fits(values[*i]) && (3..200).contains(i))
            .collect();
        prop_assert_eq!(some.iter().collect::<Vec<_>>(), wanted.clone());
        prop_assert_eq!(some.count(), wanted.len() as u64);
        prop_assert_eq!(some.is_empty(), wanted.is_empty());
        prop_assert!(wanted.iter().all(|record| some.has(*record)));
    }

    #[test]
    fn damaged_strips_are_read_without_panic(data: Vec<u8>) {
        if let Some(read) = Values::read(&data) {
            let mut some = Chosen::all(100);
            some.keep(&read, |value| value % 2 == 0);
        }
        let _ = steps(&data).take(1_000).count();
    }
}
