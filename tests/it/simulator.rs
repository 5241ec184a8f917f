//! The look-alike of Duo's API, seen from outside: through Duo's own client, and through a plain
//! HTTP client for what Duo's client never shows.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may panic as the tests themselves do"
)]

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use duo_integrator::base::UnixMillis;
use duo_integrator::base::units::DAY_MILLIS;
use duo_integrator::duo::sign::{self, Scheme};
use duo_integrator::record::LogType;
use duo_integrator::simulator::{
    Fault, INTEGRATION_KEY, Kind, LastPage, Look, Organisation, Permissions, RateLimit, Rule,
    SECRET_KEY, Simulator, World, bulk_authentication, invent,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

const AUTHENTICATION: &str = "/admin/v2/logs/authentication";
const SUMMARY: &str = "/admin/v1/info/summary";
const FULL: (&str, &str) = ("DIFULL00EXAMPLE0KEY1", "full0secret00000000000000000000000000001");
const PARENT: (&str, &str) = ("DIPARENT0EXAMPLE0001", "parent0secret000000000000000000000000001");

#[test]
fn duos_own_client_reads_everything_that_was_published() {
    let Some(python) = python_with_duo_client() else {
        // Past the harness, which would keep the words of a passing test to itself.
        let told =
            "LEFT OUT: no Python with duo_client found; set DUO_CLIENT_PYTHON to check with it";
        let _ = writeln!(std::io::stderr(), "{told}");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let now = UnixMillis::now();
    let (from, until) = (UnixMillis(now.0 - 7 * DAY_MILLIS), UnixMillis(now.0 - 3_600_000));
    let mut world = World::single();
    world.settle_in(INTEGRATION_KEY, invent(5, from, until, 40, 90));
    world.page_sizes.v1 = 9;
    world.page_sizes.trust_monitor_max = 2;
    let child = world.organisations[0].account_id.clone();
    let mut full = Organisation::new("Full", FULL.0, FULL.1, "DAFULL00EXAMPLE0ACC1");
    full.permissions = Permissions {
        read_log: true,
        read_information: true,
        settings: true,
        read_resource: true,
        write_resource: true,
    };
    full.users = world.organisations[0].users.clone();
    let mut parent = Organisation::new("Parent", PARENT.0, PARENT.1, "DAPARENT0EXAMPLE0001");
    parent.kind = Kind::Accounts(vec![child.clone()]);
    world.organisations.extend([full, parent]);

    let simulator = runtime.block_on(Simulator::start(world)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, simulator.ca_pem()).unwrap();
    let keys = |keys: (&str, &str)| json!({"integration_key": keys.0, "secret_key": keys.1});
    let ids =
        |log_type, field: &str| published(&simulator, log_type, |record| record[field].clone());
    let old = |log_type| {
        published(&simulator, log_type, |record| {
            json!([record["timestamp"], record["action"], record["username"]])
        })
    };
    let plan = json!({
        "port": simulator.address().port(),
        "ca_file": ca_file,
        "mintime": from.0,
        "maxtime": now.0,
        "admin": keys((INTEGRATION_KEY, SECRET_KEY)),
        "full": keys(FULL),
        "parent": keys(PARENT),
        "children": [child],
        "user_count": 40,
        "authentication": ids(LogType::Authentication, "txid"),
        "activity": ids(LogType::Activity, "activity_id"),
        "telephony": ids(LogType::Telephony, "telephony_id"),
        "trust_monitor": ids(LogType::TrustMonitor, "sekey"),
        "administrator": old(LogType::Administrator),
        "offline_enrollment": old(LogType::OfflineEnrollment),
    });
    let plan_file = folder.path().join("plan.json");
    std::fs::write(&plan_file, plan.to_string()).unwrap();

    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/duo_client_check.py"))
        .arg(&plan_file)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("all checks passed"), "{told}");
}

#[tokio::test]
async fn every_reply_carries_duos_clock() {
    let simulator = started(World::single()).await;
    simulator.world().with(|world| world.clock.run_ahead(-3 * DAY_MILLIS));
    let reply = Caller::new(&simulator).get(SUMMARY, &[]).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    let date = reply.headers()["date"].to_str().unwrap().to_owned();
    let duo_now = sign::parse_date_text(&date).unwrap();
    let behind = UnixMillis::now().0 - duo_now.0;
    assert!((behind - 3 * DAY_MILLIS).abs() < 10_000, "{behind}");
    let body: Value = serde_json::from_str(&reply.text().await.unwrap()).unwrap();
    assert_eq!(body["code"], 40105);
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_take_it() {
    let simulator = started(with_records(400)).await;
    let caller = Caller::new(&simulator);
    let plain = caller.page(400).await;
    assert_eq!(plain["authlogs"].as_array().unwrap().len(), 400);
    simulator.world().with(|world| world.gzip = false);
    assert_eq!(caller.page(400).await, plain);
}

#[tokio::test]
async fn broken_connections_and_bodies_are_noticed_as_such() {
    let simulator = started(with_records(50)).await;
    let caller = Caller::new(&simulator);
    for fault in [Fault::ResetBefore, Fault::ResetMidBody, Fault::TruncatedBody, Fault::TlsRefused]
    {
        let fresh = Caller::new(&simulator);
        simulator.world().with(|world| world.inject(Rule::new(fault.clone()).times(1)));
        let text = match fresh.get(AUTHENTICATION, &caller.window(50)).await {
            Ok(reply) => reply.text().await,
            Err(error) => Err(error),
        };
        let error = text.expect_err("the answer is whole");
        let reset = matches!(fault, Fault::ResetBefore | Fault::ResetMidBody);
        if reset && cfg!(unix) {
            assert!(was_reset(&error), "{fault:?}: {error:?}");
        }
        let total = caller.page(50).await["metadata"]["total_objects"].clone();
        assert_eq!(total, 50, "after {fault:?} all is well again");
    }
    for (fault, status, json) in [
        (Fault::Status(503, Look::Json), 503, true),
        (Fault::Status(502, Look::Html), 502, false),
        (Fault::TooManyRequests(Some(7)), 429, true),
        (Fault::HtmlInstead, 200, false),
        (Fault::EmptyBody, 200, false),
        (Fault::InvalidJson, 200, false),
        (Fault::SlowBody(Duration::from_millis(200)), 200, true),
        (Fault::OversizedBody(300_000), 200, true),
    ] {
        simulator.world().with(|world| world.inject(Rule::new(fault.clone()).times(1)));
        let reply = caller.get(AUTHENTICATION, &caller.window(50)).await.unwrap();
        assert_eq!(reply.status(), status, "{fault:?}");
        let wait = reply.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        assert_eq!(wait.as_deref(), (status == 429).then_some("7"));
        let text = reply.text().await.unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).is_ok(), json, "{fault:?}: {text:.100}");
    }
    assert_eq!(simulator.world().with(|world| world.faults.struck()), 12);
}

#[tokio::test]
async fn a_hanging_answer_comes_in_the_end() {
    let simulator = started(World::single()).await;
    let rule = Rule::new(Fault::Hang(Duration::from_millis(300))).on(SUMMARY);
    simulator.world().with(|world| world.inject(rule));
    let start = Instant::now();
    assert!(Caller::new(&simulator).get(SUMMARY, &[]).await.unwrap().status().is_success());
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn cursors_can_lead_astray() {
    let simulator = started(with_records(30)).await;
    let caller = Caller::new(&simulator);
    let first = caller.page(10).await;
    let offset = &first["metadata"]["next_offset"];
    let cursor = format!("{},{}", offset[0].as_str().unwrap(), offset[1].as_str().unwrap());
    let mut next = caller.window(10);
    next.push(("next_offset", cursor));

    simulator.world().with(|world| world.inject(Rule::new(Fault::RepeatedCursor).times(1)));
    let page = caller.json(AUTHENTICATION, &next).await;
    assert_eq!(&page["response"]["metadata"]["next_offset"], offset);

    simulator.world().with(|world| world.inject(Rule::new(Fault::CursorRefused).times(1)));
    assert_eq!(caller.json(AUTHENTICATION, &next).await["code"], 40002);

    simulator.world().with(|world| world.inject(Rule::new(Fault::EmptyPageWithOffset).times(1)));
    let empty = caller.page(10).await;
    assert_eq!(empty["authlogs"], json!([]));
    let offset = &empty["metadata"]["next_offset"];
    let cursor = format!("{},{}", offset[0].as_str().unwrap(), offset[1].as_str().unwrap());
    let mut again = caller.window(10);
    again.push(("next_offset", cursor));
    let page = caller.json(AUTHENTICATION, &again).await;
    assert_eq!(page["response"]["authlogs"], first["authlogs"]);

    simulator.world().with(|world| world.inject(Rule::new(Fault::WrongTotal(7)).times(1)));
    assert_eq!(caller.page(10).await["metadata"]["total_objects"], 7);
    simulator.world().with(|world| world.inject(Rule::new(Fault::NoTotal).times(1)));
    assert!(caller.page(10).await["metadata"].get("total_objects").is_none());
}

#[tokio::test]
async fn too_many_calls_are_refused_until_the_window_has_passed() {
    let simulator = started(World::single()).await;
    let limit = RateLimit { calls: 2, window: Duration::from_millis(400), retry_after: true };
    simulator.world().with(|world| world.rate_limits.set(SUMMARY, limit));
    let caller = Caller::new(&simulator);
    for expected in [200, 200, 429] {
        assert_eq!(caller.get(SUMMARY, &[]).await.unwrap().status(), expected);
    }
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(caller.get(SUMMARY, &[]).await.unwrap().status(), 200);
    let requests: Vec<u16> =
        simulator.world().with(|world| world.requests().map(|r| r.status).collect());
    assert_eq!(requests, [200, 200, 429, 200]);
    assert_eq!(simulator.world().with(|world| world.request_count(SUMMARY)), 4);
}

#[tokio::test]
async fn old_and_new_tls_are_spoken_and_dropping_ends_it() {
    let simulator = started(World::single()).await;
    for version in [reqwest::tls::Version::TLS_1_2, reqwest::tls::Version::TLS_1_3] {
        let client =
            builder(&simulator).tls_version_min(version).tls_version_max(version).build().unwrap();
        let url = format!("https://localhost:{}/auth/v2/ping", simulator.address().port());
        assert!(client.get(url).send().await.unwrap().status().is_success());
    }
    let caller = Caller::new(&simulator);
    assert!(caller.get(SUMMARY, &[]).await.is_ok());
    drop(simulator);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(caller.get(SUMMARY, &[]).await.is_err());
}

#[tokio::test]
#[ignore = "a measurement: cargo test --release --test it paging_speed -- --ignored --nocapture"]
async fn paging_speed() {
    const RECORDS: usize = 100_000;
    for gzip in [false, true] {
        let mut world = with_records(RECORDS);
        world.gzip = gzip;
        world.last_page = LastPage::Never;
        let simulator = started(world).await;
        let caller = Caller::new(&simulator);
        let start = Instant::now();
        let mut params = caller.window(1000);
        let mut bytes = 0;
        loop {
            let text = caller.get(AUTHENTICATION, &params).await.unwrap().text().await.unwrap();
            bytes += text.len();
            let (_, metadata) = text.rsplit_once("\"metadata\":").unwrap();
            let Some((_, next)) = metadata.split_once("\"next_offset\":[\"") else { break };
            let cursor = next.split_once("\"]").unwrap().0.replace("\",\"", ",");
            params.truncate(4);
            params.push(("next_offset", cursor));
        }
        let secs = start.elapsed().as_secs_f64();
        println!("gzip {gzip}: {:.0} records/s, {} MB", RECORDS as f64 / secs, bytes >> 20);
    }
}

/// Calls the look-alike with the keys of [`World::single`].
struct Caller {
    client: reqwest::Client,
    base: String,
}

impl Caller {
    fn new(simulator: &Simulator) -> Self {
        let base = format!("https://{}", simulator.api_hostname());
        Self { client: builder(simulator).build().unwrap(), base }
    }

    async fn get(
        &self,
        path: &str,
        params: &[(&str, String)],
    ) -> reqwest::Result<reqwest::Response> {
        let params: Vec<(&str, &str)> =
            params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let date = sign::date_text(UnixMillis::now());
        let parts = sign::Request {
            date: &date,
            method: "GET",
            host: "127.0.0.1",
            path,
            params: &params,
            body: b"",
            headers: &[],
        };
        let authorization = parts.authorization(Scheme::V5, INTEGRATION_KEY, SECRET_KEY.as_bytes());
        let url = format!("{}{path}?{}", self.base, sign::canonical_params(&params));
        let request = self.client.get(url).header("date", &date);
        request.header("authorization", authorization).send().await
    }

    async fn json(&self, path: &str, params: &[(&str, String)]) -> Value {
        let text = self.get(path, params).await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn page(&self, limit: usize) -> Value {
        self.json(AUTHENTICATION, &self.window(limit)).await["response"].clone()
    }

    fn window(&self, limit: usize) -> Vec<(&'static str, String)> {
        let today = UnixMillis::now().floor_day();
        vec![
            ("mintime", (today.0 - 9 * DAY_MILLIS).to_string()),
            ("maxtime", today.0.to_string()),
            ("limit", limit.to_string()),
            ("sort", "ts:asc".to_owned()),
        ]
    }
}

async fn started(world: World) -> Simulator {
    Simulator::start(world).await.unwrap()
}

fn with_records(count: usize) -> World {
    let today = UnixMillis::now().floor_day();
    let from = UnixMillis(today.0 - 8 * DAY_MILLIS);
    let until = UnixMillis(today.0 - DAY_MILLIS);
    let mut world = World::single();
    let records = bulk_authentication(1, count, from, until);
    world.publish_many(INTEGRATION_KEY, LogType::Authentication, records);
    world
}

/// Whether a real reset is at the bottom of it.
fn was_reset(error: &reqwest::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionReset) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn builder(simulator: &Simulator) -> reqwest::ClientBuilder {
    let ca = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_merge([ca]).no_proxy().timeout(Duration::from_secs(20))
}

fn published(simulator: &Simulator, log_type: LogType, read: impl Fn(&Value) -> Value) -> Value {
    let records = simulator.world().with(|world| world.records(INTEGRATION_KEY, log_type));
    assert!(!records.is_empty(), "{log_type}");
    records.iter().map(|record| read(&serde_json::from_str(record).unwrap())).collect()
}

fn python_with_duo_client() -> Option<String> {
    let named = std::env::var("DUO_CLIENT_PYTHON").ok();
    let venv = concat!(env!("CARGO_MANIFEST_DIR"), "/target/duo-client-venv/bin/python");
    let candidates = named.into_iter().chain(["python3".to_owned(), venv.to_owned()]);
    candidates.into_iter().find(|python| {
        let import = Command::new(python).args(["-c", "import duo_client"]).output();
        import.is_ok_and(|output| output.status.success())
    })
}
