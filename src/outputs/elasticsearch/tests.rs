use std::collections::HashSet;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::encode;
use crate::outputs::web::tests::{Far, Reply, Seen, batch, item, records, say};
use crate::outputs::{Channel, Item, What};
use crate::record::LogType;

const KEY: Option<&str> = Some("aWQ6a2V5LXNlY3JldA==");

/// Elasticsearch as it is: keeps ids, takes `create` only, refuses `id-3` for what it holds.
fn elastic() -> impl Fn(&Seen, usize) -> Reply {
    let known: Mutex<HashSet<String>> = Mutex::default();
    move |seen, _| {
        let lines = seen.lines();
        let items: Vec<Value> = lines
            .chunks(2)
            .map(|pair| {
                let [action, document] = pair else { panic!("an action without a document") };
                assert!(document["@timestamp"].is_string());
                let id = action["create"]["_id"].as_str().unwrap();
                if id == "id-3" {
                    let error = json!({
                        "type": "document_parsing_exception", "reason": "[1:9] failed to parse",
                        "caused_by": {"reason": "object where a text was"},
                    });
                    return json!({"create": {"status": 400, "error": error}});
                }
                if known.lock().unwrap().insert(id.to_owned()) {
                    return json!({"create": {"status": 201}});
                }
                json!({"create": {"status": 409, "error": {
                    "type": "version_conflict_engine_exception", "reason": "already exists"}}})
            })
            .collect();
        let errors = items.iter().any(|item| item["create"]["status"] != 201);
        say(200, json!({"errors": errors, "items": items}))
    }
}

#[tokio::test]
async fn documents_are_created_under_the_records_ids() {
    let far = Far::start(elastic()).await;
    let settings = "type = \"elasticsearch\"\ndata_stream = \"logs-duo.{log_type}-main\"";
    let mut channel = far.open(settings, KEY).await;
    assert!(channel.deliver(&batch(0..2)).await.unwrap().refused.is_empty());
    let seen = &far.seen()[0];
    assert_eq!((seen.path(), seen.method.as_str()), ("/_bulk", "POST"));
    assert_eq!(seen.header("authorization"), format!("ApiKey {}", KEY.unwrap()));
    assert_eq!(seen.header("content-type"), "application/x-ndjson");
    let lines = seen.lines();
    let action = json!({"create": {"_index": "logs-duo.authentication-main", "_id": "id-0"}});
    assert_eq!(lines[0], action);
    assert_eq!(lines[1]["txid"], "id-0");
    assert!(seen.text().ends_with('\n'));
}

#[tokio::test]
async fn a_repeat_changes_nothing_and_is_taken() {
    let far = Far::start(elastic()).await;
    let mut channel = far.open("type = \"elasticsearch\"", KEY).await;
    channel.deliver(&batch(0..2)).await.unwrap();
    let taken = channel.deliver(&batch(0..3)).await.unwrap();
    assert!(taken.refused.is_empty() && taken.said.contains("2 of them"), "{taken:?}");
}

#[tokio::test]
async fn a_document_that_cannot_be_stored_is_refused_alone() {
    let far = Far::start(elastic()).await;
    let mut channel = far.open("type = \"elasticsearch\"", KEY).await;
    let taken = channel.deliver(&batch(0..6)).await.unwrap();
    assert_eq!(taken.refused.len(), 1);
    let (index, reason) = &taken.refused[0];
    assert_eq!(*index, 3);
    assert!(reason.contains("failed to parse") && reason.contains("object where"), "{reason}");
}

async fn failing(create: Value, sent: usize) -> crate::outputs::Failure {
    let far = Far::start(move |seen, _| {
        let items = vec![json!({"create": create}); seen.lines().len() / 2];
        say(200, json!({"errors": true, "items": items}))
    })
    .await;
    let mut channel = far.open("type = \"elasticsearch\"", KEY).await;
    channel.deliver(&batch(0..sent)).await.unwrap_err()
}

#[tokio::test]
async fn what_the_cluster_cannot_do_now_or_not_without_help_is_no_refusal() {
    let busy = json!({"status": 429, "error": {"type": "es_rejected_execution_exception"}});
    assert!(failing(busy, 3).await.again);
    let missing = json!({"status": 404, "error": {"type": "index_not_found_exception"}});
    let failure = failing(missing, 1).await;
    assert!(!failure.again && !failure.content, "{failure:?}");
    // All documents at once are no single record's fault.
    let mapping = json!({"status": 400, "error": {"type": "mapper_parsing_exception"}});
    let failure = failing(mapping, 20).await;
    assert!(!failure.again && !failure.content, "{failure:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_tell_of_each_document_is_no_success() {
    for body in ["{}", "<html>", "{\"errors\":true,\"items\":[]}"] {
        let far = Far::start(move |_, _| say(200, body)).await;
        let mut channel = far.open("type = \"elasticsearch\"", KEY).await;
        let failure = channel.deliver(&batch(0..2)).await.unwrap_err();
        assert!(!failure.again && !failure.content, "{failure:?}");
    }
}

#[tokio::test]
async fn the_template_is_installed_on_request() {
    let far = Far::start(|_, _| say(200, json!({"acknowledged": true}))).await;
    let settings = "type = \"elasticsearch\"\nuser = \"duo\"";
    let Channel::Elasticsearch(mut channel) = far.open(settings, Some("pw")).await else {
        panic!()
    };
    assert!(channel.prepare().await.unwrap().contains("logs-duo-default"));
    let seen = &far.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path()), ("PUT", "/_index_template/duo-integrator"));
    assert_eq!(seen.header("authorization"), "Basic ZHVvOnB3");
    assert_eq!(seen.json()["index_patterns"], json!(["logs-duo-default"]));
    assert_eq!(
        encode::template("logs-duo.{log_type}-x")["index_patterns"],
        json!(["logs-duo.*-x"])
    );
}

#[test]
fn every_document_has_a_time_whatever_the_record_is() {
    let mut odd = item(0);
    odd.line = b"not json".to_vec();
    let mut own = item(1);
    own.line = b"{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"event\":{}}".to_vec();
    let body = String::from_utf8(encode::body("x", &[odd, own])).unwrap();
    let lines: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1], json!({"@timestamp": "2023-11-14T22:13:20.123Z", "message": "not json"}));
    assert_eq!(lines[3]["@timestamp"], "2026-01-01T00:00:00Z");
}

#[test]
fn an_id_that_is_too_long_becomes_a_print_of_it() {
    let mut long = item(0);
    long.id = "x".repeat(513).into();
    let body = String::from_utf8(encode::body("x", &[long])).unwrap();
    let action: Value = serde_json::from_str(body.lines().next().unwrap()).unwrap();
    assert_eq!(action["create"]["_id"].as_str().unwrap().len(), 64);
}

#[test]
fn the_same_number_in_two_accounts_makes_two_documents() {
    let ids = |what: What, id: &str| {
        let one = Item { what, id: id.into(), ..item(0) };
        let other = Item { api_hostname: "api-2.duosecurity.com".into(), ..one.clone() };
        let body = String::from_utf8(encode::body("x", &[one, other])).unwrap();
        let lines: Vec<Value> =
            body.lines().step_by(2).map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().map(|line| line["create"]["_id"].clone()).collect::<Vec<Value>>()
    };
    let administrator = ids(What::Record(LogType::Administrator), "00000000000000ff");
    assert_ne!(administrator[0], administrator[1]);
    assert_ne!(ids(What::Alert, "7")[0], ids(What::Alert, "7")[1]);
    assert_eq!(ids(What::Record(LogType::Activity), "a-b"), ["a-b", "a-b"]);
}

#[test]
fn the_usual_format_is_ecs() {
    let records = records("type = \"elasticsearch\"\nurl = \"https://e.example\"");
    assert_eq!(records.format.name(), "ecs");
}
