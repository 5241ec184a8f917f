//! The page “Alerts”: what was raised, acknowledging it, and the rules.

use std::time::Duration;

use super::stored::{Stored, said, wait_until};
use super::*;
use crate::base::Problem;
use crate::record::Level;
use crate::store::{Alarm, AlertQuery, Raise, Reader, RecordRef, StartAt};
use crate::window::worker::Did;

const HOUR: i64 = 3_600_000;

/// What the pictures show lies at a fixed time.
const NOON: UnixMillis = UnixMillis(1_772_366_400_000);

const LONG: &str =
    "a-user-whose-name-came-from-a-directory-without-any-limit-and-goes-on@example.com";

/// A home with records and alerts.
struct Room(Stored);

impl Room {
    fn empty() -> Self {
        Self(Stored::new())
    }

    fn home(&self) -> &Home {
        &self.0.home
    }

    /// Stores sign-ins, and gives them as an alert names them.
    fn put(&self, account: &str, sign_ins: &[(UnixMillis, &str, &str)]) -> (i64, Vec<RecordRef>) {
        self.0.writer().consumer("test", StartAt::First).unwrap();
        let before = self.reader().last_arrival().unwrap();
        let raws: Vec<String> =
            sign_ins.iter().map(|(at, user, result)| sign_in(*at, user, result)).collect();
        self.0.put(account, LogType::Authentication, &raws);
        let page = self.reader().arrivals(before, 1_000).unwrap();
        let number = page.runs.first().unwrap().account_number;
        let records = page.runs.iter().flat_map(|run| {
            run.iter().map(|record| RecordRef {
                feed: run.feed.number(),
                time: record.time,
                event: record.number(),
                name: record.id().into_owned(),
            })
        });
        (number, records.collect())
    }

    fn raise(&self, rule: &str, level: Level, subject: &str, found: (i64, Vec<RecordRef>)) -> i64 {
        let knowledge = crate::knowledge::Knowledge::embedded().unwrap();
        let raise = Raise {
            rule: rule.to_owned(),
            title: knowledge.rule(rule).unwrap().title.clone(),
            level,
            account: found.0,
            subject: subject.to_owned(),
            group_for: Duration::from_secs(1),
            historic: false,
            records: found.1,
            twins: Vec::new(),
        };
        self.0.writer().evaluated("test", 0, &[raise], &[]).unwrap()[0].id
    }

    fn reader(&self) -> Reader {
        self.0.reader()
    }

    /// An alert about one sign-in.
    fn fraud(&self, at: UnixMillis, user: &str) -> i64 {
        let found = self.put("Contoso", &[(at, user, "fraud")]);
        self.raise("push-fraud", Level::High, user, found)
    }

    fn page(&self) -> Screen {
        self.page_in(egui::Theme::Light, 1.0)
    }

    fn page_in(&self, look: egui::Theme, scale: f32) -> Screen {
        self.page_of(look, [1100.0, 720.0], scale)
    }

    /// So high that all of a view is in sight.
    fn tall_page(&self, look: egui::Theme) -> Screen {
        self.page_of(look, [1024.0, 1560.0], 1.0)
    }

    fn page_of(&self, look: egui::Theme, size: [f32; 2], scale: f32) -> Screen {
        let stage = self.0.console(standing(&["Contoso"]));
        let mut harness = screen(stage, look, size, scale);
        press(&mut harness, "Alerts");
        harness
    }

    /// Does what the page wished for, as the window does.
    fn fulfil(&self, harness: &mut Screen) -> Vec<Result<Did, Problem>> {
        let wishes = std::mem::take(&mut harness.state_mut().wishes);
        let acts = wishes.into_iter().filter_map(|wish| match wish {
            Wish::Act(act) => Some(act.run(self.home())),
            _ => None,
        });
        let done = acts.collect();
        harness.state_mut().console.look_again();
        harness.step();
        done
    }

    /// The same for a single act that works; gives its words and what takes it back.
    fn fulfil_one(&self, harness: &mut Screen) -> Did {
        let mut done = self.fulfil(harness);
        assert_eq!(done.len(), 1, "{done:?}");
        done.remove(0).unwrap()
    }

    fn open(&self) -> usize {
        self.reader().alerts(AlertQuery { open: true, id: None }).unwrap().len()
    }
}

fn sign_in(at: UnixMillis, user: &str, result: &str) -> String {
    let reason = if result == "fraud" { "user_marked_fraud" } else { "no_response" };
    serde_json::json!({
        "txid": format!("{user}-{}", at.0),
        "timestamp": at.0 / 1000,
        "isotimestamp": at.to_string(),
        "event_type": "authentication",
        "factor": "duo_push",
        "result": result,
        "reason": reason,
        "user": { "name": user, "key": "DUXXXXXXXXXXXXXXXXXX", "groups": [] },
        "application": { "name": "VPN", "key": "DIYYYYYYYYYYYYYYYYYY" },
        "access_device": {
            "ip": "198.51.100.7",
            "location": { "city": "Ann Arbor", "state": "Michigan", "country": "United States" },
        },
    })
    .to_string()
}

fn ago(hours: i64) -> UnixMillis {
    UnixMillis((UnixMillis::now().0 - hours * HOUR) / 1000 * 1000)
}

/// What of it contains a text.
fn with(harness: &Screen, text: &str) -> Vec<String> {
    said(harness).into_iter().filter(|name| name.contains(text)).collect()
}

/// Draws until a text is on the screen, alone or within others.
#[track_caller]
fn wait(harness: &mut Screen, text: &str) {
    wait_until(harness, text, |harness| !with(harness, text).is_empty());
}

/// Clicks what has this text in its name.
#[track_caller]
fn click(harness: &mut Screen, text: &str) {
    let found = harness.query_all_by_label_contains(text).last();
    found.unwrap_or_else(|| panic!("no “{text}”: {:#?}", said(harness))).click();
    for _ in 0..3 {
        harness.step();
    }
}

/// Presses a button that may lie outside of what is in sight.
#[track_caller]
fn press_far(harness: &mut Screen, label: &str) {
    let found = harness.query_all_by_label(label).last();
    found.unwrap_or_else(|| panic!("no “{label}”: {:#?}", said(harness))).click_accesskit();
    for _ in 0..3 {
        harness.step();
    }
}

/// The field that a rule's text is written in.
fn writing(harness: &Screen) -> Node<'_> {
    harness.get_by_role_and_label(Role::MultilineTextInput, "The text of the rule")
}

fn text(harness: &Screen) -> String {
    writing(harness).accesskit_node().value().unwrap_or_default()
}

/// Types at the end of the text.
fn type_at_end(harness: &mut Screen, typed: &str) {
    writing(harness).focus();
    harness.step();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::End);
    harness.step();
    writing(harness).type_text(typed);
    harness.step();
}

#[test]
fn without_a_store_it_says_what_will_appear() {
    let room = Room::empty();
    let mut harness = room.page();
    wait(&mut harness, "No alerts yet");
    assert_eq!(with(&harness, "Alerts appear here once records are collected").len(), 1);
    room.put("Contoso", &[(ago(1), "ada", "success")]);
    harness.state_mut().console.look_again();
    wait(&mut harness, "Nothing needs you");
}

#[test]
fn a_store_that_cannot_be_read_is_told_with_what_to_do() {
    let room = Room::empty();
    std::fs::write(room.home().store_file(), vec![7_u8; 8192]).unwrap();
    let mut harness = room.page();
    wait(&mut harness, "Problem: ");
}

#[test]
fn alerts_of_a_rule_stand_together_and_are_acknowledged_and_opened_again() {
    let room = Room::empty();
    for (hours, user) in [(5, "ada"), (4, "bob"), (3, "carol")] {
        room.fraud(ago(hours), user);
    }
    let found = room.put("Contoso", &[(ago(2), "dave", "denied")]);
    room.raise("access-device-new", Level::Low, "dave", found);
    let mut harness = room.page();
    wait(&mut harness, "3 alerts");
    wait_until(&mut harness, "the count", |_| true);
    let rows: Vec<String> = with(&harness, "the last");
    assert!(rows[0].starts_with("High: Duo Security: Fraud user detected, 3 alerts"), "{rows:#?}");
    assert!(rows[1].contains("carol") && rows[3].contains("ada"), "the newest first: {rows:#?}");
    assert!(rows[4].starts_with("Low: ") && rows[4].contains("dave"), "{rows:#?}");

    click(&mut harness, "Acknowledge \u{201c}Duo Security: Fraud user detected bob");
    let did = room.fulfil_one(&mut harness);
    assert_eq!(did.words.as_deref(), Some("Acknowledged"));
    wait(&mut harness, "2 alerts");
    assert_eq!(room.open(), 3);

    did.undo.unwrap().run(room.home()).unwrap();
    harness.state_mut().console.look_again();
    wait(&mut harness, "3 alerts");

    click(&mut harness, "Acknowledge all 4");
    let did = room.fulfil_one(&mut harness);
    assert_eq!(did.words.as_deref(), Some("4 alerts acknowledged"));
    wait(&mut harness, "Nothing needs you");
    press(&mut harness, "Acknowledged");
    wait_until(&mut harness, "all five", |harness| with(harness, "the last").len() == 5);
    did.undo.unwrap().run(room.home()).unwrap();
    assert_eq!(room.open(), 4);
}

#[test]
fn open_alerts_outside_of_the_time_are_told_and_can_be_seen() {
    let room = Room::empty();
    room.fraud(ago(2), "ada");
    room.fraud(ago(24 * 40), "bob");
    let mut harness = room.page();
    wait(&mut harness, "1 open alert lies outside of this time");
    assert!(with(&harness, "bob").is_empty());
    press(&mut harness, "Show it");
    wait(&mut harness, "bob");
    assert!(with(&harness, "outside of this time").is_empty());
}

#[test]
fn looking_for_something_leaves_out_the_rest() {
    let room = Room::empty();
    room.fraud(ago(2), "ada");
    room.fraud(ago(4), "bob");
    let mut harness = room.page();
    wait(&mut harness, "2 alerts");
    fill(&mut harness, "Search alerts", "BOB");
    wait_until(&mut harness, "only bob", |harness| with(harness, "ada").is_empty());
    assert_eq!(with(&harness, "the last").len(), 1);
    fill(&mut harness, "Search alerts", "zebra");
    wait(&mut harness, "Nothing found");
    press(&mut harness, "Show all");
    wait(&mut harness, "2 alerts");
}

#[test]
fn an_alert_tells_why_with_its_records_and_leads_on() {
    let room = Room::empty();
    let at = ago(3);
    let found =
        room.put("Contoso", &[(at, "ada", "fraud"), (UnixMillis(at.0 + 9_000), "ada", "fraud")]);
    room.raise("push-fraud", Level::High, "ada", found);
    let mut harness = room.page();
    wait(&mut harness, "2 records");
    click(&mut harness, "High: Duo Security: Fraud user detected");
    wait(&mut harness, "Why it matters");
    assert!(!with(&harness, "Call the user, change the password").is_empty());
    assert!(!with(&harness, "2 records within 9 s").is_empty(), "{:#?}", said(&harness));
    let rows = with(&harness, "Record ");
    assert_eq!(rows.len(), 2);
    assert!(rows[0].contains("ada") && rows[0].contains("198.51.100.7"), "{rows:#?}");

    press(&mut harness, "Acknowledge");
    room.fulfil_one(&mut harness);
    wait(&mut harness, "Open again");
    press(&mut harness, "Open again");
    room.fulfil_one(&mut harness);
    wait_until(&mut harness, "open", |harness| with(harness, "Open again").is_empty());

    press_far(&mut harness, "See the rule");
    wait(&mut harness, "Why it is worth an alert");
    key(&mut harness, Key::Escape);
    wait(&mut harness, "Why it matters");
    press_far(&mut harness, &rows[0]);
    assert!(harness.state().console.is_at_events());
}

#[test]
fn an_alert_that_is_gone_says_so() {
    let room = Room::empty();
    room.fraud(ago(2), "ada");
    let mut harness = room.page();
    harness.state_mut().console.show_alert(99);
    wait(&mut harness, "This alert is no longer stored");
    press(&mut harness, "Back to all alerts");
    wait(&mut harness, "the last");
}

#[test]
fn an_alarm_of_the_collector_says_what_to_do() {
    let room = Room::empty();
    room.put("Contoso", &[(ago(2), "ada", "success")]);
    let alarm = Alarm {
        rule: "credential-refused",
        title: "Duo Security: Duo refuses the key",
        level: Level::High,
        account: Some("Contoso"),
        subject: "all logs",
        time: ago(24 * 30),
        words: "Duo refused the signature",
    };
    room.0.writer().raise(&alarm).unwrap();
    let mut harness = room.page();
    wait(&mut harness, "Duo refuses the key");
    click(&mut harness, "High: Duo Security: Duo refuses the key");
    wait(&mut harness, "What to do");
    assert!(!with(&harness, "Duo refused the signature").is_empty());
    assert_eq!(with(&harness, "Check the keys\u{2026}").len(), 1);
}

#[test]
fn rules_are_listed_with_how_often_they_were_raised_and_switched() {
    let room = Room::empty();
    room.fraud(ago(2), "ada");
    let mut harness = room.page();
    press(&mut harness, "Rules");
    wait(&mut harness, "88 rules");
    fill(&mut harness, "Search rules", "T1621");
    wait_until(&mut harness, "fewer", |harness| !with(harness, " of 88 rules").is_empty());
    let name = "Fraud user detected: High, Authentication, 1 alert, active";
    wait(&mut harness, name);

    click(&mut harness, "Active: Duo Security: Fraud user detected");
    wait(&mut harness, "1 alert, off");
    let did = room.fulfil_one(&mut harness);
    assert_eq!(did.words.as_deref(), Some("\u{201c}Fraud user detected\u{201d} is off"));
    let text = std::fs::read_to_string(room.home().knowledge_file()).unwrap();
    assert!(text.contains("off = [\"push-fraud\"]"), "{text}");
    press(&mut harness, "Off");
    wait(&mut harness, "1 alert, off");
    did.undo.unwrap().run(room.home()).unwrap();
    harness.state_mut().console.look_again();
    wait_until(&mut harness, "on", |harness| with(harness, "1 alert, off").is_empty());
}

#[test]
fn a_rule_is_tried_on_stored_records_before_it_is_switched_on() {
    let room = Room::empty();
    let at = ago(30);
    room.put(
        "Contoso",
        &[(at, "ada", "fraud"), (ago(29), "bob", "denied"), (ago(3), "ada", "fraud")],
    );
    let mut harness = room.page();
    harness.state_mut().console.show_rule("push-fraud");
    wait(&mut harness, "Try the rule");
    press_far(&mut harness, "Try the rule");
    wait(&mut harness, "It would have raised 2 alerts");
    assert_eq!(with(&harness, "2 records in 3 looked at").len(), 1, "{:#?}", said(&harness));
    assert_eq!(with(&harness, "Chart: 2 alerts").len(), 1);
    assert_eq!(with(&harness, "ada, Contoso, 1 record").len(), 2);
    assert_eq!(room.reader().alerts(AlertQuery::default()).unwrap(), []);
}

#[test]
fn an_own_copy_is_written_with_mistakes_told_by_line_and_can_be_taken_back() {
    let room = Room::empty();
    let mut harness = room.page();
    harness.state_mut().console.show_rule("push-fraud");
    wait(&mut harness, "Make my own copy");
    press_far(&mut harness, "Make my own copy");
    wait(&mut harness, "Nothing is wrong with it");
    assert!(text(&harness).starts_with("title: "));

    type_at_end(&mut harness, "levle: low\n");
    let line = text(&harness).lines().count();
    wait(&mut harness, &format!("Go to line {line}, mistake 1"));
    assert!(!with(&harness, "is no key of a rule").is_empty(), "{:#?}", said(&harness));
    press_far(&mut harness, "Save");
    assert!(harness.state().wishes.is_empty(), "what is wrong is not saved");

    for _ in 0.."levle: low\n".len() {
        harness.key_press(Key::Backspace);
        harness.step();
    }
    writing(&harness).type_text("# Mine\n");
    wait(&mut harness, "Nothing is wrong with it");
    press_far(&mut harness, "Save");
    let did = room.fulfil_one(&mut harness);
    assert!(did.words.unwrap().contains("is saved"));
    wait(&mut harness, "Your own copy stands in place of the one of the pack duo: 1 line more");

    press_far(&mut harness, "Back to the pack\u{2019}s");
    let did = room.fulfil_one(&mut harness);
    assert!(did.words.unwrap().contains("is again as it comes"));
    wait(&mut harness, "Make my own copy");
    did.undo.unwrap().run(room.home()).unwrap();
    harness.state_mut().console.look_again();
    wait(&mut harness, "Your own copy stands in place");
}

#[test]
fn a_new_rule_begins_as_one_that_is_right_and_what_was_typed_is_not_lost() {
    let room = Room::empty();
    let mut harness = room.page();
    press(&mut harness, "Rules");
    wait(&mut harness, "88 rules");
    press(&mut harness, "New rule");
    wait(&mut harness, "Nothing is wrong with it");
    type_at_end(&mut harness, "# Mine\n");
    press(&mut harness, "Back to all rules");
    wait(&mut harness, "88 rules");
    fill(&mut harness, "Search rules", "Fraud user detected");
    click(&mut harness, "Fraud user detected: High");
    wait(&mut harness, "Why it is worth an alert");
    press(&mut harness, "Back to all rules");
    press(&mut harness, "New rule");
    wait(&mut harness, "Nothing is wrong with it");
    assert!(text(&harness).ends_with("# Mine\n"));
    press_far(&mut harness, "Save");
    room.fulfil_one(&mut harness);
    wait(&mut harness, "Delete");
    assert!(!with(&harness, "my-rule").is_empty());
}

/// Alerts as a bad day would raise them, with names that break layouts.
fn bad_day() -> Room {
    let room = Room::empty();
    let at = |minutes: i64| UnixMillis(NOON.0 - minutes * MINUTE);
    let users = ["ada", LONG, "חיים לוי", "👩‍🚀 Zoë"];
    for (i, user) in users.into_iter().enumerate() {
        room.fraud(at(10 + 7 * i as i64), user);
    }
    let many: Vec<(UnixMillis, &str, &str)> =
        (0..12).map(|i| (at(60 - i), "o.idowu", "denied")).collect();
    let found = room.put("Contoso", &many);
    room.raise("push-fatigue", Level::Critical, "o.idowu", found);
    for i in 0..9 {
        let found = room.put("Contoso", &[(at(200 + i), "grace", "denied")]);
        room.raise("address-new", Level::Low, &format!("grace {i}"), found);
    }
    let found = room.put("Contoso", &[(at(400), "linus", "denied")]);
    let seen = room.raise("access-device-new", Level::Medium, "linus", found);
    room.0.writer().acknowledge(Some(seen), at(5)).unwrap();
    let alarm = Alarm {
        rule: "no-data",
        title: "Duo Security: No new records",
        level: Level::Medium,
        account: Some("Contoso"),
        subject: "Telephony",
        time: at(300),
        words: "No new record for 30 h: Duo answers, but shows nothing newer",
    };
    room.0.writer().raise(&alarm).unwrap();
    room
}

/// Where times are those of UTC: pictures show some.
fn is_utc() -> bool {
    jiff::tz::TimeZone::system().to_offset(jiff::Timestamp::UNIX_EPOCH) == jiff::tz::Offset::UTC
}

fn picture(harness: &mut Screen, name: &str) {
    harness.remove_cursor();
    for _ in 0..3 {
        harness.step();
    }
    if is_utc() {
        harness.snapshot(name);
    }
}

#[test]
fn the_lists_on_a_bad_day() {
    let mut all = egui_kittest::SnapshotResults::new();
    let room = bad_day();
    for (look, scale, name) in
        [(egui::Theme::Light, 1.0, "alerts_light"), (egui::Theme::Dark, 1.0, "alerts_dark")]
    {
        let mut harness = room.page_in(look, scale);
        let range = (UnixMillis(NOON.0 - 86_400_000), NOON);
        harness.state_mut().console.alerts_between(range.0, range.1);
        press(&mut harness, "All");
        wait(&mut harness, "linus");
        picture(&mut harness, name);
        if scale == 1.0 && look == egui::Theme::Light {
            press(&mut harness, "Rules");
            wait(&mut harness, "88 rules");
            picture(&mut harness, "rules_light");
        }
        all.extend_harness(&mut harness);
    }
}

#[test]
fn an_alert_and_a_rule() {
    let mut all = egui_kittest::SnapshotResults::new();
    let room = bad_day();
    let alerts = room.reader().alerts(AlertQuery::default()).unwrap();
    let id = alerts.iter().find(|alert| alert.level == Level::Critical).unwrap().id;
    // When it was raised here is now: the pictures cannot show that.
    let connection = rusqlite::Connection::open(room.home().store_file()).unwrap();
    connection.execute("UPDATE alert SET raised = ?1", [NOON.0]).unwrap();
    for (look, scale, name) in
        [(egui::Theme::Light, 1.0, "alert_light"), (egui::Theme::Dark, 2.0, "alert_dark")]
    {
        let mut harness = room.page_in(look, scale);
        harness.state_mut().console.show_alert(id);
        wait(&mut harness, "Why it matters");
        picture(&mut harness, name);
        all.extend_harness(&mut harness);
    }
    let mut harness = room.page_in(egui::Theme::Dark, 1.0);
    let range = (UnixMillis(NOON.0 - 86_400_000), NOON);
    harness.state_mut().console.alerts_between(range.0, range.1);
    harness.state_mut().console.show_rule("push-fraud");
    wait(&mut harness, "Try the rule");
    picture(&mut harness, "rule_dark");
    all.extend_harness(&mut harness);
}

#[test]
fn a_rule_that_is_written_and_tried() {
    let room = bad_day();
    let mut harness = room.tall_page(egui::Theme::Light);
    let range = (UnixMillis(NOON.0 - 86_400_000 * 9), NOON);
    harness.state_mut().console.alerts_between(range.0, range.1);
    harness.state_mut().console.show_rule("push-fraud");
    wait(&mut harness, "Make my own copy");
    press_far(&mut harness, "Make my own copy");
    wait(&mut harness, "Nothing is wrong with it");
    press(&mut harness, "Time to try: Last 30 days");
    wait(&mut harness, "The chosen time");
    press_far(&mut harness, "The chosen time");
    wait(&mut harness, "Time to try: The chosen time");
    press_far(&mut harness, "Try the rule");
    wait(&mut harness, "It would have raised 4 alerts");
    type_at_end(&mut harness, "levle: low\n");
    wait(&mut harness, "mistake 1");
    wait(&mut harness, "The text has changed since");
    // It leaves the field first, and the view only then.
    harness.key_press(Key::Escape);
    harness.step();
    assert!(!with(&harness, "My own copy").is_empty());
    picture(&mut harness, "rule_writing_light");
}
