//! Records to Splunk's HTTP Event Collector.
//!
//! Promises: without acknowledgment a batch is taken when Splunk has it in memory, with
//! acknowledgment when it is indexed. An event that Splunk calls invalid is sent once more by
//! itself before it counts as refused: the number Splunk gives is not trusted alone, because some
//! answers count from 0 and some from 1. What was beside it goes out again without it, because
//! Splunk does not say whether it kept the events before it.
//!
//! Sources: answers and their codes,
//! <https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/troubleshoot-http-event-collector>;
//! acknowledgment, and that a status which was read as true once is false afterwards,
//! <https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/about-http-event-collector-indexer-acknowledgment>.

mod encode;

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::web::{Answer, Request, Web, alone, needed, with_path};
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::settings::SplunkHecOutput;

pub(super) use encode::source_type;

const PATH: &str = "/services/collector/event";

/// Splunk Cloud takes no larger bodies than 1 MB; an event has some hundred bytes around it.
const LIMITS: Limits =
    Limits { records: 2_000, bytes: 600_000, gather: Duration::from_millis(250) };

/// How long indexing may take; Splunk's own advice is to send again after five minutes, and whoever
/// hands over a batch waits no longer than that for all of it.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(240);

/// So many events of a batch are looked at one by one; more of them are for halving.
const SUSPECTS: usize = 8;

/// The way to a collector.
#[derive(Debug)]
pub struct Channel {
    to: SplunkHecOutput,
    web: Web,
    headers: HeaderMap,
    url: String,
}

/// What Splunk answers.
#[derive(Debug, Default, Deserialize)]
struct Reply {
    #[serde(default)]
    code: i64,
    #[serde(rename = "invalid-event-number")]
    invalid: Option<usize>,
    #[serde(rename = "ackId")]
    ack: Option<u64>,
}

/// What Splunk knows of events it took.
#[derive(Debug, Deserialize)]
struct Acks {
    acks: HashMap<String, bool>,
}

/// What an answer comes to.
#[derive(Debug, PartialEq)]
enum Outcome {
    Taken {
        ack: Option<u64>,
        said: String,
    },
    /// An event is invalid: probably this one.
    Invalid {
        suspect: Option<usize>,
        said: String,
    },
}

impl Channel {
    /// Makes the way ready.
    pub async fn open(to: &SplunkHecOutput, tools: &Tools) -> Result<Self, Failure> {
        let mut web = Web::open(&to.url, &to.tls, tools)?;
        let mut headers = HeaderMap::new();
        let token = needed(tools, "The token")?;
        web.secret_header(&mut headers, "authorization", format!("Splunk {}", token.expose()))?;
        if to.acknowledgment {
            web.secret_header(&mut headers, "x-splunk-request-channel", channel_id())?;
        }
        Ok(Self { url: with_path(&to.url, PATH), to: to.clone(), web, headers })
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let mut left: Vec<(usize, &Item)> = batch.items.iter().enumerate().collect();
        let mut taken = Taken::default();
        while !left.is_empty() {
            let outcome = self.send(left.iter().map(|(_, item)| *item)).await?;
            let (suspect, said) = match outcome {
                Outcome::Taken { ack, said } => {
                    taken.said = said;
                    if let Some(ack) = ack {
                        self.acknowledged(ack).await?;
                        taken.said.push_str(", indexed");
                    } else if self.to.acknowledgment {
                        taken.said.push_str(", but the token does not acknowledge");
                    }
                    return Ok(taken);
                }
                Outcome::Invalid { suspect, said } => (suspect, said),
            };
            if let [(index, _)] = left.as_slice() {
                taken.refused.push((*index, said));
                return Ok(taken);
            }
            let Some(place) = suspect.filter(|_| taken.refused.len() < SUSPECTS) else {
                return Err(self.invalid(&said));
            };
            let Some((index, item)) = left.get(place).copied() else {
                return Err(self.invalid(&said));
            };
            match self.send([item]).await? {
                Outcome::Invalid { said, .. } => taken.refused.push((index, said)),
                // It is not the one, whatever the number says.
                Outcome::Taken { .. } => return Err(self.invalid(&said)),
            }
            left.remove(place);
        }
        Ok(taken)
    }

    async fn send<'a>(
        &self,
        items: impl IntoIterator<Item = &'a Item>,
    ) -> Result<Outcome, Failure> {
        let body = encode::body(&self.to, items);
        let request = Request::post(&self.url, &self.headers, "application/json", body, true);
        let answer = self.web.send(request).await?;
        self.outcome(&answer)
    }

    fn outcome(&self, answer: &Answer) -> Result<Outcome, Failure> {
        let said = self.web.words(answer);
        let reply: Option<Reply> = answer.json();
        if answer.status.is_success() {
            return Ok(Outcome::Taken { ack: reply.unwrap_or_default().ack, said });
        }
        let mut failure = self.web.refusal(answer);
        let Some(reply) = reply else { return Err(failure) };
        let next = match reply.code {
            // No data, bad form, no event, an empty event, bad indexed fields.
            5 | 6 | 12 | 13 | 15 => return Ok(Outcome::Invalid { suspect: reply.invalid, said }),
            7 => "let the token write to the index of this output, or change the index",
            10 | 11 => {
                "the token has indexer acknowledgment switched on; write acknowledgment = true"
            }
            14 => "switch on indexer acknowledgment for the token, or write acknowledgment = false",
            _ => return Err(failure),
        };
        failure.problem = failure.problem.next(next);
        Err(Failure::lasting(failure.problem))
    }

    /// Waits until Splunk says that what it took is indexed.
    async fn acknowledged(&self, ack: u64) -> Result<(), Failure> {
        let url = self.url.strip_suffix("/event").unwrap_or(&self.url);
        let url = format!("{url}/ack");
        let until = Instant::now() + ACKNOWLEDGED_WITHIN;
        let mut pause = Duration::from_millis(100);
        let mut trouble = None;
        while Instant::now() < until {
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
            let body = format!("{{\"acks\":[{ack}]}}").into_bytes();
            let request = Request::post(&url, &self.headers, "application/json", body, false);
            match self.web.send(request).await {
                Ok(answer) if answer.status.is_success() => {
                    let acks = answer.json::<Acks>().map(|acks| acks.acks).unwrap_or_default();
                    if acks.get(&ack.to_string()) == Some(&true) {
                        return Ok(());
                    }
                }
                Ok(answer) => {
                    let failure = self.web.refusal(&answer);
                    if !failure.again {
                        return Err(failure);
                    }
                    trouble = failure.problem.because;
                }
                // Asking again is cheaper than sending everything again.
                Err(failure) if failure.again => trouble = failure.problem.because,
                Err(failure) => return Err(failure),
            }
        }
        let reason = trouble.unwrap_or_else(|| {
            format!("it has not said so for {} minutes", ACKNOWLEDGED_WITHIN.as_secs() / 60)
        });
        Err(Failure::passing(
            Problem::new(format!("{} took the records but did not index them", self.web.host()))
                .because(reason)
                .next("see in Splunk whether its queues are full"),
        ))
    }

    fn invalid(&self, said: &str) -> Failure {
        Failure::content(
            Problem::new(format!("{} did not take the records", self.web.host()))
                .because(format!("it said {said}")),
        )
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

/// Tells this program's requests from those of others: a GUID, as Splunk wants it.
fn channel_id() -> String {
    let (a, b) = (fastrand::u64(..), fastrand::u64(..));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        (b >> 48) & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests;
