//! Trust Monitor's security events.
//!
//! The cursor goes back in `offset`, and a page holds 200 records at most. A record's `state` can
//! change later under the same `sekey`. Not every plan has it, and Duo announced its end. Source:
//! <https://duo.com/docs/adminapi#trust-monitor>.

use serde::Deserialize;

use super::fields::{Named, duo_id, lower, understood};
use super::{Endpoint, Paging, authentication};
use crate::base::UnixMillis;
use crate::duo::lenient::{First, FromText, Object, Text, Whole};
use crate::record::{Columns, Understood};

pub const ENDPOINT: Endpoint = Endpoint {
    paging: Paging::Cursor { parameter: "offset" },
    max_limit: 200,
    sorts: false,
    counts: false,
    ..super::v2("/admin/v1/trust_monitor/events")
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Record<'a> {
    #[serde(borrow)]
    sekey: Text<'a>,
    surfaced_timestamp: Whole,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(borrow)]
    explanations: First<Object<Explanation<'a>>>,
    #[serde(borrow)]
    surfaced_auth: Object<authentication::Record<'a>>,
    #[serde(borrow)]
    enabled_for: Object<Named<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Explanation<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

impl<'de: 'a, 'a> FromText<'de> for Explanation<'a> {
    fn from_text(text: Text<'de>) -> Self {
        Self { kind: text }
    }
}

pub fn understand(record: Record<'_>) -> Understood<'_> {
    let auth = record.surfaced_auth.0;
    let (address, country) = auth.access_device.0.place();
    let columns = Columns {
        user: auth.user.0.name.get().or(record.enabled_for.0.name.get()),
        action: record.kind.get(),
        result: record.state.get().map(lower),
        reason: record.explanations.0.0.kind.get(),
        factor: auth.factor.get(),
        address,
        application: auth.application.0.name.get(),
        target: None,
        country,
        amount: None,
    };
    let time = record.surfaced_timestamp.0.map(UnixMillis);
    understood(time, duo_id(record.sekey), columns)
}
