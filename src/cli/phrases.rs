//! Numbers and times as people read them.

use std::time::Duration;

use crate::base::UnixMillis;

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
}
