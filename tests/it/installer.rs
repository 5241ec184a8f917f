//! What the packages' installers ask of the program: an upgrade and a removal, with a real collector;
//! and the service, where there is none.

use duo_integrator::base::lock;
use duo_integrator::control::{Role, greet_blocking};
use duo_integrator::simulator::World;

use crate::support::collector::Collector;
use crate::support::lab::Lab;
use crate::support::waiting::wait_until;

#[test]
fn an_upgrade_ends_the_collector_and_starts_it_again_and_no_record_is_lost_or_repeated() {
    let lab = Lab::new(World::single());
    let mut old = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    old.wait_until_current(&lab);
    lab.run(&["installer", "begin"]).exits(0);
    assert!(old.wait_for_end().success());

    // Replacing a package removes the old one: that is no reason to leave.
    lab.run(&["installer", "leave", "--delete-data"]).exits(0);
    lab.assert_complete();

    lab.run(&["installer", "end"]).exits(0);
    wait_until("the collector answers", || greet_blocking(&lab.home, Role::Collector).is_ok());
    assert!(!lab.home.state.join("upgrade").exists());
    lab.assert_complete();
    lab.run(&["installer", "leave"]).exits(0);
    assert!(!lock::is_held(&lab.home), "leave ends it");
    lab.assert_complete();
}

#[test]
fn a_collector_that_did_not_run_is_not_started() {
    let lab = Lab::new(World::single());
    lab.run(&["installer", "begin"]).exits(0);
    lab.run(&["installer", "end"]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!lock::is_held(&lab.home));
}

#[test]
fn a_removal_keeps_what_was_collected_unless_it_is_asked_for() {
    let lab = Lab::new(World::single());
    lab.run_collect();
    // Nobody is asked where there are no boxes.
    lab.run(&["installer", "leave", "--ask"]).exits(0);
    lab.assert_complete();
    // There is no keychain to forget in, which is told; the rest goes all the same.
    lab.run(&["installer", "leave", "--delete-data"]).exits(1).says("keychain");
    for folder in [&lab.home.config, &lab.home.data, &lab.home.state] {
        assert!(!folder.exists(), "{}", folder.display());
    }
    // Who never used the program gets no folders from its removal.
    lab.run(&["installer", "begin"]).exits(0);
    lab.run(&["installer", "leave"]).exits(0);
    assert!(!lab.home.state.exists());
}

#[test]
fn where_services_are_not_those_of_windows_each_command_says_what_to_use() {
    let lab = Lab::new(World::single());
    for words in ["install", "remove", "start", "stop", "status", "run"] {
        lab.run(&["service", words]).exits(1).says("systemctl");
    }
}
