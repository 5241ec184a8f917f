//! Dialogs: a question or a running check above the page, which waits behind.

use super::texts;
use crate::window::look::{icons, theme};
use eframe::egui::{
    self, Align, Context, CornerRadius, Frame, Id, Layout, Margin, Modal, Role, Stroke, Ui,
};

/// What a dialog gave back.
pub struct Dialog<R> {
    /// What its contents returned.
    pub inner: R,
    /// Escape was pressed or the cross clicked: show it no longer.
    pub closed: bool,
}

/// Shows a dialog while `open`. Escape and the cross close it; the keyboard's focus stays inside,
/// and goes back to where it was. Words behind it cannot be clicked; clicking them does nothing,
/// so that a slip of the hand ends no running check.
pub fn dialog<R>(
    ctx: &Context,
    title: &str,
    open: &mut bool,
    contents: impl FnOnce(&mut Ui) -> R,
) -> Option<Dialog<R>> {
    let id = Id::unique("dialog").with(title);
    let came_from = id.with("focus before");
    if !*open {
        // Once, after closing: back to where the focus was.
        let before: Option<Option<Id>> = ctx.data_mut(|data| data.remove_temp(came_from));
        if let Some(Some(before)) = before {
            ctx.memory_mut(|memory| memory.request_focus(before));
        }
        return None;
    }
    let known = ctx.data(|data| data.get_temp::<Option<Id>>(came_from).is_some());
    if !known {
        let focused = ctx.memory(egui::Memory::focused);
        ctx.data_mut(|data| data.insert_temp(came_from, focused));
        // From here on the keys belong to the dialog; what it offers first asks for them.
        if let Some(focused) = focused {
            ctx.memory_mut(|memory| memory.surrender_focus(focused));
        }
    }

    let dark = ctx.theme() == egui::Theme::Dark;
    let c = theme::colors_of(dark);
    let theme::Theme { size, radius, space, .. } = theme::tokens();
    let frame = Frame::new()
        .fill(c.card)
        .stroke(Stroke::new(size.hairline, c.border))
        .corner_radius(CornerRadius::same(radius.dialog))
        .inner_margin(Margin::same(space.dialog_padding))
        .shadow(egui::Shadow { offset: [0, 12], blur: 32, spread: 0, color: c.shadow });
    // One thing is the dialog to a screen reader, not the area around it as well.
    let area = Modal::default_area(id).role(Role::GenericContainer);
    let shown = Modal::new(id).area(area).frame(frame).backdrop_color(c.backdrop).show(ctx, |ui| {
        let room = ctx.content_rect().shrink(space.large * 2.0);
        ui.set_width(480.0_f32.min(room.width()));
        ui.set_max_height(room.height());
        let crossed = ui
            .horizontal_top(|ui| {
                // A long title wraps beside the cross.
                let words = ui.available_width() - size.control - space.small;
                ui.allocate_ui_with_layout(
                    egui::vec2(words, size.control),
                    Layout::left_to_right(Align::Center),
                    |ui| {
                        ui.set_width(words);
                        texts::page_title(ui, title);
                    },
                );
                super::icon_button(ui, icons::X, "Close").clicked()
            })
            .inner;
        ui.add_space(space.small);
        (contents(ui), crossed)
    });
    ctx.accesskit_node_builder(shown.response.id, |node| {
        node.set_role(Role::Dialog);
        node.set_label(title);
        node.set_modal();
    });
    let escaped = shown.is_top_modal
        && !shown.any_popup_open
        && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape));
    let (inner, crossed) = shown.inner;
    let closed = escaped || crossed || shown.response.should_close();
    if closed {
        *open = false;
    }
    Some(Dialog { inner, closed })
}
