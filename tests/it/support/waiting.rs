//! Waiting for what comes when it comes, with an end.

use std::time::{Duration, Instant};

/// How long anything may take in the tests; much more than it takes on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const GLANCE: Duration = Duration::from_millis(20);

/// Looks until there is something; `None` when patience has an end.
pub fn wait_for<R>(mut look: impl FnMut() -> Option<R>) -> Option<R> {
    let start = Instant::now();
    loop {
        let found = look();
        if found.is_some() || start.elapsed() > PATIENCE {
            return found;
        }
        std::thread::sleep(GLANCE);
    }
}

/// Waits until something is so.
#[cfg(target_os = "linux")]
#[track_caller]
pub fn wait_until(what: &str, so: impl Fn() -> bool) {
    assert!(wait_for(|| so().then_some(())).is_some(), "not in {PATIENCE:?}: {what}");
}
