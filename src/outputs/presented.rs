//! The certificate that a far side presents, for a person to look at.

use std::time::Duration;

use super::{Certificate, Tools, tls};
use crate::settings::{Destination, Tls, Transport};

/// The certificate that a far side presents now; `None` where no TLS is spoken, or nothing is to be
/// seen within the time. A proxy is not gone through.
pub async fn certificate_of(
    to: &Destination,
    tools: &Tools,
    longest: Duration,
) -> Option<Certificate> {
    let (host, port, speaks) = place(to)?;
    tls::look(&host, port, &speaks, tools, longest).await
}

/// Where TLS is spoken, and how.
fn place(to: &Destination) -> Option<(String, u16, Tls)> {
    let web = |url: &str, tls: &Tls| {
        let (host, port) = host_and_port(url)?;
        Some((host, port, tls.clone()))
    };
    match to {
        Destination::File(_) => None,
        Destination::Syslog(to) => {
            (to.transport == Transport::Tls).then(|| (to.host.clone(), to.port, to.tls.clone()))
        }
        Destination::Kafka(to) => {
            let (host, port) = to.brokers.first()?.rsplit_once(':')?;
            Some((host.to_owned(), port.parse().ok()?, to.tls.clone()?))
        }
        Destination::S3(to) => {
            web(&to.endpoint(), &Tls { ca_file: to.ca_file.clone(), ..Tls::default() })
        }
        Destination::SplunkHec(to) => web(&to.url, &to.tls),
        Destination::Elasticsearch(to) => web(&to.url, &to.tls),
        Destination::Clickhouse(to) => web(&to.url, &to.tls),
        Destination::AzureMonitor(to) => web(&to.url, &to.tls),
        Destination::Http(to) => web(to.url.as_deref()?, &to.tls),
        Destination::Otlp(to) => web(&to.url, &to.tls),
    }
}

/// Where an address leads, when TLS is spoken there.
fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => Some((host.to_owned(), port.parse().ok()?)),
        _ => Some((authority.to_owned(), 443)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_an_address_leads() {
        let at = |url| host_and_port(url).map(|(host, port)| format!("{host} {port}"));
        assert_eq!(at("https://a.example.com/x?y").as_deref(), Some("a.example.com 443"));
        assert_eq!(at("HTTPS://a.example.com:8088").as_deref(), Some("a.example.com 8088"));
        assert_eq!(at("https://[::1]:9200/").as_deref(), Some("[::1] 9200"));
        assert_eq!(at("https://[::1]").as_deref(), Some("[::1] 443"));
        assert_eq!(at("http://a.example.com"), None);
    }
}
