//! Times with their unit in the type, and how people write times and spans.
//!
//! Duo's second-generation logs count milliseconds and its first-generation logs count seconds;
//! the wrong unit is refused or, worse, answers with nothing. Converting is therefore spelled out.

use std::fmt;
use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::Problem;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

/// Whole seconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixSecs(pub i64);

/// Milliseconds in a day.
pub const DAY_MILLIS: i64 = 86_400_000;

impl UnixMillis {
    /// This computer's clock, right or wrong.
    pub fn now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// The second this instant lies in.
    pub const fn floor_secs(self) -> UnixSecs {
        UnixSecs(self.0.div_euclid(1000))
    }

    /// The first instant of the UTC day this instant lies in.
    pub const fn floor_day(self) -> Self {
        Self(self.0.div_euclid(DAY_MILLIS) * DAY_MILLIS)
    }

    /// This instant, `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// This instant, `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// Reads an RFC 3339 time, with or without a fraction; finer digits than milliseconds are cut.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at: Timestamp = text.trim().parse().ok()?;
        Some(Self(at.as_nanosecond().div_euclid(1_000_000) as i64))
    }

    /// Reads a time as people type it: RFC 3339, a date, `now`, or a span back such as `-7d`.
    pub fn parse_when(text: &str, now: Self) -> Result<Self, Problem> {
        let text = text.trim();
        if text == "now" {
            return Ok(now);
        }
        if let Some(back) = text.strip_prefix('-') {
            return Ok(now.minus(parse_span(back)?));
        }
        if let Ok(date) = text.parse::<jiff::civil::Date>()
            && let Ok(start) = date.to_zoned(TimeZone::UTC)
        {
            return Ok(Self(start.timestamp().as_millisecond()));
        }
        Self::parse_rfc3339(text).ok_or_else(|| {
            Problem::new(format!("\u{201c}{text}\u{201d} is not a time"))
                .next("write it as 2026-03-01T08:00:00Z, 2026-03-01, -7d, -24h or now")
        })
    }
}

impl fmt::Display for UnixMillis {
    /// RFC 3339 in UTC; milliseconds only where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl UnixSecs {
    /// The first millisecond of this second.
    pub const fn to_millis(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(1000))
    }
}

impl fmt::Display for UnixSecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_millis().fmt(f)
    }
}

/// Reads a span such as `90s`, `15m`, `24h`, `179d` or `2w`.
pub fn parse_span(text: &str) -> Result<Duration, Problem> {
    let wrong = || {
        Problem::new(format!("\u{201c}{text}\u{201d} is not a span of time"))
            .next("write a number and a unit: 90s, 15m, 24h, 179d or 2w")
    };
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit_secs = match unit.trim() {
        "s" | "sec" | "secs" => 1,
        "m" | "min" | "mins" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_secs).map(Duration::from_secs).ok_or_else(wrong)
}

/// Writes a span the way [`parse_span`] reads it, in the largest unit that fits.
pub fn format_span(span: Duration) -> String {
    let secs = span.as_secs();
    for (unit, unit_secs) in [("d", 86_400), ("h", 3600), ("m", 60)] {
        if secs >= unit_secs && secs.is_multiple_of(unit_secs) {
            return format!("{}{unit}", secs / unit_secs);
        }
    }
    format!("{secs}s")
}

/// Reads a size such as `64KB`, `100MB` or `1GB`; a thousand bytes are a kilobyte.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit_bytes: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => 1,
        "kb" | "k" => 1_000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit_bytes)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_of_any_length_are_read() {
        for (text, millis) in [
            ("1970-01-01T00:00:01Z", 1000),
            ("1970-01-01T00:00:01.5+00:00", 1500),
            ("1970-01-01T00:00:01.123456+00:00", 1123),
            ("1970-01-01T02:00:01.999999999+02:00", 1999),
        ] {
            assert_eq!(UnixMillis::parse_rfc3339(text), Some(UnixMillis(millis)), "{text}");
        }
        assert_eq!(UnixMillis::parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        let now = UnixMillis(10 * DAY_MILLIS);
        assert_eq!(UnixMillis::parse_when("-7d", now), Ok(UnixMillis(3 * DAY_MILLIS)));
        assert_eq!(UnixMillis::parse_when("now", now), Ok(now));
        assert_eq!(UnixMillis::parse_when("1970-01-03", now), Ok(UnixMillis(2 * DAY_MILLIS)));
        assert!(UnixMillis::parse_when("soon", now).is_err());
    }

    #[test]
    fn spans_survive_a_round_trip() {
        for text in ["90s", "15m", "24h", "179d"] {
            let span = parse_span(text).unwrap();
            assert_eq!(parse_span(&format_span(span)), Ok(span), "{text}");
        }
        for text in ["", "7", "d", "-1d", "7 parsecs", "99999999999999999999d"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_type_them() {
        for (text, bytes) in [
            ("100MB", 100_000_000),
            ("64 kb", 64_000),
            ("1GiB", 1 << 30),
            ("7", 7),
            ("2g", 2_000_000_000),
        ] {
            assert_eq!(parse_bytes(text), Some(bytes), "{text}");
        }
        for text in ["", "MB", "-1MB", "1.5GB", "1 parsec", "99999999999999GB"] {
            assert_eq!(parse_bytes(text), None, "{text}");
        }
    }

    #[test]
    fn days_before_1970_round_down() {
        assert_eq!(UnixMillis(-1).floor_day(), UnixMillis(-DAY_MILLIS));
    }
}
