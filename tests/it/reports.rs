//! Reports: what is in them, from given records, and what independent programs read out of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use duo_integrator::record::LogType;
use serde_json::{Value, json};

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
        let mut scenarios: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for scenario in scenarios.as_array_mut().unwrap() {
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
                scenario["rows"] = json!(rows);
            }
        }
        if std::env::var_os("UPDATE_SAMPLES").is_some() {
            fs::write(&path, serde_json::to_string_pretty(&scenarios).unwrap() + "\n").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn pack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/knowledge/duo")
}
