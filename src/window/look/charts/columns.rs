//! Columns beside each other, in parts where there are several series.

use eframe::egui::{
    Align2, CornerRadius, Rect, Role, Sense, Stroke, TextStyle, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::ranking::share;
use super::scale::{Scale, short};
use super::series::{Pick, Series, Tone};
use super::tip;
use crate::window::look::theme;
use crate::window::say;

/// Whether so many columns can have readable names in this width.
pub fn columns_fit(width: f32, count: usize) -> bool {
    count > 0 && width / count as f32 >= theme::tokens().chart.name_width * 0.75
}

/// Draws columns with their names below. Each can be clicked. `unit` is what is counted.
pub fn columns_ui(
    ui: &mut Ui,
    size: Vec2,
    names: &[String],
    series: &[Series],
    unit: &str,
) -> Option<Pick> {
    let theme::Theme { chart, space, letters, size: sizes, .. } = theme::tokens();
    let colors = theme::of(ui);
    let (rect, all) = ui.allocate_exact_size(size, Sense::hover());
    if names.is_empty() {
        return None;
    }
    let sums = Series::sums(series, names.len());
    let total: i64 = sums.iter().sum();
    let scale = Scale::up_to(sums.iter().copied().max().unwrap_or(0));
    let font = TextStyle::Small.resolve(ui.style());
    let tick_width = scale
        .ticks()
        .map(|tick| tip::fitting(ui, &short(tick), font.clone(), size.x).size().x)
        .fold(0.0_f32, f32::max);
    // Names may take two lines.
    let below = letters.small * 2.5 + space.small;
    // Above the highest there is room for its number.
    let above = letters.small * 1.5 + space.tight;
    let left = tick_width + space.small;
    let plot = Rect::from_min_max(rect.min + vec2(left, above), rect.max - vec2(0.0, below));
    let plot =
        plot.with_max_x(plot.right().min(plot.left() + chart.column_width * names.len() as f32));
    let y = |value: i64| plot.bottom() - scale.share(value) * plot.height();
    for tick in scale.ticks() {
        let color = if tick == 0 { colors.button_edge } else { colors.border };
        ui.painter().hline(plot.x_range(), y(tick), Stroke::new(sizes.hairline, color));
        let at = pos2(plot.left() - space.small, y(tick));
        ui.painter().text(at, Align2::RIGHT_CENTER, short(tick), font.clone(), colors.secondary);
    }
    let each = plot.width() / names.len() as f32;
    let width = (each - space.medium).clamp(sizes.hairline, chart.bar_width);
    let mut picked = None;
    for (column, (name, sum)) in names.iter().zip(&sums).enumerate() {
        let left = plot.left() + column as f32 * each;
        let place = Rect::from_x_y_ranges(left..=left + each, rect.y_range());
        let response = ui.interact(place, all.id.with(column), Sense::click());
        let said = format!("{name}: {} {unit}", say::number(*sum));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &said));
        if !ui.is_rect_visible(place) {
            continue;
        }
        if response.hovered() {
            let radius = CornerRadius::same(theme::tokens().radius.control);
            ui.painter().rect_filled(place.with_max_y(plot.bottom()), radius, colors.sunken);
        }
        let mut from = 0;
        let mut hit = None;
        for one in series.iter().filter(|one| one.at(column) > 0) {
            let (low, high) = (y(from), y(from + one.at(column)));
            from += one.at(column);
            let gap = if series.len() > 1 { sizes.hairline } else { 0.0 };
            let high = (high + gap).min(low - sizes.hairline);
            let x = place.center().x;
            let bar = Rect::from_x_y_ranges(x - width / 2.0..=x + width / 2.0, high..=low);
            let radius = CornerRadius::same(chart.bar_radius);
            ui.painter().rect_filled(bar, radius, one.tone.color(ui));
            let pointer = response.interact_pointer_pos();
            if series.len() > 1 && pointer.is_some_and(|pointer| bar.contains(pointer)) {
                hit = Some(one.index);
            }
        }
        let words = two_lines(ui, name, each - space.tight);
        let at = pos2(place.center().x, plot.bottom() + space.tight);
        ui.painter().galley(at, words, colors.secondary);
        let number = tip::fitting(ui, &short(*sum), font.clone(), each);
        let at = pos2(
            place.center().x - number.size().x / 2.0,
            y(*sum) - number.size().y - sizes.hairline,
        );
        ui.painter().galley(at, number, colors.text);
        tip::focus_ring(ui, &response);
        if let Some(pointer) = response.hover_pos() {
            let parts = series.iter().filter(|one| series.len() > 1 && one.at(column) != 0);
            let mut told: Vec<(Option<Tone>, &str, i64)> =
                parts.map(|one| (Some(one.tone), one.name.as_str(), one.at(column))).collect();
            if told.is_empty() {
                told.push((None, unit, *sum));
            }
            tip::tip_ui(ui, &response, pointer, name, &told, &share(*sum, total));
        }
        if response.clicked() {
            picked = Some(Pick { at: Some(column), series: hit });
        }
    }
    picked
}

/// A name below its column: two lines at most, centered.
fn two_lines(ui: &Ui, name: &str, width: f32) -> std::sync::Arc<eframe::egui::Galley> {
    use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
    let font_id = TextStyle::Small.resolve(ui.style());
    let format =
        TextFormat { font_id, color: eframe::egui::Color32::PLACEHOLDER, ..TextFormat::default() };
    let text = name.chars().take(64).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut job = LayoutJob::single_section(text, format);
    job.halign = eframe::egui::Align::Center;
    job.wrap = TextWrapping { max_width: width.max(1.0), max_rows: 2, ..TextWrapping::default() };
    ui.painter().layout_job(job)
}
