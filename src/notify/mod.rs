//! Tells a person on the desktop that something needs them, and that it no longer does.

pub mod desktop;
mod news;

pub use news::{Message, News};
