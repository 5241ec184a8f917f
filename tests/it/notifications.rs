//! Alerts on their way to people: mail servers and webhooks that are real, and what becomes of a
//! message when they are not there.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::record::{Level, LogType};
use duo_integrator::simulator::{INTEGRATION_KEY, World, invent};
use duo_integrator::store::{Alarm, Writer};
use serde_json::Value;

use crate::support::collector::Collector;
use crate::support::keyring::KeyringSession;
use crate::support::lab::{ACCOUNT, Lab, Ran, this_second};
use crate::support::mail::{self, MailServer, headers_of, text_of};
use crate::support::ports::free_ports;
use crate::support::records::record;
use crate::support::waiting::wait_for;

const PASSWORD: &str = "correct horse battery staple";
const HOUR: i64 = 3_600_000;

#[test]
fn a_log_that_fell_silent_is_told_by_mail_once_and_its_end_too() {
    if !mail::is_there() {
        return;
    }
    let server = MailServer::start("starttls", Some(("duo", PASSWORD)));
    let lab = Lab::new(silent_world());
    trust(&lab, &server.ca_pem);
    let add = add_email(&lab, server.port, &["--user", "duo", "--least", "low"]);
    Ran::of(&add).exits(0).says("Its secret stays where it was found: the environment");
    once(&lab).exits(0);
    let message = server.message(1);
    let headers = headers_of(&message);
    assert_eq!(message["user"], "duo");
    assert_eq!(message["tls"], true);
    assert_eq!(message["to"][0], "it@example.com");
    assert!(headers.iter().any(|line| line == "From: Duo <duo@example.com>"), "{headers:?}");
    let text = text_of(&message);
    for words in [
        "Duo Security: No new records",
        "Account: Example",
        "All logs",
        // On a Monday the newest one is of the weekend's beginning.
        "No new record for ",
        "Duo answers",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let status = lab.run(&["status", "--json"]).exits(0).json();
    let output = &status["outputs"][0];
    assert_eq!((&output["name"], &output["type"]), (&"Mail".into(), &"email".into()));
    assert!(output["delivered"].as_u64().unwrap() >= 1);
    assert_eq!(output["pending"], 0);
    assert_eq!(output["error"], Value::Null);
    assert!(status["alerts"]["open"].as_u64().unwrap() >= 1);

    once(&lab).exits(0);
    assert_eq!(server.count(), 1, "the same is not told again");
    publish(&lab, LogType::ALL.as_slice());
    once(&lab).exits(0);
    let over = text_of(&server.message(2));
    assert!(over.contains("Over: Duo Security: No new records"), "{over}");
    assert_absent_below(lab.folder(), PASSWORD);
}

#[test]
fn a_mail_server_that_is_away_gets_the_message_when_it_is_back() {
    if !mail::is_there() {
        return;
    }
    let [port] = free_ports();
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    Ran::of(&add_plain(&lab, port, &["--group-for", "0s"])).exits(0);
    let collector = start(&lab);
    raise(&lab, "push-fraud", "jsmith", "first");
    let status = || lab.run(&["status", "--json"]).json()["outputs"][0].clone();
    collector.wait_until("the failure is told", || {
        let output = status();
        output["pending"] == 1
            && output["error"].as_str().is_some_and(|words| words.contains("refused"))
    });
    let server = MailServer::start_at(port, "none", None);
    let text = text_of(&server.message(1));
    assert!(text.contains("jsmith"), "{text}");
    collector.wait_until("it counts as delivered", || {
        let output = status();
        output["delivered"] == 1 && output["pending"] == 0 && output["error"] == Value::Null
    });
    assert_eq!(server.count(), 1);
}

#[test]
fn what_piled_up_over_days_is_one_message() {
    if !mail::is_there() {
        return;
    }
    let server = MailServer::start("none", None);
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    Ran::of(&add_plain(&lab, server.port, &[])).exits(0);
    for n in 0..300 {
        raise(&lab, "push-fraud", &format!("user{n}"), "Push reported as fraud");
    }
    once(&lab).exits(0);
    let message = server.message(1);
    let text = text_of(&message);
    assert!(text.contains("300 alerts, the gravest high (Example)"), "{text}");
    assert!(text.contains("and 290 more"), "{text}");
    assert_eq!(server.count(), 1);
}

#[test]
fn a_refusal_is_kept_and_goes_out_when_a_test_shows_that_all_is_well_again() {
    if !mail::is_there() {
        return;
    }
    let server = MailServer::start("none", None);
    server.say(Some("550 5.1.1 no such mailbox"));
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    Ran::of(&add_plain(&lab, server.port, &[])).exits(0);
    raise(&lab, "push-fraud", "jsmith", "Push reported as fraud");
    once(&lab).exits(0);
    let output = lab.run(&["status", "--json"]).json()["outputs"][0].clone();
    assert_eq!((&output["pending"], &output["refused"]), (&1.into(), &1.into()));
    assert!(output["error"].as_str().unwrap().contains("no such mailbox"), "{output}");
    once(&lab).exits(0);
    lab.run(&["output", "test", "Mail"]).exits(1).says("no such mailbox");

    server.say(None);
    let ran = lab.run(&["output", "test", "Mail"]).exits(0);
    assert!(ran.out.contains("250 2.0.0 Ok: kept as 1"), "{}", ran.out);
    once(&lab).exits(0);
    let text = text_of(&server.message(2));
    assert!(text.contains("jsmith"), "{text}");
}

#[test]
fn a_mail_server_with_a_foreign_certificate_learns_nothing() {
    if !mail::is_there() {
        return;
    }
    for how in ["tls", "starttls"] {
        let server = MailServer::start(how, Some(("duo", PASSWORD)));
        let lab = Lab::new(World::single());
        Ran::of(&add_email(&lab, server.port, &["--user", "duo", "--security", how])).exits(0);
        let ran = Ran::of(&test_mail(&lab)).exits(1);
        assert!(ran.err.contains("certificate"), "{}", ran.err);
        assert_eq!(server.count(), 0);

        trust(&lab, &server.ca_pem);
        Ran::of(&test_mail(&lab)).exits(0);
        assert_eq!(server.message(1)["tls"], true);
    }
}

#[test]
fn a_wrong_password_is_told_and_never_repeated() {
    if !mail::is_there() {
        return;
    }
    let server = MailServer::start("tls", Some(("duo", "another password")));
    let lab = Lab::new(World::single());
    trust(&lab, &server.ca_pem);
    Ran::of(&add_email(&lab, server.port, &["--user", "duo", "--security", "tls"])).exits(0);
    let ran = Ran::of(&test_mail(&lab)).exits(1).says("535");
    assert!(!ran.err.contains(PASSWORD) && !ran.out.contains(PASSWORD));
    assert_absent_below(lab.folder(), PASSWORD);
}

#[test]
fn hostile_names_stay_inside_their_line() {
    if !mail::is_there() {
        return;
    }
    let server = MailServer::start("none", None);
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    Ran::of(&add_plain(&lab, server.port, &[])).exits(0);
    raise(&lab, "push-fraud", "a\r\nBcc: all@example.com\r\n\r\n<img src=x>", "Push\nX-Evil: 1");
    once(&lab).exits(0);
    let message = server.message(1);
    assert_eq!(message["to"].as_array().unwrap().len(), 1);
    for line in headers_of(&message) {
        assert!(!line.starts_with("Bcc") && !line.starts_with("X-Evil"), "{line}");
    }
    let text = text_of(&message);
    assert!(text.contains("&lt;img src=x&gt;"), "{text}");
}

#[test]
fn quiet_hours_hold_back_what_is_not_critical() {
    if !mail::is_there() {
        return;
    }
    let server = MailServer::start("none", None);
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    let at = |hours: i64| {
        let minutes = (UnixMillis::now().0 / 60_000 + hours * 60).rem_euclid(1440);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    };
    let hours = format!("{}-{}", at(-2), at(2));
    Ran::of(&add_plain(&lab, server.port, &["--quiet-hours", &hours, "--zone", "UTC"])).exits(0);
    raise(&lab, "push-fraud", "jsmith", "Push reported as fraud");
    once(&lab).exits(0);
    assert_eq!(server.count(), 0);
    assert_eq!(lab.run(&["status", "--json"]).json()["outputs"][0]["pending"], 1);
    raise_at(&lab, Level::Critical, "secret-key-viewed", "admin", "Secret key viewed");
    once(&lab).exits(0);
    let text = text_of(&server.message(1));
    assert!(text.contains("Critical: Secret key viewed") && !text.contains("jsmith"), "{text}");
}

#[test]
fn the_address_of_a_slack_webhook_lives_in_the_keychain_only() {
    let hook = Hook::start();
    let session = KeyringSession::unlocked();
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    let address = format!("http://127.0.0.1:{}/services/T0/B0/verysecretpath", hook.port);
    let command = |words: &[&str]| {
        let mut command = session.command(env!("CARGO_BIN_EXE_duo-integrator"));
        command.arg("--home").arg(lab.folder()).args(words);
        command.env("DUO_INTEGRATOR_SECRET_KEY", duo_integrator::simulator::SECRET_KEY);
        for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        command
    };
    let add =
        command(&["output", "add", "--type", "slack", "--name", "Chat", "--secret-stdin", "-vv"]);
    let ran = with_input(add, &format!("{address}\n")).exits(0).says("in the keychain");
    assert!(!ran.err.contains("verysecretpath"), "{}", ran.err);
    assert_eq!(session.secret_tool_lookup("output/Chat"), address);
    let ran = Ran::of(&command(&["output", "test", "Chat", "-vv"]).output().unwrap()).exits(0);
    assert!(ran.out.contains("200 ok"), "{}", ran.out);
    let test = hook.message(0);
    assert_eq!(test.path, "/services/T0/B0/verysecretpath");
    assert!(test.body["blocks"].is_array());

    hook.answer(500);
    raise(&lab, "push-fraud", "<!channel> *x*", "Push reported as fraud");
    Ran::of(&command(&["collect", "--once", "-vv"]).output().unwrap()).exits(0);
    let status = Ran::of(&command(&["status", "--json"]).output().unwrap()).exits(0).json();
    let error = status["outputs"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("127.0.0.1") && error.contains("500"), "{error}");
    assert_eq!(status["outputs"][0]["pending"], 1);
    assert_absent_below(lab.folder(), "verysecretpath");
    let listed = Ran::of(&command(&["output", "list"]).output().unwrap()).exits(0).out;
    assert!(listed.contains("127.0.0.1") && !listed.contains("verysecretpath"), "{listed}");

    Ran::of(&command(&["output", "remove", "Chat"]).output().unwrap()).exits(0);
    assert_eq!(session.secret_tool_lookup("output/Chat"), "");
    let status = Ran::of(&command(&["status", "--json"]).output().unwrap()).exits(0).json();
    assert_eq!(status["outputs"], serde_json::json!([]));
}

#[test]
fn a_webhook_gets_our_json_and_its_header_and_is_tried_again_while_that_may_help() {
    let hook = Hook::start();
    let lab = Lab::new(World::single());
    once(&lab).exits(0);
    let url = format!("http://127.0.0.1:{}/alerts", hook.port);
    let mut add = lab.command(&["output", "add", "--type", "webhook", "--name", "SOAR"]);
    add.args(["--url", &url, "--header-name", "Authorization", "--group-for", "0s"]);
    add.env("DUO_INTEGRATOR_OUTPUT_SOAR", "Bearer hunter2hunter2");
    Ran::of(&add.output().unwrap()).exits(0);
    let mut command = lab.command(&["collect", "--no-tray", "--unsafe-poll-interval"]);
    command.env("DUO_INTEGRATOR_OUTPUT_SOAR", "Bearer hunter2hunter2");
    hook.answer(503);
    let collector = Collector::start(command, &lab);
    collector.wait_until_running();
    raise(&lab, "push-fraud", "jsmith", "Push reported as fraud");
    hook.message(1);
    hook.answer(200);
    collector.wait_until("it is delivered", || {
        lab.run(&["status", "--json"]).json()["outputs"][0]["delivered"] == 1
    });
    let last = hook.last();
    assert_eq!(last.authorization.as_deref(), Some("Bearer hunter2hunter2"));
    assert_eq!(last.body["kind"], "alerts");
    assert_eq!(last.body["alerts"][0]["rule"], "push-fraud");
    assert_eq!(last.body["alerts"][0]["subject"], "jsmith");

    hook.answer(404);
    raise(&lab, "push-fraud", "other", "Push reported as fraud");
    collector.wait_until("it is refused for good", || {
        lab.run(&["status", "--json"]).json()["outputs"][0]["refused"] == 1
    });
    let before = hook.count();
    thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(hook.count(), before, "404 is not tried again");
    assert_absent_below(lab.folder(), "hunter2hunter2");
}

#[test]
fn a_card_for_teams_arrives() {
    let hook = Hook::start();
    let lab = Lab::new(World::single());
    let address = format!("http://127.0.0.1:{}/workflows/secretpart", hook.port);
    let run = |words: &[&str]| {
        let mut command = lab.command(words);
        command.env("DUO_INTEGRATOR_OUTPUT_TEAMS", &address);
        Ran::of(&command.output().unwrap())
    };
    run(&["output", "add", "--type", "teams", "--name", "Teams"]).exits(0);
    run(&["output", "test", "Teams"]).exits(0);
    let card = &hook.message(0).body["attachments"][0]["content"];
    assert_eq!(card["type"], "AdaptiveCard");
    assert_absent_below(lab.folder(), "secretpart");
}

#[test]
fn outputs_are_checked_before_they_are_added() {
    let lab = Lab::new(World::single());
    let run =
        |words: &[&str]| lab.run(&[&["output", "add", "--name", "X", "--type"], words].concat());
    run(&["email", "--server", "smtp.example.com"]).exits(1).says("from");
    run(&["webhook", "--url", "http://soar.example.com/"]).exits(1).says("use https");
    run(&["pigeon"]).exits(2);
    run(&["slack"]).exits(1).says("missing");
    let none = lab.run(&["output", "test", "Nobody"]).exits(1);
    assert!(none.err.contains("output add"), "{}", none.err);
    assert_eq!(lab.run(&["output", "list", "--json"]).exits(0).json(), serde_json::json!([]));
    let webhook = ["webhook", "--url", "https://soar.example.com/", "--least", "high"];
    run(&webhook).exits(0);
    run(&webhook).exits(1).says("already");
    let listed = lab.run(&["output", "list", "--json"]).exits(0).json();
    assert_eq!(listed[0]["destination"], "https://soar.example.com/");
    assert_eq!(listed[0]["levels"], serde_json::json!(["high", "critical"]));
    lab.run(&["output", "remove", "X"]).exits(0);
    assert_eq!(lab.run(&["output", "list", "--json"]).exits(0).json(), serde_json::json!([]));
}

// ---- What the tests stand on --------------------------------------------------------------------

/// Records until thirty hours ago, and none since.
fn silent_world() -> World {
    let mut world = World::single();
    let until = this_second().0 - 30 * HOUR;
    let from = UnixMillis(until - 3 * DAY_MILLIS);
    world.settle_in(INTEGRATION_KEY, invent(6, from, UnixMillis(until), 40, 60));
    world
}

/// Publishes a record of a few minutes ago in each of these logs.
fn publish(lab: &Lab, log_types: &[LogType]) {
    let at = UnixMillis(this_second().0 - 300_000);
    lab.world(|world| {
        for log_type in log_types {
            world.publish(INTEGRATION_KEY, *log_type, at, record(*log_type, at, 7_000_001));
        }
    });
}

fn raise(lab: &Lab, rule: &str, subject: &str, title: &str) {
    raise_at(lab, Level::High, rule, subject, title);
}

fn raise_at(lab: &Lab, level: Level, rule: &str, subject: &str, title: &str) {
    let mut writer = Writer::beside(&lab.home.store_file()).unwrap().unwrap();
    let (account, time) = (Some(ACCOUNT), UnixMillis::now());
    let alarm = Alarm { rule, title, level, account, subject, time, words: "What was found" };
    assert!(writer.raise(&alarm).unwrap().new);
}

fn once(lab: &Lab) -> Ran {
    let mut command = lab.command(&["collect", "--once", "--json"]);
    command.env("DUO_INTEGRATOR_OUTPUT_MAIL", PASSWORD);
    Ran::of(&command.output().unwrap())
}

fn start(lab: &Lab) -> Collector {
    let command = lab.command(&["collect", "--no-tray", "--unsafe-poll-interval"]);
    let collector = Collector::start(command, lab);
    collector.wait_until_running();
    collector
}

fn trust(lab: &Lab, pem: &str) {
    let file = lab.home.config.join("ca.pem");
    let before = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("{before}\n{pem}")).unwrap();
}

fn add_plain(lab: &Lab, port: u16, more: &[&str]) -> std::process::Output {
    add_email(lab, port, &[&["--security", "none"], more].concat())
}

fn add_email(lab: &Lab, port: u16, more: &[&str]) -> std::process::Output {
    let server = format!("localhost:{port}");
    let mut add = lab.command(&["output", "add", "--type", "email", "--name", "Mail"]);
    add.args(["--server", &server, "--from", "Duo <duo@example.com>", "--to", "it@example.com"]);
    add.args(more).env("DUO_INTEGRATOR_OUTPUT_MAIL", PASSWORD).output().unwrap()
}

fn test_mail(lab: &Lab) -> std::process::Output {
    let mut test = lab.command(&["output", "test", "Mail", "-vv"]);
    test.env("DUO_INTEGRATOR_OUTPUT_MAIL", PASSWORD).output().unwrap()
}

fn with_input(mut command: Command, input: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}

/// Fails if a text is in any file of a folder.
#[track_caller]
fn assert_absent_below(folder: &std::path::Path, secret: &str) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            assert_absent_below(&path, secret);
        } else if entry.file_type().unwrap().is_file() {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "the secret is in {}", path.display());
        }
    }
}

/// What was posted to a hook.
#[derive(Clone, Debug)]
struct Posted {
    path: String,
    authorization: Option<String>,
    body: Value,
}

/// A real HTTP server that keeps what is posted to it.
struct Hook {
    port: u16,
    status: Arc<AtomicU16>,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Hook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (status, posted) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(Vec::new())));
        let (answer, keep) = (Arc::clone(&status), Arc::clone(&posted));
        // Ends with the test's process: it waits in accept.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let status = answer.load(Ordering::SeqCst);
                if let Some(one) = serve(client, status) {
                    keep.lock().unwrap().push(one);
                }
            }
        });
        Self { port, status, posted }
    }

    /// The status of all answers from now on.
    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn count(&self) -> usize {
        self.posted.lock().unwrap().len()
    }

    #[track_caller]
    fn message(&self, number: usize) -> Posted {
        let found = wait_for(|| self.posted.lock().unwrap().get(number).cloned());
        found.unwrap_or_else(|| panic!("message {number} never came"))
    }

    fn last(&self) -> Posted {
        self.posted.lock().unwrap().last().cloned().unwrap()
    }
}

fn serve(mut client: TcpStream, status: u16) -> Option<Posted> {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut lines, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        lines.push(line.trim().to_owned());
        line.clear();
    }
    let header = |name: &str| {
        lines.iter().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let words = if status == 200 { "ok" } else { "no" };
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{words}",
        words.len()
    );
    client.write_all(answer.as_bytes()).ok()?;
    Some(Posted {
        path: lines.first()?.split(' ').nth(1)?.to_owned(),
        authorization: header("authorization"),
        body: serde_json::from_slice(&body).ok()?,
    })
}
