//! What every other floor stands on: times with units, problems people can act on, files that
//! survive a power cut.

pub mod address;
pub mod files;
pub mod fonts;
pub mod lock;
pub mod log;
pub mod paths;
pub mod problem;
pub mod retry;
pub mod secret;
pub mod units;
pub mod words;

pub use paths::{HOME_VARIABLE, Home};
pub use problem::Problem;
pub use secret::Secret;
pub use units::{UnixMillis, UnixSecs};
