//! How large the window is, remembered from one start to the next.
//!
//! Promises: a window comes back as large as it was left, maximized where it was, and never smaller
//! than it can be used; the size that a person gave it survives being maximized.

use eframe::egui;
use serde::{Deserialize, Serialize};

use super::kept::Kept;

const KEY: &str = "window";

/// Larger than any screen.
const LARGEST: f32 = 16_384.0;

/// How large the window is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outline {
    /// In points of the screen, as the console's letters may be larger than they usually are.
    pub size: [f32; 2],
    /// Whether it fills the screen.
    pub maximized: bool,
}

impl Outline {
    /// A window of this size.
    pub const fn of(size: [f32; 2]) -> Self {
        Self { size, maximized: false }
    }

    /// The console's window as it was left.
    pub fn remembered(kept: &Kept) -> Self {
        let outline = kept.get(KEY).unwrap_or(Self::of(super::CONSOLE_SIZE));
        Self { size: within(outline.size), ..outline }
    }

    /// Remembers how large the window is now.
    pub fn remember(ctx: &egui::Context, kept: &Kept) {
        let (viewport, zoom) = (ctx.input(|input| input.viewport().clone()), ctx.zoom_factor());
        let Some(inner) = viewport.inner_rect else { return };
        if viewport.minimized == Some(true) || viewport.fullscreen == Some(true) {
            return;
        }
        let maximized = viewport.maximized == Some(true);
        let before = kept.get::<Self>(KEY);
        let size = match before {
            Some(before) if maximized => before.size,
            _ if maximized => super::CONSOLE_SIZE,
            _ => [(inner.width() * zoom).round(), (inner.height() * zoom).round()],
        };
        let now = Self { size, maximized };
        if before != Some(now) {
            kept.set(KEY, &now);
        }
    }
}

/// A size that can be used, whatever a file says; what is no number is the smallest.
fn within([width, height]: [f32; 2]) -> [f32; 2] {
    let [least_width, least_height] = super::SMALLEST;
    [width.max(least_width).min(LARGEST), height.max(least_height).min(LARGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_cannot_be_used_is_mended() {
        assert_eq!(within([1.0, 900.0]), [640.0, 900.0]);
        assert_eq!(within([f32::NAN, 1e9]), [640.0, LARGEST]);
        assert_eq!(within([1200.0, 800.0]), [1200.0, 800.0]);
    }

    #[test]
    fn a_window_comes_back_as_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::read(&crate::base::Home::under(folder.path()));
        assert_eq!(Outline::remembered(&kept), Outline::of(crate::window::CONSOLE_SIZE));
        let ctx = egui::Context::default();
        let draw = |size: [f32; 2], maximized: bool| {
            let mut input = egui::RawInput::default();
            let viewport = input.viewports.entry(egui::ViewportId::ROOT).or_default();
            let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
            (viewport.inner_rect, viewport.maximized) = (Some(rect), Some(maximized));
            let mut output = ctx.run_ui(input, |ui| Outline::remember(ui.ctx(), &kept));
            // Nothing paints here.
            output.textures_delta.clear();
        };
        draw([1300.0, 800.0], false);
        draw([1920.0, 1080.0], true);
        assert_eq!(
            Outline::remembered(&kept),
            Outline { size: [1300.0, 800.0], maximized: true },
            "its own size is not forgotten"
        );
        draw([1000.0, 700.0], false);
        assert_eq!(Outline::remembered(&kept), Outline::of([1000.0, 700.0]));
    }
}
