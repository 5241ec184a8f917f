//! Fields to type into: the label above, help below, a mistake below that.
//!
//! Promises: what is typed is never changed here; a secret is shown only while the eye is open, and
//! to screen readers neither while it is closed.

use super::texts;
use crate::window::look::{icons, theme};
use eframe::egui::{self, Margin, Response, RichText, Stroke, TextEdit, Ui, Vec2};

/// How a field looks.
#[derive(Clone, Debug, Default)]
pub struct FieldSpec<'a> {
    /// Above the field; its name for screen readers.
    pub label: &'a str,
    /// Below the field, in the secondary color. May be empty.
    pub help: &'a str,
    /// What is wrong with it, below in red.
    pub error: Option<&'a str>,
    /// In the empty field. May be empty.
    pub placeholder: &'a str,
    /// Hidden, with an eye to look.
    pub secret: bool,
    /// In the typeface for keys and ids.
    pub mono: bool,
    /// How wide, in points; as wide as there is room without.
    pub width: Option<f32>,
}

/// What happened to a field.
pub struct FieldResponse {
    /// The field itself: changed, focus.
    pub response: Response,
    /// It was left just now: the moment to check it.
    pub left: bool,
    /// Enter was pressed in it just now.
    pub entered: bool,
}

/// A field of one line.
pub fn field(ui: &mut Ui, text: &mut String, spec: &FieldSpec<'_>) -> FieldResponse {
    let c = theme::of(ui);
    let theme::Theme { space, size, .. } = theme::tokens();
    let width = spec.width.unwrap_or_else(|| ui.available_width()).min(ui.available_width());
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = space.tight;
        ui.set_width(width);
        let label = texts::label(ui, spec.label);

        let id = ui.make_persistent_id(("field", spec.label));
        let eye_open = id.with("eye open");
        let open: bool = ui.data(|data| data.get_temp(eye_open)).unwrap_or(false);
        let eye_room = if spec.secret { size.control } else { 0.0 };

        let before = ui.style().clone();
        if spec.error.is_some() {
            let widgets = &mut ui.visuals_mut().widgets;
            for visuals in [&mut widgets.inactive, &mut widgets.hovered] {
                visuals.bg_stroke = Stroke::new(1.5, c.bad);
            }
            ui.visuals_mut().selection.stroke.color = c.bad;
        }
        let mut edit = TextEdit::singleline(text)
            .id(id)
            .desired_width(width)
            .min_size(Vec2::new(width, size.control))
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin { left: 10, right: 10 + eye_room as i8, top: 7, bottom: 7 })
            .password(spec.secret && !open)
            .hint_text(spec.placeholder);
        if spec.mono {
            edit = edit.font(egui::TextStyle::Monospace);
        }
        let response = ui.add(edit).labelled_by(label.id);
        ui.set_style(before);
        if response.gained_focus() {
            response.scroll_to_me(None);
        }

        if spec.secret {
            forget_history(ui, id);
            eye(ui, &response, spec.label, eye_open, open);
        }
        if !spec.help.is_empty() {
            let help = texts::small(ui, spec.help);
            ui.ctx().accesskit_node_builder(response.id, |node| {
                node.push_described_by(help.id.accesskit_id());
            });
        }
        if let Some(error) = spec.error {
            mistake(ui, &response, error);
        }

        // Fields of a form stand a little further apart than their parts do.
        ui.add_space(space.tight);
        // egui's own answer to that is true for two frames.
        let has_focus = response.has_focus();
        let had_focus = ui.data_mut(|data| {
            let before = data.get_temp_mut_or(id.with("had focus"), false);
            std::mem::replace(before, has_focus)
        });
        let left = had_focus && !has_focus;
        let entered = left && ui.input(|input| input.key_pressed(egui::Key::Enter));
        FieldResponse { response, left, entered }
    })
    .inner
}

/// The history for undoing would hold every secret that was ever typed here.
fn forget_history(ui: &Ui, id: egui::Id) {
    if let Some(mut state) = TextEdit::load_state(ui.ctx(), id) {
        state.clear_undoer();
        TextEdit::store_state(ui.ctx(), id, state);
    }
}

/// The eye at the right end of a secret field.
fn eye(ui: &mut Ui, field: &Response, label: &str, state: egui::Id, open: bool) {
    let side = theme::tokens().size.control;
    let center = egui::pos2(field.rect.right() - side / 2.0, field.rect.center().y);
    let rect = egui::Rect::from_center_size(center, Vec2::splat(side - 4.0));
    let what = label.to_lowercase();
    let (icon, name) = if open {
        (icons::EYE_SLASH, format!("Hide the {what}"))
    } else {
        (icons::EYE, format!("Show the {what}"))
    };
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    if super::buttons::icon_in(&mut inside, rect, icon, &name).clicked() {
        ui.data_mut(|data| data.insert_temp(state, !open));
    }
}

/// What is wrong, with a shape, in red, read out as soon as it appears.
fn mistake(ui: &mut Ui, field: &Response, error: &str) {
    let c = theme::of(ui);
    let shown = ui
        .horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(15.0), egui::Sense::hover());
            let font = egui::FontId::proportional(15.0);
            let center = egui::Align2::CENTER_CENTER;
            ui.painter().text(rect.center(), center, icons::WARNING_CIRCLE, font, c.bad);
            ui.add(egui::Label::new(RichText::new(error).small().color(c.bad)).wrap())
        })
        .inner;
    ui.ctx().accesskit_node_builder(shown.id, |node| {
        node.set_live(egui::accesskit::Live::Polite);
    });
    ui.ctx().accesskit_node_builder(field.id, |node| {
        node.set_invalid(egui::accesskit::Invalid::True);
        node.set_error_message(shown.id.accesskit_id());
    });
}
