//! Records as the `_bulk` interface takes them, and the template of their data stream.
//!
//! Promises: each document is created under the record's id, so that a repeat changes nothing; each
//! has a `@timestamp`, without which a data stream takes none.
//!
//! Sources: <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>,
//! <https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>; the types of fields,
//! <https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html>.

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::outputs::{Item, What, json};

/// No id may be longer.
const LONGEST_ID: usize = 512;

/// Above those that Elasticsearch brings along (100), and above its integrations' (200).
const PRIORITY: u32 = 250;

/// The body of a request.
pub fn body(data_stream: &str, items: &[Item]) -> Vec<u8> {
    let mut out = Vec::new();
    for item in items {
        json::object(&mut out, |action| {
            action.object("create", |create| {
                create.text("_index", &data_stream.replace("{log_type}", item.what.name()));
                create.text("_id", &id(item));
            });
        });
        out.push(b'\n');
        if item.line.starts_with(b"{\"@timestamp\":") {
            json::embed(&mut out, &item.line);
        } else {
            json::splice(&mut out, &item.line, |document| {
                document.text("@timestamp", &item.time.to_string());
            });
        }
        out.push(b'\n');
    }
    out
}

/// The record's id; with more before it where Duo gives none, because then two accounts can have the
/// same, and with its time for an alert, whose number another installation may give as well.
fn id(item: &Item) -> String {
    let (id, host) = (&item.id, &item.api_hostname);
    let is_number = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = match item.what {
        What::Record(log_type) if log_type.id_field().is_some() && !is_number => id.to_string(),
        What::Record(log_type) => format!("{}:{host}:{id}", log_type.name()),
        What::Alert => format!("alert:{host}:{}:{id}", item.time.0),
    };
    if id.len() > LONGEST_ID { HEXLOWER.encode(&Sha256::digest(id.as_bytes())) } else { id }
}

/// The template that makes a data stream of what is written there, with the types that matter.
pub fn template(data_stream: &str) -> Value {
    let keyword = json!({"type": "keyword", "ignore_above": 8191});
    let address = json!({"type": "ip", "ignore_malformed": true});
    json!({
        "index_patterns": [data_stream.replace("{log_type}", "*")],
        "data_stream": {},
        "priority": PRIORITY,
        "_meta": {"description": "Records of Cisco Duo, handed over by Duo Security Integrator"},
        "template": {
            "settings": {
                "index.mapping.total_fields.limit": 2000,
                "index.mapping.ignore_malformed": true,
            },
            "mappings": {
                "date_detection": false,
                "dynamic_templates": [
                    {"addresses": {"match": "ip", "match_mapping_type": "string", "mapping": address}},
                    {"texts": {"match_mapping_type": "string", "mapping": keyword}},
                ],
                "properties": {
                    "@timestamp": {"type": "date"},
                    "message": {"type": "text"},
                    "event": {"properties": {
                        "created": {"type": "date"},
                        "original": {"type": "keyword", "index": false, "doc_values": false},
                    }},
                },
            },
        },
    })
}
