//! Raises what the collector has to tell about itself, and clears what is over.
//!
//! Promises: an alarm is raised once, stands while its cause does, and is cleared by itself; what a
//! person switched off is not raised; a pause raises nothing and clears nothing; a computer that
//! slept is not taken for a collector that stalled. The decisions are in [`status`].

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{self, Kind};
    use crate::record::LogType;
    use crate::status::{FeedError, FeedState};
    use crate::store::{AccountRef, AlertQuery, Job};

    struct Room {
        home: Home,
        settings: Settings,
        alarming: Alarming,
        now: UnixMillis,
        _folder: tempfile::TempDir,
    }

    fn room() -> Room {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        home.prepare().unwrap();
        let text = "version = 1\n[[account]]\nname = \"Contoso\"\n\
                    integration_key = \"DIXXXXXXXXXXXXXXXXXX\"\n\
                    api_hostname = \"api-1.duosecurity.com\"\nlog_types = [\"telephony\"]\n";
        let settings = Settings::parse(text, &home).unwrap();
        let now = UnixMillis::now();
        let alarming = Alarming::begin(&home, &settings, now.minus(Duration::from_secs(9000)));
        Room { home, settings, alarming, now, _folder: folder }
    }

    impl Room {
        /// Writes down how the one log stands.
        fn stand(&self, state: FeedState, at: UnixMillis) {
            let (mut writer, _) = Writer::open(&self.home.store_file()).unwrap();
            let account = AccountRef {
                name: "Contoso".to_owned(),
                integration_key: "DIXXXXXXXXXXXXXXXXXX".to_owned(),
                api_hostname: "api-1.duosecurity.com".to_owned(),
                child: None,
            };
            let feed = writer.register(&account, LogType::Telephony).unwrap();
            let error = FeedError { code: None, message: "Duo is away".to_owned(), at };
            let mut job = Job::new(feed.id);
            job.standing = Some((state, (state == FeedState::Failing).then_some(error)));
            job.polled = Some(self.now);
            writer.commit(&[job]).unwrap();
        }

        fn look(&mut self, paused: bool) {
            let (knowledge, problems) = Knowledge::load(&self.home).unwrap();
            assert!(problems.is_empty(), "{problems:?}");
            // As often as it looks, so that nobody takes it for a sleep.
            while self.alarming.looked.plus(LOOK) < self.now {
                self.alarming.looked = self.alarming.looked.plus(LOOK);
            }
            self.alarming.look(&self.settings, &knowledge, paused, self.now).unwrap();
        }

        fn alerts(&self, open: bool) -> Vec<store::Alert> {
            let reader = Reader::open(&self.home.store_file()).unwrap().unwrap();
            reader.alerts(AlertQuery { open, id: None }).unwrap()
        }
    }

    const TWO_HOURS: Duration = Duration::from_secs(7200);

    #[test]
    fn an_alarm_is_raised_once_and_cleared_by_itself() {
        let mut room = room();
        room.stand(FeedState::Failing, room.now.minus(TWO_HOURS));
        room.stand(FeedState::Failing, room.now);
        room.look(false);
        room.look(false);
        let alerts = room.alerts(true);
        assert_eq!(alerts.len(), 1);
        assert_eq!(alerts[0].rule, "collector-stalled");
        assert_eq!(alerts[0].subject, "Telephony");
        assert_eq!(alerts[0].words.as_deref(), Some("Duo is away"));
        assert_eq!(alerts[0].first, room.now.minus(TWO_HOURS), "a retry does not begin it anew");

        room.stand(FeedState::Current, room.now);
        room.look(false);
        assert_eq!(room.alerts(true), []);
        assert!(room.alerts(false)[0].cleared.is_some());
    }

    #[test]
    fn a_pause_raises_nothing_and_clears_nothing() {
        let mut room = room();
        room.stand(FeedState::Failing, room.now.minus(TWO_HOURS));
        room.look(true);
        assert_eq!(room.alerts(false), []);
        room.look(false);
        room.stand(FeedState::Current, room.now);
        room.look(true);
        assert_eq!(room.alerts(true).len(), 1);
    }

    #[test]
    fn what_a_person_switched_off_is_not_raised() {
        let mut room = room();
        room.stand(FeedState::Failing, room.now.minus(TWO_HOURS));
        knowledge::switch(&room.home, Kind::Rules, "collector-stalled", false).unwrap();
        room.look(false);
        assert_eq!(room.alerts(false), []);
        knowledge::switch(&room.home, Kind::Rules, "collector-stalled", true).unwrap();
        room.look(false);
        assert_eq!(room.alerts(true).len(), 1);
        knowledge::switch(&room.home, Kind::Rules, "collector-stalled", false).unwrap();
        room.look(false);
        assert_eq!(room.alerts(true), [], "switched off, it stands no longer");
    }
}
