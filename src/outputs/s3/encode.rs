//! Items as objects: which go together, what their object is called, and its bytes.
//!
//! Promises: pure; an object holds records of one log and one day (UTC, by the record's own time),
//! and the same batch makes the same objects of the same names, so that a repeat overwrites.
//!
//! The log and the day stand in the name, as `log_type=…/date=…`, and not as columns: that is how
//! Athena, Spark, DuckDB, Trino and pyarrow find partitions, and several of them refuse files that
//! have a column of a partition's name. Source: <https://docs.aws.amazon.com/athena/latest/ug/partitions.html>.

use std::collections::BTreeMap;
use std::io::Write;

use jiff::Timestamp;

use super::parquet;
use crate::base::Problem;
use crate::base::units::DAY_MILLIS;
use crate::outputs::{Batch, Item, What};
use crate::settings::{Objects, S3Output};

/// The level Zstandard compresses with; above it files hardly get smaller.
pub const ZSTD_LEVEL: i32 = 3;

/// The items of one object.
#[derive(Debug)]
pub struct Part<'a> {
    /// The log, or alerts.
    pub what: What,
    /// The object's name in the bucket.
    pub name: String,
    /// Its items, in the order of the batch.
    pub items: Vec<&'a Item>,
}

/// Divides a batch into objects, by log and day.
pub fn parts<'a>(batch: &'a Batch, to: &S3Output) -> Vec<Part<'a>> {
    let mut days: BTreeMap<(What, i64), Vec<&Item>> = BTreeMap::new();
    for item in &batch.items {
        days.entry((item.what, item.time.0.div_euclid(DAY_MILLIS))).or_default().push(item);
    }
    let name = |what: What, day: i64| {
        let date = Timestamp::from_millisecond(day.saturating_mul(DAY_MILLIS));
        let date = date.map_or_else(|_| "unknown".to_owned(), |at| at.strftime("%F").to_string());
        format!(
            "{}log_type={}/date={date}/{}.{}",
            to.prefix,
            what.name(),
            batch.token,
            to.objects.ending()
        )
    };
    days.into_iter()
        .map(|((what, day), items)| Part { what, name: name(what, day), items })
        .collect()
}

/// The bytes of an object.
pub fn object(items: &[&Item], what: What, objects: Objects) -> Result<Vec<u8>, Problem> {
    match objects {
        Objects::Parquet => parquet::file(items, what).map_err(|error| unwritable(&error)),
        Objects::JsonLines => json_lines(items).map_err(|error| unwritable(&error)),
    }
}

fn json_lines(items: &[&Item]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    encoder.include_checksum(true)?;
    for item in items {
        encoder.write_all(&item.line)?;
        encoder.write_all(b"\n")?;
    }
    encoder.finish()
}

fn unwritable(error: &dyn std::fmt::Display) -> Problem {
    Problem::new("An object for the bucket could not be made").because(error)
}
