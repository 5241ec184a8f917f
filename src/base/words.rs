//! Numbers and times as people read them, and the word that was meant.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::UnixMillis;

/// A number in groups of three: 12,345.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: "1 record", "2 records".
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A span, roughly: "45 s", "3 min", "2 h", "5 days".
pub fn span(span: Duration) -> String {
    match span.as_secs() {
        secs @ 0..=89 => format!("{secs} s"),
        secs @ 90..=5399 => format!("{} min", (secs + 30) / 60),
        secs @ 5400..=172_799 => format!("{} h", (secs + 1800) / 3600),
        secs => format!("{} days", (secs + 43_200) / 86_400),
    }
}

/// How long ago, roughly: "3 min ago".
pub fn ago(at: UnixMillis, now: UnixMillis) -> String {
    let millis = now.0.saturating_sub(at.0);
    match u64::try_from(millis) {
        Ok(millis) => format!("{} ago", span(Duration::from_millis(millis))),
        Err(_) => "just now".to_owned(),
    }
}

/// A moment as people here say it: "15:40" today, "Tue 15:40" within a week, else "2026-03-01 15:40".
pub fn local_time(at: UnixMillis, now: UnixMillis) -> String {
    time_in(&TimeZone::system(), at, now)
}

fn time_in(zone: &TimeZone, at: UnixMillis, now: UnixMillis) -> String {
    let local =
        |at: UnixMillis| Timestamp::from_millisecond(at.0).map(|at| at.to_zoned(zone.clone())).ok();
    let (Some(at), Some(now)) = (local(at), local(now)) else { return at.to_string() };
    let days = at.date().since(now.date()).map_or(i32::MAX, |span| span.get_days());
    match days {
        0 => at.strftime("%H:%M").to_string(),
        -6..=6 => at.strftime("%a %H:%M").to_string(),
        _ => at.strftime("%Y-%m-%d %H:%M").to_string(),
    }
}

/// The known word a person most likely meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (likeness(&word, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// From 0 to 1. One slip of the finger counts in short words, too, where few letters stand for much.
fn likeness(word: &str, known: &str) -> f64 {
    let is_slip = known.len() >= 3 && strsim::osa_distance(word, known) == 1;
    strsim::jaro_winkler(word, known).max(if is_slip { 0.85 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(n), text);
        }
        assert_eq!(counted(1, "record"), "1 record");
        assert_eq!(counted(2000, "record"), "2,000 records");
    }

    #[test]
    fn spans_are_rounded_as_people_say_them() {
        for (secs, text) in [(45, "45 s"), (170, "3 min"), (7200, "2 h"), (432_000, "5 days")] {
            assert_eq!(span(Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn the_nearest_word_is_found_and_a_strange_one_is_not() {
        let known = ["result", "reason", "Admin Panel"];
        assert_eq!(nearest("resutl", known), Some("result"));
        assert_eq!(nearest("admin panl", known), Some("Admin Panel"));
        assert_eq!(nearest("zebra", known), None);
    }

    #[test]
    fn a_moment_is_told_as_shortly_as_it_can_be_understood() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let at = |text| UnixMillis::parse_rfc3339(text).unwrap();
        let now = at("2026-03-04T12:00:00Z");
        for (moment, words) in [
            ("2026-03-04T13:40:00Z", "15:40"),
            ("2026-03-04T22:30:00Z", "Thu 00:30"),
            ("2026-02-28T06:05:00Z", "Sat 08:05"),
            ("2026-01-01T00:00:00Z", "2026-01-01 02:00"),
        ] {
            assert_eq!(time_in(&zone, at(moment), now), words);
        }
    }
}
