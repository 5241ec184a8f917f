//! Records as rows for Azure Monitor, several requests of them where they are many.
//!
//! Promises: no request is larger than Azure Monitor takes, except one for a single record that is
//! itself larger. The columns are those of `docs/azure-monitor-table.json`.
//!
//! Source of the limit: <https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits#logs-ingestion-api>.

use std::ops::Range;

use crate::outputs::{Item, json};

/// A request may have 1 MB, compressed or not.
pub const LARGEST: usize = 1_000_000;

/// Bodies of requests, each with the range of items in it.
pub fn bodies(items: &[Item]) -> Vec<(Range<usize>, Vec<u8>)> {
    let mut bodies = Vec::new();
    let (mut first, mut body) = (0, Vec::new());
    for (i, item) in items.iter().enumerate() {
        let row = row(item);
        // A comma before it and a bracket behind it.
        if i > first && body.len() + row.len() + 2 > LARGEST {
            body.push(b']');
            bodies.push((first..i, std::mem::take(&mut body)));
            first = i;
        }
        body.push(if i == first { b'[' } else { b',' });
        body.extend_from_slice(&row);
    }
    if first < items.len() {
        body.push(b']');
        bodies.push((first..items.len(), body));
    }
    bodies
}

fn row(item: &Item) -> Vec<u8> {
    let mut out = Vec::with_capacity(item.line.len() + 512);
    json::object(&mut out, |row| {
        let time = item.time.to_string();
        row.text("TimeGenerated", &time);
        // Azure Monitor may put its own time for one that is too long ago.
        row.text("EventTime", &time);
        row.text("Received", &item.received.to_string());
        row.text("LogType", item.what.name());
        row.text("Account", &item.account);
        row.text("ApiHostname", &item.api_hostname);
        row.text("RecordId", &item.id);
        row.line("Record", &item.line);
    });
    out
}
