//! How soon the first rows of the console's table of records are there, for every filter, over half
//! a year of a large organization.
//!
//! `cargo bench --bench page -- [RECORDS]` (13,500,000 by default; about 3.5 GB of disk). The store
//! is made once and kept in `target/bench-store-RECORDS`. One record in its middle has values that no
//! other has. Each question is asked on a new connection, from the newest record on and from the
//! middle of the time on; the slower of both medians of five is printed, and how long counting
//! takes.

#[path = "support/filling.rs"]
mod filling;
#[path = "support/half_a_year.rs"]
mod half_a_year;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use duo_integrator::base::{Home, UnixMillis};
use duo_integrator::duo::logs::understand;
use duo_integrator::knowledge::Knowledge;
use duo_integrator::record::LogType;
use duo_integrator::simulator::bulk_authentication;
use duo_integrator::store::{Batch, Column, Direction, Job, Place, Reader, Wanted, Writer};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Rows that a page of the table holds.
const ROWS: usize = 100;

fn main() -> Outcome<()> {
    let records: usize = std::env::args()
        .skip(1)
        .find(|arg| arg != "--bench")
        .map_or(Ok(13_500_000), |arg| arg.parse())?;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("target")
        .join(format!("bench-store-{records}"));
    let home = Home::under(&folder);
    let finished = folder.join("finished");
    let began = Instant::now();
    if !finished.exists() {
        let _ = std::fs::remove_dir_all(&folder);
        home.prepare()?;
        half_a_year::fill(&home, &Knowledge::embedded()?, records, UnixMillis::now())?;
        add_the_odd_one(&home)?;
        std::fs::write(&finished, "")?;
        println!("made in {:.0} s", began.elapsed().as_secs_f64());
    }
    let store = home.store_file();
    let bytes = std::fs::metadata(&store)?.len();
    println!("{:.2} GB, {:.0} bytes a record", bytes as f64 / 1e9, bytes as f64 / records as f64);

    let reader = Reader::open(&store)?.ok_or("no store")?;
    let sign_ins = Wanted { log_types: vec![LogType::Authentication], ..Wanted::default() };
    let ends = [Direction::Newer, Direction::Older].map(|direction| {
        let page = reader.page(&sign_ins, None, direction, 1).ok()?;
        page.rows.into_iter().next()
    });
    let [Some(oldest), Some(newest)] = ends else { return Err("no records".into()) };
    let middle = Place::after(UnixMillis(oldest.time.0.midpoint(newest.time.0)));
    let odd = odd_place(&reader)?;
    let txid = reader.record(&oldest.place)?.ok_or("no record")?.id;

    println!("{:<44} {:>9} {:>9} {:>12}", "median of 5, ms", "first", "count", "records");
    let mut largest = 0.0_f64;
    for (what, wanted) in questions(&oldest, &odd, &txid) {
        let mut first = 0.0_f64;
        for from in [None, Some(middle)] {
            first = first.max(median(&store, |reader| first_rows(reader, &wanted, from))?);
        }
        let counted = reader.count(&wanted)?;
        let count = median(&store, |reader| Ok(reader.count(&wanted).map(|_| ())?))?;
        let about = if counted.exact { "" } else { "about " };
        println!("{what:<44} {first:>9.1} {count:>9.1} {about:>6}{}", counted.records);
        largest = largest.max(first);
    }
    println!("{:<44} {largest:>9.1}", "the slowest");
    for (column, text) in [(Column::User, "person4"), (Column::Address, "2"), (Column::Action, "")]
    {
        let took =
            median(&store, |reader| Ok(reader.suggestions(column, text, 20).map(|_| ())?))?;
        println!(
            "{:<44} {took:>9.1}",
            format!("suggestions for {} \u{201c}{text}\u{201d}", column.name())
        );
    }
    Ok(())
}

/// Asks until there are rows or there is nothing more, as the table does.
fn first_rows(reader: &Reader, wanted: &Wanted, from: Option<Place>) -> Outcome<()> {
    let mut from = from;
    loop {
        let page = reader.page(wanted, from, Direction::Older, ROWS)?;
        if !page.rows.is_empty() || page.next.is_none() {
            std::hint::black_box(page);
            return Ok(());
        }
        from = page.next;
    }
}

fn median(store: &Path, ask: impl Fn(&Reader) -> Outcome<()>) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let reader = Reader::open(store)?.ok_or("no store")?;
        let began = Instant::now();
        ask(&reader)?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.get(2).copied().unwrap_or(f64::NAN))
}

fn with(fields: &[(Column, &str)]) -> Wanted {
    let fields = fields.iter().map(|(column, text)| (*column, vec![(*text).to_owned()])).collect();
    Wanted { fields, ..Wanted::default() }
}

fn text(text: &str) -> Wanted {
    Wanted { text: text.to_owned(), ..Wanted::default() }
}

fn questions(
    oldest: &duo_integrator::store::Row,
    odd: &duo_integrator::store::Row,
    txid: &str,
) -> Vec<(String, Wanted)> {
    let mut all = vec![
        ("everything".to_owned(), Wanted::default()),
        (
            "the log of administrators".to_owned(),
            Wanted { log_types: vec![LogType::Administrator], ..Wanted::default() },
        ),
        (
            "a log without records".to_owned(),
            Wanted { log_types: vec![LogType::TrustMonitor], ..Wanted::default() },
        ),
        ("late ones".to_owned(), Wanted { late: true, ..Wanted::default() }),
    ];
    for bit in [0, 1, 2, 5, 9, 17, 63] {
        all.push((format!("category {bit}"), Wanted { categories: 1 << bit, ..Wanted::default() }));
    }
    for column in Column::ALL {
        let name = column.name();
        if let Some(text) = oldest.text(column) {
            all.push((format!("{name}, one that occurs"), with(&[(column, text)])));
        }
        if let Some(text) = odd.text(column) {
            all.push((format!("{name} of the odd one"), with(&[(column, text)])));
        }
        all.push((format!("{name} that never occurs"), with(&[(column, "no such thing")])));
    }
    let user = oldest.user.as_deref().unwrap_or_default();
    let together: [(&str, &[(Column, &str)]); 6] = [
        ("user and factor", &[(Column::User, user), (Column::Factor, "passcode")]),
        (
            "user and country, never together",
            &[(Column::User, user), (Column::Country, "Atlantis")],
        ),
        (
            "result and reason, never together",
            &[(Column::Result, "success"), (Column::Reason, "no_response")],
        ),
        (
            "reason and factor, never together",
            &[(Column::Reason, "user_marked_fraud"), (Column::Factor, "passcode")],
        ),
        ("users by beginning", &[(Column::User, "person4*"), (Column::Result, "fraud")]),
        ("addresses by beginning", &[(Column::Address, "203.0.113.*"), (Column::Result, "denied")]),
    ];
    all.extend(together.map(|(what, fields)| (what.to_owned(), with(fields))));
    for (what, words) in [
        ("text that is everywhere: chrome", "chrome"),
        ("text of some: fraud", "fraud"),
        ("text of the odd one: Zephyrus-9000", "ZEPHYRUS-9000"),
        ("text of the oldest: its id", txid),
        ("part of an id", txid.get(3..17).unwrap_or_default()),
        ("absent text, long: quantum flux capacitor", "quantum flux capacitor"),
        ("absent text, a word: qwertyz", "qwertyz"),
        ("absent text, six letters: qwertz", "qwertz"),
        ("absent text, five letters: xqzky", "xqzky"),
        ("absent text, four letters: xqz9", "xqz9"),
    ] {
        all.push((what.to_owned(), text(words)));
    }
    all.push((
        "absent text of a user".to_owned(),
        Wanted { text: "qwertyz".to_owned(), ..with(&[(Column::User, user)]) },
    ));
    all
}

/// A record in the middle of the time that is like no other.
fn add_the_odd_one(home: &Home) -> Outcome<()> {
    let (mut writer, _) = Writer::open(&home.store_file())?;
    let feed = writer.register(&filling::account(), LogType::Authentication)?;
    let at = UnixMillis::now().minus(Duration::from_secs(91 * 86_400));
    let made = bulk_authentication(1, 1, at, at.plus(Duration::from_secs(60)));
    let body = made.first().ok_or("none made")?.body.to_string();
    let body = body
        .replace("duo_push", "pigeon_post")
        .replace("\"authentication\"", "\"odd_authentication\"")
        .replace("user_approved", "odd_reason")
        .replace("success", "odd_result")
        .replacen("\"name\":\"", "\"name\":\"Zephyrus-9000 ", 3)
        .replacen("\"ip\":\"", "\"ip\":\"192.0.2.99 ", 1)
        .replacen("\"country\":\"", "\"country\":\"Old ", 1);
    let whole = 0..body.len();
    let mut job = Job::new(feed.id);
    job.late_before = Some(at.plus(Duration::from_secs(3600)));
    job.batch = Batch::build(
        body.into_bytes(),
        &[whole],
        |raw| understand(LogType::Authentication, raw),
        |_| 1 << 63,
    )?;
    writer.commit(&[job])?;
    Ok(())
}

fn odd_place(reader: &Reader) -> Outcome<duo_integrator::store::Row> {
    let late = Wanted { late: true, ..Wanted::default() };
    let page = reader.page(&late, None, Direction::Older, 1)?;
    page.rows.into_iter().next().ok_or_else(|| "no odd record".into())
}
