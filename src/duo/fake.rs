//! A few lines of HTTPS for this module's tests: each request is answered by a function.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::pace::{Pace, PaceSetting};
use super::sign::{self, Scheme};
use super::{Access, Duo};
use crate::base::{Secret, UnixMillis};
use crate::net::{self, HttpClient, NetSettings};

pub const KEY: &str = "DIXXXXXXXXXXXXXXXXXX";
pub const SECRET: &str = "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd";

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn param(&self, name: &str) -> Option<String> {
        let pair = self.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        pair.map(|text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned())
    }

    /// Whether the signature is right for what came in.
    pub fn is_signed(&self, scheme: Scheme) -> bool {
        let form = String::from_utf8_lossy(&self.body).into_owned();
        let is_form = scheme != Scheme::V5 && self.method == "POST";
        let pairs: Vec<(String, String)> = if is_form { &form } else { &self.query }
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| {
                let plain = |text| {
                    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
                };
                (plain(name), plain(value))
            })
            .collect();
        let params: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = sign::Request {
            date: self.header("date"),
            method: &self.method,
            host: "localhost",
            path: &self.path,
            params: &params,
            body: if is_form { b"" } else { &self.body },
            headers: &[],
        };
        self.header("authorization") == expected.authorization(scheme, KEY, SECRET.as_bytes())
    }
}

/// What is sent back: the bytes of a whole HTTP answer.
pub type Reply = Vec<u8>;

/// An answer with Duo's headers, dated by this computer's clock.
pub fn reply(status: u16, body: &str) -> Reply {
    dated(status, body, UnixMillis::now())
}

/// The same, dated otherwise.
pub fn dated(status: u16, body: &str, at: UnixMillis) -> Reply {
    let date = sign::date_text(at).replace("-0000", "GMT");
    format!(
        "HTTP/1.1 {status} X\r\nDate: {date}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A failure in Duo's envelope.
pub fn fail(code: u32, detail: &str) -> Reply {
    let status = (code / 100) as u16;
    let body = serde_json::json!({
        "stat": "FAIL", "code": code, "message": "m", "message_detail": detail,
    });
    reply(status, &body.to_string())
}

pub struct Fake {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    pub http: HttpClient,
}

impl Fake {
    /// Starts a server that answers with `answer`, which also learns how many requests came before.
    pub async fn start(answer: impl Fn(&Seen, usize) -> Reply + Send + Sync + 'static) -> Self {
        let (root, leaf, key) = certificates();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, root.pem()).unwrap();
        let http =
            net::build(&NetSettings { ca_file: Some(ca_file), ..NetSettings::default() }).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, log) = (acceptor.clone(), answer.clone(), log.clone());
                tokio::spawn(async move {
                    let _ = serve(acceptor, stream, log, |seen, before| answer(seen, before)).await;
                });
            }
        });
        Self { address, seen, http }
    }

    pub fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    pub fn access(&self, scheme: Scheme) -> Access {
        Access {
            integration_key: KEY.to_owned(),
            secret_key: Secret::new(SECRET.to_owned()),
            api_hostname: self.host(),
            scheme,
            child: None,
        }
    }

    pub fn duo(&self) -> Duo {
        Duo::new(self.http.clone(), self.access(Scheme::V5), pace())
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

pub fn pace() -> Pace {
    Pace::open(PaceSetting::Unlimited, None)
}

/// A root, and a certificate for `localhost` that it signed.
fn certificates() -> (rcgen::Certificate, rcgen::Certificate, rcgen::KeyPair) {
    let root_key = rcgen::KeyPair::generate().unwrap();
    let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root_certificate = root.self_signed(&root_key).unwrap();
    let issuer = rcgen::Issuer::new(root, root_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    (root_certificate, leaf.signed_by(&key, &issuer).unwrap(), key)
}

async fn serve(
    acceptor: tokio_rustls::TlsAcceptor,
    stream: TcpStream,
    log: Arc<Mutex<Vec<Seen>>>,
    answer: impl Fn(&Seen, usize) -> Reply,
) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
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
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut seen = Seen {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect(),
        body: bytes.split_off(head_end + 4),
    };
    let length: usize = seen.header("content-length").parse().unwrap_or(0);
    while seen.body.len() < length {
        stream.read_buf(&mut seen.body).await?;
    }
    let before = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    stream.write_all(&answer(&seen, before)).await?;
    stream.shutdown().await
}
