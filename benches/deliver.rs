//! How fast stored records are handed over to each type of output on the loopback, and how much
//! memory that takes.
//!
//! `cargo bench --bench deliver -- [RECORDS] [WORDS]` (1,000,000 by default; about 5 GB of disk; only
//! outputs whose name has the words in it). The store is filled first; then each output, begun at the
//! beginning, is served until nothing waits: the code is that of `collect --once`, without a
//! collection before it. Each output is measured alone, in a process of its own, so that memory is
//! its own; the receivers stand in this process, on the same two cores, and unpack nothing. Kafka's
//! and the object store's are those of `scripts/bulk-receivers.sh`, other people's programs, which
//! take most of the time there.

#[path = "support/filling.rs"]
mod filling;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/receivers.rs"]
mod receivers;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::logs::understand;
use duo_integrator::pipeline::delivering::{begin_all, deliver_once};
use duo_integrator::record::LogType;
use duo_integrator::settings::Settings;
use duo_integrator::simulator::bulk_authentication;
use duo_integrator::store::{Batch, Job, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PAGE: usize = 1000;
const CHUNK: usize = 100_000;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/bulk-receivers.sh");

/// What lets the outputs in that need something; receivers here let in anybody.
const SECRET: (&str, &str) = ("DUO_INTEGRATOR_OUTPUT_BENCH", "0123456789abcdef");

fn main() -> Outcome<()> {
    // As the program does.
    duo_integrator::platform::memory::share_one_heap();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [serve, folder, records, what] = args.as_slice()
        && serve == "serve"
    {
        return serve_one(Path::new(folder), records.parse()?, what);
    }
    let records: usize = args.first().map_or(Ok(1_000_000), |arg| arg.parse())?;
    let only = args.get(1).map_or("", String::as_str);
    let folder = tempfile::tempdir()?;
    let home = Home::under(folder.path());
    home.prepare()?;
    fill(&home, records)?;
    for (what, settings) in outputs(folder.path())? {
        if what.contains(only) {
            measure(&home, folder.path(), records, what, &settings)?;
        }
    }
    for (what, start) in [("kafka", kafka as Start), ("s3, Parquet", object_store)] {
        if !what.contains(only) {
            continue;
        }
        let (mut receiver, settings) = start(folder.path())?;
        let measured = measure(&home, folder.path(), records, what, &settings);
        receiver.kill()?;
        receiver.wait()?;
        measured?;
    }
    Ok(())
}

/// Starts a receiver; it, and the settings of an output that leads there.
type Start = fn(&Path) -> Outcome<(Child, String)>;

/// The outputs whose receivers stand in this process: names and settings.
fn outputs(folder: &Path) -> Outcome<Vec<(&'static str, String)>> {
    let file = folder.join("out.jsonl");
    let tcp = format!("type = \"syslog\"\naddress = \"127.0.0.1:{}\"", receivers::silent()?);
    let web = format!("http://127.0.0.1:{}", receivers::web()?);
    let to = |kind: &str, more: &str| format!("type = {kind:?}\nurl = {web:?}\n{more}");
    let azure = format!(
        "rule = \"dcr-0123456789abcdef0123456789abcdef\"\nstream = \"Custom-Duo_CL\"\ntenant = {0:?}\n\
         client_id = {0:?}\nauthority = {web:?}",
        "00000000-0000-0000-0000-000000000000"
    );
    Ok(vec![
        ("file, as they are", format!("type = \"file\"\npath = {file:?}\nrotate = \"never\"")),
        (
            "file, ECS",
            format!("type = \"file\"\npath = \"{}.ecs\"\nformat = \"ecs\"", file.display()),
        ),
        ("syslog over TCP, as they are", tcp.clone()),
        ("syslog over TCP, CEF", format!("{tcp}\nformat = \"cef\"")),
        ("http", to("http", "")),
        ("splunk_hec", to("splunk_hec", "")),
        ("elasticsearch, ECS", to("elasticsearch", "anonymous = true")),
        ("clickhouse", to("clickhouse", "")),
        ("azure_monitor", to("azure_monitor", &azure)),
        ("otlp", to("otlp", "")),
    ])
}

/// librdkafka's own cluster, behind a relay in Python.
fn kafka(_: &Path) -> Outcome<(Child, String)> {
    let mut command = Command::new(SCRIPT);
    command.args(["kafka-broker", "duo"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let (brokers, _) = line.trim().split_once(' ').ok_or("the cluster did not start")?;
    let brokers: Vec<&str> = brokers.split(',').collect();
    Ok((child, format!("type = \"kafka\"\ntopic = \"duo\"\ntls = false\nbrokers = {brokers:?}")))
}

/// s3s-fs, which keeps objects as files.
fn object_store(folder: &Path) -> Outcome<(Child, String)> {
    let objects = folder.join("objects");
    std::fs::create_dir_all(objects.join("logs"))?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = Command::new(SCRIPT);
    command.args(["s3-server", "--host", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--access-key", "bench", "--secret-key", SECRET.1]).arg(objects);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        sleep(Duration::from_millis(50));
    }
    let settings = format!(
        "type = \"s3\"\nurl = \"http://127.0.0.1:{port}\"\nbucket = \"logs\"\naccess_key_id = \"bench\""
    );
    Ok((child, settings))
}

/// Hands all records to one output, in a process of its own.
fn measure(home: &Home, folder: &Path, records: usize, what: &str, lines: &str) -> Outcome<()> {
    let text =
        format!("version = 1\n[[output]]\nname = \"Bench\"\nstart = \"beginning\"\n{lines}\n");
    std::fs::write(home.settings_file(), text)?;
    let mut serving = Command::new(std::env::current_exe()?);
    serving.arg("serve").arg(folder).arg(records.to_string()).arg(what);
    let served = serving.env(SECRET.0, SECRET.1).status()?;
    if !served.success() {
        return Err(format!("{what} was not served").into());
    }
    Ok(())
}

/// Serves the output of a home; its place is forgotten first.
fn serve_one(folder: &Path, records: usize, what: &str) -> Outcome<()> {
    let home = Home::under(folder);
    let settings = Settings::load(&home)?;
    let (mut writer, _) = Writer::open(&home.store_file())?;
    writer.forget_output("Bench")?;
    begin_all(&mut writer, &settings)?;
    drop(writer);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let began = Instant::now();
    let waiting = runtime.block_on(deliver_once(&home, &settings));
    let took = began.elapsed();
    if let Some(waiting) = waiting.first() {
        return Err(waiting.problem.to_string().into());
    }
    println!(
        "{what:<30}{:>8.0} records/s, {} MB at most",
        records as f64 / took.as_secs_f64(),
        memory::peak_kb(std::process::id()) / 1000
    );
    Ok(())
}

fn fill(home: &Home, records: usize) -> Outcome<()> {
    let (mut writer, _) = Writer::open(&home.store_file())?;
    let feed = writer.register(&filling::account(), LogType::Authentication)?;
    let chunks = records.div_ceil(CHUNK);
    let start = UnixMillis::now().minus(Duration::from_secs(180 * 86_400));
    let span = 170 * 86_400_000 / chunks as i64;
    for chunk in 0..chunks {
        let from = UnixMillis(start.0 + chunk as i64 * span);
        let count = CHUNK.min(records - chunk * CHUNK);
        let made = bulk_authentication(7, count, from, UnixMillis(from.0 + span - 1));
        for page in made.chunks(PAGE) {
            let (body, ranges) = filling::joined(page.iter().map(|record| &*record.body));
            let mut job = Job::new(feed.id);
            job.batch =
                Batch::build(body, &ranges, |raw| understand(LogType::Authentication, raw), |_| 0)?;
            writer.commit(&[job])?;
        }
    }
    Ok(())
}
