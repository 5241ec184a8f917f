//! Which records a person wants to see.

use serde::{Deserialize, Serialize};

use crate::base::UnixMillis;
use crate::knowledge;
use crate::record::LogType;

/// Which records a person wants to see. Within a list one of the values must fit, and every list
/// that is not empty must.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    /// Logs.
    pub log_types: Vec<LogType>,
    /// Ids of categories.
    pub categories: Vec<String>,
    /// Codes of actions; an ending `*` stands for anything, here and in the lists below.
    pub action: Vec<String>,
    /// Codes of results.
    pub result: Vec<String>,
    /// Codes of reasons.
    pub reason: Vec<String>,
    /// Codes of second factors.
    pub factor: Vec<String>,
    /// Names of users.
    pub user: Vec<String>,
    /// Source addresses.
    pub address: Vec<String>,
    /// Names of applications.
    pub application: Vec<String>,
    /// Names of what was acted on.
    pub target: Vec<String>,
    /// Countries as Duo writes them.
    pub country: Vec<String>,
    /// Only records that appeared at Duo after their time had been read.
    pub late: bool,
    /// Only the records of this alert.
    pub alert: Option<i64>,
    /// A text the raw record contains, in any letter case.
    pub text: String,
    /// From this instant on, inclusive, instead of the range of the view.
    pub since: Option<UnixMillis>,
    /// Up to this instant, inclusive, instead of the range of the view.
    pub until: Option<UnixMillis>,
}

impl Filter {
    /// Everything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<knowledge::Filter> for Filter {
    fn from(filter: knowledge::Filter) -> Self {
        let knowledge::Filter { categories, log_types, action, result } = filter;
        Self { log_types, categories, action, result, ..Self::default() }
    }
}
