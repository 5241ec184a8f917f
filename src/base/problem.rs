//! An error a person can act on: what happened, why, and what to do next.
//!
//! Promises: the text never holds a secret (nothing here is ever given one), and reads as whole
//! sentences on one line or on three.

use std::fmt;

/// What happened, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened, in a sentence without a full stop.
    pub what: String,
    /// Why, where it is known.
    pub because: Option<String>,
    /// What the reader can do about it.
    pub next: Option<String>,
}

impl Problem {
    /// Starts a problem with what happened.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), because: None, next: None }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, reason: impl fmt::Display) -> Self {
        self.because = Some(reason.to_string());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn next(mut self, advice: impl Into<String>) -> Self {
        self.next = Some(advice.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(because) = &self.because {
            write!(f, ": {because}")?;
        }
        if let Some(next) = &self.next {
            write!(f, ". {}", capitalized(next))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_sentences() {
        let problem = Problem::new("Duo refused the signature")
            .because("the secret key does not match (code 40103)")
            .next("copy the secret key again");
        assert_eq!(
            problem.to_string(),
            "Duo refused the signature: the secret key does not match (code 40103). Copy the secret key again"
        );
    }
}
