//! What is made of what the rules find.

use jiff::civil::Weekday;
use toml::Table;

use super::account::not_allowed;
use super::outputs::QuietHours;
use super::{Mistake, Section};

/// What is made of what the rules find.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerts {
    /// Alerts about the past, found when history is fetched, are told like others.
    pub notify_history: bool,
    /// When people work; the usual hours when there are none.
    pub working_hours: Option<QuietHours>,
    /// On which days people work; the usual days when there are none.
    pub working_days: Option<Vec<Weekday>>,
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl Alerts {
    pub(super) fn read(table: &Table, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("alerts.", table, mistakes);
        let notify_history = section.flag("notify_history").unwrap_or_default();
        let working_hours = QuietHours::read_as(&mut section, "working_hours");
        let names = section.texts("working_days");
        let working_days = names.map(|names| {
            let mut days = Vec::new();
            for name in names {
                let known = DAYS.iter().find(|(day, _)| *day == name.trim().to_lowercase());
                match known {
                    Some((_, day)) => days.push(*day),
                    None => {
                        section
                            .wrong("working_days", not_allowed(&name, &DAYS.map(|(day, _)| day)));
                    }
                }
            }
            days
        });
        section.finish();
        Self { notify_history, working_hours, working_days }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Alerts, Vec<Mistake>) {
        let mut mistakes = Vec::new();
        let alerts = Alerts::read(&toml::from_str(text).unwrap(), &mut mistakes);
        (alerts, mistakes)
    }

    #[test]
    fn working_hours_and_days_are_read() {
        let (alerts, mistakes) = read(
            "notify_history = true\nworking_hours = \"08:00-18:00\"\nzone = \"Europe/Paris\"\n\
             working_days = [\"Monday\", \"friday\"]",
        );
        assert!(mistakes.is_empty() && alerts.notify_history);
        assert_eq!(alerts.working_hours.unwrap().to_string(), "08:00-18:00");
        assert_eq!(alerts.working_days, Some(vec![Weekday::Monday, Weekday::Friday]));
    }

    #[test]
    fn mistakes_name_their_key() {
        let (_, mistakes) = read("working_days = [\"mondays\"]\nworking_hour = \"8-18\"");
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("working_days") && told[0].contains("monday"), "{told:?}");
        assert!(told[1].contains("working_hours"), "{told:?}");
    }
}
