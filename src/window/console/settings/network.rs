//! “Network”: the way to Duo: proxy, its login, the company's own certificate.
//!
//! Promises: several fields belong together here, so nothing is written before Save; the login goes to
//! the keychain only.

use std::path::Path;

use eframe::egui;

use super::rows;
use crate::base::Problem;
use crate::secrets;
use crate::settings::{self, Network, Settings};
use crate::window::console::here::Here;
use crate::window::look::{theme, widgets};
use crate::window::wizard::NetworkPage;
use crate::window::worker::{Act, Did};

/// The section's own state.
#[derive(Default)]
pub(super) struct NetworkCard {
    /// What is typed, and the settings it began with.
    typed: Option<(NetworkPage, Network)>,
}

impl NetworkCard {
    /// Takes what was found in a certificate file.
    pub fn take_certificates(&mut self, file: &Path, found: &Result<usize, Problem>) {
        if let Some((page, _)) = &mut self.typed {
            page.take_certificates(file, found);
        }
    }

    /// Draws the section.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, settings: &Settings) {
        let now = &settings.network;
        if self.typed.as_ref().is_none_or(|(_, began)| began != now) {
            self.typed = Some((NetworkPage::new(now), now.clone()));
        }
        let about =
            "The way to Duo, and to the outputs. A running collector takes it within 3 seconds";
        let mut discard = false;
        let mut saved = None;
        if let Some((page, _)) = &mut self.typed {
            rows::card(ui, "Way to the internet", about, |ui| {
                let mut is_fine = false;
                ui.scope(|ui| {
                    ui.set_max_width(480.0);
                    is_fine = page.fields_ui(ui, false, here.wishes);
                });
                ui.add_space(theme::tokens().space.small);
                let differs = page.differs(now);
                ui.horizontal(|ui| {
                    let save = widgets::Press::primary("Save");
                    if ui.add_enabled(differs && is_fine, save).clicked() {
                        saved = Some(save_act(page.network(), page.login()));
                    }
                    let press = widgets::Press::quiet("Discard");
                    discard = ui.add_enabled(differs, press).clicked();
                });
            });
        }
        if discard {
            self.typed = None;
        }
        if let Some(act) = saved {
            here.act(act);
            // What was typed has served; the settings show again as soon as they are written.
            if let Some((page, _)) = &mut self.typed {
                page.forget_login();
            }
        }
    }
}

fn save_act(network: Network, login: Option<secrets::ProxyLogin>) -> Act {
    let (proxy, has_login) = (network.proxy.clone(), login.is_some());
    let write =
        super::write::change("the way to the internet", "The network settings are saved", {
            move |home| {
                let ca_file =
                    network.ca_file.as_ref().map(|file| file.display().to_string().into());
                let values =
                    [("ca_file", ca_file), ("proxy", network.proxy.as_deref().map(Into::into))];
                settings::set_in_section(home, "network", &values).map(|_| ())
            }
        });
    Act::new("save the network", move |home| {
        if let (Some(proxy), Some(login)) = (&proxy, &login) {
            secrets::store_proxy_login(proxy, login)?;
        }
        let did = write.run(home)?;
        Ok(match did.words {
            None if has_login => Did::said("The proxy\u{2019}s login is in the keychain"),
            _ => did,
        })
    })
}
