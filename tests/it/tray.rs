//! The icon of the real collector, in the tray of a real panel.

use std::time::Duration;

use duo_integrator::control::{Answer, Request, Role, ask_blocking};
use duo_integrator::record::LogType;
use duo_integrator::simulator::World;
use duo_integrator::status::{FeedState, Overall};

use crate::support::collector::Collector;
use crate::support::lab::Lab;
use crate::support::tray::Desktop;

#[test]
fn the_icon_tells_how_collection_stands_and_its_menu_steers_it() {
    let (lab, desktop) = (Lab::new(World::single()), Desktop::with_panel());
    let mut collector = start(&lab, &desktop);
    let pid = collector.id();
    collector.wait_until("the icon is there", || desktop.shows(pid));
    let menu_says = |words: &'static str| {
        collector.wait_until(words, || desktop.menu(pid).contains(&format!("<'{words}'>")));
    };
    menu_says("All 6 logs are current");
    assert!(desktop.property(pid, "Title").contains("All 6 logs are current"));
    assert!(desktop.property(pid, "ToolTip").contains("All 6 logs are current"));
    let current = desktop.property(pid, "IconPixmap");
    assert!(!desktop.menu(pid).contains("Resume"));

    desktop.press(pid, "Pause until resumed");
    collector.wait_until("it is paused", || overall(&lab) == Some(Overall::Paused));
    menu_says("Paused until resumed");
    assert!(!desktop.menu(pid).contains("Collect now"));
    assert_ne!(desktop.property(pid, "IconPixmap"), current, "the icon shows it");

    desktop.press(pid, "Resume");
    menu_says("All 6 logs are current");
    desktop.press(pid, "Pause for an hour");
    collector
        .wait_until("the menu tells until when", || desktop.menu(pid).contains("'Paused until "));
    desktop.press(pid, "Resume");
    menu_says("Collect now");

    desktop.press(pid, "Quit (collecting stops)");
    assert_eq!(collector.wait_for_end().code(), Some(0), "{}", collector.said());
    assert!(!desktop.shows(pid));
}

#[test]
fn a_person_with_a_mouse_can_pause_collection() {
    let (lab, desktop) = (Lab::new(World::single()), Desktop::with_panel());
    let collector = start(&lab, &desktop);
    collector.wait_until("the icon is there", || desktop.shows(collector.id()));
    collector.wait_until("all is current", || overall(&lab) == Some(Overall::Current));
    collector.wait_until("it is paused", || {
        // The panel takes its time to draw the icon and to open the menu.
        desktop.hands(&["key", "Escape"]);
        desktop.hands(&["mousemove", "20", "16", "click", "3"]);
        std::thread::sleep(Duration::from_millis(700));
        // The last but one that can be chosen, from the end.
        desktop.hands(&["key", "Up", "Up", "Return"]);
        std::thread::sleep(Duration::from_millis(500));
        overall(&lab) == Some(Overall::Paused)
    });
}

#[test]
fn the_collector_goes_on_when_the_panel_dies_and_the_icon_comes_back_with_it() {
    let (lab, mut desktop) = (Lab::new(World::single()), Desktop::with_panel());
    let mut collector = start(&lab, &desktop);
    let pid = collector.id();
    collector.wait_until("the icon is there", || desktop.shows(pid));
    for _ in 0..2 {
        desktop.kill_panel();
        lab.world(World::forget_requests);
        collector.wait_until("Duo is asked", || lab.world(|world| world.requests().count()) > 0);
        desktop.start_panel();
        collector.wait_until("the icon is back", || desktop.shows(pid));
    }
    assert_eq!(collector.terminate().code(), Some(0), "{}", collector.said());
}

#[test]
fn without_anybody_to_show_it_the_collector_says_so_once_and_the_icon_waits() {
    let (lab, mut desktop) = (Lab::new(World::single()), Desktop::bare());
    let mut collector = start(&lab, &desktop);
    wait_until_current(&lab, &collector);
    let log = || {
        let files = std::fs::read_dir(lab.home.log_dir()).unwrap();
        let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        texts.collect::<String>()
    };
    let told = || log().matches("no tray on this desktop").count();
    collector.wait_until("the log tells", || told() == 1);

    desktop.start_panel();
    collector.wait_until("the icon is there", || desktop.shows(collector.id()));
    assert_eq!(told(), 1);
    assert_eq!(collector.terminate().code(), Some(0), "{}", collector.said());
}

fn start(lab: &Lab, desktop: &Desktop) -> Collector {
    let mut command = lab.command(&["collect", "--unsafe-poll-interval"]);
    desktop.settle(&mut command);
    Collector::start(command, lab)
}

fn overall(lab: &Lab) -> Option<Overall> {
    match ask_blocking(&lab.home, Role::Collector, &Request::Status) {
        Ok(Answer::Status { summary }) => Some(summary.state),
        _ => None,
    }
}

fn wait_until_current(lab: &Lab, collector: &Collector) {
    collector.wait_until("all is current", || {
        let statuses = lab.statuses();
        let current = statuses.iter().filter(|status| status.state == FeedState::Current);
        current.count() == LogType::ALL.len()
    });
}
