//! Everything around the pages: the line above them, the rail, the command palette, the keys.

use eframe::egui::Modifiers;

use super::*;

const SMALL: [f32; 2] = [1024.0, 700.0];

fn at(text: &str) -> UnixMillis {
    UnixMillis::parse_rfc3339(text).unwrap()
}

fn two() -> Screen {
    screen(console(Some(standing(&["Contoso", "Fabrikam"]))), egui::Theme::Light, SMALL, 1.0)
}

fn command(harness: &mut Screen, key: Key) {
    harness.key_press_modifiers(Modifiers::COMMAND, key);
    harness.run();
}

fn type_text(harness: &mut Screen, text: &str) {
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run();
}

/// Opens a list above the page and chooses from it.
fn choose(harness: &mut Screen, list: &str, entry: &str) {
    harness.get_by_role_and_label(Role::ComboBox, list).click();
    harness.run();
    harness.get_by_role_and_label(Role::MenuItemRadio, entry).click();
    harness.run();
}

/// What a control with a value shows.
fn value(harness: &Screen, label: &str) -> String {
    let roles = [Role::ComboBox, Role::Grid];
    let mut found = harness
        .query_all_by_label(label)
        .filter(|node| roles.contains(&node.accesskit_node().role()));
    let found = found.next().unwrap_or_else(|| panic!("nothing that has a value is “{label}”"));
    found.accesskit_node().value().unwrap_or_default()
}

fn title(harness: &Screen) -> String {
    let mut found = harness.query_all_by_role(Role::Heading);
    found.next().and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

/// The name of the entry that is chosen in the command palette.
fn chosen(harness: &Screen) -> String {
    let mut all = harness.query_all_by_role(Role::ListBoxOption);
    let chosen = all.find(|node| node.accesskit_node().is_selected() == Some(true));
    chosen.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

#[test]
fn the_account_and_the_range_hold_for_all_pages() {
    let mut harness = two();
    assert_eq!(value(&harness, "Account"), "All accounts");
    assert_eq!(value(&harness, "Time range"), "Last 7 days");
    choose(&mut harness, "Account", "Fabrikam");
    choose(&mut harness, "Time range", "Last 30 days");
    press(&mut harness, "Events");
    assert_eq!(title(&harness), "Events");
    assert_eq!(value(&harness, "Account"), "Fabrikam");
    assert_eq!(value(&harness, "Time range"), "Last 30 days");
    press(&mut harness, "Completeness");
    assert!(harness.query_by_label("Time range").is_none(), "it has a calendar of its own");
    assert_eq!(value(&harness, "Account"), "Fabrikam");
    press(&mut harness, "Settings");
    assert!(harness.query_by_label("Account").is_none());
}

#[test]
fn one_account_needs_no_filter() {
    let stage = console(Some(standing(&["Contoso"])));
    let harness = screen(stage, egui::Theme::Light, SMALL, 1.0);
    assert!(harness.query_by_label("Account").is_none());
    assert!(harness.query_by_label("Time range").is_some());
}

#[test]
fn an_account_that_is_gone_is_no_filter() {
    let mut harness = two();
    choose(&mut harness, "Account", "Fabrikam");
    let (before, now) = (standing(&["Contoso", "Fabrikam"]), standing(&["Contoso", "Northwind"]));
    let stage = harness.state_mut();
    stage.console.notice(Some(&before), &now);
    stage.standing = Some(now);
    harness.run();
    assert_eq!(value(&harness, "Account"), "All accounts");
}

#[test]
fn one_of_many_accounts_is_found_by_typing() {
    let names: Vec<String> = (0..50).map(|i| format!("Customer {i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let stage = console(Some(standing(&names)));
    let mut harness = screen(stage, egui::Theme::Light, SMALL, 1.0);
    harness.get_by_role_and_label(Role::ComboBox, "Account").focus();
    harness.run();
    key(&mut harness, Key::Enter);
    harness.run();
    assert_eq!(focused(&harness).as_deref(), Some("Find an account"));
    type_text(&mut harness, "3");
    key(&mut harness, Key::ArrowDown);
    harness.run();
    key(&mut harness, Key::ArrowDown);
    harness.run();
    key(&mut harness, Key::Enter);
    assert_eq!(value(&harness, "Account"), "Customer 31");
    harness.get_by_role_and_label(Role::ComboBox, "Account").focus();
    harness.run();
    key(&mut harness, Key::Enter);
    harness.run();
    type_text(&mut harness, "37");
    key(&mut harness, Key::Enter);
    assert_eq!(value(&harness, "Account"), "Customer 37");
    assert!(harness.query_by_label("Find an account").is_none(), "the list is closed");
}

#[test]
fn a_custom_range_is_checked_as_it_is_typed() {
    let mut harness = two();
    choose(&mut harness, "Time range", "Custom range\u{2026}");
    harness.run();
    harness.get_by_role_and_label(Role::Dialog, "Custom range");
    assert_eq!(focused(&harness).as_deref(), Some("From"));
    let set = |harness: &mut Screen, label: &str, text: &str| {
        field(harness, label).focus();
        harness.run();
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.run();
        match text {
            "" => key(harness, Key::Delete),
            text => type_text(harness, text),
        }
    };
    set(&mut harness, "From", "2026-02-30");
    assert!(announced(&harness).contains(&"This month has no day 30".to_owned()));
    assert!(harness.get_by_label("Show").accesskit_node().is_disabled());
    set(&mut harness, "From", "2026-02-03");
    set(&mut harness, "Time from", "8:30");
    set(&mut harness, "To", "2026-02-04");
    set(&mut harness, "Time to", "");
    press(&mut harness, "Show");
    assert!(harness.query_by_role_and_label(Role::Dialog, "Custom range").is_none());
    assert_eq!(value(&harness, "Time range"), "2026-02-03 08:30 \u{2013} 2026-02-04 23:59");
}

#[test]
fn the_calendar_is_used_with_keys_and_says_where_they_are() {
    let mut harness = two();
    harness
        .state_mut()
        .console
        .look_between(at("2026-02-03T00:00:00Z"), at("2026-02-10T23:59:59Z"));
    harness.run();
    choose(&mut harness, "Time range", "Custom range\u{2026}");
    harness.run();
    harness.get_by_label("Days").focus();
    harness.run();
    for step in [Key::ArrowUp, Key::ArrowRight, Key::Enter, Key::ArrowDown, Key::Space] {
        key(&mut harness, step);
    }
    assert!(value(&harness, "Days").ends_with("2026-02-11"), "{}", value(&harness, "Days"));
    press(&mut harness, "Show");
    assert_eq!(value(&harness, "Time range"), "2026-02-04 \u{2013} 2026-02-11");
}

#[test]
fn the_command_palette_leads_everywhere_by_key() {
    let mut harness = two();
    command(&mut harness, Key::K);
    harness.get_by_role_and_label(Role::Dialog, "Command palette");
    assert_eq!(chosen(&harness), "Overview, Page");
    assert_eq!(focused(&harness).as_deref(), Some("Overview, Page"), "it is read out");
    type_text(&mut harness, "rep");
    assert_eq!(chosen(&harness), "Reports, Page");
    key(&mut harness, Key::Enter);
    assert!(harness.query_by_role_and_label(Role::Dialog, "Command palette").is_none());
    assert_eq!(title(&harness), "Reports");
    // What was chosen last is offered first.
    command(&mut harness, Key::K);
    assert_eq!(chosen(&harness), "Reports, Page");
    type_text(&mut harness, "fabr");
    key(&mut harness, Key::Enter);
    assert_eq!(value(&harness, "Account"), "Fabrikam");
    command(&mut harness, Key::K);
    type_text(&mut harness, "collect now");
    key(&mut harness, Key::Enter);
    assert!(matches!(harness.state().wishes.as_slice(), [Wish::CollectNow]));
}

#[test]
fn arrows_move_in_the_command_palette_and_escape_leaves_it() {
    let mut harness = two();
    harness.get_by_label("Collect now").focus();
    harness.run();
    command(&mut harness, Key::K);
    key(&mut harness, Key::ArrowDown);
    assert_eq!(chosen(&harness), "Dashboards, Page");
    key(&mut harness, Key::ArrowUp);
    key(&mut harness, Key::ArrowUp);
    assert_ne!(chosen(&harness), "Overview, Page", "from the first to the last");
    // The field names the entry for those who cannot see it.
    let field = harness.get_by_role_and_label(Role::EditableComboBox, "Command palette");
    assert!(field.accesskit_node().data().active_descendant().is_some());
    key(&mut harness, Key::Tab);
    assert_eq!(focused(&harness), Some(chosen(&harness)));
    key(&mut harness, Key::Escape);
    harness.run();
    assert!(harness.query_by_role_and_label(Role::Dialog, "Command palette").is_none());
    assert_eq!(focused(&harness).as_deref(), Some("Collect now"));
    assert_eq!(title(&harness), "Overview");
}

#[test]
fn a_click_chooses_and_one_beside_the_palette_closes_it() {
    let mut harness = two();
    command(&mut harness, Key::K);
    press(&mut harness, "Alerts, Page");
    assert_eq!(title(&harness), "Alerts");
    command(&mut harness, Key::K);
    harness.get_by_label("Settings").click();
    harness.run();
    assert_eq!(title(&harness), "Alerts", "the rail lies behind");
    assert!(harness.query_by_role_and_label(Role::Dialog, "Command palette").is_none());
}

#[test]
fn all_keys_are_listed_and_work() {
    let mut harness = two();
    for (at, page) in
        ["Overview", "Dashboards", "Events", "Categories", "Alerts"].iter().enumerate()
    {
        let keys = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5];
        command(&mut harness, keys[at]);
        assert_eq!(title(&harness), *page);
    }
    key(&mut harness, Key::F1);
    harness.get_by_role_and_label(Role::Dialog, "Keys");
    harness.get_by_label("Collect now: Ctrl+R");
    harness.get_by_label("Settings: Ctrl+8");
    command(&mut harness, Key::Num1);
    assert_eq!(title(&harness), "Alerts", "a dialog keeps the keys");
    key(&mut harness, Key::Escape);
    harness.run();
    assert!(harness.query_by_role_and_label(Role::Dialog, "Keys").is_none());
    key(&mut harness, Key::Questionmark);
    harness.get_by_role_and_label(Role::Dialog, "Keys");
}

#[test]
fn the_rail_tells_how_many_new_alerts_are_open() {
    let mut harness = two();
    let said = |harness: &Screen| {
        let tab = harness.get_by_role_and_label(Role::Tab, "Alerts");
        tab.accesskit_node().data().description().map(str::to_owned)
    };
    assert_eq!(said(&harness), None);
    harness.state_mut().standing.as_mut().unwrap().new_alerts = 1_203;
    harness.run();
    assert_eq!(said(&harness).as_deref(), Some("1,203 open"));
}

#[test]
fn the_first_steps_are_shown_until_they_are_read() {
    let mut harness = two();
    harness.get_by_label("First steps");
    press(&mut harness, "Got it");
    assert!(harness.query_by_label("First steps").is_none());
    command(&mut harness, Key::K);
    type_text(&mut harness, "first steps");
    key(&mut harness, Key::Enter);
    harness.get_by_label("First steps");
}

#[test]
fn what_was_chosen_is_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::under(folder.path());
    home.prepare().unwrap();
    let open = || {
        let stage = Stage {
            wizard: None,
            console: Console::new(home.clone(), Desk::new(home.clone(), || {})),
            standing: Some(standing(&["Contoso", "Fabrikam"])),
            wishes: Vec::new(),
        };
        screen(stage, egui::Theme::Light, SMALL, 1.0)
    };
    let mut harness = open();
    press(&mut harness, "Got it");
    choose(&mut harness, "Account", "Fabrikam");
    choose(&mut harness, "Time range", "Last hour");
    press(&mut harness, "Alerts");
    drop(harness);
    let mut harness = open();
    assert_eq!(title(&harness), "Alerts");
    assert_eq!(value(&harness, "Account"), "Fabrikam");
    assert_eq!(value(&harness, "Time range"), "Last hour");
    press(&mut harness, "Overview");
    assert!(harness.query_by_label("First steps").is_none());
}

#[test]
fn the_line_above_a_page_fits_a_small_window() {
    let long = "The Honourable Worshipful Company of Telephone Sanitizers";
    for size in [crate::window::SMALLEST, SMALL] {
        let stage = console(Some(standing(&[long, "Fabrikam"])));
        let mut harness = screen(stage, egui::Theme::Light, size, 1.0);
        press(&mut harness, "Account");
        harness.get_all_by_label(long).last().unwrap().click();
        harness.run();
        let parts = [
            (Role::ComboBox, "Account"),
            (Role::ComboBox, "Time range"),
            (Role::Status, "Current"),
        ]
        .map(|(role, name)| harness.get_by_role_and_label(role, name).rect());
        let heading = harness.query_all_by_role(Role::Heading).next().unwrap().rect();
        let mut left = heading.right();
        for part in parts {
            assert!(part.left() >= left, "{size:?}: {part:?} covers what ends at {left}");
            left = part.right();
        }
        assert!(left <= size[0], "{size:?}: ends at {left}");
    }
}
