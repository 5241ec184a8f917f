//! The program's own fonts, once, for the window and for printed reports.
//!
//! Where the files come from and what was left out of them: `scripts/make-fonts.sh`. Licenses lie
//! beside them, under `assets/fonts`.

/// Inter, for text.
pub const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.ttf");

/// Inter in semibold, for titles.
pub const INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.ttf");
