//! “Dashboards”: boards of dashlets, drawn from the knowledge pack's data.
//!
//! Promises: going from one board to another takes no longer than asking the store for its numbers,
//! and shows what was there before at once; what a person arranged is kept, and comes back as it
//! was with “Cancel”.

mod answers;
mod boards;
pub(super) mod card;
mod csv;
mod customize;
mod drill;
mod grid;
mod menu;
mod picture;
mod save;
mod words;

#[cfg(test)]
mod tests;

use eframe::egui::{self, Role, Ui, WidgetInfo, vec2};

use super::Here;
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use boards::{Board, Boards};
pub(super) use grid::Grid;
use grid::How;

/// The page's own state.
#[derive(Default)]
pub(super) struct DashboardsPage {
    boards: Option<Boards>,
    /// As they were remembered last.
    kept: Option<Boards>,
    grid: Grid,
    /// A dashlet somebody wants to see.
    wanted: Option<String>,
    /// What is being arranged, and how everything was before.
    before: Option<Boards>,
}

impl DashboardsPage {
    /// Draws the page.
    pub fn ui(&mut self, ui: &mut egui::Ui, here: &mut Here<'_>) {
        let Some(knowledge) = here.knowledge else { return };
        let boards = self.boards.get_or_insert_with(|| Boards::kept(here.kept, knowledge));
        boards.follow(knowledge);
        if let Some(dashlet) = self.wanted.take()
            && self.before.is_none()
        {
            boards.show_with(&dashlet);
        }
        let is_arranging = self.before.is_some();
        let mut starts = false;
        top_ui(ui, boards, is_arranging, &mut starts);
        ui.add_space(theme::tokens().space.large);
        let compares = boards.compares;
        if is_arranging {
            let done = customize::bar_ui(ui, boards, knowledge);
            ui.add_space(theme::tokens().space.large);
            match done {
                Some(customize::Done::Keep) => self.before = None,
                Some(customize::Done::Cancel) => {
                    if let Some(before) = self.before.take() {
                        *boards = before;
                    }
                }
                None => {}
            }
        }
        let arranging = self.before.is_some();
        if let Some(board) = boards.shown_mut() {
            if board.tiles.is_empty() && !arranging {
                empty_ui(ui, &mut starts);
            }
            let how = How { compares, arranging, can_customize: !arranging };
            starts |= self.grid.ui(ui, here, board, how);
        }
        if starts && self.before.is_none() {
            self.before = Some(boards.clone());
        }
        if self.before.is_none() && self.kept.as_ref() != Some(boards) {
            boards.keep(here.kept);
            self.kept = Some(boards.clone());
        }
    }

    /// Shows a board with this dashlet.
    pub fn show(&mut self, dashlet: &str) {
        self.wanted = Some(dashlet.to_owned());
    }
}

/// The boards to choose from, and what one can do with the one that is shown.
fn top_ui(ui: &mut Ui, boards: &mut Boards, is_arranging: bool, starts: &mut bool) {
    ui.horizontal_wrapped(|ui| {
        let titles: Vec<(String, String)> =
            boards.all.iter().map(|board| (board.id.clone(), board.title.clone())).collect();
        ui.add_enabled_ui(!is_arranging, |ui| {
            for (id, title) in titles {
                if tab_ui(ui, &title, boards.shown == id) {
                    boards.show(&id);
                }
            }
            if widgets::icon_button(ui, icons::PLUS, "New dashboard").clicked() {
                boards.add(Board::new(boards.free_title()));
                *starts = true;
            }
        });
        let right = egui::Layout::right_to_left(egui::Align::Center);
        ui.with_layout(right, |ui| {
            if !is_arranging {
                let press = widgets::Press::quiet("Customize").icon(icons::SLIDERS);
                *starts |= ui.add(press).clicked();
            }
            let text = "Compare with the period before";
            let press = widgets::Press::quiet(text);
            let press = press.icon(if boards.compares { icons::CHECK } else { icons::CLOCK_BACK });
            let response = ui.add(press);
            let on = boards.compares;
            response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, text));
            if response.clicked() {
                boards.compares = !boards.compares;
            }
        });
    });
}

/// A board's name; whether it was clicked.
fn tab_ui(ui: &mut Ui, title: &str, is_here: bool) -> bool {
    let theme::Theme { size, radius, chart, .. } = theme::tokens();
    let colors = theme::of(ui);
    let style = if is_here { theme::strong() } else { egui::TextStyle::Body };
    let text = egui::RichText::new(title).text_style(style);
    let most = chart.ranking_width;
    let words = egui::WidgetText::from(text).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        most,
        egui::TextStyle::Body,
    );
    let is_cut = words.elided;
    let wanted = vec2(words.size().x + 2.0 * size.control_padding, size.control);
    let (rect, response) = ui.allocate_exact_size(wanted, egui::Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), is_here, title));
    let fill = if is_here {
        colors.accent_soft
    } else if response.hovered() {
        colors.sunken
    } else {
        egui::Color32::TRANSPARENT
    };
    let corner = egui::CornerRadius::same(radius.control);
    ui.painter().rect_filled(rect, corner, fill);
    let at = rect.center() - words.size() / 2.0;
    let color = if is_here { colors.accent } else { colors.text };
    ui.painter().galley(at, words, color);
    if response.has_focus() {
        let stroke = egui::Stroke::new(size.focus_ring, colors.accent);
        ui.painter().rect_stroke(rect, corner, stroke, egui::StrokeKind::Inside);
    }
    let clicked = response.clicked();
    if is_cut {
        response.on_hover_text(title);
    }
    clicked
}

fn empty_ui(ui: &mut Ui, starts: &mut bool) {
    ui.vertical_centered(|ui| {
        ui.add_space(theme::tokens().chart.height / 2.0);
        widgets::strong(ui, "Nothing on this dashboard yet");
        widgets::secondary(ui, "Add the dashlets you want to see together.");
        *starts |= widgets::quiet_button(ui, "Add dashlets").clicked();
    });
}
