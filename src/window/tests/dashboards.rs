//! “Dashboards”: charts, what one can do with them, and how they are arranged.

use super::stored::{Stored, has, said, wait_for, wait_until};
use super::*;

const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;

const LONG: &str = "The Honourable Worshipful Company of Telephone Sanitizers, Hairdressers and \
                    Documentary Makers of Golgafrincham, Northern Division";

struct SignIn<'a> {
    at: i64,
    user: &'a str,
    application: &'a str,
    country: Option<&'a str>,
    factor: &'a str,
    result: &'a str,
    reason: &'a str,
}

fn raw(sign_in: &SignIn<'_>) -> String {
    let SignIn { at, user, application, country, factor, result, reason } = sign_in;
    serde_json::json!({
        "txid": format!("{user}-{application}-{at}"),
        "timestamp": at / 1000,
        "isotimestamp": UnixMillis(*at).to_string(),
        "event_type": "authentication",
        "factor": factor,
        "result": result,
        "reason": reason,
        "user": { "name": user, "key": "DUXXXXXXXXXXXXXXXXXX", "groups": [] },
        "application": { "name": application, "key": "DIYYYYYYYYYYYYYYYYYY" },
        "access_device": {
            "ip": "198.51.100.7",
            "location": { "city": null, "state": null, "country": country },
        },
    })
    .to_string()
}

/// Eight days of an organization with names of all kinds, until this moment.
fn lively() -> Stored {
    lively_until(UnixMillis::now())
}

fn lively_until(now: UnixMillis) -> Stored {
    let stored = Stored::new();
    let now = now.0;
    let mut random = fastrand::Rng::with_seed(7);
    let users = ["ada", "grace", "חברת הדוגמה", LONG, "日本語テスト 🦀", "linus", "margaret"];
    let applications = [
        "Microsoft Entra ID: Conditional Access",
        "Cisco Secure Firewall VPN (RADIUS)",
        "Duo Single Sign-On - Payroll",
        "Admin Panel",
        LONG,
        "تطبيق الرواتب",
        "Jump Host (UNIX)",
    ];
    let countries = [
        (Some("United States"), 900),
        (Some("Germany"), 240),
        (Some("United Kingdom"), 130),
        (Some("India"), 95),
        (Some("Brazil"), 40),
        (Some("Japan"), 33),
        (Some("Australia"), 21),
        (Some("Singapore"), 12),
        (Some("Korea, Republic of"), 9),
        (Some("Russia"), 3),
        (Some("Atlantis"), 2),
        (None, 17),
    ];
    let all: i32 = countries.iter().map(|(_, weight)| weight).sum();
    let mut raws = Vec::new();
    for hour in 0..8 * 24 {
        let at = now - hour * HOUR;
        let of_day = (at / HOUR) % 24;
        let is_busy = (7..19).contains(&of_day);
        for nth in 0..if is_busy { 14 + random.i64(0..8) } else { 2 + random.i64(0..3) } {
            let mut left = random.i32(0..all);
            let country = countries.iter().find(|(_, weight)| {
                left -= weight;
                left < 0
            });
            let (result, reason) = match random.u8(0..100) {
                0..=86 => ("success", "user_approved"),
                87..=92 => ("denied", "no_response"),
                93..=95 => ("denied", "invalid_passcode"),
                96..=98 => ("denied", "location_restricted"),
                _ => ("fraud", "user_marked_fraud"),
            };
            let factor = match random.u8(0..10) {
                0..=5 => "duo_push",
                6..=7 => "passcode",
                8 => "phone_call",
                _ => "u2f_token",
            };
            let skewed = |count: usize, random: &mut fastrand::Rng| {
                random.usize(0..count).min(random.usize(0..count))
            };
            raws.push(raw(&SignIn {
                at: at - nth * 60_000,
                user: users[skewed(users.len(), &mut random)],
                application: applications[skewed(applications.len(), &mut random)],
                country: country.and_then(|(country, _)| *country),
                factor,
                result,
                reason,
            }));
        }
    }
    stored.put("Contoso", LogType::Authentication, &raws);
    let deeds = (0..40).map(|nth| {
        let actions =
            ["policy_update", "policy_create", "bypass_create", "admin_login", "policy_delete"];
        let action = actions[nth as usize % actions.len()];
        let admin = ["ada", "Grace Hopper", LONG][nth as usize % 3];
        super::stored::deed(
            UnixMillis(now - nth * 4 * HOUR),
            admin,
            action,
            users[nth as usize % 7],
        )
    });
    let deeds: Vec<String> = deeds.collect();
    stored.put("Contoso", LogType::Administrator, &deeds);
    stored
}

/// All logs collected for so many days.
fn collected(days: i64) -> Standing {
    collected_until(days, UnixMillis::now())
}

fn collected_until(days: i64, now: UnixMillis) -> Standing {
    let mut standing = standing(&["Contoso"]);
    for status in &mut standing.statuses {
        status.begins = Some(UnixMillis(now.0 - days * DAY));
        status.reached = Some(now);
    }
    standing
}

fn open(
    stored: &Stored,
    standing: Standing,
    look: egui::Theme,
    size: [f32; 2],
    scale: f32,
) -> Screen {
    let mut harness = screen(stored.console(standing), look, size, scale);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Num2);
    harness.step();
    harness
}

fn light(stored: &Stored, standing: Standing) -> Screen {
    open(stored, standing, egui::Theme::Light, [1280.0, 1400.0], 1.0)
}

fn wait_for_chart(harness: &mut Screen, begin: &str) {
    wait_until(harness, begin, |harness| said(harness).iter().any(|name| name.starts_with(begin)));
}

#[test]
fn pictures_of_both_boards() {
    let mut all = egui_kittest::SnapshotResults::new();
    // A day that is not over, whenever this runs.
    let now = UnixMillis::parse_rfc3339("2096-11-23T15:29:59Z").unwrap();
    let stored = lively_until(now);
    for (look, size, scale, board, name) in [
        (egui::Theme::Light, [1280.0, 1480.0], 1.0, "Overview", "dashboards_light"),
        (egui::Theme::Dark, [1024.0, 1700.0], 1.0, "Duo Security", "dashboards_dark"),
    ] {
        let mut harness = open(&stored, collected_until(6, now), look, size, scale);
        harness.state_mut().console.look_between(UnixMillis(now.0 + 1 - 7 * DAY), now);
        press(&mut harness, board);
        let is_drawn = |harness: &Screen| {
            let all = said(harness);
            let last =
                if board == "Overview" { "Places, " } else { "Login activity by geolocation, " };
            all.iter().any(|name| name.starts_with(last) && name.contains("2096"))
        };
        wait_until(&mut harness, board, is_drawn);
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(10));
            harness.step();
        }
        harness.remove_cursor();
        harness.step();
        harness.snapshot(name);
        all.extend_harness(&mut harness);
    }
}

#[test]
fn without_a_store_every_card_says_what_will_appear() {
    let stored = Stored::new();
    let mut harness = light(&stored, collected(20));
    wait_for(&mut harness, "No records yet");
    assert!(harness.query_all_by_label("No records yet").count() >= 8);
    assert!(has(&harness, "They appear here as soon as the first ones are collected."));
}

#[test]
fn a_range_without_records_says_so_and_not_zero_lines() {
    let stored = Stored::new();
    stored.put("Contoso", LogType::Authentication, &[]);
    let mut harness = light(&stored, collected(20));
    wait_for(&mut harness, "Nothing in the last 7 days");
    assert!(!has(&harness, "Attempts by result, last 7 days"));
}

#[test]
fn a_store_that_cannot_be_read_is_told_on_the_cards_and_can_be_tried_again() {
    let stored = Stored::new();
    std::fs::write(
        stored.home.store_file(),
        b"this is no database, however long it is".repeat(200),
    )
    .unwrap();
    let mut harness = light(&stored, collected(20));
    wait_for(&mut harness, "Try again");
    std::fs::remove_file(stored.home.store_file()).unwrap();
    let count = harness.query_all_by_label("Try again").count();
    for _ in 0..count {
        if let Some(button) = harness.query_all_by_label("Try again").next() {
            button.click();
        }
        harness.step();
        harness.step();
    }
    wait_for(&mut harness, "No records yet");
}

#[test]
fn a_row_leads_to_its_records() {
    let stored = lively();
    let mut harness = light(&stored, collected(20));
    wait_until(&mut harness, "users", |harness| {
        said(harness).iter().any(|name| name.starts_with("ada: "))
    });
    let row = said(&harness).into_iter().find(|name| name.starts_with("ada: ")).unwrap();
    press(&mut harness, &row);
    let events = harness.get_by_role_and_label(Role::Tab, "Events");
    assert_eq!(events.accesskit_node().toggled(), Some(accesskit::Toggled::True));
}

#[test]
fn a_series_can_be_switched_off() {
    let stored = lively();
    let mut harness = light(&stored, collected(20));
    wait_for_chart(&mut harness, "Attempts by result, last 7 days:");
    let told = |harness: &Screen| {
        said(harness).into_iter().find(|name| name.starts_with("Attempts by result, last")).unwrap()
    };
    assert!(told(&harness).contains("Fraud"));
    let switch = harness.get_all_by_role_and_label(Role::Switch, "Fraud").next().unwrap();
    switch.click();
    harness.run_steps(3);
    let switch = harness.get_all_by_role_and_label(Role::Switch, "Fraud").next().unwrap();
    assert_eq!(switch.accesskit_node().toggled(), Some(accesskit::Toggled::False));
}

/// Opens the menu of a card and chooses.
fn choose(harness: &mut Screen, card: &str, entry: &str) {
    let menu = format!("Menu of \u{201c}{card}\u{201d}");
    harness.get_by_label(&menu).click();
    harness.run_steps(3);
    harness.get_all_by_label(entry).last().unwrap().click();
    harness.step();
}

#[test]
fn the_period_before_is_told_beside_this_one() {
    let stored = lively();
    let mut harness = light(&stored, collected(20));
    wait_for_chart(&mut harness, "Attempts by result, last 7 days:");
    choose(&mut harness, "Attempts by result", "Compare with the period before");
    wait_until(&mut harness, "the period before", |harness| has(harness, "than before"));
    let compared = |harness: &Screen| {
        said(harness).iter().filter(|name| name.ends_with("than before")).count()
    };
    assert_eq!(compared(&harness), 1);
    press(&mut harness, "Compare with the period before");
    wait_until(&mut harness, "all", |harness| compared(harness) >= 3);
}

#[test]
fn a_card_can_be_copied_as_a_picture() {
    let stored = lively();
    let mut harness = light(&stored, collected(20));
    wait_for_chart(&mut harness, "Attempts by result, last 7 days:");
    choose(&mut harness, "Attempts by result", "Copy as picture");
    let mut copied = None;
    for _ in 0..20 {
        harness.step();
        let output = harness.output();
        let commands = &output.viewport_output[&egui::ViewportId::ROOT].commands;
        let shot = commands.iter().find_map(|command| match command {
            egui::ViewportCommand::Screenshot(callback) => Some(callback.clone()),
            _ => None,
        });
        copied =
            copied.or(output.platform_output.commands.iter().find_map(|command| match command {
                egui::OutputCommand::CopyImage(image) => Some(image.size),
                _ => None,
            }));
        if let Some(callback) = shot {
            let screen = egui::ColorImage::filled([1280, 1400], egui::Color32::WHITE);
            callback.complete(std::sync::Arc::new(screen));
        }
    }
    let [width, height] = copied.expect("a picture is copied");
    assert!((300..700).contains(&width) && (250..450).contains(&height), "{width}x{height}");
    assert_eq!(stored.fulfil(&mut harness), [Ok("The picture is copied".to_owned())]);
}

#[test]
fn a_board_is_arranged_with_the_keyboard_and_kept() {
    let stored = lively();
    {
        let mut harness = light(&stored, collected(20));
        wait_for(&mut harness, "Attempts by result");
        press(&mut harness, "Customize");
        press(&mut harness, "Remove: Late records");
        press(&mut harness, "Move back: Attempts by result");
        press(&mut harness, "Wider: Attempts by result");
        assert!(harness.query_by_label("Remove: Late records").is_none());
        press(&mut harness, "Done");
        press(&mut harness, "Customize");
        press(&mut harness, "Remove: Factors in use");
        press(&mut harness, "Cancel");
        assert!(harness.query_all_by_label("Factors in use").next().is_some());
    }
    let mut harness = light(&stored, collected(20));
    wait_for(&mut harness, "Attempts by result");
    let all = said(&harness);
    let place = |title: &str| all.iter().position(|name| name == title);
    assert!(place("Reasons for denial") < place("Attempts by result"));
    assert_eq!(place("Late records"), None);
    assert!(place("Factors in use").is_some());
    press(&mut harness, "Customize");
    press(&mut harness, "Reset");
    assert!(harness.query_all_by_label("Late records").next().is_some());
}

#[test]
fn an_own_dashboard_begins_empty_and_takes_what_is_added() {
    let stored = lively();
    let mut harness = light(&stored, collected(20));
    wait_for(&mut harness, "Attempts by result");
    press(&mut harness, "New dashboard");
    press(&mut harness, "Add dashlet\u{2026}");
    press(&mut harness, "Authentication failure");
    press(&mut harness, "Done");
    wait_for_chart(&mut harness, "Authentication failure, last 7 days:");
    let tab = harness.get_by_role_and_label(Role::Tab, "My dashboard");
    assert_eq!(tab.accesskit_node().toggled(), Some(accesskit::Toggled::True));
    press(&mut harness, "Customize");
    press(&mut harness, "Delete dashboard");
    assert!(harness.query_by_label("My dashboard").is_none());
}
