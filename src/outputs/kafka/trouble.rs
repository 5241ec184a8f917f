//! What a broker's refusals mean: whether to try again, and what a person should do.
//!
//! Promises: pure; no secret is in it (the client never puts one into an error).
//!
//! Source: <https://kafka.apache.org/protocol#protocol_error_codes>.

use krafka::error::{ErrorCode, KrafkaError};

use crate::base::Problem;
use crate::outputs::Failure;
use crate::settings::KafkaOutput;

/// Whether a broker refuses the record itself, now and always.
pub fn is_about_content(error: &KrafkaError) -> bool {
    matches!(
        error,
        KrafkaError::Broker {
            code: ErrorCode::MessageTooLarge
                | ErrorCode::RecordListTooLarge
                | ErrorCode::InvalidRecord
                | ErrorCode::InvalidTimestamp,
            ..
        }
    )
}

/// What an error means for the batch.
pub fn failure(error: &KrafkaError, to: &KafkaOutput) -> Failure {
    use ErrorCode as Code;
    let (topic, brokers) = (&to.topic, to.brokers.join(", "));
    let reason = error.to_string();
    let said = |what: &str| Problem::new(what).because(&reason);
    match error {
        KrafkaError::Network(_) | KrafkaError::Timeout { .. } => {
            let spoken = match &to.tls {
                Some(tls) if tls.client.is_none() => {
                    "speak TLS on this port, and without client_certificate"
                }
                Some(_) => "speak TLS on this port",
                None => "take connections without TLS on this port",
            };
            Failure::passing(said("No Kafka broker answers").next(format!(
                "see whether brokers are running, can be reached from here, and {spoken}: {brokers}"
            )))
        }
        KrafkaError::Auth { .. } => Failure::lasting(auth(&reason)),
        KrafkaError::Config { .. } => Failure::lasting(
            said("The settings of the Kafka output do not work")
                .next("correct them; files of certificates are PEM and have to be readable"),
        ),
        KrafkaError::UnknownTopic { .. }
        | KrafkaError::Broker { code: Code::UnknownTopicOrPartition, .. } => {
            Failure::lasting(said("The topic is not there").next(format!(
                "create the topic {topic}, and allow the user to describe it and write to it"
            )))
        }
        KrafkaError::Broker { code: Code::TopicAuthorizationFailed, .. } => Failure::lasting(
            said("The Kafka user may not write to the topic")
                .next(format!("allow it the operations Describe and Write on the topic {topic}")),
        ),
        KrafkaError::Broker { code: Code::ClusterAuthorizationFailed, .. } => {
            Failure::lasting(said("The Kafka user may not write idempotently").next(
                "allow it the operation IdempotentWrite on the cluster (before Kafka 3.0), or \
                 write idempotent = false in the settings of the output",
            ))
        }
        KrafkaError::Broker { code: Code::UnsupportedVersion, .. } => {
            Failure::lasting(said("The Kafka broker lacks what this output needs").next(
                "write idempotent = false in the settings of the output; if that does not help, \
                 the broker is too old",
            ))
        }
        KrafkaError::Broker { code: Code::SaslAuthenticationFailed, .. } => {
            Failure::lasting(auth(&reason))
        }
        KrafkaError::Broker { code: Code::UnsupportedCompressionType, .. } => Failure::lasting(
            said("The Kafka broker does not know this compression")
                .next("write compression = \"gzip\" in the settings of the output"),
        ),
        _ => Failure::passing(
            said("The Kafka broker did not take the records")
                .next("it is tried again; if it stays so, look at the broker's own log"),
        ),
    }
}

fn auth(reason: &str) -> Problem {
    let problem = Problem::new("The Kafka broker did not let this program in").because(reason);
    if reason.contains("TLS") {
        return problem.next(
            "name the authority that signed the broker's certificate as ca_file; if its name does \
             not match, the one that stands in it as server_name; a broker that wants a \
             certificate from here gets it by client_certificate and client_key",
        );
    }
    problem.next(
        "see whether user, password and sasl are what the broker knows; remove the output and add \
         it again to store another password",
    )
}
