//! Reads a range of one log to its end: asks, stores, asks again.
//!
//! The next page is asked for while the one before is being taken apart and stored. The position
//! travels with the records, so it is never ahead of them.
//!
//! The decisions are in [`super::plan`]; this loop owns socket and clock.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::known::Known;
use super::pipe::Pipe;
use super::plan::{self, Next, OLDEST, PageFacts, SinceReading};
use super::progress::Tracker;
use super::steering::Bell;
use super::storing::Storing;
use crate::base::retry::backoff;
use crate::base::{UnixMillis, UnixSecs};
use crate::duo::Page;
use crate::duo::client::{Ask, Duo};
use crate::duo::failure::{Failure, FailureKind, Reaction};
use crate::duo::logs::{self, Paging, understand};
use crate::record::LogType;
use crate::status::{FeedError, FeedState, Position};
use crate::store::{FeedId, Gap, GapKind, Job, StoreError};

/// A window that ended this long before the settled present is followed by another at once.
const SHORT_BY: Duration = Duration::from_secs(30);

/// Why a range was not read to its end.
#[derive(Debug)]
pub enum Trouble {
    /// Duo, or the way to it.
    Duo(Failure),
    /// The store.
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Trouble {
    /// The words and code for `status`.
    pub fn feed_error(&self, log_type: LogType, at: UnixMillis) -> FeedError {
        match self {
            Self::Duo(failure) => {
                let message = failure.problem_with(log_type).to_string();
                FeedError { code: failure.code, message, at }
            }
            Self::Store(error) => FeedError { code: None, message: error.to_string(), at },
        }
    }

    /// The state this puts a log in.
    pub fn state(&self) -> FeedState {
        match self {
            Self::Duo(failure) => match failure.reaction() {
                Reaction::Denied => FeedState::Denied,
                Reaction::NotAvailable => FeedState::NotAvailable,
                _ => FeedState::Failing,
            },
            Self::Store(_) => FeedState::Failing,
        }
    }
}

/// How long a reading goes on trying.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
    /// Until a person stops the program.
    Endless,
    /// So many failed attempts in a row.
    Attempts(u32),
}

/// What a reading is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Collection goes forward: the position is saved.
    Forward,
    /// A range is read again, up to this instant: new records that are older than where the
    /// collection stands appeared late. The position is left alone.
    Again {
        /// The last instant of the range, inclusive.
        until: UnixMillis,
    },
}

/// Reads one log.
pub struct Reading<'a> {
    /// The account's API.
    pub duo: &'a Duo,
    /// The store's thread.
    pub storing: &'a Storing,
    /// What is known about records.
    pub known: &'a Arc<Known>,
    /// The log's number in the store.
    pub feed: FeedId,
    /// Which log.
    pub log_type: LogType,
    /// What the reading is for.
    pub purpose: Purpose,
    /// Where collection stood before, for telling late records.
    pub reached: Option<UnixMillis>,
    /// Whether this log has never been read before.
    pub first_run: bool,
    /// How long it goes on trying.
    pub patience: Patience,
    /// Whether waits are short (an unlimited pace).
    pub fast: bool,
    /// Ends waits early.
    pub bell: &'a Bell,
    /// Where the numbers go.
    pub tracker: &'a Tracker,
}

impl Reading<'_> {
    /// Reads from `position` to the settled present, or to the range's end; gives the position
    /// reached.
    pub async fn run(&self, position: Position) -> Result<Position, Trouble> {
        match logs::endpoint(self.log_type).paging {
            Paging::Cursor { .. } => {
                let from = position.reached();
                let position = match position {
                    Position::Window { .. } => position,
                    Position::Since { .. } => Position::window(from),
                };
                self.read_windows(position).await
            }
            Paging::Since => self.read_since(position.reached().floor_secs()).await,
        }
    }

    async fn read_windows(&self, mut position: Position) -> Result<Position, Trouble> {
        // Duo's clock is known after the first answer only; before it, our own has to do.
        match self.purpose {
            Purpose::Forward => {
                if !plan::open_window(&mut position, self.duo.clock().now()) {
                    self.settle_standing(&position).await?;
                    return Ok(position);
                }
            }
            Purpose::Again { until: end } => {
                let Position::Window { from, until, .. } = &mut position else {
                    return Ok(position);
                };
                if end <= *from {
                    *from = UnixMillis(end.0 - 1);
                }
                *until = Some(end);
            }
        }
        let endpoint = logs::endpoint(self.log_type);
        let mut limit = endpoint.max_limit;
        // Duo may give fewer records at once than asked for; a page is full when it holds as many
        // as the fullest so far.
        let mut fullest = 0;
        let mut visited = HashSet::new();
        let mut pipe = Pipe::start(self);
        let mut attempt = 0;
        while let Position::Window { from, until, cursor, .. } = &position {
            let until = until.unwrap_or(*from);
            let ask = Ask::Window { from: *from, until, cursor: cursor.clone(), limit };
            let page = match self.ask(&ask).await {
                Ok(page) => page,
                Err(failure) => {
                    match failure.reaction() {
                        Reaction::Narrow if limit > 1 => limit = (limit / 2).max(1),
                        Reaction::RestartWindow if cursor.is_some() => {
                            pipe.drain_into(&mut position).await?;
                            plan::restart_window(&mut position, false);
                            visited.clear();
                        }
                        Reaction::ClampStart => {
                            pipe.drain_into(&mut position).await?;
                            let oldest = oldest_by(&failure, self.duo.clock().now());
                            let before = position.clone();
                            let gap = plan::clamp_start(&mut position, oldest, self.first_run);
                            visited.clear();
                            self.note_gap(gap).await?;
                            if position == before {
                                return Err(Trouble::Duo(failure));
                            }
                            if !plan::open_window(&mut position, self.duo.clock().now()) {
                                break;
                            }
                        }
                        _ => self.wait_or_give_up(failure, &mut attempt, &mut pipe).await?,
                    }
                    continue;
                }
            };
            attempt = 0;
            fullest = page.records.len().max(fullest);
            let facts = PageFacts {
                records: page.records.len(),
                limit: fullest.clamp(1, limit as usize),
                next: page.next.as_deref(),
                total: page.total,
            };
            let started_at = position.reached();
            let next = plan::after_window_page(&mut position, facts, &mut visited);
            let (mut more, gaps) = match &next {
                Next::More | Next::Stuck | Next::Skip(_) => (true, Vec::new()),
                Next::Finished(gap) => (false, gap.iter().cloned().collect()),
            };
            if !more && self.purpose == Purpose::Forward {
                // The answer told Duo's time: a window that reached beyond it is not finished
                // there, and one that fell short of it is followed by another.
                let settled = self.duo.clock().now().minus(plan::SETTLE);
                plan::hold_back(&mut position, started_at, settled);
                if position.reached().plus(SHORT_BY) < settled {
                    more = plan::open_window(&mut position, self.duo.clock().now());
                    visited.clear();
                }
            }
            pipe.store(page, started_at, &position, gaps, more).await?;
            if next == Next::Stuck {
                pipe.drain_into(&mut position).await?;
                let gap = plan::restart_window(&mut position, true);
                visited.clear();
                self.note_gap(gap).await?;
                if plan::is_past(&position) {
                    // The end of the window is where Duo got stuck.
                    position = Position::window(position.reached());
                    self.settle_standing(&position).await?;
                    break;
                }
            }
            if !more {
                break;
            }
        }
        pipe.finish().await?;
        Ok(position)
    }

    async fn read_since(&self, from: UnixSecs) -> Result<Position, Trouble> {
        let mut reading = SinceReading::new(from);
        let mut pipe = Pipe::start(self);
        let mut attempt = 0;
        loop {
            let asked_from = reading.from;
            let page = match self.ask(&Ask::Since { from: asked_from }).await {
                Ok(page) => page,
                Err(failure) => {
                    if failure.reaction() == Reaction::ClampStart {
                        let oldest = oldest_by(&failure, self.duo.clock().now()).floor_secs();
                        if oldest > reading.from {
                            let gap = (!self.first_run).then(|| Gap {
                                since: reading.from.to_millis(),
                                until: UnixMillis(oldest.to_millis().0 - 1),
                                kind: GapKind::TooOld,
                                missing: None,
                            });
                            self.note_gap(gap).await?;
                            reading = SinceReading::new(oldest);
                            continue;
                        }
                    }
                    self.wait_or_give_up(failure, &mut attempt, &mut pipe).await?;
                    continue;
                }
            };
            attempt = 0;
            let newest = newest_second(self.log_type, &page);
            let next = reading.after_page(page.records.len(), newest);
            let past_end = match self.purpose {
                Purpose::Again { until } => reading.from.to_millis() > until,
                Purpose::Forward => false,
            };
            let (mut more, gaps) = match next {
                Next::More => (true, Vec::new()),
                Next::Skip(gap) => (true, vec![gap]),
                Next::Finished(gap) => (false, gap.into_iter().collect()),
                Next::Stuck => (false, Vec::new()),
            };
            more &= !past_end;
            // Everything before the settled present has been shown, and nothing behind it is taken for
            // complete; a second that is being looked beyond is not left before the answer is here.
            let settled = self.duo.clock().now().minus(plan::SETTLE).floor_secs().max(from);
            let reached = if more {
                reading.from.min(asked_from.max(newest.unwrap_or(asked_from))).min(settled)
            } else {
                settled
            };
            let position = Position::Since { from: reached };
            pipe.store(page, asked_from.to_millis(), &position, gaps, more).await?;
            if !more {
                pipe.finish().await?;
                return Ok(position);
            }
        }
    }

    async fn ask(&self, ask: &Ask) -> Result<Page, Failure> {
        self.tracker.update(|numbers| numbers.requests += 1);
        self.duo.read_log(self.log_type, ask).await
    }

    /// Waits before the next attempt, or gives the failure back when waiting is of no use; then
    /// everything received is stored first, so that nothing stored later covers up the failure.
    async fn wait_or_give_up(
        &self,
        failure: Failure,
        attempt: &mut u32,
        pipe: &mut Pipe,
    ) -> Result<(), Trouble> {
        *attempt += 1;
        let out_of_patience = match self.patience {
            Patience::Endless => false,
            // Being too fast is no fault: the pace waits by itself.
            Patience::Attempts(attempts) if failure.kind == FailureKind::RateLimited => {
                *attempt > attempts * 4
            }
            Patience::Attempts(attempts) => *attempt >= attempts,
        };
        if failure.reaction() != Reaction::Retry || out_of_patience {
            pipe.finish().await?;
            return Err(Trouble::Duo(failure));
        }
        tracing::debug!(log = %self.log_type, attempt, problem = %failure.problem(), cause = %failure.chain, "trying again");
        if *attempt >= 2 {
            let error = Trouble::Duo(failure.clone()).feed_error(self.log_type, UnixMillis::now());
            self.tracker.update(|numbers| {
                numbers.state = FeedState::Failing;
                numbers.error = Some(error.clone());
            });
            let mut job = Job::new(self.feed);
            job.standing = Some((FeedState::Failing, Some(error)));
            self.storing.commit(job).await.done().await?;
        }
        if failure.kind != FailureKind::RateLimited {
            let wait = backoff(*attempt - 1, self.fast, fastrand::f64());
            self.bell.wait(self.bell.rung(), wait).await;
        }
        Ok(())
    }

    async fn note_gap(&self, gap: Option<Gap>) -> Result<(), Trouble> {
        if let Some(gap) = gap {
            tracing::warn!(log = %self.log_type, since = %gap.since, until = %gap.until, kind = %gap.kind, "gap");
            let mut job = Job::new(self.feed);
            job.gaps.push(gap);
            self.storing.commit(job).await.done().await?;
        }
        Ok(())
    }

    /// Nothing to ask for yet, which is as current as can be.
    async fn settle_standing(&self, position: &Position) -> Result<(), Trouble> {
        if self.purpose == Purpose::Forward {
            let mut job = Job::new(self.feed);
            job.position = Some(position.clone());
            job.standing = Some((FeedState::Current, None));
            self.storing.commit(job).await.done().await?;
        }
        Ok(())
    }
}

/// The oldest instant Duo gives, by its own words where it names a number of days.
fn oldest_by(failure: &Failure, now: UnixMillis) -> UnixMillis {
    let named = failure.detail.as_deref().and_then(|detail| {
        let digits: String = detail
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse::<u64>().ok().filter(|days| (2..=180).contains(days))
    });
    let span = named.map_or(OLDEST, |days| Duration::from_secs((days - 1) * 86_400));
    now.minus(span.min(OLDEST))
}

fn newest_second(log_type: LogType, page: &Page) -> Option<UnixSecs> {
    page.iter().filter_map(|raw| understand(log_type, raw).time).max().map(UnixMillis::floor_secs)
}
