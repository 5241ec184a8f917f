//! Names with bars and numbers, the largest first.

use eframe::egui::{
    self, CornerRadius, Rect, RichText, Role, Sense, TextStyle, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::series::{Pick, Series, Tone};
use super::tip;
use crate::window::look::theme;
use crate::window::say;

/// Draws as many rows as there is room for, and says how many more there are. Each row can be
/// clicked. `unit` is what is counted: “records”.
pub fn ranking_ui(
    ui: &mut Ui,
    size: Vec2,
    names: &[String],
    series: &[Series],
    unit: &str,
) -> Option<Pick> {
    let theme::Theme { chart, space, .. } = theme::tokens();
    let sums = Series::sums(series, names.len());
    let largest = sums.iter().copied().max().unwrap_or(0).max(1);
    let room = (size.y / chart.row).max(1.0) as usize;
    let shown = if names.len() > room { room.saturating_sub(1) } else { names.len() };
    let total: i64 = series.iter().map(Series::sum).sum();

    let (rect, all) = ui.allocate_exact_size(size, Sense::hover());
    let font = theme::numbers().resolve(ui.style());
    let widest = sums
        .iter()
        .take(shown)
        .map(|sum| tip::fitting(ui, &say::number(*sum), font.clone(), size.x).size().x)
        .fold(0.0_f32, f32::max);
    let name_width = (size.x * 0.38).max(chart.name_width);
    let bars = Rect::from_min_max(
        pos2(rect.left() + name_width + space.medium, rect.top()),
        pos2(rect.right() - widest - space.medium, rect.bottom()),
    );
    let mut picked = None;
    for (row, (name, sum)) in names.iter().zip(&sums).enumerate().take(shown) {
        let top = rect.top() + row as f32 * chart.row;
        let line = Rect::from_min_size(pos2(rect.left(), top), vec2(size.x, chart.row));
        let id = all.id.with(row);
        let response = ui.interact(line, id, Sense::click());
        let said = format!("{name}: {} {unit}", say::number(*sum));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &said));
        if !ui.is_rect_visible(line) {
            continue;
        }
        let colors = theme::of(ui);
        if response.hovered() {
            let radius = CornerRadius::same(theme::tokens().radius.control);
            ui.painter().rect_filled(line.expand2(vec2(space.tight, 0.0)), radius, colors.sunken);
        }
        let body = TextStyle::Body.resolve(ui.style());
        let words = tip::fitting(ui, name, body, name_width);
        let y = line.center().y - words.size().y / 2.0;
        ui.painter().galley(pos2(line.left(), y), words, colors.text);
        bar_ui(ui, bars, line.center().y, row, series, largest);
        let number = tip::fitting(ui, &say::number(*sum), font.clone(), size.x);
        let at = pos2(line.right() - number.size().x, line.center().y - number.size().y / 2.0);
        ui.painter().galley(at, number, colors.text);
        tip::focus_ring(ui, &response);
        if let Some(pointer) = response.hover_pos() {
            let mut told: Vec<(Option<Tone>, &str, i64)> = series
                .iter()
                .filter(|one| series.len() > 1 && one.at(row) != 0)
                .map(|one| (Some(one.tone), one.name.as_str(), one.at(row)))
                .collect();
            if told.is_empty() {
                told.push((None, unit, *sum));
            }
            let note = share(*sum, total);
            tip::tip_ui(ui, &response, pointer, name, &told, &note);
        }
        if response.clicked() {
            let x = response.interact_pointer_pos().map(|pointer| pointer.x);
            let series = x.and_then(|x| hit(x, bars, row, series, largest));
            picked = Some(Pick { at: Some(row), series });
        }
    }
    if names.len() > shown {
        let top = rect.top() + shown as f32 * chart.row;
        let line = Rect::from_min_size(pos2(rect.left(), top), vec2(size.x, chart.row));
        let rest: i64 = sums.iter().skip(shown).sum();
        let more = (names.len() - shown) as u64;
        let text =
            format!("and {} more with {} {unit}", say::number(more as i64), say::number(rest));
        let mut below = ui.new_child(egui::UiBuilder::new().max_rect(line));
        let text = RichText::new(text).small().color(theme::of(&below).secondary);
        below.add(egui::Label::new(text).truncate());
    }
    picked
}

/// What share of all it is, in words; empty where that says nothing.
pub(super) fn share(part: i64, total: i64) -> String {
    if total <= 0 || part >= total {
        return String::new();
    }
    format!("{} of those shown", say::percent(part as f64 / total as f64))
}

fn parts(
    bars: Rect,
    row: usize,
    series: &[Series],
    largest: i64,
) -> impl Iterator<Item = (&Series, f32, f32)> {
    let mut x = bars.left();
    let width = bars.width().max(0.0);
    series.iter().filter(move |one| one.at(row) > 0).map(move |one| {
        let from = x;
        x += (one.at(row) as f64 / largest as f64) as f32 * width;
        (one, from, x)
    })
}

fn bar_ui(ui: &Ui, bars: Rect, y: f32, row: usize, series: &[Series], largest: i64) {
    let chart = &theme::tokens().chart;
    let hairline = theme::tokens().size.hairline;
    for (one, from, to) in parts(bars, row, series, largest) {
        // Something is there, however little.
        let to = (to - if series.len() > 1 { hairline } else { 0.0 }).max(from + hairline);
        let rect = Rect::from_x_y_ranges(from..=to, y - chart.bar / 2.0..=y + chart.bar / 2.0);
        ui.painter().rect_filled(rect, CornerRadius::same(chart.bar_radius), one.tone.color(ui));
    }
}

fn hit(x: f32, bars: Rect, row: usize, series: &[Series], largest: i64) -> Option<usize> {
    if series.len() < 2 {
        return None;
    }
    parts(bars, row, series, largest)
        .find(|(_, from, to)| (*from..=*to).contains(&x))
        .map(|(one, ..)| one.index)
}
