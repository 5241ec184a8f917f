//! Records to any receiver over HTTP.
//!
//! Promises: whatever answers with a status of success has taken all of a batch; a signature is
//! over exactly the bytes of the body that the receiver gets, before it unpacks them.

mod encode;

use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::web::{Request, Web, alone, needed};
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::{Problem, Secret};
use crate::settings::{HttpOutput, HttpSecret, Template, check_secret_url};

/// The way to a receiver.
#[derive(Debug)]
pub struct Channel {
    to: HttpOutput,
    web: Web,
    /// The address; it may be the secret.
    url: Secret,
    headers: HeaderMap,
    /// The key of the signature.
    key: Option<Secret>,
}

impl Channel {
    /// Makes the way ready.
    pub async fn open(to: &HttpOutput, tools: &Tools) -> Result<Self, Failure> {
        let url = match &to.url {
            Some(url) => url.clone(),
            None => secret_url(tools)?,
        };
        let mut web = Web::open(&url, &to.tls, tools)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &to.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) else {
                let problem = Problem::new("A header of this output cannot be sent");
                return Err(Failure::lasting(problem.next("mend the headers in the settings")));
            };
            headers.append(name, value);
        }
        let mut key = None;
        match &to.secret {
            HttpSecret::None | HttpSecret::Address => {}
            HttpSecret::Header(name) => {
                let value = needed(tools, "The value of the header")?.expose().to_owned();
                web.secret_header(&mut headers, name, value)?;
            }
            HttpSecret::Signature { .. } => {
                key = Some(needed(tools, "The key of the signature")?.clone());
            }
        }
        Ok(Self { to: to.clone(), web, url: Secret::new(url), headers, key })
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let mut body = encode::body(&self.to, &batch.items);
        let mut headers = self.headers.clone();
        let mut gzip = self.to.gzip;
        if let (HttpSecret::Signature { header, prefix }, Some(key)) = (&self.to.secret, &self.key)
        {
            if gzip {
                body = super::web::compressed(body).await?;
                headers.insert("content-encoding", HeaderValue::from_static("gzip"));
                gzip = false;
            }
            let value = format!("{prefix}{}", signature(key, &body));
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(header.as_bytes()), HeaderValue::from_str(&value))
            {
                headers.insert(name, value);
            }
        }
        let content_type = encode::content_type(&self.to);
        let request = Request::post(self.url.expose(), &headers, content_type, body, gzip);
        let answer = self.web.send(request).await?;
        if !answer.status.is_success() {
            return Err(self.web.refusal(&answer));
        }
        Ok(Taken { said: self.web.words(&answer), refused: Vec::new() })
    }

    /// Hands over a test.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        let taken = self.deliver(&alone(item)).await?;
        self.web.probed(taken)
    }

    /// Ends it.
    pub async fn close(self) {}

    /// How much goes out together: what the receiver takes in one request, less what stands around
    /// the lines.
    pub const fn limits(&self) -> Limits {
        let (records, bytes) = match self.to.template {
            Template::Plain => (1_000, 1_000_000),
            Template::Cribl => (2_000, 2_000_000),
            // 1,000 and 5 MB.
            Template::Datadog => (1_000, 2_000_000),
            // 64 KiB unless it is raised there.
            Template::Graylog => (100, 40_000),
            Template::Panther => (500, 400_000),
            // Between 100 KB and 1 MB are asked for.
            Template::SumoLogic => (2_000, 900_000),
        };
        Limits { records, bytes, gather: Duration::from_millis(500) }
    }
}

fn secret_url(tools: &Tools) -> Result<String, Failure> {
    let url = needed(tools, "The address")?.expose().trim().to_owned();
    // An address from the keychain was checked when it was stored, but not by this program alone.
    match check_secret_url(&url) {
        Ok(_) => Ok(url),
        Err(what) => Err(Failure::lasting(
            Problem::new("The address of this output cannot be used")
                .because(what)
                .next("remove the output and add it again"),
        )),
    }
}

/// HMAC-SHA256 in hexadecimal digits.
fn signature(key: &Secret, body: &[u8]) -> String {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests;
