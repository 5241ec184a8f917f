//! What keys and the command palette can do, from wherever one is.

use crate::base::UnixMillis;
use crate::window::look::looks::Mode;
use crate::window::worker::Wish;

use super::{Go, Page, Range};

/// Something that can be done from wherever one is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Deed {
    /// Leads somewhere.
    Go(Go),
    /// Looks at one account only; at all of them with `None`.
    Account(Option<String>),
    /// Looks at this range of time.
    Range(Range),
    /// Asks for a range of time.
    CustomRange,
    /// Asks all logs at once.
    CollectNow,
    /// Asks nothing for an hour.
    PauseForAnHour,
    /// Asks nothing until resumed.
    Pause,
    /// Goes on collecting.
    Resume,
    /// Starts the collector.
    StartCollector,
    /// Opens the command palette, or closes it.
    Palette,
    /// Shows which keys do what.
    Keys,
    /// Light, dark, or as the system has it.
    Look(Mode),
    /// Shows the first steps again.
    FirstSteps,
}

impl Deed {
    /// Leads to a page.
    pub const fn page(page: Page) -> Self {
        Self::Go(Go::Page(page))
    }

    /// What the worker has to do for it, where it is the worker's.
    pub fn wish(&self) -> Option<Wish> {
        const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);
        Some(match self {
            Self::CollectNow => Wish::CollectNow,
            Self::PauseForAnHour => Wish::Pause(Some(UnixMillis::now().plus(HOUR))),
            Self::Pause => Wish::Pause(None),
            Self::Resume => Wish::Resume,
            Self::StartCollector => Wish::StartCollector,
            _ => return None,
        })
    }
}
