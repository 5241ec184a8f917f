//! How long to wait before asking again.
//!
//! Promises: pure; never longer than the cap; never zero, so that a loop which only waits between
//! attempts cannot spin. The random part keeps many installations from asking in step after an
//! outage that they all saw end at the same moment.

use std::time::Duration;

/// The longest wait between attempts.
pub const CAP: Duration = Duration::from_secs(300);
/// The longest wait when pacing is off.
pub const FAST_CAP: Duration = Duration::from_secs(1);

/// The wait after the failed attempt number `attempt` (0 is the first). `fast` is for a pace of
/// "unlimited"; `random` is between 0 and 1.
pub fn backoff(attempt: u32, fast: bool, random: f64) -> Duration {
    let (start, cap) =
        if fast { (Duration::from_millis(50), FAST_CAP) } else { (Duration::from_secs(1), CAP) };
    let doubled = start.saturating_mul(1_u32.checked_shl(attempt).unwrap_or(u32::MAX)).min(cap);
    let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.5 };
    doubled.mul_f64(0.75 + random * 0.5).min(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let secs = |attempt| backoff(attempt, false, 0.5).as_secs();
        assert_eq!(
            [secs(0), secs(1), secs(2), secs(8), secs(9), secs(99)],
            [1, 2, 4, 256, 300, 300]
        );
        let millis = |attempt| backoff(attempt, true, 0.5).as_millis();
        assert_eq!(
            [millis(0), millis(1), millis(4), millis(5), millis(99)],
            [50, 100, 800, 1000, 1000]
        );
    }

    #[test]
    fn chance_moves_a_wait_by_a_quarter_and_never_past_the_cap() {
        assert_eq!(backoff(2, false, 0.0), Duration::from_secs(3));
        assert_eq!(backoff(2, false, 1.0), Duration::from_secs(5));
        assert_eq!(backoff(20, false, 1.0), CAP);
        assert_eq!(backoff(2, false, f64::NAN), Duration::from_secs(4));
    }
}
