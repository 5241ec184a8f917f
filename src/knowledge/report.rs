//! What can be handed to somebody: which records, and which columns.

use serde::{Deserialize, Deserializer};

use super::item::Body;
use super::mistake::Told;

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
#[serde(default, deny_unknown_fields)]
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
    /// The tables of words for its codes: one, or several that are asked in turn.
    #[serde(deserialize_with = "one_or_several")]
    pub values: Vec<String>,
    /// What stands between joined values; a comma unless told.
    pub separator: Option<String>,
    /// `text`, `number` or `time`.
    pub kind: String,
}

/// Reads `"factor"` and `["factor", "admin_factor"]` alike.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "write a text or a list of texts")]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    })
}

impl Body for Report {
    const FOLDER: &'static str = "reports";

    fn check(&self, told: &mut Told<'_>) {
        if self.columns.is_empty() {
            told.at_start("it has no columns; add sections [[column]]");
        }
        if self.categories.is_empty() {
            told.at_start("it lists no categories; say categories = [\"\u{2026}\"]");
        }
        for column in &self.columns {
            let title = &column.title;
            if title.trim().is_empty() {
                told.at_value(&column.kind, "a column has no title");
            }
            if !["", "text", "number", "time"].contains(&column.kind.as_str()) {
                let kind = &column.kind;
                told.at_value(kind, format!("\u{201c}{kind}\u{201d}: write text, number or time"));
            }
            if column.kind != "time" && column.from.is_empty() {
                told.at_value(title, format!("the column \u{201c}{title}\u{201d} has no from"));
            }
        }
        if let Some(Chart { by, .. }) = &self.chart
            && by != "time"
            && !self.columns.iter().any(|column| column.title == *by)
        {
            told.at("by", format!("\u{201c}{by}\u{201d}: write time or the title of a column"));
        }
    }
}
