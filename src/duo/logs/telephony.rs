//! Calls and text messages.
//!
//! Records of the first-generation telephony log, which has no ids and counts seconds, are
//! understood too. Source: <https://duo.com/docs/adminapi#telephony-logs>.

use serde::Deserialize;

use super::Endpoint;
use super::fields::{duo_id, joined, understood, when};
use crate::base::UnixSecs;
use crate::duo::lenient::{Text, Whole};
use crate::record::{Columns, IdSource, Understood};

pub const ENDPOINT: Endpoint = super::v2("/admin/v2/logs/telephony");

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Record<'a> {
    #[serde(borrow)]
    telephony_id: Text<'a>,
    #[serde(borrow)]
    ts: Text<'a>,
    timestamp: Whole,
    #[serde(borrow)]
    isotimestamp: Text<'a>,
    #[serde(borrow)]
    context: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    phone: Text<'a>,
    #[serde(borrow)]
    credits: Text<'a>,
}

pub fn understand(record: Record<'_>) -> Understood<'_> {
    let time = record.ts.0.as_deref().and_then(when);
    let time = time.or_else(|| record.timestamp.0.map(|secs| UnixSecs(secs).to_millis()));
    let time = time.or_else(|| record.isotimestamp.0.as_deref().and_then(when));
    let id = match duo_id(record.telephony_id) {
        IdSource::Bytes if time.is_some() && record.kind.0.is_some() => joined(&[
            time.map(|time| time.0.to_string()).as_deref(),
            record.context.0.as_deref(),
            record.kind.0.as_deref(),
            record.phone.0.as_deref(),
            record.credits.0.as_deref(),
        ]),
        id => id,
    };
    let amount = record.credits.0.as_deref().and_then(whole);
    let columns = Columns {
        amount,
        action: record.kind.get(),
        reason: record.context.get(),
        target: record.phone.get(),
        ..Columns::default()
    };
    understood(time, id, columns)
}

/// Credits are whole numbers; a fraction, should there be one, is rounded.
fn whole(credits: &str) -> Option<i64> {
    let number: f64 = credits.trim().parse().ok()?;
    (number.abs() < 1e12).then_some(number.round() as i64)
}
