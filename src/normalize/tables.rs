//! The mappings of the knowledge pack, read once.
//!
//! Promises: what is wrong in a mapping is told with its file; everything a name matches is found
//! without trying patterns again for names that stand in the tables.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::base::Problem;
use crate::knowledge::Knowledge;
use crate::record::LogType;

/// All mappings.
#[derive(Clone, Debug)]
pub struct Tables {
    pub ecs: Ecs,
    pub ocsf: Ocsf,
    pub severity: Severity,
    pub cef: Fields,
    pub leef: Fields,
    pub csv: Csv,
    countries: Countries,
}

#[derive(Clone, Debug, Deserialize)]
struct Countries {
    codes: HashMap<String, String>,
}

impl Tables {
    /// Reads them out of a pack.
    pub fn read(knowledge: &Knowledge) -> Result<Self, Problem> {
        let mut ecs: Ecs = table(knowledge, "ecs")?;
        ecs.prepare();
        let mut ocsf: Ocsf = table(knowledge, "ocsf")?;
        ocsf.check()?;
        ocsf.prepare();
        Ok(Self {
            ecs,
            ocsf,
            severity: table(knowledge, "severity")?,
            cef: table(knowledge, "cef")?,
            leef: table(knowledge, "leef")?,
            csv: table(knowledge, "csv")?,
            countries: table(knowledge, "countries")?,
        })
    }

    /// The two letters for a country as Duo names it, or as it is abbreviated already.
    pub fn country_code<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let is_code = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_uppercase());
        self.countries.codes.get(name).map(String::as_str).or(is_code.then_some(name))
    }
}

fn table<T: DeserializeOwned>(knowledge: &Knowledge, name: &str) -> Result<T, Problem> {
    let file = format!("mappings/{name}.toml");
    let text = knowledge
        .file(&file)
        .ok_or_else(|| Problem::new(format!("The knowledge pack has no {file}")))?;
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(1, |before| before.bytes().filter(|byte| *byte == b'\n').count() + 1);
        Problem::new(format!("{file}, line {line}, cannot be read")).because(error.message())
    })
}

/// How codes become values of the Elastic Common Schema.
#[derive(Clone, Debug, Deserialize)]
pub struct Ecs {
    pub version: String,
    dataset: HashMap<String, String>,
    outcome: HashMap<String, String>,
    action: Vec<EcsAction>,
    #[serde(skip)]
    known: HashMap<String, Arc<EcsKind>>,
}

#[derive(Clone, Debug, Deserialize)]
struct EcsAction {
    names: Vec<String>,
    #[serde(default)]
    category: Vec<String>,
    #[serde(default, rename = "type")]
    kind: Vec<String>,
}

/// `event.category` and `event.type` of an act.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EcsKind {
    pub category: Vec<String>,
    pub kind: Vec<String>,
}

impl Ecs {
    fn prepare(&mut self) {
        let names = exact_names(self.action.iter().map(|entry| &entry.names));
        self.known = names.map(|name| (name.clone(), Arc::new(self.gather(&name)))).collect();
    }

    /// The data set of a log.
    pub fn dataset(&self, log: &str) -> &str {
        self.dataset.get(log).map_or("", String::as_str)
    }

    /// `event.outcome`, of a canonical result.
    pub fn outcome(&self, result: &str) -> &str {
        self.outcome.get(result).map_or("unknown", String::as_str)
    }

    /// What kind of event an act is, by its canonical name.
    pub fn kind(&self, action: &str) -> Arc<EcsKind> {
        match self.known.get(action) {
            Some(kind) => Arc::clone(kind),
            None => Arc::new(self.gather(action)),
        }
    }

    fn gather(&self, action: &str) -> EcsKind {
        let mut kind = EcsKind::default();
        let add = |list: &mut Vec<String>, more: &[String]| {
            for name in more {
                if !list.contains(name) {
                    list.push(name.clone());
                }
            }
        };
        for entry in self.action.iter().filter(|entry| any_matches(&entry.names, action)) {
            add(&mut kind.category, &entry.category);
            add(&mut kind.kind, &entry.kind);
        }
        kind
    }
}

/// How codes become classes and activities of the OCSF.
#[derive(Clone, Debug, Deserialize)]
pub struct Ocsf {
    pub version: String,
    class: HashMap<String, OcsfClass>,
    log: HashMap<String, String>,
    action: Vec<OcsfAction>,
    entity: HashMap<String, i64>,
    factor: HashMap<String, OcsfFactor>,
    no_factor: Codes,
    #[serde(skip)]
    known: HashMap<String, usize>,
}

/// A class of events.
#[derive(Clone, Debug, Deserialize)]
pub struct OcsfClass {
    pub uid: i64,
    pub name: String,
    pub category: i64,
    pub category_name: String,
    activities: BTreeMap<String, String>,
}

impl OcsfClass {
    /// The caption of an activity.
    pub fn activity(&self, id: i64) -> &str {
        self.activities.get(&id.to_string()).map_or("", String::as_str)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct OcsfAction {
    names: Vec<String>,
    class: String,
    activity: i64,
    #[serde(default)]
    entity: Option<String>,
}

/// A second factor as the schema sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct OcsfFactor {
    pub id: i64,
    pub caption: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Codes {
    codes: Vec<String>,
}

/// What kind of event a record is.
#[derive(Clone, Debug)]
pub struct OcsfKind<'a> {
    pub class: &'a OcsfClass,
    pub activity: i64,
    pub entity: Option<&'a str>,
}

impl Ocsf {
    fn check(&self) -> Result<(), Problem> {
        let unknown = |class: &str| {
            Problem::new("mappings/ocsf.toml cannot be used")
                .because(format!("there is no class \u{201c}{class}\u{201d} in it"))
        };
        let logs = LogType::ALL
            .iter()
            .map(|log_type| self.log.get(log_type.name()).map_or(log_type.name(), String::as_str));
        for class in self.action.iter().map(|entry| entry.class.as_str()).chain(logs) {
            if !self.class.contains_key(class) {
                return Err(unknown(class));
            }
        }
        for entry in &self.action {
            let class = self.class.get(&entry.class);
            if class.is_none_or(|class| class.activity(entry.activity).is_empty()) {
                return Err(Problem::new("mappings/ocsf.toml cannot be used").because(format!(
                    "activity {} of {} has no caption in it",
                    entry.activity, entry.class
                )));
            }
        }
        Ok(())
    }

    fn prepare(&mut self) {
        let names = exact_names(self.action.iter().map(|entry| &entry.names));
        let found = names.filter_map(|name| Some((name.clone(), self.first(&name)?)));
        self.known = found.collect();
    }

    fn first(&self, action: &str) -> Option<usize> {
        self.action.iter().position(|entry| any_matches(&entry.names, action))
    }

    /// What kind of event a record is: by its action, else by its log.
    pub fn kind(&self, log_type: LogType, action: Option<&str>) -> Option<OcsfKind<'_>> {
        let own = self.class.get(self.log.get(log_type.name())?)?;
        // The kind of a call or of a security event is no act.
        let acts = !matches!(log_type, LogType::Telephony | LogType::TrustMonitor);
        let found = action
            .filter(|_| acts)
            .and_then(|action| self.known.get(action).copied().or_else(|| self.first(action)));
        Some(match found.and_then(|at| self.action.get(at)) {
            Some(entry) => OcsfKind {
                class: self.class.get(&entry.class)?,
                activity: entry.activity,
                entity: entry.entity.as_deref(),
            },
            None => OcsfKind { class: own, activity: 99, entity: None },
        })
    }

    /// The schema's number for a kind of thing.
    pub fn entity(&self, kind: &str) -> i64 {
        self.entity.get(kind).copied().unwrap_or(99)
    }

    /// A second factor, by its canonical code.
    pub fn factor(&self, code: &str) -> Option<&OcsfFactor> {
        self.factor.get(code)
    }

    /// Whether a factor's code says that none was asked for.
    pub fn is_no_factor(&self, code: &str) -> bool {
        self.no_factor.codes.iter().any(|known| known == code)
    }
}

/// How grave single records are.
#[derive(Clone, Debug, Deserialize)]
pub struct Severity {
    level: HashMap<Level, Numbers>,
    by: Levels,
}

#[derive(Clone, Debug, Deserialize)]
struct Levels {
    result: HashMap<String, Level>,
    reason: HashMap<String, Level>,
    factor: HashMap<String, Level>,
    action: HashMap<String, Level>,
    trust_monitor: HashMap<String, Level>,
}

/// How grave something is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Level {
    /// As a caption.
    pub const fn caption(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }
}

/// A level's number in each format.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Numbers {
    pub cef: u8,
    pub leef: u8,
    pub ocsf: u8,
}

impl Severity {
    /// The gravest level that fits; each is given as a canonical code.
    pub fn of(
        &self,
        log_type: LogType,
        codes: &Codified<'_>,
        is_priority: bool,
    ) -> (Level, Numbers) {
        let mut level = Level::Informational;
        if log_type == LogType::TrustMonitor {
            let name = if is_priority { "priority" } else { "event" };
            level = self.by.trust_monitor.get(name).copied().unwrap_or(level);
        } else {
            for (table, code) in [
                (&self.by.result, &codes.result),
                (&self.by.reason, &codes.reason),
                (&self.by.factor, &codes.factor),
                (&self.by.action, &codes.action),
            ] {
                let found = code.as_deref().and_then(|code| table.get(code));
                level = level.max(found.copied().unwrap_or(level));
            }
        }
        (level, self.level.get(&level).copied().unwrap_or_default())
    }
}

/// A record's canonical codes.
#[derive(Clone, Debug, Default)]
pub struct Codified<'a> {
    pub action: Option<Cow<'a, str>>,
    pub result: Option<Cow<'a, str>>,
    pub reason: Option<Cow<'a, str>>,
    pub factor: Option<Cow<'a, str>>,
}

/// The keys of a format of keys and values.
#[derive(Clone, Debug, Deserialize)]
pub struct Fields {
    pub vendor: String,
    pub product: String,
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// One key.
#[derive(Clone, Debug, Deserialize)]
pub struct Field {
    pub key: String,
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub logs: Vec<LogType>,
    pub from: Vec<String>,
}

/// The columns of CSV.
#[derive(Clone, Debug, Deserialize)]
pub struct Csv {
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, Deserialize)]
pub struct Column {
    pub name: String,
    #[serde(default)]
    pub logs: Vec<LogType>,
    pub from: Vec<String>,
}

/// The names without a pattern in them.
fn exact_names<'a>(lists: impl Iterator<Item = &'a Vec<String>>) -> std::vec::IntoIter<String> {
    let names: Vec<String> = lists.flatten().filter(|name| !name.contains('*')).cloned().collect();
    names.into_iter()
}

fn any_matches(names: &[String], text: &str) -> bool {
    names.iter().any(|name| matches(name, text))
}

/// Whether a name fits a pattern in which `*` stands for any letters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    if rest.is_empty() {
        return true;
    }
    let mut places = (0..=text.len()).filter_map(|at| text.get(at..));
    places.any(|tail| matches(rest, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, fits) in [
            ("a_b", "a_b", true),
            ("a_b", "a_bc", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("*c", "abcd", false),
            ("*b*", "abc", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("*é*", "caf\u{e9}s", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn the_embedded_mappings_can_be_read() {
        let tables = Tables::read(&Knowledge::embedded().unwrap()).unwrap();
        let kind = tables.ecs.kind("user_create");
        assert_eq!(
            (kind.category.as_slice(), kind.kind.as_slice()),
            (["iam".to_owned()].as_slice(), ["user".to_owned(), "creation".to_owned()].as_slice())
        );
        assert_eq!(tables.ecs.kind("gadget_create").kind, ["creation"]);
        let kind = tables.ocsf.kind(LogType::Activity, Some("policy_update")).unwrap();
        assert_eq!((kind.class.uid, kind.activity, kind.entity), (3004, 3, Some("Policy")));
    }

    #[test]
    fn a_mistake_in_a_mapping_is_told_with_file_and_line() {
        use crate::knowledge::{Files, Origin};
        let mut files = Files::embedded();
        files.insert("mappings/csv.toml".into(), "\n[[column]]\nname = 3\nfrom = []\n".into());
        let knowledge = Knowledge::read(files, &Origin::Pack).unwrap();
        let problem = Tables::read(&knowledge).unwrap_err().to_string();
        assert!(problem.contains("mappings/csv.toml, line 3"), "{problem}");
    }
}
