//! One thing wrong in the settings file, and how a list of them is told.

use std::fmt;
use std::path::Path;

use crate::base::Problem;

/// One thing wrong in the settings file. Never repeats a value that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `collection.pace`, or `account "Contoso", history`.
    pub key: String,
    /// What is wrong there and what is allowed.
    pub what: String,
}

impl Mistake {
    pub(super) fn at(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

/// All the mistakes as one problem.
pub(super) fn problem(mistakes: &[Mistake], file: &Path) -> Problem {
    let next = format!("correct this file: {}", file.display());
    if let [only] = mistakes {
        return Problem::new("There is a mistake in the settings").because(only).next(next);
    }
    let list: Vec<String> =
        mistakes.iter().enumerate().map(|(i, mistake)| format!("({}) {mistake}", i + 1)).collect();
    Problem::new(format!("There are {} mistakes in the settings", mistakes.len()))
        .because(list.join("; "))
        .next(next)
}
