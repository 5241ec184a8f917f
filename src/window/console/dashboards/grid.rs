//! The cards of a board, in as many columns as there is room for.

use std::collections::BTreeMap;

use eframe::egui::{self, Rect, Ui, UiBuilder, vec2};

use super::boards::{self, Board, Tile};
use super::card::{Asks, Card, Options};
use super::customize;
use crate::knowledge::{Dashboard, Item};
use crate::window::console::here::Here;
use crate::window::look::theme;

/// Cards that were shown, with their last pictures, for any board.
#[derive(Default)]
pub(in crate::window::console) struct Grid {
    cards: BTreeMap<String, Card>,
}

/// How a board is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::window::console) struct How {
    /// The period before is shown as well.
    pub compares: bool,
    /// Tiles can be moved, made wider, removed.
    pub arranging: bool,
    /// Cards offer to begin with that.
    pub can_customize: bool,
}

impl Grid {
    /// Draws the board of everything at a glance, as a person arranged it. Nothing until the packs
    /// are read.
    pub fn overview_ui(&mut self, ui: &mut Ui, here: &mut Here<'_>) {
        let Some(knowledge) = here.knowledge else { return };
        let boards = boards::Boards::kept(here.kept, knowledge);
        let board = boards.all.into_iter().find(|board| board.id == boards::OVERVIEW);
        if let Some(mut board) = board {
            self.ui(ui, here, &mut board, How::default());
        }
    }

    /// Draws a board; whether somebody wants to arrange it.
    pub fn ui(&mut self, ui: &mut Ui, here: &mut Here<'_>, board: &mut Board, how: How) -> bool {
        let How { compares, arranging, can_customize } = how;
        let Some(knowledge) = here.knowledge else { return false };
        let find = |tile: &Tile| knowledge.dashboards().iter().find(|item| item.id == tile.dashlet);
        let there: Vec<(usize, &Item<Dashboard>)> = board
            .tiles
            .iter()
            .enumerate()
            .filter_map(|(index, tile)| Some((index, find(tile)?)))
            .collect();
        let tiles: Vec<&Tile> =
            there.iter().filter_map(|(index, _)| board.tiles.get(*index)).collect();
        let columns = columns(ui.available_width());
        let rows = boards::rows(&tiles, columns);
        let tall: Vec<bool> = tiles.iter().map(|tile| tile.is_tall).collect();

        let space = theme::tokens().space.large;
        let each = (ui.available_width() - space * f32::from(columns - 1)) / f32::from(columns);
        let mut wants = false;
        let mut change = None;
        for row in rows {
            let is_tall = row.iter().any(|(index, _)| tall.get(*index) == Some(&true));
            let chart = &theme::tokens().chart;
            let height = if is_tall { chart.tall } else { chart.height };
            let top = ui.next_widget_position();
            let mut x = top.x;
            let mut bottom = top.y;
            for (index, width) in row {
                let wide = each * f32::from(width) + space * f32::from(width - 1);
                let place = Rect::from_min_size(egui::pos2(x, top.y), vec2(wide, 0.0));
                x += wide + space;
                let Some((tile, item)) = there.get(index) else { continue };
                let builder = UiBuilder::new()
                    .id_salt(("card", &item.id))
                    .max_rect(place)
                    .layout(egui::Layout::top_down(egui::Align::Min));
                let mut inside = ui.new_child(builder);
                inside.set_width(wide);
                let options = Options { height, compares, can_customize };
                let card = self.cards.entry(item.id.clone()).or_default();
                if arranging {
                    let count = board.tiles.len();
                    let title = super::words::title(item);
                    if let Some(tile_now) = board.tiles.get(*tile) {
                        let asked = customize::tile_ui(&mut inside, *tile, count, tile_now, title);
                        change = asked.or(change);
                    }
                }
                let asks = card.ui(&mut inside, here, item, &options);
                wants |= asks == Some(Asks::Customize);
                if arranging {
                    let dropped = customize::drop_ui(&inside, inside.min_rect(), *tile);
                    change = dropped.or(change);
                }
                bottom = bottom.max(inside.min_rect().bottom());
            }
            let all = Rect::from_min_max(top, egui::pos2(top.x + ui.available_width(), bottom));
            ui.allocate_rect(all, egui::Sense::hover());
            ui.add_space(space - ui.spacing().item_spacing.y);
        }
        if let Some(change) = change {
            change.make(board);
        }
        wants
    }
}

/// How many columns fit.
fn columns(width: f32) -> u8 {
    let narrowest = theme::tokens().chart.map_width;
    ((width / narrowest) as u8).clamp(1, boards::WIDEST)
}
