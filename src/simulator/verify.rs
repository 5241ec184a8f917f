//! Checks who asks: key, date, signature.
//!
//! Nobody has published in which order Duo looks at them. Here the key comes first, then the
//! date, then the signature, so that a wrong clock is told as such.

use std::time::Duration;

use data_encoding::BASE64;

use super::answer::Refusal;
use super::request::Request;
use crate::base::UnixMillis;
use crate::duo::sign::{self, Scheme};

/// What a request says about who asks.
pub(super) struct Claim {
    pub integration_key: String,
    /// In lower case.
    pub signature: String,
}

/// Reads the `Authorization` header.
pub(super) fn claim(request: &Request) -> Result<Claim, Refusal> {
    let missing = || Refusal::new(40101);
    let text = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Basic "))
        .ok_or_else(missing)?;
    let pair = BASE64.decode(text.trim().as_bytes()).map_err(|_| missing())?;
    let pair = String::from_utf8(pair).map_err(|_| missing())?;
    let (integration_key, signature) = pair.split_once(':').ok_or_else(missing)?;
    Ok(Claim {
        integration_key: integration_key.to_owned(),
        signature: signature.to_ascii_lowercase(),
    })
}

/// Checks date and signature against a secret key; any of the three schemes will do.
pub(super) fn signature(
    request: &Request,
    claim: &Claim,
    secret_key: &str,
    now: UnixMillis,
    tolerance: Duration,
) -> Result<(), Refusal> {
    let date = request.header("x-duo-date").or_else(|| request.header("date"));
    let date = date.ok_or(Refusal::new(40104))?;
    let signed_at = sign::parse_date_text(date).ok_or(Refusal::new(40104))?;
    if u128::from(signed_at.0.abs_diff(now.0)) > tolerance.as_millis() {
        return Err(Refusal::new(40105));
    }
    let form = request.form();
    let query = borrowed(&request.query);
    let with_form: Vec<(&str, &str)> = query.iter().copied().chain(borrowed(&form)).collect();
    let headers = borrowed(&request.headers);
    let signed = |scheme, params: &[(&str, &str)]| {
        let parts = sign::Request {
            date,
            method: &request.method,
            host: host_name(request),
            path: &request.path,
            params,
            body: &request.body,
            headers: &headers,
        };
        parts.signature(scheme, secret_key.as_bytes()) == claim.signature
    };
    let right = signed(Scheme::V5, &query)
        || signed(Scheme::V2Sha512, &with_form)
        || signed(Scheme::V2Sha1, &with_form);
    if right { Ok(()) } else { Err(Refusal::new(40103)) }
}

/// The name in the `Host` header: Duo's hosts are signed without a port.
fn host_name(request: &Request) -> &str {
    let host = request.header("host").unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "DIWJ8X6AEYOR5OMC6TQ1";
    const SECRET: &str = "Zh5eGmUq9zpfQnyUIu5OL9iWoMMv5ZNmk3zLJ4Ep";
    const DATE: &str = "Tue, 21 Aug 2012 17:29:18 -0000";
    const NOW: UnixMillis = UnixMillis(1_345_570_158_000);

    fn signed(scheme: Scheme, date: &str) -> Request {
        let query = [("limit", "10"), ("next_offset", "1,a b")];
        let parts = sign::Request {
            date,
            method: "GET",
            host: "127.0.0.1",
            path: "/admin/v1/info/summary",
            params: &query,
            body: b"",
            headers: &[],
        };
        Request {
            method: "GET".into(),
            path: "/admin/v1/info/summary".into(),
            headers: vec![
                ("host".into(), "127.0.0.1:8443".into()),
                ("date".into(), date.into()),
                ("authorization".into(), parts.authorization(scheme, KEY, SECRET.as_bytes())),
            ],
            query: query.map(|(name, value)| (name.into(), value.into())).to_vec(),
            body: Vec::new(),
        }
    }

    fn check(request: &Request, secret_key: &str, now: UnixMillis) -> Result<(), u32> {
        let claim = claim(request).map_err(|refusal| refusal.code)?;
        signature(request, &claim, secret_key, now, Duration::from_secs(300))
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn all_three_schemes_are_accepted() {
        for scheme in [Scheme::V5, Scheme::V2Sha512, Scheme::V2Sha1] {
            assert_eq!(check(&signed(scheme, DATE), SECRET, NOW), Ok(()), "{scheme:?}");
        }
    }

    #[test]
    fn each_fault_has_its_own_code() {
        let request = signed(Scheme::V5, DATE);
        assert_eq!(check(&request, "another", NOW), Err(40103));
        assert_eq!(check(&request, SECRET, NOW.plus(Duration::from_secs(301))), Err(40105));
        assert_eq!(check(&request, SECRET, NOW.plus(Duration::from_secs(300))), Ok(()));
        let german = signed(Scheme::V5, "Di, 21 Aug 2012 17:29:18 -0000");
        assert_eq!(check(&german, SECRET, NOW), Err(40104));
        assert_eq!(check(&Request::default(), SECRET, NOW), Err(40101));
        let mut altered = signed(Scheme::V5, DATE);
        altered.query.pop();
        assert_eq!(check(&altered, SECRET, NOW), Err(40103));
    }
}
