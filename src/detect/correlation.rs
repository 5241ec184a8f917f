//! Records that mean something together: so many within a span, so many different ones, one kind
//! after another.
//!
//! Promises: windows go by the time records happened, and the order in which they arrive changes
//! neither which windows are found nor which records are named, as long as a record arrives no more
//! than [`LATE`] behind the newest of its log and a group holds no more than [`HITS`] of them; each
//! record is named by one finding; two logs' records of one act count once.
//!
//! How that is achieved: a record *closes* a window when the span that ends with it fulfills the
//! condition. Which records close depends on the set of records alone, and more records only close
//! more windows (conditions that fewer records fulfill, such as "at most", are refused when rules are
//! read). So with each record only those at most a span later are looked at again. A correlation
//! over another one goes by the records that close the other's windows.
//!
//! `rsigma-eval` has a correlation engine. It counts in the order of arrival, drops what is older
//! than its window, knows no records' names and writes its memory down only as a whole: it cannot
//! keep these promises.

use foldhash::HashSet;

use super::codec::{Put, Take};
use super::finding::Seen;
use super::twins;

/// How far behind the newest record of its log a record may arrive.
pub const LATE: i64 = 24 * 3_600_000;

/// Records kept for a group and a correlation, and a third more at times; the oldest go first.
pub const HITS: usize = 1_000;

/// Old records go when they are one in so many.
const SLACK: usize = 4;

/// Correlations in one rule at most: as many as a hit has marks for.
pub const AT_MOST: usize = 8;

const KIND: u8 = b'w';

/// One correlation of a rule.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// What has to come together.
    pub condition: Together,
    /// What it looks at, in the order the rule names it.
    pub inputs: Vec<Input>,
    /// Within so many milliseconds.
    pub span: i64,
}

/// What a correlation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Records that match a detection.
    Part(usize),
    /// Records that close a window of an earlier correlation.
    Correlation(usize),
}

/// What has to come together.
#[derive(Clone, Debug, PartialEq)]
pub enum Together {
    /// So many records.
    Count(usize),
    /// Records with so many different values.
    Values(usize),
    /// Inputs of these kinds, in any order.
    Kinds(Kinds),
    /// All inputs in the order they are named.
    Ordered,
}

/// Which inputs have to be there.
#[derive(Clone, Debug, PartialEq)]
pub enum Kinds {
    /// This input.
    One(usize),
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
}

impl Kinds {
    fn holds(&self, there: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Self::One(input) => there(*input),
            Self::All(kinds) => kinds.iter().all(|kind| kind.holds(there)),
            Self::Any(kinds) => kinds.iter().any(|kind| kind.holds(there)),
        }
    }
}

/// A record that matched, in one correlation's window.
#[derive(Clone, Debug, PartialEq)]
struct Hit {
    seen: Seen,
    /// The other log's record of the same act.
    twin: Option<Box<Seen>>,
    /// Which input it matched.
    input: u8,
    /// Stands for the value that is counted.
    value: u64,
    /// One bit for each correlation whose window it closes.
    closes: u8,
    /// A finding has named it.
    told: bool,
}

/// What is remembered of a group: the records of each correlation, by time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    windows: Vec<Vec<Hit>>,
}

/// What a record brought to light.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Records that no finding named before.
    pub records: Vec<Seen>,
    /// The other log's records of the same acts.
    pub twins: Vec<Seen>,
}

/// Points at a hit: which correlation's, and which.
type At = (usize, usize);

/// A hit as a correlation sees it.
struct Item {
    time: i64,
    input: usize,
    at: At,
}

impl Group {
    /// Adds a record that matched a detection; tells what that brought to light. `value` stands
    /// for the value that a correlation counts; `in_two_logs` says that the other log may tell the
    /// same act, `settled` that nothing from before that time arrives any more.
    pub fn add(
        &mut self,
        plan: &[Correlation],
        part: usize,
        value: impl Fn(usize) -> Option<u64>,
        seen: &Seen,
        in_two_logs: bool,
        settled: i64,
    ) -> Found {
        self.windows.resize_with(plan.len(), Vec::new);
        let time = seen.time.0;
        let mut found = Found::default();
        // For each correlation the times between which something is new.
        let mut news: Vec<Option<(i64, i64)>> = vec![None; plan.len()];
        for (number, correlation) in plan.iter().enumerate() {
            let looks = |input: &Input| *input == Input::Part(part);
            let Some(input) = correlation.inputs.iter().position(looks) else { continue };
            let counts = matches!(correlation.condition, Together::Values(_));
            let Some(value) = (if counts { value(number) } else { Some(0) }) else { continue };
            if in_two_logs && self.join_twin(number, input, seen, &mut found) {
                continue;
            }
            self.insert(number, input, value, seen);
            if let Some(slot) = news.get_mut(number) {
                *slot = Some((time, time));
            }
        }
        for (number, correlation) in plan.iter().enumerate() {
            let below = correlation.inputs.iter().filter_map(|input| match input {
                Input::Correlation(below) => news.get(*below).copied().flatten(),
                Input::Part(_) => None,
            });
            let own = news.get(number).copied().flatten();
            let new = own.into_iter().chain(below).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let closing = match new {
                Some((from, to)) => self.close(plan, number, from, to),
                None => Vec::new(),
            };
            let times = || closing.iter().map(|item| item.time);
            if let (Some(slot), Some(first), Some(last)) =
                (news.get_mut(number), times().min(), times().max())
            {
                *slot = Some((first, last));
            } else if let Some(slot) = news.get_mut(number) {
                *slot = None;
            }
            if number + 1 == plan.len() {
                self.tell(plan, number, &closing, &mut found);
            }
        }
        self.forget_old(plan, settled);
        found
    }

    /// Joins a record to the other log's record of the same act, if that is here.
    fn join_twin(&mut self, number: usize, input: usize, seen: &Seen, found: &mut Found) -> bool {
        let Some(window) = self.windows.get_mut(number) else { return false };
        let near = window.iter_mut().filter(|hit| {
            usize::from(hit.input) == input
                && hit.twin.is_none()
                && hit.seen.feed != seen.feed
                && hit.seen.time.0.abs_diff(seen.time.0) <= twins::APART
        });
        let nearest = near.min_by_key(|hit| hit.seen.time.0.abs_diff(seen.time.0));
        let Some(hit) = nearest else { return false };
        hit.twin = Some(Box::new(seen.clone()));
        if hit.told && !found.twins.contains(seen) {
            found.twins.push(seen.clone());
        }
        true
    }

    fn insert(&mut self, number: usize, input: usize, value: u64, seen: &Seen) {
        let Some(window) = self.windows.get_mut(number) else { return };
        let after = first_after(window, seen.time.0);
        let hit = Hit {
            seen: seen.clone(),
            twin: None,
            input: u8::try_from(input).unwrap_or(u8::MAX),
            value,
            closes: 0,
            told: false,
        };
        window.insert(after, hit);
    }

    /// Finds the hits that close a window of a correlation in which something is new, given that
    /// something is new between two times; marks them.
    fn close(&mut self, plan: &[Correlation], number: usize, from: i64, to: i64) -> Vec<Item> {
        let Some(correlation) = plan.get(number) else { return Vec::new() };
        let span = correlation.span;
        let items = self.items(plan, number, from.saturating_sub(span), to.saturating_add(span));
        let mark = 1_u8.checked_shl(number as u32).unwrap_or(0);
        let first = items.partition_point(|item| item.time < from);
        let mut closing = Vec::new();
        for item in items.get(first..).unwrap_or_default() {
            let closes = self.hit(item.at).is_some_and(|hit| hit.closes & mark != 0);
            let begin = items.partition_point(|other| other.time < item.time.saturating_sub(span));
            let end = items.partition_point(|other| other.time <= item.time);
            let window = items.get(begin..end).unwrap_or_default();
            if closes || self.holds(correlation, window, item) {
                closing.push(Item { ..*item });
            }
        }
        for item in &closing {
            if let Some(hit) = self.hit_mut(item.at) {
                hit.closes |= mark;
            }
        }
        closing
    }

    /// Whether a window that ends with an item fulfills the condition.
    fn holds(&self, correlation: &Correlation, window: &[Item], last: &Item) -> bool {
        match &correlation.condition {
            Together::Count(wanted) => window.len() >= *wanted,
            Together::Values(wanted) => {
                if window.len() < *wanted {
                    return false;
                }
                let values: HashSet<u64> = window
                    .iter()
                    .filter_map(|item| self.hit(item.at))
                    .map(|hit| hit.value)
                    .collect();
                values.len() >= *wanted
            }
            Together::Kinds(kinds) => {
                kinds.holds(&|input| window.iter().any(|item| item.input == input))
            }
            Together::Ordered => self.in_order(correlation.inputs.len(), window, last),
        }
    }

    /// Whether a window ends with the last input and has the others before it, in order. The
    /// newest possible one is taken each time: none could leave more room before it.
    fn in_order(&self, inputs: usize, window: &[Item], last: &Item) -> bool {
        if last.input + 1 != inputs {
            return false;
        }
        let mut after = last;
        for input in (0..last.input).rev() {
            let before = window.iter().rev().find(|item| {
                item.input == input
                    && item.time <= after.time
                    && !self.same_record(item.at, after.at)
            });
            let Some(before) = before else { return false };
            after = before;
        }
        true
    }

    /// What a correlation sees between two times, by time.
    fn items(&self, plan: &[Correlation], number: usize, from: i64, to: i64) -> Vec<Item> {
        let mut items = Vec::new();
        let mut add = |window: usize, mark: Option<u8>, input: Option<usize>| {
            let Some(hits) = self.windows.get(window) else { return };
            let begin = first_after(hits, from.saturating_sub(1));
            let end = first_after(hits, to);
            for (i, hit) in hits.get(begin..end).unwrap_or_default().iter().enumerate() {
                if mark.is_none_or(|mark| hit.closes & mark != 0) {
                    let input = input.unwrap_or(usize::from(hit.input));
                    items.push(Item { time: hit.seen.time.0, input, at: (window, begin + i) });
                }
            }
        };
        add(number, None, None);
        let inputs = plan.get(number).map(|correlation| correlation.inputs.as_slice());
        let mut below = false;
        for (input, source) in inputs.unwrap_or_default().iter().enumerate() {
            if let Input::Correlation(other) = source {
                // What closes a window may itself belong to a correlation further below.
                let mark = 1_u8.checked_shl(*other as u32).unwrap_or(0);
                for window in 0..=*other {
                    add(window, Some(mark), Some(input));
                }
                below = true;
            }
        }
        if below {
            items.sort_by_key(|item| item.time);
        }
        items
    }

    /// Names the records of the windows that closed.
    fn tell(&mut self, plan: &[Correlation], number: usize, closing: &[Item], found: &mut Found) {
        let mut evidence = Vec::new();
        for item in closing {
            self.evidence(plan, number, item, &mut evidence);
        }
        evidence.sort_unstable();
        evidence.dedup();
        for at in evidence {
            let Some(hit) = self.hit(at).filter(|hit| !hit.told) else { continue };
            let (seen, twin) = (hit.seen.clone(), hit.twin.clone());
            found.records.push(seen.clone());
            found.twins.extend(twin.map(|twin| *twin));
            for hit in self.windows.iter_mut().flatten().filter(|hit| hit.seen.is(&seen)) {
                hit.told = true;
            }
        }
        found.records.sort_by_key(|seen| seen.time);
    }

    /// The hits of the window that an item closes, down to the records.
    fn evidence(&self, plan: &[Correlation], number: usize, last: &Item, evidence: &mut Vec<At>) {
        let Some(correlation) = plan.get(number) else { return };
        let from = last.time.saturating_sub(correlation.span);
        for item in self.items(plan, number, from, last.time) {
            // What came last in its order is there once: the others led to other ends.
            let other_end = correlation.condition == Together::Ordered
                && item.input == last.input
                && item.at != last.at;
            if other_end {
                continue;
            }
            match correlation.inputs.get(item.input) {
                Some(Input::Correlation(below)) => self.evidence(plan, *below, &item, evidence),
                _ => evidence.push(item.at),
            }
        }
    }

    /// Forgets what no record can belong to any more, given that none arrives from before `settled`.
    fn forget_old(&mut self, plan: &[Correlation], settled: i64) {
        let before = settled.saturating_sub(reach(plan));
        for window in &mut self.windows {
            let old = match window.first() {
                Some(first) if first.seen.time.0 < before => {
                    window.partition_point(|hit| hit.seen.time.0 < before)
                }
                _ => 0,
            };
            let old = old.max(window.len().saturating_sub(HITS));
            // Each time the rest moves up, so it is done for many at once.
            if old * SLACK < window.len() {
                continue;
            }
            window.drain(..old);
        }
    }

    fn newest(&self) -> Option<i64> {
        self.windows.iter().filter_map(|window| window.last()).map(|hit| hit.seen.time.0).max()
    }

    fn hit(&self, (window, index): At) -> Option<&Hit> {
        self.windows.get(window)?.get(index)
    }

    fn hit_mut(&mut self, (window, index): At) -> Option<&mut Hit> {
        self.windows.get_mut(window)?.get_mut(index)
    }

    fn same_record(&self, a: At, b: At) -> bool {
        match (self.hit(a), self.hit(b)) {
            (Some(a), Some(b)) => a.seen.is(&b.seen),
            _ => false,
        }
    }

    /// Roughly how many bytes it takes.
    pub fn size(&self) -> usize {
        self.windows.iter().map(|window| window.capacity() * size_of::<Hit>() + 24).sum()
    }

    /// It is of no use for records after this time.
    pub fn until(&self, plan: &[Correlation]) -> i64 {
        self.newest().unwrap_or(i64::MIN).saturating_add(reach(plan)).saturating_add(LATE)
    }

    /// Writes it down.
    pub fn write(&self) -> Vec<u8> {
        let mut put = Put::new(KIND);
        let base = self.newest().unwrap_or(0);
        put.signed(base);
        put.number(self.windows.len() as u64);
        for window in &self.windows {
            put.number(window.len() as u64);
            for hit in window {
                put.seen(&hit.seen, base);
                let marks = u64::from(hit.told) | u64::from(hit.twin.is_some()) << 1;
                put.number(marks | u64::from(hit.input) << 2);
                put.number(hit.closes.into());
                put.number(hit.value);
                if let Some(twin) = &hit.twin {
                    put.seen(twin, base);
                }
            }
        }
        put.done()
    }

    /// Reads it back; `None` when it cannot be.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut take = Take::new(KIND, bytes)?;
        let base = take.signed()?;
        let mut group = Self::default();
        for _ in 0..take.length()? {
            let length = take.length()?;
            let mut window = Vec::with_capacity(length);
            for _ in 0..length {
                let seen = take.seen(base)?;
                let marks = take.number()?;
                let closes = u8::try_from(take.number()?).ok()?;
                let value = take.number()?;
                let twin = if marks & 2 != 0 { Some(Box::new(take.seen(base)?)) } else { None };
                let input = u8::try_from(marks >> 2).ok()?;
                window.push(Hit { seen, twin, input, value, closes, told: marks & 1 != 0 });
            }
            group.windows.push(window);
        }
        take.is_done().then_some(group)
    }
}

/// The first hit after a time. What is looked for lies near the end, as a rule: records arrive by
/// time, and a window that is searched from its middle has to be fetched from far away.
fn first_after(hits: &[Hit], time: i64) -> usize {
    let mut step = 1;
    let mut end = hits.len();
    while let Some(begin) = end.checked_sub(step) {
        if hits.get(begin).is_none_or(|hit| hit.seen.time.0 <= time) {
            break;
        }
        end = begin;
        step *= 2;
    }
    let begin = end.saturating_sub(step);
    let near = hits.get(begin..end).unwrap_or_default();
    begin + near.partition_point(|hit| hit.seen.time.0 <= time)
}

/// How far back a window of any of the correlations can reach: spans add up where one lies over
/// another.
fn reach(plan: &[Correlation]) -> i64 {
    plan.iter().map(|correlation| correlation.span).fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests;
