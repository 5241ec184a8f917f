//! What can be handed to somebody: which records, and which columns.

use serde::Deserialize;

/// A report's definition.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// The categories whose records it lists.
    pub categories: Vec<String>,
    /// Its columns, in order.
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Column {
    /// The heading.
    pub title: String,
    /// Where the value stands in a record: the first of these paths that has one.
    pub from: Vec<String>,
    /// The table of words for its codes.
    pub values: Option<String>,
    /// `text`, `number` or `time`.
    pub kind: String,
}
