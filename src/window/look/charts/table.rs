//! Rows and columns of numbers.

use eframe::egui::{
    self, Align2, CornerRadius, Rect, RichText, Role, Sense, Stroke, TextStyle, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};

use super::series::{Pick, Series};
use super::tip;
use crate::window::look::theme;
use crate::window::say;

/// Draws a row for each name and a column for each series, and all of a row where there are
/// several. Rows that do not fit are scrolled to; columns that do not fit are added up. Each row
/// can be clicked, and each number in it. `heading` is what the names are: “User”.
pub fn table_ui(
    ui: &mut Ui,
    size: Vec2,
    heading: &str,
    names: &[String],
    series: &[Series],
    unit: &str,
) -> Option<Pick> {
    let chart = &theme::tokens().chart;
    let room = ((size.x - chart.name_width * 1.5) / chart.number_width).max(1.0) as usize;
    let columns = columns(series, room);
    let each = (size.x * 0.6 / columns.len().max(1) as f32)
        .clamp(chart.number_width, chart.wide_number_width);
    let frame = Frame { width: size.x, each, names: size.x - each * columns.len() as f32 };
    let mut picked = None;
    let place = egui::UiBuilder::new()
        .max_rect(Rect::from_min_size(ui.next_widget_position(), size))
        .layout(egui::Layout::top_down(egui::Align::Min));
    ui.scope_builder(place, |ui| {
        ui.set_min_size(size);
        ui.spacing_mut().item_spacing.y = 0.0;
        let (head, _) = ui.allocate_exact_size(vec2(size.x, chart.row), Sense::hover());
        head_ui(ui, head, heading, &columns, frame);
        let rows = egui::ScrollArea::vertical()
            .id_salt("table")
            .max_height(size.y - chart.row)
            .auto_shrink([false, false]);
        rows.show_rows(ui, chart.row, names.len(), |ui, range| {
            for row in range {
                let Some(name) = names.get(row) else { continue };
                let pick = row_ui(ui, frame, row, name, &columns, unit);
                picked = pick.or(picked);
            }
        });
    });
    picked
}

/// A column: its title, and the series it adds up.
struct Column<'a> {
    title: String,
    series: Vec<&'a Series>,
}

impl Column<'_> {
    fn at(&self, row: usize) -> i64 {
        self.series.iter().map(|one| one.at(row)).sum()
    }
}

/// What fits: the first ones, the rest in one, and all of it where there are several.
fn columns(series: &[Series], room: usize) -> Vec<Column<'_>> {
    let own = |one: &'_ Series| one.name.clone();
    if series.len() < 2 {
        let each = series.iter().map(|one| Column { title: own(one), series: vec![one] });
        return each.collect();
    }
    let parts = room.saturating_sub(1).max(1);
    let mut columns: Vec<Column<'_>> = Vec::new();
    let shown = if series.len() > parts { parts - 1 } else { series.len() };
    for one in series.iter().take(shown) {
        columns.push(Column { title: own(one), series: vec![one] });
    }
    let rest: Vec<&Series> = series.iter().skip(shown).collect();
    if !rest.is_empty() && shown > 0 {
        columns.push(Column { title: format!("{} others", rest.len()), series: rest });
    }
    columns.push(Column { title: "All".to_owned(), series: series.iter().collect() });
    columns
}

/// How the width is shared.
#[derive(Clone, Copy)]
struct Frame {
    width: f32,
    each: f32,
    names: f32,
}

impl Frame {
    fn right_of(self, line: Rect, count: usize, column: usize) -> f32 {
        line.right() - self.each * count.saturating_sub(column + 1) as f32
    }
}

fn head_ui(ui: &mut Ui, line: Rect, heading: &str, columns: &[Column<'_>], frame: Frame) {
    let colors = theme::of(ui);
    let theme::Theme { space, size, .. } = theme::tokens();
    let font = TextStyle::Small.resolve(ui.style());
    let words = tip::fitting(ui, heading, font.clone(), frame.names - space.small);
    let y = line.center().y - words.size().y / 2.0;
    ui.painter().galley(pos2(line.left(), y), words, colors.secondary);
    for (index, column) in columns.iter().enumerate() {
        let words = tip::fitting(ui, &column.title, font.clone(), frame.each - space.small);
        let is_cut = words.elided;
        let right = frame.right_of(line, columns.len(), index);
        let at = pos2(right - words.size().x, y);
        let place =
            Rect::from_min_max(pos2(right - frame.each, line.top()), pos2(right, line.bottom()));
        ui.painter().galley(at, words, colors.secondary);
        let response = ui.interact(place, ui.scope_id().with(("head", index)), Sense::hover());
        response
            .widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, column.title.as_str()));
        if is_cut || column.series.len() > 1 {
            let names: Vec<&str> =
                column.series.iter().take(20).map(|one| one.name.as_str()).collect();
            response.on_hover_text(names.join("\n"));
        }
    }
    ui.painter().hline(line.x_range(), line.bottom(), Stroke::new(size.hairline, colors.border));
}

fn row_ui(
    ui: &mut Ui,
    frame: Frame,
    row: usize,
    name: &str,
    columns: &[Column<'_>],
    unit: &str,
) -> Option<Pick> {
    let colors = theme::of(ui);
    let theme::Theme { chart, space, size, radius, .. } = theme::tokens();
    let (line, response) = ui.allocate_exact_size(vec2(frame.width, chart.row), Sense::click());
    let said: Vec<String> = columns
        .iter()
        .filter(|column| column.at(row) != 0)
        .map(|column| format!("{} {}", column.title, say::number(column.at(row))))
        .collect();
    let said = format!("{name}: {}", said.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &said));
    let column_at = |x: f32| {
        let from_right = ((line.right() - x) / frame.each).max(0.0) as usize;
        columns.len().checked_sub(from_right + 1)
    };
    if response.hovered() {
        let corner = CornerRadius::same(radius.control);
        ui.painter().rect_filled(line, corner, colors.sunken);
    }
    let body = TextStyle::Body.resolve(ui.style());
    let words = tip::fitting(ui, name, body, frame.names - space.small);
    let is_cut = words.elided;
    let y = line.center().y - words.size().y / 2.0;
    ui.painter().galley(pos2(line.left(), y), words, colors.text);
    let font = theme::numbers().resolve(ui.style());
    for (index, column) in columns.iter().enumerate() {
        let value = column.at(row);
        let (text, color) = if value == 0 {
            ("\u{2013}".to_owned(), colors.border_strong)
        } else {
            (say::number(value), colors.text)
        };
        let at = pos2(frame.right_of(line, columns.len(), index), line.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, text, font.clone(), color);
    }
    let stroke = Stroke::new(size.hairline, colors.border);
    ui.painter().hline(line.x_range(), line.bottom(), stroke);
    tip::focus_ring(ui, &response);
    let hit = response.interact_pointer_pos().and_then(|pointer| column_at(pointer.x));
    let picked = response.clicked().then(|| {
        let series = hit.and_then(|hit| columns.get(hit)).and_then(|column| {
            match column.series.as_slice() {
                [one] if columns.len() > 1 && column.at(row) != 0 => Some(one.index),
                _ => None,
            }
        });
        Pick { at: Some(row), series }
    });
    if is_cut {
        response.on_hover_ui(|ui| {
            ui.label(RichText::new(name).text_style(theme::strong()));
            let all: i64 = columns.last().map_or(0, |column| column.at(row));
            ui.label(format!("{} {unit}", say::number(all)));
        });
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::look::charts::Tone;

    fn series(count: usize) -> Vec<Series> {
        let one = |index| Series {
            index,
            name: format!("s{index}"),
            tone: Tone::Nth(index),
            values: vec![Some(1)],
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn no_number_is_lost_where_columns_do_not_fit() {
        for (count, room) in [(0, 3), (1, 3), (2, 3), (3, 3), (9, 3), (9, 1), (9, 12), (200, 5)] {
            let series = series(count);
            let columns = columns(&series, room);
            let titles: Vec<&str> = columns.iter().map(|column| column.title.as_str()).collect();
            assert!(columns.len() <= room.max(2), "{count} in {room}: {titles:?}");
            if count > 1 {
                let all = columns.last().unwrap();
                assert_eq!((all.title.as_str(), all.at(0)), ("All", count as i64));
                let parts: i64 = columns.iter().rev().skip(1).map(|column| column.at(0)).sum();
                assert!(columns.len() == 1 || parts == count as i64, "{titles:?}");
            }
        }
    }
}
