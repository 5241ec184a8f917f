//! The client against a small server that checks what it is sent.

use super::*;
use crate::duo::fake::{Fake, dated, fail, reply};
use crate::duo::pace::PaceSetting;

const PAGE: &str = r#"{"stat":"OK","response":{"authlogs":[{"a":1}, {"b":2}],"metadata":{"next_offset":["15","af"],"total_objects":2}}}"#;

fn window(cursor: Option<&str>) -> Ask {
    Ask::Window {
        from: UnixMillis(1_000),
        until: UnixMillis(2_000),
        cursor: cursor.map(str::to_owned),
        limit: 5_000,
    }
}

#[tokio::test]
async fn a_page_is_asked_for_and_handed_on() {
    let fake = Fake::start(|_, _| reply(200, PAGE)).await;
    let page = fake.duo().read_log(LogType::Authentication, &window(Some("15,af"))).await.unwrap();
    assert_eq!(page.iter().collect::<Vec<_>>(), [&b"{\"a\":1}"[..], b"{\"b\":2}"]);
    assert_eq!(page.record(1), b"{\"b\":2}");
    assert_eq!(page.record(2), b"");
    assert_eq!((page.next.as_deref(), page.total, page.limit), (Some("15,af"), Some(2), 1000));
    let seen = fake.seen().remove(0);
    assert_eq!(seen.path, "/admin/v2/logs/authentication");
    assert_eq!(
        seen.query,
        "limit=1000&maxtime=2000&mintime=1000&next_offset=15%2Caf&sort=ts%3Aasc"
    );
    assert!(seen.is_signed(Scheme::V5));
    assert!(seen.header("user-agent").starts_with("duo-integrator/"));
    assert!(seen.header("date").ends_with(" -0000"));
}

#[tokio::test]
async fn every_scheme_signs_queries_and_bodies() {
    for scheme in [Scheme::V5, Scheme::V2Sha512, Scheme::V2Sha1] {
        let children =
            r#"{"stat":"OK","response":[{"account_id":"DA1","api_hostname":"h","name":"n"}]}"#;
        let fake = Fake::start(move |seen, _| match seen.method.as_str() {
            "POST" => reply(200, children),
            _ => reply(200, PAGE),
        })
        .await;
        let access = Access { child: Some("DA9".to_owned()), ..fake.access(scheme) };
        let duo = Duo::new(fake.http.clone(), access, crate::duo::fake::pace());
        duo.read_log(LogType::Activity, &window(None)).await.unwrap();
        assert_eq!(duo.children().await.unwrap()[0].account_id, "DA1");
        let seen = fake.seen();
        assert!(seen.iter().all(|seen| seen.is_signed(scheme)), "{scheme:?}");
        assert_eq!(seen[0].param("account_id").as_deref(), Some("DA9"));
        let body = if scheme == Scheme::V5 { "{\"account_id\":\"DA9\"}" } else { "account_id=DA9" };
        assert_eq!(String::from_utf8_lossy(&seen[1].body), body);
    }
}

#[tokio::test]
async fn a_wrong_local_clock_does_not_stop_collection() {
    // This server lives an hour ahead and refuses any other time.
    let fake = Fake::start(|seen, _| {
        let there = UnixMillis::now().plus(Duration::from_secs(3600));
        let signed = sign::parse_date_text(seen.header("date")).unwrap();
        if there.0.abs_diff(signed.0) > 60_000 {
            dated(401, r#"{"stat":"FAIL","code":40105,"message":"Bad request timestamp"}"#, there)
        } else {
            dated(200, PAGE, there)
        }
    })
    .await;
    let duo = fake.duo();
    assert_eq!(duo.clock().difference(), None);
    duo.read_log(LogType::Authentication, &window(None)).await.unwrap();
    duo.read_log(LogType::Authentication, &window(None)).await.unwrap();
    assert_eq!(fake.seen().len(), 3, "only the first request is refused");
    let difference = duo.clock().difference().unwrap();
    assert!((3_598_000..=3_602_000).contains(&difference), "{difference}");
}

#[tokio::test]
async fn a_time_refused_even_when_right_is_a_failure() {
    let fake = Fake::start(|_, _| fail(40105, "")).await;
    let failure = fake.duo().read_log(LogType::Activity, &window(None)).await.unwrap_err();
    assert_eq!((failure.kind, fake.seen().len()), (FailureKind::ClockWrong, 1));
}

#[tokio::test]
async fn answers_become_failures() {
    let html = "<html>sign in</html>";
    let table: Vec<(Vec<u8>, Option<&str>, FailureKind)> = vec![
        (reply(200, html), None, FailureKind::NotDuo),
        (reply(302, html), None, FailureKind::NotDuo),
        (reply(502, html), None, FailureKind::ServerError),
        (reply(200, r#"{"stat":"FAIL","code":40301,"message":"m"}"#), None, FailureKind::Forbidden),
        (reply(200, r#"{"stat":"OK","response":[{"a":"#), None, FailureKind::Interrupted),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"stat\"".to_vec(),
            None,
            FailureKind::Interrupted,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{".to_vec(),
            None,
            FailureKind::TooLarge,
        ),
        (b"".to_vec(), None, FailureKind::Interrupted),
        (fail(40002, "next_offset is wrong"), Some("x"), FailureKind::CursorRefused),
        (fail(40002, "limit is wrong"), Some("x"), FailureKind::BadRequest),
        (
            fail(40002, "mintime must be within the past 180 days"),
            Some("x"),
            FailureKind::TooFarBack,
        ),
        (
            reply(400, r#"{"stat":"FAIL","code":40002,"message":"m"}"#),
            Some("x"),
            FailureKind::CursorRefused,
        ),
        (
            reply(400, r#"{"stat":"FAIL","code":40002,"message":"m"}"#),
            None,
            FailureKind::BadRequest,
        ),
    ];
    for (answer, cursor, kind) in table {
        let text = String::from_utf8_lossy(&answer).into_owned();
        let fake = Fake::start(move |_, _| answer.clone()).await;
        let failure = fake.duo().read_log(LogType::Activity, &window(cursor)).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{text}\n{failure:?}");
    }
}

#[tokio::test]
async fn a_refusal_for_too_many_requests_says_how_long_to_wait() {
    let answer = "HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}";
    let fake = Fake::start(move |_, _| answer.as_bytes().to_vec()).await;
    let failure = fake.duo().read_log(LogType::Activity, &window(None)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::RateLimited);
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn connections_fail_by_their_cause() {
    let fake = Fake::start(|_, _| reply(200, PAGE)).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = silent.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = silent.accept().await {
            let _ =
                tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 X\r\n\r\n").await;
        }
    });
    let untrusting = net::build(&net::NetSettings::default()).unwrap();
    for (http, host, kind) in [
        (&fake.http, format!("localhost:{}", closed.port()), FailureKind::Unreachable),
        (&fake.http, "no-such-host.invalid".to_owned(), FailureKind::DnsFailed),
        (&untrusting, fake.host(), FailureKind::TlsUntrusted),
        (&fake.http, format!("127.0.0.1:{}", fake.address.port()), FailureKind::TlsUntrusted),
        (&fake.http, format!("localhost:{plain}"), FailureKind::TlsFailed),
    ] {
        let access = Access { api_hostname: host.clone(), ..fake.access(Scheme::V5) };
        let duo = Duo::new(http.clone(), access, crate::duo::fake::pace());
        let failure = duo.read_log(LogType::Activity, &window(None)).await.unwrap_err();
        assert_eq!(failure.kind, kind, "{host} {failure:?}");
        assert!(!failure.chain.contains("mintime"), "{}", failure.chain);
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 2048];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut head).await;
            let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, answer).await;
        }
    });
    let proxy = net::ProxySettings { url: format!("http://127.0.0.1:{port}"), login: None };
    let http = net::build(&net::NetSettings { proxy: Some(proxy), ca_file: None }).unwrap();
    let fake = Fake::start(|_, _| reply(200, PAGE)).await;
    let access = Access { api_hostname: "api-0.example".to_owned(), ..fake.access(Scheme::V5) };
    let duo = Duo::new(http, access, crate::duo::fake::pace());
    let failure = duo.read_log(LogType::Activity, &window(None)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::ProxyRefused, "{failure:?}");
}

#[tokio::test]
async fn counting_asks_for_one_record_and_only_where_duo_counts() {
    let fake = Fake::start(|_, _| reply(200, PAGE)).await;
    let duo = fake.duo();
    let (from, until) = (UnixMillis(1), UnixMillis(2));
    assert_eq!(duo.count(LogType::Authentication, from, until).await, Ok(Some(2)));
    assert_eq!(duo.count(LogType::Administrator, from, until).await, Ok(None));
    assert_eq!(fake.seen().len(), 1);
    assert_eq!(fake.seen()[0].param("limit").as_deref(), Some("1"));
}

#[tokio::test]
async fn a_log_asked_in_the_wrong_way_is_not_asked_at_all() {
    let fake = Fake::start(|_, _| reply(200, PAGE)).await;
    let failure = fake.duo().read_log(LogType::Administrator, &window(None)).await.unwrap_err();
    assert_eq!((failure.kind, fake.seen().len()), (FailureKind::BadRequest, 0));
    let since = Ask::Since { from: UnixSecs(5) };
    let body = r#"{"stat":"OK","response":[]}"#;
    let fake = Fake::start(move |_, _| reply(200, body)).await;
    let page = fake.duo().read_log(LogType::Administrator, &since).await.unwrap();
    assert_eq!((page.limit, fake.seen()[0].query.as_str()), (1000, "mintime=5"));
}

#[test]
fn the_signed_host_has_no_port() {
    for (name, host) in [
        ("api-0.duosecurity.com", "api-0.duosecurity.com"),
        ("api-0.duosecurity.com:8443", "api-0.duosecurity.com"),
        ("[::1]:8443", "[::1]"),
    ] {
        assert_eq!(host_without_port(name), host);
    }
}

#[test]
fn waits_are_read_as_seconds_and_as_dates() {
    let at = sign::parse_date_text("Tue, 21 Aug 2012 17:29:18 GMT");
    let wait = |text| wait_of(text, at, UnixMillis(0));
    assert_eq!(wait("30"), Some(Duration::from_secs(30)));
    assert_eq!(wait("Tue, 21 Aug 2012 17:30:18 GMT"), Some(Duration::from_secs(60)));
    assert_eq!(wait("Tue, 21 Aug 2012 17:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("soon"), None);
}

#[test]
fn pace_and_keys_are_not_printed() {
    let access = Access {
        integration_key: "DI".to_owned(),
        secret_key: Secret::new("hunter2".to_owned()),
        api_hostname: "h".to_owned(),
        scheme: Scheme::V5,
        child: None,
    };
    assert!(
        !format!("{access:?} {:?}", Pace::open(PaceSetting::Adaptive, None)).contains("hunter2")
    );
}
