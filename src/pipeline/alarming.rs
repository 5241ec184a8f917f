//! Raises what the collector has to tell about itself, and clears what is over.
//!
//! Promises: an alarm is raised once, stands while its cause does, and is cleared by itself; what a
//! person switched off is not raised; a pause raises nothing and clears nothing; a computer that
//! slept is not taken for a collector that stalled. The decisions are in [`status`](crate::status).

use std::time::Duration;

use crate::base::{Home, Problem, UnixMillis};
use crate::knowledge::Knowledge;
use crate::settings::Settings;
use crate::status::{self, AlarmKind, Hole};
use crate::store::{self, Reader, StoreError, Writer};

/// How often it is looked. The clock jumping ahead by several of these means that the computer
/// slept.
pub const LOOK: Duration = Duration::from_secs(60);

/// Looks regularly at how collection stands.
#[derive(Debug)]
pub struct Alarming {
    home: Home,
    awake_since: UnixMillis,
    hole: Option<Hole>,
    looked: UnixMillis,
}

impl Alarming {
    /// Begins with a collector that starts now. Reads the store, so not for async code.
    pub fn begin(home: &Home, settings: &Settings, now: UnixMillis) -> Self {
        let feeds = Reader::open(&home.store_file()).ok().flatten();
        let feeds = feeds.and_then(|reader| reader.statuses().ok()).unwrap_or_default();
        let hole = status::hole(settings, &feeds, now);
        Self { home: home.clone(), awake_since: now, hole, looked: now }
    }

    /// Raises what stands and clears what is over. Reads and writes the store, so not for async
    /// code.
    pub fn look(
        &mut self,
        settings: &Settings,
        knowledge: &Knowledge,
        paused: bool,
        now: UnixMillis,
    ) -> Result<(), Problem> {
        if paused || self.looked.plus(5 * LOOK) < now || now < self.looked {
            self.awake_since = now;
        }
        self.looked = now;
        if paused {
            return Ok(());
        }
        self.settle(settings, knowledge, now).map_err(|error| error.problem)
    }

    fn settle(
        &self,
        settings: &Settings,
        knowledge: &Knowledge,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let path = self.home.store_file();
        let Some(reader) = Reader::open(&path)? else { return Ok(()) };
        let mut stand =
            status::alarms(settings, &reader.statuses()?, self.awake_since, self.hole, now);
        let item = |kind: AlarmKind| {
            knowledge.alarms().iter().find(|item| item.id == kind.id() && item.enabled)
        };
        stand.retain(|alarm| item(alarm.kind).is_some());
        let known = reader.standing(&AlarmKind::ALL.map(AlarmKind::id))?;
        let is_same = |known: &store::Alert, alarm: &status::Alarm| {
            known.rule == alarm.kind.id()
                && known.account == alarm.account
                && known.subject == alarm.subject
        };
        let over: Vec<&store::Alert> =
            known.iter().filter(|known| !stand.iter().any(|alarm| is_same(known, alarm))).collect();
        stand.retain(|alarm| !known.iter().any(|known| is_same(known, alarm)));
        if over.is_empty() && stand.is_empty() {
            return Ok(());
        }
        let Some(mut writer) = Writer::beside(&path)? else { return Ok(()) };
        for alert in over {
            writer.clear(&alert.rule, alert.account.as_deref(), &alert.subject, now)?;
            tracing::info!(alert.rule, alert.account, alert.subject, "an alarm is over");
        }
        for alarm in &stand {
            let Some(item) = item(alarm.kind) else { continue };
            writer.raise(&store::Alarm {
                rule: alarm.kind.id(),
                title: &item.title,
                level: item.body.level,
                account: alarm.account.as_deref(),
                subject: &alarm.subject,
                time: alarm.since,
                words: &alarm.words,
            })?;
            tracing::warn!(rule = alarm.kind.id(), alarm.account, alarm.subject, "an alarm stands");
        }
        Ok(())
    }
}
