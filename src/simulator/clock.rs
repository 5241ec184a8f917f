//! Duo's clock, which a test may shift or stop.

use std::time::Duration;

use crate::base::UnixMillis;

/// Duo's clock: this computer's, shifted or stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    offset_millis: i64,
    frozen: Option<UnixMillis>,
}

impl Clock {
    /// What Duo thinks the time is.
    pub fn now(&self) -> UnixMillis {
        self.frozen.unwrap_or(UnixMillis(UnixMillis::now().0.saturating_add(self.offset_millis)))
    }

    /// Runs this far ahead of this computer's clock; a negative number is behind it.
    pub const fn run_ahead(&mut self, offset_millis: i64) {
        *self = Self { offset_millis, frozen: None };
    }

    /// Stands still at an instant.
    pub const fn freeze(&mut self, at: UnixMillis) {
        self.frozen = Some(at);
    }

    /// Moves on by a span, running or frozen.
    pub fn advance(&mut self, span: Duration) {
        match &mut self.frozen {
            Some(at) => *at = at.plus(span),
            None => {
                self.offset_millis = UnixMillis(self.offset_millis).plus(span).0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_can_be_shifted_stopped_and_moved_on() {
        let mut clock = Clock::default();
        clock.run_ahead(-3_600_000);
        let behind = UnixMillis::now().0 - clock.now().0;
        assert!((3_600_000..3_601_000).contains(&behind), "{behind}");
        clock.freeze(UnixMillis(5));
        clock.advance(Duration::from_millis(2));
        assert_eq!(clock.now(), UnixMillis(7));
    }
}
