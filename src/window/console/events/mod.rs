//! “Events”.

use eframe::egui;

use super::Here;

/// The page's own state.
#[derive(Default)]
pub(super) struct EventsPage {}

impl EventsPage {
    pub fn show(&mut self, _: super::Filter) {}
    /// Draws the page.
    pub fn ui(&mut self, _: &mut egui::Ui, _: &mut Here<'_>) {}
}
