//! Numbers and times as the window says them.
//!
//! Promises: all pages say them alike; a time that is not “ago” can be told from one in another
//! zone, because the page names the zone once.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::UnixMillis;
use crate::base::words;

/// A number in groups of three.
pub(super) fn number(n: i64) -> String {
    let digits = words::number(n.unsigned_abs());
    if n < 0 { format!("\u{2212}{digits}") } else { digits }
}

/// A count with its noun: “1 record”, “2 records”.
pub(super) fn counted(n: u64, noun: &str) -> String {
    words::counted(n, noun)
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
        Some("UTC") => "UTC".to_owned(),
        Some(name) => format!("{name}, UTC{offset}"),
        None => format!("UTC{offset}"),
    }
}

fn local(at: UnixMillis) -> Option<jiff::Zoned> {
    Timestamp::from_millisecond(at.0).map(|at| at.to_zoned(zone())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_keep_their_sign() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(-12_345), "\u{2212}12,345");
        assert_eq!(number(0), "0");
    }
}
