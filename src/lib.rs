//! Duo Security Integrator: collects every log Cisco Duo offers into a complete local store.
//!
//! The modules form floors; code uses lower floors, never higher ones. `docs/architecture.md` has
//! the table, and a test reads it.

pub mod base;
pub mod cli;
pub mod collector;
pub mod control;
pub mod dashboards;
pub mod detect;
pub mod duo;
pub mod knowledge;
pub mod net;
pub mod normalize;
pub mod notify;
pub mod outputs;
pub mod pipeline;
pub mod platform;
pub mod record;
pub mod reports;
pub mod secrets;
pub mod settings;
pub mod simulator;
pub mod status;
pub mod store;
pub mod tray;
#[cfg(feature = "window")]
pub mod window;
