//! The time zone a report's times are told in, and how they are written.
//!
//! Promises: every written time is unambiguous where it stands: with its offset, or under a heading
//! that names the zone. A zone is found by its name in the IANA database, of the system where it
//! has one and compiled in on Windows.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::base::{Problem, UnixMillis};

/// A time zone with its name.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// The system's.
    pub fn system() -> Self {
        Self::named(TimeZone::try_system().unwrap_or(TimeZone::UTC))
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self::named(TimeZone::UTC)
    }

    /// The zone of a name: `Europe/Berlin`, `UTC`.
    pub fn find(name: &str) -> Result<Self, Problem> {
        let name = name.trim();
        if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("z") {
            return Ok(Self::utc());
        }
        TimeZone::get(name).map(Self::named).map_err(|_| {
            Problem::new(format!("There is no time zone named \u{201c}{name}\u{201d}"))
                .next("write it as region and city: Europe/Berlin, America/New_York, or UTC")
        })
    }

    fn named(zone: TimeZone) -> Self {
        let name = match zone.iana_name() {
            Some("Etc/UTC" | "Etc/Unknown") => "UTC".to_owned(),
            Some(name) => name.to_owned(),
            None => match zone.to_fixed_offset() {
                Ok(offset) if offset.is_zero() => "UTC".to_owned(),
                Ok(offset) => format!("UTC{}", signed(offset.seconds())),
                Err(_) => "this computer\u{2019}s time zone".to_owned(),
            },
        };
        Self { zone, name }
    }

    /// Its name: `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name, and how far it is from UTC at an instant: `Europe/Berlin (UTC+01:00)`.
    pub fn name_at(&self, time: UnixMillis) -> String {
        if self.name.starts_with("UTC") {
            return self.name.clone();
        }
        format!("{} (UTC{})", self.name, signed(self.local(time).1))
    }

    /// The date and time of day of an instant.
    pub fn civil(&self, time: UnixMillis) -> DateTime {
        self.local(time).0
    }

    /// The instant of a date and time of day.
    pub fn instant(&self, civil: DateTime) -> Option<UnixMillis> {
        let zoned = self.zone.to_ambiguous_zoned(civil).compatible().ok()?;
        Some(UnixMillis(zoned.timestamp().as_millisecond()))
    }

    /// Reads a time as people type it; a date is its first instant in this zone.
    pub fn parse_when(&self, text: &str, now: UnixMillis) -> Result<UnixMillis, Problem> {
        let date: Option<Date> = text.trim().parse().ok();
        match date.and_then(|date| self.instant(date.into())) {
            // `2026-11-22T06:00Z` would be read as its date alone.
            Some(time) if text.trim().len() == 10 => Ok(time),
            _ => UnixMillis::parse_when(text, now),
        }
    }

    /// `2026-11-22 06:00:00`, without its offset: for where the zone is named beside it.
    pub fn write_plain(&self, time: UnixMillis, out: &mut String) {
        write_civil(self.civil(time), out);
    }

    /// `2026-11-22 06:00:00+01:00`, which stands for itself.
    pub fn write_with_offset(&self, time: UnixMillis, out: &mut String) {
        let (civil, offset) = self.local(time);
        write_civil(civil, out);
        write_offset(offset, out);
    }

    /// `2026-11-22 06:00:00`.
    pub fn written(&self, time: UnixMillis) -> String {
        let mut text = String::with_capacity(20);
        self.write_plain(time, &mut text);
        text
    }

    /// `2026-11-22T06:00:00.123+01:00`.
    pub fn rfc3339(&self, time: UnixMillis) -> String {
        let (civil, offset) = self.local(time);
        let mut text = String::with_capacity(30);
        write_civil(civil, &mut text);
        text.replace_range(10..11, "T");
        text.push('.');
        digits(&mut text, time.0.rem_euclid(1000), 3);
        write_offset(offset, &mut text);
        text
    }

    fn local(&self, time: UnixMillis) -> (DateTime, i32) {
        let stamp = Timestamp::from_millisecond(time.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = self.zone.to_offset(stamp);
        (offset.to_datetime(stamp), offset.seconds())
    }
}

/// Whether two are the same zone does not matter beyond their names.
impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

fn write_civil(civil: DateTime, out: &mut String) {
    // Years outside 1000 to 9999 do not occur in logs; they only have to be written somehow.
    digits(out, i64::from(civil.year()), 4);
    for (sign, value) in [
        ('-', civil.month()),
        ('-', civil.day()),
        (' ', civil.hour()),
        (':', civil.minute()),
        (':', civil.second()),
    ] {
        out.push(sign);
        digits(out, i64::from(value), 2);
    }
}

fn digits(out: &mut String, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value.unsigned_abs() / 10_u64.pow(place) % 10;
        out.push(char::from_digit(digit as u32, 10).unwrap_or('0'));
    }
}

fn write_offset(seconds: i32, out: &mut String) {
    let minutes = seconds.unsigned_abs() / 60;
    out.push(if seconds < 0 { '-' } else { '+' });
    digits(out, i64::from(minutes / 60), 2);
    out.push(':');
    digits(out, i64::from(minutes % 60), 2);
}

fn signed(seconds: i32) -> String {
    let mut text = String::new();
    write_offset(seconds, &mut text);
    if seconds % 60 != 0 {
        // Before zones were standardized.
        let _ = write!(text, ":{:02}", seconds.unsigned_abs() % 60);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        UnixMillis::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_apart() {
        let zone = Zone::find("Europe/Berlin").unwrap();
        let mut out = String::new();
        zone.write_with_offset(at("2026-10-25T00:30:00Z"), &mut out);
        out.push(' ');
        zone.write_with_offset(at("2026-10-25T01:30:00Z"), &mut out);
        assert_eq!(out, "2026-10-25 02:30:00+02:00 2026-10-25 02:30:00+01:00");
        assert_eq!(zone.name_at(at("2026-11-22T00:00:00Z")), "Europe/Berlin (UTC+01:00)");
    }

    #[test]
    fn a_date_begins_in_the_zone_and_an_instant_is_the_same_everywhere() {
        let (zone, now) = (Zone::find("Europe/Berlin").unwrap(), at("2026-11-23T00:00:00Z"));
        for (text, expected) in [
            ("2026-11-22", "2026-11-21T23:00:00Z"),
            ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00Z"),
            ("-24h", "2026-11-22T00:00:00Z"),
        ] {
            assert_eq!(zone.parse_when(text, now), Ok(at(expected)), "{text}");
        }
        assert!(zone.parse_when("yesterday", now).is_err());
    }

    #[test]
    fn half_hours_and_the_west_are_written_right() {
        let written = |name: &str| {
            let mut out = String::new();
            Zone::find(name).unwrap().write_with_offset(at("2026-11-22T05:00:00Z"), &mut out);
            out
        };
        assert_eq!(written("Asia/Kolkata"), "2026-11-22 10:30:00+05:30");
        assert_eq!(written("America/St_Johns"), "2026-11-22 01:30:00-03:30");
        assert_eq!(written("utc"), "2026-11-22 05:00:00+00:00");
    }

    #[test]
    fn a_zone_that_is_none_is_told() {
        let problem = Zone::find("Mars/Olympus").unwrap_err();
        assert!(problem.to_string().contains("Mars/Olympus"), "{problem}");
    }

    #[test]
    fn a_time_that_does_not_exist_becomes_the_next_that_does() {
        let zone = Zone::find("Europe/Berlin").unwrap();
        let gap = jiff::civil::date(2026, 3, 29).at(2, 30, 0, 0);
        assert_eq!(zone.instant(gap), Some(at("2026-03-29T01:30:00Z")));
    }
}
