//! Which time is looked at.

use serde::{Deserialize, Serialize};

use crate::base::UnixMillis;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A range of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Range {
    /// The last hour.
    Hour,
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
    /// The last 30 days.
    Month,
    /// The last 90 days.
    Quarter,
    /// The last 180 days: as far back as Duo keeps its logs.
    HalfYear,
    /// From one instant to another, both inclusive.
    Between(UnixMillis, UnixMillis),
}

impl Range {
    /// Those that end now, the shortest first.
    pub const LAST: [Self; 6] =
        [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::HalfYear];

    /// In words: “Last 7 days”.
    pub fn title(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
            Self::Quarter => "Last 90 days",
            Self::HalfYear => "Last 180 days",
            Self::Between(..) => "Custom range",
        }
    }

    /// From when until when, both inclusive. A range that ends now ends with the current minute, so
    /// that a question asked twice within it is the same.
    pub fn since_until(self, now: UnixMillis) -> (UnixMillis, UnixMillis) {
        let end = UnixMillis((now.0.div_euclid(MINUTE) + 1) * MINUTE - 1);
        let last = |span: i64| (UnixMillis(end.0 + 1 - span), end);
        match self {
            Self::Hour => last(HOUR),
            Self::Day => last(DAY),
            Self::Week => last(7 * DAY),
            Self::Month => last(30 * DAY),
            Self::Quarter => last(90 * DAY),
            Self::HalfYear => last(180 * DAY),
            Self::Between(since, until) => (since, until),
        }
    }

    /// The range of the same length just before.
    pub fn before(self, now: UnixMillis) -> (UnixMillis, UnixMillis) {
        let (since, until) = self.since_until(now);
        (UnixMillis(since.0 - (until.0 + 1 - since.0)), UnixMillis(since.0 - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_and_the_one_before_touch_and_do_not_overlap() {
        let now = UnixMillis(1_800_000_123_456);
        for range in Range::LAST {
            let (since, until) = range.since_until(now);
            let (earlier, end) = range.before(now);
            assert_eq!(end.0 + 1, since.0, "{range:?}");
            assert_eq!(until.0 - since.0, end.0 - earlier.0, "{range:?}");
            assert!(until.0 >= now.0 && until.0 - now.0 < MINUTE);
        }
    }
}
