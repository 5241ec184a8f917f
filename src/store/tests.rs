//! A store in a temporary folder, and records that say of themselves what is in them.

use std::borrow::Cow;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::base::UnixMillis;
use crate::record::{Columns, IdSource, LogType, Understood};

/// A store with one account.
pub struct Lab {
    pub folder: tempfile::TempDir,
    pub writer: Writer,
}

impl Lab {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (writer, _) = Writer::open(&folder.path().join("events.db")).unwrap();
        Self { folder, writer }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("events.db")
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap().unwrap()
    }

    pub fn feed(&mut self, log_type: LogType) -> FeedId {
        let account = AccountRef {
            name: "Contoso".to_owned(),
            integration_key: "DITEST".to_owned(),
            api_hostname: "api-test.example.com".to_owned(),
            child: None,
        };
        self.writer.register(&account, log_type).unwrap().id
    }

    /// Stores records as a page of a log; `change` sets what else the job says.
    pub fn store(
        &mut self,
        log_type: LogType,
        records: &[Value],
        change: impl FnOnce(&mut Job),
    ) -> Stored {
        let mut job = Job::new(self.feed(log_type));
        job.batch = batch(log_type, records);
        change(&mut job);
        self.writer.commit(&[job]).unwrap().remove(0)
    }
}

/// A record: `{"txid": …, "time": …}` and whichever columns it is to have, `bits` and `amount`.
pub fn record(id: u64, time: i64, columns: Value) -> Value {
    let mut record = json!({"txid": id.to_string(), "sekey": id.to_string(), "time": time});
    for (name, value) in columns.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

pub fn batch(log_type: LogType, records: &[Value]) -> Batch {
    let (mut body, mut ranges) = (Vec::new(), Vec::new());
    for record in records {
        let start = body.len();
        body.extend_from_slice(record.to_string().as_bytes());
        ranges.push(start..body.len());
    }
    Batch::build(body, &ranges, understand, |columns| categories(log_type, columns)).unwrap()
}

/// One bit for each log, and one for each first letter of action and result.
pub fn categories(log_type: LogType, columns: &Columns<'_>) -> u64 {
    let letter = |text: &Option<Cow<'_, str>>| {
        text.as_deref().and_then(|text| text.bytes().next()).map_or(0, |byte| byte % 16)
    };
    1 << (log_type as u8) | 1 << (8 + letter(&columns.action)) | 1 << (24 + letter(&columns.result))
}

fn understand(raw: &[u8]) -> Understood<'_> {
    let value: Value = serde_json::from_slice(raw).unwrap();
    let text = |name: &str| Some(Cow::Owned(value.get(name)?.as_str()?.to_owned()));
    Understood {
        time: value["time"].as_i64().map(UnixMillis),
        id: text("txid").map_or(IdSource::Bytes, IdSource::Duo),
        columns: Columns {
            user: text("user"),
            action: text("action"),
            result: text("result"),
            reason: text("reason"),
            factor: text("factor"),
            address: text("address"),
            application: text("application"),
            target: text("target"),
            country: text("country"),
            amount: value["amount"].as_i64(),
        },
        complete: true,
    }
}
