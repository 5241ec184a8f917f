//! The command palette: one field from which everything is a few letters away.
//!
//! Promises: arrow keys and Enter choose, Escape closes and gives the keys back; a screen reader
//! hears the entry that is chosen while the keys stay in the field; drawing looks through names only.
//!
//! It follows the pattern of a combo box with a list.
//! Source: <https://www.w3.org/WAI/ARIA/apg/patterns/combobox/>.

mod entries;
mod matching;

use std::sync::Arc;

use eframe::egui::{self, Align2, Key, Modifiers, Role, accesskit};

use super::deed::Deed;
use super::shortcuts;
use crate::knowledge::Knowledge;
use crate::window::kept::Kept;
use crate::window::look::{icons, theme};
use crate::window::worker::Standing;
use entries::Entry;
pub(super) use matching::rank;

/// Where it is remembered what was chosen.
const KEY: &str = "palette.recent";

/// So many choices are remembered.
const REMEMBERED: usize = 20;

/// Its width, a row's height and the rows in sight.
const WIDTH: f32 = 600.0;
const ROW: f32 = 36.0;
const ROWS: f32 = 9.0;

/// The palette's own state.
#[derive(Default)]
pub(super) struct Palette {
    open: Option<Open>,
    /// What had the keys before, and gets them back when the palette is off the screen.
    back: Option<egui::Id>,
}

struct Open {
    typed: String,
    entries: Vec<Entry>,
    /// Whether the entries hold the knowledge packs' yet.
    with_knowledge: bool,
    recent: Vec<String>,
    found: Vec<Entry>,
    /// The place of the chosen entry among those found.
    chosen: usize,
    /// It was chosen by key: bring it into sight.
    moved: bool,
    /// What had the keys before.
    came_from: Option<egui::Id>,
}

impl Palette {
    /// Opens it, or closes it.
    pub fn toggle(
        &mut self,
        ctx: &egui::Context,
        kept: &Kept,
        standing: Option<&Standing>,
        names: &[String],
        knowledge: Option<&Arc<Knowledge>>,
    ) {
        if self.open.is_some() {
            self.close(ctx);
            return;
        }
        let mut open = Open {
            typed: String::new(),
            entries: entries::entries(standing, names, knowledge.map(AsRef::as_ref)),
            with_knowledge: knowledge.is_some(),
            recent: kept.get(KEY).unwrap_or_default(),
            found: Vec::new(),
            chosen: 0,
            moved: false,
            came_from: ctx.memory(egui::Memory::focused),
        };
        open.look();
        self.open = Some(open);
        ctx.request_repaint();
    }

    fn close(&mut self, ctx: &egui::Context) {
        self.back = self.open.take().and_then(|open| open.came_from);
        ctx.memory_mut(egui::Memory::stop_text_input);
        ctx.request_repaint();
    }

    /// Draws it while it is open; gives back what was chosen.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        kept: &Kept,
        standing: Option<&Standing>,
        names: &[String],
        knowledge: Option<&Arc<Knowledge>>,
    ) -> Option<Deed> {
        let Some(open) = &mut self.open else {
            // What lies behind a dialog may have the keys one frame after that is gone.
            if let Some(back) = self.back {
                ctx.request_repaint();
                if ctx.memory(|memory| memory.top_modal_layer().is_none()) {
                    self.back = None;
                    ctx.memory_mut(|memory| memory.request_focus(back));
                }
            }
            return None;
        };
        if !open.with_knowledge && knowledge.is_some() {
            open.entries = entries::entries(standing, names, knowledge.map(AsRef::as_ref));
            open.with_knowledge = true;
            open.look();
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        open.step(pressed(Key::ArrowDown), pressed(Key::ArrowUp));
        open.leap(pressed(Key::PageDown), pressed(Key::PageUp));
        let entered = pressed(Key::Enter);
        // Nothing else takes the keys.
        let _ = pressed(Key::Tab);
        let escaped = pressed(Key::Escape);
        let shown = window(ctx).show(ctx, |ui| open.ui(ui));
        ctx.accesskit_node_builder(shown.response.id, |node| {
            node.set_role(Role::Dialog);
            node.set_label("Command palette");
            node.set_modal();
        });
        let entry =
            shown.inner.or_else(|| entered.then(|| open.found.get(open.chosen)).flatten().cloned());
        if let Some(entry) = entry {
            open.remember(kept, &entry);
            self.close(ctx);
            return Some(entry.deed);
        }
        if escaped || shown.backdrop_response.clicked() {
            self.close(ctx);
        }
        None
    }
}

impl Open {
    fn look(&mut self) {
        self.found = entries::found(&self.entries, &self.recent, &self.typed);
        self.chosen = 0;
        self.moved = true;
    }

    /// One on or back, from the last to the first.
    fn step(&mut self, down: bool, up: bool) {
        let count = self.found.len().max(1);
        if down {
            self.chosen = (self.chosen + 1) % count;
        }
        if up {
            self.chosen = (self.chosen + count - 1) % count;
        }
        self.moved |= down || up;
    }

    /// As many on or back as are in sight.
    fn leap(&mut self, down: bool, up: bool) {
        let last = self.found.len().saturating_sub(1);
        if down {
            self.chosen = (self.chosen + ROWS as usize).min(last);
        }
        if up {
            self.chosen = self.chosen.saturating_sub(ROWS as usize);
        }
        self.moved |= down || up;
    }

    fn remember(&mut self, kept: &Kept, entry: &Entry) {
        if entry.id.is_empty() {
            return;
        }
        self.recent.retain(|id| *id != entry.id);
        self.recent.insert(0, entry.id.clone());
        self.recent.truncate(REMEMBERED);
        kept.set(KEY, &self.recent);
    }

    /// The field and what was found; gives back what was clicked.
    fn ui(&mut self, ui: &mut egui::Ui) -> Option<Entry> {
        let room = ui.ctx().content_rect().size();
        ui.set_width(WIDTH.min(room.x - 48.0));
        ui.spacing_mut().item_spacing.y = 0.0;
        let field = self.field_ui(ui);
        crate::window::look::widgets::divider(ui);
        ui.add_space(theme::tokens().space.tight);
        let list = ui.make_persistent_id("found");
        let (mut clicked, mut chosen) = (None, None);
        let height = (ROW * ROWS).min(room.y - 200.0).max(ROW * 2.0);
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            let place = ui.scope_builder(egui::UiBuilder::new().scope_id(list), |ui| {
                for (i, entry) in self.found.iter().enumerate() {
                    let row = row_ui(ui, entry, i == self.chosen);
                    if i == self.chosen {
                        chosen = Some(row.id);
                        if self.moved {
                            row.scroll_to_me(None);
                        }
                    }
                    if row.clicked() {
                        clicked = Some(entry.clone());
                    }
                }
            });
            ui.ctx().accesskit_node_builder(place.response.id, |node| {
                node.set_role(Role::ListBox);
                node.set_label("Found");
            });
            ui.ctx().accesskit_node_builder(field, |node| {
                node.push_controlled(place.response.id.accesskit_id());
            });
        });
        self.moved = false;
        ui.ctx().accesskit_node_builder(field, |node| {
            if let Some(chosen) = chosen {
                node.set_active_descendant(chosen.accesskit_id());
            }
        });
        clicked
    }

    fn field_ui(&mut self, ui: &mut egui::Ui) -> egui::Id {
        let colors = theme::of(ui);
        let theme::Theme { size, space, .. } = theme::tokens();
        let height = size.control + space.small;
        let line = egui::vec2(ui.available_width(), height);
        let middle = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(line, middle, |ui| {
            ui.spacing_mut().item_spacing.x = space.medium;
            ui.add_space(space.small);
            let side = egui::Vec2::splat(size.icon);
            let (rect, _) = ui.allocate_exact_size(side, egui::Sense::hover());
            let icon = egui::FontId::proportional(size.icon);
            let center = Align2::CENTER_CENTER;
            ui.painter().text(rect.center(), center, icons::MAGNIFIER, icon, colors.secondary);
            let id = ui.make_persistent_id("typed");
            let field = egui::TextEdit::singleline(&mut self.typed)
                .id(id)
                .frame(egui::Frame::NONE)
                .desired_width(f32::INFINITY)
                .margin(egui::Margin::ZERO)
                // Tab leads nowhere: there is nothing else to lead to.
                .lock_focus(true)
                .min_size(egui::vec2(0.0, height))
                .align(Align2::LEFT_CENTER)
                .hint_text("Go to a page, a rule, an account\u{2026}");
            let field = ui.add(field);
            if !field.has_focus() {
                field.request_focus();
            }
            if field.changed() {
                self.look();
            }
            ui.ctx().accesskit_node_builder(field.id, |node| {
                node.set_role(Role::EditableComboBox);
                node.set_label("Command palette");
                node.set_has_popup(accesskit::HasPopup::Listbox);
                node.set_expanded(true);
            });
            field.id
        })
        .inner
    }
}

/// Where it lies: above the middle, so that it stays while the list grows and shrinks.
fn window(ctx: &egui::Context) -> egui::Modal {
    let colors = theme::colors_of(ctx.theme() == egui::Theme::Dark);
    let theme::Theme { size, radius, .. } = theme::tokens();
    let id = egui::Id::unique("palette");
    let top = (ctx.content_rect().height() * 0.12).min(96.0);
    let area = egui::Modal::default_area(id).anchor(Align2::CENTER_TOP, egui::vec2(0.0, top));
    let frame = egui::Frame::new()
        .fill(colors.card)
        .stroke(egui::Stroke::new(size.hairline, colors.border))
        .corner_radius(egui::CornerRadius::same(radius.dialog))
        .shadow(ctx.global_style().visuals.window_shadow)
        .inner_margin(egui::Margin::same(8));
    egui::Modal::new(id).area(area).frame(frame).backdrop_color(colors.backdrop)
}

fn row_ui(ui: &mut egui::Ui, entry: &Entry, is_chosen: bool) -> egui::Response {
    let colors = theme::of(ui);
    let theme::Theme { size, space, radius, letters, .. } = theme::tokens();
    let wanted = egui::vec2(ui.available_width(), ROW);
    // The keys stay in the field.
    let (rect, response) = ui.allocate_exact_size(wanted, egui::Sense::CLICK);
    response.widget_info(|| {
        let words = format!("{}, {}", entry.title, entry.kind);
        egui::WidgetInfo::labeled(Role::ListBoxOption, true, words)
    });
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_selected(is_chosen));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let fill = match (is_chosen, response.hovered()) {
        (true, _) => Some(colors.accent_soft),
        (false, true) => Some(colors.sunken),
        (false, false) => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, f32::from(radius.control), fill);
    }
    let icon = egui::FontId::proportional(size.icon);
    let color = if is_chosen { colors.accent } else { colors.secondary };
    let at = rect.left_center() + egui::vec2(space.small, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, entry.icon, icon, color);
    let mut right = rect.right() - space.small;
    if let Some(key) = shortcuts::key_of(ui.ctx(), &entry.deed) {
        right = shortcuts::key_ui(ui, egui::pos2(right, rect.center().y), &key) - space.small;
    }
    let small = egui::FontId::proportional(letters.small);
    let kind = ui.painter().layout_no_wrap(entry.kind.to_owned(), small, colors.secondary);
    let at = egui::pos2(right - kind.size().x, rect.center().y - kind.size().y / 2.0);
    let left = rect.left() + space.small + size.icon + space.medium;
    let room = at.x - space.medium - left;
    ui.painter().galley(at, kind, colors.secondary);
    let title = egui::WidgetText::from(entry.title.as_str()).into_galley(
        ui,
        Some(egui::TextWrapMode::Truncate),
        room,
        egui::TextStyle::Body,
    );
    let at = egui::pos2(left, rect.center().y - title.size().y / 2.0);
    ui.painter().galley(at, title, colors.text);
    response
}
