//! The hours in which only what is grave is told: `quiet_hours = "22:00-07:00"`.

use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::settings::section::Section;

/// Hours of the day, every day; they may reach over midnight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// When they begin.
    pub from: Time,
    /// When they end; that minute is not quiet any more.
    pub until: Time,
    /// Whose clock tells; the computer's when there is none.
    pub zone: Option<TimeZone>,
}

impl QuietHours {
    /// Reads `quiet_hours` and `zone`.
    pub(in crate::settings) fn read(section: &mut Section<'_>) -> Option<Self> {
        Self::read_as(section, "quiet_hours")
    }

    /// Reads hours under another key, and `zone`.
    pub(in crate::settings) fn read_as(
        section: &mut Section<'_>,
        key: &'static str,
    ) -> Option<Self> {
        let zone = section.text("zone").and_then(|name| {
            let zone = TimeZone::get(name.trim());
            if zone.is_err() {
                let what = format!(
                    "there is no time zone \u{201c}{name}\u{201d}; write a name such as \
                     Europe/Paris, or remove the line for the computer's own"
                );
                section.wrong("zone", what);
            }
            zone.ok()
        });
        let text = section.text(key)?;
        let Some((from, until)) = parse(&text) else {
            section.wrong(key, "write two times of the day, such as \"22:00-07:00\"");
            return None;
        };
        if from == until {
            section.wrong(key, "the two times are the same; remove the line for none");
            return None;
        }
        Some(Self { from, until, zone })
    }

    /// The clock that tells.
    pub fn zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or_else(TimeZone::system)
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.until.strftime("%H:%M"))
    }
}

fn parse(text: &str) -> Option<(Time, Time)> {
    let (from, until) = text.split_once(['-', '\u{2013}'])?;
    Some((time(from.trim())?, time(until.trim())?))
}

/// `7:00`, `07:00`; `24:00` is midnight.
fn time(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str, most: usize| {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| text.parse::<i8>().ok()).flatten()
    };
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2).filter(|_| minutes.len() == 2)?);
    match (hours, minutes) {
        (24, 0) => Some(Time::midnight()),
        _ => Time::new(hours, minutes, 0, 0).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (text, shown) in [
            ("22:00-07:00", "22:00-07:00"),
            ("7:30 - 9:05", "07:30-09:05"),
            ("18:00\u{2013}24:00", "18:00-00:00"),
        ] {
            let (from, until) = parse(text).unwrap();
            assert_eq!(QuietHours { from, until, zone: None }.to_string(), shown);
        }
        for wrong in ["", "22-7", "22:00", "25:00-07:00", "22:60-07:00", "22:0-7:00", "+1:00-2:00"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
