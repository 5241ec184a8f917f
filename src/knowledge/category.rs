//! What a record can be: "Login failed", "User management", …

use serde::Deserialize;

/// Which records belong to a category.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Category {
    /// Any of these suffices.
    pub when: Vec<When>,
    /// It takes what no other category takes.
    pub otherwise: bool,
}

/// One way into a category: every list that is given must have the record's value in it, and no
/// `not_` list may. Compared in any letter case; an ending `*` stands for anything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
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
