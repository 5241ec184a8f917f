//! When collection starts afresh because of the computer: it was asleep, or its network changed.
//!
//! Promises: pure; a network that comes and goes starts collection at most every [`APART`], and is
//! not forgotten meanwhile; losing the network starts nothing.
//!
//! Connections from before such a moment are dead without anybody having said so. Waiting for them
//! would take minutes, so everything begins again with new ones.

use std::time::{Duration, Instant, SystemTime};

use crate::platform::network::Route;

/// The wall clock moving this much more than the steady one means the computer slept.
const SLEPT: Duration = Duration::from_secs(20);

/// The least time between two such starts.
const APART: Duration = Duration::from_secs(15);

/// What a look at the computer shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub steady: Instant,
    pub wall: SystemTime,
    pub route: Route,
}

impl Look {
    pub fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now(), route: Route::now() }
    }
}

/// Compares one look with the next.
#[derive(Debug)]
pub(super) struct Watch {
    last: Look,
    started: Instant,
    due: Option<&'static str>,
}

impl Watch {
    pub const fn from(look: Look) -> Self {
        Self { last: look, started: look.steady, due: None }
    }

    /// Why collection should start afresh now. `tick` is the time that passes between two looks.
    pub fn look(&mut self, look: Look, tick: Duration) -> Option<&'static str> {
        let steady = look.steady.saturating_duration_since(self.last.steady);
        let wall = look.wall.duration_since(self.last.wall).unwrap_or_default();
        let before = std::mem::replace(&mut self.last, look).route;
        if wall > steady + SLEPT || steady > tick + SLEPT {
            self.due = Some("the computer was asleep");
        } else if look.route != before && look.route.leads_outside() {
            self.due = self.due.or(Some("the network changed"));
        }
        // Sleep stops some steady clocks, so a start before it may seem a moment ago.
        if wall <= steady + SLEPT && look.steady.saturating_duration_since(self.started) < APART {
            return None;
        }
        let due = self.due.take()?;
        self.started = look.steady;
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const TICK: Duration = Duration::from_secs(3);

    struct Computer {
        look: Look,
        watch: Watch,
    }

    impl Computer {
        fn new() -> Self {
            let look = Look { steady: Instant::now(), wall: SystemTime::now(), route: at(1) };
            Self { look, watch: Watch::from(look) }
        }

        fn after(
            &mut self,
            steady_secs: u64,
            wall_secs: u64,
            route: Route,
        ) -> Option<&'static str> {
            self.look = Look {
                steady: self.look.steady + Duration::from_secs(steady_secs),
                wall: self.look.wall + Duration::from_secs(wall_secs),
                route,
            };
            self.watch.look(self.look, TICK)
        }
    }

    fn at(n: u8) -> Route {
        Route::from(Some(IpAddr::from(Ipv4Addr::new(10, 0, 0, n))))
    }

    const NOWHERE: Route = Route::from(None);

    #[test]
    fn nothing_happens_while_nothing_happens() {
        let mut computer = Computer::new();
        for _ in 0..50 {
            assert_eq!(computer.after(3, 3, at(1)), None);
        }
    }

    #[test]
    fn sleep_is_seen_with_a_clock_that_stops_and_with_one_that_goes_on() {
        let mut computer = Computer::new();
        assert_eq!(computer.after(3, 3600, at(1)), Some("the computer was asleep"));
        assert_eq!(computer.after(3, 3, at(1)), None);
        assert_eq!(computer.after(3600, 3600, at(1)), Some("the computer was asleep"));
        assert_eq!(computer.after(3, 3, at(1)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_is_no_sleep() {
        let mut computer = Computer::new();
        computer.look.wall -= Duration::from_secs(7200);
        assert_eq!(computer.after(3, 3, at(1)), None);
    }

    #[test]
    fn another_network_or_the_same_one_back_starts_collection_and_losing_it_does_not() {
        let mut computer = Computer::new();
        for n in [2, 2, 1] {
            for _ in 0..10 {
                assert_eq!(computer.after(3, 3, NOWHERE), None);
            }
            assert_eq!(computer.after(3, 3, at(n)), Some("the network changed"));
            assert_eq!(computer.after(3, 3, at(n)), None);
        }
    }

    #[test]
    fn a_network_that_comes_and_goes_starts_collection_now_and_then() {
        let mut computer = Computer::new();
        let starts = (0..100).filter(|n| computer.after(3, 3, at(n % 2)).is_some()).count();
        assert_eq!(starts, 20, "every 15 of 300 s");
    }

    #[test]
    fn a_change_soon_after_a_start_is_not_forgotten() {
        let mut computer = Computer::new();
        assert_eq!(computer.after(3, 3, at(2)), None);
        assert_eq!(computer.after(3, 3, at(2)), None);
        assert_eq!(computer.after(9, 9, at(2)), Some("the network changed"));
    }
}
