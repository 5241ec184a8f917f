//! “Network…”: the proxy, its login, and the company's own certificate.
//!
//! Promises: what is typed is checked as the settings file would be; a login goes to the keychain
//! only; Cancel leaves everything as it was.

use std::path::Path;

use eframe::egui;
use zeroize::Zeroizing;

use crate::base::Secret;
use crate::base::address::{clean_proxy, proxy_host_and_port};
use crate::secrets::ProxyLogin;
use crate::settings::Network;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;

const TITLE: &str = "Network";

/// What is typed. Not to be printed: it holds a password.
#[derive(Clone, Default)]
pub(super) struct NetworkPage {
    proxy: String,
    user: String,
    password: Zeroizing<String>,
    ca_file: String,
    /// What a person sees and changes while the dialog is open.
    draft: Option<Box<NetworkPage>>,
}

impl NetworkPage {
    /// What the settings say.
    pub fn new(network: &Network) -> Self {
        Self {
            proxy: network.proxy.clone().unwrap_or_default(),
            ca_file: network
                .ca_file
                .as_ref()
                .map(|file| file.display().to_string())
                .unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The network as typed.
    pub fn network(&self) -> Network {
        let ca_file = self.ca_file.trim();
        Network {
            ca_file: (!ca_file.is_empty()).then(|| ca_file.into()),
            proxy: clean_proxy(&self.proxy).ok(),
        }
    }

    /// The proxy's login, when one was typed.
    pub fn login(&self) -> Option<ProxyLogin> {
        let is_typed = !self.proxy.trim().is_empty() && !self.user.trim().is_empty();
        is_typed.then(|| ProxyLogin {
            user: self.user.trim().to_owned(),
            password: Secret::new(self.password.to_string()),
        })
    }

    /// Opens the dialog.
    pub fn open(&mut self) {
        let draft = Self { draft: None, ..self.clone() };
        self.draft = Some(Box::new(draft));
    }

    /// Whether the dialog is open.
    pub fn is_open(&self) -> bool {
        self.draft.is_some()
    }

    /// In a few words what is set, for the page underneath.
    pub fn summary(&self) -> Option<String> {
        let proxy = proxy_host_and_port(&self.proxy).map(|host| format!("proxy {host}"));
        let ca_file = self.ca_file.trim();
        let ca_file = Path::new(ca_file)
            .file_name()
            .map(|name| format!("certificate {}", name.to_string_lossy()));
        let parts: Vec<String> = [proxy, ca_file].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    fn proxy_mistake(&self) -> Option<String> {
        if self.proxy.trim().is_empty() {
            return None;
        }
        clean_proxy(&self.proxy).err().map(|what| {
            if self.proxy.contains('@') {
                "Write user and password into the two fields below, not into the address".to_owned()
            } else {
                let mut letters = what.chars();
                letters
                    .next()
                    .map_or(what.clone(), |first| first.to_uppercase().chain(letters).collect())
            }
        })
    }

    fn login_mistake(&self) -> Option<&'static str> {
        if self.user.contains(':') {
            return Some("The user name of a proxy cannot hold a colon");
        }
        (self.user.trim().is_empty() && !self.password.is_empty())
            .then_some("Write the user as well, or remove the password")
    }
}

/// Draws the dialog while it is open.
pub(super) fn dialog_ui(ctx: &egui::Context, page: &mut NetworkPage) {
    let Some(draft) = page.draft.as_deref_mut() else {
        widgets::dialog(ctx, TITLE, &mut false, |_| {});
        return;
    };
    // Asking the disk is fast enough for once a frame only when the dialog is open.
    let mut save = false;
    let mut cancel = false;
    let mut open = true;
    widgets::dialog(ctx, TITLE, &mut open, |ui| {
        take_dropped_file(ui.ctx(), &mut draft.ca_file);
        let proxy_mistake = draft.proxy_mistake();
        let login_mistake = draft.login_mistake();
        let ca_file = draft.ca_file.trim();
        let is_missing = !ca_file.is_empty() && !Path::new(ca_file).is_file();
        parts::dialog_body(ui, 0.0, |ui| {
            let proxy = widgets::field(
                ui,
                &mut draft.proxy,
                &FieldSpec {
                    label: "Proxy",
                    placeholder: "http://proxy.example:3128",
                    help: "Empty means the proxy of the environment, if it names one",
                    error: proxy_mistake.as_deref(),
                    ..FieldSpec::default()
                },
            );
            if ui.memory(|memory| memory.focused().is_none()) {
                proxy.response.request_focus();
            }
            widgets::field(
                ui,
                &mut draft.user,
                &FieldSpec { label: "Proxy user", error: login_mistake, ..FieldSpec::default() },
            );
            widgets::field(
                ui,
                &mut draft.password,
                &FieldSpec {
                    label: "Proxy password",
                    secret: true,
                    help: "Kept in the keychain, never in a file",
                    ..FieldSpec::default()
                },
            );
            widgets::field(
                ui,
                &mut draft.ca_file,
                &FieldSpec {
                    label: "Certificate file",
                    placeholder: "/path/to/corporate-root.pem",
                    help: "A PEM file, trusted beside the system\u{2019}s authorities, for a network \
                       that inspects TLS. Write its path, or drop the file here",
                    error: is_missing.then_some("There is no such file"),
                    ..FieldSpec::default()
                },
            );
        });
        ui.add_space(8.0);
        let is_fine = proxy_mistake.is_none() && login_mistake.is_none() && !is_missing;
        parts::buttons_right(ui, |ui| {
            ui.add_enabled_ui(is_fine, |ui| {
                save |= widgets::primary_button(ui, "Use these").clicked();
            });
            cancel |= widgets::quiet_button(ui, "Cancel").clicked();
        });
    });
    if save {
        if let Some(draft) = page.draft.take() {
            *page = *draft;
        }
    } else if cancel || !open {
        page.draft = None;
    }
}

fn take_dropped_file(ctx: &egui::Context, ca_file: &mut String) {
    let dropped =
        ctx.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
    if let Some(path) = dropped {
        *ca_file = path.display().to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(proxy: &str, ca_file: &str) -> NetworkPage {
        NetworkPage {
            proxy: proxy.to_owned(),
            ca_file: ca_file.to_owned(),
            ..NetworkPage::default()
        }
    }

    #[test]
    fn what_is_set_is_told_in_a_few_words() {
        assert_eq!(page("", "").summary(), None);
        let words = page("http://proxy.example:3128", "/etc/ssl/corporate.pem").summary().unwrap();
        assert_eq!(words, "proxy proxy.example:3128, certificate corporate.pem");
    }

    #[test]
    fn a_password_in_the_address_is_refused_without_repeating_it() {
        let mistake = page("http://user:hunter2@proxy:1", "").proxy_mistake().unwrap();
        assert!(mistake.contains("fields below") && !mistake.contains("hunter2"), "{mistake}");
        assert!(page("proxy:3128", "").proxy_mistake().is_some());
        assert!(page("", "").proxy_mistake().is_none());
    }

    #[test]
    fn nothing_changes_until_it_is_to_be_used() {
        let mut page = page("http://one:1", "");
        page.open();
        page.draft.as_mut().unwrap().proxy = "http://two:2".to_owned();
        assert_eq!(page.network().proxy.as_deref(), Some("http://one:1"));
        assert!(page.login().is_none());
    }
}
