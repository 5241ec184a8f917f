//! What several tests stand on.

pub mod collector;
#[cfg(all(target_os = "linux", feature = "tray"))]
pub mod desktop;
#[cfg(target_os = "linux")]
pub mod keyring;
pub mod lab;
#[cfg(target_os = "linux")]
pub mod mail;
pub mod ports;
#[cfg(target_os = "linux")]
pub mod processes;
#[cfg(target_os = "linux")]
pub mod receivers;
pub mod records;
#[cfg(feature = "window")]
pub mod screen;
#[cfg(all(target_os = "linux", feature = "tray", feature = "window"))]
pub mod seat;
pub mod stored;
#[cfg(target_os = "linux")]
pub mod syslog;
#[cfg(target_os = "linux")]
pub mod traces;
pub mod waiting;
