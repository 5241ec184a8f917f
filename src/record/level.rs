//! How grave something is, in the words of Sigma rules, which settings, commands and JSON use too.
//!
//! Source: <https://sigmahq.io/docs/basics/rules.html#level>.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How grave an alert is; a graver one is greater.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Informational,
    /// Seldom worth more than a look.
    Low,
    /// Worth a look.
    #[default]
    Medium,
    /// Worth a look today.
    High,
    /// Worth a look at once.
    Critical,
}

impl Level {
    /// All of them, the gravest last.
    pub const ALL: [Self; 5] =
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The fixed name: `critical`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The name as a person reads it: "Critical".
    pub const fn title(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLevel(pub String);

impl fmt::Display for UnknownLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{201c}{}\u{201d} is not a level; the levels are ", self.0)?;
        f.write_str(&Level::ALL.map(Level::name).join(", "))
    }
}

impl std::error::Error for UnknownLevel {}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|level| level.name() == text)
            .ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_by_their_names_and_ordered_by_gravity() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert_eq!("High".parse::<Level>(), Err(UnknownLevel("High".to_owned())));
        assert!(Level::ALL.is_sorted() && Level::Critical > Level::High);
    }
}
