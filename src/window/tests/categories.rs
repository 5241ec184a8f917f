//! The page “Categories”.

use super::stored::{Stored, deed, has, sign_in, wait_for, wait_until};
use super::*;

const DAY: i64 = 86_400_000;

/// Two weeks in which most things happened in the second one.
fn two_weeks() -> (Stored, UnixMillis) {
    let stored = Stored::new();
    let end = UnixMillis(1_795_000_000_000);
    let mut sign_ins = Vec::new();
    for hour in 0..200_i64 {
        let at = UnixMillis(end.0 - hour * 3_600_000);
        let result = if hour % 9 == 0 { "denied" } else { "success" };
        sign_ins.push(sign_in(at, "ada", "VPN", result));
    }
    stored.put("Contoso", LogType::Authentication, &sign_ins);
    let deeds: Vec<String> = (0..12)
        .map(|n| deed(UnixMillis(end.0 - n * DAY / 2), "Grace", "user_update", "ada"))
        .collect();
    stored.put("Contoso", LogType::Administrator, &deeds);
    (stored, end)
}

fn page(stored: &Stored, end: UnixMillis) -> Screen {
    let mut stage = stored.console(standing(&["Contoso"]));
    stage.console.look_between(UnixMillis(end.0 - 7 * DAY + 1), end);
    let mut harness = screen(stage, egui::Theme::Light, crate::window::CONSOLE_SIZE, 1.0);
    press(&mut harness, "Categories");
    harness
}

#[test]
fn without_records_the_tree_says_what_will_appear() {
    let stored = Stored::new();
    let mut harness = page(&stored, UnixMillis::now());
    wait_for(&mut harness, "Authentication success");
    assert!(has(&harness, "No records in this range"));
    assert_eq!(harness.query_all_by_role(Role::Link).count(), 0, "nothing leads to no records");
}

#[test]
fn a_click_on_a_name_leads_to_its_records() {
    let (stored, end) = two_weeks();
    let mut harness = page(&stored, end);
    wait_for(&mut harness, "Authentication failure");
    assert!(has(&harness, "180 records"), "168 sign-ins and 12 deeds");
    press(&mut harness, "Authentication failure");
    assert!(harness.state().console.title() == "Events");
}

#[test]
fn a_category_tells_what_it_is_and_can_be_switched_with_a_way_back() {
    let (stored, end) = two_weeks();
    let mut harness = page(&stored, end);
    wait_for(&mut harness, "What User management is");
    press(&mut harness, "What User management is");
    wait_for(&mut harness, "Use \u{201c}User management\u{201d}");
    press(&mut harness, "Use \u{201c}User management\u{201d}");
    let wishes = &harness.state().wishes;
    let [Wish::Act(act)] = wishes.as_slice() else { panic!("{wishes:?}") };
    let did = act.run(&stored.home).unwrap();
    assert_eq!(did.words.as_deref(), Some("User management is off"));
    harness.state_mut().wishes.clear();
    harness.state_mut().console.look_again();
    wait_for(&mut harness, "User management (off)");
    assert!(has(&harness, "The categories changed"), "stored records follow in the background");
    did.undo.unwrap().run(&stored.home).unwrap();
    harness.state_mut().console.look_again();
    wait_until(&mut harness, "it is back", |harness| !has(harness, "(off)"));
    assert!(!has(&harness, "The categories changed"));
}

#[test]
fn a_store_that_cannot_be_read_is_told() {
    let stored = Stored::new();
    std::fs::write(stored.home.store_file(), b"this is no database, and long enough to be read")
        .unwrap();
    let mut harness = page(&stored, UnixMillis::now());
    wait_until(&mut harness, "a problem", |harness| has(harness, "Problem: "));
}

#[test]
fn the_page_in_light_and_dark() {
    let (stored, end) = two_weeks();
    let mut all = egui_kittest::SnapshotResults::new();
    for (look, scale, name) in
        [(egui::Theme::Light, 1.0, "categories"), (egui::Theme::Dark, 2.0, "categories_dark")]
    {
        let mut stage = stored.console(standing(&["Contoso"]));
        stage.console.look_between(UnixMillis(end.0 - 7 * DAY + 1), end);
        let mut harness = screen(stage, look, [1024.0, 700.0], scale);
        press(&mut harness, "Categories");
        wait_for(&mut harness, "What Login failed is");
        press(&mut harness, "What User management is");
        harness.remove_cursor();
        harness.run();
        harness.snapshot(name);
        all.extend_harness(&mut harness);
    }
}
