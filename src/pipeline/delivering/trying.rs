//! Tries an output out for a person: what the far side answered, and the certificate it presented.
//!
//! Promises: the certificate is told whether it is trusted or not, and above all when it is not.

use std::time::Duration;

use super::super::sources::net_settings;
use super::probe;
use crate::base::{Home, Problem};
use crate::outputs::{self, Certificate, Failure, Probed, Tools};
use crate::settings::{Network, Records};

/// How long the certificate is looked for once the test itself has failed.
const LOOK: Duration = Duration::from_secs(10);

/// What became of a test record.
#[derive(Clone, Debug)]
pub struct Tested {
    /// What the far side answered.
    pub result: Result<Probed, Failure>,
    /// The certificate it presented, where TLS is spoken.
    pub certificate: Option<Certificate>,
}

impl Tested {
    /// It did not come so far.
    pub fn failed(problem: Problem) -> Self {
        Self { result: Err(Failure::lasting(problem)), certificate: None }
    }
}

/// Sends a test record to an output, whether its settings are saved or not.
pub async fn try_out(home: &Home, network: &Network, name: &str, records: &Records) -> Tested {
    let result = probe(home, network, name, records).await;
    let shown = result.as_ref().ok().and_then(|probed| probed.certificate.clone());
    let certificate = match shown {
        Some(certificate) => Some(certificate),
        None => look(home, network, records).await,
    };
    Tested { result, certificate }
}

async fn look(home: &Home, network: &Network, records: &Records) -> Option<Certificate> {
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
