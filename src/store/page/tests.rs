use std::borrow::Cow;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::tests::{self, Lab, batch, record};
use super::super::{AccountRef, Job, RecordRef, StartAt};
use super::super::{Raise, StoreFault};
use super::*;
use crate::record::{Columns, Level, canonical};
use crate::status::Position;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(600);

const USERS: [&str; 8] =
    ["zoë", "ZOË", "ana", "Bo*", "", "ana maría", "\u{202e}live\u{1f9a2}", "\u{212a}elvin"];
const ACTIONS: [&str; 4] = ["authentication", "user_create", "", "azure_sync_fail"];
const RESULTS: [&str; 5] = ["success", "success", "FAILURE", "denied", ""];
const FACTORS: [&str; 3] = ["Duo Push", "duo_push", ""];
const ADDRESSES: [&str; 4] = ["203.0.113.7", "203.0.113.77", "2001:db8::1", ""];

/// A record as it is known without the store's help.
struct Known {
    place: Place,
    account: String,
    log_type: LogType,
    columns: [Option<String>; COLUMNS],
    categories: u64,
    late: bool,
    raw: String,
}

struct History {
    lab: Lab,
    chance: fastrand::Rng,
    start: i64,
    span: i64,
    next: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        // Sometimes so short that many records share an instant.
        let span = chance.choice([300, 60_000, 40 * 86_400_000]).unwrap();
        let start = UnixMillis::now().0 - 45 * 86_400_000;
        Self { lab: Lab::new(), chance, start, span, next: 0 }
    }

    fn one_of(&mut self, texts: &[&str]) -> Option<String> {
        self.chance.choice(texts).filter(|text| !text.is_empty()).map(|text| (*text).to_owned())
    }

    fn time(&mut self) -> i64 {
        self.start + self.chance.i64(0..self.span)
    }

    fn record(&mut self, id: u64, time: i64) -> Value {
        let rare = self.chance.u32(..400) == 0;
        let columns = json!({
            "user": self.one_of(&USERS),
            "action": self.one_of(&ACTIONS),
            "result": if rare { Some("fraud".to_owned()) } else { self.one_of(&RESULTS) },
            "reason": self.one_of(&["user_approved", "no_response", ""]),
            "factor": self.one_of(&FACTORS),
            "address": self.one_of(&ADDRESSES),
            "application": self.one_of(&["VPN", "Admin Panel", ""]),
            "target": self.one_of(&["+17345550100", ""]),
            "country": self.one_of(&["Canada", "Poland", ""]),
            "browser": self.one_of(&["Firefox 145", "Ŝafari", "Edge", "\u{212a}onqueror"]),
            "serial": format!("SN{:06}", self.chance.u32(..)),
        });
        record(id, time, columns)
    }

    fn store_pages(&mut self, pages: u64) {
        for _ in 0..pages {
            let log_type = self.chance.choice(LogType::ALL).unwrap();
            let account = AccountRef {
                name: self.chance.choice(["Contoso", "Fabrikam"]).unwrap().to_owned(),
                integration_key: "DITEST".to_owned(),
                api_hostname: "api-test.example.com".to_owned(),
                child: None,
            };
            let account = AccountRef {
                integration_key: format!("DI{}", account.name.to_uppercase()),
                ..account
            };
            let feed = self.lab.writer.register(&account, log_type).unwrap().id;
            let first = self.next;
            let count = self.chance.choice([1, 40, 180, 400]).unwrap();
            self.next += count;
            let near = self.time();
            let everywhere = self.chance.bool();
            let page: Vec<Value> = (first..self.next)
                .map(|id| {
                    let time = if everywhere { self.time() } else { near + id as i64 % 50 };
                    self.record(id, time)
                })
                .collect();
            let late = self.chance.bool().then(|| UnixMillis(self.time()));
            let mut job = Job::new(feed);
            job.batch = batch(log_type, &page);
            job.late_before = late;
            job.position = Some(Position::Since { from: UnixMillis::now().floor_secs() });
            // Some of them come back changed in everything but id and time.
            let changed: Vec<Value> = page
                .iter()
                .filter(|_| self.chance.u8(..10) == 0)
                .cloned()
                .collect::<Vec<_>>()
                .into_iter()
                .map(|old| {
                    let mut new = self.record(0, 0);
                    new["txid"] = old["txid"].clone();
                    new["time"] = old["time"].clone();
                    new
                })
                .collect();
            let mut again = Job::new(feed);
            again.batch = batch(log_type, &changed);
            again.replaces = true;
            self.lab.writer.commit(&[job]).unwrap();
            self.lab.writer.commit(&[again]).unwrap();
        }
    }

    fn known(&self) -> Vec<Known> {
        let connection = &self.lab.writer.connection;
        let mut statement = connection
            .prepare(
                "SELECT e.time, e.feed, e.id, a.name, f.log_type, e.categories, e.flags & 1,
                        b.data, e.slot, w1.text, w2.text, w3.text, w4.text, w5.text, w6.text,
                        w7.text, w8.text, w9.text
                 FROM event e JOIN feed f ON f.id = e.feed JOIN account a ON a.id = f.account
                 JOIN block b ON b.id = e.block
                 LEFT JOIN word w1 ON w1.id = e.user LEFT JOIN word w2 ON w2.id = e.action
                 LEFT JOIN word w3 ON w3.id = e.result LEFT JOIN word w4 ON w4.id = e.reason
                 LEFT JOIN word w5 ON w5.id = e.factor LEFT JOIN word w6 ON w6.id = e.address
                 LEFT JOIN word w7 ON w7.id = e.application LEFT JOIN word w8 ON w8.id = e.target
                 LEFT JOIN word w9 ON w9.id = e.country
                 ORDER BY e.time, e.feed, e.id",
            )
            .unwrap();
        let mut unpacked: HashMap<Vec<u8>, Unpacked> = HashMap::default();
        let mut read = |row: &rusqlite::Row<'_>| {
            let data: Vec<u8> = row.get(7)?;
            let slot: usize = row.get::<_, i64>(8)? as usize;
            let block =
                unpacked.entry(data).or_insert_with_key(|data| Unpacked::read(data).unwrap());
            let raw = block.record(slot).unwrap().to_vec();
            let mut columns = [const { None }; COLUMNS];
            for (i, column) in columns.iter_mut().enumerate() {
                *column = row.get(9 + i)?;
            }
            Ok(Known {
                place: Place { time: UnixMillis(row.get(0)?), feed: row.get(1)?, id: row.get(2)? },
                account: row.get(3)?,
                log_type: row.get::<_, String>(4)?.parse().unwrap(),
                columns,
                categories: row.get::<_, i64>(5)?.cast_unsigned(),
                late: row.get(6)?,
                raw: String::from_utf8(raw).unwrap(),
            })
        };
        statement.query_map([], &mut read).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn wanted(&mut self) -> Wanted {
        let mut wanted = Wanted::default();
        let chance = |history: &mut Self, of: u8| history.chance.u8(..of) == 0;
        if chance(self, 3) {
            let (a, b) = (self.time(), self.time());
            (wanted.since, wanted.until) = (UnixMillis(a.min(b)), UnixMillis(a.max(b)));
        }
        if chance(self, 4) {
            let log_type = self.chance.choice(LogType::ALL).unwrap();
            wanted.log_types = vec![log_type, LogType::Authentication];
        }
        if chance(self, 5) {
            wanted.account = Some("Contoso".to_owned());
        }
        if chance(self, 4) {
            wanted.categories = 1 << self.chance.u8(..6) | 1 << (24 + b'd' % 16);
        }
        wanted.late = chance(self, 5);
        let values: [(Column, &[&str]); 8] = [
            (Column::User, &["Zoë", "ana*", "nobody", "bo*", "*", "", "\u{212a}elvin"]),
            (Column::Action, &["USER_*", "azure_sync_failed", "authentication"]),
            (Column::Result, &["denied", "FRAUD", "success", "failure", ""]),
            (Column::Reason, &["no_response", "*"]),
            (Column::Factor, &["duo_push", "duo push", ""]),
            (Column::Address, &["203.0.113.7", "203.0.113.7*", "2001:DB8::1"]),
            (Column::Target, &["+1*", ""]),
            (Column::Country, &["canada", "pol*", "Atlantis"]),
        ];
        for (column, values) in values {
            if chance(self, 5) {
                let mut some: Vec<String> = values.iter().map(|one| (*one).to_owned()).collect();
                self.chance.shuffle(&mut some);
                some.truncate(self.chance.usize(..3));
                wanted.fields.push((column, some));
            }
        }
        if chance(self, 3) {
            let texts =
                ["firefox 145", "ŝAFARI", "SN0", "konq", "zo", "203.0.113.77\"", "nowhere at all"];
            wanted.text = self.chance.choice(texts).unwrap().to_owned();
        }
        wanted
    }

    fn check(&mut self) {
        let known = self.known();
        let reader = self.lab.reader();
        for _ in 0..8 {
            let wanted = self.wanted();
            let all: Vec<&Known> = known.iter().filter(|one| fits(one, &wanted)).collect();
            let rows = self.chance.choice([1, 7, 100, 5_000]).unwrap();
            let from = self.chance.bool().then(|| match known.as_slice() {
                [] => Place::before(UnixMillis(self.start)),
                some => {
                    let mut place = some[self.chance.usize(..some.len())].place;
                    // Also between records.
                    place.id ^= i64::from(self.chance.bool());
                    place
                }
            });
            for direction in [Direction::Older, Direction::Newer] {
                let mut wanted_places: Vec<Place> = all.iter().map(|one| one.place).collect();
                if direction == Direction::Older {
                    wanted_places.reverse();
                    wanted_places.retain(|place| from.is_none_or(|from| *place < from));
                } else {
                    wanted_places.retain(|place| from.is_none_or(|from| *place > from));
                }
                let impatient = self.chance.bool();
                let told = paged(&reader, &wanted, from, direction, rows, impatient);
                let places: Vec<Place> = told.iter().map(|row| row.place).collect();
                assert!(
                    places == wanted_places,
                    "{direction:?} from {from:?}: {} rows, not {}; {wanted:?}",
                    places.len(),
                    wanted_places.len()
                );
                for row in told.iter().take(20) {
                    let one = all.iter().find(|one| one.place == row.place).unwrap();
                    assert_eq!((&*row.account, row.log_type), (&*one.account, one.log_type));
                    assert_eq!((row.categories, row.late), (one.categories, one.late));
                    for (column, text) in Column::ALL.into_iter().zip(&one.columns) {
                        assert_eq!(row.text(column).map(|text| &**text), text.as_deref());
                    }
                    let whole = reader.record(&row.place).unwrap().unwrap();
                    assert_eq!(whole.row, *row);
                    assert_eq!(String::from_utf8(whole.raw).unwrap(), one.raw);
                }
            }
            let counted = reader.count(&wanted).unwrap();
            if counted.exact {
                assert_eq!(counted.records, all.len() as u64, "{wanted:?}");
            }
        }
    }
}

fn fits(one: &Known, wanted: &Wanted) -> bool {
    let held = |column: Column, values: &Vec<String>| {
        let text = one.columns[column.index()].as_deref();
        let spelled = |text: &str| -> Vec<String> {
            let canonical = match column {
                Column::Action => canonical::action(text),
                Column::Result => canonical::result(one.log_type, text),
                Column::Reason => canonical::reason(text),
                Column::Factor => canonical::factor(text),
                _ => Cow::Borrowed(text),
            };
            vec![text.to_lowercase(), canonical.into_owned()]
        };
        values.is_empty()
            || values.iter().map(|value| value.to_lowercase()).any(|value| match text {
                None => value.is_empty(),
                Some(text) => spelled(text).into_iter().any(|text| match value.strip_suffix('*') {
                    Some(beginning) => text.starts_with(beginning),
                    None => text == value,
                }),
            })
    };
    (wanted.since..=wanted.until).contains(&one.place.time)
        && (wanted.log_types.is_empty() || wanted.log_types.contains(&one.log_type))
        && wanted.account.as_ref().is_none_or(|account| *account == one.account)
        && (wanted.categories == 0 || one.categories & wanted.categories != 0)
        && (!wanted.late || one.late)
        && wanted.fields.iter().all(|(column, values)| held(*column, values))
        && one.raw.to_lowercase().contains(&wanted.text.to_lowercase())
}

/// All pages after each other.
fn paged(
    reader: &Reader,
    wanted: &Wanted,
    from: Option<Place>,
    direction: Direction,
    rows: usize,
    impatient: bool,
) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    let mut next = from;
    let mut patience = if impatient { Duration::from_micros(200) } else { LONG };
    loop {
        let page = reader.page_within(wanted, next, direction, rows, patience).unwrap();
        assert!(page.rows.len() <= rows);
        assert_eq!(page.more, page.next.is_some());
        let fits = |time: UnixMillis| match direction {
            Direction::Older => time >= page.searched_to,
            Direction::Newer => time <= page.searched_to,
        };
        assert!(page.rows.iter().all(|row| fits(row.time)));
        // An impatient question may not get anywhere; then it becomes more patient.
        if page.next == next {
            patience *= 2;
        }
        all.extend(page.rows);
        if page.next.is_none() {
            return all;
        }
        next = page.next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn pages_are_what_looking_at_every_record_finds(seed: u64) {
        let mut history = History::new(seed);
        history.store_pages(14);
        history.check();
        let turned = |log_type: LogType, columns: &Columns<'_>| {
            tests::categories(log_type, columns).rotate_left(3)
        };
        let steps = history.chance.usize(1..3);
        for _ in 0..steps {
            history.lab.writer.recategorize("turned", turned).unwrap();
            history.check();
        }
        let keep = Duration::from_secs(history.chance.u64(5..45) * 86_400);
        history.lab.writer.expire(keep).unwrap();
        history.check();
        history.store_pages(4);
        history.check();
        history.lab.writer.remove_accounts_of("DIFABRIKAM").unwrap();
        history.check();
        history.lab.writer.expire(Duration::ZERO).unwrap();
        history.check();
        history.store_pages(2);
        history.check();
    }

    #[test]
    fn a_place_is_told_in_words_and_read_again(time: i64, feed: i64, id: i64) {
        let place = Place { time: UnixMillis(time), feed, id };
        prop_assert_eq!(place.to_string().parse(), Ok(place));
    }
}

#[test]
fn what_is_no_place_is_refused() {
    for text in ["", "1", "1.2", "1.2.3.4", "1.2.x", "1,2,3"] {
        assert_eq!(text.parse::<Place>(), Err(NoPlace), "{text}");
    }
}

fn plain(lab: &mut Lab, count: u64) {
    let page: Vec<Value> = (0..count)
        .map(|id| {
            let user = if id % 3 == 0 { "Ana" } else { "anton" };
            record(
                id,
                1_000 * id as i64,
                json!({"user": user, "address": format!("198.51.100.{id}")}),
            )
        })
        .collect();
    lab.store(LogType::Authentication, &page, |_| ());
}

#[test]
fn new_records_do_not_move_the_pages_that_follow() {
    let mut lab = Lab::new();
    plain(&mut lab, 30);
    let reader = lab.reader();
    let wanted = Wanted::default();
    let first = reader.page(&wanted, None, Direction::Older, 10).unwrap();
    lab.store(LogType::Authentication, &[record(99, 99_000, json!({}))], |_| ());
    let second = reader.page(&wanted, first.next, Direction::Older, 10).unwrap();
    assert_eq!(second.rows.first().unwrap().time, UnixMillis(19_000));
    let newer = reader.page(&wanted, first.rows.first().map(|row| row.place), Direction::Newer, 10);
    let newer = newer.unwrap();
    assert_eq!(newer.rows.len(), 1);
    assert!(!newer.more);
    let last = reader.page(&wanted, second.next, Direction::Older, 10).unwrap();
    assert!(last.rows.len() == 10 && !last.more && last.next.is_none());
}

#[test]
fn a_jump_to_an_instant_shows_it_from_both_sides() {
    let mut lab = Lab::new();
    plain(&mut lab, 30);
    let reader = lab.reader();
    let at = UnixMillis(12_000);
    let older = Some(Place::after(at));
    let older = reader.page(&Wanted::default(), older, Direction::Older, 1).unwrap();
    assert_eq!(older.rows[0].time, at);
    let newer = Some(Place::before(at));
    let newer = reader.page(&Wanted::default(), newer, Direction::Newer, 1).unwrap();
    assert_eq!(newer.rows[0].time, at);
}

#[test]
fn suggestions_begin_with_what_was_typed_and_the_frequent_come_first() {
    let mut lab = Lab::new();
    plain(&mut lab, 300);
    let reader = lab.reader();
    assert_eq!(reader.suggestions(Column::User, "AN", 10).unwrap(), ["anton", "Ana"]);
    assert_eq!(reader.suggestions(Column::User, "ana", 10).unwrap(), ["Ana"]);
    assert_eq!(reader.suggestions(Column::Address, "198.51.100.29", 99).unwrap().len(), 11);
    assert_eq!(reader.suggestions(Column::Address, "", 7).unwrap().len(), 7);
    assert!(reader.suggestions(Column::Country, "", 7).unwrap().is_empty());
}

#[test]
fn a_record_tells_its_alerts_and_an_alert_its_records() {
    let mut lab = Lab::new();
    plain(&mut lab, 300);
    let places: Vec<Place> = {
        let page = lab.reader().page(&Wanted::default(), None, Direction::Newer, 300).unwrap();
        page.rows.iter().map(|row| row.place).collect()
    };
    let alarmed = [places[5], places[17], places[280]];
    lab.writer.consumer("test", StartAt::Now).unwrap();
    let raise = Raise {
        rule: "rule".to_owned(),
        title: "Title".to_owned(),
        level: Level::High,
        account: 1,
        subject: "Ana".to_owned(),
        group_for: Duration::from_secs(1),
        historic: false,
        records: alarmed
            .iter()
            .map(|place| RecordRef {
                feed: place.feed,
                time: place.time,
                event: place.id,
                name: String::new(),
            })
            .collect(),
        twins: Vec::new(),
    };
    let touched = lab.writer.evaluated("test", 0, &[raise], &[]).unwrap();
    let reader = lab.reader();
    let alerts = reader.alerts_of(&places[17]).unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.id).collect::<Vec<_>>(), [touched[0].id]);
    assert!(reader.alerts_of(&places[18]).unwrap().is_empty());
    let wanted = Wanted { alert: Some(touched[0].id), ..Wanted::default() };
    let page = reader.page(&wanted, None, Direction::Newer, 10).unwrap();
    assert_eq!(page.rows.iter().map(|row| row.place).collect::<Vec<_>>(), alarmed);
    assert!(!page.more);
    assert_eq!(reader.count(&wanted).unwrap(), Counted { records: 3, exact: true });
}

#[test]
fn a_question_that_is_taken_back_is_no_sign_of_damage() {
    let mut lab = Lab::new();
    plain(&mut lab, 300);
    let reader = lab.reader();
    let interrupt = reader.interrupt();
    // A query that would take hours, and somebody who does not want to wait for it.
    let done = std::sync::atomic::AtomicBool::new(false);
    let asked = std::thread::scope(|scope| {
        let stopper = scope.spawn({
            let done = &done;
            move || {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    interrupt.now();
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let asked: Result<i64, StoreError> = reader.noted(
            reader
                .connection()
                .query_row("SELECT count(*) FROM event a, event b, event c, event d", [], |row| {
                    row.get(0)
                })
                .map_err(StoreError::from),
        );
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        stopper.join().unwrap();
        asked
    });
    assert_eq!(asked.unwrap_err().fault, StoreFault::Interrupted);
    assert!(!super::super::is_suspect(&lab.path()));
    assert_eq!(reader.page(&Wanted::default(), None, Direction::Older, 10).unwrap().rows.len(), 10);
}
