//! What differs from one operating system to the next. One leaf file per system, with the same
//! function names in each.

#[cfg(feature = "window")]
pub mod appearance;
pub mod autostart;
pub mod console;
pub mod keychain;
#[cfg(feature = "window")]
pub mod locale;
pub mod memory;
pub mod network;
pub mod open;
pub mod program;
pub mod room;
pub mod runtime;
pub mod service;
pub mod signals;
pub mod start;

#[cfg(feature = "window")]
#[cfg_attr(target_os = "linux", path = "appearance_linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "appearance_elsewhere.rs")]
mod appearance_of_system;
#[cfg_attr(target_os = "linux", path = "autostart_linux.rs")]
#[cfg_attr(target_os = "macos", path = "autostart_macos.rs")]
#[cfg_attr(windows, path = "autostart_windows.rs")]
mod autostart_of_system;
#[cfg_attr(target_os = "linux", path = "keychain_linux.rs")]
#[cfg_attr(target_os = "macos", path = "keychain_macos.rs")]
#[cfg_attr(windows, path = "keychain_windows.rs")]
mod keychain_of_system;
#[cfg(feature = "window")]
#[cfg_attr(unix, path = "locale_unix.rs")]
#[cfg_attr(windows, path = "locale_windows.rs")]
mod locale_of_system;
#[cfg_attr(windows, path = "service_windows.rs")]
#[cfg_attr(not(windows), path = "service_elsewhere.rs")]
mod service_of_system;
