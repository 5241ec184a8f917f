//! Decides what to ask Duo for next. Pure: no clock, no socket, no store.
//!
//! Window logs are read from where the last window ended, inclusively, to two minutes before Duo's
//! clock, page after page by Duo's cursor. Logs without a cursor are read from a second onward;
//! a second is always read from its beginning, so that equal records in it can be counted.

use std::collections::HashSet;

use crate::base::{UnixMillis, UnixSecs};
pub use crate::duo::logs::SETTLE;
pub use crate::settings::HISTORY_LIMIT as OLDEST;
use crate::status::Position;
use crate::store::{Gap, GapKind};

/// Marks, among the places visited, those asked for twice.
const AGAIN: &str = "again ";

/// What a page told, beside its records.
#[derive(Clone, Copy, Debug)]
pub struct PageFacts<'a> {
    /// How many records it holds.
    pub records: usize,
    /// How many a full page holds.
    pub limit: usize,
    /// Where Duo says to go on.
    pub next: Option<&'a str>,
    /// How many records the whole window holds, by Duo's count.
    pub total: Option<u64>,
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask for the next page.
    More,
    /// Everything up to the window's end has been received; a gap when Duo counts more.
    Finished(Option<Gap>),
    /// A range that cannot be read was passed; ask on behind it.
    Skip(Gap),
    /// Duo gives the same place to go on from although the page was full.
    Stuck,
}

/// Opens a window up to the settled present, unless one is open; false when there is nothing to
/// read yet.
pub fn open_window(position: &mut Position, now: UnixMillis) -> bool {
    let Position::Window { from, until, .. } = position else { return true };
    if until.is_none() {
        let settled = now.minus(SETTLE);
        // Duo wants the start strictly before the end.
        if settled <= *from {
            return false;
        }
        *until = Some(settled);
    }
    true
}

/// Moves a window position past a page.
pub fn after_window_page(
    position: &mut Position,
    facts: PageFacts<'_>,
    visited: &mut HashSet<String>,
) -> Next {
    let Position::Window { from, until, cursor, seen, total, .. } = position else {
        return Next::Finished(None);
    };
    *seen += facts.records as u64;
    *total = total.or(facts.total);
    let end = until.unwrap_or(*from);
    // An empty page is the end, unless it names a new place to go on from and Duo counts more.
    let may_follow = facts.records > 0 || total.is_none_or(|total| *seen < total);
    match facts.next {
        Some(next) if may_follow => {
            let is_new = visited.insert(next.to_owned());
            // An empty page that gives the same place again may be an accident: ask there twice.
            if is_new || (facts.records == 0 && visited.insert(format!("{AGAIN}{next}"))) {
                *cursor = Some(next.to_owned());
                return Next::More;
            }
            // The same place again: the end for a page that is not full.
            if facts.records >= facts.limit {
                return Next::Stuck;
            }
        }
        _ => {}
    }
    let missing = total.and_then(|total| total.checked_sub(*seen)).filter(|missing| *missing > 0);
    let gap = missing.map(|missing| Gap {
        since: *from,
        until: end,
        kind: GapKind::Short,
        missing: Some(missing),
    });
    *position = Position::window(end);
    Next::Finished(gap)
}

/// Keeps a finished window's end from lying beyond the settled present, as it may when this
/// computer's clock was wrong; never moves before `start`.
pub fn hold_back(position: &mut Position, start: UnixMillis, settled: UnixMillis) {
    if let Position::Window { from, .. } = position {
        *from = (*from).min(settled.max(start));
    }
}

/// Whether a window's start has moved to its end or beyond.
pub fn is_past(position: &Position) -> bool {
    match position {
        Position::Window { from, until, .. } => until.is_some_and(|until| until <= *from),
        Position::Since { .. } => false,
    }
}

/// Goes on after Duo got stuck or forgot its cursor: from the newest time received. A gap when
/// that is where the window already began, so that nothing could be gained.
pub fn restart_window(position: &mut Position, stuck: bool) -> Option<Gap> {
    let Position::Window { from, cursor, last, seen, total, .. } = position else { return None };
    let mut gap = None;
    let restart = last.unwrap_or(*from).max(*from);
    if stuck && restart == *from {
        gap = Some(Gap { since: *from, until: *from, kind: GapKind::StuckCursor, missing: None });
        *from = UnixMillis(from.0 + 1);
    } else {
        *from = restart;
    }
    // What was received is received again in part, so Duo's count no longer fits.
    (*cursor, *seen, *total) = (None, 0, None);
    gap
}

/// Moves the start of a window that Duo finds too old to `oldest`; a gap when unread time is lost.
pub fn clamp_start(position: &mut Position, oldest: UnixMillis, first_run: bool) -> Option<Gap> {
    let Position::Window { from, cursor, last, seen, total, until } = position else {
        return None;
    };
    let unread = last.unwrap_or(*from).max(*from);
    let start = unread.max(oldest);
    let gap = (!first_run && unread < start).then(|| Gap {
        since: unread,
        until: UnixMillis(start.0 - 1),
        kind: GapKind::TooOld,
        missing: None,
    });
    *from = start;
    (*cursor, *seen, *total) = (None, 0, None);
    if until.is_some_and(|until| until <= start) {
        *until = None;
    }
    gap
}

/// Reads a log without cursors: Duo gives the earliest records from a second on, and never tells
/// whether it cut them off.
#[derive(Clone, Debug)]
pub struct SinceReading {
    /// The second to ask from.
    pub from: UnixSecs,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Asking from a second for the first time.
    Reading,
    /// A page lay wholly in this second; asking whether anything follows it.
    LookingBeyond(UnixSecs),
    /// Asking for a second again, with or without proof that records follow it.
    Again { more_follows: bool },
}

/// Duo's v1 logs give the earliest thousand records.
const V1_PAGE: usize = 1000;

impl SinceReading {
    /// Starts reading at a second.
    pub const fn new(from: UnixSecs) -> Self {
        Self { from, stage: Stage::Reading }
    }

    /// Moves past a page, given the newest second in it.
    pub fn after_page(&mut self, records: usize, newest: Option<UnixSecs>) -> Next {
        let newest = newest.unwrap_or(self.from);
        let stage = std::mem::replace(&mut self.stage, Stage::Reading);
        if let Stage::LookingBeyond(second) = stage {
            if records == 0 {
                return Next::Finished(None);
            }
            // Asked from that second, a page that was not cut off must now show these, too.
            self.from = second;
            self.stage = Stage::Again { more_follows: true };
            return Next::More;
        }
        if newest > self.from {
            self.from = newest;
            return Next::More;
        }
        // The whole page lies in one second: there may be more in it that cannot be asked for.
        match stage {
            Stage::Again { more_follows } if more_follows || records >= V1_PAGE => self.skip(),
            _ if records >= V1_PAGE => {
                self.stage = Stage::Again { more_follows: false };
                Next::More
            }
            _ if records >= 2 => {
                self.stage = Stage::LookingBeyond(self.from);
                self.from = UnixSecs(self.from.0 + 1);
                Next::More
            }
            _ => Next::Finished(None),
        }
    }

    fn skip(&mut self) -> Next {
        let since = self.from.to_millis();
        self.from = UnixSecs(self.from.0 + 1);
        Next::Skip(Gap {
            since,
            until: UnixMillis(since.0 + 999),
            kind: GapKind::FullSecond,
            missing: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn opened(from: i64, until: i64) -> Position {
        let mut position = Position::window(UnixMillis(from));
        assert!(open_window(&mut position, UnixMillis(until).plus(SETTLE)));
        position
    }

    fn facts(records: usize, next: Option<&str>, total: Option<u64>) -> PageFacts<'_> {
        PageFacts { records, limit: 10, next, total }
    }

    #[test]
    fn a_window_ends_two_minutes_before_duos_clock_and_starts_strictly_earlier() {
        let Position::Window { until, .. } = opened(0, DAY) else { unreachable!() };
        assert_eq!(until, Some(UnixMillis(DAY)));
        let mut position = Position::window(UnixMillis(DAY));
        assert!(!open_window(&mut position, UnixMillis(DAY).plus(SETTLE)));
        assert!(open_window(&mut position, UnixMillis(DAY + 1).plus(SETTLE)));
    }

    #[test]
    fn pages_follow_the_cursor_and_the_next_window_starts_where_this_one_ended() {
        let (mut position, mut visited) = (opened(0, DAY), HashSet::new());
        assert_eq!(
            after_window_page(&mut position, facts(10, Some("a"), Some(12)), &mut visited),
            Next::More
        );
        // An empty page in the middle loses nothing, as long as Duo counts more.
        assert_eq!(
            after_window_page(&mut position, facts(0, Some("b"), None), &mut visited),
            Next::More
        );
        // A last page may still carry an offset; the empty page after it ends the window.
        assert_eq!(
            after_window_page(&mut position, facts(2, Some("c"), None), &mut visited),
            Next::More
        );
        assert_eq!(
            after_window_page(&mut position, facts(0, Some("d"), None), &mut visited),
            Next::Finished(None)
        );
        assert_eq!(position, Position::window(UnixMillis(DAY)));
    }

    #[test]
    fn a_window_that_gave_less_than_duo_counts_is_a_known_gap() {
        let (mut position, mut visited) = (opened(0, DAY), HashSet::new());
        let next = after_window_page(&mut position, facts(3, None, Some(5)), &mut visited);
        let Next::Finished(Some(gap)) = next else { panic!("{next:?}") };
        assert_eq!((gap.kind, gap.missing), (GapKind::Short, Some(2)));
    }

    #[test]
    fn a_repeated_offset_ends_a_short_page_and_restarts_a_full_one() {
        let (mut position, mut visited) = (opened(0, DAY), HashSet::new());
        after_window_page(&mut position, facts(10, Some("a"), None), &mut visited);
        let mut short = position.clone();
        assert_eq!(
            after_window_page(&mut short, facts(9, Some("a"), None), &mut visited),
            Next::Finished(None)
        );
        assert_eq!(
            after_window_page(&mut position, facts(10, Some("a"), None), &mut visited),
            Next::Stuck
        );
        if let Position::Window { last, .. } = &mut position {
            *last = Some(UnixMillis(7));
        }
        assert_eq!(restart_window(&mut position, true), None);
        assert_eq!(position.reached(), UnixMillis(7));
        let gap = restart_window(&mut position, true).unwrap();
        assert_eq!((gap.since, gap.kind), (UnixMillis(7), GapKind::StuckCursor));
        assert_eq!(position.reached(), UnixMillis(8));
    }

    #[test]
    fn a_start_that_is_too_old_moves_and_tells_what_is_lost() {
        let mut position = opened(0, DAY);
        assert_eq!(clamp_start(&mut position, UnixMillis(10), true), None);
        assert_eq!(position.reached(), UnixMillis(10));
        let gap = clamp_start(&mut position, UnixMillis(20), false).unwrap();
        assert_eq!((gap.since, gap.until), (UnixMillis(10), UnixMillis(19)));
        clamp_start(&mut position, UnixMillis(2 * DAY), false);
        let Position::Window { until, .. } = position else { unreachable!() };
        assert_eq!(until, None, "a window wholly in the past is given up");
    }

    #[test]
    fn a_border_second_is_read_again_until_nothing_newer_comes() {
        let mut reading = SinceReading::new(UnixSecs(100));
        assert_eq!(reading.after_page(1000, Some(UnixSecs(150))), Next::More);
        assert_eq!(reading.from, UnixSecs(150));
        assert_eq!(reading.after_page(1, Some(UnixSecs(150))), Next::Finished(None));
        assert_eq!(reading.after_page(0, None), Next::Finished(None));
    }

    #[test]
    fn a_second_that_fills_a_page_is_read_again_and_then_told() {
        let mut reading = SinceReading::new(UnixSecs(100));
        assert_eq!(reading.after_page(1000, Some(UnixSecs(100))), Next::More);
        assert_eq!(reading.from, UnixSecs(100));
        let Next::Skip(gap) = reading.after_page(1000, Some(UnixSecs(100))) else { panic!() };
        assert_eq!((gap.since.0, gap.until.0, gap.kind), (100_000, 100_999, GapKind::FullSecond));
        assert_eq!(reading.from, UnixSecs(101));
        assert_eq!(reading.after_page(0, None), Next::Finished(None));
    }

    #[test]
    fn a_smaller_page_size_than_documented_loses_nothing() {
        let mut reading = SinceReading::new(UnixSecs(1));
        assert_eq!(reading.after_page(50, Some(UnixSecs(3))), Next::More);
        // Fifty records, all in second 3: is that all of it, and of the log?
        assert_eq!(reading.after_page(50, Some(UnixSecs(3))), Next::More);
        assert_eq!(reading.from, UnixSecs(4));
        // Records follow, so the page before would have shown them, had it not been cut off.
        assert_eq!(reading.after_page(50, Some(UnixSecs(5))), Next::More);
        assert_eq!(reading.from, UnixSecs(3));
        assert!(matches!(reading.after_page(50, Some(UnixSecs(3))), Next::Skip(_)));
        assert_eq!(reading.from, UnixSecs(4));
    }

    #[test]
    fn two_events_in_the_last_second_cost_one_more_question() {
        let mut reading = SinceReading::new(UnixSecs(100));
        assert_eq!(reading.after_page(2, Some(UnixSecs(100))), Next::More);
        assert_eq!(reading.from, UnixSecs(101));
        assert_eq!(reading.after_page(0, None), Next::Finished(None));
    }
}
