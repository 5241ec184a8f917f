//! What is handed records by HTTP requests.

use super::{CA_FILE, CLIENT_CERTIFICATE, CLIENT_KEY, Field, Secret, Type, Typed, What, YES};
use crate::window::look::icons;

fn is_sumo(typed: &Typed) -> bool {
    typed.is("template", "sumo_logic")
}

fn has_fixed_body(typed: &Typed) -> bool {
    ["cribl", "datadog", "graylog"].contains(&typed.get("template"))
}

pub(super) const TYPES: [Type; 6] = [
    Type {
        name: "splunk_hec",
        title: "Splunk",
        about: "To an HTTP Event Collector, with the fields that Splunk\u{2019}s Duo content expects",
        icon: icons::MAGNIFIER,
        is_for_records: true,
        fields: &[
            Field::text("url", "Address")
                .example("https://splunk.example.com:8088")
                .help("Of the HTTP Event Collector")
                .wide(),
            Field::text("index", "Index").example("duo").help("The token\u{2019}s own when empty"),
            Field::text("source", "Source").example("duo-integrator").rare(),
            Field::flag("acknowledgment", "Wait until Splunk has indexed each batch", false)
                .help("For a token with indexer acknowledgment"),
            CA_FILE,
            CLIENT_CERTIFICATE,
            CLIENT_KEY,
        ],
        secret: |_| {
            Some(Secret::new("Token", "From Settings, Data inputs, HTTP Event Collector. "))
        },
    },
    Type {
        name: "elasticsearch",
        title: "Elasticsearch or OpenSearch",
        about: "To a data stream, as documents of the Elastic Common Schema",
        icon: icons::TABLE,
        is_for_records: true,
        fields: &[
            Field::text("url", "Address").example("https://elastic.example.com:9200").wide(),
            Field::text("data_stream", "Data stream")
                .example("logs-duo-default")
                .help("{log_type} in it stands for the record\u{2019}s log"),
            Field::text("user", "User")
                .help("Empty to sign in with an API key")
                .when(|typed| !typed.is("anonymous", YES)),
            Field::flag("anonymous", "The cluster asks nobody to sign in", false).rare(),
            CA_FILE,
            CLIENT_CERTIFICATE,
            CLIENT_KEY,
        ],
        secret: |typed| match (typed.is("anonymous", YES), typed.has("user")) {
            (true, _) => None,
            (false, true) => Some(Secret::new("Password", "")),
            (false, false) => Some(Secret::new("API key", "In its encoded form. ")),
        },
    },
    Type {
        name: "clickhouse",
        title: "ClickHouse",
        about: "To a table, for more records than one computer should hold",
        icon: icons::COLUMNS,
        is_for_records: true,
        fields: &[
            Field::text("url", "Address").example("https://clickhouse.example.com:8443").wide(),
            Field::text("database", "Database").example("default"),
            Field::text("table", "Table").example("duo_records"),
            Field::text("user", "User").help("Empty where it asks for none"),
            CA_FILE,
            CLIENT_CERTIFICATE,
            CLIENT_KEY,
        ],
        secret: |typed| typed.has("user").then_some(Secret::new("Password", "")),
    },
    Type {
        name: "azure_monitor",
        title: "Microsoft Sentinel",
        about: "To a table of Azure Monitor, by a data collection rule",
        icon: icons::SHIELD,
        is_for_records: true,
        fields: &[
            Field::text("url", "Ingestion address")
                .example("https://duo-a1b2.eastus-1.ingest.monitor.azure.com")
                .help("Of the data collection rule or endpoint: \u{201c}Logs ingestion\u{201d}")
                .wide(),
            Field::text("rule", "Rule")
                .example("dcr-0123456789abcdef0123456789abcdef")
                .help("The immutable ID of the data collection rule"),
            Field::text("stream", "Stream").example("Custom-Duo_CL"),
            Field::text("tenant", "Tenant")
                .example("00000000-0000-0000-0000-000000000000")
                .help("Directory (tenant) ID of the application"),
            Field::text("client_id", "Application")
                .example("00000000-0000-0000-0000-000000000000")
                .help("Application (client) ID"),
            Field::text("authority", "Where the application signs in")
                .example("https://login.microsoftonline.com")
                .help("Another one for the clouds of governments and China")
                .rare(),
            CA_FILE,
        ],
        secret: |_| {
            Some(Secret::new(
                "Client secret",
                "Its value, from \u{201c}Certificates & secrets\u{201d}. ",
            ))
        },
    },
    Type {
        name: "http",
        title: "HTTP",
        about: "To any address that takes JSON: Cribl, Datadog, Graylog, Panther, Sumo Logic, your own",
        icon: icons::GLOBE,
        is_for_records: true,
        fields: &[
            Field::choice(
                "template",
                "Receiver",
                &[
                    ("plain", "Any"),
                    ("cribl", "Cribl Stream"),
                    ("datadog", "Datadog"),
                    ("graylog", "Graylog (GELF)"),
                    ("panther", "Panther"),
                    ("sumo_logic", "Sumo Logic"),
                ],
            ),
            Field::text("url", "Address")
                .example("https://logs.example.com/duo")
                .wide()
                .when(|typed| !is_sumo(typed)),
            Field::text("header_name", "Header that lets one in")
                .example("Authorization")
                .help("Its value goes to the keychain; empty for the receiver\u{2019}s usual one")
                .when(|typed| !is_sumo(typed) && !typed.has("signature_header")),
            Field::choice(
                "body",
                "Several records stand",
                &[("", "As it is usual"), ("lines", "One a line"), ("array", "In a JSON array")],
            )
            .when(|typed| !has_fixed_body(typed)),
            Field::new("envelope", "Put id, log and account around each record", What::Perhaps)
                .rare()
                .when(|typed| !has_fixed_body(typed)),
            Field::new("gzip", "Compress bodies", What::Perhaps).rare(),
            Field::text("signature_header", "Header of a signature")
                .example("X-Signature")
                .help("Bodies are signed (HMAC-SHA256) with a key from the keychain")
                .rare()
                .when(|typed| !is_sumo(typed) && !typed.has("header_name")),
            Field::text("signature_prefix", "Before the signature")
                .example("sha256=")
                .rare()
                .when(|typed| typed.has("signature_header")),
            CA_FILE,
            CLIENT_CERTIFICATE,
            CLIENT_KEY,
        ],
        secret: |typed| {
            let template = typed.get("template");
            if is_sumo(typed) {
                let help = "Of the HTTP source. Whoever has it can write there. ";
                Some(Secret { is_address: true, ..Secret::new("Source address", help) })
            } else if typed.has("signature_header") {
                Some(Secret::new("Signing key", ""))
            } else if typed.has("header_name") || ["cribl", "panther"].contains(&template) {
                Some(Secret::new("Header value", ""))
            } else if template == "datadog" {
                Some(Secret::new("API key", ""))
            } else {
                None
            }
        },
    },
    Type {
        name: "otlp",
        title: "OpenTelemetry",
        about: "To a collector that takes OTLP logs over HTTP",
        icon: icons::PULSE,
        is_for_records: true,
        fields: &[
            Field::text("url", "Address").example("https://otel.example.com:4318").wide(),
            Field::text("header_name", "Header that lets one in")
                .example("Authorization")
                .help("Empty where the collector asks for none"),
            Field::text("service_name", "Service name").example("cisco-duo").rare(),
            CA_FILE,
            CLIENT_CERTIFICATE,
            CLIENT_KEY,
        ],
        secret: |typed| typed.has("header_name").then_some(Secret::new("Header value", "")),
    },
];
