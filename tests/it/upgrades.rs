//! Homes as released versions left them open in this one, with nothing missing, and go on where they
//! stopped.
//!
//! `tests/data/v<version>/home` is such a home, without its locks and its own log; `facts.json` beside it is
//! what that version said of it. `@FOLDER@` and `@API@` stand in its settings for what differs from one
//! computer to the next. Before a release:
//!
//! ```sh
//! cargo test --test it -- --ignored --exact upgrades::keep_a_home_of_this_version
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use data_encoding::HEXLOWER;
use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, World, invent};
use duo_integrator::store::SCHEMA_VERSION;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::lab::{Lab, this_second};
use crate::support::records::record;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

/// A pack of a person's own: one category.
const PACK: [(&str, &str); 2] = [
    ("manifest.toml", "id = \"ours\"\ntitle = \"Our own\"\nversion = \"3\"\nformat = 1\n"),
    (
        "categories/bypass-codes.toml",
        "id = \"bypass-codes\"\ntitle = \"Bypass codes\"\nreason = \"We look at them\"\n\
         sources = [\"us\"]\ndate = \"2026-11-23\"\n\n[[when]]\naction = [\"bypass_*\"]\n\
         log_type = [\"administrator\", \"activity\"]\n",
    ),
];

#[test]
fn homes_of_all_versions_open_with_nothing_missing_and_go_on() {
    for version in kept() {
        let name = version.display();
        let lab = settled(&version);
        let text = fs::read_to_string(version.join("facts.json")).unwrap();
        let then: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(facts(&lab), then, "read as it was left: {name}");

        // What Duo has had since then is added to what is there.
        lab.world(|world| world.clock.advance(Duration::from_secs(86_400)));
        let at = UnixMillis(this_second().0 + DAY_MILLIS / 2);
        for (number, log_type) in (7_001..).zip(LogType::ALL) {
            lab.world(|world| {
                world.publish(INTEGRATION_KEY, log_type, at, record(log_type, at, number));
            });
        }
        lab.run_collect();
        let now = facts(&lab);
        for log_type in LogType::ALL {
            let count =
                |facts: &Value| facts["records"][log_type.name()]["count"].as_u64().unwrap();
            assert_eq!(count(&now), count(&then) + 1, "{log_type}: {name}");
        }
        let alerts = |facts: &Value| facts["alerts"].as_array().unwrap().clone();
        let missing: Vec<Value> =
            alerts(&then).into_iter().filter(|alert| !alerts(&now).contains(alert)).collect();
        assert!(missing.is_empty(), "alerts are gone or changed: {name}: {missing:?}");
        for same in ["disabled_rules", "packs"] {
            assert_eq!(now[same], then[same], "{name}");
        }

        // The output is handed exactly what it was not handed before, each record once.
        let handed = then["output"]["delivered"].as_u64().unwrap();
        let text = fs::read_to_string(lab.folder().join("handed.jsonl")).unwrap();
        let lines: BTreeSet<&str> = text.lines().collect();
        assert_eq!(lines.len(), text.lines().count(), "a record was handed over twice: {name}");
        assert_eq!(lines.len() as u64, stored(&now) - handed, "{name}");
        assert_eq!(now["output"]["delivered"], stored(&now), "{name}");
        assert_eq!(now["output"]["pending"], 0, "{name}");
    }
}

/// What a newer version changed stays as it is, and who goes back a version is told the way.
#[test]
fn a_newer_format_of_the_store_is_refused_with_the_way_out() {
    for version in kept() {
        let lab = settled(&version);
        let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
        store.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
        store.close().unwrap();
        let before = fs::read(lab.home.store_file()).unwrap();
        for words in [&["status"][..], &["collect", "--once"], &["collect", "--no-tray"]] {
            let told = lab.run(words).exits(1).err;
            let (newer, known) = (SCHEMA_VERSION + 1, SCHEMA_VERSION);
            for part in [
                "written by a newer version".to_owned(),
                format!("format {newer}"),
                format!("knows {known}"),
                "Install the newer version again".to_owned(),
                "nothing was changed".to_owned(),
            ] {
                assert!(
                    told.contains(&part),
                    "{words:?}: \u{201c}{part}\u{201d} is not in: {told}"
                );
            }
        }
        assert!(before == fs::read(lab.home.store_file()).unwrap(), "the store was changed");
        assert!(!lab.home.data.join("events.db.damaged").exists());
    }
}

/// The folders of `tests/data` that hold homes.
fn kept() -> Vec<PathBuf> {
    let entries = fs::read_dir(DATA).unwrap().map(|entry| entry.unwrap().path());
    let mut kept: Vec<PathBuf> = entries.filter(|path| path.join("facts.json").is_file()).collect();
    kept.sort();
    assert!(!kept.is_empty(), "there are no homes of released versions in {DATA}");
    kept
}

/// A kept home, beside a look-alike of Duo that knows its keys.
fn settled(version: &Path) -> Lab {
    let lab = Lab::without_account(World::single());
    copy(&version.join("home"), lab.folder());
    let text = fs::read_to_string(lab.home.settings_file()).unwrap();
    let folder = lab.folder().to_str().unwrap().replace('\\', "/");
    lab.write_settings(&text.replace("@API@", &lab.api_hostname()).replace("@FOLDER@", &folder));
    lab
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What the program says of a home, as far as versions must agree on it.
fn facts(lab: &Lab) -> Value {
    let records: BTreeMap<&str, Value> = LogType::ALL
        .into_iter()
        .map(|log_type| {
            let lines = lab.listed(log_type);
            let print = HEXLOWER.encode(&Sha256::digest(lines.join("\n")));
            (log_type.name(), json!({"count": lines.len(), "sha256": print}))
        })
        .collect();
    let list = |words: &[&str]| match lab.run(words).exits(0).json() {
        Value::Array(list) => list,
        other => panic!("this is no list: {other}"),
    };
    let some = |value: &Value, keys: &[&str]| -> Value {
        keys.iter().map(|key| ((*key).to_owned(), value[*key].clone())).collect()
    };
    let alerts: Vec<Value> = list(&["alert", "list", "--json"])
        .iter()
        .map(|alert| some(alert, &["account", "acknowledged", "count", "events", "id", "rule"]))
        .collect();
    let disabled: Vec<Value> = list(&["rule", "list", "--json"])
        .into_iter()
        .filter(|rule| rule["enabled"] == false)
        .map(|rule| rule["id"].clone())
        .collect();
    let packs: Vec<Value> = list(&["pack", "list", "--json"])
        .iter()
        .filter(|pack| pack["source"] == "user")
        .map(|pack| some(pack, &["categories", "id", "title", "version"]))
        .collect();
    let status = lab.run(&["status", "--json"]).exits(0).json();
    let output = some(&status["outputs"][0], &["delivered", "name", "pending", "refused", "type"]);
    json!({
        "records": records, "alerts": alerts, "disabled_rules": disabled, "packs": packs, "output": output,
    })
}

fn stored(facts: &Value) -> u64 {
    let logs = facts["records"].as_object().unwrap().values();
    logs.map(|log| log["count"].as_u64().unwrap()).sum()
}

/// Writes the home of this version; one that is there stays, because it was released so.
#[test]
#[ignore = "writes into tests/data; run before a release"]
fn keep_a_home_of_this_version() {
    let place = Path::new(DATA).join(concat!("v", env!("CARGO_PKG_VERSION")));
    assert!(!place.exists(), "it is there already: {}", place.display());

    let now = this_second();
    let days = |from: i64, until: i64| {
        let at = |days: i64| UnixMillis(now.0 - days * DAY_MILLIS / 2 - 600_000);
        invent(7, at(from), at(until), 9, 18)
    };
    let mut world = World::single();
    world.settle_in(INTEGRATION_KEY, days(20, 2));
    let lab = Lab::new(world);
    lab.change_settings(
        "poll_interval = \"1s\"\n",
        // Its records are to be there in years, and silence is nothing to tell.
        "poll_interval = \"60s\"\nkeep = \"36500d\"\n\n[no_data_alarm]\nenabled = false\n",
    );
    let pack = lab.folder().join("ours.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&pack).unwrap());
    for (name, text) in PACK {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    lab.run(&["pack", "import", pack.to_str().unwrap()]).exits(0);
    lab.run(&["rule", "disable", "address-new"]).exits(0);
    let path = format!("path={}/handed.jsonl", lab.folder().to_str().unwrap());
    let output = ["output", "add", "--name", "Agent", "--type", "file", "--start", "beginning"];
    lab.run(&[&output[..], &["--set", &path, "--set", "rotate=never"]].concat()).exits(0);
    lab.run_collect();
    let alerts = lab.run(&["alert", "list", "--json"]).exits(0).json();
    let first = alerts[0]["id"].to_string();
    lab.run(&["alert", "ack", &first]).exits(0);
    // These are stored, and neither judged nor handed over.
    lab.world(|world| {
        world.settle_in(INTEGRATION_KEY, days(2, 0));
        world.clock.advance(Duration::from_secs(1));
    });
    lab.collect();

    let facts = facts(&lab);
    assert!(facts["alerts"].as_array().unwrap().len() > 2, "{facts}");
    assert!(facts["output"]["pending"].as_u64().unwrap() > 0, "{facts}");
    for log in facts["records"].as_object().unwrap().values() {
        assert_ne!(log["count"], 0, "{facts}");
    }
    let store = rusqlite::Connection::open(lab.home.store_file()).unwrap();
    store.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    store.close().unwrap();

    let home = place.join("home");
    for folder in ["config", "data", "state"] {
        copy(&lab.folder().join(folder), &home.join(folder));
    }
    fs::remove_dir_all(home.join("state/logs")).unwrap();
    for file in
        ["config/ca.pem", "data/events.db-shm", "data/events.db-wal", "state/collector.lock"]
    {
        let _ = fs::remove_file(home.join(file));
    }
    let text = fs::read_to_string(home.join("config/settings.toml")).unwrap();
    let text = text.replace(&lab.api_hostname(), "@API@");
    let text = text.replace(lab.folder().to_str().unwrap(), "@FOLDER@");
    fs::write(home.join("config/settings.toml"), text).unwrap();
    let text = serde_json::to_string_pretty(&facts).unwrap();
    fs::write(place.join("facts.json"), text + "\n").unwrap();
}
