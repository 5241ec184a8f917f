//! A home with records in it, and pages that look at it.

use std::time::{Duration, Instant};

use super::*;
use crate::duo::logs::understand;
use crate::knowledge::{Categorizer, Knowledge};
use crate::store::{AccountRef, Batch, FeedId, Job, Reader, Writer};

/// A home in a temporary folder.
pub(super) struct Stored {
    pub folder: tempfile::TempDir,
    pub home: Home,
}

impl Stored {
    /// Without a store.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        Self { folder, home }
    }

    pub fn writer(&self) -> Writer {
        Writer::open(&self.home.store_file()).unwrap().0
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.home.store_file()).unwrap().unwrap()
    }

    /// Stores raw records of a log.
    pub fn put(&self, account: &str, log_type: LogType, raws: &[String]) -> FeedId {
        self.put_as(account, log_type, raws, |_| {})
    }

    /// The same, with something else in the same commit.
    pub fn put_as(
        &self,
        account: &str,
        log_type: LogType,
        raws: &[String],
        change: impl FnOnce(&mut Job),
    ) -> FeedId {
        let mut writer = self.writer();
        let knowledge = Knowledge::embedded().unwrap();
        let bits = writer.category_bits(&knowledge.category_ids()).unwrap();
        let categorizer = Categorizer::new(&knowledge, &bits);
        let account = AccountRef {
            name: account.to_owned(),
            integration_key: format!("DI{account}"),
            api_hostname: HOST.to_owned(),
            child: None,
        };
        let (mut body, mut ranges) = (Vec::new(), Vec::new());
        for raw in raws {
            let start = body.len();
            body.extend_from_slice(raw.as_bytes());
            ranges.push(start..body.len());
        }
        let feed = writer.register(&account, log_type).unwrap().id;
        let mut job = Job::new(feed);
        job.batch = Batch::build(
            body,
            &ranges,
            |raw| understand(log_type, raw),
            |columns| categorizer.assign(log_type, columns),
        )
        .unwrap();
        change(&mut job);
        writer.commit(&[job]).unwrap();
        let fingerprint = knowledge.fingerprint();
        let mut is_sorted = false;
        while !is_sorted {
            let step = writer.recategorize(&fingerprint, |log_type, columns| {
                categorizer.assign(log_type, columns)
            });
            is_sorted = step.unwrap().done;
        }
        feed
    }

    /// The console over it.
    pub fn console(&self, standing: Standing) -> Stage {
        Stage {
            wizard: None,
            console: Console::new(self.home.clone(), Desk::new(self.home.clone(), || {})),
            standing: Some(standing),
            wishes: Vec::new(),
        }
    }

    /// Does what a page wished for, and tells the page.
    pub fn fulfil(&self, harness: &mut Screen) -> Vec<Result<String, crate::base::Problem>> {
        let wishes = std::mem::take(&mut harness.state_mut().wishes);
        let acts = wishes.into_iter().filter_map(|wish| match wish {
            Wish::Act(act) => Some(act.run(&self.home)),
            _ => None,
        });
        let done = acts.map(|done| done.map(|did| did.words.unwrap_or_default())).collect();
        harness.state_mut().console.look_again();
        harness.run();
        done
    }
}

/// A sign-in.
pub(super) fn sign_in(at: UnixMillis, user: &str, application: &str, result: &str) -> String {
    let reason = if result == "success" { "user_approved" } else { "user_marked_fraud" };
    serde_json::json!({
        "txid": format!("{user}-{application}-{}", at.0),
        "timestamp": at.0 / 1000,
        "isotimestamp": at.to_string(),
        "event_type": "authentication",
        "factor": "duo_push",
        "result": result,
        "reason": reason,
        "user": { "name": user, "key": "DUXXXXXXXXXXXXXXXXXX", "groups": [] },
        "application": { "name": application, "key": "DIYYYYYYYYYYYYYYYYYY" },
        "access_device": {
            "ip": "198.51.100.7",
            "location": { "city": "Ann Arbor", "state": "Michigan", "country": "United States" },
        },
    })
    .to_string()
}

/// Something done in the Admin Panel.
pub(super) fn deed(at: UnixMillis, admin: &str, action: &str, object: &str) -> String {
    serde_json::json!({
        "action": action,
        "description": "{}",
        "isotimestamp": at.to_string(),
        "timestamp": at.0 / 1000,
        "object": object,
        "username": admin,
    })
    .to_string()
}

/// Draws until a label is on the screen: what is asked of the store comes by itself.
#[track_caller]
pub(super) fn wait_for(harness: &mut Screen, label: &str) {
    wait_until(harness, label, |harness| harness.query_all_by_label(label).next().is_some());
}

/// Draws until it is so.
#[track_caller]
pub(super) fn wait_until(harness: &mut Screen, what: &str, is_so: impl Fn(&Screen) -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so(harness) {
        assert!(Instant::now() < end, "{what}: {:?}", said(harness));
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    // What is animated has no end; a few frames are enough for what moves into its place.
    for _ in 0..3 {
        harness.step();
    }
}

/// Whether a text is on the screen, alone or within others.
pub(super) fn has(harness: &Screen, text: &str) -> bool {
    said(harness).iter().any(|name| name.contains(text))
}

/// Everything on the screen, in reading order.
pub(super) fn said(harness: &Screen) -> Vec<String> {
    nodes(harness).into_iter().map(|node| node.0).filter(|name| !name.is_empty()).collect()
}
