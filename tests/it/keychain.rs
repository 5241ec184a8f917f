//! The keychain of Linux against a real GNOME Keyring. Each step runs in a process of its own,
//! this same test program started again inside the session.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic like the test")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use duo_integrator::base::Secret;
use duo_integrator::platform::keychain::{self, SystemKeychain};
use duo_integrator::secrets;

use crate::support::keyring::KeyringSession;

const USER: &str = "DIXXXXXXXXXXXXXXXXXX";

/// One step inside a session; the answer is printed as one line.
#[test]
#[ignore = "started by the other tests, inside a session"]
fn one_step() {
    let Ok(step) = std::env::var("TEST_STEP") else { return };
    let words: Vec<&str> = step.splitn(2, ' ').collect();
    let answer = match words[..] {
        ["get"] => format!("{:?}", keychain::get(USER).map(|s| s.map(|s| s.expose().to_owned()))),
        ["get-async"] => {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let found = runtime.block_on(async { keychain::get(USER) });
            format!("{:?}", found.map(|s| s.map(|s| s.expose().to_owned())))
        }
        ["set", secret] => format!("{:?}", keychain::set(USER, &Secret::new(secret.to_owned()))),
        ["delete"] => format!("{:?}", keychain::delete(USER)),
        ["find"] => {
            secrets::use_keychain(SystemKeychain);
            match secrets::find(USER) {
                Ok(found) => format!("{} from {}", found.secret.expose(), found.source),
                Err(problem) => problem.to_string(),
            }
        }
        ["store", secret] => {
            secrets::use_keychain(SystemKeychain);
            match secrets::store(USER, &Secret::new(secret.to_owned())) {
                Ok(()) => "stored".to_owned(),
                Err(problem) => problem.to_string(),
            }
        }
        ["late"] => {
            let before = keychain::get(USER);
            println!("\nanswer: {before:?}");
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            format!("{:?}", keychain::set(USER, &Secret::new("late".to_owned())))
        }
        _ => panic!("no such step: {step}"),
    };
    println!("\nanswer: {answer}");
}

fn step_command(session: &KeyringSession, step: &str) -> Command {
    let mut command = session.command(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "keychain::one_step"]);
    command.env("TEST_STEP", step);
    command
}

fn answer_in(line: &str) -> Option<String> {
    line.strip_prefix("answer: ").map(str::to_owned)
}

fn step(session: &KeyringSession, step: &str) -> String {
    let output = step_command(session, step).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answer = text.lines().find_map(answer_in);
    answer.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn an_entry_is_stored_found_overwritten_and_removed() {
    let session = KeyringSession::unlocked();
    assert_eq!(step(&session, "get"), "Ok(None)");
    assert_eq!(step(&session, "set first"), "Ok(())");
    assert_eq!(step(&session, "get"), "Ok(Some(\"first\"))");
    assert_eq!(session.secret_tool_lookup(USER), "first");
    assert_eq!(step(&session, "set zwölf Boxkämpfer"), "Ok(())");
    assert_eq!(step(&session, "get-async"), "Ok(Some(\"zwölf Boxkämpfer\"))");
    assert_eq!(step(&session, "find"), "zwölf Boxkämpfer from the keychain");
    assert_eq!(step(&session, "delete"), "Ok(())");
    assert_eq!(step(&session, "delete"), "Ok(())");
    assert_eq!(step(&session, "get"), "Ok(None)");
    assert_eq!(session.secret_tool_lookup(USER), "");
}

#[test]
fn a_locked_keychain_says_so_at_once() {
    let session = KeyringSession::unlocked();
    assert_eq!(step(&session, "set first"), "Ok(())");
    session.lock();
    let start = Instant::now();
    for what in ["get", "get-async", "set second", "delete"] {
        assert_eq!(step(&session, what), "Err(Locked)", "{what}");
    }
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    let told = step(&session, "find");
    assert!(told.contains("the keychain is locked") && told.contains("LoadCredential="), "{told}");
    let told = step(&session, "store second");
    assert!(told.starts_with("The secret key was not stored: the keychain is locked"), "{told}");
}

#[test]
fn a_locked_keychain_without_the_entry_says_so_too() {
    let session = KeyringSession::locked();
    assert_eq!(step(&session, "get"), "Err(Locked)");
    assert_eq!(step(&session, "set second"), "Err(Locked)");
}

#[test]
fn a_bus_on_which_nobody_keeps_secrets_means_no_keychain() {
    let session = KeyringSession::with_bus_only();
    for what in ["get", "set first", "delete"] {
        assert_eq!(step(&session, what), "Err(Absent)", "{what}");
    }
    let mut command = step_command(&session, "find");
    command.env(secrets::SECRET_VARIABLE, "from outside");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text.contains("answer: from outside from the environment"), "{text}");
}

#[test]
fn no_bus_means_no_keychain() {
    let session = KeyringSession::without_bus();
    for what in ["get", "get-async", "set first", "delete"] {
        assert_eq!(step(&session, what), "Err(Absent)", "{what}");
    }
    let told = step(&session, "find");
    assert!(told.contains("no keychain can be reached"), "{told}");
}

#[test]
fn a_keychain_that_comes_late_is_found_by_the_same_process() {
    let mut session = KeyringSession::with_bus_only();
    let mut command = step_command(&session, "late");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut answers = lines.map_while(Result::ok).filter_map(|line| answer_in(&line));
    assert_eq!(answers.next().as_deref(), Some("Err(Absent)"));
    session.start_daemon();
    child.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    assert_eq!(answers.next().as_deref(), Some("Ok(())"));
    child.wait().unwrap();
    assert_eq!(session.secret_tool_lookup(USER), "late");
}
