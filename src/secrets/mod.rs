//! Secret keys, proxy logins and what outputs need: where they are looked for, and in what order.
//!
//! Promises: a secret is only ever written to the keychain, never to a file; a machine without a
//! keychain gets a message naming the other ways, never a silent plain-text fallback.
//!
//! The order: the keychain (service [`SERVICE`], user = the integration key); the file
//! `$CREDENTIALS_DIRECTORY/<integration key>`; the variable [`SECRET_VARIABLE`]. systemd's
//! credentials: <https://systemd.io/CREDENTIALS/>.
//!
//! - Absent: the next way is tried.
//! - Unreadable: a credential file that is there and cannot be read stops the search. A keychain
//!   that cannot be asked (locked, not answering) does not: a server may never have had one. When
//!   nothing else has the secret, the [`Problem`] says what was wrong with the keychain.
//! - Left over from a crash: the keychain replaces an entry as a whole.

mod search;

use std::process::Command;
use std::sync::OnceLock;

use crate::base::address::proxy_host_and_port;
use crate::base::{Problem, Secret};

pub use search::Ways;

/// The service of every entry in the keychain.
pub const SERVICE: &str = "duo-integrator";

/// The variable that holds the secret key on servers, in containers and in tests.
pub const SECRET_VARIABLE: &str = "DUO_INTEGRATOR_SECRET_KEY";

/// How the variables that hold what outputs need begin.
const OUTPUT_VARIABLES: &str = "DUO_INTEGRATOR_OUTPUT_";

/// The variable systemd sets to the folder with the credentials of a service.
pub const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// The system's keychain, or what stands for it.
pub trait Keychain: Send + Sync {
    /// The secret of an entry; `None` when there is no such entry.
    fn get(&self, user: &str) -> Result<Option<Secret>, KeychainError>;
    /// Stores or overwrites an entry.
    fn set(&self, user: &str, secret: &Secret) -> Result<(), KeychainError>;
    /// Removes an entry; one that is not there is as good as removed.
    fn delete(&self, user: &str) -> Result<(), KeychainError>;
}

/// Why the keychain gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeychainError {
    /// There is no keychain on this machine, or none this session can reach.
    Absent,
    /// There is one, and it waits to be unlocked.
    Locked,
    /// It refused, in its own words.
    Refused(String),
    /// It did not answer in time.
    TimedOut,
}

impl KeychainError {
    /// What is the matter, as the end of a sentence.
    pub fn reason(&self) -> String {
        match self {
            Self::Absent => "no keychain can be reached from this session".to_owned(),
            Self::Locked => "the keychain is locked".to_owned(),
            Self::Refused(words) => format!("the keychain refused: {words}"),
            Self::TimedOut => "the keychain did not answer; it may be waiting for you".to_owned(),
        }
    }

    /// What to do about it.
    fn advice(&self) -> &'static str {
        match self {
            Self::Absent => "log in to a desktop with a keychain",
            Self::Locked => "unlock the keychain",
            Self::Refused(_) => "allow access in the keychain",
            Self::TimedOut => "answer what the keychain asks on the desktop",
        }
    }
}

impl From<KeychainError> for Problem {
    fn from(error: KeychainError) -> Self {
        Self::new("The keychain cannot be used").because(error.reason()).next(format!(
            "{} and try again; on a machine without a keychain, give the secret key as a systemd \
             credential named like the integration key, or in the environment variable \
             {SECRET_VARIABLE}",
            error.advice()
        ))
    }
}

/// Where a secret was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The system's keychain.
    Keychain,
    /// A file in `$CREDENTIALS_DIRECTORY`.
    CredentialFile,
    /// The variable [`SECRET_VARIABLE`].
    Environment,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keychain => "the keychain",
            Self::CredentialFile => "a systemd credential",
            Self::Environment => "the environment",
        })
    }
}

/// A secret key and where it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The secret key.
    pub secret: Secret,
    /// Where it was found.
    pub source: Source,
}

/// The user and password a proxy asks for.
#[derive(Clone, Debug)]
pub struct ProxyLogin {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

static KEYCHAIN: OnceLock<Box<dyn Keychain>> = OnceLock::new();

/// Says which keychain this process uses: `main` gives the system's, the demo one that is absent.
/// Only the first call counts.
pub fn use_keychain(keychain: impl Keychain + 'static) {
    let _ = KEYCHAIN.set(Box::new(keychain));
}

/// Finds the secret key of an integration key. Waits for the keychain, so not for async code.
pub fn find(integration_key: &str) -> Result<Found, Problem> {
    Ways::of_this_process(keychain()).find(integration_key)
}

/// Stores the secret key of an integration key in the keychain.
pub fn store(integration_key: &str, secret: &Secret) -> Result<(), Problem> {
    keychain().set(integration_key, secret).map_err(|error| Problem {
        what: "The secret key was not stored".to_owned(),
        ..error.into()
    })
}

/// Removes the secret key of an integration key from the keychain; one that is not there is fine.
pub fn forget(integration_key: &str) -> Result<(), Problem> {
    keychain().delete(integration_key).map_err(|error| {
        Problem::new("The secret key was not removed from the keychain")
            .because(error.reason())
            .next(format!(
                "{}, then remove the entry {integration_key} of {SERVICE} there",
                error.advice()
            ))
    })
}

/// Finds the login of a proxy: in the keychain, else in `$CREDENTIALS_DIRECTORY/proxy`. Most
/// proxies need none, so a keychain that cannot be asked is a warning in the log.
pub fn find_proxy_login(proxy_url: &str) -> Result<Option<ProxyLogin>, Problem> {
    Ways::of_this_process(keychain()).find_proxy_login(proxy_url)
}

/// Stores the login of a proxy in the keychain.
pub fn store_proxy_login(proxy_url: &str, login: &ProxyLogin) -> Result<(), Problem> {
    if login.user.contains(':') {
        return Err(Problem::new("The proxy login was not stored")
            .because("the user name of a proxy cannot hold a colon"));
    }
    let both = Secret::new(format!("{}:{}", login.user, login.password.expose()));
    keychain().set(&proxy_user(proxy_url)?, &both).map_err(|error| Problem {
        what: "The proxy login was not stored".to_owned(),
        ..error.into()
    })
}

/// Removes the login of a proxy from the keychain.
pub fn forget_proxy_login(proxy_url: &str) -> Result<(), Problem> {
    keychain().delete(&proxy_user(proxy_url)?).map_err(Problem::from)
}

/// Keeps the secret key in the environment from a program about to be started. Not for starting
/// the collector, which may need it.
pub fn scrub(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with(OUTPUT_VARIABLES)) {
            command.env_remove(name);
        }
    }
    command.env_remove(SECRET_VARIABLE)
}

/// Finds what an output needs to be let in: in the keychain, else in
/// `$CREDENTIALS_DIRECTORY/output-<name>`, else in the variable [`output_variable`] names.
pub fn find_output_secret(output: &str) -> Result<Found, Problem> {
    Ways::of_this_process(keychain()).find_output_secret(output)
}

/// Stores what an output needs in the keychain.
pub fn store_output_secret(output: &str, secret: &Secret) -> Result<(), Problem> {
    keychain().set(&output_user(output), secret).map_err(|error| Problem {
        what: "The secret of the output was not stored".to_owned(),
        ..output_problem(&error, output)
    })
}

/// Removes what an output needed from the keychain; one that is not there is fine.
pub fn forget_output_secret(output: &str) -> Result<(), Problem> {
    keychain().delete(&output_user(output)).map_err(|error| {
        let entry = output_user(output);
        Problem::new("The secret of the output was not removed from the keychain")
            .because(error.reason())
            .next(format!("{}, then remove the entry {entry} of {SERVICE} there", error.advice()))
    })
}

/// The variable that may hold what an output needs: `DUO_INTEGRATOR_OUTPUT_` and its name in capital
/// letters, with `_` for everything but letters and digits.
pub fn output_variable(output: &str) -> String {
    let name: String = output
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    format!("{OUTPUT_VARIABLES}{name}")
}

/// The user of the keychain entry for an output: `output/<name>`.
fn output_user(output: &str) -> String {
    format!("output/{output}")
}

fn output_problem(error: &KeychainError, output: &str) -> Problem {
    Problem::new("The keychain cannot be used").because(error.reason()).next(format!(
        "{} and try again; on a machine without a keychain, give it as a systemd credential named \
         output-NAME, or in the environment variable {}",
        error.advice(),
        output_variable(output)
    ))
}

/// The user of the keychain entry for a proxy: `proxy:<host:port>`.
fn proxy_user(proxy_url: &str) -> Result<String, Problem> {
    let host_and_port = proxy_host_and_port(proxy_url).ok_or_else(|| {
        Problem::new("The address of the proxy cannot be read")
            .next("write it as http://proxy.example:3128")
    })?;
    Ok(format!("proxy:{host_and_port}"))
}

fn keychain() -> &'static dyn Keychain {
    match KEYCHAIN.get() {
        Some(keychain) => keychain.as_ref(),
        #[cfg(not(test))]
        None => &NoKeychain,
        #[cfg(test)]
        None => &in_tests::Kept,
    }
}

/// The keychain of the unit tests: it has what a test puts there, and otherwise is none.
#[cfg(test)]
pub mod in_tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use super::{Keychain, KeychainError, NoKeychain, Secret};

    static ALL: Mutex<Option<HashMap<String, String>>> = Mutex::new(None);

    /// Has an entry be there, for the rest of the process.
    pub fn put(user: &str, secret: &str) {
        let mut all = ALL.lock().unwrap();
        all.get_or_insert_default().insert(user.to_owned(), secret.to_owned());
    }

    pub(super) struct Kept;

    impl Keychain for Kept {
        fn get(&self, user: &str) -> Result<Option<Secret>, KeychainError> {
            let found = ALL.lock().unwrap().as_ref().and_then(|all| all.get(user).cloned());
            found.map(|secret| Some(Secret::new(secret))).ok_or(KeychainError::Absent)
        }

        fn set(&self, user: &str, secret: &Secret) -> Result<(), KeychainError> {
            NoKeychain.set(user, secret)
        }

        fn delete(&self, user: &str) -> Result<(), KeychainError> {
            NoKeychain.delete(user)
        }
    }
}

/// A machine without a keychain.
#[derive(Clone, Copy, Debug)]
pub struct NoKeychain;

impl Keychain for NoKeychain {
    fn get(&self, _user: &str) -> Result<Option<Secret>, KeychainError> {
        Err(KeychainError::Absent)
    }

    fn set(&self, _user: &str, _secret: &Secret) -> Result<(), KeychainError> {
        Err(KeychainError::Absent)
    }

    fn delete(&self, _user: &str) -> Result<(), KeychainError> {
        Err(KeychainError::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_do_not_inherit_the_secret() {
        let mut command = Command::new("true");
        command.env(SECRET_VARIABLE, "x");
        scrub(&mut command);
        let removed = command.get_envs().find(|(name, _)| *name == SECRET_VARIABLE);
        assert_eq!(removed.map(|(_, value)| value), Some(None));
    }

    #[test]
    fn every_trouble_with_the_keychain_names_a_way_out() {
        for error in [
            KeychainError::Absent,
            KeychainError::Locked,
            KeychainError::Refused("no".to_owned()),
            KeychainError::TimedOut,
        ] {
            let told = Problem::from(error).to_string();
            assert!(
                told.contains("systemd credential") && told.contains(SECRET_VARIABLE),
                "{told}"
            );
        }
    }
}
