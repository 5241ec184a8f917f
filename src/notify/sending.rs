//! Sends a message to an output, whatever its kind, and says what came of it.
//!
//! Promises: what the other side said is told, cut and cleaned, and never with a secret in it; a
//! refusal says whether trying again may help; every wait has an end.

use std::path::PathBuf;
use std::time::Duration;

use super::letter::{Letter, clean};
use super::{email, webhook};
use crate::base::{Problem, Secret};
use crate::net::HttpClient;
use crate::settings::{Output, Target};

/// Sends messages; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The HTTPS client, with the proxy of the settings.
    pub http: HttpClient,
    /// Root certificates (PEM) trusted beside the system's, for mail servers.
    pub ca_file: Option<PathBuf>,
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What happened, why, and what to do.
    pub problem: Problem,
    /// Whether trying again may help.
    pub again: bool,
    /// How long the other side asks to be left alone.
    pub after: Option<Duration>,
}

impl Sender {
    /// Sends a message; gives what the other side said when it took it.
    pub async fn send(
        &self,
        output: &Output,
        secret: Option<&Secret>,
        letter: &Letter,
    ) -> Result<String, Refusal> {
        match &output.target {
            Target::Email(to) => {
                email::send(to, secret, self.ca_file.as_deref(), letter.into()).await
            }
            Target::Webhook(to) => webhook::send(to, secret, &self.http, letter).await,
            Target::Records(_) => {
                Err(Refusal::for_good(Problem::new("This output takes records and no messages")))
            }
        }
    }
}

impl Refusal {
    /// Trying again may help.
    pub(super) const fn for_now(problem: Problem) -> Self {
        Self { problem, again: true, after: None }
    }

    /// Trying again does not help before a person has mended something.
    pub(super) const fn for_good(problem: Problem) -> Self {
        Self { problem, again: false, after: None }
    }
}

/// What the other side said, as one line without the secret.
pub(super) fn said(words: &str, secret: Option<&Secret>) -> String {
    let words = match secret.map(Secret::expose).filter(|secret| !secret.is_empty()) {
        Some(secret) => words.replace(secret, "\u{2022}\u{2022}\u{2022}"),
        None => words.to_owned(),
    };
    clean(&words)
}
