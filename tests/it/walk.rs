//! The console in a real window, from the wizard to a report on disk: each page as it looks with
//! two weeks of records, and the way a person takes through them. Screenshots are kept in
//! `target/screenshots`.

use std::process::Command;

use duo_integrator::base::UnixMillis;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{INTEGRATION_KEY, World, invent};
use duo_integrator::window::TITLE;
use serde_json::Value;

use crate::support::desktop::{App, Desktop};
use crate::support::lab::this_second;
use crate::support::seat::Seat;
use crate::support::waiting::wait_until;

/// Who marked a push as fraud, a few minutes ago.
const VICTIM: &str = "grace.hopper";

/// Two weeks of an organization, and a sign-in that its user did not begin.
fn two_weeks() -> World {
    let mut world = World::single();
    let now = this_second();
    let until = UnixMillis(now.0 - 600_000);
    let from = UnixMillis(until.0 - 14 * 86_400_000);
    world.settle_in(INTEGRATION_KEY, invent(7, from, until, 60, 250));
    let at = UnixMillis(now.0 - 300_000);
    let fraud = serde_json::json!({
        "txid": "5c9a4b1e-2f0d-4f57-9f6e-8d1f3f5a7c21",
        "timestamp": at.0 / 1000,
        "isotimestamp": at.to_string(),
        "event_type": "authentication",
        "factor": "duo_push",
        "result": "fraud",
        "reason": "user_marked_fraud",
        "user": { "name": VICTIM, "key": "DUXXXXXXXXXXXXXXXXXX", "groups": ["Staff"] },
        "application": { "name": "Corporate VPN", "key": "DIYYYYYYYYYYYYYYYYYY" },
        "access_device": {
            "ip": "203.0.113.66",
            "location": { "city": "Porto", "state": "Porto", "country": "Portugal" },
        },
    });
    world.publish(INTEGRATION_KEY, LogType::Authentication, at, fraud.to_string());
    world
}

/// From the first field to the overview, with everything stored and judged.
fn settled(seat: &Seat) -> App<'_> {
    let app = seat.desktop.launch(&[]);
    app.wait_for_text("Connect to Duo");
    seat.fill_in(&app);
    app.click("Validate Credential");
    app.wait_for_text("Collection can work");
    app.click("OK");
    app.click("Finish");
    app.wait_for_text("Everything Duo has is stored");
    wait_until("the alert", || {
        let alerts = seat.run(&["alert", "list", "--open", "--json"]).exits(0).json();
        alerts.as_array().is_some_and(|all| all.iter().any(|one| one["rule"] == "push-fraud"))
    });
    app.click("Open the overview");
    app.wait_for_text("All 6 logs are current");
    app
}

#[test]
fn from_the_wizard_to_an_alert_its_record_and_a_report_on_disk() {
    let seat = Seat::new(two_weeks(), Desktop::plan().screen(1280, 860));
    let app = settled(&seat);
    seat.desktop.resize(TITLE, 1280, 860);

    // The overview names the alert; the alert has its record; the record has everything.
    let alert = app.wait_for("the alert on the overview", |all| {
        let names_it = |name: &str| name.contains("Fraud user detected") && name.contains(VICTIM);
        all.iter().find(|one| one.is_control() && names_it(&one.name)).cloned()
    });
    app.click_on(&alert);
    app.wait_for_text("Why");
    let record = app.wait_for("the alert's record", |all| {
        let names_it = |name: &str| name.contains(VICTIM) && name.contains("203.0.113.66");
        all.iter().find(|one| names_it(&one.name)).cloned()
    });
    seat.desktop.screenshot_of(TITLE, "alert");
    app.click_on(&record);
    app.wait_for_text("Authentication: Fraud");
    app.click("Raw");
    // Long lines are broken.
    app.wait_for_text("5c9a4b1e-2f0d");
    seat.desktop.screenshot_of(TITLE, "record");

    // A report of that week, on disk, read by somebody else's program.
    app.click("Reports");
    app.click("Authentication failed");
    app.type_into("Folder", &seat.desktop.home().display().to_string());
    app.click("Save report");
    app.wait_for_text("rows saved");
    seat.desktop.screenshot_of(TITLE, "report");
    let report = std::fs::read_dir(seat.desktop.home())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|extension| extension == "pdf"))
        .expect("a report on disk");
    let read = Command::new("scripts/read-report.sh").arg(&report).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let found: Value = serde_json::from_slice(&read.stdout).unwrap();
    assert!(found.to_string().contains(VICTIM), "{found}");
}

#[test]
fn records_are_handed_on_by_what_is_typed_in_a_form() {
    let seat = Seat::new(two_weeks(), Desktop::plan().screen(1280, 860));
    let app = settled(&seat);
    seat.desktop.resize(TITLE, 1280, 860);
    let lines = |name: &str| {
        let text = std::fs::read_to_string(seat.desktop.home().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    app.click("Settings");
    app.click("Outputs");
    app.click("Add output");
    app.click("File");
    app.type_into("Name", "For the agent");
    let path = seat.desktop.home().join("duo.jsonl").display().to_string();
    app.type_into("Path", &path);
    app.wait_for_text("The newest record that fits");
    app.click("Begin");
    app.click("From the oldest stored record on");
    app.click("Send a test record");
    app.wait_for_text("For the agent took the test record");
    assert_eq!(lines("duo.jsonl").len(), 1);
    assert!(lines("duo.jsonl")[0].contains("duo_integrator_test"));
    std::thread::sleep(std::time::Duration::from_millis(700));
    seat.desktop.screenshot_of(TITLE, "output");
    app.click("Save");
    let stored = seat.run(&["event", "list"]).exits(0).out.lines().count();
    assert!(stored > 1000, "{stored}");
    wait_until("everything is handed on", || lines("duo.jsonl").len() == stored + 1);
    app.wait_for_text("Works");
    std::thread::sleep(std::time::Duration::from_millis(700));
    seat.desktop.screenshot_of(TITLE, "outputs");
}

#[test]
fn each_page_as_it_looks() {
    let seat = Seat::new(two_weeks(), Desktop::plan().screen(1280, 860));
    let app = settled(&seat);
    seat.desktop.resize(TITLE, 1280, 860);
    app.click("Got it");
    // So that the calendar has something to tell.
    seat.run(&["audit", "--since", "-7d"]).exits(0);
    for (page, shown) in [
        ("Overview", "open alerts"),
        ("Dashboards", "Attempts by result"),
        ("Events", "records"),
        ("Categories", "Authentication failure"),
        ("Alerts", "Fraud user detected"),
        ("Reports", "All reports"),
        ("Completeness", "Trust Monitor"),
        ("Settings", "Accounts"),
    ] {
        app.click(page);
        app.wait_for_text(shown);
        // What slides or fades has come to rest.
        std::thread::sleep(std::time::Duration::from_millis(700));
        seat.desktop.screenshot_of(TITLE, &format!("page-{}", page.to_lowercase()));
    }
    app.click("Alerts");
    app.click("Rules");
    app.wait_for_text("Administrator created");
    std::thread::sleep(std::time::Duration::from_millis(700));
    seat.desktop.screenshot_of(TITLE, "page-rules");
}
