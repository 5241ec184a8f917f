//! The words for how collection stands: positions, states, counts, pauses, and all of it in one
//! sentence.
//!
//! These are what the store remembers for each log, what `status` prints, and what the window and
//! the tray show.

mod alarms;
mod feed;
mod newer;
mod pause;
mod position;
mod silence;
mod summary;

pub use alarms::{Alarm, AlarmKind, Hole, alarms, hole};
pub use feed::{FeedError, FeedState, FeedStatus, Run};
pub use newer::Newer;
pub use pause::Pause;
pub use position::Position;
pub use silence::{Rhythm, silence};
pub use summary::{Attention, Counts, Overall, Summary};
