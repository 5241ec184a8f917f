//! Messages on the desktop, as they travel over a real D-Bus.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use duo_integrator::notify::Message;
use duo_integrator::notify::desktop::Desktop as Messages;

use crate::support::keyring::{KeyringSession, program};
use crate::support::waiting::wait_until;

/// Runs in a process of its own, whose session is a new one.
#[test]
#[ignore = "started by the tests below"]
fn show_in_a_child() {
    // The collector calls from a thread that belongs to a runtime.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let messages = Messages::default();
    runtime.block_on(async {
        let start = Instant::now();
        for n in 0..20 {
            let text = "R&D <b>: no way to Duo".to_owned();
            messages.show(Message { title: format!("Contoso {n}"), text });
        }
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    });
    wait_until("no message waits any more", || messages.is_idle());
}

#[test]
fn a_message_reaches_the_desktop_with_its_words_as_they_are() {
    let mut session = KeyringSession::with_bus_only();
    let mut ear = session.command(program("dbus-monitor", "dbus-bin"));
    ear.args(["--session", "interface='org.freedesktop.Notifications'"]);
    let heard = session.folder().join("heard");
    ear.stdout(std::fs::File::create(&heard).unwrap()).stderr(Stdio::null());
    session.start(&mut ear);
    let read = || std::fs::read_to_string(&heard).unwrap();
    wait_until("something is heard", || !read().is_empty());
    child(|command| _ = command.env("DBUS_SESSION_BUS_ADDRESS", session.bus_address()));
    wait_until("a message", || read().contains("R&amp;D"));
    let heard = read();
    assert!(heard.contains("string \"Duo Security Integrator\""), "{heard}");
    assert!(heard.contains("string \"Contoso 0\""), "{heard}");
    assert!(heard.contains("string \"R&amp;D &lt;b&gt;: no way to Duo\""), "{heard}");
}

#[test]
fn without_a_bus_nothing_happens_and_nobody_waits() {
    child(|command| _ = command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"));
}

#[track_caller]
fn child(settle: impl Fn(&mut Command)) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "messages::show_in_a_child"]).stdin(Stdio::null());
    settle(&mut command);
    let ran = command.output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && said.contains("1 passed"), "{said}");
}
