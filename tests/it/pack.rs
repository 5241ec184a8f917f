//! Knowledge packs: the program's own is right to the last file; a person's own are checked, kept,
//! put over it and taken away again.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;

use duo_integrator::knowledge::{Knowledge, Samples};
#[cfg(unix)]
use duo_integrator::record::LogType;
use duo_integrator::simulator::World;
use serde_json::{Value, json};
use zip::ZipArchive;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::categories;
#[cfg(unix)]
use crate::support::collector::Collector;
use crate::support::lab::Lab;

const MANIFEST: &str = "id = \"ours\"\ntitle = \"Our own\"\nversion = \"3\"\nformat = 1\n";

/// A category of our own: bypass codes, under another id.
const BYPASS: &str = "id = \"bypass-codes\"\ntitle = \"Bypass codes\"\nreason = \"We look at them\"\n\
                      sources = [\"us\"]\ndate = \"2026-11-23\"\n\n[[when]]\naction = [\"bypass_*\"]\n\
                      log_type = [\"administrator\", \"activity\"]\n";

/// A rule of our own.
const RULE: &str = "\
title: Denied
id: 7e0f4a52-5d0e-4d0e-9d5e-0d4b8f6b7a12
name: ours
status: test
description: We look at them.
references:
  - https://duo.com/docs/adminapi
date: 2026-11-23
logsource:
  product: cisco
  service: duo
detection:
  selection:
    duo.result: denied
  condition: selection
level: low
";

#[test]
fn every_item_of_the_own_pack_has_samples_both_ways() {
    let (knowledge, files) = (Knowledge::embedded().unwrap(), categories::pack());
    let categories = knowledge.categories().iter().map(|item| item.file.as_str());
    let rules = knowledge.rules().iter().map(|item| item.file.as_str());
    let mut wrong = Vec::new();
    for file in categories.chain(rules) {
        match Samples::of(&files, file) {
            Ok(Some(samples)) if !samples.matching.is_empty() && !samples.quiet.is_empty() => {}
            Ok(_) => wrong.push(format!("{file}: it needs samples that match and that do not")),
            Err(what) => wrong.push(what),
        }
    }
    for (name, _) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        let stem = name.rsplitn(3, '.').last().unwrap();
        let item = [".toml", ".yml"].map(|ending| format!("{stem}{ending}"));
        if name.starts_with("mappings/") || item.iter().any(|item| files.get(item).is_some()) {
            continue;
        }
        wrong.push(format!("{name}: there is no such item"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pack_that_was_exported_is_imported_and_only_what_differs_is_kept() {
    let lab = Lab::without_account(World::single());
    let exported = lab.folder().join("start.zip");
    lab.run(&["pack", "export", exported.to_str().unwrap()]).exits(0).says("calls it my-pack");
    let mut files = unzipped(&exported);
    assert!(files.iter().any(|(name, _)| name == "categories/login-failed.toml"));
    lab.run(&["pack", "import", exported.to_str().unwrap()]).exits(1).says("nothing in it differs");

    for (name, text) in &mut files {
        if name == "categories/telephony.toml" {
            *text = text.replace("Duo Security - Telephony", "Calls");
        }
    }
    let changed = zipped(&lab, "changed.zip", &files);
    lab.run(&["pack", "import", changed.to_str().unwrap()])
        .exits(0)
        .says("Imported my-pack: 1 item, 1 item in the place of the program\u{2019}s own");
    let telephony = |lab: &Lab| listed(lab, "category", "telephony");
    assert_eq!(telephony(&lab)["title"], "Calls");
    assert_eq!(
        (&telephony(&lab)["source"], &telephony(&lab)["pack"]),
        (&json!("user"), &json!("my-pack"))
    );

    let again = lab.folder().join("again.zip");
    lab.run(&["pack", "export", again.to_str().unwrap()]).exits(0);
    let names: Vec<String> = unzipped(&again).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["categories/telephony.toml", "manifest.toml"]);
    lab.run(&["pack", "import", again.to_str().unwrap()]).exits(0).says("Replaced my-pack: 1 item");
    lab.run(&["pack", "remove", "my-pack"]).exits(0);
    assert_eq!(telephony(&lab)["title"], "Duo Security - Telephony");
}

#[test]
fn own_items_stand_beside_the_programs_and_are_told_as_such() {
    let lab = Lab::without_account(World::single());
    let pack = zipped(
        &lab,
        "ours.zip",
        &[
            ("ours/manifest.toml".into(), MANIFEST.into()),
            ("ours/categories/bypass-codes.toml".into(), BYPASS.into()),
            ("ours/values/factor.toml".into(), words("factor", "duo_push = \"Push (Duo)\"")),
        ],
    );
    lab.run(&["pack", "import", pack.to_str().unwrap()]).exits(0).says("Imported ours: 1 item.");
    let packs = lab.run(&["pack", "list", "--json"]).exits(0).json();
    assert_eq!(packs[0]["id"], "duo");
    assert_eq!(packs[0]["categories"], 22);
    let ours = &packs[1];
    assert_eq!(
        (&ours["id"], &ours["version"], &ours["source"]),
        (&json!("ours"), &json!("3"), &json!("user"))
    );
    assert_eq!((&ours["categories"], &ours["rules"]), (&json!(1), &json!(0)));
    let record = lab.folder().join("records.jsonl");
    fs::write(&record, "{\"action\":{\"name\":\"bypass_view\"}}\n").unwrap();
    let ran = lab
        .run(&["category", "match", "--log-type", "activity", "--json", record.to_str().unwrap()])
        .exits(0);
    assert_eq!(ran.json()["categories"], json!(["bypass-codes", "bypass-key-management"]));
    let (knowledge, problems) = Knowledge::load(&lab.home).unwrap();
    assert!(problems.is_empty());
    assert_eq!(knowledge.labels().get("factor", "Duo Push"), Some("Push (Duo)"));
    assert_eq!(knowledge.labels().get("factor", "phone_call"), Some("Phone call"));
}

#[test]
fn everything_wrong_in_a_pack_is_told_with_file_and_line_and_nothing_is_kept() {
    let lab = Lab::without_account(World::single());
    let manifest = || ("manifest.toml".to_owned(), MANIFEST.to_owned());
    let category = |text: &str| ("categories/bypass-codes.toml".to_owned(), text.to_owned());
    let report = "id = \"r\"\ntitle = \"R\"\nreason = \"r\"\nsources = [\"s\"]\ndate = \"2026-11-23\"\n\
                  categories = [\"login-fialed\"]\n[[column]]\ntitle = \"T\"\nkind = \"time\"\n";
    for (files, told) in [
        (
            vec![manifest(), category(&BYPASS.replace("title", "titel"))],
            "categories/bypass-codes.toml, line 2: there is no key \u{201c}titel\u{201d} (did you mean title?)",
        ),
        (
            vec![manifest(), category(&BYPASS.replace("action", "acton"))],
            "categories/bypass-codes.toml, line 8: there is no key \u{201c}acton\u{201d} (did you mean action?)",
        ),
        (
            vec![manifest(), ("reports/r.toml".to_owned(), report.to_owned())],
            "reports/r.toml, line 6: \u{201c}login-fialed\u{201d}: there is no such category (did you mean login-failed?)",
        ),
        (
            vec![manifest(), ("rule/x.yml".to_owned(), "title: x".to_owned())],
            "rule/x.yml, line 1: there is no folder rule (did you mean rules?)",
        ),
        (
            vec![manifest(), ("rules/x.yaml".to_owned(), "title: x".to_owned())],
            "rules/x.yaml, line 1: files in rules end in .yml",
        ),
        (
            vec![manifest(), category(BYPASS), sample("match", "user_create")],
            "record 1 of its sample \u{201c}a view\u{201d} does not fall in it",
        ),
        (
            vec![manifest(), category(BYPASS), sample("quiet", "bypass_view")],
            "record 1 of its sample \u{201c}a view\u{201d} falls in it",
        ),
        (
            vec![
                manifest(),
                category(BYPASS),
                ("categories/bypass-codes.match.json".to_owned(), "[\n{]".to_owned()),
            ],
            "categories/bypass-codes.match.json, line 2: ",
        ),
        (
            vec![
                manifest(),
                ("rules/ours.yml".to_owned(), RULE.replace("duo.result", "duo.resutl")),
            ],
            "rules/ours.yml, line 14: ",
        ),
        (
            vec![
                manifest(),
                ("rules/ours.yml".to_owned(), RULE.to_owned()),
                ("rules/ours.match.json".to_owned(), sample("match", "bypass_view").1),
            ],
            "rules/ours.yml, line 1: its sample \u{201c}a view\u{201d} does not raise it",
        ),
        (vec![category(BYPASS)], "manifest.toml, line 1: there is no such file"),
        (
            vec![("manifest.toml".to_owned(), MANIFEST.replace("= 1", "= 2"))],
            "manifest.toml, line 4: this program knows format 1, and the pack has 2",
        ),
        (
            vec![("manifest.toml".to_owned(), MANIFEST.replace("ours", "../ours"))],
            "manifest.toml, line 1: \u{201c}../ours\u{201d}: an id is made of",
        ),
        (
            vec![("manifest.toml".to_owned(), MANIFEST.replace("ours", "duo"))],
            "This pack has the id of the program's own",
        ),
        (
            vec![manifest(), ("../../events.db".to_owned(), "x".to_owned())],
            "../../events.db: its name leads out of the pack",
        ),
    ] {
        let pack = zipped(&lab, "wrong.zip", &files);
        lab.run(&["pack", "import", pack.to_str().unwrap()]).exits(1).says(told);
        assert!(!lab.home.packs_dir().join("ours.zip").exists(), "{told}");
    }
    let both = zipped(
        &lab,
        "wrong.zip",
        &[manifest(), category(&BYPASS.replace("2026-11-23", "soon").replace("[\"us\"]", "[]"))],
    );
    lab.run(&["pack", "import", both.to_str().unwrap()])
        .exits(1)
        .says("There are 2 mistakes in the knowledge pack \u{201c}ours\u{201d}")
        .says("(2) categories/bypass-codes.toml, line 5:");
    lab.run(&["pack", "import", "/nonexistent.zip"]).exits(1).says("/nonexistent.zip");
}

#[test]
fn a_pack_that_turned_bad_is_told_and_left_out() {
    let lab = Lab::without_account(World::single());
    let pack = zipped(
        &lab,
        "ours.zip",
        &[
            ("manifest.toml".into(), MANIFEST.into()),
            ("categories/bypass-codes.toml".into(), BYPASS.into()),
        ],
    );
    lab.run(&["pack", "import", pack.to_str().unwrap()]).exits(0);
    fs::write(lab.home.packs_dir().join("ours.zip"), "no archive any more").unwrap();
    let ran = lab.run(&["category", "list", "--json"]).exits(0);
    assert_eq!(ran.json().as_array().unwrap().len(), 22);
    ran.says("The knowledge pack \u{201c}ours\u{201d} is left out").says("pack remove ours");
    let ran = lab.run(&["pack", "list", "--json"]).exits(1);
    assert_eq!(ran.json().as_array().unwrap().len(), 1);
    lab.run(&["pack", "remove", "ours"]).exits(0);
    lab.run(&["pack", "list"]).exits(0);
    lab.run(&["pack", "remove", "../events"]).exits(1).says("None was imported yet");
}

#[test]
fn switches_outlive_packs_and_mistakes_in_their_file_stop_nothing() {
    let lab = Lab::without_account(World::single());
    lab.run(&["category", "disable", "telephony"]).exits(0);
    let pack = zipped(
        &lab,
        "ours.zip",
        &[
            ("manifest.toml".into(), MANIFEST.into()),
            (
                "categories/telephony.toml".into(),
                BYPASS.replace("\"bypass-codes\"", "\"telephony\"").replace("bypass_*", "sms"),
            ),
        ],
    );
    lab.run(&["pack", "import", pack.to_str().unwrap()]).exits(0);
    assert_eq!(listed(&lab, "category", "telephony")["enabled"], false);
    lab.run(&["pack", "remove", "ours"]).exits(0);
    assert_eq!(listed(&lab, "category", "telephony")["enabled"], false);

    let file = lab.home.knowledge_file();
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, good.replace("off", "of")).unwrap();
    let ran = lab.run(&["category", "list", "--json"]).exits(0).says("line 5");
    assert!(ran.err.contains("knowledge.toml"), "{}", ran.err);
    lab.run(&["category", "enable", "telephony"]).exits(1).says("cannot be read");
    fs::write(&file, good.replace("telephony", "telefony")).unwrap();
    lab.run(&["category", "list"]).exits(0).says("Did you mean telephony?");
}

#[cfg(unix)]
#[test]
fn a_running_collector_takes_a_pack_over_for_new_and_stored_records() {
    let lab = Lab::new(categories::with_samples());
    let collector = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    collector.wait_until_current(&lab);
    let views = lab
        .stored(LogType::Activity)
        .iter()
        .chain(&lab.stored(LogType::Administrator))
        .filter(|raw| raw.contains("bypass_"))
        .count();
    assert!(views > 0);
    let pack = zipped(
        &lab,
        "ours.zip",
        &[
            ("manifest.toml".into(), MANIFEST.into()),
            ("categories/bypass-codes.toml".into(), BYPASS.into()),
        ],
    );
    lab.run(&["pack", "import", pack.to_str().unwrap()]).exits(0);
    collector.wait_until("stored records are in the new category", || {
        listed(&lab, "category", "bypass-codes")["records"] == json!(views)
    });
    lab.run(&["category", "disable", "bypass-codes"]).exits(0);
    collector.wait_until("they left it", || {
        listed(&lab, "category", "bypass-codes")["records"] == json!(0)
    });
}

/// The item of this id in a noun's list.
fn listed(lab: &Lab, noun: &str, id: &str) -> Value {
    let list = lab.run(&[noun, "list", "--json"]).exits(0).json();
    list.as_array().unwrap().iter().find(|item| item["id"] == id).unwrap().clone()
}

fn words(table: &str, line: &str) -> String {
    format!(
        "id = \"{table}\"\ntitle = \"Words\"\nreason = \"r\"\nsources = [\"us\"]\n\
         date = \"2026-11-23\"\n[labels]\n{line}\n"
    )
}

fn sample(kind: &str, action: &str) -> (String, String) {
    let text = format!(
        "[{{\"why\": \"a view\", \"log_type\": \"activity\", \"records\": [{{\"action\": \"{action}\"}}]}}]"
    );
    (format!("categories/bypass-codes.{kind}.json"), text)
}

#[test]
fn a_mapping_of_ones_own_takes_effect_and_a_wrong_one_is_told_with_its_line() {
    let lab = Lab::without_account(World::single());
    let record = lab.folder().join("record.jsonl");
    fs::write(&record, "{\"telephony_id\":\"t\",\"credits\":3}\n").unwrap();
    let csv =
        ["event", "convert", "--log-type", "telephony", "--to", "csv", record.to_str().unwrap()];
    let own = "id = \"csv\"\n\n[[column]]\nname = \"price\"\nfrom = [\"credits\"]\n";
    for (text, told) in [
        (own.to_owned(), None),
        (own.replace("from =", "form ="), Some("mappings/csv.toml, line ")),
    ] {
        let files = [
            ("manifest.toml".to_owned(), MANIFEST.to_owned()),
            ("mappings/csv.toml".to_owned(), text),
        ];
        let path = zipped(&lab, "ours.zip", &files);
        let import = lab.run(&["pack", "import", path.to_str().unwrap()]);
        match told {
            None => import.exits(0),
            Some(told) => import.exits(1).says(told),
        };
        assert_eq!(lab.run(&csv).exits(0).out, "price\n3\n");
    }
}

fn zipped(lab: &Lab, name: &str, files: &[(String, String)]) -> PathBuf {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    let path = lab.folder().join(name);
    fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
    path
}

fn unzipped(path: &PathBuf) -> Vec<(String, String)> {
    let mut archive = ZipArchive::new(Cursor::new(fs::read(path).unwrap())).unwrap();
    let mut files = Vec::new();
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        files.push((name, text));
    }
    files
}
