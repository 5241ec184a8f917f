//! The fonts: bundled for Latin, Greek, Cyrillic, figures and icons; the system's for the rest.
//!
//! Promises: a name in any script is readable when the system has a font for it, without the pages
//! doing anything; numbers set with [`figures`] or [`numbers`] keep their width while they count.
//!
//! Chinese, Japanese, Korean, Arabic, Hebrew, Thai, emoji and so on are not bundled (tens of
//! megabytes). eframe asks the system for a font when a character is first drawn that no font here
//! has; what it finds is mapped, not copied. What the system lacks too is drawn as a box, silently, and not looked for
//! again: a test counts.
//!
//! Where the files come from and what was left out of them: `scripts/make-fonts.sh`. Licenses lie
//! beside them, under `assets/fonts`.

use eframe::egui::{self, FontData, FontDefinitions, FontFamily, FontId};
use std::sync::Arc;

use crate::base::fonts::{INTER, INTER_SEMIBOLD};

const INTER_TABULAR: &[u8] = include_bytes!("../../../assets/fonts/Inter-Tabular-Regular.ttf");
const INTER_TABULAR_SEMIBOLD: &[u8] =
    include_bytes!("../../../assets/fonts/Inter-Tabular-SemiBold.ttf");
const JETBRAINS_MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
const PHOSPHOR: &[u8] = include_bytes!("../../../assets/fonts/Phosphor.ttf");

/// The semibold weight, for titles and what should stand out.
pub fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Big figures: semibold, every digit as wide as the next.
pub fn figures() -> FontFamily {
    FontFamily::Name("figures".into())
}

/// Numbers in tables and lines: regular, every digit as wide as the next.
pub fn numbers() -> FontFamily {
    FontFamily::Name("numbers".into())
}

/// Puts the fonts in place of egui's own.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(definitions());
}

fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in [
        ("Inter", INTER),
        ("Inter SemiBold", INTER_SEMIBOLD),
        ("Inter Tabular", INTER_TABULAR),
        ("Inter Tabular SemiBold", INTER_TABULAR_SEMIBOLD),
        ("JetBrains Mono", JETBRAINS_MONO),
        ("Phosphor", PHOSPHOR),
    ] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    for (family, members) in [
        (FontFamily::Proportional, ["Inter", "Phosphor"].as_slice()),
        (FontFamily::Monospace, &["JetBrains Mono", "Inter", "Phosphor"]),
        (semibold(), &["Inter SemiBold", "Phosphor"]),
        (figures(), &["Inter Tabular SemiBold", "Inter SemiBold", "Phosphor"]),
        (numbers(), &["Inter Tabular", "Inter", "Phosphor"]),
    ] {
        fonts.families.insert(family, members.iter().map(|&name| name.to_owned()).collect());
    }
    fonts
}

/// Semibold in `size`.
pub fn semibold_id(size: f32) -> FontId {
    FontId::new(size, semibold())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::look::icons;
    use eframe::egui::epaint::text::{
        FallbackRequest, FontInsert, FontProvider, Fonts, TextOptions,
    };

    fn fonts() -> Fonts {
        Fonts::new(TextOptions::default(), definitions())
    }

    #[test]
    fn every_icon_has_a_glyph_in_every_family() {
        let mut fonts = fonts();
        for family in [FontFamily::Proportional, FontFamily::Monospace, semibold(), figures()] {
            for (name, icon) in icons::ALL {
                let id = FontId::new(14.0, family.clone());
                assert!(fonts.has_glyphs(&id, icon), "{name} has no glyph in {family}");
            }
        }
    }

    #[test]
    fn names_from_all_of_europe_need_no_font_of_the_system() {
        let mut fonts = fonts();
        for name in [
            "Zażółć Gęślą",
            "Þórður Æsir",
            "İğdır Şener",
            "Nguyễn Thị Hòa",
            "Ελένη Παπαδοπούλου",
            "Юлія Щербак",
            "Ђорђе Његош",
            "“quoted” – 3 × 5 ≤ €20 …",
        ] {
            for family in [FontFamily::Proportional, FontFamily::Monospace, semibold()] {
                let id = FontId::new(14.0, family.clone());
                assert!(fonts.has_glyphs(&id, name), "{name} in {family}");
            }
        }
    }

    /// Has no font for anything, and counts how often it is asked.
    #[derive(Default)]
    struct NoFont(std::sync::atomic::AtomicUsize);

    impl FontProvider for NoFont {
        fn font_for(&self, _: &FallbackRequest<'_>) -> Option<FontInsert> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            None
        }
    }

    #[test]
    fn what_no_font_has_is_looked_for_once_and_not_in_every_frame() {
        let provider = Arc::new(NoFont::default());
        let system = provider.clone();
        let mut harness = egui_kittest::Harness::builder()
            .allow_missing_glyphs()
            .with_context_setup(move |ctx| {
                install(ctx);
                ctx.add_font_provider(system.clone());
            })
            .build_ui_state(
                |ui, frame: &mut u32| {
                    *frame += 1;
                    // Other words in each frame, so that nothing is drawn from memory.
                    ui.label(format!("\u{65e5}\u{672c} \u{e123} {frame}"));
                },
                0,
            );
        harness.run_steps(20);
        assert!(*harness.state() >= 20);
        assert_eq!(provider.0.load(std::sync::atomic::Ordering::Relaxed), 3);
    }

    #[test]
    fn figures_keep_their_width_while_they_count() {
        let mut fonts = fonts();
        let mut fonts = fonts.with_pixels_per_point(1.0);
        for family in [figures(), numbers()] {
            let id = FontId::new(28.0, family);
            let zero = fonts.glyph_width(&id, '0');
            for digit in '1'..='9' {
                assert_eq!(fonts.glyph_width(&id, digit), zero, "{digit}");
            }
        }
    }
}
