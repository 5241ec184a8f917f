//! The rows around what is visible, out of millions.
//!
//! Promises: what is visible keeps its place, whatever is added before or behind it; no more rows
//! are held than a screen and some thousands; which rows to fetch next is told, never fetched here.

use std::collections::VecDeque;

use crate::base::UnixMillis;
use crate::store::{Direction, Place, Row};

/// Rows fetched at a time.
pub(super) const FETCH: usize = 200;

/// Rows that lie ready above and below what is visible, so that scrolling never waits.
const AHEAD: usize = 150;

/// Rows held at most.
const MOST: usize = 3_000;

/// Rows, the newest first, and where the visible ones begin.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: VecDeque<Row>,
    /// Where the newer ones go on; `None` when there are none.
    newer: Option<Place>,
    /// Where the older ones go on; `None` when there are none.
    older: Option<Place>,
    /// How many rows lie above the visible ones.
    top: f64,
}

/// Where the handle of the scroll bar lies, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Handle {
    /// How far down it begins.
    pub start: f32,
    /// How long it is.
    pub length: f32,
}

/// Where the handle of the scroll bar was dragged to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    /// So many rows lie above the visible ones.
    Row(f64),
    /// The records at and before an instant.
    Time(UnixMillis),
    /// The newest records.
    Newest,
}

impl Rows {
    /// Begins with these.
    pub fn start(&mut self, rows: Vec<Row>, newer: Option<Place>, older: Option<Place>) {
        *self = Self { rows: rows.into(), newer, older, top: 0.0 };
    }

    /// Adds older ones; `older` tells where those behind them go on.
    pub fn add_older(&mut self, rows: Vec<Row>, older: Option<Place>) {
        self.rows.extend(rows);
        self.older = older;
        // Rows far above are let go of; those near what is visible stay.
        let far = (self.top.max(0.0) as usize).saturating_sub(2 * AHEAD);
        let gone = self.rows.len().saturating_sub(MOST).min(far);
        if gone > 0 {
            self.rows.drain(..gone);
            self.top -= gone as f64;
            self.newer = self.rows.front().map(|row| row.place);
        }
    }

    /// Adds newer ones, the newest first; `newer` tells where those before them go on.
    pub fn add_newer(&mut self, rows: Vec<Row>, newer: Option<Place>, visible: f64) {
        self.top += rows.len() as f64;
        for row in rows.into_iter().rev() {
            self.rows.push_front(row);
        }
        self.newer = newer;
        let near = (self.top + visible).max(0.0) as usize + 2 * AHEAD;
        let kept = self.rows.len().min(MOST.max(near));
        if kept < self.rows.len() {
            self.rows.truncate(kept);
            self.older = self.rows.back().map(|row| row.place);
        }
        self.scroll_to(self.top, visible);
    }

    /// What to fetch next, so that `ahead` rows lie ready.
    pub fn wants(&self, visible: f64, ahead: Ahead) -> Option<(Place, Direction)> {
        let ahead = match ahead {
            Ahead::Plenty => AHEAD as f64,
            Ahead::Scarce => visible,
        };
        let below = self.rows.len() as f64 - (self.top + visible);
        if let Some(place) = self.older
            && below < ahead
        {
            return Some((place, Direction::Older));
        }
        self.newer.filter(|_| self.top < ahead).map(|place| (place, Direction::Newer))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }

    /// Where a record stands among them.
    pub fn index_of(&self, place: Place) -> Option<usize> {
        self.rows.binary_search_by(|row| place.cmp(&row.place)).ok()
    }

    /// How many lie above the visible ones.
    pub fn top(&self) -> f64 {
        self.top
    }

    /// Whether there are newer ones than these.
    pub fn has_newer(&self) -> bool {
        self.newer.is_some()
    }

    /// Whether there are older ones than these.
    pub fn has_older(&self) -> bool {
        self.older.is_some()
    }

    /// Moves what is visible by so many rows, downwards when positive.
    pub fn scroll(&mut self, by: f64, visible: f64) {
        self.scroll_to(self.top + by, visible);
    }

    /// Lets so many rows lie above the visible ones.
    pub fn scroll_to(&mut self, top: f64, visible: f64) {
        self.top = top.clamp(0.0, (self.rows.len() as f64 - visible).max(0.0));
    }

    /// Moves just enough for a row to be visible.
    pub fn reveal(&mut self, index: usize, visible: f64) {
        let index = index as f64;
        if index < self.top {
            self.scroll_to(index, visible);
        } else if index + 1.0 > self.top + visible {
            self.scroll_to(index + 1.0 - visible, visible);
        }
    }

    /// Where the handle of the scroll bar lies: by rows when all are here, else by time between the
    /// newest and the oldest record there is. `None` when there is nothing to scroll.
    pub fn handle(&self, visible: f64, span: Option<(UnixMillis, UnixMillis)>) -> Option<Handle> {
        let count = self.rows.len() as f64;
        if self.newer.is_none() && self.older.is_none() {
            return (count > visible).then(|| Handle {
                start: (self.top / count) as f32,
                length: (visible / count) as f32,
            });
        }
        let length = (visible / count.max(visible)).min(0.1) as f32;
        let at_end = self.older.is_none() && self.top + visible >= count - 0.01;
        let share = match span {
            _ if self.newer.is_none() && self.top <= 0.0 => 0.0,
            _ if at_end => 1.0,
            Some((newest, oldest)) if newest > oldest => {
                let at = self.time_at(self.top)?;
                ((newest.0 as f64 - at) / (newest.0 - oldest.0) as f64).clamp(0.0, 1.0)
            }
            _ => 0.0,
        };
        Some(Handle { start: share as f32 * (1.0 - length), length })
    }

    /// What a place of the handle stands for; `start` as in [`Handle`].
    pub fn target(
        &self,
        start: f32,
        length: f32,
        visible: f64,
        span: Option<(UnixMillis, UnixMillis)>,
    ) -> Target {
        let room = f64::from((1.0 - length).max(f32::EPSILON));
        let share = (f64::from(start) / room).clamp(0.0, 1.0);
        if self.newer.is_none() && self.older.is_none() {
            return Target::Row(share * (self.rows.len() as f64 - visible).max(0.0));
        }
        match span {
            Some((newest, oldest)) if share > 0.0 && newest > oldest => {
                let back = (newest.0 - oldest.0) as f64 * share;
                Target::Time(UnixMillis((newest.0 - back as i64).max(oldest.0)))
            }
            _ => Target::Newest,
        }
    }

    /// The time at a place between two rows.
    fn time_at(&self, top: f64) -> Option<f64> {
        let index = top.max(0.0) as usize;
        let here = self.rows.get(index).or(self.rows.back())?.place.time.0 as f64;
        let next = self.rows.get(index + 1).map_or(here, |row| row.place.time.0 as f64);
        Some(here + (next - here) * top.fract())
    }
}

/// How many rows are to lie ready above and below what is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// Some screens: finding them costs little.
    Plenty,
    /// One screen: they are searched for.
    Scarce,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::record::LogType;

    fn place(time: i64) -> Place {
        Place { time: UnixMillis(time), feed: 1, id: time }
    }

    fn row(time: i64) -> Row {
        Row {
            place: place(time),
            account: Arc::from("Contoso"),
            log_type: LogType::Authentication,
            time: UnixMillis(time),
            user: None,
            action: None,
            result: None,
            reason: None,
            factor: None,
            address: None,
            application: None,
            target: None,
            country: None,
            categories: 0,
            late: false,
            understood: true,
        }
    }

    /// What the store answers, which has a record at each of these instants.
    fn page(all: i64, from: Place, direction: Direction) -> (Vec<Row>, Option<Place>) {
        let from = from.time.0;
        let (rows, is_over): (Vec<Row>, bool) = match direction {
            Direction::Older => {
                let end = (from - FETCH as i64).max(0);
                ((end..from).rev().map(row).collect(), end == 0)
            }
            Direction::Newer => {
                let end = (from + FETCH as i64).min(all - 1);
                ((from + 1..=end).rev().map(row).collect(), end == all - 1)
            }
        };
        let last = match direction {
            Direction::Older => rows.last(),
            Direction::Newer => rows.first(),
        };
        let next = last.filter(|_| !is_over).map(|row| row.place);
        (rows, next)
    }

    proptest! {
        #[test]
        fn what_is_visible_keeps_its_place_and_all_of_it_is_there(
            start in 0_i64..9_000,
            moves in prop::collection::vec(-700.0..700.0_f64, 1..60),
        ) {
            const ALL: i64 = 9_000;
            let visible = 20.0;
            let mut rows = Rows::default();
            let (first, older) = page(ALL, place(start + 1), Direction::Older);
            rows.start(first, Some(place(start)), older);
            for by in moves {
                rows.scroll(by, visible);
                while let Some((from, direction)) = rows.wants(visible, Ahead::Plenty) {
                    let top = rows.top();
                    let seen = rows.get(top as usize).map(|row| row.place);
                    let (more, next) = page(ALL, from, direction);
                    match direction {
                        Direction::Older => rows.add_older(more, next),
                        Direction::Newer => rows.add_newer(more, next, visible),
                    }
                    let now = rows.get(rows.top() as usize).map(|row| row.place);
                    // Only at the very end there is nothing to fill the screen with but newer rows.
                    if rows.has_older() || rows.top() + visible < rows.len() as f64 - 0.5 {
                        prop_assert_eq!(seen, now);
                    }
                    prop_assert!((rows.top().fract() - top.fract()).abs() < 1e-6 || !rows.has_older());
                }
                prop_assert!(rows.len() <= MOST + FETCH, "{}", rows.len());
                let times: Vec<i64> = rows.rows.iter().map(|row| row.time.0).collect();
                prop_assert!(times.windows(2).all(|pair| pair[0] == pair[1] + 1), "no row is missing");
                let last = (rows.top() + visible) as usize;
                prop_assert!(rows.get(last.min(rows.len() - 1)).is_some());
                let middle = rows.get(rows.len() / 2).unwrap().place;
                prop_assert_eq!(rows.index_of(middle), Some(rows.len() / 2));
            }
        }
    }

    #[test]
    fn the_handle_tells_where_in_time_one_is_and_leads_there() {
        let span = Some((UnixMillis(8_999), UnixMillis(0)));
        let mut rows = Rows::default();
        let (first, older) = page(9_000, place(9_000), Direction::Older);
        rows.start(first, None, older);
        assert_eq!(rows.handle(20.0, span).unwrap().start, 0.0);
        let length = rows.handle(20.0, span).unwrap().length;
        let Target::Time(time) = rows.target((1.0 - length) / 2.0, length, 20.0, span) else {
            panic!("half the way is a time")
        };
        assert!((time.0 - 4_500).abs() < 5, "{time:?}");
        let (first, older) = page(9_000, place(time.0), Direction::Older);
        rows.start(first, Some(place(time.0)), older);
        let start = rows.handle(20.0, span).unwrap().start;
        assert!((start - (1.0 - length) / 2.0).abs() < 0.01, "{start}");
        assert_eq!(rows.target(0.0, length, 20.0, span), Target::Newest);
        // With all rows at hand it goes by rows.
        rows.start((0..40).rev().map(row).collect(), None, None);
        assert_eq!(rows.target(0.5, 0.5, 20.0, None), Target::Row(20.0));
        rows.start((0..10).rev().map(row).collect(), None, None);
        assert_eq!(rows.handle(20.0, None), None, "nothing to scroll");
    }
}
