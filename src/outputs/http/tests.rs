use serde_json::{Value, json};

use super::*;
use crate::outputs::web::tests::{Far, batch, records, say};

#[tokio::test]
async fn anybodys_receiver_gets_lines_in_an_envelope() {
    let far = Far::start(|_, _| say(202, "")).await;
    let settings = "type = \"http\"\nheaders = { X-Team = \"blue\" }";
    let mut channel = far.open(settings, None).await;
    assert_eq!(channel.deliver(&batch(0..2)).await.unwrap().said, "202 Accepted");
    let seen = &far.seen()[0];
    assert_eq!(seen.header("x-team"), "blue");
    assert_eq!(seen.header("content-type"), "application/x-ndjson");
    assert_eq!(seen.header("content-encoding"), "");
    assert_eq!(
        seen.lines()[1],
        json!({
            "id": "id-1", "log_type": "authentication", "account": "Contoso",
            "api_hostname": "api-1.duosecurity.com", "time": "2023-11-14T22:13:20.124Z",
            "received": "2023-11-14T22:15:00Z",
            "record": {"txid": "id-1", "result": "success", "n": 1.1},
        })
    );
}

#[tokio::test]
async fn records_alone_are_an_array_or_lines_as_they_are() {
    for (body, expected) in [
        (
            "array",
            "[{\"txid\":\"id-0\",\"result\":\"success\",\"n\":0.10},{\"txid\":\"id-1\",\"result\":\"success\",\"n\":1.10}]",
        ),
        (
            "lines",
            "{\"txid\":\"id-0\",\"result\":\"success\",\"n\":0.10}\n{\"txid\":\"id-1\",\"result\":\"success\",\"n\":1.10}\n",
        ),
    ] {
        let far = Far::start(|_, _| say(200, "")).await;
        let settings = format!("type = \"http\"\nenvelope = false\nbody = \"{body}\"");
        far.open(&settings, None).await.deliver(&batch(0..2)).await.unwrap();
        assert_eq!(far.seen()[0].text(), expected);
    }
}

/// RFC 4231, test case 2.
#[test]
fn signatures_are_those_of_the_standard() {
    let key = Secret::new("Jefe".to_owned());
    assert_eq!(
        signature(&key, b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

#[tokio::test]
async fn a_signature_is_over_the_bytes_that_arrive() {
    for gzip in [false, true] {
        let far = Far::start(|_, _| say(200, "")).await;
        let settings = format!(
            "type = \"http\"\nsignature_header = \"X-Hub-Signature-256\"\n\
             signature_prefix = \"sha256=\"\ngzip = {gzip}"
        );
        let mut channel = far.open(&settings, Some("key")).await;
        channel.deliver(&batch(0..9)).await.unwrap();
        let seen = &far.seen()[0];
        assert_eq!(seen.header("content-encoding") == "gzip", gzip);
        assert_eq!(seen.lines().len(), 9);
        let expected = format!("sha256={}", signature(&Secret::new("key".into()), &seen.wire));
        assert_eq!(seen.header("x-hub-signature-256"), expected);
    }
}

async fn template(name: &str, secret: Option<&str>) -> crate::outputs::web::tests::Seen {
    let far = Far::start(|_, _| say(200, "")).await;
    let settings = format!("type = \"http\"\ntemplate = \"{name}\"");
    far.open(&settings, secret).await.deliver(&batch(0..2)).await.unwrap();
    far.seen().remove(0)
}

#[tokio::test]
async fn known_receivers_get_what_they_take() {
    let seen = template("cribl", Some("token")).await;
    assert_eq!(seen.header("authorization"), "token");
    let line = &seen.lines()[0];
    assert_eq!((&line["_time"], &line["record_id"]), (&json!(1_700_000_000.123), &json!("id-0")));
    let raw: Value = serde_json::from_str(line["_raw"].as_str().unwrap()).unwrap();
    assert_eq!(raw["txid"], "id-0");

    let seen = template("datadog", Some("key")).await;
    assert_eq!(seen.header("dd-api-key"), "key");
    assert_eq!(seen.header("content-type"), "application/json");
    let log = &seen.json()[1];
    assert_eq!((&log["service"], &log["record_id"]), (&json!("duo"), &json!("id-1")));
    assert!(log["message"].as_str().unwrap().starts_with("{\"txid\":\"id-1\""));

    let seen = template("graylog", None).await;
    let message = &seen.lines()[0];
    for needed in ["version", "host", "short_message"] {
        assert!(message[needed].is_string());
    }
    assert_eq!(message["_record_id"], "id-0");
    assert!(message.get("_id").is_none(), "Graylog keeps this name for itself");

    let seen = template("panther", Some("Bearer token")).await;
    assert_eq!(seen.header("authorization"), "Bearer token");
    assert_eq!(seen.lines()[0]["txid"], "id-0");
}

#[tokio::test]
async fn an_address_that_is_the_secret_is_never_told() {
    let far = Far::start(|seen, _| say(401, format!("no such source: {}", seen.target))).await;
    let url = format!("{}/receiver/v1/http/hunter2-hunter2", far.url);
    let records = records("type = \"http\"\ntemplate = \"sumo_logic\"");
    assert!(!records.to.destination().contains("localhost"));
    let tools = far.tools(Some(&url));
    let mut channel = crate::outputs::Channel::open("far", &records, tools).await.unwrap();
    let problem = channel.deliver(&batch(0..1)).await.unwrap_err().problem.to_string();
    assert!(problem.contains("localhost") && !problem.contains("hunter2"), "{problem}");
    assert_eq!(far.seen()[0].target, "/receiver/v1/http/hunter2-hunter2");
}
