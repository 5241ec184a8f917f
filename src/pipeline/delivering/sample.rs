//! What an output would be handed, to be looked at before it is added.
//!
//! Promises: the newest stored record that the filter lets through, made into a line by the very code
//! that hands records over; where none is stored, an invented one, which says so.

use serde_json::{Value, json};

use super::load;
use crate::base::{Problem, UnixMillis};
use crate::knowledge::Knowledge;
use crate::normalize::{Context, Lines};
use crate::record::LogType;
use crate::settings::{Filter, RecordFormat};
use crate::store::{Direction, Reader, Wanted, Whole};

/// What an output would be handed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The line before all others, where the format has one.
    pub header: Option<String>,
    /// The record.
    pub line: String,
    /// Of which log it is.
    pub log_type: LogType,
    /// Whose it is and when it happened; `None` where it is invented.
    pub stored: Option<(String, UnixMillis)>,
}

/// The newest record that the filter lets through, in this format; an invented one while `reader`
/// has none.
pub fn sample(
    reader: Option<&Reader>,
    filter: &Filter,
    format: RecordFormat,
    knowledge: &Knowledge,
) -> Result<Sample, Problem> {
    let lines = load::lines_of(format, filter, knowledge)?;
    let newest = reader.map(|reader| newest(reader, filter)).transpose()?.flatten();
    let Some(whole) = newest else { return Ok(invented(&lines, filter)) };
    let row = &whole.row;
    let context = Context {
        api_hostname: Some(&whole.api_hostname),
        account: Some(&row.account),
        id: Some(&whole.id),
        received: None,
        otherwise_at: Some(row.time),
    };
    Ok(Sample {
        header: header(&lines),
        line: text(&lines.line(row.log_type, &whole.raw, &context)),
        log_type: row.log_type,
        stored: Some((row.account.to_string(), row.time)),
    })
}

fn newest(reader: &Reader, filter: &Filter) -> Result<Option<Whole>, Problem> {
    let categories = load::categories(filter, reader)?;
    let mut newest: Option<Whole> = None;
    let mut accounts: Vec<Option<String>> = filter.accounts.iter().cloned().map(Some).collect();
    if accounts.is_empty() {
        accounts.push(None);
    }
    for account in accounts {
        let wanted = Wanted {
            account,
            log_types: filter.log_types.clone(),
            categories,
            ..Wanted::default()
        };
        let page = reader.page(&wanted, None, Direction::Older, 1);
        let page = page.map_err(|error| error.problem)?;
        let Some(row) = page.rows.into_iter().next() else { continue };
        if newest.as_ref().is_some_and(|newest| newest.row.time >= row.time) {
            continue;
        }
        if let Some(whole) = reader.record(&row.place).map_err(|error| error.problem)? {
            newest = Some(whole);
        }
    }
    Ok(newest)
}

fn invented(lines: &Lines, filter: &Filter) -> Sample {
    let log_type = filter.log_types.first().copied().unwrap_or(LogType::Authentication);
    let at = UnixMillis(1_767_258_000_000);
    let raw = invention(log_type, at).to_string().into_bytes();
    let account = filter.accounts.first().map_or("Example", String::as_str);
    let context = Context {
        api_hostname: Some("api-xxxxxxxx.duosecurity.com"),
        account: Some(account),
        id: Some("0000000000000000"),
        received: None,
        otherwise_at: Some(at),
    };
    let line = text(&lines.line(log_type, &raw, &context));
    Sample { header: header(lines), line, log_type, stored: None }
}

/// Source of the shapes: <https://duo.com/docs/adminapi#logs>.
fn invention(log_type: LogType, at: UnixMillis) -> Value {
    let secs = at.0 / 1000;
    match log_type {
        LogType::Authentication => json!({
            "access_device": {
                "ip": "198.51.100.7",
                "location": {"city": "Ann Arbor", "state": "Michigan", "country": "United States"},
            },
            "application": {"key": "DIXXXXXXXXXXXXXXXXXX", "name": "VPN"},
            "event_type": "authentication",
            "factor": "duo_push",
            "isotimestamp": at.to_string(),
            "reason": "user_approved",
            "result": "success",
            "timestamp": secs,
            "txid": "00000000-0000-0000-0000-000000000000",
            "user": {"groups": ["Staff"], "key": "DUXXXXXXXXXXXXXXXXXX", "name": "ada@example.com"},
        }),
        LogType::Activity => json!({
            "action": {"name": "user_update", "details": null},
            "activity_id": "00000000-0000-0000-0000-000000000000",
            "actor": {"key": "DEXXXXXXXXXXXXXXXXXX", "name": "Ada", "type": "admin"},
            "target": {"key": "DUXXXXXXXXXXXXXXXXXX", "name": "bob@example.com", "type": "user"},
            "ts": at.to_string(),
        }),
        LogType::Administrator => json!({
            "action": "user_update",
            "description": "{\"status\": \"Active\"}",
            "isotimestamp": at.to_string(),
            "object": "bob@example.com",
            "timestamp": secs,
            "username": "Ada",
        }),
        LogType::Telephony => json!({
            "context": "authentication",
            "credits": 1,
            "phone": "+15555550100",
            "telephony_id": "00000000-0000-0000-0000-000000000000",
            "ts": at.to_string(),
            "type": "sms",
        }),
        LogType::OfflineEnrollment => json!({
            "action": "o2fa_user_provisioned",
            "description": "{\"factor\": \"duo_otp\", \"hostname\": \"LAPTOP-1\"}",
            "isotimestamp": at.to_string(),
            "object": "Windows Logon",
            "timestamp": secs,
            "username": "ada@example.com",
        }),
        LogType::TrustMonitor => json!({
            "explanations": [{"summary": "ada@example.com has not signed in from this country before."}],
            "from_common_netblock": false,
            "sekey": "SEXXXXXXXXXXXXXXXXXX",
            "state": "new",
            "surfaced_auth": {"result": "SUCCESS", "user": {"name": "ada@example.com"}},
            "surfaced_timestamp": at.0,
            "type": "auth",
        }),
    }
}

fn header(lines: &Lines) -> Option<String> {
    lines.header().map(|header| text(&header))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(log_types: &[LogType], format: RecordFormat) -> Sample {
        let filter = Filter { log_types: log_types.to_vec(), ..Filter::default() };
        sample(None, &filter, format, &Knowledge::embedded().unwrap()).unwrap()
    }

    #[test]
    fn without_a_store_each_log_and_format_has_an_invented_record() {
        for log_type in LogType::ALL {
            for format in RecordFormat::ALL {
                let sample = of(&[log_type], format);
                assert_eq!((sample.log_type, sample.stored), (log_type, None));
                assert!(!sample.line.contains('\n') && sample.line.len() > 60, "{}", sample.line);
                assert_eq!(sample.header.is_some(), format == RecordFormat::Csv);
            }
        }
        assert!(of(&[], RecordFormat::Cef).line.starts_with("CEF:0|"));
        assert_eq!(of(&[], RecordFormat::Raw).log_type, LogType::Authentication);
    }
}
