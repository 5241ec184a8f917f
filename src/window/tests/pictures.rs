//! A few pictures, kept under `tests/pictures`.

use super::*;

const LONG: &str = "The Honourable Worshipful Company of Telephone Sanitizers, Hairdressers and \
                    Documentary Makers of Golgafrincham, Northern Division";

fn several_states() -> Standing {
    let accounts = ["Contoso", LONG, "חברת הדוגמה", "日本語テスト 🦀"];
    let names = |i: usize| accounts.get(i).copied().unwrap();
    let mut statuses = Vec::new();
    for (i, log_type) in LogType::ALL.into_iter().enumerate() {
        let log = log(names(0), &key_of(0), log_type, 1_234_567 / (i as u64 * 40 + 1));
        statuses.push(match i {
            1 => FeedStatus {
                state: FeedState::CatchingUp,
                catching_up_until: log.last_poll,
                newest: log.begins.map(|begins| UnixMillis(begins.0 + 42_000 * MINUTE)),
                reached: log.begins,
                ..log
            },
            2 => failing(log, FeedState::Failing, "Duo cannot be reached: no route to host"),
            3 => failing(log, FeedState::Denied, "Grant read log is missing"),
            4 => FeedStatus { state: FeedState::NotAvailable, newest: None, records: 0, ..log },
            5 => FeedStatus { state: FeedState::Waiting, newest: None, records: 0, ..log },
            _ => log,
        });
    }
    for i in 1..accounts.len() {
        statuses.push(log(names(i), &key_of(i), LogType::Authentication, 7));
    }
    standing_of(&accounts, statuses, None, true)
}

fn picture(harness: &mut Screen, name: &str) {
    // Without the pointer that the harness draws where it clicked last.
    harness.remove_cursor();
    harness.run();
    harness.snapshot(name);
}

#[test]
fn the_first_page_in_both_modes() {
    let mut all = egui_kittest::SnapshotResults::new();
    for (look, name) in [(egui::Theme::Light, "connect_light"), (egui::Theme::Dark, "connect_dark")]
    {
        let mut harness = screen(wizard(), look, crate::window::WIZARD_SIZE, 1.0);
        fill(&mut harness, crate::window::labels::INTEGRATION_KEY, "XX");
        key(&mut harness, Key::Tab);
        picture(&mut harness, name);
        all.extend_harness(&mut harness);
    }
}

#[test]
fn a_validation_that_fails() {
    let mut harness = light(wizard());
    validate(&mut harness, refused());
    picture(&mut harness, "validation_failed");
}

#[test]
fn the_page_choose_with_a_log_that_may_not_be_read() {
    let mut harness = light(wizard());
    validate(&mut harness, report(&[LogType::TrustMonitor]));
    press(&mut harness, "OK");
    press(&mut harness, "Choose logs\u{2026}");
    picture(&mut harness, "choose");
}

#[test]
fn the_command_palette_and_a_custom_range() {
    let mut all = egui_kittest::SnapshotResults::new();
    for (look, scale, name) in
        [(egui::Theme::Light, 1.0, "light"), (egui::Theme::Dark, 2.0, "dark")]
    {
        let mut standing = several_states();
        standing.new_alerts = 12;
        let size = [1100.0 / scale, 720.0 / scale].map(|side: f32| side.max(560.0));
        let mut harness = screen(console(Some(standing)), look, size, scale);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::K);
        harness.run();
        harness.event(egui::Event::Text("co".to_owned()));
        harness.run();
        picture(&mut harness, &format!("palette_{name}"));
        key(&mut harness, Key::Escape);
        harness.run();
        let at = |text| UnixMillis::parse_rfc3339(text).unwrap();
        let (since, until) = (at("2026-02-03T00:00:00Z"), at("2026-03-10T23:59:59Z"));
        harness.state_mut().console.look_between(since, until);
        harness.run();
        press(&mut harness, "Time range");
        press(&mut harness, "Custom range\u{2026}");
        harness.run();
        picture(&mut harness, &format!("range_{name}"));
        all.extend_harness(&mut harness);
    }
}

#[test]
fn the_overview_with_several_states_and_strange_names() {
    let mut all = egui_kittest::SnapshotResults::new();
    for (size, scale, name) in [
        (crate::window::CONSOLE_SIZE, 1.0, "overview"),
        (crate::window::SMALLEST, 2.0, "overview_small"),
    ] {
        let stage = console(Some(several_states()));
        let mut harness = screen(stage, egui::Theme::Light, size, scale);
        picture(&mut harness, name);
        all.extend_harness(&mut harness);
    }
}
