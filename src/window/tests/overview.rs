//! “Overview”: empty, full, failing, and with fifty accounts.

use std::time::Instant;

use super::stored::{Stored, has, said, sign_in, wait_for, wait_until};
use super::*;
use crate::record::Level;
use crate::store::Alarm;

const HOUR: i64 = 60 * MINUTE;
const WEEK: i64 = 7 * 24 * HOUR;

fn ago(millis: i64) -> UnixMillis {
    UnixMillis(UnixMillis::now().0 - millis)
}

fn open(stored: &Stored, standing: Standing) -> Screen {
    // High enough for all that is clicked here.
    screen(stored.console(standing), egui::Theme::Light, [1100.0, 1500.0], 1.0)
}

fn title(harness: &Screen) -> &'static str {
    harness.state().console.title()
}

/// Sign-ins of the last minutes and of the weeks before, an alert of each kind.
fn full(accounts: &[&str]) -> (Stored, Standing) {
    let stored = Stored::new();
    for account in accounts {
        let mut raws = Vec::new();
        // Earlier than the same time of day, however late it is; more a week ago.
        for week in 1..=4_i64 {
            for i in 0..week {
                let at = ago(week * WEEK + 2 * HOUR + i * MINUTE);
                raws.push(sign_in(at, "grace", "VPN", "success"));
            }
        }
        raws.push(sign_in(ago(3 * MINUTE), "ada", "Payroll", "success"));
        raws.push(sign_in(ago(2 * MINUTE), "אבי כהן 🦀", "חברת הדוגמה", "denied"));
        raws.push(sign_in(ago(MINUTE), &"x".repeat(300), "VPN", "fraud"));
        stored.put_as(account, LogType::Authentication, &raws, |job| {
            job.begins = Some(ago(60 * 24 * HOUR));
        });
    }
    let mut writer = stored.writer();
    for (i, level) in Level::ALL.into_iter().enumerate() {
        let subject = format!("subject {i}");
        writer
            .raise(&Alarm {
                rule: "no-data",
                title: "Nothing arrives any more",
                level,
                account: accounts.first().copied(),
                subject: &subject,
                time: ago(i as i64 * HOUR),
                words: "Nothing for a day",
            })
            .unwrap();
    }
    let mut standing = standing(accounts);
    standing.open_alerts = 5;
    (stored, standing)
}

#[test]
fn a_new_account_is_told_what_will_appear() {
    let stored = Stored::new();
    let mut harness = open(&stored, standing(&["Contoso"]));
    wait_for(&mut harness, "None. What rules find appears here at once.");
    wait_for(&mut harness, "They appear here as soon as the first page is stored.");
    assert!(has(&harness, "All 6 logs are current"));
    let empty = standing_of(&["Contoso"], Vec::new(), None, true);
    let harness = open(&stored, empty);
    assert!(has(&harness, "Its logs appear here as soon as the collector has asked Duo"));
}

#[test]
fn todays_records_are_held_against_the_usual() {
    let (stored, standing) = full(&["Contoso"]);
    let mut harness = open(&stored, standing);
    wait_until(&mut harness, "records of today", |harness| has(harness, "by now"));
    // The middle of 1, 2, 3 and 4, unless the night has just begun.
    let words = said(&harness).join("\n");
    assert!(words.contains("usually 2 by now") || words.contains("by now"), "{words}");
}

#[test]
fn an_alert_leads_to_its_page_and_the_gravest_comes_first() {
    let (stored, standing) = full(&["Contoso"]);
    let mut harness = open(&stored, standing);
    wait_for(&mut harness, "5 open alerts");
    let alerts: Vec<String> = said(&harness)
        .into_iter()
        .filter(|words| words.contains("Nothing arrives any more,"))
        .collect();
    assert_eq!(alerts.len(), 5, "{alerts:?}");
    assert!(alerts[0].starts_with("Critical: ") && alerts[4].starts_with("Informational: "));
    assert!(!alerts[0].contains("Contoso"), "there is no other account");
    press(&mut harness, &alerts[0]);
    assert_eq!(title(&harness), "Alerts");
}

#[test]
fn the_newest_records_lead_to_the_events() {
    let (stored, standing) = full(&["Contoso"]);
    let mut harness = open(&stored, standing);
    wait_until(&mut harness, "newest records", |harness| has(harness, "ada, Auth"));
    let rows: Vec<String> =
        said(&harness).into_iter().filter(|words| words.starts_with("Authentication: ")).collect();
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert!(rows[0].contains("xxx") && rows[1].contains("אבי"), "the newest first");
    assert!(rows[2].contains("Payroll"));
    press(&mut harness, &rows[2]);
    assert_eq!(title(&harness), "Events");
}

#[test]
fn one_account_can_be_looked_at_alone() {
    let (stored, standing) = full(&["Contoso", "Fabrikam"]);
    let mut harness = open(&stored, standing);
    wait_for(&mut harness, "5 open alerts");
    assert!(has(&harness, "Contoso \u{b7}") || has(&harness, "\u{b7} Contoso"));
    harness.get_by_role_and_label(Role::ComboBox, "Account").click();
    harness.run();
    harness.get_by_role_and_label(Role::MenuItemRadio, "Fabrikam").click();
    harness.run();
    wait_for(&mut harness, "None. What rules find appears here at once.");
    assert!(harness.query_all_by_label("Contoso").next().is_none());
}

#[test]
fn a_damaged_store_is_told_and_the_rest_stays() {
    let stored = Stored::new();
    std::fs::write(stored.home.store_file(), "this is no database at all, whatever its name says")
        .unwrap();
    let mut harness = open(&stored, standing(&["Contoso"]));
    wait_until(&mut harness, "the problem", |harness| {
        harness.query_all_by_role(Role::Alert).next().is_some()
    });
    assert!(has(&harness, "All 6 logs are current"));
    assert!(has(&harness, "Next: "), "{:?}", said(&harness));
}

#[test]
fn fifty_accounts_fit_on_the_page() {
    let names: Vec<String> = (0..50).map(|i| format!("Customer {i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stored = Stored::new();
    let mut standing = standing(&names);
    // Those of the last four need somebody.
    let last = standing.statuses.iter_mut().rev().take(24);
    for status in last.filter(|status| status.log_type != LogType::Telephony) {
        *status = failing(status.clone(), FeedState::Failing, "Duo cannot be reached");
    }
    let statuses = std::mem::take(&mut standing.statuses);
    let mut harness = open(&stored, standing_of(&names, statuses, None, true));
    wait_for(&mut harness, "50 accounts");
    wait_until(&mut harness, "the folded ones", |harness| {
        has(harness, "46 more accounts, all current \u{b7} 0 today")
    });
    let lines = |harness: &Screen| {
        let all = harness.query_all_by_role(Role::DisclosureTriangle);
        all.filter_map(|node| node.accesskit_node().label()).collect::<Vec<_>>()
    };
    let shown = lines(&harness);
    assert_eq!(shown.len(), 4);
    assert!(shown.iter().all(|line| line.contains("Needs you: Authentication")), "{shown:?}");
    assert!(has(&harness, "17 more, told below"), "of 20 only three have a banner");
    press(&mut harness, &shown[0]);
    assert!(has(&harness, "Telephony"), "its logs");
    press(&mut harness, "Show all");
    assert_eq!(lines(&harness).len(), 50);
    let started = Instant::now();
    harness.run_steps(20);
    let each = started.elapsed() / 20;
    println!("a frame with fifty accounts, unoptimized: {each:?}");
    assert!(each.as_millis() < 120, "{each:?}");
}
