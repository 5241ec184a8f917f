//! The bar above the table: a text to look for, filters as chips, saved searches.
//!
//! Promises: every filter there is shows as a chip with a way to take it away, whoever set it;
//! typing is waited for, and Enter does not wait.

mod chips;
mod editor;
mod saved;

use std::time::{Duration, Instant};

use eframe::egui::{self, Id, Margin, Popup, PopupCloseBehavior, Rect, Ui, Vec2, pos2};

use super::super::{Filter, Here};
use super::facets::{Facet, Piece, sentence};
use crate::window::look::{icons, theme, widgets};
use editor::Editor;
use saved::Searches;

/// How long after the last letter a text is looked for.
const TYPING: Duration = Duration::from_millis(450);

/// What the bar remembers between frames.
#[derive(Default)]
pub(super) struct FilterBar {
    /// The text as it is typed.
    typed: String,
    /// When its last letter was typed, until it is looked for.
    typed_at: Option<Instant>,
    /// What is open below the bar.
    open: Option<Open>,
    searches: Searches,
}

enum Open {
    /// The fields to filter by.
    Menu,
    /// The values of a field; below its chip, or below the menu's button.
    Values(Box<Editor>, Id),
    /// Saved searches.
    Saved,
}

impl FilterBar {
    /// Takes over a filter that came from elsewhere.
    pub fn take(&mut self, filter: &Filter) {
        self.typed.clone_from(&filter.text);
        self.typed_at = None;
        self.open = None;
    }

    /// Moves the keyboard's focus into the field for the text.
    pub fn focus(ui: &Ui) {
        ui.memory_mut(|memory| memory.request_focus(text_id()));
    }

    /// Draws it; `tools` draws what stands at the right end.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        here: &Here<'_>,
        filter: &mut Filter,
        tools: impl FnOnce(&mut Ui),
    ) {
        let before = filter.clone();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            self.text_ui(ui, filter);
            self.add_ui(ui, here, filter);
            self.saved_ui(ui, here, filter);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), tools);
        });
        self.chips_ui(ui, here, filter);
        if *filter != before && filter.text != self.typed {
            self.take(filter);
        }
    }

    fn text_ui(&mut self, ui: &mut Ui, filter: &mut Filter) {
        let colors = theme::of(ui);
        let control = theme::tokens().size.control;
        let width = if ui.available_width() < 760.0 { 180.0 } else { 260.0 };
        let edit = egui::TextEdit::singleline(&mut self.typed)
            .id(text_id())
            .desired_width(width)
            .min_size(Vec2::new(width, control))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin { left: 32, right: 10, top: 7, bottom: 7 })
            .hint_text("Search in records");
        let response = ui.add_sized([width, control], edit);
        let name = "Search in records";
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
        let at = pos2(response.rect.left() + 10.0, response.rect.center().y);
        let font = egui::FontId::proportional(theme::tokens().size.icon);
        let middle = egui::Align2::LEFT_CENTER;
        ui.painter().text(at, middle, icons::MAGNIFIER, font, colors.secondary);
        if response.changed() {
            self.typed_at = Some(Instant::now());
        }
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if let Some(at) = self.typed_at {
            let left = TYPING.saturating_sub(at.elapsed());
            if entered || left.is_zero() {
                self.typed_at = None;
                self.typed.trim().clone_into(&mut filter.text);
            } else {
                ui.ctx().request_repaint_after(left);
            }
        }
        response.on_hover_text(
            "Any text in the raw record, in any letter case: a part of a name, an address, an id",
        );
    }

    fn add_ui(&mut self, ui: &mut Ui, here: &Here<'_>, filter: &mut Filter) {
        let button = super::tool(ui, icons::FUNNEL, "Add filter");
        if button.clicked() {
            self.open = if self.open.is_some() { None } else { Some(Open::Menu) };
        }
        match &mut self.open {
            Some(Open::Menu) => {
                let mut chosen = None;
                let mut is_open = true;
                below(&button, "Filters", &mut is_open, |ui| {
                    ui.set_width(216.0);
                    for (i, facet) in Facet::ALL.into_iter().enumerate() {
                        let entry = entry_ui(ui, facet.icon(), facet.title());
                        focus_first(ui, &entry, i == 0);
                        if entry.clicked() {
                            chosen = Some(facet);
                        }
                    }
                    widgets::divider(ui);
                    let late =
                        if filter.late { "All, not only late ones" } else { "Late records only" };
                    if entry_ui(ui, icons::CLOCK_BACK, late).clicked() {
                        filter.late = !filter.late;
                        ui.close();
                    }
                });
                match chosen {
                    Some(facet) => {
                        self.open = Some(Open::Values(Box::new(Editor::new(facet)), button.id));
                    }
                    None if !is_open => {
                        self.open = None;
                        button.request_focus();
                    }
                    None => {}
                }
            }
            Some(Open::Values(editor, anchor)) if *anchor == button.id => {
                let mut is_open = true;
                below(&button, editor.facet().title(), &mut is_open, |ui| {
                    editor.ui(ui, here, filter);
                });
                if !is_open {
                    self.open = None;
                    button.request_focus();
                }
            }
            _ => {}
        }
    }

    fn saved_ui(&mut self, ui: &mut Ui, here: &Here<'_>, filter: &mut Filter) {
        let button = super::tool(ui, icons::BOOKMARK, "Saved searches");
        if button.clicked() {
            let is_open = matches!(self.open, Some(Open::Saved));
            self.open = if is_open { None } else { Some(Open::Saved) };
        }
        if matches!(self.open, Some(Open::Saved)) {
            let mut is_open = true;
            below(&button, "Saved searches", &mut is_open, |ui| {
                self.searches.ui(ui, here, filter);
            });
            if !is_open {
                self.open = None;
                self.searches.close();
                button.request_focus();
            }
        }
    }

    fn chips_ui(&mut self, ui: &mut Ui, here: &Here<'_>, filter: &mut Filter) {
        let knowledge = here.knowledge.map(|knowledge| &**knowledge);
        let pieces: Vec<Piece> =
            Piece::all_of(filter).into_iter().filter(|piece| *piece != Piece::Text).collect();
        if pieces.is_empty() && filter.text.is_empty() {
            return;
        }
        if !pieces.is_empty() {
            ui.add_space(8.0);
        }
        let mut removed = None;
        let row = widgets::flow(ui, |ui| {
            ui.spacing_mut().item_spacing = Vec2::new(8.0, 8.0);
            for piece in &pieces {
                let words = piece.words(filter, knowledge);
                let chip = chips::chip(ui, *piece, &words);
                if chip.removed {
                    removed = Some(*piece);
                }
                let Piece::Of(facet) = *piece else { continue };
                if chip.body.clicked() {
                    self.open = Some(Open::Values(Box::new(Editor::new(facet)), chip.body.id));
                }
                if let Some(Open::Values(editor, anchor)) = &mut self.open
                    && *anchor == chip.body.id
                {
                    let mut is_open = true;
                    below(&chip.body, facet.title(), &mut is_open, |ui| {
                        editor.ui(ui, here, filter);
                    });
                    if !is_open {
                        self.open = None;
                        chip.body.request_focus();
                    }
                }
            }
            if pieces.len() > 1 && widgets::link_button(ui, "Clear all").clicked() {
                *filter = Filter::default();
            }
        });
        if let Some(piece) = removed {
            piece.remove(filter);
            FilterBar::focus(ui);
        }
        let words = sentence(filter, knowledge);
        ui.ctx().accesskit_node_builder(row.response.id, |node| {
            node.set_role(egui::Role::Group);
            node.set_label(format!("Filters: {words}"));
        });
    }
}

fn text_id() -> Id {
    Id::unique("events search text")
}

/// What opens below a button or chip. Clicks beside it and Escape close it.
pub(super) fn below<R>(
    anchor: &egui::Response,
    name: &str,
    is_open: &mut bool,
    contents: impl FnOnce(&mut Ui) -> R,
) {
    Popup::from_response(anchor)
        .id(anchor.id.with("below"))
        .open_bool(is_open)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name(name)
        .gap(4.0)
        .show(contents);
}

/// Gives what just appeared the keyboard's focus.
pub(super) fn focus_first(ui: &Ui, response: &egui::Response, is_first: bool) {
    if !is_first {
        return;
    }
    let seen = response.id.with("appeared");
    let frame = ui.ctx().cumulative_pass_nr();
    let last: Option<u64> = ui.data(|data| data.get_temp(seen));
    if last.is_none_or(|last| last + 2 < frame) {
        response.request_focus();
    }
    ui.data_mut(|data| data.insert_temp(seen, frame));
}

/// What lies behind a line of a menu that is pointed at or has the keys.
pub(super) fn ground_ui(ui: &Ui, rect: Rect, response: &egui::Response) {
    let colors = theme::of(ui);
    let tokens = theme::tokens();
    let radius = f32::from(tokens.radius.control);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, radius, colors.sunken);
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(tokens.size.focus_ring, colors.accent);
        ui.painter().rect_stroke(rect, radius, ring, egui::StrokeKind::Inside);
    }
}

/// A line of a menu, as wide as the menu.
pub(super) fn entry_ui(ui: &mut Ui, icon: &str, words: &str) -> egui::Response {
    let colors = theme::of(ui);
    let tokens = theme::tokens();
    let size = Vec2::new(ui.available_width(), tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, words));
    if ui.is_rect_visible(rect) {
        ground_ui(ui, rect, &response);
        let font = egui::FontId::proportional(tokens.size.icon);
        let at = rect.left_center() + Vec2::new(8.0, 0.0);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, icon, font, colors.secondary);
        let left = rect.left() + 32.0;
        line_at(ui, Rect::from_min_max(pos2(left, rect.top()), rect.max), words, colors.text);
    }
    response
}

/// One line of text in the middle of `rect`, cut where it is too long; whether it was cut.
pub(super) fn line_at(ui: &Ui, rect: Rect, words: &str, color: egui::Color32) -> bool {
    let words = super::words::short(words);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width((rect.width() - 8.0).max(8.0));
    let galley = ui.painter().layout_job(job);
    let is_cut = galley.elided;
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    is_cut
}
