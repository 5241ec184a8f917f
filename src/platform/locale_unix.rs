//! Linux: the environment. macOS, where programs are started without one: the language and region
//! that were chosen first.
//!
//! Source: <https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html>, 8.2.

/// In this order; the first that is not empty counts.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_NUMERIC", "LANG"];

pub(super) fn name() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    VARIABLES.into_iter().find_map(set).or_else(sys_locale::get_locale)
}
