//! How long every dashlet takes over half a year of a large organization.
//!
//! `cargo bench --bench dashboard -- [RECORDS]` (13,500,000 by default: 180 days of 75,000 sign-ins
//! by 5,000 users; about 3.5 GB of disk, given back at the end). Calls, messages and what
//! administrators did come on top. The store is filled through the same code as in collection,
//! categories included, without the network between. Each dashlet is asked eleven times over three
//! ranges that end now, each time on a new connection; medians are printed, and the largest.

#[path = "support/filling.rs"]
mod filling;
#[path = "support/half_a_year.rs"]
mod half_a_year;

use std::error::Error;
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::dashboards::{Ask, answer};
use duo_integrator::knowledge::Knowledge;
use duo_integrator::store::Reader;
use jiff::tz::TimeZone;

type Outcome<T> = Result<T, Box<dyn Error>>;

const DAY_SECS: u64 = 86_400;

fn main() -> Outcome<()> {
    let records: usize = std::env::args()
        .skip(1)
        .find(|arg| arg != "--bench")
        .map_or(Ok(13_500_000), |arg| arg.parse())?;
    let folder = tempfile::tempdir()?;
    let home = Home::under(folder.path());
    home.prepare()?;
    let knowledge = Knowledge::embedded()?;
    let now = UnixMillis::now();
    half_a_year::fill(&home, &knowledge, records, now)?;
    let bytes = std::fs::metadata(home.store_file())?.len();
    println!("{:.2} GB, {:.0} bytes a record", bytes as f64 / 1e9, bytes as f64 / records as f64);
    println!("{:<32} {:>10} {:>10} {:>10}", "median of 11, ms", "180 days", "30 days", "7 days");
    let mut largest = [0.0_f64; 3];
    for item in knowledge.dashboards() {
        let mut medians = [0.0; 3];
        for (median, days) in medians.iter_mut().zip([180, 30, 7]) {
            let mut times = Vec::new();
            for _ in 0..11 {
                let ask = Ask {
                    account: None,
                    since: now.minus(Duration::from_secs(days * DAY_SECS - 1_234)),
                    until: now.minus(Duration::from_secs(1_234)),
                    zone: TimeZone::system(),
                };
                let reader = Reader::open(&home.store_file())?.ok_or("no store")?;
                let began = Instant::now();
                std::hint::black_box(answer(&reader, &knowledge, item, &ask)?);
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            times.sort_by(f64::total_cmp);
            *median = times.get(5).copied().unwrap_or(f64::NAN);
        }
        let [half, month, week] = medians;
        println!("{:<32} {half:>10.1} {month:>10.1} {week:>10.1}", item.id);
        for (largest, median) in largest.iter_mut().zip(medians) {
            *largest = largest.max(median);
        }
    }
    let [half, month, week] = largest;
    println!("{:<32} {half:>10.1} {month:>10.1} {week:>10.1}", "the slowest");
    Ok(())
}
