//! Records as lines of a file: as they are, or in another format, with the line that comes first.

use std::borrow::Cow;

use super::{Context, Format, Normalizer};
use crate::base::Problem;
use crate::knowledge::Knowledge;
use crate::record::LogType;

/// Makes a line of each record.
#[derive(Debug)]
pub struct Lines {
    conversion: Option<(Format, Normalizer)>,
    /// The log whose columns CSV has; those that all logs share without one.
    columns_of: Option<LogType>,
}

impl Lines {
    /// Records exactly as they are, but for line feeds.
    pub const fn raw() -> Self {
        Self { conversion: None, columns_of: None }
    }

    /// Records in another format; `columns_of`: the only log they are of, if it is only one.
    pub fn of(
        format: Format,
        columns_of: Option<LogType>,
        knowledge: &Knowledge,
    ) -> Result<Self, Problem> {
        Ok(Self { conversion: Some((format, Normalizer::new(knowledge)?)), columns_of })
    }

    /// The line before all others, where the format has one.
    pub fn header(&self) -> Option<Vec<u8>> {
        let (format, normalizer) = self.conversion.as_ref()?;
        (*format == Format::Csv).then(|| normalizer.csv_header(self.columns_of))
    }

    /// Whether bytes can be converted.
    pub fn is_json(&self, log_type: LogType, raw: &[u8]) -> bool {
        match &self.conversion {
            Some((_, normalizer)) => normalizer.is_json(log_type, raw),
            None => true,
        }
    }

    /// A record's line, without a line feed.
    pub fn line<'a>(
        &self,
        log_type: LogType,
        raw: &'a [u8],
        context: &Context<'_>,
    ) -> Cow<'a, [u8]> {
        match &self.conversion {
            Some((Format::Csv, normalizer)) if self.columns_of.is_none() => {
                Cow::Owned(normalizer.csv_shared(log_type, raw, context))
            }
            Some((format, normalizer)) => {
                Cow::Owned(normalizer.convert(*format, log_type, raw, context))
            }
            None => flat(raw),
        }
    }
}

/// A record that spans lines would break "one a line"; line feeds are no part of what JSON says.
fn flat(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\n') {
        return Cow::Borrowed(raw);
    }
    let blank = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
    Cow::Owned(raw.iter().map(blank).collect())
}
