use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::*;
use crate::base::UnixMillis;

const SUCCESS: &str = r#"{"access_device":{"browser":"Chrome","browser_version":"141.0","hostname":"LT-42","ip":"198.51.100.24:5512","is_encryption_enabled":true,"is_firewall_enabled":"unknown","location":{"city":"Columbus","country":"United States","state":"Ohio"},"os":"Windows","os_version":"11","security_agents":"unknown","new_thing":"kept"},"alias":"","application":{"key":"DIAPP","name":"VPN"},"auth_device":{"ip":"203.0.113.77","key":"DPKEY","location":{"city":null,"country":null,"state":null},"name":"734-555-0123"},"email":"ada@example.com","event_type":"authentication","factor":"duo_push","isotimestamp":"2026-11-16T08:02:11.104233+00:00","reason":"user_approved","result":"success","timestamp":1794816131,"txid":"9d7ef19e","user":{"groups":["All Staff"],"key":"DUKEY","name":"ada"}}"#;

const BYPASS: &str = r#"{"access_device":{"browser":"Chrome","ip":{"address":"203.0.113.12"},"location":{"city":"-","country":"-","state":"-"},"os":"Windows"},"action":{"details":"{\"a\": 1}","name":"user_update"},"activity_id":"ede69b89","actor":{"details":"{\"email\": \"tom@example.com\"}","key":"DEKEY","name":"Tom","type":"admin"},"akey":"DAKEY","application":null,"old_target":{"details":"{\"status\": \"Active\", \"realname\": \"Old\"}","key":null,"name":"olu","type":"user"},"outcome":null,"target":{"details":"{\"status\": \"Bypass\", \"realname\": \"New\"}","key":"DUKEY","name":"olu","type":"user"},"ts":"2026-11-16T08:41:17.000100+00:00"}"#;

fn normalizer() -> &'static Normalizer {
    static NORMALIZER: LazyLock<Normalizer> =
        LazyLock::new(|| Normalizer::new(&Knowledge::embedded().unwrap()).unwrap());
    &NORMALIZER
}

fn converted(format: Format, log_type: LogType, raw: &str) -> Value {
    let line = normalizer().convert(format, log_type, raw.as_bytes(), &Context::default());
    serde_json::from_slice(&line).unwrap()
}

/// Whether everything in `part` stands in `whole`.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        _ => whole == part,
    }
}

#[track_caller]
fn assert_contains(whole: &Value, part: &Value) {
    assert!(contains(whole, part), "{part:#} is not in {whole:#}");
}

#[test]
fn an_authentication_becomes_what_elastics_integration_makes_of_it() {
    let event = converted(Format::Ecs, LogType::Authentication, SUCCESS);
    let expected = json!({
        "@timestamp": "2026-11-16T08:02:11.104233Z",
        "ecs": {"version": "8.11.0"},
        "event": {
            "kind": "event", "category": ["authentication"], "type": ["info"], "outcome": "success",
            "reason": "user_approved", "dataset": "cisco_duo.auth", "module": "cisco_duo",
            "id": "9d7ef19e", "original": SUCCESS,
        },
        "cisco_duo": {"auth": {
            "access_device": {
                "hostname": "LT-42", "ip": "198.51.100.24", "port": 5512,
                "is_encryption_enabled": "true", "is_firewall_enabled": "unknown",
                "location": {"city": "Columbus", "country": "United States", "state": "Ohio"},
                "new_thing": "kept",
            },
            "application": {"key": "DIAPP", "name": "VPN"},
            "auth_device": {"ip": "203.0.113.77", "name": "734-555-0123"},
            "email": "ada@example.com", "event_type": "authentication", "factor": "duo_push",
            "isotimestamp": "2026-11-16T08:02:11.104233Z", "reason": "user_approved",
            "result": "success", "txid": "9d7ef19e",
        }},
        "source": {
            "address": "LT-42", "ip": "198.51.100.24", "port": 5512,
            "user": {"email": "ada@example.com", "id": "DUKEY", "name": "ada", "group": {"name": ["All Staff"]}},
            "geo": {"country_iso_code": "US", "country_name": "United States", "city_name": "Columbus"},
        },
        "user": {"email": "ada@example.com", "id": "DUKEY", "name": "ada"},
        "user_agent": {"name": "Chrome", "version": "141.0", "os": {"name": "Windows", "version": "11"}},
        "related": {"ip": ["198.51.100.24", "203.0.113.77"], "user": ["ada"], "hosts": ["LT-42"]},
    });
    assert_contains(&event, &expected);
    let device = &event["cisco_duo"]["auth"]["access_device"];
    assert_eq!(device.get("security_agents"), None, "no list of agents");
    assert_eq!(event["cisco_duo"]["auth"].get("alias"), None, "an empty text");
}

#[test]
fn an_act_becomes_what_elastics_integration_makes_of_it() {
    let event = converted(Format::Ecs, LogType::Activity, BYPASS);
    let expected = json!({
        "@timestamp": "2026-11-16T08:41:17.0001Z",
        "event": {"action": "user_update", "id": "ede69b89", "category": ["iam"], "type": ["user", "change"]},
        "cisco_duo": {"activity": {
            "id": "ede69b89", "akey": "DAKEY",
            "access_device": {"browser": "Chrome", "ip": {"address": "203.0.113.12"}},
            "action": {"name": "user_update", "details": "{\"a\":1}"},
            "actor": {"key": "DEKEY", "name": "Tom", "type": "admin", "details": {"email": "tom@example.com"}},
            "target": {"key": "DUKEY", "details": {"status": "Bypass"}},
            "old_target": {"details": {"status": "Active"}},
        }},
        "source": {"ip": "203.0.113.12"},
        "user": {
            "id": "DEKEY", "name": "Tom", "email": "tom@example.com",
            "target": {"id": "DUKEY", "name": "olu"}, "changes": {"name": "New"},
        },
        "related": {"user": ["Tom", "olu"]},
    });
    assert_contains(&event, &expected);
    assert_eq!(event["source"].get("geo"), None, "a dash is no place");
    assert_eq!(event["event"].get("outcome"), None, "the record does not tell");
}

#[test]
fn an_administrators_act_keeps_its_description_apart() {
    let raw = r#"{"action":"admin_self_activate","description":"{\"name\": \"Ada\", \"email\": \"ada@example.com\", \"hardtoken\": null, \"role\": \"Owner\", \"status\": \"Pending Activation\"}","isotimestamp":"2021-07-20T11:44:37+00:00","object":"jsmith","timestamp":1626781477,"username":"Ada"}"#;
    let event = converted(Format::Ecs, LogType::Administrator, raw);
    let expected = json!({
        "@timestamp": "2021-07-20T11:44:37Z",
        "cisco_duo": {"admin": {
            "action": "admin_self_activate", "action_performed_on": "jsmith", "status": "Pending Activation",
            "flattened": {"email": "ada@example.com", "name": "Ada", "role": "Owner", "status": "Pending Activation"},
            "user": {"name": "Ada"},
        }},
        "event": {"action": "admin_self_activate", "category": ["iam"], "outcome": "success", "type": ["admin"]},
        "user": {"email": "ada@example.com", "name": "Ada", "target": {"name": "jsmith"}},
        "related": {"user": ["Ada"]},
    });
    assert_contains(&event, &expected);

    let raw = r#"{"action":"activation_begin","description":"Starting activation process","object":null,"timestamp":1626781291,"username":"ada"}"#;
    let event = converted(Format::Ecs, LogType::Administrator, raw);
    let words = "Starting activation process";
    assert_contains(&event, &json!({"message": words, "event": {"reason": words}}));
    assert_eq!(event["cisco_duo"]["admin"].get("flattened"), None);
}

#[test]
fn calls_and_messages_keep_the_data_set_of_their_generation() {
    let new = r#"{"context":"enrollment","credits":0,"phone":"+15550100","telephony_id":"5bf1a860","ts":"2022-10-25T16:07:45.304526+00:00","txid":"f0","type":"sms"}"#;
    let event = converted(Format::Ecs, LogType::Telephony, new);
    let expected = json!({"cisco_duo": {"telephony_v2": {
        "credits": 0, "event_type": "enrollment", "id": "5bf1a860", "phone_number": "+15550100",
        "txid": "f0", "type": "sms",
    }}, "event": {"dataset": "cisco_duo.telephony_v2", "id": "5bf1a860"}});
    assert_contains(&event, &expected);
    let old = r#"{"context":"authentication","credits":1,"isotimestamp":"2020-03-20T15:38:12+00:00","phone":"+15550100","timestamp":1584718692,"type":"sms"}"#;
    let event = converted(Format::Ecs, LogType::Telephony, old);
    let expected =
        json!({"cisco_duo": {"telephony": {"event_type": "authentication", "credits": 1}}});
    assert_contains(&event, &expected);
}

#[test]
fn a_trust_monitor_event_is_a_finding_and_its_link_is_taken_apart() {
    let raw = r#"{"explanations":[{"summary":"New country.","type":"NEW_COUNTRY_CODE"}],"priority_event":true,"low_risk_ip":"unknown","sekey":"SE1","state":"new","state_updated_timestamp":null,"surfaced_auth":{"access_device":{"ip":"192.0.2.201"},"user":{"key":"DU1","name":"ada"},"txid":"t"},"surfaced_timestamp":1605602911680,"triage_event_uri":"https://admin-a1.duosecurity.com/trust-monitor?sekey=SE1","type":"auth"}"#;
    let event = converted(Format::Ecs, LogType::TrustMonitor, raw);
    let expected = json!({
        "@timestamp": "2020-11-17T08:48:31.68Z",
        "cisco_duo": {"trust_monitor": {"priority_event": true, "sekey": "SE1", "type": "auth"}},
        "url": {
            "original": "https://admin-a1.duosecurity.com/trust-monitor?sekey=SE1", "scheme": "https",
            "domain": "admin-a1.duosecurity.com", "path": "/trust-monitor", "query": "sekey=SE1",
        },
        "user": {"name": "ada"}, "source": {"ip": "192.0.2.201"},
    });
    assert_contains(&event, &expected);
    assert_eq!(event["cisco_duo"]["trust_monitor"].get("low_risk_ip"), None, "no truth value");

    let event = converted(Format::Ocsf, LogType::TrustMonitor, raw);
    let expected = json!({
        "class_uid": 2004, "type_uid": 200_401, "severity": "High", "status": "New",
        "finding_info": {"uid": "SE1", "types": ["NEW_COUNTRY_CODE"], "desc": "New country."},
    });
    assert_contains(&event, &expected);
}

#[test]
fn ocsf_tells_who_did_what_to_whom() {
    let event = converted(Format::Ocsf, LogType::Activity, BYPASS);
    let expected = json!({
        "class_name": "Account Change", "activity_id": 99, "activity_name": "user_update",
        "time": 1_794_818_477_000_i64,
        "user": {"name": "olu", "uid": "DUKEY", "type": "User"},
        "actor": {"user": {"name": "Tom", "uid": "DEKEY", "type": "Admin", "email_addr": "tom@example.com"}},
        "src_endpoint": {"ip": "203.0.113.12"}, "raw_data": BYPASS,
    });
    assert_contains(&event, &expected);
    let event = converted(Format::Ocsf, LogType::Authentication, SUCCESS);
    let expected = json!({
        "class_name": "Authentication", "status": "Success", "is_mfa": true,
        "user": {"name": "ada", "groups": [{"name": "All Staff"}]}, "service": {"name": "VPN", "uid": "DIAPP"},
        "src_endpoint": {"ip": "198.51.100.24", "port": 5512, "hostname": "LT-42", "location": {"country": "US"}},
    });
    assert_contains(&event, &expected);
    assert_eq!(event["auth_factors"][0]["factor_type"], "Push Notification");
}

#[test]
fn what_is_no_record_becomes_a_small_event_with_its_bytes() {
    let normalizer = normalizer();
    let context =
        Context { otherwise_at: Some(UnixMillis(1_795_000_000_000)), ..Context::default() };
    for raw in [&b"nonsense"[..], b"[1,2]", b"\xff\xfe", b""] {
        let line = normalizer.convert(Format::Ecs, LogType::Activity, raw, &context);
        let event: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(event["event"]["kind"], "pipeline_error");
        assert_eq!(event["@timestamp"], "2026-11-18T11:06:40Z");
        if !raw.is_empty() {
            assert_eq!(event["event"]["original"], String::from_utf8_lossy(raw).as_ref());
        }
    }
}

#[test]
fn cef_escapes_what_would_end_a_field() {
    let raw = json!({"txid": "t", "event_type": "a|b\\c", "result": "denied", "timestamp": 1_794_816_131,
        "user": {"name": "x=1|\\\n y"}, "access_device": {"ip": "2001:db8::1"}});
    let raw = raw.to_string();
    let line = normalizer().convert(
        Format::Cef,
        LogType::Authentication,
        raw.as_bytes(),
        &Context::default(),
    );
    let line = String::from_utf8(line).unwrap();
    assert!(
        line.starts_with(
            r"CEF:0|Cisco|Duo Security|v2|a\|b\\c_denied|A\|b\\c denied|3|rt=1794816131000 "
        ),
        "{line}"
    );
    assert!(line.contains(r" suser=x\=1|\\\n y "), "{line}");
    assert!(line.contains(" c6a2=2001:db8::1 c6a2Label=Source IPv6 Address "), "{line}");
}

#[test]
fn a_record_with_broken_bytes_is_still_told_to_splunk() {
    let raw = b"{\"txid\":\"t\",\"user\":{\"name\":\"a\x01b\"},\"timestamp\":1}";
    let line =
        normalizer().convert(Format::Splunk, LogType::Authentication, raw, &Context::default());
    let event: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(event["user"]["name"], "a b");
    assert_eq!(event["raw"], String::from_utf8_lossy(raw).as_ref());
}

#[test]
fn indicators_are_found_where_panther_looks_for_them() {
    let view = crate::duo::View::read(LogType::Authentication, SUCCESS.as_bytes());
    let found = indicators(LogType::Authentication, &view);
    assert_eq!(found.usernames, ["ada"]);
    assert_eq!(found.addresses, ["198.51.100.24", "203.0.113.77"]);
    assert_eq!(found.hostnames, ["LT-42"]);
    assert_eq!(found.emails, ["ada@example.com"]);
    assert_eq!(found.trace_ids, ["9d7ef19e"]);
}

/// JSON in which no name stands twice in one object.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, Self)) = map.next_entry::<String, Self>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format!("{name} stands twice")));
            }
        }
        Ok(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(Self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self)
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~\\n\\r\\t\u{0}\u{7f}\u{85}é|=\\\\]{0,12}".prop_map(Value::from),
        Just(json!("2026-11-16T08:02:11Z")),
        Just(json!("192.0.2.1:99999")),
        Just(json!("{\"email\": [\"x\"]}")),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Mostly names that the logs have.
fn name() -> impl Strategy<Value = String> {
    const NAMES: &[&str] = &[
        "access_device",
        "action",
        "activity_id",
        "actor",
        "application",
        "auth_device",
        "context",
        "credits",
        "description",
        "details",
        "email",
        "enabled_for",
        "event_type",
        "explanations",
        "factor",
        "groups",
        "hostname",
        "ip",
        "isotimestamp",
        "key",
        "location",
        "name",
        "object",
        "old_target",
        "outcome",
        "phone",
        "reason",
        "result",
        "security_agents",
        "state",
        "surfaced_auth",
        "surfaced_timestamp",
        "target",
        "telephony_id",
        "timestamp",
        "triage_event_uri",
        "ts",
        "txid",
        "type",
        "user",
        "username",
        "duo",
        "a.b",
    ];
    proptest::sample::select(NAMES).prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_record_converts_into_one_line(
        record in proptest::collection::btree_map(name(), any_value(), 0..8),
        text in proptest::option::weighted(0.1, "\\PC{0,30}"),
    ) {
        let raw = text.unwrap_or_else(|| json!(record).to_string());
        let normalizer = normalizer();
        for log_type in LogType::ALL {
            for format in Format::ALL {
                let line = normalizer.convert(format, log_type, raw.as_bytes(), &Context::default());
                let line = String::from_utf8(line).unwrap();
                prop_assert!(!line.contains(['\n', '\r']), "{line}");
                if matches!(format, Format::Ecs | Format::Ocsf | Format::Splunk | Format::Panther) {
                    let read: serde_json::Result<Value> = serde_json::from_str(&line);
                    prop_assert!(read.is_ok_and(|event| event.is_object()), "{format:?} {line}");
                    let unique: serde_json::Result<Unique> = serde_json::from_str(&line);
                    prop_assert!(unique.is_ok(), "{format:?} {:?} {line}", unique.err());
                }
            }
        }
    }
}
