//! Records to Elasticsearch or OpenSearch, into a data stream.
//!
//! Promises: a record is there once, however often it is sent, as long as the data stream writes to
//! the same index behind it: each is created under its own id, and that one is there already counts
//! as taken. A document that cannot be stored for what it holds is refused alone; when it is the
//! cluster that cannot store, the batch comes again.
//!
//! Sources: <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>,
//! <https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>.

mod encode;

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::web::{Answer, Request, Web, alone, needed, with_path};
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::settings::{ElasticsearchOutput, Login};

/// What is worth hearing of a bulk request.
const PATH: &str = "/_bulk?filter_path=errors,items.*.status,items.*.error.type,\
                    items.*.error.reason,items.*.error.caused_by.reason";

/// The name of the template.
const TEMPLATE: &str = "duo-integrator";

const LIMITS: Limits =
    Limits { records: 2_000, bytes: 2_000_000, gather: Duration::from_millis(250) };

/// When all of so many documents are refused, it is not about one of them.
const ALL_OF: usize = 20;

/// The way to a cluster.
#[derive(Debug)]
pub struct Channel {
    to: ElasticsearchOutput,
    web: Web,
    headers: HeaderMap,
}

#[derive(Debug, Deserialize)]
struct Reply {
    errors: bool,
    #[serde(default)]
    items: Vec<Action>,
}

#[derive(Debug, Deserialize)]
struct Action {
    create: Created,
}

#[derive(Debug, Deserialize)]
struct Created {
    status: u16,
    error: Option<Error>,
}

#[derive(Debug, Default, Deserialize)]
struct Error {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    reason: String,
    caused_by: Option<Cause>,
}

#[derive(Debug, Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
}

impl Error {
    fn words(&self) -> String {
        let cause = self.caused_by.as_ref().map_or("", |cause| cause.reason.as_str());
        let parts = [self.kind.as_str(), self.reason.as_str(), cause];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }

    /// Whether it is about what a document holds, and not about where it should go.
    fn is_content(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "mapper_parsing_exception"
                | "document_parsing_exception"
                | "strict_dynamic_mapping_exception"
                | "max_bytes_length_exceeded_exception"
                | "illegal_argument_exception"
                | "x_content_parse_exception"
                | "json_parse_exception"
        )
    }
}

impl Channel {
    /// Makes the way ready.
    pub async fn open(to: &ElasticsearchOutput, tools: &Tools) -> Result<Self, Failure> {
        let mut web = Web::open(&to.url, &to.tls, tools)?;
        let mut headers = HeaderMap::new();
        match &to.login {
            Login::ApiKey => {
                let key = needed(tools, "The API key")?;
                let value = format!("ApiKey {}", key.expose());
                web.secret_header(&mut headers, "authorization", value)?;
            }
            Login::User(user) => {
                web.basic(&mut headers, user, needed(tools, "The password")?)?;
            }
            Login::Anonymous => {}
        }
        Ok(Self { to: to.clone(), web, headers })
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let url = self.url(PATH);
        let body = encode::body(&self.to.data_stream, &batch.items);
        let request = Request::post(&url, &self.headers, "application/x-ndjson", body, true);
        let answer = self.web.send(request).await?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer));
        }
        let reply: Option<Reply> = answer.json();
        // Without an item for each document nobody knows what was taken.
        match reply.filter(|reply| !reply.errors || reply.items.len() == batch.items.len()) {
            Some(reply) => self.taken(&reply, batch.items.len()),
            None => Err(Failure::lasting(
                Problem::new(format!(
                    "{} answers otherwise than Elasticsearch and OpenSearch do",
                    self.web.host()
                ))
                .because(format!("it said {}", self.web.words(&answer)))
                .next("see whether the url of the output is right"),
            )),
        }
    }

    fn taken(&self, reply: &Reply, sent: usize) -> Result<Taken, Failure> {
        let mut refused = Vec::new();
        let mut there = 0_usize;
        for (i, Action { create }) in reply.items.iter().enumerate() {
            match create.status {
                200..=299 => continue,
                409 => {
                    there += 1;
                    continue;
                }
                _ => {}
            }
            let default = Error::default();
            let error = create.error.as_ref().unwrap_or(&default);
            let said = self.web.clean(&format!("{} {}", create.status, error.words()));
            let problem = Problem::new(format!("{} did not store the records", self.web.host()))
                .because(format!("it said {said}"));
            match create.status {
                429 | 500..=599 => return Err(Failure::passing(problem)),
                400 | 413 if error.is_content() => refused.push((i, said)),
                _ => {
                    let next = "see whether the data stream is there and may be written to";
                    return Err(Failure::lasting(problem.next(next)));
                }
            }
        }
        if refused.len() >= ALL_OF
            && refused.len() == sent
            && let Some((_, said)) = refused.first()
        {
            return Err(Failure::lasting(
                Problem::new(format!("{} stored none of {sent} records", self.web.host()))
                    .because(format!("of the first it said {said}"))
                    .next(
                        "see what mapping the data stream has, and whether the index template of \
                         this program is installed",
                    ),
            ));
        }
        let said = match there {
            0 => "200 OK".to_owned(),
            there => format!("200 OK, {there} of them were there already"),
        };
        Ok(Taken { said, refused })
    }

    fn refusal(&self, answer: &Answer) -> Failure {
        let failure = self.web.refusal(answer);
        // A malformed request is not the fault of a single document: those are told one by one.
        if answer.status.as_u16() == 400 { Failure::lasting(failure.problem) } else { failure }
    }

    /// Installs the index template.
    pub async fn prepare(&mut self) -> Result<String, Failure> {
        let url = self.url(&format!("/_index_template/{TEMPLATE}"));
        let body = encode::template(&self.to.data_stream).to_string().into_bytes();
        let request = Request {
            method: Method::PUT,
            ..Request::post(&url, &self.headers, "application/json", body, false)
        };
        let answer = self.web.send(request).await?;
        if !answer.status.is_success() {
            let mut failure = self.refusal(&answer);
            failure.problem.what = format!("{} did not take the index template", self.web.host());
            failure.content = false;
            return Err(failure);
        }
        let pattern = self.to.data_stream.replace("{log_type}", "*");
        Ok(format!("The index template {TEMPLATE} is installed for {pattern}"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", with_path(&self.to.url, "").trim_end_matches('/'))
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
