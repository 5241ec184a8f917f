//! What shows beside the pointer: a title, and a line for each number.

use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{
    self, Color32, CornerRadius, FontId, Galley, Pos2, Response, RichText, Stroke, StrokeKind,
    TextStyle, Tooltip, Ui, vec2,
};

use super::series::{Tone, mark_ui};
use crate::window::look::theme;
use crate::window::say;

/// More lines nobody reads while moving the pointer.
const LINES: usize = 10;

const STILL: &str = "charts keep still";

/// A text in one line, cut where there is no room for all of it.
pub(super) fn fitting(ui: &Ui, text: &str, font: FontId, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::single_section(
        // A line break in a name must not make two lines of it, nor megabytes a slow frame.
        text.chars().take(256).map(|c| if c.is_control() { ' ' } else { c }).collect(),
        TextFormat { font_id: font, color: Color32::PLACEHOLDER, ..TextFormat::default() },
    );
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.painter().layout_job(job)
}

/// Whether charts show nothing beside the pointer for now: a picture of them is being taken.
pub fn keep_still(ctx: &egui::Context, still: bool) {
    ctx.data_mut(|data| data.insert_temp(egui::Id::unique(STILL), still));
}

fn is_still(ui: &Ui) -> bool {
    ui.data(|data| data.get_temp(egui::Id::unique(STILL))).unwrap_or(false)
}

/// Shows numbers at a place on a chart.
pub(super) fn tip_ui(
    ui: &Ui,
    chart: &Response,
    at: Pos2,
    title: &str,
    lines: &[(Option<Tone>, &str, i64)],
    note: &str,
) {
    if is_still(ui) {
        return;
    }
    let theme::Theme { chart: sizes, space, size, .. } = theme::tokens();
    let id = chart.id.with("tip");
    Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), id, at).gap(space.medium).show(|ui| {
        ui.spacing_mut().item_spacing = vec2(space.small, space.tight);
        ui.spacing_mut().interact_size.y = 0.0;
        ui.add(egui::Label::new(RichText::new(title).text_style(theme::strong())).truncate());
        let widest = lines
            .iter()
            .map(|(_, name, _)| {
                let font = TextStyle::Body.resolve(ui.style());
                fitting(ui, name, font, size.tooltip * 0.6).size().x
            })
            .fold(0.0_f32, f32::max);
        for (tone, name, value) in lines.iter().take(LINES) {
            ui.horizontal(|ui| {
                let side = vec2(sizes.mark, sizes.swatch);
                let (rect, _) = ui.allocate_exact_size(side, egui::Sense::hover());
                if let Some(tone) = tone {
                    let color = tone.color(ui);
                    mark_ui(ui.painter(), rect.center(), sizes.mark, tone.mark(), color);
                }
                let font = TextStyle::Body.resolve(ui.style());
                let words = fitting(ui, name, font, size.tooltip * 0.6);
                let (rect, _) =
                    ui.allocate_exact_size(vec2(widest, words.size().y), egui::Sense::hover());
                ui.painter().galley(rect.min, words, theme::of(ui).text);
                ui.label(RichText::new(say::number(*value)).text_style(theme::numbers()));
            });
        }
        if lines.len() > LINES {
            let more = format!("and {} more", lines.len() - LINES);
            ui.label(RichText::new(more).small().color(theme::of(ui).secondary));
        }
        if !note.is_empty() {
            ui.label(RichText::new(note).small().color(theme::of(ui).secondary));
        }
    });
}

/// The ring around what has the keyboard's focus, which comes into sight as well.
pub(super) fn focus_ring(ui: &Ui, response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.has_focus() {
        let tokens = theme::tokens();
        let stroke = Stroke::new(tokens.size.focus_ring, theme::of(ui).accent);
        let radius = CornerRadius::same(tokens.radius.control);
        ui.painter().rect_stroke(response.rect, radius, stroke, StrokeKind::Inside);
    }
}
