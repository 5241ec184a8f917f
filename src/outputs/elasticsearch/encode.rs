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

use crate::outputs::{Item, json};

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

fn id(item: &Item) -> String {
    if item.id.len() <= LONGEST_ID {
        return item.id.to_string();
    }
    HEXLOWER.encode(&Sha256::digest(item.id.as_bytes()))
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
