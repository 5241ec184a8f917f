//! The icon of the real collector, in the tray of a real panel.

use std::time::Duration;

use duo_integrator::control::{Answer, Request, Role, ask_blocking};
use duo_integrator::simulator::World;
use duo_integrator::status::Overall;

use crate::support::collector::Collector;
use crate::support::desktop::{Desktop, Plan};
use crate::support::keyring::KeyringSession;
use crate::support::lab::Lab;

#[test]
fn the_icon_tells_how_collection_stands_and_its_menu_steers_it() {
    let (lab, desktop) = (Lab::new(World::single()), plan().tray().start());
    let mut collector = start(&lab, &desktop);
    wait_for_icon(&desktop, &collector);
    let menu_says = |words: &str| {
        collector.wait_until(words, || desktop.tray_menu().iter().any(|line| line == words));
    };
    menu_says("All 6 logs are current");
    let item = desktop.wait_for_tray_item();
    assert!(item.title.contains("All 6 logs are current"), "{item:?}");
    assert!(desktop.tray_property(&item, "ToolTip").contains("All 6 logs are current"));
    let current = desktop.tray_property(&item, "IconPixmap");
    assert!(!desktop.tray_menu().contains(&"Resume".to_owned()));

    desktop.tray_click("Pause until resumed");
    collector.wait_until("it is paused", || overall(&lab) == Some(Overall::Paused));
    menu_says("Paused until resumed");
    assert!(!desktop.tray_menu().contains(&"Collect now".to_owned()));
    assert_ne!(desktop.tray_property(&item, "IconPixmap"), current, "the icon shows it");

    desktop.tray_click("Resume");
    menu_says("All 6 logs are current");
    desktop.tray_click("Pause for an hour");
    collector.wait_until("the menu tells until when", || {
        let first = desktop.tray_menu().into_iter().next();
        first.is_some_and(|words| words.starts_with("Paused until ") && words.contains(':'))
    });
    desktop.tray_click("Resume");
    menu_says("Collect now");

    desktop.tray_click("Quit (collecting stops)");
    assert_eq!(collector.wait_for_end().code(), Some(0), "{}", collector.said());
    collector.wait_until("an empty tray", || desktop.tray_items().is_empty());
}

#[test]
fn a_person_with_a_mouse_can_pause_collection() {
    let (lab, desktop) = (Lab::new(World::single()), plan().tray().start());
    let collector = start(&lab, &desktop);
    wait_for_icon(&desktop, &collector);
    collector.wait_until("all is current", || overall(&lab) == Some(Overall::Current));
    collector.wait_until("it is paused", || {
        // The panel takes its time to draw the icon and to open the menu.
        desktop.key("Escape");
        desktop.click_at(20, 16, 3);
        std::thread::sleep(Duration::from_millis(700));
        // The last but one that can be chosen, from the end.
        for key in ["Up", "Up", "Return"] {
            desktop.key(key);
        }
        std::thread::sleep(Duration::from_millis(500));
        overall(&lab) == Some(Overall::Paused)
    });
}

#[test]
fn the_collector_goes_on_when_the_panel_dies_and_the_icon_comes_back_with_it() {
    let (lab, mut desktop) = (Lab::new(World::single()), plan().tray().start());
    let mut collector = start(&lab, &desktop);
    wait_for_icon(&desktop, &collector);
    for _ in 0..2 {
        desktop.kill_panel();
        lab.world(World::forget_requests);
        collector.wait_until("Duo is asked", || lab.world(|world| world.requests().count()) > 0);
        desktop.start_panel();
        wait_for_icon(&desktop, &collector);
    }
    assert_eq!(collector.terminate().code(), Some(0), "{}", collector.said());
}

#[test]
fn without_anybody_to_show_it_the_collector_says_so_once_and_the_icon_waits() {
    let (lab, mut desktop) = (Lab::new(World::single()), plan().start());
    let mut collector = start(&lab, &desktop);
    collector.wait_until_current(&lab);
    let log = || {
        let files = std::fs::read_dir(lab.home.log_dir()).unwrap();
        let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        texts.collect::<String>()
    };
    let told = || log().matches("no tray on this desktop").count();
    collector.wait_until("the log tells", || told() == 1);

    desktop.start_panel();
    wait_for_icon(&desktop, &collector);
    assert_eq!(told(), 1);
    assert_eq!(collector.terminate().code(), Some(0), "{}", collector.said());
}

/// These need no keyring: the secret key is in the collector's environment.
fn plan() -> Plan {
    Desktop::plan().keyring(KeyringSession::with_bus_only())
}

fn start(lab: &Lab, desktop: &Desktop) -> Collector {
    let mut command = lab.command(&["collect", "--unsafe-poll-interval"]);
    desktop.settle(&mut command);
    Collector::start(command, lab)
}

fn wait_for_icon(desktop: &Desktop, collector: &Collector) {
    collector.wait_until("its icon is there", || {
        desktop.tray_items().iter().any(|item| item.process == Some(collector.id()))
    });
}

fn overall(lab: &Lab) -> Option<Overall> {
    match ask_blocking(&lab.home, Role::Collector, &Request::Status) {
        Ok(Answer::Status { summary }) => Some(summary.state),
        _ => None,
    }
}
