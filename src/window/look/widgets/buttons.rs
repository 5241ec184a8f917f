//! Buttons: what is written on them is what they do.

use crate::window::look::{icons, theme};
use eframe::egui::{
    self, Color32, CornerRadius, Id, Response, RichText, Stroke, StrokeKind, TextStyle, Ui, Vec2,
    Widget, style::WidgetVisuals,
};
use std::time::Duration;

/// How long a copy button says that it has copied.
const COPIED_FOR: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    Primary,
    Quiet,
    Danger,
    Link,
}

/// A button, for `ui.add` and `ui.add_enabled`.
#[must_use = "a button shows when it is added: ui.add(…)"]
pub struct Press<'a> {
    weight: Weight,
    text: &'a str,
    icon: Option<&'a str>,
    icon_only: bool,
    width: f32,
}

impl<'a> Press<'a> {
    /// The one thing a page is for. At most one a page.
    pub fn primary(text: &'a str) -> Self {
        Self { weight: Weight::Primary, text, icon: None, icon_only: false, width: 0.0 }
    }

    /// Everything else one can do.
    pub fn quiet(text: &'a str) -> Self {
        Self { weight: Weight::Quiet, ..Self::primary(text) }
    }

    /// What cannot be undone.
    pub fn danger(text: &'a str) -> Self {
        Self { weight: Weight::Danger, ..Self::primary(text) }
    }

    /// Looks like a link, for side ways such as “Where do I find these?”.
    pub fn link(text: &'a str) -> Self {
        Self { weight: Weight::Link, ..Self::primary(text) }
    }

    /// Puts one of [`icons`] before the words.
    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// At least this wide.
    pub fn width(mut self, points: f32) -> Self {
        self.width = points;
        self
    }
}

impl Widget for Press<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let size = &theme::tokens().size;
        let style = match self.weight {
            Weight::Primary | Weight::Danger => theme::strong(),
            Weight::Quiet | Weight::Link => TextStyle::Button,
        };
        let words = RichText::new(self.text).text_style(style);
        let button = match self.icon.map(|icon| RichText::new(icon).size(size.icon)) {
            Some(icon) if self.icon_only => egui::Button::new(icon),
            Some(icon) => egui::Button::new((icon, words)).gap(6.0),
            None => egui::Button::new(words),
        };
        let button = button.wrap_mode(egui::TextWrapMode::Extend);
        let width = if self.icon_only { size.control } else { self.width };
        let button = match self.weight {
            Weight::Link => button.frame(false),
            _ => button.min_size(Vec2::new(width, size.control)),
        };

        let before = ui.style().clone();
        paint_like(ui, self.weight, self.icon_only);
        let response = ui.add(button);
        ui.set_style(before);

        focus_ring(ui, &response);
        if self.weight == Weight::Link && response.hovered() {
            let y = response.rect.bottom() - 1.0;
            let stroke = Stroke::new(1.0, theme::of(ui).accent_hover);
            ui.painter().hline(response.rect.x_range(), y, stroke);
        }
        response.accessible_name(self.text)
    }
}

fn paint_like(ui: &mut Ui, weight: Weight, icon_only: bool) {
    let c = theme::of(ui);
    let tokens = theme::tokens();
    let clear = Color32::TRANSPARENT;
    // Fill and edge, each at rest, under the pointer and pressed; and the color of the words.
    let (fill, edge, words) = match weight {
        Weight::Primary => ([c.accent, c.accent_hover, c.accent_pressed], [clear; 3], c.on_accent),
        Weight::Danger => ([c.bad, c.bad_hover, c.bad_pressed], [clear; 3], c.on_sign),
        Weight::Quiet if icon_only => ([clear, c.sunken, c.sunken], [clear; 3], c.secondary),
        Weight::Quiet => {
            ([c.card, c.sunken, c.sunken], [c.border, c.border_strong, c.border_strong], c.text)
        }
        Weight::Link => ([clear; 3], [clear; 3], c.accent),
    };
    let widgets = &mut ui.visuals_mut().widgets;
    for (visuals, fill, edge) in [
        (&mut widgets.inactive, fill[0], edge[0]),
        (&mut widgets.hovered, fill[1], edge[1]),
        (&mut widgets.active, fill[2], edge[2]),
        (&mut widgets.noninteractive, fill[0], edge[0]),
    ] {
        *visuals = WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: Stroke::new(tokens.size.hairline, edge),
            corner_radius: CornerRadius::same(tokens.radius.control),
            fg_stroke: Stroke::new(1.0, words),
            expansion: 0.0,
        };
    }
    if icon_only {
        ui.spacing_mut().button_padding = Vec2::splat(4.0);
    }
}

/// The ring around what has the keyboard's focus.
pub(super) fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let tokens = theme::tokens();
        let stroke = Stroke::new(tokens.size.focus_ring, theme::of(ui).accent);
        let radius = CornerRadius::same(tokens.radius.control.saturating_add(2));
        ui.painter().rect_stroke(response.rect.expand(2.0), radius, stroke, StrokeKind::Outside);
    }
}

/// The one thing a page is for.
pub fn primary_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(Press::primary(text))
}

/// Everything else one can do.
pub fn quiet_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(Press::quiet(text))
}

/// What cannot be undone.
pub fn danger_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(Press::danger(text))
}

/// Looks like a link.
pub fn link_button(ui: &mut Ui, text: &str) -> Response {
    ui.add(Press::link(text))
}

/// Only an icon; `label` is its name and shows when the pointer rests on it.
pub fn icon_button(ui: &mut Ui, icon: &str, label: &str) -> Response {
    let press = Press { icon: Some(icon), icon_only: true, ..Press::quiet(label) };
    ui.add(press).on_hover_text(label)
}

/// Copies `text` and says “Copied” for two seconds.
pub fn copy_button(ui: &mut Ui, text: &str) -> Response {
    let id: Id = ui.next_auto_id().with("copied");
    let now = ui.input(|input| input.time);
    let copied_at: Option<f64> = ui.data(|data| data.get_temp(id));
    let left = copied_at.map_or(0.0, |at| at + COPIED_FOR.as_secs_f64() - now);
    let press = if left > 0.0 {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
        Press::quiet("Copied").icon(icons::CHECK)
    } else {
        Press::quiet("Copy").icon(icons::COPY)
    };
    let response = ui.add(press);
    if response.clicked() {
        ui.ctx().copy_text(text.to_owned());
        ui.data_mut(|data| data.insert_temp(id, now));
        ui.ctx().request_repaint();
    }
    response
}
