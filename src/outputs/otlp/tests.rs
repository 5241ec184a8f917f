use serde_json::{Value, json};

use crate::outputs::web::tests::{Far, Reply, Seen, batch, say};

const SETTINGS: &str = "type = \"otlp\"";

#[tokio::test]
async fn records_are_log_records_in_their_order_with_their_ids() {
    let far = Far::start(|_, _| say(200, "{}")).await;
    let mut channel = far.open(SETTINGS, None).await;
    let mut mixed = batch(0..4);
    mixed.items[2].account = "Fabrikam".into();
    channel.deliver(&mixed).await.unwrap();
    let seen = &far.seen()[0];
    assert_eq!((seen.path(), seen.header("content-type")), ("/v1/logs", "application/json"));
    let request = seen.json();
    let resources = request["resourceLogs"].as_array().unwrap();
    assert_eq!(resources.len(), 3);
    let record = &resources[0]["scopeLogs"][0]["logRecords"][1];
    assert_eq!(record["timeUnixNano"], "1700000000124000000");
    assert_eq!(
        record["body"]["stringValue"],
        "{\"txid\":\"id-1\",\"result\":\"success\",\"n\":1.10}"
    );
    let uid = json!({"key": "log.record.uid", "value": {"stringValue": "id-1"}});
    assert!(record["attributes"].as_array().unwrap().contains(&uid));
    let account = json!({"key": "duo.account", "value": {"stringValue": "Fabrikam"}});
    assert!(resources[1]["resource"]["attributes"].as_array().unwrap().contains(&account));
}

fn rejecting(rejected: Value) -> impl Fn(&Seen, usize) -> Reply {
    move |_, _| {
        let part = json!({"rejectedLogRecords": rejected, "errorMessage": "too old"});
        say(200, json!({"partialSuccess": part}))
    }
}

#[tokio::test]
async fn what_is_taken_in_part_is_for_halving_until_the_rejected_ones_are_found() {
    let far = Far::start(rejecting(json!("2"))).await;
    let mut channel = far.open(SETTINGS, None).await;
    let failure = channel.deliver(&batch(0..5)).await.unwrap_err();
    assert!(failure.content && failure.problem.to_string().contains("2 of 5"), "{failure:?}");
    let taken = channel.deliver(&batch(0..2)).await.unwrap();
    assert_eq!(taken.refused, [(0, "too old".to_owned()), (1, "too old".to_owned())]);
    let far = Far::start(rejecting(json!(1))).await;
    let taken = far.open(SETTINGS, None).await.deliver(&batch(0..1)).await.unwrap();
    assert_eq!(taken.refused.len(), 1);
}

#[tokio::test]
async fn a_warning_is_no_rejection() {
    let far =
        Far::start(|_, _| say(200, json!({"partialSuccess": {"errorMessage": "please upgrade"}})))
            .await;
    let mut channel = far.open(SETTINGS, None).await;
    let taken = channel.deliver(&batch(0..5)).await.unwrap();
    assert!(taken.refused.is_empty() && taken.said.contains("please upgrade"), "{taken:?}");
}
