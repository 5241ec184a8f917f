//! Fetch, store, look again: how records get from Duo into the store, and how that is proven.
//!
//! Promises: logs are independent of each other; a page of records and the position after it are
//! stored together; nothing but a person stops collection.

pub mod accounts;
mod afresh;
pub mod alarming;
pub mod audit;
pub mod backtest;
pub mod calendar;
pub mod delivering;
pub mod doing;
pub mod engine;
pub mod feed;
pub mod known;
pub mod notifying;
pub mod outputs;
mod pipe;
pub mod plan;
pub mod progress;
pub mod reading;
pub mod reporting;
pub mod scope;
pub mod sources;
pub mod steering;
pub mod storing;
pub mod watch;

pub use progress::{FeedProgress, Progress};
pub use steering::Steering;
