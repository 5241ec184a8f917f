//! How fast records are judged: all rules that come with the program, one thread, records in memory.
//!
//! `cargo bench --bench detect` judges a million records; `-- 200000` another number. They are what
//! the look-alike invents for some weeks, all logs by time, told again with other times until
//! there are enough. What changes in memory is taken every ten thousand records, as when
//! collecting, and thrown away. `-- parts` tells how the time divides.

use std::borrow::Cow;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::detect::{Arrived, Engine, Lists, NoPast, Rules, WorkingHours};
use duo_integrator::duo::View;
use duo_integrator::duo::logs::understand;
use duo_integrator::knowledge::Knowledge;
use duo_integrator::record::LogType;
use duo_integrator::simulator::invent;

/// Days that are invented.
const DAYS: i64 = 30;

/// People who work there.
const PEOPLE: usize = 500;

/// What they leave in the authentication log on a working day.
const SIGN_INS: usize = 3_000;

/// Records after which changes are taken.
const TOGETHER: usize = 10_000;

struct Record {
    log_type: LogType,
    time: i64,
    raw: Box<str>,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let wanted = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1_000_000_usize);
    let records = records();
    let bytes: usize = records.iter().map(|record| record.raw.len()).sum();
    println!("{} invented records of {} bytes", records.len(), bytes / records.len().max(1));
    if words.iter().any(|word| word == "parts") {
        parts(&records);
    }
    let knowledge = Knowledge::embedded().expect("the pack is whole");
    let (rules, problems) = Rules::compile(knowledge.rules(), &Lists::default());
    assert!(problems.is_empty(), "{problems:?}");
    let rules = Arc::new(rules.in_use());
    println!("{} rules", rules.rules.len());
    for round in 1..=3 {
        judge(&records, &rules, wanted, round);
    }
}

fn judge(records: &[Record], rules: &Arc<Rules>, wanted: usize, round: usize) {
    let mut engine = Engine::new(Arc::clone(rules), WorkingHours::default());
    let (mut found, mut named, mut changes, mut bytes) = (Vec::new(), 0, 0, 0);
    let start = Instant::now();
    let mut judged = 0;
    for pass in 0.. {
        for record in records {
            if judged == wanted {
                break;
            }
            judged += 1;
            let name = || Cow::Borrowed("00000000-0000-0000-0000-000000000000");
            let arrived = Arrived {
                account: 1,
                feed: record.log_type as i64,
                log_type: record.log_type,
                time: UnixMillis(record.time + pass * DAYS * DAY_MILLIS),
                event: judged as i64,
                name: &name,
                raw: record.raw.as_bytes(),
            };
            engine.evaluate(&arrived, &mut NoPast, &mut found).expect("nothing is recalled");
            if judged.is_multiple_of(TOGETHER) {
                let changed = engine.take_changes();
                changes += changed.len();
                bytes += changed.iter().map(|change| change.data.len()).sum::<usize>();
                named += found.drain(..).map(|finding| finding.records.len()).sum::<usize>();
            }
        }
        if judged == wanted {
            break;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "round {round}: {judged} records in {seconds:.2} s: {:.0} records/s, {:.2} µs each; \
         {named} named by findings; {changes} changes in memory of {} bytes",
        judged as f64 / seconds,
        seconds * 1e6 / judged as f64,
        bytes / changes.max(1),
    );
}

/// How long single steps take.
fn parts(records: &[Record]) {
    let time = |what: &str, work: &dyn Fn(&Record)| {
        let start = Instant::now();
        records.iter().for_each(work);
        let each = start.elapsed().as_secs_f64() * 1e6 / records.len() as f64;
        println!("{what:<28} {each:.2} µs");
    };
    time("understand", &|record| {
        black_box(understand(record.log_type, record.raw.as_bytes()));
    });
    time("understand and take apart", &|record| {
        black_box(View::read(record.log_type, record.raw.as_bytes()));
    });
}

fn records() -> Vec<Record> {
    let until = UnixMillis(1_794_787_200_000);
    let from = UnixMillis(until.0 - DAYS * DAY_MILLIS);
    let invented = invent(3, from, until, PEOPLE, SIGN_INS);
    let mut records: Vec<Record> = LogType::ALL
        .into_iter()
        .flat_map(|log_type| {
            let all = invented.of(log_type).iter();
            all.map(move |one| Record { log_type, time: one.at.0, raw: one.body.clone() })
        })
        .collect();
    records.sort_by_key(|record| record.time);
    records
}
