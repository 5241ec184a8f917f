use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::encode;
use crate::outputs::web::tests::{Far, Reply, Seen, batch, item, say};
use crate::outputs::{Channel, Failure};

const SECRET: Option<&str> = Some("p~Q8 s+cret/hunter2");

/// Signing in and ingestion on one host, and how often somebody signed in.
async fn azure(ingest: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Far {
    let signed_in = AtomicUsize::new(0);
    Far::start(move |seen, before| {
        if seen.path() == "/contoso/oauth2/v2.0/token" {
            let number = signed_in.fetch_add(1, Ordering::Relaxed);
            let form = seen.text();
            assert!(form.contains("grant_type=client_credentials"), "{form}");
            assert!(form.contains("client_secret=p%7EQ8%20s%2Bcret%2Fhunter2"), "{form}");
            assert!(form.contains("scope=https%3A%2F%2Fmonitor%2Eazure%2Ecom%2F%2Edefault"));
            let token = format!("token-{number}");
            return say(200, json!({"access_token": token, "expires_in": 3599}));
        }
        assert_eq!(
            seen.target,
            "/dataCollectionRules/dcr-1/streams/Custom-Duo_CL?api-version=2023-01-01"
        );
        ingest(seen, before)
    })
    .await
}

async fn open(far: &Far) -> Result<Channel, Failure> {
    let settings = format!(
        "type = \"azure_monitor\"\nrule = \"dcr-1\"\nstream = \"Custom-Duo_CL\"\n\
         tenant = \"contoso\"\nclient_id = \"app\"\nauthority = \"{}\"",
        far.url
    );
    far.try_open(&settings, SECRET).await
}

#[tokio::test]
async fn rows_have_the_columns_of_the_table() {
    let far = azure(|_, _| say(204, "")).await;
    let mut channel = open(&far).await.unwrap();
    channel.deliver(&batch(0..1)).await.unwrap();
    channel.deliver(&batch(1..2)).await.unwrap();
    let seen = far.seen();
    assert_eq!(seen.len(), 3, "one token is for many batches");
    assert_eq!(seen[1].header("authorization"), "Bearer token-0");
    let row = json!({
        "TimeGenerated": "2023-11-14T22:13:20.123Z", "EventTime": "2023-11-14T22:13:20.123Z",
        "Received": "2023-11-14T22:15:00Z", "LogType": "authentication", "Account": "Contoso",
        "ApiHostname": "api-1.duosecurity.com", "RecordId": "id-0",
        "Record": {"txid": "id-0", "result": "success", "n": 0.1},
    });
    assert_eq!(seen[1].json(), json!([row]));
    let table: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/azure-monitor-table.json")).unwrap();
    let mut columns: Vec<&str> = table["properties"]["schema"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    columns.sort_unstable();
    let mut known: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
    known.sort_unstable();
    assert_eq!(columns, known);
}

#[tokio::test]
async fn a_token_that_was_called_back_is_asked_for_once_more() {
    let far = azure(|seen, _| match seen.header("authorization") {
        "Bearer token-0" if seen.text().contains("id-1") => say(401, ""),
        _ => say(204, ""),
    })
    .await;
    let mut channel = open(&far).await.unwrap();
    channel.deliver(&batch(0..1)).await.unwrap();
    channel.deliver(&batch(1..2)).await.unwrap();
    assert_eq!(far.seen().last().unwrap().header("authorization"), "Bearer token-1");
}

#[tokio::test]
async fn a_secret_that_is_not_accepted_is_for_a_person_and_not_told() {
    let far = Far::start(|seen, _| say(401, format!("AADSTS7000215: {}", seen.text()))).await;
    let mut channel = open(&far).await.unwrap();
    let failure = channel.deliver(&batch(0..1)).await.unwrap_err();
    let words = failure.problem.to_string();
    assert!(!failure.again && words.contains("AADSTS7000215"), "{words}");
    assert!(!words.contains("hunter2"), "{words}");
    let far = Far::start(|_, _| say(503, "")).await;
    assert!(open(&far).await.unwrap().deliver(&batch(0..1)).await.unwrap_err().again);
}

#[tokio::test]
async fn a_missing_role_is_named() {
    let far = azure(|_, _| say(403, "{\"error\":{\"code\":\"OperationFailed\"}}")).await;
    let mut channel = open(&far).await.unwrap();
    let failure = channel.deliver(&batch(0..1)).await.unwrap_err();
    assert!(
        !failure.again && failure.problem.next.unwrap().contains("Monitoring Metrics Publisher")
    );
}

#[tokio::test]
async fn no_request_is_larger_than_azure_monitor_takes() {
    let far = azure(|_, _| say(204, "")).await;
    let mut channel = open(&far).await.unwrap();
    let mut large = batch(0..40);
    for item in &mut large.items {
        item.line = format!("{{\"x\":\"{}\"}}", "y".repeat(100_000)).into_bytes();
    }
    large.items[7].line = format!("{{\"x\":\"{}\"}}", "y".repeat(1_100_000)).into_bytes();
    let taken = channel.deliver(&large).await.unwrap();
    assert_eq!(taken.refused.iter().map(|(i, _)| *i).collect::<Vec<_>>(), [7]);
    let bodies: Vec<_> = far.seen().into_iter().skip(1).collect();
    assert!(bodies.len() >= 5 && bodies.iter().all(|seen| seen.body.len() <= encode::LARGEST));
    let ids: Vec<String> = bodies
        .iter()
        .flat_map(|seen| seen.json().as_array().unwrap().clone())
        .map(|row| row["RecordId"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> =
        (0..40).filter(|n| *n != 7).map(|n| item(n).id.to_string()).collect();
    assert_eq!(ids, expected);
}
