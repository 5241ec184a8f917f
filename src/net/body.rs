//! Reads an answer's body with a limit on its size and on its silences.
//!
//! Promises: never holds more than the limit, counted after decompression, so that a small answer
//! that unpacks to a huge one cannot exhaust the memory. However many accounts are collected at
//! once, only [`BODIES`] of their answers are in memory; the others wait at their sender.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{IDLE_TIME_OUT, REQUEST_TIME_OUT};

/// Bodies in memory at a time, from the first byte received until the last user is done with it.
pub const BODIES: usize = 24;

static ROOM: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(BODIES)));

/// The bytes of an answer, and the room they take until they are dropped.
#[derive(Clone, Debug, Default)]
pub struct Body {
    bytes: Vec<u8>,
    _room: Option<Arc<OwnedSemaphorePermit>>,
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Vec<u8>> for Body {
    /// Bytes that came some other way and take no room.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, _room: None }
    }
}

/// Why a body could not be read.
#[derive(Debug)]
pub enum BodyTrouble {
    /// It is longer than the limit.
    TooLarge,
    /// It stopped coming for this long.
    Silent(Duration),
    /// The connection broke.
    Broken(reqwest::Error),
}

/// Reads the whole body, at most `limit_bytes` of it.
pub async fn read_body(
    mut answer: reqwest::Response,
    limit_bytes: usize,
) -> Result<Body, BodyTrouble> {
    // The semaphore is never closed, so waiting for it cannot fail.
    let room = Arc::clone(&ROOM).acquire_owned().await.ok().map(Arc::new);
    let told = answer.content_length().and_then(|length| usize::try_from(length).ok());
    if told.is_some_and(|length| length > limit_bytes) {
        return Err(BodyTrouble::TooLarge);
    }
    let mut body = Vec::with_capacity(told.unwrap_or(0).min(limit_bytes));
    loop {
        match tokio::time::timeout(IDLE_TIME_OUT, answer.chunk()).await {
            Err(_) => return Err(BodyTrouble::Silent(IDLE_TIME_OUT)),
            Ok(Err(error)) if error.is_timeout() => {
                return Err(BodyTrouble::Silent(REQUEST_TIME_OUT));
            }
            Ok(Err(error)) => return Err(BodyTrouble::Broken(error)),
            Ok(Ok(None)) => return Ok(Body { bytes: body, _room: room }),
            Ok(Ok(Some(chunk))) => {
                if body.len().saturating_add(chunk.len()) > limit_bytes {
                    return Err(BodyTrouble::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
}
