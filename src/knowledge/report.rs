//! What can be handed to somebody: which records, and which columns.

use serde::Deserialize;

/// A report's definition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// The categories whose records it lists.
    pub categories: Vec<String>,
    /// A path whose value ties records of two logs together: a telephony record takes place in the
    /// row of the authentication it served.
    pub join: Option<String>,
    /// Its columns, in order.
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
    /// What its chart counts, where one helps.
    pub chart: Option<Chart>,
}

/// A report's chart.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Chart {
    /// What stands above it.
    pub title: String,
    /// The title of the column whose values get a bar each, or `time`.
    pub by: String,
    /// So many values get a bar of their own; ten unless told.
    pub top: Option<usize>,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Column {
    /// The heading.
    pub title: String,
    /// Where the value stands in a record: the first of these that has one. Each is a path, or
    /// several with commas between whose values are joined; `account` is the account's name.
    pub from: Vec<String>,
    /// The table of words for its codes, or several with commas between.
    pub values: Option<String>,
    /// What stands between joined values; a comma unless told.
    pub separator: Option<String>,
    /// `text`, `number` or `time`.
    pub kind: String,
}
