//! Finish: the secret into the keychain, the settings written, start at login, the collector started.
//!
//! Promises: what failed is told and nothing half-done stays: a secret that was stored for an
//! account that could not be written down is taken away again. Start at login is not worth failing
//! for; it comes back as a note.

use std::time::{Duration, Instant};

use super::Decision;
use crate::base::lock;
use crate::base::units::format_span;
use crate::base::{Home, Problem};
use crate::control::{self, Request, Role};
use crate::platform::{autostart, start};
use crate::secrets;
use crate::settings::{self, NoDataAlarm, Settings};

/// How long a collector may take to come up, and to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Finish went well.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The account's name.
    pub account: String,
    /// What did not go as wished and holds nothing up.
    pub notes: Vec<Problem>,
}

/// Writes everything down and starts collecting. Takes seconds at most.
pub(super) fn finish(home: &Home, decision: &Decision) -> Result<Finished, Problem> {
    let keys = &decision.keys;
    let account = &keys.account;
    home.prepare()?;
    let known = Settings::load(home)?;
    if let Some(secret) = &keys.secret {
        secrets::store(&account.integration_key, secret)?;
    }
    if let Err(problem) = write_settings(home, &known, decision) {
        let is_new = keys.secret.is_some() && decision.before.is_none();
        if is_new && let Err(left) = secrets::forget(&account.integration_key) {
            tracing::warn!(problem = %left, "the secret key of an account that was not added stays");
        }
        return Err(problem);
    }
    let mut notes = Vec::new();
    if let Some(old) = replaced_key(&known, decision)
        && let Err(problem) = secrets::forget(old)
    {
        notes.push(problem);
    }
    let login =
        if decision.start_at_login { autostart::register(home) } else { autostart::remove(home) };
    if let Err(problem) = login {
        tracing::warn!(%problem, "start at login was not changed");
        notes.push(problem);
    }
    start_collector(home)?;
    // A collector that runs already would find the change by itself, a moment later.
    let _ = control::ask_blocking(home, Role::Collector, &Request::CollectNow);
    Ok(Finished { account: account.name.clone(), notes })
}

/// The integration key that the account had and has no longer: its secret has served.
fn replaced_key<'a>(known: &'a Settings, decision: &Decision) -> Option<&'a str> {
    let before = known.account(decision.before.as_deref()?)?.integration_key.as_str();
    (before != decision.keys.account.integration_key).then_some(before)
}

fn write_settings(home: &Home, known: &Settings, decision: &Decision) -> Result<(), Problem> {
    let keys = &decision.keys;
    let ca_file = keys.network.ca_file.as_ref().map(|file| file.display().to_string().into());
    let proxy = keys.network.proxy.as_deref().map(Into::into);
    if known.network != keys.network {
        settings::set_in_section(home, "network", &[("ca_file", ca_file), ("proxy", proxy)])?;
    }
    if let (Some(proxy), Some(login)) = (&keys.network.proxy, &keys.login) {
        secrets::store_proxy_login(proxy, login)?;
    }
    if known.no_data_alarm != decision.alarm {
        write_alarm(home, &decision.alarm)?;
    }
    if known.notifications.desktop != decision.notifications {
        write_notifications(home, decision.notifications)?;
    }
    // Last, because this is what the collector acts on.
    match &decision.before {
        None => settings::add_account(home, &keys.account),
        Some(name) if known.account(name) == Some(&keys.account) => Ok(()),
        Some(name) => settings::change_account(home, name, &keys.account),
    }
}

fn write_notifications(home: &Home, desktop: bool) -> Result<(), Problem> {
    let values = [("desktop", Some(desktop.into()))];
    settings::set_in_section(home, "notifications", &values).map(|_| ())
}

fn write_alarm(home: &Home, alarm: &NoDataAlarm) -> Result<(), Problem> {
    let values =
        [("enabled", Some(alarm.enabled.into())), ("after", Some(format_span(alarm.after).into()))];
    settings::set_in_section(home, "no_data_alarm", &values).map(|_| ())
}

/// Starts the collector and waits until it is at work; one that runs already is as good.
pub(super) fn start_collector(home: &Home) -> Result<(), Problem> {
    if lock::is_held(home) {
        return Ok(());
    }
    start::collector(home)?;
    if wait_until(|| lock::is_held(home)) {
        return Ok(());
    }
    Err(Problem::new("The collector did not start")
        .because(format!("it was not at work after {} s", PATIENCE.as_secs()))
        .next(format!(
            "look at the last lines of its log in {}, or start it in a terminal: \
             duo-integrator collect",
            home.log_dir().display()
        )))
}

/// Ends the collector that runs, whatever its version, and starts this one's.
pub(super) fn restart_collector(home: &Home) -> Result<(), Problem> {
    // What counts is that it ends; one of another version may do so without an answer.
    let _ = control::ask_blocking(home, Role::Collector, &Request::Quit);
    if !wait_until(|| !lock::is_held(home)) {
        return Err(Problem::new("The collector that runs did not end")
            .next("end it by hand (its icon in the tray has Quit), then start it here"));
    }
    start_collector(home)
}

fn wait_until(so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    so()
}
