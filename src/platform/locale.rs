//! The locale in which the person of this computer writes numbers, by name: `de-CH`.
//!
//! Promises: it is the one chosen for formats where a system tells that from the language; nothing
//! is waited for; a system that does not say has none.

use super::locale_of_system as system;

/// The locale's name, in any of the spellings there are: `de-CH`, `de_CH.UTF-8`.
pub fn name() -> Option<String> {
    system::name().filter(|name| !name.is_empty())
}
