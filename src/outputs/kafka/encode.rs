//! An item as a Kafka record: its key, its headers, its value.
//!
//! Promises: pure; items of one account and log have one key, so that brokers keep them in one
//! partition and in order; each carries its id as a header, by which a reader tells a repeat.
//!
//! The record's timestamp is left to be the time of sending, and the time it happened stands in a
//! header: brokers delete by timestamp, and half a year of history under `retention.ms` of a week
//! would be gone before anybody read it. Source: <https://kafka.apache.org/documentation/#topicconfigs_retention.ms>.

use krafka::Record;

use crate::outputs::Item;
use crate::settings::topic_for;

/// The key: account and log.
pub fn key(item: &Item) -> String {
    format!("{}/{}", item.account, item.what.name())
}

/// The whole record.
pub fn record(item: &Item, topic: &str) -> Record {
    let log_type = item.what.name();
    Record::new(topic_for(topic, log_type), item.line.clone())
        .key(key(item))
        .header("id", item.id.as_bytes().to_vec())
        .header("log_type", log_type.as_bytes())
        .header("account", item.account.as_bytes().to_vec())
        .header("api_hostname", item.api_hostname.as_bytes().to_vec())
        .header("time", item.time.to_string())
}

/// The most bytes of one record that are ever sent.
pub const LONGEST: usize = 8 * 1024 * 1024;
