//! “Alerts”.

use eframe::egui;

use super::Here;

/// The page's own state.
#[derive(Default)]
pub(super) struct AlertsPage {}

impl AlertsPage {
    pub fn show_alert(&mut self, _: i64) {}
    pub fn show_rule(&mut self, _: &str) {}
    /// Draws the page.
    pub fn ui(&mut self, _: &mut egui::Ui, _: &mut Here<'_>) {}
}
