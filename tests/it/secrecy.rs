//! The secret key: where it is kept, and everywhere it must not be.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::LogType;
use duo_integrator::simulator::{Fault, INTEGRATION_KEY, Look, Rule, SECRET_KEY, World, invent};

use crate::support::collector::Collector;
use crate::support::keyring::KeyringSession;
use crate::support::lab::{Lab, Ran, this_second};
use crate::support::traces::{assert_absent, assert_absent_below};

#[test]
fn the_secret_key_of_the_environment_is_written_and_said_nowhere() {
    let lab = Lab::without_account(world());
    let mut said = String::new();
    let mut run = |words: &[&str]| {
        let ran = Ran::of(&lab.command(words).arg("-vv").output().unwrap());
        said.push_str(&format!("{}{}", ran.out, ran.err));
        ran.code
    };
    let ca_file = lab.home.config.join("ca.pem").display().to_string();
    let hostname = lab.api_hostname();
    let add = [
        "account",
        "add",
        "--name",
        "Example",
        "--integration-key",
        INTEGRATION_KEY,
        "--api-hostname",
        &hostname,
        "--ca-file",
        &ca_file,
    ];
    assert_eq!(run(&add), 0);
    lab.change_settings("\"adaptive\"\n", "\"unlimited\"\n");
    assert_eq!(run(&["account", "validate"]), 0);
    assert_eq!(run(&["collect", "--once"]), 0);
    // Everything that makes the program explain itself.
    for fault in [
        Fault::Status(500, Look::Html),
        Fault::HtmlInstead,
        Fault::InvalidJson,
        Fault::ResetMidBody,
        Fault::TlsRefused,
        Fault::TooManyRequests(Some(1)),
    ] {
        lab.inject(Rule::new(fault).times(4));
    }
    run(&["collect", "--once"]);
    run(&["audit"]);
    run(&["recollect", "--since", "-2d", "--until", "now"]);
    run(&["status", "--json"]);
    run(&["event", "list"]);
    lab.world(|world| {
        world.faults.clear();
        world.organisations[0].secret_key = "1".repeat(40);
    });
    assert_eq!(run(&["account", "validate", "--json"]), 1);
    assert_eq!(run(&["collect", "--once", "--json"]), 1);

    assert!(said.len() > 10_000, "there was little to look through");
    assert!(said.contains("40103"));
    assert_absent(said.as_bytes(), "what was said");
    let files = assert_absent_below(lab.folder());
    assert!(files >= 4, "only {files} files were looked through");
}

#[test]
fn the_keychain_keeps_the_secret_key_and_nothing_else_does() {
    let session = KeyringSession::unlocked();
    let lab = Lab::without_account(world());
    let command = |words: &[&str]| {
        let mut command = session.command(env!("CARGO_BIN_EXE_duo-integrator"));
        command.arg("--home").arg(lab.folder()).args(words);
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
    };
    let mut add = command(&[
        "account",
        "add",
        "--name",
        "Example",
        "--integration-key",
        INTEGRATION_KEY,
        "--api-hostname",
        &lab.api_hostname(),
        "--secret-key-stdin",
        "-vv",
    ]);
    add.arg("--ca-file").arg(lab.home.config.join("ca.pem"));
    let ran = with_input(add, &format!("{SECRET_KEY}\n")).exits(0);
    assert_absent(format!("{}{}", ran.out, ran.err).as_bytes(), "what account add said");
    assert_eq!(session.secret_tool_lookup(INTEGRATION_KEY), SECRET_KEY);

    lab.change_settings("\"adaptive\"\n", "\"unlimited\"\n");
    let mut collector = Collector::start(command(&["collect", "-vv"]), &lab);
    collector.wait_until("the history is stored", || {
        lab.statuses().iter().filter(|status| status.last_poll.is_some()).count() == 6
    });
    for what in ["cmdline", "environ"] {
        let bytes = fs::read(format!("/proc/{}/{what}", collector.id())).unwrap();
        assert!(!bytes.is_empty());
        assert_absent(&bytes, what);
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(collector.terminate().code(), Some(0));
    assert_absent(collector.said().as_bytes(), "what the collector said");
    Ran::of(&command(&["collect", "--once"]).output().unwrap()).exits(0);
    lab.assert_complete();
    assert_absent_below(lab.folder());

    Ran::of(&command(&["account", "remove", "Example"]).output().unwrap()).exits(0);
    assert_eq!(session.secret_tool_lookup(INTEGRATION_KEY), "");
    let ran = Ran::of(&command(&["collect", "--once"]).output().unwrap()).exits(1);
    assert!(ran.err.contains("account add"), "{}", ran.err);
}

#[test]
fn a_keychain_with_the_key_goes_before_the_environment() {
    let session = KeyringSession::unlocked();
    let lab = Lab::new(world());
    let mut tool = session.command("secret-tool");
    tool.args([
        "store",
        "--label",
        "Duo",
        "service",
        "duo-integrator",
        "username",
        INTEGRATION_KEY,
    ]);
    with_input(tool, SECRET_KEY).exits(0);
    let mut command = session.command(env!("CARGO_BIN_EXE_duo-integrator"));
    command.arg("--home").arg(lab.folder()).args(["collect", "--once"]);
    command.env("DUO_INTEGRATOR_SECRET_KEY", "0".repeat(40));
    Ran::of(&command.output().unwrap()).exits(0);
    lab.assert_complete();
}

fn world() -> World {
    let mut world = World::single();
    let until = this_second().0 - 600_000;
    let from = UnixMillis(until - 3 * DAY_MILLIS);
    world.settle_in(INTEGRATION_KEY, invent(6, from, UnixMillis(until), 20, 40));
    assert!(!world.records(INTEGRATION_KEY, LogType::Authentication).is_empty());
    world
}

fn with_input(mut command: Command, input: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}
