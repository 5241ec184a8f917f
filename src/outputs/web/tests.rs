//! A far side that the tests of all outputs over HTTP share, and what holds for all of them.

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::base::Home;
use crate::net::NetSettings;
use crate::outputs::{Channel, What};
use crate::record::LogType;
use crate::settings::{Output, Records, Target};

/// A request as it came in, unpacked.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    /// As it came over the wire.
    pub wire: Vec<u8>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub fn param(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?')?.1;
        let text = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
        Some(percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// Its lines, each as JSON.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a far side does with a request.
#[derive(Clone, Debug)]
pub enum Reply {
    Say(u16, Vec<(&'static str, String)>, String),
    /// Takes everything and hangs up before answering.
    LoseTheAnswer,
    /// Hangs up in the middle of its answer.
    BreakOff,
    /// Reads everything and says nothing for a minute.
    KeepSilent,
}

pub fn say(status: u16, body: impl ToString) -> Reply {
    Reply::Say(status, Vec::new(), body.to_string())
}

pub struct Far {
    pub url: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub folder: tempfile::TempDir,
}

impl Far {
    /// Without TLS; `answer` also learns how many requests came before.
    pub async fn start(answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(None, 0, answer).await
    }

    /// The same at a port.
    pub async fn start_at(
        port: u16,
        answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::run(None, port, answer).await
    }

    /// With TLS; the certificate of its authority lies in `ca.pem`.
    pub async fn start_tls(answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(Some(()), 0, answer).await
    }

    async fn run(
        tls: Option<()>,
        port: u16,
        answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("config")).unwrap();
        let acceptor = tls.map(|()| acceptor(&folder.path().join("config/ca.pem")));
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, log) = (acceptor.clone(), answer.clone(), log.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, &log, &*answer).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, &log, &*answer).await,
                            Err(error) => Err(error),
                        },
                    }
                });
            }
        });
        Self { url: format!("{scheme}://localhost:{port}"), seen, folder }
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn tools(&self, secret: Option<&str>) -> Tools {
        Tools {
            net: NetSettings::default(),
            secret: secret.map(|secret| Secret::new(secret.to_owned())),
            home: Home::under(self.folder.path()),
            header: None,
            committed: None,
            only_test: false,
        }
    }

    /// Opens an output of these settings, `url` being this far side.
    pub async fn open(&self, settings: &str, secret: Option<&str>) -> Channel {
        self.try_open(settings, secret).await.unwrap()
    }

    pub async fn try_open(&self, settings: &str, secret: Option<&str>) -> Result<Channel, Failure> {
        let records = records(&format!("url = {:?}\n{settings}", self.url));
        Channel::open("far", &records, self.tools(secret)).await
    }
}

/// Settings of an output for records.
pub fn records(settings: &str) -> Records {
    let table = format!("name = \"far\"\n{settings}").parse().unwrap();
    match Output::check(&table).unwrap().target {
        Target::Records(records) => records,
        other => panic!("{other:?}"),
    }
}

/// A record of the authentication log.
pub fn item(n: usize) -> Item {
    let raw = format!("{{\"txid\":\"id-{n}\",\"result\":\"success\",\"n\":{n}.10}}").into_bytes();
    Item {
        id: format!("id-{n}").into(),
        what: What::Record(LogType::Authentication),
        account: "Contoso".into(),
        api_hostname: "api-1.duosecurity.com".into(),
        time: UnixMillis(1_700_000_000_123 + n as i64),
        received: UnixMillis(1_700_000_100_000),
        line: raw.clone(),
        raw,
    }
}

pub fn batch(items: impl IntoIterator<Item = usize>) -> Batch {
    Batch { items: items.into_iter().map(item).collect(), token: "5eed".to_owned() }
}

fn acceptor(ca_file: &std::path::Path) -> tokio_rustls::TlsAcceptor {
    let root_key = rcgen::KeyPair::generate().unwrap();
    let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    std::fs::write(ca_file, root.self_signed(&root_key).unwrap().pem()).unwrap();
    let issuer = rcgen::Issuer::new(root, root_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &issuer).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    tokio_rustls::TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: &Mutex<Vec<Seen>>,
    answer: &(impl Fn(&Seen, usize) -> Reply + Send + Sync),
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut seen = Seen {
        method: words.next().unwrap_or_default().to_owned(),
        target: words.next().unwrap_or_default().to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        wire: bytes.split_off(head_end + 4),
        body: Vec::new(),
    };
    let length: usize = seen.header("content-length").parse().unwrap_or(0);
    while seen.wire.len() < length {
        stream.read_buf(&mut seen.wire).await?;
    }
    if seen.header("content-encoding") == "gzip" {
        flate2::read::GzDecoder::new(&*seen.wire).read_to_end(&mut seen.body)?;
    } else {
        seen.body.clone_from(&seen.wire);
    }
    let before = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    match answer(&seen, before) {
        Reply::Say(status, headers, body) => {
            let headers: String =
                headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(body.as_bytes()).await?;
        }
        Reply::LoseTheAnswer => {}
        Reply::KeepSilent => tokio::time::sleep(Duration::from_secs(60)).await,
        Reply::BreakOff => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"te").await?;
        }
    }
    stream.shutdown().await
}

/// One of each kind, the settings and what lets it in.
const KINDS: [(&str, Option<&str>); 7] = [
    ("type = \"splunk_hec\"", Some("hunter2-token")),
    ("type = \"elasticsearch\"", Some("hunter2-token")),
    ("type = \"elasticsearch\"\nuser = \"duo\"", Some("hunter2-token")),
    ("type = \"clickhouse\"\nuser = \"duo\"", Some("hunter2-token")),
    ("type = \"http\"\nheader_name = \"X-Key\"", Some("Bearer hunter2-token")),
    ("type = \"http\"\nsignature_header = \"X-Sum\"", Some("hunter2-token")),
    ("type = \"otlp\"\nheader_name = \"X-Key\"", Some("hunter2-token")),
];

#[tokio::test]
async fn what_may_pass_is_told_from_what_a_person_has_to_mend() {
    for (status, again, content) in [
        (429, true, false),
        (503, true, false),
        (500, true, false),
        (408, true, false),
        (401, false, false),
        (403, false, false),
        (404, false, false),
        (302, false, false),
        (413, false, true),
    ] {
        for (settings, secret) in KINDS {
            let far = Far::start(move |_, _| say(status, "no")).await;
            let mut channel = far.open(settings, secret).await;
            let failure = channel.deliver(&batch(0..2)).await.unwrap_err();
            assert_eq!(
                (failure.again, failure.content),
                (again, content),
                "{status} {settings} {failure:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_came_is_no_success() {
    for reply in [Reply::LoseTheAnswer, Reply::BreakOff] {
        for (settings, secret) in KINDS {
            let reply = reply.clone();
            let far = Far::start(move |_, _| reply.clone()).await;
            let mut channel = far.open(settings, secret).await;
            let failure = channel.deliver(&batch(0..2)).await.unwrap_err();
            assert!(failure.again && !failure.content, "{settings} {failure:?}");
        }
    }
}

#[tokio::test]
async fn how_long_the_far_side_asks_to_be_left_alone_is_passed_on() {
    for (settings, secret) in KINDS {
        let far = Far::start(|_, _| {
            Reply::Say(429, vec![("Retry-After", "17".to_owned())], String::new())
        })
        .await;
        let mut channel = far.open(settings, secret).await;
        let failure = channel.deliver(&batch(0..1)).await.unwrap_err();
        assert_eq!(failure.after, Some(Duration::from_secs(17)), "{settings}");
    }
}

#[tokio::test]
async fn a_receiver_that_repeats_what_it_was_sent_makes_no_secret_known() {
    for (settings, secret) in KINDS {
        let far = Far::start(|seen, _| say(403, format!("no: {:?}", seen.headers))).await;
        let mut channel = far.open(settings, secret).await;
        let problem = channel.deliver(&batch(0..1)).await.unwrap_err().problem.to_string();
        assert!(problem.contains("403") && !problem.contains("hunter2"), "{problem}");
        let basic = BASE64.encode(b"duo:hunter2-token");
        assert!(!problem.contains(&basic), "{problem}");
        assert!(!format!("{channel:?}").contains("hunter2"), "{channel:?}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_for_a_person_and_a_known_one_is_fine() {
    let far = Far::start_tls(|_, _| say(200, "fine")).await;
    let mut channel = far.open("type = \"http\"", None).await;
    let failure = channel.deliver(&batch(0..1)).await.unwrap_err();
    assert!(!failure.again && !failure.content, "{failure:?}");
    let words = failure.problem.to_string();
    assert!(words.contains("ca_file") && words.contains("it is for CN=rcgen"), "{words}");
    assert_eq!(far.seen().len(), 0);
    let mut channel = far.open("type = \"http\"\nca_file = \"ca.pem\"", None).await;
    let probed = channel.probe(&item(0)).await.unwrap();
    assert_eq!(probed.said, "200 fine");
    let certificate = probed.certificate.unwrap();
    assert!(certificate.trusted && certificate.subject.contains("rcgen"), "{certificate:?}");
    assert_eq!(channel.deliver(&batch(0..1)).await.unwrap().said, "200 fine");
}

#[tokio::test]
async fn without_its_secret_an_output_says_so() {
    let far = Far::start(|_, _| say(200, "fine")).await;
    for (settings, _) in KINDS {
        let failure = far.try_open(settings, None).await.unwrap_err();
        assert!(!failure.again, "{settings} {failure:?}");
    }
    assert_eq!(far.seen().len(), 0);
}

#[test]
fn both_forms_of_retry_after_are_read() {
    let now = UnixMillis::parse_rfc3339("2015-10-21T07:27:00Z").unwrap();
    let wait = |text| wait(text, now).map(|wait| wait.as_secs());
    assert_eq!(wait("120"), Some(120));
    assert_eq!(wait("Wed, 21 Oct 2015 07:28:00 GMT"), Some(60));
    assert_eq!(wait("Wed, 21 Oct 2015 07:26:00 GMT"), Some(0));
    assert_eq!(wait("999999"), Some(3600));
    assert_eq!(wait("soon"), None);
}

#[test]
fn a_path_is_added_only_where_there_is_none() {
    for (url, whole) in [
        ("https://a.example", "https://a.example/x"),
        ("https://a.example:1/", "https://a.example:1/x"),
        ("https://a.example/own", "https://a.example/own"),
        ("https://a.example?own", "https://a.example?own"),
    ] {
        assert_eq!(with_path(url, "/x"), whole);
    }
}
