//! What is written in other formats, read by independent readers and held against published schemas.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use duo_integrator::base::UnixMillis;
use duo_integrator::knowledge::Knowledge;
use duo_integrator::normalize::{Context, Format, Normalizer};
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, Published, World};
use serde_json::{Value, json};

use crate::support::lab::{ACCOUNT, Lab, Ran, this_second};
use crate::support::records::record;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Together they hold every value that is known of each log.
const SAMPLES: [(LogType, &str); 10] = [
    (LogType::Activity, "activity"),
    (LogType::Activity, "activity_all_actions"),
    (LogType::Administrator, "administrator"),
    (LogType::Administrator, "administrator_all_actions"),
    (LogType::Authentication, "authentication"),
    (LogType::Authentication, "authentication_all_reasons"),
    (LogType::OfflineEnrollment, "offline_enrollment"),
    (LogType::Telephony, "telephony"),
    (LogType::Telephony, "telephony_v1"),
    (LogType::TrustMonitor, "trust_monitor"),
];

const CONTEXT: Context<'_> = Context {
    api_hostname: Some("api-a1b2c3d4.duosecurity.com"),
    account: Some("Contoso = Fabrikam | Ltd"),
    id: Some("00112233aabbccdd"),
    received: Some(UnixMillis(1_795_000_000_123)),
    otherwise_at: None,
};

#[test]
fn events_are_valid_by_ocsfs_published_schema() {
    let normalizer = normalizer();
    let mut lines = Vec::new();
    for (log_type, raw) in samples().into_iter().chain(odd_records()) {
        for context in [&CONTEXT, &Context::default()] {
            lines.extend(normalizer.convert(Format::Ocsf, log_type, raw.as_bytes(), context));
            lines.push(b'\n');
        }
    }
    check("ocsf", &lines);
}

#[test]
fn events_keep_to_ecs_and_to_elastics_own_fields() {
    let (schema, own) = (fields("ecs-8.11-fields.csv"), fields("cisco-duo-fields.csv"));
    let normalizer = normalizer();
    let mut mistakes = Vec::new();
    for (log_type, raw) in samples().into_iter().chain(odd_records()) {
        let line = normalizer.convert(Format::Ecs, log_type, raw.as_bytes(), &CONTEXT);
        let event: Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(event["event"]["original"], Value::String(raw.clone()));
        assert!(event["@timestamp"].is_string(), "{raw}");
        let mut leaves = Vec::new();
        walk(&event, String::new(), &schema, &own, &mut leaves);
        for (name, value) in leaves {
            match schema.get(&name).or_else(|| own.get(&name)) {
                Some(field) => {
                    if let Err(why) = fits(field, value) {
                        mistakes.push(format!("{name}: {why}: {value}"));
                    }
                }
                None if name.starts_with("cisco_duo.") => {
                    let inside = own.keys().find(|own| own.starts_with(&format!("{name}.")));
                    mistakes.extend(inside.map(|own| format!("{name} stands where {own} goes")));
                }
                None => mistakes.push(format!("{name} is no field of ECS")),
            }
        }
        mistakes.extend(type_mistakes(&schema, &event));
    }
    mistakes.sort();
    mistakes.dedup();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[test]
fn cef_and_leef_can_be_taken_apart_again() {
    let normalizer = normalizer();
    let (mut cef, mut leef) = (Vec::new(), Vec::new());
    for (log_type, raw) in samples() {
        let record: Value = serde_json::from_str(&raw).unwrap();
        let (user, from) = user_and_address(log_type, &record);
        let mut keys = BTreeMap::from([("cat", log_type.name().to_owned())]);
        if let Some(user) = user.filter(|user| !user.contains(['=', '\\'])) {
            keys.insert("suser", user);
        }
        if let Some(from) = from.filter(|from| from.parse::<std::net::Ipv4Addr>().is_ok()) {
            keys.insert("src", from);
        }
        let line = text(normalizer.convert(Format::Cef, log_type, raw.as_bytes(), &CONTEXT));
        cef.push(json!({"line": line, "header": ["Cisco", "Duo Security"], "fields": keys, "plain": true}));
        let line = text(normalizer.convert(Format::Leef, log_type, raw.as_bytes(), &CONTEXT));
        if let Some(user) = keys.remove("suser") {
            keys.insert("usrName", user);
        }
        leef.push(json!({"line": line, "header": ["Cisco", "Duo Security"], "fields": keys}));
    }
    for hostile in hostile_texts() {
        let record = json!({
            "txid": "t", "timestamp": 1_794_816_131, "event_type": hostile, "result": "denied",
            "reason": "no_response", "user": {"name": hostile}, "alias": hostile,
            "application": {"name": hostile}, "access_device": {"ip": hostile, "hostname": hostile},
        });
        let raw = record.to_string();
        let bytes = raw.as_bytes();
        let blank = |also: &str| -> String {
            let plain = |c: char| c.is_ascii_control() && !also.contains(c);
            hostile.chars().map(|c| if plain(c) { ' ' } else { c }).collect()
        };
        let trimmed = blank("\n\r").trim().to_owned();
        let mut keys = json!({"outcome": "denied", "rawEvent": raw});
        if !trimmed.is_empty() {
            keys["suser"] = json!(trimmed);
            keys["shost"] = json!(trimmed);
            keys["destinationServiceName"] = json!(trimmed);
        }
        let line = text(normalizer.convert(Format::Cef, LogType::Authentication, bytes, &CONTEXT));
        cef.push(json!({"line": line, "header": ["Cisco", "Duo Security", "v2"], "fields": keys}));
        let line = text(normalizer.convert(Format::Leef, LogType::Authentication, bytes, &CONTEXT));
        let keys =
            json!({"result": "denied", "raw": raw, "usrName": blank(""), "resource": blank("")});
        leef.push(json!({"line": line, "header": ["Cisco", "Duo Security", "v2"], "fields": keys}));
    }
    for (kind, cases) in [("cef", cef), ("leef", leef)] {
        let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
        check(kind, lines.as_bytes());
    }
}

#[test]
fn csv_is_read_back_with_all_its_fields() {
    let normalizer = normalizer();
    for log_type in LogType::ALL {
        let header = text(normalizer.csv_header(Some(log_type)));
        let names: Vec<&str> = header.split(',').collect();
        assert_eq!(names[..4], ["time", "account", "log_type", "id"]);
        assert_eq!(names.last(), Some(&"raw"));
        let mut rows = vec![json!(names)];
        let mut written = format!("{header}\n");
        for hostile in hostile_texts() {
            let user = match log_type {
                LogType::Authentication => json!({"user": {"name": hostile}}),
                LogType::Activity => json!({"actor": {"name": hostile}}),
                LogType::TrustMonitor => json!({"enabled_for": {"name": hostile}}),
                _ => json!({"username": hostile}),
            };
            let raw = user.to_string();
            let one_line = hostile.replace(['\n', '\r'], " ");
            let fields = names.iter().map(|name| match *name {
                "raw" => raw.clone(),
                "log_type" => log_type.name().to_owned(),
                "user" if log_type != LogType::Telephony => one_line.clone(),
                _ => String::new(),
            });
            rows.push(fields.collect());
            let context = Context::default();
            let line = normalizer.convert(Format::Csv, log_type, raw.as_bytes(), &context);
            written.push_str(&text(line));
            written.push('\n');
        }
        check("csv", format!("{}\n{written}", Value::Array(rows)).as_bytes());
    }
}

#[test]
fn splunk_and_panther_find_the_record_unchanged_and_their_fields_beside_it() {
    let normalizer = normalizer();
    for (log_type, raw) in samples() {
        let record: Value = serde_json::from_str(&raw).unwrap();
        for format in [Format::Splunk, Format::Panther] {
            let line = normalizer.convert(format, log_type, raw.as_bytes(), &CONTEXT);
            let event: Value = serde_json::from_slice(&line).unwrap();
            for (name, value) in record.as_object().unwrap() {
                assert_eq!(event.get(name), Some(value), "{name} of {raw}");
            }
            if format == Format::Splunk {
                assert_eq!(event["extracted_eventtype"], log_type.name());
                assert_eq!(event["host"], CONTEXT.api_hostname.unwrap());
                assert!(event["actionlabel"].as_str().is_some_and(|label| !label.is_empty()));
                assert_eq!(
                    event["ctime"].as_str().unwrap().len(),
                    "Tue Jul  8 12:28:47 2025".len()
                );
            }
        }
    }
}

#[test]
fn event_convert_reads_a_file_or_standard_input_and_touches_no_store() {
    let lab = Lab::new(World::single());
    let file = Path::new(ROOT).join("tests/data/samples/authentication.jsonl");
    let raw = fs::read_to_string(&file).unwrap();
    for format in ["raw", "ecs", "ocsf", "cef", "leef", "csv", "splunk", "panther"] {
        let words = [
            "event",
            "convert",
            "--log-type",
            "authentication",
            "--to",
            format,
            "--api-hostname",
            "api-x",
        ];
        let from_file = lab.run(&[&words[..], &[file.to_str().unwrap()]].concat()).exits(0);
        let header = usize::from(format == "csv");
        assert_eq!(from_file.out.lines().count(), raw.lines().count() + header, "{format}");
        for words in [&words[..], &[&words[..], &["-"]].concat()] {
            let piped = piped(&lab, words, raw.as_bytes()).exits(0);
            assert_eq!(piped.out, from_file.out, "{format}");
        }
        if format == "raw" {
            assert_eq!(from_file.out, raw);
        }
    }
    assert!(!lab.home.store_file().exists());
}

#[test]
fn event_convert_tells_which_lines_are_no_json_and_converts_the_others() {
    let lab = Lab::new(World::single());
    let input = b"{\"txid\":\"a\"}\nnonsense\n\n[1]\n{\"txid\":\"b\xff\"}\n{\"txid\":";
    let words = ["event", "convert", "--log-type", "authentication", "--to", "ecs"];
    let ran =
        piped(&lab, &words, input).exits(1).says("line 2 is not JSON").says("line 6 is not JSON");
    let ran = ran.says("2 of 6 lines");
    let kinds: Vec<String> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"]["kind"].to_string())
        .collect();
    assert_eq!(kinds, ["\"event\"", "\"pipeline_error\"", "\"event\""]);
    lab.run(&["event", "convert", "--log-type", "activity", "--to", "ecs", "/no/such/file"])
        .exits(1)
        .says("/no/such/file cannot be read");
    lab.run(&["event", "convert", "--log-type", "activity", "--to", "xml"]).exits(2);
    lab.run(&["event", "convert", "--to", "ecs"]).exits(2);
}

#[test]
fn event_list_writes_what_is_stored_in_any_format() {
    let mut world = World::single();
    for log_type in LogType::ALL {
        let records = (0..5).map(|n| {
            let at = UnixMillis(this_second().0 - 3_600_000 + n * 1000);
            Published { at, body: record(log_type, at, n as u64).into() }
        });
        world.publish_many(INTEGRATION_KEY, log_type, records);
    }
    let lab = Lab::new(world);
    lab.run_collect();
    for format in ["ecs", "ocsf", "cef", "leef", "splunk", "panther"] {
        let ran = lab.run(&["event", "list", "--format", format]).exits(0);
        assert_eq!(ran.out.lines().count(), 30, "{format}");
    }
    let ran =
        lab.run(&["event", "list", "--format", "ecs", "--log-type", "administrator"]).exits(0);
    for line in ran.out.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["organization"]["name"], ACCOUNT);
        assert_eq!(event["observer"]["hostname"], lab.api_hostname());
        // Duo gives these records no id; the store's own stands in.
        assert_eq!(event["event"]["id"].as_str().map(str::len), Some(16), "{line}");
    }
    let first = |words: &[&str]| {
        let ran = lab.run(&[&["event", "list", "--format", "csv"], words].concat()).exits(0);
        ran.out.lines().next().unwrap().to_owned()
    };
    let shared = "time,account,log_type,id,user,email,action,result,reason,factor,application,target,\
                  address,country,raw";
    assert_eq!(first(&[]), shared);
    assert_eq!(first(&["--log-type", "telephony", "--log-type", "activity"]), shared);
    assert!(first(&["--log-type", "telephony"]).contains(",context,credits,txid,raw"));
}

fn piped(lab: &Lab, words: &[&str], input: &[u8]) -> Ran {
    let mut command = lab.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}

fn normalizer() -> Normalizer {
    Normalizer::new(&Knowledge::embedded().unwrap()).unwrap()
}

fn text(line: Vec<u8>) -> String {
    String::from_utf8(line).unwrap()
}

fn samples() -> Vec<(LogType, String)> {
    let mut records = Vec::new();
    for (log_type, name) in SAMPLES {
        let file = Path::new(ROOT).join(format!("tests/data/samples/{name}.jsonl"));
        let text = fs::read_to_string(file).unwrap();
        records.extend(text.lines().map(|line| (log_type, line.to_owned())));
    }
    assert!(records.len() > 300);
    records
}

/// Records with something where something else is expected, for each log.
fn odd_records() -> Vec<(LogType, String)> {
    let odd = [
        "{\"nothing\":\"known\"}",
        "[1,2]",
        "no JSON",
        r#"{"user":"text","application":"text","access_device":"text","auth_device":[],"actor":"text","target":"text","old_target":["x"],"outcome":"SUCCESS","action":"text","surfaced_auth":"text","explanations":"text","description":["a"],"priority_event":"unknown","credits":"many","enabled_for":"text"}"#,
        r#"{"access_device":{"ip":"MALMÖ","hostname":"MALMÖ-LT-7","location":{"country":"Nowhere Land"},"security_agents":"unknown","is_password_set":true},"email":"not an address","user":{"name":"x","groups":["a",1,null]},"event_type":"gadget","result":"odd","factor":"new factor"}"#,
        r#"{"access_device":{"ip":{"address":"::1"},"location":"-"},"actor":{"name":"a","details":"plain","type":"user"},"target":{"type":"user","details":[1]},"action":{"name":"gadget_create","details":{"x":1}}}"#,
        r#"{"action":"gadget_explode","username":"","description":"free text","object":"thing","timestamp":1}"#,
    ];
    let each = |log_type| odd.iter().map(move |raw| (log_type, (*raw).to_owned()));
    LogType::ALL.into_iter().flat_map(each).collect()
}

fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "|",
        "\\",
        "=",
        "a=b",
        " cs1=x",
        "x src=192.0.2.66 act=forged",
        "back\\slash\\",
        "a\\=b",
        "a|b\\|c",
        "line\nfeed",
        "carriage\r\nreturn",
        "tab\tbed",
        "quote\"d 'too'",
        "CEF:0|x|y",
        "\\n",
        "end\\",
        "=start",
        "a,b",
        "\"",
        "=1+1",
        "+1",
        "-1",
        "@x",
        " blank ",
        "\u{0}\u{7}\u{1b}[31m",
        "\u{85}\u{2028}\u{2029}",
        "łódź Ωμέγα Москва 東京 서울 القاهرة עברית हिन्दी ไทย 🦀👩‍💻",
        "e\u{301}\u{202e}rtl",
        "\u{feff}bom",
        "x09",
        "^",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("long = | \\ \n".repeat(64 * 1024 / 13));
    texts
}

/// Who and where from, read plainly.
fn user_and_address(log_type: LogType, record: &Value) -> (Option<String>, Option<String>) {
    let at =
        |path: &str| Some(record.pointer(path)?.as_str()?.to_owned()).filter(|t| !t.is_empty());
    match log_type {
        LogType::Authentication => (at("/user/name"), at("/access_device/ip")),
        LogType::Activity => (at("/actor/name"), at("/access_device/ip/address")),
        LogType::Administrator | LogType::OfflineEnrollment => (at("/username"), None),
        LogType::Telephony => (None, None),
        LogType::TrustMonitor => {
            (at("/surfaced_auth/user/name"), at("/surfaced_auth/access_device/ip"))
        }
    }
}

/// A published field: its type, whether it is a list, the values it may have.
struct Field {
    kind: String,
    is_list: bool,
    allowed: BTreeMap<String, Vec<String>>,
}

fn fields(file: &str) -> BTreeMap<String, Field> {
    let text = fs::read_to_string(Path::new(ROOT).join("tests/data").join(file)).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let field = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let allowed = cells.get(3).unwrap_or(&"").split_whitespace().map(|value| {
            let (name, types) = value.split_once(':').unwrap_or((value, ""));
            (name.to_owned(), types.split('+').map(str::to_owned).collect())
        });
        let is_list = cells.get(2) == Some(&"array");
        (
            cells[0].to_owned(),
            Field { kind: cells[1].to_owned(), is_list, allowed: allowed.collect() },
        )
    };
    rows.map(field).collect()
}

/// The values with a field of their own: what lies inside a flattened field is none.
fn walk<'a>(
    value: &'a Value,
    name: String,
    schema: &BTreeMap<String, Field>,
    own: &BTreeMap<String, Field>,
    leaves: &mut Vec<(String, &'a Value)>,
) {
    let known = schema.get(&name).or_else(|| own.get(&name));
    match value {
        Value::Object(map) if known.is_none_or(|field| field.kind == "object") => {
            for (key, value) in map {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                walk(value, name, schema, own, leaves);
            }
        }
        Value::Array(list) if known.is_none() && list.iter().all(Value::is_object) => {
            for value in list {
                walk(value, name.clone(), schema, own, leaves);
            }
        }
        _ => leaves.push((name, value)),
    }
}

/// Whether Elasticsearch would store a value in a field.
fn fits(field: &Field, value: &Value) -> Result<(), String> {
    if field.is_list && !value.is_array() {
        return Err("must be a list".to_owned());
    }
    if let Value::Array(list) = value {
        let one = Field { kind: field.kind.clone(), is_list: false, allowed: BTreeMap::new() };
        list.iter().try_for_each(|value| fits(&one, value))?;
        let odd = list.iter().find(|value| !is_allowed(field, value));
        return odd.map_or(Ok(()), |odd| Err(format!("{odd} is not allowed")));
    }
    let text = value.as_str();
    let good = match field.kind.as_str() {
        "keyword" | "match_only_text" | "wildcard" | "constant_keyword" => {
            !value.is_object() && is_allowed(field, value)
        }
        "ip" => text.is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        "date" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "long" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "flattened" => value.is_object(),
        other => return Err(format!("a field of type {other} is not expected")),
    };
    if good { Ok(()) } else { Err(format!("is no {}", field.kind)) }
}

fn is_allowed(field: &Field, value: &Value) -> bool {
    field.allowed.is_empty() || value.as_str().is_some_and(|text| field.allowed.contains_key(text))
}

/// The schema says which types go with which category.
fn type_mistakes(schema: &BTreeMap<String, Field>, event: &Value) -> Option<String> {
    let list = |name: &str| -> Vec<&str> {
        let list = event["event"][name].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str).collect()
    };
    let categories = list("category");
    let expected: Vec<&String> = categories
        .iter()
        .filter_map(|name| schema["event.category"].allowed.get(*name))
        .flatten()
        .collect();
    let odd = list("type").into_iter().find(|kind| !expected.iter().any(|known| known == kind));
    odd.filter(|_| !categories.is_empty()).map(|kind| {
        format!("type {kind} is not expected of {categories:?}: {}", event["event"]["action"])
    })
}

/// Lets an independent reader look at what was written.
#[track_caller]
fn check(kind: &str, input: &[u8]) {
    /// Fetched once, before several tests at the same time do it.
    static READERS: LazyLock<Output> = LazyLock::new(|| script("--prepare", b""));
    let said = |output: &Output| {
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    };
    assert!(READERS.status.success(), "{}", said(&READERS));
    let output = script(kind, input);
    let said: String = said(&output).chars().take(8000).collect();
    assert!(output.status.success(), "{kind}:\n{said}");
    assert!(said.contains(" 0 "), "{kind}:\n{said}");
}

fn script(what: &str, input: &[u8]) -> Output {
    let script = Path::new(ROOT).join("scripts/check-formats.sh");
    let mut command = Command::new("bash");
    command
        .arg(script)
        .arg(what)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writing.join().unwrap();
    output
}
