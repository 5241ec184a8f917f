//! Takes Duo's answers apart without touching a byte of the records in them.
//!
//! Promises: one pass over the body; each record is a range of the body exactly as it came; nothing
//! outside the envelope's few fields is interpreted. An answer whose list of records cannot be
//! found is a failure, never an empty page, because an empty page moves the position forward.
//!
//! The shapes: a bare array (v1 logs), or an object with one list (`authlogs`, `items`, `events`)
//! and `metadata` with `next_offset` as a list of two (authentication) or a text, and
//! `total_objects` as a number or `{relation, value}`. Sources: the log sections of
//! <https://duo.com/docs/adminapi>, `duo_client_python`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::failure::{Failure, FailureKind};
use super::mend::sanitized;
use crate::net::Body;

/// One page of a log.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The answer as it came.
    pub body: Body,
    /// Where each record lies in the body, in Duo's order.
    pub records: Vec<Range<usize>>,
    /// The cursor of the next page, if Duo gave one.
    pub next: Option<String>,
    /// How many records the whole window has, if Duo told exactly.
    pub total: Option<u64>,
    /// How many records were asked for.
    pub limit: u32,
}

impl Page {
    /// One record, exactly as Duo sent it; empty when there is no such record.
    pub fn record(&self, i: usize) -> &[u8] {
        self.records.get(i).and_then(|range| self.body.get(range.clone())).unwrap_or_default()
    }

    /// All records, in Duo's order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().map(|range| self.body.get(range.clone()).unwrap_or_default())
    }
}

/// Splits a log's answer into its records.
pub fn split(http_status: u16, body: impl Into<Body>, limit: u32) -> Result<Page, Failure> {
    let body = body.into();
    let (records, metadata) = read(http_status, &body, |text| {
        let envelope: Envelope<Lists<'_>> = parse(text)?;
        Ok(located(http_status, envelope, text))
    })?;
    Ok(Page { body, records, next: metadata.next_offset, total: metadata.total_objects, limit })
}

/// Reads the `response` of any other answer.
pub fn response<T: DeserializeOwned>(http_status: u16, body: &[u8]) -> Result<T, Failure> {
    read(http_status, body, |text| {
        let envelope: Envelope<&RawValue> = parse(text)?;
        let response = told(http_status, envelope).map(|(response, _)| response);
        Ok(response.and_then(|raw| {
            serde_json::from_str(raw.get()).map_err(|_| unknown_shape(http_status))
        }))
    })
}

fn located(
    http_status: u16,
    envelope: Envelope<Lists<'_>>,
    text: &str,
) -> Result<(Vec<Range<usize>>, Metadata), Failure> {
    let (mut lists, metadata) = told(http_status, envelope)?;
    let metadata = lists.metadata.take().or(metadata).unwrap_or_default();
    let list = lists.records().ok_or_else(|| unknown_shape(http_status))?;
    let records = list.iter().map(|record| range_in(text, record.get())).collect::<Option<_>>();
    records.map(|records| (records, metadata)).ok_or_else(|| unknown_shape(http_status))
}

/// Reads a body with `attempt`, and a second time in a mended copy if the first cannot work. The
/// copy has the same length, so what is found in it lies at the same place in the original.
fn read<T>(
    http_status: u16,
    body: &[u8],
    attempt: impl Fn(&str) -> Result<Result<T, Failure>, serde_json::Error>,
) -> Result<T, Failure> {
    let first = match std::str::from_utf8(body) {
        Ok(text) => Some(attempt(text)),
        Err(_) => None,
    };
    let outcome = match first {
        Some(Err(error)) if !error.is_eof() => attempt(&sanitized(body)),
        Some(outcome) => outcome,
        None => attempt(&sanitized(body)),
    };
    match outcome {
        Ok(Err(failure))
            if failure.kind == FailureKind::NotDuo
                && failure.code.is_none()
                && http_status >= 300 =>
        {
            Err(Failure::from_foreign(http_status, body))
        }
        Ok(result) => result,
        Err(error) if error.is_eof() && http_status < 300 => {
            let chain = format!("HTTP {http_status}, broken off after {} bytes", body.len());
            let failure = Failure::new(FailureKind::Interrupted, chain);
            Err(Failure { http_status: Some(http_status), ..failure })
        }
        Err(_) => Err(Failure::from_foreign(http_status, body)),
    }
}

fn parse<'a, R: Deserialize<'a>>(text: &'a str) -> Result<Envelope<R>, serde_json::Error> {
    serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// What a good answer holds; what a bad one says becomes the failure.
fn told<R>(http_status: u16, envelope: Envelope<R>) -> Result<(R, Option<Metadata>), Failure> {
    let good = envelope.stat.as_deref() == Some("OK") && http_status < 300;
    match envelope.response {
        Some(response) if good => Ok((response, envelope.metadata)),
        _ if good => Err(unknown_shape(http_status)),
        _ if envelope.stat.is_some() || (envelope.code.is_some() && http_status >= 400) => {
            let Envelope { code, message, message_detail, .. } = envelope;
            Err(Failure::from_envelope(http_status, code, message, message_detail))
        }
        _ => Err(unknown_shape(http_status)),
    }
}

fn unknown_shape(http_status: u16) -> Failure {
    let chain = format!("HTTP {http_status}, JSON of a shape this program does not know");
    Failure { http_status: Some(http_status), ..Failure::new(FailureKind::NotDuo, chain) }
}

fn range_in(text: &str, part: &str) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

struct Envelope<R> {
    stat: Option<String>,
    response: Option<R>,
    metadata: Option<Metadata>,
    code: Option<u32>,
    message: Option<String>,
    message_detail: Option<String>,
}

/// The lists found in a `response`, by how well their name is known.
#[derive(Default)]
struct Lists<'a> {
    known: Vec<Vec<&'a RawValue>>,
    other: Vec<Vec<&'a RawValue>>,
    metadata: Option<Metadata>,
}

#[derive(Default)]
struct Metadata {
    next_offset: Option<String>,
    total_objects: Option<u64>,
}

impl<'a> Lists<'a> {
    /// The list of records: the one with a known name, else the only one.
    fn records(self) -> Option<Vec<&'a RawValue>> {
        let mut fitting = if self.known.is_empty() { self.other } else { self.known };
        let first = fitting.pop();
        if fitting.is_empty() { first } else { None }
    }
}

impl<'de, R: Deserialize<'de>> Deserialize<'de> for Envelope<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<R>(PhantomData<R>);
        impl<'de, R: Deserialize<'de>> Visitor<'de> for Reader<R> {
            type Value = Envelope<R>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("Duo's envelope")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<R>, A::Error> {
                let mut envelope = Envelope {
                    stat: None,
                    response: None,
                    metadata: None,
                    code: None,
                    message: None,
                    message_detail: None,
                };
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match key.as_ref() {
                        "stat" => envelope.stat = text_of(map.next_value()?),
                        "response" => envelope.response = map.next_value()?,
                        "metadata" => envelope.metadata = metadata_of(map.next_value()?),
                        "code" => {
                            let code = text_of(map.next_value()?);
                            envelope.code = code.and_then(|code| code.parse().ok());
                        }
                        "message" => envelope.message = text_of(map.next_value()?),
                        "message_detail" => envelope.message_detail = text_of(map.next_value()?),
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(envelope)
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Lists<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Lists<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of records, or an object with one")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Lists<'de>, A::Error> {
                Ok(Lists { known: vec![drained(seq)?], ..Lists::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lists<'de>, A::Error> {
                let mut lists = Lists::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match key.as_ref() {
                        "metadata" => lists.metadata = metadata_of(map.next_value()?),
                        "authlogs" | "items" | "events" => match map.next_value()? {
                            MaybeList::List(list) => lists.known.push(list),
                            MaybeList::Null => lists.known.push(Vec::new()),
                            MaybeList::Other => {}
                        },
                        _ => {
                            if let MaybeList::List(list) = map.next_value()? {
                                lists.other.push(list);
                            }
                        }
                    }
                }
                Ok(lists)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A value that may be a list.
enum MaybeList<'a> {
    List(Vec<&'a RawValue>),
    Null,
    Other,
}

impl<'de> Deserialize<'de> for MaybeList<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = MaybeList<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<MaybeList<'de>, A::Error> {
                drained(seq).map(MaybeList::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<MaybeList<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(MaybeList::Other)
            }

            fn visit_unit<E>(self) -> Result<MaybeList<'de>, E> {
                Ok(MaybeList::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<MaybeList<'de>, E> {
                Ok(MaybeList::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<MaybeList<'de>, E> {
                Ok(MaybeList::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<MaybeList<'de>, E> {
                Ok(MaybeList::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<MaybeList<'de>, E> {
                Ok(MaybeList::Other)
            }

            fn visit_str<E>(self, _: &str) -> Result<MaybeList<'de>, E> {
                Ok(MaybeList::Other)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

fn drained<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<&'de RawValue>, A::Error> {
    let mut list = Vec::new();
    while let Some(record) = seq.next_element()? {
        list.push(record);
    }
    Ok(list)
}

/// The text of a JSON string, or the digits of a number.
fn text_of(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw.get()).ok(),
        Some(b'-' | b'0'..=b'9') => Some(raw.get().to_owned()),
        _ => None,
    }
}

fn metadata_of(raw: &RawValue) -> Option<Metadata> {
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        next_offset: Option<&'a RawValue>,
        #[serde(borrow)]
        total_objects: Option<&'a RawValue>,
    }
    let raw: Raw<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(Metadata {
        next_offset: raw.next_offset.and_then(cursor_of).filter(|cursor| !cursor.is_empty()),
        total_objects: raw.total_objects.and_then(count_of),
    })
}

/// A cursor as it goes back: a list's elements are joined by a comma.
fn cursor_of(raw: &RawValue) -> Option<String> {
    if let Ok(parts) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) {
        let parts: Vec<String> = parts.into_iter().filter_map(text_of).collect();
        return Some(parts.join(","));
    }
    text_of(raw)
}

/// An exact number of records; `{"relation":"gte",…}` is not one.
fn count_of(raw: &RawValue) -> Option<u64> {
    #[derive(Deserialize)]
    struct Related<'a> {
        relation: Option<Cow<'a, str>>,
        value: u64,
    }
    if let Ok(related) = serde_json::from_str::<Related<'_>>(raw.get()) {
        let exact = related.relation.is_none_or(|relation| relation == "eq");
        return exact.then_some(related.value);
    }
    text_of(raw)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(body: &str) -> Page {
        split(200, body.as_bytes().to_vec(), 1000).unwrap()
    }

    fn texts(page: &Page) -> Vec<&str> {
        page.iter().map(|record| std::str::from_utf8(record).unwrap()).collect()
    }

    #[test]
    fn every_known_shape_is_split() {
        for (body, next, total) in [
            (r#"{"stat":"OK","response":[{"a":1}, 2]}"#, None, None),
            (
                r#"{"stat":"OK","response":{"authlogs":[{"a":1},2],"metadata":{"next_offset":["15","af"],"total_objects":2}}}"#,
                Some("15,af"),
                Some(2),
            ),
            (
                r#"{"response":{"metadata":{"next_offset":"15,af","total_objects":{"relation":"eq","value":7}},"items":[{"a":1},2]},"stat":"OK"}"#,
                Some("15,af"),
                Some(7),
            ),
            (r#"{"stat":"OK","response":{"events":[{"a":1},2],"metadata":{}}}"#, None, None),
            (
                r#"{"stat":"OK","response":{"events":[{"a":1},2]},"metadata":{"next_offset":1591014}}"#,
                Some("1591014"),
                None,
            ),
            (
                r#"{"stat":"OK","more":1,"response":{"novelty":[{"a":1},2],"x":{},"metadata":{"next_offset":null,"total_objects":{"relation":"gte","value":10000}}}}"#,
                None,
                None,
            ),
            (
                "\u{feff} {\n \"stat\" : \"OK\",\r\n\t\"response\" : [ {\"a\":1} ,\n 2 ]\n}\n",
                None,
                None,
            ),
        ] {
            let page = page(body);
            assert_eq!(texts(&page), [r#"{"a":1}"#, "2"], "{body}");
            assert_eq!((page.next.as_deref(), page.total), (next, total), "{body}");
        }
        assert!(
            page(r#"{"stat":"OK","response":{"items":null,"metadata":null}}"#).records.is_empty()
        );
    }

    #[test]
    fn an_answer_without_a_findable_list_is_a_failure_not_an_empty_page() {
        for (body, kind) in [
            (&b"<html>sign in</html>"[..], FailureKind::NotDuo),
            (b"", FailureKind::Interrupted),
            (b"hello", FailureKind::NotDuo),
            (b"[]", FailureKind::NotDuo),
            (b"{}", FailureKind::NotDuo),
            (b"{\"error\":\"x\"}", FailureKind::NotDuo),
            (b"{\"stat\":\"OK\"}", FailureKind::NotDuo),
            (b"{\"stat\":\"OK\",\"response\":{}}", FailureKind::NotDuo),
            (b"{\"stat\":\"OK\",\"response\":{\"a\":[],\"b\":[]}}", FailureKind::NotDuo),
            (b"{\"stat\":\"OK\",\"response\":[{\"a\":", FailureKind::Interrupted),
            (
                b"{\"stat\":\"FAIL\",\"code\":40103,\"message\":\"m\"}",
                FailureKind::SignatureRefused,
            ),
            (b"{\"stat\":\"FAIL\",\"code\":\"42901\"}", FailureKind::RateLimited),
        ] {
            let failure = split(200, body.to_vec(), 1).unwrap_err();
            assert_eq!(failure.kind, kind, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_gateways_answer_is_told_by_its_status() {
        let failure = |status, body: &str| split(status, body.as_bytes().to_vec(), 1).unwrap_err();
        assert_eq!(failure(502, "{\"message\":\"x\"}").kind, FailureKind::ServerError);
        assert_eq!(failure(503, "").kind, FailureKind::ServerError);
        assert_eq!(failure(429, "slow down").kind, FailureKind::RateLimited);
        assert_eq!(
            failure(401, "{\"code\":40105,\"message\":\"m\"}").kind,
            FailureKind::ClockWrong
        );
        assert_eq!(failure(403, "<html>").kind, FailureKind::NotDuo);
    }

    #[test]
    fn odd_bytes_inside_a_record_stay_as_they_came() {
        for odd in [
            &b"{\"a\":\"\xff\xfe\"}"[..],
            b"{\"a\":\"\xc3\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"tab\tnul\0\"}",
            b"{\"a\":1e99999,\"b\":123456789012345678901234567890}",
        ] {
            let body = [b"{\"stat\":\"OK\",\"response\":[", odd, b",", odd, b"]}"].concat();
            let page = split(200, body, 1).unwrap();
            assert_eq!(page.iter().collect::<Vec<_>>(), [odd, odd], "{}", odd.escape_ascii());
        }
    }

    #[test]
    fn deep_nesting_is_split() {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let page = page(&format!(r#"{{"stat":"OK","response":[{deep}]}}"#));
        assert_eq!(texts(&page), [deep]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = split(200, body, 1);
        }

        #[test]
        fn records_keep_their_bytes(
            texts in proptest::collection::vec(".{0,20}", 0..8),
            space in "[ \n\t]{0,3}",
        ) {
            let records: Vec<String> =
                texts.iter().map(|text| serde_json::json!({"x": text}).to_string()).collect();
            let list = records.join(&format!("{space},{space}"));
            let body = format!("{{\"stat\":\"OK\",\"response\":{{\"items\":[{space}{list}{space}]}}}}");
            let page = page(&body);
            prop_assert_eq!(page.iter().collect::<Vec<_>>(), records.iter().map(String::as_bytes).collect::<Vec<_>>());
        }

        #[test]
        fn broken_off_bodies_are_never_pages(cut in 0_usize..107) {
            let body = r#"{"stat":"OK","response":{"items":[{"a":"x\u00e9"},{"b":[1,2]}],"metadata":{"next_offset":"1,a","total_objects":2}}}"#;
            let failure = split(200, body.as_bytes()[..cut].to_vec(), 1).unwrap_err();
            prop_assert_eq!(failure.kind, FailureKind::Interrupted);
        }
    }
}
