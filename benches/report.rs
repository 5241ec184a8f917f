//! How long a report of a million rows takes in each format, and how much memory.
//!
//! `cargo bench --bench report -- [ROWS]` (1,000,000 by default). The store is filled through the
//! same code as in collection, without the network between, and sorted into categories. Then the
//! release binary writes the report "Authentication success", three times in each format; the
//! median time of the whole process and its highest resident memory are printed (Linux).

#[path = "support/filling.rs"]
mod filling;
#[path = "support/memory.rs"]
mod memory;

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::logs::understand;
use duo_integrator::knowledge::{Categorizer, Knowledge};
use duo_integrator::record::LogType;
use duo_integrator::simulator::bulk_authentication;
use duo_integrator::store::{Batch, Job, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PAGE: usize = 1000;
const CHUNK: usize = 100_000;
const DAYS: i64 = 180;

fn main() -> Outcome<()> {
    let rows: usize = std::env::args()
        .skip(1)
        .find(|arg| arg != "--bench")
        .map_or(Ok(1_000_000), |arg| arg.parse())?;
    let folder = tempfile::tempdir()?;
    let home = Home::under(folder.path());
    home.prepare()?;
    fill(&home, rows)?;
    for format in ["csv", "jsonl", "html", "xlsx", "pdf"] {
        let mut runs = Vec::new();
        for _ in 0..3 {
            runs.push(run(folder.path(), format, rows)?);
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let memory = runs.iter().map(|run| run.1).max().unwrap_or(0);
        let (seconds, _, bytes) = runs.get(1).copied().unwrap_or_default();
        println!(
            "{format:<6} {seconds:>6.2} s  {:>6.1} MB of memory  {:>7.1} MB",
            memory as f64 / 1024.0,
            bytes as f64 / 1e6
        );
    }
    Ok(())
}

/// Fills the store with sign-ins that the report lists.
fn fill(home: &Home, rows: usize) -> Outcome<()> {
    let knowledge = Knowledge::embedded()?;
    let (mut writer, _) = Writer::open(&home.store_file())?;
    let feed = writer.register(&filling::account(), LogType::Authentication)?;
    let bits = writer.category_bits(&knowledge.category_ids())?;
    let categorizer = Categorizer::new(&knowledge, &bits);
    let chunks = rows.div_ceil(CHUNK) as i64;
    let start = UnixMillis::now().minus(Duration::from_secs(DAYS as u64 * 86_400));
    let span = DAYS * 86_400_000 / chunks;
    let mut left = rows;
    for chunk in 0..chunks {
        let from = UnixMillis(start.0 + chunk * span);
        let until = UnixMillis(from.0 + span - 1);
        // Some sign-ins fail; more are made than are wanted.
        let made = bulk_authentication(7 + chunk as u64, 2 * CHUNK, from, until);
        let made: Vec<&str> = made
            .iter()
            .map(|record| &*record.body)
            .filter(|body| {
                let columns = understand(LogType::Authentication, body.as_bytes()).columns;
                columns.result.as_deref() == Some("success")
                    && columns.action.as_deref() == Some("authentication")
            })
            .take(CHUNK.min(left))
            .collect();
        left -= made.len();
        for page in made.chunks(PAGE) {
            let (body, ranges) = filling::joined(page.iter().copied());
            let mut job = Job::new(feed.id);
            job.batch = Batch::build(
                body,
                &ranges,
                |raw| understand(LogType::Authentication, raw),
                |columns| categorizer.assign(LogType::Authentication, columns),
            )?;
            writer.commit(&[job])?;
        }
    }
    let print = knowledge.fingerprint();
    while !writer.recategorize(&print, |log_type, c| categorizer.assign(log_type, c))?.done {}
    Ok(())
}

/// Seconds, highest resident memory in KB, and bytes of the file.
fn run(home: &Path, format: &str, rows: usize) -> Outcome<(f64, u64, u64)> {
    let file = home.join(format!("report.{format}"));
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_duo-integrator"))
        .args(["report", "run", "authentication-success", "--zone", "Europe/Berlin", "--home"])
        .arg(home)
        .arg("--output")
        .arg(&file)
        .stderr(std::process::Stdio::piped())
        .spawn()?;
    let mut highest = 0;
    let status = loop {
        highest = highest.max(memory::peak_kb(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let seconds = began.elapsed().as_secs_f64();
    let mut said = String::new();
    if let Some(mut err) = child.stderr.take() {
        std::io::Read::read_to_string(&mut err, &mut said)?;
    }
    let expected = said.split(' ').next().unwrap_or_default().replace(',', "");
    if !status.success() || expected != rows.to_string() {
        return Err(said.into());
    }
    Ok((seconds, highest, std::fs::metadata(&file)?.len()))
}
