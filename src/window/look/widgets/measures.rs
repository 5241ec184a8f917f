//! How far, how many, which step.

use crate::window::look::{fonts, icons, theme};
use eframe::egui::{
    self, Align2, CornerRadius, FontId, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo,
    pos2, vec2,
};
use std::time::Duration;

/// How far it is, `share` from 0 to 1, with words under the bar. Without a share a piece of the bar
/// wanders, or with reduced motion just lies there.
pub fn progress(ui: &mut Ui, share: Option<f32>, words: &str) -> Response {
    let c = theme::of(ui);
    let height = 6.0;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), words);
        info.value = share.map(|share| f64::from(share.clamp(0.0, 1.0)) * 100.0);
        info
    });
    if share.is_some() {
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_min_numeric_value(0.0);
            node.set_max_numeric_value(100.0);
        });
    }
    if ui.is_rect_visible(rect) {
        let radius = CornerRadius::same(3);
        ui.painter().rect_filled(rect, radius, c.sunken);
        let (from, to) = match share {
            Some(share) => (0.0, share.clamp(0.0, 1.0)),
            None if theme::reduced_motion(ui) => (0.35, 0.65),
            None => {
                ui.ctx().request_repaint_after(Duration::from_millis(40));
                let at = ui.input(|input| (input.time * 0.6).fract()) as f32 * 1.3 - 0.3;
                (at.max(0.0), (at + 0.3).clamp(0.0, 1.0))
            }
        };
        let x = |part: f32| egui::lerp(rect.x_range(), part);
        // Never so short that its round ends overlap.
        let end = if to > 0.0 { x(to).max(x(from) + height) } else { x(from) };
        let bar = Rect::from_min_max(pos2(x(from), rect.top()), pos2(end, rect.bottom()));
        ui.painter().rect_filled(bar.intersect(rect), radius, c.accent);
    }
    if !words.is_empty() {
        let text = RichText::new(words).small().color(c.secondary);
        ui.add(egui::Label::new(text).wrap());
    }
    response
}

/// Which step of a short way one is on: a thin line for each, with its word.
pub fn steps(ui: &mut Ui, words: &[&str], current: usize) -> Response {
    let c = theme::of(ui);
    let letters = &theme::tokens().letters;
    let gap = 8.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| {
        let word = words.get(current).copied().unwrap_or_default();
        let text = format!("Step {} of {}: {word}", current + 1, words.len());
        WidgetInfo::labeled(Role::Label, ui.is_enabled(), text)
    });
    let count = words.len().max(1) as f32;
    let width = (rect.width() - gap * (count - 1.0)) / count;
    for (index, word) in words.iter().enumerate() {
        let left = rect.left() + index as f32 * (width + gap);
        let line = Rect::from_min_size(pos2(left, rect.top()), vec2(width, 3.0));
        let (bar, color) = match index.cmp(&current) {
            std::cmp::Ordering::Less => (c.accent, c.secondary),
            std::cmp::Ordering::Equal => (c.accent, c.text),
            std::cmp::Ordering::Greater => (c.border, c.secondary),
        };
        ui.painter().rect_filled(line, CornerRadius::same(2), bar);
        let font = if index == current {
            FontId::new(letters.small, fonts::semibold())
        } else {
            FontId::proportional(letters.small)
        };
        let text =
            if index < current { format!("{} {word}", icons::CHECK) } else { (*word).to_owned() };
        let place = pos2(left, rect.top() + 10.0);
        ui.painter().text(place, Align2::LEFT_TOP, text, font, color);
    }
    response
}

/// A big number with its unit, and what it counts underneath.
pub fn figure(ui: &mut Ui, number: &str, unit: &str, caption: &str) -> Response {
    let c = theme::of(ui);
    let letters = &theme::tokens().letters;
    let painter = ui.painter();
    let number_galley = painter.layout_no_wrap(
        number.to_owned(),
        FontId::new(letters.figure, fonts::figures()),
        c.text,
    );
    let unit_galley =
        painter.layout_no_wrap(unit.to_owned(), FontId::proportional(letters.body), c.secondary);
    let caption_galley = painter.layout(
        caption.to_owned(),
        FontId::proportional(letters.small),
        c.secondary,
        ui.available_width(),
    );
    let gap = if unit.is_empty() { 0.0 } else { 4.0 };
    let first = number_galley.size().x + gap + unit_galley.size().x;
    let size = vec2(
        first.max(caption_galley.size().x),
        number_galley.size().y + 2.0 + caption_galley.size().y,
    );
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let text = format!("{caption}: {number} {unit}");
        WidgetInfo::labeled(Role::Label, ui.is_enabled(), text.trim_end())
    });
    if ui.is_rect_visible(rect) {
        let baseline = |galley: &egui::Galley| {
            galley.rows.first().and_then(|row| row.glyphs.first()).map_or(0.0, |glyph| glyph.pos.y)
        };
        let drop = baseline(&number_galley) - baseline(&unit_galley);
        let unit_at = rect.min + vec2(number_galley.size().x + gap, drop);
        let caption_at = rect.min + vec2(0.0, number_galley.size().y + 2.0);
        ui.painter().galley(rect.min, number_galley, c.text);
        ui.painter().galley(unit_at, unit_galley, c.secondary);
        ui.painter().galley(caption_at, caption_galley, c.secondary);
    }
    response
}
