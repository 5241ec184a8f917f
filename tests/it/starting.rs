//! A collector that another program starts, and that lives on without it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use duo_integrator::base::{Home, UnixMillis, lock};
use duo_integrator::control::{Answer, Request, Role, ask_blocking, greet_blocking};
use duo_integrator::platform::start;
use duo_integrator::simulator::{Fault, Look, Rule, World};

use crate::support::collector::Collector;
use crate::support::lab::Lab;
use crate::support::waiting::wait_until;

/// Runs in a process of its own, which ends in the middle of its life.
#[test]
#[ignore = "started by the test below"]
fn start_in_a_child() {
    let variable = |name| std::env::var_os(name).expect("the test below sets it");
    let mut command = Command::new(variable("TEST_PROGRAM"));
    command.args(["collect", "--no-tray"]);
    command.args(Home::under(Path::new(&variable("TEST_HOME"))).arguments());
    start::detached(command).unwrap();
    // What ends at once leaves no zombie.
    let pid = start::detached(Command::new("true")).unwrap();
    wait_until("its end is noted", || !Path::new(&format!("/proc/{pid}")).exists());
    std::thread::sleep(Duration::from_secs(60));
}

/// The starter ends, its terminal is closed, and the collector goes on; asked to quit, it goes
/// without a trace.
#[test]
fn a_collector_survives_who_started_it() {
    let lab = Lab::new(World::single());
    let program = lab.command(&["collect", "--no-tray"]);
    let mut starter = Command::new(std::env::current_exe().unwrap());
    lab.settle(&mut starter);
    starter
        .args(["--ignored", "--exact", "starting::start_in_a_child"])
        .env("TEST_PROGRAM", program.get_program())
        .env("TEST_HOME", lab.folder())
        .env("DUO_INTEGRATOR_SECRET_KEY", duo_integrator::simulator::SECRET_KEY)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut starter = starter.process_group(0).spawn().unwrap();
    let starter_id = starter.id();
    wait_until("the collector answers", || greet_blocking(&lab.home, Role::Collector).is_ok());
    let pid = greet_blocking(&lab.home, Role::Collector).unwrap().pid;
    assert_ne!(pid, starter_id);

    // The whole group of the starter is ended, as a closed terminal ends it.
    let group = format!("-{starter_id}");
    assert!(Command::new("kill").args(["-HUP", "--", &group]).status().unwrap().success());
    starter.wait().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(greet_blocking(&lab.home, Role::Collector).unwrap().pid, pid);

    assert_eq!(ask_blocking(&lab.home, Role::Collector, &Request::Quit), Ok(Answer::Ok));
    wait_until("it has ended", || !lock::is_held(&lab.home));
}

/// What an upgrade does: no moment without the promise of a collector, and one at a time.
#[test]
fn a_successor_takes_the_place_of_the_collector_that_runs() {
    let lab = Lab::new(World::demo(UnixMillis::now()));
    let mut first = Collector::start(lab.command(&["collect", "--no-tray"]), &lab);
    first.wait_until_current(&lab);
    let words = ["collect", "--no-tray", "--replace"];
    let mut second = Collector::start(lab.command(&words), &lab);
    assert!(first.wait_for_end().success(), "{}", first.said());
    let answers = |id| greet_blocking(&lab.home, Role::Collector).is_ok_and(|it| it.pid == id);
    second.wait_until("it answers", || answers(second.id()));
    second.wait_until_current(&lab);
    assert!(second.terminate().success(), "{}", second.said());
    let audit = lab.run(&["audit", "--json"]).exits(0).json();
    let missing: Vec<_> =
        audit.as_array().unwrap().iter().filter(|day| day["state"] == "missing").collect();
    assert!(missing.is_empty(), "{missing:?}");

    // Nobody needs to be there.
    let mut alone = Collector::start(lab.command(&words), &lab);
    alone.wait_until("it answers", || answers(alone.id()));
    assert!(alone.terminate().success(), "{}", alone.said());
}

#[test]
fn health_is_told_by_an_exit_code() {
    let lab = Lab::new(World::single());
    let stopped = lab.run(&["status", "--check"]).exits(1).says("The collector is not running");
    assert_eq!(stopped.out, "");
    let words = ["collect", "--no-tray", "--unsafe-poll-interval"];
    let collector = Collector::start(lab.command(&words), &lab);
    collector.wait_until_current(&lab);
    let well = lab.run(&["status", "--check"]).exits(0);
    assert_eq!((well.out.as_str(), well.err.as_str()), ("", ""));
    lab.inject(Rule::new(Fault::Status(500, Look::Json)));
    collector.wait_until("that Duo is in trouble shows", || {
        let told = lab.run(&["status", "--check"]);
        told.code == 1 && told.err.contains("Authentication: ")
    });
}
