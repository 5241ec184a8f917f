//! The line above every page: its title, whose records of what time are looked at, how all stands.
//!
//! Promises: the account and the range are offered only where a page goes by them, and hold for all
//! pages; in a narrow window each part gives way before another is pushed out.

mod calendar;
mod chooser;
mod custom;
mod typed;

use eframe::egui::{self, Popup, PopupCloseBehavior};

use super::range::Range;
use super::{Page, View, is_narrow, overview, palette};
use crate::window::look::widgets;
use crate::window::look::{icons, theme};
use crate::window::worker::Standing;
use crate::window::{parts, say};
use chooser::{choice, chooser};
use custom::Custom;

/// From so many accounts on there is a field to find one.
const FIELD_FROM: usize = 13;

/// Below this width the line has no room for words that can be done without.
const TIGHT: f32 = 800.0;

/// The line's own state.
#[derive(Default)]
pub(super) struct Top {
    custom: Custom,
    /// What was typed to find an account.
    find: String,
}

impl Top {
    /// Asks for a range of time.
    pub fn ask_range(&mut self, range: Range) {
        self.custom.open(range);
    }

    /// Draws the line and what opens from it.
    pub fn ui(
        &mut self,
        ui: &mut egui::Ui,
        page: Page,
        view: &mut View,
        names: &[String],
        standing: Option<&Standing>,
    ) {
        let side = if is_narrow(ui.ctx()) { 16 } else { 24 };
        egui::Panel::top("title")
            .frame(parts::ground(ui, side, 12))
            .show_separator_line(true)
            .show(ui, |ui| {
                ui.horizontal(|ui| {
                    let title = egui::RichText::new(page.title()).heading();
                    let title = ui.label(title);
                    ui.ctx().accesskit_node_builder(title.id, |node| {
                        node.set_role(egui::Role::Heading);
                        node.clear_value();
                        node.set_label(page.title());
                    });
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        if let Some(standing) = standing {
                            pill_ui(ui, standing);
                        }
                        // In reading order from the left.
                        let left = egui::Layout::left_to_right(egui::Align::Center);
                        ui.with_layout(left, |ui| self.filters_ui(ui, page, view, names));
                    });
                });
            });
        if let Some(range) = self.custom.ui(ui.ctx()) {
            view.range = range;
        }
    }

    /// Account and range, at the right end of what room there is.
    fn filters_ui(&mut self, ui: &mut egui::Ui, page: Page, view: &mut View, names: &[String]) {
        let has_account = page.has_account() && names.len() > 1;
        let (accounts, ranges) =
            (f32::from(u8::from(has_account)), f32::from(u8::from(page.has_range())));
        let parts = accounts + ranges;
        if parts < 1.0 {
            return;
        }
        let gap = ui.spacing().item_spacing.x;
        let room = (ui.available_width() - gap * (parts - 1.0) - 8.0) / parts;
        let is_custom = matches!(view.range, Range::Between(..));
        let range_width = room.clamp(96.0, if is_custom { 248.0 } else { 168.0 });
        let account_width = room.clamp(96.0, 200.0);
        let wanted = accounts * account_width + ranges * range_width + gap * parts;
        ui.add_space((ui.available_width() - wanted).max(0.0));
        if has_account {
            self.account_ui(ui, view, names, account_width);
        }
        if page.has_range() {
            self.range_ui(ui, view, range_width);
        }
    }

    fn account_ui(&mut self, ui: &mut egui::Ui, view: &mut View, names: &[String], width: f32) {
        let shown = view.account.as_deref().unwrap_or("All accounts");
        let button = chooser(ui, icons::BUILDINGS, "Account", shown, width);
        let closing = PopupCloseBehavior::CloseOnClickOutside;
        let popup =
            Popup::menu(&button).close_behavior(closing).width(width.max(280.0)).show(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let has_field = names.len() >= FIELD_FROM;
                let (mut first, mut into_list) = (false, false);
                if has_field {
                    (first, into_list) = self.find_ui(ui, &button);
                }
                let find = if has_field { self.find.trim() } else { "" };
                egui::ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                    ui.set_width(ui.available_width());
                    let all = find.is_empty().then_some(None);
                    let found = found(names, find).into_iter().map(Some);
                    let mut is_empty = true;
                    for name in all.into_iter().chain(found) {
                        let title = name.map_or("All accounts", String::as_str);
                        let entry = choice(ui, title, view.account.as_ref() == name);
                        if std::mem::take(&mut into_list) {
                            entry.request_focus();
                        }
                        if std::mem::take(&mut first) || entry.clicked() {
                            view.account = name.cloned();
                            ui.close();
                        }
                        is_empty = false;
                    }
                    if is_empty {
                        widgets::small(ui, "No account has this in its name");
                    }
                });
            });
        if popup.is_none() {
            self.find.clear();
        }
    }

    /// The field to find an account; whether Enter was pressed in it, and the arrow down.
    fn find_ui(&mut self, ui: &mut egui::Ui, button: &egui::Response) -> (bool, bool) {
        let field = egui::TextEdit::singleline(&mut self.find)
            .hint_text("Find an account")
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        ui.ctx().accesskit_node_builder(field.id, |node| {
            node.set_role(egui::Role::SearchInput);
            node.set_label("Find an account");
        });
        if ui.memory(|memory| memory.focused() == Some(button.id)) {
            field.request_focus();
        }
        ui.add_space(theme::tokens().space.tight);
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let entered = field.lost_focus() && pressed(egui::Key::Enter);
        let down = field.has_focus() && pressed(egui::Key::ArrowDown);
        (entered && !self.find.trim().is_empty(), down)
    }

    fn range_ui(&mut self, ui: &mut egui::Ui, view: &mut View, width: f32) {
        let shown = words(view.range);
        let button = chooser(ui, icons::CALENDAR, "Time range", &shown, width);
        Popup::menu(&button).width(width.max(240.0)).show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for range in Range::LAST {
                if choice(ui, range.title(), view.range == range).clicked() {
                    view.range = range;
                }
            }
            let is_custom = matches!(view.range, Range::Between(..));
            if choice(ui, "Custom range\u{2026}", is_custom).clicked() {
                self.custom.open(view.range);
            }
            widgets::divider(ui);
            ui.add_space(theme::tokens().space.tight);
            ui.horizontal(|ui| {
                ui.add_space(theme::tokens().space.small);
                widgets::small(ui, &format!("Times in {}", say::zone_words()));
            });
        });
    }
}

/// A range in words: “Last 7 days”, “2026-03-01 – 2026-03-04”.
fn words(range: Range) -> String {
    match range {
        Range::Between(since, until) => typed::words(since, until, &say::zone()),
        last => last.title().to_owned(),
    }
}

/// The accounts whose name fits, the best first.
fn found<'a>(names: &'a [String], find: &str) -> Vec<&'a String> {
    let mut found: Vec<_> =
        names.iter().filter_map(|name| Some((palette::rank(find, name)?, name))).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, name)| name).collect()
}

/// How all stands; only its shape where there is no room.
fn pill_ui(ui: &mut egui::Ui, standing: &Standing) {
    let summary = &standing.summary;
    let sign = overview::sign_of_all(summary.state);
    let words = summary.state.title();
    let pill = if ui.ctx().content_rect().width() < TIGHT {
        let side = egui::Vec2::splat(theme::tokens().size.sign + 4.0);
        let (rect, response) = ui.allocate_exact_size(side, egui::Sense::hover());
        widgets::sign_at(ui, rect, sign);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Status, true, words));
        response
    } else {
        widgets::pill(ui, sign, words)
    };
    pill.on_hover_text(&summary.words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_the_beginnings_of_its_words() {
        let names = ["Northwind Traders", "Contoso West", "Contoso"].map(str::to_owned);
        assert_eq!(found(&names, "cont"), [&names[1], &names[2]]);
        assert_eq!(found(&names, "west"), [&names[1]]);
        assert!(found(&names, "zebra").is_empty());
    }
}
