//! Records handed over to receivers that read them with code that is not ours.

use std::collections::BTreeSet;

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::knowledge::Knowledge;
use duo_integrator::net::NetSettings;
use duo_integrator::normalize::{Context, Format, Lines};
use duo_integrator::outputs::{Batch, Channel, Item, Tools, What};
use duo_integrator::record::LogType;
use duo_integrator::settings::{Output, Target};
use duo_integrator::simulator::{INTEGRATION_KEY, World};
use serde_json::Value;

use crate::support::lab::{Lab, Ran};
use crate::support::receivers::Receiver;
use crate::support::records::record;

const START: UnixMillis = UnixMillis(1_760_000_000_000);

/// Records of all logs, as an output of this format is handed them.
fn items(format: Option<Format>, count: u64) -> Vec<Item> {
    let knowledge = Knowledge::embedded().unwrap();
    let lines = format.map_or_else(Lines::raw, |f| Lines::of(f, None, &knowledge).unwrap());
    let mut items = Vec::new();
    for number in 0..count {
        for log_type in LogType::ALL {
            let time = UnixMillis(START.0 + number as i64 * 1_001);
            let raw = record(log_type, time, number).into_bytes();
            let id = format!("{}-{number}", log_type.name());
            let context = Context {
                account: Some("Contoso"),
                api_hostname: Some("api-1.duosecurity.com"),
                id: Some(&id),
                ..Context::default()
            };
            items.push(Item {
                line: lines.line(log_type, &raw, &context).into_owned(),
                id: id.as_str().into(),
                what: What::Record(log_type),
                account: "Contoso".into(),
                api_hostname: "api-1.duosecurity.com".into(),
                time,
                received: UnixMillis(START.0 + 60_000),
                raw,
            });
        }
    }
    items
}

fn batch(items: &[Item], token: &str) -> Batch {
    Batch { items: items.to_vec(), token: token.to_owned() }
}

async fn open(settings: &str) -> (Channel, tempfile::TempDir) {
    let table = format!("name = \"far\"\n{settings}").parse().unwrap();
    let Target::Records(records) = Output::check(&table).unwrap().target else { panic!() };
    let folder = tempfile::tempdir().unwrap();
    let tools = Tools {
        net: NetSettings::default(),
        secret: None,
        home: Home::under(folder.path()),
        header: None,
        committed: None,
        only_test: false,
    };
    (Channel::open("far", &records, tools).await.unwrap(), folder)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn clickhouse_keeps_each_record_once_and_byte_for_byte() {
    let Some(server) = Receiver::start("clickhouse", "chdb") else { return };
    let settings = format!("type = \"clickhouse\"\nurl = {:?}", server.url());
    let (mut channel, _home) = open(&settings).await;
    let items = items(None, 40);
    // A table that is not there is for a person, and made on request, more than once too.
    let failure = channel.deliver(&batch(&items[..1], "0")).await.unwrap_err();
    assert!(!failure.again && !failure.content, "{failure:?}");
    for _ in 0..2 {
        channel.prepare().await.unwrap().unwrap();
    }
    let (first, second) = items.split_at(100);
    channel.deliver(&batch(first, "a")).await.unwrap();
    channel.deliver(&batch(second, "b")).await.unwrap();
    // The answer was lost: the same again.
    channel.deliver(&batch(second, "b")).await.unwrap();
    let rows = server.rows("SELECT * FROM duo_records ORDER BY time, log_type");
    assert_eq!(rows.len(), items.len());
    for item in &items {
        let row = rows.iter().find(|row| text(&row["id"]) == &*item.id).unwrap();
        assert_eq!(text(&row["record"]).as_bytes(), item.raw);
        assert_eq!(text(&row["log_type"]), item.what.name());
        let time = format!("{}Z", text(&row["time"]).replace(' ', "T"));
        assert_eq!(UnixMillis::parse_rfc3339(&time), Some(item.time));
    }
    // The same records in another batch, as after a crash: one each when they are merged.
    channel.deliver(&batch(&items[50..150], "c")).await.unwrap();
    let count = |from| {
        text(&server.rows(&format!("SELECT toString(count()) n FROM {from}"))[0]["n"]).to_owned()
    };
    assert_eq!(count("duo_records"), (items.len() + 100).to_string());
    assert_eq!(count("duo_records FINAL"), items.len().to_string());
}

#[tokio::test]
async fn clickhouse_works_out_what_dashboards_ask_for() {
    let Some(server) = Receiver::start("clickhouse", "chdb") else { return };
    for (format, name, result) in [(None, "raw", "success"), (Some(Format::Ecs), "ecs", "success")]
    {
        let settings = format!(
            "type = \"clickhouse\"\nurl = {:?}\ntable = \"{name}\"\nformat = \"{name}\"",
            server.url()
        );
        let (mut channel, _home) = open(&settings).await;
        channel.prepare().await.unwrap().unwrap();
        channel.deliver(&batch(&items(format, 1), "a")).await.unwrap();
        let columns = "action, user, result, ip";
        let rows = server.rows(&format!("SELECT log_type, {columns} FROM {name}"));
        let of = |log: &str| rows.iter().find(|row| row["log_type"] == log).unwrap();
        let authentication = of("authentication");
        assert_eq!(text(&authentication["user"]), "user0");
        assert_eq!(text(&authentication["ip"]), "192.0.2.0");
        assert_eq!(text(&authentication["result"]), result);
        assert_eq!(text(&of("activity")["action"]), "user_update");
        assert_eq!(text(&of("administrator")["action"]), "user_update");
    }
}

#[tokio::test]
async fn opentelemetrys_own_reader_understands_every_record() {
    let Some(server) = Receiver::start("otlp", "opentelemetry.proto.logs.v1.logs_pb2") else {
        return;
    };
    let (mut channel, _home) = open(&format!("type = \"otlp\"\nurl = {:?}", server.url())).await;
    let items = items(Some(Format::Ecs), 30);
    for part in items.chunks(50) {
        let taken = channel.deliver(&batch(part, "a")).await.unwrap();
        assert!(taken.refused.is_empty(), "{taken:?}");
    }
    let read: Value = serde_json::from_str(&server.ask("GET", "")).unwrap();
    let read = read.as_array().unwrap();
    assert_eq!(read.len(), items.len());
    for (item, log) in items.iter().zip(read) {
        assert_eq!(text(&log["attributes"]["log.record.uid"]), &*item.id);
        assert_eq!(text(&log["body"]).as_bytes(), item.line);
        assert_eq!(log["time"], item.time.0 * 1_000_000);
        assert_eq!(log["observed"], item.received.0 * 1_000_000);
        assert_eq!(text(&log["event"]), format!("duo.{}", item.what.name()));
        assert_eq!(text(&log["resource"]["service.name"]), "cisco-duo");
        assert_eq!(text(&log["resource"]["host.name"]), "api-1.duosecurity.com");
    }
    let ids: BTreeSet<&str> = items.iter().map(|item| &*item.id).collect();
    assert_eq!(ids.len(), items.len());
}

/// What was handed over of each log, as text of its JSON, and which of it more than once.
fn sorted(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().collect();
    lines.sort();
    lines
}

#[test]
fn a_round_of_collection_hands_everything_to_three_receivers_whatever_they_do() {
    let (Some(clickhouse), Some(otlp), Some(hec)) = (
        Receiver::start("clickhouse", "chdb"),
        Receiver::start("otlp", "opentelemetry.proto.logs.v1.logs_pb2"),
        Receiver::start("hec", "json"),
    ) else {
        return;
    };
    let mut world = World::single();
    let (mut expected, now) = (Vec::new(), UnixMillis::now());
    for number in 0..3_000 {
        let at =
            UnixMillis(now.0 - 3_600_000 * 24 + number as i64 * 20_000).floor_secs().to_millis();
        for log_type in [LogType::Authentication, LogType::Activity, LogType::Telephony] {
            let mut text = record(log_type, at, number);
            if number == 77 && log_type == LogType::Authentication {
                // The one that Splunk cannot read.
                text = text.replacen("\",\"timestamp", "~bad\",\"timestamp", 1);
            }
            expected.push(text.clone());
            world.publish(INTEGRATION_KEY, log_type, at, text);
        }
    }
    let lab = Lab::new(world);
    let text = std::fs::read_to_string(lab.home.settings_file()).unwrap();
    lab.write_settings(&format!(
        "{text}\n[[output]]\nname = \"CH\"\ntype = \"clickhouse\"\nurl = {:?}\n\
         [[output]]\nname = \"OT\"\ntype = \"otlp\"\nurl = {:?}\n\
         [[output]]\nname = \"HEC\"\ntype = \"splunk_hec\"\nurl = {:?}\nformat = \"raw\"\n\
         acknowledgment = true\n",
        clickhouse.url(),
        otlp.url(),
        hec.url()
    ));
    lab.run(&["output", "prepare", "CH"]).exits(0);
    let mut command = lab.command(&["collect", "--once"]);
    command.env("DUO_INTEGRATOR_OUTPUT_HEC", "hec-token");
    let ran = Ran::of(&command.output().unwrap());
    ran.exits(0);

    let expected = sorted(expected);
    let rows = clickhouse.rows("SELECT record FROM duo_records FINAL");
    let rows = sorted(rows.iter().map(|row| text_of(&row["record"])));
    assert_eq!(rows, expected);
    let logs: Vec<Value> = serde_json::from_str(&otlp.ask("GET", "")).unwrap();
    assert_eq!(sorted(logs.iter().map(|log| text_of(&log["body"]))), expected);

    let events: Vec<Value> = serde_json::from_str(&hec.ask("GET", "")).unwrap();
    let ids: BTreeSet<String> = events
        .iter()
        .map(|event| format!("{} {}", event["sourcetype"], event["fields"]["record_id"]))
        .collect();
    assert_eq!(ids.len(), expected.len() - 1, "one was refused");
    assert!(events.len() > ids.len(), "an answer was lost, so something came twice");
    let status = lab.run(&["status", "--json"]).exits(0).json();
    let outputs = status["outputs"].as_array().unwrap();
    let of = |name: &str| outputs.iter().find(|output| output["name"] == name).unwrap();
    for name in ["CH", "OT", "HEC"] {
        assert_eq!(of(name)["pending"], 0, "{status}");
    }
    assert_eq!(of("HEC")["refused"], 1, "{status}");
}

fn text_of(value: &Value) -> String {
    text(value).to_owned()
}
