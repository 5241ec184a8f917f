//! How fast stored records are handed over to a file and to a syslog receiver on the loopback, and
//! how much memory that takes.
//!
//! `cargo bench --bench deliver -- [RECORDS]` (1,000,000 by default; about 2 GB of disk). The store
//! is filled first; then each output, begun at the beginning, is served until nothing waits: the
//! code is that of `collect --once`, without a collection before it. Each output is measured alone,
//! in a process of its own, so that memory is its own.

use std::error::Error;
use std::io::Read;
use std::net::TcpListener;
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::logs::understand;
use duo_integrator::pipeline::delivering::{begin_all, deliver_once};
use duo_integrator::record::LogType;
use duo_integrator::settings::Settings;
use duo_integrator::simulator::bulk_authentication;
use duo_integrator::store::{AccountRef, Batch, Job, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PAGE: usize = 1000;
const CHUNK: usize = 100_000;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [serve, folder, records, what] = args.as_slice()
        && serve == "serve"
    {
        return serve_one(Path::new(folder), records.parse()?, what);
    }
    let records: usize = args.first().map_or(Ok(1_000_000), |arg| arg.parse())?;
    let folder = tempfile::tempdir()?;
    let home = Home::under(folder.path());
    home.prepare()?;
    fill(&home, records)?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || swallow(&listener));
    let file = folder.path().join("out.jsonl");
    let (tcp, path) = (format!("address = \"127.0.0.1:{port}\""), format!("path = {file:?}"));
    for (what, kind, lines) in [
        ("file, as they are", "file", format!("{path}\nrotate = \"never\"")),
        ("file, ECS", "file", format!("path = \"{}.ecs\"\nformat = \"ecs\"", file.display())),
        ("syslog over TCP, as they are", "syslog", tcp.clone()),
        ("syslog over TCP, CEF", "syslog", format!("{tcp}\nformat = \"cef\"")),
    ] {
        let text = format!(
            "version = 1\n[[output]]\nname = \"Bench\"\ntype = \"{kind}\"\nstart = \"beginning\"\n{lines}\n"
        );
        std::fs::write(home.settings_file(), text)?;
        let mut serving = Command::new(std::env::current_exe()?);
        let served =
            serving.arg("serve").arg(folder.path()).arg(records.to_string()).arg(what).status()?;
        if !served.success() {
            return Err("an output was not served".into());
        }
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
        peak_memory_mb().unwrap_or_default()
    );
    Ok(())
}

/// Reads and forgets whatever comes.
fn swallow(listener: &TcpListener) {
    for mut stream in listener.incoming().flatten() {
        thread::spawn(move || {
            let mut bytes = vec![0; 1 << 20];
            while stream.read(&mut bytes).is_ok_and(|read| read > 0) {}
        });
    }
}

fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024)
}

fn fill(home: &Home, records: usize) -> Outcome<()> {
    let (mut writer, _) = Writer::open(&home.store_file())?;
    let account = AccountRef {
        name: "Bench".to_owned(),
        integration_key: "DIBENCH0000000000000".to_owned(),
        api_hostname: "127.0.0.1".to_owned(),
        child: None,
    };
    let feed = writer.register(&account, LogType::Authentication)?;
    let chunks = records.div_ceil(CHUNK);
    let start = UnixMillis::now().minus(Duration::from_secs(180 * 86_400));
    let span = 170 * 86_400_000 / chunks as i64;
    for chunk in 0..chunks {
        let from = UnixMillis(start.0 + chunk as i64 * span);
        let count = CHUNK.min(records - chunk * CHUNK);
        let made = bulk_authentication(7, count, from, UnixMillis(from.0 + span - 1));
        for page in made.chunks(PAGE) {
            let (body, ranges) = joined(page.iter().map(|record| &*record.body));
            let mut job = Job::new(feed.id);
            job.batch =
                Batch::build(body, &ranges, |raw| understand(LogType::Authentication, raw), |_| 0)?;
            writer.commit(&[job])?;
        }
    }
    Ok(())
}

fn joined<'a>(records: impl Iterator<Item = &'a str>) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut body, mut ranges) = (Vec::new(), Vec::new());
    for record in records {
        let start = body.len();
        body.extend_from_slice(record.as_bytes());
        ranges.push(start..body.len());
        body.push(b',');
    }
    (body, ranges)
}
