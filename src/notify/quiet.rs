//! Whether it is quiet now, and until when.
//!
//! Promises: pure; goes by the clock on the wall of the zone, so that quiet hours keep their
//! beginning and end when the clocks change; an end is always later than the moment asked about.

use crate::base::UnixMillis;
use crate::settings::QuietHours;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// When the quiet hours end that `now` lies in; `None` when it is not quiet.
pub fn until(hours: &QuietHours, zone: &TimeZone, now: UnixMillis) -> Option<UnixMillis> {
    let here = Timestamp::from_millisecond(now.0).ok()?.to_zoned(zone.clone());
    let (date, time) = (here.date(), here.time());
    let over_midnight = hours.from > hours.until;
    let (quiet, last_day) = if over_midnight {
        if time >= hours.from { (true, date.tomorrow().ok()?) } else { (time < hours.until, date) }
    } else {
        (hours.from <= time && time < hours.until, date)
    };
    if !quiet {
        return None;
    }
    let end = zone.to_ambiguous_zoned(last_day.to_datetime(hours.until));
    let first = end.clone().compatible().ok()?.timestamp();
    // An hour that comes twice ends twice.
    let end = if first.as_millisecond() > now.0 { first } else { end.later().ok()?.timestamp() };
    Some(UnixMillis(end.as_millisecond().max(now.0.saturating_add(1))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::Time;

    fn hours(from: (i8, i8), until: (i8, i8)) -> QuietHours {
        let time = |(hour, minute)| Time::constant(hour, minute, 0, 0);
        QuietHours { from: time(from), until: time(until), zone: None }
    }

    /// "2026-03-29 01:30" on the wall in Paris to what follows from it, in UTC.
    fn ends(hours: &QuietHours, zone: &str, at: &str) -> Option<String> {
        let at: Timestamp = at.parse().unwrap();
        let zone = TimeZone::get(zone).unwrap();
        until(hours, &zone, UnixMillis(at.as_millisecond())).map(|end| end.to_string())
    }

    #[test]
    fn hours_of_one_day_begin_and_end() {
        let lunch = hours((12, 0), (13, 30));
        for (at, end) in [
            ("2026-06-01T11:59:59Z", None),
            ("2026-06-01T12:00:00Z", Some("2026-06-01T13:30:00Z")),
            ("2026-06-01T13:29:59Z", Some("2026-06-01T13:30:00Z")),
            ("2026-06-01T13:30:00Z", None),
        ] {
            assert_eq!(ends(&lunch, "UTC", at).as_deref(), end, "{at}");
        }
    }

    #[test]
    fn hours_reach_over_midnight() {
        let night = hours((22, 0), (7, 0));
        for (at, end) in [
            ("2026-05-31T21:59:00Z", None),
            ("2026-05-31T22:00:00Z", Some("2026-06-01T07:00:00Z")),
            ("2026-06-01T00:00:00Z", Some("2026-06-01T07:00:00Z")),
            ("2026-06-01T06:59:00Z", Some("2026-06-01T07:00:00Z")),
            ("2026-06-01T07:00:00Z", None),
        ] {
            assert_eq!(ends(&night, "UTC", at).as_deref(), end, "{at}");
        }
        let until_midnight = hours((18, 0), (0, 0));
        let end = ends(&until_midnight, "UTC", "2026-06-01T23:59:00Z");
        assert_eq!(end.as_deref(), Some("2026-06-02T00:00:00Z"));
        assert_eq!(ends(&until_midnight, "UTC", "2026-06-01T00:00:00Z"), None);
    }

    #[test]
    fn a_night_in_which_the_clocks_change_still_ends_at_seven() {
        let night = hours((22, 0), (7, 0));
        // Clocks in Paris go forward on 2026-03-29 and back on 2026-10-25.
        for (at, end) in [
            ("2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
            ("2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z"),
        ] {
            assert_eq!(ends(&night, "Europe/Paris", at).as_deref(), Some(end));
        }
    }

    #[test]
    fn an_end_that_is_skipped_or_comes_twice_is_still_an_end() {
        let short = hours((23, 0), (2, 30));
        // 02:30 is skipped: the clock jumps from 02:00 to 03:00, at 01:00 UTC.
        let end = ends(&short, "Europe/Paris", "2026-03-29T00:30:00Z").unwrap();
        assert_eq!(end, "2026-03-29T01:30:00Z");
        assert_eq!(ends(&short, "Europe/Paris", "2026-03-29T01:00:00Z"), None);
        // 02:30 comes twice, at 00:30 and 01:30 UTC; so does 02:10.
        let end = ends(&short, "Europe/Paris", "2026-10-25T00:10:00Z").unwrap();
        assert_eq!(end, "2026-10-25T00:30:00Z");
        assert_eq!(ends(&short, "Europe/Paris", "2026-10-25T00:40:00Z"), None);
        let end = ends(&short, "Europe/Paris", "2026-10-25T01:10:00Z").unwrap();
        assert_eq!(end, "2026-10-25T01:30:00Z");
    }

    proptest::proptest! {
        #[test]
        fn an_end_is_later_than_now_and_never_more_than_a_day_and_an_hour_away(
            from in 0..1440_i64, until_ in 0..1440_i64, at in 1_767_000_000_000..1_800_000_000_000_i64,
        ) {
            let time = |minutes: i64| ((minutes / 60) as i8, (minutes % 60) as i8);
            let zone = TimeZone::get("America/New_York").unwrap();
            if let Some(end) = until(&hours(time(from), time(until_)), &zone, UnixMillis(at)) {
                proptest::prop_assert!(end.0 > at && end.0 - at <= 25 * 3_600_000);
            }
        }
    }
}
