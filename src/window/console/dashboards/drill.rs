//! Which records stand behind what was clicked.

use super::answers::Answered;
use crate::knowledge::{Dashboard, GroupBy, Item};
use crate::window::console::filter::Filter;
use crate::window::look::charts::Pick;

/// The records behind a dashlet, or behind a part of it.
pub fn filter(item: &Item<Dashboard>, answered: &Answered, pick: Pick) -> Filter {
    let dashlet = &answered.dashlet;
    let mut filter = Filter::from(dashlet.drill_down.clone());
    (filter.since, filter.until) = (Some(dashlet.since), Some(dashlet.until));
    filter.late = item.body.query.measure == crate::knowledge::Measure::Late;
    let query = &item.body.query;
    if let Some(at) = pick.at {
        if let Some(span) = answered.drawn.times.as_ref().and_then(|times| times.span(at)) {
            filter.since = Some(span.0.max(dashlet.since));
            filter.until = Some(span.1.min(dashlet.until));
        }
        let code = dashlet.series.first().and_then(|line| line.codes.get(at));
        if let Some(code) = code {
            narrow(&mut filter, query.group_by, code);
        }
    }
    if let (Some(by), Some(series)) = (query.split_by, pick.series)
        && let Some(code) = dashlet.series.get(series).and_then(|line| line.code.as_ref())
    {
        narrow(&mut filter, by, code);
    }
    filter
}

/// Only records with this code. What a record does not tell cannot be asked for.
fn narrow(filter: &mut Filter, by: GroupBy, code: &str) {
    if code.is_empty() {
        return;
    }
    let only = vec![code.to_owned()];
    match by {
        GroupBy::Time => {}
        GroupBy::User => filter.user = only,
        GroupBy::Application => filter.application = only,
        GroupBy::Target => filter.target = only,
        GroupBy::Country => filter.country = only,
        GroupBy::Reason => filter.reason = only,
        GroupBy::Factor => filter.factor = only,
        GroupBy::Action => filter.action = only,
        GroupBy::Result => filter.result = only,
        GroupBy::Category => filter.categories = only,
        GroupBy::LogType => {
            if let Ok(log_type) = code.parse() {
                filter.log_types = vec![log_type];
            }
        }
    }
}
