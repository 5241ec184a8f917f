//! What several tests stand on.

pub mod collector;
#[cfg(all(target_os = "linux", feature = "tray"))]
pub mod desktop;
#[cfg(target_os = "linux")]
pub mod keyring;
pub mod lab;
#[cfg(target_os = "linux")]
pub mod mail;
#[cfg(target_os = "linux")]
pub mod processes;
pub mod records;
#[cfg(feature = "window")]
pub mod screen;
pub mod stored;
#[cfg(target_os = "linux")]
pub mod syslog;
#[cfg(target_os = "linux")]
pub mod traces;
pub mod waiting;
