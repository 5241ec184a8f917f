//! Reports: what is in them, from given records, and what independent programs read out of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};

use duo_integrator::pipeline::reporting::make_due;
use duo_integrator::record::LogType;
use duo_integrator::store::Writer;
use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::support::mail;
use crate::support::stored::Stored;

/// The ten reports with exactly their columns.
const REPORTS: [(&str, &str, &str); 10] = [
    (
        "admin-self-activation",
        "Admin self-activation",
        "LogTime,Computer,Action,Name,Role,Admin Name,Phone Number",
    ),
    (
        "authentication-by-mobile",
        "Authentication by mobile",
        "LogTime,User Name,Mobile number,Factor,Context,Credits used,Application,Location",
    ),
    (
        "authentication-failed",
        "Authentication failed",
        "LogTime,Reason,Device IP address,Application,New enrollment,Admin Name,Authentication type,Result",
    ),
    (
        "authentication-success",
        "Authentication success",
        "LogTime,User Name,Reason,IP Address,Integration Name,Authentication type,Web Agent,Web Agent Version,Operating System",
    ),
    (
        "login-failed",
        "Login failed",
        "LogTime,Action,Reason,2Factor Authentication Type,Email,IP Address,Admin Name",
    ),
    (
        "login-success",
        "Login success",
        "LogTime,Admin Name,Email,IP Address,Device,Factor,Primary authentication method,Role",
    ),
    (
        "offline-enrollment",
        "Offline enrollment",
        "LogTime,Action,User Name,Application,Hostname,User Agent,Factor",
    ),
    (
        "policy-management",
        "Policy management",
        "LogTime,Action,Authentication Status,Enroll Policy,Admin Email ID,Name,Admin Name",
    ),
    (
        "user-enrollment",
        "User enrollment",
        "LogTime,User Name,Email,Application,Device,Factor,IP Address,Location,Result",
    ),
    (
        "user-management",
        "User management",
        "LogTime,Computer,Action,Name,User Account Status,Admin Name",
    ),
];

#[test]
fn there_are_the_ten_reports_with_exactly_their_columns() {
    let home = Stored::with(&[]);
    let listed = home.run(&["report", "list", "--json"]).exits(0).json();
    let listed: Vec<(String, String, String)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|report| {
            let text = |key: &str| report[key].as_str().unwrap().to_owned();
            let columns: Vec<&str> =
                report["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
            (text("id"), text("title"), columns.join(","))
        })
        .collect();
    let expected = REPORTS.map(|(id, title, columns)| {
        (id.to_owned(), format!("Duo Security - {title}"), columns.to_owned())
    });
    assert_eq!(listed, expected);
}

#[test]
fn every_report_lists_its_samples_as_its_reviewers_expect() {
    let mut wrong = Vec::new();
    for (id, ..) in REPORTS {
        let path = pack().join(format!("reports/{id}.match.json"));
        let scenarios: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for scenario in scenarios.as_array().unwrap() {
            let records: Vec<(LogType, String)> = scenario["mixed"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| {
                    let log_type = one["log_type"].as_str().unwrap().parse().unwrap();
                    (log_type, one["record"].to_string())
                })
                .collect();
            let stored = Stored::with(&records);
            let out = stored.run(&["report", "run", id, "--zone", "UTC"]).exits(0).out;
            let rows: Vec<Value> = out.lines().map(|line| json!(line)).collect();
            if scenario["rows"] != json!(rows) {
                wrong.push(format!("{id}: {}", serde_json::to_string_pretty(&rows).unwrap()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn independent_readers_find_the_same_in_every_format() {
    let stored = Stored::with(&[
        denied(1, "08:00:00", "ada", "anonymous_ip"),
        denied(2, "08:01:30", "Tomás Núñez", "user_marked_fraud"),
    ]);
    let report = |ending: &str| {
        let file = stored.folder().join(format!("report.{ending}"));
        let words = ["report", "run", "Authentication failed", "--zone", "America/New_York"];
        let output = ["--since", "2026-11-16", "--until", "2026-11-17", "--output"];
        let ran = stored.run(&[&words[..], &output, &[file.to_str().unwrap()]].concat()).exits(0);
        assert_eq!(ran.out, "", "what is written into a file is not printed as well");
        read(&file)
    };
    let titles: Vec<&str> = REPORTS[2].2.split(',').collect();
    let rest = |row: &Value| row.as_array().unwrap()[1..].to_vec();
    let (first, second) = (
        ["Anonymous IP address", "192.0.2.9", "Acme VPN", "No", "ada", "Duo Push", "Denied"],
        ["User marked fraud", "192.0.2.9", "Acme VPN", "No", "Tomás Núñez", "Duo Push", "Denied"],
    );

    let csv = report("csv");
    assert_eq!(csv["marked"], true, "Excel needs the mark");
    assert_eq!(csv["rows"][0], json!(titles));
    assert_eq!(csv["rows"][1][0], "2026-11-16 03:00:00-05:00");
    assert_eq!(rest(&csv["rows"][2]), second);

    let xlsx = report("xlsx");
    assert_eq!(xlsx["title"], "Duo Security - Authentication failed");
    let sheet = &xlsx["sheets"][0];
    assert_eq!(sheet["rows"][0], json!(titles));
    let time = json!({"date": "2026-11-16 03:01:30", "format": "yyyy-mm-dd hh:mm:ss"});
    assert_eq!(sheet["rows"][2][0], time);
    assert_eq!(rest(&sheet["rows"][1]), first);
    assert_eq!((&sheet["frozen"], &sheet["filter"]), (&json!("A2"), &json!("A1:H3")));
    let about = xlsx["sheets"][1]["rows"].to_string();
    for words in ["Contoso", "2026-11-16 00:00:00 to 2026-11-17 00:00:00", "America/New_York"] {
        assert!(about.contains(words), "{words}: {about}");
    }

    let html = report("html");
    assert_eq!(html["rows"][0], json!(titles));
    assert_eq!(html["rows"][1][0], "2026-11-16 03:00:00");
    assert_eq!(rest(&html["rows"][2]), second);
    assert!(html["facts"].to_string().contains("America/New_York (UTC-05:00)"), "{html}");

    let pdf = report("pdf");
    let text = pdf["pages"][0].as_str().unwrap();
    for words in [
        "Duo Security - Authentication failed",
        "Contoso",
        "2026-11-16 00:00:00 to 2026-11-17 00:00:00",
        "America/New_York (UTC-05:00)",
        "Failed authentications by reason",
        "2026-11-16 03:01:30",
        "Tomás Núñez",
        "User marked fraud",
        "Page 1 of",
        concat!("Duo Security Integrator ", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!((&pdf["language"], &pdf["size"]), (&json!("en-US"), &json!([842, 595])));
    for font in pdf["fonts"].as_array().unwrap() {
        assert_eq!((&font[1], &font[2]), (&json!(true), &json!(true)), "{font}");
    }
}

#[test]
fn hostile_values_arrive_whole_and_do_nothing() {
    let long = "long ".repeat(13_107);
    let values = [
        "=cmd|' /C calc'!A0",
        "+17345550131",
        "a,b\"c\"\r\nd\ne",
        "<script>alert(1)</script>&amp;'",
        "\u{1}\u{8}\u{1f}_x0041_",
        "\u{202e}txt.exe",
        "Ωμέγα Щука ñandú ǅ",
        "李小龍 محمد עברית हिन्दी ไทย 한국어 😀",
        long.trim_end(),
        "   ",
    ];
    let records: Vec<(LogType, String)> = values
        .iter()
        .enumerate()
        .map(|(i, user)| denied(i, &format!("08:00:{i:02}"), user, "locked_out"))
        .collect();
    let stored = Stored::with(&records);
    let report = |ending: &str| {
        let file = stored.folder().join(format!("report.{ending}"));
        stored
            .run(&["report", "run", "authentication-failed", "-o", file.to_str().unwrap()])
            .exits(0);
        read(&file)
    };
    let csv = report("csv");
    for (i, value) in values.iter().enumerate() {
        let guarded =
            if value.starts_with('=') { format!("'{value}") } else { (*value).to_owned() };
        assert_eq!(csv["rows"][i + 1][5], guarded.as_str(), "{value:?}");
    }

    let xlsx = report("xlsx");
    let sheet = &xlsx["sheets"][0];
    assert_eq!(sheet["types"], json!(["d", "s"]), "dates and texts, no formula");
    for (i, value) in values.iter().enumerate() {
        let found = sheet["rows"][i + 1][5].as_str().unwrap();
        if value.len() > 32_767 {
            assert!(found.ends_with('…') && value.starts_with(found.trim_end_matches('…')));
            assert_eq!(found.encode_utf16().count(), 32_767);
        } else {
            assert_eq!(found, *value);
        }
    }
    assert!(xlsx["sheets"][1].to_string().contains("Longer than a cell can hold"));

    let html = report("html");
    for tag in ["script", "img", "link", "a", "fetches or runs"] {
        assert!(!html["tags"].as_array().unwrap().contains(&json!(tag)), "{tag}");
    }
    assert_eq!(html["rows"][4][5], values[3]);
    assert_eq!(html["rows"][8][5], values[7]);
    assert_eq!(html["rows"][9][5], values[8]);
    assert_eq!(html["rows"][6][5], "\u{fffd}txt.exe", "nothing turns the rest of the page around");

    let pdf = report("pdf");
    let pages = pdf["pages"].as_array().unwrap();
    let text = pages.iter().map(|page| page.as_str().unwrap()).collect::<String>();
    assert!(text.contains("<script>") && text.contains("Щука") && text.contains("ñandú"), "{text}");
    assert!(text.contains("Longer than their cells"), "{text}");
    assert!(text.contains("replaced by") && text.contains("U+202E"), "what is not shown is told");
    assert!(!text.contains("exe.txt"), "nothing turns a name around: {text}");
}

#[test]
fn a_long_report_has_its_header_and_its_number_on_every_page() {
    let records: Vec<_> = (0..400)
        .map(|i| denied(i, &format!("{:02}:{:02}:00", i / 60, i % 60), "ada", "locked_out"))
        .collect();
    let stored = Stored::with(&records);
    let file = stored.folder().join("r.pdf");
    stored.run(&["report", "run", "authentication-failed", "-o", file.to_str().unwrap()]).exits(0);
    let pdf = read(&file);
    let pages = pdf["pages"].as_array().unwrap();
    assert!(pages.len() > 8, "{}", pages.len());
    for (i, page) in pages.iter().enumerate() {
        let text = page.as_str().unwrap();
        assert!(text.contains("Authentication type"), "page {}: {text}", i + 1);
        assert!(text.contains(&format!("Page {} of", i + 1)), "page {}: {text}", i + 1);
    }
}

#[test]
fn a_report_without_records_says_so() {
    let stored = Stored::with(&[denied(1, "08:00:00", "ada", "locked_out")]);
    for ending in ["html", "pdf", "xlsx"] {
        let file = stored.folder().join(format!("empty.{ending}"));
        let path = file.to_str().unwrap();
        let words = ["report", "run", "user-management", "--since", "-1d", "--output", path];
        stored.run(&words).exits(0).says("0 rows");
        let found = read(&file).to_string();
        assert!(found.contains("There are no records for this report from"), "{ending}: {found}");
    }
    let out = stored.run(&["report", "run", "user-management"]).exits(0).out;
    assert_eq!(out, format!("{}\r\n", REPORTS[9].2), "CSV has its header alone");
}

#[test]
fn wrong_words_are_told_with_what_was_probably_meant() {
    let stored = Stored::with(&[denied(1, "08:00:00", "ada", "locked_out")]);
    let run = |words: &[&str]| stored.run(&[&["report", "run"], words].concat());
    run(&["authentication-faild"]).exits(2).says("Did you mean authentication-failed?");
    run(&["login-failed", "--zone", "Mars/Olympus"]).exits(2).says("Mars/Olympus");
    run(&["login-failed", "--format", "docx"]).exits(2).says("docx");
    run(&["login-failed", "--account", "Nobody"]).exits(2).says("Contoso");
    run(&["login-failed", "--since", "now", "--until", "-1d"]).exits(2).says("ends before");
    let nowhere = stored.folder().join("nowhere/r.pdf");
    run(&["login-failed", "-o", nowhere.to_str().unwrap()]).exits(1).says("nowhere");
    let folder = stored.folder().join("folder.pdf");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("child"), "").unwrap();
    run(&["login-failed", "-o", folder.to_str().unwrap()]).exits(1);
    let left: Vec<String> = fs::read_dir(stored.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn json_lines_keep_codes_and_types() {
    let call = r#"{"telephony_id":"10000000-0000-4000-8000-000000000001","ts":"2026-11-16T08:00:00.125000+00:00","type":"phone","context":"authentication","phone":"+17345550131","credits":2}"#;
    let stored = Stored::with(&[(LogType::Telephony, call.to_owned())]);
    let words = ["report", "run", "authentication-by-mobile", "--format", "jsonl", "--zone", "UTC"];
    let row = stored.run(&words).exits(0).json();
    assert_eq!(
        row,
        json!({
            "LogTime": "2026-11-16T08:00:00.125+00:00", "User Name": null,
            "Mobile number": "+17345550131", "Factor": "phone", "Context": "authentication",
            "Credits used": 2, "Application": null, "Location": null
        })
    );
}

#[test]
fn records_are_the_same_whether_the_store_has_sorted_them_or_not() {
    use duo_integrator::knowledge::{Categorizer, Knowledge};
    let records: Vec<_> = (0..30)
        .map(|i| {
            denied(
                i,
                &format!("08:00:{i:02}"),
                "ada",
                if i % 3 == 0 { "locked_out" } else { "error" },
            )
        })
        .collect();
    let stored = Stored::with(&records);
    let run = || stored.run(&["report", "run", "authentication-failed"]).exits(0).out;
    let judged = run();
    let knowledge = Knowledge::embedded().unwrap();
    let (mut writer, _) = Writer::open(&stored.home.store_file()).unwrap();
    let bits = writer.category_bits(&knowledge.category_ids()).unwrap();
    let categorizer = Categorizer::new(&knowledge, &bits);
    let fingerprint = knowledge.fingerprint();
    while !writer
        .recategorize(&fingerprint, |log_type, columns| categorizer.assign(log_type, columns))
        .unwrap()
        .done
    {}
    drop(writer);
    assert_eq!(stored.reader().categories_fingerprint().unwrap(), Some(fingerprint));
    assert_eq!((run(), judged.lines().count()), (judged, 31));
}

#[test]
fn a_schedule_makes_one_file_for_each_period_also_for_those_it_slept_through() {
    let stored = Stored::with(&[denied(1, "08:00:00", "ada", "locked_out")]);
    let folder = stored.folder().join("audit");
    let add = ["report", "schedule", "add", "authentication-failed", "--every", "day"];
    let how = ["--format", "csv", "--zone", "UTC", "--at", "00:00", "--folder"];
    stored.run(&[&add[..], &how, &[folder.to_str().unwrap()]].concat()).exits(0).says("from");
    due(&stored);
    assert!(!folder.exists(), "nothing is due on the day it was asked for");
    days_ago(&stored, 3);
    due(&stored);
    let names = || {
        let mut names: Vec<String> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let made = names();
    assert_eq!(made.len(), 3, "{made:?}");
    assert!(
        made[0].starts_with("authentication-failed 20") && made[0].ends_with(".csv"),
        "{made:?}"
    );
    for name in &made {
        fs::remove_file(folder.join(name)).unwrap();
    }
    due(&stored);
    assert!(names().is_empty(), "what was made is not made again");
    let listed = stored.run(&["report", "schedule", "list", "--json"]).exits(0).json();
    assert!(listed[0]["last"].is_string() && listed[0]["error"].is_null(), "{listed}");
    stored.run(&["report", "schedule", "remove", "authentication-failed"]).exits(0);
    assert_eq!(stored.run(&["report", "schedule", "list", "--json"]).exits(0).json(), json!([]));
}

#[test]
fn a_report_that_cannot_be_made_holds_up_no_other_and_is_told() {
    let stored = Stored::with(&[denied(1, "08:00:00", "ada", "locked_out")]);
    let (blocked, good) = (stored.folder().join("blocked"), stored.folder().join("good"));
    fs::write(&blocked, "a file in the way").unwrap();
    for folder in [&blocked, &good] {
        let words =
            ["report", "schedule", "add", "login-failed", "--every", "day", "--at", "00:00"];
        let to = ["--zone", "UTC", "--folder", folder.to_str().unwrap()];
        stored.run(&[&words[..], &to].concat()).exits(0);
    }
    due(&stored);
    days_ago(&stored, 1);
    due(&stored);
    assert_eq!(fs::read_dir(&good).unwrap().count(), 1);
    let listed = stored.run(&["report", "schedule", "list", "--json"]).exits(0).json();
    assert!(listed[0]["error"].as_str().unwrap().contains("blocked"), "{listed}");
    assert!(listed[1]["error"].is_null(), "{listed}");
    stored.run(&["report", "schedule", "remove", "login-failed"]).exits(2).says("several times");
}

#[cfg(target_os = "linux")]
#[test]
fn a_mailed_report_arrives_whole_and_a_refused_one_is_tried_again() {
    if !mail::is_there() {
        return;
    }
    let server = mail::MailServer::start("none", None);
    let stored = Stored::with(&[denied(1, "08:00:00", "ada", "locked_out")]);
    let port = server.port;
    let settings = format!(
        "version = 1\n\n[[output]]\nname = \"Post\"\ntype = \"email\"\nserver = \"127.0.0.1:{port}\"\n\
         security = \"none\"\nunsafe_allow_no_tls = true\nfrom = \"duo@example.com\"\nto = [\"ops@example.com\"]\n"
    );
    fs::write(stored.home.settings_file(), settings).unwrap();
    let add = ["report", "schedule", "add", "login-failed", "--every", "day", "--at", "00:00"];
    let to = ["--format", "csv", "--zone", "UTC", "--mail", "auditor@example.com"];
    stored.run(&[&add[..], &to].concat()).exits(0);
    due(&stored);
    days_ago(&stored, 1);
    server.say(Some("451 4.3.0 come back later"));
    due(&stored);
    let listed = stored.run(&["report", "schedule", "list", "--json"]).exits(0).json();
    assert!(listed[0]["error"].as_str().unwrap().contains("come back later"), "{listed}");
    server.say(None);
    // Ten minutes later.
    days_ago(&stored, 0);
    due(&stored);
    let sent = server.message(1);
    assert_eq!(sent["to"], json!(["auditor@example.com"]), "not to those who get alerts");
    let message = sent["message"].as_str().unwrap();
    assert!(message.contains("filename=\"login-failed 20"), "{message}");
    assert!(message.contains("Duo Security - Login failed"), "{message}");
    let left: Vec<_> = fs::read_dir(&stored.home.state)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("report-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Makes what is due now.
fn due(stored: &Stored) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(make_due(&stored.home, &Arc::default())).unwrap();
}

/// Sets back what was done, as if the computer had slept since.
fn days_ago(stored: &Stored, days: i64) {
    let path = stored.home.reports_file();
    let mut done: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for schedule in done["schedules"].as_object_mut().unwrap().values_mut() {
        let until = schedule["until"].as_i64().unwrap();
        schedule["until"] = json!(until - days * 86_400_000);
        schedule["failed"] = Value::Null;
    }
    fs::write(&path, done.to_string()).unwrap();
}

fn denied(number: usize, time: &str, user: &str, reason: &str) -> (LogType, String) {
    let raw = json!({
        "txid": format!("20000000-0000-4000-8000-{number:012}"),
        "isotimestamp": format!("2026-11-16T{time}.000000+00:00"), "event_type": "authentication",
        "result": "denied", "reason": reason, "factor": "duo_push", "user": {"name": user},
        "application": {"name": "Acme VPN"}, "access_device": {"ip": "192.0.2.9"}
    });
    (LogType::Authentication, raw.to_string())
}

/// What an independent program finds in a report.
#[track_caller]
fn read(file: &Path) -> Value {
    /// Fetched once, before several tests at the same time do it.
    static READERS: LazyLock<Output> = LazyLock::new(|| script("--prepare"));
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(READERS.status.success(), "{}", said(&READERS));
    let output = script(file.to_str().unwrap());
    assert!(output.status.success(), "{}: {}", file.display(), said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn script(what: &str) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/read-report.sh");
    Command::new("bash").arg(script).arg(what).output().unwrap()
}

fn pack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/knowledge/duo")
}
