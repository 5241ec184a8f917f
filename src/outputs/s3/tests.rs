//! Against a small store that misbehaves on purpose; real ones stand in `tests/it`.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::parquet::file::reader::{FileReader, SerializedFileReader};
use bytes::Bytes;
use data_encoding::BASE64;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use tokio::net::TcpListener;

use super::*;
use crate::base::{Home, Secret, UnixMillis};
use crate::net::NetSettings;
use crate::outputs::What;
use crate::record::LogType;
use crate::settings::Objects;

const DAY: i64 = 86_400_000;

fn item(id: &str, what: What, day: i64) -> Item {
    let raw = format!(
        "{{\"txid\":\"{id}\",\"user\":{{\"name\":\"ada\"}},\"result\":\"success\",\
         \"access_device\":{{\"ip\":\"192.0.2.1\"}}}}"
    );
    Item {
        id: Arc::from(id),
        what,
        account: Arc::from("Example"),
        api_hostname: Arc::from("api-x.duosecurity.com"),
        time: UnixMillis(day * DAY + 1_234),
        received: UnixMillis(day * DAY + 61_234),
        line: raw.clone().into_bytes(),
        raw: raw.into_bytes(),
    }
}

const AUTHENTICATION: What = What::Record(LogType::Authentication);

fn batch(records: usize) -> Batch {
    let items = (0..records).map(|n| item(&format!("r{n}"), AUTHENTICATION, 19_000)).collect();
    Batch { items, token: "5eed".to_owned() }
}

fn settings(url: &str) -> S3Output {
    S3Output {
        url: Some(url.to_owned()),
        bucket: "logs".to_owned(),
        region: "us-east-1".to_owned(),
        prefix: "duo/".to_owned(),
        path_style: true,
        access_key_id: "AKIAEXAMPLE".to_owned(),
        objects: Objects::Parquet,
        gather: Duration::from_secs(1),
        ca_file: None,
    }
}

fn open(to: &S3Output) -> Channel {
    let tools = Tools {
        net: NetSettings::default(),
        secret: Some(Secret::new("hunter2hunter2".to_owned())),
        home: Home::under(Path::new("/nonexistent")),
        header: None,
        committed: None,
        only_test: false,
    };
    Channel::open(to, tools).unwrap()
}

#[derive(Clone, Copy)]
enum Fault {
    Pass,
    Say(u16, &'static str),
    Cut,
    TakeAndCut,
}

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<String, Bytes>,
    parts: BTreeMap<u16, Bytes>,
    aborted: usize,
    faults: VecDeque<Fault>,
    requests: Vec<String>,
}

/// A store on this computer.
struct Fake {
    url: String,
    shelf: Arc<Mutex<Shelf>>,
}

impl Fake {
    async fn start(faults: impl IntoIterator<Item = Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let faults = faults.into_iter().collect();
        let shelf = Arc::new(Mutex::new(Shelf { faults, ..Shelf::default() }));
        let shared = Arc::clone(&shelf);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shelf = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let shelf = Arc::clone(&shelf);
                        async move { answer(&shelf, request).await }
                    });
                    let http = hyper::server::conn::http1::Builder::new();
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { url, shelf }
    }

    fn objects(&self) -> BTreeMap<String, Bytes> {
        self.shelf.lock().unwrap().objects.clone()
    }
}

async fn answer(
    shelf: &Mutex<Shelf>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut shelf = shelf.lock().unwrap();
    let path = percent_encoding::percent_decode_str(head.uri.path());
    let path = path.decode_utf8().unwrap().into_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    shelf.requests.push(format!("{} {path}", head.method));
    assert!(query.contains("X-Amz-Signature="), "{query}");
    assert!(!query.contains("hunter2"));
    let fault = shelf.faults.pop_front();
    let say = |status: u16, body: String| {
        let tag = format!("\"{}\"", body.len());
        let built = Response::builder().status(status).header("etag", tag);
        Ok(built.body(Full::from(body)).unwrap())
    };
    match fault {
        Some(Fault::Say(status, code)) => {
            return say(status, format!("<Error><Code>{code}</Code><Message>m</Message></Error>"));
        }
        Some(Fault::Cut) => return Err(std::io::Error::other("cut")),
        _ => {}
    }
    let xml =
        |inside: &str| format!("<{inside} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    let answered = if head.method == Method::PUT {
        let sum = BASE64.encode(&Md5::digest(&body));
        assert_eq!(head.headers.get("content-md5").unwrap(), sum.as_str());
        assert!(query.contains("content-md5"), "the sum is signed");
        match query.split('&').find_map(|pair| pair.strip_prefix("partNumber=")) {
            Some(number) => {
                shelf.parts.insert(number.parse().unwrap(), body);
            }
            None => {
                shelf.objects.insert(path, body);
            }
        }
        String::new()
    } else if head.method == Method::DELETE {
        shelf.aborted += 1;
        shelf.parts.clear();
        String::new()
    } else if query.contains("uploadId=") {
        let whole: Vec<u8> = shelf.parts.values().flatten().copied().collect();
        shelf.objects.insert(path, whole.into());
        let name = "CompleteMultipartUploadResult";
        format!("{}<ETag>\"x\"</ETag></{name}>", xml(name))
    } else {
        let name = "InitiateMultipartUploadResult";
        format!("{}<UploadId>up</UploadId></{name}>", xml(name))
    };
    if matches!(fault, Some(Fault::TakeAndCut)) {
        return Err(std::io::Error::other("cut"));
    }
    say(200, answered)
}

#[test]
fn a_batch_becomes_an_object_for_each_log_and_day() {
    let activity = What::Record(LogType::Activity);
    let items = vec![
        item("a", AUTHENTICATION, 19_000),
        item("b", activity, 19_000),
        item("c", AUTHENTICATION, 19_001),
        item("d", AUTHENTICATION, 19_000),
        item("e", What::Alert, 19_000),
    ];
    let batch = Batch { items, token: "5eed".to_owned() };
    let parts = encode::parts(&batch, &settings("http://localhost"));
    let told: Vec<(&str, String)> = parts
        .iter()
        .map(|part| (part.name.as_str(), part.items.iter().map(|item| &*item.id).collect()))
        .collect();
    assert_eq!(
        told,
        [
            ("duo/log_type=authentication/date=2022-01-08/5eed.parquet", "ad".to_owned()),
            ("duo/log_type=authentication/date=2022-01-09/5eed.parquet", "c".to_owned()),
            ("duo/log_type=activity/date=2022-01-08/5eed.parquet", "b".to_owned()),
            ("duo/log_type=alert/date=2022-01-08/5eed.parquet", "e".to_owned()),
        ]
    );
}

#[test]
fn a_parquet_file_has_the_fields_and_the_record() {
    let mut strange = item("x", AUTHENTICATION, 19_000);
    strange.raw = b"not JSON \xff at all".to_vec();
    let items = [&item("r0", AUTHENTICATION, 19_000), &strange];
    let bytes = encode::object(&items, AUTHENTICATION, Objects::Parquet).unwrap();
    assert_eq!(bytes, encode::object(&items, AUTHENTICATION, Objects::Parquet).unwrap());
    let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
    let rows: Vec<BTreeMap<String, String>> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let row = row.unwrap();
            row.get_column_iter().map(|(name, field)| (name.clone(), field.to_string())).collect()
        })
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["id"], "\"r0\"");
    assert_eq!(rows[0]["user"], "\"ada\"");
    assert_eq!(rows[0]["address"], "\"192.0.2.1\"");
    assert_eq!(rows[0]["time"], "2022-01-08 00:00:01.234 +00:00");
    assert_eq!(rows[0]["raw"], format!("\"{}\"", String::from_utf8_lossy(&items[0].raw)));
    assert_eq!(rows[1]["user"], "null");
    assert_eq!(rows[1]["raw"], "\"not JSON \u{fffd} at all\"");
}

#[test]
fn json_lines_are_the_lines() {
    let items = [&item("r0", AUTHENTICATION, 1), &item("r1", AUTHENTICATION, 1)];
    let bytes = encode::object(&items, AUTHENTICATION, Objects::JsonLines).unwrap();
    let text = String::from_utf8(zstd::decode_all(&bytes[..]).unwrap()).unwrap();
    let lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
    assert_eq!(lines, [&items[0].line[..], &items[1].line[..]]);
    assert!(text.ends_with('\n'));
}

#[tokio::test]
async fn a_repeat_overwrites() {
    let fake = Fake::start([Fault::TakeAndCut]).await;
    let mut channel = open(&settings(&fake.url));
    let failure = channel.deliver(&batch(3)).await.unwrap_err();
    assert!(failure.again, "{failure:?}");
    let first = fake.objects();
    channel.deliver(&batch(3)).await.unwrap();
    assert_eq!(fake.objects(), first);
    let name = "/logs/duo/log_type=authentication/date=2022-01-08/5eed.parquet";
    assert_eq!(first.keys().collect::<Vec<_>>(), [name]);
}

#[tokio::test]
async fn large_objects_go_in_parts_and_arrive_whole() {
    let fake = Fake::start([]).await;
    let mut channel = open(&settings(&fake.url));
    let whole = encode::object(
        &batch(200).items.iter().collect::<Vec<_>>(),
        AUTHENTICATION,
        Objects::Parquet,
    )
    .unwrap();
    channel.store.part_bytes = whole.len() / 3;
    channel.deliver(&batch(200)).await.unwrap();
    assert_eq!(fake.objects().values().collect::<Vec<_>>(), [&Bytes::from(whole)]);
    assert!(fake.shelf.lock().unwrap().parts.len() >= 3);
}

#[tokio::test]
async fn parts_that_fail_are_taken_back() {
    // The start of the upload is answered, its first part is not.
    let fake = Fake::start([Fault::Pass, Fault::Cut]).await;
    let mut channel = open(&settings(&fake.url));
    channel.store.part_bytes = 500;
    let failure = channel.deliver(&batch(1)).await.unwrap_err();
    assert!(failure.again, "{failure:?}");
    assert!(fake.objects().is_empty());
    assert_eq!(fake.shelf.lock().unwrap().aborted, 1);
}

#[tokio::test]
async fn what_the_store_says_is_told_and_the_secret_is_not() {
    for (fault, again) in [
        (Fault::Say(503, "SlowDown"), true),
        (Fault::Say(403, "SignatureDoesNotMatch"), false),
        (Fault::Say(404, "NoSuchBucket"), false),
        (Fault::Cut, true),
    ] {
        let fake = Fake::start([fault]).await;
        let failure = open(&settings(&fake.url)).deliver(&batch(1)).await.unwrap_err();
        assert_eq!(failure.again, again, "{failure:?}");
        let told = format!("{failure:?}");
        assert!(!told.contains("hunter2") && !told.contains("X-Amz"), "{told}");
        assert!(fake.objects().is_empty());
    }
}

#[tokio::test]
async fn a_test_lies_where_readers_of_records_do_not_look() {
    let fake = Fake::start([]).await;
    let probed = open(&settings(&fake.url)).probe(&batch(1).items[0]).await.unwrap();
    assert!(probed.said.contains("duo/_duo-integrator-test.parquet"), "{probed:?}");
    assert!(fake.objects().contains_key("/logs/duo/_duo-integrator-test.parquet"));
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let failure = open(&settings("http://127.0.0.1:1")).deliver(&batch(1)).await.unwrap_err();
    assert!(failure.again, "{failure:?}");
}
