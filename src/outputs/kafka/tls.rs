//! Whom to trust as a broker, and what to show of ourselves.
//!
//! Promises: the system's roots, the ones of `[network]` and the output's own are trusted together;
//! a certificate of the system's that cannot be read is passed over, as browsers do, instead of
//! ending every connection.

use std::path::Path;

use data_encoding::BASE64;
use krafka::auth::TlsConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::base::Problem;
use crate::outputs::{Failure, Tools};
use crate::settings::Tls;

/// How TLS is spoken.
pub fn config(tls: &Tls, tools: &Tools) -> Result<TlsConfig, Failure> {
    let mut trusted = String::new();
    for certificate in rustls_native_certs::load_native_certs().certs {
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            add(&mut trusted, &certificate);
        }
    }
    let own = tls.ca_file.iter().map(|file| tools.path(file));
    for file in own.chain(tools.net.ca_file.clone()) {
        let certificates = CertificateDer::pem_file_iter(&file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable("ca_file", &file, &error))?;
        certificates.iter().for_each(|certificate| add(&mut trusted, certificate));
    }
    if trusted.is_empty() {
        return Err(Failure::lasting(
            Problem::new("No authority is trusted that could vouch for a Kafka broker").next(
                "install the system's root certificates (on Debian: the package ca-certificates), \
                 or name a file of certificates as ca_file in the settings of the output",
            ),
        ));
    }
    let mut config = TlsConfig::new().with_ca_cert_pem(trusted);
    if let Some(client) = &tls.client {
        let read = |key: &str, path: &Path| {
            let path = tools.path(path);
            std::fs::read(&path).map_err(|error| unreadable(key, &path, &error))
        };
        let certificate = read("client_certificate", &client.certificate)?;
        config = config.with_client_cert_pem(certificate, read("client_key", &client.key)?);
    }
    if let Some(name) = &tls.server_name {
        config = config.with_sni_hostname(name);
    }
    Ok(config)
}

fn add(trusted: &mut String, certificate: &CertificateDer<'_>) {
    trusted.push_str("-----BEGIN CERTIFICATE-----\n");
    trusted.push_str(&BASE64.encode(certificate));
    trusted.push_str("\n-----END CERTIFICATE-----\n");
}

fn unreadable(key: &str, file: &Path, error: &dyn std::fmt::Display) -> Failure {
    let problem = Problem::new(format!("The file named as {key} cannot be used")).because(error);
    Failure::lasting(problem.next(format!(
        "it has to be PEM (a text that begins with -----BEGIN) and readable: {}",
        file.display()
    )))
}
