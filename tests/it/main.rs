//! Tests that need more than one module, or a real neighbor.

#[cfg(target_os = "linux")]
mod keychain;
#[cfg(target_os = "linux")]
mod support;
