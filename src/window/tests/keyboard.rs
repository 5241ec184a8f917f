//! Everything can be reached and used without a mouse, and what changes is announced.

use super::*;
use crate::window::labels;
use crate::window::worker::Finished;

/// Where Tab leads from where the focus is, until it comes to something a second time.
fn tab_order(harness: &mut Screen) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    for _ in 0..80 {
        key(harness, Key::Tab);
        let Some(name) = focused(harness) else { continue };
        if order.contains(&name) {
            return order;
        }
        order.push(name);
    }
    order
}

/// Tab leads to all that can be used, and each has a name that nothing else has.
#[track_caller]
pub(super) fn assert_all_is_reached(harness: &mut Screen) {
    let mut names = usable(harness);
    let mut order = tab_order(harness);
    names.sort();
    order.sort();
    assert_eq!(order, names);
    let before = names.len();
    names.dedup();
    assert_eq!(names.len(), before, "two of the same name");
}

/// The names of all that takes clicks or keys and is not disabled.
fn usable(harness: &Screen) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![harness.root().accesskit_node()];
    while let Some(node) = open.pop() {
        let roles = [
            Role::Button,
            Role::CheckBox,
            Role::ComboBox,
            Role::Link,
            Role::PasswordInput,
            Role::Switch,
            Role::Tab,
            Role::TextInput,
        ];
        if roles.contains(&node.role()) && !node.is_disabled() {
            found.push(node.label().unwrap_or_default());
        }
        open.extend(node.children());
    }
    found
}

#[test]
fn tab_leads_through_the_first_page_from_top_to_bottom() {
    let mut harness = light(wizard());
    assert_eq!(focused(&harness).as_deref(), Some(labels::INTEGRATION_KEY));
    let order = tab_order(&mut harness);
    assert_eq!(
        order,
        [
            labels::SECRET_KEY,
            "Show the secret key",
            labels::API_HOSTNAME,
            labels::ACCOUNTS_API,
            "Where do I find these?",
            "Network\u{2026}",
            "Validate Credential",
            labels::NAME,
            labels::INTEGRATION_KEY,
        ]
    );
}

#[test]
fn everything_is_reached_by_tab() {
    let mut harness = light(wizard());
    assert_all_is_reached(&mut harness);
    validate(&mut harness, report(&[]));
    press(&mut harness, "OK");
    assert_all_is_reached(&mut harness);
    press(&mut harness, "Choose logs\u{2026}");
    assert_all_is_reached(&mut harness);
    for page in ["Overview", "Settings"] {
        let stage = console(Some(standing(&["Contoso", "Fabrikam"])));
        let mut harness = screen(stage, egui::Theme::Light, crate::window::CONSOLE_SIZE, 1.0);
        press(&mut harness, page);
        assert_all_is_reached(&mut harness);
    }
}

#[test]
fn a_validation_needs_nothing_but_enter() {
    let mut harness = light(wizard());
    fill_in(&mut harness);
    key(&mut harness, Key::Enter);
    harness.get_by_role_and_label(Role::Dialog, "Validation");
    tell(&mut harness, &News::Validated(1, Ok(report(&[]))));
    harness.run();
    assert_eq!(focused(&harness).as_deref(), Some("OK"));
    // All the way around, and once more to the first.
    assert_eq!(tab_order(&mut harness), ["Copy", "Close", "OK"]);
    key(&mut harness, Key::Tab);
    key(&mut harness, Key::Tab);
    key(&mut harness, Key::Enter);
    assert!(harness.query_by_role_and_label(Role::Dialog, "Validation").is_none());
    assert!(harness.state().wishes.iter().all(|wish| !matches!(wish, Wish::Finish(_))));
    assert_eq!(focused(&harness).as_deref(), Some("Finish"));
    key(&mut harness, Key::Enter);
    assert!(matches!(harness.state().wishes.last(), Some(Wish::Finish(_))));
}

#[test]
fn escape_closes_each_dialog_and_leads_back() {
    for opener in ["Where do I find these?", "Network\u{2026}", "Validate Credential"] {
        let mut harness = light(wizard());
        fill_in(&mut harness);
        harness.get_by_label(opener).focus();
        harness.run();
        key(&mut harness, Key::Enter);
        assert_eq!(harness.query_all_by_role(Role::Dialog).count(), 1, "{opener}");
        assert!(focused(&harness).is_some(), "{opener}: nothing in the dialog has the focus");
        key(&mut harness, Key::Escape);
        harness.run();
        assert_eq!(harness.query_all_by_role(Role::Dialog).count(), 0, "{opener}");
        assert_eq!(focused(&harness).as_deref(), Some(opener));
    }
    let stage = console(Some(standing(&["Contoso"])));
    let mut harness = screen(stage, egui::Theme::Light, crate::window::CONSOLE_SIZE, 1.0);
    press(&mut harness, "Settings");
    press(&mut harness, "Remove Contoso");
    assert_eq!(focused(&harness).as_deref(), Some("Cancel"));
    key(&mut harness, Key::Escape);
    assert_eq!(harness.query_all_by_role(Role::Dialog).count(), 0);
    assert!(harness.state().wishes.is_empty());
}

#[test]
fn what_changes_is_announced() {
    let mut harness = light(wizard());
    fill(&mut harness, labels::INTEGRATION_KEY, "XX");
    key(&mut harness, Key::Tab);
    let told = announced(&harness).join("\n");
    assert!(told.contains("An integration key begins with DI"), "{told}");

    let mut harness = light(wizard());
    validate(&mut harness, refused());
    let told = announced(&harness).join("\n");
    assert!(told.contains("Collection cannot work yet"), "{told}");
    press(&mut harness, "OK");
    tell(
        &mut harness,
        &News::Finished(Ok(Finished { account: "Duo".to_owned(), notes: Vec::new() })),
    );
    let told = announced(&harness).join("\n");
    assert!(told.contains("logs are on their way"), "{told}");
}

#[test]
fn in_the_smallest_window_what_gets_the_focus_comes_into_sight() {
    let mut harness = screen(wizard(), egui::Theme::Light, crate::window::SMALLEST, 1.0);
    let bar = harness.get_by_label("Finish").rect().top();
    assert!(harness.get_by_label("Network\u{2026}").rect().bottom() > bar, "it is out of sight");
    while focused(&harness).as_deref() != Some("Network\u{2026}") {
        key(&mut harness, Key::Tab);
    }
    harness.run_steps(8);
    let there = harness.get_by_label("Network\u{2026}").rect();
    assert!(there.bottom() < bar && there.top() > 0.0, "{there:?}");
}

#[test]
fn a_menu_and_its_entries_need_no_mouse() {
    let stage = console(Some(standing(&["Contoso"])));
    let mut harness = screen(stage, egui::Theme::Light, crate::window::CONSOLE_SIZE, 1.0);
    harness.get_by_label("Pause").focus();
    harness.run();
    key(&mut harness, Key::Enter);
    assert!(harness.query_by_label("For an hour").is_some());
    key(&mut harness, Key::Escape);
    assert!(harness.query_by_label("For an hour").is_none());
    harness.get_by_label("Pause").focus();
    harness.run();
    key(&mut harness, Key::Enter);
    for _ in 0..20 {
        if focused(&harness).as_deref() == Some("Until resumed") {
            break;
        }
        key(&mut harness, Key::Tab);
    }
    key(&mut harness, Key::Enter);
    assert!(matches!(harness.state().wishes.as_slice(), [Wish::Pause(None)]));
}

#[test]
fn a_finish_that_failed_is_told_in_sight() {
    let mut harness = light(wizard());
    validate(&mut harness, report(&[]));
    press(&mut harness, "OK");
    key(&mut harness, Key::Enter);
    let problem = crate::base::Problem::new("The secret key was not stored")
        .because("the keychain is locked")
        .next("unlock it, then press Finish again");
    tell(&mut harness, &News::Finished(Err(problem)));
    harness.run_steps(8);
    let banner = harness.get_by_role_and_label(Role::Button, "Copy").rect();
    let bar = harness.get_by_label("Finish").rect().top();
    assert!(banner.bottom() < bar, "{banner:?} lies below {bar}");
    assert!(announced(&harness).join("\n").contains("The secret key was not stored"));
    assert_eq!(focused(&harness).as_deref(), Some("Finish"), "Enter tries again");
    let finished = Finished { account: "Duo".to_owned(), notes: Vec::new() };
    tell(&mut harness, &News::Finished(Ok(finished)));
    assert_eq!(focused(&harness).as_deref(), Some("Open the overview"));
}
