//! One account's one path: when the next request may go, and what an answer teaches. Pure.
//!
//! Requests are booked on a timeline: each one takes an interval, and may go as early as the burst
//! allows. A clock that was set back never makes a request wait longer than the pace explains.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{PaceSetting, Verdict};
use crate::base::UnixMillis;

/// Requests a minute to begin with.
const START: f64 = 20.0;
/// Never slower than this, so that recovery can begin.
const SLOWEST: f64 = 1.0;
/// Never faster than this.
const FASTEST: f64 = 600.0;
/// How many requests may follow one another without a pause.
const BURST: f64 = 2.0;
/// The shortest and the longest rest after a refusal.
const REST: Duration = Duration::from_secs(60);
const REST_CAP: Duration = Duration::from_secs(600);
/// The longest rest Duo can ask for.
const ASKED_CAP: Duration = Duration::from_secs(3600);
/// The longest rest when the pace is unlimited.
const FAST_CAP: Duration = Duration::from_secs(1);
const FAST_REST: Duration = Duration::from_millis(50);

/// What is known about one account's one path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lane {
    /// Requests a minute.
    rate: f64,
    /// The rate not to pass, slightly below one that was refused.
    ceiling: Option<f64>,
    /// Where the bookings end.
    booked_until: UnixMillis,
    /// When the last request was booked to go.
    last_request: UnixMillis,
    /// No request before this.
    rests_until: UnixMillis,
    /// Refusals in a row.
    refusals: u32,
    /// Whether the pace, and not the caller, decided when the last request went.
    #[serde(skip)]
    held_back: bool,
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            rate: START,
            ceiling: None,
            booked_until: UnixMillis(0),
            last_request: UnixMillis(0),
            rests_until: UnixMillis(0),
            refusals: 0,
            held_back: false,
        }
    }
}

impl Lane {
    /// How much longer the lane rests.
    pub fn rest(&self, now: UnixMillis) -> Duration {
        // No rest is longer than this: a longer one was noted by a clock that ran ahead.
        Some(span(now, self.rests_until)).filter(|rest| *rest <= ASKED_CAP).unwrap_or_default()
    }

    /// What two processes know together: the later one's findings, and the longer rest.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let rests_until = self.rests_until.max(other.rests_until);
        let later = if other.last_request > self.last_request { other } else { self };
        Self { rests_until, ..later }
    }

    /// Books the next request and says how long it has to wait. `random` is between 0 and 1.
    pub fn reserve(&mut self, setting: PaceSetting, now: UnixMillis, random: f64) -> Duration {
        let rest = self.rest(now);
        let (interval, burst) = match setting {
            PaceSetting::Unlimited => {
                self.last_request = now.plus(rest);
                return rest;
            }
            PaceSetting::PerMinute(rate) => (interval(rate), 1.0),
            PaceSetting::Adaptive => (interval(self.rate), BURST),
        };
        let burst_span = interval.mul_f64(burst);
        if span(now, self.booked_until) > burst_span.saturating_mul(64) {
            // Booked by a clock that ran ahead of today's.
            self.booked_until = now;
        }
        let booked_from = self.booked_until.max(now);
        self.booked_until = booked_from.plus(interval);
        let allowed = self.booked_until.minus(burst_span);
        let turn = span(now, allowed);
        self.held_back = !turn.is_zero();
        let turn = turn.max(rest);
        let wait = turn.mul_f64(1.0 + 0.1 * random.clamp(0.0, 1.0));
        self.last_request = now.plus(wait);
        wait
    }

    /// Learns from an answer.
    pub fn learn(&mut self, setting: PaceSetting, verdict: Verdict, now: UnixMillis) {
        match verdict {
            Verdict::Fine => {
                self.refusals = 0;
                if setting == PaceSetting::Adaptive && self.held_back {
                    self.speed_up();
                }
            }
            Verdict::TooMany(asked) => {
                self.refusals = self.refusals.saturating_add(1);
                let rest = rest_after(setting, self.refusals, asked);
                self.rests_until = self.rests_until.max(now.plus(rest));
                // Requests sent before the refusal arrived are refused too; only one counts.
                if setting == PaceSetting::Adaptive && self.refusals == 1 {
                    self.ceiling = Some((self.rate * 0.9).max(SLOWEST));
                    self.rate = (self.rate / 2.0).max(SLOWEST);
                } else if setting == PaceSetting::Adaptive {
                    self.rate = (self.rate * 0.8).max(SLOWEST);
                }
            }
            Verdict::Other => {}
        }
    }

    fn speed_up(&mut self) {
        let faster = self.rate * 1.1;
        let ceiling = match &mut self.ceiling {
            Some(ceiling) if faster > *ceiling => {
                // At the ceiling: try a hundredth more with each good answer.
                *ceiling *= 1.01;
                *ceiling
            }
            Some(ceiling) => *ceiling,
            None => FASTEST,
        };
        self.rate = faster.min(ceiling).min(FASTEST);
    }
}

/// How long a lane rests after so many refusals in a row.
fn rest_after(setting: PaceSetting, refusals: u32, asked: Option<Duration>) -> Duration {
    let doubled = |start: Duration, cap: Duration| {
        let times = 1_u32.checked_shl(refusals.saturating_sub(1)).unwrap_or(u32::MAX);
        start.saturating_mul(times).min(cap)
    };
    let asked = asked.unwrap_or_default();
    match setting {
        PaceSetting::Unlimited => doubled(FAST_REST, FAST_CAP).max(asked.min(FAST_CAP)),
        PaceSetting::Adaptive | PaceSetting::PerMinute(_) => {
            doubled(REST, REST_CAP).max(asked.min(ASKED_CAP))
        }
    }
}

fn interval(per_minute: f64) -> Duration {
    Duration::from_secs_f64(60.0 / per_minute.clamp(0.01, 6000.0))
}

fn span(from: UnixMillis, until: UnixMillis) -> Duration {
    Duration::from_millis(until.0.saturating_sub(from.0).max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

    #[test]
    fn two_requests_go_at_once_and_the_rest_in_step() {
        let mut lane = Lane::default();
        let waits: Vec<u64> =
            (0..4).map(|_| lane.reserve(PaceSetting::Adaptive, NOW, 0.0).as_secs()).collect();
        assert_eq!(waits, [0, 0, 3, 6]);
        let mut lane = Lane::default();
        let waits: Vec<u64> = (0..3)
            .map(|_| lane.reserve(PaceSetting::PerMinute(30.0), NOW, 0.0).as_secs())
            .collect();
        assert_eq!(waits, [0, 2, 4]);
        assert_eq!(lane.reserve(PaceSetting::Unlimited, NOW, 1.0), Duration::ZERO);
    }

    #[test]
    fn good_answers_speed_up_only_where_the_pace_held_back() {
        let mut lane = Lane::default();
        lane.reserve(PaceSetting::Adaptive, NOW, 0.0);
        lane.learn(PaceSetting::Adaptive, Verdict::Fine, NOW);
        assert_eq!(lane.rate, START);
        let mut now = NOW;
        for _ in 0..200 {
            now = now.plus(lane.reserve(PaceSetting::Adaptive, now, 0.0));
            lane.learn(PaceSetting::Adaptive, Verdict::Fine, now);
        }
        assert!((FASTEST * 0.99..=FASTEST).contains(&lane.rate), "{}", lane.rate);
        let secs = span(NOW, now).as_secs();
        assert!((30..90).contains(&secs), "{secs} s");
    }

    #[test]
    fn a_refusal_halves_and_the_refused_rate_is_approached_slowly() {
        let mut lane = Lane { rate: 100.0, ..Lane::default() };
        lane.learn(PaceSetting::Adaptive, Verdict::TooMany(None), NOW);
        assert_eq!((lane.rate, lane.ceiling), (50.0, Some(90.0)));
        lane.learn(PaceSetting::Adaptive, Verdict::TooMany(None), NOW);
        assert_eq!(lane.ceiling, Some(90.0));
        lane.held_back = true;
        let mut answers = 0;
        while lane.rate < 100.0 {
            lane.learn(PaceSetting::Adaptive, Verdict::Fine, NOW);
            answers += 1;
        }
        assert!((15..40).contains(&answers), "{answers}");
    }

    #[test]
    fn rests_follow_the_table() {
        let secs = Duration::from_secs;
        let millis = Duration::from_millis;
        let fixed = PaceSetting::PerMinute(30.0);
        for (setting, refusals, asked, rest) in [
            (PaceSetting::Adaptive, 1, None, secs(60)),
            (PaceSetting::Adaptive, 2, None, secs(120)),
            (PaceSetting::Adaptive, 9, None, secs(600)),
            (PaceSetting::Adaptive, 1, Some(secs(5)), secs(60)),
            (PaceSetting::Adaptive, 1, Some(secs(900)), secs(900)),
            (fixed, 1, None, secs(60)),
            (PaceSetting::Unlimited, 1, None, millis(50)),
            (PaceSetting::Unlimited, 3, None, millis(200)),
            (PaceSetting::Unlimited, 40, None, secs(1)),
            (PaceSetting::Unlimited, 1, Some(secs(30)), secs(1)),
        ] {
            assert_eq!(
                rest_after(setting, refusals, asked),
                rest,
                "{setting} {refusals} {asked:?}"
            );
        }
    }

    #[test]
    fn a_clock_set_back_does_not_silence_a_lane() {
        let mut lane = Lane::default();
        lane.reserve(PaceSetting::Adaptive, NOW.plus(Duration::from_secs(86_400)), 0.0);
        lane.rests_until = NOW.plus(Duration::from_secs(86_400));
        assert!(lane.reserve(PaceSetting::Adaptive, NOW, 0.0).is_zero());
    }
}
