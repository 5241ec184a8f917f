//! What administrators, synchronizations and applications did.
//!
//! `ts` is the only time. `action` is an object, in older records a text; `outcome` is often
//! absent. `details` is JSON inside a text. Source: <https://duo.com/docs/adminapi#activity-logs>.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Endpoint;
use super::fields::{AccessDevice, Details, Named, duo_id, lower, understood, when};
use crate::duo::lenient::{FromText, Object, Text};
use crate::record::{Columns, Understood};

pub const ENDPOINT: Endpoint = super::v2("/admin/v2/logs/activity");

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Record<'a> {
    #[serde(borrow)]
    activity_id: Text<'a>,
    #[serde(borrow)]
    ts: Text<'a>,
    #[serde(borrow)]
    action: Object<Action<'a>>,
    #[serde(borrow)]
    actor: Object<Named<'a>>,
    #[serde(borrow)]
    target: Object<Named<'a>>,
    #[serde(borrow)]
    access_device: Object<AccessDevice<'a>>,
    #[serde(borrow)]
    application: Object<Named<'a>>,
    #[serde(borrow)]
    outcome: Object<Outcome<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Action<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> FromText<'de> for Action<'a> {
    fn from_text(text: Text<'de>) -> Self {
        Self { name: text, details: None }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow)]
    result: Text<'a>,
}

impl<'de: 'a, 'a> FromText<'de> for Outcome<'a> {
    fn from_text(text: Text<'de>) -> Self {
        Self { result: text }
    }
}

pub fn understand(record: Record<'_>) -> Understood<'_> {
    let time = record.ts.0.as_deref().and_then(when);
    let (address, country) = record.access_device.0.place();
    let columns = Columns {
        user: record.actor.0.name.get(),
        action: record.action.0.name.get(),
        result: record.outcome.0.result.get().map(lower),
        reason: None,
        factor: Details::read(record.action.0.details).factor.get(),
        address,
        application: record.application.0.name.get(),
        target: record.target.0.name.get(),
        country,
        amount: None,
    };
    understood(time, duo_id(record.activity_id), columns)
}
