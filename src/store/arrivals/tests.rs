use std::time::Duration;

use serde_json::{Value, json};

use super::super::tests::{Lab, record};
use super::super::{EventQuery, StartAt};
use crate::base::UnixMillis;
use crate::record::LogType;

const LOG: LogType = LogType::Authentication;

fn records(ids: std::ops::Range<u64>) -> Vec<Value> {
    ids.map(|id| record(id, 1_000 * id as i64, json!({"user": "zoë"}))).collect()
}

/// The ids that arrived after a position, and the position after them.
fn read(lab: &Lab, after: i64, max: usize) -> (Vec<String>, i64) {
    let page = lab.reader().arrivals(after, max).unwrap();
    let ids =
        page.runs.iter().flat_map(|run| run.iter().map(|one| one.id().into_owned())).collect();
    (ids, page.upto)
}

fn read_all(lab: &Lab) -> Vec<String> {
    read(lab, 0, usize::MAX).0
}

fn texts(ids: impl IntoIterator<Item = u64>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

#[test]
fn records_arrive_in_the_order_they_were_stored() {
    let mut lab = Lab::new();
    lab.store(LOG, &records(500..1200), |_| ());
    lab.store(LOG, &records(0..3), |_| ());
    lab.store(LOG, &records(0..5), |_| ());
    let expected = texts((500..1200).chain(0..5));
    assert_eq!(read_all(&lab), expected);
    let (mut seen, mut after) = (Vec::new(), 0);
    loop {
        let (ids, upto) = read(&lab, after, 100);
        if upto == after {
            break;
        }
        seen.extend(ids);
        after = upto;
    }
    assert_eq!(seen, expected);
    assert_eq!(after, lab.reader().last_arrival().unwrap());
    assert_eq!(lab.reader().pending(0).unwrap(), 705);
}

#[test]
fn an_arrival_tells_whose_it_is_and_how_it_came() {
    let before = UnixMillis::now();
    let mut lab = Lab::new();
    lab.store(LOG, &records(100..102), |job| job.polled = Some(UnixMillis(5)));
    lab.store(LOG, &records(1..2), |job| job.late_before = Some(UnixMillis(50_000)));
    let page = lab.reader().arrivals(0, 10).unwrap();
    let [first, second] = &page.runs[..] else { panic!("{page:?}") };
    assert_eq!((&*first.account, &*first.api_hostname), ("Contoso", "api-test.example.com"));
    assert_eq!((first.log_type, first.arrived), (LOG, UnixMillis(5)));
    assert_eq!((first.late, first.len()), (false, 2));
    assert_eq!((second.late, second.len()), (true, 1));
    assert!((before..=UnixMillis::now()).contains(&first.known) && first.known == second.known);
    let arrived = second.iter().next().unwrap();
    assert_eq!((arrived.time, arrived.id()), (UnixMillis(1_000), "1".into()));
    assert_ne!(arrived.categories, 0);
}

#[test]
fn late_records_far_apart_are_found_without_reading_what_lies_between() {
    let mut lab = Lab::new();
    let late: Vec<Value> = [1, 30, 300, 301, 90_000].map(|id| records(id..id + 1).remove(0)).into();
    lab.store(LOG, &late, |job| job.late_before = Some(UnixMillis(i64::MAX)));
    let page = lab.reader().arrivals(0, 10).unwrap();
    assert_eq!(page.runs.iter().map(super::Arrivals::len).collect::<Vec<_>>(), [2, 2, 1]);
    assert_eq!(read_all(&lab), texts([1, 30, 300, 301, 90_000]));
}

#[test]
fn a_record_that_comes_back_changed_arrives_again_in_its_new_form_only() {
    let mut lab = Lab::new();
    let log = LogType::TrustMonitor;
    let version = |state: &str| [record(7, 1_000, json!({"result": state}))];
    lab.store(log, &version("new"), |job| job.replaces = true);
    lab.store(log, &version("new"), |job| job.replaces = true);
    let (_, before) = read(&lab, 0, 10);
    lab.store(log, &version("processed"), |job| job.replaces = true);
    let after = lab.reader().arrivals(before, 10).unwrap();
    assert!(after.runs[0].changed && after.runs[0].len() == 1);
    let page = lab.reader().arrivals(0, 10).unwrap();
    let raw: Vec<&[u8]> = page.runs.iter().flat_map(|run| run.iter().map(|one| one.raw)).collect();
    assert_eq!(raw.len(), 1);
    assert!(String::from_utf8_lossy(raw[0]).contains("processed"));
}

#[test]
fn what_all_consumers_have_passed_is_removed_and_nothing_else() {
    let mut lab = Lab::new();
    lab.store(LOG, &records(0..10), |_| ());
    assert_eq!(lab.writer.consumer("first", StartAt::First).unwrap(), 0);
    assert_eq!(lab.writer.consumer("late comer", StartAt::Now).unwrap(), 1);
    lab.writer.set_consumer("late comer", 1).unwrap();
    assert_eq!(read_all(&lab).len(), 10);
    lab.writer.set_consumer("first", 1).unwrap();
    assert_eq!(read_all(&lab), texts([]));
    // Numbers go on, so a position never points past what comes next.
    lab.store(LOG, &records(10..12), |_| ());
    assert_eq!(read(&lab, 1, 10), (texts([10, 11]), 2));
    // A position is never moved back.
    lab.writer.set_consumer("first", 0).unwrap();
    assert_eq!(lab.reader().consumer("first").unwrap(), Some(1));
    lab.writer.set_consumer("first", 2).unwrap();
    lab.writer.remove_consumer("late comer").unwrap();
    assert_eq!(lab.reader().pending(0).unwrap(), 0);
    assert_eq!(lab.reader().consumer("late comer").unwrap(), None);
}

#[test]
fn expired_records_and_removed_accounts_are_passed_over() {
    let mut lab = Lab::new();
    let now = UnixMillis::now();
    let at =
        |id: u64, days: u64| record(id, now.minus(Duration::from_secs(days * 86_400)).0, json!({}));
    let page: Vec<Value> =
        (0..300).map(|id| at(id, 40)).chain((300..310).map(|id| at(id, 1))).collect();
    lab.store(LOG, &page, |job| {
        job.position = Some(crate::status::Position::Since { from: now.floor_secs() });
    });
    lab.writer.expire(Duration::from_secs(10 * 86_400)).unwrap();
    assert_eq!(read_all(&lab), texts(300..310));
    let last = lab.reader().last_arrival().unwrap();
    assert_eq!(read(&lab, 0, 1000).1, last);
    lab.writer.remove_accounts_of("DITEST").unwrap();
    assert_eq!(lab.reader().pending(0).unwrap(), 0);
    assert_eq!(lab.reader().last_arrival().unwrap(), last);
}

#[test]
fn a_log_without_ids_gives_its_records_numbers() {
    let mut lab = Lab::new();
    let log = LogType::Administrator;
    lab.store(log, &records(0..2), |_| ());
    let arrived = read_all(&lab);
    assert!(arrived.iter().all(|id| id.len() == 16), "{arrived:?}");
    let mut listed = Vec::new();
    let each = |event: super::super::Event<'_>| {
        listed.push(event.id().into_owned());
        std::ops::ControlFlow::<()>::Continue(())
    };
    lab.reader().events(&EventQuery::default(), each).unwrap();
    assert_eq!(listed, arrived);
}
