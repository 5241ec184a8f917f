//! What the logs' records say: the sample files, and records with something odd in them.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::base::UnixMillis;

const SAMPLES: [(LogType, &str); 10] = [
    (LogType::Activity, include_str!("../../../tests/data/samples/activity.jsonl")),
    (LogType::Activity, include_str!("../../../tests/data/samples/activity_all_actions.jsonl")),
    (LogType::Administrator, include_str!("../../../tests/data/samples/administrator.jsonl")),
    (
        LogType::Administrator,
        include_str!("../../../tests/data/samples/administrator_all_actions.jsonl"),
    ),
    (LogType::Authentication, include_str!("../../../tests/data/samples/authentication.jsonl")),
    (
        LogType::Authentication,
        include_str!("../../../tests/data/samples/authentication_all_reasons.jsonl"),
    ),
    (
        LogType::OfflineEnrollment,
        include_str!("../../../tests/data/samples/offline_enrollment.jsonl"),
    ),
    (LogType::Telephony, include_str!("../../../tests/data/samples/telephony.jsonl")),
    (LogType::Telephony, include_str!("../../../tests/data/samples/telephony_v1.jsonl")),
    (LogType::TrustMonitor, include_str!("../../../tests/data/samples/trust_monitor.jsonl")),
];

/// The first text found at one of the paths, slow and plain: what the readers are held against.
fn at(record: &Value, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| {
        let text = record.pointer(path)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    })
}

fn inside(record: &Value, path: &str, key: &str) -> Option<String> {
    let inside: Value = serde_json::from_str(record.pointer(path)?.as_str()?).ok()?;
    inside.get(key)?.as_str().map(str::to_owned)
}

#[test]
fn every_sample_is_understood_completely() {
    for (log_type, lines) in SAMPLES {
        assert!(lines.lines().count() > 3);
        for line in lines.lines() {
            let understood = understand(log_type, line.as_bytes());
            assert!(understood.complete, "{line}");
            let record: Value = serde_json::from_str(line).unwrap();
            let columns = &understood.columns;
            let is = |column: &Option<Cow<'_, str>>, paths: &[&str]| {
                assert_eq!(column.as_deref(), at(&record, paths).as_deref(), "{paths:?} {line}");
            };
            match log_type {
                LogType::Authentication => {
                    is(&columns.user, &["/user/name"]);
                    is(&columns.action, &["/event_type"]);
                    is(&columns.result, &["/result"]);
                    is(&columns.reason, &["/reason"]);
                    is(&columns.factor, &["/factor"]);
                    is(&columns.application, &["/application/name"]);
                    is(&columns.target, &["/auth_device/name"]);
                    assert_eq!(
                        understood.time.unwrap().0 / 1000,
                        record["timestamp"].as_i64().unwrap()
                    );
                }
                LogType::Activity => {
                    is(&columns.user, &["/actor/name"]);
                    is(&columns.action, &["/action/name", "/action"]);
                    is(&columns.address, &["/access_device/ip/address"]);
                    is(&columns.application, &["/application/name"]);
                    is(&columns.target, &["/target/name"]);
                    let result = at(&record, &["/outcome/result"]).map(|text| text.to_lowercase());
                    assert_eq!(columns.result.as_deref(), result.as_deref());
                    let factor = inside(&record, "/action/details", "factor");
                    assert_eq!(columns.factor.as_deref(), factor.as_deref());
                }
                LogType::Administrator => {
                    is(&columns.user, &["/username"]);
                    is(&columns.action, &["/action"]);
                    is(&columns.target, &["/object"]);
                    for (column, key) in [
                        (&columns.address, "ip_address"),
                        (&columns.factor, "factor"),
                        (&columns.reason, "error"),
                    ] {
                        let expected = inside(&record, "/description", key);
                        assert_eq!(column.as_deref(), expected.as_deref(), "{key} {line}");
                    }
                }
                LogType::Telephony => {
                    is(&columns.action, &["/type"]);
                    is(&columns.reason, &["/context"]);
                    is(&columns.target, &["/phone"]);
                }
                LogType::OfflineEnrollment => {
                    is(&columns.user, &["/username"]);
                    is(&columns.action, &["/action"]);
                    is(&columns.application, &["/object"]);
                    let hostname = inside(&record, "/description", "hostname");
                    assert_eq!(columns.target.as_deref(), hostname.as_deref(), "{line}");
                }
                LogType::TrustMonitor => {
                    is(&columns.user, &["/surfaced_auth/user/name", "/enabled_for/name"]);
                    is(&columns.action, &["/type"]);
                    is(&columns.reason, &["/explanations/0/type"]);
                    is(&columns.result, &["/state"]);
                    is(&columns.application, &["/surfaced_auth/application/name"]);
                    is(&columns.country, &["/surfaced_auth/access_device/location/country"]);
                    is(&columns.factor, &["/surfaced_auth/factor"]);
                    assert_eq!(
                        understood.time.unwrap().0,
                        record["surfaced_timestamp"].as_i64().unwrap()
                    );
                }
            }
        }
    }
}

#[test]
fn an_authentication_is_read_field_by_field() {
    let (_, lines) = SAMPLES[4];
    let understood = understand(LogType::Authentication, lines.lines().next().unwrap().as_bytes());
    assert_eq!(understood.time, UnixMillis::parse_rfc3339("2026-11-16T08:02:11.104Z"));
    assert_eq!(understood.id, IdSource::Duo("9d7ef19e-3192-475f-ba3d-466e8c54b97d".into()));
    let columns = understood.columns;
    let text = |column: Option<Cow<'_, str>>| column.unwrap().into_owned();
    assert_eq!(text(columns.address), "198.51.100.24");
    assert_eq!(text(columns.country), "United States");
    assert_eq!(text(columns.target), "Work iPhone (734-555-0123)");
}

#[test]
fn one_odd_field_hides_no_other() {
    let odd = [
        r#"null"#,
        r#"true"#,
        r#"17"#,
        r#"-1.5"#,
        r#"1e999"#,
        r#""unknown""#,
        r#""\ud800""#,
        r#"[]"#,
        r#"[[{}]]"#,
        r#"{}"#,
        r#"{"name":[],"ip":{"x":1},"location":"x"}"#,
        r#"{"name":"a","name":"b"}"#,
    ];
    let names = [
        "txid",
        "timestamp",
        "isotimestamp",
        "event_type",
        "result",
        "reason",
        "factor",
        "user",
        "application",
        "access_device",
        "auth_device",
    ];
    for odd_name in names {
        for odd in odd {
            let fields: Vec<String> = names
                .iter()
                .map(|name| match *name {
                    name if name == odd_name => format!("\"{name}\":{odd}"),
                    "timestamp" => "\"timestamp\":86400".to_owned(),
                    "isotimestamp" => {
                        "\"isotimestamp\":\"1970-01-02T00:00:00.000+00:00\"".to_owned()
                    }
                    "txid" | "event_type" | "result" | "reason" | "factor" => {
                        format!("\"{name}\":\"v\"")
                    }
                    "access_device" => {
                        r#""access_device":{"ip":"::1","location":{"country":"v"}}"#.to_owned()
                    }
                    name => format!("\"{name}\":{{\"name\":\"v\"}}"),
                })
                .collect();
            let raw = format!("{{{}}}", fields.join(","));
            let understood = understand(LogType::Authentication, raw.as_bytes());
            if !["timestamp", "isotimestamp"].contains(&odd_name) || odd != "17" && odd != "-1.5" {
                assert_eq!(understood.time, Some(UnixMillis(86_400_000)), "{raw}");
            }
            let columns = &understood.columns;
            for (name, column) in [
                ("event_type", &columns.action),
                ("result", &columns.result),
                ("reason", &columns.reason),
                ("factor", &columns.factor),
                ("user", &columns.user),
                ("application", &columns.application),
                ("auth_device", &columns.target),
                ("access_device", &columns.country),
            ] {
                if name != odd_name {
                    assert_eq!(column.as_deref(), Some("v"), "{name} in {raw}");
                }
            }
        }
    }
}

#[test]
fn a_record_with_broken_bytes_is_still_read() {
    let raw =
        b"{\"txid\":\"t\",\"timestamp\":5,\"alias\":\"\xff\",\"user\":{\"name\":\"z\xc3\xb6\"}}";
    let understood = understand(LogType::Authentication, raw);
    assert!(understood.complete);
    assert_eq!(understood.columns.user.as_deref(), Some("z\u{f6}"));
}

#[test]
fn details_are_read_as_text_and_as_object() {
    for description in [
        r#""{\"ip_address\": \"192.0.2.1:80\", \"error\": \"e\", \"factor\": \"push\"}""#,
        r#"{"ip_address":"192.0.2.1:80","error":"e","factor":"push"}"#,
    ] {
        let raw = format!(
            r#"{{"timestamp":"5","action":"admin_2fa_error","username":"","object":null,"description":{description}}}"#
        );
        let understood = understand(LogType::Administrator, raw.as_bytes());
        assert!(understood.complete);
        let columns = understood.columns;
        assert_eq!(columns.address.as_deref(), Some("192.0.2.1"));
        assert_eq!(
            (columns.reason.as_deref(), columns.factor.as_deref()),
            (Some("e"), Some("push"))
        );
        assert_eq!((columns.result.as_deref(), columns.user), (Some("failure"), None));
    }
    let broken = br#"{"timestamp":5,"action":"x","description":"\"message\": \"y\""}"#;
    assert!(understand(LogType::Administrator, broken).complete);
    let plain = br#"{"activity_id":"i","ts":"1970-01-01T00:00:05+00:00","action":"user_update"}"#;
    let understood = understand(LogType::Activity, plain);
    assert_eq!(understood.columns.action.as_deref(), Some("user_update"));
    assert!(understood.complete);
}

#[test]
fn what_is_no_record_is_kept_by_its_bytes() {
    for raw in [&b"17"[..], b"\"x\"", b"null", b"[1,2]", b"{", b"", b"{}", b"{\"txid\":\"t\"}"] {
        for log_type in LogType::ALL {
            assert!(!understand(log_type, raw).complete, "{log_type} {}", raw.escape_ascii());
        }
    }
}

#[test]
fn only_the_second_generation_counts_and_sorts() {
    for log_type in LogType::ALL {
        let endpoint = endpoint(log_type);
        assert_eq!(endpoint.counts, endpoint.path.contains("/v2/"), "{log_type}");
        assert_eq!(endpoint.unit == Unit::Secs, endpoint.paging == Paging::Since, "{log_type}");
    }
}

proptest! {
    #[test]
    fn understanding_never_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
        which in 0_usize..10,
        line in 0_usize..4,
        at in any::<prop::sample::Index>(),
    ) {
        let (log_type, lines) = SAMPLES[which];
        let _ = understand(log_type, &bytes);
        let mut raw = lines.lines().nth(line).unwrap().as_bytes().to_vec();
        let at = at.index(raw.len());
        raw.splice(at..(at + bytes.len().min(7)).min(raw.len()), bytes);
        let _ = understand(log_type, &raw);
    }
}

/// Prints the speed; `cargo test --release --lib speed -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, not a check"]
fn speed_of_understanding() {
    for (log_type, lines) in SAMPLES {
        let started = std::time::Instant::now();
        let (mut records, mut bytes) = (0_u64, 0_usize);
        while started.elapsed().as_millis() < 500 {
            for line in lines.lines() {
                std::hint::black_box(understand(log_type, line.as_bytes()));
                records += 1;
                bytes += line.len();
            }
        }
        let secs = started.elapsed().as_secs_f64();
        println!(
            "{log_type}: {:.0} records/s, {:.0} MB/s",
            records as f64 / secs,
            bytes as f64 / secs / 1e6
        );
    }
}
