//! The thread that owns the store, and how the rest of the pipeline talks to it.
//!
//! Promises: jobs are committed in the order they were handed over; jobs that wait together are
//! committed together; a job is answered after its records are on the disk.

use std::path::Path;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout_at};

use crate::base::Problem;
use crate::platform::memory;
use crate::record::LogType;
use crate::status::{FeedError, FeedState};
use crate::store::{AccountRef, Feed, Job, StoreError, StoreFault, Stored, Writer};

/// Pages that may wait for the store; beyond that, fetching waits. Twice what is committed
/// together, so that the next pages get ready while a commit waits for the disk.
pub const WAITING: usize = 2 * TOGETHER;

/// Jobs committed together at most. A commit costs one wait for the disk whatever it holds, and
/// an index page that many records fall into is written once for all of them.
const TOGETHER: usize = 10;

/// While a log is catching up, a commit waits this long for further pages to join it.
const JOINING: Duration = Duration::from_millis(100);

/// After so long without work the store gives back the memory that a busy time needed.
const REST_AFTER: Duration = Duration::from_secs(15);

type Call = Box<dyn FnOnce(&mut Writer) + Send>;

enum Request {
    Commit(Box<Job>, oneshot::Sender<Result<Stored, StoreError>>),
    Call(Call),
}

/// Hands work to the thread that owns the store.
#[derive(Clone, Debug)]
pub struct Storing {
    requests: mpsc::Sender<Request>,
    arrivals: watch::Receiver<()>,
}

/// A commit on its way.
#[derive(Debug)]
pub struct Committing(oneshot::Receiver<Result<Stored, StoreError>>);

impl Storing {
    /// Opens the store and starts its thread; tells when a damaged store was set aside.
    pub fn open(path: &Path) -> Result<(Self, Option<Problem>), StoreError> {
        let (writer, told) = Writer::open(path)?;
        let (requests, received) = mpsc::channel(WAITING);
        let (arrived, arrivals) = watch::channel(());
        let runtime = tokio::runtime::Handle::current();
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(writer, received, &arrived, &runtime))
            .map_err(|error| {
                StoreError::new(
                    StoreFault::Other,
                    Problem::new("The store's thread could not start").because(error),
                )
            })?;
        Ok((Self { requests, arrivals }, told))
    }

    /// Turns each time records were stored.
    pub fn arrivals(&self) -> watch::Receiver<()> {
        self.arrivals.clone()
    }

    /// Hands a job over; waits only while too many others wait already.
    pub async fn commit(&self, job: Job) -> Committing {
        let (answer, committing) = oneshot::channel();
        // A store that is gone shows when the answer is awaited.
        let _ = self.requests.send(Request::Commit(Box::new(job), answer)).await;
        Committing(committing)
    }

    /// Finds or makes an account's log.
    pub async fn register(
        &self,
        account: &AccountRef,
        log_type: LogType,
    ) -> Result<Feed, StoreError> {
        let account = account.clone();
        self.call(move |writer| writer.register(&account, log_type)).await
    }

    /// Writes down what a log's collection is doing.
    pub async fn note_standing(
        &self,
        account: &AccountRef,
        log_type: LogType,
        state: FeedState,
        error: Option<FeedError>,
    ) -> Result<(), StoreError> {
        let account = account.clone();
        self.call(move |writer| {
            let mut job = Job::new(writer.register(&account, log_type)?.id);
            job.standing = Some((state, error));
            writer.commit(&[job]).map(|_| ())
        })
        .await
    }

    /// Runs something else on the store's thread, between commits.
    pub async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, done) = oneshot::channel();
        let call: Call = Box::new(move |writer| {
            let _ = answer.send(work(writer));
        });
        let _ = self.requests.send(Request::Call(call)).await;
        done.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Committing {
    /// Waits until the job is on the disk.
    pub async fn done(self) -> Result<Stored, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> StoreError {
    StoreError::new(StoreFault::Other, Problem::new("The store has been closed"))
}

fn serve(
    mut writer: Writer,
    mut requests: mpsc::Receiver<Request>,
    arrived: &watch::Sender<()>,
    runtime: &tokio::runtime::Handle,
) {
    let mut resting = true;
    loop {
        let request = if resting {
            runtime.block_on(requests.recv())
        } else {
            match runtime
                .block_on(async { tokio::time::timeout(REST_AFTER, requests.recv()).await })
            {
                Ok(request) => request,
                Err(_) => {
                    writer.rest();
                    memory::give_back();
                    resting = true;
                    continue;
                }
            }
        };
        resting = false;
        match request {
            None => return,
            Some(Request::Call(call)) => call(&mut writer),
            Some(Request::Commit(job, answer)) => {
                let mut jobs = vec![*job];
                let mut answers = vec![answer];
                let mut then = None;
                let until = Instant::now() + JOINING;
                while jobs.len() < TOGETHER {
                    let request = if jobs.last().is_some_and(Job::more_follows) {
                        runtime.block_on(async { timeout_at(until, requests.recv()).await.ok() })
                    } else {
                        requests.try_recv().ok().map(Some)
                    };
                    match request.flatten() {
                        Some(Request::Commit(job, answer)) => {
                            jobs.push(*job);
                            answers.push(answer);
                        }
                        Some(Request::Call(call)) => {
                            then = Some(call);
                            break;
                        }
                        None => break,
                    }
                }
                commit_together(&mut writer, &jobs, answers);
                if jobs.iter().any(|job| !job.batch.is_empty()) {
                    arrived.send_replace(());
                }
                if let Some(call) = then {
                    call(&mut writer);
                }
            }
        }
    }
}

/// Commits jobs together; when that fails, each alone, so that one's fault is not another's.
fn commit_together(
    writer: &mut Writer,
    jobs: &[Job],
    answers: Vec<oneshot::Sender<Result<Stored, StoreError>>>,
) {
    match writer.commit(jobs) {
        Ok(stored) => {
            for (answer, stored) in answers.into_iter().zip(stored) {
                let _ = answer.send(Ok(stored));
            }
        }
        Err(error) if jobs.len() == 1 => {
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
        Err(_) => {
            let mut failed = std::collections::HashSet::new();
            for (job, answer) in jobs.iter().zip(answers) {
                // What follows a failed page of the same log must not move the position past it.
                let result = if failed.contains(&job.feed) {
                    Err(gone())
                } else {
                    writer
                        .commit(std::slice::from_ref(job))
                        .map(|stored| stored.into_iter().next().unwrap_or_default())
                };
                if result.is_err() {
                    failed.insert(job.feed);
                }
                let _ = answer.send(result);
            }
        }
    }
}
