//! What the program promises to the outside, tested from the outside and with real neighbors.

#[cfg(target_os = "linux")]
mod keychain;
mod signing;
mod simulator;
#[cfg(target_os = "linux")]
mod support;
