use serde_json::json;

use crate::outputs::web::tests::{Far, batch, say};

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
    assert_eq!(record["body"]["stringValue"], "{\"txid\":\"id-1\",\"result\":\"success\",\"n\":1.10}");
    let uid = json!({"key": "log.record.uid", "value": {"stringValue": "id-1"}});
    assert!(record["attributes"].as_array().unwrap().contains(&uid));
    let account = json!({"key": "duo.account", "value": {"stringValue": "Fabrikam"}});
    assert!(resources[1]["resource"]["attributes"].as_array().unwrap().contains(&account));
}

#[tokio::test]
async fn what_was_rejected_is_not_sent_again_and_not_forgotten() {
    for (rejected, of) in [(json!("2"), "2 of the 5"), (json!(5), "too old")] {
        let far = Far::start(move |_, _| {
            let part = json!({"rejectedLogRecords": rejected, "errorMessage": "too old"});
            say(200, json!({"partialSuccess": part}))
        })
        .await;
        let mut channel = far.open(SETTINGS, None).await;
        let taken = channel.deliver(&batch(0..5)).await.unwrap();
        assert_eq!(taken.refused.len(), 5);
        assert!(taken.refused[0].1.contains(of), "{taken:?}");
        assert_eq!(far.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_warning_is_no_rejection() {
    let far = Far::start(|_, _| {
        say(200, json!({"partialSuccess": {"errorMessage": "please upgrade"}}))
    })
    .await;
    let mut channel = far.open(SETTINGS, None).await;
    let taken = channel.deliver(&batch(0..5)).await.unwrap();
    assert!(taken.refused.is_empty() && taken.said.contains("please upgrade"), "{taken:?}");
}
