//! Windows: the Credential Manager of the user's logon session.

use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
use windows_native_keyring_store::Store;

use super::keychain::{KeychainError, Look};

/// Nothing to ask first: the Credential Manager is open while its user is logged on.
pub(super) fn look(_service: &str, _user: &str) -> Result<Look, KeychainError> {
    Ok(Look { may_hold_entry: true, takes_entries: true })
}

pub(super) fn entry(service: &str, user: &str) -> Result<Entry, Error> {
    Store::new()?.build(service, user, None)
}

pub(super) fn explain(error: Error) -> KeychainError {
    match error {
        // ERROR_NO_SUCH_LOGON_SESSION: a service or network logon, which has no credential set.
        Error::NoStorageAccess(_) => KeychainError::Absent,
        Error::PlatformFailure(cause) => KeychainError::Refused(cause.to_string()),
        error => KeychainError::Refused(error.to_string()),
    }
}
