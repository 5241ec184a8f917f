//! What a store's refusals mean: whether to try again, and what a person should do.
//!
//! Promises: pure; of what the store says only its code and its sentence are told, never an address
//! with a signature in it.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::base::Problem;
use crate::net::{self, Cause};
use crate::outputs::Failure;

/// The longest sentence of a store that is repeated.
const LONGEST_SENTENCE: usize = 300;

/// No answer came.
pub fn unreachable(error: &reqwest::Error, host: &str) -> Failure {
    let problem = |what: &str| Problem::new(format!("{host} {what}")).because(net::chain(error));
    match net::cause(error) {
        Cause::TlsUntrusted => Failure::lasting(problem("is not trusted").next(
            "name the authority that signed the store's certificate as ca_file in the settings of \
             the output",
        )),
        _ => {
            let next = "it is tried again; see whether the store is running";
            Failure::passing(problem("cannot be reached").next(next))
        }
    }
}

/// An answer that cannot be read.
pub fn not_understood(error: &dyn std::fmt::Display) -> Failure {
    let problem = Problem::new("The store's answer cannot be read").because(error);
    Failure::passing(problem.next("see whether url is the address of a store that speaks S3"))
}

/// The store said no.
pub fn refused(status: StatusCode, headers: &HeaderMap, body: &str) -> Failure {
    let code = between(body, "<Code>", "</Code>").unwrap_or_default();
    let sentence = between(body, "<Message>", "</Message>").unwrap_or_default();
    let sentence: String =
        sentence.chars().filter(|c| !c.is_control()).take(LONGEST_SENTENCE).collect();
    let problem = Problem::new("The store did not take the object")
        .because(format!("it said {} {code} {sentence}", status.as_u16()).trim_end());
    let after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let region = headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
    let next = match code {
        "AccessDenied" | "AllAccessDisabled" => {
            "allow the access key the action s3:PutObject on the bucket and the prefix"
        }
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" => {
            "see whether access_key_id and its secret belong together; remove the output and add \
             it again to store another secret"
        }
        "NoSuchBucket" => "create the bucket, or correct its name in the settings of the output",
        "RequestTimeTooSkewed" | "RequestExpired" => {
            "set this computer's clock: signatures are valid for a few minutes only"
        }
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "AuthorizationHeaderMalformed"
        | "AuthorizationQueryParametersError"
        | "IllegalLocationConstraintException" => "correct region in the settings of the output",
        _ => {
            let passing = status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
                || matches!(code, "BadDigest" | "RequestTimeout" | "OperationAborted" | "SlowDown");
            if passing {
                return Failure::passing(problem).after(after);
            }
            "see whether the settings of the output are what this store wants: url, path_style, \
             bucket and region"
        }
    };
    Failure::lasting(match region {
        Some(region) if status.is_redirection() || code.contains("Malformed") => {
            problem.next(format!("write region = \"{region}\" in the settings of the output"))
        }
        _ => problem.next(next),
    })
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>So it is.</Message>\
             <Resource>/b/k</Resource></Error>"
        )
    }

    #[test]
    fn what_may_pass_is_told_from_what_a_person_has_to_mend() {
        let cases = [
            (503, "SlowDown", true),
            (500, "InternalError", true),
            (429, "TooManyRequests", true),
            (400, "BadDigest", true),
            (400, "RequestTimeout", true),
            (403, "AccessDenied", false),
            (403, "SignatureDoesNotMatch", false),
            (403, "RequestTimeTooSkewed", false),
            (404, "NoSuchBucket", false),
            (400, "AuthorizationHeaderMalformed", false),
            (301, "PermanentRedirect", false),
            (400, "InvalidRequest", false),
        ];
        for (status, code, again) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = refused(status, &HeaderMap::new(), &error(code));
            assert_eq!(failure.again, again, "{code}");
            let because = failure.problem.because.unwrap();
            assert!(because.contains(code) && because.contains("So it is."), "{because}");
            assert!(again || failure.problem.next.is_some());
        }
    }

    #[test]
    fn the_right_region_is_told_where_the_store_tells_it() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-bucket-region", "eu-west-3".parse().unwrap());
        let failure = refused(StatusCode::MOVED_PERMANENTLY, &headers, &error("PermanentRedirect"));
        assert!(failure.problem.next.unwrap().contains("eu-west-3"));
    }

    #[test]
    fn how_long_to_wait_is_heard() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "7".parse().unwrap());
        let failure = refused(StatusCode::SERVICE_UNAVAILABLE, &headers, "");
        assert_eq!(failure.after, Some(Duration::from_secs(7)));
    }
}
