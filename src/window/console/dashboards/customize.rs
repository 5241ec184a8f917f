//! Arranging a board: adding dashlets, moving them, making them wider and higher, removing them.
//! Everything can be done with the keyboard; a tile can be dragged as well.

use eframe::egui::{self, Rect, Sense, Stroke, StrokeKind, Ui};

use super::boards::{Board, Boards, Tile, WIDEST};
use super::{menu, words};
use crate::knowledge::{Chart, Knowledge};
use crate::window::look::widgets::{self, FieldSpec, Press};
use crate::window::look::{icons, theme};

/// How arranging ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It stays as it is now.
    Keep,
    /// It is again as it was before.
    Cancel,
}

/// What happens to a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It goes from a place to another.
    Move(usize, usize),
    /// It becomes as wide as this.
    Width(usize, u8),
    /// It becomes high, or as high as others.
    Tall(usize, bool),
    /// It goes.
    Remove(usize),
}

impl Change {
    /// Does it.
    pub fn make(self, board: &mut Board) {
        board.is_changed = true;
        match self {
            Self::Move(from, to) => board.move_tile(from, to),
            Self::Width(at, width) => {
                if let Some(tile) = board.tiles.get_mut(at) {
                    tile.width = width.clamp(1, WIDEST);
                }
            }
            Self::Tall(at, tall) => {
                if let Some(tile) = board.tiles.get_mut(at) {
                    tile.is_tall = tall;
                }
            }
            Self::Remove(at) => {
                if at < board.tiles.len() {
                    board.tiles.remove(at);
                }
            }
        }
    }
}

/// What a tile carries while it is dragged.
#[derive(Clone, Copy)]
struct Dragged(usize);

/// What concerns the whole board.
pub fn bar_ui(ui: &mut Ui, boards: &mut Boards, knowledge: &Knowledge) -> Option<Done> {
    let mut done = None;
    let mut resets = false;
    let Some(board) = boards.shown_mut() else { return Some(Done::Keep) };
    widgets::card(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.vertical(|ui| {
                ui.set_width(theme::tokens().chart.ranking_width);
                let spec = FieldSpec { label: "Name of the dashboard", ..FieldSpec::default() };
                if widgets::field(ui, &mut board.title, &spec).response.changed() {
                    board.is_changed = true;
                }
            });
        });
        ui.horizontal_wrapped(|ui| {
            let add = ui.add(Press::quiet("Add dashlet\u{2026}").icon(icons::PLUS));
            egui::Popup::menu(&add).show(|ui| add_ui(ui, board, knowledge));
            let words = if board.is_given() { "Reset" } else { "Delete dashboard" };
            let can = board.is_changed;
            resets = ui.add_enabled(can, Press::quiet(words)).clicked();
            let right = egui::Layout::right_to_left(egui::Align::Center);
            ui.with_layout(right, |ui| {
                if widgets::primary_button(ui, "Done").clicked() {
                    done = Some(Done::Keep);
                }
                if widgets::quiet_button(ui, "Cancel").clicked() {
                    done = Some(Done::Cancel);
                }
            });
        });
    });
    if board.title.trim().is_empty() && done == Some(Done::Keep) {
        "My dashboard".clone_into(&mut board.title);
    }
    if resets {
        let was_given = board.is_given();
        boards.remove_shown(knowledge);
        return if was_given { done } else { Some(Done::Keep) };
    }
    done
}

fn add_ui(ui: &mut Ui, board: &mut Board, knowledge: &Knowledge) {
    menu::width(ui);
    let is_on = |id: &str| board.tiles.iter().any(|tile| tile.dashlet == id);
    let free: Vec<_> =
        knowledge.dashboards().iter().filter(|item| item.enabled && !is_on(&item.id)).collect();
    if free.is_empty() {
        widgets::small(ui, "All dashlets are on this dashboard.");
        return;
    }
    egui::ScrollArea::vertical().max_height(theme::tokens().chart.tall).show(ui, |ui| {
        for item in free {
            let icon = match item.body.chart {
                Chart::Line => icons::CHART_LINE,
                Chart::Bar => icons::CHART,
                Chart::Ranking => icons::ROWS,
                Chart::Table => icons::TABLE,
                Chart::Map => icons::GLOBE,
                Chart::Number => icons::HASH,
            };
            if menu::entry(ui, icon, words::title(item), true) {
                board.tiles.push(Tile::new(item));
                board.is_changed = true;
            }
        }
    });
}

/// What concerns one tile, above its card.
pub fn tile_ui(ui: &mut Ui, at: usize, count: usize, tile: &Tile, title: &str) -> Option<Change> {
    let mut change = None;
    let named = |what: &str| format!("{what}: {title}");
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let handle = handle_ui(ui, &named("Drag"));
        handle.dnd_set_drag_payload(Dragged(at));
        let mut button = |ui: &mut Ui, can: bool, icon: &str, what: &str, does: Change| {
            let pressed = ui
                .add_enabled_ui(can, |ui| widgets::icon_button(ui, icon, &named(what)).clicked())
                .inner;
            if pressed {
                change = Some(does);
            }
        };
        let before = at.saturating_sub(1);
        button(ui, at > 0, icons::ARROW_LEFT, "Move forward", Change::Move(at, before));
        let after = at + 1;
        button(ui, after < count, icons::ARROW_RIGHT, "Move back", Change::Move(at, after));
        let width = tile.width;
        let narrower = Change::Width(at, width.saturating_sub(1));
        button(ui, width > 1, icons::MINUS, "Narrower", narrower);
        let wider = Change::Width(at, width.saturating_add(1));
        button(ui, width < WIDEST, icons::PLUS, "Wider", wider);
        let (icon, what) =
            if tile.is_tall { (icons::ARROWS_IN, "Lower") } else { (icons::ARROWS_OUT, "Higher") };
        button(ui, true, icon, what, Change::Tall(at, !tile.is_tall));
        button(ui, true, icons::TRASH, "Remove", Change::Remove(at));
    });
    change
}

fn handle_ui(ui: &mut Ui, label: &str) -> egui::Response {
    let size = &theme::tokens().size;
    let (rect, response) =
        ui.allocate_exact_size(egui::vec2(size.control, size.control), Sense::drag());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, label));
    let colors = theme::of(ui);
    let color = if response.hovered() { colors.text } else { colors.secondary };
    let font = egui::FontId::proportional(size.icon);
    let middle = egui::Align2::CENTER_CENTER;
    ui.painter().text(rect.center(), middle, icons::DRAG, font, color);
    response.on_hover_cursor(egui::CursorIcon::Grab).on_hover_text(label)
}

/// A card as a place where another one can be dropped.
pub fn drop_ui(ui: &Ui, rect: Rect, at: usize) -> Option<Change> {
    let dragged = egui::DragAndDrop::payload::<Dragged>(ui.ctx())?;
    let pointer = ui.ctx().pointer_interact_pos()?;
    if !rect.contains(pointer) || dragged.0 == at {
        return None;
    }
    let theme::Theme { size, radius, .. } = theme::tokens();
    let stroke = Stroke::new(size.focus_ring, theme::of(ui).accent);
    ui.painter().rect_stroke(rect, f32::from(radius.card), stroke, StrokeKind::Outside);
    if ui.input(|input| input.pointer.any_released()) {
        egui::DragAndDrop::clear_payload(ui.ctx());
        return Some(Change::Move(dragged.0, at));
    }
    None
}
