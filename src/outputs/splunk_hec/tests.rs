use serde_json::{Value, json};

use crate::outputs::web::tests::{Far, Reply, batch, item, records, say};
use crate::outputs::{Batch, What};

const TOKEN: Option<&str> = Some("11111111-2222-3333-4444-555555555555");

/// The values in a body: Splunk's own reader wants no lines.
fn events(body: &[u8]) -> Vec<Value> {
    serde_json::Deserializer::from_slice(body).into_iter().map(Result::unwrap).collect()
}

fn success() -> Reply {
    say(200, json!({"text": "Success", "code": 0}))
}

#[tokio::test]
async fn events_have_what_splunks_duo_content_looks_for() {
    let far = Far::start(|_, _| success()).await;
    let settings = "type = \"splunk_hec\"\nindex = \"duo\"";
    let mut channel = far.open(settings, TOKEN).await;
    let mut both = batch(0..1);
    both.items.push(crate::outputs::Item {
        what: What::Alert,
        line: b"CEF:0|no json".to_vec(),
        ..item(1)
    });
    let taken = channel.deliver(&both).await.unwrap();
    assert!(taken.refused.is_empty() && taken.said.contains("Success"));
    let seen = &far.seen()[0];
    assert_eq!(seen.target, "/services/collector/event");
    assert_eq!(seen.header("authorization"), format!("Splunk {}", TOKEN.unwrap()));
    assert_eq!(seen.header("content-encoding"), "gzip");
    assert_eq!(
        events(&seen.body),
        [
            json!({
                "time": 1_700_000_000.123, "host": "api-1.duosecurity.com",
                "source": "duo-integrator", "sourcetype": "cisco:duo:authentication",
                "index": "duo", "fields": {"record_id": "id-0", "account": "Contoso"},
                "event": {"txid": "id-0", "result": "success", "n": 0.1},
            }),
            json!({
                "time": 1_700_000_000.124, "host": "api-1.duosecurity.com",
                "source": "duo-integrator", "sourcetype": "duo_integrator:alert",
                "index": "duo", "fields": {"record_id": "id-1", "account": "Contoso"},
                "event": "CEF:0|no json",
            }),
        ]
    );
    // No digit of a number is lost on the way.
    assert!(seen.text().contains("\"n\":0.10}"));
}

#[tokio::test]
async fn a_batch_is_taken_once_splunk_says_that_it_is_indexed() {
    let far = Far::start(|seen, before| match seen.path() {
        "/services/collector/event" => say(200, json!({"text": "Success", "code": 0, "ackId": 7})),
        "/services/collector/ack" => {
            assert_eq!(seen.json(), json!({"acks": [7]}));
            match before {
                1 => say(503, json!({"text": "Server is busy", "code": 9})),
                2 => say(200, json!({"acks": {"7": false}})),
                _ => say(200, json!({"acks": {"7": true}})),
            }
        }
        other => panic!("{other}"),
    })
    .await;
    let mut channel = far.open("type = \"splunk_hec\"\nacknowledgment = true", TOKEN).await;
    let taken = channel.deliver(&batch(0..3)).await.unwrap();
    assert!(taken.said.ends_with("indexed"), "{taken:?}");
    let seen = far.seen();
    assert_eq!(seen.len(), 4);
    let channel_id = seen[0].header("x-splunk-request-channel");
    assert_eq!(channel_id.len(), 36);
    assert!(seen.iter().all(|seen| seen.header("x-splunk-request-channel") == channel_id));
}

/// Splunk as it is: the first bad event of a batch is named, and nothing is taken.
fn strict(seen: &crate::outputs::web::tests::Seen, from: usize) -> Reply {
    let events = events(&seen.body);
    let bad = events.iter().position(|event| event["event"]["txid"] == "id-3");
    match bad {
        Some(place) => say(
            400,
            json!({"text": "Error in handling indexed fields", "code": 15, "invalid-event-number": place + from}),
        ),
        None => success(),
    }
}

#[tokio::test]
async fn an_invalid_event_is_refused_and_all_others_are_taken() {
    let far = Far::start(|seen, _| strict(seen, 0)).await;
    let mut channel = far.open("type = \"splunk_hec\"", TOKEN).await;
    let taken = channel.deliver(&batch(0..6)).await.unwrap();
    assert_eq!(taken.refused.len(), 1);
    assert_eq!(taken.refused[0].0, 3);
    assert!(taken.refused[0].1.contains("indexed fields"), "{taken:?}");
    let last = far.seen().pop().unwrap();
    let ids: Vec<Value> =
        events(&last.body).into_iter().map(|event| event["fields"]["record_id"].clone()).collect();
    assert_eq!(ids, ["id-0", "id-1", "id-2", "id-4", "id-5"]);
}

#[tokio::test]
async fn a_number_that_counts_from_one_parks_nobody_else() {
    let far = Far::start(|seen, _| strict(seen, 1)).await;
    let mut channel = far.open("type = \"splunk_hec\"", TOKEN).await;
    let failure = channel.deliver(&batch(0..6)).await.unwrap_err();
    assert!(failure.content, "{failure:?}");
    let alone = Batch { items: vec![item(3)], token: String::new() };
    assert_eq!(channel.deliver(&alone).await.unwrap().refused.len(), 1);
    assert!(channel.deliver(&batch(4..6)).await.unwrap().refused.is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_token_is_for_a_person_and_no_event_is_refused() {
    for (code, word) in [(7, "index"), (10, "acknowledgment"), (14, "acknowledgment")] {
        let far = Far::start(move |_, _| {
            say(400, json!({"text": "no", "code": code, "invalid-event-number": 0}))
        })
        .await;
        let mut channel = far.open("type = \"splunk_hec\"", TOKEN).await;
        let failure = channel.deliver(&batch(0..1)).await.unwrap_err();
        assert!(!failure.again && !failure.content, "{failure:?}");
        assert!(failure.problem.next.unwrap().contains(word));
    }
}

#[test]
fn the_usual_format_is_splunks() {
    let records = records("type = \"splunk_hec\"\nurl = \"https://s.example:8088\"");
    assert_eq!(records.format.name(), "splunk");
    assert_eq!(records.to.destination(), "https://s.example:8088");
}
