//! How a person, the tray and the computer itself steer a running collection: pause, go on, try now.
//!
//! Promises: a pause holds from the moment it is asked for, and the next start knows it, too; a
//! wait that somebody rings out of is over at once, whether the log was waiting for its next poll,
//! after a failure, or for its secret key.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::base::{Home, UnixMillis};
use crate::status::Pause;

/// Steers a running collection; clones steer the same one.
#[derive(Clone, Debug)]
pub struct Steering(Arc<Wheel>);

#[derive(Debug)]
struct Wheel {
    home: Home,
    pause: watch::Sender<Option<Pause>>,
    ring: watch::Sender<u64>,
}

impl Steering {
    /// The steering of a home's collection, paused when it was paused before. For its one
    /// collector only: what is asked for here is written down.
    pub fn of(home: &Home) -> Self {
        let (pause, ring) = (watch::Sender::new(Pause::read(home)), watch::Sender::new(0));
        Self(Arc::new(Wheel { home: home.clone(), pause, ring }))
    }

    /// Makes every log try at once, also those that wait after a failure. While collection is
    /// paused nobody listens.
    pub fn collect_now(&self) {
        self.0.ring.send_modify(|rung| *rung += 1);
    }

    /// Stops asking Duo, until an instant or until [`resume`](Self::resume).
    pub fn pause(&self, until: Option<UnixMillis>) {
        let pause = Pause { until };
        if let Err(error) = pause.write(&self.0.home) {
            tracing::warn!(%error, "the pause cannot be written down; a restart will end it");
        }
        match until {
            Some(until) => tracing::info!(%until, "paused"),
            None => tracing::info!("paused until resumed"),
        }
        self.0.pause.send_replace(Some(pause));
    }

    /// Goes on at once.
    pub fn resume(&self) {
        self.end_pause("resumed");
    }

    /// The pause that holds now.
    pub fn paused(&self) -> Option<Pause> {
        let pause = (*self.0.pause.borrow())?;
        if pause.is_over(UnixMillis::now()) {
            self.end_pause("the pause is over");
            return None;
        }
        Some(pause)
    }

    /// Waits until a pause begins, ends or changes.
    pub async fn turned(&self, since: Option<Pause>) {
        let mut pause = self.0.pause.subscribe();
        // The other end is here, so this cannot fail.
        let _ = pause.wait_for(|pause| *pause != since).await;
    }

    /// What hears [`collect_now`](Self::collect_now).
    pub(super) fn bell(&self) -> Bell {
        Bell(Some(self.0.ring.subscribe()))
    }

    fn end_pause(&self, why: &str) {
        if self.0.pause.send_replace(None).is_none() {
            return;
        }
        tracing::info!("collecting again: {why}");
        if let Err(error) = Pause::clear(&self.0.home) {
            tracing::warn!(%error, "the pause cannot be forgotten; a restart may bring it back");
        }
    }
}

/// Rings when there is reason to try at once.
#[derive(Clone, Debug, Default)]
pub struct Bell(Option<watch::Receiver<u64>>);

impl Bell {
    /// How often it has rung.
    pub fn rung(&self) -> u64 {
        self.0.as_ref().map_or(0, |bell| *bell.borrow())
    }

    /// Waits for a span, but not when it rings, or has rung more than `before` times already.
    pub async fn wait(&self, before: u64, span: Duration) {
        let rings = async {
            let Some(mut bell) = self.0.clone() else { return std::future::pending().await };
            if bell.wait_for(|rung| *rung != before).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(span) => {}
            () = rings => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn steering() -> (tempfile::TempDir, Home, Steering) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let steering = Steering::of(&home);
        (folder, home, steering)
    }

    #[test]
    fn a_restart_keeps_a_pause_and_resuming_ends_it() {
        let (_folder, home, steering) = steering();
        assert_eq!(steering.paused(), None);
        steering.pause(None);
        assert_eq!(steering.paused(), Some(Pause { until: None }));
        assert_eq!(Steering::of(&home).paused(), Some(Pause { until: None }));
        steering.resume();
        assert_eq!(steering.paused(), None);
        assert_eq!(Steering::of(&home).paused(), None);
    }

    #[test]
    fn a_pause_ends_by_itself() {
        let (_folder, home, steering) = steering();
        steering.pause(Some(UnixMillis::now().plus(Duration::from_millis(60))));
        assert!(steering.paused().is_some());
        std::thread::sleep(Duration::from_millis(80));
        assert_eq!(steering.paused(), None);
        assert!(!home.pause_file().exists());
    }

    #[tokio::test]
    async fn a_ring_ends_a_wait_also_when_it_came_before() {
        let (_folder, _home, steering) = steering();
        let bell = steering.bell();
        let (before, start) = (bell.rung(), Instant::now());
        let long = Duration::from_secs(60);
        tokio::join!(bell.wait(before, long), async { steering.collect_now() });
        bell.wait(before, long).await;
        assert!(start.elapsed() < long / 2);
    }

    #[tokio::test]
    async fn a_wait_that_nobody_rings_out_of_lasts() {
        let span = Duration::from_millis(30);
        for bell in [Bell::default(), steering().2.bell()] {
            let start = Instant::now();
            bell.wait(bell.rung(), span).await;
            assert!(start.elapsed() >= span);
        }
    }
}
