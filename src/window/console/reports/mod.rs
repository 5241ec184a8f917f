//! “Reports”.

use eframe::egui;

use super::Here;

/// The page's own state.
#[derive(Default)]
pub(super) struct ReportsPage {}

impl ReportsPage {
    pub fn show(&mut self, _: &str) {}
    /// Draws the page.
    pub fn ui(&mut self, _: &mut egui::Ui, _: &mut Here<'_>) {}
}
