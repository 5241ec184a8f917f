//! Duo's clock, as far as its answers tell.
//!
//! Every answer of Duo carries a `Date` header, refusals included, so the difference to this
//! computer's clock is known after the first one. Windows of time are cut by Duo's clock, and
//! requests are signed with it when this computer's clock is far off: a wrong local clock must not
//! stop collection. How far off Duo tolerates is not published, so we correct early.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::UnixMillis;

/// Beyond this difference requests are signed with Duo's time.
pub const TOLERATED: Duration = Duration::from_secs(30);

/// Duo's clock; clones share what is known.
#[derive(Clone, Debug, Default)]
pub struct DuoClock(Arc<Mutex<Option<i64>>>);

impl DuoClock {
    /// The time by Duo's clock; by the local one until Duo has answered.
    pub fn now(&self) -> UnixMillis {
        shifted(UnixMillis::now(), self.difference().unwrap_or(0))
    }

    /// Milliseconds by which Duo's clock is ahead of this computer's (negative: behind).
    pub fn difference(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time to sign with.
    pub fn signing_time(&self) -> UnixMillis {
        let tolerated = i64::try_from(TOLERATED.as_millis()).unwrap_or(i64::MAX);
        match self.difference() {
            Some(difference) if difference.abs() > tolerated => self.now(),
            _ => UnixMillis::now(),
        }
    }

    /// Takes in an answer: the date in it, and when it was asked for and received.
    pub fn heard(&self, date: UnixMillis, asked: UnixMillis, received: UnixMillis) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(learned(*known, date, asked, received));
    }
}

/// The instant, `millis` later.
pub fn shifted(at: UnixMillis, millis: i64) -> UnixMillis {
    UnixMillis(at.0.saturating_add(millis))
}

/// The difference after another answer. The date was cut to whole seconds and written some time
/// between asking and receiving; of the differences that fit, the least is taken, so that Duo's
/// clock is never thought to be further than it is. A known one that fits is kept, and each better
/// bound brings it closer.
fn learned(known: Option<i64>, date: UnixMillis, asked: UnixMillis, received: UnixMillis) -> i64 {
    let least = date.0.saturating_sub(received.0);
    let most = date.0.saturating_add(1000).saturating_sub(asked.0).max(least);
    known.filter(|known| (least..=most).contains(known)).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_learned_and_held() {
        let at = UnixMillis;
        // Duo says 10:00, we asked and heard around 9:00.
        let first = learned(None, at(36_000_000), at(32_400_000), at(32_400_200));
        assert!((3_599_800..=3_601_000).contains(&first), "{first}");
        assert_eq!(learned(Some(first), at(36_060_000), at(32_460_000), at(32_460_300)), first);
        // Somebody set our clock.
        let second = learned(Some(first), at(36_120_000), at(36_119_900), at(36_120_100));
        assert!(second.abs() <= 1100, "{second}");
    }

    #[test]
    fn duos_clock_is_never_thought_to_be_further_than_it_is() {
        // Both clocks agree; Duo writes whole seconds, and an answer takes 40 ms.
        let mut known = None;
        for asked in (0..20_000).step_by(730) {
            let date = UnixMillis((asked + 20) / 1000 * 1000);
            known = Some(learned(known, date, UnixMillis(asked), UnixMillis(asked + 40)));
            assert!(known.is_some_and(|known| known <= 0), "{known:?} after asking at {asked}");
        }
        assert!(known.is_some_and(|known| known >= -80), "{known:?}");
    }

    #[test]
    fn a_small_difference_is_not_signed_with() {
        let clock = DuoClock::default();
        let now = UnixMillis::now();
        clock.heard(shifted(now, 3_600_000), now, now);
        assert!(clock.signing_time().0 - UnixMillis::now().0 > 3_500_000);
        let clock = DuoClock::default();
        clock.heard(shifted(now, -5_000), now, now);
        assert!((clock.signing_time().0 - UnixMillis::now().0).abs() < 1_000);
        assert!(
            clock.difference().is_some_and(|difference| (-6_000..=-4_000).contains(&difference))
        );
    }
}
