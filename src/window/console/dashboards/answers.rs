//! What a card asks the store, and the answer as it is drawn.
//!
//! Promises: a step of time for which nothing was collected yet is unknown, not zero; a card that
//! stays on the screen asks again when there is something new or its range has moved noticeably,
//! not with every frame.

use std::sync::Arc;

use crate::base::{Problem, UnixMillis};
use crate::dashboards::{self, Ask, Dashlet};
use crate::knowledge::{Chart, Dashboard, GroupBy, Item, Knowledge, Measure};
use crate::window::console::here::View;
use crate::window::console::range::Range;
use crate::window::desk::Shelf;
use crate::window::look::charts::{Series, Times, Tone};
use crate::window::say;
use crate::window::worker::Standing;

/// More series than this nobody can tell apart by color; the rest is drawn as one.
const SERIES: usize = 8;

/// A range that has moved by less than this part of itself looks the same.
const MOVED: i64 = 500;

/// Which answer a card shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The dashlet's id.
    pub id: String,
    /// Only this account; all when `None`.
    pub account: Option<String>,
    /// The range as it was chosen.
    pub range: Range,
    /// From when until when that is, both inclusive.
    pub span: (UnixMillis, UnixMillis),
    /// Whether the period before is asked as well.
    pub compares: bool,
    fresh: u64,
    /// Which reading of the packs.
    known: usize,
}

impl Question {
    /// What to ask now; the one that was asked, while that is good enough.
    pub fn now(
        asked: Option<&Self>,
        item: &Item<Dashboard>,
        view: &View,
        knowledge: &Arc<Knowledge>,
        compares: bool,
    ) -> Self {
        let mut question = Self {
            id: item.id.clone(),
            account: view.account.clone(),
            range: view.range,
            span: view.since_until(),
            compares,
            fresh: view.fresh,
            known: Arc::as_ptr(knowledge).addr(),
        };
        if let Some(asked) = asked {
            let (since, until) = question.span;
            let moved = until.0.abs_diff(asked.span.1.0);
            let length = until.0.saturating_sub(since.0).unsigned_abs();
            let same = Self { span: asked.span, ..question.clone() } == *asked;
            if same && moved <= length / MOVED.unsigned_abs() {
                question.span = asked.span;
            }
        }
        question
    }

    /// The range of the same length just before.
    fn before(&self) -> (UnixMillis, UnixMillis) {
        let (since, until) = self.span;
        let length = until.0.saturating_sub(since.0).saturating_add(1);
        (UnixMillis(since.0.saturating_sub(length)), UnixMillis(since.0.saturating_sub(1)))
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The numbers as the store has them.
    pub dashlet: Dashlet,
    /// The same as they are drawn.
    pub drawn: Drawn,
    /// The numbers of the period before, where they were asked.
    pub before: Option<Before>,
    /// Whether anything is stored at all.
    pub is_anything_stored: bool,
}

/// Numbers as a chart takes them.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The steps of a chart over time.
    pub times: Option<Times>,
    /// The groups of any other.
    pub names: Vec<String>,
    /// The numbers; the last one may be several in one.
    pub series: Vec<Series>,
}

/// The period before.
#[derive(Clone, Debug)]
pub struct Before {
    /// How much there was in all.
    pub total: i64,
    /// The steps of a chart over time, all series in one, as many as there are now.
    pub steps: Vec<Option<i64>>,
}

/// From when until when something was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collected {
    since: UnixMillis,
    until: UnixMillis,
}

impl Collected {
    /// Of the logs that a dashlet asks; `None` when nobody knows.
    pub fn of(standing: &Standing, item: &Item<Dashboard>, account: Option<&str>) -> Option<Self> {
        let logs = &item.body.query.log_types;
        let mut all = None::<Self>;
        for status in &standing.statuses {
            let is_asked = (logs.is_empty() || logs.contains(&status.log_type))
                && account.is_none_or(|account| account == status.account);
            let (true, Some(since)) = (is_asked, status.begins) else { continue };
            let until = status.reached.max(status.newest).unwrap_or(since);
            let known = all.get_or_insert(Self { since, until });
            known.since = known.since.min(since);
            known.until = known.until.max(until);
        }
        all
    }

    fn holds(self, (since, until): (UnixMillis, UnixMillis)) -> bool {
        until >= self.since && since <= self.until
    }
}

/// Asks the store. Blocks.
pub fn ask(
    shelf: &mut Shelf,
    question: &Question,
    collected: Option<Collected>,
) -> Result<Option<Answered>, Problem> {
    let knowledge = shelf.knowledge()?;
    let found = knowledge.dashboards().iter().find(|item| item.id == question.id);
    let Some(item) = found else { return Ok(None) };
    let Some(reader) = shelf.reader()? else { return Ok(None) };
    let zone = say::zone();
    let answer = |(since, until)| {
        let account = question.account.clone();
        let ask = Ask { account, since, until, zone: zone.clone() };
        dashboards::answer(reader, &knowledge, item, &ask).map_err(|error| error.problem)
    };
    let dashlet = answer(question.span)?;
    let before = if question.compares { Some(answer(question.before())?) } else { None };
    let drawn = drawn(item, &dashlet, &zone, collected);
    let before = before.map(|before| Before {
        total: before.total,
        steps: aligned(&before, drawn.times.as_ref().map_or(0, Times::len)),
    });
    let is_anything_stored =
        dashlet.total != 0 || collected.is_some_and(|known| known.until > known.since);
    Ok(Some(Answered { dashlet, drawn, before, is_anything_stored }))
}

fn drawn(
    item: &Item<Dashboard>,
    dashlet: &Dashlet,
    zone: &jiff::tz::TimeZone,
    collected: Option<Collected>,
) -> Drawn {
    let first = dashlet.series.first().map(|line| line.points.as_slice()).unwrap_or_default();
    let starts: Vec<UnixMillis> = first.iter().filter_map(|point| point.start).collect();
    let times = dashlet.step.map(|step| Times {
        starts,
        until: dashlet.until,
        step,
        zone: zone.clone(),
        is_open: dashlet.until >= UnixMillis::now(),
    });
    let names = match times {
        Some(_) => Vec::new(),
        None => first.iter().map(|point| point.label.clone()).collect(),
    };
    let mut nth = 0;
    let mut series: Vec<Series> = Vec::new();
    for (index, line) in dashlet.series.iter().enumerate() {
        let tone = special(item, line.code.as_deref()).unwrap_or_else(|| {
            nth += 1;
            Tone::Nth(nth - 1)
        });
        let known = |step: usize, value: i64| {
            let span = times.as_ref().and_then(|times| times.span(step));
            let is_known = value != 0
                || span.is_none_or(|span| collected.is_none_or(|known| known.holds(span)));
            is_known.then_some(value)
        };
        let values = line.points.iter().enumerate();
        let values = values.map(|(step, point)| known(step, point.value)).collect();
        series.push(Series { index, name: line.name.clone(), tone, values });
    }
    if item.body.chart != Chart::Table {
        fold(&mut series);
    }
    Drawn { times, names, series }
}

/// How some results always look.
fn special(item: &Item<Dashboard>, code: Option<&str>) -> Option<Tone> {
    if item.body.query.split_by != Some(GroupBy::Result) {
        return None;
    }
    match code? {
        "success" => Some(Tone::Good),
        "denied" | "failure" => Some(Tone::Warn),
        "fraud" => Some(Tone::Bad),
        _ => None,
    }
}

/// The smallest series become one, so that all have a color of their own.
fn fold(series: &mut Vec<Series>) {
    if series.len() <= SERIES {
        return;
    }
    let rest = series.split_off(SERIES - 1);
    let steps = rest.iter().map(|one| one.values.len()).max().unwrap_or(0);
    let value = |step: usize| {
        let known = rest.iter().filter_map(|one| one.values.get(step).copied().flatten());
        known.reduce(|sum, value| sum + value)
    };
    series.push(Series {
        index: usize::MAX,
        name: format!("{} others", rest.len()),
        tone: Tone::Quiet,
        values: (0..steps).map(value).collect(),
    });
}

/// The steps of the period before, the last ones beside the last ones.
fn aligned(before: &Dashlet, steps: usize) -> Vec<Option<i64>> {
    let there = before.series.first().map_or(0, |line| line.points.len());
    let sum = |step: usize| -> i64 {
        before.series.iter().filter_map(|line| line.points.get(step)).map(|point| point.value).sum()
    };
    let at = |step: usize| (step + there).checked_sub(steps).map(sum);
    if before.step.is_some() { (0..steps).map(at).collect() } else { Vec::new() }
}

/// What a dashlet counts, for numbers above one.
pub fn unit(item: &Item<Dashboard>) -> &'static str {
    match item.body.query.measure {
        Measure::Records => "records",
        Measure::Credits => "credits",
        Measure::Late => "late records",
    }
}
