//! The page “Completeness”.

use super::stored::{Stored, deed, has, said, sign_in, wait_for, wait_until};
use super::*;
use crate::base::units::DAY_MILLIS;
use crate::pipeline::Progress;
use crate::pipeline::engine::collect_once;
use crate::platform::runtime;
use crate::secrets;
use crate::simulator::{INTEGRATION_KEY, SECRET_KEY, Simulator, World};
use crate::status::Position;
use crate::store::{Audited, Gap, GapKind};

/// Noon of 2026-11-16, a Monday.
const NOW: UnixMillis = UnixMillis(20_773 * DAY_MILLIS + DAY_MILLIS / 2);

const TODAY: i64 = 20_773;

/// Names that break layouts.
const ACCOUNTS: [&str; 3] = [
    "Contoso",
    "חברת הדוגמה",
    "日本語テスト 🦀 of Telephone Sanitizers and Hairdressers, Northern Division",
];

fn audited(day: i64, duo: Option<u64>, local: u64) -> Audited {
    let since = UnixMillis(day * DAY_MILLIS);
    let until = UnixMillis(since.0 + DAY_MILLIS - 1).min(NOW);
    let note = duo.is_none().then(|| "the log is not available".to_owned());
    // Told as a date, which is the same on every computer.
    let checked = UnixMillis(NOW.0 - 3 * DAY_MILLIS / 2);
    Audited { since, until, duo, local, fetched: 0, checked, note }
}

/// Logs in which every state occurs.
fn all_states(accounts: &[&str]) -> Stored {
    let stored = Stored::new();
    for account in accounts {
        for (i, log_type) in
            [LogType::Authentication, LogType::Administrator, LogType::OfflineEnrollment]
                .into_iter()
                .enumerate()
        {
            let raws: Vec<String> = (0..100_i64)
                .map(|n| UnixMillis(NOW.0 - n * DAY_MILLIS / 4))
                .map(|at| match i {
                    0 => sign_in(at, "ada", "VPN", "success"),
                    _ => deed(at, "Grace", "user_update", "ada"),
                })
                .collect();
            let feed = stored.put_as(account, log_type, &raws, |job| {
                job.begins = Some(UnixMillis(NOW.0 - 27 * DAY_MILLIS));
                let behind = if i == 2 { 3 } else { 0 };
                job.position = Some(Position::window(UnixMillis(NOW.0 - behind * DAY_MILLIS)));
                job.late_before = (i == 1).then_some(UnixMillis(NOW.0 - 24 * DAY_MILLIS));
                if i == 0 {
                    let since = UnixMillis((TODAY - 9) * DAY_MILLIS);
                    let until = UnixMillis(since.0 + 5000);
                    let kind = GapKind::FullSecond;
                    job.gaps.push(Gap { since, until, kind, missing: None });
                }
            });
            let mut writer = stored.writer();
            for day in TODAY - 20..=TODAY - (i as i64) * 5 {
                let here = stored
                    .reader()
                    .days(day)
                    .unwrap()
                    .into_iter()
                    .find(|log| log.account == *account && log.log_type == log_type)
                    .and_then(|log| log.counts.get(&day).copied())
                    .unwrap_or_default()
                    .records;
                let audit = match day - TODAY {
                    -4 if i == 0 => audited(day, Some(here + 3), here),
                    -6 if i == 1 => audited(day, Some(here - 1), here),
                    -7 if i == 1 => audited(day, None, here),
                    -9 if i == 0 => continue,
                    _ => audited(day, Some(here), here),
                };
                writer.note_audit(feed, &audit).unwrap();
            }
        }
    }
    stored
}

fn page(stored: &Stored, accounts: &[&str], look: egui::Theme, scale: f32) -> Screen {
    let mut stage = stored.console(standing(accounts));
    stage.console.pretend_now(NOW);
    let mut harness = screen(stage, look, [1024.0, 700.0], scale);
    press(&mut harness, "Completeness");
    harness
}

fn full(stored: &Stored) -> Screen {
    let mut harness = page(stored, &["Contoso"], egui::Theme::Light, 1.0);
    wait_for(&mut harness, "Check against Duo\u{2026}");
    harness
}

#[test]
fn before_anything_was_collected_the_page_says_what_will_appear() {
    let stored = Stored::new();
    let mut harness = page(&stored, &["Contoso"], egui::Theme::Light, 1.0);
    wait_until(&mut harness, "words", |harness| has(harness, "Nothing was collected yet"));
}

#[test]
fn a_store_that_cannot_be_read_is_told() {
    let stored = Stored::new();
    std::fs::write(stored.home.store_file(), b"this is no database, and long enough to be read")
        .unwrap();
    let mut harness = page(&stored, &["Contoso"], egui::Theme::Light, 1.0);
    wait_until(&mut harness, "a problem", |harness| has(harness, "Problem: "));
}

#[test]
fn the_worst_is_told_first_and_every_state_has_words() {
    let stored = all_states(&["Contoso"]);
    let harness = full(&stored);
    assert!(has(&harness, ": 1 with 3 records missing, 1 with a gap, "), "{:?}", said(&harness));
    for words in ["Complete", "Missing", "Gap", "Extra", "Not checked", "Found late"] {
        assert!(said(&harness).iter().any(|text| text == words), "{words}");
    }
}

#[test]
fn the_keys_move_over_the_days_and_each_is_read_out() {
    let stored = all_states(&["Contoso"]);
    let mut harness = full(&stored);
    harness.get_by_role(Role::Grid).focus();
    harness.run();
    assert!(has(&harness, "Contoso, Authentication: Mon 2026-11-16"));
    assert!(announced(&harness).iter().any(|text| text.starts_with("Complete up to ")));
    for _ in 0..4 {
        key(&mut harness, Key::ArrowLeft);
    }
    assert!(has(&harness, "Contoso, Authentication: Thu 2026-11-12"));
    assert!(announced(&harness).iter().any(|text| text.starts_with("3 records are missing")));
    key(&mut harness, Key::ArrowDown);
    assert!(has(&harness, "Contoso, Administrator: Thu 2026-11-12"));
    key(&mut harness, Key::End);
    harness.key_press_modifiers(egui::Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert!(has(&harness, "Sun 2026-11-15 to Mon 2026-11-16"));
    // Tab leaves the calendar.
    key(&mut harness, Key::Tab);
    assert_eq!(focused(&harness).as_deref(), Some("Check these days"));
}

#[test]
fn the_records_of_a_day_are_one_click_away() {
    let stored = all_states(&["Contoso"]);
    let mut harness = full(&stored);
    harness.get_by_role(Role::Grid).focus();
    harness.run();
    press(&mut harness, "Show records");
    assert_eq!(harness.state().console.title(), "Events");
}

#[test]
fn days_are_chosen_in_words_and_what_goes_wrong_is_told() {
    let stored = all_states(&["Contoso"]);
    let mut harness = full(&stored);
    press(&mut harness, "Collect again\u{2026}");
    assert!(has(&harness, "2026-10-18"), "thirty days");
    fill(&mut harness, "First day", "0");
    assert!(has(&harness, "Write a day such as"));
    key(&mut harness, Key::Backspace);
    // There is no account in the settings.
    harness.get_by_role_and_label(Role::Button, "Collect again").click();
    wait_until(&mut harness, "a problem", |harness| has(harness, "There is no account yet"));
    press(&mut harness, "Check against Duo\u{2026}");
    press(&mut harness, "Cancel");
    assert!(!has(&harness, "First day"));
}

#[test]
fn what_is_missing_is_found_by_duo_s_count_and_fetched() {
    secrets::in_tests::put(INTEGRATION_KEY, SECRET_KEY);
    let runtime = runtime::start().unwrap();
    let now = UnixMillis::now();
    let days_ago = |days: i64, n: i64| UnixMillis(now.0 - days * DAY_MILLIS - n * 1000);
    let publish = |world: &mut World, at: UnixMillis| {
        let body = sign_in(at, "ada", "VPN", "success");
        world.publish(INTEGRATION_KEY, LogType::Authentication, at, body);
    };
    let mut world = World::single();
    for n in 0..6 {
        // Old enough to be shown.
        publish(&mut world, days_ago(n, 600 + n));
    }
    let simulator = runtime.block_on(Simulator::start(world)).unwrap();
    let stored = Stored::new();
    std::fs::write(stored.home.config.join("ca.pem"), simulator.ca_pem()).unwrap();
    let text = format!(
        "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = \"{INTEGRATION_KEY}\"\n\
         api_hostname = \"{}\"\nlog_types = [\"authentication\"]\n[network]\nca_file = \"ca.pem\"\n\
         [collection]\npace = \"unlimited\"\n",
        simulator.api_hostname()
    );
    std::fs::write(stored.home.settings_file(), text).unwrap();
    let settings = Settings::load(&stored.home).unwrap();
    let progress = Progress::default();
    let collect = collect_once(&stored.home, &settings, &progress, true, |_| {});
    runtime.block_on(collect).unwrap();
    simulator.world().with(|world| publish(world, days_ago(4, 77)));

    let stage = stored.console(standing(&["Contoso"]));
    let mut harness = screen(stage, egui::Theme::Light, [1024.0, 700.0], 1.0);
    press(&mut harness, "Completeness");
    wait_for(&mut harness, "Check against Duo\u{2026}");
    assert!(!has(&harness, " complete"), "nobody has asked Duo yet");
    press(&mut harness, "Check against Duo\u{2026}");
    // What is offered can be had with Enter.
    key(&mut harness, Key::Enter);
    wait_until(&mut harness, "the outcome", |harness| {
        has(harness, "1 record had been missing and came now")
    });
    wait_until(&mut harness, "the calendar", |harness| has(harness, " complete, "));
    assert_eq!(stored.reader().statuses().unwrap()[0].records, 7);

    // Once more brings nothing.
    press(&mut harness, "Dismiss");
    press(&mut harness, "Collect again\u{2026}");
    harness.get_by_role_and_label(Role::Button, "Collect again").click();
    wait_until(&mut harness, "the outcome", |harness| has(harness, "Nothing new came"));
    drop(simulator);
    runtime::end(runtime);
}

#[test]
fn the_calendar_in_light_and_dark() {
    let mut all = egui_kittest::SnapshotResults::new();
    let stored = all_states(&ACCOUNTS);
    for (look, scale, name) in
        [(egui::Theme::Light, 1.0, "completeness"), (egui::Theme::Dark, 2.0, "completeness_dark")]
    {
        let mut harness = page(&stored, &ACCOUNTS, look, scale);
        wait_for(&mut harness, "Check against Duo\u{2026}");
        harness.get_by_role(Role::Grid).focus();
        harness.run();
        for pressed in [Key::ArrowLeft, Key::ArrowLeft, Key::ArrowLeft, Key::ArrowLeft] {
            key(&mut harness, pressed);
        }
        harness.remove_cursor();
        harness.run();
        harness.snapshot(name);
        all.extend_harness(&mut harness);
    }
}
