//! Why a request got no answer, as far as the layers below tell.
//!
//! reqwest wraps causes several deep, and some of its layers have no public type; those are told
//! by their texts, which the tests of the Duo client hold against the real thing.

use std::error::Error;
use std::io;

/// Why a request got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing listens there, or no route leads there.
    Unreachable,
    /// The name could not be looked up.
    DnsFailed,
    /// No answer in time.
    TimedOut,
    /// The certificate is not trusted, not valid now, or for another name.
    TlsUntrusted,
    /// The TLS handshake failed otherwise.
    TlsFailed,
    /// The connection broke in the middle.
    Interrupted,
    /// The proxy refused to connect or wants a login.
    ProxyRefused,
}

/// Finds the cause.
pub fn cause(error: &reqwest::Error) -> Cause {
    let layers = layers(error);
    let texts: Vec<String> = layers.iter().map(|layer| layer.to_string()).collect();
    let says = |words: &str| texts.iter().any(|text| text.contains(words));
    for layer in &layers {
        if let Some(tls) = layer.downcast_ref::<rustls::Error>() {
            return match tls {
                rustls::Error::InvalidCertificate(_) => Cause::TlsUntrusted,
                _ => Cause::TlsFailed,
            };
        }
    }
    if error.is_timeout() {
        return Cause::TimedOut;
    }
    if says("tunnel") || says("proxy auth") || says("SOCKS") || says("socks") {
        return Cause::ProxyRefused;
    }
    if says("dns error") || says("failed to lookup address") {
        return Cause::DnsFailed;
    }
    if says("tls handshake eof") {
        return Cause::TlsFailed;
    }
    let broken = layers.iter().filter_map(|layer| layer.downcast_ref::<io::Error>()).any(|error| {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        matches!(error.kind(), ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof)
    });
    if error.is_connect() && !broken { Cause::Unreachable } else { Cause::Interrupted }
}

/// The whole chain of causes as one line, without the address asked for: it can hold parameters,
/// and whoever shows the line knows the host.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for layer in layers(error) {
        let mut text = layer.to_string();
        if let Some(at) = text.find(" for url (") {
            text.truncate(at);
        }
        // Some layers repeat the text of the one below.
        match parts.last_mut() {
            Some(last) if last.contains(&text) => {}
            Some(last) if text.contains(last.as_str()) => *last = text,
            _ => parts.push(text),
        }
    }
    parts.join(": ")
}

/// The error and everything below it. What an `io::Error` carries is not its `source` but its
/// inside, so both ways down are taken.
fn layers<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut found = Vec::new();
    let mut next = Some(error);
    while let Some(layer) = next {
        found.push(layer);
        if found.len() > 16 {
            break;
        }
        let inside = layer.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        next = match inside {
            Some(inside) => Some(inside as &(dyn Error + 'static)),
            None => layer.source(),
        };
    }
    found
}
