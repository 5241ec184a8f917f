//! The certificates the look-alike shows: an authority of its own, and a leaf signed by it.
//!
//! Promises: made afresh at every start, so no private key ever rests on a disk; valid for the
//! addresses of this computer only.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a TLS server needs, and what its clients must trust.
pub(super) struct Identity {
    pub server: Arc<ServerConfig>,
    pub ca_pem: String,
}

/// Makes a new authority and a leaf for this computer.
pub(super) fn identity() -> io::Result<Identity> {
    let (ca, leaf, leaf_key) = make().map_err(io::Error::other)?;
    let chain = vec![leaf.der().clone(), ca.der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(io::Error::other)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { server: Arc::new(server), ca_pem: ca.pem() })
}

type Made = (CertifiedIssuer<'static, KeyPair>, rcgen::Certificate, KeyPair);

fn make() -> Result<Made, rcgen::Error> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    // A year back: a computer whose clock is wrong must reach the clock check, not fail in TLS.
    let year = i32::from(today.year());
    let before = date_time_ymd(year - 1, 1, 1);

    let mut ca = CertificateParams::default();
    ca.distinguished_name.push(DnType::CommonName, "Duo look-alike (not Duo)");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.not_before = before;
    ca.not_after = date_time_ymd(year + 2, 1, 1);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate()?)?;

    let mut leaf = CertificateParams::default();
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    leaf.subject_alt_names = vec![
        SanType::DnsName("localhost".try_into()?),
        // Duo's Python client compares the host with the DNS names alone, also when it is an address.
        SanType::DnsName("127.0.0.1".try_into()?),
        SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.not_before = before;
    // Apple's systems refuse leaves that are valid for more than 825 days:
    // <https://support.apple.com/en-us/103769>.
    leaf.not_after = date_time_ymd(year + 1, 3, 1);
    let leaf_key = KeyPair::generate()?;
    let leaf = leaf.signed_by(&leaf_key, &ca)?;
    Ok((ca, leaf, leaf_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_given_as_pem() {
        let identity = identity().unwrap();
        assert!(identity.ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(!identity.ca_pem.contains("PRIVATE"));
    }
}
