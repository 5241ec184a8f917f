//! What is promised of all outputs, tried with far sides that take, refuse, are away or lose their
//! answer; and with real files.

mod contract;

use std::collections::HashSet;

use super::*;
use crate::duo::logs::understand;
use crate::outputs::far_side::{Does, FarSide, Seen};
use crate::record::LogType;
use crate::store::{AccountRef, Batch, Job, OutletStatus};

const LOG: LogType = LogType::Authentication;

/// A home with a store and one output.
struct Room {
    home: Home,
    writer: Writer,
    settings: Settings,
    _folder: tempfile::TempDir,
}

impl Room {
    /// `lines` are those of the output's section.
    fn new(name: &str, lines: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let text = format!("version = 1\n[[output]]\nname = \"{name}\"\n{lines}\n");
        let settings = Settings::parse(&text, &home).unwrap();
        let (mut writer, _) = Writer::open(&home.store_file()).unwrap();
        begin_all(&mut writer, &settings).unwrap();
        Self { home, writer, settings, _folder: folder }
    }

    fn store(&mut self, ids: std::ops::Range<u64>) {
        self.store_with(ids, "");
    }

    /// Records with this text in them.
    fn store_with(&mut self, ids: std::ops::Range<u64>, alias: &str) {
        let account = AccountRef {
            name: "Contoso".to_owned(),
            integration_key: "DI".to_owned(),
            api_hostname: "api-x.example.com".to_owned(),
            child: None,
        };
        let feed = self.writer.register(&account, LOG).unwrap().id;
        let (mut body, mut ranges) = (Vec::new(), Vec::new());
        for id in ids {
            let start = body.len();
            let time = UnixMillis(1_700_000_000_000 + id as i64 * 1000);
            body.extend_from_slice(
                format!(
                    "{{\"txid\":\"id-{id}\",\"isotimestamp\":\"{time}\",\"result\":\"success\",\
                     \"alias\":\"{alias}\"}}"
                )
                .as_bytes(),
            );
            ranges.push(start..body.len());
        }
        let mut job = Job::new(feed);
        job.batch = Batch::build(body, &ranges, |raw| understand(LOG, raw), |_| 0).unwrap();
        self.writer.commit(&[job]).unwrap();
    }

    async fn once(&self) -> Vec<Waiting> {
        deliver_once(&self.home, &self.settings).await
    }

    fn output(&self) -> &Output {
        &self.settings.outputs[0]
    }

    fn pending(&self) -> Pending {
        let reader = Reader::open(&self.home.store_file()).unwrap().unwrap();
        let output = self.output();
        pending(&reader, &output.name, output.records().unwrap()).unwrap().unwrap()
    }

    fn outlet(&self) -> OutletStatus {
        let reader = Reader::open(&self.home.store_file()).unwrap().unwrap();
        reader.outlets().unwrap().remove(0)
    }

    /// What went wrong last; empty when all is well.
    fn trouble(&self) -> String {
        self.outlet().error.map_or(String::new(), |(words, _)| words)
    }

    /// Serves the outputs, with short waits, until it is so.
    async fn serve_until(&self, so: impl Fn() -> bool) {
        let (stop, stopping) = watch::channel(false);
        let wishes = Says(self.settings.clone());
        let task = tokio::spawn(deliver_forever(self.home.clone(), wishes, true, stopping));
        for _ in 0..400 {
            if so() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        stop.send_replace(true);
        task.await.unwrap();
        assert!(so(), "not in time");
    }
}

struct Says(Settings);

impl Wishes for Says {
    fn settings(&self) -> Settings {
        self.0.clone()
    }

    fn paused(&self) -> bool {
        false
    }
}

fn ids(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|id| format!("id-{id}")).collect()
}

/// A room whose output leads to a far side that a test talks to.
fn far_room(name: &str) -> (Room, FarSide) {
    let far_side = FarSide::of(name);
    (Room::new(name, "type = \"file\"\npath = \"never.jsonl\""), far_side)
}

fn seen<T>(far_side: &FarSide, read: impl FnOnce(&mut Seen) -> T) -> T {
    read(&mut far_side.0.lock().unwrap())
}

fn took(far_side: &FarSide) -> Vec<String> {
    seen(far_side, |seen| seen.took.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_order_and_once() {
    let (mut room, far_side) = far_room("in order");
    room.store(0..1234);
    assert!(room.once().await.is_empty());
    assert_eq!(took(&far_side), ids(0..1234));
    assert_eq!(room.pending(), Pending::default());
    room.store(1234..1240);
    assert!(room.once().await.is_empty());
    assert_eq!(took(&far_side), ids(0..1240));
    let tokens: HashSet<String> =
        seen(&far_side, |seen| seen.came.iter().map(|(token, _)| token.clone()).collect());
    assert_eq!(tokens.len(), seen(&far_side, |seen| seen.came.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_may_have_arrived_comes_again_the_same() {
    let (mut room, far_side) = far_room("lost answer");
    room.store(0..250);
    seen(&far_side, |seen| {
        seen.script.extend([Does::IsAway, Does::LosesTheAnswer, Does::IsAway]);
    });
    room.serve_until(|| took(&far_side).len() >= 350).await;
    let came = seen(&far_side, |seen| seen.came.clone());
    assert_eq!(came[0], came[1]);
    assert_eq!(came[1], came[3]);
    let mut twice = ids(0..100);
    twice.extend(ids(0..250));
    assert_eq!(took(&far_side), twice, "only the batch whose answer was lost came twice");
    assert_eq!(room.pending(), Pending::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_culprit_is_parked() {
    let (mut room, far_side) = far_room("culprits");
    seen(&far_side, |seen| seen.never = vec!["id-17".to_owned(), "id-180".to_owned()]);
    room.store(0..300);
    assert!(room.once().await.is_empty());
    let mut expected = ids(0..300);
    expected.retain(|id| id != "id-17" && id != "id-180");
    assert_eq!(took(&far_side), expected);
    let reader = Reader::open(&room.home.store_file()).unwrap().unwrap();
    let parked = reader.refused_of("culprits").unwrap();
    let names: Vec<&str> = parked.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(names, ["id-17", "id-180"]);
    assert!(parked[0].reason.contains("one of them is odd"), "{}", parked[0].reason);

    // The far side has learned to take one of them.
    seen(&far_side, |seen| seen.never.truncate(1));
    room.writer.resend_refused("culprits", &[]).unwrap();
    assert!(room.once().await.is_empty());
    assert_eq!(took(&far_side).last().unwrap(), "id-180");
    let left = reader.refused_of("culprits").unwrap();
    assert_eq!(left.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["id-17"]);
    assert_eq!(room.pending().refused, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_items_that_the_far_side_names_are_parked() {
    let (mut room, far_side) = far_room("named");
    room.store(0..50);
    seen(&far_side, |seen| seen.script.push_back(Does::TakesAllBut(ids(3..5))));
    assert!(room.once().await.is_empty());
    assert_eq!(took(&far_side).len(), 48);
    assert_eq!(room.pending(), Pending { refused: 2, ..Pending::default() });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_side_that_refuses_everything_parks_nothing() {
    let (mut room, far_side) = far_room("nothing at all");
    seen(&far_side, |seen| seen.never = vec!["*".to_owned()]);
    room.store(0..100);
    let waiting = room.once().await;
    assert_eq!(waiting[0].records, 100);
    assert!(waiting[0].problem.to_string().contains("refuses every record"));
    assert_eq!(room.pending().refused, 0);
    let outlets = Reader::open(&room.home.store_file()).unwrap().unwrap().outlets().unwrap();
    assert!(outlets[0].error.as_ref().unwrap().0.contains("refuses every record"));
    // Once it takes records again, all of them go out.
    seen(&far_side, |seen| seen.never.clear());
    assert!(room.once().await.is_empty());
    assert_eq!(took(&far_side), ids(0..100));
    let outlets = Reader::open(&room.home.store_file()).unwrap().unwrap().outlets().unwrap();
    assert_eq!((outlets[0].delivered, &outlets[0].error), (100, &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_far_side_that_asks_for_time_gets_it() {
    let (mut room, far_side) = far_room("busy");
    room.store(0..10);
    seen(&far_side, |seen| seen.script.push_back(Does::IsBusy(Duration::from_millis(1500))));
    let begun = std::time::Instant::now();
    room.serve_until(|| took(&far_side).len() == 10).await;
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    assert_eq!(seen(&far_side, |seen| seen.came.len()), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_person_is_told_and_tried_anew() {
    let (mut room, far_side) = far_room("locked");
    room.store(0..10);
    seen(&far_side, |seen| seen.script.push_back(Does::LocksOut));
    let waiting = room.once().await;
    assert_eq!((waiting.len(), waiting[0].records), (1, 10));
    room.serve_until(|| took(&far_side).len() == 10).await;
    assert!(seen(&far_side, |seen| seen.opened) >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_come_while_it_runs_are_handed_over() {
    let (room, far_side) = far_room("running");
    let (stop, stopping) = watch::channel(false);
    let wishes = Says(room.settings.clone());
    let task = tokio::spawn(deliver_forever(room.home.clone(), wishes, true, stopping));
    let mut room = room;
    for n in 0..5 {
        room.store(n * 10..n * 10 + 10);
        sleep(Duration::from_millis(150)).await;
    }
    for _ in 0..100 {
        if took(&far_side).len() == 50 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    stop.send_replace(true);
    task.await.unwrap();
    assert_eq!(took(&far_side), ids(0..50));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_everything_once() {
    let mut room =
        Room::new("files", "type = \"file\"\npath = \"../out/{account}/{log_type}.jsonl\"");
    room.store(0..10_000);
    assert!(room.once().await.is_empty());
    room.store(10_000..10_003);
    assert!(room.once().await.is_empty());
    let file = room.home.config.join("../out/Contoso/authentication.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let found: Vec<String> = text
        .lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["txid"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(found, ids(0..10_003));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_category_hands_over_nothing() {
    let mut room =
        Room::new("odd", "type = \"file\"\npath = \"a.jsonl\"\ncategories = [\"nonsense\"]");
    room.store(0..10);
    let waiting = room.once().await;
    assert!(waiting[0].problem.to_string().contains("no category"), "{}", waiting[0].problem);
    assert!(!room.home.config.join("a.jsonl").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_record_is_clearly_none_of_duos_and_disturbs_nobody() {
    let mut room = Room::new("tried", "type = \"file\"\npath = \"a.jsonl\"\nformat = \"ecs\"");
    let Some(records) = room.output().records().cloned() else { panic!() };
    let network = Network::default();
    let probed = probe(&room.home, &network, "tried", &records, None).await.unwrap();
    assert!(probed.said.ends_with("a.jsonl"), "{}", probed.said);
    room.store(0..3);
    assert!(room.once().await.is_empty());
    let text = std::fs::read_to_string(room.home.config.join("a.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(text.lines().next().unwrap().contains("duo_integrator_test"));
}
