//! When people work, so that a rule can ask for what happens outside of it.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::settings::Alerts;

/// When people work, by the clock of their zone.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkingHours {
    /// Whose clock.
    pub zone: TimeZone,
    /// On which days.
    pub days: Vec<Weekday>,
    /// From when on.
    pub from: Time,
    /// Until when; before `from` means until then on the next day.
    pub until: Time,
}

impl Default for WorkingHours {
    /// Monday to Friday, seven to seven, by this computer's zone.
    fn default() -> Self {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        Self {
            zone: TimeZone::system(),
            days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
            from: Time::constant(7, 0, 0, 0),
            until: Time::constant(19, 0, 0, 0),
        }
    }
}

impl WorkingHours {
    /// The working hours of the settings; what they do not say is as usual.
    pub fn of(alerts: &Alerts) -> Self {
        let usual = Self::default();
        let days = alerts.working_days.clone().unwrap_or(usual.days);
        match &alerts.working_hours {
            Some(hours) => Self { zone: hours.zone(), days, from: hours.from, until: hours.until },
            None => Self { days, ..Self::default() },
        }
    }

    /// The hour by the clock of the zone.
    pub fn hour(&self, at: Timestamp) -> Option<i8> {
        Some(at.to_zoned(self.zone.clone()).hour())
    }

    /// The day, in lower case: `monday`.
    pub fn weekday(&self, at: Timestamp) -> &'static str {
        match at.to_zoned(self.zone.clone()).weekday() {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }

    /// Whether people work then.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        let (day, time) = (local.weekday(), local.time());
        if self.from <= self.until {
            return self.days.contains(&day) && time >= self.from && time < self.until;
        }
        // A night shift belongs to the day it begins on.
        self.days.contains(&day) && time >= self.from
            || self.days.contains(&day.previous()) && time < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn working_hours_go_by_the_zone_of_the_people() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let hours = WorkingHours { zone, ..WorkingHours::default() };
        assert!(hours.is_open(at("2026-11-22T22:30:00Z")), "Monday, 07:30 there");
        assert!(!hours.is_open(at("2026-11-23T10:00:00Z")), "Monday, 19:00 there");
        assert!(!hours.is_open(at("2026-11-21T03:00:00Z")), "Saturday noon");
        assert_eq!(hours.weekday(at("2026-11-22T22:30:00Z")), "monday");
        assert_eq!(hours.hour(at("2026-11-22T22:30:00Z")), Some(7));
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_it_begins_on() {
        let hours = WorkingHours {
            zone: TimeZone::UTC,
            days: vec![Weekday::Friday],
            from: Time::constant(22, 0, 0, 0),
            until: Time::constant(6, 0, 0, 0),
        };
        assert!(hours.is_open(at("2026-11-20T23:00:00Z")), "Friday night");
        assert!(hours.is_open(at("2026-11-21T05:59:00Z")), "into Saturday");
        assert!(!hours.is_open(at("2026-11-20T05:00:00Z")), "Friday morning is Thursday's night");
    }
}
