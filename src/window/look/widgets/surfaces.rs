//! What things lie on: cards, and banners that tell one thing.

use super::signs::{Sign, sign_at};
use super::texts;
use crate::window::look::{icons, theme};
use eframe::egui::{
    self, Align, CornerRadius, Frame, InnerResponse, Layout, Margin, Rect, Role, Sense, Stroke, Ui,
    UiBuilder, Vec2,
};

/// What a banner tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Worth knowing.
    Info,
    /// It worked.
    Good,
    /// Wants attention.
    Warn,
    /// Did not work.
    Bad,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Info => "Note",
            Self::Good => "Done",
            Self::Warn => "Warning",
            Self::Bad => "Problem",
        }
    }
}

/// A card as wide as there is room, with a hairline around it.
pub fn card<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let c = theme::of(ui);
    let theme::Theme { size, radius, space, .. } = theme::tokens();
    Frame::new()
        .fill(c.card)
        .stroke(Stroke::new(size.hairline, c.border))
        .corner_radius(CornerRadius::same(radius.card))
        .inner_margin(Margin::same(space.card_padding))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            contents(ui)
        })
}

/// Things in a line as high as they are, on as many lines as it takes: signs, pills, words.
pub fn flow<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> InnerResponse<R> {
    let before = ui.style().clone();
    ui.spacing_mut().interact_size.y = 0.0;
    let shown = ui.horizontal_wrapped(contents);
    ui.set_style(before);
    shown
}

/// A hairline across.
pub fn divider(ui: &mut Ui) {
    let c = theme::of(ui);
    let height = theme::tokens().size.hairline;
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(height, c.border));
}

/// One message across the page: a shape, a title, a sentence, and what one can do about it.
/// `text` may be empty.
pub fn banner<R>(
    ui: &mut Ui,
    kind: Kind,
    title: &str,
    text: &str,
    buttons: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    let c = theme::of(ui);
    let theme::Theme { radius, space, size, .. } = theme::tokens();
    let (color, soft) = match kind {
        Kind::Info => (c.info, c.info_soft),
        Kind::Good => (c.good, c.good_soft),
        Kind::Warn => (c.warn, c.warn_soft),
        Kind::Bad => (c.bad, c.bad_soft),
    };
    let shown = Frame::new()
        .fill(soft)
        .corner_radius(CornerRadius::same(radius.card))
        .inner_margin(Margin::symmetric(space.card_padding, 12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = space.medium;
                let side = Vec2::splat(size.sign + 2.0);
                let (rect, _) = ui.allocate_exact_size(side, Sense::hover());
                match kind {
                    Kind::Good => sign_at(ui, rect, Sign::Pass),
                    Kind::Warn => sign_at(ui, rect, Sign::Warn),
                    Kind::Bad => sign_at(ui, rect, Sign::Fail),
                    Kind::Info => info_at(ui, rect, color),
                }
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing = Vec2::new(space.small, space.tight);
                    texts::strong(ui, title);
                    if !text.is_empty() {
                        texts::body(ui, text);
                    }
                    // In a place of its own, which takes no room when there are no buttons.
                    let place = ui.available_rect_before_wrap().translate(Vec2::new(0.0, 4.0));
                    let row = Layout::left_to_right(Align::Min).with_main_wrap(true);
                    let mut below = ui.new_child(UiBuilder::new().max_rect(place).layout(row));
                    below.spacing_mut().item_spacing.y = space.small;
                    let inner = buttons(&mut below);
                    if below.min_rect().width() > 0.0 {
                        ui.allocate_rect(below.min_rect(), Sense::hover());
                    }
                    inner
                })
                .inner
            })
            .inner
        });
    let label = if text.is_empty() {
        format!("{}: {title}", kind.word())
    } else {
        format!("{}: {title}. {text}", kind.word())
    };
    ui.ctx().accesskit_node_builder(shown.response.id, |node| {
        node.set_role(if kind == Kind::Bad { Role::Alert } else { Role::Status });
        node.set_label(label);
        node.set_live(if kind == Kind::Bad {
            egui::accesskit::Live::Assertive
        } else {
            egui::accesskit::Live::Polite
        });
    });
    shown
}

fn info_at(ui: &Ui, rect: Rect, color: egui::Color32) {
    let font = egui::FontId::proportional(rect.height() + 1.0);
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icons::INFO, font, color);
}
