//! Records to Azure Monitor's Logs Ingestion API, and so to Microsoft Sentinel.
//!
//! Promises: the application's secret goes to the place it signs in at and nowhere else; its token
//! is asked for before the old one ends, and once more when it is refused.
//!
//! Sources: <https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview>;
//! signing in, <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.

mod encode;

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use tokio::time::Instant;

use super::web::{Answer, Request, Web, alone, needed};
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::{Problem, Secret};
use crate::settings::AzureMonitorOutput;

const LIMITS: Limits =
    Limits { records: 1_500, bytes: 1_900_000, gather: Duration::from_millis(500) };

/// A token is not used in its last minutes.
const SPARE: Duration = Duration::from_secs(300);

/// The way to a data collection rule.
#[derive(Debug)]
pub struct Channel {
    to: AzureMonitorOutput,
    url: String,
    web: Web,
    authority: Web,
    secret: Secret,
    token: Option<Token>,
}

#[derive(Debug)]
struct Token {
    headers: HeaderMap,
    until: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: u64,
}

impl Channel {
    /// Makes the way ready.
    pub async fn open(to: &AzureMonitorOutput, tools: &Tools) -> Result<Self, Failure> {
        let secret = needed(tools, "The client secret")?.clone();
        let url = format!(
            "{}/dataCollectionRules/{}/streams/{}?api-version=2023-01-01",
            to.url, to.rule, to.stream
        );
        Ok(Self {
            web: Web::open(&to.url, &to.tls, tools)?,
            authority: Web::open(&to.authority, &to.tls, tools)?,
            to: to.clone(),
            url,
            secret,
            token: None,
        })
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let mut taken = Taken::default();
        for (range, body) in encode::bodies(&batch.items) {
            if range.len() == 1 && body.len() > encode::LARGEST {
                let reason = "it is larger than 1 MB, which Azure Monitor does not take";
                taken.refused.push((range.start, reason.to_owned()));
                continue;
            }
            let answer = self.send(body).await?;
            if !answer.status.is_success() {
                return Err(self.refusal(&answer));
            }
            taken.said = self.web.words(&answer);
        }
        Ok(taken)
    }

    async fn send(&mut self, body: Vec<u8>) -> Result<Answer, Failure> {
        let had_token = self.token.is_some();
        let headers = self.signed_in().await?;
        let request = Request::post(&self.url, &headers, "application/json", body.clone(), true);
        let answer = self.web.send(request).await?;
        if answer.status.as_u16() != 401 || !had_token {
            return Ok(answer);
        }
        // Tokens can be called back before they end.
        self.token = None;
        let headers = self.signed_in().await?;
        let request = Request::post(&self.url, &headers, "application/json", body, true);
        self.web.send(request).await
    }

    fn refusal(&self, answer: &Answer) -> Failure {
        let mut failure = self.web.refusal(answer);
        let next = match answer.status.as_u16() {
            401 | 403 => {
                "give the application the role Monitoring Metrics Publisher on the data collection \
                 rule; half an hour may pass until it counts"
            }
            404 => "see whether url, rule and stream of the output are right",
            _ => return failure,
        };
        failure.problem = failure.problem.next(next);
        failure
    }

    /// The headers that let one in.
    async fn signed_in(&mut self) -> Result<HeaderMap, Failure> {
        if let Some(token) = self.token.as_ref().filter(|token| Instant::now() < token.until) {
            return Ok(token.headers.clone());
        }
        let url = format!("{}/{}/oauth2/v2.0/token", self.to.authority, self.to.tenant);
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let secret = encoded(self.secret.expose());
        self.authority.hide("form", &Secret::new(secret.clone()));
        let form = format!(
            "grant_type=client_credentials&client_id={}&scope={}&client_secret={secret}",
            encoded(&self.to.client_id),
            encoded(self.to.scope),
        );
        let none = HeaderMap::new();
        let form_type = "application/x-www-form-urlencoded";
        let request = Request::post(&url, &none, form_type, form.into_bytes(), false);
        let asked = Instant::now();
        let answer = self.authority.send(request).await?;
        let granted: Option<Granted> = answer.json().filter(|_| answer.status.is_success());
        let Some(granted) = granted else { return Err(self.not_signed_in(&answer)) };
        let mut headers = HeaderMap::new();
        let value = format!("Bearer {}", granted.access_token);
        self.web.secret_header(&mut headers, "authorization", value)?;
        let lasts = Duration::from_secs(granted.expires_in).saturating_sub(SPARE);
        self.token = Some(Token { headers: headers.clone(), until: asked + lasts });
        Ok(headers)
    }

    fn not_signed_in(&self, answer: &Answer) -> Failure {
        let failure = self.authority.refusal(answer);
        let problem = Problem::new(format!("{} did not let the program in", self.authority.host()));
        let problem = Problem { because: failure.problem.because.clone(), ..problem };
        if failure.again {
            return Failure { problem, ..failure };
        }
        Failure::lasting(problem.next(
            "see whether tenant, client_id and the client secret of the output are right, and \
             whether the secret has expired",
        ))
    }

    /// Hands over a test.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        let taken = self.deliver(&alone(item)).await?;
        self.web.probed(taken)
    }

    /// Ends it.
    pub async fn close(self) {}

    /// How much goes out together.
    pub const fn limits(&self) -> Limits {
        LIMITS
    }
}

#[cfg(test)]
mod tests;
