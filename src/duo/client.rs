//! Asks one Duo account for its logs.
//!
//! Promises: every request is signed afresh, right before it is sent; a wrong local clock is made
//! up for; a record's bytes are handed on exactly as they came; no more than [`BODY_LIMIT`] is ever
//! held; the secret key is never printed.
//!
//! Limits count per account and kind of request, so the pace is kept per host and path. A child
//! account is read on its own host, signed with the parent's keys, with `account_id` among the
//! signed parameters. Sources: <https://duo.com/docs/adminapi>, <https://duo.com/docs/accountsapi>,
//! Duo's `duo_client_python`.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::answer::{self, Page};
use super::clock::DuoClock;
use super::failure::{Failure, FailureKind};
use super::logs::{Endpoint, Paging, endpoint};
use super::pace::{Pace, Verdict};
use super::sign::{self, Scheme};
use crate::base::{Secret, UnixMillis, UnixSecs};
use crate::net::{self, Body, BodyTrouble, HttpClient};
use crate::record::LogType;

/// The largest answer taken, after decompression. A full page is about 2 MB.
pub const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// What it takes to ask an account.
#[derive(Clone, Debug)]
pub struct Access {
    /// The integration key.
    pub integration_key: String,
    /// The secret key.
    pub secret_key: Secret,
    /// The API hostname, `host` or `host:port`.
    pub api_hostname: String,
    /// How requests are signed.
    pub scheme: Scheme,
    /// The child account asked for, when the keys are a parent's Accounts API keys.
    pub child: Option<String>,
}

/// One account at Duo; clones share everything.
#[derive(Clone)]
pub struct Duo(Arc<Inner>);

struct Inner {
    http: HttpClient,
    access: Access,
    pace: Pace,
    clock: DuoClock,
}

/// Which records to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A window with both ends included, for the logs that have a cursor.
    Window {
        /// The earliest time.
        from: UnixMillis,
        /// The latest time.
        until: UnixMillis,
        /// Where the page before ended.
        cursor: Option<String>,
        /// The most records wanted.
        limit: u32,
    },
    /// The thousand earliest records from a second on, for the first-generation logs.
    Since {
        /// The earliest second.
        from: UnixSecs,
    },
}

/// A child account of a managed service provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// `DA…`.
    pub account_id: String,
    /// The child's own API hostname.
    pub api_hostname: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A whole answer, good or bad.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Body,
    retry_after: Option<Duration>,
    /// The `Date` header; absent on answers that some proxies make up.
    date: Option<UnixMillis>,
    asked: UnixMillis,
    received: UnixMillis,
}

/// A request before it is signed.
struct Request<'a> {
    method: &'static str,
    path: &'a str,
    params: Params<'a>,
}

type Params<'a> = Vec<(&'a str, String)>;

impl Duo {
    /// Prepares to ask an account; nothing is sent yet.
    pub fn new(http: HttpClient, access: Access, pace: Pace) -> Self {
        Self(Arc::new(Inner { http, access, pace, clock: DuoClock::default() }))
    }

    /// Duo's clock; shared, and right once Duo has answered.
    pub fn clock(&self) -> DuoClock {
        self.0.clock.clone()
    }

    /// Reads one page of a log.
    pub async fn read_log(&self, log_type: LogType, ask: &Ask) -> Result<Page, Failure> {
        let endpoint = endpoint(log_type);
        let (params, limit) = log_params(endpoint, ask)?;
        let has_cursor = matches!(ask, Ask::Window { cursor: Some(_), .. });
        let read = |status, body| answer::split(status, body, limit);
        self.ask(Request { method: "GET", path: endpoint.path, params }, read)
            .await
            .map_err(|failure| blame_cursor(failure, has_cursor))
    }

    /// How many records Duo has in a window, both ends included; `None` when the log does not tell.
    pub async fn count(
        &self,
        log_type: LogType,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Option<u64>, Failure> {
        if !endpoint(log_type).counts {
            return Ok(None);
        }
        let ask = Ask::Window { from, until, cursor: None, limit: 1 };
        self.read_log(log_type, &ask).await.map(|page| page.total)
    }

    /// The child accounts of a parent's Accounts API keys.
    pub async fn children(&self) -> Result<Vec<Child>, Failure> {
        self.post("/accounts/v1/account/list").await
    }

    /// Reads the `response` of a GET without parameters.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let read = |status, body: Body| answer::response(status, &body);
        self.ask(Request { method: "GET", path, params: Vec::new() }, read).await
    }

    /// Reads the `response` of a POST without parameters.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let read = |status, body: Body| answer::response(status, &body);
        self.ask(Request { method: "POST", path, params: Vec::new() }, read).await
    }

    /// Asks without signing, as only `/auth/v2/ping` allows. `Ok` holds the server's time in
    /// seconds, if it told one.
    pub async fn ping(&self) -> Result<Option<i64>, Failure> {
        #[derive(Deserialize)]
        struct Pong {
            #[serde(default)]
            time: Option<i64>,
        }
        let url = format!("https://{}/auth/v2/ping", self.0.access.api_hostname);
        let answer = self.send(self.0.http.get(url)).await?;
        let pong = answer::response::<Pong>(answer.status, &answer.body);
        self.mind_clock(&answer, pong.as_ref().err());
        let time = pong?.time;
        if answer.date.is_none()
            && let Some(secs) = time
        {
            self.0.clock.heard(UnixSecs(secs).to_millis(), answer.asked, answer.received);
        }
        Ok(time)
    }

    /// Waits for its turn, asks, reads the answer. When Duo refuses the time and its own differs
    /// from the one we signed, asks once more with Duo's.
    async fn ask<T>(
        &self,
        mut request: Request<'_>,
        read: impl Fn(u16, Body) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let inner = &*self.0;
        if let Some(child) = &inner.access.child {
            request.params.push(("account_id", child.clone()));
        }
        let key = format!("{} {}", inner.access.api_hostname.to_lowercase(), request.path);
        let mut time = None;
        loop {
            inner.pace.before(&key).await;
            let signed_at = time.unwrap_or_else(|| inner.clock.signing_time());
            let sent = self.send(self.signed(&request, signed_at)).await;
            let (result, date) = match sent {
                Ok(answer) => {
                    let date = answer.date;
                    let (status, retry_after) = (answer.status, answer.retry_after);
                    let stamps = Answer { body: Body::default(), ..answer };
                    let result = read(status, answer.body)
                        .map_err(|failure| Failure { retry_after, ..failure });
                    self.mind_clock(&stamps, result.as_ref().err());
                    (result, date)
                }
                Err(failure) => (Err(failure), None),
            };
            inner.pace.heard(&key, verdict(result.as_ref().err()));
            let refused_time =
                matches!(&result, Err(failure) if failure.kind == FailureKind::ClockWrong);
            let differs = date.is_some_and(|date| date.0.abs_diff(signed_at.0) > 2_000);
            if !(refused_time && differs && time.is_none()) {
                return result;
            }
            tracing::warn!(
                difference_ms = inner.clock.difference(),
                "Duo refused this computer's time; asking again with Duo's"
            );
            time = Some(inner.clock.now());
        }
    }

    /// Builds the signed request. GET carries its parameters in the query; POST in a JSON body
    /// (v5) or a form (v2).
    fn signed(&self, request: &Request<'_>, at: UnixMillis) -> reqwest::RequestBuilder {
        let Inner { http, access, .. } = &*self.0;
        let params: Vec<(&str, &str)> =
            request.params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let is_get = request.method == "GET";
        let encoded = sign::canonical_params(&params);
        let (body, signed_params, content_type) = match access.scheme {
            _ if is_get => (String::new(), params.as_slice(), None),
            Scheme::V5 => (json_body(&params), &[][..], Some("application/json")),
            Scheme::V2Sha512 | Scheme::V2Sha1 => {
                (encoded.clone(), params.as_slice(), Some("application/x-www-form-urlencoded"))
            }
        };
        let date = sign::date_text(at);
        let authorization = sign::Request {
            date: &date,
            method: request.method,
            host: host_without_port(&access.api_hostname),
            path: request.path,
            params: signed_params,
            body: body.as_bytes(),
            headers: &[],
        }
        .authorization(
            access.scheme,
            &access.integration_key,
            access.secret_key.expose().as_bytes(),
        );
        let mut url = format!("https://{}{}", access.api_hostname, request.path);
        if is_get && !encoded.is_empty() {
            url.push('?');
            url.push_str(&encoded);
        }
        let builder = if is_get { http.get(url) } else { http.post(url).body(body) };
        let mut authorization = reqwest::header::HeaderValue::from_str(&authorization)
            .unwrap_or(reqwest::header::HeaderValue::from_static(""));
        authorization.set_sensitive(true);
        let builder = builder.header("date", date).header("authorization", authorization);
        match content_type {
            Some(content_type) => builder.header("content-type", content_type),
            None => builder,
        }
    }

    /// Sends a request and takes in the whole answer, whatever it is.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let broken =
            |error: &reqwest::Error| Failure::from_cause(net::cause(error), net::chain(error));
        let asked = UnixMillis::now();
        let answer = request.send().await.map_err(|error| broken(&error))?;
        let received = UnixMillis::now();
        let header = |name: &str| answer.headers().get(name).and_then(|text| text.to_str().ok());
        let date = header("date").and_then(sign::parse_date_text);
        let retry_after = header("retry-after").and_then(|text| wait_of(text, date, received));
        let status = answer.status().as_u16();
        let body = net::read_body(answer, BODY_LIMIT).await.map_err(|trouble| {
            let failure = match trouble {
                BodyTrouble::TooLarge => {
                    let chain = format!("HTTP {status}, more than {BODY_LIMIT} bytes");
                    Failure::new(FailureKind::TooLarge, chain)
                }
                BodyTrouble::Silent(span) => {
                    let chain = format!("HTTP {status}, no whole answer in {} s", span.as_secs());
                    Failure::new(FailureKind::TimedOut, chain)
                }
                BodyTrouble::Broken(error) => {
                    Failure::new(FailureKind::Interrupted, net::chain(&error))
                }
            };
            Failure { http_status: Some(status), ..failure }
        })?;
        Ok(Answer { status, body, retry_after, date, asked, received })
    }

    /// Learns Duo's time from an answer, unless something other than Duo gave it.
    fn mind_clock(&self, answer: &Answer, failure: Option<&Failure>) {
        let is_duo = match failure {
            None => true,
            Some(failure) => failure.code.is_some() || failure.message.is_some(),
        };
        if let Some(date) = answer.date
            && is_duo
        {
            self.0.clock.heard(date, answer.asked, answer.received);
        }
    }
}

/// The parameters of a log request, and how many records it can bring.
fn log_params<'a>(endpoint: &Endpoint, ask: &Ask) -> Result<(Params<'a>, u32), Failure> {
    match (endpoint.paging, ask) {
        (Paging::Cursor { parameter }, Ask::Window { from, until, cursor, limit }) => {
            let limit = (*limit).clamp(1, endpoint.max_limit);
            let mut params = vec![
                ("mintime", from.0.to_string()),
                ("maxtime", until.0.to_string()),
                ("limit", limit.to_string()),
            ];
            if endpoint.sorts {
                params.push(("sort", "ts:asc".to_owned()));
            }
            if let Some(cursor) = cursor {
                params.push((parameter, cursor.clone()));
            }
            Ok((params, limit))
        }
        (Paging::Since, Ask::Since { from }) => {
            Ok((vec![("mintime", from.0.to_string())], endpoint.max_limit))
        }
        (Paging::Cursor { .. }, Ask::Since { .. }) | (Paging::Since, Ask::Window { .. }) => {
            let chain =
                format!("{} was asked for in the other log generation's way", endpoint.path);
            Err(Failure::new(FailureKind::BadRequest, chain))
        }
    }
}

/// A 400 that names nothing, to a request with a cursor, is taken to be about the cursor.
fn blame_cursor(failure: Failure, has_cursor: bool) -> Failure {
    let is_unexplained = failure.kind == FailureKind::BadRequest
        && failure.http_status == Some(400)
        && failure.detail.is_none();
    if has_cursor && is_unexplained {
        Failure { kind: FailureKind::CursorRefused, ..failure }
    } else if !has_cursor && failure.kind == FailureKind::CursorRefused {
        Failure { kind: FailureKind::BadRequest, ..failure }
    } else {
        failure
    }
}

fn verdict(failure: Option<&Failure>) -> Verdict {
    match failure {
        None => Verdict::Fine,
        Some(failure) if failure.kind == FailureKind::RateLimited => {
            Verdict::TooMany(failure.retry_after)
        }
        Some(_) => Verdict::Other,
    }
}

/// The signed host: without port, and without brackets around nothing else.
fn host_without_port(api_hostname: &str) -> &str {
    match api_hostname.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => api_hostname,
    }
}

/// Compact JSON with sorted keys; `{}` when there is nothing to say.
fn json_body(params: &[(&str, &str)]) -> String {
    let sorted: std::collections::BTreeMap<&str, &str> = params.iter().copied().collect();
    serde_json::to_string(&sorted).unwrap_or_else(|_| "{}".to_owned())
}

/// Reads `Retry-After`: seconds or a date.
fn wait_of(text: &str, date: Option<UnixMillis>, received: UnixMillis) -> Option<Duration> {
    if let Ok(secs) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(secs.min(86_400)));
    }
    let until = sign::parse_date_text(text)?;
    let millis = until.0.saturating_sub(date.unwrap_or(received).0).clamp(0, 86_400_000);
    Some(Duration::from_millis(millis.unsigned_abs()))
}

#[cfg(test)]
mod tests;
