//! The published records of one log, in the order of time and id, and the pages cut from them.
//!
//! Promises: a record shows up once Duo's rules allow and never moves afterwards; paging never
//! skips or repeats a record that was visible when the paging began; finding a page in a million
//! records is a binary search. An entry costs 24 bytes and its text.

use std::borrow::Cow;

use crate::base::UnixMillis;
use crate::record::LogType;

/// One record and when it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The time Duo files it under.
    pub at: UnixMillis,
    /// The record as Duo would send it: one JSON object.
    pub body: Box<str>,
}

/// Where a page ended: the record with this time and id was the last one on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub at: i64,
    pub id: String,
}

/// Names no record: as a cursor it stands before all others, or behind all others when the newest
/// come first.
pub(super) const FIRST_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A stretch of a log: both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub since: i64,
    pub until: i64,
}

/// One page of a log.
#[derive(Debug, Default)]
pub(super) struct Page<'a> {
    pub bodies: Vec<&'a str>,
    /// The last record of the page.
    pub last: Option<Cursor>,
    /// Whether visible records of the window follow.
    pub more: bool,
    /// Visible records of the whole window.
    pub total: usize,
}

/// The published records of one log.
#[derive(Debug)]
pub(super) struct Log {
    id_field: &'static str,
    entries: Vec<Published>,
    /// Records that appear later than the usual delay, and when.
    late: Vec<(UnixMillis, Published)>,
}

impl Log {
    pub fn new(log_type: LogType) -> Self {
        let id_field = match log_type {
            LogType::Authentication => "\"txid\"",
            LogType::Activity => "\"activity_id\"",
            LogType::Telephony => "\"telephony_id\"",
            LogType::TrustMonitor => "\"sekey\"",
            // The first-generation logs carry no ids.
            LogType::Administrator | LogType::OfflineEnrollment => "",
        };
        Self { id_field, entries: Vec::new(), late: Vec::new() }
    }

    pub fn publish(&mut self, record: Published) {
        let id = self.id(&record.body);
        let place = self.entries.partition_point(|entry| {
            entry.at < record.at || (entry.at == record.at && self.id(&entry.body) <= id)
        });
        self.entries.insert(place, record);
    }

    pub fn publish_many(&mut self, records: impl IntoIterator<Item = Published>) {
        self.entries.extend(records);
        let id_field = self.id_field;
        // Stable, so records without ids stay in the order they were published in.
        self.entries.sort_by(|a, b| {
            a.at.cmp(&b.at).then_with(|| id_in(id_field, &a.body).cmp(&id_in(id_field, &b.body)))
        });
    }

    pub fn publish_late(&mut self, record: Published, visible_at: UnixMillis) {
        self.late.push((visible_at, record));
    }

    /// Moves the late records whose time has come among the others.
    pub fn settle(&mut self, now: UnixMillis) {
        let due: Vec<(UnixMillis, Published)> =
            self.late.extract_if(.., |(visible_at, _)| *visible_at <= now).collect();
        for (_, record) in due {
            self.publish(record);
        }
    }

    /// Everything published, whether visible yet or not.
    pub fn all(&self) -> impl Iterator<Item = &Published> {
        self.entries.iter().chain(self.late.iter().map(|(_, record)| record))
    }

    /// The records of a window, oldest first; `newest` is the youngest that may be seen yet.
    pub fn window(&self, window: Window, newest: UnixMillis) -> &[Published] {
        let until = window.until.min(newest.0);
        let start = self.entries.partition_point(|entry| entry.at.0 < window.since);
        let end = self.entries.partition_point(|entry| entry.at.0 <= until);
        self.entries.get(start..end).unwrap_or_default()
    }

    /// Whether a cursor names a record of this log, or the place before all of them.
    pub fn knows(&self, cursor: &Cursor) -> bool {
        if cursor.id == FIRST_ID {
            return true;
        }
        let at = UnixMillis(cursor.at);
        let start = self.entries.partition_point(|entry| entry.at < at);
        self.entries
            .iter()
            .skip(start)
            .take_while(|entry| entry.at == at)
            .any(|entry| self.id(&entry.body) == cursor.id)
    }

    pub fn page(
        &self,
        window: Window,
        newest: UnixMillis,
        after: Option<&Cursor>,
        limit: usize,
        newest_first: bool,
    ) -> Page<'_> {
        let all = self.window(window, newest);
        let passed = |entry: &Published, cursor: &Cursor| {
            (entry.at.0, &*self.id(&entry.body)) <= (cursor.at, cursor.id.as_str())
        };
        let rest = match after {
            None => all,
            Some(cursor) if newest_first && cursor.id == FIRST_ID => all,
            Some(cursor) if newest_first => {
                let id = cursor.id.as_str();
                let end = all.partition_point(|entry| {
                    (entry.at.0, &*self.id(&entry.body)) < (cursor.at, id)
                });
                all.get(..end).unwrap_or_default()
            }
            Some(cursor) => {
                let start = all.partition_point(|entry| passed(entry, cursor));
                all.get(start..).unwrap_or_default()
            }
        };
        let count = rest.len().min(limit);
        let taken: Vec<&Published> = if newest_first {
            rest.iter().rev().take(count).collect()
        } else {
            rest.iter().take(count).collect()
        };
        Page {
            last: taken
                .last()
                .map(|entry| Cursor { at: entry.at.0, id: self.id(&entry.body).into_owned() }),
            bodies: taken.into_iter().map(|entry| &*entry.body).collect(),
            more: rest.len() > count,
            total: all.len(),
        }
    }

    fn id<'a>(&self, body: &'a str) -> Cow<'a, str> {
        id_in(self.id_field, body)
    }
}

/// The id of a record, read without parsing it: the name in quotes appears once, because inside
/// nested JSON text its quotes are escaped. A record without an id gets one from its bytes.
fn id_in<'a>(id_field: &str, body: &'a str) -> Cow<'a, str> {
    if id_field.is_empty() {
        return Cow::Borrowed("");
    }
    body.split_once(id_field)
        .and_then(|(_, rest)| rest.trim_start().strip_prefix(':'))
        .and_then(|rest| rest.trim_start().strip_prefix('"'))
        .and_then(|rest| rest.split('"').next())
        .filter(|id| !id.is_empty())
        .map_or_else(|| Cow::Owned(fingerprint(body)), Cow::Borrowed)
}

fn fingerprint(body: &str) -> String {
    // FNV-1a: small, and the same in every run.
    let hash = body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Window = Window { since: 0, until: i64::MAX };
    const END: UnixMillis = UnixMillis(i64::MAX);

    fn record(at: i64, id: &str) -> Published {
        Published { at: UnixMillis(at), body: format!("{{\"txid\":\"{id}\"}}").into() }
    }

    fn log(records: &[(i64, &str)]) -> Log {
        let mut log = Log::new(LogType::Authentication);
        for (at, id) in records {
            log.publish(record(*at, id));
        }
        log
    }

    fn read_all(log: &Log, limit: usize, newest_first: bool) -> Vec<String> {
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let page = log.page(ALL, END, after.as_ref(), limit, newest_first);
            ids.extend(page.bodies.iter().map(|body| id_in("\"txid\"", body).into_owned()));
            if !page.more {
                return ids;
            }
            after = page.last;
        }
    }

    #[test]
    fn paging_gives_every_record_once_in_both_directions() {
        let log = log(&[(5, "b"), (5, "a"), (5, "c"), (1, "z"), (9, "y"), (5, "d")]);
        for limit in 1..8 {
            assert_eq!(read_all(&log, limit, false), ["z", "a", "b", "c", "d", "y"]);
            assert_eq!(read_all(&log, limit, true), ["y", "d", "c", "b", "a", "z"]);
        }
    }

    #[test]
    fn both_ends_of_a_window_belong_to_it() {
        let log = log(&[(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
        let page = log.page(Window { since: 2, until: 3 }, END, None, 10, false);
        assert_eq!(page.total, 2);
        assert_eq!(page.bodies, [r#"{"txid":"b"}"#, r#"{"txid":"c"}"#]);
    }

    #[test]
    fn the_newest_records_stay_hidden() {
        let log = log(&[(1, "a"), (2, "b"), (3, "c")]);
        assert_eq!(log.page(ALL, UnixMillis(2), None, 10, false).total, 2);
    }

    #[test]
    fn a_late_record_appears_at_its_own_time_in_its_own_place() {
        let mut log = log(&[(1, "a"), (3, "c")]);
        log.publish_late(record(2, "b"), UnixMillis(100));
        log.settle(UnixMillis(99));
        assert_eq!(read_all(&log, 10, false), ["a", "c"]);
        log.settle(UnixMillis(100));
        assert_eq!(read_all(&log, 10, false), ["a", "b", "c"]);
    }

    #[test]
    fn publishing_many_keeps_the_order_of_records_without_ids() {
        let mut log = Log::new(LogType::Administrator);
        let bodies = ["3", "1", "2"];
        log.publish_many(bodies.map(|body| Published { at: UnixMillis(7), body: body.into() }));
        assert_eq!(log.page(ALL, END, None, 10, false).bodies, bodies);
    }

    #[test]
    fn a_cursor_must_name_a_record() {
        let log = log(&[(1, "a")]);
        assert!(log.knows(&Cursor { at: 1, id: "a".into() }));
        assert!(!log.knows(&Cursor { at: 2, id: "a".into() }));
        assert!(!log.knows(&Cursor { at: 1, id: "b".into() }));
    }

    #[test]
    fn an_entry_is_24_bytes() {
        assert_eq!(std::mem::size_of::<Published>(), 24);
    }
}
