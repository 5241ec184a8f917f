//! What is wrong in a pack, each with file and line, gathered so that all of it is told at once.

use std::fmt;

use crate::base::Problem;

/// Mistakes told one by one before the rest is only counted.
const TOLD: usize = 10;

/// One thing wrong in a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file inside the pack: `rules/user-deleted.yml`.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.file, self.line, self.what)
    }
}

/// What is wrong in a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Adds one.
    pub fn add(&mut self, file: &str, line: usize, what: impl Into<String>) {
        self.0.push(Mistake { file: file.to_owned(), line, what: what.into() });
    }

    /// Each of them, in the order they were found.
    pub fn into_list(self) -> Vec<Mistake> {
        self.0
    }

    /// For the mistakes of one file.
    pub(super) const fn of<'a>(&'a mut self, file: &'a str, text: &'a str) -> Told<'a> {
        Told { file, text, mistakes: self }
    }

    /// Nothing is wrong, or all of it as one problem.
    pub fn or_problem(self, pack: &str) -> Result<(), Problem> {
        let because = match self.0.as_slice() {
            [] => return Ok(()),
            [only] => only.to_string(),
            many => {
                let list = many.iter().take(TOLD).enumerate();
                let mut list: Vec<String> =
                    list.map(|(i, mistake)| format!("({}) {mistake}", i + 1)).collect();
                if let Some(more) = many.len().checked_sub(TOLD).filter(|more| *more > 0) {
                    list.push(format!("and {more} more"));
                }
                list.join("; ")
            }
        };
        let what = match self.0.len() {
            1 => format!("There is a mistake in the knowledge pack \u{201c}{pack}\u{201d}"),
            n => format!("There are {n} mistakes in the knowledge pack \u{201c}{pack}\u{201d}"),
        };
        Err(Problem::new(what).because(because))
    }
}

/// Takes down what is wrong in one file.
pub(super) struct Told<'a> {
    file: &'a str,
    text: &'a str,
    mistakes: &'a mut Mistakes,
}

impl<'a> Told<'a> {
    pub const fn file(&self) -> &'a str {
        self.file
    }

    /// Something that stands at no line of its own.
    pub fn at_start(&mut self, what: impl Into<String>) {
        self.mistakes.add(self.file, 1, what);
    }

    pub fn at_line(&mut self, line: usize, what: impl Into<String>) {
        self.mistakes.add(self.file, line, what);
    }

    pub fn at_byte(&mut self, byte: usize, what: impl Into<String>) {
        self.at_line(line_of(self.text, byte), what);
    }

    /// At the first line that has this word.
    pub fn at(&mut self, word: &str, what: impl Into<String>) {
        self.at_byte(self.text.find(word).unwrap_or(0), what);
    }

    /// At the first line that has this value; the value is told in front.
    pub fn at_value(&mut self, value: &str, what: impl fmt::Display) {
        let quoted = [format!("\"{value}\""), format!("'{value}'"), value.to_owned()];
        let byte = quoted.iter().find_map(|quoted| self.text.find(quoted)).unwrap_or(0);
        self.at_byte(byte, format!("\u{201c}{value}\u{201d}: {what}"));
    }
}

/// The line of a byte, counted from 1.
pub(super) fn line_of(text: &str, byte: usize) -> usize {
    1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
}
