//! Reads a rule's text into Sigma documents, each with the lines it stands on.
//!
//! Promises: whatever is wrong is told with file and line, one mistake at a time. `rsigma-parser`
//! says what is wrong; it knows no lines beyond those of the YAML itself, so they are looked for here.

use rsigma_parser::{SigmaCollection, parse_sigma_yaml};

use super::custom::Wrong;
use crate::base::Problem;
use crate::base::words::nearest;

/// One document of a rule's file.
pub struct Document<'t> {
    file: &'t str,
    text: &'t str,
    /// The line it begins on, counted from 1.
    first_line: usize,
    /// What it holds: one rule or one correlation.
    pub parsed: SigmaCollection,
}

/// Keys that a document may have at its top.
const KEYS: [&str; 20] = [
    "author",
    "correlation",
    "custom",
    "date",
    "description",
    "detection",
    "falsepositives",
    "fields",
    "id",
    "level",
    "license",
    "logsource",
    "modified",
    "name",
    "references",
    "related",
    "status",
    "tags",
    "taxonomy",
    "title",
];

/// Reads the documents of a file.
pub fn documents<'t>(file: &'t str, text: &'t str) -> Result<Vec<Document<'t>>, Problem> {
    let mut documents = Vec::new();
    for (first_line, part) in parts(text) {
        let mut document =
            Document { file, text: part, first_line, parsed: SigmaCollection::default() };
        document.parsed = document.parse()?;
        documents.push(document);
    }
    if documents.is_empty() {
        return Err(Problem::new(format!("{file}, line 1: there is no rule in this file")));
    }
    Ok(documents)
}

/// The documents' texts with the line each begins on; empty ones are left out.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut first_line, mut at) = (Vec::new(), 0, 1, 0);
    for (i, line) in text.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        if line.trim_end() == "---" {
            parts.push((first_line, text.get(start..at).unwrap_or_default()));
            (start, first_line) = (next, i + 2);
        }
        at = next;
    }
    parts.push((first_line, text.get(start..).unwrap_or_default()));
    parts.retain(|(_, part)| {
        part.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    });
    parts
}

impl Document<'_> {
    fn parse(&self) -> Result<SigmaCollection, Problem> {
        let parsed = parse_sigma_yaml(self.text).map_err(|error| self.told(&error.to_string()))?;
        if let Some(error) = parsed.errors.first() {
            return Err(self.told(error));
        }
        if parsed.rules.len() + parsed.correlations.len() != 1 {
            return Err(self.wrong("filter", "a document holds a detection or a correlation"));
        }
        let custom = parsed
            .rules
            .iter()
            .map(|rule| &rule.custom_attributes)
            .chain(parsed.correlations.iter().map(|rule| &rule.custom_attributes));
        for key in custom.flat_map(|attributes| attributes.keys()) {
            if key != "custom" {
                let problem = self.wrong(key, format!("\u{201c}{key}\u{201d} is no key of a rule"));
                return Err(match nearest(key, KEYS) {
                    Some(meant) => problem.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
                    None => problem.next("what is ours stands under the key custom"),
                });
            }
        }
        Ok(parsed)
    }

    /// A mistake on the line where a key or a word stands.
    pub fn wrong(&self, word: &str, what: impl AsRef<str>) -> Problem {
        let line = self.line_of(word).unwrap_or(self.first_line);
        Problem::new(format!("{}, line {line}: {}", self.file, what.as_ref()))
    }

    /// A mistake that names its key.
    pub fn wrong_key(&self, wrong: Wrong) -> Problem {
        let problem = self.wrong(&wrong.key, wrong.what);
        match wrong.next {
            Some(next) => problem.next(next),
            None => problem,
        }
    }

    /// The line where a word stands: as a key, else anywhere.
    fn line_of(&self, word: &str) -> Option<usize> {
        let starts = |line: &str| {
            let rest = line.trim_start().trim_start_matches("- ").strip_prefix(word);
            rest.is_some_and(|rest| rest.starts_with([':', '|']))
        };
        let position = |found: &dyn Fn(&str) -> bool| self.text.lines().position(found);
        let index = position(&starts).or_else(|| position(&|line| line.contains(word)))?;
        Some(self.first_line + index)
    }

    /// A mistake in `rsigma`'s words, on the line they point to.
    pub fn told(&self, error: &str) -> Problem {
        let line = line_told(error).map(|line| self.first_line + line - 1).or_else(|| {
            let quoted = error.split('\'').nth(1).and_then(|word| self.line_of(word));
            let about = |word: &str, key| error.contains(word).then(|| self.line_of(key)).flatten();
            quoted
                .or_else(|| about("regex", "|re"))
                .or_else(|| about("CIDR", "|cidr"))
                .or_else(|| about("ondition", "condition"))
                .or_else(|| about("etection", "detection"))
                .or_else(|| about("orrelation", "correlation"))
        });
        let line = line.unwrap_or(self.first_line);
        let words: Vec<&str> = error.split_whitespace().collect();
        Problem::new(format!("{}, line {line}: {}", self.file, words.join(" ")))
    }
}

/// The line that an error of the YAML reader names: "… at line 3 column 5".
fn line_told(error: &str) -> Option<usize> {
    if !error.contains("YAML") {
        return None;
    }
    let rest = error.split_once("line ")?.1;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|line| *line > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        match documents("rules/x.yml", text) {
            Ok(_) => String::new(),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn mistakes_are_told_with_their_line_in_the_file() {
        let good = "title: A\ndetection:\n  sel:\n    a: b\n  condition: sel\n";
        assert_eq!(wrong(good), "");
        for (text, start) in [
            (format!("{good}---\ntitle: B\n  x: [\n"), "rules/x.yml, line 8"),
            (
                format!("{good}---\n{}", good.replace("a: b", "a|contain: b")),
                "rules/x.yml, line 10",
            ),
            (
                format!("{good}---\n{}", good.replace("detection", "detektion")),
                "rules/x.yml, line 7",
            ),
            (good.replace("condition: sel", "condition: sel and"), "rules/x.yml, line 5"),
            (good.replace("title: A", "titel: A"), "rules/x.yml, line 1"),
            (format!("{good}levle: high\n"), "rules/x.yml, line 6"),
            (String::new(), "rules/x.yml, line 1: there is no rule"),
        ] {
            assert!(wrong(&text).starts_with(start), "{start}: {}", wrong(&text));
        }
        assert!(wrong(&format!("{good}levle: high\n")).contains("level"));
    }
}
