//! Records as messages of a topic, at any Kafka-compatible broker.
//!
//! Promises: a batch counts as taken after all in-sync replicas of each partition have it; those of
//! one account and log stay in order, whatever fails in between; brokers drop repeats of a request
//! by their numbers, and what is sent anew later has the same id; a record that a broker will never
//! take is told with its reason, and holds up no other.
//!
//! One producer lives from one failure to the next. What it could not deliver within
//! a minute it has given up for good, so starting over cannot overtake it. Of a batch
//! that comes again, what is known to have arrived is not sent twice.
//!
//! The proxy of the settings is for HTTP and not used here.
//!
//! Sources: numbers against repeats,
//! <https://cwiki.apache.org/confluence/display/KAFKA/KIP-98+-+Exactly+Once+Delivery+and+Transactional+Messaging>;
//! the limits of a topic, <https://kafka.apache.org/documentation/#topicconfigs_max.message.bytes>.

mod encode;
mod progress;
mod tls;
mod trouble;

use std::time::Duration;

use krafka::auth::AuthConfig;
use krafka::error::KrafkaError;
use krafka::producer::{Acks, Producer};
use krafka::{CloseOptions, Compression, Kafka};

use progress::Progress;

use super::{Batch, Certificate, Failure, Item, Limits, Probed, Taken, Tools};
use crate::outputs;
use crate::settings::{KafkaCompression, KafkaOutput, Mechanism};

/// The longest waits.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// To reach a broker, and to learn where a topic is.
    connect: Duration,
    /// For one request.
    request: Duration,
    /// For one record, all repeats of its request included.
    delivery: Duration,
    /// To end in order.
    close: Duration,
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(10),
    request: Duration::from_secs(20),
    delivery: Duration::from_secs(60),
    close: Duration::from_secs(5),
};

/// A request's records for one partition; well below what brokers take unless told otherwise.
const REQUEST_BYTES: usize = 256 * 1024;

/// What may wait in memory for its turn; more than a batch.
const WAITING_BYTES: usize = 2 * encode::LONGEST;

/// The way to a topic.
pub struct Channel {
    to: KafkaOutput,
    tools: Tools,
    patience: Patience,
    /// `None` after a failure.
    producer: Option<Producer>,
    /// How far the last batch has come, if it failed.
    progress: Option<Progress>,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("to", &self.to).finish_non_exhaustive()
    }
}

impl Channel {
    /// Connects.
    pub async fn open(to: &KafkaOutput, tools: Tools) -> Result<Self, Failure> {
        Self::open_with(to, tools, PATIENCE).await
    }

    async fn open_with(
        to: &KafkaOutput,
        tools: Tools,
        patience: Patience,
    ) -> Result<Self, Failure> {
        let to = to.clone();
        let mut channel = Self { to, tools, patience, producer: None, progress: None };
        channel.connect().await?;
        Ok(channel)
    }

    /// Hands a batch over.
    pub async fn deliver(&mut self, batch: &Batch) -> Result<Taken, Failure> {
        self.connect().await?;
        let mut progress = match self.progress.take() {
            Some(progress) if progress.is_of(batch) => progress,
            _ => Progress::of(batch),
        };
        let Some(producer) = &self.producer else {
            return Err(self.failure(&KrafkaError::closed("not connected")));
        };
        let mut sent = send_together(producer, &self.to.topic, batch, &mut progress).await;
        if sent.as_ref().is_err_and(trouble::is_about_content) {
            sent = send_singly(producer, &self.to.topic, batch, &mut progress).await;
        }
        if let Err(error) = sent {
            self.progress = Some(progress);
            self.disconnect().await;
            return Err(self.failure(&error));
        }
        let refused = progress.into_refused();
        let taken = batch.items.len().saturating_sub(refused.len());
        Ok(Taken { said: format!("{taken} acknowledged by all in-sync replicas"), refused })
    }

    /// Sends an item that is marked as a test.
    pub async fn probe(&mut self, item: &Item) -> Result<Probed, Failure> {
        self.connect().await?;
        let record = encode::record(item, &self.to.topic).header("test", "true");
        let sent = match &self.producer {
            Some(producer) => producer.send(record).await,
            None => Err(KrafkaError::closed("not connected")),
        };
        match sent {
            Ok(place) => Ok(Probed {
                said: format!(
                    "the test record is in topic {}, partition {}, at offset {}",
                    place.topic, place.partition, place.offset
                ),
                certificate: self.look().await,
            }),
            Err(error) => {
                let failure = self.failure(&error);
                self.disconnect().await;
                Err(failure)
            }
        }
    }

    /// Ends it in order.
    pub async fn close(mut self) {
        self.disconnect().await;
    }

    /// How much goes out together.
    pub fn limits(&self) -> Limits {
        Limits { records: 5_000, ..Limits::default() }
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        if self.producer.is_some() {
            return Ok(());
        }
        let security = self.security()?;
        let connected = async {
            let kafka = Kafka::builder(self.to.brokers.join(","))
                .client_id("duo-integrator")
                .security(security)
                .connect_timeout(self.patience.connect)
                .request_timeout(self.patience.request)
                // A mistyped name would silently become a topic that nobody reads.
                .allow_auto_create_topics(false)
                .connect()
                .await?;
            kafka
                .producer()
                .acks(Acks::All)
                .idempotent(self.to.idempotent)
                .compression(compression(self.to.compression))
                .batch_size(REQUEST_BYTES)
                .buffer_memory(WAITING_BYTES)
                .delivery_timeout(self.patience.delivery)
                .max_block(self.patience.connect)
                .metrics_push(false)
                .build()
                .await
        };
        match connected.await {
            Ok(producer) => {
                self.producer = Some(producer);
                Ok(())
            }
            Err(error) => {
                let failure = self.failure(&error);
                let Some(certificate) = self.look().await.filter(|seen| !seen.trusted) else {
                    return Err(failure);
                };
                let Failure { problem, .. } = failure;
                let because = format!(
                    "{}; the certificate is for {} and was issued by {}",
                    certificate.why_not.unwrap_or_default(),
                    certificate.subject,
                    certificate.issuer
                );
                Err(Failure::lasting(problem.because(because)))
            }
        }
    }

    /// The certificate that the first broker presents, seen over a connection of its own: the client
    /// does not show it.
    async fn look(&self) -> Option<Certificate> {
        let (tls, broker) = (self.to.tls.as_ref()?, self.to.brokers.first()?);
        let (host, port) = broker.rsplit_once(':')?;
        let port = port.parse().ok()?;
        outputs::tls::look(host, port, tls, &self.tools, self.patience.connect).await
    }

    async fn disconnect(&mut self) {
        let Some(producer) = self.producer.take() else { return };
        let options = CloseOptions::new().timeout(self.patience.close);
        if let Err(error) = producer.close_with(options).await {
            tracing::debug!(reason = %error, "a Kafka producer did not end in order");
        }
    }

    fn failure(&self, error: &KrafkaError) -> Failure {
        trouble::failure(error, &self.to)
    }

    fn security(&self) -> Result<AuthConfig, Failure> {
        let password = self.tools.secret.as_ref().map_or("", |secret| secret.expose());
        let auth = match &self.to.login {
            None => AuthConfig::plaintext(),
            Some(login) => match login.mechanism {
                Mechanism::ScramSha512 => AuthConfig::sasl_scram_sha512(&login.user, password),
                Mechanism::ScramSha256 => AuthConfig::sasl_scram_sha256(&login.user, password),
                Mechanism::Plain => AuthConfig::sasl_plain(&login.user, password),
            },
        };
        match &self.to.tls {
            None => Ok(auth),
            Some(tls) => Ok(auth.with_tls(tls::config(tls, &self.tools)?)),
        }
    }
}

/// Sends all that is open, and waits for the answer to each.
async fn send_together(
    producer: &Producer,
    topic: &str,
    batch: &Batch,
    progress: &mut Progress,
) -> Result<(), KrafkaError> {
    let mut waiting = Vec::with_capacity(batch.items.len());
    let mut failed = Vec::new();
    let mut first_error: Option<KrafkaError> = None;
    for (index, item) in progress.open(batch) {
        if first_error.is_some() {
            failed.push(index);
        } else if item.line.len() > encode::LONGEST {
            let bytes = item.line.len();
            progress.refuse(index, format!("it has {bytes} bytes, more than {}", encode::LONGEST));
        } else {
            match producer.enqueue(encode::record(item, topic)).await {
                Ok(handle) => waiting.push((index, handle)),
                Err(error) => {
                    failed.push(index);
                    first_error = Some(error);
                }
            }
        }
    }
    // All are waited for, so that nothing is on its way when this ends.
    for (index, handle) in waiting {
        let Err(error) = handle.await else { continue };
        failed.push(index);
        // What lies beyond single records weighs more.
        if first_error.as_ref().is_none_or(trouble::is_about_content) {
            first_error = Some(error);
        }
    }
    progress.note(batch, failed);
    first_error.map_or(Ok(()), Err)
}

/// Several records share the blame for one of them: they go one by one, and the culprits show.
async fn send_singly(
    producer: &Producer,
    topic: &str,
    batch: &Batch,
    progress: &mut Progress,
) -> Result<(), KrafkaError> {
    let open = progress.open(batch);
    for (at, (index, item)) in open.iter().enumerate() {
        match producer.send(encode::record(item, topic)).await {
            Ok(_) => {}
            Err(error) if trouble::is_about_content(&error) => {
                progress.refuse(*index, error.to_string());
            }
            Err(error) => {
                progress.note(batch, open.iter().skip(at).map(|(index, _)| *index));
                return Err(error);
            }
        }
    }
    progress.note(batch, []);
    Ok(())
}

const fn compression(wanted: KafkaCompression) -> Compression {
    match wanted {
        KafkaCompression::Zstd => Compression::Zstd,
        KafkaCompression::Lz4 => Compression::Lz4,
        KafkaCompression::Snappy => Compression::Snappy,
        KafkaCompression::Gzip => Compression::Gzip,
        KafkaCompression::None => Compression::None,
    }
}

#[cfg(test)]
mod tests;
