use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use rsigma_eval::{CompiledRule, compile_rule, evaluate_rule};
use serde_json::Value;

use super::*;
use crate::base::UnixMillis;
use crate::detect::candidates::Candidates;
use crate::detect::{Lists, Rules, WorkingHours, expand, sigma};
use crate::duo::View;
use crate::duo::logs::understand;
use crate::knowledge::Knowledge;
use crate::record::LogType;

struct Room {
    rules: Rules,
    /// The same detections as `rsigma-eval` has them.
    plain: Vec<Vec<CompiledRule>>,
    records: BTreeMap<LogType, Vec<Value>>,
}

/// All rules of the pack, and all records of their samples.
fn room() -> Room {
    let knowledge = Knowledge::embedded().unwrap();
    let mut lists = Lists::default();
    for name in ["watched_addresses", "allowed_factors"] {
        lists.insert(name, crate::detect::List::read("192.0.2.0/24\nduo_push\n198.51.100.7"));
    }
    let (rules, problems) = Rules::compile(knowledge.rules(), &lists);
    assert_eq!(problems, []);
    let plain = knowledge.rules().iter().map(|item| {
        let documents = sigma::documents(&item.file, &item.body.0).unwrap();
        let rules = documents.iter().flat_map(|document| document.parsed.rules.clone());
        rules
            .map(|mut rule| {
                expand::lists(&mut rule, &lists).unwrap();
                compile_rule(&rule).unwrap()
            })
            .collect()
    });
    let plain = plain.collect();
    let mut records: BTreeMap<LogType, Vec<Value>> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/knowledge/duo/rules");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let scenarios: Vec<Value> =
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        for scenario in scenarios {
            let log = |value: &Value| value["log_type"].as_str().unwrap().parse().unwrap();
            for record in scenario["records"].as_array().into_iter().flatten().take(3) {
                records.entry(log(&scenario)).or_default().push(record.clone());
            }
            for mixed in scenario["mixed"].as_array().into_iter().flatten().take(6) {
                records.entry(log(mixed)).or_default().push(mixed["record"].clone());
            }
        }
    }
    Room { rules, plain, records }
}

impl Room {
    /// Asks every rule about a record in both ways; tells how many detections matched.
    fn compare(&self, log_type: LogType, raw: &[u8]) -> usize {
        let hours = WorkingHours::default();
        let columns = understand(log_type, raw).columns;
        let chosen = Candidates::default().of(&self.rules, log_type, &columns);
        let look = || {
            let choosing = Arc::clone(&chosen.choosing);
            Looked::new(
                &self.rules.fields,
                &hours,
                UnixMillis(1),
                raw,
                &columns,
                choosing,
                std::cell::OnceCell::new(),
            )
        };
        let looked = look();
        let view = View::with_columns(log_type, raw, &columns);
        let plain_event = rsigma_eval::JsonEvent::borrow(view.tree());
        let mut matched = 0;
        for (number, rule) in self.rules.rules.iter().enumerate() {
            for (part, detection) in rule.parts.iter().enumerate() {
                if !detection.log_types.contains(&log_type) {
                    continue;
                }
                let plain = &self.plain[number][part];
                // The tree knows nothing of working hours.
                let by_tree = evaluate_rule(plain, &plain_event).is_some();
                let expected = match &*rule.id {
                    "enrollment-outside-hours" => evaluate_rule(plain, &looked).is_some(),
                    _ => by_tree,
                };
                let text = String::from_utf8_lossy(raw);
                assert_eq!(detection.condition.matches(&looked), expected, "{}: {text}", rule.id);
                let candidate = chosen
                    .candidates
                    .iter()
                    .find(|candidate| (candidate.rule, candidate.part) == (number, part));
                match candidate {
                    None => assert!(!expected, "{} was left out: {text}", rule.id),
                    Some(candidate) if candidate.certain => {
                        assert!(expected, "{} is not certain: {text}", rule.id);
                    }
                    Some(_) => {}
                }
                matched += usize::from(expected);
            }
        }
        matched
    }
}

#[test]
fn candidates_and_conditions_find_what_the_plain_engine_finds() {
    let room = room();
    let mut matched = 0;
    for (log_type, records) in &room.records {
        for record in records {
            matched += room.compare(*log_type, record.to_string().as_bytes());
        }
    }
    assert!(matched > 200, "{matched}");
}

#[test]
fn odd_records_are_judged_as_the_plain_engine_judges_them() {
    let room = room();
    for raw in [
        &b"[1]"[..],
        b"nonsense",
        b"",
        br#"{"access_device":{"is_encryption_enabled":true},"access_device":{"is_encryption_enabled":false},"result":"success"}"#,
        br#"{"access_device.is_encryption_enabled":false,"result":"success"}"#,
        br#"{"access_device":[{"is_encryption_enabled":false},{"os":"Windows"}],"result":"success"}"#,
        br#"{"action":"policy_update","target":[{"details":"{\"type\":\"x\"}"}]}"#,
        br#"{"action":{"name":"policy_update"},"target":{"details":"{\"type\": \"Policy\"}"}}"#,
        b"{\"result\":\"success\",\"access_device\":{\"os\":\"\xff\"}}",
    ] {
        for log_type in LogType::ALL {
            room.compare(log_type, raw);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn mixed_up_records_are_judged_as_the_plain_engine_judges_them(
        log in any::<prop::sample::Index>(),
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        keys in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        thread_local! {
            static ROOM: Room = room();
        }
        ROOM.with(|room| {
            let logs: Vec<&LogType> = room.records.keys().collect();
            let log_type = **log.get(&logs);
            let records = &room.records[&log_type];
            let (mut record, other) = (one.get(records).clone(), other.get(records));
            // Parts of one record with parts of another.
            let names: Vec<String> = other.as_object().unwrap().keys().cloned().collect();
            for key in keys {
                let name = key.get(&names);
                record[name] = other[name].clone();
            }
            room.compare(log_type, record.to_string().as_bytes());
        });
    }
}
