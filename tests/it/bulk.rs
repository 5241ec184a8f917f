//! Records in bulk, handed to receivers that other people wrote, and read there by programs that other
//! people wrote: a Kafka cluster (librdkafka's own), an S3 server (s3s-fs), Parquet (pyarrow).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::base::{Home, Secret, UnixMillis};
use duo_integrator::net::NetSettings;
use duo_integrator::outputs::{Batch, Channel, Failure, Item, Tools, What};
use duo_integrator::record::LogType;
use duo_integrator::settings::{Output, Records, Target};
use duo_integrator::simulator::{INTEGRATION_KEY, World, bulk_authentication, invent};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::lab::{Lab, Ran, this_second};
use crate::support::ports::free_ports;
use crate::support::waiting::wait_for;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/bulk-receivers.sh");

const KEY: &str = "AKIAEXAMPLEEXAMPLE00";
const SECRET: &str = "correct+horse/battery=staple";

/// A receiver, ended when dropped.
struct Receiver(Child);

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Kafka cluster: where programs may connect, and where readers may.
struct Cluster {
    _process: Receiver,
    brokers: Vec<String>,
    for_readers: String,
}

/// A cluster with these topics; before them stands how it is reached.
fn kafka(how: &[&str], topics: &[&str]) -> Cluster {
    let mut command = Command::new(SCRIPT);
    command.arg("kafka-broker").args(how).arg("--").args(topics);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (brokers, for_readers) = line.trim().split_once(' ').expect("the cluster did not start");
    Cluster {
        brokers: brokers.split(',').map(str::to_owned).collect(),
        for_readers: for_readers.to_owned(),
        _process: Receiver(child),
    }
}

/// What librdkafka reads from a topic, in order within each partition.
fn messages(cluster: &Cluster, topic: &str) -> Vec<Value> {
    let mut command = Command::new(SCRIPT);
    let output = command.args(["kafka-read", &cluster.for_readers, topic]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An S3 server with an empty bucket `logs` in this folder, and its address.
fn s3(folder: &Path) -> (Receiver, String) {
    fs::create_dir(folder.join("logs")).unwrap();
    let [port] = free_ports();
    let address = format!("127.0.0.1:{port}");
    let (_, port) = address.rsplit_once(':').unwrap();
    let mut command = Command::new(SCRIPT);
    command.args(["s3-server", "--host", "127.0.0.1", "--port", port]);
    command.args(["--access-key", KEY, "--secret-key", SECRET]).arg(folder);
    let server = Receiver(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_for(|| TcpStream::connect(&address).ok()).expect("the S3 server never listened");
    (server, format!("http://{address}"))
}

fn records(settings: &str) -> Records {
    match Output::check(&format!("name = \"Bulk\"\n{settings}").parse().unwrap()).unwrap().target {
        Target::Records(records) => records,
        other => panic!("{other:?}"),
    }
}

fn open(runtime: &Runtime, settings: &str, secret: Option<&str>) -> Result<Channel, Failure> {
    let tools = Tools {
        net: NetSettings::default(),
        secret: secret.map(|text| Secret::new(text.to_owned())),
        home: Home::under(Path::new("/nonexistent")),
        header: None,
        committed: None,
        only_test: false,
    };
    runtime.block_on(Channel::open("Bulk", &records(settings), tools))
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Records of three days as an organization leaves them, in the order in which they happened.
fn items() -> Vec<Item> {
    let until = UnixMillis(1_767_225_600_000);
    let invented = invent(7, UnixMillis(until.0 - 3 * 86_400_000), until, 40, 400);
    let mut items = Vec::new();
    for log_type in LogType::ALL {
        for (n, record) in invented.of(log_type).iter().enumerate() {
            let raw = record.body.to_string().into_bytes();
            items.push(Item {
                id: Arc::from(format!("{}-{n:06}", log_type.name())),
                what: What::Record(log_type),
                account: Arc::from("Contoso = Fabrikam | Ltd"),
                api_hostname: Arc::from("api-a1b2c3d4.duosecurity.com"),
                time: record.at,
                received: until,
                line: raw.clone(),
                raw,
            });
        }
    }
    items.sort_by_key(|item| item.time);
    assert!(items.len() > 1_000, "{}", items.len());
    items
}

fn batch(items: &[Item], token: &str) -> Batch {
    Batch { items: items.to_vec(), token: token.to_owned() }
}

/// The ids of each log, in order.
fn by_log(items: &[Item]) -> BTreeMap<String, Vec<String>> {
    let mut logs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        logs.entry(item.what.name().to_owned()).or_default().push(item.id.to_string());
    }
    logs
}

#[test]
fn another_kafka_client_reads_what_arrived_in_order_whatever_the_compression() {
    let compressions = ["zstd", "lz4", "snappy", "gzip", "none"];
    let cluster = kafka(&[], &compressions);
    let brokers = &cluster.brokers;
    let (runtime, items) = (runtime(), items());
    for compression in compressions {
        let settings = format!(
            "type = \"kafka\"\nbrokers = {brokers:?}\ntopic = \"{compression}\"\ntls = false\n\
             compression = \"{compression}\""
        );
        let mut channel = open(&runtime, &settings, None).unwrap();
        for (n, chunk) in items.chunks(500).enumerate() {
            let taken = runtime.block_on(channel.deliver(&batch(chunk, &n.to_string()))).unwrap();
            assert_eq!(taken.refused, []);
        }
        runtime.block_on(channel.close());

        let messages = messages(&cluster, compression);
        assert_eq!(messages.len(), items.len(), "{compression}");
        let mut logs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut partitions: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        let lines: BTreeMap<&str, &Item> = items.iter().map(|item| (&*item.id, item)).collect();
        for message in &messages {
            let headers = &message["headers"];
            let log_type = headers["log_type"].as_str().unwrap().to_owned();
            let id = headers["id"].as_str().unwrap();
            assert_eq!(message["value"].as_str().unwrap().as_bytes(), lines[id].line);
            assert_eq!(message["key"], format!("Contoso = Fabrikam | Ltd/{log_type}"));
            assert_eq!(headers["time"], lines[id].time.to_string());
            partitions
                .entry(log_type.clone())
                .or_default()
                .insert(message["partition"].as_i64().unwrap());
            logs.entry(log_type).or_default().push(id.to_owned());
        }
        assert_eq!(logs, by_log(&items), "{compression}");
        assert!(partitions.values().all(|places| places.len() == 1), "{partitions:?}");
    }
}

#[test]
fn a_broker_of_another_make_keeps_what_arrives() {
    let there = concat!(env!("CARGO_MANIFEST_DIR"), "/target/bulk-bin/tansu");
    if !Path::new(there).exists() {
        eprintln!("skipped: no tansu; scripts/bulk-receivers.sh --prepare-tansu builds it");
        return;
    }
    let [port] = free_ports();
    let address = format!("127.0.0.1:{port}");
    let url = format!("tcp://{address}");
    let mut command = Command::new(SCRIPT);
    command.args(["tansu", "broker", "--silent", "--storage-engine", "memory://tansu/"]);
    command.args(["--listener-url", &url, "--advertised-listener-url", &url]);
    let process = Receiver(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_for(|| TcpStream::connect(&address).ok()).expect("tansu never listened");
    let mut create = Command::new(SCRIPT);
    create.args(["tansu", "topic", "create", "--broker", &url, "--partitions", "4", "duo"]);
    let created = create.output().unwrap();
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let cluster =
        Cluster { _process: process, brokers: vec![address.clone()], for_readers: address };

    let (runtime, items) = (runtime(), items());
    let settings =
        format!("type = \"kafka\"\nbrokers = {:?}\ntopic = \"duo\"\ntls = false", cluster.brokers);
    let mut channel = open(&runtime, &settings, None).unwrap();
    for (n, chunk) in items.chunks(500).enumerate() {
        let taken = runtime.block_on(channel.deliver(&batch(chunk, &n.to_string()))).unwrap();
        assert_eq!(taken.refused, []);
    }
    runtime.block_on(channel.close());
    let mut logs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in messages(&cluster, "duo") {
        let header = |name: &str| message["headers"][name].as_str().unwrap().to_owned();
        logs.entry(header("log_type")).or_default().push(header("id"));
    }
    assert_eq!(logs, by_log(&items));
}

#[test]
fn a_cluster_with_tls_certificates_and_passwords_lets_in_whom_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let pem = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    certificates(folder.path());
    let (leaf, key, ca) = (pem("leaf.pem"), pem("leaf.key"), pem("ca.pem"));
    let cluster = kafka(&["--tls", &leaf, &key, &ca, "--scram", "integrator", SECRET], &["duo"]);
    let (runtime, items) = (runtime(), items());
    let plain = format!("type = \"kafka\"\nbrokers = {:?}\ntopic = \"duo\"", cluster.brokers);
    let tls = format!("{plain}\nca_file = {ca:?}");
    let both = format!(
        "{tls}\nclient_certificate = {leaf:?}\nclient_key = {key:?}\nuser = \"integrator\""
    );
    let refused = [
        (plain, SECRET, "ca_file"),
        (tls.clone(), SECRET, "client_certificate"),
        (both.clone(), "wrong-wrong-wrong", "password"),
        (format!("{both}\nserver_name = \"kafka.example.com\""), SECRET, "server_name"),
    ];
    for (settings, secret, advice) in refused {
        let failure = open(&runtime, &settings, Some(secret)).expect_err(advice);
        // A broker that misses a certificate hangs up, as one does that is about to stop.
        assert_eq!(failure.again, advice == "client_certificate", "{failure:?}");
        assert!(failure.problem.next.as_deref().unwrap().contains(advice), "{failure:?}");
        assert!(!format!("{failure:?}").contains(secret));
    }
    for mechanism in ["scram-sha-512", "scram-sha-256"] {
        let settings = format!("{both}\nsasl = \"{mechanism}\"");
        let mut channel = open(&runtime, &settings, Some(SECRET)).unwrap();
        runtime.block_on(channel.deliver(&batch(&items[..100], mechanism))).unwrap();
        let probed = runtime.block_on(channel.probe(&items[0])).unwrap();
        let shown = probed.certificate.unwrap();
        assert!(shown.trusted && shown.subject.contains("localhost"), "{shown:?}");
        runtime.block_on(channel.close());
    }
    assert_eq!(messages(&cluster, "duo").len(), 202);
}

/// An authority, and a certificate of this computer that it has signed.
fn certificates(folder: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let mut leaf = CertificateParams::new(names).unwrap();
    // Of the authority's own name it would count as signed by itself.
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    fs::write(folder.join("leaf.pem"), leaf.pem()).unwrap();
    fs::write(folder.join("leaf.key"), key.serialize_pem()).unwrap();
}

#[test]
fn pyarrow_reads_the_objects_of_a_real_store_as_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, url) = s3(folder.path());
    let (runtime, items) = (runtime(), items());
    let settings = format!(
        "type = \"s3\"\nurl = \"{url}\"\nbucket = \"logs\"\nprefix = \"duo\"\n\
         access_key_id = \"{KEY}\""
    );
    let mut channel = open(&runtime, &settings, Some(SECRET)).unwrap();
    for (n, chunk) in items.chunks(400).enumerate() {
        let batch = batch(chunk, &format!("{n:04x}"));
        runtime.block_on(channel.deliver(&batch)).unwrap();
        // As after an answer that was lost.
        runtime.block_on(channel.deliver(&batch)).unwrap();
    }
    let probed = runtime.block_on(channel.probe(&items[0])).unwrap();
    assert!(probed.said.contains("200"), "{probed:?}");

    let duo = folder.path().join("logs/duo");
    let output = Command::new(SCRIPT).arg("parquet-read").arg(&duo).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: Vec<String> = read["schema"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, kind)| format!("{name} {}", kind.as_str().unwrap()))
        .collect();
    let mut told = vec![
        "account string not null",
        "action string",
        "address string",
        "api_hostname string not null",
        "application string",
        "country string",
        "credits int64",
        "date string",
        "factor string",
        "id string not null",
        "log_type string",
        "raw string not null",
        "reason string",
        "received timestamp[ms, tz=UTC] not null",
        "result string",
        "target string",
        "time timestamp[ms, tz=UTC] not null",
        "user string",
    ];
    told.sort_unstable();
    let mut schema: Vec<&str> = schema.iter().map(String::as_str).collect();
    schema.sort_unstable();
    assert_eq!(schema, told);
    assert_eq!(read["compression"], serde_json::json!(["ZSTD"]));

    let rows: BTreeMap<&str, &Value> = read["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row))
        .collect();
    assert_eq!(read["rows"].as_array().unwrap().len(), items.len(), "repeats have overwritten");
    for item in &items {
        let row = rows[&*item.id];
        assert_eq!(row["raw"].as_str().unwrap().as_bytes(), item.raw);
        assert_eq!(row["log_type"], item.what.name());
        assert_eq!(row["account"], "Contoso = Fabrikam | Ltd");
        let time = item.time.to_string();
        assert_eq!(row["date"], time[..10]);
        assert!(row["time"].as_str().unwrap().starts_with(&time[..19].replace('T', " ")));
        if item.what == What::Record(LogType::Authentication) {
            let raw: Value = serde_json::from_slice(&item.raw).unwrap();
            assert_eq!(row["user"], raw["user"]["name"]);
            assert_eq!(row["result"], raw["result"]);
            let address = row["address"].as_str().unwrap();
            assert!(raw["access_device"]["ip"].as_str().unwrap().starts_with(address));
        }
    }
}

#[test]
fn a_real_store_takes_large_objects_in_parts_and_gives_them_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, url) = s3(folder.path());
    let runtime = runtime();
    let settings = format!(
        "type = \"s3\"\nurl = \"{url}\"\nbucket = \"logs\"\naccess_key_id = \"{KEY}\"\n\
         objects = \"json_lines\""
    );
    let mut items = items();
    items.truncate(24);
    let mut random = fastrand::Rng::with_seed(1);
    for item in &mut items {
        // Text that does not get smaller by much.
        item.line = (0..1_000_000).map(|_| random.alphanumeric() as u8).collect();
        item.time = items_day();
        item.what = What::Record(LogType::Activity);
    }
    let mut channel = open(&runtime, &settings, Some(SECRET)).unwrap();
    runtime.block_on(channel.deliver(&batch(&items, "1a59e"))).unwrap();
    let file = folder.path().join("logs/log_type=activity/date=2026-01-01/1a59e.jsonl.zst");
    assert!(fs::metadata(&file).unwrap().len() > 2 * 8 * 1024 * 1024, "three parts");
    let mut text = Vec::new();
    zstd::Decoder::new(fs::File::open(file).unwrap()).unwrap().read_to_end(&mut text).unwrap();
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines.len(), items.len() + 1);
    assert!(items.iter().zip(&lines).all(|(item, line)| item.line == *line));
}

fn items_day() -> UnixMillis {
    UnixMillis(1_767_225_600_000)
}

#[test]
fn a_real_store_that_refuses_is_told_with_what_to_do_and_without_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, url) = s3(folder.path());
    let (runtime, items) = (runtime(), items());
    let settings =
        format!("type = \"s3\"\nurl = \"{url}\"\nbucket = \"logs\"\naccess_key_id = \"{KEY}\"");
    let wrong = "wrong-wrong-wrong";
    let mut channel = open(&runtime, &settings, Some(wrong)).unwrap();
    let failure = runtime.block_on(channel.deliver(&batch(&items[..5], "x"))).unwrap_err();
    assert!(!failure.again, "{failure:?}");
    assert!(failure.problem.next.as_deref().unwrap().contains("access_key_id"), "{failure:?}");
    assert!(!format!("{failure:?}").contains(wrong));
    assert_eq!(fs::read_dir(folder.path().join("logs")).unwrap().count(), 0);
}

/// Half a day of a large organization and three days of a small one.
fn world() -> World {
    let mut world = World::single();
    let until = UnixMillis(this_second().0 - 600_000);
    let (half, three) =
        (UnixMillis(until.0 - DAY_MILLIS / 2), UnixMillis(until.0 - 3 * DAY_MILLIS));
    world.settle_in(INTEGRATION_KEY, invent(6, three, until, 20, 40));
    let many = bulk_authentication(8, 20_000, half, until);
    world.publish_many(INTEGRATION_KEY, LogType::Authentication, many);
    world
}

#[test]
fn all_that_is_stored_reaches_both_however_often_the_program_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, url) = s3(folder.path());
    let cluster = kafka(&[], &["duo"]);
    let lab = Lab::new(world());
    let text = fs::read_to_string(lab.home.settings_file()).unwrap();
    lab.write_settings(&format!(
        "{text}\n[[output]]\nname = \"Stream\"\ntype = \"kafka\"\nbrokers = {:?}\ntopic = \"duo\"\n\
         tls = false\nstart = \"beginning\"\n\n[[output]]\nname = \"Lake\"\ntype = \"s3\"\n\
         url = \"{url}\"\nbucket = \"logs\"\naccess_key_id = \"{KEY}\"\nstart = \"beginning\"\n",
        cluster.brokers
    ));
    let collect = |words: &[&str]| {
        let mut command = lab.command(words);
        command.env("DUO_INTEGRATOR_OUTPUT_LAKE", SECRET);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..6 {
        // Hands over beside collecting.
        let mut child =
            collect(&["collect", "--no-tray", "--unsafe-poll-interval"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(random.u64(300..2_500)));
        let _ = child.kill();
        child.wait().unwrap();
    }
    let once =
        || Ran::of(&collect(&["collect", "--once"]).stderr(Stdio::piped()).output().unwrap());
    once().exits(0);

    let mut stored: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for log_type in LogType::ALL {
        let lines = lab.listed(log_type).into_iter().collect();
        stored.insert(log_type.name().to_owned(), lines);
    }
    let all: usize = stored.values().map(BTreeSet::len).sum();
    assert!(all > 20_000, "{all}");

    let mut streamed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    let sent = messages(&cluster, "duo");
    for message in &sent {
        let header = |name: &str| message["headers"][name].as_str().unwrap().to_owned();
        let value = message["value"].as_str().unwrap().to_owned();
        let known = contents.entry(header("id")).or_insert_with(|| value.clone());
        assert_eq!(*known, value, "a repeat has the same id, and nothing else has it");
        streamed.entry(header("log_type")).or_default().insert(value);
    }
    streamed.retain(|_, lines| !lines.is_empty());
    stored.retain(|_, lines| !lines.is_empty());
    // Not assert_eq: nobody reads forty thousand records.
    assert!(streamed == stored, "{} of {all} are in the topic", contents.len());
    println!("{} messages for {all} records", sent.len());

    let output =
        Command::new(SCRIPT).arg("parquet-read").arg(folder.path().join("logs")).output().unwrap();
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut lake: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in read["rows"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        lake.entry(text("log_type")).or_default().insert(text("raw"));
    }
    assert!(lake == stored, "not all are in the bucket");

    once().exits(0);
    assert_eq!(messages(&cluster, "duo").len(), sent.len(), "nothing goes out twice");
}
