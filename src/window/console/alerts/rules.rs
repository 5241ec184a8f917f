//! stub
use eframe::egui;
use super::{Here, Move};
#[derive(Default)]
pub(super) struct RulesView {}
impl RulesView { pub fn ui(&mut self, _: &mut egui::Ui, _: &mut Here<'_>) -> Option<Move> { None } }
