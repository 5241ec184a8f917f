//! Records to a table in ClickHouse, over HTTP.
//!
//! Promises: a batch that comes again is dropped by ClickHouse as long as it remembers the token
//! that batch has, and rows of the same id become one when it merges; an answer comes after the
//! rows are in the table, never before.
//!
//! Sources: tokens, <https://clickhouse.com/docs/guides/developer/deduplicating-inserts-on-retries>;
//! parameters, headers and codes, <https://clickhouse.com/docs/interfaces/http>; insertions that
//! gather on the server are off, because an answer would come before the rows are stored or much
//! later, <https://clickhouse.com/docs/optimize/asynchronous-inserts>; numbers of errors,
//! <https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp>.

mod encode;

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{HeaderMap, HeaderValue};

use super::web::{Answer, Request, Web, alone, needed, with_path};
use super::{Batch, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::settings::{ClickhouseOutput, RecordFormat};

const LIMITS: Limits =
    Limits { records: 4_000, bytes: 2_000_000, gather: Duration::from_millis(500) };

/// The way to a table.
#[derive(Debug)]
pub struct Channel {
    to: ClickhouseOutput,
    format: RecordFormat,
    web: Web,
    headers: HeaderMap,
}

impl Channel {
    /// Makes the way ready.
    pub async fn open(
        to: &ClickhouseOutput,
        format: RecordFormat,
        tools: &Tools,
    ) -> Result<Self, Failure> {
        let mut web = Web::open(&to.url, &to.tls, tools)?;
        let mut headers = HeaderMap::new();
        if let Some(user) = &to.user {
            let name = HeaderValue::from_str(user).map_err(|_| {
                Failure::lasting(
                    Problem::new("The user of this output cannot be told")
                        .because("its name has characters that no header may have"),
                )
            })?;
            headers.insert("x-clickhouse-user", name);
            let password = needed(tools, "The password")?.expose().to_owned();
            web.secret_header(&mut headers, "x-clickhouse-key", password)?;
        }
        Ok(Self { to: to.clone(), format, web, headers })
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let statement =
            format!("INSERT INTO {}.{} FORMAT JSONEachRow", self.to.database, self.to.table);
        let url = self.url(&[
            ("query", &statement),
            ("insert_deduplication_token", &batch.token),
            ("insert_deduplicate", "1"),
            ("async_insert", "0"),
            ("wait_end_of_query", "1"),
        ]);
        let body = encode::body(&batch.items);
        let request = Request::post(&url, &self.headers, "application/x-ndjson", body, true);
        let answer = self.web.send(request).await?;
        match code(&answer) {
            None if answer.status.is_success() => {
                Ok(Taken { said: self.web.words(&answer), refused: Vec::new() })
            }
            code => Err(self.refusal(&answer, code)),
        }
    }

    /// What a refusal means: the number of the error says more than the status.
    fn refusal(&self, answer: &Answer, code: Option<u32>) -> Failure {
        let failure = self.web.refusal(answer);
        let problem = failure.problem.clone();
        match code {
            // What cannot be read: text, quotes, escapes, numbers, dates, types.
            Some(6 | 25 | 26 | 27 | 33 | 38 | 41 | 53 | 72 | 117) => Failure::content(problem),
            // No such column, table or database.
            Some(16 | 60 | 81) => Failure::lasting(problem.next(
                "let this program make the table (duo-integrator output prepare), or see \
                 whether database and table of the output are right",
            )),
            // Unknown user, no password, not allowed, read-only.
            Some(164 | 192 | 193 | 194 | 497 | 516) => Failure::lasting(problem.next(
                "see whether user and password of the output are right, and whether the user may \
                 insert",
            )),
            // A statement or a setting that this server does not know.
            Some(46 | 47 | 62 | 115) => Failure::lasting(
                problem.next("see whether this version of ClickHouse is older than 22.2"),
            ),
            Some(_) => Failure::passing(problem).after(answer.after()),
            None if failure.content => {
                Failure { content: answer.status.as_u16() == 413, ..failure }
            }
            None => failure,
        }
    }

    /// Makes the table, where there is none.
    pub async fn prepare(&mut self) -> Result<String, Failure> {
        let statement = encode::table(&self.to.database, &self.to.table, self.format);
        let url = self.url(&[("wait_end_of_query", "1")]);
        let request =
            Request::post(&url, &self.headers, "text/plain", statement.into_bytes(), false);
        let answer = self.web.send(request).await?;
        let code = code(&answer);
        if !answer.status.is_success() || code.is_some() {
            let mut failure = self.refusal(&answer, code);
            failure.problem.what = format!("{} did not make the table", self.web.host());
            failure.content = false;
            return Err(failure);
        }
        Ok(format!("The table {}.{} is there", self.to.database, self.to.table))
    }

    fn url(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = with_path(&self.to.url, "/");
        let mut mark = if url.contains('?') { '&' } else { '?' };
        for (name, value) in parameters {
            url.push(mark);
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
            mark = '&';
        }
        url
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

/// The number of the error, which may come with a status that sounds like success.
fn code(answer: &Answer) -> Option<u32> {
    answer.headers.get("x-clickhouse-exception-code")?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
