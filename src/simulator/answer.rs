//! Answers in Duo's envelope: `stat` and `response` on success, `stat`, `code` and `message` else.

use std::fmt::Write as _;

/// An answer before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub retry_after_secs: Option<u64>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Success; `response` is JSON text.
    pub fn ok(response: &str) -> Self {
        let mut body = String::with_capacity(response.len() + 32);
        let _ = write!(body, r#"{{"response":{response},"stat":"OK"}}"#);
        Self::json(200, body)
    }

    pub fn json(status: u16, body: String) -> Self {
        Self {
            status,
            content_type: "application/json",
            retry_after_secs: None,
            body: body.into_bytes(),
        }
    }

    pub fn html(status: u16, body: &str) -> Self {
        Self { content_type: "text/html", ..Self::json(status, body.to_owned()) }
    }
}

/// Why a request is refused. The first three digits of the code are the HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: u32,
    pub detail: Option<String>,
    pub retry_after_secs: Option<u64>,
}

impl Refusal {
    pub const fn new(code: u32) -> Self {
        Self { code, detail: None, retry_after_secs: None }
    }

    /// A parameter is wrong; `detail` names it.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::new(40002) }
    }

    /// The key belongs to an application of another type.
    pub fn wrong_type() -> Self {
        Self { detail: Some("Wrong integration type for this API.".to_owned()), ..Self::new(40301) }
    }

    const fn message(&self) -> &'static str {
        match self.code {
            40002 => "Invalid request parameters",
            40101 => "Missing request credentials",
            40102 => "Invalid integration key in request credentials",
            40103 => "Invalid signature in request credentials",
            40104 => "Missing request timestamp",
            40105 => "Bad request timestamp",
            40301 => "Access forbidden",
            40401 => "Resource not found",
            40501 => "Method not allowed",
            42901 => "Too Many Requests",
            _ => "Unknown internal server error",
        }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.message();
        let mut fields = format!(r#"{{"code":{},"message":"{message}""#, refusal.code);
        if let Some(detail) = &refusal.detail {
            let _ =
                write!(fields, r#","message_detail":{}"#, serde_json::Value::from(detail.as_str()));
        }
        fields.push_str(r#","stat":"FAIL"}"#);
        let status = u16::try_from(refusal.code / 100).unwrap_or(500);
        Self { retry_after_secs: refusal.retry_after_secs, ..Self::json(status, fields) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_code_message_and_detail() {
        let answer =
            Answer::from(Refusal::invalid("'mintime' must be a timestamp in milliseconds"));
        assert_eq!(answer.status, 400);
        assert_eq!(
            String::from_utf8(answer.body).unwrap(),
            r#"{"code":40002,"message":"Invalid request parameters","message_detail":"'mintime' must be a timestamp in milliseconds","stat":"FAIL"}"#
        );
    }
}
