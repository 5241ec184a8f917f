//! Texts on a page: measured, broken into lines, put in the right order and drawn.
//!
//! Promises: nothing of a text is left out in a line; a text in any script that a font has is shaped
//! as that script wants it and runs in its own direction; what is drawn can be searched and copied.
//!
//! Nearly all texts are Latin and need no shaping: their letters stand side by side. Only texts with
//! other letters take the way through bidirectional order and shaping.

use pdf_writer::{Content, Name, Str, TextStr};
use unicode_bidi::BidiInfo;
use unicode_script::{Script, UnicodeScript};

use super::face::Glyph;
use super::fonts::{FontId, Fonts};

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// The font it prefers.
    pub font: FontId,
    /// The size in points.
    pub size: f32,
    /// Its color, red, green and blue from 0 to 1.
    pub color: [f32; 3],
}

impl Fonts {
    /// How wide a letter is at size 1, by itself.
    fn advance(&mut self, letter: char, font: FontId) -> f32 {
        let (letter, font) = self.find(letter, font);
        let glyph = self.face(font).and_then(|face| face.letter(letter));
        glyph.map_or(0.0, |glyph| glyph.advance / 1000.0)
    }

    /// How wide a text is.
    pub fn width(&mut self, text: &str, font: FontId, size: f32) -> f32 {
        text.chars().map(|letter| self.advance(letter, font)).sum::<f32>() * size
    }

    /// Breaks a text into lines that fit a width: after spaces and signs where possible, inside a
    /// word where not. Line breaks of the text are kept. Says whether lines beyond `most` are
    /// missing.
    pub fn lines<'a>(
        &mut self,
        text: &'a str,
        font: FontId,
        size: f32,
        width: f32,
        most: usize,
        into: &mut Vec<&'a str>,
    ) -> bool {
        let before = into.len();
        // Windows ends a line with both.
        let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        for paragraph in lines.flat_map(|line| line.split(['\r', '\u{2028}', '\u{2029}'])) {
            let mut rest = paragraph;
            loop {
                if into.len() - before == most {
                    return true;
                }
                let end = self.fitting(rest, font, size, width);
                let (line, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                into.push(line.trim_end());
                rest = after.trim_start_matches(' ');
                if rest.is_empty() {
                    break;
                }
            }
        }
        false
    }

    /// Where the first line of a text ends.
    fn fitting(&mut self, text: &str, font: FontId, size: f32, width: f32) -> usize {
        let (mut used, mut good) = (0.0, 0);
        for (at, letter) in text.char_indices() {
            let wide = self.advance(letter, font) * size;
            if used + wide > width && at > 0 && letter != ' ' && !joins(letter) {
                // A break far to the left would waste the line.
                return if good > 0 && good * 3 > at { good } else { at };
            }
            used += wide;
            let end = at + letter.len_utf8();
            // Not inside `192.0.2.17` and `734-555-0123`.
            let number = ".-".contains(letter) && text.get(end..).is_some_and(starts_with_digit);
            let sign = "-/@:;,_|&?=.".contains(letter) && !number;
            if letter == ' ' || sign || is_ideograph(letter) {
                good = end;
            }
        }
        text.len()
    }

    /// Draws a text with its beginning at a place on the baseline. Gives its width.
    pub fn draw(&mut self, page: &mut Content, text: &str, x: f32, y: f32, style: Style) -> f32 {
        if text.is_empty() {
            return 0.0;
        }
        if text.chars().all(is_plain) {
            return self.draw_plain(page, text, x, y, style);
        }
        let tamed;
        let text = if text.contains(turns) {
            self.missing.extend(text.chars().filter(|letter| turns(*letter)));
            tamed = text.replace(turns, "\u{fffd}");
            &tamed
        } else {
            text
        };
        let order = BidiInfo::new(text, None);
        let mut used = 0.0;
        for paragraph in &order.paragraphs {
            let (levels, runs) = order.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let right_to_left = levels.get(run.start).is_some_and(|level| level.is_rtl());
                let part = text.get(run).unwrap_or_default();
                used += self.draw_run(page, part, (x + used, y), style, right_to_left);
            }
        }
        used
    }

    fn draw_plain(&mut self, page: &mut Content, text: &str, x: f32, y: f32, style: Style) -> f32 {
        let mut bytes = Vec::with_capacity(text.len() * 2);
        let (mut used, mut start, mut font) = (0.0, 0.0, style.font);
        for letter in text.chars() {
            let (letter, found) = self.find(letter, style.font);
            let Some(glyph) = self.face(found).and_then(|face| face.letter(letter)) else {
                continue;
            };
            if found != font {
                show(page, &bytes, font, x + start, y, style);
                bytes.clear();
                (font, start) = (found, used);
            }
            bytes.extend_from_slice(&glyph.id.to_be_bytes());
            used += glyph.advance / 1000.0 * style.size;
        }
        show(page, &bytes, font, x + start, y, style);
        used
    }

    /// Draws what runs in one direction, font by font.
    fn draw_run(
        &mut self,
        page: &mut Content,
        text: &str,
        (x, y): (f32, f32),
        style: Style,
        right_to_left: bool,
    ) -> f32 {
        let mut parts = self.by_font(text, style.font);
        if right_to_left {
            parts.reverse();
        }
        let mut used = 0.0;
        for (font, part) in parts {
            let Some(face) = self.face(font) else { continue };
            let glyphs = face.shape(&part, right_to_left);
            let widths: Vec<f32> = glyphs.iter().map(|glyph| face.width(glyph.id)).collect();
            page.begin_marked_content_with_properties(Name(b"Span"))
                .properties()
                .actual_text(TextStr(&part));
            used += show_shaped(page, &glyphs, &widths, font, (x + used, y), style);
            page.end_marked_content();
        }
        used
    }

    /// Splits a text where its letters come from another font or are of another script.
    fn by_font(&mut self, text: &str, preferred: FontId) -> Vec<(FontId, String)> {
        let mut parts: Vec<(FontId, Script, String)> = Vec::new();
        for letter in text.chars() {
            let script = letter.script();
            let shared = matches!(script, Script::Common | Script::Inherited);
            if let Some((font, last, part)) = parts.last_mut() {
                // Marks and signs stay with the letters before them where the font has them.
                let stays = (shared || *last == script || *last == Script::Common)
                    && self.face(*font).is_some_and(|face| face.has(letter))
                    && (shared || *font != preferred || self.find(letter, preferred).1 == *font);
                if stays || joins(letter) {
                    if !shared {
                        *last = script;
                    }
                    part.push(letter);
                    continue;
                }
            }
            let (letter, font) = self.find(letter, preferred);
            parts.push((font, if shared { Script::Common } else { script }, letter.to_string()));
        }
        parts.into_iter().map(|(font, _, part)| (font, part)).collect()
    }
}

fn show(page: &mut Content, glyphs: &[u8], font: FontId, x: f32, y: f32, style: Style) {
    if glyphs.is_empty() {
        return;
    }
    begin(page, font, x, y, style);
    page.show(Str(glyphs)).end_text();
}

fn begin(page: &mut Content, font: FontId, x: f32, y: f32, style: Style) {
    let [red, green, blue] = style.color;
    page.begin_text();
    page.set_fill_rgb(red, green, blue);
    page.set_font(Name(format!("F{}", font.0).as_bytes()), style.size);
    page.set_text_matrix([1.0, 0.0, 0.0, 1.0, short(x), short(y)]);
}

/// Shows glyphs one by one where shaping moved them, together where it did not.
fn show_shaped(
    page: &mut Content,
    glyphs: &[Glyph],
    widths: &[f32],
    font: FontId,
    (x, y): (f32, f32),
    style: Style,
) -> f32 {
    let scale = style.size / 1000.0;
    let mut used = 0.0;
    let mut together: (f32, Vec<u8>) = (0.0, Vec::new());
    for (glyph, width) in glyphs.iter().zip(widths) {
        if glyph.shift == (0.0, 0.0) {
            if together.1.is_empty() {
                together.0 = used;
            }
            together.1.extend_from_slice(&glyph.id.to_be_bytes());
        }
        let moved = glyph.shift != (0.0, 0.0);
        if moved || (glyph.advance - width).abs() > 0.5 {
            show(page, &together.1, font, x + together.0 * scale, y, style);
            together.1.clear();
        }
        if moved {
            let (right, up) = glyph.shift;
            let (x, y) = (x + (used + right) * scale, y + up * scale);
            show(page, &glyph.id.to_be_bytes(), font, x, y, style);
        }
        used += glyph.advance;
    }
    show(page, &together.1, font, x + together.0 * scale, y, style);
    used * scale
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

/// Hundredths of a point are finer than any printer.
pub fn short(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

/// Letters that stand side by side without regard to their neighbors.
fn is_plain(letter: char) -> bool {
    letter < '\u{300}'
        || matches!(letter, '\u{370}'..='\u{482}' | '\u{48a}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
        || matches!(letter, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20bf}')
        || matches!(letter, '\u{2100}'..='\u{23ff}' | '\u{fffd}')
}

/// Letters that turn the direction of what follows: `exe.txt` would look like what it is not.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks that belong to the letter before them.
fn joins(letter: char) -> bool {
    letter.script() == Script::Inherited
        || matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// Letters after which a line may end without a space.
fn is_ideograph(letter: char) -> bool {
    matches!(
        letter.script(),
        Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Thai
    )
}

#[cfg(test)]
mod tests {
    use super::super::fonts::{REGULAR, SEMIBOLD};
    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        let (mut fonts, mut lines) = (Fonts::new().unwrap(), Vec::new());
        fonts.lines(text, REGULAR, 8.0, width, 50, &mut lines);
        lines.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn lines_end_after_words_and_signs_and_inside_words_only_when_they_must() {
        assert_eq!(broken("short", 100.0), ["short"]);
        assert_eq!(broken("", 100.0), [""]);
        assert_eq!(broken("one two\nthree\r\nfour", 1000.0), ["one two", "three", "four"]);
        assert_eq!(broken("Microsoft Entra ID", 45.0), ["Microsoft", "Entra ID"]);
        assert_eq!(
            broken("grace.whitfield@example.com", 70.0),
            ["grace.whitfield@", "example.com"]
        );
        let forced = broken(&"x".repeat(200), 60.0);
        assert!(forced.len() > 5 && forced.concat() == "x".repeat(200));
    }

    #[test]
    fn no_line_is_wider_than_it_may_be() {
        let text = "Søren Bäcker reviewed 2001:db8:10::a / https://example.com/a?b=c, Ωμέγα и Щука";
        let mut fonts = Fonts::new().unwrap();
        for width in [30.0, 45.0, 80.0] {
            for line in broken(text, width) {
                assert!(fonts.width(&line, REGULAR, 8.0) <= width + 0.01, "{line}");
            }
        }
    }

    #[test]
    fn a_line_too_many_is_told() {
        let (mut fonts, mut lines) = (Fonts::new().unwrap(), Vec::new());
        assert!(fonts.lines("a\nb\nc", REGULAR, 8.0, 50.0, 2, &mut lines));
        assert_eq!(lines, ["a", "b"]);
        lines.clear();
        assert!(!fonts.lines("a\nb", REGULAR, 8.0, 50.0, 2, &mut lines));
    }

    #[test]
    fn what_no_font_has_is_replaced_and_told() {
        let mut fonts = Fonts::new().unwrap();
        // A private letter: no font has a meaning for it.
        assert_ne!(fonts.find('\u{10fffd}', SEMIBOLD).0, '\u{10fffd}');
        assert!(fonts.missing.contains(&'\u{10fffd}'));
    }
}
