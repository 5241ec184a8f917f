//! What of the waiting alerts is told now, in one message.
//!
//! Promises: pure; what begins within a person's `group_for` is one message; in quiet hours only
//! what is grave enough goes out, and the rest goes out together when they end; after a failure
//! everything waits for the next attempt and then goes out together, so a destination that was away
//! for days gets one message and not a thousand.

use std::time::Duration;

use crate::base::UnixMillis;
use crate::record::Level;
use crate::settings::Taste;

/// The longest wait for another attempt.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// An alert that a destination has not been told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The number of the alert.
    pub alert: i64,
    /// How grave it is.
    pub level: Level,
    /// Since when it waits.
    pub since: UnixMillis,
    /// When it may be tried again, after a failure.
    pub next_try: Option<UnixMillis>,
}

/// What to do about a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Nothing waits.
    Nothing,
    /// Look again then; something new may come before.
    Wait(UnixMillis),
    /// Tell these in one message.
    Send(Vec<i64>),
}

/// What to do now. `quiet_until` is when the quiet hours end, if it is quiet.
pub fn plan(
    waiting: &[Waiting],
    taste: &Taste,
    quiet_until: Option<UnixMillis>,
    now: UnixMillis,
) -> Plan {
    let may_go = |one: &&Waiting| quiet_until.is_none() || one.level >= taste.quiet_level;
    let ready: Vec<&Waiting> = waiting.iter().filter(may_go).collect();
    let Some(first) = ready.iter().map(|one| one.since).min() else {
        return match quiet_until {
            Some(until) if !waiting.is_empty() => Plan::Wait(until),
            _ => Plan::Nothing,
        };
    };
    // A destination that failed is left alone whatever comes meanwhile. A wait that is longer than
    // any we give comes from a clock that was set back.
    let next_try =
        ready.iter().filter_map(|one| one.next_try).filter(|at| *at <= now.plus(LONGEST)).max();
    let due = match next_try {
        Some(at) => at,
        // From a future that a clock set back has left behind: told now.
        None if first > now => now,
        None => first.plus(taste.group_for),
    };
    if due > now {
        return Plan::Wait(due);
    }
    Plan::Send(ready.iter().map(|one| one.alert).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> UnixMillis {
        UnixMillis(1_780_000_000_000 + secs * 1000)
    }

    fn taste() -> Taste {
        Taste {
            levels: Level::ALL.to_vec(),
            quiet_hours: None,
            quiet_level: Level::Critical,
            group_for: Duration::from_secs(300),
        }
    }

    fn waiting(alert: i64, level: Level, since: i64) -> Waiting {
        Waiting { alert, level, since: at(since), next_try: None }
    }

    #[test]
    fn what_begins_within_five_minutes_is_one_message() {
        let taste = taste();
        let one = waiting(1, Level::High, 0);
        let two = waiting(2, Level::Low, 299);
        assert_eq!(plan(&[], &taste, None, at(0)), Plan::Nothing);
        assert_eq!(plan(&[one], &taste, None, at(0)), Plan::Wait(at(300)));
        assert_eq!(plan(&[one, two], &taste, None, at(299)), Plan::Wait(at(300)));
        assert_eq!(plan(&[one, two], &taste, None, at(300)), Plan::Send(vec![1, 2]));
        let at_once = Taste { group_for: Duration::ZERO, ..taste };
        assert_eq!(plan(&[one], &at_once, None, at(0)), Plan::Send(vec![1]));
    }

    #[test]
    fn quiet_hours_let_only_the_gravest_through_and_keep_the_rest() {
        let taste = taste();
        let high = waiting(1, Level::High, 0);
        let critical = waiting(2, Level::Critical, 10);
        let quiet = Some(at(9000));
        assert_eq!(plan(&[high], &taste, quiet, at(400)), Plan::Wait(at(9000)));
        assert_eq!(plan(&[high, critical], &taste, quiet, at(400)), Plan::Send(vec![2]));
        assert_eq!(plan(&[high], &taste, None, at(9000)), Plan::Send(vec![1]));
    }

    #[test]
    fn after_a_failure_everything_waits_and_then_goes_together() {
        let taste = taste();
        let tried = Waiting { next_try: Some(at(500)), ..waiting(1, Level::High, 0) };
        let fresh = waiting(2, Level::Critical, 301);
        assert_eq!(plan(&[tried, fresh], &taste, None, at(499)), Plan::Wait(at(500)));
        assert_eq!(plan(&[tried, fresh], &taste, None, at(500)), Plan::Send(vec![1, 2]));
    }

    #[test]
    fn a_thousand_alerts_are_one_message() {
        let many: Vec<Waiting> = (0..1000).map(|i| waiting(i, Level::High, i)).collect();
        let Plan::Send(sent) = plan(&many, &taste(), None, at(90_000)) else { panic!() };
        assert_eq!(sent.len(), 1000);
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let ahead = waiting(1, Level::High, 86_400);
        assert_eq!(plan(&[ahead], &taste(), None, at(0)), Plan::Send(vec![1]));
        let tried = Waiting { next_try: Some(at(86_400)), ..ahead };
        assert_eq!(plan(&[tried], &taste(), None, at(0)), Plan::Send(vec![1]));
    }
}
