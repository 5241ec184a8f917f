//! Who is still to be told of which alert: the outbox.
//!
//! Promises: an alert that is to be told is queued in the transaction that raises it, so none is
//! forgotten; each output is told of an alert once, and once that it is over, if it was told of it
//! at all; what waits survives restarts. A crash between a message and the note that it was taken
//! repeats that message: nothing else can be promised of a far side that keeps no count.
//!
//! Absent means nobody is to be told anything; unreadable and left over from a crash are the
//! store's answers.

use rusqlite::{Connection, params};

use super::alerts::{self, Alert};
use super::deliveries;
use super::error::StoreError;
use super::query::Reader;
use super::write::Writer;
use crate::base::UnixMillis;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeKey {
    /// The alert's number.
    pub alert: i64,
    /// That what it told is over.
    pub over: bool,
}

/// Something an output is still to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The alert.
    pub alert: Alert,
    /// That what it told is over.
    pub over: bool,
    /// Since when it waits.
    pub since: UnixMillis,
    /// Attempts that failed.
    pub attempts: u32,
    /// When it may be tried again.
    pub next_try: Option<UnixMillis>,
}

impl Notice {
    /// What it is about.
    pub const fn key(&self) -> NoticeKey {
        NoticeKey { alert: self.alert.id, over: self.over }
    }
}

/// How an output does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutletStatus {
    /// Its name.
    pub name: String,
    /// Notices it took, ever.
    pub delivered: u64,
    /// Notices that wait.
    pub waiting: u64,
    /// Notices it refused for good; they wait for a person.
    pub refused: u64,
    /// What went wrong last, and when; `None` when the last attempt was fine.
    pub error: Option<(String, UnixMillis)>,
    /// Since when every attempt has failed.
    pub since: Option<UnixMillis>,
}

impl OutletStatus {
    /// Its name, what went wrong last, and since when every attempt has failed; `None` when it is
    /// well.
    pub fn failing(&self) -> Option<(&str, &str, UnixMillis)> {
        let (words, at) = self.error.as_ref()?;
        Some((&self.name, words, self.since.unwrap_or(*at)))
    }
}

/// Notes that somebody is to be told of an alert, or that it is over.
pub(super) fn queue(tx: &Connection, alert: i64, over: bool) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO untold (alert, over) VALUES (?1, ?2)")?
        .execute(params![alert, over])?;
    Ok(())
}

/// Forgets notices of alerts that are gone.
pub(super) fn expire(tx: &Connection) -> Result<(), StoreError> {
    tx.execute("DELETE FROM notice WHERE alert NOT IN (SELECT id FROM alert)", [])?;
    tx.execute("DELETE FROM untold WHERE alert NOT IN (SELECT id FROM alert)", [])?;
    Ok(())
}

impl Reader {
    /// Whether there are alerts that no output has its notice of.
    pub fn has_untold(&self) -> Result<bool, StoreError> {
        Ok(self
            .connection()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM untold)")?
            .query_row([], |row| row.get(0))?)
    }

    /// What an output is still to be told, oldest first.
    pub fn waiting(&self, output: &str) -> Result<Vec<Notice>, StoreError> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT n.over, n.since, n.attempts, n.next_try, l.* FROM notice n
             JOIN ({}) l ON l.id = n.alert
             WHERE n.output = ?1 AND n.state = 'waiting' ORDER BY n.alert, n.over",
            alerts::SELECT
        ))?;
        let rows = statement.query_map([output], |row| {
            Ok(Notice {
                over: row.get(0)?,
                since: UnixMillis(row.get(1)?),
                attempts: row.get(2)?,
                next_try: row.get::<_, Option<i64>>(3)?.map(UnixMillis),
                alert: alerts::alert(row, 4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How the outputs do that were ever told anything, by name.
    pub fn outlets(&self) -> Result<Vec<OutletStatus>, StoreError> {
        let mut statement = self.connection().prepare(
            "SELECT o.name, coalesce(l.delivered, 0), l.error, l.error_at, l.since,
                    (SELECT count(*) FROM notice n WHERE n.output = o.name AND state = 'waiting'),
                    (SELECT count(*) FROM notice n WHERE n.output = o.name AND state = 'refused')
             FROM (SELECT name FROM outlet UNION SELECT output FROM notice) o
             LEFT JOIN outlet l ON l.name = o.name ORDER BY o.name",
        )?;
        let rows = statement.query_map([], |row| {
            let at: Option<i64> = row.get(3)?;
            let error: Option<String> = row.get(2)?;
            Ok(OutletStatus {
                name: row.get(0)?,
                delivered: super::feeds::count(row, 1)?,
                error: error.map(|words| (words, UnixMillis(at.unwrap_or(0)))),
                since: row.get::<_, Option<i64>>(4)?.map(UnixMillis),
                waiting: super::feeds::count(row, 5)?,
                refused: super::feeds::count(row, 6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Writer {
    /// Gives each queued alert to the outputs of `outputs` that `wants` it. What is acknowledged
    /// already, or waits for an output that is no more, needs no telling. Tells how many notices
    /// were written.
    pub fn distribute(
        &mut self,
        outputs: &[&str],
        wants: impl Fn(&str, &Alert) -> bool,
        at: UnixMillis,
    ) -> Result<usize, StoreError> {
        self.transaction(|tx, _| {
            forget_others(tx, outputs)?;
            let mut written = 0;
            for (id, alert, over) in untold(tx)? {
                for output in outputs.iter().filter(|output| wants(output, &alert)) {
                    written += if over {
                        note_end(tx, output, alert.id, at)?
                    } else if alert.acknowledged.is_none() && alert.cleared.is_none() {
                        note(tx, output, alert.id, false, at)?
                    } else {
                        0
                    };
                }
                tx.prepare_cached("DELETE FROM untold WHERE id <= ?1")?.execute([id])?;
            }
            // Of alerts that are gone there is nothing to tell.
            tx.execute("DELETE FROM untold WHERE alert NOT IN (SELECT id FROM alert)", [])?;
            Ok(written)
        })
    }

    /// Notes that an output took a message about these.
    pub fn note_delivered(&mut self, output: &str, keys: &[NoticeKey]) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            let delivered = set(tx, output, keys, "delivered", None)?;
            tx.prepare_cached(
                "INSERT INTO outlet (name, delivered) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET delivered = delivered + excluded.delivered,
                                           error = NULL, error_at = NULL, since = NULL",
            )?
            .execute(params![output, delivered as i64])?;
            Ok(())
        })
    }

    /// Notes that an output did not take a message about these: with the time of the next attempt,
    /// or refused for good.
    pub fn note_failed(
        &mut self,
        output: &str,
        keys: &[NoticeKey],
        error: &str,
        next_try: Option<UnixMillis>,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            let state = if next_try.is_some() { "waiting" } else { "refused" };
            set(tx, output, keys, state, next_try)?;
            note_error(tx, output, Some((error, at)))
        })
    }

    /// An output works again: what it refused goes out once more. Tells how many notices that are.
    pub fn note_works(&mut self, output: &str, at: UnixMillis) -> Result<usize, StoreError> {
        self.transaction(|tx, _| {
            note_error(tx, output, None)?;
            Ok(tx.execute(
                "UPDATE notice SET state = 'waiting', next_try = iif(state = 'refused', ?2, NULL)
                 WHERE output = ?1 AND (state = 'refused' OR state = 'waiting' AND attempts > 0)",
                params![output, at.0],
            )?)
        })
    }

    /// Forgets everything about an output.
    pub fn forget_output(&mut self, output: &str) -> Result<(), StoreError> {
        self.transaction(|tx, _| {
            tx.execute("DELETE FROM notice WHERE output = ?1", [output])?;
            tx.execute("DELETE FROM outlet WHERE name = ?1", [output])?;
            deliveries::forget(tx, output)
        })
    }

    /// Notes what went wrong with an output, or that nothing does any more.
    pub fn note_trouble(
        &mut self,
        output: &str,
        error: Option<(&str, UnixMillis)>,
    ) -> Result<(), StoreError> {
        self.transaction(|tx, _| note_error(tx, output, error))
    }
}

/// The queue, as far as its alerts are still there.
fn untold(tx: &Connection) -> Result<Vec<(i64, Alert, bool)>, StoreError> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT u.id, u.over, l.* FROM untold u JOIN ({}) l ON l.id = u.alert ORDER BY u.id",
        alerts::SELECT
    ))?;
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, alerts::alert(row, 2)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets what waits for outputs that are no more, and what a person has seen meanwhile.
fn forget_others(tx: &Connection, outputs: &[&str]) -> Result<(), StoreError> {
    let mut known =
        tx.prepare_cached("SELECT DISTINCT output FROM notice WHERE state <> 'delivered'")?;
    let names: Vec<String> = known.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names.iter().filter(|name| !outputs.contains(&name.as_str())) {
        tx.prepare_cached("DELETE FROM notice WHERE output = ?1 AND state <> 'delivered'")?
            .execute([name])?;
    }
    tx.prepare_cached(
        "DELETE FROM notice WHERE state = 'waiting' AND over = 0
         AND alert IN (SELECT id FROM alert WHERE acknowledged IS NOT NULL)",
    )?
    .execute([])?;
    Ok(())
}

fn note(
    tx: &Connection,
    output: &str,
    alert: i64,
    over: bool,
    at: UnixMillis,
) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "INSERT INTO notice (output, alert, over, state, since)
             VALUES (?1, ?2, ?3, 'waiting', ?4) ON CONFLICT DO NOTHING",
        )?
        .execute(params![output, alert, over, at.0])?)
}

/// An end is told to whom the beginning was told; where that still waits, neither is worth telling.
fn note_end(
    tx: &Connection,
    output: &str,
    alert: i64,
    at: UnixMillis,
) -> Result<usize, StoreError> {
    let undone = tx
        .prepare_cached(
            "DELETE FROM notice WHERE output = ?1 AND alert = ?2 AND over = 0
             AND state <> 'delivered'",
        )?
        .execute(params![output, alert])?;
    let told: bool = tx
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM notice WHERE output = ?1 AND alert = ?2 AND over = 0)",
        )?
        .query_row(params![output, alert], |row| row.get(0))?;
    if undone > 0 || !told { Ok(0) } else { note(tx, output, alert, true, at) }
}

fn set(
    tx: &Connection,
    output: &str,
    keys: &[NoticeKey],
    state: &str,
    next_try: Option<UnixMillis>,
) -> Result<usize, StoreError> {
    let mut update = tx.prepare_cached(
        "UPDATE notice SET state = ?4, attempts = attempts + 1, next_try = ?5
         WHERE output = ?1 AND alert = ?2 AND over = ?3",
    )?;
    let mut changed = 0;
    for key in keys {
        let next_try = next_try.map(|at| at.0);
        changed += update.execute(params![output, key.alert, key.over, state, next_try])?;
    }
    Ok(changed)
}

fn note_error(
    tx: &Connection,
    output: &str,
    error: Option<(&str, UnixMillis)>,
) -> Result<(), StoreError> {
    let (words, at) = error.unzip();
    tx.prepare_cached(
        "INSERT INTO outlet (name, error, error_at, since) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT DO UPDATE SET error = excluded.error, error_at = excluded.error_at,
             since = iif(excluded.error IS NULL, NULL, coalesce(since, excluded.since))",
    )?
    .execute(params![output, words, at.map(|at| at.0)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Level, LogType};
    use crate::store::{AccountRef, Alarm, AlertQuery};

    const AT: UnixMillis = UnixMillis(5_000);

    struct Room {
        writer: Writer,
        reader: Reader,
        _folder: tempfile::TempDir,
    }

    fn room() -> Room {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.db");
        let (mut writer, _) = Writer::open(&path).unwrap();
        let account = AccountRef {
            name: "Contoso".to_owned(),
            integration_key: "DI".to_owned(),
            api_hostname: "api-x.example.com".to_owned(),
            child: None,
        };
        writer.register(&account, LogType::Authentication).unwrap();
        let reader = Reader::open(&path).unwrap().unwrap();
        Room { writer, reader, _folder: folder }
    }

    impl Room {
        fn raise(&mut self, subject: &str) -> i64 {
            let alarm = Alarm {
                rule: "no-data",
                title: "No data",
                level: Level::High,
                account: Some("Contoso"),
                subject,
                time: UnixMillis(1_000),
                words: "Nothing new",
            };
            self.writer.raise(&alarm).unwrap().id
        }

        fn clear(&mut self, subject: &str) {
            self.writer.clear("no-data", Some("Contoso"), subject, AT).unwrap();
        }

        fn distribute(&mut self, outputs: &[&str]) -> usize {
            self.writer.distribute(outputs, |_, _| true, AT).unwrap()
        }

        fn waiting(&self, output: &str) -> Vec<NoticeKey> {
            self.reader.waiting(output).unwrap().iter().map(Notice::key).collect()
        }

        fn deliver(&mut self, output: &str) {
            let keys = self.waiting(output);
            self.writer.note_delivered(output, &keys).unwrap();
        }
    }

    fn begun(alert: i64) -> NoticeKey {
        NoticeKey { alert, over: false }
    }

    #[test]
    fn each_output_is_told_of_an_alert_once() {
        let mut room = room();
        let alert = room.raise("a");
        assert!(room.reader.has_untold().unwrap());
        assert_eq!(room.distribute(&["mail", "chat"]), 2);
        assert!(!room.reader.has_untold().unwrap());
        assert_eq!(room.waiting("mail"), [begun(alert)]);
        assert_eq!(room.reader.outlets().unwrap()[1].waiting, 1, "before anything was tried");
        room.deliver("mail");
        room.raise("a");
        assert_eq!(room.distribute(&["mail", "chat"]), 0);
        assert_eq!((room.waiting("mail").len(), room.waiting("chat").len()), (0, 1));
        let status = room.reader.outlets().unwrap().remove(1);
        assert_eq!((status.name.as_str(), status.delivered, status.waiting), ("mail", 1, 0));
    }

    #[test]
    fn an_output_gets_what_it_wants_and_nothing_from_before_its_time() {
        let mut room = room();
        room.raise("a");
        assert_eq!(room.writer.distribute(&["mail"], |_, _| false, AT).unwrap(), 0);
        assert_eq!(room.distribute(&["mail"]), 0);
        room.raise("b");
        assert_eq!(room.distribute(&["mail"]), 1);
        assert_eq!(room.waiting("mail").len(), 1);
    }

    #[test]
    fn an_end_is_told_to_whom_the_beginning_was_told() {
        let mut room = room();
        let alert = room.raise("a");
        room.distribute(&["mail", "chat"]);
        room.deliver("mail");
        room.clear("a");
        room.distribute(&["mail", "chat"]);
        assert_eq!(room.waiting("mail"), [NoticeKey { alert, over: true }]);
        assert_eq!(room.waiting("chat"), [], "it never heard of it");
    }

    #[test]
    fn what_is_over_before_anybody_was_told_is_never_told() {
        let mut room = room();
        room.raise("a");
        room.clear("a");
        assert_eq!(room.distribute(&["mail"]), 0);
        assert_eq!(room.waiting("mail"), []);
    }

    #[test]
    fn what_a_person_has_acknowledged_needs_no_telling() {
        let mut room = room();
        room.raise("a");
        room.distribute(&["mail"]);
        room.raise("b");
        room.writer.acknowledge(None, AT).unwrap();
        room.distribute(&["mail"]);
        assert_eq!(room.waiting("mail"), []);
        assert_eq!(room.reader.alerts(AlertQuery::default()).unwrap().len(), 2);
    }

    #[test]
    fn a_failure_waits_and_a_refusal_waits_for_a_person() {
        let mut room = room();
        room.raise("a");
        room.distribute(&["mail"]);
        let keys = room.waiting("mail");
        let later = UnixMillis(9_000);
        room.writer.note_failed("mail", &keys, "away", Some(later), AT).unwrap();
        let waiting = room.reader.waiting("mail").unwrap();
        assert_eq!((waiting[0].attempts, waiting[0].next_try), (1, Some(later)));
        let then = UnixMillis(AT.0 + 7);
        room.writer.note_failed("mail", &keys, "no such user", None, then).unwrap();
        let status = room.reader.outlets().unwrap().remove(0);
        assert_eq!(status.failing(), Some(("mail", "no such user", AT)), "since the first failure");
        assert_eq!((status.waiting, status.refused), (0, 1));
        assert_eq!(status.error, Some(("no such user".to_owned(), then)));

        assert_eq!(room.writer.note_works("mail", AT).unwrap(), 1);
        let status = room.reader.outlets().unwrap().remove(0);
        assert_eq!((status.waiting, status.refused, status.error), (1, 0, None));
        assert_eq!(room.reader.waiting("mail").unwrap()[0].next_try, Some(AT));
    }

    #[test]
    fn an_output_that_is_gone_leaves_nothing_waiting() {
        let mut room = room();
        room.raise("a");
        room.distribute(&["mail", "chat"]);
        room.distribute(&["chat"]);
        assert_eq!((room.waiting("mail").len(), room.waiting("chat").len()), (0, 1));
        room.writer.forget_output("chat").unwrap();
        assert_eq!(room.reader.outlets().unwrap(), []);
    }
}
