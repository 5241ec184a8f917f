//! Proves that nothing is missing, and fetches ranges again.
//!
//! For logs that count (v2), Duo's own number of records is compared day by day with what is
//! stored. Logs that do not count are read through and counted here. Days that miss something are
//! read again at once. What was found is kept in the store, for the calendar that shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::feed::FeedTask;
use super::plan::{OLDEST, SETTLE};
use super::reading::{Patience, Purpose, Trouble};
use crate::base::UnixMillis;
use crate::base::units::DAY_MILLIS;
use crate::duo::client::Ask;
use crate::duo::logs::{self, Paging, understand};
use crate::record::LogType;
use crate::status::{FeedState, Position};
use crate::store::Audited;

/// Attempts before an audit gives up on a question.
const ATTEMPTS: u32 = 5;

/// How a day stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As many records here as at Duo.
    Complete,
    /// Duo had more; they have been fetched now where that was possible.
    Missing,
    /// More here than at Duo, as when Duo keeps records for a shorter time.
    Extra,
    /// Duo does not tell.
    Unknown,
}

/// One day (or part of one) of one log.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// The account's name.
    pub account: String,
    /// Which log.
    pub log_type: LogType,
    /// The first instant, RFC 3339.
    pub since: String,
    /// The last instant, RFC 3339.
    pub until: String,
    /// Records at Duo; null when Duo does not tell.
    pub duo: Option<u64>,
    /// Records here when the day was looked at.
    pub local: u64,
    /// How they compare.
    pub state: Verdict,
    /// Records that were missing and have been fetched.
    pub fetched: u64,
    /// Why Duo does not tell, in words.
    pub note: Option<String>,
}

/// Compares a range of a log, day by day in UTC. Without `since`, from where collection began.
pub async fn audit(
    task: &FeedTask,
    since: Option<UnixMillis>,
    until: Option<UnixMillis>,
    mut found: impl FnMut(&Finding),
) -> Result<Vec<Finding>, Trouble> {
    let feed = task.storing.register(&task.account, task.log_type).await?;
    task.meet_clock(Patience::Attempts(ATTEMPTS)).await?;
    let now = task.duo.clock().now();
    // Beyond where collection has got to, nothing can be missing yet.
    let reached = feed.position.as_ref().map_or(now, Position::reached);
    let until = until.unwrap_or(now).min(now.minus(SETTLE)).min(reached);
    let begins = feed.begins.unwrap_or(until);
    let since = since.unwrap_or(begins).max(begins).max(now.minus(OLDEST));
    let mut findings = Vec::new();
    if since > until {
        return Ok(findings);
    }
    let counts = Counts::ask(task, since, until).await;
    // Where the days that are proven complete, without one in between that is not, begin.
    let mut proven_from = None;
    for (from, to) in days(since, until) {
        let local = task.count_here(feed.id, from, to).await?;
        let (duo, note) = match &counts {
            Counts::ByDuo => match task.duo.count(task.log_type, from, to).await {
                Ok(count) => (count, None),
                Err(failure) => (None, Some(failure.problem().to_string())),
            },
            Counts::Read(days) => (Some(days.get(&from.floor_day()).copied().unwrap_or(0)), None),
            Counts::Unknown(why) => (None, Some(why.clone())),
        };
        let state = match duo {
            None => Verdict::Unknown,
            Some(duo) if duo > local => Verdict::Missing,
            Some(duo) if duo < local => Verdict::Extra,
            Some(_) => Verdict::Complete,
        };
        let mut fetched = 0;
        if state == Verdict::Missing {
            recollect(task, from, to).await?;
            fetched = task.count_here(feed.id, from, to).await?.saturating_sub(local);
        }
        if duo.is_some_and(|duo| duo <= local + fetched) {
            // A gap may reach over many days.
            let (id, from) = (feed.id, *proven_from.get_or_insert(from));
            task.storing.call(move |writer| writer.close_gaps(id, from, to)).await?;
        } else {
            proven_from = None;
        }
        let audited = Audited {
            since: from,
            until: to,
            duo,
            local,
            fetched,
            checked: now,
            note: note.clone(),
        };
        let id = feed.id;
        task.storing.call(move |writer| writer.note_audit(id, &audited)).await?;
        let finding = Finding {
            account: task.account.name.clone(),
            log_type: task.log_type,
            since: from.to_string(),
            until: to.to_string(),
            duo,
            local,
            state,
            fetched,
            note,
        };
        found(&finding);
        findings.push(finding);
    }
    Ok(findings)
}

/// Fetches a range again; what is new is stored. Tells how many records were new.
pub async fn recollect(
    task: &FeedTask,
    since: UnixMillis,
    until: UnixMillis,
) -> Result<u64, Trouble> {
    let feed = task.storing.register(&task.account, task.log_type).await?;
    task.meet_clock(Patience::Attempts(ATTEMPTS)).await?;
    let now = task.duo.clock().now();
    let reached = feed.position.as_ref().map_or(since, Position::reached);
    let since = since.max(now.minus(OLDEST));
    let until = until.min(now.minus(SETTLE));
    if until < since {
        return Ok(0);
    }
    let before = task.count_here(feed.id, since, until).await?;
    let purpose = Purpose::Again { until };
    task.reading(&feed, purpose, reached, false, Patience::Attempts(ATTEMPTS))
        .run(Position::window(since))
        .await?;
    Ok(task.count_here(feed.id, since, until).await?.saturating_sub(before))
}

/// How Duo's number of records is found.
enum Counts {
    /// By asking, day by day.
    ByDuo,
    /// By reading the log through.
    Read(BTreeMap<UnixMillis, u64>),
    /// Not at all.
    Unknown(String),
}

impl Counts {
    async fn ask(task: &FeedTask, since: UnixMillis, until: UnixMillis) -> Self {
        let endpoint = logs::endpoint(task.log_type);
        if endpoint.counts {
            return Self::ByDuo;
        }
        let read = match endpoint.paging {
            Paging::Since => read_seconds(task, since, until).await,
            Paging::Cursor { .. } => read_window(task, since, until).await,
        };
        match read {
            Ok(days) => Self::Read(days),
            Err(trouble) => Self::Unknown(match trouble.state() {
                FeedState::NotAvailable => "Duo has no such log".to_owned(),
                _ => trouble.feed_error(task.log_type, UnixMillis::now()).message,
            }),
        }
    }
}

async fn read_window(
    task: &FeedTask,
    since: UnixMillis,
    until: UnixMillis,
) -> Result<BTreeMap<UnixMillis, u64>, Trouble> {
    let mut days = BTreeMap::new();
    let mut ids = std::collections::HashSet::new();
    let mut cursor = None;
    let limit = logs::endpoint(task.log_type).max_limit;
    loop {
        let ask = Ask::Window { from: since, until: after(since, until), cursor, limit };
        let page = task.duo.read_log(task.log_type, &ask).await.map_err(Trouble::Duo)?;
        let mut new = 0;
        for raw in page.iter() {
            let understood = understand(task.log_type, raw);
            if ids.insert(format!("{:?}", understood.id)) {
                new += 1;
                count_day(&mut days, understood.time, since, until);
            }
        }
        match page.next {
            Some(next) if new > 0 => cursor = Some(next),
            _ => return Ok(days),
        }
    }
}

async fn read_seconds(
    task: &FeedTask,
    since: UnixMillis,
    until: UnixMillis,
) -> Result<BTreeMap<UnixMillis, u64>, Trouble> {
    let mut days = BTreeMap::new();
    let mut from = since.floor_secs();
    loop {
        let page =
            task.duo.read_log(task.log_type, &Ask::Since { from }).await.map_err(Trouble::Duo)?;
        let times: Vec<UnixMillis> =
            page.iter().filter_map(|raw| understand(task.log_type, raw).time).collect();
        let newest = times.iter().max().map(|time| time.floor_secs());
        // The last second may have been cut off, so it is counted when it is asked for first.
        let Some(newest) = newest.filter(|newest| *newest > from) else {
            for time in times {
                count_day(&mut days, Some(time), since, until);
            }
            return Ok(days);
        };
        for time in times.into_iter().filter(|time| time.floor_secs() < newest) {
            count_day(&mut days, Some(time), since, until);
        }
        if newest.to_millis() > until {
            return Ok(days);
        }
        from = newest;
    }
}

fn count_day(
    days: &mut BTreeMap<UnixMillis, u64>,
    time: Option<UnixMillis>,
    since: UnixMillis,
    until: UnixMillis,
) {
    if let Some(time) = time.filter(|time| (since..=until).contains(time)) {
        *days.entry(time.floor_day()).or_default() += 1;
    }
}

/// The days a range touches, both ends inclusive, cut to the range.
fn days(since: UnixMillis, until: UnixMillis) -> Vec<(UnixMillis, UnixMillis)> {
    let mut days = Vec::new();
    let mut start = since;
    while start <= until {
        let end = UnixMillis(start.floor_day().0 + DAY_MILLIS - 1).min(until);
        days.push((start, end));
        start = UnixMillis(end.0 + 1);
    }
    days
}

/// Duo wants the end after the start.
fn after(since: UnixMillis, until: UnixMillis) -> UnixMillis {
    until.max(UnixMillis(since.0 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_into_whole_days_without_overlap() {
        let at = |day: i64, millis: i64| UnixMillis(day * DAY_MILLIS + millis);
        assert_eq!(
            days(at(1, 5), at(3, 0)),
            vec![
                (at(1, 5), at(1, DAY_MILLIS - 1)),
                (at(2, 0), at(2, DAY_MILLIS - 1)),
                (at(3, 0), at(3, 0))
            ]
        );
        assert_eq!(days(at(2, 0), at(1, 0)), vec![]);
    }
}
