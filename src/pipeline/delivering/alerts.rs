//! Alerts as items: for outputs that are handed what the rules raise.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::outputs::{Item, What};
use crate::record::Level;
use crate::settings::RecordFormat;
use crate::store::Alert;

/// An alert as an item. `records` are the ids of the first records it stands for.
pub(super) fn item(alert: &Alert, records: &[String], format: RecordFormat) -> Item {
    let id = format!("duo-integrator-alert-{}-{}", alert.raised.0, alert.id);
    let raw = raw(alert, records, &id).to_string().into_bytes();
    let line = match format {
        RecordFormat::Ecs => ecs(alert, records, &id).to_string().into_bytes(),
        RecordFormat::Ocsf => ocsf(alert, records, &id).to_string().into_bytes(),
        RecordFormat::Cef => cef(alert, &id).into_bytes(),
        RecordFormat::Leef => leef(alert, &id).into_bytes(),
        RecordFormat::Raw | RecordFormat::Csv | RecordFormat::Splunk | RecordFormat::Panther => {
            raw.clone()
        }
    };
    let account: Arc<str> = alert.account.as_deref().unwrap_or_default().into();
    Item {
        id: id.into(),
        what: What::Alert,
        account,
        api_hostname: "".into(),
        time: alert.last,
        received: alert.raised,
        raw,
        line,
    }
}

fn raw(alert: &Alert, records: &[String], id: &str) -> Value {
    json!({
        "kind": "alert",
        "id": id,
        "rule": alert.rule,
        "title": alert.title,
        "level": alert.level.name(),
        "account": alert.account,
        "subject": alert.subject,
        "count": alert.records,
        "first": alert.first.to_string(),
        "last": alert.last.to_string(),
        "raised": alert.raised.to_string(),
        "historic": alert.historic,
        "words": alert.words,
        "events": records,
    })
}

/// Source: <https://www.elastic.co/docs/reference/ecs/ecs-event>, `event.kind: alert`.
fn ecs(alert: &Alert, records: &[String], id: &str) -> Value {
    json!({
        "@timestamp": alert.last.to_string(),
        "ecs": {"version": "8.11.0"},
        "event": {
            "kind": "alert",
            "id": id,
            "module": "cisco_duo",
            "dataset": "cisco_duo.alert",
            "start": alert.first.to_string(),
            "end": alert.last.to_string(),
            "created": alert.raised.to_string(),
            "severity": severity(alert.level),
        },
        "log": {"level": alert.level.name()},
        "message": format!("{}: {}", alert.title, alert.subject),
        "organization": {"name": alert.account},
        "rule": {"id": alert.rule, "name": alert.title},
        "cisco_duo": {"alert": raw(alert, records, id)},
    })
}

/// Source: <https://schema.ocsf.io/1.7.0/classes/detection_finding>.
fn ocsf(alert: &Alert, records: &[String], id: &str) -> Value {
    let related: Vec<Value> = records.iter().map(|uid| json!({"uid": uid})).collect();
    json!({
        "activity_id": 1,
        "category_uid": 2,
        "class_uid": 2004,
        "type_uid": 200_401,
        "severity_id": match alert.level {
            Level::Informational => 1,
            Level::Low => 2,
            Level::Medium => 3,
            Level::High => 4,
            Level::Critical => 5,
        },
        "status_id": 1,
        "time": alert.last.0,
        "start_time": alert.first.0,
        "end_time": alert.last.0,
        "count": alert.records,
        "message": format!("{}: {}", alert.title, alert.subject),
        "metadata": {
            "uid": id,
            "version": "1.7.0",
            "product": {"name": "Duo Security Integrator", "vendor_name": "Duo Security Integrator"},
        },
        "finding_info": {
            "uid": id,
            "title": alert.title,
            "created_time": alert.raised.0,
            "analytic": {"uid": alert.rule, "name": alert.title, "type_id": 1},
            "related_events": related,
        },
        "unmapped": {"account": alert.account, "subject": alert.subject, "historic": alert.historic},
    })
}

fn cef(alert: &Alert, id: &str) -> String {
    let header = |text: &str| one_line(text).replace('\\', "\\\\").replace('|', "\\|");
    let value = |text: &str| one_line(text).replace('\\', "\\\\").replace('=', "\\=");
    format!(
        "CEF:0|Duo Security Integrator|Duo Security Integrator|{}|{}|{}|{}|externalId={} rt={} \
         start={} end={} cnt={} cat=alert msg={} cs1Label=account cs1={}",
        env!("CARGO_PKG_VERSION"),
        header(&alert.rule),
        header(&alert.title),
        severity(alert.level) / 10,
        value(id),
        alert.raised.0,
        alert.first.0,
        alert.last.0,
        alert.records,
        value(&alert.subject),
        value(alert.account.as_deref().unwrap_or_default()),
    )
}

fn leef(alert: &Alert, id: &str) -> String {
    let header = |text: &str| one_line(text).replace('|', " ");
    let value = |text: &str| one_line(text);
    format!(
        "LEEF:2.0|Duo Security Integrator|Duo Security Integrator|{}|{}|x09|cat=alert\tsev={}\t\
         devTime={}\tdevTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX\tname={}\texternalId={}\tcount={}\t\
         subject={}\taccount={}",
        env!("CARGO_PKG_VERSION"),
        header(&alert.rule),
        severity(alert.level) / 10,
        alert.last,
        value(&alert.title),
        value(id),
        alert.records,
        value(&alert.subject),
        value(alert.account.as_deref().unwrap_or_default()),
    )
}

/// From 10 to 100, as far as there is a scale at all.
const fn severity(level: Level) -> u32 {
    match level {
        Level::Informational => 10,
        Level::Low => 30,
        Level::Medium => 50,
        Level::High => 80,
        Level::Critical => 100,
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
