//! Uploads: in one piece, or in parts.
//!
//! Promises: an upload in parts that fails is taken back; every wait has an end, a longer one for
//! more bytes.

use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use md5::{Digest, Md5};
use reqwest::header::{CONTENT_LENGTH, ETAG, HeaderMap};
use reqwest::{RequestBuilder, StatusCode};
use rusty_s3::actions::{CompleteMultipartUploadResponse, CreateMultipartUpload};
use rusty_s3::{Bucket, Credentials, S3Action};

use super::trouble;
use crate::base::Secret;
use crate::net::{self, HttpClient};
use crate::outputs::Failure;

/// How long a signed address is valid; clocks may be off by as much.
const VALID: Duration = Duration::from_secs(900);

/// The bytes a second of the slowest line that is waited for.
const SLOWEST_BYTES_A_SECOND: u64 = 32 * 1024;

/// As much of an answer as is worth reading.
const ANSWER_BYTES: usize = 64 * 1024;

/// A bucket and how one is let in.
#[derive(Debug)]
pub struct Store {
    pub http: HttpClient,
    pub bucket: Bucket,
    pub credentials: Credentials,
    pub secret: Secret,
    /// The largest upload in one piece, and the size of the parts of larger ones.
    pub part_bytes: usize,
}

/// What the store answered.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    words: String,
}

impl Store {
    /// Stores an object; gives what the store said.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
        let bytes = Bytes::from(bytes);
        if bytes.len() > self.part_bytes {
            return self.put_in_parts(name, bytes).await;
        }
        let sum = md5_sum(&bytes);
        let mut action = self.bucket.put_object(Some(&self.credentials), name);
        action.headers_mut().insert("content-md5", sum.as_str());
        let url = action.sign(VALID);
        let request = self.http.put(url.as_str()).header("content-md5", sum);
        let answer = self.send(with_body(request, bytes)).await?;
        Ok(format!("{} {}", answer.status.as_u16(), etag(&answer)))
    }

    async fn put_in_parts(&self, name: &str, bytes: Bytes) -> Result<String, Failure> {
        let action = self.bucket.create_multipart_upload(Some(&self.credentials), name);
        let request = self.http.post(action.sign(VALID).as_str()).header(CONTENT_LENGTH, 0);
        let answer = self.send(request).await?;
        let upload = CreateMultipartUpload::parse_response(&answer.words)
            .map_err(|error| trouble::not_understood(&error))?;
        let upload = upload.upload_id();
        let done = self.put_parts(name, upload, bytes).await;
        if done.is_err() {
            let action = self.bucket.abort_multipart_upload(Some(&self.credentials), name, upload);
            if self.send(self.http.delete(action.sign(VALID).as_str())).await.is_err() {
                tracing::warn!(
                    object = name,
                    "the parts of an upload that failed were left in the bucket; a lifecycle rule \
                     for incomplete uploads removes them"
                );
            }
        }
        done
    }

    async fn put_parts(&self, name: &str, upload: &str, bytes: Bytes) -> Result<String, Failure> {
        let mut tags = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let part = rest.split_to(rest.len().min(self.part_bytes));
            let number = u16::try_from(tags.len().saturating_add(1)).unwrap_or(u16::MAX);
            let sum = md5_sum(&part);
            let mut action = self.bucket.upload_part(Some(&self.credentials), name, number, upload);
            action.headers_mut().insert("content-md5", sum.as_str());
            let url = action.sign(VALID);
            let request = self.http.put(url.as_str()).header("content-md5", sum);
            let answer = self.send(with_body(request, part)).await?;
            tags.push(etag(&answer).to_owned());
        }
        let credentials = Some(&self.credentials);
        let tags = tags.iter().map(String::as_str);
        let action = self.bucket.complete_multipart_upload(credentials, name, upload, tags);
        let url = action.sign(VALID);
        let answer = self.send(self.http.post(url.as_str()).body(action.body())).await?;
        // A store that needs long says 200 first, and only then whether it worked.
        CompleteMultipartUploadResponse::parse(&answer.words).map_err(|_| {
            trouble::refused(StatusCode::INTERNAL_SERVER_ERROR, &answer.headers, &answer.words)
        })?;
        Ok(format!("{} {}", answer.status.as_u16(), etag(&answer)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let host = self.bucket.base_url().host_str().unwrap_or_default();
        let answer = request.send().await.map_err(|error| trouble::unreachable(&error, host))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let words = match net::read_body(answer, ANSWER_BYTES).await {
            Ok(body) => String::from_utf8_lossy(&body).replace(self.secret.expose(), "•••"),
            Err(_) => String::new(),
        };
        if status.is_success() {
            return Ok(Answer { status, headers, words });
        }
        Err(trouble::refused(status, &headers, &words))
    }
}

/// Bytes to send, and the time it may take.
fn with_body(request: RequestBuilder, bytes: Bytes) -> RequestBuilder {
    let bytes_to_send = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let time = Duration::from_secs(bytes_to_send.div_ceil(SLOWEST_BYTES_A_SECOND));
    request.timeout(net::REQUEST_TIME_OUT.saturating_add(time)).body(bytes)
}

fn md5_sum(bytes: &[u8]) -> String {
    BASE64.encode(&Md5::digest(bytes))
}

fn etag(answer: &Answer) -> &str {
    answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default()
}
