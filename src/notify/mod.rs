//! Tells people that something needs them: on the desktop, by e-mail, through webhooks.
//!
//! What is told, to whom and when is decided here without clock, socket or store; who asks is
//! `pipeline::notifying`.

pub mod desktop;
pub mod email;
pub mod grouping;
mod letter;
mod news;
pub mod quiet;
mod sending;
pub mod webhook;

pub use letter::{Item, Kind, Letter, Told};
pub use news::{Message, News};
pub use sending::{Refusal, Sender};
