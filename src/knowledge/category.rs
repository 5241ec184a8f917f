//! What a record can be: "Login failed", "User management", …

use serde::{Deserialize, Serialize};

use super::item::Body;
use super::mistake::Told;
use crate::base::words::nearest;
use crate::record::LogType;

/// Which records belong to a category.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Category {
    /// Under which heading people find it; has no part in what records it takes.
    #[serde(skip_serializing)]
    pub group: String,
    /// Any of these suffices.
    pub when: Vec<When>,
    /// It takes what no other category takes.
    pub otherwise: bool,
}

/// One way into a category: every list that is given must have the record's value in it, and no
/// `not_` list may. Compared in any letter case; an ending `*` stands for anything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// Log types.
    pub log_type: Vec<String>,
    /// Actions.
    pub action: Vec<String>,
    /// Actions it must not be.
    pub not_action: Vec<String>,
    /// Results.
    pub result: Vec<String>,
    /// Results it must not have.
    pub not_result: Vec<String>,
    /// Reasons.
    pub reason: Vec<String>,
    /// Reasons it must not have.
    pub not_reason: Vec<String>,
    /// Factors.
    pub factor: Vec<String>,
    /// Factors it must not have.
    pub not_factor: Vec<String>,
    /// Applications.
    pub application: Vec<String>,
    /// Applications it must not be.
    pub not_application: Vec<String>,
}

impl When {
    /// Whether it takes records of this log.
    pub fn is_about(&self, log_type: LogType) -> bool {
        self.log_type.is_empty() || self.log_type.iter().any(|name| name == log_type.name())
    }

    /// What is wanted and what is not, in the order of the categorizer's fields.
    pub(super) const fn lists(&self) -> [(&Vec<String>, &Vec<String>); 5] {
        [
            (&self.action, &self.not_action),
            (&self.result, &self.not_result),
            (&self.reason, &self.not_reason),
            (&self.factor, &self.not_factor),
            (&self.application, &self.not_application),
        ]
    }
}

impl Body for Category {
    const FOLDER: &'static str = "categories";

    fn check(&self, told: &mut Told<'_>) {
        if self.when.is_empty() && !self.otherwise {
            told.at_start("it takes no record; add a section [[when]]");
        }
        if !self.when.is_empty() && self.otherwise {
            told.at("otherwise", "with otherwise = true there can be no section [[when]]");
        }
        for when in &self.when {
            for name in &when.log_type {
                check_log_type(name, told);
            }
            let values = when.lists().into_iter().flat_map(|(yes, no)| yes.iter().chain(no));
            for value in values {
                let stars = value.matches('*').count();
                if stars > 1 || (stars == 1 && !value.ends_with('*')) {
                    told.at_value(value, "a * can only stand at the end");
                } else if value.trim().is_empty() {
                    told.at_value(value, "an empty text fits nothing");
                }
            }
            let empty = when.log_type.is_empty()
                && when.lists().iter().all(|(yes, no)| yes.is_empty() && no.is_empty());
            if empty {
                told.at("[[when]]", "a section [[when]] without a condition takes every record");
            }
        }
    }
}

/// Says so when a text names no log.
pub(super) fn check_log_type(name: &str, told: &mut Told<'_>) {
    if name.parse::<LogType>().is_ok() {
        return;
    }
    let names = LogType::ALL.map(LogType::name);
    let what = match nearest(name, names) {
        Some(near) => format!("there is no such log type (did you mean {near}?)"),
        None => format!("there is no such log type; they are {}", names.join(", ")),
    };
    told.at_value(name, what);
}
