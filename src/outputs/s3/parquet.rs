//! Records as a Parquet file with a fixed schema.
//!
//! Promises: pure; the schema is the same for all logs and never loses or renames a column; the
//! record itself stands in `raw` as Duo sent it (bytes that are not UTF-8 become U+FFFD there);
//! times are instants in UTC, in milliseconds.
//!
//! `docs/outputs.md` tells the columns. `id` and `raw` are nearly all different, so no dictionary is
//! tried for them; everything else repeats a lot. Source: <https://parquet.apache.org/docs/file-format/>.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, Type};

use super::encode::ZSTD_LEVEL;
use crate::duo::logs::understand;
use crate::outputs::{Item, What};
use crate::record::Columns;

/// The columns, in their order.
const SCHEMA: &str = "message duo_integrator {
    required binary id (STRING);
    required binary account (STRING);
    required binary api_hostname (STRING);
    required int64 time (TIMESTAMP(MILLIS,true));
    required int64 received (TIMESTAMP(MILLIS,true));
    optional binary user (STRING);
    optional binary action (STRING);
    optional binary result (STRING);
    optional binary reason (STRING);
    optional binary factor (STRING);
    optional binary address (STRING);
    optional binary application (STRING);
    optional binary target (STRING);
    optional binary country (STRING);
    optional int64 credits;
    required binary raw (STRING);
}";

/// Raised when a column is added.
const SCHEMA_VERSION: &str = "1";

static PARSED: LazyLock<Result<Arc<Type>, ParquetError>> =
    LazyLock::new(|| parse_message_type(SCHEMA).map(Arc::new));

/// A whole file.
pub fn file(items: &[&Item], what: What) -> Result<Vec<u8>, ParquetError> {
    let schema = PARSED.as_ref().map_err(|error| ParquetError::General(error.to_string()))?;
    let understood: Vec<Columns<'_>> = items
        .iter()
        .map(|item| match what {
            What::Record(log_type) => understand(log_type, &item.raw).columns,
            What::Alert => Columns::default(),
        })
        .collect();
    let properties = Arc::new(properties(what)?);
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::clone(schema), properties)?;
    let mut rows = writer.next_row_group()?;

    let of_items: [fn(&Item) -> &str; 3] = [|i| &i.id, |i| &i.account, |i| &i.api_hostname];
    for text in of_items {
        texts(&mut rows, false, items.iter().map(|item| Some(Cow::Borrowed(text(item)))))?;
    }
    let times: [fn(&Item) -> i64; 2] = [|i| i.time.0, |i| i.received.0];
    for time in times {
        numbers(&mut rows, false, items.iter().map(|item| Some(time(item))))?;
    }
    type Field = for<'a, 'b> fn(&'a Columns<'b>) -> Option<&'a Cow<'b, str>>;
    let of_records: [Field; 9] = [
        |c| c.user.as_ref(),
        |c| c.action.as_ref(),
        |c| c.result.as_ref(),
        |c| c.reason.as_ref(),
        |c| c.factor.as_ref(),
        |c| c.address.as_ref(),
        |c| c.application.as_ref(),
        |c| c.target.as_ref(),
        |c| c.country.as_ref(),
    ];
    for field in of_records {
        let values = understood.iter().map(|columns| field(columns).map(|text| text.as_ref()));
        texts(&mut rows, true, values.map(|text| text.map(Cow::Borrowed)))?;
    }
    numbers(&mut rows, true, understood.iter().map(|columns| columns.amount))?;
    texts(&mut rows, false, items.iter().map(|item| Some(String::from_utf8_lossy(&item.raw))))?;

    rows.close()?;
    writer.into_inner()
}

fn properties(what: What) -> Result<WriterProperties, ParquetError> {
    let told = |key: &str, value: &str| KeyValue::new(key.to_owned(), value.to_owned());
    let raw = ColumnPath::from("raw");
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_created_by(concat!("duo-integrator version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![
            told("duo_integrator.schema", SCHEMA_VERSION),
            told("duo_integrator.log_type", what.name()),
        ]))
        .set_column_dictionary_enabled(ColumnPath::from("id"), false)
        .set_column_dictionary_enabled(raw.clone(), false)
        .set_column_statistics_enabled(raw, EnabledStatistics::None)
        .build())
}

/// Writes the next column, of texts. `optional`: as the schema says of it.
fn texts<'a>(
    rows: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    optional: bool,
    values: impl Iterator<Item = Option<Cow<'a, str>>>,
) -> Result<(), ParquetError> {
    // One buffer that all values are slices of, instead of one for each.
    let mut together = Vec::new();
    let mut ends = Vec::new();
    let mut levels = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        if let Some(text) = value {
            together.extend_from_slice(text.as_bytes());
            ends.push(together.len());
        }
    }
    let together = Bytes::from(together);
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let values: Vec<ByteArray> =
        starts.zip(&ends).map(|(start, end)| together.slice(start..*end).into()).collect();
    let mut column = rows.next_column()?.ok_or_else(no_column)?;
    column.typed::<ByteArrayType>().write_batch(&values, optional.then_some(&levels), None)?;
    column.close()
}

/// Writes the next column, of numbers.
fn numbers(
    rows: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    optional: bool,
    values: impl Iterator<Item = Option<i64>>,
) -> Result<(), ParquetError> {
    let mut present = Vec::new();
    let mut levels = Vec::new();
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    let mut column = rows.next_column()?.ok_or_else(no_column)?;
    column.typed::<Int64Type>().write_batch(&present, optional.then_some(&levels), None)?;
    column.close()
}

fn no_column() -> ParquetError {
    ParquetError::General("the schema has fewer columns than are written".to_owned())
}
