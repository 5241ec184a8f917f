//! Second-factor authentications and enrollments.
//!
//! The page's cursor is a list of two, sent back joined by a comma. `isotimestamp` has
//! microseconds, `timestamp` only seconds. Source:
//! <https://duo.com/docs/adminapi#authentication-logs>.

use serde::Deserialize;

use super::Endpoint;
use super::fields::{AccessDevice, Named, duo_id, lower, understood, when};
use crate::base::{UnixMillis, UnixSecs};
use crate::duo::lenient::{FromText, Object, Text, Whole};
use crate::record::{Columns, Understood};

pub const ENDPOINT: Endpoint = super::v2("/admin/v2/logs/authentication");

/// The fields with a column; also found inside Trust Monitor records.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Record<'a> {
    #[serde(borrow)]
    txid: Text<'a>,
    timestamp: Whole,
    #[serde(borrow)]
    isotimestamp: Text<'a>,
    #[serde(borrow)]
    event_type: Text<'a>,
    #[serde(borrow)]
    result: Text<'a>,
    #[serde(borrow)]
    reason: Text<'a>,
    #[serde(borrow)]
    pub factor: Text<'a>,
    #[serde(borrow)]
    pub user: Object<Named<'a>>,
    #[serde(borrow)]
    pub application: Object<Named<'a>>,
    #[serde(borrow)]
    pub access_device: Object<AccessDevice<'a>>,
    #[serde(borrow)]
    auth_device: Object<Named<'a>>,
}

impl<'de: 'a, 'a> FromText<'de> for Record<'a> {
    fn from_text(_: Text<'de>) -> Self {
        Self::default()
    }
}

pub fn understand(record: Record<'_>) -> Understood<'_> {
    let time = time(&record);
    let (address, country) = record.access_device.0.place();
    let columns = Columns {
        user: record.user.0.name.get(),
        action: record.event_type.get(),
        result: record.result.get().map(lower),
        reason: record.reason.get(),
        factor: record.factor.get(),
        address,
        application: record.application.0.name.get(),
        target: record.auth_device.0.name.get(),
        country,
        amount: None,
    };
    understood(time, duo_id(record.txid), columns)
}

fn time(record: &Record<'_>) -> Option<UnixMillis> {
    let fine = record.isotimestamp.0.as_deref().and_then(when);
    fine.or_else(|| record.timestamp.0.map(|secs| UnixSecs(secs).to_millis()))
}
