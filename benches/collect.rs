//! Collect-and-store against Duo's own client that merely fetches and decodes.
//!
//! `cargo bench --bench collect -- [RECORDS] [ROUNDS]` (200,000 and 5 by default). The look-alike
//! of Duo's API runs in a process of its own, so that neither side pays for it; the two sides take
//! turns. Prints each round, then medians. The product is the release binary with full durability,
//! all indexes and rollups, and all rules: "stored" is until the last record is on the disk, "stored
//! and judged" from the start of the program to its end.
//!
//! `cargo bench --bench collect -- outputs [RECORDS] [ROUNDS]` has the collector run as it does in
//! the background, by turns without and with three outputs (a file, syslog over TCP, HTTP), which hand
//! over what arrives while it arrives; tells how many records a second are stored.
//!
//! `cargo bench --bench collect -- stages` measures what is done to a page after it has arrived,
//! stage by stage, on one thread.

#[path = "support/memory.rs"]
mod memory;
#[path = "support/receivers.rs"]
mod receivers;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::Page;
use duo_integrator::duo::logs::understand;
use duo_integrator::knowledge::{Categorizer, Knowledge};
use duo_integrator::record::LogType;
use duo_integrator::simulator::{
    INTEGRATION_KEY, SECRET_KEY, Simulator, World, bulk_authentication,
};
use duo_integrator::store::{AccountRef, Batch, Job, Reader, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAYS: u64 = 170;

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.first().is_some_and(|arg| arg == "serve") {
        let records = args.get(1).ok_or("how many records?")?.parse()?;
        return serve(records, Path::new(args.get(2).ok_or("where does the CA file go?")?));
    }
    if args.first().is_some_and(|arg| arg == "stages") {
        return stages();
    }
    let beside_outputs = args.first().is_some_and(|arg| arg == "outputs");
    let mut numbers = args.iter().skip(usize::from(beside_outputs));
    let records: usize = numbers.next().map_or(Ok(200_000), |arg| arg.parse())?;
    let rounds: usize = numbers.next().map_or(Ok(5), |arg| arg.parse())?;
    let folder = tempfile::tempdir()?;
    let ca_file = folder.path().join("ca.pem");
    let mut server = LookAlike::start(records, &ca_file)?;
    if beside_outputs {
        with_and_without_outputs(&server.port, &ca_file, records, rounds)?;
    } else {
        compare(&server.port, &ca_file, records, rounds)?;
    }
    server.end()
}

/// Serves until standard input ends.
fn serve(records: usize, ca_file: &Path) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut world = World::single();
        world.gzip = false;
        let now = UnixMillis::now();
        let from = now.minus(Duration::from_secs(DAYS * 86_400));
        let until = now.minus(Duration::from_secs(600));
        let made = bulk_authentication(1, records, from, until);
        let bytes: usize = made.iter().map(|record| record.body.len()).sum();
        world.publish_many(INTEGRATION_KEY, LogType::Authentication, made);
        let simulator = Simulator::start(world).await?;
        std::fs::write(ca_file, simulator.ca_pem())?;
        println!("{} {}", simulator.address().port(), bytes);
        std::io::stdout().flush()?;
        tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().count()).await?;
        Ok(())
    })
}

/// Microseconds for each record, stage by stage, over 200 pages of 1000.
fn stages() -> Outcome<()> {
    const PAGES: usize = 200;
    let now = UnixMillis::now();
    let from = now.minus(Duration::from_secs(DAYS * 86_400));
    let made = bulk_authentication(1, PAGES * 1000, from, now);
    let log_type = LogType::Authentication;
    let bodies: Vec<Vec<u8>> = made.chunks(1000).map(|page| {
        let records: Vec<&str> = page.iter().map(|record| &*record.body).collect();
        format!(
            "{{\"stat\":\"OK\",\"response\":{{\"authlogs\":[{}],\"metadata\":{{\"next_offset\":null,\"total_objects\":1000}}}}}}",
            records.join(",")
        )
        .into_bytes()
    }).collect();
    let folder = tempfile::tempdir()?;
    let (mut writer, _) = Writer::open(&folder.path().join("events.db"))?;
    let account = AccountRef {
        name: "Bench".to_owned(),
        integration_key: INTEGRATION_KEY.to_owned(),
        api_hostname: "127.0.0.1".to_owned(),
        child: None,
    };
    let feed = writer.register(&account, log_type)?;
    let knowledge = Knowledge::embedded()?;
    let categorizer =
        Categorizer::new(&knowledge, &writer.category_bits(&knowledge.category_ids())?);
    let [mut splitting, mut understanding, mut sorting, mut making, mut committing] =
        [Duration::ZERO; 5];
    for group in bodies.chunks(12) {
        let mut jobs = Vec::new();
        for body in group {
            let body = body.clone();
            let began = Instant::now();
            let page = Page::read(body, 1000).map_err(|failure| failure.problem())?;
            splitting += began.elapsed();
            let began = Instant::now();
            std::hint::black_box(
                page.iter().filter(|raw| understand(log_type, raw).complete).count(),
            );
            understanding += began.elapsed();
            let understood: Vec<_> = page.iter().map(|raw| understand(log_type, raw)).collect();
            let began = Instant::now();
            for record in &understood {
                std::hint::black_box(categorizer.assign(log_type, &record.columns));
            }
            sorting += began.elapsed();
            drop(understood);
            let began = Instant::now();
            let mut job = Job::new(feed.id);
            job.batch = Batch::build(
                page.body,
                &page.records,
                |raw| understand(log_type, raw),
                |columns| categorizer.assign(log_type, columns),
            )?;
            making += began.elapsed();
            jobs.push(job);
        }
        let began = Instant::now();
        writer.commit(&jobs)?;
        committing += began.elapsed();
    }
    let records = (PAGES * 1000) as f64;
    let micros = |span: Duration| span.as_secs_f64() * 1e6 / records;
    println!("split the page, bytes untouched      {:>6.2} \u{b5}s a record", micros(splitting));
    println!("understand the records               {:>6.2}", micros(understanding));
    println!(
        "ids, texts, compression              {:>6.2}",
        micros(making.saturating_sub(understanding + sorting))
    );
    println!("tell the categories                  {:>6.2}", micros(sorting));
    println!("insert, index, sum up, commit        {:>6.2}", micros(committing));
    Ok(())
}

struct Round {
    client: f64,
    stored: f64,
    judged: f64,
    peak_mb: f64,
    bytes_per_record: f64,
}

/// The look-alike of Duo's API, in a process of its own.
struct LookAlike {
    process: Child,
    port: String,
}

impl LookAlike {
    fn start(records: usize, ca_file: &Path) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg(records.to_string())
            .arg(ca_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut told = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut told)?;
        let (port, bytes) = told.trim().split_once(' ').ok_or("the look-alike did not start")?;
        let per_record = bytes.parse::<f64>()? / records as f64;
        println!("{records} authentication records of {per_record:.0} bytes on average");
        Ok(Self { process, port: port.to_owned() })
    }

    fn end(&mut self) -> Outcome<()> {
        drop(self.process.stdin.take());
        self.process.wait()?;
        Ok(())
    }
}

fn compare(port: &str, ca_file: &Path, records: usize, rounds: usize) -> Outcome<()> {
    let mut done = Vec::new();
    for round in 1..=rounds {
        let client = client_rate(port, ca_file).unwrap_or_else(|error| {
            println!("  Duo's client left out: {error}");
            f64::NAN
        });
        let round_done = Round { client, ..product(port, ca_file, records)? };
        tell(&format!("round {round}:"), std::slice::from_ref(&round_done));
        done.push(round_done);
    }
    tell("median:", &done);
    Ok(())
}

fn with_and_without_outputs(
    port: &str,
    ca_file: &Path,
    records: usize,
    rounds: usize,
) -> Outcome<()> {
    let (syslog, web) = (receivers::silent()?, receivers::web()?);
    let outputs = format!(
        "[[output]]\nname = \"File\"\ntype = \"file\"\npath = \"../out.jsonl\"\n\
         [[output]]\nname = \"Syslog\"\ntype = \"syslog\"\naddress = \"127.0.0.1:{syslog}\"\n\
         [[output]]\nname = \"Web\"\ntype = \"http\"\nurl = \"http://127.0.0.1:{web}\"\n"
    );
    let mut done = Vec::new();
    for round in 1..=rounds {
        let alone = in_the_background(port, ca_file, records, "")?;
        let beside = in_the_background(port, ca_file, records, &outputs)?;
        println!("round {round}: {alone:.0} records/s alone, {beside:.0} beside three outputs");
        done.push((alone, beside));
    }
    done.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    if let Some((alone, beside)) = done.get(done.len() / 2) {
        println!("median: slower by {:.1} %", (1.0 - beside / alone) * 100.0);
    }
    Ok(())
}

/// Records a second that the collector stores while it runs in the background.
fn in_the_background(port: &str, ca_file: &Path, records: usize, outputs: &str) -> Outcome<f64> {
    let folder = tempfile::tempdir()?;
    let home = home(folder.path(), port, ca_file, outputs)?;
    let started = Instant::now();
    let mut child =
        command(folder.path(), &["collect", "--no-tray"]).stderr(Stdio::null()).spawn()?;
    let stored = |home: &Home| -> Outcome<u64> {
        let Some(reader) = Reader::open_small(&home.store_file())? else { return Ok(0) };
        Ok(reader.statuses()?.iter().map(|feed| feed.records).sum())
    };
    while stored(&home).unwrap_or(0) < records as u64 {
        if started.elapsed() > Duration::from_secs(600) || child.try_wait()?.is_some() {
            child.kill()?;
            return Err("the collector did not store everything".into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let seconds = started.elapsed().as_secs_f64();
    child.kill()?;
    child.wait()?;
    Ok(records as f64 / seconds)
}

fn tell(what: &str, rounds: &[Round]) {
    println!(
        "{what:<9} records/s: duo_client {:>7.0}, stored {:>7.0} (ratio {:.2}), stored and judged \
         {:>7.0} (ratio {:.2}); peak {:.0} MB; {:.0} bytes/record on disk",
        median(rounds, |round| round.client),
        median(rounds, |round| round.stored),
        median(rounds, |round| round.stored / round.client),
        median(rounds, |round| round.judged),
        median(rounds, |round| round.judged / round.client),
        median(rounds, |round| round.peak_mb),
        median(rounds, |round| round.bytes_per_record),
    );
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Records a second of Duo's own client, fetching and decoding only.
fn client_rate(port: &str, ca_file: &Path) -> Outcome<f64> {
    let python = std::env::var("DUO_CLIENT_PYTHON").unwrap_or_else(|_| {
        let venv = concat!(env!("CARGO_MANIFEST_DIR"), "/target/duo-client-venv/bin/python");
        if Path::new(venv).exists() { venv.to_owned() } else { "python3".to_owned() }
    });
    let now = UnixMillis::now();
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/fetch_and_decode.py"))
        .arg(port)
        .arg(ca_file)
        .args([INTEGRATION_KEY, SECRET_KEY])
        .arg(now.minus(Duration::from_secs((DAYS + 5) * 86_400)).0.to_string())
        .arg(now.minus(Duration::from_secs(130)).0.to_string())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let (records, seconds) = text
        .trim()
        .split_once(' ')
        .ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(records.parse::<f64>()? / seconds.parse::<f64>()?)
}

/// What the whole program does, from start to exit.
fn product(port: &str, ca_file: &Path, records: usize) -> Outcome<Round> {
    let folder = tempfile::tempdir()?;
    let home = home(folder.path(), port, ca_file, "")?;
    let started = Instant::now();
    let mut child =
        command(folder.path(), &["collect", "--once", "--json"]).stdout(Stdio::piped()).spawn()?;
    let peak = watch_memory(child.id());
    let output = child.stdout.take().ok_or("no output")?;
    let text = std::io::read_to_string(output)?;
    let status = child.wait()?;
    let seconds = started.elapsed().as_secs_f64();
    let peak_mb = peak.join().unwrap_or(0.0);
    let outcome: serde_json::Value = serde_json::from_str(&text)?;
    let stored =
        outcome.pointer("/log_types/0/stored").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if !status.success() || stored != records as u64 {
        return Err(format!("stored {stored} of {records}: {text}").into());
    }
    let storing = outcome
        .pointer("/log_types/0/seconds")
        .and_then(serde_json::Value::as_f64)
        .ok_or("no seconds were told")?;
    let store = home.store_file();
    // Closing the store folds its write-ahead log back, so that nothing is left uncounted.
    drop(Writer::open(&store)?);
    let bytes = std::fs::metadata(store)?.len();
    Ok(Round {
        client: f64::NAN,
        stored: records as f64 / storing,
        judged: records as f64 / seconds,
        peak_mb,
        bytes_per_record: bytes as f64 / records as f64,
    })
}

/// A home with the look-alike's account, and these outputs.
fn home(folder: &Path, port: &str, ca_file: &Path, outputs: &str) -> Outcome<Home> {
    let home = Home::under(folder);
    home.prepare()?;
    let text = format!(
        "version = 1\n[[account]]\nname = \"Bench\"\nintegration_key = \"{INTEGRATION_KEY}\"\n\
         api_hostname = \"127.0.0.1:{port}\"\nlog_types = [\"authentication\"]\n\
         [network]\nca_file = \"{}\"\n[collection]\npace = \"unlimited\"\n{outputs}",
        ca_file.display()
    );
    std::fs::write(home.settings_file(), text)?;
    Ok(home)
}

/// The program over a home, without a keychain.
fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duo-integrator"));
    command.args(words).arg("--home").arg(folder);
    command.env("DUO_INTEGRATOR_SECRET_KEY", SECRET_KEY);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    command
}

/// The peak resident memory of a process, in MB, looked up until it ends.
fn watch_memory(process: u32) -> std::thread::JoinHandle<f64> {
    std::thread::spawn(move || {
        let mut peak = 0;
        // A process that has ended has none any more.
        while let now @ 1.. = memory::peak_kb(process) {
            peak = peak.max(now);
            std::thread::sleep(Duration::from_millis(20));
        }
        peak as f64 / 1000.0
    })
}
