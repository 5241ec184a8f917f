//! Enrollments for offline access on Windows, in a first-generation log that Duo announced to
//! retire. Source: <https://duo.com/docs/adminapi#offline-enrollment-logs>.

use super::Endpoint;
use super::fields::{Details, V1Record, understood};
use crate::record::{Columns, Understood};

pub const ENDPOINT: Endpoint = super::v1("/admin/v1/logs/offline_enrollment");

pub fn understand(record: V1Record<'_>) -> Understood<'_> {
    let (time, id) = (record.time(), record.id());
    let details = Details::read(record.description);
    let columns = Columns {
        user: record.username.get(),
        action: record.action.get(),
        factor: details.factor.get(),
        application: record.object.get(),
        target: details.hostname.get(),
        ..Columns::default()
    };
    understood(time, id, columns)
}
