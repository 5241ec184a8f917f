//! Records as objects in a bucket, at Amazon or any other store that speaks S3.
//!
//! Promises: an object appears whole or not at all; its name follows from the batch, so that a
//! repeat overwrites it with the same bytes; a store that got other bytes than were sent refuses
//! them, by their MD5 sum; neither the secret key nor a signature is ever told.
//!
//! Requests are signed in their address, for fifteen minutes. Every upload has its MD5 sum along:
//! buckets with object lock, which is where evidence belongs, take none without it, and unlike
//! newer sums every store knows it. An object above [`PART_BYTES`] goes in parts of that size; should
//! the program end in between, the parts are invisible, and a lifecycle rule of the bucket removes
//! them.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>;
//! parts, <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>; errors,
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

mod encode;
mod parquet;
mod trouble;
mod upload;

use rusty_s3::{Bucket, Credentials, UrlStyle};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::{Batch, Certificate, Failure, Item, Limits, Probed, Taken, Tools};
use crate::base::Problem;
use crate::settings::{S3Output, Tls};
use crate::{net, outputs};
use upload::Store;

/// The largest upload in one piece, and the size of the parts of larger ones; S3 wants at least 5 MB.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// The way to a bucket.
#[derive(Debug)]
pub struct Channel {
    to: S3Output,
    tools: Tools,
    store: Store,
}

impl Channel {
    /// Makes the way ready; asks nobody.
    pub fn open(to: &S3Output, tools: Tools) -> Result<Self, Failure> {
        let wrong = |reason: &dyn std::fmt::Display| {
            let problem = Problem::new("The settings of the S3 output do not work");
            Failure::lasting(problem.because(reason).next("correct its address and its bucket"))
        };
        let endpoint = to.endpoint().parse().map_err(|error| wrong(&error))?;
        let style = if to.path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = Bucket::new(endpoint, style, to.bucket.clone(), to.region.clone())
            .map_err(|error| wrong(&error))?;
        let Some(secret) = tools.secret.clone() else {
            let problem = Problem::new("The secret access key of the S3 output is not there");
            return Err(Failure::lasting(
                problem.next("remove the output and add it again, and give its secret"),
            ));
        };
        let credentials = Credentials::new(to.access_key_id.clone(), secret.expose());
        let mut settings = tools.net.clone();
        if let Some(file) = &to.ca_file {
            settings.ca_file = Some(tools.path(file));
        }
        let http = net::build(&settings).map_err(Failure::lasting)?;
        let store = Store { http, bucket, credentials, secret, part_bytes: PART_BYTES };
        Ok(Self { to: to.clone(), tools, store })
    }

    /// Hands a batch over: one object for each log and day in it.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        let mut said = Vec::new();
        for part in encode::parts(batch, &self.to) {
            // Made one after the other: only one is in memory.
            let bytes = aside(|| encode::object(&part.items, part.what, self.to.objects))
                .map_err(Failure::lasting)?;
            let words = self.store.put(&part.name, bytes).await?;
            said.push(format!("{}: {words}", part.name));
        }
        Ok(Taken { said: said.join("; "), refused: Vec::new() })
    }

    /// Stores an item that is marked as a test, under a name that readers of the records pass over
    /// because it begins with an underscore.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        let ending = self.to.objects.ending();
        let name = format!("{}_duo-integrator-test.{ending}", self.to.prefix);
        let bytes =
            encode::object(&[item], item.what, self.to.objects).map_err(Failure::lasting)?;
        let words = self.store.put(&name, bytes).await?;
        let certificate = self.look().await;
        Ok(Probed { said: format!("{words}; stored as {name}"), certificate })
    }

    /// The certificate that the store presents, where TLS is spoken.
    async fn look(&self) -> Option<Certificate> {
        let url = self.store.bucket.base_url();
        if url.scheme() != "https" {
            return None;
        }
        let tls = Tls { ca_file: self.to.ca_file.clone(), ..Tls::default() };
        let port = url.port_or_known_default()?;
        outputs::tls::look(url.host_str()?, port, &tls, &self.tools, net::CONNECT_TIME_OUT).await
    }

    /// How much goes out together.
    pub fn limits(&self) -> Limits {
        Limits { records: 20_000, bytes: 8_000_000, gather: self.to.gather }
    }
}

/// Does work that takes a while without holding up what else runs.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests;
