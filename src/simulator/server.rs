//! Serves the world over TLS on this computer.
//!
//! Promises: dropping the [`Simulator`] closes the port and every connection; each answer carries
//! Duo's clock in its `Date` header; no answer waits longer than [`LONGEST_WAIT`].

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, DATE, RETRY_AFTER, SERVER,
};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::certificate;
use super::connection::{Line, Staged, Step};
use super::faults::{Fault, LONGEST_WAIT, Look};
use super::logs;
use super::request::{self, Request};
use super::route;
use super::world::{Seen, SharedWorld, World};
use crate::base::UnixMillis;
use crate::duo::sign;

/// Larger requests are not read.
const REQUEST_BYTES: usize = 1 << 20;

/// Smaller answers are not worth compressing.
const GZIP_FROM_BYTES: usize = 1024;

/// Long enough for what was sent to reach the client before the connection breaks.
const BEFORE_BREAKING: Duration = Duration::from_millis(30);

const PORTAL: &str = "<!doctype html><html><head><title>Sign in to the network</title></head>\
    <body><p>Please accept the terms to continue.</p></body></html>";

const GATEWAY: &str = "<html><head><title>Service unavailable</title></head>\
    <body><h1>Service unavailable</h1></body></html>";

/// A running look-alike of Duo's API.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    ca_pem: String,
    world: SharedWorld,
    /// Closing it ends the server.
    _stop: watch::Sender<()>,
}

impl Simulator {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(world: World) -> io::Result<Self> {
        Self::start_on(world, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    /// Starts on an address of this computer.
    pub async fn start_on(mut world: World, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the look-alike of Duo serves this computer only, not {address}"),
            ));
        }
        let identity = certificate::identity()?;
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        world.api_hostname = address.to_string();
        let world = SharedWorld::new(world);
        let (stop, stopped) = watch::channel(());
        let acceptor = TlsAcceptor::from(identity.server);
        tokio::spawn(accept(listener, acceptor, world.clone(), stopped));
        Ok(Self { address, ca_pem: identity.ca_pem, world, _stop: stop })
    }

    /// What stands for Duo's API hostname: address and port.
    pub fn api_hostname(&self) -> String {
        self.address.to_string()
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority its clients must trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// What it knows, to look at and to change.
    pub const fn world(&self) -> &SharedWorld {
        &self.world
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    world: SharedWorld,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let tcp = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((tcp, _)) => tcp,
                Err(_) => {
                    // Out of descriptors, mostly: waiting a little lets some close.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        if world.with(|world| world.faults.at_accept()) {
            continue;
        }
        let (acceptor, world, mut stopped) = (acceptor.clone(), world.clone(), stopped.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = stopped.changed() => {}
                _ = serve(tcp, acceptor, world) => {}
            }
        });
    }
}

async fn serve(tcp: TcpStream, acceptor: TlsAcceptor, world: SharedWorld) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let abort = Arc::new(AtomicBool::new(false));
    let tls = acceptor.accept(Line::new(tcp, abort.clone())).await?;
    let service = service_fn(move |request| respond(request, world.clone(), abort.clone()));
    hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(tls), service)
        .await
        .map_err(io::Error::other)
}

async fn respond(
    request: hyper::Request<Incoming>,
    world: SharedWorld,
    abort: Arc<AtomicBool>,
) -> io::Result<Response<Staged>> {
    let takes_gzip = request
        .headers()
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let request = read(request).await?;
    let params = request.params();
    let cursor_param = logs::log_at(&request.path).and_then(logs::cursor_param);
    let has_cursor = params.iter().any(|(name, _)| Some(name.as_str()) == cursor_param);
    let fault = world.with(|world| world.faults.at_request(&request.path, has_cursor));
    if let Some(Fault::Hang(span)) = fault {
        tokio::time::sleep(span.min(LONGEST_WAIT)).await;
    }
    let (answer, now, gzip) = world.with(|world| {
        let now = world.clock.now();
        world.prepare(now);
        let answer = answer(world, &request, fault.as_ref(), now);
        world.remember(Seen {
            method: request.method,
            path: request.path,
            params,
            status: answer.as_ref().map_or(0, |answer| answer.status),
            at: now,
        });
        (answer, now, world.gzip)
    });
    let Some(answer) = answer else {
        abort.store(true, Ordering::Relaxed);
        return Err(io::ErrorKind::ConnectionReset.into());
    };
    send(answer, fault, now, gzip && takes_gzip, abort)
}

async fn read(request: hyper::Request<Incoming>) -> io::Result<Request> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, REQUEST_BYTES).collect().await.map_err(io::Error::other)?;
    Ok(Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        headers: head
            .headers
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect(),
        query: request::decode_params(head.uri.query().unwrap_or_default()),
        body: body.to_bytes().to_vec(),
    })
}

/// The answer to a request; none when the connection is to be reset.
fn answer(
    world: &mut World,
    request: &Request,
    fault: Option<&Fault>,
    now: UnixMillis,
) -> Option<Answer> {
    Some(match fault {
        Some(Fault::ResetBefore) => return None,
        Some(Fault::Status(status, Look::Html)) => Answer::html(*status, GATEWAY),
        Some(Fault::Status(status, Look::Json)) => {
            let code = u32::from(*status) * 100;
            let text = StatusCode::from_u16(*status)
                .ok()
                .and_then(|status| status.canonical_reason())
                .unwrap_or("Unknown internal server error");
            let body = format!(r#"{{"code":{code},"message":"{text}","stat":"FAIL"}}"#);
            Answer::json(*status, body)
        }
        Some(Fault::TooManyRequests(retry_after_secs)) => Answer {
            retry_after_secs: *retry_after_secs,
            ..super::answer::Refusal::new(42901).into()
        },
        Some(Fault::HtmlInstead) => Answer::html(200, PORTAL),
        Some(Fault::EmptyBody) => Answer::json(200, String::new()),
        Some(Fault::InvalidJson) => {
            let mut answer = route::answer(world, request, None, now);
            answer.body.truncate(answer.body.len().saturating_sub(7));
            answer
        }
        _ => route::answer(world, request, fault, now),
    })
}

fn send(
    answer: Answer,
    fault: Option<Fault>,
    now: UnixMillis,
    gzip: bool,
    abort: Arc<AtomicBool>,
) -> io::Result<Response<Staged>> {
    let date = sign::date_text(now).replace("-0000", "GMT");
    let mut response = Response::builder()
        .status(answer.status)
        .header(DATE, date)
        .header(SERVER, "Duo/1.0")
        .header(CONTENT_TYPE, answer.content_type);
    if let Some(secs) = answer.retry_after_secs {
        response = response.header(RETRY_AFTER, secs);
    }
    let mut body = Bytes::from(answer.body);
    if gzip && body.len() >= GZIP_FROM_BYTES && !matches!(fault, Some(Fault::OversizedBody(_))) {
        body = compressed(&body)?.into();
        response = response.header(CONTENT_ENCODING, "gzip");
    }
    let half = || Step::Send(body.slice(..body.len() / 2));
    let steps = match fault {
        Some(Fault::ResetMidBody) => {
            response = response.header(CONTENT_LENGTH, body.len());
            vec![half(), Step::Pause(BEFORE_BREAKING), Step::Break(Some(abort))]
        }
        Some(Fault::TruncatedBody) => {
            response = response.header(CONTENT_LENGTH, body.len());
            vec![half(), Step::Pause(BEFORE_BREAKING), Step::Break(None)]
        }
        Some(Fault::SlowBody(span)) => slowly(&body, span.min(LONGEST_WAIT)),
        Some(Fault::OversizedBody(bytes)) => vec![Step::Send(body), Step::Blanks(bytes)],
        _ => vec![Step::Send(body)],
    };
    response.body(Staged::new(steps)).map_err(io::Error::other)
}

fn slowly(body: &Bytes, span: Duration) -> Vec<Step> {
    const PIECES: u32 = 10;
    let size = body.len().div_ceil(PIECES as usize).max(1);
    (0..body.len())
        .step_by(size)
        .map(|start| body.slice(start..body.len().min(start + size)))
        .flat_map(|piece| [Step::Pause(span / PIECES), Step::Send(piece)])
        .collect()
}

fn compressed(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}
