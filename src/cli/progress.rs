//! Progress bars on a terminal; nothing where nobody looks.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::base::words::{counted, number, span};
use crate::pipeline::{FeedProgress, Progress};
use crate::status::FeedState;

/// How often the bars move.
const TICK: Duration = Duration::from_millis(200);

/// Steps of a bar.
const STEPS: u64 = 1000;

/// Draws a bar for each log that is catching up, until dropped.
pub struct ProgressBars {
    stop: Arc<AtomicBool>,
    drawing: Option<JoinHandle<()>>,
}

impl ProgressBars {
    /// Starts drawing, if there is a terminal to draw on.
    pub fn start(progress: &Progress) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let drawing = std::io::stderr().is_terminal().then(|| {
            let (progress, stop) = (progress.clone(), Arc::clone(&stop));
            thread::Builder::new().name("progress".to_owned()).spawn(move || draw(&progress, &stop))
        });
        Self { stop, drawing: drawing.and_then(Result::ok) }
    }
}

impl Drop for ProgressBars {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            let _ = drawing.join();
        }
    }
}

fn draw(progress: &Progress, stop: &AtomicBool) {
    let bars = MultiProgress::new();
    let style = ProgressStyle::with_template("{prefix:<34} {wide_bar} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let mut shown: HashMap<(String, &'static str), ProgressBar> = HashMap::new();
    while !stop.load(Ordering::Relaxed) {
        for feed in progress.snapshot() {
            let key = (feed.account.clone(), feed.log_type.name());
            if !shown.contains_key(&key) && feed.state == FeedState::CatchingUp {
                let bar = bars.add(ProgressBar::new(STEPS));
                bar.set_style(style.clone());
                bar.set_prefix(format!("{} {}", feed.account, feed.log_type.title()));
                shown.insert(key.clone(), bar);
            }
            let Some(bar) = shown.get(&key) else { continue };
            match feed.state {
                FeedState::CatchingUp => {
                    let share = feed.share().unwrap_or(0.0);
                    bar.set_position((share * STEPS as f64) as u64);
                    bar.set_message(words(&feed));
                }
                FeedState::Current => {
                    bar.set_position(STEPS);
                    bar.finish_with_message(counted(feed.stored, "record"));
                }
                _ => bar.abandon_with_message(feed.state.title().to_owned()),
            }
        }
        thread::sleep(TICK);
    }
}

/// Percent, records, pages a minute, and the estimated end.
fn words(feed: &FeedProgress) -> String {
    let share = feed.share().unwrap_or(0.0);
    let elapsed = feed.started.elapsed();
    let pages = feed.requests as f64 / elapsed.as_secs_f64().max(0.1) * 60.0;
    let left = feed.left().map_or(String::new(), |left| format!(" · about {} left", span(left)));
    format!(
        "{:.0} % · {} · {} pages/min{left}",
        share * 100.0,
        counted(feed.stored, "record"),
        number(pages as u64)
    )
}
