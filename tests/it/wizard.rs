//! The wizard and the console, drawn into memory and driven by their labels, against the look-alike.

use std::fs;
use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::lock::HomeLock;
use duo_integrator::record::LogType;
use duo_integrator::settings::Settings;
use duo_integrator::simulator::{Fault, INTEGRATION_KEY, Permissions, Rule, SECRET_KEY, World};
use duo_integrator::window::labels;

use crate::support::lab::{ACCOUNT, Lab, this_second};
use crate::support::screen::Screen;

const VALIDATE: &str = "Validate Credential";

/// A home without an account that trusts the look-alike, and a collector that seems to run: these
/// tests are about the window.
fn first_run(world: World) -> (Lab, HomeLock) {
    let lab = Lab::without_account(world);
    let settings =
        "version = 1\n\n[network]\nca_file = \"ca.pem\"\n\n[collection]\npace = \"unlimited\"\n";
    lab.write_settings(settings);
    let lock = HomeLock::take(&lab.home).unwrap();
    (lab, lock)
}

fn with_records() -> World {
    let mut world = World::single();
    let until = UnixMillis(this_second().0 - 600_000);
    let from = UnixMillis(until.0 - 3 * 86_400_000);
    world.settle_in(INTEGRATION_KEY, duo_integrator::simulator::invent(7, from, until, 20, 40));
    world
}

fn fill_in(screen: &mut Screen, lab: &Lab) {
    screen.fill(labels::INTEGRATION_KEY, INTEGRATION_KEY);
    screen.fill(labels::SECRET_KEY, SECRET_KEY);
    screen.fill(labels::API_HOSTNAME, &lab.api_hostname());
}

fn validate(screen: &mut Screen) {
    screen.press(VALIDATE);
    screen.wait_until("the checks are made", |screen| screen.shows("OK"));
    screen.steps(2);
}

/// Presses Finish with start at login switched off: it would be this computer's own.
fn finish(screen: &mut Screen) {
    screen.press("Choose logs\u{2026}");
    if screen.is_ticked("Start at login") {
        screen.press("Start at login");
    }
    screen.press("Finish");
    screen.wait_for("on their way");
}

#[test]
fn from_three_fields_to_the_first_records() {
    let (lab, _lock) = first_run(with_records());
    let mut screen = Screen::open(&lab.home);
    assert!(screen.shows("Connect to Duo"));
    assert_eq!(screen.value(labels::NAME), "Duo");
    assert!(!screen.can_press("Finish"));
    fill_in(&mut screen, &lab);
    assert!(!screen.shows(SECRET_KEY), "the secret key is hidden");
    validate(&mut screen);
    assert!(screen.shows("Collection can work: all 6 logs can be read"), "{}", screen.text());
    screen.press("OK");
    assert!(screen.can_press("Finish"));
    finish(&mut screen);
    let settings = Settings::load(&lab.home).unwrap();
    assert_eq!(settings.accounts.len(), 1);
    assert_eq!(settings.accounts[0].integration_key, INTEGRATION_KEY);
    assert_eq!(settings.accounts[0].log_types, LogType::ALL);
    let text = fs::read_to_string(lab.home.settings_file()).unwrap();
    assert!(!text.contains(SECRET_KEY), "{text}");

    // What a collector stores is counted as it arrives.
    lab.collect();
    screen.wait_for("Everything Duo has is stored");
    let total: usize =
        LogType::ALL.into_iter().map(|log_type| lab.stored_of("Duo", log_type).len()).sum();
    assert!(total > 100, "{total}");
    assert!(screen.shows(&duo_integrator::base::words::number(total as u64)), "{}", screen.text());
    screen.press("Open the overview");
    assert!(screen.shows("Overview"), "{}", screen.text());
}

#[test]
fn a_mistake_shows_beside_its_field_when_it_is_left() {
    let (lab, _lock) = first_run(World::single());
    for (label, text, told) in [
        (labels::NAME, " ", "Give this source a name"),
        (labels::INTEGRATION_KEY, "XX", "An integration key begins with DI"),
        (labels::INTEGRATION_KEY, "DIX", "An integration key has 20 characters; this one has 3"),
        (labels::INTEGRATION_KEY, SECRET_KEY, "This looks like a secret key"),
        (labels::SECRET_KEY, "short", "A secret key has 40 characters; this one has 5"),
        (labels::SECRET_KEY, INTEGRATION_KEY, "This looks like an integration key"),
        (labels::API_HOSTNAME, "duo", "This is not a full hostname"),
        (labels::API_HOSTNAME, "admin-1.duosecurity.com", "the address of the Duo Admin Panel"),
    ] {
        let mut screen = Screen::open(&lab.home);
        assert!(!screen.shows(told));
        screen.fill(label, text);
        assert!(screen.shows(told), "{label}: {text}: {}", screen.text());
    }
    // Pressing the button with nothing typed shows all of them and asks nobody.
    let mut screen = Screen::open(&lab.home);
    screen.press(VALIDATE);
    for told in ["integration key is missing", "secret key is missing", "API hostname is missing"] {
        assert!(screen.shows(told), "{told}: {}", screen.text());
    }
    assert!(!screen.shows("Reachability"));
}

#[test]
fn pasting_everything_at_once_fills_the_right_fields() {
    let (lab, _lock) = first_run(World::single());
    let mut screen = Screen::open(&lab.home);
    let host = lab.api_hostname();
    screen.paste(&format!(
        "API hostname: {host}\nSecret key\n{SECRET_KEY}\nIntegration key {INTEGRATION_KEY}"
    ));
    assert!(screen.shows("All three values were filled in"), "{}", screen.text());
    assert_eq!(screen.value(labels::INTEGRATION_KEY), INTEGRATION_KEY);
    assert_eq!(screen.value(labels::API_HOSTNAME), host);
    assert_eq!(screen.value(labels::SECRET_KEY).chars().count(), SECRET_KEY.len());
    validate(&mut screen);
    assert!(screen.shows("Collection can work"), "{}", screen.text());
}

#[test]
fn what_is_wrong_is_told_and_finish_stays_closed() {
    struct Case {
        world: fn(&mut World),
        told: &'static [&'static str],
        may_finish: bool,
    }
    let cases = [
        Case {
            world: |world| world.organisations[0].secret_key = "1".repeat(40),
            told: &["40103", "copy the secret key again", "Collection cannot work yet"],
            may_finish: false,
        },
        Case {
            world: |world| world.organisations[0].permissions = Permissions::default(),
            told: &["Grant read log", "Collection cannot work yet"],
            may_finish: false,
        },
        Case {
            world: |world| {
                world.organisations[0].permissions =
                    Permissions { settings: true, write_resource: true, ..Permissions::COLLECTING };
            },
            told: &["Excess permissions", "Collection can work"],
            may_finish: true,
        },
        Case {
            world: |world| world.clock.run_ahead(5 * 3_600_000),
            told: &["clock is 5 h", "Collection can work"],
            may_finish: true,
        },
    ];
    for case in cases {
        let (lab, _lock) = first_run(World::single());
        lab.world(case.world);
        let mut screen = Screen::open(&lab.home);
        fill_in(&mut screen, &lab);
        validate(&mut screen);
        for told in case.told {
            assert!(screen.shows(told), "{told}: {}", screen.text());
        }
        screen.press("OK");
        assert_eq!(screen.can_press("Finish"), case.may_finish, "{:?}", case.told);
    }
}

#[test]
fn a_host_that_does_not_answer_is_told_and_can_be_corrected() {
    let (lab, _lock) = first_run(World::single());
    let mut screen = Screen::open(&lab.home);
    fill_in(&mut screen, &lab);
    screen.fill(labels::API_HOSTNAME, "127.0.0.1:1");
    validate(&mut screen);
    assert!(screen.shows("Collection cannot work yet"), "{}", screen.text());
    screen.press("OK");
    assert!(!screen.can_press("Finish"));
    screen.fill(labels::API_HOSTNAME, &lab.api_hostname());
    validate(&mut screen);
    screen.press("OK");
    assert!(screen.can_press("Finish"));
    // Finish is for the very values that were validated.
    screen.fill(labels::SECRET_KEY, &"0".repeat(40));
    assert!(!screen.can_press("Finish"));
}

#[test]
fn the_network_is_set_in_a_dialog_that_changes_nothing_until_it_is_told_to() {
    let (lab, _lock) = first_run(World::single());
    lab.write_settings("version = 1\n");
    let mut screen = Screen::open(&lab.home);
    fill_in(&mut screen, &lab);
    validate(&mut screen);
    assert!(screen.shows("Collection cannot work yet"), "{}", screen.text());
    screen.press("OK");
    screen.press("Network\u{2026}");
    screen.fill("Proxy", "proxy:3128");
    assert!(screen.shows("http://proxy.example:3128"), "{}", screen.text());
    assert!(!screen.can_press("Use these"));
    screen.fill("Certificate file", "/nowhere/ca.pem");
    assert!(screen.shows("There is no such file"));
    screen.press("Cancel");
    screen.press("Network\u{2026}");
    assert_eq!(screen.value("Certificate file"), "");
    screen.fill("Certificate file", &lab.home.config.join("ca.pem").display().to_string());
    screen.press("Use these");
    assert!(!screen.shows("Certificate file"));
    validate(&mut screen);
    assert!(screen.shows("Collection can work"), "{}", screen.text());
}

#[test]
fn validation_can_be_cancelled_at_any_moment() {
    let (lab, _lock) = first_run(World::single());
    lab.inject(Rule::new(Fault::Hang(Duration::from_secs(120))).on("/admin"));
    let mut screen = Screen::open(&lab.home);
    fill_in(&mut screen, &lab);
    screen.press(VALIDATE);
    screen.wait_for("This computer's clock");
    screen.press("Cancel");
    assert!(!screen.shows("Reachability"), "{}", screen.text());
    screen.press(VALIDATE);
    screen.wait_for("Reachability");
    screen.key(eframe::egui::Key::Escape);
    screen.steps(3);
    assert!(!screen.shows("Reachability"), "{}", screen.text());
    assert!(!screen.can_press("Finish"));
}

#[test]
fn logs_the_keys_may_not_read_are_greyed_with_what_to_tick() {
    let (lab, _lock) = first_run(World::single());
    lab.inject(
        Rule::new(Fault::Status(403, duo_integrator::simulator::Look::Json))
            .on("/admin/v1/trust_monitor"),
    );
    let mut screen = Screen::open(&lab.home);
    fill_in(&mut screen, &lab);
    validate(&mut screen);
    assert!(screen.shows("5 of 6 logs can be read"), "{}", screen.text());
    screen.press("OK");
    screen.press("Choose logs\u{2026}");
    assert!(screen.shows("Choose what is collected"));
    assert!(!screen.can_press("Trust Monitor") && !screen.is_ticked("Trust Monitor"));
    assert!(screen.can_press("Telephony") && screen.is_ticked("Telephony"));
    screen.press("Telephony");
    screen.press("Back");
    assert_eq!(screen.value(labels::INTEGRATION_KEY), INTEGRATION_KEY);
    screen.press("Choose logs\u{2026}");
    assert!(!screen.is_ticked("Telephony"), "going back loses nothing");
    screen.press("Back");
    finish(&mut screen);
    let account = Settings::load(&lab.home).unwrap().accounts.remove(0);
    assert_eq!(account.log_types.len(), 4);
}

#[test]
fn an_account_is_edited_with_its_secret_as_it_is() {
    let lab = Lab::new(World::single());
    let _lock = HomeLock::take(&lab.home).unwrap();
    let mut screen = Screen::open_at(&lab.home, [1100.0, 720.0]);
    screen.wait_for(ACCOUNT);
    screen.press("Settings");
    screen.press(&format!("Edit {ACCOUNT}"));
    assert_eq!(screen.value(labels::INTEGRATION_KEY), INTEGRATION_KEY);
    assert_eq!(screen.value(labels::SECRET_KEY), "");
    screen.fill(labels::NAME, "Renamed");
    assert!(screen.can_press("Finish"), "a name needs no proof");
    validate(&mut screen);
    assert!(screen.shows("Collection can work"), "the stored secret is used: {}", screen.text());
    screen.press("OK");
    finish(&mut screen);
    let settings = Settings::load(&lab.home).unwrap();
    assert_eq!(settings.accounts.len(), 1);
    assert_eq!(settings.accounts[0].name, "Renamed");
}

#[test]
fn removing_an_account_asks_and_says_what_goes() {
    let lab = Lab::new(with_records());
    let _lock = HomeLock::take(&lab.home).unwrap();
    lab.collect();
    let mut screen = Screen::open_at(&lab.home, [1100.0, 720.0]);
    screen.wait_for(ACCOUNT);
    screen.press("Settings");
    screen.press(&format!("Remove {ACCOUNT}"));
    for told in ["its settings", "its secret key", "stored records, for good"] {
        assert!(screen.shows(told), "{told}: {}", screen.text());
    }
    screen.press("Cancel");
    assert_eq!(Settings::load(&lab.home).unwrap().accounts.len(), 1);
    screen.press(&format!("Remove {ACCOUNT}"));
    screen.press("Remove");
    screen.wait_for("was removed");
    assert!(Settings::load(&lab.home).unwrap().accounts.is_empty());
    assert!(lab.statuses().is_empty());
}

#[test]
fn a_broken_settings_file_is_explained_and_left_alone() {
    let lab = Lab::new(World::single());
    let text = "version = 1\n[collection]\npace = \"fast\"\n";
    lab.write_settings(text);
    let mut screen = Screen::open_at(&lab.home, [1100.0, 720.0]);
    screen.wait_for("mistake in the settings");
    assert!(screen.shows("collection.pace"), "{}", screen.text());
    assert_eq!(fs::read_to_string(lab.home.settings_file()).unwrap(), text);
}
