//! Buttons: what is written on them is what they do.

use crate::window::look::{fonts, icons, theme};
use eframe::egui::{
    Color32, CornerRadius, CursorIcon, FontId, Id, Label, Rect, Response, RichText, Role, Sense,
    Stroke, StrokeKind, Ui, Widget, WidgetInfo, pos2, vec2,
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
        let theme::Theme { size, letters, .. } = theme::tokens();
        let font = match self.weight {
            Weight::Primary | Weight::Danger => fonts::semibold_id(letters.body),
            Weight::Quiet | Weight::Link => FontId::proportional(letters.body),
        };
        // The color is known once the pointer's place is.
        let lay = |text: &str, font: FontId| {
            ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER)
        };
        let icon = self.icon.map(|icon| lay(icon, FontId::proportional(size.icon)));
        let words = (!self.icon_only).then(|| lay(self.text, font));
        let gap = if icon.is_some() && words.is_some() { 6.0 } else { 0.0 };
        let parts: Vec<_> = icon.into_iter().chain(words).collect();
        let content = parts.iter().map(|part| part.size().x).sum::<f32>() + gap;
        let wanted = match self.weight {
            Weight::Link => content,
            _ if self.icon_only => self.width.max(1.0),
            _ => (content + 2.0 * size.control_padding).max(size.button_width).max(self.width),
        };
        let height = if self.icon_only { wanted } else { size.control };

        let (rect, response) = ui.allocate_exact_size(vec2(wanted, height), Sense::click());
        let role = if self.weight == Weight::Link { Role::Link } else { Role::Button };
        response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), self.text));
        if ui.is_rect_visible(rect) {
            let Paint { fill, edge, words } = paint(ui, &response, self.weight, self.icon_only);
            let radius = CornerRadius::same(theme::tokens().radius.control);
            let stroke = Stroke::new(size.hairline, edge);
            ui.painter().rect(rect, radius, fill, stroke, StrokeKind::Inside);
            let mut x = rect.center().x - content / 2.0;
            if self.weight == Weight::Link {
                x = rect.left();
                if response.hovered() {
                    let line = Stroke::new(1.0, words);
                    let below = rect.center().y + letters.body * 0.62;
                    ui.painter().hline(rect.x_range(), below, line);
                }
            }
            for part in parts {
                let place = pos2(x, rect.center().y - part.size().y / 2.0);
                x += part.size().x + gap;
                ui.painter().galley(place, part, words);
            }
        }
        focus_ring(ui, &response);
        response.on_hover_cursor(CursorIcon::PointingHand)
    }
}

struct Paint {
    fill: Color32,
    edge: Color32,
    words: Color32,
}

fn paint(ui: &Ui, response: &Response, weight: Weight, icon_only: bool) -> Paint {
    let c = theme::of(ui);
    let clear = Color32::TRANSPARENT;
    let pressed = response.is_pointer_button_down_on();
    let hovered = response.hovered();
    let among = |rest: Color32, under_pointer: Color32, down: Color32| match (pressed, hovered) {
        (true, _) => down,
        (false, true) => under_pointer,
        (false, false) => rest,
    };
    match weight {
        // What cannot be pressed loses its color, not only its strength.
        Weight::Primary | Weight::Danger if !response.enabled() => {
            Paint { fill: c.border, edge: clear, words: c.text }
        }
        Weight::Primary => Paint {
            fill: among(c.accent, c.accent_hover, c.accent_pressed),
            edge: clear,
            words: c.on_accent,
        },
        Weight::Danger => {
            Paint { fill: among(c.bad, c.bad_hover, c.bad_pressed), edge: clear, words: c.on_sign }
        }
        Weight::Quiet if icon_only => Paint {
            fill: among(clear, c.sunken, c.border),
            edge: clear,
            words: among(c.secondary, c.text, c.text),
        },
        Weight::Quiet => Paint {
            fill: among(c.card, c.sunken, c.border),
            edge: among(c.button_edge, c.border_strong, c.border_strong),
            words: c.text,
        },
        Weight::Link => Paint {
            fill: clear,
            edge: clear,
            words: among(c.accent, c.accent_hover, c.accent_pressed),
        },
    }
}

/// The ring around what has the keyboard's focus, which comes into sight as well.
pub(super) fn focus_ring(ui: &Ui, response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
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

/// A name that leads somewhere: looks like a link, and is cut where it is too long.
pub fn name_link(ui: &mut Ui, name: &str) -> Response {
    let text = RichText::new(name).color(theme::of(ui).accent);
    let response = ui.add(Label::new(text).truncate().sense(Sense::click()));
    response.widget_info(|| WidgetInfo::labeled(Role::Link, ui.is_enabled(), name));
    if response.hovered() {
        let line = Stroke::new(1.0, theme::of(ui).accent_hover);
        ui.painter().hline(response.rect.x_range(), response.rect.bottom(), line);
    }
    focus_ring(ui, &response);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// Only an icon; `label` is its name and shows when the pointer rests on it.
pub fn icon_button(ui: &mut Ui, icon: &str, label: &str) -> Response {
    let width = theme::tokens().size.control;
    let press = Press { icon: Some(icon), icon_only: true, width, ..Press::quiet(label) };
    ui.add(press).on_hover_text(label)
}

/// The same, where it is to fit into `rect`.
pub(super) fn icon_in(ui: &mut Ui, rect: Rect, icon: &str, label: &str) -> Response {
    let width = rect.width();
    let press = Press { icon: Some(icon), icon_only: true, width, ..Press::quiet(label) };
    ui.put(rect, press).on_hover_text(label)
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
