//! Something a page has done beside the drawing: a file written, an alert acknowledged.

use std::fmt;
use std::sync::Arc;

use crate::base::{Home, Problem};

type Run = dyn Fn(&Home) -> Result<Did, Problem> + Send + Sync;

/// Something to do that may block.
#[derive(Clone)]
pub struct Act {
    name: &'static str,
    run: Arc<Run>,
}

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Did {
    /// In a sentence; `None` where the page shows it anyway.
    pub words: Option<String>,
    /// How it is taken back.
    pub undo: Option<Act>,
}

impl Act {
    /// An act, with a name for the log.
    pub fn new(
        name: &'static str,
        run: impl Fn(&Home) -> Result<Did, Problem> + Send + Sync + 'static,
    ) -> Self {
        Self { name, run: Arc::new(run) }
    }

    /// Does it. May block.
    pub fn run(&self, home: &Home) -> Result<Did, Problem> {
        (self.run)(home)
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Act({})", self.name)
    }
}

impl Did {
    /// Done, and the page shows it anyway.
    pub fn quietly() -> Self {
        Self::default()
    }

    /// Done, in a sentence.
    pub fn said(words: impl Into<String>) -> Self {
        Self { words: Some(words.into()), undo: None }
    }

    /// With a way back.
    #[must_use]
    pub fn with_undo(self, undo: Act) -> Self {
        Self { undo: Some(undo), ..self }
    }
}
