//! The real collector, spoken to over its local socket.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::control::{
    Answer, ControlError, PROTOCOL, Request, Role, ask_blocking, greet_blocking,
};
use duo_integrator::record::LogType;
use duo_integrator::simulator::{Fault, INTEGRATION_KEY, Look, Published, Rule, World};
use duo_integrator::status::{Overall, Summary};
use serde_json::{Value, json};

use crate::support::collector::Collector;
use crate::support::lab::Lab;
use crate::support::records::record;

const TELEPHONY: &str = "/admin/v2/logs/telephony";

#[test]
fn a_pause_asks_duo_nothing_outlives_a_restart_and_ends_when_told() {
    let lab = Lab::new(World::single());
    let mut collector = start(&lab);
    wait_until_current(&lab, &collector);
    assert_eq!(ask(&lab, &Request::Pause { until: None }), Answer::Ok);
    assert_nothing_is_asked(&lab);
    assert_eq!(status_says(&lab), "paused");
    assert_eq!(summary(&lab).state, Overall::Paused);

    assert_eq!(collector.terminate().code(), Some(0));
    assert_eq!(status_says(&lab), "stopped");
    let mut collector = start(&lab);
    wait_until_answering(&lab, &collector);
    assert_nothing_is_asked(&lab);
    assert_eq!(status_says(&lab), "paused");

    publish(&lab, 5);
    assert_eq!(ask(&lab, &Request::Resume), Answer::Ok);
    collector.wait_until("what came meanwhile is stored", || stored(&lab) == 5);
    assert_eq!(status_says(&lab), "running");
    assert_eq!(collector.terminate().code(), Some(0));
    lab.assert_complete();
}

#[test]
fn a_pause_with_an_end_ends_by_itself_and_at_once() {
    let lab = Lab::new(World::single());
    let collector = start(&lab);
    wait_until_current(&lab, &collector);
    let until = UnixMillis::now().plus(Duration::from_millis(2500));
    assert_eq!(ask(&lab, &Request::Pause { until: Some(until) }), Answer::Ok);
    std::thread::sleep(Duration::from_millis(300));
    lab.world(World::forget_requests);
    collector.wait_until("Duo is asked again", || requests(&lab) > 0);
    let late = UnixMillis::now().0 - until.0;
    assert!((0..2000).contains(&late), "asked again {late} ms after the end");
    assert!(!lab.home.pause_file().exists());

    let past = Request::Pause { until: Some(UnixMillis::now().minus(Duration::from_secs(1))) };
    assert!(matches!(ask(&lab, &past), Answer::Refused { .. }));
    assert_eq!(status_says(&lab), "running");
}

#[test]
fn collect_now_does_not_wait_for_the_next_poll() {
    let lab = Lab::new(World::single());
    lab.change_settings("poll_interval = \"1s\"", "poll_interval = \"6h\"");
    // Refused logs are tried again only hourly.
    lab.inject(Rule::new(Fault::Status(403, Look::Json)).on(TELEPHONY));
    let collector = start(&lab);
    wait_until_answering(&lab, &collector);
    collector.wait_until("the others are current, telephony is denied", || {
        let counts = summary(&lab).counts;
        (counts.current, counts.denied) == (5, 1)
    });
    assert_eq!(summary(&lab).state, Overall::Attention);
    std::thread::sleep(Duration::from_millis(300));
    lab.world(|world| world.faults.clear());
    lab.world(World::forget_requests);
    publish(&lab, 3);
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(requests(&lab), 0, "nothing is due for hours");

    let start = Instant::now();
    assert_eq!(ask(&lab, &Request::CollectNow), Answer::Ok);
    collector.wait_until("all is current", || summary(&lab).state == Overall::Current);
    collector.wait_until("the new records are stored", || stored(&lab) == 3);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    lab.assert_complete();
}

/// A process that is stopped for a while sees what a computer sees that was asleep: clocks that
/// have jumped.
#[test]
fn waking_up_collects_at_once() {
    let lab = Lab::new(World::single());
    lab.change_settings("poll_interval = \"1s\"", "poll_interval = \"6h\"");
    let mut collector = start(&lab);
    wait_until_current(&lab, &collector);
    let signal = |name: &str| {
        let id = collector.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &id]).status().unwrap().success());
    };
    signal("-STOP");
    std::thread::sleep(Duration::from_secs(27));
    lab.world(World::forget_requests);
    publish(&lab, 3);
    signal("-CONT");
    let start = Instant::now();
    collector.wait_until("the new records are stored", || stored(&lab) == 3);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(collector.terminate().code(), Some(0));
    lab.assert_complete();
}

#[test]
fn asked_to_quit_the_collector_ends_with_everything_stored() {
    let lab = Lab::new(World::single());
    publish(&lab, 5000);
    // Pages take their time, so that the end finds something under way.
    lab.inject(Rule::new(Fault::SlowBody(Duration::from_millis(60))));
    let mut collector = start(&lab);
    wait_until_answering(&lab, &collector);
    collector.wait_until("records come", || stored(&lab) > 0);
    assert_eq!(ask(&lab, &Request::Quit), Answer::Ok);
    assert_eq!(collector.wait_for_end().code(), Some(0), "{}", collector.said());
    assert_eq!(greet_blocking(&lab.home, Role::Collector), Err(ControlError::NotThere));
    assert!(!socket(&lab.home).exists());
    lab.world(|world| world.faults.clear());
    lab.run_collect();
    lab.assert_complete();
}

#[test]
fn a_second_collector_leaves_the_first_ones_socket_alone() {
    let lab = Lab::new(World::single());
    let collector = start(&lab);
    wait_until_answering(&lab, &collector);
    lab.run(&["collect", "--no-tray"]).exits(3);
    lab.run(&["collect"]).exits(3);
    assert_eq!(greet_blocking(&lab.home, Role::Collector).unwrap().pid, collector.id());
}

#[test]
fn a_socket_left_by_a_killed_collector_is_no_hindrance() {
    let lab = Lab::new(World::single());
    let collector = start(&lab);
    wait_until_answering(&lab, &collector);
    collector.kill();
    assert!(socket(&lab.home).exists());
    assert_eq!(greet_blocking(&lab.home, Role::Collector), Err(ControlError::NotThere));
    let collector = start(&lab);
    wait_until_answering(&lab, &collector);
    assert_eq!(greet_blocking(&lab.home, Role::Collector).unwrap().pid, collector.id());
}

#[test]
fn a_newer_window_can_end_an_older_collector() {
    let lab = Lab::new(World::single());
    let mut collector = start(&lab);
    wait_until_answering(&lab, &collector);
    let mut talk = Talk::begin(&lab);
    let newer = json!({"protocol": PROTOCOL + 7, "version": "9.0.0", "role": "window", "pid": 1});
    talk.say(&json!({"hello": newer, "and": "more"}));
    assert_eq!(talk.hear()["hello"]["protocol"], PROTOCOL);
    talk.say(&json!({"ask": "status"}));
    assert_eq!(talk.hear()["what"], "The two programs are of different versions");
    talk.say(&json!({"ask": "quit"}));
    assert_eq!(talk.hear(), json!({"answer": "ok"}));
    assert_eq!(collector.wait_for_end().code(), Some(0), "{}", collector.said());
}

#[test]
fn garbage_on_the_socket_does_no_harm() {
    let lab = Lab::new(World::single());
    let mut collector = start(&lab);
    wait_until_answering(&lab, &collector);
    let mut chance = fastrand::Rng::with_seed(7);
    let mut left_open = Vec::new();
    for n in 0..40 {
        let mut stream = UnixStream::connect(socket(&lab.home)).unwrap();
        let bytes: Vec<u8> = (0..chance.usize(0..9000)).map(|_| chance.u8(..)).collect();
        // It may hang up in the middle.
        let _ = stream.write_all(&bytes);
        if n % 4 == 0 {
            left_open.push(stream);
        }
    }
    // Those who say nothing are sent away after some seconds.
    collector.wait_until("it answers", || {
        ask_blocking(&lab.home, Role::Collector, &Request::Status).is_ok()
    });
    publish(&lab, 3);
    collector.wait_until("it goes on collecting", || stored(&lab) == 3);
    assert_eq!(collector.terminate().code(), Some(0));
    lab.assert_complete();
}

#[test]
fn a_conversation_of_version_1_still_goes_the_same_way() {
    let lab = Lab::new(World::single());
    let mut collector = start(&lab);
    wait_until_current(&lab, &collector);
    let mut talk = Talk::begin(&lab);
    for (n, line) in include_str!("../data/control-v1.jsonl").lines().enumerate() {
        let (direction, said): (String, Value) = serde_json::from_str(line).unwrap();
        match direction.as_str() {
            ">" => talk.say(&said),
            _ => assert_holds(&talk.hear(), &said, &format!("line {}", n + 1)),
        }
    }
    assert_eq!(collector.wait_for_end().code(), Some(0), "{}", collector.said());
}

#[test]
fn settings_with_a_mistake_change_nothing_until_they_are_mended() {
    let lab = Lab::new(World::single());
    let collector = start(&lab);
    wait_until_current(&lab, &collector);
    lab.change_settings("[collection]", "[colection]");
    collector.wait_until("the mistake is told", || collector.said().contains("colection"));
    collector.wait_until("it needs a person", || summary(&lab).state == Overall::Attention);
    publish(&lab, 2);
    collector.wait_until("it goes on collecting", || stored(&lab) == 2);
    lab.change_settings("[colection]", "[collection]");
    collector.wait_until("all is well", || summary(&lab).state == Overall::Current);
    let told = collector.said().matches("warning: There is a mistake").count();
    assert_eq!(told, 1, "{}", collector.said());
}

#[test]
fn without_a_tray_an_account_is_needed_to_start_with() {
    let lab = Lab::new(World::single());
    fs::remove_file(lab.home.settings_file()).unwrap();
    for words in [&["collect", "--no-tray"][..], &["collect", "--once"], &["collect"]] {
        lab.run(words).exits(1).says("There is no account yet");
    }
}

#[cfg(feature = "tray")]
#[test]
fn with_a_tray_the_collector_waits_for_its_first_account_and_for_mistakes_to_be_mended() {
    let lab = Lab::new(World::single());
    let settings = fs::read_to_string(lab.home.settings_file()).unwrap();
    lab.write_settings("version = 1\n[colection]\n");
    publish(&lab, 4);
    let mut command = lab.command(&["collect", "--unsafe-poll-interval"]);
    // A desktop whose bus is not there.
    command.env("DISPLAY", ":none");
    let mut collector = Collector::start(command, &lab);
    wait_until_answering(&lab, &collector);
    collector.wait_until("the mistake is told", || {
        summary(&lab).attention.iter().any(|attention| attention.words.contains("colection"))
    });
    fs::remove_file(lab.home.settings_file()).unwrap();
    collector.wait_until("no account", || summary(&lab).state == Overall::NoAccount);
    lab.write_settings(&settings);
    collector.wait_until("the records are stored", || stored(&lab) == 4);
    fs::remove_file(lab.home.settings_file()).unwrap();
    collector.wait_until("it waits again", || summary(&lab).state == Overall::NoAccount);
    assert_eq!(collector.terminate().code(), Some(0), "{}", collector.said());
}

#[test]
fn a_home_too_deep_for_a_socket_is_reached_all_the_same() {
    let lab = Lab::new(World::single());
    let deep = lab.folder().join("d".repeat(90));
    let home = Home::under(&deep);
    home.prepare().unwrap();
    for file in ["settings.toml", "ca.pem"] {
        fs::copy(lab.home.config.join(file), home.config.join(file)).unwrap();
    }
    let mut command = lab.command(&["collect", "--no-tray"]);
    command.arg("--home").arg(&deep);
    // The first --home is the lab's own.
    let words: Vec<_> = command.get_args().skip(2).map(ToOwned::to_owned).collect();
    let mut again = std::process::Command::new(command.get_program());
    lab.settle(&mut again);
    again.args(words).env("DUO_INTEGRATOR_SECRET_KEY", duo_integrator::simulator::SECRET_KEY);
    let mut collector = Collector::start(again, &lab);
    collector.wait_until("it answers", || greet_blocking(&home, Role::Collector).is_ok());
    assert_eq!(ask_blocking(&home, Role::Collector, &Request::Quit), Ok(Answer::Ok));
    assert_eq!(collector.wait_for_end().code(), Some(0), "{}", collector.said());
}

/// A conversation, line by line.
struct Talk(BufReader<UnixStream>);

impl Talk {
    fn begin(lab: &Lab) -> Self {
        let stream = UnixStream::connect(socket(&lab.home)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(BufReader::new(stream))
    }

    fn say(&mut self, what: &Value) {
        self.0.get_mut().write_all(format!("{what}\n").as_bytes()).unwrap();
    }

    #[track_caller]
    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

/// Everything that was recorded is said again; more may be said. Processes and versions differ.
#[track_caller]
fn assert_holds(said: &Value, recorded: &Value, place: &str) {
    match (said, recorded) {
        (Value::Object(said), Value::Object(recorded)) => {
            for (key, recorded) in recorded {
                let place = format!("{place}, {key}");
                let said = said.get(key).unwrap_or_else(|| panic!("{place} is missing"));
                match key.as_str() {
                    "pid" => assert!(said.is_u64(), "{place}: {said}"),
                    "version" => assert!(said.is_string(), "{place}: {said}"),
                    _ => assert_holds(said, recorded, &place),
                }
            }
        }
        _ => assert_eq!(said, recorded, "{place}"),
    }
}

fn start(lab: &Lab) -> Collector {
    let words = ["collect", "--no-tray", "--unsafe-poll-interval"];
    Collector::start(lab.command(&words), lab)
}

fn socket(home: &Home) -> std::path::PathBuf {
    home.state.join("collector.sock")
}

fn wait_until_answering(lab: &Lab, collector: &Collector) {
    collector.wait_until("it answers", || {
        greet_blocking(&lab.home, Role::Collector).is_ok_and(|hello| hello.pid == collector.id())
    });
}

fn wait_until_current(lab: &Lab, collector: &Collector) {
    wait_until_answering(lab, collector);
    collector.wait_until_current(lab);
}

#[track_caller]
fn ask(lab: &Lab, request: &Request) -> Answer {
    ask_blocking(&lab.home, Role::Collector, request).unwrap()
}

#[track_caller]
fn summary(lab: &Lab) -> Summary {
    match ask(lab, &Request::Status) {
        Answer::Status { summary } => *summary,
        other => panic!("{other:?}"),
    }
}

fn status_says(lab: &Lab) -> String {
    let status = lab.run(&["status", "--json"]).exits(0).json();
    status["collector"].as_str().unwrap().to_owned()
}

/// Not one request reaches Duo, for longer than two polls.
#[track_caller]
fn assert_nothing_is_asked(lab: &Lab) {
    // What was on its way when the pause began has arrived by then.
    std::thread::sleep(Duration::from_millis(300));
    lab.world(World::forget_requests);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(requests(lab), 0);
}

fn requests(lab: &Lab) -> usize {
    lab.world(|world| world.requests().count())
}

/// New records, which the next poll will find: Duo's clock moves on a minute.
fn publish(lab: &Lab, records: i64) {
    lab.world(|world| {
        let start = world.clock.now().minus(Duration::from_secs(90)).floor_secs().to_millis();
        world.clock.advance(Duration::from_secs(60));
        let records = (0..records).map(|n| {
            let at = UnixMillis(start.0 + n);
            Published { at, body: record(LogType::Telephony, at, n as u64).into() }
        });
        let records: Vec<_> = records.collect();
        world.publish_many(INTEGRATION_KEY, LogType::Telephony, records);
    });
}

fn stored(lab: &Lab) -> u64 {
    let mut statuses = lab.statuses().into_iter();
    let found = statuses.find(|status| status.log_type == LogType::Telephony);
    found.map_or(0, |status| status.records)
}
