//! What can be looked at: a question to the store and how its answer is drawn.

use serde::{Deserialize, Serialize};

use super::item::Body;
use super::mistake::Told;
use crate::base::units::parse_span;
use crate::record::LogType;

/// A dashlet's definition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dashboard {
    /// How the answer is drawn.
    pub chart: Chart,
    /// How far back it looks when nobody says, `30d`.
    pub range: Option<String>,
    /// The question.
    pub query: Query,
    /// Which records stand behind it; those of the question unless told.
    pub drill_down: Option<Filter>,
}

/// How an answer is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chart {
    /// Lines over time.
    #[default]
    Line,
    /// Bars, in the order of their size.
    Bar,
    /// Names with bars, the largest first.
    Ranking,
    /// Rows and columns of numbers.
    Table,
    /// Countries.
    Map,
    /// One number.
    Number,
}

/// A question to the store. Every list of values that is given must have the record's value in it;
/// codes are compared in any letter case, and an ending `*` stands for anything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Query {
    /// Categories; a record must fall in one of them.
    pub categories: Vec<String>,
    /// Logs.
    pub log_types: Vec<LogType>,
    /// Actions.
    pub action: Vec<String>,
    /// Results.
    pub result: Vec<String>,
    /// What each point stands for.
    pub group_by: GroupBy,
    /// What each line, or each column, stands for; without it there is one.
    pub split_by: Option<GroupBy>,
    /// What is counted.
    pub measure: Measure,
    /// So many groups are told, the largest ones; ten unless told, and all countries on a map.
    pub top: Option<usize>,
}

/// Which records, as in a question.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Categories; a record must fall in one of them.
    pub categories: Vec<String>,
    /// Logs.
    pub log_types: Vec<LogType>,
    /// Actions.
    pub action: Vec<String>,
    /// Results.
    pub result: Vec<String>,
}

/// What records are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Hours or days.
    #[default]
    Time,
    /// Who it was about. Plain successful sign-ins outside the Admin Panel are not told by user.
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
    /// What was acted on; not told of authentications.
    Target,
    /// The country of the source address.
    Country,
    /// The categories; a record in two of them counts for both.
    Category,
    /// The log.
    LogType,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Records.
    #[default]
    Records,
    /// Telephony credits used.
    Credits,
    /// Records that appeared at Duo after their time had been read.
    Late,
}

impl Chart {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Bar => "bar",
            Self::Ranking => "ranking",
            Self::Table => "table",
            Self::Map => "map",
            Self::Number => "number",
        }
    }
}

impl GroupBy {
    /// Whether it has many values, each with a number of its own.
    pub const fn is_field(self) -> bool {
        matches!(
            self,
            Self::User
                | Self::Reason
                | Self::Factor
                | Self::Application
                | Self::Target
                | Self::Country
        )
    }
}

impl Dashboard {
    /// Which records stand behind the answer.
    pub fn drill_down(&self) -> Filter {
        self.drill_down.clone().unwrap_or_else(|| {
            let Query { categories, log_types, action, result, .. } = self.query.clone();
            Filter { categories, log_types, action, result }
        })
    }

    /// What does not go together, in words.
    pub fn contradictions(&self) -> Vec<&'static str> {
        let mut told = Vec::new();
        let query = &self.query;
        if query.measure == Measure::Late && query.group_by.is_field() {
            told.push("late records are counted by time, action, result, category or log_type");
        }
        if query.split_by.is_some_and(|by| by.is_field() || by == GroupBy::Time) {
            told.push("split_by is action, result, category or log_type");
        }
        if self.chart == Chart::Line && query.group_by != GroupBy::Time {
            told.push("a line is drawn over time: group_by = \"time\"");
        }
        if self.range.as_deref().is_some_and(|range| parse_span(range).is_err()) {
            told.push("range is a span of time: 24h, 30d");
        }
        told
    }
}
impl Body for Dashboard {
    const FOLDER: &'static str = "dashboards";

    fn check(&self, told: &mut Told<'_>) {
        if self.query.top == Some(0) {
            told.at("top", "at least 1 has to be told");
        }
        for contradiction in self.contradictions() {
            told.at("query", contradiction);
        }
    }
}
