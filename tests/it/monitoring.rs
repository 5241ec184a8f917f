//! What a collector tells a monitoring system, and what it asks about newer versions: both only
//! where a person wants it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use duo_integrator::base::UnixMillis;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, World};
use duo_integrator::status::Newer;
use serde_json::Value;

use crate::support::collector::Collector;
use crate::support::lab::Lab;
use crate::support::ports::free_ports;
use crate::support::records::record;
use crate::support::waiting::PATIENCE;

const PARSER: &str = "
import json, sys
from prometheus_client.parser import text_string_to_metric_families as read
samples = [s for family in read(sys.stdin.read()) for s in family.samples]
print(json.dumps([{'name': s.name, 'labels': s.labels, 'value': s.value} for s in samples]))
";

/// Asks for figures under this name of the computer; the whole answer.
fn ask(port: u16, host: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// What Prometheus' own reader makes of a text; `None` where it is not to be had.
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn samples(text: &str) -> Option<Vec<Value>> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/target/receivers-venv/bin/python");
    let mut child = Command::new(python);
    child.args(["-c", PARSER]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = child.spawn() else {
        eprintln!("skipped: no prometheus-client; installer/linux/setup.sh test brings it");
        return None;
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "Prometheus cannot read it:\n{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn add_to_settings(lab: &Lab, lines: &str) {
    let text = std::fs::read_to_string(lab.home.settings_file()).unwrap();
    lab.write_settings(&format!("{text}\n{lines}\n"));
}

#[test]
fn figures_are_told_on_this_computer_while_they_are_wanted() {
    let mut world = World::single();
    let at = UnixMillis(UnixMillis::now().0 - 3_600_000);
    for number in 0..3 {
        let text = record(LogType::Telephony, at, number);
        world.publish(INTEGRATION_KEY, LogType::Telephony, at, text);
    }
    let lab = Lab::new(world);
    let [port] = free_ports();
    let folder = lab.folder().display().to_string();
    add_to_settings(
        &lab,
        &format!("[[output]]\nname = \"Out\"\ntype = \"file\"\npath = \"{folder}/out.jsonl\""),
    );
    let collector = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    collector.wait_until_current(&lab);
    assert!(ask(port, "localhost").is_none(), "nobody wanted it yet");
    add_to_settings(&lab, &format!("[metrics]\nlisten = \"127.0.0.1:{port}\""));
    collector.wait_until("figures are told", || ask(port, "localhost").is_some());
    let delivered = "duo_integrator_output_delivered_total{output=\"Out\",type=\"file\"} 3";
    collector.wait_until("all is handed over", || {
        ask(port, "localhost").is_some_and(|told| told.contains(delivered))
    });
    let answer = ask(port, &format!("127.0.0.1:{port}")).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("200 OK") && head.contains("text/plain; version=0.0.4"), "{head}");
    assert!(!text.contains(INTEGRATION_KEY));
    if let Some(samples) = samples(text) {
        let value = |name: &str, labels: &[(&str, &str)]| {
            let fits = |sample: &&Value| {
                sample["name"] == format!("duo_integrator_{name}")
                    && labels.iter().all(|(label, text)| sample["labels"][label] == *text)
            };
            samples.iter().find(fits).unwrap_or_else(|| panic!("{name}"))["value"].as_f64().unwrap()
        };
        assert_eq!(value("records", &[("account", "Example"), ("log_type", "telephony")]), 3.0);
        assert_eq!(value("log_state", &[("log_type", "telephony"), ("state", "current")]), 1.0);
        assert_eq!(value("log_state", &[("log_type", "telephony"), ("state", "failing")]), 0.0);
        assert_eq!(
            value("newest_timestamp_seconds", &[("log_type", "telephony")]),
            at.0 as f64 / 1e3
        );
        assert_eq!(value("output_pending", &[("output", "Out")]), 0.0);
        assert_eq!(value("attention", &[]), 0.0);
        assert_eq!(value("paused", &[]), 0.0);
    }
    let refused = ask(port, "duo.attacker.example").unwrap();
    assert!(
        refused.starts_with("HTTP/1.1 403") && !refused.contains("duo_integrator_"),
        "{refused}"
    );
    lab.change_settings(&format!("listen = \"127.0.0.1:{port}\""), "");
    collector.wait_until("nobody is told any more", || ask(port, "localhost").is_none());
}

#[test]
fn a_newer_version_is_a_line_and_only_for_who_wants_to_know() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let body = "{\"tag_name\":\"v99.1.0\",\"html_url\":\"https://example.com/v99.1.0\"}";
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
        }
    });
    let lab = Lab::new(World::single());
    let collector = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    collector.wait_until_running();
    add_to_settings(&lab, &format!("[updates]\nurl = \"http://127.0.0.1:{port}/latest\""));
    collector.wait_until("it is found", || Newer::read(&lab.home).is_some());
    let said = lab.run(&["status"]).exits(0);
    let words = "A newer version exists: 99.1.0 (https://example.com/v99.1.0)";
    assert!(said.out.contains(words), "{}", said.out);
    lab.change_settings(&format!("url = \"http://127.0.0.1:{port}/latest\""), "");
    collector.wait_until("it is forgotten", || Newer::read(&lab.home).is_none());
}
