//! The scroll bar: by rows where all are here, by time where they are too many.

use eframe::egui::{self, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::listing::Listing;
use super::super::rows::{Handle, Target};
use crate::window::look::theme;
use crate::window::say;

/// How wide it is.
pub(super) const WIDTH: f32 = 14.0;

/// As short as the handle may be.
const SHORTEST: f32 = 28.0;

/// What the bar remembers between frames.
#[derive(Default)]
pub(super) struct Bar {
    /// While the handle is dragged: how far below its upper end it was taken, and what was last
    /// asked for.
    dragged: Option<(f32, Option<Target>)>,
}

impl Bar {
    /// Draws it, and goes where the handle is dragged to.
    pub fn ui(&mut self, ui: &mut Ui, rect: Rect, listing: &mut Listing, visible: f64) {
        let span = listing.span();
        let Some(handle) = listing.rows.handle(visible, span) else {
            self.dragged = None;
            return;
        };
        let handle = at_least(handle, (SHORTEST / rect.height().max(1.0)).min(1.0));
        let id = egui::Id::unique("events scroll bar");
        let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
        let y_of = |start: f32| rect.top() + start * rect.height();
        let pointer = response.interact_pointer_pos();
        let is_held = response.is_pointer_button_down_on() || response.dragged();
        let mut start = handle.start;
        match pointer.filter(|_| is_held) {
            Some(at) => {
                let top = y_of(handle.start);
                let length = handle.length * rect.height();
                // Taken beside the handle, the bar puts its middle there.
                let taken = at.y - top;
                let beside = !(0.0..=length).contains(&taken);
                let (grip, last) =
                    self.dragged.unwrap_or((if beside { length / 2.0 } else { taken }, None));
                start =
                    ((at.y - grip - rect.top()) / rect.height()).clamp(0.0, 1.0 - handle.length);
                let target = listing.rows.target(start, handle.length, visible, span);
                let is_new = last != Some(target) && (self.dragged.is_some() || beside);
                if is_new {
                    listing.go_to(target, visible);
                }
                self.dragged = Some((grip, if is_new { Some(target) } else { last }));
                if let Target::Time(time) = target {
                    bubble(ui, pos2(rect.left() - 8.0, y_of(start)), &say::stamp(time));
                }
            }
            None => self.dragged = None,
        }
        let top = listing.rows.get(listing.rows.top() as usize).map(|row| row.time);
        response.widget_info(|| {
            let at = top.map_or_else(String::new, |time| format!(", at {}", say::stamp(time)));
            let mut info =
                WidgetInfo::labeled(Role::ScrollBar, true, format!("Scroll through time{at}"));
            info.value = Some(f64::from(start) * 100.0);
            info
        });
        let colors = theme::of(ui);
        let strength = if is_held || response.hovered() { 0.7 } else { 0.35 };
        let place = pos2(rect.left() + 3.0, y_of(start));
        let handle = Rect::from_min_size(place, vec2(WIDTH - 6.0, handle.length * rect.height()));
        ui.painter().rect_filled(handle, 4.0, colors.secondary.gamma_multiply(strength));
    }
}

/// A handle that can be taken.
fn at_least(handle: Handle, shortest: f32) -> Handle {
    if handle.length >= shortest {
        return handle;
    }
    let share = handle.start / (1.0 - handle.length).max(f32::EPSILON);
    Handle { start: share * (1.0 - shortest), length: shortest }
}

/// A few words left of the handle.
fn bubble(ui: &Ui, right: egui::Pos2, words: &str) {
    let colors = theme::of(ui);
    let font = theme::numbers().resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(words.to_owned(), font, colors.on_accent);
    let size = galley.size() + vec2(16.0, 8.0);
    let rect = Rect::from_min_size(pos2(right.x - size.x, right.y), size);
    let painter = ui.ctx().layer_painter(egui::LayerId::new(
        egui::Order::Tooltip,
        egui::Id::unique("events scroll time"),
    ));
    painter.rect_filled(rect, f32::from(theme::tokens().radius.control), colors.accent);
    painter.galley(rect.min + vec2(8.0, 4.0), galley, colors.on_accent);
}
