//! Every command, by what it prints, how its JSON is shaped, and how it exits.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{
    Fault, INTEGRATION_KEY, Permissions, Published, Rule, SECRET_KEY, World, bulk_authentication,
    invent,
};
use serde_json::Value;

use crate::support::collector::Collector;
use crate::support::lab::{ACCOUNT, Lab, Ran, this_second};
use crate::support::records::record;

/// The checks of `account validate`, in their order.
const CHECKS: [&str; 8] = [
    "format",
    "reach",
    "tls",
    "clock",
    "credentials",
    "permission.read_information",
    "permission.read_log",
    "permission.excess",
];

#[test]
fn without_words_it_says_that_there_is_no_window_and_names_the_commands() {
    let lab = Lab::new(World::single());
    let ran = lab.run(&[]).exits(4).says("collect");
    assert_eq!(ran.out, "");
}

#[test]
fn help_goes_to_standard_output_and_wrong_usage_to_standard_error() {
    let lab = Lab::new(World::single());
    let help = lab.run(&["--help"]).exits(0);
    for command in ["account", "audit", "collect", "demo", "event", "recollect", "status"] {
        assert!(help.out.contains(command), "{command}");
    }
    for words in [
        &["nonsense"][..],
        &["collect", "--json"],
        &["event", "list", "--log-type", "authentications"],
        &["event", "list", "--since", "yesterday-ish"],
        &["event", "list", "--limit", "-1"],
        &["account", "add"],
        &["recollect", "--since", "now", "--until", "-1d"],
    ] {
        let ran = lab.run(words).exits(2);
        assert_eq!(ran.out, "", "{words:?}");
        assert!(!ran.err.is_empty(), "{words:?}");
    }
}

#[test]
fn before_there_is_an_account_every_command_says_what_to_do() {
    let lab = Lab::without_account(World::single());
    for words in [&["collect", "--once"][..], &["collect"], &["audit"], &["account", "validate"]] {
        lab.run(words).exits(1).says("account add");
    }
    assert_eq!(lab.run(&["account", "list", "--json"]).exits(0).json(), Value::Array(vec![]));
    assert_eq!(lab.run(&["event", "list"]).exits(0).out, "");
    let status = lab.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["accounts"], Value::Array(vec![]));
}

#[test]
fn status_has_its_shape_before_and_after_collecting() {
    let lab = with_history();
    for collected in [false, true] {
        if collected {
            lab.run_collect();
        }
        let status = lab.run(&["status", "--json"]).exits(0).json();
        assert_eq!(status["collector"], "stopped");
        assert_eq!(status["outputs"], Value::Array(vec![]));
        assert!(status["alerts"]["open"].is_u64());
        let account = &status["accounts"][0];
        assert_eq!(
            (&account["name"], &account["integration_key"]),
            (&ACCOUNT.into(), &INTEGRATION_KEY.into())
        );
        let logs = account["log_types"].as_array().unwrap();
        assert_eq!(logs.len(), 6);
        for log in logs {
            has_keys(
                log,
                &[
                    "log_type",
                    "state",
                    "records",
                    "position",
                    "newest",
                    "lag_seconds",
                    "last_poll",
                    "error",
                ],
            );
            assert_eq!(log["state"], if collected { "current" } else { "waiting" });
            assert_eq!(log["error"], Value::Null);
            if collected {
                assert!(log["records"].as_u64().unwrap() > 0);
                assert!(UnixMillis::parse_rfc3339(log["position"].as_str().unwrap()).is_some());
                assert!(UnixMillis::parse_rfc3339(log["newest"].as_str().unwrap()).is_some());
                assert!((100..300).contains(&log["lag_seconds"].as_i64().unwrap()), "{log}");
            } else {
                assert_eq!(log["records"], 0);
                assert_eq!(log["position"], Value::Null);
            }
        }
    }
    let told = lab.run(&["status"]).exits(0).out;
    for title in ["Collector: stopped", "Authentication", "Offline enrollment", "Trust Monitor"] {
        assert!(told.contains(title), "{told}");
    }
}

#[test]
fn one_round_tells_its_numbers_and_a_second_one_finds_nothing_new() {
    let lab = with_history();
    let first = lab.run(&["collect", "--once", "--json"]).exits(0);
    for log in first.json()["log_types"].as_array().unwrap() {
        has_keys(
            log,
            &[
                "account",
                "log_type",
                "fetched",
                "stored",
                "duplicates",
                "requests",
                "seconds",
                "state",
                "error",
            ],
        );
        assert_eq!((&log["account"], &log["state"]), (&ACCOUNT.into(), &"current".into()));
        assert!(log["stored"].as_u64().unwrap() > 0, "{log}");
        assert!(log["requests"].as_u64().unwrap() > 0, "{log}");
    }
    lab.assert_complete();
    let second = lab.run(&["collect", "--once", "--json"]).exits(0);
    for log in second.json()["log_types"].as_array().unwrap() {
        assert_eq!(log["stored"], 0, "{log}");
    }
    for log_type in LogType::ALL {
        assert_eq!(lab.listed(log_type), lab.served(log_type), "{log_type}");
    }
    let told = lab.run_collect();
    assert_eq!(told.out.lines().count(), 6, "{}", told.out);
}

#[test]
fn status_tells_how_far_catching_up_is_how_fast_and_when_it_ends() {
    let mut world = World::single();
    let until = this_second().0 - 600_000;
    let made =
        bulk_authentication(3, 30_000, UnixMillis(until - 30 * 86_400_000), UnixMillis(until));
    world.publish_many(INTEGRATION_KEY, LogType::Authentication, made);
    world.page_sizes.max = 100;
    let lab = Lab::new(world);
    lab.inject(Rule::new(Fault::Hang(Duration::from_millis(40))).after(5));
    let collector = Collector::start(lab.command(&["collect"]), &lab);
    let authentication = || {
        let status = lab.run(&["status", "--json"]).exits(0).json();
        status.pointer("/accounts/0/log_types/0").cloned().unwrap_or_default()
    };
    collector.wait_until("status tells the end", || authentication()["estimated_end"].is_string());
    let log = authentication();
    assert_eq!(log["state"], "catching_up");
    let percent = log["percent"].as_f64().unwrap();
    assert!(percent > 0.0 && percent < 100.0, "{log}");
    assert!(log["pages_per_minute"].as_f64().unwrap() > 0.0, "{log}");
    let ends = UnixMillis::parse_rfc3339(log["estimated_end"].as_str().unwrap()).unwrap();
    assert!((ends.0 - UnixMillis::now().0).abs() < 600_000, "{log}");
    let words = lab.run(&["status"]).exits(0).out;
    assert!(words.contains("pages/min") && words.contains("left"), "{words}");
}

#[test]
fn a_second_collector_in_the_same_home_says_so() {
    let lab = with_history();
    let collector = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    collector.wait_until_running();
    for words in [&["collect"][..], &["collect", "--once"]] {
        lab.run(words).exits(3).says("already running");
    }
    assert_eq!(lab.run(&["status", "--json"]).exits(0).json()["collector"], "running");
    assert_eq!(lab.run(&["event", "list", "--limit", "1"]).exits(0).err, "");
    drop(collector);
    assert_eq!(lab.run(&["status", "--json"]).exits(0).json()["collector"], "stopped");
    lab.run_collect();
}

#[test]
fn an_account_is_added_listed_validated_and_removed() {
    let lab = with_history_and_no_account();
    let added = add(&lab, &["--log-types", "activity,telephony", "--history", "30d"]).exits(0);
    assert!(added.err.contains("Added Contoso"), "{}", added.err);
    let listed = lab.run(&["account", "list", "--json"]).exits(0).json();
    let account = &listed[0];
    assert_eq!(account["name"], "Contoso");
    assert_eq!(account["integration_key"], INTEGRATION_KEY);
    assert_eq!(account["log_types"], serde_json::json!(["activity", "telephony"]));
    assert_eq!(account["history"], "30d");
    let settings = fs::read_to_string(lab.home.settings_file()).unwrap();
    assert!(settings.contains("version = 1") && !settings.contains(SECRET_KEY));

    add(&lab, &[]).exits(1).says("already");

    let report = lab.run(&["account", "validate", "Contoso", "--json"]).exits(0).json();
    assert_eq!((&report["account"], &report["ok"]), (&"Contoso".into(), &true.into()));
    // The look-alike's address is not one of Duo's, which is worth a word.
    let expected = |id| if id == "format" { "warn" } else { "pass" };
    assert_eq!(states(&report), CHECKS.map(|id| (id.to_owned(), expected(id).to_owned())));
    for check in report["checks"].as_array().unwrap() {
        has_keys(check, &["id", "state", "code", "detail", "next"]);
    }
    assert_eq!(report["log_types"].as_array().unwrap().len(), 2);
    for log in report["log_types"].as_array().unwrap() {
        has_keys(log, &["log_type", "available", "code"]);
        assert_eq!(log["available"], true);
    }

    lab.change_settings("\"adaptive\"\n", "\"unlimited\"\n");
    lab.run_collect();
    let removed = lab.run(&["account", "remove", "Contoso"]).exits(0);
    assert!(removed.err.contains("stored record"), "{}", removed.err);
    assert_eq!(lab.run(&["event", "list"]).exits(0).out, "");
    assert_eq!(lab.run(&["account", "list", "--json"]).exits(0).json(), Value::Array(vec![]));
    lab.run(&["account", "remove", "Contoso"]).exits(1).says("no account named");
    lab.run(&["account", "validate", "Contoso"]).exits(1).says("no account named");
}

#[test]
fn what_is_wrong_with_an_account_is_told_check_by_check() {
    let none = Permissions::default();
    let read_log = Permissions { read_log: true, ..none };
    let all = Permissions {
        read_log: true,
        read_information: true,
        settings: true,
        read_resource: true,
        write_resource: true,
    };
    for (permissions, ok, check, state) in [
        (none, false, "permission.read_log", "fail"),
        (read_log, true, "permission.read_information", "warn"),
        (all, true, "permission.excess", "warn"),
        (Permissions::COLLECTING, true, "permission.excess", "pass"),
    ] {
        let lab = with_history();
        lab.world(|world| world.organisations[0].permissions = permissions);
        let ran = lab.run(&["account", "validate", "--json"]).exits(i32::from(!ok));
        let report = ran.json();
        assert_eq!(report["ok"], ok, "{report}");
        assert_eq!(state_of(&report, "credentials"), "pass");
        assert_eq!(state_of(&report, check), state, "{report}");
        if state != "pass" {
            let found = &report["checks"].as_array().unwrap()
                [CHECKS.iter().position(|id| *id == check).unwrap()];
            assert!(found["next"].is_string(), "{found}");
        }
    }

    let lab = with_history();
    lab.world(|world| world.organisations[0].secret_key = "1".repeat(40));
    let report = lab.run(&["account", "validate", "--json"]).exits(1).json();
    assert_eq!(
        (report["ok"].clone(), report["checks"][4]["code"].clone()),
        (false.into(), 40103.into())
    );
    assert_eq!(report["checks"][6]["state"], "skipped", "{report}");

    let lab = with_history();
    lab.world(|world| world.organisations[0].integration_key = "DISOMEBODYELSE000000".to_owned());
    let report = lab.run(&["account", "validate", "--json"]).exits(1).json();
    assert_eq!(report["checks"][4]["code"], 40102);

    // Nothing listens on port 1.
    let lab = with_history();
    lab.change_settings(&lab.api_hostname(), "127.0.0.1:1");
    let report = lab.run(&["account", "validate", "--json"]).exits(1).json();
    assert_eq!(state_of(&report, "format"), "warn");
    assert_eq!(state_of(&report, "reach"), "fail");
    assert_eq!(state_of(&report, "credentials"), "skipped");

    // A certificate nobody vouches for.
    let lab = with_history();
    lab.change_settings("ca_file = \"ca.pem\"", "");
    let report = lab.run(&["account", "validate", "--json"]).exits(1).json();
    assert_eq!(
        (state_of(&report, "reach"), state_of(&report, "tls")),
        ("pass".to_owned(), "fail".to_owned())
    );

    // A clock five hours behind is noticed, and made up for.
    let lab = with_history();
    lab.world(|world| world.clock.run_ahead(5 * 3_600_000));
    let report = lab.run(&["account", "validate", "--json"]).exits(0).json();
    assert_eq!(state_of(&report, "clock"), "warn");
}

#[test]
fn an_account_that_duo_refuses_is_not_added_unless_told_to() {
    let lab = with_history_and_no_account();
    lab.world(|world| world.organisations[0].secret_key = "1".repeat(40));
    add(&lab, &[]).exits(1).says("40103");
    assert!(!lab.home.settings_file().exists());
    add(&lab, &["--no-validate"]).exits(0);
    assert_eq!(lab.run(&["account", "list", "--json"]).exits(0).json()[0]["name"], "Contoso");
}

#[test]
fn an_account_that_makes_no_sense_is_refused_with_every_mistake() {
    let lab = with_history_and_no_account();
    let ran = lab.run(&[
        "account",
        "add",
        "--name",
        "Contoso",
        "--integration-key",
        "DI not a key",
        "--api-hostname",
        "https://",
        "--history",
        "a while",
    ]);
    let ran = ran.exits(1).says("--integration-key").says("--api-hostname").says("--history");
    assert_eq!(ran.out, "");
    assert!(!lab.home.settings_file().exists());
}

#[test]
fn a_secret_key_without_a_place_to_keep_it_is_explained() {
    let lab = with_history_and_no_account();
    let mut command = lab.command_without_secret(&[]);
    command.args(add_words(&lab)).arg("--secret-key-stdin").stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{SECRET_KEY}\n").as_bytes()).unwrap();
    let ran = Ran::of(&child.wait_with_output().unwrap()).exits(1);
    for way in ["keychain", "DUO_INTEGRATOR_SECRET_KEY", "credential"] {
        assert!(ran.err.contains(way), "{way}: {}", ran.err);
    }
    assert!(!ran.err.contains(SECRET_KEY));
    assert!(!lab.home.settings_file().exists());

    let mut command = lab.command_without_secret(&["collect", "--once"]);
    lab.write_settings(&format!(
        "version = 1\n[[account]]\nname = \"A\"\nintegration_key = \"{INTEGRATION_KEY}\"\n\
         api_hostname = \"{}\"\n",
        lab.api_hostname()
    ));
    let ran = Ran::of(&command.output().unwrap()).exits(1);
    let told = format!("{}{}", ran.out, ran.err);
    assert!(told.contains("DUO_INTEGRATOR_SECRET_KEY"), "{told}");
}

#[test]
fn a_secret_key_in_a_credential_file_is_found() {
    let lab = with_history();
    let folder = lab.folder().join("credentials");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(INTEGRATION_KEY), format!("{SECRET_KEY}\n")).unwrap();
    let mut command = lab.command_without_secret(&["collect", "--once"]);
    let ran = Ran::of(&command.env("CREDENTIALS_DIRECTORY", &folder).output().unwrap());
    ran.exits(0);
    lab.assert_complete();
}

#[test]
fn records_are_listed_as_the_filters_wish() {
    let lab = Lab::new(World::single());
    let start = this_second().0 - 10 * 3_600_000;
    for n in 0..20 {
        let at = UnixMillis(start + n * 60_000);
        for log_type in [LogType::Authentication, LogType::Activity] {
            let body = record(log_type, at, n as u64);
            lab.world(|world| world.publish(INTEGRATION_KEY, log_type, at, body));
        }
    }
    lab.run_collect();
    let list = |words: &[&str]| -> Vec<String> {
        let ran = lab.run(&[&["event", "list"], words].concat()).exits(0);
        ran.out.lines().map(str::to_owned).collect()
    };
    assert_eq!(list(&[]).len(), 40);
    assert_eq!(list(&["--log-type", "authentication"]).len(), 20);
    assert_eq!(list(&["--log-type", "authentication", "--log-type", "activity"]).len(), 40);
    assert_eq!(list(&["--log-type", "telephony"]).len(), 0);
    assert_eq!(list(&["--limit", "7"]).len(), 7);
    assert_eq!(list(&["--limit", "0"]).len(), 0);
    assert_eq!(list(&["--account", "Nobody"]).len(), 0);
    assert_eq!(list(&["--account", ACCOUNT]).len(), 40);
    assert_eq!(list(&["--user", "USER3"]).len(), 4);
    assert_eq!(list(&["--user", "nobody"]).len(), 0);
    assert_eq!(list(&["--search", "GRÜSSE"]).len() + list(&["--search", "grüße"]).len(), 10);
    let border = UnixMillis(start + 5 * 60_000).to_string();
    assert_eq!(list(&["--log-type", "activity", "--until", &border]).len(), 6);
    assert_eq!(list(&["--log-type", "activity", "--since", &border]).len(), 15);
    assert_eq!(list(&["--since", &border, "--until", &border]).len(), 2);
    assert_eq!(list(&["--since", "-9h"]).len(), list(&["--since", "-9h", "--until", "now"]).len());
    assert_eq!(list(&["--since", "now"]).len(), 0);
    // Oldest first, byte for byte.
    let first: Vec<String> = lab.world(|world| world.records(INTEGRATION_KEY, LogType::Activity));
    assert_eq!(list(&["--log-type", "activity", "--format", "raw"]), first);
}

#[test]
fn a_reader_that_stops_reading_ends_the_listing_quietly() {
    let lab = Lab::new(World::single());
    let now = this_second();
    let records =
        bulk_authentication(3, 5000, UnixMillis(now.0 - DAY_MILLIS), UnixMillis(now.0 - 600_000));
    lab.world(|world| world.publish_many(INTEGRATION_KEY, LogType::Authentication, records));
    lab.run_collect();
    let mut command = lab.command(&["event", "list"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    drop(lines);
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((child.wait().unwrap().code(), told.as_str()), (Some(0), ""));
    assert!(first.starts_with('{'));
}

#[test]
fn an_audit_has_its_shape_and_finds_what_was_published_late() {
    let lab = with_history();
    lab.run_collect();
    let day = UnixMillis(this_second().floor_day().0 - 4 * DAY_MILLIS + 3_600_000);
    let body = record(LogType::Telephony, day, 77);
    lab.world(|world| world.publish(INTEGRATION_KEY, LogType::Telephony, day, body));
    let findings = lab.run(&["audit", "--json"]).exits(0).json();
    let findings = findings.as_array().unwrap();
    for found in findings {
        has_keys(found, &["account", "log_type", "since", "until", "duo", "local", "state"]);
    }
    let missing: Vec<&Value> =
        findings.iter().filter(|found| found["state"] == "missing").collect();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0]["log_type"], "telephony");
    assert_eq!(missing[0]["duo"].as_u64().unwrap(), missing[0]["local"].as_u64().unwrap() + 1);
    let others = findings.iter().filter(|found| found["state"] != "missing");
    assert!(others.into_iter().all(|found| found["state"] == "complete"));
    lab.assert_complete();
    let again = lab.run(&["audit", "--since", "-6d", "--log-type", "telephony"]).exits(0);
    assert!(again.out.contains("0 incomplete"), "{}", again.out);
    lab.run(&["audit", "--account", "Nobody"]).exits(1).says("no account named");
}

#[test]
fn recollecting_fetches_a_range_again() {
    let lab = with_history();
    lab.run_collect();
    let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
    let removed = store.execute("DELETE FROM event WHERE id % 2 = 0", []).unwrap();
    drop(store);
    let ran = lab.run(&["recollect", "--since", "-9d", "--until", "now", "--json"]).exits(0);
    let stored: u64 =
        ran.json().as_array().unwrap().iter().map(|log| log["stored"].as_u64().unwrap()).sum();
    assert_eq!(stored, removed as u64);
    lab.assert_complete();
}

#[test]
fn the_demo_runs_without_a_screen_and_proves_itself() {
    let lab = Lab::without_account(World::single());
    let ran = Ran::of(&lab.command_without_secret(&["demo", "--headless"]).output().unwrap());
    let ran = ran.exits(0);
    assert!(ran.out.contains("0 of them not as published"), "{}", ran.out);
    // The person's own home is left alone.
    assert!(!lab.home.store_file().exists());
    assert!(!lab.home.settings_file().exists());
}

#[test]
fn a_home_that_cannot_be_used_is_named() {
    let lab = with_history();
    fs::remove_dir_all(&lab.home.data).unwrap();
    fs::write(&lab.home.data, "a file in the place of the folder").unwrap();
    let ran = lab.run(&["collect", "--once"]).exits(1).says("data");
    assert!(ran.err.contains(&lab.home.data.display().to_string()), "{}", ran.err);
    let file = lab.folder().join("file");
    fs::write(&file, "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_duo-integrator"));
    lab.settle(&mut command);
    command.arg("--home").arg(&file).args(["collect", "--once"]);
    let ran = Ran::of(&command.output().unwrap()).exits(1);
    assert!(ran.err.contains(&file.display().to_string()), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_nothing_is_lost_when_there_is_room_again() {
    let Some(small) = SmallDisk::mount(600) else {
        // Past the harness, which would keep the words of a passing test to itself.
        let _ = writeln!(std::io::stderr(), "LEFT OUT: a small disk cannot be mounted here");
        return;
    };
    let lab = Lab::new(World::single());
    let now = this_second();
    let (from, until) = (UnixMillis(now.0 - 5 * DAY_MILLIS), UnixMillis(now.0 - 600_000));
    let records = bulk_authentication(4, 20_000, from, until);
    lab.world(|world| world.publish_many(INTEGRATION_KEY, LogType::Authentication, records));
    fs::remove_dir_all(&lab.home.data).unwrap();
    std::os::unix::fs::symlink(&small.folder, &lab.home.data).unwrap();
    let ran = lab.run(&["collect", "--once"]);
    let told = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.code, 1, "{told}");
    assert!(told.contains("disk is full"), "{told}");
    let before = lab.stored(LogType::Authentication).len();
    small.grow();
    lab.run_collect();
    assert!(before < 20_000);
    lab.assert_complete();
}

#[test]
fn a_damaged_store_is_set_aside_and_filled_again() {
    for part in [0..100, 20_000..200_000] {
        let lab = with_history();
        lab.run_collect();
        damage(&lab, part.clone());
        lab.run(&["event", "list"]).exits(1).says("damaged");
        // Damage that shows in the middle of a round is seen to by the next one.
        let mut ran = lab.run(&["collect", "--once"]);
        if ran.code != 0 {
            assert!(ran.out.contains("damaged"), "{}", ran.out);
            ran = lab.run(&["collect", "--once"]);
        }
        ran.exits(0).says("set aside");
        lab.assert_complete();
        let aside = fs::read_dir(&lab.home.data).unwrap();
        let aside = aside.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let aside: Vec<String> = aside
            .filter(|name| name.contains(".damaged-") && !name.ends_with("-wal"))
            .filter(|name| !name.ends_with("-shm"))
            .collect();
        assert_eq!(aside.len(), 1, "{part:?}: {aside:?}");
    }
}

#[test]
fn damage_that_only_reading_shows_is_mended_by_the_next_collection() {
    let lab = with_history();
    lab.run_collect();
    // A page of old raw records, which collecting never looks at again.
    let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
    let sql = "SELECT min(pageno) FROM dbstat WHERE name = 'block' AND pagetype = 'overflow'";
    let page = store.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    drop(store);
    damage(&lab, (page - 1) * 8192..page * 8192);
    lab.run(&["event", "list"]).exits(1).says("damaged");
    lab.run(&["collect", "--once"]).exits(0).says("set aside");
    lab.assert_complete();
}

#[test]
fn a_store_that_is_just_being_made_holds_nothing_yet() {
    let lab = with_history();
    fs::write(lab.home.store_file(), "").unwrap();
    assert_eq!(lab.run(&["event", "list"]).exits(0).says("Nothing is stored yet").out, "");
    lab.run(&["status"]).exits(0);
    lab.run_collect();
    lab.assert_complete();
}

#[test]
fn a_store_of_a_newer_version_is_left_as_it_is() {
    let lab = with_history();
    lab.run_collect();
    let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
    store.execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    drop(store);
    let before = fs::read(lab.home.store_file()).unwrap();
    for words in [
        &["collect", "--once"][..],
        &["event", "list"],
        &["status"],
        &["audit"],
        &["account", "remove", ACCOUNT],
    ] {
        lab.run(words).exits(1).says("newer");
    }
    assert!(before == fs::read(lab.home.store_file()).unwrap(), "the store was changed");
}

#[test]
fn settings_of_a_newer_version_are_left_as_they_are() {
    let lab = with_history();
    lab.change_settings("version = 1", "version = 99");
    let before = fs::read(lab.home.settings_file()).unwrap();
    for words in [&["collect", "--once"][..], &["status"], &["account", "list"]] {
        lab.run(words).exits(1).says("newer");
    }
    assert_eq!(add(&lab, &["--no-validate"]).exits(1).out, "");
    assert_eq!(before, fs::read(lab.home.settings_file()).unwrap());
}

#[test]
fn settings_with_mistakes_are_refused_with_their_places() {
    let lab = with_history();
    lab.change_settings("pace = \"unlimited\"", "pase = \"unlimited\"");
    lab.run(&["collect", "--once"]).exits(1).says("pase").says("pace");
}

#[test]
fn time_zones_and_languages_make_no_difference() {
    let mut results = Vec::new();
    for (zone, language) in [
        ("UTC", "C"),
        ("America/New_York", "en_US.UTF-8"),
        ("Asia/Kathmandu", "de_DE.UTF-8"),
        ("Europe/Berlin", "tr_TR.UTF-8"),
    ] {
        let mut world = World::single();
        // Around the night in which New York's clocks were set back.
        let from = UnixMillis::parse_rfc3339("2026-10-31T00:00:00Z").unwrap();
        let until = UnixMillis::parse_rfc3339("2026-11-03T00:00:00Z").unwrap();
        let later = UnixMillis(until.0 + DAY_MILLIS);
        world.settle_in(INTEGRATION_KEY, invent(9, from, until, 20, 60));
        world.clock.freeze(later);
        let lab = Lab::new(world);
        let run = |words: &[&str]| {
            let mut command = lab.command(words);
            command.env("TZ", zone).env("LC_ALL", language).env("LANG", language);
            Ran::of(&command.output().unwrap()).exits(0)
        };
        run(&["collect", "--once"]);
        lab.assert_complete();
        let status: Value = run(&["status", "--json"]).json();
        let logs = status["accounts"][0]["log_types"].as_array().unwrap();
        let newest: Vec<Value> = logs.iter().map(|log| log["newest"].clone()).collect();
        let audit = run(&["audit", "--since", "2026-10-31", "--until", "2026-11-03", "--json"]);
        let listed =
            run(&["event", "list", "--since", "2026-11-01", "--until", "2026-11-01T12:00:00Z"]);
        results.push((newest, audit.out, listed.out));
    }
    for result in &results[1..] {
        assert_eq!(*result, results[0]);
    }
}

/// A lab with a week of an invented organization, ready to be collected.
fn with_history() -> Lab {
    Lab::new(world_with_history())
}

fn with_history_and_no_account() -> Lab {
    Lab::without_account(world_with_history())
}

fn world_with_history() -> World {
    let mut world = World::single();
    let until = this_second().0 - 600_000;
    let from = UnixMillis(until - 6 * DAY_MILLIS);
    world.settle_in(INTEGRATION_KEY, invent(5, from, UnixMillis(until), 20, 40));
    for log_type in LogType::ALL {
        let records = (0..10).map(|n| {
            let at = UnixMillis(from.0 + n * DAY_MILLIS / 2);
            Published { at, body: record(log_type, at, n as u64).into() }
        });
        world.publish_many(INTEGRATION_KEY, log_type, records);
    }
    world
}

fn add_words(lab: &Lab) -> Vec<String> {
    let ca_file = lab.home.config.join("ca.pem").display().to_string();
    let hostname = lab.api_hostname();
    [
        "account",
        "add",
        "--name",
        "Contoso",
        "--integration-key",
        INTEGRATION_KEY,
        "--api-hostname",
        &hostname,
        "--ca-file",
        &ca_file,
    ]
    .map(str::to_owned)
    .into()
}

fn add(lab: &Lab, more: &[&str]) -> Ran {
    let mut command = lab.command(&[]);
    Ran::of(&command.args(add_words(lab)).args(more).output().unwrap())
}

#[track_caller]
fn has_keys(value: &Value, keys: &[&str]) {
    let object = value.as_object().unwrap();
    for key in keys {
        assert!(object.contains_key(*key), "{key} is not in {value}");
    }
}

fn states(report: &Value) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks.iter().map(|check| (text(&check["id"]), text(&check["state"]))).collect()
}

#[track_caller]
fn state_of(report: &Value, id: &str) -> String {
    states(report).into_iter().find(|(known, _)| known == id).unwrap().1
}

/// Overwrites a part of the store's file.
fn damage(lab: &Lab, part: std::ops::Range<usize>) {
    let file = lab.home.store_file();
    // What is in the write-ahead log would hide the damage.
    let store = rusqlite::Connection::open(&file).unwrap();
    store.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(store);
    let mut bytes = fs::read(&file).unwrap();
    let end = part.end.min(bytes.len());
    bytes[part.start..end].fill(0x5a);
    fs::write(&file, &bytes).unwrap();
}

/// A file system in memory with little room, gone when dropped.
#[cfg(unix)]
struct SmallDisk {
    folder: std::path::PathBuf,
    _parent: tempfile::TempDir,
}

#[cfg(unix)]
impl SmallDisk {
    /// Only root may mount.
    fn mount(kilobytes: u32) -> Option<Self> {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("disk");
        fs::create_dir(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k,mode=0700"), "tmpfs"])
            .arg(&folder)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self { folder, _parent: parent })
    }

    fn grow(&self) {
        let grown =
            Command::new("mount").args(["-o", "remount,size=200m"]).arg(&self.folder).status();
        assert!(grown.unwrap().success());
    }
}

#[cfg(unix)]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
