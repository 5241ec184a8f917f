//! What is promised of every output, tried with each type over a real connection: a far side that is
//! away at first, has a certificate nobody knows, is busy, loses answers, hangs up in the middle,
//! fails and keeps silent gets everything, in order, and repeats have the same ids.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;
use crate::outputs::{Far, Reply, Request, say};
use crate::secrets::in_tests;

const RECORDS: u64 = 5000;

/// The most records of a batch.
const BATCH: usize = 2000;

/// The types that speak HTTP: settings beside the address; and what a far side says that takes all.
const OVER_HTTP: [(&str, &str, &str); 7] = [
    ("http", "", ""),
    ("splunk_hec", "", "{\"text\":\"Success\",\"code\":0}"),
    ("elasticsearch", "anonymous = true", "{\"errors\":false,\"items\":[]}"),
    ("clickhouse", "", ""),
    (
        "azure_monitor",
        "rule = \"dcr-1\"\nstream = \"Custom-Duo_CL\"\ntenant = \"t\"\nclient_id = \"c\"",
        "",
    ),
    ("otlp", "", "{}"),
    (
        "s3",
        "bucket = \"logs\"\naccess_key_id = \"key\"\nobjects = \"json_lines\"\ngather = \"1s\"",
        "",
    ),
];

/// What the far side does with one request after the other; then it takes everything.
fn reply(number: usize, takes: &str) -> Reply {
    match number {
        0 => Reply::Say(429, vec![("Retry-After", "1".to_owned())], String::new()),
        2 => Reply::LoseTheAnswer,
        3 => say(503, "busy"),
        4 => Reply::BreakOff,
        5 => Reply::KeepSilent,
        _ => Reply::Say(200, vec![("ETag", "\"e\"".to_owned())], takes.to_owned()),
    }
}

/// The ids in a text, each once where it stands several times in a row.
fn ids_in(text: &[u8]) -> Vec<u64> {
    let text = String::from_utf8_lossy(text);
    let mut ids: Vec<u64> = text
        .split("id-")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .collect();
    ids.dedup();
    ids
}

fn ids_of(request: &Request) -> Vec<u64> {
    if request.method != "PUT" {
        return ids_in(&request.body);
    }
    let mut text = Vec::new();
    zstd::Decoder::new(&*request.body).unwrap().read_to_end(&mut text).unwrap();
    ids_in(&text)
}

/// Everything came, each log's in order, and what came again was one of the few batches that may
/// have arrived without anybody knowing.
fn assert_kept(kind: &str, came: &[u64], again: usize) {
    let mut known = BTreeSet::new();
    let first: Vec<u64> = came.iter().copied().filter(|id| known.insert(*id)).collect();
    assert_eq!(first.len() as u64, RECORDS, "{kind}: something is missing");
    assert!(first.is_sorted(), "{kind}: out of order");
    let twice = came.len() - first.len();
    assert!(twice <= again * BATCH, "{kind}: {twice} came again");
}

/// Settings, with the authority's file where the far side's certificate is to be trusted.
fn lines(kind: &str, more: &str, url: &str, ca_file: &str) -> String {
    let authority =
        if kind == "azure_monitor" { format!("authority = {url:?}\n") } else { String::new() };
    format!("type = {kind:?}\nurl = {url:?}\n{authority}{ca_file}{more}")
}

/// The output `name` of a room with these settings instead.
fn change(room: &mut Room, name: &str, lines: &str) {
    let text = format!("version = 1\n[[output]]\nname = {name:?}\n{lines}\n");
    room.settings = Settings::parse(&text, &room.home).unwrap();
}

async fn over_http(kind: &'static str, more: &'static str, takes: &'static str) {
    let name = format!("contract {kind}");
    in_tests::put(&format!("output/{name}"), "0123456789abcdef");
    // A stranger's certificate: nothing goes there.
    let stranger = Far::start_tls(|_, _| say(200, "")).await;
    let mut room = Room::new(&name, &lines(kind, more, &stranger.url, ""));
    room.store(0..RECORDS);
    let waiting = room.once().await;
    assert!(waiting[0].problem.to_string().contains("is not trusted"), "{kind}: {waiting:?}");
    assert_eq!(waiting[0].records, RECORDS, "{kind}");
    assert!(stranger.seen().is_empty(), "{kind}");
    // Nobody is there; and then somebody who does everything wrong.
    let port = free_port().await;
    change(&mut room, &name, &lines(kind, more, &format!("http://localhost:{port}"), ""));
    room.serve_until(|| room.trouble().contains("cannot be reached")).await;
    let (count, came) = (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&came);
    let far = Far::start_at(port, move |request, _| {
        if request.path().ends_with("/token") {
            return say(200, "{\"access_token\":\"token\",\"expires_in\":3600}");
        }
        let reply = reply(count.fetch_add(1, Ordering::Relaxed), takes);
        let may_arrive = match &reply {
            Reply::Say(status, ..) => *status == 200,
            Reply::LoseTheAnswer | Reply::BreakOff => true,
            Reply::KeepSilent => false,
        };
        if may_arrive {
            log.lock().unwrap().extend(ids_of(request));
        }
        reply
    });
    let _far = far.await;
    room.serve_until(|| room.pending() == Pending::default()).await;
    assert_kept(kind, &came.lock().unwrap(), 2);
    assert_eq!((room.outlet().delivered, room.outlet().error), (RECORDS, None), "{kind}");
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_output_over_http_keeps_the_contract() {
    let here = tokio::task::LocalSet::new();
    let all = OVER_HTTP.map(|(kind, more, takes)| here.spawn_local(over_http(kind, more, takes)));
    here.await;
    for done in all {
        done.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn syslog_keeps_the_contract() {
    let port = free_port().await;
    let mut room =
        Room::new("contract syslog", &format!("type = \"syslog\"\naddress = \"localhost:{port}\""));
    // Longer than what a connection holds on its way.
    room.store_with(0..RECORDS, &"x".repeat(4000));
    room.serve_until(|| room.trouble().contains("cannot be reached")).await;
    assert_eq!(room.pending().records, RECORDS);
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let came: Arc<Mutex<Vec<u64>>> = Arc::default();
    let log = Arc::clone(&came);
    let receiver = tokio::spawn(async move {
        for connection in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                match connection {
                    // Hangs up in the middle.
                    0 => _ = stream.take(1_000_000).read_to_end(&mut bytes).await,
                    // Keeps silent and reads nothing more.
                    1 => {
                        let mut some = (&mut stream).take(2_000_000);
                        _ = some.read_to_end(&mut bytes).await;
                        log.lock().unwrap().extend(whole_messages(&bytes));
                        return sleep(Duration::from_secs(60)).await;
                    }
                    _ => _ = stream.read_to_end(&mut bytes).await,
                }
                log.lock().unwrap().extend(whole_messages(&bytes));
            });
        }
    });
    room.serve_until(|| room.pending() == Pending::default()).await;
    for _ in 0..100 {
        if came.lock().unwrap().last() == Some(&(RECORDS - 1)) {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_kept("syslog", &came.lock().unwrap(), 4);
    receiver.abort();
}

/// The ids of octet-counted messages; the last one may be cut off.
fn whole_messages(mut bytes: &[u8]) -> Vec<u64> {
    let mut ids = Vec::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let Some(message) = bytes.get(space + 1..space + 1 + length) else { break };
        ids.extend(ids_in(message));
        bytes = &bytes[space + 1 + length..];
    }
    ids
}
