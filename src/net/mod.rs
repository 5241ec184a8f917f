//! The one HTTPS client: everything that leaves this computer goes through it.
//!
//! Promises: TLS 1.2 or newer, checked against the system's roots and the account's own `ca_file`;
//! certificates are never pinned (Duo's own bundle broke pinned clients in 2026, Duo knowledge base
//! article 9451); redirects are never followed, because a signature is for one host and path; every
//! wait has an end. The proxy is the one in the settings, else the environment's; `NO_PROXY` is
//! honoured for both. A proxy's password is never printed.

mod body;
mod cause;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::{Problem, Secret};

pub use body::{BODIES, Body, BodyTrouble, read_body};
pub use cause::{Cause, cause, chain};

/// The HTTPS client; cheap to clone, and clones share their connections.
pub type HttpClient = reqwest::Client;

/// The longest time to reach a host, its TLS included.
pub const CONNECT_TIME_OUT: Duration = Duration::from_secs(15);
/// The longest time for a request and its whole answer.
pub const REQUEST_TIME_OUT: Duration = Duration::from_secs(90);
/// The longest silence in the middle of an answer.
pub const IDLE_TIME_OUT: Duration = Duration::from_secs(30);
/// What we call ourselves.
pub const USER_AGENT: &str = concat!("duo-integrator/", env!("CARGO_PKG_VERSION"));

/// How this computer reaches the outside.
#[derive(Clone, Debug, Default)]
pub struct NetSettings {
    /// Root certificates (PEM) trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy; `None` means the environment's.
    pub proxy: Option<ProxySettings>,
}

/// A proxy and, if it wants one, a login.
#[derive(Clone, Debug)]
pub struct ProxySettings {
    /// `http://host:port`, `https://…` or `socks5://…`.
    pub url: String,
    /// User and password.
    pub login: Option<(String, Secret)>,
}

/// What is spoken of with one host only.
#[derive(Clone, Debug, Default)]
pub struct HostSettings {
    /// Root certificates (PEM) trusted beside all others.
    pub ca_file: Option<PathBuf>,
    /// A certificate (PEM) and its private key (PEM), to show to the host.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// Builds the client.
pub fn build(settings: &NetSettings) -> Result<HttpClient, Problem> {
    build_for(settings, &HostSettings::default())
}

/// Builds a client for one host. Reads the disk.
pub fn build_for(settings: &NetSettings, host: &HostSettings) -> Result<HttpClient, Problem> {
    let mut roots = Vec::new();
    for file in [&settings.ca_file, &host.ca_file].into_iter().flatten() {
        roots.extend(read_roots(file)?);
    }
    let identity = host.client.as_ref().map(|(file, key)| read_identity(file, key)).transpose()?;
    let start = |settings: &NetSettings| -> Result<reqwest::ClientBuilder, Problem> {
        let builder = start(settings)?.tls_info(true);
        Ok(match &identity {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        })
    };
    let merged = start(settings)?.tls_certs_merge(roots.clone()).build();
    let error = match merged {
        Ok(client) => return Ok(client),
        Err(error) => error,
    };
    // Some systems cannot add roots to their own store (Wine); trusting fewer roots is safe.
    if !roots.is_empty()
        && let Ok(client) = start(settings)?.tls_certs_only(roots).build()
    {
        tracing::warn!(reason = %chain(&error), "only the certificates of ca_file are trusted");
        return Ok(client);
    }
    Err(Problem::new("The HTTPS client could not start").because(chain(&error)).next(
        "install the system's root certificates (on Debian: the package ca-certificates), or name \
         a file of root certificates as ca_file in the section [network] of the settings",
    ))
}

fn start(settings: &NetSettings) -> Result<reqwest::ClientBuilder, Problem> {
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .gzip(true)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .connect_timeout(CONNECT_TIME_OUT)
        .timeout(REQUEST_TIME_OUT)
        .pool_idle_timeout(Duration::from_secs(75))
        .tcp_keepalive(Duration::from_secs(60));
    Ok(match &settings.proxy {
        Some(proxy) => builder.proxy(read_proxy(proxy)?),
        None => builder,
    })
}

fn read_proxy(settings: &ProxySettings) -> Result<reqwest::Proxy, Problem> {
    let wrong = |reason: String| {
        Problem::new("The proxy's address cannot be used")
            .because(reason)
            .next("write it as http://proxy.example:3128, without user and password")
    };
    if settings.url.contains('@') {
        return Err(wrong(
            "it holds a user or a password, which belong in the keychain".to_owned(),
        ));
    }
    let mut proxy = reqwest::Proxy::all(settings.url.trim())
        .map_err(|error| wrong(chain(&error)))?
        .no_proxy(reqwest::NoProxy::from_env());
    if let Some((user, password)) = &settings.login {
        proxy = proxy.basic_auth(user, password.expose());
    }
    Ok(proxy)
}

fn read_identity(certificate: &Path, key: &Path) -> Result<reqwest::Identity, Problem> {
    let problem = |reason: String, file: &Path| {
        Problem::new("The client certificate cannot be used").because(reason).next(format!(
            "write the certificate as PEM, and its private key as PEM without a password, and \
             let this program read {}",
            file.display()
        ))
    };
    let read = |file: &Path| std::fs::read(file).map_err(|error| problem(error.to_string(), file));
    let mut pem = zeroize::Zeroizing::new(read(key)?);
    pem.push(b'\n');
    pem.extend(read(certificate)?);
    reqwest::Identity::from_pem(&pem).map_err(|error| problem(chain(&error), key))
}

/// Looks at a file of trusted certificates; gives their number. Reads the disk.
pub fn check_ca_file(file: &Path) -> Result<usize, Problem> {
    read_roots(file).map(|roots| roots.len())
}

fn read_roots(file: &Path) -> Result<Vec<reqwest::Certificate>, Problem> {
    let problem = |reason: String| {
        Problem::new("The file of trusted certificates (ca_file) cannot be used")
            .because(reason)
            .next(format!(
                "export your organization's root certificate as PEM (a text that begins with \
                 -----BEGIN CERTIFICATE-----) to {}",
                file.display()
            ))
    };
    let text = std::fs::read(file).map_err(|error| problem(error.to_string()))?;
    let roots =
        reqwest::Certificate::from_pem_bundle(&text).map_err(|error| problem(chain(&error)))?;
    if roots.is_empty() {
        return Err(problem("it holds no certificate".to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_builds_without_settings() {
        build(&NetSettings::default()).unwrap();
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hello").unwrap();
        let settings =
            NetSettings { ca_file: Some(file.path().to_owned()), ..NetSettings::default() };
        let problem = build(&settings).unwrap_err();
        assert!(problem.next.unwrap().ends_with(&file.path().display().to_string()));
        assert_eq!(problem.because.unwrap(), "it holds no certificate");
    }

    #[test]
    fn a_proxy_with_a_password_in_its_address_is_refused_without_repeating_it() {
        let proxy = ProxySettings { url: "http://u:hunter2@proxy.example:1".into(), login: None };
        let settings = NetSettings { proxy: Some(proxy), ..NetSettings::default() };
        assert!(!format!("{}", build(&settings).unwrap_err()).contains("hunter2"));
    }
}
