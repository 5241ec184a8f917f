//! How Duo is reached: an extra trusted authority, a proxy.

use std::path::{Path, PathBuf};

use toml::Table;

use super::{Mistake, Section};
use crate::base::address::clean_proxy;

/// How Duo is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Certificates trusted beside the system's roots; an absolute path.
    pub ca_file: Option<PathBuf>,
    /// `http://host:port`; its user and password live in the keychain. `None` means the
    /// environment's proxy.
    pub proxy: Option<String>,
}

impl Network {
    pub(super) fn read(table: &Table, config_dir: &Path, mistakes: &mut Vec<Mistake>) -> Self {
        let mut section = Section::new("network.", table, mistakes);
        section.forbidden(
            &["proxy_user", "proxy_username", "proxy_password"],
            "the user and password of a proxy are never kept in this file; remove the line and \
             store them in the keychain",
        );
        let ca_file = section.text("ca_file");
        if ca_file.as_deref().is_some_and(|path| path.trim().is_empty()) {
            section.wrong("ca_file", "name a PEM file, or remove the line");
        }
        let proxy = section.text("proxy").and_then(|text| match clean_proxy(&text) {
            Ok(proxy) => Some(proxy),
            Err(what) => {
                section.wrong("proxy", what);
                None
            }
        });
        section.finish();
        // Joining an absolute path gives that path.
        Self { ca_file: ca_file.map(|path| config_dir.join(path.trim())), proxy }
    }
}
