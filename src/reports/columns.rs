//! A record as a row: which of its values go into which column, in words or as codes.

use super::sheet::{Cell, Head, Kind, Rows};
use crate::base::{Problem, UnixMillis};
use crate::duo::View;
use crate::knowledge::{Labels, Report};
use crate::record::canonical;

/// Stands for the account's name among the paths.
const ACCOUNT: &str = "account";

/// How codes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// "Duo Push".
    Words,
    /// `duo_push`.
    Codes,
}

/// A report's columns, ready to be filled.
pub struct Columns<'a> {
    columns: Vec<Column>,
    labels: &'a Labels,
    wording: Wording,
}

struct Column {
    head: Head,
    /// The first that has a value; several paths are joined.
    from: Vec<Vec<String>>,
    tables: Vec<String>,
    separator: String,
}

impl<'a> Columns<'a> {
    /// Reads a report's definition.
    pub fn read(report: &Report, labels: &'a Labels, wording: Wording) -> Result<Self, Problem> {
        let columns = report.columns.iter().map(|column| {
            let kind = match column.kind.as_str() {
                "" | "text" => Kind::Text,
                "number" => Kind::Number,
                "time" => Kind::Time,
                other => {
                    return Err(Problem::new(format!(
                        "The column \u{201c}{}\u{201d} has a kind that there is not: {other}",
                        column.title
                    ))
                    .next("write text, number or time"));
                }
            };
            Ok(Column {
                head: Head { title: column.title.clone(), kind },
                from: column.from.iter().map(|paths| listed(paths)).collect(),
                tables: column.values.clone(),
                separator: column.separator.clone().unwrap_or_else(|| ", ".to_owned()),
            })
        });
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, labels, wording })
    }

    /// The headings, in order.
    pub fn heads(&self) -> Vec<Head> {
        self.columns.iter().map(|column| column.head.clone()).collect()
    }

    /// The paths its values stand at.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().flat_map(|column| &column.from).flatten().map(String::as_str)
    }

    /// Adds a record's row.
    pub fn fill(&self, account: &str, time: UnixMillis, view: &View, rows: &mut Rows) {
        for column in &self.columns {
            match column.head.kind {
                Kind::Time => rows.push(Cell::Time(time)),
                Kind::Number => match column.text(view, account) {
                    None => rows.push(Cell::Empty),
                    Some(text) => rows.push(match text.parse() {
                        Ok(number) => Cell::Number(number),
                        Err(_) => Cell::Text(&text),
                    }),
                },
                Kind::Text => match column.text(view, account) {
                    None => rows.push(Cell::Empty),
                    Some(text) => rows.push(Cell::Text(self.worded(column, &text))),
                },
            }
        }
    }

    fn worded<'t>(&'t self, column: &Column, text: &'t str) -> &'t str {
        if self.wording == Wording::Codes {
            return text;
        }
        let found = column.tables.iter().find_map(|table| {
            // Some logs say "Locked Out" where others say "locked_out".
            self.labels
                .get(table, text)
                .or_else(|| self.labels.get(table, &canonical::reason(text)))
        });
        found.unwrap_or(text)
    }
}

impl Column {
    fn text<'v>(&self, view: &'v View, account: &'v str) -> Option<std::borrow::Cow<'v, str>> {
        self.from.iter().find_map(|paths| match paths.as_slice() {
            [path] if path == ACCOUNT => Some(account.into()),
            [path] => view.text(path).filter(|text| told(text)),
            paths => {
                let parts: Vec<_> =
                    paths.iter().filter_map(|path| view.text(path)).filter(|t| told(t)).collect();
                (!parts.is_empty()).then(|| parts.join(&self.separator).into())
            }
        })
    }
}

/// Duo writes a dash for a place it does not know.
fn told(text: &str) -> bool {
    text != "-"
}

fn listed(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{Column as Defined, Knowledge};
    use crate::record::LogType;

    fn value(defined: Defined, log_type: LogType, raw: &str, wording: Wording) -> String {
        let knowledge = Knowledge::embedded().unwrap();
        let report = Report { columns: vec![defined], ..Report::default() };
        let columns = Columns::read(&report, knowledge.labels(), wording).unwrap();
        let mut rows = Rows::new(1);
        let view = View::read(log_type, raw.as_bytes());
        columns.fill("Contoso", UnixMillis(0), &view, &mut rows);
        match rows.iter().next().unwrap().get(0) {
            Cell::Text(text) => text.to_owned(),
            other => format!("{other:?}"),
        }
    }

    fn from(paths: &[&str], values: Option<&str>) -> Defined {
        Defined {
            from: paths.iter().map(|&path| path.to_owned()).collect(),
            values: values.map(str::to_owned).into_iter().collect(),
            ..Defined::default()
        }
    }

    #[test]
    fn codes_are_told_in_words_or_as_they_are() {
        let raw = r#"{"txid":"t","factor":"duo_push","result":"denied"}"#;
        let column = from(&["duo.factor"], Some("factor"));
        let read = |wording| value(column.clone(), LogType::Authentication, raw, wording);
        assert_eq!(read(Wording::Words), "Duo Push");
        assert_eq!(read(Wording::Codes), "duo_push");
    }

    #[test]
    fn an_unknown_code_is_shown_as_it_is() {
        let raw = r#"{"factor":"carrier_pigeon"}"#;
        let column = from(&["duo.factor"], Some("factor"));
        let read = value(column, LogType::Authentication, raw, Wording::Words);
        assert_eq!(read, "carrier_pigeon");
    }

    #[test]
    fn places_are_joined_and_dashes_left_out() {
        let raw = r#"{"access_device":{"location":{"city":"-","state":"Ohio","country":"United States"}}}"#;
        let place = "access_device.location.city, access_device.location.state, access_device.location.country";
        let column = from(&[place], None);
        let read = value(column, LogType::Activity, raw, Wording::Words);
        assert_eq!(read, "Ohio, United States");
    }

    #[test]
    fn the_first_path_with_a_value_counts_and_the_account_is_one() {
        let column = from(&["description.status", "target.details.status"], Some("status"));
        let raw = r#"{"action":{"name":"user_update"},"target":{"details":"{\"status\": \"Locked Out\"}"}}"#;
        assert_eq!(value(column, LogType::Activity, raw, Wording::Words), "Locked Out");
        assert_eq!(
            value(from(&["account"], None), LogType::Activity, raw, Wording::Words),
            "Contoso"
        );
    }
}
