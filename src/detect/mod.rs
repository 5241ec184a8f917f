//! Judges records by rules: single records, records that mean something together, and what is out
//! of the ordinary.
//!
//! Promises: nothing here has a clock, a disk or a store; records are judged in the order they
//! arrive, once each, and late ones by their own time; what is remembered is handed out to be kept
//! with the position that was reached.
//!
//! Rules are Sigma, read by `rsigma-parser` and matched by `rsigma-eval`; see [`matching`] and
//! [`correlation`] for what is ours and why.

mod asked;
pub mod baseline;
pub mod candidates;
mod codec;
pub mod compile;
pub mod correlation;
mod custom;
mod engine;
mod expand;
pub mod fields;
mod finding;
mod hours;
mod judge;
mod lists;
pub mod matching;
mod memory;
mod packs;
pub mod places;
mod review;
#[cfg(test)]
mod samples;
mod sigma;
mod together;
mod twins;

pub use compile::{Rule, Rules};
pub use engine::{Arrived, Engine};
pub use finding::{Finding, Name, Seen};
pub use hours::WorkingHours;
pub use lists::{List, Lists};
pub use memory::{Change, NoPast, Past};
pub use packs::check_pack;
pub use review::{Remarks, mistake, review};
