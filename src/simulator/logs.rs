//! The six logs: which parameters they take, how they refuse, what a page looks like.
//!
//! Units differ: the v2 logs and Trust Monitor count milliseconds, the v1 logs seconds. Where Duo's
//! wording is not known, the detail of a refusal is worded here.

use std::fmt::Write as _;

use data_encoding::BASE64URL_NOPAD;

use super::answer::Refusal;
use super::faults::Fault;
use super::organisation::Organisation;
use super::records::{Cursor, FIRST_ID, Log, Window};
use super::world::{LastPage, World};
use crate::base::units::DAY_MILLIS;
use crate::base::{UnixMillis, UnixSecs};
use crate::record::LogType;

/// How long Duo keeps records at most.
pub(super) const RETENTION_DAYS: i64 = 180;

/// The smallest number taken for milliseconds: 13 digits, September 2001.
const FIRST_MILLIS: i64 = 1_000_000_000_000;

/// The log a path leads to.
pub(super) fn log_at(path: &str) -> Option<LogType> {
    Some(match path {
        "/admin/v2/logs/authentication" => LogType::Authentication,
        "/admin/v2/logs/activity" => LogType::Activity,
        "/admin/v2/logs/telephony" => LogType::Telephony,
        "/admin/v1/logs/administrator" => LogType::Administrator,
        "/admin/v1/logs/offline_enrollment" => LogType::OfflineEnrollment,
        "/admin/v1/trust_monitor/events" => LogType::TrustMonitor,
        _ => return None,
    })
}

/// The name of the parameter that carries the cursor.
pub(super) fn cursor_param(log_type: LogType) -> Option<&'static str> {
    match log_type {
        LogType::Authentication | LogType::Activity | LogType::Telephony => Some("next_offset"),
        LogType::TrustMonitor => Some("offset"),
        LogType::Administrator | LogType::OfflineEnrollment => None,
    }
}

/// The decoded parameters of a request; of a repeated one the first counts.
pub(super) struct Params<'a>(pub &'a [(String, String)]);

impl Params<'_> {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str, detail: &str) -> Result<Option<i64>, Refusal> {
        self.get(name).map(|text| text.parse().map_err(|_| Refusal::invalid(detail))).transpose()
    }
}

/// The `response` of a log endpoint, as JSON text.
pub(super) fn respond(
    world: &World,
    organisation: &Organisation,
    log_type: LogType,
    params: &Params<'_>,
    fault: Option<&Fault>,
    now: UnixMillis,
) -> Result<String, Refusal> {
    let Some(log) = organisation.log(log_type) else { return Err(Refusal::new(40401)) };
    let newest = world.newest(log_type, now);
    match cursor_param(log_type) {
        None => v1_page(world, log, params, now, newest),
        Some(cursor_param) => {
            let asked = Asked::read(world, log_type, log, params, cursor_param, now)?;
            Ok(paged(world, log_type, log, &asked, fault, newest)?)
        }
    }
}

/// The 1000 earliest records since `mintime`, as a bare array. Older than what Duo keeps is not
/// refused: Duo's Python client asks from 0 unless told otherwise.
fn v1_page(
    world: &World,
    log: &Log,
    params: &Params<'_>,
    now: UnixMillis,
    newest: UnixMillis,
) -> Result<String, Refusal> {
    let since = params.number("mintime", "'mintime' must be a timestamp in seconds")?.unwrap_or(0);
    let kept = now.0 - RETENTION_DAYS * DAY_MILLIS;
    let window = Window { since: UnixSecs(since).to_millis().0.max(kept), until: i64::MAX };
    let page = log.page(window, newest, None, world.page_sizes.v1, false);
    Ok(array(&page.bodies))
}

/// A request for a page, checked.
struct Asked {
    window: Window,
    limit: usize,
    newest_first: bool,
    after: Option<Cursor>,
}

impl Asked {
    fn read(
        world: &World,
        log_type: LogType,
        log: &Log,
        params: &Params<'_>,
        cursor_param: &str,
        now: UnixMillis,
    ) -> Result<Self, Refusal> {
        let after = match params.get(cursor_param) {
            None => None,
            Some(text) => Some(
                read_cursor(log_type, text)
                    .filter(|cursor| log.knows(cursor))
                    .ok_or_else(|| Refusal::invalid(format!("'{cursor_param}' is not valid")))?,
            ),
        };
        let kept = now.0 - RETENTION_DAYS * DAY_MILLIS;
        // Some clients repeat nothing but the cursor while paging, and are answered.
        let (since, until) = match (time(params, "mintime")?, time(params, "maxtime")?) {
            (Some(since), Some(until)) => (since, until),
            (since, until) if after.is_some() => (since.unwrap_or(kept), until.unwrap_or(now.0)),
            (None, _) => return Err(Refusal::invalid("'mintime' is required")),
            (_, None) => return Err(Refusal::invalid("'maxtime' is required")),
        };
        if since >= until {
            return Err(Refusal::invalid("'mintime' must be less than 'maxtime'"));
        }
        if since < kept {
            return Err(Refusal::invalid("mintime must be within the past 180 days"));
        }
        let sizes = &world.page_sizes;
        let (default, max) = match log_type {
            LogType::TrustMonitor => (sizes.trust_monitor_default, sizes.trust_monitor_max),
            _ => (sizes.default, sizes.max),
        };
        let limit = match params.number("limit", "'limit' must be a number")? {
            None => default.min(max),
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| *limit > 0)
                .ok_or_else(|| Refusal::invalid("'limit' must be a positive number"))?
                .min(max),
        };
        let newest_first = match (log_type, params.get("sort")) {
            (LogType::TrustMonitor, _) | (_, Some("ts:asc")) => false,
            (_, None | Some("ts:desc")) => true,
            _ => return Err(Refusal::invalid("'sort' must be ts:asc or ts:desc")),
        };
        Ok(Self { window: Window { since, until }, limit, newest_first, after })
    }
}

fn time(params: &Params<'_>, name: &str) -> Result<Option<i64>, Refusal> {
    let detail = format!("'{name}' must be a timestamp in milliseconds");
    match params.number(name, &detail)? {
        Some(at) if at < FIRST_MILLIS => Err(Refusal::invalid(detail)),
        at => Ok(at),
    }
}

fn paged(
    world: &World,
    log_type: LogType,
    log: &Log,
    asked: &Asked,
    fault: Option<&Fault>,
    newest: UnixMillis,
) -> Result<String, Refusal> {
    if fault == Some(&Fault::CursorRefused) {
        return Err(Refusal::invalid("'next_offset' is not valid"));
    }
    let mut page =
        log.page(asked.window, newest, asked.after.as_ref(), asked.limit, asked.newest_first);
    let full = page.bodies.len() >= asked.limit;
    let mut next = match world.last_page {
        _ if page.more => page.last,
        LastPage::Always => page.last,
        LastPage::WhenFull if full => page.last,
        LastPage::WhenFull | LastPage::Never => None,
    };
    match fault {
        Some(Fault::RepeatedCursor) => next = asked.after.clone(),
        Some(Fault::EmptyPageWithOffset) => {
            page.bodies.clear();
            let start = if asked.newest_first { asked.window.until } else { asked.window.since };
            let start = Cursor { at: start, id: FIRST_ID.to_owned() };
            next = Some(asked.after.clone().unwrap_or(start));
        }
        _ => {}
    }
    let total = match fault {
        Some(Fault::WrongTotal(total)) => Some(*total),
        Some(Fault::NoTotal) => None,
        _ if log_type == LogType::TrustMonitor => None,
        _ => u64::try_from(page.total).ok(),
    };
    let records = array(&page.bodies);
    let next = next.as_ref().map(|cursor| write_cursor(log_type, cursor));
    Ok(envelope(log_type, &records, next, total))
}

fn envelope(log_type: LogType, records: &str, next: Option<String>, total: Option<u64>) -> String {
    let name = match log_type {
        LogType::Authentication => "authlogs",
        LogType::TrustMonitor => "events",
        _ => "items",
    };
    let mut metadata = Vec::new();
    match next {
        Some(next) => metadata.push(format!(r#""next_offset":{next}"#)),
        // The end shows as null or not at all; each log keeps to one, so that both occur.
        None if log_type == LogType::Authentication => {
            metadata.push(r#""next_offset":null"#.to_owned());
        }
        None => {}
    }
    if let Some(total) = total {
        metadata.push(format!(r#""total_objects":{total}"#));
    }
    let mut text = String::with_capacity(records.len() + 160);
    let _ = write!(text, r#"{{"{name}":{records},"metadata":{{{}}}}}"#, metadata.join(","));
    text
}

/// A cursor as JSON: a list of two for authentication, something opaque for Trust Monitor, else
/// one string.
fn write_cursor(log_type: LogType, cursor: &Cursor) -> String {
    let Cursor { at, id } = cursor;
    let id_text = serde_json::Value::from(id.as_str());
    match log_type {
        LogType::Authentication => format!(r#"["{at}",{id_text}]"#),
        LogType::TrustMonitor => {
            format!("\"{}\"", BASE64URL_NOPAD.encode(format!("{at},{id}").as_bytes()))
        }
        _ => serde_json::Value::from(format!("{at},{id}")).to_string(),
    }
}

/// Reads a cursor as it comes back in a parameter.
fn read_cursor(log_type: LogType, text: &str) -> Option<Cursor> {
    let text = match log_type {
        LogType::TrustMonitor => {
            String::from_utf8(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()?
        }
        _ => text.to_owned(),
    };
    let (at, id) = text.split_once(',')?;
    Some(Cursor { at: at.parse().ok()?, id: id.to_owned() })
}

fn array(bodies: &[&str]) -> String {
    let length: usize = bodies.iter().map(|body| body.len() + 1).sum();
    let mut text = String::with_capacity(length + 2);
    text.push('[');
    for (i, body) in bodies.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        text.push_str(body);
    }
    text.push(']');
    text
}

#[cfg(test)]
mod tests {
    use super::super::world::INTEGRATION_KEY;
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_794_800_000_000);

    fn world(log_type: LogType, records: i64) -> World {
        let mut world = World::single();
        world.hide = std::time::Duration::ZERO;
        for n in 0..records {
            let id = format!("{{\"txid\":\"t{n}\",\"sekey\":\"s{n}\",\"activity_id\":\"a{n}\"}}");
            world.publish(INTEGRATION_KEY, log_type, UnixMillis(NOW.0 - records + n), id);
        }
        world
    }

    fn ask(
        world: &World,
        log_type: LogType,
        params: &[(&str, String)],
    ) -> Result<serde_json::Value, Refusal> {
        let params: Vec<(String, String)> =
            params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let organisation = world.organisation(INTEGRATION_KEY).unwrap();
        respond(world, organisation, log_type, &Params(&params), None, NOW)
            .map(|text| serde_json::from_str(&text).unwrap())
    }

    fn window(limit: usize) -> Vec<(&'static str, String)> {
        vec![
            ("mintime", (NOW.0 - 1000).to_string()),
            ("maxtime", NOW.0.to_string()),
            ("limit", limit.to_string()),
            ("sort", "ts:asc".to_owned()),
        ]
    }

    #[test]
    fn each_log_has_its_own_cursor() {
        let authentication = world(LogType::Authentication, 3);
        let page = ask(&authentication, LogType::Authentication, &window(2)).unwrap();
        let at = (NOW.0 - 2).to_string();
        assert_eq!(page["metadata"]["next_offset"], serde_json::json!([at, "t1"]));
        assert_eq!(page["metadata"]["total_objects"], 3);
        assert_eq!(page["authlogs"].as_array().unwrap().len(), 2);

        let activity = world(LogType::Activity, 3);
        let page = ask(&activity, LogType::Activity, &window(2)).unwrap();
        assert_eq!(page["metadata"]["next_offset"], format!("{at},a1"));
        let mut next = window(2);
        next.push(("next_offset", format!("{at},a1")));
        let page = ask(&activity, LogType::Activity, &next).unwrap();
        assert_eq!(page["items"][0]["activity_id"], "a2");
        assert!(page["metadata"].get("next_offset").is_none());

        let events = world(LogType::TrustMonitor, 3);
        let page = ask(&events, LogType::TrustMonitor, &window(2)).unwrap();
        let mut next = window(2);
        next.push(("offset", page["metadata"]["next_offset"].as_str().unwrap().to_owned()));
        let page = ask(&events, LogType::TrustMonitor, &next).unwrap();
        assert_eq!(page["events"][0]["sekey"], "s2");
        assert_eq!(page["metadata"], serde_json::json!({}));
    }

    #[test]
    fn a_full_last_page_names_a_cursor_unless_told_otherwise() {
        let mut world = world(LogType::Activity, 2);
        for (last_page, limit, named) in [
            (LastPage::WhenFull, 2, true),
            (LastPage::WhenFull, 3, false),
            (LastPage::Never, 2, false),
            (LastPage::Always, 3, true),
        ] {
            world.last_page = last_page;
            let page = ask(&world, LogType::Activity, &window(limit)).unwrap();
            assert_eq!(page["metadata"].get("next_offset").is_some(), named, "{last_page:?}");
        }
    }

    #[test]
    fn the_newest_come_first_unless_asked_otherwise() {
        let world = world(LogType::Authentication, 3);
        let mut params = window(2);
        params.pop();
        let page = ask(&world, LogType::Authentication, &params).unwrap();
        assert_eq!(page["authlogs"][0]["txid"], "t2");
    }

    #[test]
    fn a_limit_above_the_maximum_is_cut() {
        let world = world(LogType::TrustMonitor, 250);
        let page = ask(&world, LogType::TrustMonitor, &window(5000)).unwrap();
        assert_eq!(page["events"].as_array().unwrap().len(), 200);
        let page = ask(&world, LogType::TrustMonitor, &window(5000)[..2]).unwrap();
        assert_eq!(page["events"].as_array().unwrap().len(), 50);
    }

    #[test]
    fn wrong_parameters_are_refused_with_a_reason() {
        let world = world(LogType::Activity, 3);
        let old = NOW.0 - 180 * DAY_MILLIS;
        let times = |since: i64, until: i64| {
            vec![("mintime", since.to_string()), ("maxtime", until.to_string())]
        };
        let with = |name: &'static str, value: &str| {
            let mut params = times(NOW.0 - 1000, NOW.0);
            params.push((name, value.to_owned()));
            params
        };
        for (params, detail) in [
            (times(NOW.0 / 1000, NOW.0), "'mintime' must be a timestamp in milliseconds"),
            (times(old - 1, NOW.0), "mintime must be within the past 180 days"),
            (times(NOW.0, NOW.0), "'mintime' must be less than 'maxtime'"),
            (times(NOW.0, NOW.0)[..1].to_vec(), "'maxtime' is required"),
            (vec![], "'mintime' is required"),
            (with("next_offset", "garbled"), "'next_offset' is not valid"),
            (with("next_offset", "1794799999999,nobody"), "'next_offset' is not valid"),
            (with("sort", "ts"), "'sort' must be ts:asc or ts:desc"),
            (with("limit", "0"), "'limit' must be a positive number"),
        ] {
            let refusal = ask(&world, LogType::Activity, &params).unwrap_err();
            assert_eq!((refusal.code, refusal.detail.as_deref()), (40002, Some(detail)));
        }
        assert!(ask(&world, LogType::Activity, &times(old, NOW.0)).is_ok());
    }

    #[test]
    fn v1_logs_give_the_earliest_since_a_second() {
        let mut world = World::single();
        world.page_sizes.v1 = 2;
        let start = NOW.0 - 60_000;
        for n in 0..4 {
            let body = n.to_string();
            let at = UnixMillis(start + n * 1000);
            world.publish(INTEGRATION_KEY, LogType::Administrator, at, body);
        }
        let since = |secs: i64| vec![("mintime", secs.to_string())];
        let page = ask(&world, LogType::Administrator, &since(start / 1000 + 1)).unwrap();
        assert_eq!(page, serde_json::json!([1, 2]));
        let page = ask(&world, LogType::Administrator, &[]).unwrap();
        assert_eq!(page, serde_json::json!([0, 1]));
    }
}
