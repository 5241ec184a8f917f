//! Colors and sizes, from `assets/theme/theme.toml`, and egui's style made of them.
//!
//! Promises: light and dark follow the system, and light stands in where the system does not say;
//! text stands out from what it lies on by at least 4.5 to 1, the edge of a field by 3 to 1; what
//! has the keyboard's focus wears a ring in the accent color.
//!
//! The file is compiled in, so it is there and readable or a test fails; there is nothing to be
//! left over from a crash. Source of the two ratios: <https://www.w3.org/TR/WCAG22/>, 1.4.3 and
//! 1.4.11.

use super::fonts;
use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, Style, TextStyle,
    ThemePreference, Vec2, Visuals, style::WidgetVisuals,
};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::sync::LazyLock;

/// Everything the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Theme {
    pub version: u32,
    pub light: Colors,
    pub dark: Colors,
    pub space: Space,
    pub size: Size,
    pub radius: Radius,
    #[serde(rename = "type")]
    pub letters: Letters,
    pub motion: Motion,
    pub chart: Chart,
}

/// The colors of one mode.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Colors {
    #[serde(deserialize_with = "color")]
    pub ground: Color32,
    #[serde(deserialize_with = "color")]
    pub card: Color32,
    #[serde(deserialize_with = "color")]
    pub sunken: Color32,
    #[serde(deserialize_with = "color")]
    pub border: Color32,
    #[serde(deserialize_with = "color")]
    pub border_strong: Color32,
    #[serde(deserialize_with = "color")]
    pub button_edge: Color32,
    #[serde(deserialize_with = "color")]
    pub text: Color32,
    #[serde(deserialize_with = "color")]
    pub secondary: Color32,
    #[serde(deserialize_with = "color")]
    pub accent: Color32,
    #[serde(deserialize_with = "color")]
    pub accent_hover: Color32,
    #[serde(deserialize_with = "color")]
    pub accent_pressed: Color32,
    #[serde(deserialize_with = "color")]
    pub accent_soft: Color32,
    #[serde(deserialize_with = "color")]
    pub on_accent: Color32,
    #[serde(deserialize_with = "color")]
    pub good: Color32,
    #[serde(deserialize_with = "color")]
    pub good_soft: Color32,
    #[serde(deserialize_with = "color")]
    pub warn: Color32,
    #[serde(deserialize_with = "color")]
    pub warn_soft: Color32,
    #[serde(deserialize_with = "color")]
    pub bad: Color32,
    #[serde(deserialize_with = "color")]
    pub bad_hover: Color32,
    #[serde(deserialize_with = "color")]
    pub bad_pressed: Color32,
    #[serde(deserialize_with = "color")]
    pub bad_soft: Color32,
    #[serde(deserialize_with = "color")]
    pub info: Color32,
    #[serde(deserialize_with = "color")]
    pub info_soft: Color32,
    #[serde(deserialize_with = "color")]
    pub on_sign: Color32,
    #[serde(deserialize_with = "color")]
    pub backdrop: Color32,
    #[serde(deserialize_with = "color")]
    pub shadow: Color32,
    pub disabled: f32,
}

/// What lies between things, in points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Space {
    pub tight: f32,
    pub small: f32,
    pub medium: f32,
    pub large: f32,
    pub huge: f32,
    pub card_padding: i8,
    pub dialog_padding: i8,
}

/// How large things are, in points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Size {
    pub control: f32,
    pub control_padding: f32,
    pub button_width: f32,
    pub sign: f32,
    pub icon: f32,
    pub hairline: f32,
    pub focus_ring: f32,
    pub tooltip: f32,
}

/// How round corners are, in points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Radius {
    pub card: u8,
    pub control: u8,
    pub dialog: u8,
}

/// How large letters are, in points.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Letters {
    pub small: f32,
    pub body: f32,
    pub mono: f32,
    pub card_title: f32,
    pub page_title: f32,
    pub figure: f32,
}

/// How long what moves takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Motion {
    pub panel_ms: u16,
}

/// The colors of charts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the file explains its own words")]
pub struct Chart {
    #[serde(deserialize_with = "colors")]
    pub series: Vec<Color32>,
    #[serde(deserialize_with = "colors")]
    pub series_dark: Vec<Color32>,
    #[serde(deserialize_with = "colors")]
    pub ramp: Vec<Color32>,
    #[serde(deserialize_with = "colors")]
    pub ramp_dark: Vec<Color32>,
    pub height: f32,
    pub tall: f32,
    pub row: f32,
    pub row_padding: f32,
    pub line: f32,
    pub dash: f32,
    pub gap: f32,
    pub mark: f32,
    pub bar: f32,
    pub bar_width: f32,
    pub bar_radius: u8,
    pub name_width: f32,
    pub number_width: f32,
    pub tick_width: f32,
    pub ranking_width: f32,
    pub map_width: f32,
    pub dot: f32,
    pub swatch: f32,
    pub unfinished: f32,
}

static THEME: LazyLock<Theme> = LazyLock::new(|| {
    let text = include_str!("../../../assets/theme/theme.toml");
    toml::from_str(text).unwrap_or_else(|error| panic!("assets/theme/theme.toml: {error}"))
});

/// The tokens: sizes, spacing, chart colors.
pub fn tokens() -> &'static Theme {
    &THEME
}

/// The colors of the mode `ui` is drawn in.
pub fn of(ui: &egui::Ui) -> &'static Colors {
    colors_of(ui.visuals().dark_mode)
}

/// The colors of one mode.
pub fn colors_of(dark: bool) -> &'static Colors {
    if dark { &THEME.dark } else { &THEME.light }
}

/// Whether nothing may move: the person asked the system for that.
pub fn reduced_motion(ui: &egui::Ui) -> bool {
    ui.style().animation_time <= 0.0
}

/// The title of a card: 15, semibold.
pub fn card_title() -> TextStyle {
    TextStyle::Name("card_title".into())
}

/// Ordinary size, semibold.
pub fn strong() -> TextStyle {
    TextStyle::Name("strong".into())
}

/// A big figure: 28, semibold, tabular.
pub fn figure() -> TextStyle {
    TextStyle::Name("figure".into())
}

/// Numbers in lines and tables: ordinary size, tabular.
pub fn numbers() -> TextStyle {
    TextStyle::Name("numbers".into())
}

/// Puts both modes in place and lets the system choose between them.
pub fn install(ctx: &egui::Context, reduced_motion: bool) {
    ctx.set_style_of(egui::Theme::Light, style(false, reduced_motion));
    ctx.set_style_of(egui::Theme::Dark, style(true, reduced_motion));
    ctx.options_mut(|options| options.fallback_theme = egui::Theme::Light);
    ctx.set_theme(ThemePreference::System);
}

/// Looks as the desktop wants it; `dark` is `None` where the windowing layer knows by itself or
/// nobody does.
pub fn follow(ctx: &egui::Context, dark: Option<bool>, reduced_motion: bool) {
    let moves_less = ctx.style_of(egui::Theme::Light).animation_time <= 0.0;
    if moves_less != reduced_motion {
        install(ctx, reduced_motion);
    }
    ctx.set_theme(match dark {
        Some(true) => ThemePreference::Dark,
        Some(false) => ThemePreference::Light,
        None => ThemePreference::System,
    });
    ctx.request_repaint();
}

fn style(dark: bool, reduced_motion: bool) -> Style {
    let Theme { space, size, letters, motion, .. } = tokens();
    let mut style = Style { visuals: visuals(dark), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, FontId::proportional(letters.small)),
        (TextStyle::Body, FontId::proportional(letters.body)),
        (TextStyle::Button, FontId::proportional(letters.body)),
        (TextStyle::Monospace, FontId::new(letters.mono, FontFamily::Monospace)),
        (TextStyle::Heading, fonts::semibold_id(letters.page_title)),
        (card_title(), fonts::semibold_id(letters.card_title)),
        (strong(), fonts::semibold_id(letters.body)),
        (figure(), FontId::new(letters.figure, fonts::figures())),
        (numbers(), FontId::new(letters.body, fonts::numbers())),
    ]
    .into();

    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::splat(space.small);
    spacing.button_padding = Vec2::new(size.control_padding, 6.0);
    spacing.interact_size = Vec2::new(size.control, size.control);
    spacing.window_margin = Margin::same(space.card_padding);
    spacing.menu_margin = Margin::same(6);
    spacing.indent = space.huge;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = space.small;
    spacing.combo_width = 160.0;
    spacing.tooltip_width = size.tooltip;
    spacing.scroll = egui::style::ScrollStyle {
        foreground_color: true,
        dormant_background_opacity: 0.0,
        dormant_handle_opacity: 0.2,
        active_background_opacity: 0.0,
        active_handle_opacity: 0.35,
        interact_background_opacity: 0.0,
        interact_handle_opacity: 0.5,
        ..egui::style::ScrollStyle::thin()
    };

    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style.animation_time = if reduced_motion { 0.0 } else { f32::from(motion.panel_ms) / 1000.0 };
    if reduced_motion {
        style.scroll_animation = egui::style::ScrollAnimation::none();
    }
    style
}

fn visuals(dark: bool) -> Visuals {
    let colors = colors_of(dark);
    let Theme { size, radius, .. } = tokens();
    let control = CornerRadius::same(radius.control);
    let look = |fill: Color32, edge: Color32, width: f32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(width, edge),
        corner_radius: control,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
    visuals.widgets.noninteractive = look(colors.card, colors.border, size.hairline, colors.text);
    visuals.widgets.inactive = look(colors.card, colors.border_strong, size.hairline, colors.text);
    visuals.widgets.hovered = look(colors.sunken, colors.secondary, size.hairline, colors.text);
    visuals.widgets.active = look(colors.sunken, colors.accent, size.focus_ring, colors.text);
    visuals.widgets.open = look(colors.sunken, colors.accent, size.hairline, colors.text);
    // The check mark of a tick box is drawn with this.
    for state in [&mut visuals.widgets.inactive, &mut visuals.widgets.hovered] {
        state.fg_stroke.width = 1.5;
    }
    visuals.weak_text_color = Some(colors.secondary);
    visuals.selection.bg_fill = colors.accent_soft;
    // Also the frame of the field that has the focus.
    visuals.selection.stroke = Stroke::new(size.focus_ring, colors.accent);
    visuals.hyperlink_color = colors.accent;
    visuals.faint_bg_color = colors.ground;
    visuals.extreme_bg_color = colors.sunken;
    visuals.text_edit_bg_color = Some(colors.card);
    visuals.code_bg_color = colors.sunken;
    visuals.warn_fg_color = colors.warn;
    visuals.error_fg_color = colors.bad;
    visuals.panel_fill = colors.ground;
    visuals.window_fill = colors.card;
    visuals.window_stroke = Stroke::new(size.hairline, colors.border);
    visuals.window_corner_radius = CornerRadius::same(radius.dialog);
    visuals.window_shadow = Shadow { offset: [0, 12], blur: 32, spread: 0, color: colors.shadow };
    visuals.menu_corner_radius = CornerRadius::same(radius.card);
    visuals.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: colors.shadow };
    visuals.text_cursor.stroke = Stroke::new(2.0, colors.accent);
    // A cursor that blinks draws the window twice a second for as long as it is open.
    visuals.text_cursor.blink = false;
    visuals.interact_cursor = Some(egui::CursorIcon::PointingHand);
    visuals.indent_has_left_vline = false;
    visuals.slider_trailing_fill = true;
    visuals.disabled_alpha = colors.disabled;
    visuals
}

fn color<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Color32, D::Error> {
    let text = String::deserialize(deserializer)?;
    Color32::from_hex(&text).map_err(|_| D::Error::custom(format!("{text:?} is not a color")))
}

fn colors<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Color32>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "color")] Color32);
    Ok(Vec::<One>::deserialize(deserializer)?.into_iter().map(|One(color)| color).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contrast of two opaque colors, by WCAG.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |color: Color32| {
            let [red, green, blue, _] = egui::Rgba::from(color).to_array();
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_stands_out_from_what_it_lies_on() {
        let mut too_weak = Vec::new();
        for (mode, c) in [("light", colors_of(false)), ("dark", colors_of(true))] {
            let grounds = [("ground", c.ground), ("card", c.card), ("sunken", c.sunken)];
            let texts = [("text", c.text), ("secondary", c.secondary), ("accent", c.accent)];
            let signs = [("good", c.good), ("warn", c.warn), ("bad", c.bad), ("info", c.info)];
            let softs = [
                ("good", c.good, c.good_soft),
                ("warn", c.warn, c.warn_soft),
                ("bad", c.bad, c.bad_soft),
                ("info", c.info, c.info_soft),
                ("selected", c.accent, c.accent_soft),
            ];
            let solid = [
                ("on accent", c.on_accent, c.accent),
                ("on accent, hovered", c.on_accent, c.accent_hover),
                ("on accent, pressed", c.on_accent, c.accent_pressed),
                ("on bad", c.on_sign, c.bad),
                ("on bad, hovered", c.on_sign, c.bad_hover),
                ("on bad, pressed", c.on_sign, c.bad_pressed),
                ("on good", c.on_sign, c.good),
                ("on warn", c.on_sign, c.warn),
            ];
            let mut pairs = Vec::new();
            for (ground, below) in grounds {
                for (text, above) in texts.into_iter().chain(signs) {
                    pairs.push((format!("{text} on {ground}"), above, below));
                }
            }
            for (name, above, soft) in softs {
                pairs.push((format!("{name} on its soft"), above, soft));
                pairs.push((format!("text on soft {name}"), c.text, soft));
                pairs.push((format!("secondary on soft {name}"), c.secondary, soft));
            }
            pairs.extend(solid.map(|(name, above, below)| (name.to_owned(), above, below)));
            for (pair, above, below) in pairs {
                let ratio = contrast(above, below);
                if ratio < 4.5 {
                    too_weak.push(format!("{mode}: {pair}: {ratio:.2}"));
                }
            }
        }
        assert!(too_weak.is_empty(), "{too_weak:#?}");
    }

    #[test]
    fn the_edge_of_a_field_can_be_seen() {
        for c in [colors_of(false), colors_of(true)] {
            for below in [c.card, c.ground] {
                assert!(
                    contrast(c.border_strong, below) >= 3.0,
                    "{}",
                    contrast(c.border_strong, below)
                );
            }
        }
    }

    #[test]
    fn black_and_white_are_as_far_apart_as_can_be() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    }

    #[test]
    fn with_reduced_motion_nothing_moves() {
        assert_eq!(style(false, true).animation_time, 0.0);
        assert!(style(false, false).animation_time > 0.0);
    }

    #[test]
    fn controls_are_large_enough_to_hit() {
        assert!(style(false, false).spacing.interact_size.y >= 32.0);
    }

    #[test]
    fn the_file_says_what_it_promises() {
        assert_eq!(tokens().version, 1);
        assert_eq!(tokens().chart.series.len(), 8);
        assert_eq!(tokens().chart.series_dark.len(), 8);
        assert_eq!(tokens().chart.ramp.len(), tokens().chart.ramp_dark.len());
    }
}
