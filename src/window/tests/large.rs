//! The console over half a year of a large organization: how long a page takes to be complete, how
//! long a frame takes, how much memory there is in the end.
//!
//! Needs the store that `cargo bench --bench page` makes, so it runs only when asked:
//! `cargo test --release --lib -- --ignored --nocapture half_a_year`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::stored::{has, said};
use super::*;

/// What nobody answers for so long is complete.
const QUIET: Duration = Duration::from_millis(600);

/// Whatever a page asks for has been answered.
type LastAnswer = Arc<Mutex<Instant>>;

fn home_of_half_a_year() -> Home {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/bench-store-13500000");
    assert!(folder.join("finished").exists(), "make the store first: cargo bench --bench page");
    Home::under(&folder)
}

/// Does something and draws until no answer comes any more; tells how long the last one took, and
/// its frame.
fn complete(
    harness: &mut Screen,
    answered: &LastAnswer,
    act: impl FnOnce(&mut Screen),
) -> Duration {
    let began = Instant::now();
    *answered.lock().unwrap() = began;
    act(harness);
    let mut drawn = Instant::now();
    let mut seen = began;
    loop {
        let last = *answered.lock().unwrap();
        harness.step();
        if last != seen {
            (seen, drawn) = (last, Instant::now());
        }
        if last.elapsed() > QUIET {
            return drawn.duration_since(began);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Clicks, and draws once.
fn click(harness: &mut Screen, label: &str) {
    harness.get_all_by_label(label).last().unwrap().click();
    harness.step();
}

/// The middle and the longest of so many frames, without the drawing of their triangles.
fn frames(harness: &mut Screen, count: usize, mut each: impl FnMut(&mut Screen)) -> [Duration; 2] {
    let mut times: Vec<Duration> = (0..count)
        .map(|_| {
            each(harness);
            let began = Instant::now();
            harness.step();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() - 1]]
}

fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0) / 1024
}

#[test]
#[ignore = "needs a store of 13.5 million records"]
fn the_console_over_half_a_year() {
    let home = home_of_half_a_year();
    let answered: LastAnswer = Arc::new(Mutex::new(Instant::now()));
    let told = Arc::clone(&answered);
    let began = Instant::now();
    let desk = Desk::new(home.clone(), move || *told.lock().unwrap() = Instant::now());
    let mut console = Console::new(home.clone(), desk);
    let newest = newest(&home);
    console.look_between(UnixMillis(newest.0 - 180 * 86_400_000), newest);
    let stage =
        Stage { wizard: None, console, standing: Some(standing(&["Bench"])), wishes: Vec::new() };
    let mut harness = screen(stage, egui::Theme::Light, [1280.0, 860.0], 1.0);
    let overview = began.elapsed() + complete(&mut harness, &answered, |_| {});
    tell("the overview, complete", overview);
    tell("dashboards, first", complete(&mut harness, &answered, |all| click(all, "Dashboards")));
    let mut slowest = Duration::ZERO;
    for board in ["Duo Security", "Overview", "Duo Security", "Overview"] {
        let took = complete(&mut harness, &answered, |all| click(all, board));
        tell(&format!("to the board {board}"), took);
        slowest = slowest.max(took);
    }
    tell("events", complete(&mut harness, &answered, |all| click(all, "Events")));
    let scrolled = frames(&mut harness, 300, |harness| {
        harness.hover_at(egui::pos2(500.0, 500.0));
        harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, -400.0),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
    });
    tell("a frame while records scroll by", scrolled[0]);
    tell("the longest of 300", scrolled[1]);
    let found = complete(&mut harness, &answered, |harness| {
        fill(harness, "Search in records", "person4711@");
    });
    tell("a user's name as text in all records", found);
    for page in ["Categories", "Alerts", "Reports", "Completeness"] {
        tell(page, complete(&mut harness, &answered, |all| click(all, page)));
    }
    println!("{:<40} {:>8} MB", "memory, at most", memory());
    assert!(has(&harness, "Completeness"), "{:?}", said(&harness));
    assert!(overview < Duration::from_secs(1), "{overview:?}");
    assert!(slowest < Duration::from_millis(100), "{slowest:?}");
    assert!(scrolled[0] < Duration::from_millis(8), "{scrolled:?}");
    assert!(memory() < 300);
}

fn tell(what: &str, span: Duration) {
    println!("{what:<40} {:>8.1} ms", millis(span));
}

fn newest(home: &Home) -> UnixMillis {
    let reader = crate::store::Reader::open(&home.store_file()).unwrap().unwrap();
    reader.statuses().unwrap().iter().filter_map(|log| log.newest).max().unwrap()
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}
