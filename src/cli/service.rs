//! `service`: the collector as a service of Windows, for servers where nobody is logged in.
//!
//! Promises: the service's secrets are in the credential store of its own account, written there by
//! the service itself. `service start` hands it what this user's keychain (or environment) has for
//! the accounts, outputs and proxy of the service's settings, as words of the start: Windows passes
//! those on in memory; they stand in no file, no registry and no list of processes.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;

use super::{Done, out};
use crate::base::log::{self, Verbosity};
use crate::base::words::counted;
use crate::base::{Home, Problem, Secret};
use crate::collector::{self, Ended, Options};
use crate::pipeline::Progress;
use crate::platform::keychain::SystemKeychain;
use crate::platform::service::{self, State};
use crate::secrets::{self, ProxyLogin};
use crate::settings::Settings;

#[derive(Subcommand)]
pub enum Service {
    /// Register the service: it starts with the computer, and again after a failure
    Install,
    /// End the service and take it off the list of services
    Remove {
        /// Delete what it collected, its settings and its secrets as well
        #[arg(long)]
        delete_data: bool,
    },
    /// Start the service, and hand it the secret keys its settings ask for
    Start,
    /// Ask the service to end, and wait until it has
    Stop,
    /// Tell how the service stands
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Start the service if it is registered; for installers
    #[command(hide = true)]
    Resume,
    /// Be the service; for the system's manager of services
    #[command(hide = true)]
    Run,
}

/// The JSON of `service status --json`.
#[derive(Serialize)]
struct Report<'a> {
    service: &'static str,
    home: &'a Path,
}

pub fn run(service: &Service, given: Option<&Path>, verbose: u8) -> Done {
    secrets::use_keychain(SystemKeychain);
    let root: PathBuf = match given {
        Some(root) => std::path::absolute(root).unwrap_or_else(|_| root.to_owned()),
        None => service::root()?,
    };
    let home = Home::under(&root);
    match service {
        Service::Install => install(&root, &home)?,
        Service::Remove { delete_data } => remove(*delete_data, &root)?,
        Service::Start => start(&root, &home)?,
        Service::Stop => {
            service::stop()?;
            out::tell("The service has ended; what it fetched is stored.");
        }
        Service::Status { json } => status(*json, &root)?,
        Service::Resume if service::state()? == State::NotInstalled => {}
        Service::Resume => service::start(&[])?,
        Service::Run => {
            home.prepare()?;
            let _log = log::start(&home.log_dir(), Verbosity::from_count(verbose))?;
            service::run(move |words, begun| {
                if words.first().is_some_and(|word| word == FORGET) {
                    forget(&home);
                    return Ok(());
                }
                // Who starts it may rely on it that what was handed over is stored by then.
                keep(&words);
                begun();
                collect(&home)
            })?;
        }
    }
    Ok(())
}

fn install(root: &Path, home: &Home) -> Result<(), Problem> {
    service::install(root)?;
    home.prepare()?;
    out::tell(&format!(
        "The service is installed. Its home, open to it and to administrators: {root}\n\
         Next, add an account there and start it:\n\
         \u{20}   duo-integrator --home \"{root}\" account add \u{2026}\n\
         \u{20}   duo-integrator service start",
        root = root.display()
    ));
    Ok(())
}

fn remove(delete_data: bool, root: &Path) -> Result<(), Problem> {
    let there = service::state()? != State::NotInstalled;
    if there && delete_data {
        // Only the service itself reaches its account's credential store. It ends by itself after
        // that; a service that cannot start has stored nothing there that would be missed.
        service::stop()?;
        if let Err(problem) = service::start(&[FORGET.into()]) {
            tracing::debug!(%problem, "forgetting");
        }
    }
    let removed = service::remove()?;
    if delete_data {
        match std::fs::remove_dir_all(root) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Problem::new("The service\u{2019}s home could not be deleted")
                    .because(error)
                    .next(format!("delete it by hand: {}", root.display())));
            }
            _ => {}
        }
    }
    out::tell(&match (removed, delete_data) {
        (true, true) => "The service is removed, and what it collected is deleted.".to_owned(),
        (true, false) => format!("The service is removed. Its home stays: {}", root.display()),
        (false, _) => "There is no service on this computer.".to_owned(),
    });
    Ok(())
}

fn start(root: &Path, home: &Home) -> Result<(), Problem> {
    if service::state()? == State::Running {
        out::tell(
            "The service runs already. To hand it new secret keys: duo-integrator service stop, \
             then duo-integrator service start",
        );
        return Ok(());
    }
    let settings = Settings::load(home)?;
    let words = gather(&settings);
    service::start(&words)?;
    let given = match words.len() / WORDS {
        0 => String::new(),
        n => format!(
            " It was handed {}, which it keeps in the credential store of its account.",
            counted(n as u64, "secret")
        ),
    };
    out::tell(&format!("The service runs.{given}"));
    if settings.accounts.is_empty() {
        out::tell(&format!(
            "It has no account yet: duo-integrator --home \"{}\" account add \u{2026}",
            root.display()
        ));
    }
    Ok(())
}

fn status(json: bool, root: &Path) -> Result<(), Problem> {
    let state = service::state()?;
    if json {
        return out::json(&Report { service: state.word(), home: root });
    }
    let words = match state {
        State::NotInstalled => "is not installed",
        State::Stopped => "is stopped",
        State::Starting => "is starting",
        State::Running => "runs",
        State::Stopping => "is stopping",
    };
    out::line(&format!("The service {words}. Its home: {}", root.display()))
}

/// Collects until the manager asks for the end. Without an account, or with a mistake in the
/// settings, it waits for them to be mended, as a collector with an icon does.
fn collect(home: &Home) -> Result<(), Problem> {
    let warn = |problem: &Problem| tracing::warn!(%problem, "collecting");
    collector::run(home, Options::default(), &Progress::default(), || (), warn).map_err(|ended| {
        match ended {
            Ended::NotBegun(busy) => busy.into(),
            Ended::Problem(problem) => problem,
        }
    })
}

// ---- Handing over secrets -----------------------------------------------------------------------

/// A kind, a name and the secret.
const WORDS: usize = 3;

const ACCOUNT: &str = "account";
const OUTPUT: &str = "output";
const PROXY: &str = "proxy";

/// Alone: the service is to forget what it was handed, and end.
const FORGET: &str = "forget";

/// What can be found here of what these settings ask for. What cannot be found is not missed: the
/// service may have it already.
fn gather(settings: &Settings) -> Vec<OsString> {
    let mut words = Vec::new();
    let mut add = |kind: &str, name: &str, secret: &str| {
        words.extend([kind, name, secret].map(OsString::from));
    };
    for account in &settings.accounts {
        if let Ok(found) = secrets::find(&account.integration_key) {
            add(ACCOUNT, &account.integration_key, found.secret.expose());
        }
    }
    for output in &settings.outputs {
        if let Ok(found) = secrets::find_output_secret(&output.name) {
            add(OUTPUT, &output.name, found.secret.expose());
        }
    }
    if let Some(url) = &settings.network.proxy
        && let Ok(Some(login)) = secrets::find_proxy_login(url)
    {
        // A user name holds no colon.
        add(PROXY, url, &format!("{}:{}", login.user, login.password.expose()));
    }
    words
}

/// Puts what was handed over into the service's own credential store.
fn keep(words: &[OsString]) {
    for triple in words.chunks_exact(WORDS) {
        let [Some(kind), Some(name), Some(text)] =
            [0, 1, 2].map(|place| triple.get(place).and_then(|word: &OsString| word.to_str()))
        else {
            continue;
        };
        let kept = match kind {
            ACCOUNT => secrets::store(name, &Secret::new(text.to_owned())),
            OUTPUT => secrets::store_output_secret(name, &Secret::new(text.to_owned())),
            PROXY => text.split_once(':').map_or(Ok(()), |(user, password)| {
                let password = Secret::new(password.to_owned());
                secrets::store_proxy_login(name, &ProxyLogin { user: user.to_owned(), password })
            }),
            _ => Ok(()),
        };
        match kept {
            Ok(()) => tracing::info!(kind, "a secret was handed over and stored"),
            Err(problem) => tracing::error!(%problem, kind, "a secret was handed over in vain"),
        }
    }
}

/// Takes the secrets that the settings name out of the service's own credential store.
fn forget(home: &Home) {
    let settings = match Settings::load(home) {
        Ok(settings) => settings,
        Err(problem) => return tracing::error!(%problem, "the secrets stay where they are"),
    };
    let accounts =
        settings.accounts.iter().map(|account| secrets::forget(&account.integration_key));
    let outputs = settings.outputs.iter().map(|output| secrets::forget_output_secret(&output.name));
    let proxy = settings.network.proxy.iter().map(|url| secrets::forget_proxy_login(url));
    for problem in accounts.chain(outputs).chain(proxy).filter_map(Result::err) {
        tracing::error!(%problem, "a secret stays where it is");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::in_tests;

    #[test]
    fn what_the_settings_ask_for_is_handed_over_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::under(folder.path());
        in_tests::put("DIHANDEDOVERHANDEDOV", "the secret key of the test");
        in_tests::put("DINOTMENTIONEDNOTMEN", "another");
        let text = "version = 1\n[[account]]\nname = \"A\"\n\
                    integration_key = \"DIHANDEDOVERHANDEDOV\"\n\
                    api_hostname = \"api-00000000.duosecurity.com\"\n[[account]]\nname = \"B\"\n\
                    integration_key = \"DIHASNOSECRETKEYHERE\"\n\
                    api_hostname = \"api-00000000.duosecurity.com\"\n";
        let settings = Settings::parse(text, &home).unwrap();
        assert_eq!(
            gather(&settings),
            ["account", "DIHANDEDOVERHANDEDOV", "the secret key of the test"]
        );
        // What makes no sense is passed over.
        keep(&["account".into()]);
        keep(&["nonsense".into(), "x".into(), "y".into()]);
    }
}
