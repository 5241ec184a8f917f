//! A dashlet in words: for people, and for screen readers.

use super::answers::{Answered, unit};
use crate::knowledge::{Dashboard, GroupBy, Item};
use crate::window::console::range::Range;
use crate::window::look::charts::Series;
use crate::window::say;

/// What stands before the titles of EventTracker's dashlets.
const PREFIX: &str = "Duo Security - ";

/// The title as it stands above a card, on a page that is about Duo anyway.
pub fn title(item: &Item<Dashboard>) -> &str {
    item.title.strip_prefix(PREFIX).unwrap_or(&item.title)
}

/// The range of a card: “Last 7 days”, “2026-11-01 00:00 to 2026-11-07 23:59”.
pub fn range(range: Range) -> String {
    match range {
        Range::Between(since, until) => format!("{} to {}", say::when(since), say::when(until)),
        range => range.title().to_owned(),
    }
}

/// The same inside a sentence: “last 7 days”.
pub fn in_range(chosen: Range) -> String {
    let words = range(chosen);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What the groups of a dashlet are, above a column of them.
pub fn heading(item: &Item<Dashboard>) -> &'static str {
    match item.body.query.group_by {
        GroupBy::Time => "Time",
        GroupBy::User => "User",
        GroupBy::Reason => "Reason",
        GroupBy::Factor => "Factor",
        GroupBy::Application => "Application",
        GroupBy::Target => "On whom or what",
        GroupBy::Country => "Country",
        GroupBy::Action => "Action",
        GroupBy::Result => "Result",
        GroupBy::Category => "Category",
        GroupBy::LogType => "Log",
    }
}

/// How much there is: “1 record”.
pub fn total(item: &Item<Dashboard>, total: i64) -> String {
    let unit = unit(item);
    let unit = if total == 1 { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
    format!("{} {unit}", say::number(total))
}

/// The chart in one sentence.
pub fn summary(item: &Item<Dashboard>, answered: &Answered, range: &str) -> String {
    let dashlet = &answered.dashlet;
    let drawn = &answered.drawn;
    let mut text = format!("{}, {range}: {}", title(item), total(item, dashlet.total));
    let largest = |count: usize, name: &dyn Fn(usize) -> String| {
        let sum = |at: usize| drawn.series.iter().map(|one| one.at(at)).sum::<i64>();
        let at = (0..count).max_by_key(|at| (sum(*at), std::cmp::Reverse(*at)))?;
        (sum(at) > 0).then(|| format!("{} with {}", name(at), say::number(sum(at))))
    };
    let most = match &drawn.times {
        Some(times) => largest(times.len(), &|at| times.title(at)),
        None => largest(drawn.names.len(), &|at| drawn.names.get(at).cloned().unwrap_or_default()),
    };
    if let Some(most) = most {
        text.push_str("; most: ");
        text.push_str(&most);
    }
    if drawn.series.len() > 1 {
        let told = |one: &Series| format!("{} {}", one.name, say::number(one.sum()));
        let told: Vec<String> = drawn.series.iter().map(told).collect();
        text.push_str("; ");
        text.push_str(&told.join(", "));
    }
    if let Some(before) = &answered.before {
        text.push_str(&format!("; {} in the period before", say::number(before.total)));
    }
    text.push('.');
    text
}
