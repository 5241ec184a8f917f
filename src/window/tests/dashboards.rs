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

/// Eight days of an organization with names of all kinds, until a moment ago.
fn lively() -> Stored {
    let stored = Stored::new();
    let now = UnixMillis::now().0;
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
    let mut standing = standing(&["Contoso"]);
    for status in &mut standing.statuses {
        status.begins = Some(UnixMillis(UnixMillis::now().0 - days * DAY));
        status.reached = Some(UnixMillis::now());
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
    let stored = lively();
    for (look, size, scale, board, name) in [
        (egui::Theme::Light, [1280.0, 1480.0], 1.0, "Overview", "dashboards_light"),
        (egui::Theme::Dark, [1024.0, 1700.0], 1.0, "Duo Security", "dashboards_dark"),
    ] {
        let mut harness = open(&stored, collected(20), look, size, scale);
        wait_for_chart(&mut harness, "Attempts by result, last 7 days:");
        press(&mut harness, board);
        let is_drawn = |harness: &Screen| {
            let all = said(harness);
            let last = if board == "Overview" {
                "Places, last"
            } else {
                "Login activity by geolocation, last"
            };
            all.iter().any(|name| name.starts_with(last))
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
