//! The six logs Duo offers, under the names used everywhere: settings, commands, JSON, files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of Duo's logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogType {
    /// Second-factor authentications and enrollments (v2).
    Authentication,
    /// What administrators, synchronizations and applications did (v2).
    Activity,
    /// What administrators did (v1, announced to retire).
    Administrator,
    /// Calls and text messages (v2).
    Telephony,
    /// Windows Logon offline access enrollments (v1, announced to retire).
    OfflineEnrollment,
    /// Trust Monitor security events.
    TrustMonitor,
}

impl LogType {
    /// All six, in the order people read them.
    pub const ALL: [Self; 6] = [
        Self::Authentication,
        Self::Activity,
        Self::Administrator,
        Self::Telephony,
        Self::OfflineEnrollment,
        Self::TrustMonitor,
    ];

    /// The fixed name: `offline_enrollment`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Activity => "activity",
            Self::Administrator => "administrator",
            Self::Telephony => "telephony",
            Self::OfflineEnrollment => "offline_enrollment",
            Self::TrustMonitor => "trust_monitor",
        }
    }

    /// The name as a person reads it: "Offline enrollment".
    pub const fn title(self) -> &'static str {
        match self {
            Self::Authentication => "Authentication",
            Self::Activity => "Activity",
            Self::Administrator => "Administrator",
            Self::Telephony => "Telephony",
            Self::OfflineEnrollment => "Offline enrollment",
            Self::TrustMonitor => "Trust Monitor",
        }
    }
}

impl fmt::Display for LogType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no log type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownLogType(pub String);

impl fmt::Display for UnknownLogType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{201c}{}\u{201d} is not a log type; the log types are ", self.0)?;
        for (i, log_type) in LogType::ALL.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(log_type.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownLogType {}

impl FromStr for LogType {
    type Err = UnknownLogType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        Self::ALL
            .into_iter()
            .find(|log_type| log_type.name() == text)
            .ok_or_else(|| UnknownLogType(text.to_owned()))
    }
}
