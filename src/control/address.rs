//! Where the socket of a home is: the same answer in every process of the same user.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::Role;

/// A short name that is another one for each home and role.
pub(super) fn name_of(place: &[u8], role: Role) -> String {
    let digest = Sha256::new().chain_update(place).chain_update(role.name()).finalize();
    HEXLOWER.encode(digest.get(..8).unwrap_or_default())
}
