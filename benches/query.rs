//! How soon the first row of `event list` appears in a large store, and how large that store is.
//!
//! `cargo bench --bench query -- [RECORDS]` (5,000,000 by default; about 1 GB of disk). The store
//! is filled through the same code as in collection, without the network between. Each question is
//! asked of the release binary eleven times; the median of the time from start of the process to
//! the first line is printed.

#[path = "support/filling.rs"]
mod filling;

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::logs::understand;
use duo_integrator::record::LogType;
use duo_integrator::simulator::bulk_authentication;
use duo_integrator::store::{Batch, Job, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PAGE: usize = 1000;
const CHUNK: usize = 100_000;
const DAYS: i64 = 360;

fn main() -> Outcome<()> {
    let records: usize = std::env::args()
        .skip(1)
        .find(|arg| arg != "--bench")
        .map_or(Ok(5_000_000), |arg| arg.parse())?;
    let folder = tempfile::tempdir()?;
    let home = Home::under(folder.path());
    home.prepare()?;
    let user = fill(&home, records)?;
    let bytes = std::fs::metadata(home.store_file())?.len();
    println!("{records} records, {:.0} bytes each on disk", bytes as f64 / records as f64);
    let middle = UnixMillis::now().minus(Duration::from_secs(DAYS as u64 * 43_200)).to_string();
    for (what, args) in [
        ("everything, oldest first", vec![]),
        ("from the middle of the time on", vec!["--since", &middle]),
        ("the last day", vec!["--since", "-1d"]),
        ("one user", vec!["--user", &user]),
        ("one user, from the middle on", vec!["--user", &user, "--since", &middle]),
    ] {
        let mut times = Vec::new();
        for _ in 0..11 {
            times.push(first_line(folder.path(), &args)?);
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{what:<34} first row after {:>6.1} ms",
            times.get(5).copied().unwrap_or(f64::NAN)
        );
    }
    Ok(())
}

/// Fills the store; gives a user who occurs in it.
fn fill(home: &Home, records: usize) -> Outcome<String> {
    let (mut writer, _) = Writer::open(&home.store_file())?;
    let feed = writer.register(&filling::account(), LogType::Authentication)?;
    let chunks = records.div_ceil(CHUNK);
    let start = UnixMillis::now().minus(Duration::from_secs(DAYS as u64 * 86_400));
    let span = DAYS * 86_400_000 / chunks as i64;
    let (mut user, mut storing) = (String::new(), Duration::ZERO);
    for chunk in 0..chunks {
        let from = UnixMillis(start.0 + chunk as i64 * span);
        let count = CHUNK.min(records - chunk * CHUNK);
        let made = bulk_authentication(7, count, from, UnixMillis(from.0 + span - 1));
        for page in made.chunks(PAGE) {
            let (body, ranges) = filling::joined(page.iter().map(|record| &*record.body));
            if user.is_empty()
                && let Some(raw) = ranges.first().and_then(|range| body.get(range.clone()))
            {
                user = understand(LogType::Authentication, raw)
                    .columns
                    .user
                    .unwrap_or_default()
                    .into_owned();
            }
            let began = Instant::now();
            let mut job = Job::new(feed.id);
            job.batch =
                Batch::build(body, &ranges, |raw| understand(LogType::Authentication, raw), |_| 0)?;
            writer.commit(&[job])?;
            storing += began.elapsed();
        }
    }
    println!(
        "filled at {:.0} records/s, one thread, one commit a page",
        records as f64 / storing.as_secs_f64()
    );
    Ok(user)
}

/// Milliseconds from the start of `event list` to its first line.
fn first_line(home: &Path, args: &[&str]) -> Outcome<f64> {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_duo-integrator"))
        .args(["event", "list", "--home"])
        .arg(home)
        .args(args)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let millis = began.elapsed().as_secs_f64() * 1000.0;
    child.kill()?;
    child.wait()?;
    if line.is_empty() { Err("no row".into()) } else { Ok(millis) }
}
