//! The colors of a rule's text: what is a key, what a value, what a remark.
//!
//! Promises: every byte of the text is in exactly one piece, in order; a text that is no YAML is
//! colored somehow and does no harm.

use std::ops::Range;

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, TextStyle, Ui};

use crate::window::look::theme;

/// What a piece of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    Plain,
    Key,
    Mark,
    Quoted,
    Number,
    Remark,
}

/// The text ready to be laid out, in one line for each of its own.
pub(super) fn job(ui: &Ui, text: &str) -> LayoutJob {
    let c = theme::of(ui);
    let font = TextStyle::Monospace.resolve(ui.style());
    let color = |ink: Ink| -> Color32 {
        match ink {
            Ink::Plain => c.text,
            Ink::Key => c.accent,
            Ink::Mark | Ink::Remark => c.secondary,
            Ink::Quoted => c.good,
            Ink::Number => c.warn,
        }
    };
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    for (range, ink) in pieces(text) {
        let format = TextFormat::simple(font.clone(), color(ink));
        job.append(text.get(range).unwrap_or_default(), 0.0, format);
    }
    job
}

fn pieces(text: &str) -> Vec<(Range<usize>, Ink)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    // How far the line that began a text of several lines is indented.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let is_blank = line.trim().is_empty();
        if let Some(begin) = block
            && (is_blank || indent > begin)
        {
            push(&mut pieces, at..at + line.len(), Ink::Plain);
        } else {
            block = begins_block(line).then_some(indent);
            of_line(&mut pieces, at, line);
        }
        at += line.len();
    }
    pieces
}

fn push(pieces: &mut Vec<(Range<usize>, Ink)>, range: Range<usize>, ink: Ink) {
    if !range.is_empty() {
        pieces.push((range, ink));
    }
}

/// `description: |` and the like.
fn begins_block(line: &str) -> bool {
    let value = line.split_once(": ").map(|(_, value)| value.trim());
    value.is_some_and(|value| matches!(value, "|" | "|-" | "|+" | ">" | ">-" | ">+"))
}

fn of_line(pieces: &mut Vec<(Range<usize>, Ink)>, start: usize, line: &str) {
    let end = start + line.len();
    let body = line.trim_start();
    let mut at = start + line.len() - body.len();
    push(pieces, start..at, Ink::Plain);
    if body.starts_with('#') {
        return push(pieces, at..end, Ink::Remark);
    }
    if body.trim_end() == "---" {
        return push(pieces, at..end, Ink::Mark);
    }
    let mut rest = body;
    while let Some(after) = rest.strip_prefix("- ") {
        push(pieces, at..at + 2, Ink::Mark);
        at += 2;
        rest = after;
    }
    if let Some(length) = key_length(rest) {
        push(pieces, at..at + length, Ink::Key);
        push(pieces, at + length..at + length + 1, Ink::Mark);
        at += length + 1;
        rest = rest.get(length + 1..).unwrap_or_default();
    }
    let value = rest.trim();
    let remark = rest.find(" #").filter(|_| !value.starts_with(['\'', '"']));
    let cut = at + remark.unwrap_or(rest.len());
    push(pieces, at..cut, ink_of(rest.get(..cut - at).unwrap_or(rest).trim()));
    push(pieces, cut..end, Ink::Remark);
}

/// How long the key is that a line begins with.
fn key_length(rest: &str) -> Option<usize> {
    let quoted = rest.starts_with(['\'', '"']);
    let colon = rest.char_indices().find(|(i, letter)| {
        let after = rest.get(i + 1..).unwrap_or_default();
        *letter == ':' && (after.is_empty() || after.starts_with([' ', '\n', '\r']))
    });
    let (length, _) = colon?;
    let key = rest.get(..length)?;
    let is_word = |letter: char| letter.is_alphanumeric() || "_.|-*".contains(letter);
    (length > 0 && (quoted || key.chars().all(is_word))).then_some(length)
}

fn ink_of(value: &str) -> Ink {
    let is_number = |text: &str| {
        let digits = text.trim_end_matches(['s', 'm', 'h', 'd', 'w']);
        !digits.is_empty() && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
    };
    match value {
        "true" | "false" | "null" => Ink::Number,
        text if is_number(text) => Ink::Number,
        text if text.starts_with(['\'', '"']) => Ink::Quoted,
        _ => Ink::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;
    use proptest::prelude::*;

    fn inks(text: &str) -> Vec<(&str, Ink)> {
        pieces(text).into_iter().map(|(range, ink)| (&text[range], ink)).collect()
    }

    #[test]
    fn keys_values_and_remarks_are_told_apart() {
        assert_eq!(
            inks("  - duo.user|contains: 'a: b' # c\n"),
            [
                ("  ", Ink::Plain),
                ("- ", Ink::Mark),
                ("duo.user|contains", Ink::Key),
                (":", Ink::Mark),
                (" 'a: b' # c\n", Ink::Quoted),
            ]
        );
        assert_eq!(inks("gte: 10 # ten\n")[2..], [(" 10", Ink::Number), (" # ten\n", Ink::Remark)]);
        assert_eq!(inks("- https://example.com/a\n")[1], ("https://example.com/a\n", Ink::Plain));
        assert_eq!(inks("---\n"), [("---\n", Ink::Mark)]);
    }

    #[test]
    fn what_stands_in_a_text_of_several_lines_is_no_key() {
        let text = "description: |\n  Note: this is text\n\n  # and this\nlevel: high\n";
        let found = inks(text);
        assert!(found.contains(&("  Note: this is text\n", Ink::Plain)), "{found:?}");
        assert!(found.contains(&("  # and this\n", Ink::Plain)), "{found:?}");
        assert!(found.contains(&("level", Ink::Key)), "{found:?}");
    }

    fn is_whole(text: &str) -> bool {
        let mut at = 0;
        for (range, _) in pieces(text) {
            if range.start != at || !text.is_char_boundary(range.end) {
                return false;
            }
            at = range.end;
        }
        at == text.len()
    }

    #[test]
    fn all_rules_of_the_pack_are_colored_whole() {
        for item in Knowledge::embedded().unwrap().rules() {
            assert!(is_whole(&item.body.0), "{}", item.id);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_colored_whole(text in "[ \\-#:'\"|>a-c\u{e9}\u{202e}\n\r\t0]{0,80}") {
            prop_assert!(is_whole(&text), "{text:?}");
        }
    }
}
