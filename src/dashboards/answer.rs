//! Asks a dashlet's question and puts the answer together.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Serialize;
use serde::ser::{SerializeTuple, Serializer};

use super::names::{self, Code};
use super::steps::{Step, Steps};
use crate::base::UnixMillis;
use crate::knowledge::{Chart, Dashboard, Filter, GroupBy, Item, Knowledge, Measure, Query};
use crate::store::Measure as Largest;
use crate::store::{Counts, Field, Kind, Reader, Scope, StoreError};

/// Groups told unless the definition says how many.
const TOP: usize = 10;

/// Places told on a map: more than there are countries.
const PLACES: usize = 400;

/// What to answer a dashlet about.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// From this instant on, inclusive.
    pub since: UnixMillis,
    /// Up to this instant, inclusive.
    pub until: UnixMillis,
    /// Whose days they are.
    pub zone: TimeZone,
}

/// A dashlet with its numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Dashlet {
    /// The definition's id.
    pub id: String,
    /// What people read above it.
    pub title: String,
    /// How it is drawn.
    #[serde(serialize_with = "chart_name")]
    pub chart: Chart,
    /// From this instant on, inclusive.
    #[serde(serialize_with = "as_text")]
    pub since: UnixMillis,
    /// Up to this instant, inclusive.
    #[serde(serialize_with = "as_text")]
    pub until: UnixMillis,
    /// How long the steps of a line are.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "step_name")]
    pub step: Option<Step>,
    /// What is counted: `records`, `credits`, `late`.
    pub measure: &'static str,
    /// The numbers.
    pub series: Vec<Line>,
    /// How much there is in all, groups that are not told included.
    pub total: i64,
    /// Which records stand behind it.
    pub drill_down: Filter,
}

/// One line of numbers, or one column.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What people read beside it.
    pub name: String,
    /// The code behind the name, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The numbers.
    pub points: Vec<Point>,
    /// The codes behind the points' names, in order; absent for times.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// One number and what it is of: in JSON, a list of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// A name, or a time in RFC 3339.
    pub label: String,
    /// How much.
    pub value: i64,
    /// When the step begins.
    pub start: Option<UnixMillis>,
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&self.label)?;
        pair.serialize_element(&self.value)?;
        pair.end()
    }
}

/// Answers a dashlet.
pub fn answer(
    reader: &Reader,
    knowledge: &Knowledge,
    item: &Item<Dashboard>,
    ask: &Ask,
) -> Result<Dashlet, StoreError> {
    let query = &item.body.query;
    let asking = Asking::new(reader, knowledge, &item.body, ask)?;
    let (step, series, total) = match query.group_by {
        GroupBy::Time => asking.over_time()?,
        by => asking.by_group(by)?,
    };
    Ok(Dashlet {
        id: item.id.clone(),
        title: item.title.clone(),
        chart: item.body.chart,
        since: ask.since,
        until: ask.until,
        step,
        measure: match query.measure {
            Measure::Records => "records",
            Measure::Credits => "credits",
            Measure::Late => "late",
        },
        series,
        total,
        drill_down: item.body.drill_down(),
    })
}

type Answered = (Option<Step>, Vec<Line>, i64);

struct Asking<'a> {
    reader: &'a Reader,
    knowledge: &'a Knowledge,
    query: &'a Query,
    chart: Chart,
    ask: &'a Ask,
    scope: Scope,
    /// The categories in the store, with their bits.
    bits: BTreeMap<String, u8>,
    /// At least one of these; all when `None`.
    wanted_bits: Option<u64>,
}

impl<'a> Asking<'a> {
    fn new(
        reader: &'a Reader,
        knowledge: &'a Knowledge,
        dashboard: &'a Dashboard,
        ask: &'a Ask,
    ) -> Result<Self, StoreError> {
        let Dashboard { chart, query, .. } = dashboard;
        let bits = reader.category_bits()?;
        let wanted = query.categories.iter().filter_map(|id| bits.get(id));
        let wanted_bits =
            (!query.categories.is_empty()).then(|| wanted.fold(0, |bits, bit| bits | mask(*bit)));
        let scope = Scope {
            account: ask.account.clone(),
            log_types: query.log_types.clone(),
            since: ask.since,
            until: ask.until,
        };
        Ok(Self { reader, knowledge, query, chart: *chart, ask, scope, bits, wanted_bits })
    }

    fn wants(&self, kind: &Kind) -> bool {
        self.wanted_bits.is_none_or(|bits| kind.categories & bits != 0)
            && (self.query.action.is_empty()
                || names::is_among(&names::action(kind).code, &self.query.action))
            && (self.query.result.is_empty()
                || names::is_among(&names::result(kind).code, &self.query.result))
    }

    fn over_time(&self) -> Result<Answered, StoreError> {
        let steps = Steps::covering(self.ask.since, self.ask.until, &self.ask.zone);
        let series = self.reader.series(&self.scope, &steps.starts, &|kind| self.wants(kind))?;
        let of_kind: Vec<Vec<Code>> = series.kinds.iter().map(|kind| self.split(kind)).collect();
        let mut lines: BTreeMap<Code, Vec<i64>> = BTreeMap::new();
        let mut total = 0;
        for (step, kind, counts) in &series.cells {
            let value = self.value(counts);
            total += value;
            for code in of_kind.get(*kind).into_iter().flatten() {
                let line = lines.entry(code.clone()).or_insert_with(|| vec![0; steps.starts.len()]);
                if let Some(sum) = line.get_mut(*step) {
                    *sum += value;
                }
            }
        }
        if lines.is_empty() && self.query.split_by.is_none() {
            lines.insert(self.everything(), vec![0; steps.starts.len()]);
        }
        let lines = largest_first(lines, |values| values.iter().sum());
        let series = lines
            .into_iter()
            .filter(|(_, values)| {
                self.query.split_by.is_none() || values.iter().any(|value| *value != 0)
            })
            .map(|(code, values)| Line {
                name: code.words(self.knowledge),
                code: self.query.split_by.map(|_| code.code),
                points: steps
                    .starts
                    .iter()
                    .zip(values)
                    .map(|(start, value)| Point {
                        label: start.to_string(),
                        value,
                        start: Some(*start),
                    })
                    .collect(),
                codes: Vec::new(),
            })
            .collect();
        Ok((Some(steps.step), series, total))
    }

    /// Groups by a field of the records, or by what their kinds say.
    fn by_group(&self, by: GroupBy) -> Result<Answered, StoreError> {
        let mut groups: BTreeMap<Code, BTreeMap<Code, i64>> = BTreeMap::new();
        let mut total = 0;
        let mut count = |group: Code, kind: &Kind, value: i64| {
            let group = groups.entry(group).or_default();
            for code in self.split(kind) {
                *group.entry(code).or_default() += value;
            }
        };
        if let Some(field) = field(by) {
            let largest = match self.query.measure {
                Measure::Credits => Largest::Amount,
                Measure::Records | Measure::Late => Largest::Records,
            };
            // Values with several spellings are added up before the largest are known.
            let spelled = matches!(by, GroupBy::Reason | GroupBy::Factor);
            let top = (!spelled).then_some(self.top());
            let wants = |kind: &Kind| self.wants(kind);
            let ranking = self.reader.ranking(&self.scope, field, largest, top, &wants)?;
            total = self.value(&ranking.total);
            for one in &ranking.values {
                for (kind, counts) in &one.parts {
                    if let Some(kind) = ranking.kinds.get(*kind) {
                        let code = names::of_field(by, kind.log_type, &one.value);
                        count(code, kind, self.value(counts));
                    }
                }
            }
        } else {
            let series =
                self.reader.series(&self.scope, &[self.ask.since], &|kind| self.wants(kind))?;
            for (_, kind, counts) in &series.cells {
                let value = self.value(counts);
                total += value;
                if let Some(kind) = series.kinds.get(*kind) {
                    for code in self.codes(by, kind) {
                        count(code, kind, value);
                    }
                }
            }
        }
        let sum = |parts: &BTreeMap<Code, i64>| self.sum(parts);
        let mut groups = largest_first(groups, sum);
        groups.retain(|(_, parts)| sum(parts) != 0);
        groups.truncate(self.top());
        Ok((None, self.columns(&groups), total))
    }

    /// One line for each part of the groups, every line with a point for every group.
    fn columns(&self, groups: &[(Code, BTreeMap<Code, i64>)]) -> Vec<Line> {
        let mut parts: BTreeMap<Code, i64> = BTreeMap::new();
        for (code, value) in groups.iter().flat_map(|(_, parts)| parts) {
            *parts.entry(code.clone()).or_default() += value;
        }
        if self.query.split_by.is_none() {
            parts.entry(self.everything()).or_default();
        }
        largest_first(parts, |value| *value)
            .into_iter()
            .map(|(part, _)| Line {
                name: part.words(self.knowledge),
                points: groups
                    .iter()
                    .map(|(group, parts)| Point {
                        label: group.words(self.knowledge),
                        value: parts.get(&part).copied().unwrap_or(0),
                        start: None,
                    })
                    .collect(),
                codes: groups.iter().map(|(group, _)| group.code.clone()).collect(),
                code: self.query.split_by.map(|_| part.code),
            })
            .collect()
    }

    /// A group's size. A record in two categories stands in two parts of it, and counts once.
    fn sum(&self, parts: &BTreeMap<Code, i64>) -> i64 {
        if self.query.split_by == Some(GroupBy::Category) {
            return parts.values().copied().max().unwrap_or(0);
        }
        parts.values().sum()
    }

    fn top(&self) -> usize {
        self.query.top.unwrap_or(if self.chart == Chart::Map { PLACES } else { TOP })
    }

    fn value(&self, counts: &Counts) -> i64 {
        match self.query.measure {
            Measure::Records => counts.records,
            Measure::Credits => counts.amount,
            Measure::Late => counts.late,
        }
    }

    /// What a kind of records is drawn as.
    fn split(&self, kind: &Kind) -> Vec<Code> {
        self.query.split_by.map_or_else(|| vec![self.everything()], |by| self.codes(by, kind))
    }

    /// The one line there is without splitting.
    fn everything(&self) -> Code {
        Code::plain(match self.query.measure {
            Measure::Records => "Records",
            Measure::Credits => "Telephony credits",
            Measure::Late => "Late records",
        })
    }

    fn codes(&self, by: GroupBy, kind: &Kind) -> Vec<Code> {
        match by {
            GroupBy::Action => vec![names::action(kind)],
            GroupBy::Result => vec![names::result(kind)],
            GroupBy::LogType => vec![names::log_type(kind)],
            GroupBy::Category => self
                .bits
                .iter()
                .filter(|(_, bit)| kind.categories & mask(**bit) != 0)
                .map(|(id, _)| names::category(id))
                .collect(),
            _ => Vec::new(),
        }
    }
}

const fn field(by: GroupBy) -> Option<Field> {
    match by {
        GroupBy::User => Some(Field::User),
        GroupBy::Reason => Some(Field::Reason),
        GroupBy::Factor => Some(Field::Factor),
        GroupBy::Application => Some(Field::Application),
        GroupBy::Target => Some(Field::Target),
        GroupBy::Country => Some(Field::Country),
        GroupBy::Time
        | GroupBy::Action
        | GroupBy::Result
        | GroupBy::Category
        | GroupBy::LogType => None,
    }
}

fn mask(bit: u8) -> u64 {
    1_u64.checked_shl(u32::from(bit)).unwrap_or(0)
}

fn largest_first<V>(map: BTreeMap<Code, V>, size: impl Fn(&V) -> i64) -> Vec<(Code, V)> {
    let mut list: Vec<(Code, V)> = map.into_iter().collect();
    // Equal ones stay in the order of their names.
    list.sort_by_key(|(_, value)| -size(value));
    list
}

fn chart_name<S: Serializer>(chart: &Chart, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(chart.name())
}

fn step_name<S: Serializer>(step: &Option<Step>, serializer: S) -> Result<S::Ok, S::Error> {
    match step {
        Some(Step::Hour) => serializer.serialize_str("hour"),
        Some(Step::Day) => serializer.serialize_str("day"),
        None => serializer.serialize_none(),
    }
}

fn as_text<S: Serializer>(time: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}
