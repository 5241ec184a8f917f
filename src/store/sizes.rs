//! How much room records take, and how many there are before some day.

use rusqlite::params;

use super::error::StoreError;
use super::query::Reader;
use super::sums::HOUR;
use crate::base::UnixMillis;
use crate::record::LogType;

/// The room one log takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogSize {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// Its records.
    pub records: u64,
    /// The bytes of the raw records as they are stored, compressed. What finds and counts them comes
    /// on top.
    pub bytes: u64,
}

impl Reader {
    /// The room each log takes, the largest first. Looks at every block: a second or two in a store
    /// of ten gigabytes.
    pub fn log_sizes(&self) -> Result<Vec<LogSize>, StoreError> {
        self.noted((|| {
            let mut statement = self.connection().prepare(
                "SELECT a.name, f.log_type, f.records, coalesce(b.bytes, 0)
                 FROM feed f JOIN account a ON a.id = f.account
                 LEFT JOIN (SELECT feed, sum(length(data)) AS bytes FROM block GROUP BY feed) b
                 ON b.feed = f.id
                 ORDER BY 4 DESC, 1, 2",
            )?;
            let rows = statement.query_map([], |row| {
                let log_type: String = row.get(1)?;
                Ok((
                    row.get(0)?,
                    log_type,
                    super::feeds::count(row, 2)?,
                    super::feeds::count(row, 3)?,
                ))
            })?;
            let mut sizes = Vec::new();
            for row in rows {
                let (account, log_type, records, bytes) = row?;
                let Ok(log_type) = log_type.parse() else { continue };
                sizes.push(LogSize { account, log_type, records, bytes });
            }
            Ok(sizes)
        })())
    }

    /// About how many records are older than this: to the hour.
    pub fn records_before(&self, before: UnixMillis) -> Result<u64, StoreError> {
        self.noted((|| {
            let records: i64 = self
                .connection()
                .prepare_cached("SELECT coalesce(sum(records), 0) FROM hourly WHERE hour < ?1")?
                .query_row(params![before.0.div_euclid(HOUR)], |row| row.get(0))?;
            Ok(records.unsigned_abs())
        })())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{Lab, record};
    use super::*;

    #[test]
    fn each_log_is_told_with_its_room() {
        let mut lab = Lab::new();
        let many: Vec<_> = (0..40).map(|n| record(n, n as i64, json!({"user": "ada"}))).collect();
        lab.store(LogType::Activity, &many[..3], |_| {});
        lab.store(LogType::Authentication, &many, |_| {});
        lab.feed(LogType::Telephony);
        let sizes = lab.reader().log_sizes().unwrap();
        let told: Vec<_> = sizes.iter().map(|size| (size.log_type, size.records)).collect();
        use LogType::{Activity, Authentication, Telephony};
        assert_eq!(told, [(Authentication, 40), (Activity, 3), (Telephony, 0)]);
        assert!(sizes[0].bytes > sizes[1].bytes && sizes[1].bytes > 0 && sizes[2].bytes == 0);
        assert_eq!(sizes[0].account, "Contoso");
    }

    #[test]
    fn records_before_a_day_are_counted_over_all_logs() {
        let mut lab = Lab::new();
        let at = |hours: i64| record(hours as u64, hours * HOUR + 1, json!({}));
        lab.store(LogType::Activity, &[at(1), at(2), at(3)], |_| {});
        lab.store(LogType::Telephony, &[at(2), at(9)], |_| {});
        let reader = lab.reader();
        let before = |hours: i64| reader.records_before(UnixMillis(hours * HOUR)).unwrap();
        assert_eq!([before(0), before(2), before(3), before(100)], [0, 1, 3, 5]);
    }
}
