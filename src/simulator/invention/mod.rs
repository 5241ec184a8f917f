//! Invents an organization: people who sign in to work, administrators who look after them, and
//! now and then somebody who should not be there.
//!
//! Promises: the same seed gives the same people and the same days, however the time is cut into
//! pieces; all names, numbers and addresses come from the ranges kept for documentation
//! (<https://www.rfc-editor.org/rfc/rfc5737>, <https://www.rfc-editor.org/rfc/rfc3849>,
//! example.com, 555-01xx), so none belongs to anybody.
//!
//! Offices keep a fixed distance from UTC: not every computer carries a time zone database.

mod administration;
mod days;
mod people;
mod places;
mod sign_ins;
mod stories;
mod text;

use std::collections::BTreeMap;

use super::records::Published;
use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::record::LogType;

pub(super) use days::steady;
pub use sign_ins::bulk_authentication;
pub(super) use text::{fresh_id, with_id};

/// What was invented for a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invented {
    records: BTreeMap<LogType, Vec<Published>>,
    users: Vec<Box<str>>,
}

impl Invented {
    /// The records of a log, oldest first.
    pub fn of(&self, log_type: LogType) -> &[Published] {
        self.records.get(&log_type).map(Vec::as_slice).unwrap_or_default()
    }

    /// The users, each one JSON object.
    pub fn users(&self) -> &[Box<str>] {
        &self.users
    }

    /// The last few records of a log before an instant.
    pub(super) fn last_before(
        &self,
        log_type: LogType,
        at: UnixMillis,
        count: usize,
    ) -> Vec<Published> {
        let before = self.of(log_type).iter().rev().skip_while(|record| record.at >= at);
        before.take(count).cloned().collect()
    }

    pub(super) fn into_parts(self) -> (BTreeMap<LogType, Vec<Published>>, Vec<Box<str>>) {
        (self.records, self.users)
    }

    fn add(&mut self, log_type: LogType, at: UnixMillis, body: impl Into<Box<str>>) {
        self.records.entry(log_type).or_default().push(Published { at, body: body.into() });
    }
}

/// Invents what an organization of so many people leaves in Duo's logs from one instant up to,
/// and without, another. `sign_ins_per_day` is meant for a working day; weekends are quiet.
pub fn invent(
    seed: u64,
    from: UnixMillis,
    until: UnixMillis,
    people: usize,
    sign_ins_per_day: usize,
) -> Invented {
    let staff = people::staff(seed, people);
    let mut invented = Invented {
        users: staff.iter().map(|person| person.directory_entry().into()).collect(),
        ..Invented::default()
    };
    // Days are local: one of them begins or ends up to half a day beside the UTC day.
    let first = from.0.div_euclid(DAY_MILLIS) - 1;
    let last = until.0.div_euclid(DAY_MILLIS) + 1;
    for day in first..=last {
        let mut chance = fastrand::Rng::with_seed(seed ^ (day as u64).wrapping_mul(0x9e37_79b9));
        days::ordinary_day(&mut invented, &staff, day, sign_ins_per_day, &mut chance);
        let mut chance = fastrand::Rng::with_seed(seed ^ (day as u64).wrapping_mul(0x85eb_ca6b));
        administration::routine(&mut invented, &staff, day, &mut chance);
        stories::of_the_day(&mut invented, &staff, day, &mut chance);
    }
    for records in invented.records.values_mut() {
        records.retain(|record| record.at >= from && record.at < until);
        records.sort_by_key(|record| record.at);
    }
    invented
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    // A Monday.
    const START: UnixMillis = UnixMillis(1_794_787_200_000);

    fn days(from: i64, until: i64) -> Invented {
        let at = |day: i64| UnixMillis(START.0 + day * DAY_MILLIS);
        invent(7, at(from), at(until), 60, 200)
    }

    fn values(invented: &Invented, log_type: LogType) -> Vec<serde_json::Value> {
        let read = |record: &Published| serde_json::from_str(&record.body).unwrap();
        invented.of(log_type).iter().map(read).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_records_however_time_is_cut() {
        let whole = days(0, 4);
        assert_eq!(whole, days(0, 4));
        let (first, second) = (days(0, 1), days(1, 4));
        for log_type in LogType::ALL {
            let pieces: Vec<&Published> =
                first.of(log_type).iter().chain(second.of(log_type)).collect();
            assert_eq!(pieces, whole.of(log_type).iter().collect::<Vec<_>>(), "{log_type}");
        }
    }

    #[test]
    fn every_record_is_json_and_ids_do_not_repeat() {
        let invented = days(0, 14);
        for (log_type, id) in [
            (LogType::Authentication, "txid"),
            (LogType::Activity, "activity_id"),
            (LogType::Telephony, "telephony_id"),
            (LogType::TrustMonitor, "sekey"),
        ] {
            let records = values(&invented, log_type);
            assert!(!records.is_empty(), "{log_type}");
            let ids: BTreeSet<&str> =
                records.iter().map(|record| record[id].as_str().unwrap()).collect();
            assert_eq!(ids.len(), records.len(), "{log_type}");
        }
        assert!(!values(&invented, LogType::Administrator).is_empty());
        assert!(!values(&invented, LogType::OfflineEnrollment).is_empty());
    }

    #[test]
    fn records_are_filed_under_their_own_time() {
        let invented = days(0, 14);
        for (log_type, field) in [(LogType::Activity, "ts"), (LogType::Telephony, "ts")] {
            for (record, value) in invented.of(log_type).iter().zip(values(&invented, log_type)) {
                let time = UnixMillis::parse_rfc3339(value[field].as_str().unwrap()).unwrap();
                assert_eq!(record.at, time, "{}", record.body);
            }
        }
        let authentications = values(&invented, LogType::Authentication);
        for (record, value) in invented.of(LogType::Authentication).iter().zip(authentications) {
            assert_eq!(record.at.floor_secs().0, value["timestamp"]);
            let time = UnixMillis::parse_rfc3339(value["isotimestamp"].as_str().unwrap()).unwrap();
            assert_eq!(record.at, time);
        }
        for log_type in [LogType::Administrator, LogType::OfflineEnrollment] {
            for (record, value) in invented.of(log_type).iter().zip(values(&invented, log_type)) {
                assert_eq!(record.at.0, value["timestamp"].as_i64().unwrap() * 1000);
            }
        }
    }

    #[test]
    fn a_week_holds_the_stories_and_quiet_days() {
        let invented = days(0, 7);
        let sign_ins = values(&invented, LogType::Authentication);
        let having = |field: &str, value: &str| {
            sign_ins.iter().filter(|record| record[field] == value).count()
        };
        assert!(having("reason", "user_marked_fraud") > 0);
        assert!(having("reason", "anomalous_push") > 0);
        assert!(having("factor", "bypass_code") > 0);
        assert!(having("reason", "deny_unenrolled_user") > 10);
        assert!(having("event_type", "enrollment") > 0);
        let on = |day: i64| {
            let range = START.0 + day * DAY_MILLIS..START.0 + (day + 1) * DAY_MILLIS;
            invented.of(LogType::Authentication).iter().filter(|r| range.contains(&r.at.0)).count()
        };
        assert!(on(5) * 4 < on(1), "Saturday {} and Tuesday {}", on(5), on(1));
        let actions: BTreeSet<String> = values(&invented, LogType::Activity)
            .iter()
            .filter_map(|record| Some(record["action"]["name"].as_str()?.to_owned()))
            .collect();
        for action in ["admin_login", "policy_update", "bypass_create", "ad_sync_finish"] {
            assert!(actions.contains(action), "{action}");
        }
    }

    #[test]
    fn addresses_come_from_the_ranges_kept_for_documentation() {
        let invented = days(0, 7);
        for record in values(&invented, LogType::Authentication) {
            for device in ["access_device", "auth_device"] {
                let Some(ip) = record[device]["ip"].as_str() else { continue };
                let kept = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:", "0.0.0.0"];
                assert!(kept.iter().any(|start| ip.starts_with(start)), "{ip}");
            }
        }
    }
}
