//! The keys that work on every page, and the dialog that lists them.
//!
//! Promises: the table the dialog shows is the one the keys are read from; a letter that is typed
//! into a field is never taken for a command.

use eframe::egui::{self, Key, KeyboardShortcut, Modifiers};

use super::deed::Deed;
use super::{Go, Page};
use crate::window::look::{theme, widgets};
use crate::window::parts;

/// A few keys that do the same.
pub(super) struct Shortcut {
    /// Each of them does it.
    pub keys: &'static [KeyboardShortcut],
    /// What it does, in words.
    pub words: &'static str,
    pub deed: Deed,
}

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn page(keys: &'static [KeyboardShortcut], page: Page) -> Shortcut {
    Shortcut { keys, words: page.title(), deed: Deed::page(page) }
}

/// Every key that works on all pages.
pub(super) static TABLE: [Shortcut; 12] = [
    Shortcut {
        keys: &[command(Key::K)],
        words: "Go to a page, a rule, an account\u{2026}",
        deed: Deed::Palette,
    },
    page(&[command(Key::Num1)], Page::Overview),
    page(&[command(Key::Num2)], Page::Dashboards),
    page(&[command(Key::Num3)], Page::Events),
    page(&[command(Key::Num4)], Page::Categories),
    page(&[command(Key::Num5)], Page::Alerts),
    page(&[command(Key::Num6)], Page::Reports),
    page(&[command(Key::Num7)], Page::Completeness),
    page(&[command(Key::Num8)], Page::Settings),
    Shortcut { keys: &[command(Key::R)], words: "Collect now", deed: Deed::CollectNow },
    Shortcut {
        keys: &[command(Key::N)],
        words: "Add account\u{2026}",
        deed: Deed::Go(Go::AddAccount),
    },
    Shortcut {
        keys: &[plain(Key::F1), plain(Key::Questionmark)],
        words: "Show these keys",
        deed: Deed::Keys,
    },
];

/// What other keys do, everywhere the same; the controls themselves read them.
const OTHERS: [(&str, &str); 6] = [
    ("Tab", "To the next control; with Shift, back"),
    ("Enter", "Use what has the keys"),
    ("Arrows", "Move in menus, lists and calendars"),
    ("Esc", "Close a dialog, a menu, a record"),
    ("Ctrl +, Ctrl \u{2212}", "Larger and smaller letters"),
    ("Ctrl 0", "Letters of the usual size"),
];

/// The title of the dialog.
const TITLE: &str = "Keys";

/// What was pressed, if it is anything in the table. A dialog keeps the keys to itself.
pub(super) fn pressed(ctx: &egui::Context) -> Vec<Deed> {
    let in_dialog = ctx.memory(|memory| memory.top_modal_layer().is_some());
    let in_field = ctx.text_edit_focused();
    let is_pressed = |keys: &&Shortcut| {
        keys.keys.iter().any(|key| {
            let typed = key.modifiers.is_none() && key.logical_key == Key::Questionmark;
            if in_dialog && keys.deed != Deed::Palette || typed && in_field {
                return false;
            }
            ctx.input_mut(|input| input.consume_shortcut(key))
        })
    };
    TABLE.iter().filter(is_pressed).map(|shortcut| shortcut.deed.clone()).collect()
}

/// The first key of a deed, as this system writes it: `Ctrl+K`.
pub(super) fn key_of(ctx: &egui::Context, deed: &Deed) -> Option<String> {
    let shortcut = TABLE.iter().find(|shortcut| shortcut.deed == *deed)?;
    Some(ctx.format_shortcut(shortcut.keys.first()?))
}

/// The dialog with all keys, while `open`.
pub(super) fn dialog_ui(ctx: &egui::Context, open: &mut bool) {
    let mut done = false;
    widgets::dialog(ctx, TITLE, open, |ui| {
        parts::dialog_body(ui, 0.0, |ui| {
            ui.spacing_mut().item_spacing.y = theme::tokens().space.tight;
            for Shortcut { keys, words, .. } in &TABLE {
                let keys: Vec<String> = keys.iter().map(|key| ctx.format_shortcut(key)).collect();
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                row_ui(ui, &keys, words);
            }
            ui.add_space(8.0);
            widgets::divider(ui);
            ui.add_space(8.0);
            for (keys, words) in OTHERS {
                let keys: Vec<&str> = keys.split(", ").collect();
                row_ui(ui, &keys, words);
            }
        });
        ui.add_space(12.0);
        parts::buttons_right(ui, |ui| {
            let button = widgets::quiet_button(ui, "Done");
            if ui.memory(|memory| memory.focused().is_none()) {
                button.request_focus();
            }
            done = button.clicked();
        });
    });
    if done {
        *open = false;
        ctx.request_repaint();
    }
}

/// Words at the left, keys at the right.
fn row_ui(ui: &mut egui::Ui, keys: &[&str], words: &str) {
    let size = egui::vec2(ui.available_width(), 28.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| {
        egui::WidgetInfo::labeled(egui::Role::Row, true, format!("{words}: {}", keys.join(" or ")))
    });
    let colors = theme::of(ui);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let place = rect.left_center();
    ui.painter().text(place, egui::Align2::LEFT_CENTER, words, font, colors.text);
    let mut right = rect.right() - 1.0;
    for key in keys.iter().rev() {
        right = key_ui(ui, egui::pos2(right, rect.center().y), key) - 6.0;
    }
}

/// A key as it looks, its right end there; gives back its left end.
pub(super) fn key_ui(ui: &egui::Ui, right: egui::Pos2, key: &str) -> f32 {
    let colors = theme::of(ui);
    let theme::Theme { size, radius, letters, .. } = theme::tokens();
    let font = egui::FontId::proportional(letters.small);
    let galley = ui.painter().layout_no_wrap(key.to_owned(), font, colors.secondary);
    let cap = galley.size() + egui::vec2(12.0, 6.0);
    let cap = egui::vec2(cap.x.max(cap.y), cap.y);
    let place = egui::Rect::from_min_size(right - egui::vec2(cap.x, cap.y / 2.0), cap);
    let stroke = egui::Stroke::new(size.hairline, colors.border);
    let round = egui::CornerRadius::same(radius.control.saturating_sub(2));
    ui.painter().rect(place, round, colors.sunken, stroke, egui::StrokeKind::Inside);
    ui.painter().galley(place.center() - galley.size() / 2.0, galley, colors.secondary);
    place.left()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_key_and_no_key_does_two_things() {
        for page in Page::ALL {
            assert!(TABLE.iter().any(|row| row.deed == Deed::page(page)), "{page:?}");
        }
        let mut keys: Vec<_> = TABLE.iter().flat_map(|row| row.keys).collect();
        let count = keys.len();
        keys.sort_by_key(|key| format!("{key:?}"));
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
