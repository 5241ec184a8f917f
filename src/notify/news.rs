//! What is worth a message, and when.
//!
//! Promises: pure; what is over within [`TOGETHER`] is never told; what begins within that time is
//! one message; the same trouble is not told again within [`AGAIN_AFTER`]; after a trouble that was
//! told, its end is told once. While collection is paused nothing is told.

use std::time::Duration;

use crate::base::UnixMillis;
use crate::record::LogType;
use crate::status::{Attention, Overall, Summary};

/// What begins within this time is told together.
pub const TOGETHER: Duration = Duration::from_secs(60);

/// The same trouble is told again only after this time.
pub const AGAIN_AFTER: Duration = Duration::from_secs(6 * 3600);

/// The most troubles named in one message.
const NAMED: usize = 3;

/// A message on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub title: String,
    /// The rest.
    pub text: String,
}

type Subject = (String, Option<LogType>);

/// Follows how collection stands and finds what is worth telling.
#[derive(Debug, Default)]
pub struct News {
    /// Since when there is trouble that has not been told.
    gathering_since: Option<UnixMillis>,
    /// What was told, and when.
    told: Vec<(Subject, UnixMillis)>,
    /// Whether a person believes that something is wrong.
    alarmed: bool,
}

impl News {
    /// Whether there is trouble that waits to be told together with what else comes.
    pub const fn is_gathering(&self) -> bool {
        self.gathering_since.is_some()
    }

    /// What to tell now, if anything.
    pub fn of(&mut self, summary: &Summary, now: UnixMillis) -> Option<Message> {
        if !matches!(summary.state, Overall::Attention | Overall::Collecting | Overall::Current) {
            self.gathering_since = None;
            return None;
        }
        // A clock that was set back must not silence anything for long.
        self.told.retain(|(_, at)| at.plus(AGAIN_AFTER) > now && *at <= now);
        let fresh: Vec<&Attention> = summary
            .attention
            .iter()
            .filter(|attention| {
                let subject = subject(attention);
                !self.told.iter().any(|(told, _)| *told == subject)
            })
            .collect();
        if fresh.is_empty() {
            self.gathering_since = None;
            let well = self.alarmed && summary.attention.is_empty();
            return well.then(|| {
                self.alarmed = false;
                Message { title: "All is well again".to_owned(), text: summary.words.clone() }
            });
        }
        let since = *self.gathering_since.get_or_insert(now);
        if since.plus(TOGETHER) > now && since <= now {
            return None;
        }
        self.gathering_since = None;
        self.alarmed = true;
        let message = message(&fresh);
        self.told.extend(fresh.into_iter().map(|attention| (subject(attention), now)));
        Some(message)
    }
}

fn subject(attention: &Attention) -> Subject {
    (attention.account.clone(), attention.log_type)
}

fn message(fresh: &[&Attention]) -> Message {
    let whose = |attention: &Attention| match attention.log_type {
        Some(log_type) => format!("{}, {}", attention.account, log_type.title()),
        None => attention.account.clone(),
    };
    if let [one] = fresh {
        return Message { title: whose(one), text: one.words.clone() };
    }
    let mut lines: Vec<String> = fresh
        .iter()
        .take(NAMED)
        .map(|attention| format!("{}: {}", whose(attention), attention.short()))
        .collect();
    if fresh.len() > NAMED {
        lines.push(format!("and {} more", fresh.len() - NAMED));
    }
    Message { title: "Collection needs your attention".to_owned(), text: lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    const START: i64 = 1_780_000_000_000;

    fn at(secs: i64) -> UnixMillis {
        UnixMillis(START + secs * 1000)
    }

    fn summary(state: Overall, troubles: &[LogType]) -> Summary {
        let attention = troubles.iter().map(|log_type| Attention {
            account: "Contoso".to_owned(),
            log_type: Some(*log_type),
            words: "Duo refuses this log: why. Do that".to_owned(),
            since: at(0),
        });
        let attention = attention.collect();
        let empty = Summary::of(&Settings::default(), &[], None, true, at(0));
        Summary { state, attention, words: "In a word".to_owned(), ..empty }
    }

    fn trouble(troubles: &[LogType]) -> Summary {
        summary(Overall::Attention, troubles)
    }

    fn well() -> Summary {
        summary(Overall::Current, &[])
    }

    use LogType::{Activity, Administrator, Authentication, OfflineEnrollment, Telephony};

    #[test]
    fn what_begins_within_a_minute_is_one_message() {
        let mut news = News::default();
        assert_eq!(news.of(&trouble(&[Telephony]), at(0)), None);
        assert_eq!(news.of(&trouble(&[Telephony, Activity]), at(59)), None);
        let told = news.of(&trouble(&[Telephony, Activity]), at(60)).unwrap();
        assert_eq!(told.title, "Collection needs your attention");
        assert_eq!(
            told.text,
            "Contoso, Telephony: Duo refuses this log\nContoso, Activity: Duo refuses this log"
        );
    }

    #[test]
    fn one_trouble_is_told_in_full_and_many_are_not_all_named() {
        let mut news = News::default();
        news.of(&trouble(&[Telephony]), at(0));
        let told = news.of(&trouble(&[Telephony]), at(60)).unwrap();
        assert_eq!(told.title, "Contoso, Telephony");
        assert_eq!(told.text, "Duo refuses this log: why. Do that");
        let many = [Telephony, Activity, Administrator, Authentication, OfflineEnrollment];
        news.of(&trouble(&many), at(100));
        let told = news.of(&trouble(&many), at(160)).unwrap();
        assert!(told.text.ends_with("and 1 more"), "{}", told.text);
        assert!(!told.text.contains("Telephony"), "{}", told.text);
    }

    #[test]
    fn the_same_is_not_told_again_for_six_hours() {
        let mut news = News::default();
        news.of(&trouble(&[Telephony]), at(0));
        assert!(news.of(&trouble(&[Telephony]), at(60)).is_some());
        // Also when it goes and comes back.
        for minute in 2..360 {
            let summary = if minute % 10 == 0 {
                summary(Overall::Collecting, &[])
            } else {
                trouble(&[Telephony])
            };
            let told = news.of(&summary, at(minute * 60));
            assert!(told.is_none_or(|told| told.title == "All is well again"), "{minute}");
        }
        news.of(&trouble(&[Telephony]), at(361 * 60));
        assert!(news.of(&trouble(&[Telephony]), at(362 * 60)).is_some());
    }

    #[test]
    fn what_is_over_soon_is_never_told() {
        let mut news = News::default();
        news.of(&trouble(&[Telephony]), at(0));
        assert_eq!(news.of(&well(), at(30)), None);
        assert_eq!(news.of(&well(), at(90)), None);
    }

    #[test]
    fn the_end_of_a_trouble_is_told_once() {
        let mut news = News::default();
        news.of(&trouble(&[Telephony, Activity]), at(0));
        news.of(&trouble(&[Telephony, Activity]), at(60)).unwrap();
        assert_eq!(news.of(&trouble(&[Telephony]), at(70)), None);
        let told = news.of(&well(), at(80)).unwrap();
        assert_eq!((told.title.as_str(), told.text.as_str()), ("All is well again", "In a word"));
        assert_eq!(news.of(&well(), at(90)), None);
    }

    #[test]
    fn a_pause_is_silent() {
        let mut news = News::default();
        news.of(&trouble(&[Telephony]), at(0));
        let paused = summary(Overall::Paused, &[Telephony]);
        assert_eq!(news.of(&paused, at(60)), None);
        assert_eq!(news.of(&trouble(&[Telephony]), at(120)), None, "a new minute begins");
    }
}
