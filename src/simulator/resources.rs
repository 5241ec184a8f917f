//! The endpoints beside the logs: counts, settings, users, child accounts.
//!
//! The two reports of attempts are flat here, as Duo's Python client describes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::logs::{Params, RETENTION_DAYS};
use super::organisation::Organisation;
use super::records::{Published, Window};
use super::world::World;
use crate::base::units::DAY_MILLIS;
use crate::base::{UnixMillis, UnixSecs};
use crate::record::LogType;

/// The settings every organization here has.
pub(super) const SETTINGS: &str = r#"{"caller_id":"+17345550100","fraud_email":"security@example.com","fraud_email_enabled":true,"helpdesk_bypass":"limit","helpdesk_bypass_expiration":60,"inactive_user_expiration":30,"language":"EN","lockout_expire_duration":30,"lockout_threshold":10,"log_retention_days":null,"minimum_password_length":12,"name":"Example Industries","sms_enabled":true,"timezone":"US/Eastern","user_telephony_cost_max":20.0,"voice_enabled":true}"#;

/// Users on a page of the list, and at most.
const USERS_DEFAULT: usize = 100;
const USERS_MAX: usize = 300;

pub(super) fn time(now: UnixMillis) -> String {
    format!(r#"{{"time":{}}}"#, now.floor_secs().0)
}

pub(super) fn children(world: &World, children: &[String]) -> String {
    let list: Vec<Value> = children
        .iter()
        .filter_map(|account_id| world.organisation(account_id))
        .map(|child| {
            json!({
                "account_id": child.account_id,
                "api_hostname": world.api_hostname,
                "name": child.name,
            })
        })
        .collect();
    Value::from(list).to_string()
}

pub(super) fn summary(world: &World, organisation: &Organisation, now: UnixMillis) -> String {
    let month = Window { since: now.0 - 30 * DAY_MILLIS, until: now.0 };
    let used = credits(records(world, organisation, LogType::Telephony, month, now));
    json!({
        "admin_count": 3,
        "edition": "Duo Premier",
        "integration_count": 9,
        "telephony_credits_remaining": 1000_u64.saturating_sub(used),
        "user_count": organisation.users.len(),
        "user_pending_deletion_count": 0,
    })
    .to_string()
}

pub(super) fn credits_used(
    world: &World,
    organisation: &Organisation,
    params: &Params<'_>,
    now: UnixMillis,
) -> Result<String, Refusal> {
    let window = window(params, now)?;
    let used = credits(records(world, organisation, LogType::Telephony, window, now));
    Ok(format!(r#"{{"telephony_credits_used":{used}}}"#))
}

/// Counts authentications by result, or the users behind them.
pub(super) fn attempts(
    world: &World,
    organisation: &Organisation,
    params: &Params<'_>,
    now: UnixMillis,
    users: bool,
) -> Result<String, Refusal> {
    let window = window(params, now)?;
    let found = records(world, organisation, LogType::Authentication, window, now);
    let mut seen = BTreeSet::new();
    let mut counts = [("ERROR", 0_u64), ("FAILURE", 0), ("FRAUD", 0), ("SUCCESS", 0)];
    for record in found {
        let Ok(attempt) = serde_json::from_str::<Attempt>(&record.body) else { continue };
        let name = match attempt.result.as_str() {
            "success" => "SUCCESS",
            "fraud" => "FRAUD",
            "error" => "ERROR",
            _ => "FAILURE",
        };
        if users && !seen.insert((name, attempt.user.name)) {
            continue;
        }
        for (known, count) in &mut counts {
            if *known == name {
                *count += 1;
            }
        }
    }
    Ok(Value::Object(counts.into_iter().map(|(name, n)| (name.to_owned(), n.into())).collect())
        .to_string())
}

/// A page of users; its metadata stands beside the response, not inside.
pub(super) fn users(organisation: &Organisation, params: &Params<'_>) -> Result<Answer, Refusal> {
    let number = |name: &str, default: usize| {
        let detail = format!("'{name}' must be a number");
        match params.number(name, &detail)? {
            None => Ok(default),
            Some(number) => usize::try_from(number).map_err(|_| Refusal::invalid(detail)),
        }
    };
    let limit = number("limit", USERS_DEFAULT)?.clamp(1, USERS_MAX);
    let offset = number("offset", 0)?;
    let users = &organisation.users;
    let rest = users.get(offset..).unwrap_or_default();
    let page: Vec<&str> = rest.iter().take(limit).map(|user| &**user).collect();
    let mut metadata = format!(r#"{{"total_objects":{}"#, users.len());
    if rest.len() > limit {
        let _ = write!(metadata, r#","next_offset":{}"#, offset + limit);
    }
    if offset > 0 {
        let _ = write!(metadata, r#","prev_offset":{}"#, offset.saturating_sub(limit));
    }
    let list = page.join(",");
    let body = format!(r#"{{"metadata":{metadata}}},"response":[{list}],"stat":"OK"}}"#);
    Ok(Answer::json(200, body))
}

/// Answers as if a user had been created; the look-alike keeps none.
pub(super) fn create_user(params: &Params<'_>) -> Result<String, Refusal> {
    let username = params
        .get("username")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Refusal::invalid("username"))?;
    let user = json!({
        "user_id": "DUDEMO0EXAMPLE0NEW01",
        "username": username,
        "status": "active",
        "is_enrolled": false,
        "groups": [],
        "phones": [],
        "tokens": [],
    });
    Ok(user.to_string())
}

/// The span of a report, in seconds: the last 30 days unless told otherwise, 180 days at most.
fn window(params: &Params<'_>, now: UnixMillis) -> Result<Window, Refusal> {
    let number =
        |name: &str| params.number(name, &format!("'{name}' must be a timestamp in seconds"));
    let until = number("maxtime")?.map_or(now.0, |secs| UnixSecs(secs).to_millis().0);
    let since =
        number("mintime")?.map_or(until - 30 * DAY_MILLIS, |secs| UnixSecs(secs).to_millis().0);
    if since >= until {
        return Err(Refusal::invalid("'mintime' must be less than 'maxtime'"));
    }
    if until.saturating_sub(since) > RETENTION_DAYS * DAY_MILLIS {
        return Err(Refusal::invalid("the span must be within 180 days"));
    }
    Ok(Window { since, until })
}

fn records<'a>(
    world: &World,
    organisation: &'a Organisation,
    log_type: LogType,
    window: Window,
    now: UnixMillis,
) -> &'a [Published] {
    let newest = world.newest(log_type, now);
    organisation.log(log_type).map(|log| log.window(window, newest)).unwrap_or_default()
}

fn credits(calls: &[Published]) -> u64 {
    calls
        .iter()
        .filter_map(|record| serde_json::from_str::<Call>(&record.body).ok())
        .map(|call| call.credits)
        .sum()
}

#[derive(Deserialize)]
struct Call {
    credits: u64,
}

#[derive(Deserialize)]
struct Attempt {
    result: String,
    user: User,
}

#[derive(Deserialize)]
struct User {
    name: String,
}
