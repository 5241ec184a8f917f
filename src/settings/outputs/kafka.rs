//! Records to a Kafka-compatible broker: `type = "kafka"`.
//!
//! Sources: what a topic may be called, <https://kafka.apache.org/documentation/#topicconfigs>;
//! SASL's mechanisms, <https://kafka.apache.org/documentation/#security_sasl>.

use super::connection::Tls;
use super::email::is_loopback;
use crate::base::address::clean_hostname;
use crate::settings::account::not_allowed;
use crate::settings::section::Section;

/// A topic of a Kafka-compatible broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaOutput {
    /// Where brokers are, as `host:port`; never empty. One that answers names all others.
    pub brokers: Vec<String>,
    /// The topic, with `{log_type}` in it or not.
    pub topic: String,
    /// How TLS is spoken; `None`: not at all.
    pub tls: Option<Tls>,
    /// Who logs in, and how; the password lives in the keychain.
    pub login: Option<KafkaLogin>,
    /// How batches are compressed.
    pub compression: KafkaCompression,
    /// Whether brokers are asked to tell a repeat by its number.
    pub idempotent: bool,
}

/// Who logs in at a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaLogin {
    /// The user.
    pub user: String,
    /// How the password is proven.
    pub mechanism: Mechanism,
}

/// How a password is proven: SASL's mechanism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// `SCRAM-SHA-512`: the password never leaves this computer.
    ScramSha512,
    /// `SCRAM-SHA-256`: likewise.
    ScramSha256,
    /// `PLAIN`: the password itself, under TLS.
    Plain,
}

/// How batches are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaCompression {
    /// Zstandard: the smallest.
    Zstd,
    /// LZ4.
    Lz4,
    /// Snappy.
    Snappy,
    /// Gzip.
    Gzip,
    /// Not at all.
    None,
}

/// The port brokers usually listen on.
const USUAL_PORT: u16 = 9092;

impl Mechanism {
    const ALL: [Self; 3] = [Self::ScramSha512, Self::ScramSha256, Self::Plain];

    /// The fixed name: `scram-sha-512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ScramSha512 => "scram-sha-512",
            Self::ScramSha256 => "scram-sha-256",
            Self::Plain => "plain",
        }
    }
}

impl KafkaCompression {
    const ALL: [Self; 5] = [Self::Zstd, Self::Lz4, Self::Snappy, Self::Gzip, Self::None];

    /// The fixed name: `zstd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Snappy => "snappy",
            Self::Gzip => "gzip",
            Self::None => "none",
        }
    }
}

impl KafkaOutput {
    /// Where it leads, for people.
    pub fn destination(&self) -> String {
        format!("topic {} at {}", self.topic, self.brokers.join(", "))
    }

    /// What has to be in the keychain, in words.
    pub(super) const fn secret_words(&self) -> Option<&'static str> {
        match self.login {
            Some(_) => Some("the password of the Kafka user"),
            None => None,
        }
    }

    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let brokers = brokers(section);
        let topic = section.text("topic").map(|topic| topic.trim().to_owned());
        match topic.as_deref().map(check_topic) {
            None => section.wrong("topic", "name the topic: \"duo\", or \"duo-{log_type}\""),
            Some(Ok(())) => {}
            Some(Err(what)) => section.wrong("topic", what),
        }
        let speaks_tls = section.flag("tls").unwrap_or(true);
        let tls = Tls::read(section);
        if !speaks_tls && !tls.is_plain() {
            section.wrong("tls", "certificates are for TLS; remove this line, or them");
        }
        let unsafe_none = section.flag("unsafe_allow_no_tls").unwrap_or(false);
        if !speaks_tls && !unsafe_none && !brokers.iter().all(|broker| is_here(broker)) {
            let what = "without TLS everybody on the way reads and changes the records; only \
                        brokers on this computer may be reached so, or with \
                        unsafe_allow_no_tls = true";
            section.wrong("tls", what);
        }
        let user = section.text("user").filter(|user| !user.trim().is_empty());
        let mechanism = section.text("sasl").map(|name| {
            let found = Mechanism::ALL.into_iter().find(|one| one.name() == name.trim());
            if found.is_none() {
                section.wrong("sasl", not_allowed(&name, &Mechanism::ALL.map(Mechanism::name)));
            }
            found.unwrap_or(Mechanism::ScramSha512)
        });
        if mechanism.is_some() && user.is_none() {
            section.wrong("user", "say who logs in; the password lives in the keychain");
        }
        let login = user.map(|user| KafkaLogin {
            user: user.trim().to_owned(),
            mechanism: mechanism.unwrap_or(Mechanism::ScramSha512),
        });
        let compression = match section.text("compression") {
            None => KafkaCompression::Zstd,
            Some(name) => {
                let found = KafkaCompression::ALL.into_iter().find(|one| one.name() == name.trim());
                found.unwrap_or_else(|| {
                    let what =
                        not_allowed(&name, &KafkaCompression::ALL.map(KafkaCompression::name));
                    section.wrong("compression", what);
                    KafkaCompression::Zstd
                })
            }
        };
        let idempotent = section.flag("idempotent").unwrap_or(true);
        let tls = speaks_tls.then_some(tls);
        Some(Self { brokers, topic: topic?, tls, login, compression, idempotent })
    }
}

/// The topic of a log: each has its own where the name says so.
pub fn topic_for(topic: &str, log_type: &str) -> String {
    topic.replace("{log_type}", log_type)
}

fn brokers(section: &mut Section<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for text in section.texts("brokers").unwrap_or_default() {
        match clean_hostname(&text) {
            Ok(place) => found.push(with_port(&place)),
            Err(what) => {
                section.wrong("brokers", format!("{what}; write it as kafka.example.com:9093"));
            }
        }
    }
    if found.is_empty() {
        section.wrong("brokers", "say where a broker is: [\"kafka.example.com:9093\"]");
    }
    found
}

fn with_port(place: &str) -> String {
    match place.rsplit_once(':') {
        Some((_, port)) if !port.contains(']') => place.to_owned(),
        _ => format!("{place}:{USUAL_PORT}"),
    }
}

fn is_here(broker: &str) -> bool {
    is_loopback(broker.rsplit_once(':').map_or(broker, |(host, _)| host))
}

fn check_topic(topic: &str) -> Result<(), String> {
    let plain = topic_for(topic, "authentication");
    if plain.contains(['{', '}']) {
        return Err("the only word in braces that a topic may have is {log_type}".to_owned());
    }
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if plain.is_empty() || plain.len() > 249 || !plain.chars().all(is_fine) || plain == "." {
        return Err("a topic has letters, digits, dots, dashes and underscores only, at most 249 \
                    of them"
            .to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Destination, Mistake, Output, Target};

    fn read(text: &str) -> Result<KafkaOutput, Vec<Mistake>> {
        let table = format!("name = \"K\"\ntype = \"kafka\"\n{text}").parse().unwrap();
        Output::check(&table).map(|output| match output.target {
            Target::Records(records) => match records.to {
                Destination::Kafka(kafka) => kafka,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn little_has_to_be_said() {
        let kafka = read("brokers = [\"Kafka.example.com\"]\ntopic = \"duo\"").unwrap();
        assert_eq!(kafka.brokers, ["kafka.example.com:9092"]);
        assert!(kafka.tls.is_some() && kafka.login.is_none() && kafka.idempotent);
        assert_eq!(kafka.compression, KafkaCompression::Zstd);
        assert_eq!(kafka.secret_words(), None);
    }

    #[test]
    fn everything_can_be_said() {
        let kafka = read(
            "brokers = [\"a.example.com:9093\", \"b.example.com:9093\"]\n\
             topic = \"duo.{log_type}\"\nuser = \"integrator\"\nsasl = \"plain\"\n\
             compression = \"lz4\"\nca_file = \"ca.pem\"\nclient_certificate = \"c.pem\"\n\
             client_key = \"k.pem\"\nidempotent = false",
        )
        .unwrap();
        assert_eq!(kafka.brokers.len(), 2);
        assert_eq!(topic_for(&kafka.topic, "activity"), "duo.activity");
        assert_eq!(kafka.login.as_ref().unwrap().mechanism, Mechanism::Plain);
        assert!(kafka.tls.as_ref().unwrap().client.is_some());
        assert!(!kafka.idempotent);
        assert!(kafka.secret_words().is_some());
    }

    #[test]
    fn plain_text_leaves_this_computer_only_when_a_person_insists() {
        let here = "brokers = [\"localhost:9092\", \"[::1]:9092\"]\ntopic = \"duo\"\ntls = false";
        assert_eq!(read(here).unwrap().tls, None);
        let away = "brokers = [\"10.0.0.1:9092\"]\ntopic = \"duo\"\ntls = false";
        assert!(read(away).is_err());
        assert!(read(&format!("{away}\nunsafe_allow_no_tls = true")).is_ok());
    }

    #[test]
    fn each_mistake_is_told_at_its_key() {
        let wrong = [
            ("topic", "brokers = [\"localhost\"]"),
            ("topic", "brokers = [\"localhost\"]\ntopic = \"du o\""),
            ("topic", "brokers = [\"localhost\"]\ntopic = \"duo-{account}\""),
            ("brokers", "topic = \"duo\""),
            ("brokers", "topic = \"duo\"\nbrokers = [\"kafka://u:p@x\"]"),
            ("user", "topic = \"duo\"\nbrokers = [\"x\"]\nsasl = \"plain\""),
            ("sasl", "topic = \"duo\"\nbrokers = [\"x\"]\nuser = \"u\"\nsasl = \"gssapi\""),
            ("compression", "topic = \"duo\"\nbrokers = [\"x\"]\ncompression = \"zip\""),
            ("tls", "topic = \"duo\"\nbrokers = [\"localhost\"]\ntls = false\nca_file = \"c\""),
            ("password", "topic = \"duo\"\nbrokers = [\"x\"]\npassword = \"hunter2\""),
        ];
        for (key, text) in wrong {
            let mistakes = read(text).unwrap_err();
            assert!(mistakes.iter().any(|one| one.key.ends_with(key)), "{key}: {mistakes:?}");
            assert!(!format!("{mistakes:?}").contains("hunter2"));
        }
    }
}
