//! A long text as lines with colors: JSON as it came, JSON with a line for each field, or anything.
//!
//! Promises: every byte that is not blank between JSON's parts is there, in its order; no text is
//! too broken to be shown; a line is never longer than asked for.

use std::ops::Range;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// Nothing that JSON knows.
    Plain,
    /// The name of a field.
    Name,
    /// A text.
    Text,
    /// A number, true, false or null.
    Value,
    /// A brace, bracket, comma or colon.
    Mark,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Its letters.
    pub text: String,
    /// What they are: for each piece, how many bytes it has.
    pub inks: Vec<(Ink, usize)>,
}

/// How a text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// Letter by letter as it is.
    Exact,
    /// JSON with a line for each field.
    Indented,
}

/// Lays a text out in lines of at most `width` letters.
pub(super) fn lay_out(text: &str, form: Form, width: usize) -> Vec<Line> {
    let mut lines = Lines::new(width.max(20));
    match form {
        Form::Exact => {
            for (ink, range) in tokens(text) {
                lines.push(ink, text.get(range).unwrap_or_default());
            }
        }
        Form::Indented => indented(text, &mut lines),
    }
    lines.finish()
}

fn indented(text: &str, lines: &mut Lines) {
    let tokens: Vec<(Ink, Range<usize>)> = tokens(text)
        .into_iter()
        .filter(|(ink, range)| {
            *ink != Ink::Plain || !text.get(range.clone()).unwrap_or_default().trim().is_empty()
        })
        .collect();
    let mut depth: usize = 0;
    let mut before = "";
    for (i, (ink, range)) in tokens.iter().enumerate() {
        let piece = text.get(range.clone()).unwrap_or_default();
        let after = tokens.get(i + 1).and_then(|(_, range)| text.get(range.clone()));
        match piece {
            "}" | "]" if *ink == Ink::Mark => {
                depth = depth.saturating_sub(1);
                if !matches!(before, "{" | "[") {
                    lines.break_line(depth);
                }
                lines.push(*ink, piece);
            }
            "{" | "[" if *ink == Ink::Mark => {
                lines.push(*ink, piece);
                depth += 1;
                if !matches!(after, Some("}" | "]")) {
                    lines.break_line(depth);
                }
            }
            "," if *ink == Ink::Mark => {
                lines.push(*ink, piece);
                lines.break_line(depth);
            }
            ":" if *ink == Ink::Mark => {
                lines.push(*ink, piece);
                lines.push(Ink::Plain, " ");
            }
            _ => lines.push(*ink, piece),
        }
        before = piece;
    }
}

/// Lines in the making.
struct Lines {
    width: usize,
    done: Vec<Line>,
    line: Line,
    /// Letters in the line so far.
    filled: usize,
    /// How far a line that goes on is indented.
    indent: usize,
}

impl Lines {
    fn new(width: usize) -> Self {
        Self { width, done: Vec::new(), line: Line::default(), filled: 0, indent: 0 }
    }

    fn push(&mut self, ink: Ink, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = 0;
            let mut is_broken = false;
            for (at, letter) in rest.char_indices() {
                if letter == '\n' {
                    is_broken = true;
                    break;
                }
                let wide = breadth(letter);
                if self.filled + wide > self.width {
                    break;
                }
                self.filled += wide;
                end = at + letter.len_utf8();
            }
            let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if !piece.is_empty() {
                self.line.text.push_str(piece);
                self.line.inks.push((ink, piece.len()));
            }
            rest = if is_broken { after.get(1..).unwrap_or_default() } else { after };
            if is_broken || !rest.is_empty() {
                let indent = if is_broken { 0 } else { self.indent };
                self.next_line(indent);
            }
        }
    }

    fn break_line(&mut self, depth: usize) {
        // However deep: there is room for letters.
        let indent = (2 * depth).min(self.width / 2);
        self.next_line(indent);
        self.indent = (indent + 2).min(self.width / 2);
    }

    fn next_line(&mut self, indent: usize) {
        self.done.push(std::mem::take(&mut self.line));
        self.filled = indent;
        if indent > 0 {
            self.line.text = " ".repeat(indent);
            self.line.inks.push((Ink::Plain, indent));
        }
    }

    fn finish(mut self) -> Vec<Line> {
        if !self.line.text.trim().is_empty() || self.done.is_empty() {
            self.done.push(self.line);
        }
        self.done
    }
}

/// How many columns a letter takes in a font of even width, roughly.
fn breadth(letter: char) -> usize {
    if letter < '\u{1100}' { 1 } else { 2 }
}

/// What each piece of a text is; together they are the text.
fn tokens(text: &str) -> Vec<(Ink, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut tokens: Vec<(Ink, Range<usize>)> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        let ink = match byte {
            b'"' => {
                at = end_of_text(bytes, at + 1);
                let is_name = bytes
                    .get(at..)
                    .and_then(|rest| rest.iter().find(|byte| !byte.is_ascii_whitespace()))
                    == Some(&b':');
                if is_name { Ink::Name } else { Ink::Text }
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => {
                at += 1;
                Ink::Mark
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                at = run(bytes, at, |byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
                Ink::Value
            }
            byte if byte.is_ascii_whitespace() => {
                at = run(bytes, at, |byte| byte.is_ascii_whitespace());
                Ink::Plain
            }
            _ => {
                at = run(bytes, at, |byte| {
                    !byte.is_ascii_whitespace() && !b"\"{}[],:".contains(&byte)
                });
                Ink::Plain
            }
        };
        at = at.max(start + 1);
        tokens.push((ink, start..at));
    }
    tokens
}

/// The end of a text that began before `at`.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' => 2,
            b'"' => return at + 1,
            _ => 1,
        };
    }
    bytes.len()
}

fn run(bytes: &[u8], at: usize, goes_on: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !goes_on(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str, form: Form, width: usize) -> Vec<String> {
        lay_out(text, form, width).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn each_field_gets_a_line() {
        let text = r#"{"a":1,"b":{"c":"x, {y}: \"z\"","d":[]},"e":[true,null]}"#;
        let lines = texts(text, Form::Indented, 80);
        assert_eq!(
            lines,
            [
                "{",
                "  \"a\": 1,",
                "  \"b\": {",
                r#"    "c": "x, {y}: \"z\"","#,
                "    \"d\": []",
                "  },",
                "  \"e\": [",
                "    true,",
                "    null",
                "  ]",
                "}"
            ]
        );
    }

    #[test]
    fn names_texts_and_values_are_told_apart() {
        let line = &lay_out(r#"{"a" : "b", "c": -1.5e3}"#, Form::Exact, 80)[0];
        let mut at = 0;
        let mut found = Vec::new();
        for (ink, bytes) in &line.inks {
            found.push((*ink, &line.text[at..at + bytes]));
            at += bytes;
        }
        found.retain(|(ink, _)| !matches!(ink, Ink::Plain | Ink::Mark));
        let expected = [
            (Ink::Name, "\"a\""),
            (Ink::Text, "\"b\""),
            (Ink::Name, "\"c\""),
            (Ink::Value, "-1.5e3"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn long_texts_go_on_in_the_next_line() {
        let lines = texts(&format!("{{\"a\":\"{}\"}}", "x".repeat(70)), Form::Indented, 30);
        assert!(lines.iter().all(|line| line.chars().count() <= 30), "{lines:?}");
        assert_eq!(lines[2], format!("    {}", "x".repeat(26)));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_too_long(text in r#"(?s)[{}\[\]",:\\ \nabcé\u{05d0}🦀0-9.-]{0,200}"#, width in 20_usize..60) {
            let bare = |text: &str| text.replace([' ', '\n'], "");
            for form in [Form::Exact, Form::Indented] {
                let lines = lay_out(&text, form, width);
                let joined: String = lines.iter().map(|line| line.text.as_str()).collect();
                prop_assert_eq!(bare(&joined), bare(&text));
                for line in &lines {
                    prop_assert!(line.text.chars().map(breadth).sum::<usize>() <= width);
                    prop_assert_eq!(line.inks.iter().map(|(_, bytes)| bytes).sum::<usize>(), line.text.len());
                }
            }
            let exact = texts(&text, Form::Exact, 10_000).join("\n");
            prop_assert_eq!(exact.trim_end(), text.trim_end());
        }
    }
}
