//! Records that an item must, or must not, answer to: `<id>.match.json`, `<id>.quiet.json`.
//!
//! A file is a list of scenarios, each with a sentence that says why, and its records in order:
//! `{"why": "…", "log_type": "authentication", "records": [{…}, …]}`, or of several logs
//! `{"why": "…", "mixed": [{"log_type": "…", "record": {…}}, …]}`. Records keep their bytes. Where a
//! rule needs a list that a person keeps, the scenario brings one: `"lists": {"name": ["value"]}`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Files;
use crate::record::LogType;

/// Records in order, and why they stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// What the records show, in a sentence.
    pub why: String,
    /// The raw records, each with its log.
    pub records: Vec<(LogType, Box<str>)>,
    /// Lists that a person would keep, by name.
    pub lists: BTreeMap<String, Vec<String>>,
}

/// An item's samples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    /// The item must answer to each of these.
    pub matching: Vec<Scenario>,
    /// The item must answer to none of these.
    pub quiet: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    why: String,
    log_type: Option<LogType>,
    records: Option<Vec<Box<RawValue>>>,
    mixed: Option<Vec<One>>,
    #[serde(default)]
    lists: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    log_type: LogType,
    record: Box<RawValue>,
}

impl Samples {
    /// The samples of an item; `file` is the item's own: `categories/login-success.toml`. `None`
    /// when it has none at all, the reason with file and line when they cannot be read.
    pub fn of(files: &Files, file: &str) -> Result<Option<Self>, String> {
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let read = |kind: &str| -> Result<Option<Vec<Scenario>>, String> {
            let name = format!("{stem}.{kind}.json");
            files.get(&name).map(|text| read(&name, text)).transpose()
        };
        Ok(match (read("match")?, read("quiet")?) {
            (None, None) => None,
            (matching, quiet) => Some(Self {
                matching: matching.unwrap_or_default(),
                quiet: quiet.unwrap_or_default(),
            }),
        })
    }
}

fn read(file: &str, text: &str) -> Result<Vec<Scenario>, String> {
    let written: Vec<Written> = serde_json::from_str(text)
        .map_err(|error| format!("{file}, line {}: {error}", error.line()))?;
    written.into_iter().map(|written| scenario(file, written)).collect()
}

fn scenario(file: &str, mut written: Written) -> Result<Scenario, String> {
    let lists = std::mem::take(&mut written.lists);
    let raw = |record: &RawValue| Box::<str>::from(record.get());
    let records: Vec<(LogType, Box<str>)> = match written {
        Written { log_type: Some(log_type), records: Some(records), mixed: None, .. } => {
            records.iter().map(|record| (log_type, raw(record))).collect()
        }
        Written { log_type: None, records: None, mixed: Some(mixed), .. } => {
            mixed.iter().map(|one| (one.log_type, raw(&one.record))).collect()
        }
        Written { why, .. } => {
            return Err(format!(
                "{file}: the scenario \u{201c}{why}\u{201d} needs log_type and records, or mixed alone"
            ));
        }
    };
    if records.is_empty() {
        return Err(format!("{file}: the scenario \u{201c}{}\u{201d} has no records", written.why));
    }
    Ok(Scenario { why: written.why, records, lists })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(matching: &str) -> Result<Option<Samples>, String> {
        let mut files = Files::default();
        files.insert("rules/x.match.json".to_owned(), matching.to_owned());
        Samples::of(&files, "rules/x.yml")
    }

    #[test]
    fn records_keep_their_bytes_and_their_logs() {
        let text = r#"[{"why": "a", "log_type": "telephony", "records": [{"b":1,  "a":1.0}]},
            {"why": "b", "mixed": [{"log_type": "activity", "record": {"x":[]}}]}]"#;
        let samples = samples(text).unwrap().unwrap();
        assert_eq!(samples.matching.len(), 2);
        assert_eq!(
            samples.matching[0].records,
            [(LogType::Telephony, r#"{"b":1,  "a":1.0}"#.into())]
        );
        assert_eq!(samples.matching[1].records[0].0, LogType::Activity);
        assert!(samples.quiet.is_empty());
    }

    #[test]
    fn a_scenario_brings_the_lists_a_rule_needs() {
        let text = r#"[{"why": "a", "log_type": "telephony", "lists": {"numbers": ["1", "2"]}, "records": [{}]}]"#;
        let samples = samples(text).unwrap().unwrap();
        assert_eq!(samples.matching[0].lists["numbers"], ["1", "2"]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (text, told) in [
            ("[{\n\"why\": \"a\",\n\"log_type\": \"telefony\"}]", "rules/x.match.json, line 3"),
            (r#"[{"why": "a", "log_type": "telephony"}]"#, "needs log_type and records"),
            (r#"[{"why": "a", "log_type": "telephony", "records": []}]"#, "has no records"),
        ] {
            let error = samples(text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
