//! The ladder against a small server: one answer changed at a time.

use super::*;
use crate::base::UnixMillis;
use crate::duo::fake::{Fake, KEY, Reply, SECRET, Seen, dated, fail, pace, reply};

const PING: &str = r#"{"stat":"OK","response":{"time":1794816131}}"#;
const SUMMARY: &str = r#"{"stat":"OK","response":{"admin_count":1,"edition":"Duo Premier"}}"#;
const EMPTY: &str = r#"{"stat":"OK","response":{"items":[],"metadata":{}}}"#;
const BARE: &str = r#"{"stat":"OK","response":[]}"#;

/// An account with least privilege and no Trust Monitor.
fn healthy(seen: &Seen) -> Reply {
    match seen.path.as_str() {
        "/auth/v2/ping" => reply(200, PING),
        "/admin/v1/info/summary" => reply(200, SUMMARY),
        "/admin/v1/trust_monitor/events" => fail(40301, ""),
        "/admin/v1/logs/administrator" => reply(200, BARE),
        "/admin/v1/logs/offline_enrollment" => fail(40401, ""),
        path if path.starts_with("/admin/v2/logs/") => reply(200, EMPTY),
        _ => fail(40301, ""),
    }
}

async fn climb(answer: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) -> Report {
    climb_as(Kind::AdminApi, answer).await
}

async fn climb_as(
    kind: Kind,
    answer: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> Report {
    let fake = Fake::start(move |seen, _| answer(seen).unwrap_or_else(|| healthy(seen))).await;
    let input = LadderInput { api_hostname: fake.host(), kind, ..input() };
    let mut heard = Vec::new();
    let report =
        validate(&input, fake.http.clone(), pace(), |check| heard.push(check.clone())).await;
    assert_eq!(report.checks.len(), CheckId::ALL.len());
    assert!(heard.len() >= report.checks.len());
    report
}

fn input() -> LadderInput {
    LadderInput {
        account: "Contoso".to_owned(),
        integration_key: KEY.to_owned(),
        secret_key: Secret::new(SECRET.to_owned()),
        api_hostname: String::new(),
        scheme: Scheme::V5,
        log_types: LogType::ALL.to_vec(),
        kind: Kind::AdminApi,
    }
}

fn states(report: &Report) -> String {
    report
        .checks
        .iter()
        .map(|check| match check.state {
            State::Pass => 'p',
            State::Warn => 'w',
            State::Fail => 'f',
            State::Skipped => 's',
        })
        .collect()
}

#[tokio::test]
async fn an_account_with_least_privilege_passes() {
    let report = climb(|_| None).await;
    // The hostname is not one of Duo's, hence the first warning.
    assert_eq!(states(&report), "wppppppp", "{report:#?}");
    assert!(report.ok);
    let available: Vec<bool> = report.log_types.iter().map(|log| log.available).collect();
    assert_eq!(available, [true, true, true, true, false, false]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["checks"][5]["id"], "permission.read_information");
    assert_eq!(json["checks"][1]["state"], "pass");
    assert_eq!(json["log_types"][5]["log_type"], "trust_monitor");
    assert_eq!(json["log_types"][5]["code"], 40301);
}

#[tokio::test]
async fn each_trouble_stops_at_its_own_rung() {
    let at = |path: &'static str, answer: Reply| {
        move |seen: &Seen| (seen.path == path).then(|| answer.clone())
    };
    for (path, answer, expected, ok) in [
        ("/auth/v2/ping", reply(200, "<html>"), "wfssssss", false),
        ("/auth/v2/ping", fail(40401, ""), "wppppppp", true),
        ("/admin/v1/info/summary", fail(40301, ""), "wppppwpp", true),
        (
            "/admin/v1/info/summary",
            fail(40301, "Wrong integration type for this API."),
            "wpppfsss",
            false,
        ),
        ("/admin/v1/info/summary", fail(40102, ""), "wpppfsss", false),
        ("/admin/v1/info/summary", fail(40103, ""), "wpppfsss", false),
        ("/admin/v1/info/summary", fail(40101, ""), "wpppfsss", false),
        ("/admin/v1/info/summary", fail(40105, ""), "wppfssss", false),
        ("/admin/v2/logs/activity", fail(40301, ""), "wpppppwp", true),
        ("/admin/v1/settings", reply(200, SUMMARY), "wppppppw", true),
        ("/admin/v1/users", fail(40002, "username is required"), "wppppppw", true),
        ("/admin/v1/users", fail(50000, ""), "wpppppps", true),
    ] {
        let report = climb(at(path, answer)).await;
        assert_eq!((states(&report).as_str(), report.ok), (expected, ok), "{path} {report:#?}");
    }
}

#[tokio::test]
async fn without_any_log_the_box_is_named() {
    let report = climb(|seen| seen.path.contains("/logs/").then(|| fail(40301, ""))).await;
    assert_eq!((states(&report).as_str(), report.ok), ("wpppppfp", false));
    let check = report.check(CheckId::ReadLog).unwrap();
    assert!(check.next.as_ref().unwrap().contains("Grant read log"));
    assert_eq!(check.code, Some(40301));
}

#[tokio::test]
async fn the_clocks_difference_is_always_told() {
    let report = climb(|_| None).await;
    let detail = &report.check(CheckId::Clock).unwrap().detail;
    assert!(detail.contains("agrees with Duo's") || detail.contains(" s "), "{detail}");
    let report = climb(|seen| {
        let there = UnixMillis::now().minus(Duration::from_secs(600));
        let signed = crate::duo::sign::parse_date_text(seen.header("date"));
        assert!(signed.is_none_or(|signed| signed.0.abs_diff(there.0) < 5_000), "{seen:?}");
        let text = String::from_utf8(healthy(seen)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Some(dated(head[9..12].parse().unwrap(), body, there))
    })
    .await;
    let clock = report.check(CheckId::Clock).unwrap();
    assert_eq!((clock.state, report.ok), (State::Warn, true), "{report:#?}");
    let told = "This computer's clock is 10 min ahead of Duo's";
    assert!(clock.detail.starts_with(told), "{}", clock.detail);
}

#[tokio::test]
async fn a_passing_trouble_is_waited_out() {
    let refused = std::sync::atomic::AtomicU32::new(0);
    let report = climb(move |seen| {
        let is_first = seen.path == "/admin/v2/logs/activity"
            && refused.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2;
        is_first.then(|| fail(42901, ""))
    })
    .await;
    assert_eq!(states(&report), "wppppppp");
}

#[tokio::test]
async fn a_provider_is_validated_through_its_first_child() {
    let report = climb_as(Kind::AccountsApi, |seen| {
        let host = seen.header("host");
        let children = format!(
            r#"{{"stat":"OK","response":[{{"account_id":"DA1","api_hostname":"{host}","name":"n"}}]}}"#
        );
        match seen.path.as_str() {
            "/accounts/v1/account/list" => Some(reply(200, &children)),
            "/auth/v2/ping" => None,
            _ if seen.param("account_id").as_deref() == Some("DA1") => None,
            _ => Some(fail(40301, "")),
        }
    })
    .await;
    assert_eq!((states(&report).as_str(), report.ok), ("wpppppps", true), "{report:#?}");
    let report = climb_as(Kind::AccountsApi, |_| None).await;
    assert_eq!((states(&report).as_str(), report.ok), ("wpppfsss", false));
}

#[tokio::test]
async fn mistakes_of_form_are_told_without_asking_anybody() {
    let http = crate::net::build(&crate::net::NetSettings::default()).unwrap();
    let input = LadderInput { integration_key: "x".to_owned(), ..input() };
    let report = validate(&input, http, pace(), |_| {}).await;
    assert_eq!((states(&report).as_str(), report.ok), ("fsssssss", false));
    let format = report.check(CheckId::Format).unwrap();
    assert!(format.detail.contains("Integration key:") && format.detail.contains("API hostname:"));
}

#[tokio::test]
async fn an_untrusted_certificate_fails_the_tls_rung() {
    let fake = Fake::start(|seen, _| healthy(seen)).await;
    let http = crate::net::build(&crate::net::NetSettings::default()).unwrap();
    let input = LadderInput { api_hostname: fake.host(), ..input() };
    let report = validate(&input, http, pace(), |_| {}).await;
    assert_eq!((states(&report).as_str(), report.ok), ("wpfsssss", false));
}

#[test]
fn a_validation_can_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let http = crate::net::build(&crate::net::NetSettings::default()).unwrap();
    let input = input();
    is_send(&validate(&input, http, pace(), |_| {}));
}
