//! “About”: what this program is, whose it is not, what it is built from, and what to send to who helps.

use eframe::egui;

use super::diagnostics::{self, Machine};
use super::rows;
use super::storage::Places;
use crate::base::Home;
use crate::status::Newer;
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::icons;
use crate::window::look::{theme, widgets};
use crate::window::parts;
use crate::window::say;

/// Name, version and license of everything that is built in, a line each.
const LICENSES: &str = include_str!("../../../../assets/licenses.tsv");

/// The section's own state.
#[derive(Default)]
pub(super) struct About {
    machine: Slot<u64, Machine>,
    newer: Slot<u64, Option<Newer>>,
    shows_licenses: bool,
    shows_diagnostics: bool,
    wanted: String,
}

impl About {
    /// Draws the section.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, home: &Home) {
        rows::card(ui, "Duo Security Integrator", "", |ui| {
            let version = format!("Version {}", env!("CARGO_PKG_VERSION"));
            widgets::body(ui, version);
            self.newer_ui(ui, here);
            widgets::small(
                ui,
                "An independent program that works with Duo. It is not made, endorsed or supported by \
                 Cisco or Duo Security; Duo and Cisco are their marks.",
            );
            widgets::small(
                ui,
                "It may be used, changed and passed on under the MIT license or the Apache license \
                 2.0, as you like. It sends nothing to its makers.",
            );
        });
        rows::gap(ui);
        self.diagnostics_ui(ui, here, home);
        rows::gap(ui);
        self.licenses_ui(ui);
    }

    /// A quiet line, where somebody wanted to know.
    fn newer_ui(&mut self, ui: &mut egui::Ui, here: &Here<'_>) {
        self.newer.want(here.desk, here.view.fresh, |shelf| Ok(Newer::read(shelf.home())));
        let Some(Some(newer)) = self.newer.shown() else { return };
        match &newer.page {
            Some(page) => _ = ui.hyperlink_to(format!("Version {} exists", newer.version), page),
            None => _ = widgets::small(ui, &newer.words()),
        }
    }

    fn diagnostics_ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>, _: &Home) {
        self.machine.want(here.desk, here.view.fresh, |shelf| {
            let places = Places::of(shelf.home());
            let outlets = match shelf.reader()? {
                Some(reader) => reader.outlets().map_err(|error| error.problem)?,
                None => Vec::new(),
            };
            Ok(Machine { places, outlets })
        });
        let about = "For whoever helps you: versions, states and last errors, without names, keys, \
                     hostnames, addresses or records";
        let text = diagnostics::text(here.standing, self.machine.shown());
        rows::card(ui, "Diagnostics", about, |ui| {
            ui.horizontal(|ui| {
                widgets::copy_button(ui, &text);
                let (icon, words) = match self.shows_diagnostics {
                    true => (icons::CARET_UP, "Hide the text"),
                    false => (icons::CARET_DOWN, "Show the text"),
                };
                if ui.add(widgets::Press::quiet(words).icon(icon)).clicked() {
                    self.shows_diagnostics = !self.shows_diagnostics;
                }
            });
            if self.shows_diagnostics {
                ui.add_space(theme::tokens().space.small);
                egui::Frame::new()
                    .fill(theme::of(ui).sunken)
                    .corner_radius(egui::CornerRadius::same(theme::tokens().radius.control))
                    .inner_margin(egui::Margin::same(theme::tokens().space.card_padding))
                    .show(ui, |ui| {
                        ui.set_width(ui.available_width());
                        widgets::mono(ui, &text);
                    });
            }
        });
    }

    fn licenses_ui(&mut self, ui: &mut egui::Ui) {
        let all: Vec<[&str; 3]> = licenses().collect();
        let about = format!(
            "{} by many people, and the fonts Inter, JetBrains Mono and Phosphor. The packages \
             carry the texts of their licenses.",
            say::counted(all.len() as u64, "library").replace("librarys", "libraries")
        );
        rows::card(ui, "What it is built from", &about, |ui| {
            let (icon, words) = match self.shows_licenses {
                true => (icons::CARET_UP, "Hide the list"),
                false => (icons::CARET_DOWN, "Show the list"),
            };
            if ui.add(widgets::Press::quiet(words).icon(icon)).clicked() {
                self.shows_licenses = !self.shows_licenses;
            }
            if !self.shows_licenses {
                return;
            }
            let spec = widgets::FieldSpec {
                label: "Find a library or a license",
                width: Some(rows::FIELD),
                ..widgets::FieldSpec::default()
            };
            widgets::field(ui, &mut self.wanted, &spec);
            let wanted = self.wanted.trim().to_lowercase();
            let fits =
                |one: &&[&str; 3]| one.iter().any(|text| text.to_lowercase().contains(&wanted));
            let fitting: Vec<&[&str; 3]> = all.iter().filter(fits).collect();
            let height = ui.text_style_height(&egui::TextStyle::Body) + theme::tokens().space.small;
            let area = egui::ScrollArea::vertical().max_height(320.0).id_salt("licenses");
            area.show_rows(ui, height, fitting.len(), |ui, shown| {
                for [name, version, license] in fitting.get(shown).into_iter().flatten() {
                    parts::label_and_words(ui, &format!("{name} {version}"), license);
                }
            });
        });
    }
}

fn licenses() -> impl Iterator<Item = [&'static str; 3]> {
    LICENSES.lines().filter_map(|line| {
        let mut parts = line.split('\t');
        Some([parts.next()?, parts.next()?, parts.next()?])
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn every_direct_dependency_is_told_with_its_license() {
        let told: Vec<&str> = licenses().map(|[name, ..]| name).collect();
        let manifest: toml::Table = include_str!("../../../../Cargo.toml").parse().unwrap();
        let of_all = manifest["dependencies"].as_table().unwrap().keys();
        let missing: Vec<&String> = of_all.filter(|name| !told.contains(&name.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?}: run scripts/list-licenses.py");
        assert!(licenses().all(|[_, _, license]| !license.is_empty()));
    }

    #[test]
    fn packages_carry_the_texts_of_all_licenses() {
        let packed: &[u8] = include_bytes!("../../../../assets/licenses.txt.gz");
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for [name, version, license] in licenses() {
            // Once in the list, once above a text of its own.
            assert!(words.contains(&format!("{name} {version}: {license}")), "{name} {version}");
            let of_a_text = [format!("{name} {version}, "), format!("{name} {version} =====")];
            assert!(of_a_text.iter().any(|owner| words.contains(owner)), "{name} {version}");
        }
        for font in ["Inter", "JetBrainsMono", "Phosphor"] {
            assert!(words.contains(&format!("the font {font} =====")), "{font}");
        }
    }
}
