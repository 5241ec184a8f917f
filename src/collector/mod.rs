//! The resident process: it alone writes the store and asks Duo on a schedule. It listens on the
//! local socket, shows itself in the tray and tells the desktop when something needs a person.
//!
//! Promises: one per home; whatever fails around collecting (no socket, no tray, no desktop) is
//! logged and collecting goes on; asked to end, by a signal, over the socket or in the tray, it
//! ends with everything stored and its position right.

mod metrics;
mod overview;
mod resident;
mod updates;

use tokio::sync::{mpsc, watch};

use crate::base::lock::{Busy, HomeLock};
use crate::base::{Home, Problem, UnixMillis};
use crate::pipeline::{Progress, Steering};
use crate::platform::runtime;
use crate::platform::signals::listen_for_stop;
use crate::status::Summary;
use crate::tray::{self, View};

pub use crate::tray::is_possible as tray_is_possible;

use overview::Overview;
use resident::Resident;

/// Wishes from the tray that may wait.
const WISHES: usize = 16;

/// How the collector runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Show an icon in the tray; only where [that is possible](tray_is_possible).
    pub tray: bool,
    /// Allow poll intervals that Duo does not like.
    pub allow_fast: bool,
}

/// Why the collector ended early, or never began.
#[derive(Debug)]
pub enum Ended {
    /// The home's lock could not be had.
    NotBegun(Busy),
    /// Something that only a person can mend.
    Problem(Problem),
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Collects until asked to end. To be called on the main thread. `begun` is called once the home
/// is ours, and what it gives lives until the end; `tell` says what a person at the terminal
/// should know.
pub fn run<G>(
    home: &Home,
    options: Options,
    progress: &Progress,
    begun: impl FnOnce() -> G,
    tell: impl Fn(&Problem) + Send + Sync + 'static,
) -> Result<(), Ended> {
    let runtime = runtime::start()?;
    // Whoever holds the lock can be asked to stop.
    let stop_asked = {
        let _inside = runtime.enter();
        listen_for_stop()
    };
    let lock = HomeLock::take(home).map_err(Ended::NotBegun)?;
    let _begun = begun();
    let steering = Steering::of(home);
    let overview = Overview::new(home, progress, &steering);
    let first = Summary::of(&overview.settings(), &[], steering.paused(), true, UnixMillis::now());
    let (views, shown) = watch::channel(View::of(&first, None, UnixMillis::now()));
    let (wishes, granted) = mpsc::channel(WISHES);
    let resident = Resident {
        home: home.clone(),
        progress: progress.clone(),
        allow_fast: options.allow_fast,
        steering,
        overview,
        views,
        stop: watch::Sender::new(false),
    };
    let work = resident.live(stop_asked, granted, tell);
    let done = if options.tray {
        tray::hold(&runtime, shown, wishes, work)
    } else {
        runtime.block_on(work);
        Ok(())
    };
    runtime::end(runtime);
    drop(lock);
    done.map_err(|error| {
        let problem = Problem::new("Collecting broke off unexpectedly").because(error);
        Ended::Problem(problem.next("start it again; what was fetched is stored"))
    })
}
