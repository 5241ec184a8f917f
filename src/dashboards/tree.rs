//! How many records fall in each category, under the headings that people find them by.
//!
//! Promises: the numbers are those of the records in the range, to the record; a heading counts
//! each record once, though it may be in several of its categories.

use std::collections::BTreeMap;

use super::Ask;
use crate::knowledge::{Category, Item, Knowledge, Origin, When};
use crate::record::LogType;
use crate::store::{Reader, Scope, StoreError};

/// Where categories stand that name no heading.
const YOUR_OWN: &str = "Your own";

/// All categories with their counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The headings, the largest first; what is in no other category last.
    pub groups: Vec<Group>,
    /// All records in the range.
    pub count: Count,
    /// Stored records have the categories of today.
    pub is_sorted: bool,
}

/// A heading with its categories.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What people read.
    pub title: String,
    /// Records in any of its categories.
    pub count: Count,
    /// Its categories, the largest first.
    pub leaves: Vec<Leaf>,
}

/// A category with its counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Its id.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Why it is worth having.
    pub reason: String,
    /// The ways into it, in words.
    pub ways: Vec<String>,
    /// Whether it is in use.
    pub enabled: bool,
    /// Somebody's own, by the id of the pack; `None` for the program's.
    pub pack: Option<String>,
    /// Records in it.
    pub count: Count,
}

/// Records in a range, and in the range of the same length just before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// In the range.
    pub now: i64,
    /// In the range before.
    pub before: i64,
}

/// Counts by category. Without a reader nothing is stored yet. `before` is the range to compare
/// with.
pub fn tree(
    reader: Option<&Reader>,
    knowledge: &Knowledge,
    ask: &Ask,
    before: &Ask,
) -> Result<Tree, StoreError> {
    let bits = reader.map_or_else(|| Ok(BTreeMap::new()), Reader::category_bits)?;
    let sorted = reader.map_or(Ok(None), Reader::categories_fingerprint)?;
    // Records by the categories they are in together.
    let mut kinds: BTreeMap<u64, Count> = BTreeMap::new();
    if let Some(reader) = reader {
        count(reader, ask, |bits, records| kinds.entry(bits).or_default().now += records)?;
        count(reader, before, |bits, records| kinds.entry(bits).or_default().before += records)?;
    }
    let of = |wanted: u64| {
        let mut sum = Count::default();
        for (_, count) in kinds.iter().filter(|(bits, _)| **bits & wanted != 0) {
            sum.now += count.now;
            sum.before += count.before;
        }
        sum
    };
    let mask = |item: &Item<Category>| {
        let bit = bits.get(&item.id).filter(|_| item.enabled);
        bit.and_then(|bit| 1_u64.checked_shl(u32::from(*bit))).unwrap_or(0)
    };
    let mut groups: BTreeMap<&str, (u64, Vec<Leaf>)> = BTreeMap::new();
    for item in knowledge.categories() {
        let named = item.body.group.trim();
        let title = if named.is_empty() { YOUR_OWN } else { named };
        let (all, leaves) = groups.entry(title).or_default();
        *all |= mask(item);
        leaves.push(leaf(item, knowledge, of(mask(item))));
    }
    let others = knowledge.categories().iter().find(|item| item.body.otherwise);
    let is_others = |group: &Group| {
        group.leaves.iter().all(|leaf| others.is_some_and(|item| item.id == leaf.id))
    };
    let mut groups: Vec<Group> = groups
        .into_iter()
        .map(|(title, (all, mut leaves))| {
            leaves.sort_by_key(|leaf| (!leaf.enabled, -leaf.count.now));
            Group { title: title.to_owned(), count: of(all), leaves }
        })
        .collect();
    groups.sort_by_key(|group| (is_others(group), -group.count.now));
    let mut all = Count::default();
    for count in kinds.values() {
        all.now += count.now;
        all.before += count.before;
    }
    let is_sorted = sorted.is_none_or(|sorted| sorted == knowledge.fingerprint());
    Ok(Tree { groups, count: all, is_sorted })
}

fn count(reader: &Reader, ask: &Ask, mut each: impl FnMut(u64, i64)) -> Result<(), StoreError> {
    let scope = Scope {
        account: ask.account.clone(),
        log_types: Vec::new(),
        since: ask.since,
        until: ask.until,
    };
    let series = reader.series(&scope, &[ask.since], &|_| true)?;
    for (_, kind, counts) in &series.cells {
        if let Some(kind) = series.kinds.get(*kind) {
            each(kind.categories, counts.records);
        }
    }
    Ok(())
}

fn leaf(item: &Item<Category>, knowledge: &Knowledge, count: Count) -> Leaf {
    let ways = if item.body.otherwise {
        vec!["Everything that is in no other category".to_owned()]
    } else {
        item.body.when.iter().map(|when| way(when, knowledge)).collect()
    };
    Leaf {
        id: item.id.clone(),
        title: item.short_title().to_owned(),
        reason: item.reason.clone(),
        ways,
        enabled: item.enabled,
        pack: match &item.origin {
            Origin::Pack => None,
            Origin::User(pack) => Some(pack.clone()),
        },
        count,
    }
}

/// A way into a category in words: “Administrator, Activity: action User created; result Denied”.
fn way(when: &When, knowledge: &Knowledge) -> String {
    let logs: Vec<&str> = LogType::ALL
        .into_iter()
        .filter(|log_type| !when.log_type.is_empty() && when.is_about(*log_type))
        .map(LogType::title)
        .collect();
    let worded = |table: &str, codes: &[String]| {
        let words = |code: &String| match code.strip_suffix('*') {
            Some(start) => format!("{start}\u{2026}"),
            None => knowledge.labels().or_code(table, code).to_owned(),
        };
        codes.iter().map(words).collect::<Vec<_>>().join(", ")
    };
    let mut parts = Vec::new();
    let mut part = |name: &str, table: &str, codes: &[String]| {
        if !codes.is_empty() {
            parts.push(format!("{name} {}", worded(table, codes)));
        }
    };
    part("action", "action", &when.action);
    part("not action", "action", &when.not_action);
    part("result", "result", &when.result);
    part("not result", "result", &when.not_result);
    part("reason", "reason", &when.reason);
    part("not reason", "reason", &when.not_reason);
    part("factor", "factor", &when.factor);
    part("not factor", "factor", &when.not_factor);
    part("application", "", &when.application);
    part("not application", "", &when.not_application);
    let logs = if logs.is_empty() { "All logs".to_owned() } else { logs.join(", ") };
    if parts.is_empty() { logs } else { format!("{logs}: {}", parts.join("; ")) }
}

impl Count {
    /// How much more or less than before, in percent; `None` where there was nothing before.
    pub fn change_percent(self) -> Option<i64> {
        let difference = i128::from(self.now) - i128::from(self.before);
        (self.before > 0)
            .then(|| {
                (difference * 100 + difference.signum() * i128::from(self.before) / 2)
                    / i128::from(self.before)
            })
            .and_then(|percent| i64::try_from(percent).ok())
    }
}
