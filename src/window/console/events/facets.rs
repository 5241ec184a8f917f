//! What records can be filtered by, and how a filter is said in words.

use crate::dashboards::names;
use crate::knowledge::Knowledge;
use crate::record::LogType;
use crate::window::look::icons;
use crate::window::say;

use super::super::Filter;

/// A field that records can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Facet {
    /// Which log tells it.
    Log,
    /// A category it falls in.
    Category,
    /// Who.
    User,
    /// What was done.
    Action,
    /// How it ended.
    Result,
    /// Why it ended so.
    Reason,
    /// The second factor.
    Factor,
    /// The protected application.
    Application,
    /// What was acted on.
    Target,
    /// The address it came from.
    Address,
    /// The country of the address.
    Country,
}

impl Facet {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 11] = [
        Self::Log,
        Self::Category,
        Self::User,
        Self::Action,
        Self::Result,
        Self::Reason,
        Self::Factor,
        Self::Application,
        Self::Target,
        Self::Address,
        Self::Country,
    ];

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Log => "Log",
            Self::Category => "Category",
            Self::User => "User",
            Self::Action => "What happened",
            Self::Result => "Result",
            Self::Reason => "Reason",
            Self::Factor => "Factor",
            Self::Application => "Application",
            Self::Target => "Target",
            Self::Address => "Address",
            Self::Country => "Country",
        }
    }

    /// Its icon.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Log => icons::LIST,
            Self::Category => icons::TAG,
            Self::User => icons::USER,
            Self::Action => icons::PULSE,
            Self::Result => icons::CHECK_CIRCLE,
            Self::Reason => icons::QUESTION,
            Self::Factor => icons::FINGERPRINT,
            Self::Application => icons::SQUARES,
            Self::Target => icons::TARGET,
            Self::Address => icons::GLOBE,
            Self::Country => icons::MAP_PIN,
        }
    }

    /// Whether its values are few, so that all of them can be offered.
    pub const fn is_short(self) -> bool {
        !matches!(self, Self::User | Self::Application | Self::Target | Self::Address)
    }

    /// What a filter wants of it.
    pub fn values(self, filter: &Filter) -> Vec<String> {
        match self {
            Self::Log => filter.log_types.iter().map(|log| log.name().to_owned()).collect(),
            Self::Category => filter.categories.clone(),
            Self::User => filter.user.clone(),
            Self::Action => filter.action.clone(),
            Self::Result => filter.result.clone(),
            Self::Reason => filter.reason.clone(),
            Self::Factor => filter.factor.clone(),
            Self::Application => filter.application.clone(),
            Self::Target => filter.target.clone(),
            Self::Address => filter.address.clone(),
            Self::Country => filter.country.clone(),
        }
    }

    /// Has a filter want these of it.
    pub fn set(self, filter: &mut Filter, values: Vec<String>) {
        let list = match self {
            Self::Log => {
                filter.log_types = values.iter().filter_map(|name| name.parse().ok()).collect();
                return;
            }
            Self::Category => &mut filter.categories,
            Self::User => &mut filter.user,
            Self::Action => &mut filter.action,
            Self::Result => &mut filter.result,
            Self::Reason => &mut filter.reason,
            Self::Factor => &mut filter.factor,
            Self::Application => &mut filter.application,
            Self::Target => &mut filter.target,
            Self::Address => &mut filter.address,
            Self::Country => &mut filter.country,
        };
        *list = values;
    }

    /// Adds a value to what a filter wants of it, or takes it away.
    pub fn toggle(self, filter: &mut Filter, value: &str) {
        let mut values = self.values(filter);
        match values.iter().position(|known| known.eq_ignore_ascii_case(value)) {
            Some(place) => {
                values.remove(place);
            }
            None => values.push(value.to_owned()),
        }
        self.set(filter, values);
    }

    /// A filter that wants one value of it.
    pub fn only(self, value: &str) -> Filter {
        let mut filter = Filter::default();
        self.set(&mut filter, vec![value.to_owned()]);
        filter
    }

    /// A value in words.
    pub fn words(self, value: &str, knowledge: Option<&Knowledge>) -> String {
        if value.is_empty() {
            return "(none)".to_owned();
        }
        let tables: &[&str] = match self {
            Self::Log => {
                return value
                    .parse::<LogType>()
                    .map_or_else(|_| value.to_owned(), |log| log.title().to_owned());
            }
            Self::Category => {
                return knowledge.map_or_else(
                    || value.to_owned(),
                    |knowledge| names::category(value).words(knowledge),
                );
            }
            Self::Action => &["action", "event_type", "telephony_type", "trust_monitor_type"],
            Self::Result => &["result"],
            Self::Reason => &["reason", "telephony_context", "trust_monitor_explanation"],
            Self::Factor => &["factor", "admin_factor"],
            _ => &[],
        };
        let found = knowledge.and_then(|knowledge| {
            tables.iter().find_map(|table| knowledge.labels().get(table, value))
        });
        found.unwrap_or(value).to_owned()
    }
}

/// A piece of a filter, as a chip shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Piece {
    /// Values of a field.
    Of(Facet),
    /// A text in the raw record.
    Text,
    /// Only late ones.
    Late,
    /// Only those of an alert.
    Alert,
    /// A range of time of its own.
    Time,
}

impl Piece {
    /// The pieces a filter has.
    pub fn all_of(filter: &Filter) -> Vec<Self> {
        let mut pieces: Vec<Self> = Vec::new();
        if filter.alert.is_some() {
            pieces.push(Self::Alert);
        }
        if filter.since.is_some() || filter.until.is_some() {
            pieces.push(Self::Time);
        }
        let of = |facet: &Facet| !facet.values(filter).is_empty();
        pieces.extend(Facet::ALL.into_iter().filter(of).map(Self::Of));
        if filter.late {
            pieces.push(Self::Late);
        }
        if !filter.text.is_empty() {
            pieces.push(Self::Text);
        }
        pieces
    }

    /// Takes it out of a filter.
    pub fn remove(self, filter: &mut Filter) {
        match self {
            Self::Of(facet) => facet.set(filter, Vec::new()),
            Self::Text => filter.text.clear(),
            Self::Late => filter.late = false,
            Self::Alert => filter.alert = None,
            Self::Time => (filter.since, filter.until) = (None, None),
        }
    }

    /// It in words: “Result: Denied or Fraud”.
    pub fn words(self, filter: &Filter, knowledge: Option<&Knowledge>) -> String {
        match self {
            Self::Of(facet) => {
                let values = facet.values(filter);
                let words = values.iter().map(|value| facet.words(value, knowledge));
                let mut words: Vec<String> = words.collect();
                // Old and new spellings of one code say the same.
                words.dedup();
                format!("{}: {}", facet.title(), listed(&words))
            }
            Self::Text => format!("Contains \u{201c}{}\u{201d}", filter.text),
            Self::Late => "Late only".to_owned(),
            Self::Alert => {
                filter.alert.map_or_else(String::new, |alert| format!("Records of alert {alert}"))
            }
            Self::Time => match (filter.since, filter.until) {
                (Some(since), Some(until)) => {
                    format!("From {} to {}", say::stamp(since), say::stamp(until))
                }
                (Some(since), None) => format!("From {}", say::stamp(since)),
                (None, Some(until)) => format!("Up to {}", say::stamp(until)),
                (None, None) => String::new(),
            },
        }
    }
}

/// The whole filter in words, for screen readers and as the first name of a saved search.
pub(super) fn sentence(filter: &Filter, knowledge: Option<&Knowledge>) -> String {
    let pieces = Piece::all_of(filter);
    let words: Vec<String> = pieces.iter().map(|piece| piece.words(filter, knowledge)).collect();
    if words.is_empty() { "All records".to_owned() } else { words.join("; ") }
}

/// Some names in a sentence: “A”, “A or B”, “A, B or 3 more”.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} or {two}"),
        [one, two, three] => format!("{one}, {two} or {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} or {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::UnixMillis;

    #[test]
    fn a_filter_is_said_in_words() {
        let knowledge = Knowledge::embedded().unwrap();
        let say = |filter: &Filter| sentence(filter, Some(&knowledge));
        assert_eq!(say(&Filter::default()), "All records");
        let filter = Filter {
            log_types: vec![LogType::OfflineEnrollment],
            result: vec!["denied".to_owned(), "fraud".to_owned()],
            factor: vec!["duo_push".to_owned(), "Duo Push".to_owned()],
            user: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
            late: true,
            text: "10.0.0.1".to_owned(),
            ..Filter::default()
        };
        assert_eq!(
            say(&filter),
            "Log: Offline enrollment; User: a, b or 3 more; Result: Denied or Fraud; \
             Factor: Duo Push; Late only; Contains \u{201c}10.0.0.1\u{201d}"
        );
    }

    #[test]
    fn taking_every_piece_away_leaves_everything() {
        let mut filter = Filter {
            alert: Some(3),
            since: Some(UnixMillis(0)),
            late: true,
            text: "x".to_owned(),
            ..Filter::default()
        };
        for facet in Facet::ALL {
            let value = if facet == Facet::Log { "telephony" } else { "x" };
            facet.toggle(&mut filter, value);
            assert_eq!(facet.values(&filter), [value]);
        }
        let pieces = Piece::all_of(&filter);
        assert_eq!(pieces.len(), Facet::ALL.len() + 4);
        for piece in pieces {
            piece.remove(&mut filter);
        }
        assert!(filter.is_empty());
    }

    #[test]
    fn a_value_is_added_and_taken_away_in_any_letter_case() {
        let mut filter = Facet::User.only("Ada");
        Facet::User.toggle(&mut filter, "ADA");
        assert!(filter.is_empty());
    }
}
