//! What records can be: every value that Duo's logs are known to use has its place and its words,
//! each category takes its own samples and no others, and the commands tell so.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use duo_integrator::base::UnixMillis;
use duo_integrator::duo::logs::understand;
use duo_integrator::knowledge::{Categorizer, Files, Item, Knowledge, Samples};
use duo_integrator::record::{Columns, LogType};
use duo_integrator::simulator::{INTEGRATION_KEY, World};
use serde_json::{Value, json};

use crate::support::lab::{Lab, Ran};

/// What EventTracker's pack for Duo tells apart, under its names.
const TWELVE: [&str; 12] = [
    "Admin self-activation",
    "Login success",
    "Login failed",
    "API management",
    "Authentication failure",
    "Authentication success",
    "Authentication success by mobile",
    "Bypass key management",
    "Directory management",
    "Group management",
    "Policy management",
    "User management",
];

/// Names of the same act in two logs, or in two versions of one.
const SAME_ACT: [(&str, &str); 4] = [
    ("admin_activates_duo_push", "admin_activate_duo_push"),
    ("admin_rectivates_duo_push", "admin_reactivates_duo_push"),
    ("admin_factor_restrictions", "update_admin_factor_restrictions"),
    ("azure_sync_fail", "entra_sync_failure"),
];

/// The categories as bits in the order of their ids.
struct Sorter {
    ids: Vec<String>,
    categorizer: Categorizer,
}

impl Sorter {
    fn new() -> Self {
        let knowledge = Knowledge::embedded().unwrap();
        let ids: Vec<String> =
            knowledge.category_ids().into_iter().map(ToOwned::to_owned).collect();
        let bits: Vec<u8> = (0..u8::try_from(ids.len()).unwrap()).collect();
        Self { categorizer: Categorizer::new(&knowledge, &bits), ids }
    }

    fn of(&self, log_type: LogType, columns: &Columns<'_>) -> Vec<&str> {
        let assigned = self.categorizer.assign(log_type, columns);
        let names = self.ids.iter().enumerate();
        names.filter(|(bit, _)| assigned >> bit & 1 == 1).map(|(_, id)| id.as_str()).collect()
    }

    fn of_raw(&self, log_type: LogType, raw: &str) -> Vec<&str> {
        self.of(log_type, &understand(log_type, raw.as_bytes()).columns)
    }

    fn of_action(&self, log_type: LogType, action: &str) -> Vec<&str> {
        let action = Some(Cow::Borrowed(action));
        self.of(log_type, &Columns { action, ..Columns::default() })
    }
}

#[test]
fn the_twelve_and_ten_more_are_there_under_their_names() {
    let knowledge = Knowledge::embedded().unwrap();
    for name in TWELVE {
        let item = knowledge.category(name).unwrap();
        assert_eq!(item.title, format!("Duo Security - {name}"));
        assert!(item.enabled);
    }
    assert_eq!(knowledge.categories().len(), 22);
    let problem = knowledge.category("login fialed").unwrap_err().to_string();
    assert!(problem.contains("Did you mean login-failed?"), "{problem}");
}

#[test]
fn each_category_takes_its_samples_and_leaves_the_others() {
    let (knowledge, files, sorter) = (Knowledge::embedded().unwrap(), pack(), Sorter::new());
    let mut wrong = Vec::new();
    for item in knowledge.categories() {
        let samples = samples(item, &files);
        assert!(!samples.matching.is_empty() && !samples.quiet.is_empty(), "{}", item.id);
        for (scenarios, falls) in [(&samples.matching, true), (&samples.quiet, false)] {
            for scenario in scenarios {
                for (n, (log_type, raw)) in scenario.records.iter().enumerate() {
                    let found = sorter.of_raw(*log_type, raw);
                    if found.contains(&item.id.as_str()) != falls {
                        wrong.push(format!("{}, {}, {n}: {found:?}", item.id, scenario.why));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_known_value_is_left_to_other() {
    let sorter = Sorter::new();
    let mut left = Vec::new();
    let mut look = |log_type: LogType, columns: &Columns<'_>| {
        let found = sorter.of(log_type, columns);
        if found.is_empty() || found.contains(&"other") {
            left.push(format!("{log_type}: {columns:?}"));
        }
    };
    for log_type in [LogType::Administrator, LogType::Activity, LogType::OfflineEnrollment] {
        for action in &values(log_type, "action") {
            look(log_type, &Columns { action: Some(action.into()), ..Columns::default() });
        }
    }
    let reasons = [&["".to_owned()][..], &values(LogType::Authentication, "denied_reason")];
    for event in &values(LogType::Authentication, "event_type") {
        for result in &values(LogType::Authentication, "result") {
            for factor in &values(LogType::Authentication, "factor") {
                for reason in reasons.concat() {
                    let columns = Columns {
                        action: Some(event.into()),
                        result: Some(result.into()),
                        factor: Some(factor.into()),
                        reason: Some(reason.into())
                            .filter(|reason: &Cow<'_, str>| !reason.is_empty()),
                        ..Columns::default()
                    };
                    look(LogType::Authentication, &columns);
                }
            }
        }
    }
    for (log_type, key) in [(LogType::Telephony, "type"), (LogType::TrustMonitor, "type")] {
        for action in &values(log_type, key) {
            look(log_type, &Columns { action: Some(action.into()), ..Columns::default() });
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}

#[test]
fn one_act_has_one_place_whatever_log_and_version_tells_it() {
    let sorter = Sorter::new();
    let place = |action: &str| {
        let v1 = sorter.of_action(LogType::Administrator, action);
        let v2 = sorter.of_action(LogType::Activity, action);
        assert_eq!(v1, v2, "{action}");
        v2
    };
    for log_type in [LogType::Administrator, LogType::Activity] {
        for action in values(log_type, "action") {
            place(&action);
            assert_eq!(place(&action.to_uppercase()), place(&action));
        }
    }
    for (one, other) in SAME_ACT {
        assert_eq!(place(one), place(other), "{one}, {other}");
    }
    assert_eq!(
        sorter.of_action(LogType::OfflineEnrollment, "o2fa_user_provisioned"),
        place("o2fa_user_provisioned")
    );
}

#[test]
fn every_known_value_has_words() {
    let knowledge = Knowledge::embedded().unwrap();
    let mut missing = Vec::new();
    for (log_type, key, table) in [
        (LogType::Authentication, "event_type", "event_type"),
        (LogType::Authentication, "result", "result"),
        (LogType::Authentication, "factor", "factor"),
        (LogType::Authentication, "denied_reason", "reason"),
        (LogType::Authentication, "success_reason", "reason"),
        (LogType::Authentication, "trusted_endpoint_status", "trusted_endpoint_status"),
        (LogType::Authentication, "trust_level", "trust_level"),
        (LogType::Authentication, "event_type", "action"),
        (LogType::Administrator, "action", "action"),
        (LogType::Activity, "action", "action"),
        (LogType::Activity, "actor_type", "actor_type"),
        (LogType::Activity, "target_type", "target_type"),
        (LogType::Activity, "result", "result"),
        (LogType::Telephony, "context", "telephony_context"),
        (LogType::Telephony, "type", "telephony_type"),
        (LogType::Telephony, "type", "action"),
        (LogType::OfflineEnrollment, "action", "action"),
        (LogType::OfflineEnrollment, "factor", "factor"),
        (LogType::TrustMonitor, "type", "trust_monitor_type"),
        (LogType::TrustMonitor, "type", "action"),
        (LogType::TrustMonitor, "state", "result"),
        (LogType::TrustMonitor, "explanation", "trust_monitor_explanation"),
    ] {
        for value in values(log_type, key) {
            if knowledge.labels().get(table, &value).is_none() {
                missing.push(format!("{table}: {value}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    for (table, code, words) in [
        ("factor", "Duo Push", "Duo Push"),
        ("factor", "WebAuthn Chrome Touch ID", "Touch ID"),
        ("result", "FAILURE", "Failure"),
        ("reason", "touchid_disabled", "Touch ID disabled"),
        ("action", "bypass_create", "Created a bypass code"),
        ("status", "Pending Deletion", "Pending Deletion"),
        ("auth_status", "Allow access without 2FA", "Allow access without 2FA"),
    ] {
        assert_eq!(knowledge.labels().or_code(table, code), words);
    }
    assert_eq!(knowledge.labels().or_code("factor", "telepathy"), "telepathy");
}

#[test]
fn raw_records_are_told_apart_line_by_line() {
    let lab = Lab::without_account(World::single());
    let sorter = Sorter::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples");
    for log_type in LogType::ALL {
        let path = samples.join(format!("{log_type}.jsonl"));
        let text = fs::read_to_string(&path).unwrap();
        let ran = lab
            .run(&[
                "category",
                "match",
                "--log-type",
                log_type.name(),
                "--json",
                path.to_str().unwrap(),
            ])
            .exits(0);
        let answers: Vec<Value> =
            ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected: Vec<Value> = text
            .lines()
            .enumerate()
            .map(|(i, raw)| json!({"line": i + 1, "categories": sorter.of_raw(log_type, raw)}))
            .collect();
        assert_eq!(answers, expected);
        assert!(answers.len() > 10);
    }
}

#[test]
fn broken_lines_are_told_with_their_number_and_the_rest_is_answered() {
    let lab = Lab::without_account(World::single());
    let lines = "{\"telephony_id\":\"a\"}\n\nnonsense\n[1]\n{\"telephony_id\":\"b\"}\n";
    let ran = matched(&lab, &["--json"], lines).exits(1);
    assert_eq!(
        ran.out,
        "{\"line\":1,\"categories\":[\"telephony\"]}\n{\"line\":5,\"categories\":[\"telephony\"]}\n"
    );
    let ran = ran.says("line 3 is no record: it is not JSON").says("line 4 is no record");
    assert!(!ran.err.contains("error:"), "{}", ran.err);
    assert_eq!(matched(&lab, &[], "{}\n").exits(0).out, "1  telephony\n");
}

#[test]
fn stored_records_are_counted_and_listed_by_category() {
    let lab = Lab::new(with_samples());
    lab.run_collect();
    let sorter = Sorter::new();
    let mut expected: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for log_type in LogType::ALL {
        for raw in lab.stored(log_type) {
            for id in sorter.of_raw(log_type, &raw) {
                expected.entry(id).or_default().push(raw.clone());
            }
        }
    }
    let listed = lab.run(&["category", "list", "--json"]).exits(0).json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 22);
    for item in listed {
        let (id, title) = (item["id"].as_str().unwrap(), item["title"].as_str().unwrap());
        let records = expected.get(id).map_or(&[][..], Vec::as_slice);
        assert_eq!(item["records"], records.len(), "{id}");
        assert_eq!((&item["enabled"], &item["source"]), (&json!(true), &json!("pack")));
        let ran = lab.run(&["event", "list", "--category", &title.to_uppercase()]).exits(0);
        let mut lines: Vec<&str> = ran.out.lines().collect();
        let mut records: Vec<&str> = records.iter().map(String::as_str).collect();
        lines.sort_unstable();
        records.sort_unstable();
        assert_eq!(lines, records, "{id}");
    }
    assert!(expected.len() > 15, "{:?}", expected.keys());
    lab.run(&["event", "list", "--category", "loginfailed"])
        .exits(2)
        .says("Did you mean login-failed?");
}

#[test]
fn a_category_that_is_switched_off_takes_no_records_any_more() {
    let lab = Lab::new(with_samples());
    lab.run_collect();
    let count = |id: &str| {
        let listed = lab.run(&["category", "list", "--json"]).exits(0).json();
        let found = listed.as_array().unwrap().iter().find(|item| item["id"] == id).unwrap();
        (found["enabled"].as_bool().unwrap(), found["records"].as_u64().unwrap())
    };
    let before = count("telephony");
    assert!(before.1 > 0, "{before:?}");
    lab.run(&["category", "disable", "Telephony"]).exits(0).says("is off");
    lab.run_collect();
    assert_eq!(count("telephony"), (false, 0));
    assert_eq!(count("other").1, before.1, "they are in no other category");
    lab.run(&["category", "enable", "telephony"]).exits(0);
    lab.run_collect();
    assert_eq!(count("telephony"), before);
    assert_eq!(count("other").1, 0);
}

fn matched(lab: &Lab, words: &[&str], input: &str) -> Ran {
    let all = [&["category", "match", "--log-type", "telephony"][..], words].concat();
    let mut command: Command = lab.command(&all);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}

/// A world in which the samples have just happened.
pub fn with_samples() -> World {
    let mut world = World::single();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples");
    let hour_ago = UnixMillis(UnixMillis::now().floor_secs().to_millis().0 - 3_600_000);
    for log_type in LogType::ALL {
        let text = fs::read_to_string(samples.join(format!("{log_type}.jsonl"))).unwrap();
        let records = text.lines().enumerate().map(|(n, raw)| {
            let at = UnixMillis(hour_ago.0 + 1000 * n as u64 as i64);
            duo_integrator::simulator::Published { at, body: at_time(raw, at).into() }
        });
        world.publish_many(INTEGRATION_KEY, log_type, records);
    }
    world
}

/// A record with another time.
fn at_time(raw: &str, at: UnixMillis) -> String {
    let mut record: Value = serde_json::from_str(raw).unwrap();
    let secs = at.floor_secs().0;
    for (key, value) in [
        ("timestamp", json!(secs)),
        ("isotimestamp", json!(at.to_string())),
        ("ts", json!(at.to_string())),
        ("surfaced_timestamp", json!(at.0)),
    ] {
        if let Some(field) = record.get_mut(key) {
            *field = value;
        }
    }
    record.to_string()
}

/// The files of the program's own pack, samples included.
pub fn pack() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/knowledge/duo");
    let mut files = Files::default();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    files
}

fn samples<T>(item: &Item<T>, files: &Files) -> Samples {
    Samples::of(files, &item.file).unwrap().unwrap_or_default()
}

/// The values that Duo is known to use somewhere.
fn values(log_type: LogType, key: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/duo-values.json");
    let all: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let list = all[log_type.name()][key].as_array();
    list.unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}
