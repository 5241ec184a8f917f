//! Which records a report is about: those of its categories.

use crate::base::Problem;
use crate::duo::logs::understand;
use crate::knowledge::{Category, Item, Knowledge, Report, When};
use crate::record::{Columns, LogType, canonical};

/// The categories a report lists.
pub struct Selection {
    categories: Vec<Category>,
}

impl Selection {
    /// The categories of a report. One that is not known, or that is switched off, is told.
    pub fn of(report: &Item<Report>, knowledge: &Knowledge) -> Result<Self, Problem> {
        let find = |id: &String| -> Result<&Item<Category>, Problem> {
            knowledge.categories().iter().find(|category| category.id == *id).ok_or_else(|| {
                Problem::new(format!(
                    "The report \u{201c}{}\u{201d} lists a category that there is not: {id}",
                    report.title
                ))
                .next("see category list for those there are")
            })
        };
        let categories = report.body.categories.iter().map(find);
        let categories = categories.map(|found| found.map(|item| item.body.clone()));
        Ok(Self { categories: categories.collect::<Result<_, _>>()? })
    }

    /// The logs in which such records lie; all when a category says nothing of logs.
    pub fn log_types(&self) -> Vec<LogType> {
        let ways = || self.categories.iter().flat_map(|category| &category.when);
        if ways().any(|when| when.log_type.is_empty()) {
            return Vec::new();
        }
        LogType::ALL
            .into_iter()
            .filter(|log_type| ways().any(|when| among(&when.log_type, log_type.name())))
            .collect()
    }

    /// Whether a record is one of them.
    pub fn has(&self, log_type: LogType, raw: &[u8]) -> bool {
        let columns = understand(log_type, raw).columns;
        let ways = self.categories.iter().flat_map(|category| &category.when);
        ways.into_iter().any(|when| is_so(when, log_type, &columns))
    }
}

fn is_so(when: &When, log_type: LogType, columns: &Columns<'_>) -> bool {
    let action = columns.action.as_deref().map(canonical::action);
    let result = columns.result.as_deref().map(|text| canonical::result(log_type, text));
    let reason = columns.reason.as_deref().map(canonical::reason);
    let factor = columns.factor.as_deref().map(canonical::factor);
    let application = columns.application.as_deref();
    allowed(&when.log_type, &[], Some(log_type.name()))
        && allowed(&when.action, &when.not_action, action.as_deref())
        && allowed(&when.result, &when.not_result, result.as_deref())
        && allowed(&when.reason, &when.not_reason, reason.as_deref())
        && allowed(&when.factor, &when.not_factor, factor.as_deref())
        && allowed(&when.application, &when.not_application, application)
}

fn allowed(only: &[String], not: &[String], value: Option<&str>) -> bool {
    let is = |list: &[String]| value.is_some_and(|value| among(list, value));
    (only.is_empty() || is(only)) && !is(not)
}

fn among(list: &[String], value: &str) -> bool {
    list.iter().any(|word| match word.strip_suffix('*') {
        Some(start) => value.to_lowercase().starts_with(&start.to_lowercase()),
        None => word.eq_ignore_ascii_case(value) || word.to_lowercase() == value.to_lowercase(),
    })
}
