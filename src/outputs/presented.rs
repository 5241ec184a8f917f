//! The certificate that a far side presents, for a person to look at.

use std::time::Duration;

use super::{Certificate, Tools, tls};
use crate::settings::{Destination, Tls, Transport};

/// The certificate that a far side presents now; `None` where no TLS is spoken, or nothing is to be
/// seen within the time.
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
    match to {
        Destination::File(_) => None,
        Destination::Syslog(to) => {
            (to.transport == Transport::Tls).then(|| (to.host.clone(), to.port, to.tls.clone()))
        }
    }
}
