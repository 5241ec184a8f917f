use serde_json::json;

use super::super::tests::{Lab, record as sample};
use super::*;
use crate::record::LogType;
use crate::status::Position;
use crate::store::{AccountRef, Job};

fn alarm<'a>(subject: &'a str) -> Alarm<'a> {
    Alarm {
        rule: "no-data",
        title: "No data",
        level: Level::High,
        account: Some("Contoso"),
        subject,
        time: UnixMillis(1_000),
        words: "Nothing new",
    }
}

fn raise(records: &[(i64, &str)]) -> Raise {
    Raise {
        rule: "push-fraud".to_owned(),
        title: "Push reported as fraud".to_owned(),
        level: Level::High,
        account: 1,
        subject: "o.idowu".to_owned(),
        group_for: Duration::from_secs(3600),
        historic: false,
        records: records.iter().map(|(time, name)| record(*time, name)).collect(),
        twins: Vec::new(),
    }
}

fn record(time: i64, name: &str) -> RecordRef {
    RecordRef { feed: 1, time: UnixMillis(time), event: time, name: name.to_owned() }
}

struct Room {
    writer: Writer,
    reader: Reader,
    _folder: tempfile::TempDir,
}

fn room() -> Room {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let (mut writer, _) = Writer::open(&path).unwrap();
    let account = AccountRef {
        name: "Contoso".to_owned(),
        integration_key: "DI".to_owned(),
        api_hostname: "api-x.example.com".to_owned(),
        child: None,
    };
    writer.register(&account, LogType::Authentication).unwrap();
    let reader = Reader::open(&path).unwrap().unwrap();
    Room { writer, reader, _folder: folder }
}

impl Room {
    fn note(&mut self, raise: &Raise) -> Option<Touched> {
        self.writer
            .evaluated("detection", 0, std::slice::from_ref(raise), &[])
            .unwrap()
            .first()
            .copied()
    }

    fn all(&self) -> Vec<Alert> {
        self.reader.alerts(AlertQuery::default()).unwrap()
    }
}

#[test]
fn an_alarm_stands_until_it_is_cleared_and_may_come_again() {
    let mut room = room();
    let first = room.writer.raise(&alarm("authentication")).unwrap();
    assert!(first.new);
    assert_eq!(room.writer.raise(&alarm("authentication")).unwrap().id, first.id);
    assert!(room.writer.raise(&alarm("activity")).unwrap().new, "another log is another alarm");
    assert_eq!(room.reader.open_alerts().unwrap(), 2);

    let at = UnixMillis(9_000);
    let clear = |room: &mut Room| {
        room.writer.clear("no-data", Some("Contoso"), "authentication", at).unwrap()
    };
    assert_eq!(clear(&mut room), Some(first.id));
    assert_eq!(clear(&mut room), None, "once");
    assert_eq!(room.reader.open_alerts().unwrap(), 1);
    assert_eq!(room.all()[0].cleared, Some(at));

    let again = room.writer.raise(&alarm("authentication")).unwrap();
    assert!(again.new && again.id != first.id);
}

#[test]
fn findings_about_the_same_that_are_near_are_one_alert() {
    let mut room = room();
    let first = room.note(&raise(&[(1_000, "a")])).unwrap();
    let near = room.note(&raise(&[(3_601_000, "b"), (1_500, "c")])).unwrap();
    assert_eq!((near.id, near.new), (first.id, false));
    let far = room.note(&raise(&[(7_201_001, "d")])).unwrap();
    assert!(far.new, "more than an hour after the last");
    let other = room.note(&Raise { subject: "ada".to_owned(), ..raise(&[(1_000, "e")]) }).unwrap();
    assert!(other.new, "about somebody else");

    let alert = &room.all()[0];
    assert_eq!((alert.records, alert.first.0, alert.last.0), (3, 1_000, 3_601_000));
    assert_eq!(alert.account.as_deref(), Some("Contoso"));
    let names: Vec<String> =
        room.reader.alert_records(first.id).unwrap().into_iter().map(|r| r.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn late_findings_join_the_alert_of_their_own_time() {
    let mut room = room();
    let old = room.note(&raise(&[(1_000, "a")])).unwrap();
    let new = room.note(&raise(&[(90_000_000, "b")])).unwrap();
    let late = room.note(&raise(&[(2_000, "c")])).unwrap();
    assert!(new.new);
    assert_eq!(late.id, old.id);
}

#[test]
fn what_was_acknowledged_is_not_added_to() {
    let mut room = room();
    let first = room.note(&raise(&[(1_000, "a")])).unwrap();
    assert_eq!(room.writer.acknowledge(Some(first.id), UnixMillis(5_000)).unwrap(), 1);
    assert_eq!(room.writer.acknowledge(Some(first.id), UnixMillis(6_000)).unwrap(), 0);
    assert!(room.note(&raise(&[(2_000, "b")])).unwrap().new);
    assert_eq!(room.all()[0].acknowledged, Some(UnixMillis(5_000)));
    assert_eq!(room.writer.acknowledge(None, UnixMillis(7_000)).unwrap(), 1, "the open one");
    assert_eq!(room.reader.open_alerts().unwrap(), 0);
}

#[test]
fn the_other_logs_record_of_an_act_is_kept_and_not_counted() {
    let mut room = room();
    let first = room.note(&raise(&[(1_000, "a")])).unwrap();
    let twin = Raise { twins: vec![record(2_000, "b")], ..raise(&[]) };
    assert_eq!(room.note(&twin).unwrap().id, first.id);
    assert_eq!(room.all()[0].records, 1);
    assert_eq!(room.reader.alert_records(first.id).unwrap().len(), 2);
    let lonely = Raise { subject: "nobody".to_owned(), ..twin };
    assert_eq!(room.note(&lonely), None);
}

#[test]
fn many_records_are_counted_and_the_first_are_kept() {
    let mut room = room();
    let many: Vec<RecordRef> = (0..KEPT as i64 + 7).map(|i| record(i, &i.to_string())).collect();
    let first = room.note(&Raise { records: many, ..raise(&[]) }).unwrap();
    assert_eq!(room.all()[0].records, KEPT + 7);
    assert_eq!(room.reader.alert_records(first.id).unwrap().len(), KEPT as usize);
}

#[test]
fn news_among_the_old_is_no_longer_history() {
    let mut room = room();
    let old = room.note(&Raise { historic: true, ..raise(&[(1_000, "a")]) }).unwrap();
    assert!(old.new && !old.tell && room.all()[0].historic);
    let news = room.note(&raise(&[(2_000, "b")])).unwrap();
    assert!(!news.new && news.tell && !room.all()[0].historic);
    assert!(!room.note(&raise(&[(3_000, "c")])).unwrap().tell, "told once");
}

#[test]
fn a_removed_account_takes_its_alerts_along() {
    let mut room = room();
    room.note(&raise(&[(1_000, "a")]));
    room.writer.raise(&Alarm { account: None, ..alarm("this computer") }).unwrap();
    room.writer.remove_accounts_of("DI").unwrap();
    let left = room.all();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].account, None);
    assert_eq!(room.reader.alert_records(1).unwrap(), []);
}

#[test]
fn what_is_remembered_comes_back_and_can_be_forgotten() {
    let mut room = room();
    let item = |data: Option<&[u8]>| Remembered {
        rule: "r@1".to_owned(),
        key: "1\u{1f}ada".to_owned(),
        until: UnixMillis(10),
        data: data.map(<[u8]>::to_vec),
    };
    room.writer.evaluated("detection", 7, &[], &[item(Some(b"one")), item(Some(b"two"))]).unwrap();
    assert_eq!(room.reader.memory("r@1", "1\u{1f}ada").unwrap(), Some(b"two".to_vec()));
    room.writer.evaluated("detection", 7, &[], &[item(None)]).unwrap();
    assert_eq!(room.reader.memory("r@1", "1\u{1f}ada").unwrap(), None);
    assert_eq!(room.reader.consumer("detection").unwrap(), Some(7), "with the position");
}

#[test]
fn what_a_rule_remembered_under_another_definition_is_forgotten() {
    let mut room = room();
    let rules = ["a@1", "a@2", "a-b@1", "b@1"];
    let items = rules.map(|rule| Remembered {
        rule: rule.to_owned(),
        key: "1".to_owned(),
        until: UnixMillis(10),
        data: Some(vec![1]),
    });
    room.writer.evaluated("detection", 1, &[], &items).unwrap();
    assert_eq!(room.writer.forget_memory_but(&["a@2".to_owned()]).unwrap(), 1);
    let left = rules.map(|rule| room.reader.memory(rule, "1").unwrap().is_some());
    assert_eq!(left, [false, true, true, true]);
}

#[test]
fn memory_stays_until_every_log_is_past_it_and_judged() {
    let mut lab = Lab::new();
    let at = |millis: i64| {
        move |job: &mut Job| job.position = Some(Position::window(UnixMillis(millis)))
    };
    let item = Remembered {
        rule: "r@1".to_owned(),
        key: "1".to_owned(),
        until: UnixMillis(5_000),
        data: Some(vec![1]),
    };
    lab.store(LogType::Activity, &[sample(1, 10_000, json!({}))], at(10_000));
    let judged = lab.reader().last_arrival().unwrap();
    lab.writer.evaluated("detection", judged, &[], std::slice::from_ref(&item)).unwrap();
    let kept = |lab: &mut Lab| {
        lab.writer.expire(Duration::from_secs(86_400)).unwrap();
        lab.reader().memory("r@1", "1").unwrap().is_some()
    };

    lab.store(LogType::Administrator, &[], |_| ());
    assert!(kept(&mut lab), "the other log has not begun");
    lab.store(LogType::Administrator, &[sample(2, 11_000, json!({}))], at(11_000));
    assert!(kept(&mut lab), "what arrived is not judged yet");
    let judged = lab.reader().last_arrival().unwrap();
    lab.writer.evaluated("detection", judged, &[], &[]).unwrap();
    assert!(!kept(&mut lab));
}

#[test]
fn what_was_acknowledged_by_mistake_is_open_again_and_told_after_all() {
    let mut room = room();
    let first = room.note(&raise(&[(1_000, "a")])).unwrap().id;
    let other = Raise { subject: "ada".to_owned(), ..raise(&[(1_000, "b")]) };
    let second = room.note(&other).unwrap().id;
    let at = UnixMillis(5_000);
    assert_eq!(room.writer.acknowledge_these(&[second], at).unwrap(), [second]);
    let done = room.writer.acknowledge_these(&[first, second, 99], at).unwrap();
    assert_eq!(done, [first], "the other one was acknowledged before");
    room.writer.distribute(&["mail"], |_, _| true, at).unwrap();
    assert!(room.reader.waiting("mail").unwrap().is_empty());

    assert_eq!(room.writer.open_again(&done).unwrap(), 1);
    assert_eq!(room.reader.open_alerts().unwrap(), 1);
    room.writer.distribute(&["mail"], |_, _| true, at).unwrap();
    let waiting = room.reader.waiting("mail").unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].alert.id, first);
    assert!(!room.note(&raise(&[(2_000, "c")])).unwrap().new, "it is added to again");
}

#[test]
fn who_was_told_is_not_told_again_when_an_alert_is_opened_again() {
    let mut room = room();
    let id = room.note(&raise(&[(1_000, "a")])).unwrap().id;
    let at = UnixMillis(5_000);
    room.writer.distribute(&["mail"], |_, _| true, at).unwrap();
    let keys: Vec<_> = room.reader.waiting("mail").unwrap().iter().map(|n| n.key()).collect();
    room.writer.note_delivered("mail", &keys).unwrap();
    room.writer.acknowledge_these(&[id], at).unwrap();
    room.writer.open_again(&[id]).unwrap();
    room.writer.distribute(&["mail"], |_, _| true, at).unwrap();
    assert!(room.reader.waiting("mail").unwrap().is_empty());
}

#[test]
fn alerts_of_a_time_are_those_that_touch_it_and_what_stands() {
    let mut room = room();
    let early = room.note(&raise(&[(1_000, "a"), (2_000, "b")])).unwrap().id;
    let late = room.note(&raise(&[(90_000_000, "c")])).unwrap().id;
    let standing = room.writer.raise(&alarm("authentication")).unwrap().id;
    let of = |since: i64, until: i64| AlertsWithin {
        account: None,
        since: UnixMillis(since),
        until: UnixMillis(until),
        open: None,
        limit: 100,
    };
    let ids = |wanted: &AlertsWithin| -> Vec<i64> {
        room.reader.alerts_within(wanted).unwrap().iter().map(|alert| alert.id).collect()
    };
    assert_eq!(ids(&of(0, 99_000_000)), [late, early, standing], "the newest first");
    assert_eq!(ids(&of(2_000, 80_000_000)), [early, standing]);
    assert_eq!(ids(&of(0, 1_500)), [early, standing]);
    assert_eq!(ids(&of(2_001, 99_000_000)), [late, standing]);
    assert_eq!(ids(&AlertsWithin { limit: 1, ..of(0, 99_000_000) }), [late]);
    let nobody = AlertsWithin { account: Some("Nobody".to_owned()), ..of(0, 99_000_000) };
    assert!(ids(&nobody).is_empty());

    room.writer.acknowledge_these(&[early], UnixMillis(1)).unwrap();
    room.writer.clear("no-data", Some("Contoso"), "authentication", UnixMillis(9_000)).unwrap();
    let ids = |open| -> Vec<i64> {
        let wanted = AlertsWithin { open, ..of(0, 99_000_000) };
        room.reader.alerts_within(&wanted).unwrap().iter().map(|alert| alert.id).collect()
    };
    assert_eq!(ids(Some(true)), [late]);
    assert_eq!(ids(Some(false)), [standing, early]);

    let raised = room.reader.raised(Some("Contoso"), UnixMillis(0), UnixMillis(99_000_000));
    let push = raised.unwrap()["push-fraud"];
    assert_eq!((push.alerts, push.open, push.last.0), (2, 1, 90_000_000));
}

#[test]
fn the_records_of_an_alert_come_with_their_log_and_without_what_retention_took() {
    let mut lab = Lab::new();
    lab.store(LogType::Activity, &[sample(1, 10_000, json!({"a": 1}))], |_| ());
    let page = lab.reader().arrivals(0, 10).unwrap();
    let records: Vec<RecordRef> = page
        .runs
        .iter()
        .flat_map(|run| run.iter().map(move |record| (run.feed, record)))
        .map(|(feed, record)| RecordRef {
            feed: feed.number(),
            time: record.time,
            event: record.number(),
            name: "a".to_owned(),
        })
        .chain([RecordRef { event: 7, ..record(10_000, "gone") }])
        .collect();
    let raise = Raise { records, ..raise(&[]) };
    let id = lab.writer.evaluated("detection", 0, &[raise], &[]).unwrap()[0].id;
    let kept = lab.reader().alert_kept(id, 10).unwrap();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].log_type, LogType::Activity);
    assert!(kept[0].raw.as_deref().is_some_and(|raw| raw.windows(5).any(|w| w == b"\"a\":1")));
    assert_eq!(kept[1].raw, None);
    assert_eq!(lab.reader().alert_kept(id, 1).unwrap().len(), 1);
}
