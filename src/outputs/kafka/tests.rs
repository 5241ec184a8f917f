//! Against a broker that keeps Kafka's rules for repeats, and misbehaves on purpose.

use std::sync::Arc;

use krafka::error::ErrorCode;
use krafka::testing::{ApiKey, Control, FakeBroker};

use super::*;
use crate::base::{Home, Secret, UnixMillis};
use crate::net::NetSettings;
use crate::outputs::What;
use crate::record::LogType::{self, Activity, Authentication};
use crate::settings::KafkaLogin;

pub fn item(id: &str, log_type: LogType) -> Item {
    let raw = format!("{{\"txid\":\"{id}\"}}").into_bytes();
    Item {
        id: Arc::from(id),
        what: What::Record(log_type),
        account: Arc::from("Example"),
        api_hostname: Arc::from("api-x.duosecurity.com"),
        time: UnixMillis(1_700_000_000_000),
        received: UnixMillis(1_700_000_060_000),
        line: raw.clone(),
        raw,
    }
}

fn batch(range: std::ops::Range<usize>) -> Batch {
    let log_type = |n: usize| if n.is_multiple_of(2) { Authentication } else { Activity };
    let items = range.clone().map(|n| item(&format!("r{n:05}"), log_type(n))).collect();
    Batch { items, token: format!("{range:?}") }
}

fn settings(broker: &FakeBroker) -> KafkaOutput {
    KafkaOutput {
        brokers: vec![broker.bootstrap_servers()],
        topic: "duo".to_owned(),
        tls: None,
        login: None,
        compression: KafkaCompression::Zstd,
        idempotent: true,
    }
}

fn tools(secret: Option<&str>) -> Tools {
    Tools {
        net: NetSettings::default(),
        secret: secret.map(|text| Secret::new(text.to_owned())),
        home: Home::under(std::path::Path::new("/nonexistent")),
        header: None,
        committed: None,
        only_test: false,
    }
}

async fn broker() -> FakeBroker {
    let broker = FakeBroker::start().await.unwrap();
    broker.create_topic("duo", 4);
    broker
}

async fn channel(broker: &FakeBroker) -> Channel {
    Channel::open(&settings(broker), tools(None)).await.unwrap()
}

/// A channel that gives up soon.
async fn hasty(broker: &FakeBroker) -> Channel {
    let second = Duration::from_secs(1);
    let patience =
        Patience { connect: second, request: second, delivery: 2 * second, close: second };
    Channel::open_with(&settings(broker), tools(None), patience).await.unwrap()
}

/// The ids of a log's records in a topic, in the order a reader gets them.
fn ids(broker: &FakeBroker, topic: &str, log_type: LogType) -> Vec<String> {
    let mut records = broker.all_records(topic).unwrap();
    records.sort_by_key(|record| (record.partition, record.offset));
    let key = format!("Example/{}", log_type.name());
    let partitions: std::collections::BTreeSet<_> = records
        .iter()
        .filter(|record| record.key.as_deref() == Some(key.as_bytes()))
        .map(|record| record.partition)
        .collect();
    assert!(partitions.len() <= 1, "a log is in one partition: {partitions:?}");
    records
        .iter()
        .filter(|record| record.key.as_deref() == Some(key.as_bytes()))
        .map(|record| {
            let (_, id) = record.headers.iter().find(|(name, _)| name == "id").unwrap();
            String::from_utf8(id.clone().unwrap().to_vec()).unwrap()
        })
        .collect()
}

fn expected(range: std::ops::Range<usize>, odd: usize) -> Vec<String> {
    range.filter(|n| n % 2 == odd).map(|n| format!("r{n:05}")).collect()
}

#[tokio::test]
async fn records_arrive_in_order_with_key_headers_and_value() {
    let broker = broker().await;
    let mut channel = channel(&broker).await;
    let taken = channel.deliver(&batch(0..3000)).await.unwrap();
    assert!(taken.refused.is_empty());
    channel.deliver(&batch(3000..3010)).await.unwrap();
    channel.close().await;
    assert_eq!(ids(&broker, "duo", Authentication), expected(0..3010, 0));
    assert_eq!(ids(&broker, "duo", Activity), expected(0..3010, 1));
    let records = broker.all_records("duo").unwrap();
    let first = records.iter().find(|record| record.value_str() == Some("{\"txid\":\"r00000\"}"));
    let headers: Vec<(String, String)> = first
        .unwrap()
        .headers
        .iter()
        .map(|(k, v)| (k.clone(), String::from_utf8(v.clone().unwrap().to_vec()).unwrap()))
        .collect();
    let told = |name: &str| headers.iter().find(|(k, _)| k == name).unwrap().1.clone();
    assert_eq!(told("log_type"), "authentication");
    assert_eq!(told("account"), "Example");
    assert_eq!(told("api_hostname"), "api-x.duosecurity.com");
    assert_eq!(told("time"), "2023-11-14T22:13:20Z");
}

#[tokio::test]
async fn each_log_may_have_a_topic_of_its_own() {
    let broker = broker().await;
    broker.create_topic("duo-authentication", 1);
    broker.create_topic("duo-activity", 1);
    let to = KafkaOutput { topic: "duo-{log_type}".to_owned(), ..settings(&broker) };
    let mut channel = Channel::open(&to, tools(None)).await.unwrap();
    channel.deliver(&batch(0..10)).await.unwrap();
    assert_eq!(ids(&broker, "duo-authentication", Authentication), expected(0..10, 0));
    assert_eq!(ids(&broker, "duo-activity", Activity), expected(0..10, 1));
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_each_record_there_once() {
    let broker = broker().await;
    let mut channel = channel(&broker).await;
    broker.on_times(ApiKey::Produce, 2, |_| Control::ApplyThen(Box::new(Control::Disconnect)));
    channel.deliver(&batch(0..500)).await.unwrap();
    assert_eq!(ids(&broker, "duo", Authentication), expected(0..500, 0));
    assert_eq!(ids(&broker, "duo", Activity), expected(0..500, 1));
}

#[tokio::test]
async fn a_broker_that_is_not_the_leader_any_more_is_left() {
    let broker = FakeBroker::start_cluster(3).await.unwrap();
    broker.create_topic("duo", 3);
    let mut channel = channel(&broker).await;
    channel.deliver(&batch(0..10)).await.unwrap();
    for partition in 0..3 {
        broker.set_leader("duo", partition, 1);
    }
    channel.deliver(&batch(10..20)).await.unwrap();
    assert_eq!(ids(&broker, "duo", Authentication), expected(0..20, 0));
}

#[tokio::test]
async fn a_topic_that_is_not_there_is_told_and_not_made() {
    let broker = FakeBroker::start().await.unwrap();
    let mut channel = channel(&broker).await;
    let failure = channel.deliver(&batch(0..2)).await.unwrap_err();
    assert!(!failure.again, "{failure:?}");
    assert!(failure.problem.next.as_ref().unwrap().contains("create the topic duo"), "{failure:?}");
    assert!(!broker.with_state(|state| state.topics.contains_key("duo")));
    broker.create_topic("duo", 1);
    channel.deliver(&batch(0..2)).await.unwrap();
    assert_eq!(ids(&broker, "duo", Authentication), expected(0..2, 0));
}

#[tokio::test]
async fn a_wrong_password_is_told_without_it() {
    let broker = broker().await;
    broker.require_sasl_plain("integrator", "right");
    let login = |mechanism| KafkaLogin { user: "integrator".to_owned(), mechanism };
    let to = KafkaOutput { login: Some(login(Mechanism::Plain)), ..settings(&broker) };
    let failure = Channel::open(&to, tools(Some("hunter2"))).await.unwrap_err();
    assert!(!failure.again, "{failure:?}");
    assert!(!format!("{failure:?}").contains("hunter2"));
    assert!(failure.problem.next.as_ref().unwrap().contains("password"), "{failure:?}");
    let mut channel = Channel::open(&to, tools(Some("right"))).await.unwrap();
    channel.deliver(&batch(0..2)).await.unwrap();
    assert_eq!(ids(&broker, "duo", Activity), expected(0..2, 1));
}

#[tokio::test]
async fn a_record_that_a_broker_never_takes_is_refused_alone() {
    let broker = broker().await;
    let to = KafkaOutput { compression: KafkaCompression::None, ..settings(&broker) };
    let mut channel = Channel::open(&to, tools(None)).await.unwrap();
    let mut items = batch(0..6).items;
    items[2].line = vec![b'x'; encode::LONGEST + 1];
    // The first requests of both lanes are refused, and when the records go one by one, the third.
    broker.on_times(ApiKey::Produce, 2, |_| Control::Error(ErrorCode::InvalidRecord));
    let batch = Batch { items, token: "t".to_owned() };
    let taken = channel.deliver(&batch).await.unwrap();
    let refused: Vec<usize> = taken.refused.iter().map(|(index, _)| *index).collect();
    assert!(refused.contains(&2), "{taken:?}");
    let arrived = ids(&broker, "duo", Authentication).len() + ids(&broker, "duo", Activity).len();
    assert_eq!(arrived + refused.len(), 6, "{taken:?}");
    assert!(refused.len() <= 2, "only culprits: {taken:?}");
}

#[tokio::test]
async fn a_broker_that_goes_away_and_comes_back_gets_everything_in_order() {
    let broker = broker().await;
    let mut channel = hasty(&broker).await;
    channel.deliver(&batch(0..100)).await.unwrap();
    broker.crash(0);
    for _ in 0..2 {
        let failure = channel.deliver(&batch(100..200)).await.unwrap_err();
        assert!(failure.again, "{failure:?}");
    }
    broker.restart(0);
    channel.deliver(&batch(100..200)).await.unwrap();
    channel.deliver(&batch(200..300)).await.unwrap();
    assert_eq!(ids(&broker, "duo", Authentication), expected(0..300, 0));
    assert_eq!(ids(&broker, "duo", Activity), expected(0..300, 1));
}

#[tokio::test]
async fn after_a_failure_in_between_the_order_holds_and_repeats_have_the_same_ids() {
    let broker = broker().await;
    let mut channel = hasty(&broker).await;
    // Everything arrives, and no answer comes until this side has given up.
    broker.on(ApiKey::Produce, |_| Control::ApplyThen(Box::new(Control::Silence)));
    channel.deliver(&batch(0..50)).await.unwrap_err();
    broker.clear_hooks();
    channel.deliver(&batch(0..50)).await.unwrap();
    channel.deliver(&batch(50..60)).await.unwrap();
    for (log_type, odd) in [(Authentication, 0), (Activity, 1)] {
        let arrived = ids(&broker, "duo", log_type);
        let wanted = expected(0..60, odd);
        let mut seen: Vec<String> = Vec::new();
        for id in &arrived {
            if !seen.contains(id) {
                seen.push(id.clone());
            }
        }
        assert_eq!(seen, wanted);
        assert!(arrived.ends_with(&wanted), "the last pass is whole and in order: {arrived:?}");
    }
}

#[tokio::test]
async fn a_test_says_where_it_went() {
    let broker = broker().await;
    let mut channel = channel(&broker).await;
    let probed = channel.probe(&item("test", Authentication)).await.unwrap();
    assert!(probed.said.contains("topic duo, partition"), "{probed:?}");
    let record = broker.all_records("duo").unwrap().pop().unwrap();
    assert!(record.headers.iter().any(|(name, _)| name == "test"));
}
