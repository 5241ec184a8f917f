//! The page “Reports”: previews, saving, schedules.

use super::stored::{Stored, deed, has, said, sign_in, wait_for, wait_until};
use super::*;
use crate::window::worker::CollectorStanding;

const DAY: i64 = 86_400_000;
const END: UnixMillis = UnixMillis(1_795_000_000_000);

/// Names that break layouts.
const USERS: [&str; 4] = [
    "ada",
    "חיים לוי",
    "👩‍🚀 Zoë",
    "a-user-whose-name-came-from-a-directory-without-any-limit@example.com",
];

fn week() -> Stored {
    let stored = Stored::new();
    let mut sign_ins = Vec::new();
    for hour in 0..160_i64 {
        let user = USERS.into_iter().cycle().nth(hour as usize).unwrap();
        let result = if hour % 2 == 0 { "denied" } else { "success" };
        sign_ins.push(sign_in(UnixMillis(END.0 - hour * 3_600_000), user, "VPN", result));
    }
    stored.put("Contoso", LogType::Authentication, &sign_ins);
    let deeds = [deed(UnixMillis(END.0 - DAY), "Grace", "user_update", "ada")];
    stored.put("Contoso", LogType::Administrator, &deeds);
    stored
}

fn with_settings(stored: &Stored, reports: &str) -> Standing {
    let text = format!(
        "version = 1\n[[account]]\nname = \"Contoso\"\nintegration_key = {:?}\n\
         api_hostname = {HOST:?}\n{reports}",
        key_of(0)
    );
    std::fs::write(stored.home.settings_file(), &text).unwrap();
    let settings = Settings::load(&stored.home);
    Standing { settings, ..standing(&["Contoso"]) }
}

fn page(stored: &Stored, standing: Standing, look: egui::Theme, scale: f32) -> Screen {
    let mut stage = stored.console(standing);
    stage.console.look_between(UnixMillis(END.0 - 7 * DAY + 1), END);
    let mut harness = screen(stage, look, [1024.0, 700.0], scale);
    press(&mut harness, "Reports");
    wait_for(&mut harness, "All reports");
    harness
}

fn light_page(stored: &Stored, standing: Standing) -> Screen {
    page(stored, standing, egui::Theme::Light, 1.0)
}

#[test]
fn all_reports_are_listed_and_lead_to_their_rows() {
    let stored = week();
    let mut harness = light_page(&stored, with_settings(&stored, ""));
    let links = harness.query_all_by_role(Role::Link).count();
    assert_eq!(links, 10);
    press(&mut harness, "Authentication failed");
    wait_until(&mut harness, "rows", |harness| has(harness, "The first 50 of about 80 rows"));
    assert!(said(&harness).iter().any(|text| text == "LogTime"));
    press(&mut harness, "All reports");
    wait_for(&mut harness, "Login success");
}

#[test]
fn a_report_without_records_says_so_with_the_range() {
    let stored = week();
    let mut harness = light_page(&stored, with_settings(&stored, ""));
    press(&mut harness, "Login failed");
    wait_until(&mut harness, "words", |harness| {
        has(harness, "There are no records for this report from ")
    });
}

#[test]
fn a_report_is_saved_where_one_says_and_takes_no_other_file_s_place() {
    let stored = week();
    let mut harness = light_page(&stored, with_settings(&stored, ""));
    press(&mut harness, "Authentication failed");
    fill(&mut harness, "Folder", &stored.folder.path().display().to_string());
    fill(&mut harness, "Time zone", "UTC");
    let names = ["authentication-failed 2026-11-11 to 2026-11-18.pdf", "(2).pdf"];
    for name in names {
        press(&mut harness, "Save report");
        wait_until(&mut harness, name, |harness| has(harness, name));
        assert!(has(&harness, "80 rows saved"));
    }
    let mut files: Vec<String> = std::fs::read_dir(stored.folder.path())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter(|name| name.ends_with(".pdf"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    let bytes = std::fs::read(stored.folder.path().join(&files[1])).unwrap();
    assert!(bytes.starts_with(b"%PDF"));
}

#[test]
fn a_folder_that_is_not_there_is_told_and_a_wrong_zone_stands_at_its_field() {
    let stored = week();
    let mut harness = light_page(&stored, with_settings(&stored, ""));
    press(&mut harness, "Authentication failed");
    fill(&mut harness, "Time zone", "Mars");
    assert!(has(&harness, "There is no such time zone"));
    let save = harness.get_by_label("Save report");
    assert!(save.accesskit_node().is_disabled());
    for _ in 0.."Mars".len() {
        key(&mut harness, Key::Backspace);
    }
    let gone = stored.folder.path().join("gone").display().to_string();
    fill(&mut harness, "Folder", &gone);
    press(&mut harness, "Save report");
    wait_until(&mut harness, "a problem", |harness| has(harness, "Problem: The report"));
}

#[test]
fn a_schedule_is_checked_beside_its_fields_written_and_removed_with_a_way_back() {
    let stored = week();
    let mut harness = light_page(&stored, with_settings(&stored, ""));
    assert!(has(&harness, "No report is scheduled"));
    press(&mut harness, "Schedule Login failed");
    press(&mut harness, "Save");
    assert!(has(&harness, "Say where it goes"));
    let folder = stored.folder.path().join("audit").display().to_string();
    fill(&mut harness, "Put it into this folder", &folder);
    assert!(!has(&harness, "Say where it goes"));
    press(&mut harness, "Save");
    let done = stored.fulfil(&mut harness);
    assert_eq!(done, [Ok("Login failed is made every week".to_owned())]);
    let settings = Settings::load(&stored.home).unwrap();
    assert_eq!(settings.reports.len(), 1);
    assert_eq!(settings.reports[0].id, "login-failed");

    // The window looks at the settings again.
    let settings = Ok(settings);
    harness.state_mut().standing = Some(Standing { settings, ..standing(&["Contoso"]) });
    wait_until(&mut harness, "the next", |harness| has(harness, "Next "));
    press(&mut harness, "Remove the schedule of Login failed, every week");
    let wishes = std::mem::take(&mut harness.state_mut().wishes);
    let [Wish::Act(act)] = wishes.as_slice() else { panic!("{wishes:?}") };
    let undo = act.run(&stored.home).unwrap().undo.unwrap();
    assert!(Settings::load(&stored.home).unwrap().reports.is_empty());
    undo.run(&stored.home).unwrap();
    assert_eq!(Settings::load(&stored.home).unwrap().reports.len(), 1);
}

#[test]
fn a_schedule_is_changed_and_comments_stay() {
    let stored = week();
    let text = "# ours\n[[report]]\nid = \"login-failed\"\nevery = \"day\" # so the auditors\n\
                mail = [\"ada@example.com\"]\n";
    let standing = with_settings(&stored, text);
    let mut harness = light_page(&stored, standing);
    press(&mut harness, "Edit the schedule of Login failed, every day");
    let folder = stored.folder.path().join("audit").display().to_string();
    fill(&mut harness, "Put it into this folder", &folder);
    press(&mut harness, "Save");
    assert!(stored.fulfil(&mut harness).iter().all(Result::is_ok));
    let text = std::fs::read_to_string(stored.home.settings_file()).unwrap();
    assert!(text.contains("# ours") && text.contains("# so the auditors"), "{text}");
    let report = &Settings::load(&stored.home).unwrap().reports[0];
    assert!(report.folder.is_some() && report.mail.len() == 1);
}

#[test]
fn that_nothing_is_made_without_a_collector_is_told() {
    let stored = week();
    let text = "[[report]]\nid = \"login-failed\"\nevery = \"day\"\nfolder = \"audit\"\n";
    let standing = with_settings(&stored, text);
    let standing = Standing { collector: CollectorStanding::Stopped, ..standing };
    let harness = light_page(&stored, standing);
    assert!(has(&harness, "No reports are made while the collector does not run"));
}

#[test]
fn a_report_and_the_list_look_well() {
    let stored = week();
    let text = "[[report]]\nid = \"authentication-failed\"\nevery = \"week\"\n\
                folder = \"/srv/audit/duo\"\nmail = [\"audit@example.com\"]\nzone = \"UTC\"\n";
    let mut all = egui_kittest::SnapshotResults::new();
    let mut harness = light_page(&stored, with_settings(&stored, text));
    wait_until(&mut harness, "the next", |harness| has(harness, "Next "));
    press(&mut harness, "Authentication failed");
    fill(&mut harness, "Folder", "/home/ada/Downloads");
    fill(&mut harness, "Time zone", "UTC");
    wait_until(&mut harness, "rows", |harness| has(harness, "The first 50 of"));
    harness.remove_cursor();
    harness.run();
    harness.snapshot("report");
    all.extend_harness(&mut harness);

    // Without one that says when it is due next.
    let standing = with_settings(&stored, "");
    let mut harness = page(&stored, standing, egui::Theme::Dark, 2.0);
    press(&mut harness, "Schedule Login failed");
    fill(&mut harness, "Time zone", "Europe/Paris");
    fill(&mut harness, "Mail it to", "nobody");
    press(&mut harness, "Save");
    harness.remove_cursor();
    harness.run();
    harness.snapshot("report_schedule_dark");
    all.extend_harness(&mut harness);
}
