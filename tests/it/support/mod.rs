//! What several tests stand on.

pub mod collector;
#[cfg(target_os = "linux")]
pub mod keyring;
pub mod lab;
pub mod records;
#[cfg(feature = "window")]
pub mod screen;
#[cfg(all(target_os = "linux", feature = "tray"))]
pub mod tray;
