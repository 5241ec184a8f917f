//! The local socket on which a window, a tray and the commands speak to the collector, and a second
//! start of the program to the window that is there.
//!
//! Promises: only the user who runs the one side can reach it; each side says first which version
//! it speaks; whatever is sent, the other side stays as it was or does what was asked; every wait
//! has an end.

mod address;
mod client;
mod protocol;
mod server;
mod wire;

#[cfg_attr(unix, path = "address_unix.rs")]
#[cfg_attr(windows, path = "address_windows.rs")]
mod address_of_system;

pub use client::{Connection, ControlError, ask_blocking, connect, greet_blocking};
pub use protocol::{Answer, Hello, PROTOCOL, Request, Role};
pub use server::{MOST_CONNECTIONS, serve};
pub use wire::LONGEST_LINE;
