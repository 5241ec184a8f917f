use serde_json::json;

use super::encode;
use crate::outputs::Channel;
use crate::outputs::web::tests::{Far, Reply, batch, say};
use crate::settings::RecordFormat;

#[tokio::test]
async fn a_batch_is_one_insertion_with_the_batchs_token() {
    let far = Far::start(|_, _| say(200, "")).await;
    let settings = "type = \"clickhouse\"\nuser = \"duo\"\ndatabase = \"siem\"";
    let mut channel = far.open(settings, Some("pw")).await;
    channel.deliver(&batch(0..2)).await.unwrap();
    let seen = &far.seen()[0];
    let param = |name| seen.param(name).unwrap();
    assert_eq!(param("query"), "INSERT INTO siem.duo_records FORMAT JSONEachRow");
    assert_eq!(param("insert_deduplication_token"), "5eed");
    assert_eq!(param("async_insert"), "0");
    assert_eq!(param("wait_end_of_query"), "1");
    assert_eq!((seen.header("x-clickhouse-user"), seen.header("x-clickhouse-key")), ("duo", "pw"));
    assert_eq!(seen.lines().len(), 2);
    assert_eq!(
        seen.lines()[0],
        json!({
            "time": "2023-11-14 22:13:20.123", "received": "2023-11-14 22:15:00.000",
            "log_type": "authentication", "account": "Contoso",
            "api_hostname": "api-1.duosecurity.com", "id": "id-0",
            "record": "{\"txid\":\"id-0\",\"result\":\"success\",\"n\":0.10}",
        })
    );
}

fn exception(status: u16, code: u32) -> Reply {
    let headers = vec![("X-ClickHouse-Exception-Code", code.to_string())];
    Reply::Say(status, headers, format!("Code: {code}. DB::Exception: no"))
}

#[tokio::test]
async fn the_number_of_an_error_says_more_than_the_status() {
    for (status, code, again, content) in [
        (400, 27, false, true),
        (404, 60, false, false),
        (403, 516, false, false),
        (403, 497, false, false),
        (500, 252, true, false),
        (500, 241, true, false),
        // Told after the status was out.
        (200, 241, true, false),
    ] {
        let far = Far::start(move |_, _| exception(status, code)).await;
        let mut channel = far.open("type = \"clickhouse\"", None).await;
        let failure = channel.deliver(&batch(0..2)).await.unwrap_err();
        assert_eq!((failure.again, failure.content), (again, content), "{code} {failure:?}");
    }
}

#[tokio::test]
async fn the_table_is_made_on_request() {
    let far = Far::start(|_, _| say(200, "")).await;
    let Channel::Clickhouse(mut channel) = far.open("type = \"clickhouse\"", None).await else {
        panic!()
    };
    channel.prepare().await.unwrap();
    let statement = far.seen()[0].text();
    assert!(statement.starts_with("CREATE TABLE IF NOT EXISTS default.duo_records (time "));
    let far = Far::start(|_, _| exception(500, 497)).await;
    let Channel::Clickhouse(mut channel) = far.open("type = \"clickhouse\"", None).await else {
        panic!()
    };
    let failure = channel.prepare().await.unwrap_err();
    assert!(failure.problem.what.contains("did not make the table") && !failure.content);
}

#[test]
fn formats_without_known_fields_have_the_plain_columns() {
    assert!(encode::table("a", "b", RecordFormat::Ecs).contains("'event', 'outcome'"));
    assert!(!encode::table("a", "b", RecordFormat::Ocsf).contains("MATERIALIZED"));
}
