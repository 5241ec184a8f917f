//! Duo's records in the languages of other tools: ECS, OCSF, CEF, LEEF, CSV, and as Splunk's and
//! Panther's own Duo content expects them.
//!
//! Promises: every record converts, and into exactly one line; values nobody has heard of pass
//! through; the record itself rides along wherever the format has a place for it, so nothing is
//! lost; what is no JSON object becomes a small event that carries its bytes.
//!
//! Which code becomes which value stands in the knowledge pack under `mappings/`, so that it can be
//! reviewed, and replaced by a pack, without this code. The shapes are here.

mod address;
mod cef;
mod csv;
mod ecs;
mod event;
mod indicators;
mod json;
mod leef;
mod lines;
mod ocsf;
mod panther;
mod splunk;
mod tables;

use serde::de::IgnoredAny;

use crate::base::Problem;
use crate::knowledge::{Knowledge, Labels};
use crate::record::LogType;

pub use event::Context;
use event::Event;
pub use indicators::{Indicators, indicators};
pub use lines::Lines;
pub use panther::schema as panther_schema;
pub use splunk::source_type as splunk_source_type;
use tables::Tables;

/// A format to convert into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Elastic Common Schema 8, with the fields of Elastic's Cisco Duo integration.
    Ecs,
    /// Open Cybersecurity Schema Framework 1.
    Ocsf,
    /// ArcSight's Common Event Format.
    Cef,
    /// QRadar's Log Event Extended Format 2.
    Leef,
    /// Comma-separated values with the columns of the record's log.
    Csv,
    /// The record with the fields that Splunk's Duo content looks for.
    Splunk,
    /// The record with Panther's standard fields.
    Panther,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 7] =
        [Self::Ecs, Self::Ocsf, Self::Cef, Self::Leef, Self::Csv, Self::Splunk, Self::Panther];
}

/// Converts records; made once, used for many.
#[derive(Clone, Debug)]
pub struct Normalizer {
    tables: Tables,
    labels: Labels,
}

impl Normalizer {
    /// With a pack's mappings and words.
    pub fn new(knowledge: &Knowledge) -> Result<Self, Problem> {
        Ok(Self { tables: Tables::read(knowledge)?, labels: knowledge.labels().clone() })
    }

    /// One line, without a line feed at its end.
    pub fn convert(
        &self,
        format: Format,
        log_type: LogType,
        raw: &[u8],
        context: &Context<'_>,
    ) -> Vec<u8> {
        let event = self.read(log_type, raw, context);
        match format {
            Format::Ecs => ecs::line(&event),
            Format::Ocsf => ocsf::line(&event),
            Format::Cef => cef::line(&event),
            Format::Leef => leef::line(&event),
            Format::Csv => csv::line(&event, Some(log_type)),
            Format::Splunk => splunk::line(&event),
            Format::Panther => panther::line(&event),
        }
    }

    /// Whether bytes are JSON at all, be it with a few odd bytes in it.
    pub fn is_json(&self, log_type: LogType, raw: &[u8]) -> bool {
        serde_json::from_slice::<IgnoredAny>(raw).is_ok()
            || self.read(log_type, raw, &Context::default()).is_object()
    }

    /// The names of CSV's columns: those of a log, or those that all logs share.
    pub fn csv_header(&self, log_type: Option<LogType>) -> Vec<u8> {
        csv::header(&self.tables.csv, log_type)
    }

    /// A record under the columns that all logs share.
    pub fn csv_shared(&self, log_type: LogType, raw: &[u8], context: &Context<'_>) -> Vec<u8> {
        csv::line(&self.read(log_type, raw, context), None)
    }

    fn read<'a>(&'a self, log_type: LogType, raw: &'a [u8], context: &'a Context<'a>) -> Event<'a> {
        Event::read(log_type, raw, context, &self.tables, &self.labels)
    }
}

#[cfg(test)]
mod tests;
