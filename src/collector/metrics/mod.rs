//! Figures for a monitoring system, in Prometheus' text form, where a person wants them.
//!
//! Promises: without `metrics.listen` no port is open; only this computer is answered, and no page
//! of a web site either (the name it asks for is checked); what is told has no secret in it; many
//! askers never hold up collecting.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

mod text;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::Overview;
use crate::base::{Home, Problem};

/// How often it is looked whether a person wants something else.
const LOOK: Duration = Duration::from_secs(3);

/// How long one asker may take.
const ONE_ASKER: Duration = Duration::from_secs(30);

/// So many are answered at a time.
const AT_A_TIME: usize = 4;

/// Answers until `stop` turns true.
pub(super) async fn serve_forever(home: Home, overview: Overview, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut open: Option<(SocketAddr, TcpListener)> = None;
    let mut told = None;
    while !*stop.borrow() {
        let wanted = overview.settings().metrics.listen;
        if open.as_ref().map(|(address, _)| *address) != wanted {
            open = None;
            if let Some(address) = wanted {
                match TcpListener::bind(address).await {
                    Ok(listener) => {
                        tracing::info!(%address, "figures are told");
                        open = Some((address, listener));
                        told = None;
                    }
                    Err(error) if told != Some(address) => {
                        let problem = Problem::new(format!("Figures cannot be told at {address}"))
                            .because(error)
                            .next("name another port as listen in the section [metrics]");
                        tracing::error!(%problem, "no figures");
                        told = Some(address);
                    }
                    Err(_) => {}
                }
            }
        }
        let asked = async {
            match &open {
                Some((_, listener)) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = asked => if let Ok((stream, _)) = accepted {
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                let (home, overview) = (home.clone(), overview.clone());
                tokio::spawn(async move {
                    let _ = timeout(ONE_ASKER, answer(stream, &home, &overview)).await;
                    drop(place);
                });
            },
            () = sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn answer(stream: TcpStream, home: &Home, overview: &Overview) {
    let service = service_fn(async |request: Request<hyper::body::Incoming>| {
        Ok::<_, Infallible>(response(&request, home, overview).await)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(5))
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "whoever asked for figures left");
    }
}

async fn response<B>(
    request: &Request<B>,
    home: &Home,
    overview: &Overview,
) -> Response<Full<Bytes>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let (status, body) = if !host.is_some_and(is_this_computer) {
        (StatusCode::FORBIDDEN, "Only this computer is answered\n".to_owned())
    } else if request.method() != Method::GET || request.uri().path() != "/metrics" {
        (StatusCode::NOT_FOUND, "Ask for /metrics\n".to_owned())
    } else {
        let (home, overview) = (home.clone(), overview.clone());
        match tokio::task::spawn_blocking(move || text::told(&home, &overview)).await {
            Ok(Ok(text)) => (StatusCode::OK, text),
            Ok(Err(problem)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")),
            Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
        }
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    let form = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, form);
    response
}

/// Whether a request asked for this computer by one of its own names. A web site that had its name
/// lead here could otherwise read the figures through the person's browser.
fn is_this_computer(host: &str) -> bool {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.chars().all(|c| c.is_ascii_digit()) => bare,
        _ => host,
    };
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computers_own_names_are_answered() {
        for host in ["localhost", "LOCALHOST:9464", "127.0.0.1:9464", "[::1]:9464", "[::1]"] {
            assert!(is_this_computer(host), "{host}");
        }
        for host in ["example.com", "localhost.example.com:9464", "10.0.0.1:9464", ""] {
            assert!(!is_this_computer(host), "{host}");
        }
    }
}
