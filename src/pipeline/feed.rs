//! The life of one log of one account: catch up, look for late records, wait, again.
//!
//! Promises: what happens to one log never stops another; only a person stops it; a log that is
//! refused is tried again rarely, and at once when the settings change or a person asks for it.

use std::sync::Arc;
use std::time::Duration;

use super::known::Known;
use super::progress::Tracker;
use super::reading::{Patience, Purpose, Reading, Trouble};
use super::steering::Bell;
use super::storing::Storing;
use crate::base::UnixMillis;
use crate::base::retry::backoff;
use crate::duo::client::Duo;
use crate::duo::logs::{self, Paging};
use crate::record::LogType;
use crate::status::{FeedState, Position};
use crate::store::{AccountRef, Feed, FeedId, Job, StoreError, StoreFault};

/// A log that Duo refuses is tried again this often.
const DENIED_AGAIN: Duration = Duration::from_secs(3600);

/// A log that Duo does not have is looked for this often.
const NOT_AVAILABLE_AGAIN: Duration = Duration::from_secs(6 * 3600);

/// After a failure that trying again at once cannot mend.
const FAILING_AGAIN: Duration = Duration::from_secs(300);

/// The trailing window is looked at once in so many polls, and at least hourly.
const POLLS_BETWEEN_LATE_LOOKS: u32 = 30;

/// One log of one account, and everything its collection needs.
#[derive(Clone)]
pub struct FeedTask {
    /// The account's API.
    pub duo: Duo,
    /// The store's thread.
    pub storing: Storing,
    /// What is known about records.
    pub known: Arc<Known>,
    /// Whose log it is.
    pub account: AccountRef,
    /// Which log.
    pub log_type: LogType,
    /// How far back the first collection goes.
    pub history: Duration,
    /// How far back late records are looked for.
    pub late_window: Duration,
    /// Time between polls.
    pub poll_interval: Duration,
    /// Whether waits are short (an unlimited pace).
    pub fast: bool,
    /// Ends waits early.
    pub bell: Bell,
    /// Where the numbers go.
    pub tracker: Tracker,
}

impl FeedTask {
    /// Fetches all there is now, late records included.
    pub async fn once(&self, patience: Patience) -> Result<(), Trouble> {
        let result = self.collect(patience, true).await;
        self.tell(&result).await;
        result
    }

    /// Collects until dropped.
    pub async fn forever(&self) {
        loop {
            let rung = self.bell.rung();
            let result = self.collect(Patience::Endless, false).await;
            self.tell(&result).await;
            let wait = match &result {
                Ok(()) => self.poll_interval,
                Err(trouble) => match trouble.state() {
                    FeedState::Denied => DENIED_AGAIN,
                    FeedState::NotAvailable => NOT_AVAILABLE_AGAIN,
                    _ if self.fast => self.poll_interval,
                    _ => FAILING_AGAIN.min(self.poll_interval * 5),
                },
            };
            // Logs of many accounts are spread over time by a tenth either way.
            let wait = wait.mul_f64(0.95 + 0.1 * fastrand::f64());
            self.bell.wait(rung, wait).await;
        }
    }

    async fn collect(&self, patience: Patience, look_late: bool) -> Result<(), Trouble> {
        let feed = self.storing.register(&self.account, self.log_type).await?;
        self.meet_clock(patience).await?;
        let now = self.duo.clock().now();
        let position = feed.position.clone().unwrap_or_else(|| self.beginning(now));
        let reached = position.reached();
        self.tracker.update(|numbers| {
            let until = now.minus(super::plan::SETTLE);
            numbers.range = Some((feed.begins.unwrap_or(reached).min(reached), reached, until));
            if numbers.state != FeedState::Current {
                numbers.state = FeedState::CatchingUp;
            }
        });
        let first_run = feed.position.is_none();
        let reading = self.reading(&feed, Purpose::Forward, reached, first_run, patience);
        let position = reading.run(position).await?;
        if !first_run && (look_late || self.late_look_due(&feed, now)) {
            self.look_late(&feed, position.reached(), reached, patience).await?;
        } else if first_run {
            self.note_late_look(&feed).await?;
        }
        Ok(())
    }

    /// Reads the trailing window again, unless Duo's own count says that nothing is missing.
    async fn look_late(
        &self,
        feed: &Feed,
        end: UnixMillis,
        reached: UnixMillis,
        patience: Patience,
    ) -> Result<(), Trouble> {
        let from = end.minus(self.late_window).max(feed.begins.unwrap_or(end));
        if from < end && !self.complete_by_count(feed, from, end).await? {
            let until = end;
            self.reading(feed, Purpose::Again { until }, reached, false, patience)
                .run(Position::window(from))
                .await?;
        }
        self.note_late_look(feed).await
    }

    async fn complete_by_count(
        &self,
        feed: &Feed,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<bool, Trouble> {
        if !logs::endpoint(self.log_type).counts {
            return Ok(false);
        }
        self.tracker.update(|numbers| numbers.requests += 1);
        // A count that cannot be had is no reason to fail: the window is simply read.
        let Ok(Some(at_duo)) = self.duo.count(self.log_type, from, until).await else {
            return Ok(false);
        };
        Ok(at_duo <= self.count_here(feed.id, from, until).await?)
    }

    /// Records stored in a range of time, both ends inclusive.
    pub(super) async fn count_here(
        &self,
        feed: FeedId,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<u64, StoreError> {
        self.storing.call(move |writer| writer.count(feed, from, until)).await
    }

    async fn note_late_look(&self, feed: &Feed) -> Result<(), Trouble> {
        let mut job = Job::new(feed.id);
        job.late_looked = Some(UnixMillis::now());
        self.storing.commit(job).await.done().await?;
        Ok(())
    }

    fn late_look_due(&self, feed: &Feed, now: UnixMillis) -> bool {
        let between =
            (self.poll_interval * POLLS_BETWEEN_LATE_LOOKS).min(Duration::from_secs(3600));
        feed.late_looked.is_none_or(|looked| looked.plus(between) <= now || looked > now)
    }

    /// Without Duo's clock a window could end in the future, and what happens until then would be
    /// taken as read.
    pub(super) async fn meet_clock(&self, patience: Patience) -> Result<(), Trouble> {
        let mut attempt = 0;
        while self.duo.clock().difference().is_none() {
            self.tracker.update(|numbers| numbers.requests += 1);
            match self.duo.ping().await {
                Ok(_) => break,
                Err(failure) => {
                    // Any answer carries the time; so an answer that is no pong is as good.
                    if failure.http_status.is_some() {
                        break;
                    }
                    attempt += 1;
                    if let Patience::Attempts(attempts) = patience
                        && attempt >= attempts
                    {
                        return Err(Trouble::Duo(failure));
                    }
                    self.tell(&Err(Trouble::Duo(failure))).await;
                    let wait = backoff(attempt - 1, self.fast, fastrand::f64());
                    self.bell.wait(self.bell.rung(), wait).await;
                }
            }
        }
        Ok(())
    }

    fn beginning(&self, now: UnixMillis) -> Position {
        let from = now.minus(self.history.min(super::plan::OLDEST));
        match logs::endpoint(self.log_type).paging {
            Paging::Cursor { .. } => Position::window(from),
            Paging::Since => Position::Since { from: from.floor_secs() },
        }
    }

    pub(super) fn reading<'a>(
        &'a self,
        feed: &Feed,
        purpose: Purpose,
        reached: UnixMillis,
        first_run: bool,
        patience: Patience,
    ) -> Reading<'a> {
        Reading {
            duo: &self.duo,
            storing: &self.storing,
            known: &self.known,
            feed: feed.id,
            log_type: self.log_type,
            purpose,
            reached: Some(reached),
            first_run,
            patience,
            fast: self.fast,
            bell: &self.bell,
            tracker: &self.tracker,
        }
    }

    /// Writes down how it went.
    async fn tell(&self, result: &Result<(), Trouble>) {
        let (state, error) = match result {
            Ok(()) => (FeedState::Current, None),
            Err(trouble) => {
                (trouble.state(), Some(trouble.feed_error(self.log_type, UnixMillis::now())))
            }
        };
        self.tracker.update(|numbers| {
            numbers.state = state;
            numbers.error = error.clone();
            numbers.seconds = Some(numbers.started.elapsed().as_secs_f64());
        });
        let Err(trouble) = result else { return };
        match trouble {
            // Nothing a person would act on.
            Trouble::Duo(failure) if state == FeedState::NotAvailable => {
                tracing::info!(account = self.account.name, log = %self.log_type, cause = %failure.chain, "not available");
            }
            Trouble::Duo(failure) => {
                tracing::warn!(account = self.account.name, log = %self.log_type, problem = %failure.problem_with(self.log_type), cause = %failure.chain, "not collected");
            }
            Trouble::Store(error) => {
                tracing::error!(account = self.account.name, log = %self.log_type, %error, "not stored");
            }
        }
        let noted = self.storing.note_standing(&self.account, self.log_type, state, error).await;
        if let Err(error) = noted
            && error.fault != StoreFault::Full
        {
            tracing::debug!(%error, "the standing could not be written down");
        }
    }
}
