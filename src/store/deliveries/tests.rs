use serde_json::{Value, json};

use super::*;
use crate::record::Level;
use crate::store::tests::{Lab, record};
use crate::store::{Alarm, StartAt};

const LOG: LogType = LogType::Authentication;
const NOW: UnixMillis = UnixMillis(9_000_000);
const OUT: &str = "SIEM";

fn records(ids: std::ops::Range<u64>) -> Vec<Value> {
    ids.map(|id| record(id, 1_000 * id as i64, json!({"user": "zoë"}))).collect()
}

fn everything(_: &str, _: LogType) -> bool {
    true
}

fn all() -> Wants<'static> {
    Wants { log: &everything, categories: 0, since: None, alerts: false }
}

/// Hands over up to so many items and notes it; tells their ids, and whether more may come.
fn hand(lab: &mut Lab, wants: &Wants<'_>, most: usize) -> (Vec<String>, bool) {
    let reader = lab.reader();
    let from = reader.output_reached(OUT).unwrap().unwrap();
    let mut ids = Vec::new();
    let mut take = |next: Next<'_>| {
        if ids.len() == most {
            return Room::Full;
        }
        ids.push(match next {
            Next::Record(record) => record.id().into_owned(),
            Next::Alert(alert, _) => format!("alert {}", alert.subject),
        });
        Room::Took
    };
    let stretch = reader.next_for(OUT, &from, wants, &mut take).unwrap();
    let handed = Handed {
        from: &from,
        to: &stretch.to,
        delivered: ids.len() as u64,
        refused: Vec::new(),
        resent: &stretch.resent,
    };
    lab.writer.handed(OUT, &handed, NOW).unwrap();
    (ids, stretch.more)
}

fn hand_all(lab: &mut Lab, wants: &Wants<'_>, most: usize) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let (some, more) = hand(lab, wants, most);
        ids.extend(some);
        if !more {
            return ids;
        }
    }
}

fn texts(ids: impl IntoIterator<Item = u64>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

fn begin(lab: &mut Lab, start: Start) -> Reached {
    lab.writer.begin_output(OUT, start, NOW).unwrap()
}

#[test]
fn an_output_gets_what_arrives_after_it_began_in_order_and_once() {
    let mut lab = Lab::new();
    lab.store(LOG, &records(0..50), |_| ());
    begin(&mut lab, Start::Now);
    lab.store(LOG, &records(700..1300), |_| ());
    lab.store(LOG, &records(100..103), |_| ());
    // Batches that end in the middle of what arrived together.
    let ids = hand_all(&mut lab, &all(), 7);
    assert_eq!(ids, texts((700..1300).chain(100..103)));
    assert_eq!(hand_all(&mut lab, &all(), 7), [""; 0]);
    assert_eq!(begin(&mut lab, Start::Beginning), begin(&mut lab, Start::Now), "it has begun");
    let pending = lab.reader().pending_for(OUT, &all()).unwrap().unwrap();
    assert_eq!(pending, Pending::default());
    assert_eq!(lab.reader().outlets().unwrap()[0].delivered, 603);
}

#[test]
fn what_was_stored_before_comes_first_and_nothing_comes_twice() {
    let mut lab = Lab::new();
    lab.store(LOG, &records(1000..2600), |_| ());
    // The log's last block is not full; what is added to it arrived later.
    lab.store(LOG, &records(3000..3010), |_| ());
    begin(&mut lab, Start::Beginning);
    lab.store(LOG, &records(3010..3020), |_| ());
    lab.store(LOG, &records(0..5), |job| job.late_before = Some(UnixMillis(i64::MAX)));
    let waiting = lab.reader().pending_for(OUT, &all()).unwrap().unwrap();
    assert_eq!(waiting.records, 1600 + 10 + 15);
    let ids = hand_all(&mut lab, &all(), 333);
    assert_eq!(ids, texts((1000..2600).chain(3000..3020).chain(0..5)));
    assert!(!lab.reader().output_reached(OUT).unwrap().unwrap().is_in_the_past());
    assert_eq!(lab.reader().pending_for(OUT, &all()).unwrap().unwrap().records, 0);
}

#[test]
fn an_output_may_begin_at_a_date() {
    let mut lab = Lab::new();
    lab.store(LOG, &records(0..100), |_| ());
    let at = UnixMillis(90_000);
    begin(&mut lab, Start::At(at));
    lab.store(LOG, &records(200..202), |_| ());
    let wants = Wants { since: Some(at), ..all() };
    assert_eq!(hand_all(&mut lab, &wants, 4), texts((90..100).chain(200..202)));
}

#[test]
fn logs_and_categories_that_are_not_wanted_are_passed_over() {
    let mut lab = Lab::new();
    begin(&mut lab, Start::Now);
    lab.store(LogType::Telephony, &records(0..300), |_| ());
    lab.store(LOG, &records(300..310), |_| ());
    let only = |_: &str, log_type: LogType| log_type == LOG;
    let wants = Wants { log: &only, ..all() };
    assert_eq!(lab.reader().pending_for(OUT, &wants).unwrap().unwrap().records, 10);
    let category = 1 << (LogType::Telephony as u8);
    assert_eq!(hand_all(&mut lab, &Wants { categories: category, ..all() }, 1000).len(), 300);
    lab.store(LOG, &records(310..320), |_| ());
    assert_eq!(hand_all(&mut lab, &wants, 3), texts(310..320));
}

#[test]
fn nothing_an_output_still_needs_is_removed_from_the_order_of_arrival() {
    let mut lab = Lab::new();
    begin(&mut lab, Start::Now);
    let other = lab.writer.consumer("other", StartAt::First).unwrap();
    lab.store(LOG, &records(0..10), |_| ());
    let last = lab.reader().last_arrival().unwrap();
    lab.writer.set_consumer("other", last).unwrap();
    assert!(last > other);
    assert_eq!(hand_all(&mut lab, &all(), 100).len(), 10);
    lab.writer.forget_output(OUT).unwrap();
    assert_eq!(lab.reader().output_reached(OUT).unwrap(), None);
}

#[test]
fn outputs_that_are_no_more_hold_nothing_up() {
    let mut lab = Lab::new();
    begin(&mut lab, Start::Beginning);
    lab.writer.begin_output("Other", Start::Now, NOW).unwrap();
    lab.writer.forget_outputs_but(&["Other"]).unwrap();
    let reader = lab.reader();
    assert_eq!(reader.output_reached(OUT).unwrap(), None);
    assert!(reader.output_reached("Other").unwrap().is_some());
}

#[test]
fn refused_records_wait_for_a_person() {
    let mut lab = Lab::new();
    begin(&mut lab, Start::Now);
    lab.store(LOG, &records(0..3), |_| ());
    let reader = lab.reader();
    let from = reader.output_reached(OUT).unwrap().unwrap();
    let mut refused = Vec::new();
    let mut take = |next: Next<'_>| {
        if let Next::Record(record) = next {
            let (id, reason) = (record.id().into_owned(), "too long".to_owned());
            refused.push(RefusedItem { key: record.key, id, reason });
        }
        Room::Took
    };
    let to = reader.next_for(OUT, &from, &all(), &mut take).unwrap().to;
    let handed = Handed { from: &from, to: &to, delivered: 0, refused, resent: &[] };
    lab.writer.handed(OUT, &handed, NOW).unwrap();
    let parked = reader.refused_of(OUT).unwrap();
    assert_eq!(parked.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
    assert_eq!((parked[0].reason.as_str(), parked[0].log_type), ("too long", Some(LOG)));
    assert_eq!(reader.pending_for(OUT, &all()).unwrap().unwrap().refused, 3);

    assert_eq!(lab.writer.discard_refused(OUT, &[2]).unwrap(), 1);
    assert_eq!(lab.writer.resend_refused(OUT, &[]).unwrap(), 2);
    assert_eq!(hand_all(&mut lab, &all(), 10), ["0", "2"]);
    assert_eq!(lab.reader().refused_of(OUT).unwrap(), []);
    assert_eq!(hand_all(&mut lab, &all(), 10), [""; 0]);
}

#[test]
fn alerts_come_when_they_are_wanted() {
    let mut lab = Lab::new();
    let raise = |lab: &mut Lab, subject: &str| {
        let alarm = Alarm {
            rule: "no_data",
            title: "No data",
            level: Level::High,
            account: None,
            subject,
            time: NOW,
            words: "nothing",
        };
        lab.writer.raise(&alarm).unwrap();
    };
    raise(&mut lab, "before");
    begin(&mut lab, Start::Now);
    raise(&mut lab, "after");
    let wants = Wants { alerts: true, ..all() };
    assert_eq!(lab.reader().pending_for(OUT, &wants).unwrap().unwrap().records, 1);
    assert_eq!(hand_all(&mut lab, &wants, 5), ["alert after"]);
    assert_eq!(hand_all(&mut lab, &wants, 5), [""; 0]);
}
