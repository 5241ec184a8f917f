//! What benchmarks fill a store with: an account, and pages as Duo's answers hold them.

use std::ops::Range;

use duo_integrator::store::AccountRef;

/// The account of all records.
pub fn account() -> AccountRef {
    AccountRef {
        name: "Bench".to_owned(),
        integration_key: "DIBENCH0000000000000".to_owned(),
        api_hostname: "127.0.0.1".to_owned(),
        child: None,
    }
}

/// A page of records, and where each of them lies in it.
pub fn joined<'a>(records: impl Iterator<Item = &'a str>) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut body, mut ranges) = (Vec::new(), Vec::new());
    for record in records {
        let start = body.len();
        body.extend_from_slice(record.as_bytes());
        ranges.push(start..body.len());
        body.push(b',');
    }
    (body, ranges)
}
