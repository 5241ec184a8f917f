//! How the window looks: colors and sizes, fonts, icons, and the widgets pages are built from.
//!
//! Promises: every color and size comes from `assets/theme/theme.toml`; every widget has a name for
//! screen readers and can be reached and used with the keyboard; nothing asks for another frame
//! unless something on it moves, so an idle window draws nothing.
//!
//! A page calls [`install`] once, when the window opens, and builds itself from [`widgets`].

pub mod charts;
pub mod fonts;
pub mod icons;
pub mod looks;
pub mod theme;
pub mod widgets;

/// Gives the window its fonts, colors and sizes. Call it once, before the first frame.
pub fn install(ctx: &eframe::egui::Context, reduced_motion: bool) {
    fonts::install(ctx);
    theme::install(ctx, reduced_motion);
}
