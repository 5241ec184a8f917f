//! Makes rules of their texts: checked once, then trusted.
//!
//! Promises: a rule that is accepted can be judged without further mistakes; whatever is wrong with
//! one is told with file and line and leaves the others as they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rsigma_eval::compile_rule;
use rsigma_parser::{ConditionExpr, CorrelationRule, SigmaRule};
use sha2::{Digest, Sha256};

use super::baseline::{Speed, Spike, WarmUp};
use super::codec::FORM;
use super::correlation::{AT_MOST, Correlation, Input};
use super::custom::{self, BaselineKind, BaselineText, Custom};
use super::expand;
use super::fields::{FieldId, Fields, derived_names};
use super::lists::Lists;
use super::matching::Condition;
use super::sigma::{Document, documents};
use super::together;
use crate::base::Problem;
use crate::base::words::nearest;
use crate::knowledge::{Item, Origin, RuleText};
use crate::record::{Level, LogType};

/// Alerts about the same closer together than this are one, unless a rule says otherwise.
const GROUP_FOR: Duration = Duration::from_secs(3600);

/// Rules that can be judged, and the fields they ask for.
#[derive(Debug, Default)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// Their fields.
    pub fields: Fields,
}

/// A rule that can be judged.
#[derive(Debug)]
pub struct Rule {
    /// Its name in commands and settings.
    pub id: Arc<str>,
    /// Its number in Sigma.
    pub uuid: Option<String>,
    /// What people read.
    pub title: String,
    /// How much it matters.
    pub level: Level,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether it came with a person's own pack.
    pub own: bool,
    /// The logs it looks at.
    pub log_types: Vec<LogType>,
    /// The list it waits for, when that is absent or empty.
    pub waits_for: Option<String>,
    /// Alerts about the same closer together than this are one.
    pub group_for: Duration,
    /// What an alert is about.
    pub subject: Vec<FieldId>,
    /// The id and a print of what it says: what was remembered under another is forgotten.
    pub print: Arc<str>,
    /// Its detections.
    pub parts: Vec<Part>,
    /// What it makes of records that match.
    pub way: Way,
}

/// One detection.
#[derive(Debug)]
pub struct Part {
    /// The logs it looks at.
    pub log_types: Vec<LogType>,
    /// What has to be true of a record.
    pub condition: Condition,
}

/// What a rule makes of records that match.
#[derive(Debug)]
pub enum Way {
    /// Each is a finding.
    Single,
    /// They mean something together.
    Correlated {
        /// The correlations, those below first.
        plan: Vec<Correlation>,
        /// For each detection the fields that make a group.
        group_by: Vec<Vec<FieldId>>,
        /// For each correlation the fields whose values are counted.
        values: Vec<Vec<FieldId>>,
    },
    /// A new value is a finding.
    Usual {
        /// Whose normal.
        by: Vec<FieldId>,
        /// What is new.
        value: Vec<FieldId>,
        /// When it is worth telling.
        warm_up: WarmUp,
    },
    /// An impossible journey is a finding.
    Journey {
        /// Whose.
        by: Vec<FieldId>,
        /// The country's field and the state's.
        place: (FieldId, FieldId),
        /// When it is impossible.
        speed: Speed,
    },
    /// More than usual is a finding.
    Spike {
        /// Whose normal.
        by: Vec<FieldId>,
        /// When it is more than usual.
        spike: Spike,
    },
}

impl Rules {
    /// Reads rules; tells what is wrong with those that cannot be.
    pub fn compile(items: &[Item<RuleText>], lists: &Lists) -> (Self, Vec<Problem>) {
        let (mut rules, mut problems) = (Self::default(), Vec::new());
        for item in items {
            match rule(item, lists, &mut rules.fields) {
                Ok(rule) => rules.rules.push(rule),
                Err(problem) => problems.push(problem),
            }
        }
        (rules, problems)
    }

    /// Leaves only the rules that are wanted.
    #[must_use]
    pub fn only(mut self, wanted: impl Fn(&Rule) -> bool) -> Self {
        self.rules.retain(wanted);
        self
    }

    /// Leaves only the rules that are in use and have what they need.
    #[must_use]
    pub fn in_use(self) -> Self {
        self.only(|rule| rule.enabled && rule.waits_for.is_none())
    }
}

/// What the document that alerts says, whichever kind it is.
struct Head<'d> {
    title: &'d str,
    uuid: Option<&'d str>,
    name: Option<&'d str>,
    level: Option<Level>,
    custom: Custom,
}

fn rule(item: &Item<RuleText>, lists: &Lists, fields: &mut Fields) -> Result<Rule, Problem> {
    let documents = documents(&item.file, &item.body.0)?;
    let Some((last, before)) = documents.split_last() else {
        return Err(Problem::new(format!("{}, line 1: there is no rule", item.file)));
    };
    let head = head(last)?;
    match head.name {
        Some(name) if name == item.id => {}
        Some(name) => {
            return Err(last
                .wrong(
                    "name",
                    format!("the rule is named \u{201c}{name}\u{201d} and its file {}", item.id),
                )
                .next("give the rule and its file the same name"));
        }
        None => {
            return Err(last
                .wrong("title", "the rule has no name")
                .next(format!("add the line name: {}", item.id)));
        }
    }
    let level = head.level.ok_or_else(|| {
        last.wrong("level", "the rule has no level")
            .next("write level: informational, low, medium, high or critical")
    })?;
    let mut waits_for = head.custom.needs.clone().filter(|name| lists.get(name).is_none());
    let mut parts = Vec::new();
    let mut names: Vec<Named> = Vec::new();
    let mut plan = Vec::new();
    for (document, alerts) in before.iter().map(|document| (document, false)).chain([(last, true)])
    {
        if let Some(sigma) = document.parsed.rules.first() {
            if !alerts && sigma.custom_attributes.contains_key("custom") {
                return Err(document.wrong("custom", "only the last document has this key"));
            }
            let (part, waits) = part(document, sigma, lists, fields)?;
            waits_for = waits_for.or(waits);
            let input = Input::Part(parts.len());
            names.push(Named::new(
                document,
                sigma.name.as_deref(),
                sigma.id.as_deref(),
                input,
                alerts,
            )?);
            parts.push(part);
        }
        if let Some(correlation) = document.parsed.correlations.first() {
            let input = Input::Correlation(plan.len());
            plan.push(together::correlation(document, correlation, &names)?);
            names.push(Named::new(
                document,
                correlation.name.as_deref(),
                correlation.id.as_deref(),
                input,
                alerts,
            )?);
        }
    }
    if plan.len() > AT_MOST {
        return Err(last.wrong("correlation", format!("a rule has at most {AT_MOST} correlations")));
    }
    for path in head.custom.subject.iter() {
        check_field(last, path)?;
    }
    let correlations: Vec<&CorrelationRule> =
        documents.iter().flat_map(|document| &document.parsed.correlations).collect();
    let by_subject = |paths: &[String], fields: &mut Fields| -> Vec<FieldId> {
        paths.iter().map(|path| fields.number(path)).collect()
    };
    let (way, usual_subject) = match (last.parsed.correlations.first(), &head.custom.baseline) {
        (Some(correlation), None) => {
            let group_by = together::group_by(last, &correlations, &names, parts.len(), fields)?;
            let values = correlations
                .iter()
                .map(|correlation| together::values(last, correlation, fields))
                .collect::<Result<_, _>>()?;
            let plain: Vec<String> = correlation
                .group_by
                .iter()
                .filter(|name| !correlation.aliases.iter().any(|alias| alias.alias == **name))
                .cloned()
                .collect();
            (Way::Correlated { plan, group_by, values }, plain)
        }
        (Some(_), Some(_)) => {
            return Err(last.wrong("baseline", "a correlation has no baseline"));
        }
        (None, _) if parts.len() > 1 => {
            return Err(
                last.wrong("title", "several detections need a correlation as the last document")
            );
        }
        (None, Some(baseline)) => (self::baseline(last, baseline, fields)?, baseline.by.clone()),
        (None, None) => (Way::Single, Vec::new()),
    };
    let subject = match (head.custom.subject.as_slice(), usual_subject.as_slice()) {
        ([], []) => vec![fields.number("duo.user")],
        ([], usual) => by_subject(usual, fields),
        (given, _) => by_subject(given, fields),
    };
    let log_types = LogType::ALL
        .into_iter()
        .filter(|log_type| parts.iter().any(|part| part.log_types.contains(log_type)))
        .collect();
    Ok(Rule {
        id: item.id.as_str().into(),
        uuid: head.uuid.map(str::to_owned),
        title: head.title.to_owned(),
        level,
        enabled: item.enabled,
        own: item.origin != Origin::Pack,
        log_types,
        waits_for,
        group_for: head.custom.group_for.unwrap_or(GROUP_FOR),
        subject,
        print: format!("{}@{}", item.id, print(&documents, &head.custom)).into(),
        parts,
        way,
    })
}

/// A document's name, for correlations to refer to.
pub struct Named {
    /// Its name and its id.
    pub names: Vec<String>,
    /// What it stands for.
    pub input: Input,
}

impl Named {
    fn new(
        document: &Document<'_>,
        name: Option<&str>,
        id: Option<&str>,
        input: Input,
        alerts: bool,
    ) -> Result<Self, Problem> {
        let names: Vec<String> = [name, id].into_iter().flatten().map(str::to_owned).collect();
        if names.is_empty() && !alerts {
            return Err(document
                .wrong("title", "a document that a correlation refers to needs a name")
                .next("add a line such as name: the-rule-denied"));
        }
        Ok(Self { names, input })
    }
}

fn head<'d>(document: &'d Document<'_>) -> Result<Head<'d>, Problem> {
    let level = |level: Option<rsigma_parser::Level>| {
        level.and_then(|level| level.as_str().parse::<Level>().ok())
    };
    let (title, uuid, name, level, attributes) = match &document.parsed {
        parsed if !parsed.correlations.is_empty() => {
            let rule = parsed.correlations.first();
            let rule = rule.ok_or_else(|| document.wrong("title", "there is no rule"))?;
            (&rule.title, &rule.id, &rule.name, level(rule.level), &rule.custom_attributes)
        }
        parsed => {
            let rule = parsed.rules.first();
            let rule = rule.ok_or_else(|| document.wrong("title", "there is no rule"))?;
            (&rule.title, &rule.id, &rule.name, level(rule.level), &rule.custom_attributes)
        }
    };
    let custom = match attributes.get("custom") {
        None => Custom::default(),
        Some(value) => {
            let value = serde_json::to_value(value)
                .map_err(|error| document.wrong("custom", error.to_string()))?;
            custom::read(&value).map_err(|wrong| document.wrong_key(wrong))?
        }
    };
    Ok(Head { title, uuid: uuid.as_deref(), name: name.as_deref(), level, custom })
}

fn part(
    document: &Document<'_>,
    sigma: &SigmaRule,
    lists: &Lists,
    fields: &mut Fields,
) -> Result<(Part, Option<String>), Problem> {
    let log_types = log_types(document, sigma)?;
    let mut sigma = sigma.clone();
    let waits_for = expand::lists(&mut sigma, lists).map_err(|name| {
        document
            .wrong("expand", format!("\u{201c}{name}\u{201d} names no list"))
            .next("write the name of a list between percent signs: '%watched_addresses%'")
    })?;
    for condition in &sigma.detection.conditions {
        names_exist(document, condition, &sigma)?;
    }
    let compiled = compile_rule(&sigma).map_err(|error| document.told(&error.to_string()))?;
    for detection in sigma.detection.named.values() {
        expand::fields(detection, &mut |path| check_field(document, path))?;
    }
    Ok((Part { log_types, condition: Condition::of(&compiled, fields) }, waits_for))
}

/// What stands in a rule's `logsource`.
fn log_types(document: &Document<'_>, sigma: &SigmaRule) -> Result<Vec<LogType>, Problem> {
    const CATEGORIES: [(&str, &[LogType]); 5] = [
        ("administration", &[LogType::Activity, LogType::Administrator]),
        ("authentication", &[LogType::Authentication]),
        ("offline_enrollment", &[LogType::OfflineEnrollment]),
        ("telephony", &[LogType::Telephony]),
        ("trust_monitor", &[LogType::TrustMonitor]),
    ];
    let source = &sigma.logsource;
    for (key, given, expected) in
        [("product", &source.product, "cisco"), ("service", &source.service, "duo")]
    {
        if given.as_deref().is_some_and(|given| given != expected) {
            return Err(document.wrong(key, format!("the {key} of Duo's logs is {expected}")));
        }
    }
    // Without a category a rule looks at all logs.
    let Some(category) = source.category.as_deref() else { return Ok(LogType::ALL.to_vec()) };
    if let Some((_, log_types)) = CATEGORIES.iter().find(|(name, _)| *name == category) {
        return Ok(log_types.to_vec());
    }
    let names = || CATEGORIES.iter().map(|(name, _)| *name);
    let problem = document
        .wrong("category", format!("\u{201c}{category}\u{201d} is no category of Duo's logs"));
    Err(match nearest(category, names()) {
        Some(meant) => problem.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
        None => {
            problem.next(format!("the categories are {}", names().collect::<Vec<_>>().join(", ")))
        }
    })
}

fn names_exist(
    document: &Document<'_>,
    condition: &ConditionExpr,
    sigma: &SigmaRule,
) -> Result<(), Problem> {
    let known = || sigma.detection.named.keys().map(String::as_str);
    match condition {
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().try_for_each(|part| names_exist(document, part, sigma))
        }
        ConditionExpr::Not(part) => names_exist(document, part, sigma),
        ConditionExpr::Identifier(name) if !sigma.detection.named.contains_key(name) => {
            let problem = document
                .wrong("condition", format!("\u{201c}{name}\u{201d} is no selection of this rule"));
            Err(match nearest(name, known()) {
                Some(meant) => problem.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
                None => problem,
            })
        }
        ConditionExpr::Selector { pattern, .. }
            if !known().any(|name| pattern.matches_detection_name(name)) =>
        {
            Err(document.wrong("condition", format!("no selection is called {pattern}")))
        }
        _ => Ok(()),
    }
}

/// A field under `duo.` has to be one of those we derive.
pub fn check_field(document: &Document<'_>, path: &str) -> Result<(), Problem> {
    if !path.starts_with("duo.") || derived_names().any(|name| name == path) {
        return Ok(());
    }
    let problem = document.wrong(path, format!("\u{201c}{path}\u{201d} is no field"));
    Err(match nearest(path, derived_names()) {
        Some(meant) => problem.next(format!("did you mean \u{201c}{meant}\u{201d}?")),
        None => problem,
    })
}

fn baseline(
    document: &Document<'_>,
    text: &BaselineText,
    fields: &mut Fields,
) -> Result<Way, Problem> {
    for path in text.by.iter().chain(&text.value) {
        check_field(document, path)?;
    }
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    let mut numbers = |paths: &[String]| -> Vec<FieldId> {
        paths.iter().map(|path| fields.number(path)).collect()
    };
    let by = numbers(&text.by);
    Ok(match text.kind {
        BaselineKind::NewValue | BaselineKind::NewPair => Way::Usual {
            by,
            value: numbers(&text.value),
            warm_up: WarmUp {
                span: millis(text.warm_up),
                records: text.warm_up_records,
                forget: millis(text.forget),
            },
        },
        BaselineKind::Travel => Way::Journey {
            by,
            place: (fields.number("duo.country"), fields.number("access_device.location.state")),
            speed: Speed { km_per_hour: text.km_per_hour, km: text.km },
        },
        BaselineKind::Spike => {
            let per = millis(text.per).max(1);
            Way::Spike {
                by,
                spike: Spike {
                    per,
                    history: (millis(text.history) / per).max(1),
                    factor: text.factor,
                    at_least: text.at_least,
                    warm_up: millis(text.warm_up),
                },
            }
        }
    })
}

/// Changes when what the rule finds changes, and not with its words.
fn print(documents: &[Document<'_>], custom: &Custom) -> String {
    let mut hash = Sha256::new_with_prefix([FORM]);
    for document in documents {
        for rule in &document.parsed.rules {
            let named: BTreeMap<_, _> = rule.detection.named.iter().collect();
            hash.update(format!(
                "{:?}{:?}{:?}{:?}",
                rule.name, rule.logsource.category, named, rule.detection.condition_strings
            ));
        }
        for rule in &document.parsed.correlations {
            let aliases: Vec<BTreeMap<_, _>> =
                rule.aliases.iter().map(|alias| alias.mapping.iter().collect()).collect();
            hash.update(format!(
                "{:?}{:?}{:?}{}{:?}{:?}{aliases:?}",
                rule.name,
                rule.correlation_type,
                rule.rules,
                rule.timespan.seconds,
                rule.condition,
                rule.group_by,
            ));
        }
    }
    hash.update(format!("{:?}", custom.baseline));
    let digest: [u8; 32] = hash.finalize().into();
    data_encoding::HEXLOWER.encode(digest.first_chunk::<6>().unwrap_or(&[0; 6]))
}

#[cfg(test)]
mod tests;
