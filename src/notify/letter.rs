//! What a message says, before a channel gives it its form.
//!
//! Promises: pure; what happened, whose account, about whom, how many records, since when and what
//! to do next stand in each; the gravest comes first; of many only [`NAMED`] are told in full and
//! the rest is counted by what it is. Texts that come from records hold no line breaks, no control
//! characters and no signs that turn the direction of reading, and are cut to [`LONGEST`]: what is
//! markup in a channel is that channel's business.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Message;
use crate::base::UnixMillis;
use crate::base::words::{counted, number};
use crate::record::Level;

/// Alerts told in full in one message.
pub const NAMED: usize = 10;

/// What else there is, counted by its title, at most so many titles.
const COUNTED: usize = 5;

/// Alerts named on the desktop.
const SHOWN: usize = 3;

/// Characters of a text that comes from a record.
const LONGEST: usize = 200;

/// An alert, as far as messages tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its number, as `alert show` takes it.
    pub id: String,
    /// The rule's id.
    pub rule: String,
    /// What happened.
    pub title: String,
    /// How grave it is.
    pub level: Level,
    /// Whose account.
    pub account: String,
    /// About whom or what, if that is known.
    pub subject: Option<String>,
    /// Records, or occurrences, in it.
    pub count: u64,
    /// The time of the first.
    pub first: UnixMillis,
    /// The time of the last.
    pub last: UnixMillis,
    /// What it told is over.
    pub over: bool,
    /// More words about it: why it is worth telling, or what exactly was found.
    pub words: Option<String>,
    /// What to do, in words.
    pub next: Option<String>,
}

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Alerts.
    Alerts,
    /// A person tries whether messages arrive.
    Test,
}

/// A message, not yet in the form of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What it is about.
    pub kind: Kind,
    /// The one line that is read first.
    pub title: String,
    /// The alerts told in full, the gravest first.
    pub items: Vec<Item>,
    /// What else there is: "and 12 more: …".
    pub more: Option<String>,
    /// How many alerts are not told in full.
    pub left_out: usize,
    /// A sentence beneath it all.
    pub closing: String,
    /// When it was written.
    pub time: UnixMillis,
}

/// One alert in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The alert with its texts cleaned.
    pub told: Told,
    /// What is told of it, each with its name: `("Account", "Contoso")`.
    pub facts: Vec<(&'static str, String)>,
}

impl Letter {
    /// The message for these alerts, with times as the clocks of `zone` show them.
    pub fn of(alerts: &[Told], zone: &TimeZone, now: UnixMillis) -> Self {
        let mut alerts: Vec<Told> = alerts.iter().map(cleaned).collect();
        alerts.sort_by(|a, b| (b.level, a.first, &a.id).cmp(&(a.level, b.first, &b.id)));
        let title = title(&alerts);
        let others = alerts.split_off(NAMED.min(alerts.len()));
        let items = alerts.into_iter().map(|told| item(told, zone)).collect();
        let closing =
            "Sent by Duo Security Integrator. All alerts: duo-integrator alert list --open";
        Self {
            kind: Kind::Alerts,
            title,
            items,
            more: (!others.is_empty()).then(|| more(&others)),
            left_out: others.len(),
            closing: closing.to_owned(),
            time: now,
        }
    }

    /// The message with which a person tries an output.
    pub fn test(output: &str, now: UnixMillis) -> Self {
        let closing = format!(
            "Alerts for the output \u{201c}{}\u{201d} will arrive here. Sent by Duo Security \
             Integrator",
            clean(output)
        );
        Self {
            kind: Kind::Test,
            title: "Test message of Duo Security Integrator".to_owned(),
            items: Vec::new(),
            more: None,
            left_out: 0,
            closing,
            time: now,
        }
    }

    /// As much of it as a message on the desktop holds.
    pub fn short(&self) -> Message {
        if let [item] = self.items.as_slice() {
            let words =
                item.told.words.as_deref().unwrap_or("See it with: duo-integrator alert list");
            return Message { title: self.title.clone(), text: words.to_owned() };
        }
        let whose = |item: &Item| match &item.told.subject {
            Some(subject) => format!("{}, {subject}", item.told.title),
            None => item.told.title.clone(),
        };
        let mut lines: Vec<String> = self.items.iter().take(SHOWN).map(whose).collect();
        let rest = self.items.len() + self.left_out - lines.len();
        if rest > 0 {
            lines.push(format!("and {} more", number(rest as u64)));
        }
        Message { title: self.title.clone(), text: lines.join("\n") }
    }

    /// All of it as plain text.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        for item in &self.items {
            text.push_str(&format!("\n{}\n", item.told.title));
            for (name, value) in &item.facts {
                text.push_str(&format!("  {name}: {value}\n"));
            }
        }
        if let Some(more) = &self.more {
            text.push_str(&format!("\n{more}\n"));
        }
        text.push_str(&format!("\n{}\n", self.closing));
        text
    }
}

/// "High: Push reported as fraud, jsmith (Contoso)"; "13 alerts, the gravest critical (Contoso)".
fn title(alerts: &[Told]) -> String {
    let Some(first) = alerts.first() else { return "No alert".to_owned() };
    let accounts: std::collections::BTreeSet<&str> =
        alerts.iter().map(|alert| alert.account.as_str()).collect();
    let account = match accounts.len() {
        1 => first.account.clone(),
        several => format!("{several} accounts"),
    };
    if let [one] = alerts {
        let about = one.subject.as_ref().map_or(String::new(), |subject| format!(", {subject}"));
        return format!("{}: {}{about} ({account})", one.level.title(), one.title);
    }
    format!("{} alerts, the gravest {} ({account})", number(alerts.len() as u64), first.level)
}

fn item(told: Told, zone: &TimeZone) -> Item {
    let mut facts =
        vec![("Level", told.level.title().to_owned()), ("Account", told.account.clone())];
    if let Some(subject) = &told.subject {
        facts.push(("About", subject.clone()));
    }
    if told.count > 0 {
        facts.push(("Records", number(told.count)));
    }
    let when = if told.last.floor_secs() > told.first.floor_secs() {
        format!("{} until {}", moment(told.first, zone), moment(told.last, zone))
    } else {
        moment(told.first, zone)
    };
    facts.push(("Time", when));
    if let Some(words) = &told.words {
        facts.push(("What it means", words.clone()));
    }
    let next = told
        .next
        .clone()
        .unwrap_or_else(|| format!("See the records: duo-integrator alert show {}", told.id));
    facts.push(("Next", next));
    Item { told, facts }
}

/// "and 12 more: 8 × Authentication failed, 4 × User deleted".
fn more(others: &[Told]) -> String {
    let mut by_title: BTreeMap<&str, u64> = BTreeMap::new();
    for other in others {
        *by_title.entry(&other.title).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = by_title.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut parts: Vec<String> = counts
        .iter()
        .take(COUNTED)
        .map(|(title, n)| format!("{} \u{d7} {title}", number(*n)))
        .collect();
    let rest: u64 = counts.iter().skip(COUNTED).map(|(_, n)| n).sum();
    if rest > 0 {
        parts.push(format!("{} of other kinds", counted(rest, "alert")));
    }
    format!("and {} more: {}", number(others.len() as u64), parts.join(", "))
}

/// "2026-03-01 15:40:12 CET", or in the form of RFC 3339 where the clock cannot be told.
fn moment(at: UnixMillis, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
        Err(_) => at.to_string(),
    }
}

fn cleaned(told: &Told) -> Told {
    Told {
        id: clean(&told.id),
        rule: clean(&told.rule),
        title: clean(&told.title),
        level: told.level,
        account: clean(&told.account),
        subject: told.subject.as_deref().map(clean).filter(|subject| !subject.is_empty()),
        words: told.words.as_deref().map(|words| cut(words, 3 * LONGEST)),
        next: told.next.as_deref().map(|next| cut(next, 3 * LONGEST)),
        ..told.clone()
    }
}

/// One line of what can be read, and not too much of it.
pub fn clean(text: &str) -> String {
    cut(text, LONGEST)
}

fn cut(text: &str, longest: usize) -> String {
    let mut shown = String::new();
    let mut space = false;
    let mut length = 0;
    for c in text.chars() {
        if is_unseen(c) {
            continue;
        }
        if c.is_control() || c.is_whitespace() {
            space = true;
            continue;
        }
        if length >= longest {
            shown.push('\u{2026}');
            break;
        }
        if space && !shown.is_empty() {
            shown.push(' ');
            length += 1;
        }
        space = false;
        shown.push(c);
        length += 1;
    }
    shown
}

/// Signs that turn the direction of reading or hide between letters: they make a text look like
/// another. Source: <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn told(id: &str, level: Level, title: &str) -> Told {
        Told {
            id: id.to_owned(),
            rule: title.to_lowercase().replace(' ', "-"),
            title: title.to_owned(),
            level,
            account: "Contoso".to_owned(),
            subject: Some("jsmith".to_owned()),
            count: 3,
            first: UnixMillis(1_780_000_000_000),
            last: UnixMillis(1_780_000_060_000),
            over: false,
            words: None,
            next: None,
        }
    }

    const NOW: UnixMillis = UnixMillis(1_780_000_100_000);

    #[test]
    fn one_alert_is_told_in_full() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let letter = Letter::of(&[told("17", Level::High, "Push reported as fraud")], &zone, NOW);
        assert_eq!(
            letter.text(),
            "High: Push reported as fraud, jsmith (Contoso)\n\n\
             Push reported as fraud\n  Level: High\n  Account: Contoso\n  About: jsmith\n  \
             Records: 3\n  Time: 2026-05-28 22:26:40 CEST until 2026-05-28 22:27:40 CEST\n  \
             Next: See the records: duo-integrator alert show 17\n\n\
             Sent by Duo Security Integrator. All alerts: duo-integrator alert list --open\n"
        );
    }

    #[test]
    fn of_many_the_gravest_are_told_and_the_rest_is_counted() {
        let mut alerts: Vec<Told> =
            (0..20).map(|i| told(&i.to_string(), Level::Low, "Authentication failed")).collect();
        alerts.push(told("20", Level::Critical, "User deleted"));
        alerts.push(Told { account: "Adatum".to_owned(), ..told("21", Level::Low, "Phone added") });
        let letter = Letter::of(&alerts, &TimeZone::UTC, NOW);
        assert_eq!(letter.title, "22 alerts, the gravest critical (2 accounts)");
        assert_eq!(letter.items.len(), NAMED);
        assert_eq!(letter.items[0].told.id, "20");
        assert_eq!(letter.left_out, 12);
        let more = letter.more.unwrap();
        assert_eq!(more, "and 12 more: 11 \u{d7} Authentication failed, 1 \u{d7} Phone added");
    }

    #[test]
    fn hostile_texts_become_one_short_line() {
        let hostile = Told {
            subject: Some("a\r\nBcc: all@example.com\u{202e}\u{0}b".to_owned()),
            title: "x".repeat(64 * 1024),
            ..told("1", Level::Low, "")
        };
        let letter = Letter::of(&[hostile], &TimeZone::UTC, NOW);
        let told = &letter.items[0].told;
        assert_eq!(told.subject.as_deref(), Some("a Bcc: all@example.com b"));
        assert_eq!(told.title.chars().count(), LONGEST + 1);
        assert!(!letter.title.contains(['\n', '\r']) && letter.text().len() < 3000);
    }

    #[test]
    fn a_test_message_names_its_output() {
        let letter = Letter::test("Night\nshift", NOW);
        assert!(letter.text().contains("\u{201c}Night shift\u{201d}"), "{}", letter.text());
    }
}
