//! Signs requests to Duo's APIs: v5 (current) and v2 (classic), as published by Duo.
//!
//! Promises: pure; the same request gives the same signature; the date text is English whatever
//! the system's language. Sources: <https://duo.com/docs/adminapi#authentication>, Duo's own
//! `duo_client_python` and `duo_hmac_python`; all published vectors are in the tests.

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha512};

use crate::base::UnixMillis;

pub use crate::settings::Scheme;

/// The parts of a request that are signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The text of the `Date` (or `X-Duo-Date`) header, byte for byte.
    pub date: &'a str,
    /// The HTTP method, in any case.
    pub method: &'a str,
    /// The API hostname, in any case, without scheme and port.
    pub host: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The parameters of the query (or, in v2, of the form), in any order.
    pub params: &'a [(&'a str, &'a str)],
    /// The body as sent; empty for GET.
    pub body: &'a [u8],
    /// Extra headers; only those whose name starts with `x-duo-` are signed (v5).
    pub headers: &'a [(&'a str, &'a str)],
}

/// Percent-encoding of RFC 3986: everything but letters, digits and `-_.~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl Request<'_> {
    /// The text that is signed; lines joined by a single line feed.
    pub fn canonical(&self, scheme: Scheme) -> String {
        let mut lines = vec![
            self.date.to_owned(),
            self.method.to_ascii_uppercase(),
            self.host.to_lowercase(),
            self.path.to_owned(),
            canonical_params(self.params),
        ];
        if scheme == Scheme::V5 {
            lines.push(HEXLOWER.encode(&Sha512::digest(self.body)));
            lines.push(hashed_headers(self.headers));
        }
        lines.join("\n")
    }

    /// The signature, in lower-case hexadecimal digits.
    pub fn signature(&self, scheme: Scheme, secret_key: &[u8]) -> String {
        let text = self.canonical(scheme);
        match scheme {
            Scheme::V5 | Scheme::V2Sha512 => hex_mac::<Hmac<Sha512>>(secret_key, text.as_bytes()),
            Scheme::V2Sha1 => hex_mac::<Hmac<Sha1>>(secret_key, text.as_bytes()),
        }
    }

    /// The value of the `Authorization` header.
    pub fn authorization(
        &self,
        scheme: Scheme,
        integration_key: &str,
        secret_key: &[u8],
    ) -> String {
        let pair = format!("{integration_key}:{}", self.signature(scheme, secret_key));
        format!("Basic {}", BASE64.encode(pair.as_bytes()))
    }
}

/// The parameters as signed: percent-encoded, sorted, `key=value` joined by `&`. This text also
/// serves as the query itself.
pub fn canonical_params(params: &[(&str, &str)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
    let mut pairs: Vec<(String, String)> =
        params.iter().map(|(key, value)| (encode(key), encode(value))).collect();
    pairs.sort();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join("&")
}

/// The `Date` header for an instant: RFC 2822, always in English and UTC.
pub fn date_text(at: UnixMillis) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = jiff::Timestamp::from_millisecond(at.0)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    let weekday = DAYS.get(usize::from(at.weekday().to_monday_zero_offset().unsigned_abs()));
    let month = MONTHS.get(usize::from(at.month().unsigned_abs()).saturating_sub(1));
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} -0000",
        weekday.unwrap_or(&"Mon"),
        at.day(),
        month.unwrap_or(&"Jan"),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// Reads an HTTP or RFC 2822 date, as in a `Date` header. Only English names and numeric or `GMT`
/// offsets are understood, which is what Duo asks of its callers.
pub fn parse_date_text(text: &str) -> Option<UnixMillis> {
    let text = text.trim();
    let text = text.strip_suffix("GMT").map_or_else(|| text.to_owned(), |s| format!("{s}+0000"));
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&text).ok()?;
    Some(UnixMillis(at.as_millisecond()))
}

fn hashed_headers(headers: &[(&str, &str)]) -> String {
    let mut signed: Vec<(String, &str)> = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), *value))
        .filter(|(name, _)| name.starts_with("x-duo-"))
        .collect();
    signed.sort();
    let parts: Vec<&str> = signed.iter().flat_map(|(name, value)| [name.as_str(), value]).collect();
    HEXLOWER.encode(&Sha512::digest(parts.join("\0").as_bytes()))
}

fn hex_mac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> String {
    // HMAC takes keys of any length, so this cannot fail.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return String::new() };
    mac.update(text);
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_english_and_read_back() {
        let at = UnixMillis(1_345_570_158_000);
        assert_eq!(date_text(at), "Tue, 21 Aug 2012 17:29:18 -0000");
        assert_eq!(parse_date_text("Tue, 21 Aug 2012 17:29:18 GMT"), Some(at));
        assert_eq!(parse_date_text(&date_text(at)), Some(at));
        assert_eq!(parse_date_text("Tue, 21 Aug 2012 19:29:18 +0200"), Some(at));
        assert_eq!(parse_date_text("Di, 21 Aug 2012 17:29:18 GMT"), None);
    }

    #[test]
    fn parameters_are_sorted_after_encoding_and_keep_empty_values() {
        let params = [("b", "2"), ("a b", "~-_.*"), ("b", "1,x"), ("empty", ""), ("ü", "+")];
        assert_eq!(canonical_params(&params), "%C3%BC=%2B&a%20b=~-_.%2A&b=1%2Cx&b=2&empty=");
    }
}
