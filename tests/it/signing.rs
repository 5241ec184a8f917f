//! The published and computed signatures, 25 in all, against ours.

use std::collections::BTreeMap;

use duo_integrator::duo::sign::{Request, Scheme};
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    version: u32,
    hmac: String,
    ikey: String,
    skey: String,
    date: String,
    method: String,
    host: String,
    path: String,
    params: BTreeMap<String, Vec<String>>,
    body: String,
    x_duo_headers: BTreeMap<String, String>,
    canonical: String,
    signature: String,
    authorization: String,
}

#[test]
fn all_published_signatures_come_out_the_same() {
    let file: File = serde_json::from_str(include_str!("../data/signing-vectors.json")).unwrap();
    assert_eq!(file.vectors.len(), 25);
    for vector in &file.vectors {
        let scheme = match (vector.version, vector.hmac.as_str()) {
            (5, _) => Scheme::V5,
            (2, "sha512") => Scheme::V2Sha512,
            (2, "sha1") => Scheme::V2Sha1,
            other => panic!("{}: {other:?}", vector.id),
        };
        let params: Vec<(&str, &str)> = vector
            .params
            .iter()
            .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
            .collect();
        let headers: Vec<(&str, &str)> = vector
            .x_duo_headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request {
            date: &vector.date,
            method: &vector.method,
            host: &vector.host,
            path: &vector.path,
            params: &params,
            // In v2 the form is the body, and its parameters are signed instead.
            body: if scheme == Scheme::V5 { vector.body.as_bytes() } else { b"" },
            headers: &headers,
        };
        let key = vector.skey.as_bytes();
        assert_eq!(request.canonical(scheme), vector.canonical, "{}", vector.id);
        assert_eq!(request.signature(scheme, key), vector.signature, "{}", vector.id);
        assert_eq!(
            request.authorization(scheme, &vector.ikey, key),
            vector.authorization,
            "{}",
            vector.id
        );
    }
}
