//! How a record would be handed over, before the output is saved.

use eframe::egui;

use crate::pipeline::delivering::{Sample, sample};
use crate::settings::{Filter, RecordFormat};
use crate::window::console::here::Here;
use crate::window::desk::Slot;
use crate::window::look::theme;
use crate::window::look::widgets::{self, Sign};
use crate::window::parts;
use crate::window::say;

/// How high it may be before it scrolls, in points.
const HEIGHT: f32 = 148.0;

/// The place of the record that is shown.
#[derive(Default)]
pub(super) struct Preview(Slot<(Filter, RecordFormat), Sample>);

impl Preview {
    /// Draws the newest record that fits, in this format.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        here: &Here<'_>,
        filter: &Filter,
        format: RecordFormat,
    ) {
        let key = (filter.clone(), format);
        let wanted = filter.clone();
        self.0.want(here.desk, key, move |shelf| {
            let knowledge = shelf.knowledge()?;
            sample(shelf.reader()?, &wanted, format, &knowledge)
        });
        if let Some(problem) = self.0.problem() {
            let words = problem.to_string();
            parts::sign_line(ui, Sign::Warn, &words);
            return;
        }
        let is_slow = self.0.is_slow(ui.ctx());
        let Some(sample) = self.0.shown() else {
            if is_slow {
                parts::sign_line(ui, Sign::Running, "Looking for a record\u{2026}");
            }
            return;
        };
        let log = sample.log_type.title();
        let words = match &sample.stored {
            Some((account, at)) => {
                format!("The newest record that fits: {log} of {account}, {}", say::ago(*at))
            }
            None => format!("None is stored yet that fits, so this {log} record is invented"),
        };
        widgets::small(ui, &words);
        ui.add_space(theme::tokens().space.tight);
        let radius = theme::tokens().radius.control;
        egui::Frame::new()
            .fill(theme::of(ui).sunken)
            .corner_radius(egui::CornerRadius::same(radius))
            .inner_margin(egui::Margin::same(12))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                egui::ScrollArea::vertical().id_salt("preview").max_height(HEIGHT).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    if let Some(header) = &sample.header {
                        widgets::mono(ui, header);
                    }
                    widgets::mono(ui, &sample.line);
                });
            });
    }
}
