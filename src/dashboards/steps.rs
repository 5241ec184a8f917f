//! The steps of a line over time: hours, or the days of the reader's zone.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Unit, ZonedRound};

use crate::base::UnixMillis;

/// Ranges up to this many hours are told by the hour.
const HOURS: i64 = 72;

const HOUR_MILLIS: i64 = 3_600_000;

/// More steps than this nobody can tell apart, and a range can be the whole calendar.
const MOST: usize = 4_000;

/// How long a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An hour.
    Hour,
    /// A day of the reader's zone, which may have 23 or 25 hours.
    Day,
}

/// Steps that cover a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps {
    /// How long each is.
    pub step: Step,
    /// Where each begins; the first may begin before the range.
    pub starts: Vec<UnixMillis>,
}

impl Steps {
    /// Steps for a range, both ends inclusive. A range of more steps than can be told is covered
    /// from its end backwards, and the first step takes what is before.
    pub fn covering(since: UnixMillis, until: UnixMillis, zone: &TimeZone) -> Self {
        if until.0.saturating_sub(since.0) < HOURS * HOUR_MILLIS {
            let first = since.0.div_euclid(HOUR_MILLIS);
            let last = until.0.div_euclid(HOUR_MILLIS).max(first);
            let starts = (first..=last).map(|hour| UnixMillis(hour * HOUR_MILLIS)).collect();
            return Self { step: Step::Hour, starts };
        }
        let mut starts = Vec::new();
        let mut next = day_of(until, zone);
        while let Some(day) = next.take() {
            starts.push(UnixMillis(day.timestamp().as_millisecond()));
            if day.timestamp().as_millisecond() > since.0 && starts.len() < MOST {
                next = day.checked_sub(1.day()).ok();
            }
        }
        starts.reverse();
        if starts.len() == MOST
            && let Some(first) = starts.first_mut()
        {
            *first = (*first).min(since);
        }
        Self { step: Step::Day, starts }
    }
}

fn day_of(at: UnixMillis, zone: &TimeZone) -> Option<jiff::Zoned> {
    let at = Timestamp::from_millisecond(at.0).ok()?.to_zoned(zone.clone());
    at.round(ZonedRound::new().smallest(Unit::Day).mode(jiff::RoundMode::Floor)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    fn texts(steps: &Steps) -> Vec<String> {
        steps.starts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_short_range_is_told_by_the_hour() {
        let zone = TimeZone::UTC;
        let steps = Steps::covering(at("2026-11-20T10:59:59Z"), at("2026-11-20T12:00:00Z"), &zone);
        let hours = ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z"];
        assert_eq!(texts(&steps), hours);
        assert_eq!(steps.step, Step::Hour);
    }

    #[test]
    fn days_are_those_of_the_readers_zone() {
        // Clocks there go back an hour on 25 October.
        let rule = "CET-1CEST,M3.5.0,M10.5.0/3";
        let zone = TimeZone::posix(rule).unwrap();
        let steps = Steps::covering(at("2026-10-24T08:00:00Z"), at("2026-10-27T12:00:00Z"), &zone);
        assert_eq!(
            texts(&steps),
            [
                "2026-10-23T22:00:00Z",
                "2026-10-24T22:00:00Z",
                "2026-10-25T23:00:00Z",
                "2026-10-26T23:00:00Z"
            ]
        );
        assert_eq!(steps.step, Step::Day);
    }

    #[test]
    fn the_whole_calendar_has_an_end() {
        let steps = Steps::covering(UnixMillis(0), at("2026-10-27T12:00:00Z"), &TimeZone::UTC);
        assert_eq!(steps.starts.len(), MOST);
        assert_eq!(steps.starts[0], UnixMillis(0));
        let nothing = Steps::covering(at("2026-10-27T12:00:00Z"), UnixMillis(0), &TimeZone::UTC);
        assert_eq!(nothing.starts.len(), 1);
    }
}
