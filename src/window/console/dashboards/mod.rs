//! “Dashboards”.

use eframe::egui;

use super::Here;

/// The page's own state.
#[derive(Default)]
pub(super) struct DashboardsPage {}

impl DashboardsPage {
    /// Draws the page.
    pub fn ui(&mut self, _: &mut egui::Ui, _: &mut Here<'_>) {}
}
