//! What is handed records by other ways than HTTP requests of its own: files, syslog, Kafka, object
//! storage.

use super::{CA_FILE, CLIENT_CERTIFICATE, CLIENT_KEY, Field, Secret, Type, Typed};
use crate::window::look::icons;

const fn no_secret(_: &Typed) -> Option<Secret> {
    None
}

fn is_tls(typed: &Typed) -> bool {
    typed.is("transport", "tls")
}

fn is_stream(typed: &Typed) -> bool {
    !typed.is("transport", "udp")
}

pub(super) const TYPES: [Type; 4] = [
    Type {
        name: "file",
        title: "File",
        about: "For an agent that reads files: EventTracker\u{2019}s sensor, Splunk\u{2019}s \
                forwarder, Elastic Agent, Wazuh",
        icon: icons::FILE_TEXT,
        is_for_records: true,
        fields: &[
            Field::text("path", "Path")
                .example("/var/log/duo/{log_type}.jsonl")
                .help(
                    "{account}, {log_type} and {date} in it stand for those of the record; a relative \
                     path starts at the settings file",
                )
                .wide(),
            Field::choice(
                "rotate",
                "New file",
                &[("daily", "Each day"), ("never", "Not by the day")],
            ),
            Field::text("rotate_size", "And when it would be larger than")
                .example("100 MB")
                .help("Empty for no limit"),
            Field::choice(
                "compress",
                "Files that are finished",
                &[("none", "Stay as they are"), ("gzip", "Become .gz"), ("zstd", "Become .zst")],
            )
            .rare(),
            Field::text("keep", "Keep finished files for")
                .example("30 days")
                .help("Empty to keep them for ever")
                .rare(),
            Field::new("keep_files", "Keep at most so many", super::What::Number)
                .example("14")
                .help("For each path; empty for no limit")
                .rare(),
        ],
        secret: no_secret,
    },
    Type {
        name: "syslog",
        title: "Syslog",
        about: "To a syslog receiver or a SIEM, over TLS, TCP or UDP",
        icon: icons::LIST,
        is_for_records: true,
        fields: &[
            Field::text("address", "Address")
                .example("syslog.example.com:6514")
                .help("Without a port, the usual one: 6514 for TLS, 601 for TCP, 514 for UDP"),
            Field::choice(
                "transport",
                "Way",
                &[
                    ("tcp", "TCP: arrives in order, can be read on the way"),
                    ("tls", "TLS: nobody reads it on the way"),
                    ("udp", "UDP: nobody tells what is lost"),
                ],
            ),
            Field::choice(
                "form",
                "Form of a message",
                &[("rfc5424", "RFC 5424, today\u{2019}s"), ("rfc3164", "RFC 3164, for old receivers")],
            ),
            Field::choice(
                "framing",
                "End of a message",
                &[
                    ("octet_counting", "Its length is told first"),
                    ("line_feed", "A line feed, for old receivers"),
                ],
            )
            .when(is_stream),
            CA_FILE.often().when(is_tls),
            Field::text("server_name", "Name in the certificate")
                .example("syslog.example.com")
                .help("Where it is another than the address\u{2019}s")
                .when(is_tls),
            CLIENT_CERTIFICATE.when(is_tls),
            CLIENT_KEY.when(is_tls),
            Field::text("facility", "Facility")
                .example("local0")
                .help("local0 unless you write another")
                .rare(),
            Field::text("app_name", "Name of the program in each message")
                .example("duo-integrator")
                .rare(),
            Field::text("hostname", "Name of the computer in each message")
                .example("duo.example.com")
                .help("The account\u{2019}s API hostname unless you write another")
                .rare(),
            Field::text("max_size", "Longest message")
                .example("64 KB")
                .help("Longer ones have their longest texts cut, and say so; they stay whole messages")
                .rare(),
        ],
        secret: no_secret,
    },
    Type {
        name: "kafka",
        title: "Kafka",
        about: "To a topic of any Kafka-compatible broker",
        icon: icons::ROWS,
        is_for_records: true,
        fields: &[
            Field::list("brokers", "Brokers")
                .example("kafka-1.example.com:9093, kafka-2.example.com:9093")
                .help("One that answers names all others")
                .wide(),
            Field::text("topic", "Topic")
                .example("duo")
                .help("{log_type} in it stands for the record\u{2019}s log"),
            Field::text("user", "User").help("Empty where the brokers ask for none"),
            Field::choice(
                "sasl",
                "Proof of the password",
                &[
                    ("scram-sha-512", "SCRAM-SHA-512"),
                    ("scram-sha-256", "SCRAM-SHA-256"),
                    ("plain", "PLAIN, under TLS"),
                ],
            )
            .when(|typed| typed.has("user")),
            Field::choice(
                "compression",
                "Compression",
                &[
                    ("zstd", "Zstandard, the smallest"),
                    ("lz4", "LZ4"),
                    ("snappy", "Snappy"),
                    ("gzip", "Gzip"),
                    ("none", "None"),
                ],
            )
            .rare(),
            Field::flag("tls", "Encrypt the way (TLS)", true)
                .help("Without it, only brokers on this computer are reached"),
            CA_FILE.when(|typed| !typed.is("tls", super::NO)),
            Field::text("server_name", "Name in the certificate")
                .example("kafka.example.com")
                .rare()
                .when(|typed| !typed.is("tls", super::NO)),
            CLIENT_CERTIFICATE.when(|typed| !typed.is("tls", super::NO)),
            CLIENT_KEY.when(|typed| !typed.is("tls", super::NO)),
            Field::flag("idempotent", "Have brokers tell repeats by their number", true)
                .help("Off for brokers that cannot")
                .rare(),
        ],
        secret: |typed| typed.has("user").then_some(Secret::new("Password", "")),
    },
    Type {
        name: "s3",
        title: "S3 object storage",
        about: "To a bucket at Amazon or anywhere that speaks S3, as Parquet or JSON Lines",
        icon: icons::DATABASE,
        is_for_records: true,
        fields: &[
            Field::text("bucket", "Bucket").example("duo-logs"),
            Field::text("region", "Region")
                .example("eu-central-1")
                .help("Amazon needs it; others seldom do"),
            Field::text("url", "Address of the store")
                .example("https://minio.example.com:9000")
                .help("Empty for Amazon\u{2019}s own")
                .wide(),
            Field::text("access_key_id", "Access key ID").example("AKIAIOSFODNN7EXAMPLE"),
            Field::text("prefix", "Names begin with")
                .example("duo/")
                .help("Empty for the bucket\u{2019}s top"),
            Field::choice(
                "objects",
                "What an object holds",
                &[("parquet", "A Parquet file"), ("json_lines", "JSON Lines, compressed (zstd)")],
            ),
            Field::text("gather", "Gather records for")
                .example("5 min")
                .help("An object is written after so long, or when it is large enough")
                .rare(),
            Field::new("path_style", "Bucket in the path of addresses", super::What::Perhaps).rare(),
            CA_FILE,
        ],
        secret: |_| Some(Secret::new("Secret access key", "")),
    },
];
