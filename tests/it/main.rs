//! What the program promises to the outside, tested from the outside and with real neighbors; and
//! what the repository promises to its readers.

#![allow(
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod alerts;
#[cfg(target_os = "linux")]
mod autostart;
#[cfg(unix)]
mod bulk;
mod categories;
mod collecting;
mod commands;
#[cfg(unix)]
mod control;
mod dashboards;
mod dependencies;
#[cfg(all(target_os = "linux", feature = "tray", feature = "window"))]
mod desktop;
mod docs;
mod doctor;
mod floors;
#[cfg(unix)]
mod formats;
#[cfg(target_os = "linux")]
mod generate;
#[cfg(target_os = "linux")]
mod installer;
#[cfg(target_os = "linux")]
mod keychain;
#[cfg(unix)]
mod killing;
#[cfg(all(target_os = "linux", feature = "tray"))]
mod messages;
mod monitoring;
#[cfg(target_os = "linux")]
mod notifications;
#[cfg(target_os = "linux")]
mod outputs;
mod pack;
mod proxy;
mod random_histories;
#[cfg(target_os = "linux")]
mod receivers;
mod reports;
mod rules;
#[cfg(target_os = "linux")]
mod secrecy;
#[cfg(unix)]
mod sigma;
mod signing;
mod simulator;
#[cfg(target_os = "linux")]
mod starting;
mod support;
#[cfg(all(target_os = "linux", feature = "tray"))]
mod tray;
mod upgrades;
#[cfg(all(target_os = "linux", feature = "window", feature = "tray"))]
mod walk;
#[cfg(all(target_os = "linux", feature = "window", feature = "tray"))]
mod window;
#[cfg(feature = "window")]
mod wizard;
