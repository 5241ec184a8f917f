//! The real thing: the program in a real window, with a real keyring and a real panel, used as a
//! person would. Screenshots are kept in `target/screenshots`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use duo_integrator::base::UnixMillis;
use duo_integrator::base::lock::HomeLock;
use duo_integrator::record::LogType;
use duo_integrator::settings::Settings;
use duo_integrator::simulator::{INTEGRATION_KEY, Permissions, SECRET_KEY, World, invent};
use duo_integrator::window::{TITLE, labels, theme};

use crate::support::desktop::{App, Desktop};
use crate::support::keyring::KeyringSession;
use crate::support::lab::{Ran, this_second};
use crate::support::records::record;
use crate::support::seat::Seat;
use crate::support::traces::{assert_absent, assert_absent_below};
use crate::support::waiting::wait_until;

const VALIDATE: &str = "Validate Credential";

fn with_records() -> World {
    let mut world = World::single();
    let until = UnixMillis(this_second().0 - 600_000);
    let from = UnixMillis(until.0 - 2 * 86_400_000);
    world.settle_in(INTEGRATION_KEY, invent(7, from, until, 20, 40));
    world
}

#[test]
fn from_a_double_click_to_collecting_and_back() {
    let seat = Seat::new(with_records(), Desktop::plan().tray());
    let (lab, desktop) = (&seat.lab, &seat.desktop);
    let double_click = Instant::now();
    let app = desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    assert_eq!(desktop.windows().iter().filter(|title| *title == TITLE).count(), 1);
    desktop.screenshot_of(TITLE, "wizard-connect");

    // Three fields and three clicks.
    seat.fill_in(&app);
    assert!(!app.tree().contains(SECRET_KEY), "the secret key is hidden");
    app.click(VALIDATE);
    app.wait_for_text("Collection can work: all 6 logs can be read");
    desktop.screenshot_of(TITLE, "wizard-validation");
    app.click("OK");
    app.click("Finish");
    app.wait_for_text("logs are on their way");
    wait_until("the first stored record", || seat.records() > 0);
    eprintln!("from double click to first stored record: {:?}", double_click.elapsed());
    app.wait_for_text("Everything Duo has is stored");
    desktop.screenshot_of(TITLE, "wizard-success");

    // The secret key is in the keyring and nowhere else.
    assert_eq!(desktop.session().secret_tool_lookup(INTEGRATION_KEY), SECRET_KEY);
    let collector = seat.collector();
    for id in [app.id(), collector] {
        for what in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{id}/{what}")).unwrap();
            assert_absent(&bytes, &format!("{what} of {id}"));
        }
    }
    assert!(assert_absent_below(&desktop.home()) >= 5);
    assert_absent(app.said().as_bytes(), "what the window said");
    let entry = fs::read_to_string(seat.desktop_entry()).unwrap();
    assert!(entry.contains("\"collect\"") && !entry.contains("--home"), "{entry}");

    app.click("Open the overview");
    app.wait_for_text("Overview");
    app.wait_for_text("All 6 logs are current");
    desktop.screenshot_of(TITLE, "overview");

    // The collector outlives the window; its menu opens another one, and steers it.
    app.kill();
    desktop.wait_for_tray_item();
    assert_eq!(seat.collector(), collector);
    lab.world(|world| {
        // This log is read up to the very second.
        let at = this_second();
        let log_type = LogType::Administrator;
        world.publish(INTEGRATION_KEY, log_type, at, record(log_type, at, 77));
    });
    let before = seat.records();
    desktop.tray_click("Collect now");
    wait_until("the new record", || seat.records() == before + 1);
    desktop.tray_click("Open");
    let again = App::with_window(desktop, TITLE);
    again.wait_for_text("Overview");
    desktop.tray_click("Pause for an hour");
    again.wait_for_text("Paused");
    assert_eq!(seat.status()["collector"], "paused");
    again.click("Resume");
    wait_until("collecting again", || seat.status()["collector"] == "running");

    // A second start brings the window to the front and ends.
    let second = desktop.launch(&[]);
    assert!(second.wait().success(), "{}", second.said());
    assert_eq!(desktop.windows().iter().filter(|title| *title == TITLE).count(), 1);
    assert_eq!(desktop.active_window(), TITLE);

    // What is switched off is gone; Quit ends the collector and says so in the window.
    again.click("Settings");
    again.wait_for_text("Accounts");
    desktop.screenshot_of(TITLE, "settings");
    again.click("Collection");
    again.click("Start at login");
    wait_until("no start at login", || !seat.desktop_entry().exists());
    desktop.tray_click("Quit (collecting stops)");
    wait_until("the collector to end", || seat.status()["collector"] == "stopped");
    again.click("Overview");
    again.wait_for_text("The collector does not run");
    desktop.screenshot_of(TITLE, "collector-stopped");
    again.click("Start collecting");
    wait_until("the collector to run", || seat.status()["collector"] == "running");
    again.wait_until_gone("The collector does not run");
    let stored = seat.run(&["event", "list"]).exits(0).out.lines().count();
    assert_eq!(stored as u64, before + 1);
}

#[test]
fn the_dialog_tells_a_person_what_is_wrong() {
    let seat = Seat::new(World::single(), Desktop::plan());
    let (lab, desktop) = (&seat.lab, &seat.desktop);
    let app = desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    seat.fill_in(&app);
    let try_and_close = |name: &str, told: &[&str], may_finish: bool| {
        app.click(VALIDATE);
        for words in told {
            app.wait_for_text(words);
        }
        app.wait_for_text("OK");
        desktop.screenshot_of(TITLE, name);
        app.click("OK");
        app.wait_until_gone("Reachability");
        assert_eq!(app.is_enabled("Finish"), may_finish, "{name}: {}", app.tree());
    };

    lab.world(|world| world.organisations[0].secret_key = "1".repeat(40));
    try_and_close("validation-wrong-secret", &["40103", "copy the secret key again"], false);
    lab.world(|world| world.organisations[0].secret_key = SECRET_KEY.to_owned());

    lab.world(|world| world.organisations[0].permissions = Permissions::default());
    try_and_close("validation-no-permission", &["Grant read log"], false);
    lab.world(|world| world.organisations[0].permissions = Permissions::COLLECTING);

    lab.world(|world| world.clock.run_ahead(5 * 3_600_000));
    try_and_close("validation-clock", &["clock is 5 h behind", "Collection can work"], true);

    app.type_into(labels::API_HOSTNAME, "127.0.0.1:1");
    let told = ["Next: ", "Collection cannot work yet"];
    try_and_close("validation-wrong-host", &told, false);
    assert!(Settings::load(&seat.home()).unwrap().accounts.is_empty());
    assert_eq!(desktop.session().secret_tool_lookup(INTEGRATION_KEY), "");
}

#[test]
fn the_keyboard_alone_is_enough() {
    let seat = Seat::new(World::single(), Desktop::plan().screen(1024, 700));
    let _app = use_the_keyboard_alone(&seat, "small-screen");
    let (x, y, width, height) = seat.desktop.geometry(TITLE);
    assert!(x >= 0 && y >= 0 && x + width <= 1024 && y + height <= 700, "{x} {y} {width} {height}");
}

#[test]
fn the_window_is_used_on_wayland_too() {
    let seat = Seat::new(World::single(), Desktop::plan().wayland());
    let _app = use_the_keyboard_alone(&seat, "wayland");
    let windows = seat.desktop.windows();
    assert!(!windows.contains(&TITLE.to_owned()), "it draws for X11: {windows:?}");
}

/// From the first field to collecting.
fn use_the_keyboard_alone<'a>(seat: &'a Seat, picture: &str) -> App<'a> {
    let desktop = &seat.desktop;
    let app = desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    // Keys that arrive in one frame with the Tab before them would go to the field before.
    let wait_for_keys = |label: &str| {
        app.wait_until(&format!("“{label}” to get the keys"), |_| {
            app.focused().as_deref() == Some(label)
        });
    };
    wait_for_keys(labels::INTEGRATION_KEY);
    desktop.type_text(INTEGRATION_KEY);
    app.wait_for_text_of(labels::INTEGRATION_KEY, INTEGRATION_KEY);
    app.key("Tab");
    wait_for_keys(labels::SECRET_KEY);
    desktop.type_text(SECRET_KEY);
    app.wait_for_text_of(labels::SECRET_KEY, &"•".repeat(SECRET_KEY.len()));
    // The eye of the secret's field stands between.
    tab_to(&app, labels::API_HOSTNAME);
    desktop.type_text(&seat.lab.api_hostname());
    app.wait_for_text_of(labels::API_HOSTNAME, &seat.lab.api_hostname());
    app.key("Return");
    app.wait_for_text("Collection can work");
    wait_for_keys("OK");
    app.key("Return");
    app.wait_until_gone("Reachability");
    wait_for_keys("Finish");
    desktop.screenshot(picture);
    app.key("Return");
    app.wait_for_text("logs are on their way");
    app
}

#[test]
fn the_network_is_set_where_it_is_asked_for() {
    let seat = Seat::new(World::single(), Desktop::plan());
    fs::remove_file(seat.home().settings_file()).unwrap();
    let app = seat.desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    seat.fill_in(&app);
    app.click(VALIDATE);
    app.wait_for_text("Collection cannot work yet");
    seat.desktop.screenshot_of(TITLE, "validation-unknown-certificate");
    app.click("OK");
    app.click("Network\u{2026}");
    app.type_into("Certificate file", &seat.ca_file().display().to_string());
    seat.desktop.screenshot_of(TITLE, "wizard-network");
    app.click("Use these");
    app.click(VALIDATE);
    app.wait_for_text("Collection can work");
    app.click("OK");
    app.click("Finish");
    app.wait_for_text("logs are on their way");
    let settings = Settings::load(&seat.home()).unwrap();
    assert_eq!(settings.network.ca_file, Some(seat.ca_file()));
}

#[test]
fn a_locked_or_absent_keyring_is_explained_and_nothing_is_written() {
    for (name, session, told) in [
        ("keyring-locked", KeyringSession::locked(), "the keychain is locked"),
        ("keyring-absent", KeyringSession::with_bus_only(), "no keychain can be reached"),
    ] {
        let seat = Seat::new(World::single(), Desktop::plan().keyring(session));
        let app = seat.desktop.launch(&[]);
        app.wait_for_text("Connect to Duo");
        seat.fill_in(&app);
        app.click(VALIDATE);
        app.wait_for_text("Collection can work");
        app.click("OK");
        app.click("Finish");
        app.wait_for_text("The secret key was not stored");
        assert!(app.tree().to_lowercase().contains(told), "{}", app.tree());
        seat.desktop.screenshot_of(TITLE, name);
        assert!(Settings::load(&seat.home()).unwrap().accounts.is_empty());
        assert!(!seat.desktop_entry().exists());
        assert!(app.is_enabled("Finish"), "one can unlock it and try again");
        assert_absent_below(&seat.desktop.home());
    }
}

#[test]
fn the_demo_shows_it_all_and_leaves_nothing_behind() {
    let desktop = Desktop::start();
    let app = desktop.launch(&["demo"]);
    app.wait_for_text("Connect to Duo");
    app.click(VALIDATE);
    app.wait_for_text("Collection can work");
    app.click("OK");
    app.click("Finish");
    app.wait_for_text("logs are on their way");
    app.wait_until("records to arrive", |all| {
        all.iter().any(|one| one.name.ends_with("records") && one.name != "0 records")
    });
    desktop.screenshot_of(TITLE, "demo");
    app.close();
    assert!(app.wait().success(), "{}", app.said());
    assert_eq!(desktop.session().secret_tool_lookup(INTEGRATION_KEY), "");
    assert!(!desktop.home().join(".config/autostart").exists());
    assert!(!desktop.home().join(".config/duo-integrator").exists());
}

#[test]
fn light_and_dark_follow_the_desktop_while_the_window_is_open() {
    let seat = Seat::new(World::single(), Desktop::plan());
    let desktop = &seat.desktop;
    let portal = desktop.start_portal(1);
    let app = desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    let ground = |dark| {
        let [red, green, blue, _] = theme::colors_of(dark).ground.to_array();
        format!("#{red:02X}{green:02X}{blue:02X}")
    };
    let becomes = |dark, what: &str| {
        wait_until(what, || desktop.corner_color(TITLE) == ground(dark));
    };
    becomes(true, "a dark window");
    portal.say(2);
    becomes(false, "a light window");
    portal.say(1);
    becomes(true, "a dark window again");
    portal.say(0);
    becomes(false, "a light window, for a desktop without a wish");
}

#[test]
fn an_idle_window_draws_nothing() {
    let seat = Seat::new(World::single(), Desktop::plan());
    let app = seat.desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    std::thread::sleep(Duration::from_secs(2));
    let before = ticks(app.id());
    std::thread::sleep(Duration::from_secs(5));
    let used = ticks(app.id()) - before;
    // Now and then it is looked whether a collector runs.
    assert!(used <= 3, "{used} hundredths of a second in five");
}

#[test]
fn without_a_display_there_is_a_sentence() {
    let desktop = Desktop::start();
    let mut command: Command = desktop.program();
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let ran = Ran::of(&command.output().unwrap()).exits(4);
    assert!(ran.err.contains("No window can be opened here"), "{}", ran.err);
    assert!(ran.err.contains("account add"), "{}", ran.err);
    let mut command = desktop.program();
    command.env("DISPLAY", ":4711");
    Ran::of(&command.output().unwrap()).exits(4).says("No window can be opened here");
}

/// Presses Tab, a few times at most, until this has the keys.
fn tab_to(app: &App<'_>, name: &str) {
    for _ in 0..3 {
        app.key("Tab");
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(700) {
            if app.focused().as_deref() == Some(name) {
                return;
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }
    panic!("Tab does not lead to “{name}” but to {:?}", app.focused());
}

/// Processor time of a process, in hundredths of a second.
fn ticks(id: u32) -> u64 {
    let stat = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("stat")).unwrap();
    let after = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = after.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_collector_of_an_older_version_is_told_and_replaced() {
    let seat = Seat::new(World::single(), Desktop::plan());
    seat.add_account();
    let home = seat.home();
    home.prepare().unwrap();
    let lock = HomeLock::take(&home).unwrap();
    let socket = UnixListener::bind(home.state.join("collector.sock")).unwrap();
    let older = std::thread::spawn(move || {
        // It speaks another protocol; only its hello and the wish to quit are understood.
        for stream in socket.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let hello = r#"{"hello":{"protocol":0,"version":"0.0.9","role":"collector","pid":1}}"#;
            writeln!(stream.get_mut(), "{hello}").unwrap();
            let mut lines = stream.lines().map_while(Result::ok).skip(1);
            if lines.next().is_some_and(|line| line.contains("\"quit\"")) {
                break;
            }
        }
        drop(lock);
    });
    let app = seat.desktop.launch(&[]);
    app.wait_for_text("The collector is of another version");
    app.wait_for_text("version 0.0.9");
    seat.desktop.screenshot_of(TITLE, "collector-older");
    app.click("Restart the collector");
    app.wait_for_text("The collector was restarted");
    older.join().unwrap();
    app.wait_until_gone("The collector is of another version");
    assert_eq!(seat.status()["collector"], "running");
}

#[test]
fn a_killed_collector_is_told_and_goes_on_where_it_was() {
    let seat = Seat::new(with_records(), Desktop::plan());
    seat.add_account();
    let app = seat.desktop.launch(&[]);
    app.click("Start collecting");
    app.wait_for_text("All 6 logs are current");
    let collector = seat.collector().to_string();
    assert!(Command::new("kill").args(["-KILL", &collector]).status().unwrap().success());
    app.wait_for_text("The collector does not run");
    let positions = || -> Vec<String> {
        let status = seat.status();
        let logs = status["accounts"][0]["log_types"].as_array().cloned().unwrap();
        logs.iter().map(|log| log["position"].as_str().unwrap().to_owned()).collect()
    };
    let (before, stored) = (positions(), seat.records());
    assert_eq!((before.len(), seat.status()["collector"].as_str()), (6, Some("stopped")));

    seat.lab.world(|world| {
        // This log is read up to the very second.
        let at = this_second();
        let log_type = LogType::Administrator;
        world.publish(INTEGRATION_KEY, log_type, at, record(log_type, at, 77));
    });
    app.click("Start collecting");
    app.wait_until("the new record", |_| seat.records() == stored + 1);
    app.wait_until_gone("The collector does not run");
    assert_ne!(seat.collector().to_string(), collector);
    let after = positions();
    assert!(
        before.iter().zip(&after).all(|(before, after)| before <= after),
        "{before:?} {after:?}"
    );
    let listed = seat.run(&["event", "list"]).exits(0).out.lines().count();
    assert_eq!(listed as u64, stored + 1, "nothing is there twice");
}
