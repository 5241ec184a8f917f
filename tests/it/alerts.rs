//! Rules and alerts, with the real program beside a look-alike of Duo: what is found, that it is found
//! once whatever breaks off, and what the commands say of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{Fault, INTEGRATION_KEY, Rule, World, invent};
use serde_json::{Value, json};

use crate::support::collector::Collector;
use crate::support::lab::{ACCOUNT, Lab, this_second};

const MINUTE: i64 = 60_000;

/// An authentication of a user that ended so.
fn attempt(user: &str, at: UnixMillis, result: &str, reason: &str) -> String {
    let id = format!("{:08x}-3192-475f-ba3d-{:012x}", user.len() as i64 * 7 + at.0 % 1000, at.0);
    json!({
        "access_device": {"ip": "192.0.2.66", "location": {"city": null, "country": "France", "state": null}},
        "application": {"key": "DIMLIQXXY131Q7BOP374", "name": "Acme VPN"},
        "auth_device": {"name": "734-555-0144"}, "email": format!("{user}@example.com"),
        "event_type": "authentication", "factor": "duo_push", "isotimestamp": at.to_string(),
        "reason": reason, "result": result, "timestamp": at.0 / 1000, "txid": id,
        "user": {"groups": [], "key": "DUBI6P16XRYE9WO9UQSD", "name": user},
    })
    .to_string()
}

fn publish(lab: &Lab, records: &[(UnixMillis, String)]) {
    lab.world(|world| {
        for (at, body) in records {
            world.publish(INTEGRATION_KEY, LogType::Authentication, *at, body.as_str());
        }
    });
}

fn alerts(lab: &Lab, more: &[&str]) -> Vec<Value> {
    let words = [&["alert", "list", "--json"], more].concat();
    lab.run(&words).exits(0).json().as_array().unwrap().clone()
}

/// For each rule and subject: how many records its alerts stand for, and which.
fn found(lab: &Lab) -> BTreeMap<(String, String), (u64, BTreeSet<String>)> {
    let mut found: BTreeMap<(String, String), (u64, BTreeSet<String>)> = BTreeMap::new();
    for alert in alerts(lab, &[]) {
        let text = |key: &str| alert[key].as_str().unwrap().to_owned();
        assert_eq!(text("account"), ACCOUNT);
        let entry = found.entry((text("rule"), text("subject"))).or_default();
        entry.0 += alert["count"].as_u64().unwrap();
        let events = alert["events"].as_array().unwrap();
        entry.1.extend(events.iter().map(|id| id.as_str().unwrap().to_owned()));
    }
    found
}

/// Three weeks of invented records, the same each time.
fn weeks(now: UnixMillis) -> World {
    let mut world = World::single();
    let (from, until) = (UnixMillis(now.0 - 21 * DAY_MILLIS), UnixMillis(now.0 - 600_000));
    world.settle_in(INTEGRATION_KEY, invent(11, from, until, 40, 120));
    world
}

#[test]
fn a_collector_killed_again_and_again_raises_what_an_undisturbed_one_does() {
    let now = this_second();
    let (calm, troubled) = (Lab::new(weeks(now)), Lab::new(weeks(now)));
    calm.run_collect();

    troubled.inject(Rule::new(Fault::SlowBody(Duration::from_millis(40))));
    let mut chance = fastrand::Rng::new();
    let seed = chance.get_seed();
    for _ in 0..14 {
        let words = ["collect", "--no-tray", "--unsafe-poll-interval"];
        let collector = Collector::start(troubled.command(&words), &troubled);
        std::thread::sleep(Duration::from_millis(chance.u64(100..1_500)));
        collector.kill();
    }
    troubled.world(|world| world.faults.clear());
    troubled.run_collect();

    // Failures that show hours after they happened, in another order than they happened.
    let at = |minute: i64| UnixMillis(now.0 - 180 * MINUTE + minute * MINUTE / 2);
    let mut late: Vec<(UnixMillis, String)> =
        (0..12).map(|n| (at(n), attempt("l.ate", at(n), "denied", "user_mistake"))).collect();
    late.swap(0, 11);
    late.swap(3, 7);
    for lab in [&calm, &troubled] {
        for part in late.chunks(5) {
            publish(lab, part);
            lab.world(|world| world.clock.advance(Duration::from_secs(1)));
            lab.run_collect();
        }
        lab.assert_complete();
    }

    let (calm, troubled) = (found(&calm), found(&troubled));
    let rules: BTreeSet<&str> = calm.keys().map(|(rule, _)| rule.as_str()).collect();
    assert!(rules.len() > 8, "the weeks were eventful: {rules:?}");
    let late = calm.keys().find(|(rule, subject)| rule == "failures-many" && subject == "l.ate");
    assert!(late.is_some(), "late records come together: {:?}", calm.keys());
    for (about, told) in &calm {
        assert_eq!(troubled.get(about), Some(told), "seed {seed}: {about:?}");
    }
    assert_eq!(troubled.len(), calm.len(), "seed {seed}");
}

#[test]
fn alerts_are_listed_shown_and_acknowledged() {
    let now = this_second();
    let lab = Lab::new(World::single());
    let at = |minute: i64| UnixMillis(now.0 - 60 * MINUTE + minute * MINUTE);
    lab.run_collect();
    assert_eq!(alerts(&lab, &[]), [] as [Value; 0]);
    let fraud = attempt("o.idowu", at(0), "fraud", "user_marked_fraud");
    publish(
        &lab,
        &[(at(0), fraud.clone()), (at(1), attempt("ada", at(1), "success", "user_approved"))],
    );
    lab.run_collect();

    let all = alerts(&lab, &["--open", "--rule", "push-fraud"]);
    assert_eq!(all.len(), 1, "{all:?}");
    let alert = &all[0];
    assert_eq!(alert["level"], "high");
    assert_eq!((&alert["account"], &alert["subject"]), (&json!(ACCOUNT), &json!("o.idowu")));
    assert_eq!((&alert["count"], &alert["acknowledged"]), (&json!(1), &json!(false)));
    assert_eq!(alert["time"], at(0).to_string());
    let txid = serde_json::from_str::<Value>(&fraud).unwrap()["txid"].clone();
    assert_eq!(alert["events"], json!([txid]));

    let id = alert["id"].to_string();
    let shown = lab.run(&["alert", "show", &id]).exits(0);
    assert!(shown.out.contains(&fraud), "the record as it came: {}", shown.out);
    let open = lab.run(&["status", "--json"]).exits(0).json()["alerts"]["open"].as_u64().unwrap();
    assert!(open >= 1);

    lab.run(&["alert", "ack", &id]).exits(0).says("acknowledged");
    lab.run(&["alert", "ack", &id]).exits(0).says("before");
    assert!(alerts(&lab, &["--open"]).iter().all(|alert| alert["rule"] != "push-fraud"));
    let status = lab.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["alerts"]["open"], json!(open - 1));
    lab.run(&["alert", "ack", "9999"]).exits(1).says("no alert 9999");
    lab.run(&["alert", "show", "9999"]).exits(1).says("no alert 9999");
    lab.run(&["alert", "ack", "--all"]).exits(0);
    assert_eq!(alerts(&lab, &["--open"]), [] as [Value; 0]);
}

#[test]
fn what_happened_before_the_first_collection_is_history_and_what_happened_overnight_is_not() {
    let now = this_second();
    let lab = Lab::new(World::single());
    let old = UnixMillis(now.0 - DAY_MILLIS);
    publish(&lab, &[(old, attempt("o.idowu", old, "fraud", "user_marked_fraud"))]);
    lab.run_collect();
    let recent = UnixMillis(now.0 - 10 * MINUTE);
    publish(&lab, &[(recent, attempt("ada", recent, "fraud", "user_marked_fraud"))]);
    lab.world(|world| world.clock.advance(Duration::from_secs(1)));
    lab.run_collect();
    // Ten hours nobody collects.
    let night = UnixMillis(now.0 + 5 * 60 * MINUTE);
    publish(&lab, &[(night, attempt("night", night, "fraud", "user_marked_fraud"))]);
    lab.world(|world| world.clock.advance(Duration::from_secs(10 * 3600)));
    lab.run_collect();
    let history: BTreeMap<String, bool> = alerts(&lab, &["--rule", "push-fraud"])
        .iter()
        .map(|alert| {
            (alert["subject"].as_str().unwrap().to_owned(), alert["historic"].as_bool().unwrap())
        })
        .collect();
    let expected = [("ada", false), ("night", false), ("o.idowu", true)];
    assert_eq!(history, expected.map(|(user, is)| (user.to_owned(), is)).into());
}

#[test]
fn a_rule_that_is_switched_off_finds_nothing_until_it_is_on_again() {
    let now = this_second();
    let lab = Lab::new(World::single());
    lab.run(&["rule", "disable", "push-fraud"]).exits(0).says("is off");
    let is_on = |lab: &Lab| {
        let rules = lab.run(&["rule", "list", "--json"]).exits(0).json();
        let rules = rules.as_array().unwrap().clone();
        let rule = rules.into_iter().find(|rule| rule["id"] == "push-fraud").unwrap();
        assert_eq!(rule["log_types"], json!(["authentication"]));
        assert_eq!(rule["source"], "pack");
        (rule["enabled"].as_bool().unwrap(), rule["sigma_id"].as_str().unwrap().to_owned())
    };
    let (on, sigma_id) = is_on(&lab);
    assert!(!on);
    let at = |minute: i64| UnixMillis(now.0 - 60 * MINUTE + minute * MINUTE);
    publish(&lab, &[(at(0), attempt("o.idowu", at(0), "fraud", "user_marked_fraud"))]);
    lab.run_collect();
    assert_eq!(alerts(&lab, &["--rule", "push-fraud"]), [] as [Value; 0]);

    lab.run(&["rule", "enable", &sigma_id]).exits(0).says("is on");
    assert!(is_on(&lab).0);
    publish(&lab, &[(at(30), attempt("ada", at(30), "fraud", "user_marked_fraud"))]);
    lab.world(|world| world.clock.advance(Duration::from_secs(1)));
    lab.run_collect();
    let told = alerts(&lab, &["--rule", "push-fraud"]);
    assert_eq!(told.len(), 1, "what was judged before is not judged again: {told:?}");

    lab.run(&["rule", "disable", "push-frawd"]).exits(1).says("push-fraud");
    let tested = lab.run(&["rule", "backtest", "push-fraud", "--json"]).exits(0).json();
    assert_eq!((&tested["alerts"], &tested["records"]), (&json!(2), &json!(2)), "{tested}");
    assert_eq!(tested["examples"][0]["subject"], "o.idowu");
    let since = at(20).to_string();
    let tested = lab.run(&["rule", "backtest", "push-fraud", "--since", &since, "--json"]).json();
    assert_eq!(tested["alerts"], json!(1));
    assert_eq!(alerts(&lab, &["--rule", "push-fraud"]).len(), 1, "a backtest writes nothing");
}

#[test]
fn rules_are_run_over_raw_records_in_order() {
    let lab = Lab::new(World::single());
    let at = |n: i64| UnixMillis(1_794_816_000_000 + n * 10_000);
    let mut lines: Vec<String> =
        (0..12).map(|n| attempt("r.patel", at(n), "denied", "user_mistake")).collect();
    lines.insert(3, "no record".to_owned());
    let file = lab.folder().join("records.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let file = file.to_str().unwrap();
    let words = ["rule", "match", "--log-type", "authentication", "--json", file];
    let ran = lab.run(&words).exits(1).says("line 4 is no record");
    let told: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 12);
    let finds =
        |value: &Value, rule: &str| value["rules"].as_array().unwrap().contains(&json!(rule));
    assert!(told.iter().all(|one| finds(one, "authentication-failed")), "{told:?}");
    let many: Vec<u64> = told
        .iter()
        .filter(|one| finds(one, "failures-many"))
        .map(|one| one["line"].as_u64().unwrap())
        .collect();
    assert_eq!(many, [12, 13], "the eleventh failure and the one after it");
}
