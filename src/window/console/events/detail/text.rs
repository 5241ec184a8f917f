//! A long text that can be read, marked and copied: only the lines in sight are drawn.

use eframe::egui::{self, Label, Ui, text::LayoutJob};

use super::lines::{Form, Ink, Line, lay_out};
use crate::window::look::theme::{self, Colors};

/// What the text remembers between frames.
#[derive(Default)]
pub(super) struct TextView {
    /// What was laid out: whose, in which form, how wide.
    laid: Option<(u64, Form, usize)>,
    lines: Vec<Line>,
}

impl TextView {
    /// Draws it in all the room there is. `number` tells texts apart.
    pub fn ui(&mut self, ui: &mut Ui, number: u64, text: &str, form: Form) {
        let font = egui::TextStyle::Monospace.resolve(ui.style());
        let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&font, 'm')).max(1.0);
        let width = ((ui.available_width() - 16.0) / letter).max(20.0) as usize;
        if self.laid != Some((number, form, width)) {
            self.lines = lay_out(text, form, width);
            self.laid = Some((number, form, width));
        }
        let colors = theme::of(ui);
        let height = ui.text_style_height(&egui::TextStyle::Monospace);
        ui.spacing_mut().item_spacing.y = 2.0;
        egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt(number).show_rows(
            ui,
            height,
            self.lines.len(),
            |ui, range| {
                for line in self.lines.get(range).unwrap_or_default() {
                    let job = job_of(line, &font, colors);
                    ui.add(Label::new(job).extend().selectable(true));
                }
            },
        );
    }
}

fn job_of(line: &Line, font: &egui::FontId, colors: &Colors) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut rest = line.text.as_str();
    for (ink, bytes) in &line.inks {
        let (piece, after) = rest.split_at_checked(*bytes).unwrap_or((rest, ""));
        rest = after;
        let color = match ink {
            Ink::Name => colors.accent,
            Ink::Text | Ink::Plain => colors.text,
            Ink::Value => colors.good,
            Ink::Mark => colors.secondary,
        };
        job.append(piece, 0.0, egui::TextFormat::simple(font.clone(), color));
    }
    job
}
