//! Linux: the Secret Service on the session's D-Bus (GNOME Keyring, KWallet, KeePassXC).
//!
//! A locked collection makes every store call raise a prompt and wait for it, so whether it is
//! locked is asked first, in a way that raises none.
//! Source: <https://specifications.freedesktop.org/secret-service-spec/latest/>.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;
use zbus_secret_service_keyring_store::Store;

use super::keychain::{KeychainError, Look};

/// D-Bus error names that mean nobody provides the service, now or on demand.
const NOBODY_THERE: [&str; 4] = [
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.NoServer",
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.Spawn.",
];

pub(super) fn look(service: &str, user: &str) -> Result<Look, KeychainError> {
    look_without_prompt(service, user).map_err(|error| classify(&error)).and_then(|look| look)
}

/// A fresh store each time: one that failed would stay failed.
pub(super) fn entry(service: &str, user: &str) -> Result<Entry, Error> {
    let label = format!("Duo Security Integrator: {user}");
    Store::new()?.build(service, user, Some(&HashMap::from([("label", label.as_str())])))
}

pub(super) fn explain(error: Error) -> KeychainError {
    match error {
        // Locked in between, or the prompt was dismissed.
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::PlatformFailure(error) => classify(error.as_ref()),
        error => KeychainError::Refused(error.to_string()),
    }
}

type Looked = Result<Look, KeychainError>;

fn look_without_prompt(service: &str, user: &str) -> Result<Looked, secret_service::Error> {
    // Nothing secret crosses the bus here.
    let keychain = SecretService::connect(EncryptionType::Plain)?;
    let found = keychain.search_items(HashMap::from([("service", service), ("username", user)]))?;
    if !found.locked.is_empty() {
        return Ok(Err(KeychainError::Locked));
    }
    if !found.unlocked.is_empty() {
        return Ok(Ok(Look { may_hold_entry: true, takes_entries: true }));
    }
    match keychain.get_default_collection() {
        // Some keychains hide the entries of a locked collection, so not finding one says nothing.
        Ok(collection) if collection.is_locked()? => Ok(Err(KeychainError::Locked)),
        Ok(_) => Ok(Ok(Look { may_hold_entry: false, takes_entries: true })),
        Err(secret_service::Error::NoResult) => {
            Ok(Ok(Look { may_hold_entry: false, takes_entries: false }))
        }
        Err(error) => Err(error),
    }
}

/// Absent when there is no bus or nobody on it who keeps secrets; else what was said.
fn classify(error: &(dyn StdError + 'static)) -> KeychainError {
    if let Some(error) = error.downcast_ref::<secret_service::Error>() {
        match error {
            secret_service::Error::Unavailable => return KeychainError::Absent,
            secret_service::Error::Locked | secret_service::Error::Prompt => {
                return KeychainError::Locked;
            }
            _ => {}
        }
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        let said = error.to_string();
        let no_bus = io_error(error).is_some_and(|error| {
            matches!(
                error.kind(),
                // The last one is another user's bus, as under sudo.
                io::ErrorKind::NotFound
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::PermissionDenied
            )
        });
        if no_bus || NOBODY_THERE.iter().any(|name| said.contains(name)) {
            return KeychainError::Absent;
        }
        cause = error.source();
    }
    KeychainError::Refused(error.to_string())
}

/// The bus library hands its causes on in an `Arc`.
fn io_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    let shared = || error.downcast_ref::<Arc<io::Error>>().map(AsRef::as_ref);
    error.downcast_ref::<io::Error>().or_else(shared)
}
