//! Numbers and times as the window says them.
//!
//! Promises: all pages say them alike; numbers are grouped as the reader's region does; a time that
//! is not “ago” can be told from one in another zone, because the page names the zone once.
//!
//! Days are year, month and day, and clocks have 24 hours, whatever the region: they sort, nobody
//! takes 3/4 for 4/3, and they read as they do in records, reports and the commands. How regions
//! group digits is a small table: all of CLDR would be larger than the rest of the window.
//! Source: <https://cldr.unicode.org>, version 46, `numbers.json` of each locale.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::UnixMillis;
use crate::base::words;

/// How the reader writes digits; English until [`like`] was called.
static DIGITS: OnceLock<Digits> = OnceLock::new();

/// How digits are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Digits {
    /// Between groups.
    group: char,
    /// Before what is less than one.
    decimal: char,
    /// Groups of two follow the first group of three.
    by_two: bool,
    /// Numbers of this many digits are not grouped yet.
    short: usize,
}

const ENGLISH: Digits = Digits { group: ',', decimal: '.', by_two: false, short: 3 };

/// Says numbers like people of this locale from here on; the first call counts.
pub(super) fn like(locale: &str) {
    let _ = DIGITS.set(Digits::of(locale));
}

/// A number in groups.
pub(super) fn number(n: i64) -> String {
    let digits = count(n.unsigned_abs());
    if n < 0 { format!("\u{2212}{digits}") } else { digits }
}

/// A number of things in groups.
pub(super) fn count(n: u64) -> String {
    digits().group(n)
}

/// A count with its noun: “1 record”, “2 records”.
pub(super) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A number with one digit behind the point.
pub(super) fn decimal(n: f64) -> String {
    let Digits { decimal, .. } = digits();
    let tenths = (n.abs() * 10.0).round();
    let sign = if n < 0.0 && tenths > 0.0 { "\u{2212}" } else { "" };
    // Beyond this nobody cares for tenths.
    let tenths = tenths.min(1e15) as u64;
    format!("{sign}{}{decimal}{}", count(tenths / 10), tenths % 10)
}

/// A share of one in percent: “42 %”, and “4.2 %” below ten.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() >= 9.95 || percent == 0.0 {
        format!("{} %", number(percent.round() as i64))
    } else {
        format!("{} %", decimal(percent))
    }
}

/// How long ago: “3 min ago”.
pub(super) fn ago(at: UnixMillis) -> String {
    words::ago(at, UnixMillis::now())
}

/// A moment, as short as it is clear: “15:40” today, “Tue 15:40”, “2026-03-01 15:40”.
pub(super) fn when(at: UnixMillis) -> String {
    words::local_time(at, UnixMillis::now())
}

/// A moment to the second, with its zone: for what shows when the pointer rests on a time.
pub(super) fn exact(at: UnixMillis) -> String {
    local(at).map_or_else(|| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S %Z").to_string())
}

/// A moment to the second, without its zone: for columns whose heading names it.
pub(super) fn stamp(at: UnixMillis) -> String {
    local(at).map_or_else(|| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A day.
pub(super) fn day(at: UnixMillis) -> String {
    local(at).map_or_else(|| at.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// The reader's zone, by name where it has one: “Europe/Paris”.
pub(super) fn zone() -> TimeZone {
    TimeZone::system()
}

/// The zone's name and what it is ahead of UTC: “Europe/Paris, UTC+1”.
pub(super) fn zone_words() -> String {
    let zone = zone();
    let offset = Timestamp::now().to_zoned(zone.clone()).offset();
    match zone.iana_name() {
        Some("UTC" | "Etc/UTC" | "Etc/UCT" | "Zulu") => "UTC".to_owned(),
        Some(name) => format!("{name}, UTC{offset}"),
        None => format!("UTC{offset}"),
    }
}

fn local(at: UnixMillis) -> Option<jiff::Zoned> {
    Timestamp::from_millisecond(at.0).map(|at| at.to_zoned(zone())).ok()
}

fn digits() -> Digits {
    DIGITS.get().copied().unwrap_or(ENGLISH)
}

impl Digits {
    /// Those of a locale: `de-CH`, `de_CH.UTF-8`; English ones where it is not known.
    fn of(locale: &str) -> Self {
        let mut parts = locale.split(['-', '_', '.', '@']);
        let language = parts.next().unwrap_or_default().to_lowercase();
        // What stands between may be a script: `sr-Latn-RS`.
        let region = parts.find(|part| part.len() == 2).unwrap_or_default().to_uppercase();
        let like = |group, decimal| Self { group, decimal, ..ENGLISH };
        let (stop, space) = (like('.', ','), like('\u{a0}', ','));
        match (language.as_str(), region.as_str()) {
            ("de" | "it" | "en" | "rm", "CH" | "LI") => like('\u{2019}', '.'),
            ("de", "AT") => space,
            // Spanish is written with points in the south and with commas from Panama up.
            ("es", "MX" | "US" | "GT" | "HN" | "NI" | "SV" | "PA" | "DO" | "PR" | "PE" | "419") => {
                ENGLISH
            }
            ("es", "" | "ES") => Self { short: 4, ..stop },
            ("pt", "PT" | "AO" | "MZ" | "CV") => Self { short: 4, ..space },
            ("pl" | "bg", _) => Self { short: 4, ..space },
            ("en", "ZA") => space,
            ("en", "IN")
            | ("hi" | "bn" | "gu" | "kn" | "ml" | "mr" | "ne" | "pa" | "ta" | "te", _) => {
                Self { by_two: true, ..ENGLISH }
            }
            (
                "az" | "bs" | "ca" | "da" | "de" | "el" | "es" | "eu" | "gl" | "hr" | "id" | "is"
                | "it" | "mk" | "nl" | "pt" | "ro" | "sl" | "sr" | "tr" | "vi",
                _,
            ) => stop,
            (
                "be" | "cs" | "et" | "fi" | "fr" | "hu" | "hy" | "ka" | "kk" | "lt" | "lv" | "nb"
                | "nn" | "no" | "ru" | "sk" | "sq" | "sv" | "uk" | "uz",
                _,
            ) => space,
            _ => ENGLISH,
        }
    }

    fn group(self, n: u64) -> String {
        let digits = n.to_string();
        if digits.len() <= self.short {
            return digits;
        }
        let mut text = String::with_capacity(digits.len() * 2);
        for (i, digit) in digits.chars().enumerate() {
            let left = digits.len() - i;
            let begins = match self.by_two {
                true if left > 3 => (left - 3).is_multiple_of(2),
                _ => left.is_multiple_of(3),
            };
            if i > 0 && begins {
                text.push(self.group);
            }
            text.push(digit);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_keep_their_sign() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(-12_345), "\u{2212}12,345");
        assert_eq!(number(0), "0");
        assert_eq!(number(i64::MIN), "\u{2212}9,223,372,036,854,775,808");
    }

    #[test]
    fn numbers_are_grouped_as_the_region_does() {
        for (locale, expected) in [
            ("en-US", "1,234 12,345,678"),
            ("C.UTF-8", "1,234 12,345,678"),
            ("", "1,234 12,345,678"),
            ("de_DE.UTF-8", "1.234 12.345.678"),
            ("de_CH", "1\u{2019}234 12\u{2019}345\u{2019}678"),
            ("fr-FR", "1\u{a0}234 12\u{a0}345\u{a0}678"),
            ("es_ES@euro", "1234 12.345.678"),
            ("es-MX", "1,234 12,345,678"),
            ("sr-Latn-RS", "1.234 12.345.678"),
            ("en-IN", "1,234 1,23,45,678"),
            ("ja-JP", "1,234 12,345,678"),
        ] {
            let digits = Digits::of(locale);
            let words = format!("{} {}", digits.group(1_234), digits.group(12_345_678));
            assert_eq!(words, expected, "{locale}");
        }
    }

    #[test]
    fn shares_have_a_digit_behind_the_point_only_when_they_are_small() {
        for (share, words) in [
            (0.0, "0 %"),
            (0.042, "4.2 %"),
            (0.0996, "10 %"),
            (0.42, "42 %"),
            (12.5, "1,250 %"),
            (-0.031, "\u{2212}3.1 %"),
        ] {
            assert_eq!(percent(share), words);
        }
        assert_eq!(decimal(-0.04), "0.0");
        assert_eq!(decimal(1234.56), "1,234.6");
    }
}
