//! How requests to Duo are signed: a person's choice where a network or an old account needs it.

use serde::{Deserialize, Serialize};

/// How a request is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// Seven lines, HMAC-SHA512: what Duo recommends.
    #[default]
    #[serde(rename = "v5")]
    V5,
    /// Five lines, HMAC-SHA512.
    #[serde(rename = "v2-sha512")]
    V2Sha512,
    /// Five lines, HMAC-SHA1: the oldest form still in use.
    #[serde(rename = "v2-sha1")]
    V2Sha1,
}
