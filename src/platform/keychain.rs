//! The keychain of the operating system: Secret Service, macOS Keychain, Windows Credential
//! Manager.
//!
//! Promises: no call takes longer than [`LIMIT`], even when the keychain asks a question nobody
//! answers; a keychain that came late is found by the next call, because nothing is remembered
//! between calls; it makes no difference whether the caller is inside an async runtime.
//!
//! Each call has a thread of its own: the Linux store starts a runtime, which a thread that
//! belongs to one must not do, and a question on the desktop blocks for as long as it stands.
//! After a time-out that thread stays until the keychain answers; its answer is dropped.
//!
//! - Absent: [`KeychainError::Absent`].
//! - Unreadable: [`KeychainError::Locked`] or [`KeychainError::Refused`], and nothing is changed.
//! - Left over from a crash: the keychain replaces an entry as a whole.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use keyring_core::Error;

use super::keychain_of_system as system;
use crate::base::Secret;
use crate::secrets::{Keychain, SERVICE};

pub use crate::secrets::KeychainError;

/// How long one call may take.
pub const LIMIT: Duration = Duration::from_secs(10);

/// The system's keychain as a value.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn get(&self, user: &str) -> Result<Option<Secret>, KeychainError> {
        get(user)
    }

    fn set(&self, user: &str, secret: &Secret) -> Result<(), KeychainError> {
        set(user, secret)
    }

    fn delete(&self, user: &str) -> Result<(), KeychainError> {
        delete(user)
    }
}

/// The secret of an entry; `None` when there is no such entry.
pub fn get(user: &str) -> Result<Option<Secret>, KeychainError> {
    let user = user.to_owned();
    within(LIMIT, move || {
        if !system::look(SERVICE, &user)?.may_hold_entry {
            return Ok(None);
        }
        match system::entry(SERVICE, &user).and_then(|entry| entry.get_password()) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    })
}

/// Stores or overwrites an entry.
pub fn set(user: &str, secret: &Secret) -> Result<(), KeychainError> {
    let (user, secret) = (user.to_owned(), secret.clone());
    within(LIMIT, move || {
        if !system::look(SERVICE, &user)?.takes_entries {
            return Err(KeychainError::Refused(
                "it has no default keyring yet; create one in the desktop's password program"
                    .to_owned(),
            ));
        }
        system::entry(SERVICE, &user)
            .and_then(|entry| entry.set_password(secret.expose()))
            .map_err(explain)
    })
}

/// Removes an entry; one that is not there is as good as removed.
pub fn delete(user: &str) -> Result<(), KeychainError> {
    let user = user.to_owned();
    within(LIMIT, move || {
        if !system::look(SERVICE, &user)?.may_hold_entry {
            return Ok(());
        }
        match system::entry(SERVICE, &user).and_then(|entry| entry.delete_credential()) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(error)),
        }
    })
}

/// What can be told about the keychain without making it ask the user anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// False when there certainly is no such entry.
    pub may_hold_entry: bool,
    /// False when there is nowhere to put one.
    pub takes_entries: bool,
}

/// The errors that read the same on every system; the rest is the system's to explain. None of
/// them repeats the secret.
fn explain(error: Error) -> KeychainError {
    let words = match error {
        Error::Ambiguous(entries) => format!("it holds {} entries of this name", entries.len()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "the entry is not text".to_owned(),
        Error::TooLong(_, limit) => format!("it takes no more than {limit} characters"),
        error => return system::explain(error),
    };
    KeychainError::Refused(words)
}

/// Runs `work` on its own thread and waits for it, but not for ever.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, KeychainError> + Send + 'static,
) -> Result<T, KeychainError> {
    let (answer, wait) = mpsc::sync_channel(1);
    thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(move || {
            // Nobody waits any more after a time-out.
            let _ = answer.send(work());
        })
        .map_err(|error| KeychainError::Refused(error.to_string()))?;
    match wait.recv_timeout(limit) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(KeychainError::TimedOut),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(KeychainError::Refused("its library failed unexpectedly".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_that_never_answers_holds_nobody_up() {
        let waited = within(Duration::from_millis(20), || {
            thread::sleep(Duration::from_secs(60));
            Ok(())
        });
        assert_eq!(waited, Err(KeychainError::TimedOut));
    }

    #[test]
    fn a_library_that_panics_is_a_refusal() {
        let answer = within(LIMIT, || -> Result<(), KeychainError> { panic!("in the library") });
        assert!(matches!(answer, Err(KeychainError::Refused(_))));
    }

    #[test]
    fn explaining_never_repeats_the_secret() {
        let error = Error::BadEncoding(b"hunter2".to_vec());
        let KeychainError::Refused(words) = explain(error) else { panic!("not a refusal") };
        assert_eq!(words, "the entry is not text");
    }
}
