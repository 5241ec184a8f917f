//! TLS to a far side: whom to trust, what to show of oneself, and what the far side showed.
//!
//! Promises: a certificate is checked against the system's authorities, the one of `[network]` and
//! the output's own; what it says is told whether it is trusted or not.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{Certificate, Failure, Tools};
use crate::base::{Problem, UnixMillis};
use crate::net::{CONNECT_TIME_OUT, chain};
use crate::settings::Tls;

/// How TLS is spoken with one far side.
#[derive(Clone, Debug)]
pub struct Speaking {
    connector: TlsConnectorParts,
    seen: Arc<Mutex<Option<Certificate>>>,
}

#[derive(Clone)]
struct TlsConnectorParts(Arc<ClientConfig>);

impl std::fmt::Debug for TlsConnectorParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientConfig")
    }
}

impl Speaking {
    /// Reads the files that the settings name.
    pub fn of(tls: &Tls, tools: &Tools) -> Result<Self, Problem> {
        let mut roots = Vec::new();
        let own = tls.ca_file.as_ref().map(|file| tools.path(file));
        for file in tools.net.ca_file.iter().chain(&own) {
            roots.extend(certificates(file, "ca_file")?);
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let unusable = |error: rustls::Error| {
            Problem::new("TLS cannot be spoken")
                .because(chain(&error))
                .next("see whether the output\u{2019}s certificates are what they should be")
        };
        let verifier = verifier(roots, &provider).map_err(unusable)?;
        let seen: Arc<Mutex<Option<Certificate>>> = Arc::default();
        let noting = Noting { verifier, seen: Arc::clone(&seen) };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(noting));
        let config = match &tls.client {
            None => config.with_no_client_auth(),
            Some(client) => {
                let shown = certificates(&tools.path(&client.certificate), "client_certificate")?;
                let key = private_key(&tools.path(&client.key))?;
                config.with_client_auth_cert(shown, key).map_err(unusable)?
            }
        };
        Ok(Self { connector: TlsConnectorParts(Arc::new(config)), seen })
    }

    /// Begins TLS on a connection. `host` may be an address.
    pub async fn begin(
        &self,
        host: &str,
        server_name: Option<&str>,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = server_name.unwrap_or(host).trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name.to_owned()).map_err(|error| {
            let problem = Problem::new(format!("{name} is no name that a certificate can have"));
            Failure::lasting(problem.because(error).next("write server_name in the output"))
        })?;
        let connector = TlsConnector::from(Arc::clone(&self.connector.0));
        match timeout(CONNECT_TIME_OUT, connector.connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(self.no_handshake(host, &error)),
            Err(_) => Err(Failure::passing(
                Problem::new(format!("{host} does not answer"))
                    .because("it said nothing when TLS was to begin")
                    .next("see whether TLS is spoken there at all"),
            )),
        }
    }

    /// The certificate that was presented last.
    pub fn certificate(&self) -> Option<Certificate> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn no_handshake(&self, host: &str, error: &std::io::Error) -> Failure {
        let inside = error.get_ref().and_then(|inside| inside.downcast_ref::<rustls::Error>());
        let problem = match inside {
            Some(rustls::Error::InvalidCertificate(_)) => {
                let certificate = self.certificate();
                let why = certificate.and_then(|certificate| {
                    let why_not = certificate.why_not?;
                    Some(format!(
                        "{why_not}; it is for {} and was issued by {}",
                        certificate.subject, certificate.issuer
                    ))
                });
                return Failure::lasting(
                    Problem::new(format!("{host} is not trusted"))
                        .because(why.unwrap_or_else(|| chain(error)))
                        .next(
                            "name the certificate of the authority that vouches for it as ca_file \
                             of this output; if it should be trusted already, somebody may be \
                             listening in",
                        ),
                );
            }
            _ => Problem::new(format!("TLS with {host} did not begin")).because(chain(error)),
        };
        Failure::passing(problem.next(
            "see whether TLS is spoken there at all, and whether it asks for a client_certificate",
        ))
    }
}

/// Looks at the certificate a far side presents, for whoever cannot see it otherwise. `None` when
/// there is none to be seen.
pub async fn look(
    host: &str,
    port: u16,
    tls: &Tls,
    tools: &Tools,
    longest: Duration,
) -> Option<Certificate> {
    let speaking = Speaking::of(tls, tools).ok()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let looked = async {
        let stream = TcpStream::connect((bare, port)).await.ok()?;
        // Whether it is trusted or not, it was seen.
        let _ = speaking.begin(host, tls.server_name.as_deref(), stream).await;
        speaking.certificate()
    };
    timeout(longest, looked).await.ok().flatten()
}

/// What a certificate says of itself.
pub fn read(der: &[u8], why_not: Option<String>) -> Certificate {
    let trusted = why_not.is_none();
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => Certificate {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            until: UnixMillis(certificate.validity().not_after.timestamp().saturating_mul(1000)),
            trusted,
            why_not,
        },
        Err(_) => Certificate {
            subject: "unreadable".to_owned(),
            issuer: "unreadable".to_owned(),
            until: UnixMillis(0),
            trusted,
            why_not,
        },
    }
}

fn verifier(
    roots: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    if roots.is_empty() {
        return Verifier::new(Arc::clone(provider));
    }
    Verifier::new_with_extra_roots(roots, Arc::clone(provider))
}

fn certificates(file: &Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let unusable = |reason: String| {
        Problem::new(format!("The file named as {key} cannot be used"))
            .because(reason)
            .next(format!("it has to hold certificates as PEM: {}", file.display()))
    };
    let text = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let read = read.map_err(|error| unusable(error.to_string()))?;
    if read.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(read)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Problem> {
    let unusable = |reason: String| {
        Problem::new("The file named as client_key cannot be used").because(reason).next(format!(
            "it has to hold a private key as PEM, without a password: {}",
            file.display()
        ))
    };
    let text = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let text = zeroize::Zeroizing::new(text);
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| unusable(error.to_string()))
}

/// Checks as the system does, and notes what was seen.
#[derive(Debug)]
struct Noting {
    verifier: Verifier,
    seen: Arc<Mutex<Option<Certificate>>>,
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.verifier.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        let why_not = verdict.as_ref().err().map(|error| chain(error));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(read(end_entity, why_not));
        verdict
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
