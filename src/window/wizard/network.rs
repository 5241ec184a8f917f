//! “Network…”: the proxy, its login, and the company's own certificate.
//!
//! Promises: what is typed is checked as the settings file would be; a login goes to the keychain
//! only; Cancel leaves everything as it was. The console's settings show the same fields.

use std::path::Path;

use eframe::egui;
use zeroize::Zeroizing;

use crate::base::address::{clean_proxy, proxy_host_and_port};
use crate::base::{Problem, Secret};
use crate::secrets::ProxyLogin;
use crate::settings::Network;
use crate::window::look::widgets::{self, FieldSpec};
use crate::window::parts;
use crate::window::worker::Wish;

const TITLE: &str = "Network";

/// What is typed. Not to be printed: it holds a password.
#[derive(Clone, Default)]
pub(crate) struct NetworkPage {
    proxy: String,
    user: String,
    password: Zeroizing<String>,
    ca_file: String,
    /// The certificate file that was last asked about, and what was found.
    looked: Option<(String, Option<Result<usize, Problem>>)>,
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

    /// Forgets the login that was typed: it is in the keychain.
    pub fn forget_login(&mut self) {
        self.user.clear();
        self.password = Zeroizing::default();
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

    /// Takes what was found in the certificate file.
    pub fn take_certificates(&mut self, file: &Path, found: &Result<usize, Problem>) {
        let draft = match self.draft.as_deref_mut() {
            Some(draft) => draft,
            None => self,
        };
        if let Some((asked, answer)) = &mut draft.looked
            && Path::new(asked) == file
        {
            *answer = Some(found.clone());
        }
    }

    /// Asks about the certificate file when it is another one than before.
    fn ask_about_file(&mut self, wishes: &mut Vec<Wish>) {
        let ca_file = self.ca_file.trim();
        if ca_file.is_empty() {
            self.looked = None;
        } else if self.looked.as_ref().is_none_or(|(asked, _)| asked != ca_file) {
            self.looked = Some((ca_file.to_owned(), None));
            wishes.push(Wish::LookAtCertificates(ca_file.into()));
        }
    }

    /// Draws the fields; whether all of them are right. `first` asks for the keys where nobody has
    /// them.
    pub fn fields_ui(&mut self, ui: &mut egui::Ui, first: bool, wishes: &mut Vec<Wish>) -> bool {
        take_dropped_file(ui.ctx(), &mut self.ca_file);
        let proxy_mistake = self.proxy_mistake();
        let login_mistake = self.login_mistake();
        self.ask_about_file(wishes);
        let found = self.looked.as_ref().and_then(|(_, found)| found.as_ref());
        let file_mistake = match found {
            Some(Err(problem)) => Some(file_mistake(problem)),
            _ => None,
        };
        let proxy = widgets::field(
            ui,
            &mut self.proxy,
            &FieldSpec {
                label: "Proxy",
                placeholder: "http://proxy.example:3128",
                help: "Empty means the proxy of the environment, if it names one",
                error: proxy_mistake.as_deref(),
                ..FieldSpec::default()
            },
        );
        if first && ui.memory(|memory| memory.focused().is_none()) {
            proxy.response.request_focus();
        }
        widgets::field(
            ui,
            &mut self.user,
            &FieldSpec { label: "Proxy user", error: login_mistake, ..FieldSpec::default() },
        );
        widgets::field(
            ui,
            &mut self.password,
            &FieldSpec {
                label: "Proxy password",
                secret: true,
                help: "Kept in the keychain, never in a file",
                ..FieldSpec::default()
            },
        );
        widgets::field(
            ui,
            &mut self.ca_file,
            &FieldSpec {
                label: "Certificate file",
                placeholder: "/path/to/corporate-root.pem",
                help: "A PEM file, trusted beside the system\u{2019}s authorities, for a network \
                       that inspects TLS. Write its path, or drop the file here",
                error: file_mistake.as_deref(),
                ..FieldSpec::default()
            },
        );
        if let Some(Ok(count)) = found {
            let words = match count {
                1 => "One certificate found".to_owned(),
                count => format!("{count} certificates found"),
            };
            parts::sign_line(ui, widgets::Sign::Pass, &words);
        }
        let file_is_known = self.ca_file.trim().is_empty() || matches!(found, Some(Ok(_)));
        proxy_mistake.is_none()
            && login_mistake.is_none()
            && (file_is_known || first && file_mistake.is_none())
    }

    /// Whether anything was typed that the settings do not say.
    pub fn differs(&self, network: &Network) -> bool {
        self.network() != *network || self.login().is_some()
    }

    fn proxy_mistake(&self) -> Option<String> {
        if self.proxy.trim().is_empty() {
            return None;
        }
        clean_proxy(&self.proxy).err().map(|what| {
            if self.proxy.contains('@') {
                "Write user and password into the two fields below, not into the address".to_owned()
            } else {
                parts::capitalized(&what)
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

/// Draws the dialog while it is open; to be called when it is closed as well.
pub(super) fn dialog_ui(ctx: &egui::Context, page: &mut NetworkPage, wishes: &mut Vec<Wish>) {
    let Some(draft) = page.draft.as_deref_mut() else {
        widgets::dialog(ctx, TITLE, &mut false, |_| {});
        return;
    };
    let mut save = false;
    let mut cancel = false;
    let mut open = true;
    widgets::dialog(ctx, TITLE, &mut open, |ui| {
        let mut is_fine = false;
        parts::dialog_body(ui, 0.0, |ui| {
            is_fine = draft.fields_ui(ui, true, wishes);
        });
        ui.add_space(8.0);
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

/// What is wrong with a certificate file, beside its field: the reason says it all.
fn file_mistake(problem: &Problem) -> String {
    parts::capitalized(problem.because.as_deref().unwrap_or(&problem.what))
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
