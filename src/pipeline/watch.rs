//! Judges what arrives by the rules, beside storing and never in its way.
//!
//! Promises: each record is judged once, whatever breaks off and when: alerts, what detection
//! remembers and the position in the arrival log are committed together, and what was not committed
//! is judged again from what was. Storing never waits for it. Records about the time before their log
//! was collected raise alerts that nobody is told of, unless the settings want that; what happened
//! while the program did not run is told.
//!
//! Fetching what is remembered, judging and waiting happen beside the store's thread; only the
//! commit is done there.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::storing::Storing;
use crate::base::{Home, Problem};
use crate::detect::{
    self, Engine, Finding, Lists, Past, Prepared, Preparing, Rules, Seen, WorkingHours,
};
use crate::knowledge::Knowledge;
use crate::platform::memory;
use crate::settings::Alerts;
use crate::store::{
    ArrivalPage, Arrivals, Arrived, Raise, Reader, RecordRef, Remembered, StartAt, StoreError,
};

/// The name in the arrival log.
pub const CONSUMER: &str = "detection";

/// What happened so long before its log was first to be collected, or longer, is the past.
const PAST: Duration = Duration::from_secs(2 * 3600);

/// Records fetched at a time.
const FETCHED: usize = 1_000;

/// With more than that before it, judging has another thread prepare the next records.
const PAGES: usize = 8;

/// Pages that wait to be judged.
const WAITING: usize = 2;

/// Records judged before what was found is committed. Most of what changes in memory changes again
/// within so many, so a first collection has less to write down.
const TOGETHER: usize = 50_000;

/// Judging begins when nothing has arrived for so long: a first collection is stored as quickly as
/// it comes, and judged in few commits.
const GATHER: Duration = Duration::from_millis(250);

/// It begins after this at the latest.
const GATHER_AT_MOST: Duration = Duration::from_secs(20);

/// After so long without work nothing is kept at hand.
const REST_AFTER: Duration = Duration::from_secs(15);

/// Other processes store records, too; nobody tells of those.
const LOOK_ANYWAY: Duration = Duration::from_secs(45);

/// After a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Judges records.
#[derive(Debug)]
pub struct Watch {
    storing: Storing,
    store: PathBuf,
    rules: Arc<Rules>,
    prints: Vec<String>,
    hours: WorkingHours,
    /// Alerts about the past are told like others.
    notify_history: bool,
}

/// What judging works with, handed to another thread and back.
struct Bench {
    /// Everything up to here is judged and committed.
    position: i64,
    engine: Engine,
    preparing: Preparing,
    rules: Arc<Rules>,
    store: PathBuf,
    reader: Option<Reader>,
    notify_history: bool,
}

/// What judging some records gave.
#[derive(Default)]
struct Judged {
    upto: i64,
    records: usize,
    raises: Vec<Raise>,
    memory: Vec<Remembered>,
}

impl Watch {
    /// Makes the rules of a home ready. Tells what cannot be used.
    pub fn of(
        home: &Home,
        knowledge: &Knowledge,
        storing: &Storing,
        alerts: &Alerts,
    ) -> (Self, Vec<Problem>) {
        let (lists, mut told) = Lists::load(home);
        let (rules, wrong) = Rules::compile(knowledge.rules(), &lists);
        told.extend(wrong);
        let prints = rules.rules.iter().map(|rule| rule.print.to_string()).collect();
        let watch = Self {
            storing: storing.clone(),
            store: home.store_file(),
            rules: Arc::new(rules.in_use()),
            prints,
            hours: WorkingHours::of(alerts),
            notify_history: alerts.notify_history,
        };
        (watch, told)
    }

    /// Judges what arrives, for ever.
    pub async fn forever(self) {
        let mut arrivals = self.storing.arrivals();
        let mut bench = None;
        loop {
            if let Err(problem) = self.work(&mut bench).await {
                tracing::warn!(%problem, "records wait to be judged by the rules");
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            if timeout(REST_AFTER, arrivals.changed()).await.is_err() {
                // What is remembered is at hand only while there is work: waiting takes no memory.
                bench = None;
                memory::give_back();
                let _ = timeout(LOOK_ANYWAY, arrivals.changed()).await;
            }
            let latest = Instant::now() + GATHER_AT_MOST;
            while Instant::now() < latest && timeout(GATHER, arrivals.changed()).await.is_ok() {}
        }
    }

    /// Judges everything that has arrived; tells how many records that were.
    pub async fn catch_up(&self) -> Result<usize, Problem> {
        self.work(&mut None).await
    }

    /// Judges everything that has arrived. After a failure nothing is at hand any more.
    async fn work(&self, at_hand: &mut Option<Bench>) -> Result<usize, Problem> {
        let mut bench = match at_hand.take() {
            Some(bench) => bench,
            None => self.begin().await?,
        };
        let mut total = 0;
        loop {
            let work = move || {
                let judged = bench.judge();
                (bench, judged)
            };
            let (back, judged) = spawn_blocking(work)
                .await
                .map_err(|error| Problem::new("Judging records broke off").because(error))?;
            bench = back;
            let Judged { upto, records, raises, memory } = judged?;
            if upto == bench.position {
                *at_hand = Some(bench);
                return Ok(total);
            }
            let commit =
                self.storing.call(move |writer| writer.evaluated(CONSUMER, upto, &raises, &memory));
            let touched = commit.await.map_err(told)?;
            let new = touched.iter().filter(|alert| alert.new).count();
            if new > 0 {
                tracing::info!(alerts = new, records, "alerts raised");
            }
            bench.engine.tidy();
            bench.position = upto;
            total += records;
        }
    }

    async fn begin(&self) -> Result<Bench, Problem> {
        let prints = self.prints.clone();
        let started = self.storing.call(move |writer| {
            writer.forget_memory_but(&prints)?;
            writer.consumer(CONSUMER, StartAt::First)
        });
        Ok(Bench {
            position: started.await.map_err(told)?,
            engine: Engine::new(Arc::clone(&self.rules), self.hours.clone()),
            preparing: Preparing::new(Arc::clone(&self.rules)),
            rules: Arc::clone(&self.rules),
            store: self.store.clone(),
            reader: None,
            notify_history: self.notify_history,
        })
    }
}

impl Bench {
    /// Judges the next records after a position, up to [`TOGETHER`] of them.
    fn judge(&mut self) -> Result<Judged, Problem> {
        let mut judged = Judged { upto: self.position, ..Judged::default() };
        if self.reader.is_none() {
            self.reader = Reader::open(&self.store).map_err(told)?;
        }
        let Some(reader) = self.reader.take() else { return Ok(judged) };
        if self.rules.rules.is_empty() {
            judged.upto = reader.last_arrival().map_err(told)?;
            self.reader = Some(reader);
            return Ok(judged);
        }
        while judged.records < TOGETHER {
            let pages = fetch(&reader, judged.upto)?;
            let Some(last) = pages.last() else { break };
            let upto = last.upto;
            self.judge_pages(&reader, &pages, &mut judged)?;
            judged.upto = upto;
        }
        self.reader = Some(reader);
        let changes = self.engine.take_changes();
        judged.memory = changes.into_iter().map(remembered).collect();
        Ok(judged)
    }

    /// Judges some pages. A few records are prepared in passing, many by another thread.
    fn judge_pages(
        &mut self,
        reader: &Reader,
        pages: &[ArrivalPage],
        judged: &mut Judged,
    ) -> Result<(), Problem> {
        let mut past = Stored(reader);
        let [_, _, ..] = pages else {
            for (run, record) in pages.iter().flat_map(records) {
                let prepared = self.preparing.prepare(record.log_type, record.raw);
                self.judge_one(run, &record, prepared, &mut past, judged)?;
            }
            return Ok(());
        };
        let mut preparing = std::mem::take(&mut self.preparing);
        let ready = &mut preparing;
        let done = thread::scope(|scope| {
            let (send, take) = sync_channel(WAITING);
            let prepare = move || {
                for page in pages {
                    let prepared: Vec<Prepared<'_>> = records(page)
                        .map(|(_, record)| ready.prepare(record.log_type, record.raw))
                        .collect();
                    if send.send(prepared).is_err() {
                        return;
                    }
                }
            };
            let name = "detect".to_owned();
            let started = thread::Builder::new().name(name).spawn_scoped(scope, prepare);
            started.map_err(|error| Problem::new("Judging could not start").because(error))?;
            for page in pages {
                let broke_off = |_| Problem::new("Judging records broke off");
                let prepared = take.recv().map_err(broke_off)?;
                for ((run, record), prepared) in records(page).zip(prepared) {
                    self.judge_one(run, &record, prepared, &mut past, judged)?;
                }
            }
            Ok(())
        });
        self.preparing = preparing;
        done
    }

    fn judge_one(
        &mut self,
        run: &Arrivals,
        record: &Arrived<'_>,
        prepared: Prepared<'_>,
        past: &mut dyn Past,
        judged: &mut Judged,
    ) -> Result<(), Problem> {
        let name = || record.id();
        let arrived = detect::Arrived {
            account: run.account_number,
            feed: run.feed.number(),
            log_type: record.log_type,
            time: record.time,
            event: record.number(),
            name: &name,
            raw: record.raw,
        };
        let mut findings = Vec::new();
        self.engine.judge(&arrived, prepared, past, &mut findings)?;
        judged.records += 1;
        let past_until = run.known.minus(PAST);
        let historic = record.time < past_until && !self.notify_history;
        for finding in findings {
            add(&mut judged.raises, &self.rules, finding, historic);
        }
        Ok(())
    }
}

/// The next pages after a position; fewer when there are no more.
fn fetch(reader: &Reader, after: i64) -> Result<Vec<ArrivalPage>, Problem> {
    let mut pages: Vec<ArrivalPage> = Vec::new();
    let mut upto = after;
    while pages.len() < PAGES {
        let page = reader.arrivals(upto, FETCHED).map_err(told)?;
        if page.upto == upto {
            break;
        }
        upto = page.upto;
        pages.push(page);
    }
    Ok(pages)
}

/// The records of a page. One that came back changed was judged when it was new.
fn records(page: &ArrivalPage) -> impl Iterator<Item = (&Arrivals, Arrived<'_>)> {
    let new = page.runs.iter().filter(|run| !run.changed);
    new.flat_map(|run| run.iter().map(move |record| (run, record)))
}

/// What detection remembers, in the store.
struct Stored<'r>(&'r Reader);

impl Past for Stored<'_> {
    fn recall(&mut self, rule: &str, key: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.0.memory(rule, key).map_err(told)
    }
}

/// Adds a finding to what is to be raised; to the last about the same, if that is near.
fn add(raises: &mut Vec<Raise>, rules: &Rules, finding: Finding, historic: bool) {
    let Some(rule) = rules.rules.iter().find(|rule| rule.id == finding.rule) else { return };
    let records: Vec<RecordRef> = finding.records.into_iter().map(record_ref).collect();
    let twins: Vec<RecordRef> = finding.twins.into_iter().map(record_ref).collect();
    let last = raises.iter_mut().rev().take(NEAR).find(|raise| {
        raise.rule == *rule.id
            && raise.account == finding.account
            && raise.subject == finding.subject
    });
    if let Some(raise) = last
        && raise.historic == historic
        && is_near(raise, &records)
    {
        raise.records.extend(records);
        raise.twins.extend(twins);
        return;
    }
    raises.push(Raise {
        rule: rule.id.to_string(),
        title: rule.title.clone(),
        level: rule.level,
        account: finding.account,
        subject: finding.subject,
        group_for: rule.group_for,
        historic,
        records,
        twins,
    });
}

/// How many of the last raises are looked through for one about the same.
const NEAR: usize = 64;

/// Whether records belong to the same alert as those of a raise.
fn is_near(raise: &Raise, records: &[RecordRef]) -> bool {
    let times = || raise.records.iter().map(|record| record.time);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return false };
    let (from, to) = (first.minus(raise.group_for), last.plus(raise.group_for));
    records.iter().all(|record| (from..=to).contains(&record.time))
}

fn record_ref(seen: Seen) -> RecordRef {
    RecordRef { feed: seen.feed, time: seen.time, event: seen.event, name: seen.name.text() }
}

fn remembered(change: detect::Change) -> Remembered {
    Remembered {
        rule: change.rule.to_string(),
        key: change.key.into(),
        until: change.until,
        data: Some(change.data),
    }
}

fn told(error: StoreError) -> Problem {
    error.problem
}
