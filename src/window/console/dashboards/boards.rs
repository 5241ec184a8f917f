//! Which dashlets stand where: the pack's boards, and what a person made of them.
//!
//! Promises: a board nobody changed follows the packs; one that was changed stays as it is, and a
//! dashlet that no pack has any more is left out of it without a word and comes back with its pack.

use serde::{Deserialize, Serialize};

use crate::knowledge::{Chart, Dashboard, Item, Knowledge, Origin};
use crate::window::kept::Kept;

/// Where boards are remembered.
const KEY: &str = "dashboards.boards";

/// The board of everything at a glance, which the Overview page shows too.
pub const OVERVIEW: &str = "overview";

/// The board with EventTracker's nine dashlets.
const NINE: &str = "duo-security";

/// The board of what a home's own packs bring.
const OWN: &str = "own-packs";

/// Tiles are this wide at most.
pub const WIDEST: u8 = 3;

/// A dashlet on a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// The dashlet's id.
    pub dashlet: String,
    /// How many columns it takes, from 1 to 3.
    #[serde(default = "one")]
    pub width: u8,
    /// Whether it is higher than others.
    #[serde(default)]
    pub is_tall: bool,
}

/// Dashlets that are looked at together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// What it is remembered by.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What is on it, in order.
    pub tiles: Vec<Tile>,
    /// Whether a person changed it or made it.
    #[serde(default)]
    pub is_changed: bool,
}

/// All boards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boards {
    /// In order.
    pub all: Vec<Board>,
    /// The id of the one that is shown.
    pub shown: String,
    /// Whether the period before is shown as well.
    pub compares: bool,
}

/// What is remembered.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Remembered {
    /// Only those that were changed.
    boards: Vec<Board>,
    shown: String,
    compares: bool,
}

impl Tile {
    /// A dashlet as wide as its kind wants.
    pub fn new(item: &Item<Dashboard>) -> Self {
        let width = match item.body.chart {
            Chart::Map => 2,
            _ => 1,
        };
        Self { dashlet: item.id.clone(), width, is_tall: false }
    }
}

impl Board {
    /// A person's own, with nothing on it.
    pub fn new(title: String) -> Self {
        let id = format!("own-{}", title.to_lowercase());
        Self { id, title, tiles: Vec::new(), is_changed: true }
    }

    /// Whether it is one of those that are there by themselves.
    pub fn is_given(&self) -> bool {
        [OVERVIEW, NINE, OWN].contains(&self.id.as_str())
    }

    /// Puts a tile in another place; those between move up.
    pub fn move_tile(&mut self, from: usize, to: usize) {
        if from < self.tiles.len() {
            let tile = self.tiles.remove(from);
            self.tiles.insert(to.min(self.tiles.len()), tile);
        }
    }
}

impl Boards {
    /// As they were left.
    pub fn kept(kept: &Kept, knowledge: &Knowledge) -> Self {
        let Remembered { boards, shown, compares } = kept.get(KEY).unwrap_or_default();
        let mut all = Self { all: boards, shown, compares };
        all.follow(knowledge);
        all
    }

    /// Remembers them.
    pub fn keep(&self, kept: &Kept) {
        let changed = self.all.iter().filter(|board| board.is_changed).cloned().collect();
        let Self { shown, compares, .. } = self.clone();
        kept.set(KEY, &Remembered { boards: changed, shown, compares });
    }

    /// Gives boards that nobody changed what the packs have now.
    pub fn follow(&mut self, knowledge: &Knowledge) {
        let given = given(knowledge);
        self.all.retain(|board| board.is_changed || given.iter().any(|one| one.id == board.id));
        for (place, board) in given.into_iter().enumerate() {
            match self.all.iter_mut().find(|one| one.id == board.id) {
                Some(one) if one.is_changed => {}
                Some(one) => *one = board,
                None => self.all.insert(place.min(self.all.len()), board),
            }
        }
        if !self.all.iter().any(|board| board.id == self.shown) {
            self.shown = self.all.first().map(|board| board.id.clone()).unwrap_or_default();
        }
    }

    /// Shows this board, if there is one.
    pub fn show(&mut self, id: &str) {
        if self.all.iter().any(|board| board.id == id) {
            id.clone_into(&mut self.shown);
        }
    }

    /// Shows a board with this dashlet: the one that is shown already, or else the first.
    pub fn show_with(&mut self, dashlet: &str) {
        let has = |board: &&Board| board.tiles.iter().any(|tile| tile.dashlet == dashlet);
        let shown = self.all.iter().filter(|board| board.id == self.shown);
        let found = shown.chain(&self.all).find(has).map(|board| board.id.clone());
        if let Some(id) = found {
            self.shown = id;
        }
    }

    /// The one that is shown.
    pub fn shown_mut(&mut self) -> Option<&mut Board> {
        self.all.iter_mut().find(|board| board.id == self.shown)
    }

    /// Adds one and shows it.
    pub fn add(&mut self, board: Board) {
        self.shown.clone_from(&board.id);
        self.all.push(board);
    }

    /// Removes the one that is shown, if a person made it; otherwise it is again as it was given.
    pub fn remove_shown(&mut self, knowledge: &Knowledge) {
        if let Some(board) = self.shown_mut() {
            board.is_changed = false;
        }
        self.follow(knowledge);
    }

    /// A title that no board has.
    pub fn free_title(&self) -> String {
        let is_free = |title: &String| {
            !self
                .all
                .iter()
                .any(|board| board.title == *title || board.id == Board::new(title.clone()).id)
        };
        let numbered = (2..).map(|number| format!("My dashboard {number}"));
        std::iter::once("My dashboard".to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }
}

/// The boards that are there by themselves.
pub fn given(knowledge: &Knowledge) -> Vec<Board> {
    let board = |id: &str, title: &str, belongs: &dyn Fn(&Item<Dashboard>) -> bool| {
        let items = knowledge.dashboards().iter().filter(|item| item.enabled && belongs(item));
        let mut tiles: Vec<Tile> = items.map(Tile::new).collect();
        tiles.sort_by_key(|tile| place(&tile.dashlet));
        Board { id: id.to_owned(), title: title.to_owned(), tiles, is_changed: false }
    };
    let is_overview = |item: &Item<Dashboard>| item.id.starts_with("overview-");
    let mut boards = vec![
        board(OVERVIEW, "Overview", &is_overview),
        board(NINE, "Duo Security", &|item| item.origin == Origin::Pack && !is_overview(item)),
    ];
    let own = board(OWN, "Own packs", &|item| item.origin != Origin::Pack && !is_overview(item));
    if !own.tiles.is_empty() {
        boards.push(own);
    }
    boards
}

/// The order that fills rows of two and of three columns and tells the important first.
fn place(dashlet: &str) -> usize {
    const ORDER: [&str; 17] = [
        "overview-attempts",
        "overview-denial-reasons",
        "overview-denied-users",
        "overview-places",
        "overview-applications",
        "overview-factors",
        "overview-telephony-credits",
        "overview-late-records",
        "authentication-success",
        "authentication-failure",
        "authentication-by-mobile",
        "login-failed",
        "login-activity-by-geolocation",
        "login-success",
        "registered-mobile-numbers",
        "bypass-key-status-by-user",
        "policy-management",
    ];
    ORDER.iter().position(|id| *id == dashlet).unwrap_or(ORDER.len())
}

/// Which tiles stand in a row, with their widths in columns: a tile that is alone or last takes
/// what is left of its row.
pub fn rows(tiles: &[&Tile], columns: u8) -> Vec<Vec<(usize, u8)>> {
    let columns = columns.max(1);
    let mut rows: Vec<Vec<(usize, u8)>> = Vec::new();
    let mut left = 0;
    for (index, tile) in tiles.iter().enumerate() {
        let width = tile.width.clamp(1, columns);
        match rows.last_mut() {
            Some(row) if width <= left => {
                row.push((index, width));
                left -= width;
            }
            before => {
                if let Some((_, last)) = before.and_then(|row| row.last_mut()) {
                    *last += left;
                }
                rows.push(vec![(index, width)]);
                left = columns - width;
            }
        }
    }
    if let Some((_, last)) = rows.last_mut().and_then(|row| row.last_mut()) {
        *last += left;
    }
    rows
}

const fn one() -> u8 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Home;

    fn tile(dashlet: &str, width: u8) -> Tile {
        Tile { dashlet: dashlet.to_owned(), width, is_tall: false }
    }

    #[test]
    fn rows_are_full_and_keep_the_order() {
        let tiles = [tile("a", 1), tile("b", 2), tile("c", 2), tile("d", 3), tile("e", 1)];
        let tiles: Vec<&Tile> = tiles.iter().collect();
        let three = rows(&tiles, 3);
        assert_eq!(three, [vec![(0, 1), (1, 2)], vec![(2, 3)], vec![(3, 3)], vec![(4, 3)]]);
        for columns in 1..=3 {
            let rows = rows(&tiles, columns);
            let order: Vec<usize> = rows.iter().flatten().map(|(index, _)| *index).collect();
            assert_eq!(order, [0, 1, 2, 3, 4]);
            for row in &rows {
                assert_eq!(row.iter().map(|(_, width)| width).sum::<u8>(), columns);
            }
        }
        assert!(rows(&[], 3).is_empty());
    }

    #[test]
    fn the_packs_dashlets_are_all_on_a_board_and_fill_its_rows() {
        let knowledge = Knowledge::embedded().unwrap();
        let boards = given(&knowledge);
        let on_boards: usize = boards.iter().map(|board| board.tiles.len()).sum();
        assert_eq!(on_boards, knowledge.dashboards().len());
        assert_eq!(boards[1].tiles.len(), 9);
        for board in &boards {
            for columns in [2, 3] {
                let tiles: Vec<&Tile> = board.tiles.iter().collect();
                let rows = rows(&tiles, columns);
                let stretched = rows
                    .iter()
                    .flatten()
                    .filter(|(index, width)| *width > tiles[*index].width)
                    .count();
                assert!(stretched <= 1, "{} in {columns}: {rows:?}", board.id);
            }
        }
    }

    #[test]
    fn what_was_arranged_is_kept_and_what_was_not_follows_the_packs() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let knowledge = Knowledge::embedded().unwrap();
        {
            let kept = Kept::read(&home);
            let mut boards = Boards::kept(&kept, &knowledge);
            assert_eq!(boards.shown, OVERVIEW);
            boards.show(NINE);
            let nine = boards.shown_mut().unwrap();
            nine.move_tile(0, 2);
            nine.tiles[0].width = 3;
            nine.tiles.push(tile("of-a-pack-that-is-gone", 1));
            nine.is_changed = true;
            boards.add(Board::new(boards.free_title()));
            boards.compares = true;
            boards.keep(&kept);
        }
        let kept = Kept::read(&home);
        let mut boards = Boards::kept(&kept, &knowledge);
        assert!(boards.compares);
        assert_eq!(boards.shown_mut().unwrap().title, "My dashboard");
        assert_eq!(boards.free_title(), "My dashboard 2");
        let given = given(&knowledge);
        assert_eq!(boards.all[0], given[0]);
        assert_eq!(boards.all[1].tiles[2], given[1].tiles[0]);
        assert_eq!(boards.all[1].tiles.len(), 10);
        boards.remove_shown(&knowledge);
        assert_eq!(boards.all.len(), 2);
        boards.show(NINE);
        boards.remove_shown(&knowledge);
        assert_eq!(boards.all, given);
        boards.show_with("overview-places");
        assert_eq!(boards.shown, OVERVIEW);
        boards.show_with("no-such-dashlet");
        assert_eq!(boards.shown, OVERVIEW);
    }
}
