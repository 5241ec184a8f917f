//! Looks at the certificate an output presents, for a person who tries it out.
//!
//! Promises: the certificate is told whether it is trusted or not, and above all when it is not.

use std::time::Duration;

use super::super::sources::net_settings;
use crate::base::Home;
use crate::outputs::{self, Certificate, Tools};
use crate::settings::{Network, Records};

/// How long it is looked for.
const LOOK: Duration = Duration::from_secs(10);

/// The certificate an output presents now; `None` where no TLS is spoken, or nothing is to be seen.
pub async fn presented(home: &Home, network: &Network, records: &Records) -> Option<Certificate> {
    let net = net_settings(network, None).await.ok()?;
    let tools = Tools {
        net,
        secret: None,
        home: home.clone(),
        header: None,
        committed: None,
        only_test: true,
    };
    outputs::certificate_of(&records.to, &tools, LOOK).await
}
