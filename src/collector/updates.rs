//! Asks once a day which version of this program is the newest, where a person wants that.
//!
//! Promises: without `updates.url` nobody is asked; the answer becomes a line for people; nothing is
//! downloaded, and what goes wrong is no trouble of theirs.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::Overview;
use crate::base::{Home, Problem};
use crate::net;
use crate::pipeline::sources::http_client;
use crate::settings::Settings;
use crate::status::Newer;

/// How often it is asked.
const DAY: Duration = Duration::from_secs(86_400);

/// How often it is looked whether a person wants something else.
const LOOK: Duration = Duration::from_secs(5);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Asks until `stop` turns true.
pub(super) async fn ask_forever(home: Home, overview: Overview, mut stop: watch::Receiver<bool>) {
    let mut asked: Option<(String, Instant)> = None;
    while !*stop.borrow() {
        let settings = overview.settings();
        match &settings.updates.url {
            None => {
                if asked.take().is_some() {
                    forget(&home);
                }
            }
            Some(url) => {
                let is_due =
                    asked.as_ref().is_none_or(|(before, at)| before != url || at.elapsed() >= DAY);
                if is_due {
                    asked = Some((url.clone(), Instant::now()));
                    if let Err(problem) = ask(&home, &settings, url).await {
                        tracing::info!(%problem, "which version is the newest is not known");
                    }
                }
            }
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn ask(home: &Home, settings: &Settings, url: &str) -> Result<(), Problem> {
    let failed = |reason: String| Problem::new("The newest version was not found").because(reason);
    let http = http_client(&settings.network).await?;
    let answer = async {
        let answer = http.get(url).send().await?.error_for_status()?;
        answer.bytes().await
    };
    let answer = timeout(ANSWER, answer).await;
    let answer = answer
        .map_err(|_| failed("nobody answered in time".to_owned()))?
        .map_err(|error| failed(net::chain(&error.without_url())))?;
    let newest = Newer::told(&answer);
    let newest = newest.ok_or_else(|| failed("the answer names no version".to_owned()))?;
    if newest.is_newer() {
        newest.write(home).map_err(|error| failed(error.to_string()))?;
    } else {
        forget(home);
    }
    Ok(())
}

fn forget(home: &Home) {
    if let Err(error) = Newer::forget(home) {
        tracing::debug!(%error, "what is known of newer versions stays");
    }
}
