//! `installer`: what the packages' installers ask of the program. Hidden: nobody types this.
//!
//! Promises: `begin` ends this user's collector before its file is replaced, and `end` starts it
//! again if `begin` ended it, so an upgrade neither loses nor repeats a record; `leave` ends it for
//! good and takes back its start at login. What was collected stays, unless the person says
//! otherwise to a question whose answer is No unless they choose Yes, or whoever removes the program
//! by a script asks for it.
//!
//! A user who never used the program has no folders, and gets none from this.
//!
//! Between `begin` and `end`, the file `state/upgrade` says whether a collector ran; while it is fresh,
//! `leave` does nothing: replacing a package removes the old one, and not every installer tells its
//! actions why.
//! - Absent: no upgrade is under way.
//! - Unreadable: as if no collector had run.
//! - Left over from an upgrade that broke off: the next `begin` writes it anew.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Subcommand;

use super::{Done, out};
use crate::base::{Home, Problem, files, lock};
use crate::control::{self, Request, Role};
use crate::platform::keychain::SystemKeychain;
use crate::platform::{autostart, console, start};
use crate::secrets;
use crate::settings::Settings;

/// How long a collector may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

const QUESTION: &str = "Delete what Duo Security Integrator has collected for you as well: records, \
                        settings, logs, and the secret keys in the Credential Manager?\n\nNo keeps \
                        everything; a later installation goes on from there.";

#[derive(Subcommand)]
pub enum Installer {
    /// End the collector before the program is replaced
    Begin,
    /// Start it again if it ran
    End,
    /// End it for good, before the program is removed
    Leave {
        /// Ask the person in a box whether what was collected shall be deleted
        #[arg(long, conflicts_with = "delete_data")]
        ask: bool,
        /// Delete what was collected, the settings, and the secrets in the keychain
        #[arg(long)]
        delete_data: bool,
    },
}

pub fn run(installer: &Installer, given: Option<&Path>) -> Done {
    // An installer has no terminal.
    console::leave_own();
    secrets::use_keychain(SystemKeychain);
    let home = Home::find(given)?;
    match installer {
        Installer::Begin if home.state.is_dir() => {
            let ran = end_collector(&home)?;
            let mark = if ran { RAN } else { RAN_NOT };
            files::replace(&mark_file(&home), mark).map_err(|error| {
                Problem::new("The collector will not be started again after the upgrade")
                    .because(error)
                    .next("start it by hand: duo-integrator collect")
            })?;
        }
        Installer::Begin => {}
        Installer::End => {
            let mark = files::read_if_there(&mark_file(&home)).ok().flatten();
            let _ = fs::remove_file(mark_file(&home));
            if mark.is_some_and(|mark| mark == RAN) {
                start::collector(&home)?;
            }
        }
        Installer::Leave { .. } if upgrade_is_under_way(&home) => {}
        Installer::Leave { ask, delete_data } => {
            end_collector(&home)?;
            autostart::remove(&home)?;
            let there = [&home.config, &home.data, &home.state].iter().any(|dir| dir.is_dir());
            if there && (*delete_data || (*ask && console::ask_in_a_box(TITLE, QUESTION))) {
                delete(&home)?;
            }
        }
    }
    Ok(())
}

const TITLE: &str = "Duo Security Integrator";

/// How long an upgrade may take.
const FRESH: Duration = Duration::from_secs(600);

const RAN: &[u8] = b"the collector ran\n";
const RAN_NOT: &[u8] = b"the collector did not run\n";

fn mark_file(home: &Home) -> PathBuf {
    home.state.join("upgrade")
}

fn upgrade_is_under_way(home: &Home) -> bool {
    let written = fs::metadata(mark_file(home)).and_then(|mark| mark.modified());
    written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age < FRESH))
}

/// Ends the collector of this home, whatever its version. Whether there was one.
fn end_collector(home: &Home) -> Result<bool, Problem> {
    if !lock::is_held(home) {
        return Ok(false);
    }
    // What counts is that it ends; one of another version may do so without an answer.
    let _ = control::ask_blocking(home, Role::Collector, &Request::Quit);
    let start = Instant::now();
    while lock::is_held(home) {
        if start.elapsed() > PATIENCE {
            return Err(Problem::new("The collector that runs did not end")
                .next("end it by hand (its icon in the tray has Quit), then try again"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(true)
}

/// Deletes what this home holds, and its secrets. Goes on after a failure.
fn delete(home: &Home) -> Result<(), Problem> {
    let mut first = None;
    let mut note = |done: Result<(), Problem>| {
        if let Err(problem) = done {
            match first {
                None => first = Some(problem),
                Some(_) => out::warn(&problem),
            }
        }
    };
    // Settings that cannot be read do not say which secrets there are.
    match Settings::load(home) {
        Ok(settings) => {
            for account in &settings.accounts {
                note(secrets::forget(&account.integration_key));
            }
            for output in &settings.outputs {
                note(secrets::forget_output_secret(&output.name));
            }
            if let Some(url) = &settings.network.proxy {
                note(secrets::forget_proxy_login(url));
            }
        }
        Err(problem) => note(Err(problem)),
    }
    for folder in [&home.config, &home.data, &home.state] {
        note(match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Problem::new("A folder could not be deleted")
                    .because(error)
                    .next(format!("delete it by hand: {}", folder.display())))
            }
            _ => Ok(()),
        });
    }
    // The folder around the three is ours as well, where there is one.
    if let Some(around) = home.config.parent().filter(|around| Home::under(around) == *home) {
        let _ = fs::remove_dir(around);
    }
    first.map_or(Ok(()), Err)
}
