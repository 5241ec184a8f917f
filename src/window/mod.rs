//! The window: the wizard on first run and the console afterwards.

pub mod look;
