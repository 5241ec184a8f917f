//! How many records match: from the sums where they can tell, else one by one, and when that
//! takes too long, by what a part of them tells.

use std::time::{Duration, Instant};

use super::matching::Search;
use super::{Counted, Direction, Walk, Wanted};
use crate::base::UnixMillis;
use crate::store::error::StoreError;
use crate::store::query::Reader;
use crate::store::rollup::{Kind, Scope};

/// How long may be counted before the rest is estimated.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 20_000 } else { 150 });

pub(super) fn count(reader: &Reader, wanted: &Wanted) -> Result<Counted, StoreError> {
    let sums_tell = wanted.fields.iter().all(|(_, values)| values.is_empty())
        && wanted.alert.is_none()
        && wanted.text.is_empty();
    if sums_tell {
        return Ok(Counted { records: by_sums(reader, wanted)?, exact: true });
    }
    one_by_one(reader, wanted)
}

/// How many there are as far as sums tell: by time, log, category and whether they were late.
fn by_sums(reader: &Reader, wanted: &Wanted) -> Result<u64, StoreError> {
    let scope = Scope {
        account: wanted.account.clone(),
        log_types: wanted.log_types.clone(),
        since: wanted.since,
        until: wanted.until,
    };
    let of = |kind: &Kind| wanted.categories == 0 || kind.categories & wanted.categories != 0;
    let series = reader.series(&scope, &[wanted.since], &of)?;
    let count: i64 = series
        .cells
        .iter()
        .map(|(_, _, counts)| if wanted.late { counts.late } else { counts.records })
        .sum();
    Ok(u64::try_from(count).unwrap_or(0))
}

fn one_by_one(reader: &Reader, wanted: &Wanted) -> Result<Counted, StoreError> {
    let deadline = Instant::now().checked_add(PATIENCE);
    let (records, reached) = reader.noted(reader.at_once(|connection| {
        let search = Search::new(connection, wanted)?;
        let mut walk = Walk::new(&search, None, Direction::Older);
        let mut records = 0;
        while let Some(source) = walk.hindmost() {
            let reached = UnixMillis(source.reached);
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok((records, Some(reached)));
            }
            records += source.count(connection, &search)?;
        }
        Ok((records, None))
    }))?;
    let Some(reached) = reached else { return Ok(Counted { records, exact: true }) };
    let all = by_sums(reader, wanted)?;
    let looked = by_sums(reader, &Wanted { since: wanted.since.max(reached), ..wanted.clone() })?;
    let share = u128::from(records) * u128::from(all) / u128::from(looked.max(1));
    let records = u64::try_from(share).unwrap_or(all).clamp(records, all.max(records));
    Ok(Counted { records, exact: false })
}
