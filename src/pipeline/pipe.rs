//! Takes pages apart and hands them to the store while the next page is on its way.
//!
//! Promises: pages are stored in the order they came, each together with the position after it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::known::Known;
use super::progress::Tracker;
use super::reading::{Purpose, Reading};
use super::storing::{Committing, Storing, WAITING};
use crate::base::UnixMillis;
use crate::duo::Page;
use crate::duo::logs::understand;
use crate::record::LogType;
use crate::status::{FeedState, Position};
use crate::store::{Batch, FeedId, Gap, Job, StoreError};

/// A page that waits to be taken apart and stored.
struct Parcel {
    page: Page,
    otherwise: UnixMillis,
    position: Option<Position>,
    gaps: Vec<Gap>,
    more: bool,
}

/// Takes pages apart and hands them to the store, in order, while the next page is on its way.
pub struct Pipe {
    worker: Worker,
    parcels: Option<mpsc::Sender<Parcel>>,
    running: JoinHandle<Result<(), StoreError>>,
}

impl Pipe {
    /// Starts a pipe for a reading.
    pub fn start(reading: &Reading<'_>) -> Self {
        let worker = Worker {
            storing: reading.storing.clone(),
            known: Arc::clone(reading.known),
            feed: reading.feed,
            log_type: reading.log_type,
            forward: reading.purpose == Purpose::Forward,
            late_before: match reading.purpose {
                Purpose::Forward => None,
                Purpose::Again { .. } => reading.reached,
            },
            tracker: reading.tracker.clone(),
            last: Arc::new(Mutex::new(None)),
        };
        let (parcels, running) = worker.clone().start();
        Self { worker, parcels: Some(parcels), running }
    }

    /// Hands a page over. `otherwise` is where records without a time are put; `more` says that
    /// another page follows.
    pub async fn store(
        &mut self,
        page: Page,
        otherwise: UnixMillis,
        position: &Position,
        gaps: Vec<Gap>,
        more: bool,
    ) -> Result<(), StoreError> {
        let position = self.worker.forward.then(|| position.clone());
        let parcel = Parcel { page, otherwise, position, gaps, more };
        let sent = match &self.parcels {
            Some(parcels) => parcels.send(parcel).await.is_ok(),
            None => false,
        };
        // The worker ends early only with an error.
        if sent { Ok(()) } else { self.finish().await }
    }

    /// Waits until everything handed over is stored.
    pub async fn finish(&mut self) -> Result<(), StoreError> {
        self.parcels = None;
        match (&mut self.running).await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Waits until everything is stored and notes the newest time received in the position.
    pub async fn drain_into(&mut self, position: &mut Position) -> Result<(), StoreError> {
        self.finish().await?;
        if let Position::Window { last, .. } = position {
            let newest = self.worker.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = (*last).max(*newest);
        }
        let (parcels, running) = self.worker.clone().start();
        (self.parcels, self.running) = (Some(parcels), running);
        Ok(())
    }
}

#[derive(Clone)]
struct Worker {
    storing: Storing,
    known: Arc<Known>,
    feed: FeedId,
    log_type: LogType,
    forward: bool,
    late_before: Option<UnixMillis>,
    tracker: Tracker,
    /// The newest time received.
    last: Arc<Mutex<Option<UnixMillis>>>,
}

impl Worker {
    fn start(self) -> (mpsc::Sender<Parcel>, JoinHandle<Result<(), StoreError>>) {
        let (parcels, received) = mpsc::channel(1);
        (parcels, tokio::spawn(self.run(received)))
    }

    async fn run(self, mut parcels: mpsc::Receiver<Parcel>) -> Result<(), StoreError> {
        // Commits may be on their way while the next page is taken apart.
        let mut on_their_way: VecDeque<Committing> = VecDeque::with_capacity(WAITING);
        while let Some(parcel) = parcels.recv().await {
            let job = self.make_job(parcel).await?;
            if on_their_way.len() >= WAITING
                && let Some(oldest) = on_their_way.pop_front()
            {
                self.count(oldest).await?;
            }
            on_their_way.push_back(self.storing.commit(job).await);
        }
        for committing in on_their_way {
            self.count(committing).await?;
        }
        Ok(())
    }

    async fn make_job(&self, parcel: Parcel) -> Result<Job, StoreError> {
        let Parcel { page, otherwise, position, gaps, more } = parcel;
        let fetched = page.records.len() as u64;
        let log_type = self.log_type;
        let known = Arc::clone(&self.known);
        let build = move || {
            Batch::build(
                page.body,
                &page.records,
                |raw| understand(log_type, raw),
                |columns| known.categorizer.assign(log_type, columns),
            )
        };
        // A short page is taken apart here: handing it to another thread would cost more.
        let batch = if fetched < 50 {
            build()?
        } else {
            match tokio::task::spawn_blocking(build).await {
                Ok(batch) => batch?,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        };
        let newest = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            *last = (*last).max(batch.newest());
            *last
        };
        let mut job = Job::new(self.feed);
        job.begins = position.as_ref().map(|_| otherwise);
        job.position = position.map(|position| with_last(position, newest));
        job.late_before = self.late_before;
        job.replaces = self.log_type == LogType::TrustMonitor;
        job.otherwise = otherwise;
        job.polled = Some(UnixMillis::now());
        job.gaps = gaps;
        let state = if more { FeedState::CatchingUp } else { FeedState::Current };
        job.standing = self.forward.then_some((state, None));
        self.tracker.update(|numbers| {
            numbers.fetched += fetched;
            if self.forward {
                numbers.state = state;
                numbers.error = None;
                if let (None, Some(newest)) = (numbers.first_page, newest) {
                    numbers.first_page = Some((Instant::now(), newest));
                }
                if let Some((_, reached, until)) = &mut numbers.range {
                    *reached = if more { newest.unwrap_or(*reached) } else { *until };
                }
            }
        });
        job.batch = batch;
        Ok(job)
    }

    async fn count(&self, committing: Committing) -> Result<(), StoreError> {
        let done = committing.done().await?;
        self.tracker.update(|numbers| {
            numbers.stored += done.stored;
            numbers.duplicates += done.duplicates;
            numbers.late += done.late;
        });
        Ok(())
    }
}

fn with_last(position: Position, newest: Option<UnixMillis>) -> Position {
    match position {
        Position::Window { from, until, cursor, last, seen, total } => Position::Window {
            from,
            until,
            cursor,
            // Between windows there is nothing to go on from but the start.
            last: if until.is_some() { last.max(newest) } else { None },
            seen,
            total,
        },
        since @ Position::Since { .. } => since,
    }
}
