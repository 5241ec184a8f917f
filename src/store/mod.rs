//! The local store: every record's own bytes, and columns beside them to search and group by.
//!
//! Promises: a page of records and the position after it are committed in one transaction; a
//! record is stored once, whatever is read again; its bytes come back exactly as Duo sent them;
//! readers never hold up the writer.
//!
//! State on disk (`events.db`): absent means a new store; unreadable or damaged means it is set
//! aside under another name and never overwritten; left over from a crash is what SQLite's
//! write-ahead log is for.

mod alerts;
mod arrivals;
mod audits;
mod batch;
mod block;
mod categories;
mod deliveries;
mod error;
mod feeds;
mod gaps;
mod grams;
mod notices;
mod page;
mod query;
mod recategorize;
mod remove;
mod rollup;
mod schema;
mod sizes;
mod strips;
mod sums;
mod words;
mod write;

pub use alerts::{
    Alarm, Alert, AlertQuery, AlertsWithin, KEPT, KeptRecord, Raise, Raised, RecordRef, Remembered,
    Touched,
};
pub use arrivals::{ArrivalPage, Arrivals, Arrived, StartAt};
pub use audits::{Audited, DayCount, LogDays, day_of};
pub use batch::Batch;
pub use deliveries::{
    Handed, ItemKey, Next, Pending, Reached, Refused, RefusedItem, Room, StoredRecord, Stretch,
    Wants,
};
pub use error::{StoreError, StoreFault};
pub use feeds::{AccountRef, Feed, FeedId};
pub use gaps::{Gap, GapKind};
pub use notices::{Notice, NoticeKey, OutletStatus};
pub use page::{Column, Counted, Direction, NoPlace, Page, Place, Row, Wanted, Whole};
pub use query::{Event, EventQuery, Interrupt, Reader};
pub use recategorize::Recategorized;
pub use rollup::{Counts, Field, Kind, Measure, Ranked, Ranking, Scope, Series};
pub use schema::{SCHEMA_VERSION, is_suspect};
pub use sizes::LogSize;
pub use write::{Job, Stored, Writer};

#[cfg(test)]
mod tests;
