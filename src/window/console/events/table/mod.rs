//! The table: rows over millions of records.
//!
//! Promises: what is drawn is what is visible, so a frame costs the same whatever the store holds
//! and whatever a record says; one stop of the Tab key, then arrows, Page Up and Down, Home, End
//! and Enter; a screen reader hears the row that the keyboard is on.

mod bar;
mod header;

use eframe::egui::{
    self, Key, Modifiers, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::columns::{Columns, Laid};
use super::listing::Listing;
use super::rows::Target;
use super::words::{Words, short};
use crate::store::{Place, Row};
use crate::window::look::theme;
use crate::window::look::widgets::{self, sign_at};
use crate::window::say;

/// How high a row is.
pub(super) const ROW: f32 = 30.0;

/// What lies left and right in a cell.
const PADDING: f32 = 8.0;

/// Letters of a text that shows where the pointer rests.
const TOLD: usize = 800;

/// What the table remembers between frames.
#[derive(Default)]
pub(super) struct Table {
    header: header::Header,
    bar: bar::Bar,
    /// The row that the keyboard is on.
    pub selected: Option<Place>,
    /// Which end is selected as soon as it is there.
    select_end: Option<End>,
    /// How many rows fitted last.
    visible: f64,
    ask_for_focus: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// What the table is drawn from.
pub(super) struct Shown<'a> {
    /// The rows.
    pub listing: &'a mut Listing,
    /// Where they lie.
    pub columns: &'a mut Columns,
    /// What they say.
    pub words: Words<'a>,
    /// Whether there are several accounts.
    pub has_accounts: bool,
    /// Whether a record is open beside the table.
    pub is_open: bool,
}

/// What the person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// Opened a record.
    Open(Place),
    /// Moved to a record while another is open.
    Follow(Place),
    /// Closed what is open.
    Close,
}

impl Table {
    /// How many rows fit on the screen.
    pub fn visible(&self) -> f64 {
        self.visible
    }

    /// Has the next frame give the table the keyboard's focus.
    pub fn focus(&mut self) {
        self.ask_for_focus = true;
    }

    /// Moves to the row after or before the selected one; tells the record there.
    pub fn step(&mut self, listing: &mut Listing, by: isize) -> Option<Place> {
        let rows = &mut listing.rows;
        let last = rows.len().checked_sub(1)?;
        let first_visible = rows.top().ceil() as usize;
        let to = match self.selected.and_then(|place| rows.index_of(place)) {
            Some(index) => index.saturating_add_signed(by).min(last),
            None => first_visible.min(last),
        };
        rows.reveal(to, self.visible);
        self.selected = rows.get(to).map(|row| row.place);
        self.selected
    }

    /// Whether there is a row after or before the selected one.
    pub fn can_step(&self, listing: &Listing, by: isize) -> bool {
        let rows = &listing.rows;
        self.selected
            .and_then(|place| rows.index_of(place))
            .and_then(|index| index.checked_add_signed(by))
            .is_some_and(|index| index < rows.len())
    }

    /// Draws it in all the room there is.
    pub fn ui(&mut self, ui: &mut Ui, shown: &mut Shown<'_>) -> Option<Done> {
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, Sense::hover());
        let (inside, bar) = rect.split_left_right_at_x(rect.right() - bar::WIDTH);
        let laid: Vec<Laid> = shown.columns.shown(shown.has_accounts).collect();
        let wanted: f32 = laid.iter().map(|laid| laid.width).sum();
        let width = wanted.max(inside.width());

        let mut done = None;
        let mut place = ui.new_child(UiBuilder::new().max_rect(inside).id_salt("table"));
        egui::ScrollArea::horizontal().auto_shrink([false, false]).show(&mut place, |ui| {
            let height = ui.available_height();
            let (all, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
            let (head, body) = all.split_top_bottom_at_y(all.top() + header::HEIGHT);
            let cells = cells_of(&laid, width, all.left());
            self.visible = f64::from(body.height() / ROW);
            done = self.body_ui(ui, body, &cells, shown);
            self.header.ui(ui, head, &cells, shown.columns);
        });
        let below = Rect::from_min_max(pos2(bar.left(), bar.top() + header::HEIGHT), bar.max);
        self.bar.ui(ui, below, shown.listing, self.visible);
        done
    }

    fn body_ui(
        &mut self,
        ui: &mut Ui,
        body: Rect,
        cells: &[(Laid, egui::Rangef)],
        shown: &mut Shown<'_>,
    ) -> Option<Done> {
        let mut inside = ui.new_child(UiBuilder::new().max_rect(body));
        let ui = &mut inside;
        ui.shrink_clip_rect(body);
        let id = egui::Id::unique("events table");
        let whole = ui.interact(body, id, Sense::click());
        whole.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Records, newest first"));
        if std::mem::take(&mut self.ask_for_focus) {
            whole.request_focus();
        }
        self.wheel(ui, body, shown.listing);
        self.select_end(shown.listing);
        let mut done = if whole.has_focus() {
            ui.memory_mut(|memory| {
                memory.set_focus_lock_filter(
                    id,
                    egui::EventFilter {
                        vertical_arrows: true,
                        escape: shown.is_open,
                        ..egui::EventFilter::default()
                    },
                );
            });
            self.keys(ui, shown)
        } else {
            None
        };

        let rows = &shown.listing.rows;
        let first = rows.top().max(0.0) as usize;
        let last = (rows.top() + self.visible).ceil() as usize;
        for index in first..last.min(rows.len()) {
            let Some(row) = rows.get(index) else { break };
            let top = body.top() + ((index as f64 - rows.top()) * f64::from(ROW)) as f32;
            let rect = Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), ROW));
            let response = self.row_ui(ui, rect, id, row, cells, shown, whole.has_focus());
            if response.clicked() {
                self.selected = Some(row.place);
                done = Some(Done::Open(row.place));
                whole.request_focus();
            }
        }
        done
    }

    fn wheel(&self, ui: &Ui, body: Rect, listing: &mut Listing) {
        if !ui.rect_contains_pointer(body.intersect(ui.clip_rect())) {
            return;
        }
        let by = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
        if by != 0.0 {
            listing.rows.scroll(f64::from(-by / ROW), self.visible);
        }
    }

    fn keys(&mut self, ui: &Ui, shown: &mut Shown<'_>) -> Option<Done> {
        let presses = |key| {
            let count = ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
            isize::try_from(count).unwrap_or_default()
        };
        let page = (self.visible as isize - 1).max(1);
        let by = presses(Key::ArrowDown) - presses(Key::ArrowUp)
            + page * (presses(Key::PageDown) - presses(Key::PageUp));
        let before = self.selected;
        if by != 0 {
            self.step(shown.listing, by);
        }
        if presses(Key::Home) > 0 {
            shown.listing.go_to(Target::Newest, self.visible);
            self.select_end = Some(End::First);
        }
        if presses(Key::End) > 0 {
            shown.listing.go_to_oldest(self.visible);
            self.select_end = Some(End::Last);
        }
        if presses(Key::Enter) > 0
            && let Some(place) = self.selected
        {
            return Some(Done::Open(place));
        }
        if shown.is_open && presses(Key::Escape) > 0 {
            return Some(Done::Close);
        }
        self.selected.filter(|_| shown.is_open && self.selected != before).map(Done::Follow)
    }

    fn select_end(&mut self, listing: &mut Listing) {
        let rows = &mut listing.rows;
        let index = match self.select_end {
            Some(End::First) if !rows.has_newer() => 0,
            Some(End::Last) if !rows.has_older() => rows.len().saturating_sub(1),
            _ => return,
        };
        self.select_end = None;
        rows.reveal(index, self.visible);
        self.selected = rows.get(index).map(|row| row.place);
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is at hand where a row is drawn")]
    fn row_ui(
        &self,
        ui: &Ui,
        rect: Rect,
        table: egui::Id,
        row: &Row,
        cells: &[(Laid, egui::Rangef)],
        shown: &Shown<'_>,
        has_focus: bool,
    ) -> egui::Response {
        let colors = theme::of(ui);
        let id = table.with((row.place.time.0, row.place.feed, row.place.id));
        let is_selected = self.selected == Some(row.place);
        // The table as a whole has the focus, not each row.
        let response = ui.interact(rect, id, Sense::CLICK);
        response.widget_info(|| {
            let columns = cells.iter().map(|(laid, _)| laid.column);
            let words = shown.words.row(columns, row);
            WidgetInfo::selected(Role::ListBoxOption, true, is_selected, words)
        });
        ui.ctx().accesskit_node_builder(id, |node| {
            // A row is chosen, not switched on.
            node.clear_toggled();
            node.set_selected(is_selected);
        });
        if is_selected {
            ui.ctx().accesskit_node_builder(table, |node| {
                node.set_active_descendant(id.accesskit_id());
            });
        }
        let fill = match (is_selected, response.hovered()) {
            (true, _) => Some(colors.accent_soft),
            (false, true) => Some(colors.sunken),
            (false, false) => None,
        };
        if let Some(fill) = fill {
            ui.painter().rect_filled(rect, 0.0, fill);
        }
        let line = egui::Stroke::new(theme::tokens().size.hairline, colors.border);
        ui.painter().hline(rect.x_range(), rect.bottom(), line);
        if is_selected && has_focus {
            let ring = egui::Stroke::new(theme::tokens().size.focus_ring, colors.accent);
            ui.painter().rect_stroke(rect.shrink(1.0), 2.0, ring, egui::StrokeKind::Inside);
        }
        let pointer = response.hover_pos().map(|at| at.x);
        let mut told = None;
        for (laid, range) in cells {
            let cell_rect = Rect::from_x_y_ranges(*range, rect.y_range());
            if !ui.is_rect_visible(cell_rect) {
                continue;
            }
            let is_cut = cell_ui(ui, cell_rect, laid, row, &shown.words);
            if pointer.is_some_and(|x| range.contains(x)) {
                told = self.told(laid, row, is_cut, shown);
            }
        }
        match told {
            Some(told) => response.on_hover_text_at_pointer(told),
            None => response,
        }
    }

    /// What shows where the pointer rests on a cell: the whole text, and the code behind words.
    fn told(&self, laid: &Laid, row: &Row, is_cut: bool, shown: &Shown<'_>) -> Option<String> {
        use super::columns::Column;
        let cell = shown.words.cell(laid.column, row);
        match laid.column {
            Column::Time => Some(format!("{} ({})", say::exact(row.time), say::ago(row.time))),
            Column::Late => row.late.then(|| {
                "It appeared at Duo after its time had been read, and was found later".to_owned()
            }),
            _ if !is_cut && cell.code.is_none() => None,
            _ => {
                let mut text: String = cell.text.chars().take(TOLD).collect();
                if let Some(code) = cell.code {
                    text.push_str("\nDuo: ");
                    text.extend(code.chars().take(TOLD));
                }
                Some(text)
            }
        }
    }
}

/// Where each column lies; what room is left goes to the last one.
fn cells_of(laid: &[Laid], width: f32, left: f32) -> Vec<(Laid, egui::Rangef)> {
    let mut x = left;
    let mut cells = Vec::with_capacity(laid.len());
    for (i, laid) in laid.iter().enumerate() {
        let end = if i + 1 == cells.capacity() { left + width } else { x + laid.width };
        cells.push((*laid, egui::Rangef::new(x, end)));
        x = end;
    }
    cells
}

/// Draws a cell; whether its text was cut.
fn cell_ui(ui: &Ui, rect: Rect, laid: &Laid, row: &Row, words: &Words<'_>) -> bool {
    use super::columns::Column;
    let cell = words.cell(laid.column, row);
    if cell.text.is_empty() {
        return false;
    }
    let colors = theme::of(ui);
    let mut left = rect.left() + PADDING;
    if let Some(sign) = cell.sign {
        let side = 14.0;
        let center = pos2(left + side / 2.0, rect.center().y);
        sign_at(ui, Rect::from_center_size(center, egui::Vec2::splat(side)), sign);
        left += side + 6.0;
    }
    let (style, color) = match laid.column {
        Column::Time | Column::Address => (theme::numbers(), colors.text),
        Column::Log | Column::Account | Column::Category | Column::Country => {
            (egui::TextStyle::Body, colors.secondary)
        }
        Column::Late => (egui::TextStyle::Body, colors.warn),
        _ => (egui::TextStyle::Body, colors.text),
    };
    let text = short(&cell.text);
    let mut job =
        egui::text::LayoutJob::simple_singleline(text.to_owned(), style.resolve(ui.style()), color);
    job.wrap =
        egui::text::TextWrapping::truncate_at_width((rect.right() - PADDING - left).max(8.0));
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided || text.len() < cell.text.len();
    let at = pos2(left, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    is_cut
}

/// The words above the rows when there is something new: whether they were clicked.
pub(super) fn new_records_ui(ui: &mut Ui, table: Rect, count: usize, is_more: bool) -> bool {
    let words = match (count, is_more) {
        (1, _) => "1 new record".to_owned(),
        (count, false) => format!("{} new records", say::number(count as i64)),
        (count, true) => format!("{} new records or more", say::number(count as i64)),
    };
    let top = table.top() + header::HEIGHT + 8.0;
    let place = Rect::from_center_size(pos2(table.center().x, top + 16.0), vec2(220.0, 32.0));
    let mut inside = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .layout(egui::Layout::centered_and_justified(egui::Direction::LeftToRight)),
    );
    let press = widgets::Press::primary(&words).icon(crate::window::look::icons::ARROW_UP);
    inside.add(press).clicked()
}
