//! Duo's Admin API: how requests are signed, what the logs look like, what the answers mean.

mod answer;
pub mod client;
pub mod clock;
pub mod credentials;
pub mod failure;
#[cfg(test)]
mod fake;
pub mod ladder;
mod lenient;
pub mod logs;
mod mend;
pub mod pace;
pub mod sign;
pub mod view;
mod wanted;

pub use answer::Page;
pub use client::{Access, Ask, Child, Duo};
pub use clock::DuoClock;
pub use failure::{Failure, FailureKind, Reaction};
pub use pace::{Pace, PaceSetting, Verdict};
pub use view::View;
pub use wanted::Wanted;
