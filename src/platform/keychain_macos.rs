//! macOS: the login keychain.
//!
//! Result codes: <https://developer.apple.com/documentation/security/security-framework-result-codes>.

use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};

use super::keychain::{KeychainError, Look};

/// `errSecNoSuchKeychain`, `errSecNoDefaultKeychain`.
const NO_KEYCHAIN: [&str; 2] = ["-25294", "-25307"];

/// `errSecInteractionNotAllowed`: locked, and nobody can be asked.
const NOBODY_TO_ASK: &str = "-25308";

/// Nothing to ask first: the system's own question has the time limit of every call.
pub(super) fn look(_service: &str, _user: &str) -> Result<Look, KeychainError> {
    Ok(Look { may_hold_entry: true, takes_entries: true })
}

pub(super) fn entry(service: &str, user: &str) -> Result<Entry, Error> {
    Store::new()?.build(service, user, None)
}

pub(super) fn explain(error: Error) -> KeychainError {
    let (Error::NoStorageAccess(cause) | Error::PlatformFailure(cause)) = &error else {
        return KeychainError::Refused(error.to_string());
    };
    // The number is only in the debug text.
    let code = format!("{cause:?}");
    if code.contains(NOBODY_TO_ASK) {
        KeychainError::Locked
    } else if NO_KEYCHAIN.iter().any(|number| code.contains(number)) {
        KeychainError::Absent
    } else {
        KeychainError::Refused(cause.to_string())
    }
}
