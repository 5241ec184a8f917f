//! Records on their way to rows: read by one thread, understood by several, written by one.
//!
//! Promises: rows come in the order of the records; a few bundles are under way at a time, so memory
//! does not grow with the report; what goes wrong anywhere ends it everywhere, and is told.
//!
//! Bundles go round: the first to the first thread, the second to the second. Whoever writes takes
//! them back in the same round, so nothing has to be sorted.

use std::hash::BuildHasher;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use foldhash::fast::RandomState;

use super::columns::Columns;
use super::join::{Bundle, Join, SERVED_MILLIS, TWINS_MILLIS, Tie};
use super::select::Selection;
use super::sheet::Sheet;
use super::summary::{Summary, Tally};
use crate::base::{Problem, UnixMillis};
use crate::duo::logs::understand;
use crate::duo::{View, Wanted};
use crate::record::LogType;
use crate::store::{EventQuery, Reader};

/// Records in a bundle.
const RECORDS: usize = 128;

/// Bytes in a bundle; a bundle of few large records is sent earlier.
const BYTES: usize = 256 * 1024;

/// Bundles that wait before each thread.
const WAITING: usize = 2;

/// Records as they come from the store.
#[derive(Default)]
struct Raw {
    bytes: Vec<u8>,
    records: Vec<Record>,
    /// Accounts' names, each once.
    accounts: Vec<String>,
}

struct Record {
    account: usize,
    log_type: LogType,
    time: UnixMillis,
    bytes: Range<usize>,
}

/// How records become rows.
pub struct Filling<'a> {
    /// Which records, where the store could not tell.
    pub selection: Option<&'a Selection>,
    /// Which values.
    pub columns: &'a Columns<'a>,
    /// A path whose value ties records of two logs together.
    pub join: Option<&'a str>,
    /// How many threads understand records.
    pub threads: Option<usize>,
    /// Turns true when nobody wants it any more.
    pub stop: Option<&'a AtomicBool>,
    /// Counts the records that were read.
    pub read: Option<&'a AtomicU64>,
}

/// Reads, understands and writes everything the query finds.
pub fn run(
    reader: &Reader,
    query: &EventQuery,
    filling: &Filling<'_>,
    mut tally: Tally,
    mut sheet: Box<dyn Sheet + '_>,
) -> Result<Summary, Problem> {
    let helpful = || thread::available_parallelism().map_or(1, usize::from).clamp(1, 4);
    let threads = filling.threads.unwrap_or_else(helpful).max(1);
    // Keyed at random: nobody can make two acts look like one.
    let hasher = &RandomState::default();
    thread::scope(|scope| {
        let (mut raw, mut ready) = (Vec::new(), Vec::new());
        for number in 0..threads {
            let (send_raw, take_raw) = sync_channel::<Raw>(WAITING);
            let (send_ready, take_ready) = sync_channel::<Bundle>(WAITING);
            raw.push(send_raw);
            ready.push(take_ready);
            let name = format!("report rows {number}");
            thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, move || {
                    understand_all(filling, hasher, &take_raw, &send_ready)
                })
                .map_err(no_thread)?;
        }
        let columns = filling.columns.heads().len();
        let writing =
            thread::Builder::new().name("report".to_owned()).spawn_scoped(scope, move || {
                write_all(columns, &ready, &mut tally, &mut *sheet)?;
                let summary = tally.finish();
                sheet.finish(&summary)?;
                Ok(summary)
            });
        let writing = writing.map_err(no_thread)?;
        let read = read_all(reader, query, filling, &raw);
        drop(raw);
        let written = writing.join().unwrap_or_else(|_| {
            Err(Problem::new("The report broke off")
                .because("writing it failed in a way nobody foresaw")
                .next("check that there is room on the disk; then try another format"))
        });
        // When writing fails, reading stops for that reason, not for one of its own.
        written.and_then(|summary| read.map(|()| summary))
    })
}

fn no_thread(error: std::io::Error) -> Problem {
    Problem::new("The report could not be started").because(error)
}

/// Hands all records out, in bundles. Stops when nobody takes them anymore.
fn read_all(
    reader: &Reader,
    query: &EventQuery,
    filling: &Filling<'_>,
    to: &[SyncSender<Raw>],
) -> Result<(), Problem> {
    let mut round = to.iter().cycle();
    let is_stopped = || filling.stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
    let mut send = |raw: Raw| {
        if let Some(read) = filling.read {
            read.fetch_add(raw.records.len() as u64, Ordering::Relaxed);
        }
        match round.next() {
            _ if is_stopped() => ControlFlow::Break(()),
            Some(to) if to.send(raw).is_ok() => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    };
    let mut raw = Raw::default();
    let stopped = reader
        .events(query, |event| {
            let account = raw.accounts.iter().position(|name| name == event.account);
            let account = account.unwrap_or_else(|| {
                raw.accounts.push(event.account.to_owned());
                raw.accounts.len() - 1
            });
            let start = raw.bytes.len();
            raw.bytes.extend_from_slice(event.raw);
            let bytes = start..raw.bytes.len();
            let record = Record { account, log_type: event.log_type, time: event.time, bytes };
            raw.records.push(record);
            if raw.records.len() == RECORDS || raw.bytes.len() >= BYTES {
                // The next one is as large, most likely.
                let bytes = Vec::with_capacity(raw.bytes.len());
                return send(std::mem::replace(&mut raw, Raw { bytes, ..Raw::default() }));
            }
            ControlFlow::Continue(())
        })
        .map_err(|error| error.problem)?;
    if is_stopped() {
        return Err(Problem::new("The report was not finished").because("it was stopped"));
    }
    if stopped.is_none() {
        let _ = send(raw);
    }
    Ok(())
}

fn understand_all(
    filling: &Filling<'_>,
    hasher: &RandomState,
    from: &Receiver<Raw>,
    to: &SyncSender<Bundle>,
) {
    let ties = TIES.into_iter().chain(filling.join);
    let wanted = Wanted::new(filling.columns.paths().chain(ties));
    while let Ok(raw) = from.recv() {
        let mut bundle = Bundle::new(filling.columns.heads().len());
        for record in &raw.records {
            let bytes = raw.bytes.get(record.bytes.clone()).unwrap_or_default();
            let understood = understand(record.log_type, bytes).columns;
            let is_one = |selection: &Selection| selection.has(record.log_type, &understood);
            if !filling.selection.is_none_or(is_one) {
                continue;
            }
            let account = raw.accounts.get(record.account).map_or("", String::as_str);
            let view = View::of_wanted(record.log_type, bytes, &understood, &wanted);
            filling.columns.fill(account, record.time, &view, &mut bundle.rows);
            bundle.times.push(record.time);
            let key = |parts: &[&str]| hasher.hash_one((account, parts));
            bundle.ties.push(tie(record.log_type, &view, filling.join, key));
        }
        if to.send(bundle).is_err() {
            return;
        }
    }
}

/// What both logs that tell of an act say alike.
const TIES: [&str; 3] = ["duo.action", "duo.user", "duo.target"];

/// What ties a record to one of another log.
fn tie(
    log_type: LogType,
    view: &View,
    join: Option<&str>,
    key: impl Fn(&[&str]) -> u64,
) -> Option<Tie> {
    match log_type {
        LogType::Administrator | LogType::Activity => {
            let [action, user, target] = TIES.map(|path| view.text(path));
            let key = key(&[&action?, &user.unwrap_or_default(), &target.unwrap_or_default()]);
            Some(Tie { key, log_type, waits_millis: TWINS_MILLIS })
        }
        _ => {
            let value = view.text(join?)?;
            let waits_millis = if log_type == LogType::Telephony { SERVED_MILLIS } else { 0 };
            Some(Tie { key: key(&[&value]), log_type, waits_millis })
        }
    }
}

fn write_all(
    columns: usize,
    from: &[Receiver<Bundle>],
    tally: &mut Tally,
    sheet: &mut dyn Sheet,
) -> Result<(), Problem> {
    let mut join = Join::new(columns);
    let mut write = |bundle: &Bundle| {
        tally.count(&bundle.rows, &bundle.times);
        sheet.rows(&bundle.rows)
    };
    for from in from.iter().cycle() {
        // The first that has nothing more to give stands at the end of the round.
        let Ok(bundle) = from.recv() else { break };
        let whole = join.add(bundle);
        write(&whole)?;
    }
    write(&join.finish())
}
