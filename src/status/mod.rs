//! The words for how collection stands: positions, states, counts.
//!
//! These are what the store remembers for each log, what `status` prints and what the window shows.

mod feed;
mod position;

pub use feed::{FeedError, FeedState, FeedStatus, Run};
pub use position::Position;
