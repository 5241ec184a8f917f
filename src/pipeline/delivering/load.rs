//! Reads what comes next for an output and makes a batch of it: filtered, converted, measured.

use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::alerts;
use crate::base::{Problem, UnixMillis};
use crate::knowledge::Knowledge;
use crate::normalize::{Context, Format, Lines};
use crate::outputs::{Batch, Failure, Item, Limits, What};
use crate::record::LogType;
use crate::settings::{Filter, RecordFormat, Records, Start};
use crate::store::{ItemKey, Next, Reached, Reader, Room, StoreError, StoredRecord, Wants};

/// A batch and what it takes to note that it was taken.
#[derive(Debug)]
pub(super) struct Load {
    /// Where it begins.
    pub from: Reached,
    /// Where it ends.
    pub to: Reached,
    /// What goes out.
    pub batch: Batch,
    /// Where each item lies.
    pub keys: Vec<ItemKey>,
    /// The numbers of refused items in it.
    pub resent: Vec<i64>,
    /// Whether there may be more at once.
    pub more: bool,
}

/// Makes batches for one output. Works on a thread that may block.
#[derive(Debug)]
pub(super) struct Loader {
    store: PathBuf,
    output: String,
    records: Records,
    lines: Lines,
    reader: Option<Reader>,
}

impl Loader {
    /// For an output; the store is opened when it is first needed.
    pub fn new(
        store: PathBuf,
        output: &str,
        records: &Records,
        knowledge: &Knowledge,
    ) -> Result<Self, Problem> {
        Ok(Self {
            store,
            output: output.to_owned(),
            records: records.clone(),
            lines: lines(records, knowledge)?,
            reader: None,
        })
    }

    /// The line that comes first in a file of the output's format.
    pub fn header(&self) -> Option<Vec<u8>> {
        self.lines.header()
    }

    /// Closes the store until there is work again.
    pub fn rest(&mut self) {
        self.reader = None;
    }

    /// The next batch after a position; an empty one when nothing waits.
    pub fn next(&mut self, from: &Reached, limits: Limits) -> Result<Load, Failure> {
        let busy = |error: StoreError| Failure::passing(error.problem);
        if self.reader.is_none() {
            self.reader = Reader::open_small(&self.store).map_err(busy)?;
        }
        let mut load = Load {
            from: from.clone(),
            to: from.clone(),
            batch: Batch { items: Vec::new(), token: String::new() },
            keys: Vec::new(),
            resent: Vec::new(),
            more: false,
        };
        let Some(reader) = &self.reader else { return Ok(load) };
        let categories = categories(&self.records.filter, reader).map_err(Failure::lasting)?;
        let log = |account: &str, log_type| self.records.filter.wants(account, log_type);
        let wants = wants(&self.records, &log, categories);
        let mut bytes = 0;
        let mut take = |next: Next<'_>| {
            let (key, item) = match next {
                Next::Record(record) => (record.key, self.record(&record)),
                Next::Alert(alert, records) => {
                    // One about this computer belongs to no account.
                    let accounts = &self.records.filter.accounts;
                    let account = alert.account.as_deref().unwrap_or_default();
                    if !accounts.is_empty() && !accounts.iter().any(|name| name == account) {
                        return Room::Took;
                    }
                    let key = ItemKey { feed: None, time: alert.first, number: alert.id };
                    (key, alerts::item(alert, &records, self.records.format))
                }
            };
            let is_first = load.batch.items.is_empty();
            let size = item.line.len().max(item.raw.len());
            if !is_first
                && (load.batch.items.len() >= limits.records || bytes + size > limits.bytes)
            {
                return Room::Full;
            }
            bytes += size;
            load.batch.items.push(item);
            load.keys.push(key);
            Room::Took
        };
        let stretch = reader.next_for(&self.output, from, &wants, &mut take).map_err(busy)?;
        load.batch.token = token(&load.batch.items);
        load.to = stretch.to;
        load.resent = stretch.resent;
        load.more = stretch.more;
        Ok(load)
    }

    fn record(&self, record: &StoredRecord<'_>) -> Item {
        let id = record.id();
        let context = Context {
            api_hostname: Some(record.api_hostname),
            account: Some(record.account),
            id: Some(&id),
            received: record.received,
            otherwise_at: Some(record.key.time),
        };
        Item {
            line: self.lines.line(record.log_type, record.raw, &context).into_owned(),
            id: Arc::from(&*id),
            what: What::Record(record.log_type),
            account: Arc::clone(record.account),
            api_hostname: Arc::clone(record.api_hostname),
            time: record.key.time,
            received: record.received.unwrap_or(record.key.time),
            raw: record.raw.to_vec(),
        }
    }
}

/// What makes lines of records for an output.
pub(super) fn lines(records: &Records, knowledge: &Knowledge) -> Result<Lines, Problem> {
    lines_of(records.format, &records.filter, knowledge)
}

/// The same without knowing where it leads.
pub(super) fn lines_of(
    format: RecordFormat,
    filter: &Filter,
    knowledge: &Knowledge,
) -> Result<Lines, Problem> {
    let format = match format {
        RecordFormat::Raw => return Ok(Lines::raw()),
        RecordFormat::Ecs => Format::Ecs,
        RecordFormat::Ocsf => Format::Ocsf,
        RecordFormat::Cef => Format::Cef,
        RecordFormat::Leef => Format::Leef,
        RecordFormat::Csv => Format::Csv,
        RecordFormat::Splunk => Format::Splunk,
        RecordFormat::Panther => Format::Panther,
    };
    Lines::of(format, only_log(filter), knowledge)
}

/// The only log an output is handed, if it is only one.
fn only_log(filter: &Filter) -> Option<LogType> {
    match filter.log_types.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// What an output wants, in the store's words.
pub(super) fn wants<'w>(
    records: &Records,
    log: &'w dyn Fn(&str, LogType) -> bool,
    categories: u64,
) -> Wants<'w> {
    Wants {
        log,
        categories,
        since: match records.start {
            Start::Now | Start::Beginning => None,
            Start::At(time) => Some(time),
        },
        alerts: records.filter.alerts,
    }
}

/// The bits of the categories an output wants; 0 for all. None of them known is a mistake: handing
/// over everything instead would be wrong.
pub(super) fn categories(filter: &Filter, reader: &Reader) -> Result<u64, Problem> {
    if filter.categories.is_empty() {
        return Ok(0);
    }
    let known = reader.category_bits().map_err(told)?;
    let mut bits = 0;
    for id in &filter.categories {
        let Some(bit) = known.get(id) else {
            return Err(Problem::new(format!("There is no category \u{201c}{id}\u{201d}"))
                .because("categories in the output\u{2019}s section names it")
                .next("correct it; duo-integrator category list shows them"));
        };
        bits |= 1_u64 << bit;
    }
    Ok(bits)
}

/// Tells a batch from all others by what is in it: the same items give the same token, after a
/// restart, too.
pub(super) fn token(items: &[Item]) -> String {
    let mut hash = Sha256::new();
    for item in items {
        hash.update((item.id.len() as u64).to_le_bytes());
        hash.update(item.id.as_bytes());
        hash.update((item.line.len() as u64).to_le_bytes());
        hash.update(&item.line);
    }
    let digest = hash.finalize();
    HEXLOWER.encode(digest.get(..16).unwrap_or_default())
}

/// An item that is clearly none of Duo's: what is sent when an output is tried.
pub(super) fn test_item(records: &Records, knowledge: &Knowledge) -> Result<Item, Problem> {
    let now = UnixMillis::now();
    let id = format!("duo-integrator-test-{}", now.0);
    let raw = serde_json::json!({
        "activity_id": id,
        "ts": now.to_string(),
        "action": {"name": "duo_integrator_test", "details": "A test record of Duo Security Integrator, not from Duo"},
        "actor": {"name": "Duo Security Integrator", "type": "test"},
        "test": true,
    })
    .to_string()
    .into_bytes();
    let log_type = match only_log(&records.filter) {
        Some(log_type) => log_type,
        None => LogType::Activity,
    };
    let context = Context {
        api_hostname: Some(TEST_HOST),
        account: Some(TEST_ACCOUNT),
        id: Some(&id),
        received: Some(now),
        otherwise_at: Some(now),
    };
    let line = lines(records, knowledge)?.line(log_type, &raw, &context).into_owned();
    Ok(Item {
        id: id.as_str().into(),
        what: What::Record(log_type),
        account: TEST_ACCOUNT.into(),
        api_hostname: TEST_HOST.into(),
        time: now,
        received: now,
        raw,
        line,
    })
}

const TEST_ACCOUNT: &str = "Test";
const TEST_HOST: &str = "api-test.invalid";

fn told(error: StoreError) -> Problem {
    error.problem
}
