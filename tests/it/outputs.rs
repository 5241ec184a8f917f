//! Records on their way out: to real syslog receivers and into files, with a collector that is
//! killed, and with receivers that are not what they should be.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufReader, Read};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, World, bulk_authentication};
use serde_json::Value;

use crate::support::collector::Collector;
use crate::support::lab::{Lab, this_second};
use crate::support::syslog::{self, Kind, Receiver};
use crate::support::waiting::wait_until;

const LOG: LogType = LogType::Authentication;

/// A world with so many authentications.
fn world(records: usize) -> World {
    let mut world = World::single();
    let now = this_second();
    let (from, until) = (UnixMillis(now.0 - 20 * DAY_MILLIS), UnixMillis(now.0 - 600_000));
    world.publish_many(INTEGRATION_KEY, LOG, bulk_authentication(8, records, from, until));
    world
}

fn add(lab: &Lab, name: &str, kind: &str, more: &[String]) {
    let mut words = vec!["output", "add", "--name", name, "--type", kind];
    words.extend(more.iter().map(String::as_str));
    lab.run(&words).exits(0);
}

fn set(pairs: &[(&str, String)]) -> Vec<String> {
    pairs.iter().flat_map(|(key, value)| ["--set".to_owned(), format!("{key}={value}")]).collect()
}

fn output(lab: &Lab, name: &str) -> Value {
    let status = lab.run(&["status", "--json"]).exits(0).json();
    let outputs = status["outputs"].as_array().unwrap();
    outputs.iter().find(|output| output["name"] == name).unwrap().clone()
}

fn id_of(raw: &str) -> String {
    let record: Value = serde_json::from_str(raw).unwrap();
    record["txid"].as_str().unwrap().to_owned()
}

#[test]
fn real_receivers_read_every_field_over_tcp_tls_and_udp() {
    if !syslog::are_there() {
        return;
    }
    for kind in [Kind::Rsyslog, Kind::SyslogNg] {
        let receiver = Receiver::start(kind);
        for (transport, port, records) in [
            ("tcp", receiver.tcp_port, 2500),
            ("tls", receiver.tls_port, 2500),
            ("udp", receiver.udp_port, 40),
        ] {
            let before = receiver.read().len();
            let lab = Lab::new(world(records));
            let mut keys = vec![
                ("address", "127.0.0.1".to_owned()),
                ("port", port.to_string()),
                ("transport", transport.to_owned()),
            ];
            if transport == "tls" {
                let file = |name: &str| receiver.file(name).display().to_string();
                keys.extend([
                    ("server_name", "localhost".to_owned()),
                    ("ca_file", file("ca.pem")),
                    ("client_certificate", file("client.pem")),
                    ("client_key", file("client.key")),
                ]);
            }
            add(&lab, "SIEM", "syslog", &set(&keys));
            let tried = lab.run(&["output", "test", "SIEM"]).exits(0);
            assert_eq!(transport == "tls", tried.out.contains("CN=localhost"), "{}", tried.out);
            assert_eq!(transport == "tls", tried.out.contains(", trusted"), "{}", tried.out);
            lab.run(&["collect", "--once"]).exits(0);
            let status = output(&lab, "SIEM");
            assert_eq!(status["delivered"], records, "{status}");
            assert_eq!((&status["pending"], &status["lag_seconds"]), (&0.into(), &0.into()));

            wait_until("all are read", || receiver.read().len() > before + records);
            let read = receiver.read().split_off(before);
            assert_eq!(read.len(), records + 1, "{kind:?} {transport}");
            assert!(read[0]["message"].as_str().unwrap().contains("duo_integrator_test"));
            let stored: BTreeSet<String> = lab.stored(LOG).into_iter().collect();
            let text = |fields: &Value| fields["message"].as_str().unwrap().to_owned();
            let came: BTreeSet<String> = read[1..].iter().map(text).collect();
            let strange = came.symmetric_difference(&stored).next();
            assert_eq!(strange, None, "{kind:?} {transport}");
            let mut before = UnixMillis(0);
            for fields in &read[1..] {
                let raw = fields["message"].as_str().unwrap();
                assert_eq!(
                    (&fields["pri"], &fields["app"]),
                    (&"134".into(), &"duo-integrator".into())
                );
                assert_eq!(fields["msgid"], "authentication");
                assert!(lab.api_hostname().starts_with(fields["host"].as_str().unwrap()));
                let record: Value = serde_json::from_str(raw).unwrap();
                let time = record["isotimestamp"].as_str().unwrap();
                let told = fields["time"].as_str().unwrap();
                let told = UnixMillis::parse_rfc3339(told).unwrap();
                // rsyslog keeps six digits of a fraction, syslog-ng as many as it is told to.
                assert_eq!(Some(told), UnixMillis::parse_rfc3339(time));
                assert!(told >= before, "in order");
                before = told;
                let id = id_of(raw);
                match kind {
                    Kind::Rsyslog => {
                        let data = fields["data"].as_str().unwrap();
                        assert!(data.contains(&format!("id=\"{id}\"")), "{data}");
                    }
                    Kind::SyslogNg => {
                        assert_eq!(
                            (&fields["id"], &fields["account"]),
                            (&id.into(), &"Example".into())
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_receiver_with_a_strangers_certificate_gets_nothing() {
    if !syslog::are_there() {
        return;
    }
    let (receiver, stranger) = (Receiver::start(Kind::Rsyslog), Receiver::start(Kind::Rsyslog));
    let lab = Lab::new(world(10));
    let keys = [
        ("address", format!("127.0.0.1:{}", receiver.tls_port)),
        ("transport", "tls".to_owned()),
        ("server_name", "localhost".to_owned()),
        ("ca_file", stranger.file("ca.pem").display().to_string()),
    ];
    add(&lab, "SIEM", "syslog", &set(&keys));
    let tried = lab.run(&["output", "test", "SIEM"]).exits(1);
    assert!(
        tried.err.contains("is not trusted") && tried.err.contains("CN=localhost"),
        "{}",
        tried.err
    );
    let ran = lab.run(&["collect", "--once"]);
    assert!(ran.err.contains("10 records wait for the output"), "{}", ran.err);
    let status = output(&lab, "SIEM");
    assert_eq!((&status["delivered"], &status["pending"]), (&0.into(), &10.into()));
    assert!(status["error"].as_str().unwrap().contains("is not trusted"));
    assert!(receiver.read().is_empty());
    // Mended, everything goes out.
    let wrong = stranger.file("ca.pem").display().to_string();
    lab.change_settings(&wrong, &receiver.file("ca.pem").display().to_string());
    lab.run(&["collect", "--once"]).exits(0);
    wait_until("all are read", || receiver.read().len() == 10);
}

/// Ids in the order they came, of all connections.
type Came = Arc<Mutex<Vec<String>>>;

/// A receiver that counts ids and is nothing but patient.
fn counting() -> (u16, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let came: Came = Arc::default();
    let all = Arc::clone(&came);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), all) = (stream, Arc::clone(&all)) else { return };
            thread::spawn(move || {
                let mut bytes = BufReader::new(stream).bytes();
                loop {
                    let mut length = 0_usize;
                    loop {
                        match bytes.next() {
                            Some(Ok(b' ')) => break,
                            Some(Ok(digit)) => length = length * 10 + usize::from(digit - b'0'),
                            _ => return,
                        }
                    }
                    let message: Vec<u8> =
                        bytes.by_ref().take(length).map_while(Result::ok).collect();
                    if message.len() < length {
                        return;
                    }
                    let text = String::from_utf8(message).unwrap();
                    let id =
                        text.split("id=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
                    all.lock().unwrap().push(id);
                }
            });
        }
    });
    (port, came)
}

#[test]
fn killed_again_and_again_the_collector_hands_over_everything() {
    const RECORDS: usize = 40_000;
    let lab = Lab::new(world(RECORDS));
    let (port, came) = counting();
    add(&lab, "Socket", "syslog", &set(&[("address", format!("127.0.0.1:{port}"))]));
    let file = lab.folder().join("out.jsonl");
    let path = file.display().to_string();
    add(&lab, "File", "file", &set(&[("path", path), ("rotate", "never".to_owned())]));
    // Everything is stored, and nothing handed over yet.
    lab.collect();
    let stored: BTreeSet<String> = lab.stored(LOG).iter().map(|raw| id_of(raw)).collect();
    assert_eq!(stored.len(), RECORDS);
    let mut chance = fastrand::Rng::new();
    let seed = chance.get_seed();
    let lines = || fs::read_to_string(&file).unwrap_or_default().matches('\n').count();
    let mut under_way = 0;
    for _ in 0..12 {
        let (before, taken) = (lines(), came.lock().unwrap().len());
        let collector = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
        collector.wait_until("something is handed over", || {
            lines() > before || came.lock().unwrap().len() > taken || lines() == RECORDS
        });
        thread::sleep(Duration::from_millis(chance.u64(0..120)));
        collector.kill();
        under_way += usize::from(lines() < RECORDS);
    }
    assert!(under_way >= 3, "only {under_way} kills of seed {seed} struck while records went out");
    lab.run(&["collect", "--once"]).exits(0);
    for name in ["Socket", "File"] {
        assert_eq!(output(&lab, name)["pending"], 0, "{name}");
    }
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), RECORDS, "each line once, with seed {seed}");
    assert!(text.lines().map(id_of).collect::<BTreeSet<_>>() == stored, "all, with seed {seed}");
    let times = text.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        UnixMillis::parse_rfc3339(record["isotimestamp"].as_str().unwrap())
    });
    assert!(times.is_sorted(), "in order, with seed {seed}");
    wait_until("all came", || {
        came.lock().unwrap().iter().collect::<BTreeSet<_>>().len() == RECORDS
    });
    let came = came.lock().unwrap();
    // One batch at most for each kill.
    assert!(came.len() <= RECORDS + 13 * 2_000, "{} came of {RECORDS}", came.len());
    assert!(came.iter().all(|id| stored.contains(id)));
}
