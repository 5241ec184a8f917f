//! What the table asks the store: a filter with its range, once the person has it together.

use std::collections::BTreeMap;

use crate::base::UnixMillis;
use crate::store::{Column, Wanted};

use super::super::Filter;
use super::super::here::View;
use super::super::range::Range;

/// Which records are looked at. Two that are equal have the same records, but for new ones.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    /// What is filtered by.
    pub filter: Filter,
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// The range of the view.
    range: Range,
}

impl Question {
    /// What a person wants to see now.
    pub fn new(filter: &Filter, view: &View) -> Self {
        Self { filter: filter.clone(), account: view.account.clone(), range: view.range }
    }

    /// From when until when, both inclusive.
    pub fn since_until(&self, now: UnixMillis) -> (UnixMillis, UnixMillis) {
        let (since, until) = self.range.since_until(now);
        // With one end of its own, a filter must not end before it begins.
        match (self.filter.since, self.filter.until) {
            (None, None) => (since, until),
            (Some(since), None) => (since, until.max(since)),
            (None, Some(until)) => (since.min(until), until),
            (Some(since), Some(until)) => (since, until),
        }
    }

    /// Whether new records can still come into it.
    pub fn goes_on(&self) -> bool {
        self.filter.until.is_none() && !matches!(self.range, Range::Between(..))
    }

    /// The words of the range.
    pub fn range_words(&self) -> &'static str {
        match (self.filter.since, self.filter.until) {
            (None, None) => self.range.title(),
            _ => "Custom range",
        }
    }

    /// The same for the store; `bits` are those of categories that records may have. `None` when no
    /// record can be meant, because none has ever been in the categories.
    pub fn wanted(&self, bits: &BTreeMap<String, u8>, now: UnixMillis) -> Option<Wanted> {
        let filter = &self.filter;
        let of = |id: &String| bits.get(id).map_or(0, |bit| 1_u64 << bit);
        let categories = filter.categories.iter().map(of).fold(0, |all, bit| all | bit);
        if categories == 0 && !filter.categories.is_empty() {
            return None;
        }
        let fields = [
            (Column::User, filter.user.clone()),
            (Column::Action, filter.action.clone()),
            (Column::Result, filter.result.clone()),
            (Column::Reason, filter.reason.clone()),
            (Column::Factor, filter.factor.clone()),
            (Column::Address, filter.address.clone()),
            (Column::Application, filter.application.clone()),
            (Column::Target, filter.target.clone()),
            (Column::Country, filter.country.clone()),
        ];
        let (since, until) = self.since_until(now);
        Some(Wanted {
            account: self.account.clone(),
            since,
            until,
            log_types: filter.log_types.clone(),
            categories,
            fields: fields.into_iter().filter(|(_, values)| !values.is_empty()).collect(),
            late: filter.late,
            alert: filter.alert,
            text: filter.text.trim().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(range: Range) -> View {
        View { account: None, range, fresh: 0 }
    }

    #[test]
    fn a_range_of_its_own_goes_before_the_range_of_the_view() {
        let now = UnixMillis(1_800_000_000_000);
        let filter =
            Filter { since: Some(UnixMillis(5)), until: Some(UnixMillis(9)), ..Filter::default() };
        let question = Question::new(&filter, &view(Range::Hour));
        assert_eq!(question.since_until(now), (UnixMillis(5), UnixMillis(9)));
        assert!(!question.goes_on());
        let open = Filter { until: None, ..filter };
        let question = Question::new(&open, &view(Range::Hour));
        assert_eq!(question.since_until(now), (UnixMillis(5), Range::Hour.since_until(now).1));
        assert!(question.goes_on());
        assert!(
            !Question::new(&Filter::default(), &view(Range::Between(UnixMillis(1), now))).goes_on()
        );
    }

    #[test]
    fn a_category_that_never_occurred_means_no_record() {
        let bits = BTreeMap::from([("login-failed".to_owned(), 3)]);
        let of = |id: &str| {
            let filter = Filter { categories: vec![id.to_owned()], ..Filter::default() };
            Question::new(&filter, &view(Range::Day)).wanted(&bits, UnixMillis(0))
        };
        assert_eq!(of("login-failed").unwrap().categories, 8);
        assert!(of("telephony").is_none());
        let all = Question::new(&Filter::default(), &view(Range::Day)).wanted(&bits, UnixMillis(0));
        assert_eq!(all.unwrap().categories, 0);
    }
}
