//! Reads an answer's body with a limit on its size and on its silences.
//!
//! Promises: never holds more than the limit, counted after decompression, so that a small answer
//! that unpacks to a huge one cannot exhaust the memory.

use std::time::Duration;

use super::{IDLE_TIME_OUT, REQUEST_TIME_OUT};

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
) -> Result<Vec<u8>, BodyTrouble> {
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
            Ok(Ok(None)) => return Ok(body),
            Ok(Ok(Some(chunk))) => {
                if body.len().saturating_add(chunk.len()) > limit_bytes {
                    return Err(BodyTrouble::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
        }
    }
}
