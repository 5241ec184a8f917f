//! Records to an OpenTelemetry collector: OTLP over HTTP, in JSON.
//!
//! Promises: no record gets lost in what a receiver takes in part. It says how many records it
//! rejected, but not which; so such a batch goes out again in halves, until those it means are found.
//! The specification would have a client give them up: an integrator must not. A repeat has the same
//! `log.record.uid`, by which receivers may drop it.
//!
//! JSON is in the specification beside Protobuf, every receiver has to take both, and it needs no
//! compiler for messages. Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.

mod encode;

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::web::{Answer, Request, Web, alone, needed, with_path};
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::settings::OtlpOutput;

const PATH: &str = "/v1/logs";

/// What is taken in part is halved, so batches are small.
const LIMITS: Limits =
    Limits { records: 500, bytes: 2_000_000, gather: Duration::from_millis(250) };

/// The way to a collector.
#[derive(Debug)]
pub struct Channel {
    to: OtlpOutput,
    url: String,
    web: Web,
    headers: HeaderMap,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Reply {
    partial_success: PartialSuccess,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PartialSuccess {
    rejected_log_records: Number,
    error_message: String,
}

/// 64-bit numbers are texts, but numbers are taken as well.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

impl Default for Number {
    fn default() -> Self {
        Self::Number(0)
    }
}

impl Number {
    fn get(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            // What cannot be read is more than none.
            Self::Text(text) => text.trim().parse().unwrap_or(1),
        }
    }
}

impl Channel {
    /// Makes the way ready.
    pub async fn open(to: &OtlpOutput, tools: &Tools) -> Result<Self, Failure> {
        let mut web = Web::open(&to.url, &to.tls, tools)?;
        let mut headers = HeaderMap::new();
        if let Some(name) = &to.header_name {
            let value = needed(tools, "The value of the header")?.expose().to_owned();
            web.secret_header(&mut headers, name, value)?;
        }
        Ok(Self { url: with_path(&to.url, PATH), to: to.clone(), web, headers })
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let body = encode::body(&self.to.service_name, &batch.items);
        let request = Request::post(&self.url, &self.headers, "application/json", body, true);
        let answer = self.web.send(request).await?;
        if !answer.status.is_success() {
            return Err(self.web.refusal(&answer));
        }
        self.taken(&answer, batch.items.len())
    }

    fn taken(&self, answer: &Answer, sent: usize) -> Result<Taken, Failure> {
        let PartialSuccess { rejected_log_records, error_message } =
            answer.json::<Reply>().unwrap_or_default().partial_success;
        let message = self.web.clean(&error_message);
        let rejected = rejected_log_records.get();
        if rejected == 0 {
            let said = match message.as_str() {
                "" => self.web.words(answer),
                message => format!("{} {message}", answer.status.as_u16()),
            };
            return Ok(Taken { said, refused: Vec::new() });
        }
        if rejected < sent as u64 {
            return Err(Failure::content(
                Problem::new(format!("{} took only some of the records", self.web.host()))
                    .because(format!("it rejected {rejected} of {sent}: {message}")),
            ));
        }
        let refused = (0..sent).map(|i| (i, message.clone())).collect();
        Ok(Taken { said: format!("{} {message}", answer.status.as_u16()), refused })
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
