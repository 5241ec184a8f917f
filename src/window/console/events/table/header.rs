//! The line above the rows: the columns' names. They are moved by dragging them, and made wider at
//! their right edge; with the keyboard that is done under “Columns”.

use eframe::egui::{self, CursorIcon, Rangef, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::columns::{Column, Columns, Laid};
use crate::window::look::{fonts, theme};
use crate::window::say;

/// How high it is.
pub(super) const HEIGHT: f32 = 32.0;

/// How wide the edge is at which a column is made wider.
const EDGE: f32 = 8.0;

/// What the line remembers between frames.
#[derive(Default)]
pub(super) struct Header {
    /// The column that is being moved.
    moving: Option<Column>,
}

impl Header {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, rect: Rect, cells: &[(Laid, Rangef)], columns: &mut Columns) {
        let colors = theme::of(ui);
        ui.painter().rect_filled(rect, 0.0, colors.card);
        let line = egui::Stroke::new(theme::tokens().size.hairline, colors.border_strong);
        ui.painter().hline(rect.x_range(), rect.bottom(), line);
        for (laid, range) in cells {
            self.cell_ui(ui, Rect::from_x_y_ranges(*range, rect.y_range()), laid.column);
        }
        for (laid, range) in cells {
            edge_ui(ui, rect, range.max, laid.column, columns);
        }
        self.move_ui(ui, rect, cells, columns);
    }

    fn cell_ui(&mut self, ui: &Ui, rect: Rect, column: Column) {
        let colors = theme::of(ui);
        let id = egui::Id::unique("events header").with(column);
        let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
        let title = match column {
            Column::Time => format!("Time, {}", say::zone_words()),
            _ => column.title().to_owned(),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, &title));
        if response.drag_started() {
            self.moving = Some(column);
        }
        let color = if self.moving == Some(column) { colors.accent } else { colors.secondary };
        let font = egui::FontId::new(theme::tokens().letters.small, fonts::semibold());
        let mut job =
            egui::text::LayoutJob::simple_singleline(column.title().to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width((rect.width() - 16.0).max(8.0));
        let galley = ui.painter().layout_job(job);
        let at = pos2(rect.left() + super::PADDING, rect.center().y - galley.size().y / 2.0);
        ui.painter().with_clip_rect(ui.clip_rect()).galley(at, galley, color);
        if column == Column::Time {
            response.on_hover_text(title);
        }
    }

    /// Shows where a column that is being moved would lie, and puts it there.
    fn move_ui(&mut self, ui: &Ui, rect: Rect, cells: &[(Laid, Rangef)], columns: &mut Columns) {
        let Some(moving) = self.moving else { return };
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        let pointer = ui.input(|input| input.pointer.interact_pos());
        let over = pointer.and_then(|at| cells.iter().find(|(_, range)| range.contains(at.x)));
        if let Some((laid, range)) = over
            && laid.column != moving
        {
            let from = cells.iter().find(|(laid, _)| laid.column == moving);
            let to_right = from.is_some_and(|(_, from)| from.min < range.min);
            let x = if to_right { range.max } else { range.min };
            let line = egui::Stroke::new(2.0, theme::of(ui).accent);
            ui.painter().vline(x, rect.y_range(), line);
        }
        if !ui.input(|input| input.pointer.any_down()) {
            if let Some((laid, _)) = over {
                columns.put_at(moving, laid.column);
            }
            self.moving = None;
        }
    }
}

fn edge_ui(ui: &Ui, header: Rect, x: f32, column: Column, columns: &mut Columns) {
    let at = pos2(x - EDGE / 2.0, header.center().y);
    let rect = Rect::from_center_size(at, vec2(EDGE, header.height()));
    let id = egui::Id::unique("events column edge").with(column);
    let response = ui.interact(rect, id, Sense::DRAG);
    let colors = theme::of(ui);
    let is_used = response.hovered() || response.dragged();
    let color = if is_used { colors.accent } else { colors.border };
    let line = egui::Stroke::new(if is_used { 2.0 } else { 1.0 }, color);
    ui.painter().vline(x - 0.5, header.shrink2(vec2(0.0, 8.0)).y_range(), line);
    if response.dragged() {
        columns.widen(column, response.drag_delta().x);
    }
    response.on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
}
