//! Requests to receivers over HTTP, and what their answers mean.
//!
//! Promises: a receiver's words are told as one short line, and never with a secret in it; a refusal
//! says whether trying again may help, whether a person has to mend something, or whether it is
//! about the records themselves; redirects are not followed, because a secret is for one place;
//! every wait has an end.
//!
//! Sources: what a status means, RFC 9110, <https://www.rfc-editor.org/rfc/rfc9110>; the two forms
//! of `Retry-After`, its section 10.2.3.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use data_encoding::BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, StatusCode};

use super::{Batch, Failure, Item, Probed, Taken, Tools, tls};
use crate::base::{Problem, Secret, UnixMillis};
use crate::net::{self, CONNECT_TIME_OUT, Cause, HostSettings, HttpClient, IDLE_TIME_OUT};
use crate::settings::Tls;

/// As much of an answer as is read.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// As much of a receiver's words as is told.
const WORDS: usize = 300;

/// Nobody is left alone for longer than this, whatever it asks for.
const LONGEST_AFTER: Duration = Duration::from_secs(3600);

/// Parts of a secret that are shorter are words like others.
const SECRET_PART: usize = 6;

/// The way to one host.
#[derive(Debug)]
pub struct Web {
    http: HttpClient,
    host: String,
    tls: Tls,
    /// Without the secret.
    tools: Tools,
    /// What is never told, and what it is used for.
    hidden: Vec<(String, Secret)>,
    /// What the host showed of itself last (DER).
    certificate: Mutex<Option<Vec<u8>>>,
}

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// `POST`, mostly.
    pub method: Method,
    /// Where to.
    pub url: &'a str,
    /// What else it says.
    pub headers: &'a HeaderMap,
    /// What the body is.
    pub content_type: &'static str,
    /// The body, not compressed yet.
    pub body: Vec<u8>,
    /// Compress it.
    pub gzip: bool,
}

/// An answer, whatever it says.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, or as much of it as is worth reading.
    pub body: Vec<u8>,
}

impl<'a> Request<'a> {
    /// A `POST`.
    pub const fn post(
        url: &'a str,
        headers: &'a HeaderMap,
        content_type: &'static str,
        body: Vec<u8>,
        gzip: bool,
    ) -> Self {
        Self { method: Method::POST, url, headers, content_type, body, gzip }
    }
}

impl Answer {
    /// Its body as JSON.
    pub fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// How long it asks to be left alone.
    pub fn after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        wait(text, UnixMillis::now())
    }
}

impl Web {
    /// Makes the way ready. Reads the files of certificates.
    pub fn open(url: &str, tls: &Tls, tools: &Tools) -> Result<Self, Failure> {
        let host = HostSettings {
            ca_file: tls.ca_file.as_deref().map(|file| tools.path(file)),
            client: tls
                .client
                .as_ref()
                .map(|client| (tools.path(&client.certificate), tools.path(&client.key))),
        };
        let http = net::build_for(&tools.net, &host).map_err(Failure::lasting)?;
        let mut web = Self {
            http,
            host: host_of(url).to_owned(),
            tls: tls.clone(),
            tools: Tools { secret: None, ..tools.clone() },
            hidden: Vec::new(),
            certificate: Mutex::default(),
        };
        if let Some(secret) = &tools.secret {
            web.hide("secret", secret);
        }
        Ok(web)
    }

    /// The host and its port, for people.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Never tells this text, nor any longer word in it. What was hidden for the same use before is
    /// over.
    pub fn hide(&mut self, for_use: &str, secret: &Secret) {
        self.hidden.retain(|(known, _)| known != for_use);
        let whole = secret.expose();
        // Of an address, what stands behind the host, in parts: so receivers repeat it.
        let behind = whole.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let parts = behind.map_or("", |(_, path)| path).split(['/', '?', '&', '=', '#']);
        let words = whole.split_whitespace().chain(parts).filter(|word| word.len() >= SECRET_PART);
        for text in std::iter::once(whole).chain(words.filter(|word| *word != whole)) {
            self.hidden.push((for_use.to_owned(), Secret::new(text.to_owned())));
        }
    }

    /// A header with a secret in it.
    pub fn secret_header(
        &mut self,
        headers: &mut HeaderMap,
        name: &str,
        value: String,
    ) -> Result<(), Failure> {
        let wrong = |reason: &str| {
            Failure::lasting(
                Problem::new("The secret of this output cannot be used")
                    .because(reason)
                    .next("remove the output and add it again"),
            )
        };
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong("the name of its header is none"))?;
        let mut header = HeaderValue::from_str(&value)
            .map_err(|_| wrong("it holds characters that no header may have"))?;
        header.set_sensitive(true);
        self.hide(name.as_str(), &Secret::new(value));
        headers.insert(name, header);
        Ok(())
    }

    /// The header that says who signs in.
    pub fn basic(
        &mut self,
        headers: &mut HeaderMap,
        user: &str,
        password: &Secret,
    ) -> Result<(), Failure> {
        let login = zeroize::Zeroizing::new(format!("{user}:{}", password.expose()));
        self.secret_header(
            headers,
            "authorization",
            format!("Basic {}", BASE64.encode(login.as_bytes())),
        )
    }

    /// Sends a request; gives whatever is answered. A failure means that there was no answer.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, Failure> {
        let Request { method, url, headers, content_type, body, gzip } = request;
        let mut builder = self
            .http
            .request(method, url)
            .headers(headers.clone())
            .header(CONTENT_TYPE, content_type);
        if gzip {
            builder = builder.header(CONTENT_ENCODING, "gzip");
        }
        let body = if gzip { compressed(body).await? } else { body };
        let answer = match builder.body(body).send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.no_answer(&error).await),
        };
        if let Some(shown) = answer.extensions().get::<reqwest::tls::TlsInfo>()
            && let Ok(mut certificate) = self.certificate.lock()
        {
            *certificate = shown.peer_certificate().map(<[u8]>::to_vec);
        }
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = self.read(answer).await?;
        Ok(Answer { status, headers, body })
    }

    /// Reads a body to its end, or as much of it as is worth reading. Not knowing its end is not
    /// knowing what was taken.
    async fn read(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            match tokio::time::timeout(IDLE_TIME_OUT, answer.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    let room = ANSWER_BYTES.saturating_sub(body.len());
                    body.extend(chunk.iter().take(room));
                    if room == 0 {
                        return Ok(body);
                    }
                }
                Ok(Ok(None)) => return Ok(body),
                Ok(Err(error)) => return Err(self.no_answer(&error).await),
                Err(_) => {
                    return Err(Failure::passing(
                        Problem::new(format!("{} stopped in the middle of its answer", self.host))
                            .because(format!(
                                "nothing came for {} seconds",
                                IDLE_TIME_OUT.as_secs()
                            )),
                    ));
                }
            }
        }
    }

    async fn no_answer(&self, error: &reqwest::Error) -> Failure {
        let reason = self.clean(&net::chain(error));
        let problem = Problem::new(format!("{} cannot be reached", self.host));
        match net::cause(error) {
            Cause::TlsUntrusted => Failure::lasting(
                Problem::new(format!("{} is not trusted", self.host))
                    .because(self.untrusted().await.unwrap_or(reason))
                    .next(
                        "name the certificate of the authority that vouches for it as ca_file of \
                         this output; if it should be trusted already, somebody may be listening \
                         in",
                    ),
            ),
            Cause::TlsFailed => Failure::passing(problem.because(reason).next(
                "see whether TLS is spoken there at all, and whether it asks for a \
                 client_certificate",
            )),
            _ => Failure::passing(problem.because(reason)),
        }
    }

    /// Why, and whose certificate it is; for as far as it can be seen without a proxy.
    async fn untrusted(&self) -> Option<String> {
        let (host, port) = match self.host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (self.host.as_str(), 443),
        };
        let shown = tls::look(host, port, &self.tls, &self.tools, CONNECT_TIME_OUT).await?;
        let why_not = shown.why_not?;
        Some(format!("{why_not}; it is for {} and was issued by {}", shown.subject, shown.issuer))
    }

    /// What a refusal means, by its status.
    pub fn refusal(&self, answer: &Answer) -> Failure {
        let status = answer.status;
        let problem = Problem::new(format!("{} did not take the records", self.host))
            .because(format!("it said {}", self.words(answer)));
        match status.as_u16() {
            300..=399 => {
                let place = answer.headers.get(LOCATION).and_then(|place| place.to_str().ok());
                let place = place.map_or("elsewhere", host_of);
                Failure::lasting(problem.next(format!(
                    "it leads on to {}; see whether the url of the output is right",
                    self.clean(place)
                )))
            }
            401 | 403 | 407 => Failure::lasting(problem.next(
                "see whether the secret of the output is still the right one, and what it is \
                 allowed to do there; remove the output and add it again to store another",
            )),
            404 | 405 => {
                Failure::lasting(problem.next("see whether the url of the output is right"))
            }
            400 | 413 | 422 => Failure::content(problem),
            408 | 425 | 429 => Failure::passing(problem).after(answer.after()),
            501 | 505 => {
                Failure::lasting(problem.next("see whether the url of the output is right"))
            }
            500..=599 => Failure::passing(problem).after(answer.after()),
            _ => Failure::lasting(problem.next("see what the receiver wants")),
        }
    }

    /// What an answer says, as one short line without a secret.
    pub fn words(&self, answer: &Answer) -> String {
        let text = String::from_utf8_lossy(answer.body.get(..4096).unwrap_or(&answer.body));
        let reason = answer.status.canonical_reason().unwrap_or_default();
        let text = if text.trim().is_empty() { reason.into() } else { text };
        self.clean(&format!("{} {text}", answer.status.as_u16()))
    }

    /// What came of a test.
    pub fn probed(&self, taken: Taken) -> Result<Probed, Failure> {
        if let Some((_, reason)) = taken.refused.first() {
            return Err(Failure::content(
                Problem::new(format!("{} refused the test record", self.host))
                    .because(format!("it said {reason}")),
            ));
        }
        let shown = self.certificate.lock().ok().and_then(|der| der.clone());
        // It would not have been answered with a certificate that is not trusted.
        let certificate = shown.map(|der| tls::read(&der, None));
        Ok(Probed { said: taken.said, certificate })
    }

    /// A text as one short line without a secret.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (_, secret) in self.hidden.iter().filter(|(_, secret)| !secret.expose().is_empty()) {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "\u{2022}\u{2022}\u{2022}");
            }
        }
        let mut line = String::new();
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
            if !word.is_empty() {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        if line.chars().count() > WORDS {
            line = line.chars().take(WORDS).collect();
            line.push('\u{2026}');
        }
        line
    }
}

/// A batch of a test alone.
pub fn alone(item: &Item) -> Batch {
    Batch { items: vec![item.clone()], token: format!("test-{}-{}", item.id, item.received.0) }
}

/// An address with a path behind it, where it names none itself.
pub fn with_path(url: &str, path: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let has_path = rest.split_once('/').is_some_and(|(_, path)| !path.is_empty());
    if has_path || rest.contains('?') {
        url.to_owned()
    } else {
        format!("{}{path}", url.trim_end_matches('/'))
    }
}

/// The secret that an output cannot do without.
pub fn needed<'a>(tools: &'a Tools, what: &str) -> Result<&'a Secret, Failure> {
    tools.secret.as_ref().ok_or_else(|| {
        Failure::lasting(
            Problem::new(format!("{what} of this output is not there"))
                .because("neither the keychain nor the environment has it")
                .next("remove the output and add it again"),
        )
    })
}

/// `host:port` of an address, without what may be secret behind it.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// How long `Retry-After` asks for: seconds, or a date.
fn wait(text: &str, now: UnixMillis) -> Option<Duration> {
    let wait = match text.parse::<u64>() {
        Ok(secs) => Duration::from_secs(secs),
        Err(_) => {
            let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
            Duration::from_millis(u64::try_from(until.saturating_sub(now.0)).unwrap_or(0))
        }
    };
    Some(wait.min(LONGEST_AFTER))
}

/// Compresses beside the tasks that wait for sockets.
pub async fn compressed(body: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let packed = tokio::task::spawn_blocking(move || {
        let mut gzip = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
        gzip.write_all(&body)?;
        gzip.finish()
    });
    match packed.await {
        Ok(Ok(packed)) => Ok(packed),
        _ => Err(Failure::passing(Problem::new("The records could not be compressed"))),
    }
}

#[cfg(test)]
pub mod tests;
